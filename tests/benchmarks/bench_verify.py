"""Times of proofs, and who accepts which wrong gradient. Run `python tests/benchmarks/bench_verify.py`.

Peers (torch, jax, autograd, pytensor) are asked where they are installed.
"""

import sys
import time
import tracemalloc
from itertools import pairwise
from pathlib import Path

import numpy as np
from report import goal, peer

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

from proof.proofs import NO_SYMBOLS, rewrite_proof, row_proofs  # noqa: E402

from graphgrad.compiler.compile import compile as compiled  # noqa: E402
from graphgrad.compiler.compile_step import compile_step  # noqa: E402
from graphgrad.core.ops import OPS  # noqa: E402
from graphgrad.frontend.parse import parse  # noqa: E402
from graphgrad.learn.updates.optimizers import update_of  # noqa: E402
from graphgrad.proof.code import verify_function  # noqa: E402
from graphgrad.proof.gradients import verify  # noqa: E402
from graphgrad.proof.modules.certificate import certify  # noqa: E402
from graphgrad.proof.steps.certificate import certify_step  # noqa: E402
from graphgrad.transform.grad import grad  # noqa: E402
from graphgrad.transform.rules import RULES  # noqa: E402


def mlp(*sizes, loss="cross_entropy(s, y)"):
    """The loss of a tanh network, and its parameters."""
    lines, shapes, layer = [], {"X": ("N", sizes[0]), "y": "N"}, "X"
    for k, (inputs, outputs) in enumerate(pairwise(sizes), 1):
        shapes |= {f"W{k}": (outputs, inputs), f"b{k}": outputs}
        last = k == len(sizes) - 1
        lines.append(f"s = {layer} @ W{k}.T + b{k}" if last else f"h{k} = tanh({layer} @ W{k}.T + b{k})")
        layer = f"h{k}"
    return parse("\n".join([*lines, f"L = {loss}"]), shapes), [n for n in shapes if n not in "Xy"]


def timed(call):
    """The result and the seconds of processor time of a call."""
    start = time.process_time()
    result = call()
    return result, time.process_time() - start


def proofs():
    """Rows, rewrites and networks."""
    found, seconds = timed(lambda: [p for name in OPS if name not in NO_SYMBOLS for p in row_proofs(name)])
    proved = sum(str(p.verdict) == "PROVED" for p in found)
    print(f"rows: {proved} of {len(found)} patterns proved in {seconds:.1f} s")
    goal("seconds for all rows, all patterns", seconds if proved == len(found) else float("inf"), 10)
    found, seconds = timed(lambda: [rewrite_proof(line) for line in dict.fromkeys(row.text for row in RULES.values())])
    print(f"rewrite rules: {sum(str(p.verdict) == 'PROVED' for p in found)} of {len(found)} proved in {seconds:.2f} s")
    for sizes in ((2, 4, 1), (4, 8, 3), (784, 128, 10), (64, 32, 32, 32, 32, 32, 32, 8)):
        loss = "mse(s[:, 0], y)" if sizes[-1] == 1 else "cross_entropy(s, y)"
        report, seconds = timed(lambda sizes=sizes, loss=loss: verify(mlp(*sizes, loss=loss)[0], timeout=60))
        verdicts = ", ".join(sorted({str(f.verdict) for f in report.values()}))
        print(f"network {'-'.join(map(str, sizes))}: {verdicts} in {seconds:.2f} s")
        if sizes in {(2, 4, 1), (4, 8, 3)}:
            goal(f"seconds for {'-'.join(map(str, sizes))}", seconds if verdicts == "PROVED" else float("inf"), 2)


TRUE_SIZES = ((784, 128, 10), 64, 1), ((2000, 2800, 1500, 100), 16, 60)


def steps():
    """Whole training steps at their true size: the gradient, Adam's update, and both in floats."""
    text, constants = update_of("adam", {})
    for sizes, rows, limit in TRUE_SIZES:
        source = compile_step(*mlp(*sizes), text, constants=constants).source
        report, seconds = timed(lambda s=source, n=rows: certify_step(s, {"N": n}))
        count = sum((a + 1) * b for a, b in pairwise(sizes))
        verdicts = ", ".join(sorted({str(f.verdict) for f in report.values()}))
        print(f"step under Adam, {count} parameters, {rows} rows: {verdicts} in {seconds:.2f} s")
        goal(f"seconds for the step of {count} parameters", seconds if verdicts == "CERTIFIED" else float("inf"), limit)


