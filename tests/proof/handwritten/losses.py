"""Losses over scores and probabilities, and two-layer networks with the loss in them."""

import numpy as np
from proof.handwritten import Pair

LABELS = np.array([2, 0, 1, 1])
REG = 0.05


def softmax_loss(x):
    shifted = x - np.max(x, axis=1, keepdims=True)
    log_probs = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    N = x.shape[0]
    return -np.sum(log_probs[np.arange(N), LABELS]) / N


def softmax_loss_backward(g, x):
    N = x.shape[0]
    probs = np.exp(x - x.max(axis=1, keepdims=True))
    probs /= np.sum(probs, axis=1, keepdims=True)
    dx = probs.copy()
    dx[np.arange(N), LABELS] -= 1
    dx /= N
    return g * dx


def softmax_loss_one_hot(g, x):
    N, C = x.shape
    Y = np.eye(C)[LABELS]
    P = np.exp(x) / np.exp(x).sum(1, keepdims=True)
    return g * (P - Y) / N


def svm_loss(x):
    N = x.shape[0]
    correct = x[np.arange(N), LABELS]
    margins = np.maximum(0, x - correct[:, np.newaxis] + 1.0)
    margins[np.arange(N), LABELS] = 0
    return np.sum(margins) / N


def svm_loss_backward(g, x):
    N = x.shape[0]
    correct = x[np.arange(N), LABELS]
    margins = np.maximum(0, x - correct[:, np.newaxis] + 1.0)
    margins[np.arange(N), LABELS] = 0
    num_pos = np.sum(margins > 0, axis=1)
    dx = np.zeros_like(x)
    dx[margins > 0] = 1
    dx[np.arange(N), LABELS] -= num_pos
    dx /= N
    return g * dx


def svm_naive(W, X):
    loss = 0.0
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            if j == LABELS[i]:
                continue
            loss += np.maximum(scores[j] - scores[LABELS[i]] + 1, 0)
    return loss / X.shape[0] + REG * np.sum(W * W)


def svm_naive_backward(g, W, X):
    dW, dX = np.zeros(W.shape), np.zeros(X.shape)
    N = X.shape[0]
    for i in range(N):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            if j == LABELS[i]:
                continue
            active = (scores[j] - scores[LABELS[i]] + 1 > 0) * 1.0
            dW[:, j] += active * X[i]
            dW[:, LABELS[i]] -= active * X[i]
            dX[i] += active * (W[:, j] - W[:, LABELS[i]])
    dW /= N
    dW += 2 * REG * W
    return g * dW, g * dX / N


def bce(z, t):
    return np.mean(np.log(1 + np.exp(z)) - t * z)


def bce_backward(g, z, t):
    p = 1 / (1 + np.exp(-z))
    return g * (p - t) / z.size, -g * z / z.size


def focal(p):
    return np.sum(-((1 - p) ** 2) * np.log(p))


def focal_backward(g, p):
    return g * (2 * (1 - p) * np.log(p) - (1 - p) ** 2 / p)


def huber(y, t):
    e = np.abs(y - t)
    return np.mean(np.where(e < 1, 0.5 * e**2, e - 0.5))


def huber_backward(g, y, t):
    d = np.clip(y - t, -1, 1) / len(y)
    return g * d, -g * d


def cosine(a, b):
    return a @ b / (np.linalg.norm(a) * np.linalg.norm(b))


def cosine_backward(g, a, b):
    na, nb = np.linalg.norm(a), np.linalg.norm(b)
    c = a.dot(b) / (na * nb)
    return g * (b / (na * nb) - c * a / na**2), g * (a / (na * nb) - c * b / nb**2)


def triplet(a, p, n):
    d = np.sum((a - p) ** 2, axis=1) - np.sum((a - n) ** 2, axis=1) + 0.2
    return np.maximum(d, 0).mean()


def triplet_backward(g, a, p, n):
    on = (np.sum((a - p) ** 2, axis=1) - np.sum((a - n) ** 2, axis=1) + 0.2 > 0)[:, None] / len(a)
    return g * 2 * on * (n - p), -2 * g * on * (a - p), 2 * g * on * (a - n)


def net(X, W1, b1, W2, b2):
    h = np.maximum(X @ W1 + b1, 0)
    scores = h @ W2 + b2
    p = np.exp(scores)
    p = p / p.sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(len(X)), LABELS]).mean() + 0.5 * REG * (np.sum(W1**2) + np.sum(W2**2))


