"""W3, W4, W5, W7: arrays. Training steps of networks with Adam, and one expression over a million points."""

import time
from functools import partial
from itertools import pairwise

import harness  # sets one thread, before NumPy is imported
import numpy as np

from graphgrad.compiler.compile import compile as compile_graph
from graphgrad.compiler.compile_step import compile_step
from graphgrad.frontend.parse import parse
from graphgrad.transform.grad import grad

ADAM = "m = b1*m + (1-b1)*g; v = b2*v + (1-b2)*g**2; p = p - lr * (m/(1-b1**t)) / (sqrt(v/(1-b2**t)) + eps)"
CONSTANTS = {"b1": 0.9, "b2": 0.999, "eps": 1e-8}


def network(sizes):
    """The program of a tanh network with cross-entropy, and its shapes."""
    lines, shapes, h = [], {"X": ("N", sizes[0]), "y": "N"}, "X"
    for k, (i, o) in enumerate(pairwise(sizes), 1):
        shapes |= {f"W{k}": (o, i), f"b{k}": o}
        lines.append(f"h{k} = {h} @ W{k}.T + b{k}" if k == len(sizes) - 1 else f"h{k} = tanh({h} @ W{k}.T + b{k})")
        h = f"h{k}"
    return parse("; ".join([*lines, f"L = cross_entropy({h}, y)"]), shapes)


def ours(sizes, batch):
    loss = network(sizes)
    names = [n for n in loss.inputs if n not in {"X", "y"}]
    step = compile_step(loss, names, ADAM, constants=CONSTANTS, batch=batch)
    rng = np.random.default_rng(0)
    start = {n: rng.normal(size=s) / np.sqrt(s[-1]) for n, s in step.shapes.items()}
    return step, step.start(start), start


def products(sizes, batch):
    """The matrix products of a step alone."""
    rng, calls = np.random.default_rng(0), []
    for k, (i, o) in enumerate(pairwise(sizes)):
        x, w, d = (rng.random(s, np.float32) for s in ((batch, i), (i, o), (batch, o)))
        calls.append((x.dot, w, np.empty((batch, o), np.float32)))
        calls.append((x.T.dot, d, np.empty((i, o), np.float32)))
        if k:
            calls.append((d.dot, w.T, np.empty((batch, i), np.float32)))

    def call():
        for dot, b, out in calls:
            dot(b, out)

    return call


def torch_step(torch, sizes, start, data, *, fused):
    torch.set_num_threads(1)
    layers = []
    for i, o in pairwise(sizes):
        layers += [torch.nn.Linear(i, o), torch.nn.Tanh()]
    model = torch.nn.Sequential(*layers[:-1])
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), start.values(), strict=True):
            parameter.copy_(torch.tensor(value))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=fused)
    x, y = torch.tensor(data[0]), torch.tensor(data[1])

    def call():
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()

    return call


def jax_step(jax, sizes, start, data):
    jnp, count = jax.numpy, len(sizes) - 1

    def loss(p, x, y):
        for k in range(1, count + 1):
            x = x @ p[f"W{k}"].T + p[f"b{k}"]
            x = jnp.tanh(x) if k < count else x
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(x), y[:, None], 1))

    def step(p, m, v, t, x, y):  # noqa: PLR0917  (a step's state and data)
        value, g = jax.value_and_grad(loss)(p, x, y)
        m = jax.tree.map(lambda a, b: 0.9 * a + 0.1 * b, m, g)
        v = jax.tree.map(lambda a, b: 0.999 * a + 0.001 * b * b, v, g)
        rate = 1e-3 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        return jax.tree.map(lambda a, b, c: a - rate * b / (jnp.sqrt(c) + 1e-8), p, m, v), m, v, t + 1, value

    jitted = jax.jit(step, donate_argnums=(0, 1, 2))
    p = {k: jnp.array(v, jnp.float32) for k, v in start.items()}
    state = [p, jax.tree.map(jnp.zeros_like, p), jax.tree.map(jnp.zeros_like, p), jnp.float32(1)]
    x, y = jnp.array(data[0]), jnp.array(data[1])

    def call():
        *state[:], value = jitted(*state, x, y)
        jax.block_until_ready(value)

    return call


