"""Languages are columns of spellings: a backend from outside, and planted columns that change text and nothing else."""

import ast

import pytest
from click.testing import CliRunner
from installed import need
from julia import JULIA
from stepping import ADAM, CONSTANTS, MLP, NAMES, SHAPES

from graphgrad.cli.compile import command
from graphgrad.compiler.backend import TARGETS, Program
from graphgrad.compiler.compile import compile  # noqa: A004
from graphgrad.compiler.compile_step import compile_step
from graphgrad.compiler.library import jax_functions, machine_functions
from graphgrad.compiler.passes.passed import composed, pipeline
from graphgrad.compiler.passes.table import SIMPLER
from graphgrad.compiler.source.comments import Provenance
from graphgrad.compiler.source.lines import OF_ARRAYS, OF_NUMBERS
from graphgrad.compiler.source.templates import Column
from graphgrad.compiler.steps.plan import StepPlan
from graphgrad.compiler.steps.update import read_update
from graphgrad.core.errors import TargetError
from graphgrad.core.ops import OPS
from graphgrad.execute import numpy_functions, python_functions
from graphgrad.frontend.parse import parse
from graphgrad.transform.grad import grad

LIBRARIES = (numpy_functions, python_functions, jax_functions, machine_functions)


@pytest.fixture
def julia():
    TARGETS.add(JULIA)
    yield
    del TARGETS["julia"], TARGETS.spellings["julia"]


@pytest.mark.usefixtures("julia")
def test_a_backend_from_outside(golden, tmp_path):
    graph = grad(parse("log(x1*x2)*sin(x2) + maximum(x1, x2)**3"))
    f = compile(graph, target="julia")
    golden("julia.txt", f.source.replace("graphgrad 0.1.0", "graphgrad VERSION"))
    with pytest.raises(TargetError, match="Julia does not run here"):
        f(1.0, 2.0)
    with pytest.raises(TargetError, match="takes no steps"):
        compile_step(parse("square(w * x - y)"), ["w"], "p - g", target="julia")
    with pytest.raises(TargetError, match="this program has arrays"):
        compile(parse("sum(x)", x=3), target="julia")
    done = CliRunner().invoke(command, ["sin(x)", "-o", str(tmp_path / "f.jl")])
    assert done.exit_code == 0, done.output
    assert "function value_and_grad(x::Float64)" in (tmp_path / "f.jl").read_text()


def test_every_row_has_a_spelling_for_c_where_javascript_has_one():
    assert [name for name, row in OPS.items() if bool(row.js) != bool(row.c)] == []


def planted(target):
    """A row whose language spells every operation by a longer name, some of their operands twice."""

    def spelling(row):
        given = ", ".join([row.operands[0], *row.operands, *(f"{k}={k}" for k in row.attrs)])
        return f"a_very_long_name_for_{row.name}({given})"

    language = TARGETS[target].language
    columns = {kind: Column("planted", spelling, column.python) for kind, column in language.columns.items()}
    return TARGETS[target]._replace(language=language.but(columns=columns))


def copied(name):
    """Whether a function of a module is one that graphgrad has, too."""
    name = name.removesuffix("_of_arrays")
    return any(hasattr(library, known) for library in LIBRARIES for known in (name, f"{name}_float32"))


def outline(source):
    """The functions of a module: parameters, and how many statements; copied functions are left out."""
    functions = [f for f in ast.walk(ast.parse(source)) if isinstance(f, ast.FunctionDef) and not copied(f.name)]
    counts = [sum(isinstance(part, ast.stmt) for part in ast.walk(f)) for f in functions]
    return [(f.name, [a.arg for a in f.args.args], count) for f, count in zip(functions, counts, strict=True)]


PROGRAMS = [
    ("y3 = x1*x2; y1 = log(y3); y2 = sin(x2); w = y1*y2; z = w + where(x1 > 1, sigmoid(x2), x1**3)", {}),
    ("h = tanh(X @ W1.T + b1); cross_entropy(h @ W2.T + b2, y) + sum(gelu(h)) / size(h)", SHAPES),
]


@pytest.mark.parametrize(("text", "shapes"), PROGRAMS)
@pytest.mark.parametrize("target", ["numpy", "python", "numba", "jax"])
def test_a_planted_column_changes_no_program(target, text, shapes):
    if shapes and not TARGETS[target].arrays:
        pytest.skip("programs of numbers alone")
    graph = grad(parse(text, shapes), *NAMES) if shapes else grad(parse(text, shapes))
    passes = pipeline(graph, SIMPLER)
    after = passes[-1].graph
    said = Provenance(graph, after, composed(passes, len(graph)))
    rows = TARGETS[target], planted(target)
    writers = [row.write(Program(graph, after, said, row, "float32", "names")) for row in rows]
    sources = [writer.source() for writer in writers]
    assert "a_very_long_name_for_" in sources[1]
    for dialect in (OF_ARRAYS, OF_NUMBERS)[bool(shapes) - 1 :][:1]:
        one, other = [writer.straight(dialect, writer.language, 4) for writer in writers]
        assert one == other
    assert outline(sources[0]) == outline(sources[1])


@pytest.mark.parametrize("target", ["numpy", "numba", "jax", "python"])
@pytest.mark.parametrize("unrolled", [False, True])
def test_a_planted_column_changes_no_step(target, unrolled):
    need(target)
    text, shapes, names = MLP, SHAPES, NAMES
    if unrolled:
        text, shapes, names = "square(tanh(w * x + b) - exp(y))", {}, ("w", "b")
    elif not TARGETS[target].arrays:
        pytest.skip("steps of numbers alone")
    loss = parse(text, shapes)
    update, sizes = read_update(ADAM, CONSTANTS), {n: loss.nodes[loss.inputs[n]].shape for n in names}
    for way in TARGETS[target].steps:
        plans = [StepPlan(loss, pipeline(loss, SIMPLER), sizes, update, row, "float32", None)
                 for row in (TARGETS[target], planted(target))]  # fmt: skip
        if not way.fits(plans[0]):
            continue
        writers = [way.write(plan) for plan in plans]
        sources = [writer.source() for writer in writers]
        assert outline(sources[0]) == outline(sources[1])
        for decided in ("loss_tape.step", "loss_tape.bind", "update_tape.step", "quick", "lines", "update.lines"):
            values = []
            for writer in writers:
                for part in decided.split("."):
                    writer = getattr(writer, part, None)  # noqa: PLW2901
                values.append(writer)
            assert values[0] == values[1] or callable(values[0]), decided


def test_the_table_of_targets_is_made_of_rows_of_the_backends():
    assert [row.name for row in TARGETS.values()] == [*TARGETS]
