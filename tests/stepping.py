"""Training steps taken by hand: the interpreter's gradient, and optimizers as their papers write them."""

import numpy as np

from graphgrad.execute.run import run as interpret
from graphgrad.transform.grad import grad

SHAPES = {"X": ("N", 6), "W1": (5, 6), "b1": 5, "W2": (3, 5), "b2": 3, "y": "N"}
MLP = "h = tanh(X @ W1.T + b1); L = cross_entropy(h @ W2.T + b2, y)"
NAMES = ("W1", "b1", "W2", "b2")
ADAM = "m = b1*m + (1-b1)*g; v = b2*v + (1-b2)*g**2; p = p - lr * (m/(1-b1**t)) / (sqrt(v/(1-b2**t)) + eps)"
CONSTANTS = {"b1": 0.9, "b2": 0.999, "eps": 1e-8}


def sgd(p, g, _, __, lr):
    return p - lr * g


def momentum(p, g, s, _, lr):
    s["m"] = 0.9 * s.get("m", 0) + g
    return p - lr * s["m"]


def adam(p, g, s, t, lr):
    s["m"] = 0.9 * s.get("m", 0) + 0.1 * g
    s["v"] = 0.999 * s.get("v", 0) + 0.001 * g**2
    return p - lr * (s["m"] / (1 - 0.9**t)) / (np.sqrt(s["v"] / (1 - 0.999**t)) + 1e-8)


def amsgrad(p, g, s, _, lr):
    s["m"] = 0.9 * s.get("m", 0) + 0.1 * g
    s["v"] = 0.999 * s.get("v", 0) + 0.001 * g**2
    s["top"] = np.maximum(s.get("top", 0), s["v"])
    return p - lr * s["m"] / (np.sqrt(s["top"]) + 1e-8)


def adagrad(p, g, s, _, lr):
    s["a"] = s.get("a", 0) + g**2
    return p - lr * g / (np.sqrt(s["a"]) + 1e-10)


OPTIMIZERS = {
    "p - lr * g": sgd,
    "m = 0.9 * m + g; p -= lr * m": momentum,
    ADAM: adam,
    "m = b1*m + (1-b1)*g; v = b2*v + (1-b2)*g**2; top = maximum(top, v); p = p - lr * m / (sqrt(top) + eps)": amsgrad,
    "a = a + g**2; p = p - lr * g / (sqrt(a) + 1e-10)": adagrad,
}


def problem(seed=0, n=20):
    rng = np.random.default_rng(seed)
    start = {k: rng.normal(size=SHAPES[k]) for k in NAMES}
    return start, rng.normal(size=(n, 6)), rng.integers(3, size=n)


def by_hand(loss, start, batches, rule, lr):
    """The same steps, parameter by parameter, with the interpreter."""
    gradient, values, losses = grad(loss, *start), {k: np.array(v, float) for k, v in start.items()}, []
    states = {k: {} for k in values}
    name = next(iter(loss.outputs))
    for t, batch in enumerate(batches, 1):
        found = interpret(gradient, {**values, **batch})
        losses.append(float(found[gradient.outputs[name]]))
        for k, v in values.items():
            values[k] = rule(v, found[gradient.outputs[f"d{name}_d{k}"]], states[k], t, lr)
    return losses, values


STEPPED = [  # every way to fill an array: views, reductions, one-hots, values only a new array can hold
    "L = mean(square(sigmoid(X @ W1.T + b1) @ W2.T + b2))",
    "h = relu(X @ W1.T + b1); L = cross_entropy(h @ W2.T + b2, y)",
    "h = leaky_relu(X @ W1.T + b1); h2 = h * h + h; L = cross_entropy(h2 @ W2.T + b2, y) + 0.1 * sum(W1 * W1)",
    "h = gelu(X @ W1.T + b1); L = nll(log_softmax(h @ W2.T + b2), y) + 0.01 * mean(abs(W2))",
    "s = softmax(X @ W1.T + b1); L = sum(max(s, axis=1)) + mean(s[:, 0] / s[:, 1]) + sum(W2 @ b1 + b2)",
    "h = concatenate([X, tanh(X)], axis=0) @ W1.T + b1; L = mean(h) + logsumexp(h @ W2.T + b2)",
    "h = silu(X @ W1.T + b1); h = (h - mean(h, axis=0)) / std(h, axis=0); L = huber(h @ W2.T, b2)",
    "h = reshape(X @ W1.T + b1, shape=(N, 5)); L = norm(h) + W2[0, 0] * b2[1] + sum(maximum(h, 0.5))",
    "z = elu(X @ W1.T + b1) @ W2.T + b2; L = mean(pick(z, y)) - mean(where(z > 0, z, 0)) + sum(clip(b1, -1, b1))",
    "L = sum((X @ W1.T + b1)[:, None, :] * W2) / 10 + prod(b2) + sum((W1 @ X.T).T @ W2.T)",
]
