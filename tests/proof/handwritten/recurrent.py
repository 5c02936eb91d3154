"""Recurrent networks: one step and many of them, plain, LSTM and GRU."""

import numpy as np
from proof.handwritten import Pair


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def rnn_step(x, prev_h, Wx, Wh, b):
    return np.tanh(x @ Wx + prev_h @ Wh + b)


def rnn_step_backward(dnext_h, x, prev_h, Wx, Wh, b):
    next_h = np.tanh(x.dot(Wx) + prev_h.dot(Wh) + b)
    da = dnext_h * (1 - next_h**2)
    dx = da.dot(Wx.T)
    dprev_h = da.dot(Wh.T)
    dWx = x.T.dot(da)
    dWh = prev_h.T.dot(da)
    db = da.sum(axis=0)
    return dx, dprev_h, dWx, dWh, db


def rnn_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    H = b.shape[0]
    h = np.zeros((N, T, H))
    prev_h = h0
    for t in range(T):
        prev_h = rnn_step(x[:, t, :], prev_h, Wx, Wh, b)
        h[:, t, :] = prev_h
    return h


def rnn_backward(dh, x, h0, Wx, Wh, b):
    N, T, H = dh.shape
    h = rnn_forward(x, h0, Wx, Wh, b)
    dx = np.zeros_like(x)
    dWx, dWh, db = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)
    dprev = np.zeros((N, H))
    for t in reversed(range(T)):
        before = h[:, t - 1] if t > 0 else h0
        da = (dh[:, t] + dprev) * (1 - h[:, t] ** 2)
        dx[:, t] = da @ Wx.T
        dWx += x[:, t].T @ da
        dWh += before.T @ da
        db += da.sum(0)
        dprev = da @ Wh.T
    return dx, dprev, dWx, dWh, db


def lstm_step(x, prev_h, prev_c, Wx, Wh, b):
    H = prev_h.shape[1]
    a = x @ Wx + prev_h @ Wh + b
    i, f, o, g = sigmoid(a[:, :H]), sigmoid(a[:, H : 2 * H]), sigmoid(a[:, 2 * H : 3 * H]), np.tanh(a[:, 3 * H :])
    next_c = f * prev_c + i * g
    return o * np.tanh(next_c)


def lstm_step_backward(dnext_h, x, prev_h, prev_c, Wx, Wh, b):
    N, H = dnext_h.shape
    a = np.dot(x, Wx) + np.dot(prev_h, Wh) + b
    ai, af, ao, ag = np.split(a, 4, axis=1)
    i, f, o, g = sigmoid(ai), sigmoid(af), sigmoid(ao), np.tanh(ag)
    next_c = f * prev_c + i * g
    tanh_c = np.tanh(next_c)
    do = dnext_h * tanh_c
    dc = dnext_h * o * (1 - tanh_c**2)
    df = dc * prev_c
    dprev_c = dc * f
    di = dc * g
    dg = dc * i
    da = np.hstack((di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g**2)))
    return da @ Wx.T, da @ Wh.T, dprev_c, x.T @ da, prev_h.T @ da, np.sum(da, axis=0)


def lstm_step_by_slices(dnext_h, x, prev_h, prev_c, Wx, Wh, b):
    N, H = dnext_h.shape
    a = x.dot(Wx) + prev_h.dot(Wh) + b
    i = sigmoid(a[:, 0:H])
    f = sigmoid(a[:, H : 2 * H])
    o = sigmoid(a[:, 2 * H : 3 * H])
    g = np.tanh(a[:, 3 * H : 4 * H])
    tanh_c = np.tanh(f * prev_c + i * g)
    dc = dnext_h * o * (1 - tanh_c * tanh_c)
    da = np.zeros((N, 4 * H))
    da[:, 0:H] = dc * g * i * (1 - i)
    da[:, H : 2 * H] = dc * prev_c * f * (1 - f)
    da[:, 2 * H : 3 * H] = dnext_h * tanh_c * o * (1 - o)
    da[:, 3 * H : 4 * H] = dc * i * (1 - g * g)
    return da.dot(Wx.T), da.dot(Wh.T), dc * f, x.T.dot(da), prev_h.T.dot(da), da.sum(0)


def gru_forward(x, h, Wz, Wr, Wn):
    v = np.concatenate([x, h])
    z = sigmoid(Wz @ v)
    r = sigmoid(Wr @ v)
    n = np.tanh(Wn @ np.concatenate([x, r * h]))
    return (1 - z) * n + z * h


