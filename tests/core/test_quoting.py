"""Quoted text is nothing but text: each language's own parser reads it, and finds what was written."""

import ast
import csv
import html.parser
import io
import json
import re
import subprocess
import xml.etree.ElementTree as ET

import pytest
import tinycss2 as css
from hostile import TEXTS
from hypothesis import given, strategies as st

from graphgrad.core import quoting

ANYTHING = st.text(max_size=40) | st.lists(st.sampled_from(TEXTS), max_size=3).map("".join)
texts = pytest.mark.parametrize("text", TEXTS)


def seen(text: str) -> str:
    return quoting.terminal(text)


@given(ANYTHING)
def test_nothing_steers_a_terminal(text) -> None:
    assert all(c.isprintable() or c in "\n\t" or c.isspace() or not c.isascii() for c in seen(text))
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", seen(text))
    seen(text).encode()
    assert len(quoting.one_line(text).splitlines()) <= 1
    assert seen(seen(text)) == seen(text)


@given(ANYTHING)
def test_python_reads_a_docstring_and_comments(text) -> None:
    comment = quoting.python(quoting.one_line(text))
    tree = ast.parse(f'"""{quoting.python(text)}\n"""\nx = 1  # {comment}\n# {comment}\ny = 2\n')
    assert ast.literal_eval(tree.body[0].value) == seen(text) + "\n"
    assert [type(part) for part in tree.body[1:]] == [ast.Assign, ast.Assign]


@given(ANYTHING)
def test_c_and_javascript_comments_end_where_they_should(text) -> None:
    said = quoting.c(text)
    spliced = re.sub(r"\\\s*\n", "", said.replace("??/", "\\"))
    assert "*/" not in spliced
    assert "/*" not in spliced
    assert not said.rstrip().endswith("\\")


def test_a_compiler_and_an_engine_agree(tmp_path) -> None:
    lines = [
        f"/* {quoting.c(text)}\n*/ int a{k}; // {quoting.c(quoting.one_line(text))}" for k, text in enumerate(TEXTS)
    ]
    (tmp_path / "c.c").write_text("\n".join(lines) + "\nint last = sizeof a0;\n", encoding="utf-8")
    gcc = ["gcc", "-std=c99", "-trigraphs", "-Wall", "-Werror", "-fsyntax-only", str(tmp_path / "c.c")]
    assert subprocess.run(gcc, capture_output=True, text=True, check=False).stderr == ""
    script = "\n".join(lines).replace("int a", "const a").replace("; //", " = 1; //")
    data = (
        f"const said = {quoting.javascript([quoting.terminal(t) for t in TEXTS])};\nconsole.log(JSON.stringify(said));"
    )
    (tmp_path / "s.mjs").write_text(f"{script}\n{data}", encoding="utf-8")
    done = subprocess.run(
        ["node", str(tmp_path / "s.mjs")], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    assert json.loads(done.stdout) == [seen(text) for text in TEXTS]


class Page(html.parser.HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_comment(self, data) -> None:
        self.tags.append(("comment", data))

    def handle_data(self, data) -> None:
        self.text += data


@given(ANYTHING)
def test_html_is_text(text) -> None:
    page = Page(f'<p title="{quoting.html(text)}">{quoting.html(text)}</p>')
    assert page.tags == [("p", {"title": seen(text)})]
    assert page.text == seen(text)


@given(ANYTHING)
def test_data_in_a_script_is_data(text) -> None:
    script = quoting.javascript({text: [text]})
    assert not re.search("[<>&\u2028\u2029]", script)
    assert json.loads(script) == {text: [text]}
    script.encode()


@given(ANYTHING)
def test_xml_is_text(text) -> None:
    element = ET.fromstring(f'<a b="{quoting.xml(text)}">{quoting.xml(text)}</a>')
    assert (element.text or "") == seen(text)
    assert element.attrib["b"] == re.sub(r"[\n\t]", " ", seen(text))


@given(ANYTHING)
def test_css_strings_are_strings(text) -> None:
    tokens = css.parse_component_value_list(quoting.css_string(text))
    assert [token.type for token in tokens] == ["string"]
    no_character = re.compile("[\x00\ud800-\udfff]")
    assert no_character.sub("\ufffd", tokens[0].value) == no_character.sub("\ufffd", text)


@given(ANYTHING)
def test_markdown_is_text_in_cells_and_as_code(text) -> None:
    markdown = pytest.importorskip("markdown_it").MarkdownIt("commonmark").enable("table")
    cells = [quoting.markdown(text), quoting.markdown_code(text)]
    made = markdown.render(f"| a | b |\n|---|---|\n| {cells[0]} | {cells[1]} |")
    page = Page(made)
    tags = [tag for tag, _ in page.tags]
    assert tags == ["table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td", "code"]
    found = re.findall(r"<td>(.*?)</td>", made)
    assert " ".join(Page(found[0]).text.split()) == " ".join(quoting.one_line(text).split())
    assert " ".join(Page(found[1]).text.split()) == " ".join(quoting.one_line(text).split())
    line = markdown.render(quoting.markdown(text) + "\n")
    assert {tag for tag, _ in Page(line).tags} <= {"p"}


@given(ANYTHING)
def test_tex_has_no_commands_but_ours(text) -> None:
    said = quoting.tex(text)
    ours = r"\\(?:backslash\{\}|hat\{\}|sim\{\}|[{}$&#_%])"
    assert not re.search(r"[\\{}$&#^_%~\n]", re.sub(ours, "", said))


@given(ANYTHING)
def test_csv_gives_the_cells_back(text) -> None:
    line = f"{quoting.csv(text)},{quoting.csv(text)}\n"
    assert list(csv.reader(io.StringIO(line, newline=""))) == [[seen(text)] * 2]
    assert line[0] not in "=+@-" or quoting.csv(text).lstrip("+-")[:1].isdigit() or text.lstrip("+-") in {"inf", "nan"}


@texts
def test_a_label_of_graphviz_is_its_text(text) -> None:
    graphviz = pytest.importorskip("graphviz")
    if not text.strip():
        return
    graph = graphviz.Digraph()
    graph.node("a", label=quoting.dot(text))
    done = subprocess.run(
        ["dot", "-Tjson"], input=graph.source, capture_output=True, text=True, check=True, encoding="utf-8"
    )
    (node,) = json.loads(done.stdout)["objects"]
    shown = "".join(op["text"] for op in node["_ldraw_"] if op["op"] == "T")
    assert shown.strip() == seen(text).replace("\n", "").strip()
