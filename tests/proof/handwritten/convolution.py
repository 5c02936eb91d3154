"""Convolutions and pooling: loops, windows, and columns of an image."""

import numpy as np
from proof.handwritten import Pair


def conv_forward(x, w, b):
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    pad, stride = 1, 2
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), mode="constant")
    Ho = 1 + (H + 2 * pad - HH) // stride
    Wo = 1 + (W + 2 * pad - WW) // stride
    out = np.zeros((N, F, Ho, Wo))
    for n in range(N):
        for f in range(F):
            for i in range(Ho):
                for j in range(Wo):
                    window = xp[n, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
                    out[n, f, i, j] = np.sum(window * w[f]) + b[f]
    return out


def conv_backward(dout, x, w, b):
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    pad, s = 1, 2
    _, _, Ho, Wo = dout.shape
    xp = np.pad(x, ((0,), (0,), (pad,), (pad,)), "constant")
    dxp = np.zeros_like(xp)
    dw = np.zeros_like(w)
    db = dout.sum(axis=(0, 2, 3))
    for n in range(N):
        for f in range(F):
            for i in range(Ho):
                for j in range(Wo):
                    dw[f] += xp[n, :, i * s : i * s + HH, j * s : j * s + WW] * dout[n, f, i, j]
                    dxp[n, :, i * s : i * s + HH, j * s : j * s + WW] += w[f] * dout[n, f, i, j]
    dx = dxp[:, :, pad : pad + H, pad : pad + W]
    return dx, dw, db


def indices(shape, k):
    C, H, W = shape
    Ho, Wo = H - k + 1, W - k + 1
    i0 = np.tile(np.repeat(np.arange(k), k), C)
    j0 = np.tile(np.arange(k), k * C)
    i = i0.reshape(-1, 1) + np.repeat(np.arange(Ho), Wo).reshape(1, -1)
    j = j0.reshape(-1, 1) + np.tile(np.arange(Wo), Ho).reshape(1, -1)
    c = np.repeat(np.arange(C), k * k).reshape(-1, 1)
    return c, i, j


def im2col_forward(x, w):
    c, i, j = indices(x.shape[1:], 2)
    cols = x[:, c, i, j].transpose(1, 2, 0).reshape(4 * x.shape[1], -1)
    out = w.reshape(w.shape[0], -1) @ cols
    N, Ho, Wo = x.shape[0], x.shape[2] - 1, x.shape[3] - 1
    return out.reshape(w.shape[0], Ho, Wo, N).transpose(3, 0, 1, 2)


def im2col_backward(dout, x, w):
    N, C, H, W = x.shape
    F = w.shape[0]
    c, i, j = indices((C, H, W), 2)
    cols = x[:, c, i, j].transpose(1, 2, 0).reshape(C * 4, -1)
    dflat = dout.transpose(1, 2, 3, 0).reshape(F, -1)
    dw = dflat.dot(cols.T).reshape(w.shape)
    dcols = w.reshape(F, -1).T.dot(dflat)
    dx = np.zeros((N, C, H, W))
    np.add.at(dx, (slice(None), c, i, j), dcols.reshape(C * 4, -1, N).transpose(2, 0, 1))
    return dx, dw


def conv1d_forward(x, w):
    K = len(w)
    return np.array([np.dot(x[i : i + K], w) for i in range(len(x) - K + 1)])


def conv1d_backward(dout, x, w):
    K = len(w)
    dx = np.zeros(len(x))
    dw = np.zeros(K)
    for i in range(len(dout)):
        dx[i : i + K] += dout[i] * w
        dw += dout[i] * x[i : i + K]
    return dx, dw


def full_backward(dout, x, w):
    dx = np.convolve(dout, w)
    dw = np.correlate(x, dout)
    return dx, dw


def max_pool_forward(x):
    N, H, W = x.shape
    out = np.zeros((N, H // 2, W // 2))
    for n in range(N):
        for i in range(H // 2):
            for j in range(W // 2):
                out[n, i, j] = np.max(x[n, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2])
    return out


def max_pool_by_mask(dout, x):
    N, H, W = x.shape
    dx = np.zeros_like(x)
    for n in range(N):
        for i in range(H // 2):
            for j in range(W // 2):
                window = x[n, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
                mask = window == np.max(window)
                dx[n, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2] += mask * dout[n, i, j]
    return dx


def max_pool_by_place(dout, x):
    N, H, W = x.shape
    dx = np.zeros(x.shape)
    for n in range(N):
        for i in range(H // 2):
            for j in range(W // 2):
                window = x[n, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
                k, m = np.unravel_index(np.argmax(window), (2, 2))
                dx[n, 2 * i + k, 2 * j + m] = dout[n, i, j]
    return dx


def max_pool_by_reshape(dout, x):
    N, H, W = x.shape
    parts = x.reshape(N, H // 2, 2, W // 2, 2)
    out = parts.max(axis=2).max(axis=3)
    mask = parts == out[:, :, None, :, None]
    dx = mask * dout[:, :, None, :, None]
    return dx.reshape(x.shape)


def mean_pool_forward(x):
    N, H, W = x.shape
    return x.reshape(N, H // 2, 2, W // 2, 2).mean(axis=(2, 4))


def mean_pool_backward(dout, x):
    dx = dout.repeat(2, axis=1).repeat(2, axis=2) / 4
    return dx


def global_pool_forward(x):
    return x.mean(axis=(2, 3))


def global_pool_backward(dout, x):
    H, W = x.shape[2:]
    return np.ones_like(x) * dout[:, :, None, None] / (H * W)


def upsample_forward(x):
    return np.kron(x, np.ones((2, 2)))


def upsample_backward(dout, x):
    H, W = x.shape
    return dout.reshape(H, 2, W, 2).sum(axis=(1, 3))


PAIRS = {
    "a convolution by loops": Pair(conv_forward, conv_backward, {"x": (1, 2, 3, 3), "w": (2, 2, 2, 2), "b": 2}, (
        ("dxp[:, :, pad : pad + H, pad : pad + W]", "dxp[:, :, :H, :W]"), ("dw[f] +=", "dw[f] ="),
        ("+= w[f] *", "+= w[f][:, ::-1, ::-1] *"), ("axis=(0, 2, 3)", "axis=(0, 2))[:, 0] + 0 * dout.sum((0, 2, 3)"))),
    "a convolution by columns": Pair(im2col_forward, im2col_backward, {"x": (2, 1, 3, 3), "w": (2, 1, 2, 2)}, (
        ("np.add.at(dx, (slice(None), c, i, j), ", "dx[:, c, i, j] += ("),
        ("dout.transpose(1, 2, 3, 0)", "dout.transpose(1, 0, 2, 3)"))),
    "a convolution in one dimension": Pair(conv1d_forward, conv1d_backward, {"x": 5, "w": 2}, (
        ("dx[i : i + K] +=", "dx[i : i + K] ="), ("dout[i] * w\n", "dout[i] * w[::-1]\n"))),
    "a convolution by np.convolve": Pair(conv1d_forward, full_backward, {"x": 5, "w": 2}, (
        ("np.convolve(dout, w)", "np.convolve(dout, w[::-1])"), ("np.correlate(x, dout)", "np.convolve(x, dout, 'valid')"))),
    "max pooling by masks": Pair(max_pool_forward, max_pool_by_mask, {"x": (1, 4, 2)}, (
        ("mask * dout[n, i, j]", "mask * dout[n, 0, j]"), ("== np.max(window)", "== np.min(window)"))),
    "max pooling by places": Pair(max_pool_forward, max_pool_by_place, {"x": (1, 4, 2)}, (
        ("2 * i + k, 2 * j + m", "2 * i + m, 2 * j + k"), ("np.argmax(window)", "np.argmin(window)"))),
    "max pooling by shapes": Pair(max_pool_forward, max_pool_by_reshape, {"x": (1, 4, 2)}, (
        ("parts == out", "parts <= out"),)),
    "mean pooling": Pair(mean_pool_forward, mean_pool_backward, {"x": (1, 4, 6)}, (
        ("/ 4", "/ 2"), (".repeat(2, axis=1).repeat(2, axis=2)", ".repeat(4, axis=1).reshape(x.shape)"))),
    "global pooling": Pair(global_pool_forward, global_pool_backward, {"x": (2, 3, 2, 3)}, (
        ("/ (H * W)", "/ (H * H)"),)),
    "upsampling": Pair(upsample_forward, upsample_backward, {"x": (2, 3)}, (("reshape(H, 2, W, 2)", "reshape(2, H, 2, W).swapaxes(0, 1).swapaxes(2, 3)"), ("sum(axis=(1, 3))", "mean(axis=(1, 3))"))),
}  # fmt: skip