def net_backward(g, X, W1, b1, W2, b2):
    N = X.shape[0]
    hidden = np.maximum(0, X.dot(W1) + b1)
    scores = hidden.dot(W2) + b2
    exp_scores = np.exp(scores)
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    dscores = probs
    dscores[range(N), LABELS] -= 1
    dscores /= N
    dW2 = np.dot(hidden.T, dscores)
    db2 = np.sum(dscores, axis=0)
    dhidden = np.dot(dscores, W2.T)
    dhidden[hidden <= 0] = 0
    dW1 = np.dot(X.T, dhidden)
    db1 = np.sum(dhidden, axis=0)
    dW2 += REG * W2
    dW1 += REG * W1
    return g * dhidden.dot(W1.T), g * dW1, g * db1, g * dW2, g * db2


def skipgram(center, outside):
    return -np.log(1 / (1 + np.exp(-outside[0] @ center))) - np.sum(np.log(1 / (1 + np.exp(outside[1:] @ center))))


def skipgram_backward(g, center, outside):
    sigma = 1 / (1 + np.exp(-outside @ center))
    delta = sigma.copy()
    delta[0] -= 1
    return g * outside.T @ delta, g * np.outer(delta, center)


def kl(mu, logvar):
    return -0.5 * np.sum(1 + logvar - mu**2 - np.exp(logvar))


def kl_backward(g, mu, logvar):
    dmu = mu
    dlogvar = 0.5 * (np.exp(logvar) - 1)
    return g * dmu, g * dlogvar


SCORES = {"x": (4, 3)}
NET = {"X": (4, 2), "W1": (2, 2), "b1": 2, "W2": (2, 3), "b2": 3}
PAIRS = {
    "softmax loss": Pair(softmax_loss, softmax_loss_backward, SCORES, (
        ("    dx /= N\n", ""), ("-= 1", "+= 1"), ("axis=1, keepdims=True)\n    dx", "axis=0, keepdims=True)\n    dx"))),
    "softmax loss, one-hot": Pair(softmax_loss, softmax_loss_one_hot, SCORES, (
        ("(P - Y)", "(Y - P)"), ("/ N\n", "/ C\n"))),
    "hinge loss": Pair(svm_loss, svm_loss_backward, SCORES, (
        ("-= num_pos", "-= 1"), ("np.sum(margins > 0, axis=1)", "np.sum(margins, axis=1)"),
        ("+ 1.0)", "- 1.0)"))),
    "hinge loss by loops": Pair(svm_naive, svm_naive_backward, {"W": (2, 3), "X": (4, 2)}, (
        ("2 * REG * W", "REG * W"), ("dW[:, LABELS[i]] -=", "dW[:, LABELS[i]] +="), ("+ 1 > 0", "> 0"))),
    "binary cross-entropy": Pair(bce, bce_backward, {"z": (2, 3), "t": (2, 3)}, (
        ("(p - t) / z.size", "(p - t) / len(z)"), ("np.exp(-z)", "np.exp(z)"))),
    "focal loss": Pair(focal, focal_backward, {"p": 3}, (("(1 - p) ** 2 / p", "(1 - p) ** 2 * p"), ("2 * (1 - p)", "(1 - p)"))),
    "Huber": Pair(huber, huber_backward, {"y": 5, "t": 5}, (("-1, 1)", "0, 1)"), ("-g * d", "g * d + 0"))),
    "cosine": Pair(cosine, cosine_backward, {"a": 3, "b": 3}, (("c * a / na**2", "c * a / na"), ("c * b / nb**2", "c * b / na**2"))),
    "triplet": Pair(triplet, triplet_backward, {"a": (3, 2), "p": (3, 2), "n": (3, 2)}, (
        ("(n - p)", "(p - n)"), ("/ len(a)", ""), ("+ 0.2", ""))),
    "a network": Pair(net, net_backward, NET, (
        ("    dhidden[hidden <= 0] = 0\n", ""), ("dW2 += REG * W2", "dW2 += 0.5 * REG * W2"),
        ("dW1 = np.dot(X.T, dhidden)", "dW1 = np.dot(X.T, hidden)"), ("[range(N), LABELS] -= 1", "[:, LABELS] -= 1"))),
    "skip-gram": Pair(skipgram, skipgram_backward, {"center": 3, "outside": (4, 3)}, (
        ("delta[0] -= 1", "delta[1] -= 1"), ("np.outer(delta, center)", "np.outer(sigma, center)"))),
    "Kullback-Leibler": Pair(kl, kl_backward, {"mu": 3, "logvar": 3}, (("dmu = mu", "dmu = 2 * mu"), ("- 1)", "+ 1)"))),
}  # fmt: skip
