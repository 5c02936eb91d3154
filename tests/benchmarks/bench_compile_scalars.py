"""W1, W2, W5, W6: numbers. Value and gradient of one expression, of large random graphs, and the XOR network."""

import random
import sys
import time
from functools import partial
from math import cos, log, sin, tanh

import harness
import numpy as np

from graphgrad.compiler.compile import compile as compile_graph
from graphgrad.compiler.compile_step import compile_step
from graphgrad.core.builder import Builder
from graphgrad.frontend.parse import parse
from graphgrad.transform.grad import grad

XOR = "L = square(tanh(W2 @ tanh(W1 @ x + b1) + b2) - y)"
XOR_SHAPES = {"x": 2, "W1": (4, 2), "b1": 4, "W2": 4, "b2": (), "y": ()}


def by_hand(x1, x2):
    t, s = x1 * x2, sin(x2)
    u = log(t)
    return u * s, {"x1": s / x1, "x2": s / x2 + u * cos(x2)}


def tuple_by_hand(x1, x2):
    t, s = x1 * x2, sin(x2)
    u = log(t)
    return u * s, s / x1, s / x2 + u * cos(x2)


def w1():
    graph = grad(parse("log(x1*x2)*sin(x2)"))
    named, ours = compile_graph(graph), compile_graph(graph, returns="tuple")
    contenders = {
        "graphgrad, a tuple": partial(ours, 2.0, 3.0),
        "by hand, a tuple": partial(tuple_by_hand, 2.0, 3.0),
        "graphgrad, a tuple, without the door": partial(compile_graph(graph, returns="tuple", checked=False), 2.0, 3.0),
        "graphgrad, gradients by name": partial(named, 2.0, 3.0),
        "by hand, gradients by name": partial(by_hand, 2.0, 3.0),
    }
    if micrograd := harness.peer("micrograd.engine"):
        contenders["micrograd"] = partial(micrograd_expression, micrograd.Value)
    if jax := harness.peer("jax"):
        jitted = jax.jit(jax.value_and_grad(lambda a, b: jax.numpy.log(a * b) * jax.numpy.sin(b), argnums=(0, 1)))
        contenders["jax.jit"] = lambda: jax.block_until_ready(jitted(2.0, 3.0))
    if torch := harness.peer("torch"):
        torch.set_num_threads(1)
        a, b = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (2.0, 3.0))
        contenders["torch"] = lambda: torch.autograd.grad(torch.log(a * b) * torch.sin(b), (a, b))
    if autograd := harness.peer("autograd"):
        import autograd.numpy as anp

        both = autograd.value_and_grad(lambda a, b: anp.log(a * b) * anp.sin(b), argnum=(0, 1))
        contenders["autograd"] = partial(both, 2.0, 3.0)
    found = harness.race("W1  value and gradient of log(x1*x2)*sin(x2)", contenders)
    for kind in ("a tuple", "gradients by name"):
        harness.goal(f"of hand-written, {kind}", found[f"graphgrad, {kind}"] / found[f"by hand, {kind}"], 1.1)
    door = found["graphgrad, a tuple"] / found["graphgrad, a tuple, without the door"]
    harness.goal("of the same without looking at its inputs", door, 1.05)
    for name, factor in {"micrograd": 25, "jax.jit": 35, "torch": 180, "autograd": 350}.items():
        if name in found:
            harness.goal(f"of {name}", found["graphgrad, a tuple"] / found[name], 1 / factor)


def micrograd_expression(value):
    a, b = value(2.0), value(3.0)
    product = a * b
    logarithm = value(log(product.data), (product,), "log")
    sine = value(sin(b.data), (b,), "sin")

    def back_log():
        product.grad += logarithm.grad / product.data

    def back_sin():
        b.grad += sine.grad * cos(b.data)

    logarithm._backward, sine._backward = back_log, back_sin  # noqa: SLF001  (micrograd's own way to add operations)
    result = logarithm * sine
    result.backward()
    return result


def unrolled_by_hand(theta, rows, order, lr):
    """What somebody would write who unrolls XOR's training by hand."""
    a0, a1, c0, c1, d0, d1, e0, e1, p, q, r, s, u, v, w, z, k = theta
    losses = []
    for i in order:
        x0, x1, y = rows[i]
        h0, h1 = tanh(a0 * x0 + a1 * x1 + p), tanh(c0 * x0 + c1 * x1 + q)
        h2, h3 = tanh(d0 * x0 + d1 * x1 + r), tanh(e0 * x0 + e1 * x1 + s)
        o = tanh(u * h0 + v * h1 + w * h2 + z * h3 + k)
        losses.append((o - y) * (o - y))
        g = 2 * lr * (o - y) * (1 - o * o)
        g0, g1, g2, g3 = g * u * (1 - h0 * h0), g * v * (1 - h1 * h1), g * w * (1 - h2 * h2), g * z * (1 - h3 * h3)
        u, v, w, z, k = u - g * h0, v - g * h1, w - g * h2, z - g * h3, k - g
        a0, a1, p = a0 - g0 * x0, a1 - g0 * x1, p - g0
        c0, c1, q = c0 - g1 * x0, c1 - g1 * x1, q - g1
        d0, d1, r = d0 - g2 * x0, d1 - g2 * x1, r - g2
        e0, e1, s = e0 - g3 * x0, e1 - g3 * x1, s - g3
    return losses


