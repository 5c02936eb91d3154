"""What is written, read by a real parser of its language: each gives the text that it finds beside what it obeys."""

import ast
import csv as commas
import io
import json as notation
import re
import subprocess
import tokenize
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree as ET

import pytest
import tinycss2 as styles
from PIL import Image

from graphgrad.compiler.backend import TARGETS

SETUP = {line for row in TARGETS.values() for lines in row.setup.values() for line in lines}
IMPORTED = {"math", "numpy", "jax", "jax.numpy", "numba", "base64"}
STATEMENTS = {"Import", "ImportFrom", "FunctionDef", "ClassDef", "Assign", "AnnAssign", "Expr"}
VOID = {"meta", "input", "br", "link", "hr", "img", "td", "tr", "th", "option"}


class Tags(HTMLParser):
    """Every tag is closed in its order, and no attribute is a handler."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open, self.scripts, self.styles, self.text = [], [], [], ""
        self.feed(page)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs) -> None:
        assert not [name for name, _ in attrs if name.startswith("on")]
        self.text += "".join(said for name, said in attrs if name in {"title", "alt", "aria-label"})
        if tag not in VOID:
            self.open.append(tag)
        if tag in {"script", "style"}:
            (self.scripts if tag == "script" else self.styles).append("")

    def handle_endtag(self, tag) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_comment(self, data) -> None:
        raise AssertionError(data)

    def handle_data(self, data) -> None:
        match self.open[-1:]:
            case ["script"]:
                self.scripts[-1] += data
            case ["style"]:
                self.styles[-1] += data
            case _:
                self.text += data


def python(sources: list[str]) -> str:
    """Modules whose statements define, import and say, and whose imports are those that modules have."""
    found = ""
    for source in sources:
        tree = ast.parse(source)
        assert {type(part).__name__ for part in tree.body} <= STATEMENTS
        said = {ast.unparse(part).replace("'", '"') for part in tree.body[1:] if isinstance(part, ast.Expr)}
        assert said <= SETUP
        assert {name.name for part in tree.body if isinstance(part, ast.Import) for name in part.names} <= IMPORTED
        found += ast.get_docstring(tree) or ""
        tokens = tokenize.generate_tokens(io.StringIO(source).readline)
        found += " ".join(token.string for token in tokens if token.type in {tokenize.COMMENT, tokenize.NAME})
    return found


def c(sources: list[str]) -> str:
    """Units that a compiler reads without a warning."""
    with TemporaryDirectory() as folder:
        files = [Path(folder) / f"{k}.c" for k in range(len(sources))]
        for file, source in zip(files, sources, strict=True):
            file.write_text(source, encoding="utf-8")
        _ran(["gcc", "-std=c99", "-Wall", "-Wno-unused", "-Werror", "-fsyntax-only", *map(str, files)])
    return "".join(sources)


def javascript(sources: list[str]) -> str:
    """Modules, or bodies of functions; an engine is asked for them in one run."""
    parse = "for (const s of JSON.parse(require('fs').readFileSync(0))) new (require('vm').SourceTextModule)(s);"
    _ran(["node", "--no-warnings", "--experimental-vm-modules", "-e", parse], notation.dumps(sources))
    return "".join(sources)


def json(sources: list[str]) -> str:
    """Values as RFC 8259 has them: no NaN."""

    def none(number: str) -> None:
        raise AssertionError(number)

    return "".join(map(_strings, [notation.loads(source, parse_constant=none) for source in sources]))


def dot(sources: list[str]) -> str:
    """Graphs whose labels Graphviz shows; it says nothing against them."""
    read = _ran(["dot", "-Txdot_json", "-Kdot"], "\n".join(sources))
    return _strings([*_values(read)])


def svg(sources: list[str]) -> str:
    """XML that runs nothing and fetches nothing."""
    found = ""
    for source in sources:
        for element in ET.fromstring(source).iter():
            assert element.tag.rpartition("}")[2] not in {"script", "foreignObject", "image"}
            assert not [key for key, said in element.attrib.items() if key.startswith("on") or "javascript:" in said]
            found += (element.text or "") + element.get("aria-label", "")
    return found


def html(sources: list[str]) -> str:
    """Pages whose tags are closed; their styles and scripts are read as such, and their scripts' data is text."""
    pages = [Tags(source) for source in sources]
    assert len({len(page.scripts) for page in pages}) == 1
    css([style for page in pages for style in page.styles])
    scripts = [script for page in pages for script in page.scripts]
    if scripts:
        javascript(scripts)
    films = [film for script in scripts for film in re.findall(r"(?m)^const FILM = (.*);$", script)]
    return "".join([*(page.text for page in pages), *(_strings(notation.loads(film)) for film in films)])


def css(sources: list[str]) -> str:
    """Styles in which nothing is an error and nothing is fetched."""
    for source in sources:
        for rule in styles.parse_stylesheet(source, skip_comments=True, skip_whitespace=True):
            assert rule.type in {"qualified-rule", "at-rule"}, rule
            assert getattr(rule, "at_keyword", "media") in {"media", "keyframes"}
            tokens = [*rule.prelude, *(rule.content or [])]
            assert not [token for token in tokens if token.type in {"error", "url"}]
    return "".join(sources)


