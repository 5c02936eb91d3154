"""Whatever a user calls things, and writes beside them, each language's own parser reads what is written.

The table has a cell for every writer and every kind of text that its subject can carry. At least twenty hostile texts
go into what is written; a real parser of the language reads it, and finds them as text where the writer shows them. A
sample of the cells is run always, all of them by -m campaign.
"""

import io
import itertools
import json
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import readers
from click.testing import CliRunner
from hostile import LINES, NAMES, TEXTS

import graphgrad as gg
from graphgrad.cli.answers import say_table, say_wrote
from graphgrad.cli.derive import FORMATS as DERIVED, written as derived
from graphgrad.cli.main import group
from graphgrad.cli.training.printout import matrix
from graphgrad.compiler.backend import TARGETS
from graphgrad.compiler.compile import write
from graphgrad.compiler.compile_step import step_of
from graphgrad.compiler.passes.passed import pipeline
from graphgrad.compiler.passes.table import SIMPLER
from graphgrad.compiler.steps.plan import StepPlan
from graphgrad.compiler.steps.update import read_update
from graphgrad.core.graph import Graph
from graphgrad.core.quoting import csv as cell, one_line, terminal
from graphgrad.learn.models.export import WRITERS as EXPORTED
from graphgrad.learn.models.model import Model
from graphgrad.proof.report import Finding, Report, Verdict, markdown, text, to_json
from graphgrad.render.drawing.style import Style, _is_name
from graphgrad.render.formats.table import FILM, GRAPH, PLOT
from graphgrad.render.player.page import page
from graphgrad.render.training.film import TRAINING

SAMPLE = (
    *("numpy module comment", "numba step comment", "c module comment", "javascript module name", "model.py class"),
    *("model.onnx comment", "derivation.tex comment", "report.html comment", "report.md name", "picture.graphml name"),
    *("picture.dot comment", "film.md caption", "film.svg caption", "lines file", "predictions.csv class"),
)
FEW = 24  # texts of a kind that a heavy subject carries: at least these are looked for
CLASSES = tuple(said for said in dict.fromkeys(TEXTS) if said and "\ud800" not in said)
FILES = tuple(
    said.replace("/", "_") for said in dict.fromkeys(TEXTS) if not {"\0", "\ud800"} & {*said} and "{}" not in said
)
LABELS = {"name": NAMES, "comment": LINES, "dimension": NAMES, "class": CLASSES, "file": FILES, "caption": TEXTS}


def parts(texts: tuple[str, ...], size: int) -> Iterator[tuple[str, ...]]:
    return (texts[start : start + size] for start in range(0, len(texts), size))


def graphs(kind: str, size: int = 20) -> Iterator[Graph]:
    """Graphs that carry so many texts each."""
    for said in parts(LABELS[kind], size):
        match kind:
            case "name":
                yield gg.parse(" + ".join(f"sin({name})*{k + 2}" for k, name in enumerate(said)))
            case "comment":
                lines = [f"c{k} = sin({f'c{k - 1}' if k else 'x'}) # {line}" for k, line in enumerate(said)]
                yield gg.parse("\n".join(lines))
            case "dimension":
                pairs = dict(enumerate(itertools.pairwise([*said, 3]), 1))
                shapes = {f"A{k}": pair for k, pair in pairs.items()} | {f"a{k}": pair[1] for k, pair in pairs.items()}
                yield gg.parse(" + ".join(f"sum(A{k} * a{k})" for k in pairs), shapes)


def values(graph: Graph) -> dict[str, Any]:
    """Halves, in arrays whose named sizes are 2 and 3 in turn."""
    sizes: dict[int | str, int] = {}
    for name in dict.fromkeys(size for node in graph.nodes for size in node.shape if isinstance(size, str)):
        sizes[name] = 2 + len(sizes) % 2
    shapes = {name: graph.nodes[i].shape for name, i in graph.inputs.items()}
    return {name: np.full([sizes.get(size, size) for size in shape], 0.5) for name, shape in shapes.items()}


def titled(shown: Any) -> Iterator[Any]:
    """A picture, or a film and its pictures, under every title."""
    for said in TEXTS:
        for sheet in (shown, *getattr(shown, "frames", ())):
            sheet.title = said
        yield shown


