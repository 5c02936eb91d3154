"""Whatever a user calls things, and writes beside them, each language's own parser reads what is written."""

import ast
import csv
import io
import itertools
import json
import re
import subprocess
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hostile import TEXTS

import graphgrad as gg
from graphgrad.compiler.backend import TARGETS
from graphgrad.compiler.compile import write
from graphgrad.compiler.compile_step import step_of
from graphgrad.compiler.passes.passed import pipeline
from graphgrad.compiler.passes.table import SIMPLER
from graphgrad.compiler.steps.plan import StepPlan
from graphgrad.compiler.steps.update import read_update
from graphgrad.core.quoting import terminal

NAMES = [
    *("eval", "arguments", "inputs", "let", "static", "undefined", "NaN", "Math", "constructor", "__proto__", "spread"),
    *("int", "double", "main", "v", "y", "np", "math", "numpy", "self", "compute", "value_and_grad", "print", "type"),
    *("alpha", "a_b_c", "_", "__", "_1", "x_1_2", "lambda_", "é", "变量", "Ω", "μ", "ß", "dz_dx", "v1", "one"),
    *("Array", "Number", "await_", "script", "style", "end", "node", "graph", "digraph", "strict", "input", "frac"),
]  # fmt: skip
PROGRAM = " + ".join(f"sin({name})*{k + 2}" for k, name in enumerate(NAMES))
LINES = [text for text in TEXTS if len(text.splitlines()) <= 1 and "\0" not in text and "\ud800" not in text]
PYTHON = [name for name, row in TARGETS.items() if ".py" in row.suffixes]
SETUP = {line for row in TARGETS.values() for lines in row.setup.values() for line in lines}
VOID = {"meta", "input", "br", "link", "hr", "img", "td", "tr", "th", "option"}


