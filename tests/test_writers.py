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
from graphgrad.core.quoting import terminal

NAMES = [
    *("eval", "arguments", "inputs", "let", "static", "undefined", "NaN", "Math", "constructor", "__proto__", "spread"),
    *("int", "double", "main", "v", "y", "np", "math", "numpy", "self", "compute", "value_and_grad", "print", "type"),
    *("alpha", "a_b_c", "_", "__", "_1", "x_1_2", "lambda_", "é", "变量", "Ω", "μ", "ß", "dz_dx", "v1", "one"),
    *("Array", "Number", "await_", "script", "style", "end", "node", "graph", "digraph", "strict", "input", "frac"),
]  # fmt: skip
PROGRAM = " + ".join(f"sin({name})*{k + 2}" for k, name in enumerate(NAMES))
LINES = [text for text in TEXTS if len(text.splitlines()) <= 1 and "\0" not in text and "\ud800" not in text]
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
    assert [part for part in tree.body if isinstance(part, ast.Expr)][1:] == []
    assert {alias.name for part in tree.body if isinstance(part, ast.Import) for alias in part.names} <= {
        "math", "numpy", "jax", "jax.numpy", "numba", "base64"}  # fmt: skip


def checked(command: list[str], source: str, path) -> None:
    path.write_text(source, encoding="utf-8")
    done = subprocess.run([*command, str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr[:500]


def c(source: str, path) -> None:
    checked(["gcc", "-std=c99", "-Wall", "-Wno-unused", "-Werror", "-fsyntax-only"], source, path / "a.c")


def javascript(source: str, path) -> None:
    checked(["node", "--check"], source, path / "a.mjs")


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


@pytest.fixture(scope="module")
def named():
    films = [NAMES[k : k + 8] for k in range(0, 32, 8)]
    return [gg.animate(gg.parse(" + ".join(f"sin({n})" for n in few)), dict.fromkeys(few, 0.5)) for few in films]


def test_names_in_code(tmp_path) -> None:
    graph = gg.grad(gg.parse(PROGRAM))
    given = dict.fromkeys(NAMES, 0.5)
    wanted = sum(np.sin(0.5) * (k + 2) for k in range(len(NAMES)))
    for target in ("numpy", "python"):
        made = gg.compile(graph, target=target)
        python(made.source)
        assert made(**given)[0] == pytest.approx(wanted)
        assert list(made(**given)[1]) == NAMES
    c(gg.compile(graph, target="c").source, tmp_path)
    source = gg.compile(graph, target="javascript").source
    javascript(source, tmp_path)
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


def test_names_in_steps() -> None:
    weights = NAMES[::2]
    loss = gg.parse(f"square({PROGRAM})")
    for target in ("numpy", "python"):
        python(gg.compile_step(loss, weights, "adam", target=target).source)


@pytest.mark.parametrize("k", range(4))
def test_names_in_pictures(named, tmp_path, k) -> None:
    for suffix in (".svg", ".html", ".tex", ".dot", ".json"):
        named[k].save(tmp_path / f"film{suffix}")
    ET.parse(tmp_path / "film.svg")
    page = Tags((tmp_path / "film.html").read_text(encoding="utf-8"))
    (script,) = page.scripts
    javascript(script, tmp_path)
    tex((tmp_path / "film.tex").read_text(encoding="utf-8"))
    json.loads((tmp_path / "film.json").read_text(encoding="utf-8"))
    dot = ["dot", "-Tcanon", str(tmp_path / "film.dot")]
    assert subprocess.run(dot, capture_output=True, text=True, check=False).stderr == ""
    ET.fromstring(named[k].frames[-1].svg())


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


@pytest.mark.parametrize("comment", LINES)
def test_comments_in_code(comment, tmp_path) -> None:
    text = f"x*y # {comment}"
    graph = gg.grad(gg.parse(text))
    for target in ("numpy", "python"):
        made = gg.compile(graph, target=target)
        python(made.source)
        assert made(x=2.0, y=3.0)[0] == 6
        assert {*terminal(comment).split()[:1]} <= {*ast.get_docstring(ast.parse(made.source)).split()}
    sources = [gg.compile_step(text, ["x"], "sgd", target=target).source for target in ("numpy", "python")]
    for source in sources:
        python(source)
    c(gg.compile(graph, target="c").source, tmp_path)


def test_comments_in_javascript(tmp_path) -> None:
    sources = [gg.compile(gg.grad(gg.parse(f"x*y # {text}")), target="javascript").source for text in LINES]
    renamed = [source.replace("value_and_grad", f"f{k}") for k, source in enumerate(sources)]
    javascript("\n".join(renamed), tmp_path)


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

    for one, two in itertools.pairwise(NAMES[:25]):
        graph = gg.parse("sum(X * Y) * w", X=(one, two), Y=two)
        python(gg.compile(gg.grad(graph)).source)
        python(gg.compile_step(gg.parse("sum(square(X @ w))", X=(one, 3), w=3), ["w"]).source)
        ET.fromstring(gg.show(graph).svg())
        gg.show(graph).save(tmp_path / "p.tex")
        tex((tmp_path / "p.tex").read_text(encoding="utf-8"))
        nx.parse_graphml(graphml(graph))


@pytest.mark.parametrize("word", ["for", "class", "None", "lambda", "ℌ", "a b", "1a", "-1", ""])
def test_what_is_no_name_is_no_dimension(word) -> None:
    with pytest.raises(gg.ShapeError):
        gg.parse("sum(X)", X=(word, 3))


def test_class_names_on_the_terminal_and_as_csv() -> None:
    from graphgrad.cli.printout import matrix
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


@pytest.mark.parametrize("title", TEXTS)
def test_captions_in_pictures(title) -> None:
    from graphgrad.render.drawing.style import Style
    from graphgrad.render.formats.svg import document
    from graphgrad.render.layout.graphviz import Size
    from graphgrad.render.player.page import page

    root = ET.fromstring(document(Size(10, 10), [], [], title, title))
    assert (root.findtext("{http://www.w3.org/2000/svg}title") or "") == terminal(title)
    made = Tags(page(title, Style(), {"title": title, "theme": "light"}).decode())
    assert len(made.scripts) == 1
    assert terminal(title) in made.text