def training(title, sizes, batch, *, of_products, of_jax, of_torch, rounds=11):
    rng = np.random.default_rng(1)
    data = rng.normal(size=(batch, sizes[0])).astype(np.float32), rng.integers(sizes[-1], size=batch)
    _, run, start = ours(sizes, batch)
    contenders = {
        "graphgrad, the step alone": partial(run.bare(*data), *data, 1, 1e-3),
        "graphgrad, a call of the run": partial(run, *data, lr=1e-3),
        "the matrix products alone": products(sizes, batch),
    }
    if jax := harness.peer("jax"):
        contenders["jax.jit"] = jax_step(jax, sizes, start, data)
    if torch := harness.peer("torch"):
        contenders["torch, fused Adam"] = torch_step(torch, sizes, start, data, fused=True)
        contenders["torch, default Adam"] = torch_step(torch, sizes, start, data, fused=False)
    found = harness.race(title, contenders, rounds=rounds)
    for name, limit in (
        ("the matrix products alone", of_products),
        ("jax.jit", of_jax),
        ("torch, fused Adam", of_torch),
    ):
        if name in found and limit:
            harness.goal(f"of {name}", found["graphgrad, the step alone"] / found[name], limit)


def w5():
    rng = np.random.default_rng(1)
    data = rng.normal(size=(32, 64)).astype(np.float32), rng.integers(10, size=32)
    ours((64, 128, 10), 32)  # the first compilation of all reads the tables of rules
    start = time.process_time()
    ours((64, 128, 10), 32)[1](*data, lr=1e-3)
    taken = time.process_time() - start
    print(f"W5  definition to first result: {harness.shown(taken)}")
    harness.goal("ms", taken * 1e3, 20)


def w7():
    rng = np.random.default_rng(0)
    for dtype in ("float64", "float32"):
        x1, x2 = (rng.uniform(0.5, 4, 1_000_000).astype(dtype) for _ in range(2))
        f = compile_graph(grad(parse("log(x1*x2)*sin(x2)")), dtype=dtype)

        def naive(x1=x1, x2=x2):
            t, s = np.log(x1 * x2), np.sin(x2)
            return t * s, s / x1, s / x2 + t * np.cos(x2)

        contenders = {"graphgrad": lambda f=f, x1=x1, x2=x2: f(x1, x2), "naive NumPy": naive}
        if torch := harness.peer("torch"):
            a, b = (torch.tensor(x, requires_grad=True) for x in (x1, x2))
            ones = torch.ones_like(a)
            contenders["torch"] = lambda torch=torch, a=a, b=b, ones=ones: torch.autograd.grad(
                torch.log(a * b) * torch.sin(b), (a, b), ones
            )
        found = harness.race(f"W7  a million points, {dtype}", contenders, rounds=7)
        if dtype == "float64":
            harness.goal("of naive NumPy", found["graphgrad"] / found["naive NumPy"], 0.5)
        elif "torch" in found:
            harness.goal("of torch", found["graphgrad"] / found["torch"], 0.5)


def door():
    """What it costs to look at the inputs of a program of arrays, beside a check of type and shape by hand."""
    graph = grad(parse("mean(square(X @ w - y))", X=("N", 3), w=3, y="N"))
    X, w, y = np.ones((5, 3)), np.ones(3), np.ones(5)

    def check(X=X, w=w, y=y):
        for value, count in ((X, 2), (w, 1), (y, 1)):
            if not isinstance(value, np.ndarray) or value.dtype != np.float64 or value.ndim != count:
                raise TypeError
        if X.shape[1] != 3 or w.shape != (3,) or y.shape != X.shape[:1]:
            raise ValueError

    contenders = {
        "graphgrad": partial(compile_graph(graph), X, w, y),
        "graphgrad, without the door": partial(compile_graph(graph, checked=False), X, w, y),
        "a check by hand": check,
    }
    found = harness.race("The door of a program of arrays", contenders, rounds=41)
    cost = found["graphgrad"] - found["graphgrad, without the door"]
    harness.goal("of a check by hand", cost / found["a check by hand"], 2)


if __name__ == "__main__":
    door()
    w5()
    training("W3  64-128-10, Adam, batch 32", (64, 128, 10), 32, of_products=2.9, of_jax=0.27, of_torch=0.11, rounds=41)
    training("W3  64-128-10, Adam, batch 128", (64, 128, 10), 128, of_products=2, of_jax=None, of_torch=None)
    training("W4  784-1024-1024-10, Adam, batch 256", (784, 1024, 1024, 10), 256, of_products=1.2, of_jax=1.0,
             of_torch=None, rounds=5)  # fmt: skip
    w7()