def certificates():
    """Emitted code at its true size."""
    for sizes, rows, limit in TRUE_SIZES:
        graph, parameters = mlp(*sizes)
        source = compiled(grad(graph, *parameters)).source
        report, seconds = timed(lambda g=graph, s=source, n=rows: certify(s, g, {"N": n}))
        count = sum((a + 1) * b for a, b in pairwise(sizes))
        times = traced(lambda g=graph, s=source, n=rows: certify(s, g, {"N": n})) / (8 * count)
        finding = next(iter(report.values()))
        said = f"{finding.verdict} in {seconds:.2f} s, {finding.digits} digits in float64"
        print(f"{count} parameters, {rows} rows: {said}, memory {times:.1f} times the gradients")
        goal(f"seconds for {count} parameters", seconds, limit)
        goal(f"memory for {count} parameters, times the gradients", times, 4)


def traced(call):
    """The most bytes that Python and NumPy hold at once during a call, beyond what they held before."""
    tracemalloc.start()
    call()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


WRONG = {  # name: the function, a gradient that is wrong (or, for the last, right), and a point as a checker is given
    "factor 1 + 1e-6": (lambda n, x: n.sum(x**3), lambda _, x: 3 * x**2 * 1.000001, 1.0),
    "offset 1e-12": (lambda n, x: n.sum(n.sin(x)), lambda n, x: n.cos(x) + 1e-12, 1.0),
    "wrong for |x| > 4": (lambda n, x: n.sum(x**2), lambda n, x: n.where(n.abs(x) > 4, 3 * x, 2 * x), 1.0),
    "wrong when saturated": (
        lambda n, x: n.sum(n.tanh(x)),
        lambda n, x: n.where(x > 15, 1e-3, 1 - n.tanh(x) ** 2),
        1.0,
    ),
    "relu at 0 (right)": (
        lambda n, x: n.sum(n.maximum(x, n.zeros_like(x))),
        lambda n, x: n.where(x > 0, 1.0, 0.0),
        0.0,
    ),
}


def by_graphgrad(f, g, x):
    """graphgrad's verdict."""
    return verify_function(lambda x: f(np, x), lambda x: g(np, x), x=x.shape).ok


def by_torch(f, g, x):
    """torch.autograd.gradcheck."""
    import torch

    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return f(torch, x)

        @staticmethod
        def backward(ctx, cotangent):
            return cotangent * g(torch, *ctx.saved_tensors)

    return torch.autograd.gradcheck(Wrong.apply, torch.tensor(x).requires_grad_(), raise_exception=False)


def by_jax(f, g, x):
    """jax.test_util.check_grads."""
    import jax
    import jax.numpy as jnp
    from jax.test_util import check_grads

    jax.config.update("jax_enable_x64", True)  # noqa: FBT003
    wrong = jax.custom_vjp(lambda x: f(jnp, x))
    wrong.defvjp(lambda x: (f(jnp, x), x), lambda x, c: (c * g(jnp, x),))
    return _quietly(lambda: check_grads(wrong, (x,), order=1, modes=["rev"]))


def by_autograd(f, g, x):
    """autograd.test_util.check_grads."""
    import autograd.numpy as anp
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads

    wrong = primitive(lambda x: f(np, x))
    defvjp(wrong, lambda _, x: lambda c: c * g(anp, x))
    return _quietly(lambda: check_grads(wrong, modes=["rev"], order=1)(x))


def by_pytensor(f, g, x):
    """pytensor.gradient.verify_grad, at its default tolerance."""
    import pytensor
    import pytensor.tensor as pt
    from pytensor.compile.builders import OpFromGraph
    from pytensor.gradient import verify_grad

    pytensor.config.cxx = ""  # results are the same without a compiler
    given = pt.dvector("x")
    wrong = OpFromGraph([given], [f(pt, given)], pullback=lambda inputs, _, cotangents: [
        cotangents[0] * g(pt, inputs[0])])  # fmt: skip
    return _quietly(lambda: verify_grad(wrong, [x], rng=np.random.default_rng(0)))


PEERS = {"graphgrad": by_graphgrad, "torch": by_torch, "jax": by_jax, "autograd": by_autograd, "pytensor": by_pytensor}


def _quietly(call):
    try:
        call()
    except Exception as error:
        if isinstance(error, AssertionError) or type(error).__name__ == "GradientError":
            return False
        raise
    return True


def peers():
    """Who accepted what."""
    there = {name: asked for name, asked in PEERS.items() if name == "graphgrad" or peer(name)}
    print(f"{'':22}{''.join(f'{name:>12}' for name in there)}")
    for kind, (f, g, at) in WRONG.items():
        said = ["accepts" if asked(f, g, np.full(3, at)) else "refuses" for asked in there.values()]
        print(f"{kind:22}{''.join(f'{s:>12}' for s in said)}")


if __name__ == "__main__":
    proofs()
    certificates()
    steps()
    peers()
