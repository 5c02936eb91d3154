"""One meaning: random programs have the same value and slopes in a trace, on every target, in every way of computing.

They are those of fifty digits, but for what rounding each operation by a few ulps may do (`one_meaning`); and a trace
and a film refuse exactly where compiled code turns finite numbers into others. Programs of arrays are held to JAX.
"""

import json
import random
import shutil
import subprocess
from dataclasses import replace
from functools import cached_property

import mpmath as mp
import numpy as np
import pytest
from compiler_programs import HEADS, TENSORS, tensor_feeds, tensor_program
from hypothesis import given, settings, strategies as st
from installed import need
from one_meaning import NAMES, NoValue, bounded, point, program, slope

from graphgrad.api.pictures import animate
from graphgrad.compiler.arrays.many_points import MANY
from graphgrad.compiler.backends.javascript import javascript_body
from graphgrad.compiler.compile import compile  # noqa: A004
from graphgrad.compiler.compile_step import compile_step
from graphgrad.core.errors import DomainError
from graphgrad.core.ops import OPS
from graphgrad.execute.trace import trace
from graphgrad.frontend.parse import parse
from graphgrad.transform.grad import grad

NODE = shutil.which("node")
UNIT, LEAST = mp.mpf(2) ** -53, mp.mpf(2) ** -1073
SLOPES = [f"dz_d{name}" for name in NAMES]


class Case:
    """A random program at a point: what is exact, and what each of its results may be off."""

    def __init__(self, seed):
        dice = random.Random(seed)  # noqa: S311  (a test, not a secret)
        self.text, self.values = program(dice, dice.randint(1, 8)), point(dice)
        self.graph = parse(self.text)
        self.gradient = grad(self.graph)
        self.outputs = {name if name in SLOPES else "z": i for name, i in self.gradient.outputs.items()}

    def __str__(self):
        return f"{self.text} at {self.values}"

    @cached_property
    def exact(self):
        """Values, and how far off they may be."""
        return self._exact(self.gradient)

    @cached_property
    def exact_in_steps(self):
        """The same in training steps, which compute `1 - tanh(x)**2` as it is written."""
        return {name: (value, error if error is None else max(error, self.exact[name][1] or 0))
                for name, (value, error) in self._exact(grad(self.graph, as_written=True)).items()}  # fmt: skip

    def _exact(self, gradient):
        found, errors = bounded(gradient, self.values, UNIT, LEAST)
        names = {name if name in SLOPES else "z": i for name, i in gradient.outputs.items()}
        return {name: (found[i], errors[i]) for name, i in names.items()}

    @cached_property
    def refusal(self):
        """What a trace says instead of computing."""
        try:
            trace(self.graph, self.values)
        except DomainError as error:
            return error.message
        return ""

    def wrong(self, results, exact, unsaid=0):
        """What is further off than rounding makes it; `unsaid` is allowed besides."""
        said = []
        for name, got in results.items():
            value, error = exact[name]
            if value is None or error is None or abs(value) + error > 1.7e308:
                continue
            if not np.isfinite(got) or abs(mp.mpf(float(got)) - value) > error + unsaid:
                said.append(f"{self}: {name} is {got!r}, not {mp.nstr(value, 17)}, give or take {mp.nstr(error, 3)}")
        return "\n".join(said)


def of_a_gradient(found):
    value, grads = found
    return {"z": value, **{f"dz_d{name}": slope for name, slope in grads.items()}}


def traced(case):
    found = trace(case.graph, case.values)
    return of_a_gradient((found.value, found.grad))


def stepped(case, target="numpy"):
    """The gradient as the parameters of a step that takes it for its update."""
    run = compile_step(case.graph, NAMES, "p = g", dtype="float64", target=target).start(case.values)
    return of_a_gradient((run(), run.parameters))


def at_points(count):
    def compute(case):
        points = {name: np.full(count, value) for name, value in case.values.items()}
        found = of_a_gradient(compile(case.gradient)(**points))
        return {name: np.broadcast_to(values, count)[-1] for name, values in found.items()}

    return compute


def on(target):
    return lambda case: of_a_gradient(compile(case.gradient, target=target)(**case.values))


def in_javascript(cases):
    """The results of many programs, by one process."""
    bodies = [[javascript_body(case.gradient), case.values, case.outputs] for case in cases]
    text = f"""const all = {json.dumps(bodies)};
    const numbers = (v, o) => Object.fromEntries(Object.entries(o).map(([n, i]) => [n, String(Number(v[i]))]));
    console.log(JSON.stringify(all.map(([body, x, o]) => numbers(new Function("x", body)(x), o))));"""
    done = subprocess.run([NODE, "-"], input=text, check=True, capture_output=True, text=True)
    return [{n: float(v.replace("Infinity", "inf")) for n, v in found.items()} for found in json.loads(done.stdout)]


WAYS = {"trace": traced, "numpy": on("numpy"), "python": on("python"), "arrays": at_points(3), "steps": stepped}
SLOW = {"many points": at_points(MANY + 3), "jax": on("jax"), "c": on("c"), "numba": on("numba"),
        "steps in c": lambda case: stepped(case, "c")}  # fmt: skip
BY_HALF_ANGLE = 16 * UNIT  # of a cosine near its zeros, over many points


def disagreement(case, way):
    """What a way of computing says other than fifty digits; nothing of what a trace refuses."""
    if case.refusal:
        return ""
    with np.errstate(all="ignore"):
        found = (WAYS | SLOW)[way](case)
    unsaid = BY_HALF_ANGLE if way == "many points" and ("cos" in case.text or "sin" in case.text) else 0
    return case.wrong(found, case.exact_in_steps if "steps" in way else case.exact, unsaid)