def pictures(kind: str) -> Iterator[Any]:
    return titled(gg.show("x*y")) if kind == "caption" else map(gg.show, graphs(kind))


def films(kind: str) -> Iterator[Any]:
    if kind == "caption":
        return titled(gg.animate("x*y", x=0.5, y=2.0, proof=False))
    few = itertools.islice(graphs(kind, 6), FEW // 6)
    return (gg.animate(graph, values(graph), proof=False) for graph in few)


def plots(kind: str) -> Iterator[Any]:
    match kind:
        case "caption":
            yield from titled(gg.plot("sin(x)", x=(-1, 1)))
        case "name":
            yield from (gg.plot(f"sin({name})", **{name: (-1, 1)}) for name in NAMES[:FEW])
        case "comment":
            yield gg.plot(*(f"sin(x)*{k} # {said}" for k, said in enumerate(LINES[:FEW], 1)), x=(-1, 1))


def trained(kind: str) -> Iterator[tuple[Model, Any]]:
    """Networks after two steps, and their histories."""
    X, y = np.eye(4)[:, :2], np.arange(4.0)
    match kind:
        case "name":
            nets = [
                gg.network(
                    f"R = X @ {first} + X[None, :, 0][0] * ({' + '.join(said)})",
                    {"X": ("N", 2), first: 2, **dict.fromkeys(said, ())},
                )
                for first, *said in parts(NAMES, 20)
            ]
        case "comment":
            nets = [
                gg.network(f"R = X @ w\n# {said}\n", X=("N", 2), w=2) for said in map("\n# ".join, parts(LINES, 20))
            ]
        case "dimension":
            nets = [gg.network("R = X @ w", X=(size, 2), w=2) for size in NAMES[:FEW]]
        case "class":
            X, y = np.ones((len(CLASSES), 2)), np.array(CLASSES)
            nets = [gg.mlp(2, len(CLASSES))]
    for net in nets:
        yield gg.fit(net, X, y, steps=2, film=True, progress=False)


def trainings(kind: str) -> Iterator[Any]:
    made = (gg.animate_training(history) for _, history in trained(kind if kind != "caption" else "dimension"))
    return titled(next(made)) if kind == "caption" else made


def models(kind: str) -> Iterator[Model]:
    return (model for model, _ in trained(kind))


def programs(kind: str) -> Iterator[Graph]:
    """Values and gradients."""
    for graph in graphs(kind):
        yield from (graph, gg.grad(graph))


def losses(kind: str) -> Iterator[Graph]:
    """Losses of numbers, or of arrays, by the parameters that they begin with."""
    match kind:
        case "name":
            yield from (gg.parse(f"square(sin({' + '.join(said)}))") for said in parts(NAMES, 20))
        case "comment":
            yield from (gg.parse("square(x*y)\n# " + "\n# ".join(said)) for said in parts(LINES, 20))
        case "dimension":
            yield from (gg.parse("sum(square(X @ w))", X=(name, 3), w=3) for name in NAMES)


def reports(kind: str) -> Iterator[Report]:
    said = {"dimension": (), "name": NAMES}.get(kind, TEXTS)
    findings = {
        name if kind == "name" else str(k): Finding(Verdict.UNSUPPORTED, f"of {name}") for k, name in enumerate(said)
    }
    others = {name: {f"head {one}": one} for name, one in zip(findings, said, strict=True)}
    yield Report("two\nlines | <c>", findings, others=others)
    yield from (Report(one, {"x": Finding(Verdict.UNKNOWN)}) for one in said)


def compiled(program: Graph, target: str) -> str:
    return write(program, target).source


def step(loss: Graph, target: str) -> str:
    """The step's module, written without what only running it takes."""
    shapes = {name: loss.nodes[i].shape for name, i in loss.inputs.items()}
    shapes = {name: shape for name, shape in shapes.items() if not any(isinstance(size, str) for size in shape)}
    update = read_update("p - lr * g", {})
    return step_of(StepPlan(loss, pipeline(loss, SIMPLER), shapes, update, TARGETS[target], "float64", None)).source


def screens(kind: str) -> Iterator[tuple[list[str], str]]:
    """Commands that print what they say, and what it is of."""
    for graph in graphs(kind):
        for command in (["show"], ["derive"], ["compile"], ["compile", "--target", "numba"]):
            yield [*command, *shaped(graph)], graph.source or str(graph)


def shaped(graph: Graph) -> list[str]:
    shapes = {name: graph.nodes[i].shape for name, i in graph.inputs.items()}
    return [f"--shape={name}={','.join(map(str, shape))}" for name, shape in shapes.items() if shape]


def called(command: tuple[list[str], str]) -> str:
    """What a command prints."""
    done = CliRunner().invoke(group, [*command[0], "--", command[1]])
    assert done.exit_code == 0, [done.output, done.exception]
    return done.output


def told(said: str) -> str:
    """What commands print of tables, of files that were written, and of classes."""
    with redirect_stdout(io.StringIO()) as out:
        say_table(["a", "b"], [[said, said]])
        say_wrote(Path(said or "."), said)
    assert out.getvalue().count("\n") >= 5
    return out.getvalue() + matrix(np.eye(2, dtype=int), (said, "b"))


class Writer(NamedTuple):
    """A row: what is written, as what and how, its reader, and the kinds whose texts are found in what is written."""

    name: str
    of: "Subjects"
    kinds: str
    made: Callable[[Any], str | bytes]
    read: Callable[[list[Any]], str]
    shown: str = ""


READERS = {
    **{f".{name}": getattr(readers, name) for name in ("svg", "html", "json", "dot", "tex", "pdf", "graphml", "csv")},
    ".txt": readers.terminal, ".md": readers.markdown, ".py": readers.python, ".onnx": readers.onnx,
    ".safetensors": readers.safetensors, ".c": readers.c, ".js": readers.javascript, ".mjs": readers.javascript,
}  # fmt: skip
PIXELS = {".png", ".gif", ".apng", ".webp", ".mp4"}  # no text is in them, as a test says
BINARY = {".pdf", ".onnx", ".safetensors"}
LANGUAGES: dict[str, Callable[[list[Any]], str]] = {"c": readers.c, "javascript": readers.javascript}
TITLED = dict.fromkeys([".svg", ".html", ".txt", ".md"], "caption")
NAMED = {**dict.fromkeys(TITLED, "name caption"), ".json": "name", ".graphml": "name"}
Subjects = Callable[[str], Iterable[Any]]


def of_files(table: Any, what: str, of: Subjects, kinds: str, shown: dict[str, str]) -> Iterator[Writer]:
    """The writers of a table of formats."""
    for suffix in table:
        if suffix not in PIXELS:
            made = table[suffix].load()
            read = READERS[suffix]
            text_of = made if suffix in BINARY else lambda shown, made=made: made(shown).decode()
            yield Writer(f"{what}{suffix}", of, kinds, text_of, read, shown.get(suffix, ""))


WRITERS = [
    *of_files(GRAPH, "picture", pictures, "name comment dimension caption", NAMED),
    *of_files(FILM, "film", films, "name comment dimension caption", NAMED),
    *of_files(PLOT, "plot", plots, "name comment caption", TITLED),
    *of_files(TRAINING, "training", trainings, "name comment dimension class caption", TITLED),
    *(
        Writer(
            f"{name} module",
            programs,
            f"name comment{' dimension' * bool(row.arrays)}",
            partial(compiled, target=name),
            LANGUAGES.get(name, readers.python),
            "name comment",
        )
        for name, row in TARGETS.items()
    ),
    *(
        Writer(
            f"{name} step",
            losses,
            f"name comment{' dimension' * bool(row.arrays)}",
            partial(step, target=name),
            LANGUAGES.get(name, readers.python),
            "name comment",
        )
        for name, row in TARGETS.items()
        if row.steps
    ),
    *(
        Writer(
            f"model{suffix}",
            models,
            "name comment dimension class",
            made if suffix in BINARY else lambda model, made=made: made(model).decode(),
            READERS[suffix],
            {".onnx": "name comment", ".py": "name"}.get(suffix, ""),
        )
        for suffix, made in EXPORTED.items()
    ),
    *(
        Writer(
            f"derivation{suffix}",
            graphs,
            "name comment dimension",
            lambda graph, kind=kind: derived(gg.derive(graph), kind),
            READERS[suffix],
            "" if suffix == ".tex" else "name",
        )
        for suffix, kind in DERIVED.items()
    ),
    Writer("report.txt", reports, "name comment", text, readers.terminal, "name"),
    Writer("report.md", reports, "name comment", markdown, readers.markdown, "name comment"),
    Writer("report.json", reports, "name comment", to_json, readers.json, "name"),
    Writer(
        "report.html",
        reports,
        "name comment",
        lambda found: found._repr_mimebundle_()["text/html"],
        readers.html,
        "name comment",
    ),
    Writer(
        "passes.html",
        losses,
        "name comment dimension",
        lambda graph: gg.explain(write(graph)).html(),
        readers.html,
        "name",
    ),
    Writer(
        "passes.txt",
        programs,
        "name comment dimension",
        lambda graph: str(gg.explain(write(graph))),
        readers.terminal,
        "name",
    ),
    Writer(
        "notebook",
        films,
        "name comment caption",
        lambda film: film._repr_mimebundle_()["text/html"],
        readers.html,
        "caption",
    ),
    Writer("commands", screens, "name comment dimension", called, readers.terminal, "name"),
    Writer("lines", LABELS.__getitem__, "name class file caption", told, readers.terminal, "name class file caption"),
    Writer(
        "predictions.csv",
        LABELS.__getitem__,
        "class file",
        lambda said: f"{cell(said)},{cell(said)}\n",
        readers.csv,
        "class file",
    ),
]
CELLS = [
    pytest.param(writer, kind, id=f"{writer.name} {kind}")
    for writer in WRITERS
    for kind in LABELS
    if kind in writer.kinds.split()
]


def bare(said: str) -> str:
    """Text without blanks, which lines are wrapped at."""
    return "".join(terminal(said).split())


def read(writer: Writer, kind: str) -> None:
    """Write, read, and look for the texts."""
    if writer.name == "model.onnx":
        pytest.importorskip("onnx", reason="onnx is not installed")
    found = bare(writer.read([writer.made(subject) for subject in writer.of(kind)]))
    assert not [
        said
        for said in LABELS[kind][:FEW]
        if kind in writer.shown.split() and not any(bare(one) in found for one in (said, one_line(said)))
    ]


@pytest.mark.parametrize(("writer", "kind"), [cell for cell in CELLS if cell.id in SAMPLE])
def test_a_sample_of_what_is_written_is_read(writer, kind) -> None:
    read(writer, kind)


@pytest.mark.campaign
@pytest.mark.parametrize(("writer", "kind"), CELLS)
def test_what_is_written_is_read(writer, kind) -> None:
    read(writer, kind)


@pytest.mark.campaign
def test_pictures_of_pixels_say_nothing() -> None:
    for made, table in ((gg.show("x*y # a"), GRAPH), (gg.animate("x*y # a", x=0.5, y=2.0, proof=False), FILM)):
        readers.raster([table[suffix].load()(made) for suffix in PIXELS & {*table} - {".mp4"}])


def test_every_kind_has_twenty_texts_and_every_writer_a_row() -> None:
    assert all(len({*texts}) >= 20 for texts in LABELS.values())
    assert {*SAMPLE} <= {cell.id for cell in CELLS}
    assert len(CELLS) >= 100


def test_names_are_names_when_code_runs(tmp_path) -> None:
    program = " + ".join(f"sin({name})*{k + 2}" for k, name in enumerate(NAMES))
    graph, given = gg.grad(gg.parse(program)), dict.fromkeys(NAMES, 0.5)
    wanted = sum(np.sin(0.5) * (k + 2) for k in range(len(NAMES)))
    for target in ("numpy", "python"):
        made = gg.compile(graph, target=target)
        assert made(**given)[0] == pytest.approx(wanted)
        assert tuple(made(**given)[1]) == NAMES
    arrays = gg.compile(gg.parse("type * float + sum(x)", x="N"))  # whose door has names of its own
    assert arrays(type=2.0, float=3.0, x=np.ones(4)) == 10
    (tmp_path / "a.mjs").write_text(compiled(graph, "javascript"), encoding="utf-8")
    call = (
        f"import * as m from './a.mjs'; const [z, g] = m.value_and_grad(JSON.parse({json.dumps(json.dumps(given))}));"
        "console.log(JSON.stringify([z, Object.keys(g).length, g.__proto__, g.eval]));"
    )
    node = ["node", "--input-type=module", "-e", call]
    done = subprocess.run(node, cwd=tmp_path, capture_output=True, text=True, check=True)
    value, count, proto, evaluated = json.loads(done.stdout)
    assert value == pytest.approx(wanted)
    assert (count, proto) == (len(NAMES), pytest.approx(np.cos(0.5) * (NAMES.index("__proto__") + 2)))
    assert evaluated == pytest.approx(np.cos(0.5) * 2)


@pytest.mark.parametrize("names", [("v3", "step0"), ("number1", "integers0"), ("v0", "v0_"), ("number0", "number0_")])
def test_names_of_inputs_are_no_names_of_steps_in_onnx(names, tmp_path) -> None:
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    pytest.importorskip("onnx", reason="onnx is not installed")
    one, two = names
    net = gg.network(f"R = (tanh(X[None, :, 1:][0] @ {one}) + 2) * {two}", {"X": ("N", 3), one: 2, two: ()})
    X = np.arange(12.0).reshape(4, 3) / 10
    model, _ = gg.fit(net, X, np.arange(4.0), steps=2, dtype="float64", standardize=False, progress=False)
    model.export(tmp_path / "m.onnx")
    session = runtime.InferenceSession(tmp_path / "m.onnx", providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(None, {"X": X})[0], model.scores(X), rtol=1e-12)


def test_a_comment_does_not_keep_machine_code(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert gg.compile("x*x # cache=True @numba.njit(cache=True)", target="python")(3.0) == 9
    assert not any(tmp_path.rglob("*.py"))


@pytest.mark.parametrize("text", TEXTS)
def test_a_dimension_is_a_name(text) -> None:
    for program in (f"sum(broadcast_to(x, ({text!r}, 3)))", f"reshape(x, ({text!r},))", f"reshape(x, {text!r})"):
        with pytest.raises(gg.GraphgradError):
            gg.parse(program)
    for shape in ((text, 3), text):
        with pytest.raises(gg.GraphgradError):
            gg.parse("x*x", x=shape)


def test_names_of_types_are_dimensions_but_behind_all_others() -> None:
    from graphgrad.cli.arguments import read_shapes

    assert read_shapes(["X=int,bool,3", "y=N,bool", "k=int"]) == {
        "X": ("int", "bool", 3),
        "y": ("N", bool),
        "k": (int,),
    }


@pytest.mark.parametrize("word", ["for", "class", "None", "lambda", "ℌ", "a b", "1a", "-1", ""])
def test_what_is_no_name_is_no_dimension(word) -> None:
    with pytest.raises(gg.ShapeError):
        gg.parse("sum(X)", X=(word, 3))


@pytest.mark.parametrize("text", TEXTS)
def test_errors_are_words(text) -> None:
    for error in (gg.UsageError(f"there is no file '{text}'"), gg.DataError("bad", hint=text)):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", str(error))
    with pytest.raises(gg.GraphgradError) as found:
        gg.parse(f"x + * y # {text}")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", str(found.value))


def test_names_of_themes_are_text_of_the_player() -> None:
    names = [said for said in TEXTS if _is_name(said)]
    assert len(names) >= 10  # as many as there can be: no ends of lines, nothing unseen
    pages = [page(said, Style(name=said), {"title": said, "theme": said}).decode() for said in names]
    found = bare(readers.html(pages))
    assert all(bare(said) in found for said in names)


@pytest.mark.parametrize("suffix", [".svg", ".py", ".c", ".tex", ".graphml"])
def test_the_name_of_a_file_is_not_in_the_file(suffix, tmp_path) -> None:
    made = gg.show("x*y") if suffix in GRAPH else write(gg.parse("x*y"), "c" if suffix == ".c" else "numpy")
    for said in FILES:
        made.save(tmp_path / f"a{said}{suffix}")
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(f"a{said}{suffix}" for said in FILES)
    assert len({file.read_bytes() for file in tmp_path.iterdir()}) == 1


def test_names_of_classes_come_back_from_models(tmp_path) -> None:
    ((model, _),) = trained("class")
    model.save(tmp_path / "m.safetensors")
    assert gg.load(tmp_path / "m.safetensors").classes == model.classes
    assert {*model.classes} == {*CLASSES}
