"""Every optimizer against its paper, written out here in NumPy, and against torch.optim, step by step."""

import math

import numpy as np
import pytest

from graphgrad.compiler.compile_step import compile_step
from graphgrad.core.errors import ParseError, UsageError
from graphgrad.frontend.parse import parse
from graphgrad.learn.networks.network import mlp
from graphgrad.learn.training.fit import fit
from graphgrad.learn.updates.optimizers import OPTIMIZERS, optimizer
from graphgrad.learn.updates.schedules import SCHEDULES, update

STEPS = 200
GENERATOR = np.random.default_rng(3)
X, TRUE = GENERATOR.normal(size=(12, 3)), np.array([1.0, -2.0, 0.5])
Y = X @ TRUE + 0.1 * GENERATOR.normal(size=12)
BEGIN = np.array([0.3, 0.0, -0.7])


def slope(w):
    """The gradient of mean((X w - y)**2), by hand."""
    return 2 / len(X) * X.T @ (X @ w - Y)


def sgd(w, g, _state, _t, s):
    return w - s["lr"] * g


def momentum(w, g, state, _t, s):
    """Sutskever, Martens, Dahl, Hinton (2013), equations 1 and 2, with the rate outside of the velocity."""
    velocity = state["velocity"] = s["mu"] * state.get("velocity", 0) + g
    return w - s["lr"] * velocity


def nesterov(w, g, state, _t, s):
    velocity = state["velocity"] = s["mu"] * state.get("velocity", 0) + g
    return w - s["lr"] * g - s["lr"] * s["mu"] * velocity


def adagrad(w, g, state, _t, s):
    """Duchi, Hazan, Singer (2011), figure 1, diagonal."""
    history = state.setdefault("history", [])
    history.append(g)
    return w - s["lr"] * g / (np.linalg.norm(np.array(history), axis=0) + s["eps"])


def rmsprop(w, g, state, _t, s):
    square = state["square"] = s["rho"] * state.get("square", 0) + (1 - s["rho"]) * g * g
    return w - s["lr"] * g / (square**0.5 + s["eps"])


def adam(w, g, state, t, s):
    """Kingma, Ba (2015), algorithm 1: the moments as sums over all gradients so far."""
    history = state.setdefault("history", [])
    history.append(g)
    weights = [np.array([(1 - b) * b ** (t - i) for i in range(1, t + 1)]) for b in (s["beta1"], s["beta2"])]
    first = weights[0] @ np.array(history) / (1 - s["beta1"] ** t)
    second = weights[1] @ np.array(history) ** 2 / (1 - s["beta2"] ** t)
    return w - s["lr"] * first / (np.sqrt(second) + s["eps"])


def adamw(w, g, state, t, s):
    """Loshchilov, Hutter (2019), algorithm 2: the decay beside the gradient's step, times the rate."""
    return adam(w, g, state, t, s) - s["lr"] * s["decay"] * w


def amsgrad(w, g, state, t, s):
    """Reddi, Kale, Kumar (2018), algorithm 2, with both of Adam's corrections."""
    state["m"] = s["beta1"] * state.get("m", 0) + (1 - s["beta1"]) * g
    state["v"] = s["beta2"] * state.get("v", 0) + (1 - s["beta2"]) * g**2
    state["top"] = np.maximum(state.get("top", 0), state["v"])
    first, second = state["m"] / (1 - s["beta1"] ** t), state["top"] / (1 - s["beta2"] ** t)
    return w - s["lr"] * first / (np.sqrt(second) + s["eps"])


REFERENCES = {f.__name__: f for f in (sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw, amsgrad)}


def start(text, settings):
    loss = parse("mean(square(X @ w - Y))", X=("N", 3), w=3, Y="N")
    return compile_step(loss, ["w"], text, constants=settings, dtype="float64").start({"w": BEGIN})


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_follows_its_paper(name):
    row = optimizer(name, lr=0.05)
    run, w, state = start(row.text, row.settings), BEGIN, {}
    for t in range(1, STEPS + 1):
        run(X, Y)
        w = REFERENCES[name](w, slope(w), state, t, row.settings)
        np.testing.assert_allclose(run.parameters["w"], w, rtol=0, atol=1e-9)
    assert np.abs(w - BEGIN).max() > 0.1


TORCH = {
    "sgd": ("SGD", {}),
    "momentum": ("SGD", {"momentum": 0.9}),
    "nesterov": ("SGD", {"momentum": 0.9, "nesterov": True}),
    "adagrad": ("Adagrad", {}),
    "rmsprop": ("RMSprop", {}),
    "adam": ("Adam", {}),
    "adamw": ("AdamW", {}),
    "amsgrad": ("Adam", {"amsgrad": True}),
}