def gru_backward(dout, x, h, Wz, Wr, Wn):
    D = len(x)
    v = np.concatenate((x, h))
    z, r = sigmoid(Wz @ v), sigmoid(Wr @ v)
    u = np.concatenate((x, r * h))
    n = np.tanh(Wn @ u)
    dz = dout * (h - n) * z * (1 - z)
    dn = dout * (1 - z) * (1 - n**2)
    du = Wn.T @ dn
    dr = du[D:] * h * r * (1 - r)
    dv = Wz.T @ dz + Wr.T @ dr
    dx = dv[:D] + du[:D]
    dh = dv[D:] + du[D:] * r + dout * z
    return dx, dh, np.outer(dz, v), np.outer(dr, v), np.outer(dn, u)


def affine_forward(x, w, b):
    return x.reshape(x.shape[0], -1).dot(w) + b


def affine_backward(dout, x, w, b):
    dx = dout.dot(w.T).reshape(x.shape)
    dw = x.reshape((x.shape[0], -1)).T.dot(dout)
    db = np.sum(dout, axis=0)
    return dx, dw, db


def temporal_forward(x, w, b):
    N, T, D = x.shape
    return x.reshape(N * T, D).dot(w).reshape(N, T, -1) + b


def temporal_backward(dout, x, w, b):
    N, T, D = x.shape
    M = b.shape[0]
    dx = dout.reshape(N * T, M).dot(w.T).reshape(N, T, D)
    dw = dout.reshape(N * T, M).T.dot(x.reshape(N * T, D)).T
    db = dout.sum(axis=(0, 1))
    return dx, dw, db


STEP = {"x": (2, 1), "prev_h": (2, 1), "prev_c": (2, 1), "Wx": (1, 4), "Wh": (1, 4), "b": 4}
PAIRS = {
    "a step": Pair(rnn_step, rnn_step_backward, {"x": (2, 3), "h": (2, 2), "Wx": (3, 2), "Wh": (2, 2), "b": 2}, (
        ("1 - next_h**2", "1 - next_h"), ("dprev_h = da.dot(Wh.T)", "dprev_h = da.dot(Wh)"),
        ("db = da.sum(axis=0)", "db = da.mean(axis=0)"))),
    "many steps": Pair(rnn_forward, rnn_backward, {"x": (2, 3, 1), "h0": (2, 1), "Wx": (1, 1), "Wh": (1, 1), "b": 1}, (
        ("if t > 0 else h0", "if t > 1 else h0"), ("dh[:, t] + dprev", "dh[:, t]"), ("dWx +=", "dWx ="),
        ("before.T @ da", "h[:, t].T @ da"))),
    "an LSTM": Pair(lstm_step, lstm_step_backward, STEP, (
        ("dprev_c = dc * f", "dprev_c = dc"), ("o * (1 - tanh_c**2)", "o"), ("df * f * (1 - f)", "df * f * (1 + f)"),
        ("di = dc * g", "di = dc * i"))),
    "an LSTM by slices": Pair(lstm_step, lstm_step_by_slices, STEP, (
        ("da[:, 3 * H : 4 * H] = dc * i", "da[:, 3 * H : 4 * H] = dc * o"),
        ("da[:, H : 2 * H] = dc", "da[:, H : 2 * H] = dnext_h"))),
    "a GRU": Pair(gru_forward, gru_backward, {"x": 1, "h": 2, "Wz": (2, 3), "Wr": (2, 3), "Wn": (2, 3)}, (
        ("+ dout * z\n", "\n"), ("du[D:] * r +", "du[D:] +"), ("dout * (h - n)", "dout * (n - h)"))),
    "an affine layer": Pair(affine_forward, affine_backward, {"x": (2, 3, 2), "w": (6, 3), "b": 3}, (
        (".reshape(x.shape)", ".reshape(x.shape[::-1]).T"), ("np.sum(dout, axis=0)", "dout[0]"))),
    "an affine layer in time": Pair(temporal_forward, temporal_backward, {"x": (2, 2, 3), "w": (3, 2), "b": 2}, (
        ("axis=(0, 1)", "axis=(0, 1)) / (N * T"), ("M).T.dot(x", "M).T.dot(x[::-1]"))),
}  # fmt: skip
