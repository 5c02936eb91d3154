"""Softmax, scaled dot products, causal and with several heads, and embeddings."""

import numpy as np
from proof.handwritten import Pair


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def plain_softmax(x):
    e = np.exp(x)
    return e / e.sum(axis=-1, keepdims=True)


def softmax_backward(dout, x):
    s = softmax(x)
    return s * (dout - np.sum(dout * s, axis=-1, keepdims=True))


def softmax_by_jacobian(dout, x):
    s = plain_softmax(x)
    dx = np.zeros_like(x)
    for i in range(x.shape[0]):
        J = np.diag(s[i]) - np.outer(s[i], s[i])
        dx[i] = J @ dout[i]
    return dx


def attention_forward(Q, K, V):
    scores = Q @ K.T / np.sqrt(Q.shape[-1])
    return plain_softmax(scores) @ V


def attention_backward(dout, Q, K, V):
    d = Q.shape[-1]
    scores = Q @ K.T / np.sqrt(d)
    A = plain_softmax(scores)
    dV = A.T @ dout
    dA = dout @ V.T
    dscores = A * (dA - (dA * A).sum(axis=-1, keepdims=True))
    dscores = dscores / np.sqrt(d)
    dQ = dscores @ K
    dK = dscores.T @ Q
    return dQ, dK, dV


def causal_forward(Q, K, V):
    T = Q.shape[0]
    scores = Q @ K.T / np.sqrt(Q.shape[1])
    mask = np.tril(np.ones((T, T)))
    weights = np.exp(scores) * mask
    weights = weights / weights.sum(axis=1, keepdims=True)
    return weights @ V


def causal_backward(dout, Q, K, V):
    T, d = Q.shape
    mask = np.tril(np.ones((T, T)))
    e = np.exp(Q @ K.T / np.sqrt(d)) * mask
    P = e / e.sum(axis=1, keepdims=True)
    dP = np.dot(dout, V.T)
    dS = P * (dP - np.sum(P * dP, axis=1, keepdims=True))
    dS *= 1 / np.sqrt(d)
    return dS.dot(K), dS.T.dot(Q), P.T.dot(dout)


def heads_forward(x, Wq, Wk, Wv, Wo):
    T, E = x.shape
    H = 2
    q = (x @ Wq).reshape(T, H, E // H).transpose(1, 0, 2)
    k = (x @ Wk).reshape(T, H, E // H).transpose(1, 0, 2)
    v = (x @ Wv).reshape(T, H, E // H).transpose(1, 0, 2)
    s = plain_softmax(q @ k.transpose(0, 2, 1) / np.sqrt(E // H))
    return (s @ v).transpose(1, 0, 2).reshape(T, E) @ Wo


def heads_backward(dout, x, Wq, Wk, Wv, Wo):
    T, E = x.shape
    H = 2
    D = E // H

    def split(a):
        return a.reshape(T, H, D).transpose(1, 0, 2)

    def join(a):
        return a.transpose(1, 0, 2).reshape(T, E)

    q, k, v = split(x @ Wq), split(x @ Wk), split(x @ Wv)
    s = plain_softmax(q @ k.transpose(0, 2, 1) / np.sqrt(D))
    o = join(s @ v)
    dWo = o.T @ dout
    do = split(dout @ Wo.T)
    dv = s.transpose(0, 2, 1) @ do
    ds = do @ v.transpose(0, 2, 1)
    da = s * (ds - (ds * s).sum(-1, keepdims=True)) / np.sqrt(D)
    dq, dk = da @ k, da.transpose(0, 2, 1) @ q
    dq, dk, dv = join(dq), join(dk), join(dv)
    dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
    return dx, x.T @ dq, x.T @ dk, x.T @ dv, dWo


WORDS = np.array([[0, 2, 2], [1, 0, 2]])


def embedding_forward(W):
    return W[WORDS]


def embedding_backward(dout, W):
    dW = np.zeros(W.shape)
    np.add.at(dW, WORDS, dout)
    return dW


def embedding_by_loop(dout, W):
    dW = np.zeros_like(W)
    for n in range(WORDS.shape[0]):
        for t in range(WORDS.shape[1]):
            dW[WORDS[n, t]] += dout[n, t]
    return dW


QKV = {"Q": (2, 3), "K": (2, 3), "V": (2, 1)}
PAIRS = {
    "softmax": Pair(plain_softmax, softmax_backward, {"x": (2, 3)}, (
        ("np.sum(dout * s, axis=-1, keepdims=True)", "np.sum(dout * s)"), ("s * (dout -", "(dout -"))),
    "softmax by its Jacobian": Pair(plain_softmax, softmax_by_jacobian, {"x": (2, 3)}, (
        ("np.diag(s[i]) -", "np.diag(s[i]) +"), ("np.diag(s[i])", "np.diag(s[i] ** 2)"))),
    "attention": Pair(attention_forward, attention_backward, QKV, (
        ("    dscores = dscores / np.sqrt(d)\n", ""), ("dK = dscores.T @ Q", "dK = dscores @ Q"),
        ("dV = A.T @ dout", "dV = A @ dout"), ("axis=-1, keepdims=True", "axis=0, keepdims=True"))),
    "causal attention": Pair(causal_forward, causal_backward, QKV, (
        (" * mask\n    P", "\n    P"), ("np.tril(np.ones((T, T)))", "np.triu(np.ones((T, T)))"),
        ("1 / np.sqrt(d)", "1 / np.sqrt(T)"))),
    "attention with two heads": Pair(heads_forward, heads_backward,
        {"x": (2, 2), "Wq": (2, 2), "Wk": (2, 2), "Wv": (2, 2), "Wo": (2, 2)}, (
        ("+ dv @ Wv.T", ""), ("do = split(dout @ Wo.T)", "do = split(dout @ Wo)"),
        ("dk = da @ k, da.transpose(0, 2, 1) @ q", "dk = da @ k, da @ q"))),
    "an embedding by add.at": Pair(embedding_forward, embedding_backward, {"W": (4, 2)}, (
        ("np.add.at(dW, WORDS, dout)", "dW[WORDS] += dout"),)),
    "an embedding by a loop": Pair(embedding_forward, embedding_by_loop, {"W": (4, 2)}, (("+=", "="),)),
}  # fmt: skip