class Tags(HTMLParser):
    """Every tag is closed in its order, and no attribute is a handler."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open, self.scripts, self.text = [], [], ""
        self.feed(page)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs) -> None:
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_comment(self, data) -> None:
        raise AssertionError(data)

    def handle_data(self, data) -> None:
        if self.open[-1:] == ["script"]:
            self.scripts[-1] += data
        else:
            self.text += data


def python(source: str) -> None:
    tree = ast.parse(source)
    kinds = {"Import", "ImportFrom", "FunctionDef", "ClassDef", "Assign", "AnnAssign", "Expr"}
    assert {type(part).__name__ for part in tree.body} <= kinds
    assert {ast.unparse(part).replace("'", '"') for part in tree.body[1:] if isinstance(part, ast.Expr)} <= SETUP
    assert {alias.name for part in tree.body if isinstance(part, ast.Import) for alias in part.names} <= {
        "math", "numpy", "jax", "jax.numpy", "numba", "base64"}  # fmt: skip


def checked(command: list[str], sources: list[str], suffix: str, path) -> None:
    """One run of a language's own parser over all that was written in it."""
    files = [path / f"{k}{suffix}" for k in range(len(sources))]
    for file, source in zip(files, sources, strict=True):
        file.write_text(source, encoding="utf-8")
    done = subprocess.run([*command, *map(str, files)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr[:500]


def c(sources: list[str], path) -> None:
    checked(["gcc", "-std=c99", "-Wall", "-Wno-unused", "-Werror", "-fsyntax-only"], sources, ".c", path)


def javascript(sources: list[str], path) -> None:
    """Each source is a function's body or module of its own; node's parser is asked for them in one run."""
    (path / "sources.json").write_text(json.dumps(sources), encoding="utf-8")
    parse = (
        "const fs = require('fs'), vm = require('vm');"
        "for (const s of JSON.parse(fs.readFileSync('sources.json'))) new vm.SourceTextModule(s);"
    )
    command = ["node", "--no-warnings", "--experimental-vm-modules", "-e", parse]
    done = subprocess.run(command, cwd=path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr[:500]


def dot(files) -> None:
    done = subprocess.run(["dot", "-Tcanon", *map(str, files)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def steps(loss, parameters) -> dict[str, str]:
    """The step's module in every target that takes steps, written without what only running it takes."""
    graph, update = gg.parse(loss), read_update("p - lr * g", {})
    shapes = dict.fromkeys(parameters, ())
    rows = [row for row in TARGETS.values() if row.steps]
    plans = {row.name: StepPlan(graph, pipeline(graph, SIMPLER), shapes, update, row, "float64", None) for row in rows}
    return {name: step_of(plan).source for name, plan in plans.items()}


def tex(source: str) -> None:
    r"""Groups and environments end in their order, and commands are those that we know."""
    source = re.sub(r"(?<!\\)%.*", "", source)
    open_ = []
    for part in re.findall(r"\\(?:begin|end)\{\w+\*?\}|\\[A-Za-z]+|\\.|[{}$]", source):
        if part == "{" or part.startswith(r"\begin"):
            open_.append(part)
        elif part == "}":
            assert open_.pop() == "{"
        elif part.startswith(r"\end"):
            assert open_.pop() == part.replace("end", "begin")
        assert part not in {r"\input", r"\write", r"\include", r"\def", r"\csname", r"\openin"}
    assert not open_
    assert "^^" not in source
    assert not re.search(r"_[A-Za-z0-9]_|(_\{[^{}]*\}){2}", source)


def test_names_in_code(tmp_path) -> None:
    graph = gg.grad(gg.parse(PROGRAM))
    given = dict.fromkeys(NAMES, 0.5)
    wanted = sum(np.sin(0.5) * (k + 2) for k in range(len(NAMES)))
    sources = {target: write(graph, target).source for target in TARGETS}
    for target in PYTHON:
        python(sources[target])
    for target in ("numpy", "python"):
        made = gg.compile(graph, target=target)
        assert made(**given)[0] == pytest.approx(wanted)
        assert list(made(**given)[1]) == NAMES
    arrays = gg.compile(gg.parse("type * float + sum(x)", x="N"))  # whose door has names of its own
    assert arrays(type=2.0, float=3.0, x=np.ones(4)) == 10
    made = steps(f"square({PROGRAM})", NAMES[::2])
    for target in {*PYTHON} & {*made}:
        python(made[target])
    c([sources["c"], made["c"]], tmp_path)
    (tmp_path / "a.mjs").write_text(sources["javascript"], encoding="utf-8")
    call = (
        f"import * as m from './a.mjs'; const [z, g] = m.value_and_grad(JSON.parse({json.dumps(json.dumps(given))}));"
    )
    call += "console.log(JSON.stringify([z, Object.keys(g).length, g.__proto__, g.eval]));"
    done = subprocess.run(
        ["node", "--input-type=module", "-e", call], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    value, count, proto, evaluated = json.loads(done.stdout)
    assert value == pytest.approx(wanted)
    assert (count, proto) == (len(NAMES), pytest.approx(np.cos(0.5) * (NAMES.index("__proto__") + 2)))
    assert evaluated == pytest.approx(np.cos(0.5) * 2)


def test_names_in_films(tmp_path) -> None:
    pages, dots = [], []
    for k in range(3):
        few = NAMES[4 * k : 4 * k + 4]
        graph = gg.parse(" + ".join(f"sin({name})" for name in few))
        film = gg.animate(graph, dict.fromkeys(few, 0.5), proof=False)
        for suffix in (".svg", ".html", ".tex", ".dot", ".json"):
            film.save(tmp_path / f"film{k}{suffix}")
        ET.parse(tmp_path / f"film{k}.svg")
        pages += Tags((tmp_path / f"film{k}.html").read_text(encoding="utf-8")).scripts
        tex((tmp_path / f"film{k}.tex").read_text(encoding="utf-8"))
        json.loads((tmp_path / f"film{k}.json").read_text(encoding="utf-8"))
        dots.append(tmp_path / f"film{k}.dot")
        ET.fromstring(film.frames[-1].svg())
    picture = gg.show(gg.parse(" + ".join(NAMES)))
    for suffix in (".svg", ".tex", ".dot"):
        picture.save(tmp_path / f"all{suffix}")
    ET.parse(tmp_path / "all.svg")
    tex((tmp_path / "all.tex").read_text(encoding="utf-8"))
    javascript(pages, tmp_path)
    dot([*dots, tmp_path / "all.dot"])


def test_names_and_comments_in_films_of_training(tmp_path) -> None:
    pages = []
    for k, text in enumerate(LINES[::6]):
        one, two = NAMES[2 * k : 2 * k + 2]
        net = gg.network(f"R = X @ {one} + {two} # {text}", {"X": ("N", 2), one: 2, two: ()})
        _, history = gg.fit(net, np.eye(2), [0.0, 1.0], steps=2, film=True, progress=False)
        film = gg.animate_training(history)
        for suffix in (".html", ".svg", ".json", ".txt", ".md"):
            film.save(tmp_path / f"film{k}{suffix}")
        ET.parse(tmp_path / f"film{k}.svg")
        page = Tags((tmp_path / f"film{k}.html").read_text(encoding="utf-8"))
        assert len(page.scripts) == 1
        pages += page.scripts
        json.loads((tmp_path / f"film{k}.json").read_text(encoding="utf-8"))
        for suffix in (".txt", ".md"):
            assert (said := (tmp_path / f"film{k}{suffix}").read_text(encoding="utf-8")) == terminal(said)
    javascript(pages, tmp_path)


def test_names_in_files_for_others(tmp_path) -> None:
    import networkx as nx

    from graphgrad.frontend.interchange import graphml, node_link_json

    graph = gg.parse(PROGRAM)
    (tmp_path / "g.graphml").write_text(graphml(graph), encoding="utf-8")
    labels = {
        data["label"] for _, data in nx.read_graphml(tmp_path / "g.graphml", force_multigraph=True).nodes(data=True)
    }
    assert set(graph.inputs) <= labels
    assert set(graph.inputs) <= {node["label"] for node in json.loads(node_link_json(graph))["nodes"]}


def test_names_in_derivations_and_reports() -> None:
    markdown = pytest.importorskip("markdown_it").MarkdownIt("commonmark").enable("table")
    short = NAMES[:24]
    graph = gg.parse(" + ".join(f"{name}**2" for name in short))
    found = gg.derive(graph)
    tex(found.latex)
    tex(found.markdown)
    Tags(markdown.render(found.markdown))
    report = gg.check(graph, {name: f"2*{name}" for name in short}, timeout=60)
    bundle = report._repr_mimebundle_()
    Tags(bundle["text/html"])
    rows = re.findall(r"<tr>\s*<td><code>(.*?)</code>", markdown.render(bundle["text/markdown"]))
    assert rows == list(report)


def test_comments_in_code(tmp_path) -> None:
    found = {target: [] for target in TARGETS}
    for comment in LINES:
        graph = gg.grad(gg.parse(f"x*y # {comment}"))
        written = {target: [write(graph, target).source] for target in TARGETS}
        for target, step in steps(f"x*y # {comment}", ["x"]).items():
            written[target].append(step)
        for target in PYTHON:
            for source in written[target]:
                python(source)
                assert {*terminal(comment).split()[:1]} <= {*ast.get_docstring(ast.parse(source)).split()}
        for target, sources in written.items():
            found[target] += sources
        assert gg.compile(graph)(x=2.0, y=3.0)[0] == 6
    Tags(gg.explain(write(graph)).html())
    javascript(found["javascript"], tmp_path)
    c(found["c"], tmp_path)


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


def test_dimensions_in_code_and_pictures(tmp_path) -> None:
    import networkx as nx

    from graphgrad.frontend.interchange import graphml

    few = NAMES[:20]
    graph = gg.parse(" + ".join(f"sum(A{k} * a{k})" for k in range(1, len(few))), {
        **{f"A{k}": pair for k, pair in enumerate(itertools.pairwise(few), 1)},
        **{f"a{k}": name for k, name in enumerate(few[1:], 1)}})  # fmt: skip
    for target in ("numpy", "numba", "jax"):
        python(write(gg.grad(graph), target).source)
    for name in few:
        python(gg.compile_step(gg.parse("sum(square(X @ w))", X=(name, 3), w=3), ["w"]).source)
    picture = gg.show(graph)
    ET.fromstring(picture.svg())
    picture.save(tmp_path / "p.tex")
    tex((tmp_path / "p.tex").read_text(encoding="utf-8"))
    nx.parse_graphml(graphml(graph))


@pytest.mark.parametrize("word", ["for", "class", "None", "lambda", "ℌ", "a b", "1a", "-1", ""])
def test_what_is_no_name_is_no_dimension(word) -> None:
    with pytest.raises(gg.ShapeError):
        gg.parse("sum(X)", X=(word, 3))


def test_class_names_on_the_terminal_and_as_csv() -> None:
    from graphgrad.cli.training.printout import matrix
    from graphgrad.core.quoting import csv as cell

    names = tuple(dict.fromkeys(TEXTS))
    shown = matrix(np.eye(len(names), dtype=int), names)
    assert len(shown.split("\n")) == len(names) + 1
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", shown)
    read = list(csv.reader(io.StringIO("".join(f"{cell(name)}\n" for name in names if name), newline="")))
    assert read == [[terminal(name)] for name in names if name]


def test_cells_of_claims_in_reports() -> None:
    markdown = pytest.importorskip("markdown_it").MarkdownIt("commonmark").enable("table")
    from graphgrad.proof.report import Finding, Report, Verdict, text, to_json

    findings = {str(k): Finding(Verdict.UNSUPPORTED, said) for k, said in enumerate(TEXTS)}
    others = {str(k): {f"head {said}": said} for k, said in enumerate(TEXTS)}
    report = Report("a | b <c>\x1b[1m\n# `d`", findings, others=others)
    Tags(report._repr_mimebundle_()["text/html"])
    made = markdown.render(report._repr_mimebundle_()["text/markdown"])
    page = Tags(made)
    assert made.count("<tr>") == len(TEXTS) + 1
    assert not re.search("<(?!/?(table|thead|tbody|tr|td|th|code|pre|p)>)", made)
    assert "alert(1)" in page.text
    assert "\x1b" not in text(report) + made + report._repr_mimebundle_()["text/html"]
    json.loads(to_json(report))


def test_tables_and_progress_on_the_terminal(capsys) -> None:
    from graphgrad.cli.answers import say_table, say_wrote

    say_table(["a", "b"], [[text, text] for text in TEXTS])
    for text in TEXTS:
        say_wrote(text)
    out = capsys.readouterr().out
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", out)
    assert out.count("[/] [red]") == 3


@pytest.mark.parametrize("text", TEXTS)
def test_errors_are_words(text) -> None:
    for error in (gg.UsageError(f"there is no file '{text}'"), gg.DataError("bad", hint=text)):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", str(error))
    with pytest.raises(gg.GraphgradError) as found:
        gg.parse(f"x + * y # {text}")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", str(found.value))


def test_captions_and_names_of_themes_in_pictures(tmp_path) -> None:
    from graphgrad.render.drawing.style import Style, _is_name
    from graphgrad.render.formats.svg import document
    from graphgrad.render.layout.graphviz import Size
    from graphgrad.render.player.page import page

    scripts, names = [], {text for text in TEXTS if _is_name(text)}
    assert len(names) >= 10  # as many as there can be: no ends of lines, nothing unseen
    for title in TEXTS:
        root = ET.fromstring(document(Size(10, 10), [], [], title, title))
        assert (root.findtext("{http://www.w3.org/2000/svg}title") or "") == terminal(title)
        look = Style(name=title) if title in names else Style()
        made = Tags(page(title, look, {"title": title, "theme": look.name}).decode())
        assert len(made.scripts) == 1
        assert terminal(title) in made.text
        scripts += made.scripts
    javascript(scripts[::4], tmp_path)


def test_names_of_classes_and_columns_in_models(tmp_path) -> None:
    said = [text for text in dict.fromkeys(TEXTS) if text and "\ud800" not in text]
    X = np.eye(len(said))[:, :2]
    net = gg.mlp(2, len(said))
    model, _ = gg.fit(net, X, np.array(said), loss="cross_entropy", steps=2, progress=False)
    model.save(tmp_path / "m.safetensors")
    assert gg.load(tmp_path / "m.safetensors").classes == model.classes
    model.export(tmp_path / "m.py")
    python((tmp_path / "m.py").read_text(encoding="utf-8"))