def markdown(sources: list[str]) -> str:
    """Text, headings, lists, tables and code: no link, picture or raw HTML."""
    reader = pytest.importorskip("markdown_it").MarkdownIt("commonmark").enable("table")
    found = ""
    for source in sources:
        page = re.sub(r"(?s)^\$\$.*?^\$\$$|^```math.*?^```$", "", source, flags=re.MULTILINE)
        for token in reader.parse(page):
            assert token.type != "html_block", token.content
            for inner in token.children or []:
                assert inner.type in {"text", "code_inline", "softbreak", "em_open", "em_close", "strong_open",
                                      "strong_close"}, inner  # fmt: skip
                found += inner.content
            found += token.content if token.type in {"fence", "code_block"} else ""
    return found


def tex(sources: list[str]) -> str:
    r"""Groups and environments end in their order, commands are those of mathematics, and no text is one."""
    walker = pytest.importorskip("pylatexenc.latexwalker", reason="pylatexenc is not installed")
    for source in sources:
        plain = re.sub(r"\(-?[\d.]+,-?[\d.]+\)", "", source)  # without the points of curves
        walker.LatexWalker(plain, tolerant_parsing=False).get_latex_nodes()
        text = re.sub(r"(?<!\\)%.*", "", source)
        open_ = []
        for part in re.findall(r"\\(?:begin|end)\{\w+\*?\}|\\[A-Za-z]+|\\.|[{}]", text):
            if part == "{" or part.startswith(r"\begin"):
                open_.append(part)
            elif part == "}":
                assert open_.pop() == "{"
            elif part.startswith(r"\end"):
                assert open_.pop() == part.replace("end", "begin")
            assert part not in {r"\input", r"\write", r"\include", r"\def", r"\csname", r"\openin"}
        assert not open_
        assert "^^" not in text
        assert not re.search(r"_[A-Za-z0-9]_|(_\{[^{}]*\}){2}", text)
    return "".join(sources)


def terminal(sources: list[str]) -> str:
    """Lines on a screen, which no character steers: what an emulator shows is what was printed, all in one colour."""
    pyte = pytest.importorskip("pyte", reason="pyte is not installed")
    for source in sources:
        lines = source.split("\n")
        screen = pyte.Screen(2 + 2 * max(map(len, lines)), len(lines))
        screen.title, screen.mode = "ours", {*screen.mode}
        modes = {*screen.mode}
        pyte.Stream(screen).feed(source.replace("\n", "\r\n"))
        assert (screen.title, screen.mode) == ("ours", modes)
        assert [*map(str.rstrip, screen.display)] == [line.expandtabs().rstrip() for line in lines]
        assert {(cell.fg, cell.bg, cell.bold) for row in screen.buffer.values() for cell in row.values()} <= {
            ("default", "default", False)
        }
    return "".join(sources)


def graphml(sources: list[str]) -> str:
    """Graphs that networkx reads."""
    nx = pytest.importorskip("networkx")
    graphs = [nx.parse_graphml(source, force_multigraph=True) for source in sources]
    return "".join(_strings([dict(graph.nodes(data=True)), graph.graph]) for graph in graphs)


def csv(sources: list[str]) -> str:
    """Tables with rows of one length, none of whose cells a spreadsheet computes."""
    found = ""
    for source in sources:
        rows = [*commas.reader(io.StringIO(source, newline=""), strict=True)]
        assert len({*map(len, rows)}) == 1
        found += "".join(cell for row in rows for cell in row)
    return found


def onnx(sources: list[bytes]) -> str:
    """Models that hold together, whose names differ, and that a runtime loads."""
    package = pytest.importorskip("onnx", reason="onnx is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    found = ""
    for source in sources:
        model = package.load_from_string(source)
        package.checker.check_model(model, full_check=True)
        graph = model.graph
        made = [
            *(name for node in graph.node for name in node.output),
            *(part.name for part in (*graph.initializer, *graph.input)),
        ]
        assert len({*made}) == len(made)
        runtime.InferenceSession(source, providers=["CPUExecutionProvider"])
        found += graph.doc_string + " ".join(made)
    return found


def pdf(sources: list[bytes]) -> str:
    """Documents that run nothing."""
    reader = pytest.importorskip("pypdf", reason="pypdf is not installed").PdfReader
    for source in sources:
        file = reader(io.BytesIO(source), strict=True)
        assert len(file.pages) >= 1
        assert not {"/OpenAction", "/AA", "/Names"} & {*file.trailer["/Root"]}
    return ""


def raster(sources: list[bytes]) -> str:
    """Pictures that hold together, and say nothing besides."""
    for source in sources:
        picture = Image.open(io.BytesIO(source))
        picture.verify()
        assert not [key for key, said in picture.info.items() if isinstance(said, str)]
    return ""


def safetensors(sources: list[bytes]) -> str:
    """Tensors that their own library reads."""
    loaded = pytest.importorskip("safetensors.numpy").load
    return " ".join(name for source in sources for name in loaded(source))


def _ran(command: list[str], given: str = "") -> str:
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, encoding="utf-8")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr[:500]
    return done.stdout


def _strings(value: object) -> str:
    match value:
        case dict():
            return "".join(map(_strings, [*value, *value.values()]))
        case list() | tuple():
            return "".join(map(_strings, value))
    return str(value)


def _values(text: str) -> list[object]:
    """JSON values, one after the other."""
    found, at = [], 0
    while at < len(text):
        value, at = notation.JSONDecoder().raw_decode(text, at)
        found.append(value)
        at += len(text[at:]) - len(text[at:].lstrip())
    return found
