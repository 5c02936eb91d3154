"""Linear(2, 4), tanh, Linear(4, 1) on the example ([2, 3], 5), with a lecture's numbers, and one step downhill."""

from pathlib import Path

import graphgrad as gg

program = "h1 = W1 @ x + b1; t1 = tanh(h1); R = W2 @ t1 + b2; L = (y - R)**2 / 2"
W1 = [[0.2860, -0.2742], [0.4483, 0.4352], [0.2364, 0.1122], [-0.3820, -0.1753]]
given = {"b1": [0.2429, -0.2452, -0.1346, 0.0896], "W2": [-0.2535, 0.4431, 0.1331, -0.2847], "b2": 0.06, "x": [2, 3]}
before = gg.trace(program, given, W1=W1, y=5)
after = gg.trace(program, given, W1=W1 - 0.001 * before.grad["W1"], y=5)
said = f"L = {before.value:.4f}, after a step of 0.001 {after.value:.4f}; dL/dW1 =\n{before.grad['W1'].round(4)}\n"
Path("mlp2.txt").write_text(said, encoding="utf-8")
for theme, name in (("light", "light.svg"), ("dark", "dark.svg"), ("light", "html")):
    gg.animate(program, given, W1=W1, y=5, by="node", theme=theme, timeout=60).save(f"mlp2.{name}")
