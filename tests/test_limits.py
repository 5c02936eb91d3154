"""Every call ends, in time and in memory, with one clear line; what is killed leaves nothing behind."""

import gzip
import io
import json
import os
import shlex
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from importlib import import_module
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner
from commandline import COMMAND, graphgrad

import graphgrad as gg
from graphgrad.cli.main import COMMANDS, group
from graphgrad.core import memory
from graphgrad.learn.data.arrays import read_idx
from graphgrad.learn.data.files import read_dataset
from graphgrad.learn.data.tables import read_csv
from graphgrad.proof.saved import verify_file

SLOW_CLAIM = "abs(sin(x)**2+cos(x)**2-exp(y*x))**y"
SLOW_SUM = " + ".join(f"sin(x{k} * x{k + 1}) ** {k}" for k in range(60))
HANG = """
import click
from graphgrad.cli import limits
from graphgrad.cli.main import group, main

@click.command("hang")
@limits.in_time
def hang():
    exec({work!r})

group.resolve_command = lambda _, arguments: ("hang", hang, arguments[1:])
main()
"""  # a command that does something else
ROOT = str(Path(__file__).parents[1])
HUGE = [
    ("sum(broadcast_to(x, (1000000000, 1000000000)))", {}),
    ("sum(broadcast_to(x, (100000, 1000, 1000)))", {}),
    ("sum(X)", {"X": (10**6, 10**6)}),
    ("sum(X @ Y)", {"X": (10**6, 3), "Y": (3, 10**6)}),
    ("sum(outer(x, y))", {"x": 10**6, "y": 10**6}),
    ("sum(x + y)", {"x": (10**6, 1), "y": (10**6,)}),
    ("sum(concatenate([X, X, X]))", {"X": (500_000_000,)}),
]


@pytest.fixture(autouse=True)
def one_gigabyte(monkeypatch) -> None:
    monkeypatch.setenv(memory.VARIABLE, "1GB")


@pytest.mark.parametrize(("text", "shapes"), HUGE)
def test_what_is_larger_than_the_bound_is_refused_with_its_place(text, shapes) -> None:
    with pytest.raises(gg.ShapeError, match=r"GB may be used, and --memory or GRAPHGRAD_MEMORY moves") as found:
        gg.grad(gg.parse(text, shapes))
    assert "needs" in str(found.value)


def test_sizes_of_names_are_known_when_a_program_runs() -> None:
    graph = gg.parse("sum(outer(x, x))", x="N")
    assert gg.trace(graph, x=np.ones(100)).value == 10_000
    with pytest.raises(gg.ShapeError, match="1 GB may be used"):
        gg.trace(graph, x=np.ones(20_000))


def test_the_bound_is_moved(monkeypatch) -> None:
    text = "sum(broadcast_to(x, (20000, 20000)))"
    with pytest.raises(gg.ShapeError):
        gg.parse(text)
    monkeypatch.setenv(memory.VARIABLE, "4 GiB")
    gg.parse(text)
    monkeypatch.setenv(memory.VARIABLE, "a lot")
    with pytest.raises(gg.UsageError, match="is no size of memory"):
        gg.parse(text)


def test_the_command_line_has_the_option() -> None:
    text = "sum(broadcast_to(x, (3000, 3000)))"
    assert graphgrad("--memory", "10MB", "show", text).returncode == 2
    assert graphgrad("--memory", "1GB", "show", text).returncode == 0
    assert "is no size" in graphgrad("--memory", "-3", "show", text).stderr


def test_the_bound_is_half_of_what_the_process_may_use(monkeypatch) -> None:
    monkeypatch.delenv(memory.VARIABLE)
    said = "from graphgrad.core.memory import bound; print(bound())"
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_AS, (2 * 10**9,) * 2); {said}"
    done = subprocess.run([sys.executable, "-c", limited], capture_output=True, text=True, check=True,
                          env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])})  # fmt: skip
    assert float(done.stdout) <= 10**9


