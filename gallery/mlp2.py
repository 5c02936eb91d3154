"""Linear(2, 4), tanh, Linear(4, 1) on the example ([2, 3], 5), with a lecture's numbers; it plays in mlp2.html."""

import numpy as np

import graphgrad as gg

program = "h1 = W1 @ x + b1; t1 = tanh(h1); R = W2 @ t1 + b2; L = (y - R)**2 / 2"
first = {"W1": np.array([[0.2860, -0.2742], [0.4483, 0.4352], [0.2364, 0.1122], [-0.3820, -0.1753]])}
first["b1"] = np.array([0.2429, -0.2452, -0.1346, 0.0896])
values = {**first, "W2": np.array([-0.2535, 0.4431, 0.1331, -0.2847]), "b2": 0.06, "x": np.array([2, 3]), "y": 5}
gg.animate(program, values).save("mlp2.html")
for theme in ("light", "dark"):
    gg.animate(program, values, by="node", theme=theme).save(f"mlp2.{theme}.svg")
