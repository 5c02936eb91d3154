"""XOR, one random example a step: a linear network says about one half to everything, four hidden units learn it."""

from _drawing import plot

import graphgrad as gg

X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0.0, 1.0, 1.0, 0.0]
curves = {}
for name, layers, lr in (("linear", (2, 1), 0.01), ("2-4-1", (2, 4, 1), 0.1)):
    net, said = gg.mlp(*layers, seed=1), {"loss": "squared_error", "optimizer": "sgd", "batch_size": 1}
    model, history = gg.fit(net, X, y, lr=lr, steps=30_000, **said)
    answers = " ".join(f"{abs(answer):.2f}" for answer in model.predict(X).ravel())
    curves[f"{name}: {answers}"] = (history["step"], history["running"])
plot("xor.svg", {"Mean error over all steps so far, and the answers": curves})
