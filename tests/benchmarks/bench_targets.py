"""W2 to W6 on the targets beyond NumPy, each beside what its goal names; an absent extra or peer is skipped."""

import sys
import time
from functools import partial

import bench_compile_arrays as arrays
import bench_compile_scalars as scalars
import harness  # sets one thread, before NumPy is imported
import numpy as np

from graphgrad.compiler.compile import compile as compile_graph
from graphgrad.compiler.compile_step import compile_step
from graphgrad.frontend.parse import parse
from graphgrad.transform.grad import grad

SGD = "p - lr * g"


def run_of(sizes, batch, target, update=arrays.ADAM):
    """A run of a network on a target."""
    loss = arrays.network(sizes)
    names = [name for name in loss.inputs if name not in {"X", "y"}]
    step = compile_step(loss, names, update, constants=arrays.CONSTANTS, batch=batch, target=target)
    rng = np.random.default_rng(0)
    return step.start({n: rng.normal(size=s) / np.sqrt(s[-1]) for n, s in step.shapes.items()})


def stepping(run, data):
    """A call that takes a step."""
    return partial(run.bare(*data), *data, 1, 1e-3)


def data_of(sizes, batch):
    rng = np.random.default_rng(1)
    return rng.normal(size=(batch, sizes[0])).astype(np.float32), rng.integers(sizes[-1], size=batch)


def w2():
    if not harness.peer("numba"):
        return
    step = compile_step(parse(scalars.XOR, scalars.XOR_SHAPES), ["W1", "b1", "W2", "b2"], SGD, target="numba")
    rng = np.random.default_rng(0)
    start = {name: rng.normal(size=shape) for name, shape in step.shapes.items()}
    points, targets = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0.0, 1, 1, 0])
    order, run = rng.integers(4, size=10_000), step.start(start)
    loops = {"graphgrad, numba": lambda: run.epoch(points, targets, order=order, lr=0.1)}
    if harness.peer("cffi"):
        c = compile_step(step.loss, step.shapes, SGD, target="c").start(start)
        loops["graphgrad, C"] = lambda: c.epoch(points, targets, order=order, lr=0.1)
    found = harness.race("W2  XOR, one example a step: the loop in machine code", loops, per=len(order))
    harness.goal("whole loop with numba, us a step", found["graphgrad, numba"] * 1e6, 0.2)
    bare = run.bare((0.0, 1.0), 1.0)
    steps = {"graphgrad, numba, the step alone": partial(bare, (0.0, 1.0), 1.0, 1, 0.1)}
    steps["graphgrad, numba, a call of the run"] = lambda: run((0.0, 1.0), 1.0, lr=0.1)
    if jax := harness.peer("jax"):
        steps["jax.jit step"] = scalars.jax_xor(jax, start)
    if torch := harness.peer("torch"):
        torch.set_num_threads(1)
        steps["torch nn and SGD"] = scalars.torch_xor(torch)
    found = harness.race("W2  XOR, one step a call, in machine code", steps)
    for name, factor in {"jax.jit step": 9, "torch nn and SGD": 250}.items():
        if name in found:
            harness.goal(f"with numba, of {name}", found["graphgrad, numba, the step alone"] / found[name], 1 / factor)


def w3():
    if not harness.peer("numba"):
        return
    sizes = (64, 128, 10)
    for batch, limit in ((32, 1.4), (128, 2)):
        start, data = time.perf_counter(), data_of(sizes, batch)
        run = run_of(sizes, batch, "numba")
        run(*data, lr=1e-3)
        first = time.perf_counter() - start
        contenders = {
            "graphgrad, numba": stepping(run, data),
            "the matrix products alone": arrays.products(sizes, batch),
        }
        found = harness.race(f"W3  64-128-10, Adam, batch {batch}, in machine code", contenders)
        print(f"  the first step, compilation included where it is not kept: {first:.1f} s")
        of = found["graphgrad, numba"] / found["the matrix products alone"]
        harness.goal(f"with numba, batch {batch}, of the matrix products alone", of, limit)


