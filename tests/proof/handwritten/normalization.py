"""Batch, layer, group and instance normalization, dropout by a kept mask, and activations."""

import numpy as np
from proof.handwritten import Pair

EPS = 1e-5


def batchnorm_forward(x, gamma, beta):
    mu = x.mean(axis=0)
    var = x.var(axis=0)
    xhat = (x - mu) / np.sqrt(var + EPS)
    return gamma * xhat + beta


def batchnorm_backward(dout, x, gamma, beta):
    N, D = x.shape
    mu = 1.0 / N * np.sum(x, axis=0)
    xmu = x - mu
    sq = xmu**2
    var = 1.0 / N * np.sum(sq, axis=0)
    sqrtvar = np.sqrt(var + EPS)
    ivar = 1.0 / sqrtvar
    xhat = xmu * ivar

    dbeta = np.sum(dout, axis=0)
    dgammax = dout
    dgamma = np.sum(dgammax * xhat, axis=0)
    dxhat = dgammax * gamma

    divar = np.sum(dxhat * xmu, axis=0)
    dxmu1 = dxhat * ivar
    dsqrtvar = -1.0 / (sqrtvar**2) * divar
    dvar = 0.5 * 1.0 / np.sqrt(var + EPS) * dsqrtvar
    dsq = 1.0 / N * np.ones((N, D)) * dvar
    dxmu2 = 2 * xmu * dsq
    dx1 = dxmu1 + dxmu2
    dmu = -1 * np.sum(dxmu1 + dxmu2, axis=0)
    dx2 = 1.0 / N * np.ones((N, D)) * dmu
    dx = dx1 + dx2
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout, x, gamma, beta):
    N = x.shape[0]
    std = np.sqrt(np.var(x, axis=0) + EPS)
    x_hat = (x - np.mean(x, axis=0)) / std
    dx = gamma / (N * std) * (N * dout - dout.sum(0) - x_hat * (dout * x_hat).sum(0))
    return dx, (dout * x_hat).sum(0), dout.sum(0)


def layernorm_forward(x, gamma, beta):
    mean = x.mean(axis=1, keepdims=True)
    std = np.sqrt(((x - mean) ** 2).mean(axis=1, keepdims=True) + EPS)
    return (x - mean) / std * gamma + beta


def layernorm_backward(dout, x, gamma, beta):
    N, D = x.shape
    xT = x.T
    mean = xT.mean(axis=0)
    std = np.sqrt(xT.var(axis=0) + EPS)
    x_hat = ((xT - mean) / std).T
    dgamma = np.sum(dout * x_hat, axis=0)
    dbeta = dout.sum(axis=0)
    dx_hat = (dout * gamma).T
    a = D * dx_hat
    b = np.sum(dx_hat, axis=0)
    c = np.sum(dx_hat * x_hat.T, axis=0) * x_hat.T
    dx = ((a - b - c) / (D * std)).T
    return dx, dgamma, dbeta


def layernorm_centred(dout, x, gamma, beta):
    mean = x.mean(-1, keepdims=True)
    rstd = (x.var(-1, keepdims=True) + EPS) ** -0.5
    norm = (x - mean) * rstd
    dweight = (dout * norm).sum(0)
    dbias = dout.sum(0)
    dnorm = dout * gamma
    dx = dnorm - dnorm.mean(-1, keepdims=True) - norm * (dnorm * norm).mean(-1, keepdims=True)
    dx *= rstd
    return dx, dweight, dbias


def spatial_forward(x, gamma, beta):
    N, C, H, W = x.shape
    flat = x.transpose(0, 2, 3, 1).reshape(N * H * W, C)
    out = batchnorm_forward(flat, gamma, beta)
    return out.reshape(N, H, W, C).transpose(0, 3, 1, 2)


def spatial_backward(dout, x, gamma, beta):
    N, C, H, W = x.shape
    dout = dout.transpose(0, 2, 3, 1).reshape((N * H * W, C))
    flat = x.transpose(0, 2, 3, 1).reshape((N * H * W, C))
    dx, dgamma, dbeta = batchnorm_backward_alt(dout, flat, gamma, beta)
    dx = dx.reshape(N, H, W, C).transpose(0, 3, 1, 2)
    return dx, dgamma, dbeta


def groupnorm_forward(x, gamma, beta):
    N, C, L = x.shape
    groups = x.reshape(N, 2, -1)
    norm = (groups - groups.mean(2, keepdims=True)) / np.sqrt(groups.var(2, keepdims=True) + EPS)
    return norm.reshape(N, C, L) * gamma[None, :, None] + beta[None, :, None]


