"""A recurrent cell unrolled over two steps: w and u are used in both, and their adjoints add up step by step."""

import graphgrad as gg

program = "h1 = tanh(w*x1 + u*h0); h2 = tanh(w*x2 + u*h1); L = sum(square(h2 - y))"
values = {"w": [0.5, -1], "u": [1, 0.5], "h0": [0.5, 0.25], "y": [1, -1]}
for theme in ("light", "dark"):
    gg.animate(program, values, x1=1, x2=-1, by="node", theme=theme).save(f"rnn.{theme}.svg")