def w2():
    step = compile_step(parse(XOR, XOR_SHAPES), ["W1", "b1", "W2", "b2"], "p - lr * g")
    rng = np.random.default_rng(0)
    start = {name: rng.normal(size=shape) for name, shape in step.shapes.items()}
    points, targets = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0.0, 1, 1, 0])
    rows = [(*x, y) for x, y in zip(points.tolist(), targets.tolist(), strict=True)]
    order = rng.integers(4, size=10_000)
    run, places, theta = step.start(start), order.tolist(), rng.normal(size=17).tolist()
    loops = {
        "graphgrad, whole loop": lambda: run.epoch(points, targets, order=order, lr=0.1),
        "the same unrolled by hand": lambda: unrolled_by_hand(theta, rows, places, 0.1),
    }
    found = harness.race("W2  XOR 2-4-1, one example a step: the loop", loops, per=len(order))
    harness.goal("whole loop, us a step", found["graphgrad, whole loop"] * 1e6, 1.6)
    bare = run.bare((0.0, 1.0), 1.0)
    steps = {"graphgrad, the step alone": partial(bare, (0.0, 1.0), 1.0, 1, 0.1)}
    steps["graphgrad, a call of the run"] = lambda: run((0.0, 1.0), 1.0, lr=0.1)
    if jax := harness.peer("jax"):
        steps["jax.jit step"] = jax_xor(jax, start)
    if torch := harness.peer("torch"):
        steps["torch nn and SGD"] = torch_xor(torch)
    found = harness.race("W2  XOR, one step a call", steps)
    if "jax.jit step" in found:  # torch's goal is one for machine code: see bench_targets.py
        harness.goal("of jax.jit step", found["graphgrad, the step alone"] / found["jax.jit step"], 1 / 9)


def jax_xor(jax, start):
    jnp = jax.numpy

    def loss(p, x, y):
        return (jnp.tanh(p["W2"] @ jnp.tanh(p["W1"] @ x + p["b1"]) + p["b2"]) - y) ** 2

    step = jax.jit(lambda p, x, y: jax.tree.map(lambda a, g: a - 0.1 * g, p, jax.grad(loss)(p, x, y)))
    state = [{k: jnp.array(v) for k, v in start.items()}]
    x, y = jnp.array([0.0, 1.0]), jnp.array(1.0)

    def call():
        state[0] = jax.block_until_ready(step(state[0], x, y))

    return call


def torch_xor(torch):
    model = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1), torch.nn.Tanh())
    optimizer, criterion = torch.optim.SGD(model.parameters(), lr=0.1), torch.nn.MSELoss()
    x, y = torch.tensor([0.0, 1.0]), torch.tensor([1.0])

    def call():
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()

    return call


def random_graph(count, inputs=10, seed=0, window=1000):
    """A graph of `count` operations whose values stay bounded, as in the specification of W6."""
    rng, builder = random.Random(seed), Builder()  # noqa: S311  (a benchmark)
    nodes, bound = [builder.input(f"x{i}") for i in range(inputs)], [1.0] * inputs
    for _ in range(count):
        low = max(0, len(nodes) - window)
        a, b, u = rng.randrange(low, len(nodes)), rng.randrange(low, len(nodes)), rng.random()
        both = bound[a] + bound[b] if u >= 0.3 else bound[a] * bound[b]
        if u < 0.65 and both <= 2.5:
            nodes.append(builder.apply("mul" if u < 0.3 else "add" if u < 0.5 else "sub", nodes[a], nodes[b]))
            bound.append(both)
        else:
            nodes.append(builder.apply("sin" if u < 0.83 else "tanh", nodes[a]))
            bound.append(1.0)
    used = {o for n in builder.nodes for o in n.operands}
    total, *sinks = [i for i in dict.fromkeys(nodes) if i not in used]
    for sink in sinks:
        total = builder.apply("add", total, sink)
    return builder.build({"z": total})


def w6():
    for count, limit in ((1000, 140), (10_000, 170)):
        graph = random_graph(count)
        start = time.process_time()
        gradient = grad(graph)
        between = time.process_time()
        ours = compile_graph(gradient)
        taken = time.process_time() - between
        point = {name: 0.1 * i + 0.05 for i, name in enumerate(graph.inputs)}
        contenders = {"graphgrad": lambda ours=ours, point=point: ours(**point)}
        if micrograd := harness.peer("micrograd.engine"):
            contenders["micrograd"] = lambda graph=graph, point=point: micrograd_graph(micrograd.Value, graph, point)
        found = harness.race(f"W6  random graph of {count} operations, a node", contenders, per=count, rounds=5)
        harness.goal("ns a node", found["graphgrad"] * 1e9, limit)
        print(f"  differentiating: {(between - start) / count * 1e6:.1f} us a node")
        print(f"  compiling: {taken / count * 1e6:.1f} us an operation")
        harness.goal("compiling, us a node of the gradient graph", taken / len(gradient) * 1e6, 40)


def micrograd_graph(value, graph, point):
    made = []
    for node in graph.nodes:
        operands = [made[o] for o in node.operands]
        if node.op == "input":
            made.append(value(point[node.value]))
        elif node.op in {"add", "sub", "mul"}:
            a, b = operands
            made.append(a + b if node.op == "add" else a - b if node.op == "sub" else a * b)
        else:
            made.append(micrograd_function(value, node.op, operands[0]))
    sys.setrecursionlimit(10**6)
    made[-1].backward()
    return made[-1]


def micrograd_function(value, op, a):
    result = value(sin(a.data) if op == "sin" else tanh(a.data), (a,), op)

    def back():
        a.grad += result.grad * (cos(a.data) if op == "sin" else 1 - result.data**2)

    result._backward = back  # noqa: SLF001  (micrograd's own way to add operations)
    return result


if __name__ == "__main__":
    w1()
    w2()
    w6()