def groupnorm_backward(dout, x, gamma, beta):
    N, C, L = x.shape
    G = 2
    groups = x.reshape((N * G, -1))
    D = groups.shape[1]
    std = np.sqrt(groups.var(axis=1, keepdims=True) + EPS)
    hat = (groups - groups.mean(axis=1, keepdims=True)) / std
    dbeta = dout.sum(axis=(0, 2))
    dgamma = (dout * hat.reshape(x.shape)).sum(axis=(0, 2))
    dhat = (dout * gamma.reshape(1, C, 1)).reshape(N * G, -1)
    dx = (D * dhat - dhat.sum(1, keepdims=True) - hat * np.sum(dhat * hat, axis=1, keepdims=True)) / (D * std)
    return dx.reshape(x.shape), dgamma, dbeta


MASK = np.array([[1, 0, 1], [1, 1, 0]]) / 0.6


def dropout_forward(x):
    return x * MASK


def dropout_backward(dout, x):
    dx = dout * MASK
    return dx


def relu_forward(x):
    return np.maximum(0, x)


def relu_backward(dout, x):
    dx = dout.copy()
    dx[x <= 0] = 0
    return dx


def leaky_forward(x):
    out = np.copy(x)
    out[x < 0] *= 0.1
    return out


def leaky_backward(dout, x):
    grad = np.ones_like(x)
    grad[x < 0] = 0.1
    return grad * dout


def rms_forward(x, weight):
    rms = np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + EPS)
    return x / rms * weight


def rms_backward(dout, x, weight):
    r = 1 / np.sqrt((x * x).mean(-1, keepdims=True) + EPS)
    dxw = dout * weight
    dx = r * dxw - x * r**3 * np.mean(dxw * x, axis=-1, keepdims=True)
    return dx, np.sum(dout * x * r, axis=0)


NORM = {"x": (4, 3), "gamma": 3, "beta": 3}
IMAGES = {"x": (1, 2, 2, 3), "gamma": 2, "beta": 2}
PAIRS = {
    "batch norm, step by step": Pair(batchnorm_forward, batchnorm_backward, NORM, (
        ("dmu = -1 *", "dmu = 1 *"), ("1.0 / N * np.ones((N, D)) * dvar", "np.ones((N, D)) * dvar"),
        ("-1.0 / (sqrtvar**2)", "-1.0 / sqrtvar"), ("dgammax * xhat, axis=0", "dgammax * xmu, axis=0"),
        ("dx = dx1 + dx2", "dx = dx1"), ("mu = 1.0 / N * np.sum(x, axis=0)", "mu = 1.0 / D * np.sum(x, axis=0)"))),
    "batch norm, one line": Pair(batchnorm_forward, batchnorm_backward_alt, NORM, (
        ("N * dout - dout.sum(0)", "N * dout"), ("np.sqrt(np.var(x, axis=0) + EPS)", "np.sqrt(np.var(x, axis=0))"),
        ("np.var(x, axis=0)", "np.var(x, axis=0, ddof=1)"), ("gamma / (N * std)", "gamma / std"))),
    "layer norm, transposed": Pair(layernorm_forward, layernorm_backward, NORM, (
        ("a = D * dx_hat", "a = N * dx_hat"), ("(a - b - c)", "(a - c)"), ("(dout * gamma).T", "dout.T"))),
    "layer norm, centred": Pair(layernorm_forward, layernorm_centred, NORM, (
        ("dx *= rstd", "dx *= rstd ** 2"), ("** -0.5", "** -0.25"), ("(dnorm * norm).mean", "(dout * norm).mean"))),
    "spatial batch norm": Pair(spatial_forward, spatial_backward, IMAGES, (
        ("dx = dx.reshape(N, H, W, C)", "dx = dx.reshape(N, W, H, C).transpose(0, 2, 1, 3)"),
        ("dout = dout.transpose(0, 2, 3, 1)", "dout = dout"))),
    "group norm": Pair(groupnorm_forward, groupnorm_backward, {"x": (2, 4, 3), "gamma": 4, "beta": 4}, (
        ("gamma.reshape(1, C, 1)", "gamma.mean()"), ("axis=(0, 2))\n    dhat", "axis=(0, 2)) / N\n    dhat"))),
    "dropout": Pair(dropout_forward, dropout_backward, {"x": (2, 3)}, (("dout * MASK", "dout * (MASK > 0)"),)),
    "relu by mask": Pair(relu_forward, relu_backward, {"x": (2, 3)}, (
        ("dx[x <= 0] = 0", "dx[x >= 0] = 0"), ("dx[x <= 0]", "dx[dout <= 0]"))),
    "leaky relu by mask": Pair(leaky_forward, leaky_backward, {"x": (2, 3)}, (
        ("= 0.1", "= 0.01"), ("grad[x < 0]", "grad[x < -1]"))),
    "rms norm": Pair(rms_forward, rms_backward, {"x": (4, 3), "weight": 3}, (
        ("r**3", "r**2"), ("dout * x * r, axis=0", "dxw * x * r, axis=0"))),
}  # fmt: skip
