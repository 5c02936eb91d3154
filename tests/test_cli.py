"""The command line as a user meets it: answers, files, errors, exit codes."""

import json
import os
import shlex
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from commandline import graphgrad

LECTURE = "log(x1*x2)*sin(x2)"
POINT = ["x1=0.5", "x2=0.75"]


def test_run_answers_with_the_lectures_numbers() -> None:
    done = graphgrad("run", LECTURE, *POINT, "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == 0
    assert answer["value"] == pytest.approx(-0.6685712358175261)
    assert answer["gradient"] == pytest.approx({"x1": 1.3632775200466682, "x2": 0.19118983333660755})
    assert [node["name"] for node in answer["nodes"]] == ["x1", "x2", "v1", "v2", "v3", "z"]


def test_run_shows_a_table(golden) -> None:
    golden("run.txt", graphgrad("run", "y3 = x1*x2; y1 = log(y3); y2 = sin(x2); w = y1*y2; z = w", *POINT).stdout)


def test_values_come_as_numbers_expressions_lists_and_files(tmp_path) -> None:
    np.save(tmp_path / "W.npy", np.array([[1.0, 2.0], [3.0, 4.0]]))
    (tmp_path / "x.csv").write_text("1,2\n")
    (tmp_path / "p.txt").write_text("h = W @ x\nL = sum(h * b) * t")
    done = graphgrad("run", "p.txt", "W=@W.npy", "x=@x.csv", "b=[0,1]", "t=pi/2", "--json", folder=tmp_path)
    assert json.loads(done.stdout)["value"] == pytest.approx(11 * np.pi / 2)
    assert json.loads(done.stdout)["gradient"]["b"] == pytest.approx([5 * np.pi / 2, 11 * np.pi / 2])


def test_a_program_comes_from_standard_input_too() -> None:
    assert json.loads(graphgrad("run", "-", "x=3", "--json", stdin="y = x**2\n").stdout)["value"] == 9


def test_derive_prints_and_writes(tmp_path) -> None:
    done = graphgrad("derive", LECTURE, "--wrt", "x1")
    assert done.stdout.endswith("put together: dz/dx1 = x2 / v1 * v3 = sin(x2) / x1\n")
    assert graphgrad("derive", LECTURE, "-o", "d.tex", folder=tmp_path).returncode == 0
    assert (tmp_path / "d.tex").read_text().startswith("\\begin{align*}")
    done = graphgrad("derive", LECTURE, "-o", "d.md", "-o", "d.json", folder=tmp_path)
    assert done.stdout == "wrote d.md\nwrote d.json\n"
    data = json.loads(graphgrad("derive", LECTURE, "--json").stdout)
    assert json.loads((tmp_path / "d.json").read_text()) == data
    assert data["result"]["x1"][-1] == "sin(x2) / x1"


def test_show_writes_for_other_tools(tmp_path) -> None:
    done = graphgrad(
        "show", "x*x + sin(x)", "-o", "g.graphml", "-o", "g.json", "-o", "g.svg", "-o", "g.dot", folder=tmp_path
    )
    assert done.returncode == 0, done.stderr
    graph = nx.read_graphml(tmp_path / "g.graphml", force_multigraph=True)
    linked = nx.node_link_graph(json.loads((tmp_path / "g.json").read_text()), edges="edges")
    for dag in (graph, linked):
        assert [data["label"] for _, data in dag.nodes(data=True)] == ["x", "v1", "v2", "z"]
        assert dag.number_of_edges() == 5
    assert (tmp_path / "g.svg").read_text().startswith("<svg")
    assert "digraph" in (tmp_path / "g.dot").read_text()


def test_show_lists_and_scalarizes() -> None:
    listed = graphgrad("show", "x*y", "--wrt", "x").stdout
    assert "dz_dx" in listed
    assert "dz_dy" not in listed
    drawn = graphgrad("show", "log(x1*x2)*sin(x2)").stdout.partition("\n\n")[0]
    assert (
        drawn
        == """z = v2 * v3
├─ v2 = log(v1)
│  └─ v1 = x1 * x2
│     ├─ x1
│     └─ x2
└─ v3 = sin(x2)
   └─ x2"""
    )
    assert "X @ v1" in graphgrad("show", "X @ W.T", "--shape", "X=N,2", "--shape", "W=4,2").stdout
    assert (
        len(json.loads(graphgrad("show", "sum(W @ x)", "W=[[1,2]]", "x=[1,2]", "--scalar", "--json").stdout)["nodes"])
        == 7
    )


def test_compile_writes_what_the_files_suit(tmp_path) -> None:
    done = graphgrad("compile", LECTURE, "-o", "step.py", "-o", "step.c", "-o", "step.js", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "import numpy" in (tmp_path / "step.py").read_text()
    assert "#include <math.h>" in (tmp_path / "step.c").read_text()
    assert "Math.log" in (tmp_path / "step.js").read_text()


def test_animate_writes_every_file_asked_for(tmp_path) -> None:
    done = graphgrad("animate", LECTURE, *POINT, "-o", "a.html", "-o", "a.gif", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a.gif").read_bytes()[:4] == b"GIF8"
    assert "<script" in (tmp_path / "a.html").read_text()
    assert done.stdout.count("wrote ") == 2


@pytest.mark.parametrize("command", ["run", "show", "animate", "derive", "verify", "compile", "train"])
def test_help_shows_an_example_that_works(command, tmp_path) -> None:
    lines = graphgrad(command, "--help").stdout.splitlines()
    example = lines[lines.index("  Example:") + 1].strip()
    done = graphgrad(*shlex.split(example.removeprefix("graphgrad ")), folder=tmp_path)
    assert done.returncode == 0, done.stderr


ERRORS = [
    (("run", "sine(x)", "x=1"), "error: unknown function 'sine'; did you mean 'sin'?\n  sine(x)\n  ^^^^\n"),
    (("run", "x1 *", "x1=1"), "error: an operand is missing here\n  x1 *\n      ^\n"),
    (("run", "log(x)", "x=-1"), "error: log(x) needs x > 0, but x = -1\n  log(x)\n  ^^^^^^\n"),
    (("run", "1/0"), "error: division by zero\n  1/0\n  ^^^\n"),
    (("run", "x*y", "x=2"), "error: no value for 'y'; give one, as in y=0.5\n  x*y\n    ^\n"),
    (("run", "x", "x=1", "y=2"), "error: the program has no input 'y'; its inputs are x\n"),
    (("run", "A @ x", "A=[[1,2]]", "x=[1,2,3]"),
     "error: cannot multiply (1, 2) @ (3,): the inner dimensions 2 and 3 differ\n  A @ x\n  ^^^^^\n"),
    (("run", "x", "x"), "error: 'x' is no value; write NAME=VALUE, as in x1=0.5, b=[0,1] or W=@weights.npy\n"),
    (("run", "x", "x=@no.npy"), "error: there is no file 'no.npy' for 'x'\n"),
    (("run", "x", "x=[1,"), "error: '[1,' is no list of numbers; write x=[0,1] or x=[[0,1],[2,3]]\n"),
    (("run", "x", "x=log(-1)"), "error: 'log(-1)' is no value for 'x': log(-1) needs -1 > 0\n"),
    (("run", "x", "x=2,5"),
     "error: '2,5' is no value for 'x'; decimals have a point, 2.5; a list has brackets, [2,5]\n"),
    (("run", "x", "x=y=2"), "error: 'y=2' is no value for 'x'; write a number, or an expression of numbers\n"),
    (("run", "x", "x=@"), "error: there is no file '' for 'x'\n"),
    (("run", "sqrt(x) + 1", "x=0"),
     "error: the slope of sqrt(x) is infinite where x = 0\n  sqrt(x) + 1\n  ^^^^^^^\n"),
    (("verify", "nofile.csv"), "error: there is no file 'nofile.csv'\n"),
    (("verify", "x**2", "--claim", "x=2*x*q"), "error: the claim names 'q', which the program does not; it has x\n"),
    (("verify", "x**2", "--claim", "x=2x"),
     "error: two values stand side by side; write * to multiply, and parentheses after a function\n  2x\n  ^\n"),
    (("verify", "x**2", "--claim", "x=2*x", "--claim", "x=x"), "error: 'x' is claimed twice\n"),
    (("verify", "2 + 3"), "error: there is nothing to verify; the expression has no variables\n"),
    (("run", "/"), "error: '/' is a folder; name a file that holds a program\n"),
    (("run", b"\xff*x", "x=1"),
     "error: the program has a character that is no text, '\\udcff'; a program is UTF-8\n"),
    (("derive", "x", "--wrt", "y"), "error: the graph has no input 'y'; it has x\n"),
    (("derive", "x", "-o", "no/such/d.tex"), "error: there is no folder 'no/such' to write 'd.tex' to\n"),
    (("derive", "x", "-o", "d.pdf"), "error: 'd.pdf' is of no known kind; known are .txt .md .tex .json\n"),
    (("derive", "x", "-o", "d.md", "--format", "latex"),
     "error: standard output takes one --format, and no file beside it; as in -o - --format svg\n"),
    (("derive", "x", "--format", "latex", "--format", "text"),
     "error: --format is given twice, and takes one KIND\n"),
    (("compile", "x", "-o", "step.js", "--target", "python"), "error: 'step.js' is of no known kind; known are .py\n"),
    (("compile", "x", "-o", ""), "error: --output has a file without a name\n"),
    (("compile", "x", "-o", "step.jss"), "error: 'step.jss' is of no known kind; did you mean '.js'?\n"),
    (("show", "x", "-o", "g.graphm"),
     ("error: unknown file type '.graphm'; did you mean '.graphml'? "
      "known are .svg .png .pdf .tex .dot .gv .json .graphml\n")),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), ERRORS)
def test_errors_say_what_would_be_right(arguments, message, tmp_path) -> None:
    done = graphgrad(*arguments, folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == message
    assert not list(tmp_path.iterdir())


FILES = {  # name: its bytes, and what is said of it as a value for x
    "text.npy": (b"hello", "'text.npy' holds no array of numbers for 'x'"),
    "empty.npy": (b"", "'empty.npy' holds no array of numbers for 'x'"),
    "bad.npz": (b"PK", "'bad.npz' holds no array of numbers for 'x'"),
    "words.csv": (b"1,2\n3,x\n", "'words.csv' holds no array of numbers for 'x'"),
    "ragged.json": (b"[[1,2],[3]]", "'ragged.json' holds no array of numbers for 'x'"),
    "x.npyy": (b"", "'x.npyy' is of no known kind; did you mean '.npy'?"),
}


@pytest.mark.parametrize("name", FILES)
def test_files_that_hold_no_array(name, tmp_path) -> None:
    (tmp_path / name).write_bytes(FILES[name][0])
    done = graphgrad("run", "sum(x)", f"x=@{name}", folder=tmp_path)
    assert (done.returncode, done.stderr) == (2, f"error: {FILES[name][1]}\n")


OTHERS = {"objects.npy": "no array of numbers", "complex.npy": "no array of numbers", "w.npz": "it has w"}


def test_arrays_of_objects_of_complex_numbers_and_of_other_names(tmp_path) -> None:
    np.save(tmp_path / "objects.npy", np.array([{}]), allow_pickle=True)
    np.save(tmp_path / "complex.npy", np.array([1j]))
    np.savez(tmp_path / "w.npz", w=np.ones(2))
    for name, said in OTHERS.items():
        done = graphgrad("run", "sum(x)", f"x=@{name}", folder=tmp_path)
        assert done.returncode == 2
        assert said in done.stderr


def test_a_program_of_windows_begins_with_a_mark(tmp_path) -> None:
    (tmp_path / "program.txt").write_bytes(b"\xef\xbb\xbfy = x*x\r\ny + 1\r\n")
    assert json.loads(graphgrad("run", "program.txt", "x=3", "--json", folder=tmp_path).stdout)["value"] == 10


def test_a_file_that_is_no_text_is_said_to_be_none(tmp_path) -> None:
    (tmp_path / "program.txt").write_bytes(b"\xff\xfex1")
    done = graphgrad("run", "program.txt", folder=tmp_path)
    assert (done.returncode, done.stderr) == (2, "error: 'program.txt' is no text; a program is a file of UTF-8\n")


def test_json_is_json_where_values_are_not_finite() -> None:
    def refuse(word):
        raise AssertionError(word)

    done = graphgrad("run", "sum(exp(x) + y)", "x=[1000,1]", "y=nan", "--json", "--allow-nonfinite")
    answer = json.loads(done.stdout, parse_constant=refuse)
    assert answer["value"] == "nan"
    assert answer["gradient"] == {"x": ["inf", pytest.approx(np.e)], "y": 2}


def test_a_name_in_another_alphabet_than_the_terminals() -> None:
    done = graphgrad("run", "λ*x", "λ=2", "x=1", PYTHONIOENCODING="cp1252")
    assert done.stdout.splitlines()[-3:-1] == [r"dz/d\u03bb = 1", "dz/dx = 2"]


def test_an_expression_with_a_minus_in_front_is_told_from_an_option() -> None:
    assert json.loads(graphgrad("run", "--json", "--", "-x", "x=1").stdout)["value"] == -1
    done = graphgrad("run", "-x", "x=1")
    assert done.returncode == 2
    assert 'graphgrad run -- "-x" x=1' in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to(tmp_path) -> None:
    (tmp_path / "closed").mkdir(mode=0o555)
    done = graphgrad("show", "x + 1", "-o", "closed/x.svg", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: 'closed/x.svg' cannot be written")


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="no /proc here")
def test_a_folder_of_the_system_that_takes_no_files() -> None:
    done = graphgrad("show", "x + 1", "-o", "/proc/self/x.graphml")
    assert done.returncode == 2
    assert done.stderr.startswith("error: '/proc/self/x.graphml' cannot be written")


@pytest.mark.parametrize(
    "arguments", [("rum", "x"), ("run",), ("animate", "x", "x=1", "--by", "frame"), ("--no-such",)]
)
def test_bad_usage_exits_with_two(arguments) -> None:
    done = graphgrad(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr


@pytest.mark.parametrize("name", ["out.xyz", "no/out.gif"])
def test_an_impossible_film_is_refused_before_the_work(name, tmp_path) -> None:
    done = graphgrad("animate", LECTURE, *POINT, "-o", name, folder=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


HOSTILE = [
    "__import__('os').system('touch pwned')",
    "().__class__.__bases__[0].__subclasses__()",
    "[x for x in ().__class__.__bases__]",
    "[__import__('os').system('touch pwned') for x in (1,2)]",
    "9**9**9**9",
    "(" * 10_000 + "x" + ")" * 10_000,
    "eval('1')",
    "lambda: 1",
    "x := 1",
    "open('pwned', 'w')",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_refused_and_nothing_runs(text, tmp_path) -> None:
    done = graphgrad("run", text, folder=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_megabyte_of_additions_is_refused(tmp_path) -> None:
    (tmp_path / "long.txt").write_text("x" + "+1" * 500_000)
    done = graphgrad("run", "long.txt", "x=1", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: the program has 1000001 characters")
