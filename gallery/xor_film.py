"""XOR, learned by four hidden units: weights, their gradient, the loss, and the answer at every point of the plane."""

import graphgrad as gg

xor = gg.datasets.xor()
_, history = gg.fit(gg.mlp(2, 4, 1, seed=1), xor.X, xor.y, lr=0.2, steps=28, film=True, progress=False)
for theme in ("light", "dark"):
    gg.animate_training(history, theme=theme).save(f"xor_film.{theme}.svg")