def bombs(folder: Path) -> dict[str, Path]:
    header = b"\0\0\x08\x03" + struct.pack(">III", 300_000, 100, 100)
    with gzip.open(folder / "idx.gz", "wb", compresslevel=1) as stream:
        stream.write(header)
        for _ in range(30):
            stream.write(bytes(1_000_000))
    with zipfile.ZipFile(folder / "bomb.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        head = io.BytesIO()
        np.lib.format.write_array_header_1_0(head, {"descr": "<f8", "fortran_order": False, "shape": (10**9, 300)})
        with file.open("X.npy", "w", force_zip64=True) as part:
            part.write(head.getvalue())
            for _ in range(120):
                part.write(bytes(1_000_000))
    (folder / "line.csv").write_text("a,b\n" + "1," * 6_000_000 + "\n")
    return {name: folder / name for name in ("idx.gz", "bomb.npz", "line.csv")}


def test_bombs_are_cut(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv(memory.VARIABLE, "100MB")
    files = bombs(tmp_path)
    with pytest.raises(gg.DataError, match=r"holds more than 12\.5 MB"):
        read_idx(files["idx.gz"])
    with pytest.raises(gg.DataError, match="may be used"):
        read_dataset(files["bomb.npz"])
    with pytest.raises(gg.DataError, match="line 2: more than"):
        read_csv(files["line.csv"])


def test_files_of_every_kind_are_bounded(tmp_path, monkeypatch) -> None:
    """A bound of 2 MB, and of every kind a small file that would take more, by its size or by what it says."""
    from graphgrad.cli.arguments import read_graph, read_values
    from graphgrad.learn.models.tensors import read_tensors
    from graphgrad.proof.grading import read_claims
    from graphgrad.render.drawing.style import style

    monkeypatch.setenv(memory.VARIABLE, "2MB")
    text = "x" * 200_000
    for name in ("a.csv", "a.txt", "a.json", "a.toml", "a.graphml", "a.py", "c.csv", "c.jsonl"):
        (tmp_path / name).write_text(text)
    np.save(tmp_path / "a.npy", np.zeros(300_000))
    np.savez_compressed(tmp_path / "a.npz", x=np.zeros(300_000))
    (tmp_path / "a.safetensors").write_bytes(bytes(2_000_000))
    calls = [lambda suffix=suffix: read_values([f"x=@{tmp_path / 'a'}{suffix}"])
             for suffix in (".npy", ".npz", ".csv", ".txt", ".json")]  # fmt: skip
    calls += [lambda name=name: read_graph(str(tmp_path / name), {}) for name in ("a.txt", "a.graphml", "a.json")]
    calls += [lambda name=name: read_claims(tmp_path / name) for name in ("c.csv", "c.jsonl")]
    calls += [lambda: style(tmp_path / "a.toml"), lambda: verify_file(tmp_path / "a.py")]
    calls += [lambda: read_tensors(tmp_path / "a.safetensors", "model"), lambda: gg.load(tmp_path / "a.safetensors")]
    for call in calls:
        with pytest.raises(gg.GraphgradError, match="2 MB may be used, and --memory or GRAPHGRAD_MEMORY moves"):
            call()
    head = io.BytesIO()  # an array that says more than its file holds
    np.lib.format.write_array_header_1_0(head, {"descr": "<f8", "fortran_order": False, "shape": (10**9, 300)})
    (tmp_path / "said.npy").write_bytes(head.getvalue() + bytes(80))
    with pytest.raises(gg.UsageError, match="holds no array"):
        read_values([f"x=@{tmp_path / 'said.npy'}"])


def test_claims_are_bounded_in_number_and_length(tmp_path, monkeypatch) -> None:
    import graphgrad.proof.grading as room

    monkeypatch.setattr(room, "MOST", 3)
    head = "expression,variable,claim\n"
    (tmp_path / "many.csv").write_text(head + 4 * "x,x,1\n")
    with pytest.raises(gg.DataError, match="holds 4 claims, 3 at most are judged"):
        room.read_claims(tmp_path / "many.csv")
    monkeypatch.setattr(room, "LONGEST", 20)
    (tmp_path / "long.csv").write_text(head + f"x,x,{30 * '1'}\nx,x,1\n")
    one, two = room.read_claims(tmp_path / "long.csv")
    assert (one.problem, two.problem) == ("line 2: more than 20 characters in 'claim'", "")
    (tmp_path / "deep.jsonl").write_text(100_000 * "[" + '\n{"expression": "x", "variable": "x", "claim": "1"}\n')
    one, two = room.read_claims(tmp_path / "deep.jsonl")
    assert "this is no JSON" in one.problem
    assert not two.problem


def test_a_step_is_bounded_by_all_of_its_arrays(monkeypatch) -> None:
    X, net = np.zeros((1000, 2)), gg.mlp(2, 300, 1)  # 16 kB come in, and the hidden layer takes 2.4 MB an array
    for size, batch in (("50MB", None), ("2MB", 10)):
        monkeypatch.setenv(memory.VARIABLE, size)
        gg.fit(net, X, X[:, 0], batch_size=batch, epochs=1, progress=False)
    with pytest.raises(gg.ShapeError, match=r"a step of 1000 rows needs .* 2 MB may be used"):
        gg.fit(net, X, X[:, 0], batch_size=None, epochs=1, progress=False)


@pytest.mark.parametrize("options", [{"optimizer": "lbfgs"}, {"target": "jax"}])
def test_steps_of_every_kind_are_bounded(options, monkeypatch) -> None:
    pytest.importorskip("jax" if "target" in options else "scipy")
    X, net = np.zeros((1000, 2)), gg.mlp(2, 300, 1)
    monkeypatch.setenv(memory.VARIABLE, "2MB")
    with pytest.raises(gg.ShapeError, match=r"a step of 1000 rows needs .* 2 MB may be used"):
        gg.fit(net, X, X[:, 0], batch_size=None, epochs=1, progress=False, **options)


@pytest.mark.skipif(sys.platform != "linux", reason="the system counts")
def test_a_layer_that_no_memory_holds_is_refused(tmp_path) -> None:
    done = graphgrad("train", "xor", "--layers", "2,1000000000,1", "--steps", "1", folder=tmp_path)
    assert done.returncode == 2
    assert "may be used" in done.stderr


@pytest.mark.parametrize(("error", "said"), [
    (MemoryError(), "there is not enough memory"),
    (RecursionError("x"), "nested too deeply"),
    (OverflowError("cannot convert"), "a number is too large"),
    (ValueError("Exceeds the limit (4300 digits) for integer string conversion"), "an integer has more than"),
    (TypeError("x"), "a fault of graphgrad's own"),
])  # fmt: skip
def test_an_error_of_any_kind_is_one_line_and_2(error, said, monkeypatch, capsys) -> None:
    room = import_module("graphgrad.cli.main")

    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(room.group, "main", fail)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit) as stop:
        room.main()
    assert stop.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(("command", "seconds"), [
    (("derive",), 0.3),
    (("show", "-o", "a.svg"), 0.3),
    (("animate", "-o", "a.svg", "--no-verify"), 0.3),
    (("run",), 0.01),  # NumPy alone is longer loaded
])  # fmt: skip
def test_algebra_and_layout_end_at_the_limit(command, seconds, tmp_path) -> None:
    text = SLOW_SUM
    values = [f"x{k}=1" for k in range(61)]
    done = graphgrad(command[0], text, *values, *command[1:], "--timeout", seconds, folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"takes longer than {seconds} s; --timeout gives it more" in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == []


def test_a_closed_form_ends_at_the_limit() -> None:
    assert gg.closed_form("(a + b) * (a - b)", timeout=60) is not None
    start = time.monotonic()
    graph = gg.grad("(a+b+c+d+e1+f)**40")
    gg.closed_form(graph, "dz_da", timeout=0.2)
    assert time.monotonic() - start < 60


@pytest.mark.parametrize(("text", "end"), [
    ("(a+b+c+d+e1+f)**40", "40 * (a + b + c + d + e1 + f) ** 39"),
    ("((a+b+c)**9+d)**9", "9 * (d + (a + b + c) ** 9) ** 8"),
    ("(a+b)**60*(c+d)**50/(a+c)**30", "50 * (a + b) ** 60 * (c + d) ** 49 / (a + c) ** 30"),
    ("*".join(f"relu({x})" for x in ("a", "b", "c", "d", "a-b", "b-c", "c-d", "d-a", "a+b")), "together: dz/dd = "),
])  # fmt: skip
def test_a_derivation_waits_for_no_closed_form_that_would_not_end(text, end) -> None:
    assert end in str(gg.derive(text)).splitlines()[-1]


PRINTED = [
    (["derive", "x*x"], "latex", b"\\begin{align*}\n"),
    (["show", "x*x"], "svg", b"<svg xmlns="),
    (["plot", "tanh(x)", "x=-3..3"], "png", b"\x89PNG"),
    (["animate", "x*x", "x=1", "--no-verify"], "json", b"{"),
    (["compile", "x*x"], "javascript", b"/*\n"),
]


def test_standard_output_takes_a_format(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for arguments, kind, start in PRINTED:
        done = CliRunner().invoke(group, [*arguments, "-o", "-", "--format", kind])
        out = done.stdout_bytes
        assert (out[: len(start)], b"wrote" in out, done.stderr, done.exit_code) == (start, False, "", 0)
        assert not [*tmp_path.iterdir()]
        for more in (["-o", "-"], ["-o", "-", "-o", "a.svg", "--format", kind], ["--format", "a/b"], ["--format", ""]):
            with pytest.raises(gg.UsageError, match="takes one --format"):
                group.main([*arguments, *more], standalone_mode=False)


TRAINED = [
    (["--save", "-"], b'"__metadata__"'),
    (["--save", "m.safetensors", "--save", "-", "--format", "py"], b'"""The value of\n'),
    (["--history", "-"], b"step,epoch,loss,"),
    (["--film", "-", "--format", "md"], b"# Training of 2-2-1\n"),
    (["--film-backprop", "-", "--format", "json"], b'{\n "format": "graphgrad-film"'),
]


def test_standard_output_takes_a_file_of_a_training(monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    train = ["train", "xor", "--layers", "2,2,1", "--steps", "5"]
    for options, start in TRAINED:
        done = CliRunner().invoke(group, [*train, *options])
        assert done.exit_code == 0, done.output
        assert start in done.stdout_bytes[:40]
        assert "5 steps in" in done.stderr
        assert ("wrote" in done.stderr) == ("m.safetensors" in options)
        assert b"5 steps in" not in done.stdout_bytes
        assert {path.name for path in tmp_path.iterdir()} <= {"m.safetensors"}
    for options in (["--save", "-", "--history", "-"], ["--history", "-", "--json"], ["--format", "csv"],
                    ["--save", "-", "--save", "-"], ["--film", "-", "--format", "a/b"]):  # fmt: skip
        with pytest.raises(gg.UsageError, match=r"standard output|no kind of file"):
            group.main([*train, *options], standalone_mode=False)


@pytest.mark.skipif(sys.platform == "win32", reason="streams are closed by a POSIX shell")
@pytest.mark.parametrize(("call", "code", "said"), [
    ("run x x=1 >&-", 0, ""),
    ("run - x=1 <&-", 2, "error: "),
    ("derive 'x*' >&- 2>&- <&-", 2, ""),
])  # fmt: skip
def test_streams_may_be_closed(call, code, said, tmp_path) -> None:
    command = f"{shlex.join(COMMAND)} {call}"
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, text=True, capture_output=True, check=False,
                          env={**os.environ, "PYTHONPATH": ROOT})  # fmt: skip
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(said)
    assert "fault" not in done.stderr


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "1e300", "a", ""])
def test_a_timeout_is_a_time(text) -> None:
    for command in COMMANDS.keys() - {"train"}:  # which ends after its steps
        with pytest.raises(click.BadParameter, match=r"is no time|is not a valid float"):
            group.main([command, "x", "x", "--timeout", text], standalone_mode=False)


@pytest.mark.parametrize("verb", [gg.verify, gg.closed_form])
def test_a_timeout_of_a_verb_is_a_time(verb) -> None:
    with pytest.raises(gg.UsageError, match="a timeout of nan is none"):
        verb("x*x", timeout=float("nan"))


def test_whoever_waits_for_ever_waits_a_day() -> None:
    assert gg.verify("x*x", timeout=float("inf")).ok


def test_standard_output_is_written_by_a_child_and_takes_one_thing(tmp_path) -> None:
    done = graphgrad("show", "x*y", "--format", "svg", folder=tmp_path, TMPDIR=str(tmp_path))
    assert (done.returncode, done.stdout.count("<svg "), done.stderr, [*tmp_path.iterdir()]) == (0, 1, "", [])
    for arguments in (
        ["show", "x", "--json"],
        ["animate", "x", "x=1", "--transcript"],
        ["compile", "x", "--explain", "-"],
    ):
        with pytest.raises(gg.UsageError, match="takes one thing"):
            group.main([*arguments, "--format", "svg"], standalone_mode=False)


TRAINING = ["train", "xor", "--layers", "2,4,1", "--steps", "100000000", "--every", "0.1",
            "--checkpoint", "c.safetensors"]  # fmt: skip


def started(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONUNBUFFERED": "", "PYTHONPATH": ROOT}
    return subprocess.Popen([*COMMAND, *arguments], cwd=folder, env=environment, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_training_that_is_ended_keeps_where_it_was(tmp_path, number, code) -> None:
    process = started(tmp_path, *TRAINING)
    while not (tmp_path / "c.safetensors").exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == code
    assert "is kept in 'c.safetensors'" in errors
    assert [p.name for p in tmp_path.iterdir()] == ["c.safetensors"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
def test_a_reader_that_has_read_enough_is_no_error(tmp_path) -> None:
    lines = [f"s{k + 1} = sin(s{k}) * {900 * 'x'}" for k in range(300)]
    (tmp_path / "p.txt").write_text("\n".join(["s0 = x * 2", *lines]))
    process = started(tmp_path, "compile", "p.txt")
    with process:
        process.stdout.read(1)
        process.stdout.close()
        errors = process.stderr.read()
    assert (process.returncode, errors) == (141, "")


def test_plots_are_the_same_bytes(tmp_path) -> None:
    pytest.importorskip("matplotlib")
    _, history = gg.fit(gg.mlp(2, 2, 1), np.eye(2), [0.0, 1.0], steps=100, progress=False)
    for suffix in (".svg", ".pdf"):
        made = []
        for k in range(2):
            history.save(tmp_path / f"{k}{suffix}")
            made.append((tmp_path / f"{k}{suffix}").read_bytes())
        assert made[0] == made[1]
        assert b"Date" not in made[0]
        assert b"dc:date" not in made[0]


def test_the_answer_of_a_bound_is_json_free_text() -> None:
    done = graphgrad("run", "sum(broadcast_to(x, (1000000, 1000000)))", "x=1", "--json")
    assert done.returncode == 2
    assert done.stdout == ""
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(done.stderr)


def family(pid: int) -> set[int]:
    """The processes that a process has started, and those that these have."""
    found = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found |= {child} | family(child)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="who lives is read from /proc")
@pytest.mark.parametrize(("arguments", "number"), [
    (["verify", "c.csv", "--timeout", "60"], signal.SIGKILL),
    (["derive", SLOW_SUM], signal.SIGKILL),
    (["animate", SLOW_SUM, "-o", "a.svg", "--timeout", "100"], signal.SIGTERM),
])  # fmt: skip
def test_a_command_that_is_killed_leaves_no_process_and_no_file(tmp_path, arguments, number) -> None:
    (tmp_path / "c.csv").write_text(f"expression,variable,claim\n{SLOW_CLAIM},x,y*x\n")
    process = started(tmp_path, *arguments)
    deadline, found = time.monotonic() + 60, set()
    wanted = 2 if arguments[0] == "verify" else 1  # the command's own, and one that judges
    while len(found) < wanted and time.monotonic() < deadline:
        found |= family(process.pid)
        time.sleep(0.05)
    process.send_signal(number)
    _, errors = process.communicate()
    said = (143, "interrupted") if number == signal.SIGTERM else (-9, "")
    assert (process.returncode, errors.strip()) == said
    while any(Path(f"/proc/{pid}").exists() for pid in found) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(found) >= wanted
    assert not [pid for pid in found if Path(f"/proc/{pid}").exists()]
    assert [path.name for path in tmp_path.iterdir()] == ["c.csv"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the limit is a child's")
def test_what_libraries_do_in_c_ends_at_the_limit_and_in_memory(tmp_path) -> None:
    hung = "import re\nre.match('(a+)+$', 40 * 'a' + 'b')"  # the matcher hears of no signal
    for work, seconds, said in (
        (hung, 0.3, "takes longer than 0.3 s; --timeout gives it more"),
        ("bytes(4_000_000_000)", 60, "there is not enough memory"),
        ("import os; os.kill(os.getpid(), 9)", 60, "was ended by the signal SIGKILL; memory may be too little"),
    ):
        script = HANG.format(work=work)
        command = [sys.executable, "-c", script, "hang", "--timeout", str(seconds)]
        done = subprocess.run(
            command, cwd=tmp_path, text=True, capture_output=True, check=False, env={**os.environ, "PYTHONPATH": ROOT}
        )
        assert done.returncode == 2, done.stderr
        assert said in done.stderr


def test_many_classes_are_learned_without_a_table_of_them(tmp_path) -> None:
    rows = "".join(f"{k % 7},word{k}\n" for k in range(300))
    (tmp_path / "t.csv").write_text("a,b\n" + rows)
    done = graphgrad("train", "t.csv", "--layers", "1,300", "--loss", "cross_entropy", "--epochs", "1", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout) < 2000


HOST = """
import os, sys
from graphgrad.cli import main

for arguments in (["derive", "x*y"], ["verify", "x*x"], ["show", "x +"]):
    sys.argv = ["graphgrad", *arguments]
    try:
        main()
    except SystemExit as stop:
        print("ended", stop.code, file=sys.stderr)
print("went on", file=sys.stderr)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a command's own process is forked")
def test_a_program_that_calls_the_command_line_goes_on_once() -> None:
    done = subprocess.run([sys.executable, "-c", HOST], capture_output=True, text=True, check=True,
                          env={**os.environ, "PYTHONPATH": ROOT})  # fmt: skip
    said = [line for line in done.stderr.splitlines() if line.startswith(("ended", "went"))]
    assert said == ["ended 0", "ended 0", "ended 2", "went on"]


@pytest.mark.skipif(sys.platform == "win32", reason="links are those of POSIX")
def test_files_that_cannot_be_written_are_said_in_words(tmp_path) -> None:
    (tmp_path / "loop.svg").symlink_to("loop.svg")
    for file, said in (
        ("loop.svg", "'loop.svg' cannot be written: it is a link that leads back to itself"),
        (f"{300 * 'a'}.svg", "File name too long"),
    ):
        done = graphgrad("show", "x*y", "-o", file, folder=tmp_path)
        assert (done.returncode, done.stderr.startswith("error: ")) == (2, True)
        assert said in done.stderr
        assert "Errno" not in done.stderr


def test_the_variable_is_a_size_for_every_command() -> None:
    for size in ("abc", "-1", "nan", "0"):
        done = graphgrad("run", "x*y", "x=1", "y=2", **{memory.VARIABLE: size})
        assert (done.returncode, done.stdout) == (2, "")
        assert f"'{size}' is no size of memory" in done.stderr


def test_a_table_that_nobody_reads_shows_its_ends() -> None:
    from graphgrad.cli.answers import LISTED

    done = CliRunner().invoke(group, ["run", "+".join(["x"] * (2 * LISTED + 100)), "x=1"])
    assert f"z = {2 * LISTED + 100}" in done.stdout
    assert "rows more, which --json gives" in done.stdout
    assert len(done.stdout.splitlines()) < 2 * LISTED + 20
