"""Attention for one head: three queries look at three keys; adjoints flow back to Q, K and V."""

import graphgrad as gg

program = "S = Q @ K.T / sqrt(2); A = softmax(S); O = A @ V; L = sum(O * G)"
values = {"Q": [[1, 0], [0, 1], [1, 1]], "K": [[2, 0], [0, 2], [1, -1]], "V": [[1, 2], [3, 4], [5, 6]]}
for theme in ("light", "dark"):
    film = gg.animate(program, values, G=[[1, 0], [0, 1], [1, -1]], by="node", theme=theme, timeout=60)
    film.save(f"attention.{theme}.svg")