def exactly_differentiated(case):
    """The gradient that is computed is, in all digits, the difference of values of the program as written."""
    for name in NAMES:
        value, error = case.exact[f"dz_d{name}"]
        try:
            wanted = slope(case.graph, case.values, name)
        except NoValue:
            continue
        if value is not None and error is not None:
            off = abs(value - wanted)
            assert off <= mp.mpf(10) ** -15 * abs(wanted) or off < mp.mpf(10) ** -320, (str(case), name, value, wanted)


def lost(case, *, anywhere):
    """Whether compiled code makes other numbers of finite ones: on the way to the value, or of a slope at last.

    With `anywhere` on the way to a slope too, which a pass may have led around it.
    """
    nodes, needed = case.gradient.nodes, set(case.outputs.values())
    stack = [*needed] if anywhere else [case.outputs["z"]]
    while stack:
        i = stack.pop()
        needed.add(i)
        stack += nodes[i].operands
    wanted = {f"n{i}": i for i in sorted(needed) if nodes[i].op in OPS and nodes[i].dtype == "float"}
    if not wanted:
        return False
    compute = compile(replace(case.gradient, outputs=wanted, cache={}), as_written=True)
    with np.errstate(all="ignore"):
        found = compute(**{name: np.array([case.values[name]]) for name in case.gradient.inputs})
    return not all(np.isfinite(value).all() for value in (found.values() if isinstance(found, dict) else [found]))


def unfaithful(case):
    """Nothing where a trace refuses what compiled code loses, and nothing else."""
    if (case.refusal and "beyond" not in case.refusal) or "where" in case.text or "clip" in case.text:
        return ""  # a domain, or a branch that is not taken
    if bool(case.refusal) == lost(case, anywhere=bool(case.refusal)):
        return ""
    return f"{case}: a trace says {case.refusal or 'nothing'!r}"


def sample(count, start=0):
    return [Case(seed) for seed in range(start, start + count)]


@pytest.fixture(scope="module")
def cases():
    return sample(24, 154)


def test_gradients_are_derivatives_in_all_digits(cases):
    for case in cases:
        exactly_differentiated(case)


@pytest.mark.parametrize("way", WAYS)
def test_values_and_slopes(cases, way):
    assert not [said for case in cases if (said := disagreement(case, way))]


def test_over_many_points(cases):
    assert not [said for case in cases[:8] if (said := disagreement(case, "many points"))]


@pytest.mark.skipif(NODE is None, reason="no node")
def test_in_javascript(cases):
    computed = [case for case in cases if not case.refusal]
    assert len(computed) > len(cases) / 2
    assert not [said for case, found in zip(computed, in_javascript(computed), strict=True)
                if (said := case.wrong(found, case.exact))]  # fmt: skip


def test_what_is_refused_is_what_compiled_code_loses(cases):
    assert any("beyond" in case.refusal for case in cases)
    assert not [said for case in cases if (said := unfaithful(case))]


def test_a_film_refuses_what_a_trace_refuses(cases):
    for case in [case for case in cases if case.refusal]:
        with pytest.raises(DomainError) as caught:
            animate(case.graph, case.values)
        assert caught.value.message == case.refusal


@pytest.mark.campaign
@pytest.mark.parametrize("start", range(1000, 3000, 100))
def test_many_programs(start):
    many = sample(100, start)
    for case in many:
        exactly_differentiated(case)
    said = [disagreement(case, way) for way in (*WAYS, "many points") for case in many] + [*map(unfaithful, many)]
    assert not [text for text in said if text]
    test_in_javascript(many)


@pytest.mark.campaign
@pytest.mark.parametrize("way", SLOW)
def test_machine_code(way):
    need({"steps in c": "c", "many points": "numpy"}.get(way, way))
    assert not [said for case in sample(40, 5000) if (said := disagreement(case, way))]


@pytest.mark.slow
@settings(max_examples=8)
@given(TENSORS, st.sampled_from(HEADS), st.integers(1, 4), st.integers(0, 3))
def test_arrays_have_the_value_and_slopes_of_jax(body, head, rows, seed):
    jax = pytest.importorskip("jax")
    numpy, nn = jax.numpy, jax.nn
    own = {
        **{name: getattr(numpy, name) for name in ("tanh", "abs", "maximum", "square", "mean", "sum", "max", "std")},
        **{name: getattr(nn, name) for name in ("relu", "sigmoid", "softplus", "logsumexp", "softmax")},
        "norm": numpy.linalg.norm, "gelu": lambda a: nn.gelu(a, approximate=False),
        "cross_entropy": lambda a, y: -numpy.mean(nn.log_softmax(a)[numpy.arange(len(y)), y]),
    }  # fmt: skip
    graph = tensor_program(body, head)
    feeds = tensor_feeds(graph, rows, seed)
    names = [name for name in feeds if name != "y"]
    with jax.enable_x64(new_val=True):
        function = jax.value_and_grad(lambda floats: eval(graph.source, own, {**feeds, **floats}))  # noqa: S307
        value, slopes = function({name: numpy.asarray(feeds[name]) for name in names})
    found = trace(graph, feeds)
    size = max(1.0, *(float(np.abs(v).max()) for v in found.values if np.size(v) and np.asarray(v).dtype.kind == "f"))
    np.testing.assert_allclose(found.value, value, rtol=1e-12, atol=1e-13 * size)
    for name in names:
        np.testing.assert_allclose(found.grad[name], slopes[name], rtol=1e-10, atol=1e-12 * size)