def w4():
    sizes, batch = (784, 1024, 1024, 10), 256
    data, contenders = data_of(sizes, batch), {}
    if harness.peer("numba"):
        contenders["graphgrad, numba"] = stepping(run_of(sizes, batch, "numba"), data)
    contenders["graphgrad, NumPy"] = stepping(run_of(sizes, batch, "numpy"), data)
    if torch := harness.peer("torch"):
        start = {n: np.zeros(s) for n, s in run_of(sizes, batch, "numpy").step.shapes.items()}
        contenders["torch, fused Adam"] = arrays.torch_step(torch, sizes, start, data, fused=True)
    found = harness.race("W4  784-1024-1024-10, Adam, batch 256, in machine code", contenders, rounds=5)
    if {"graphgrad, numba", "torch, fused Adam"} <= found.keys():
        of = found["graphgrad, numba"] / found["torch, fused Adam"]
        harness.goal("with numba, of torch's fused Adam", of, 0.95)


def w5():
    """Definition to first result, of PyTensor: half a minute."""
    if not (pytensor := harness.peer("pytensor")):
        return
    import pytensor.tensor as pt

    start = time.process_time()
    X, y = pt.fmatrix("X"), pt.lvector("y")
    rng = np.random.default_rng(0)
    shapes = {"W1": (64, 128), "b1": (128,), "W2": (128, 10), "b2": (10,)}
    p = {n: pytensor.shared(rng.normal(size=s).astype(np.float32)) for n, s in shapes.items()}
    scores = pt.tanh(X @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]
    loss = -pt.mean(pt.special.log_softmax(scores, axis=1)[pt.arange(y.shape[0]), y])
    updates = [(v, v - np.float32(0.1) * g) for v, g in zip(p.values(), pt.grad(loss, list(p.values())), strict=True)]
    pytensor.function([X, y], loss, updates=updates)(*data_of((64, 128, 10), 32))
    print(f"W5  definition to first result, PyTensor: {harness.shown(time.process_time() - start)}")


def w6():
    if not harness.peer("cffi"):
        return
    built = {}
    for count in (1000, 10_000):
        graph = scalars.random_graph(count)
        gradient = grad(graph)
        start = time.perf_counter()
        ours = compile_graph(gradient, target="c")
        built[count] = time.perf_counter() - start
    point = {name: 0.1 * i + 0.05 for i, name in enumerate(graph.inputs)}
    contenders = {"graphgrad, C": lambda: ours(**point)}
    if casadi := harness.peer("casadi"):
        contenders["casadi"] = casadi_graph(casadi, graph, point)
    found = harness.race("W6  random graph of 10000 operations, in C, a node", contenders, per=10_000, rounds=7)
    print(f"  building: {built[1000]:.1f} s, of ten times the operations {built[10_000]:.1f} s")
    harness.goal("in C, building ten times the operations, of ten times as long", built[10_000] / built[1000] / 10, 1.2)
    harness.goal("in C, ns a node", found["graphgrad, C"] * 1e9, 15)


def casadi_graph(casadi, graph, point):
    """The same graph and its gradient in CasADi's virtual machine."""
    made, symbols = [], []
    for node in graph.nodes:
        operands = [made[o] for o in node.operands]
        if node.op == "input":
            symbols.append(casadi.SX.sym(node.value))
            made.append(symbols[-1])
        elif node.op in {"add", "sub", "mul"}:
            a, b = operands
            made.append(a + b if node.op == "add" else a - b if node.op == "sub" else a * b)
        else:
            made.append(getattr(casadi, node.op)(*operands))
    x = casadi.vertcat(*symbols)
    function = casadi.Function("f", [x], [made[-1], casadi.gradient(made[-1], x)])
    values = list(point.values())
    buffer, call = function.buffer()
    given, value, slope = np.array(values), np.zeros(1), np.zeros(len(values))
    buffer.set_arg(0, memoryview(given))
    buffer.set_res(0, memoryview(value))
    buffer.set_res(1, memoryview(slope))
    kept = buffer, given, value, slope  # CasADi holds no references to these

    def evaluate():
        call()
        return kept

    return evaluate


if __name__ == "__main__":
    for part in sys.argv[1:] or ["w2", "w3", "w4", "w5", "w6"]:
        globals()[part]()