ADAM = OPTIMIZERS["adam"].text
VARIANTS = {  # what torch.optim does with an option, as a text of one's own or a setting of a row
    "weight decay": ("g = g + decay * p; p - lr * g", {"decay": 0.1}, "SGD", {"weight_decay": 0.1}),
    "dampening": ("m = where(t == 1, g, mu * m + (1 - tau) * g); p - lr * m", {"mu": 0.9, "tau": 0.3},
                  "SGD", {"momentum": 0.9, "dampening": 0.3}),
    "nesterov, weight decay": ("g = g + decay * p; m = mu * m + g; p - lr * (g + mu * m)", {"mu": 0.8, "decay": 0.1},
                               "SGD", {"momentum": 0.8, "nesterov": True, "weight_decay": 0.1}),
    "adagrad's own decay": ("s = s + square(g); p - lr / (1 + (t - 1) * k) * g / (sqrt(s) + 1e-10)", {"k": 0.05},
                            "Adagrad", {"lr_decay": 0.05}),
    "rmsprop, rho": ("rmsprop", {"rho": 0.9, "eps": 1e-4}, "RMSprop", {"alpha": 0.9, "eps": 1e-4}),
    "rmsprop, momentum": ("s = rho * s + (1 - rho) * square(g); m = mu * m + g / (sqrt(s) + 1e-8); p - lr * m",
                          {"rho": 0.99, "mu": 0.9}, "RMSprop", {"momentum": 0.9}),
    "adam, betas": ("adam", {"beta1": 0.8, "beta2": 0.99, "eps": 1e-3}, "Adam", {"betas": (0.8, 0.99), "eps": 1e-3}),
    "adam, L2": (f"g = g + decay * p\n{ADAM}", {**OPTIMIZERS["adam"].settings, "decay": 0.1},
                 "Adam", {"weight_decay": 0.1}),
    "adamw, decay": ("adamw", {"decay": 0.3}, "AdamW", {"weight_decay": 0.3}),
}  # fmt: skip
AGREE = {name: (name, {}, kind, more) for name, (kind, more) in TORCH.items()} | VARIANTS


@pytest.mark.parametrize(("text", "settings", "kind", "more"), AGREE.values(), ids=AGREE)
def test_agrees_with_torch(text, settings, kind, more):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    net = mlp(3, 5, 2, seed=1)
    row = optimizer(text, {**settings, "lr": 0.02})
    target = np.random.default_rng(5).normal(size=(12, 2))
    loss = parse(f"{net}\nL = mse(R, Y)", {**net.shapes, "Y": ("N", 2)})
    run = compile_step(loss, net.values, row.text, constants=row.settings, dtype="float64").start(net.values)
    theirs = {k: torch.tensor(v, requires_grad=True) for k, v in net.values.items()}
    method = getattr(torch.optim, kind)(theirs.values(), lr=0.02, **more)
    inputs, wanted = torch.tensor(X), torch.tensor(target)
    for _ in range(STEPS):
        method.zero_grad()
        hidden = torch.tanh(inputs @ theirs["W1"].T + theirs["b1"])
        torch.mean((hidden @ theirs["W2"].T + theirs["b2"] - wanted) ** 2).backward()
        method.step()
        run(X, target)
        for k, ours in run.parameters.items():
            np.testing.assert_allclose(ours, theirs[k].detach().numpy(), rtol=0, atol=1e-6)


def test_clipping_agrees_with_torch():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    for name, limit, clip in (
        ("clip_norm", 0.5, torch.nn.utils.clip_grad_norm_),
        ("clip_value", 0.1, torch.nn.utils.clip_grad_value_),
    ):
        change = update(optimizer("adam", lr=0.02), "exponential", factor=0.99, clipping={name: limit})
        run = start(change.text, change.settings)
        w = torch.tensor(BEGIN, requires_grad=True)
        method = torch.optim.Adam([w], lr=0.02)
        schedule = torch.optim.lr_scheduler.ExponentialLR(method, 0.99)
        for _ in range(STEPS):
            method.zero_grad()
            torch.mean((torch.tensor(X) @ w - torch.tensor(Y)) ** 2).backward()
            clip([w], limit)
            method.step()
            schedule.step()
            run(X, Y)
            np.testing.assert_allclose(run.parameters["w"], w.detach().numpy(), rtol=0, atol=1e-6)


def test_a_text_of_your_own():
    settings = {"lr": 0.05, "b": 0.9}
    row = optimizer("m = b * m + (1 - b) * sign(g); p - lr * sign(m)", settings)
    assert row.slots == ("m",)
    run, w, m = start(row.text, row.settings), BEGIN, 0.0
    for _ in range(20):
        run(X, Y)
        m = 0.9 * m + 0.1 * np.sign(slope(w))
        w = w - 0.05 * np.sign(m)
    np.testing.assert_allclose(run.parameters["w"], w, atol=1e-12)


