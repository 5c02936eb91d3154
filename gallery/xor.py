"""XOR, one random example a step: a linear network says one half to everything, four hidden units learn it."""

from _drawing import plot

import graphgrad as gg

X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0.0, 1.0, 1.0, 0.0]
panels = {"Mean error of each thousand steps": {}, "Mean error of all steps so far, and the answers": {}}
for name, layers, lr in (("linear", (2, 1), 0.001), ("2-4-1", (2, 4, 1), 0.1)):
    net, said = gg.mlp(*layers, seed=1), {"loss": "squared_error", "optimizer": "sgd", "batch_size": 1}
    model, history = gg.fit(net, X, y, lr=lr, steps=30_000, **said)
    label = f"{name}: {' '.join(f'{abs(answer):.2f}' for answer in model.predict(X).ravel())}"
    for curves, column, text in zip(panels.values(), ("loss", "running"), (name, label), strict=True):
        curves[text] = (history["step"], history[column])
plot("xor.svg", panels)