def test_settings_find_their_owner():
    """The optimizer's and the schedule's, in one mapping."""
    settings = {"mu": 0.5, "warmup": 10}
    one, _ = fit(mlp(3, 1), X, Y, optimizer="momentum", schedule="warmup", settings=settings, epochs=5)
    row = optimizer("momentum", mu=0.5)
    two, _ = fit(mlp(3, 1), X, Y, optimizer=row, schedule="warmup", settings={"warmup": 10}, epochs=5)
    three, _ = fit(mlp(3, 1), X, Y, optimizer="m = k * m + g; p - lr * m", lr=0.01, settings={"k": 0.5}, epochs=5)
    assert np.array_equal(one.weights["W1"], two.weights["W1"])
    assert not np.array_equal(one.weights["W1"], three.weights["W1"])


@pytest.mark.parametrize(
    ("text", "settings", "said"),
    [
        ("adm", {}, "did you mean 'adam'"),
        ("adam", {"beta3": 1.0}, "did you mean 'beta2'"),
        ("sgd", {"lr": math.nan}, "must be a finite number"),
        ("p - lr * g", {}, "needs a value for 'lr'"),
        ("p - 0.1", {}, "must speak of the gradient"),
    ],
)
def test_errors_say_what_would_be_right(text, settings, said):
    with pytest.raises(UsageError, match=said):
        optimizer(text, settings)


def test_a_text_out_of_the_language():
    with pytest.raises(ParseError):
        optimizer("p -= lr * __import__('os').getpid() * g", lr=0.1)


SCHEDULED = {  # the rate at step t of 100, by hand
    "constant": lambda _: 0.1,
    "step": lambda t: 0.1 * 0.5 ** ((t - 1) // 30),
    "exponential": lambda t: 0.1 * 0.9 ** (t - 1),
    "cosine": lambda t: 0.05 * (1 + math.cos(math.pi * (t - 1) / 100)),
    "linear": lambda t: 0.1 * (101 - t) / 100,
    "warmup": lambda t: 0.1 * min(t, 20) / 20,
    "warmup_cosine": lambda t: 0.1 * t / 20 if t < 20 else 0.05 * (1 + math.cos(math.pi * (t - 20) / 80)),
}
SETTINGS = {
    "step": {"factor": 0.5, "every": 30},
    "exponential": {"factor": 0.9},
    "warmup": {"warmup": 20},
    "warmup_cosine": {"warmup": 20},
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules(name):
    change = update(optimizer("sgd"), name, 100, **SETTINGS.get(name, {}))
    run, w = start(change.text, change.settings), BEGIN
    for t in range(1, 101):
        run(X, Y)
        w = w - SCHEDULED[name](t) * slope(w)
        np.testing.assert_allclose(run.parameters["w"], w, atol=1e-12)


def test_clipping_is_by_the_norm_of_the_whole_gradient():
    change = update(optimizer("sgd", lr=1.0), clipping={"clip_norm": 0.01})
    run = start(change.text, change.settings)
    run(X, Y)
    np.testing.assert_allclose(
        BEGIN - run.parameters["w"], 0.01 * slope(BEGIN) / np.linalg.norm(slope(BEGIN)), rtol=1e-4
    )
    change = update(optimizer("sgd", lr=1.0), clipping={"clip_value": 0.01})
    run = start(change.text, change.settings)
    run(X, Y)
    np.testing.assert_allclose(BEGIN - run.parameters["w"], np.clip(slope(BEGIN), -0.01, 0.01), atol=1e-12)


def test_gradient_descent_ends_where_the_gradient_is_small():
    net = mlp(3, 1)
    model, history = fit(net, X, Y, loss="mse", optimizer="sgd", lr=0.1, epochs=10_000, batch_size=None, tolerance=1e-6)
    w, b = model.weights["W1"][0], model.weights["b1"][0]
    error = X @ w + b - Y
    gradient = [*(2 / len(X) * X.T @ error), 2 * error.mean()]
    assert 1e-8 < np.linalg.norm(gradient) < 1e-6
    assert 10 < len(history) < 10_000


@pytest.mark.parametrize(
    ("schedule", "settings", "said"),
    [
        ("cosin", {}, "did you mean 'cosine'"),
        ("step", {}, "needs every="),
        ("cosine", {"every": 3}, "no setting 'every'"),
    ],
)
def test_schedules_say_what_is_missing(schedule, settings, said):
    with pytest.raises(UsageError, match=said):
        update(optimizer("sgd"), schedule, 10, **settings)
