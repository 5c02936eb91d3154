"""Inputs that try to get in or to make it fall over, each with the exit codes that are right for it."""

import io
import itertools
import json
import struct
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from hostile import TEXTS


class Case(NamedTuple):
    """A call of the command line in a folder with some files, and the exit codes that it may end with."""

    kind: str
    arguments: tuple[str, ...]
    codes: tuple[int, ...]
    files: dict[str, bytes] = {}  # noqa: RUF012  (nobody changes it)


FINE, REFUSED, EITHER, JUDGED = (0,), (2,), (0, 2), (0, 1, 2, 3)

PROGRAMS = (  # that are none
    *(
        "import os",
        "from os import *",
        "__import__('os')",
        "exec('1')",
        "eval('x')",
        "open('f')",
        "().__class__",
        "x.__class__",
    ),
    *(
        "x.__init__.__globals__",
        "lambda: x",
        "[x for x in y]",
        "{x: 1}",
        "{x, y}",
        "(x for x in y)",
        "x if y else",
        "f'{x}'",
    ),
    *(
        "b'x'",
        "'x'",
        '"""x"""',
        "x := 1",
        "(x := 1)",
        "await x",
        "yield x",
        "async def f(): 1",
        "def f(): 1",
        "class A: 1",
    ),
    *(
        "for i in x: y",
        "while 1: x",
        "if x: y",
        "with x: y",
        "try: x\nexcept: y",
        "raise x",
        "return x",
        "del x",
        "global x",
    ),
    *(
        "assert x",
        "pass",
        "break",
        "x = y = 1 +",
        "x, y = 1",
        "*x",
        "**x",
        "f(*x)",
        "f(**x)",
        "x[y]",
        "x[y:z]",
        "x.y",
        "x.T.y",
    ),
    *(
        "np.load('f')",
        "np.__loader__",
        "np.lib.npyio",
        "math.os",
        "sin.x",
        "sin",
        "sin()",
        "sin(x, y)",
        "sin(x=1)",
        "sin(x, a=1)",
    ),
    *(
        "sum(x, axis='os')",
        "sum(x, axis=1e3)",
        "sum(x, axis=[x])",
        "sum(x, keepdims=2)",
        "reshape(x, -5)",
        "reshape(x, (-1, -1))",
    ),
    *(
        "1j",
        "0x",
        "0b2",
        "1_",
        "1__0",
        "1.2.3",
        "1e",
        "09",
        "x y",
        "x 2",
        "2x",
        "x!",
        "x?",
        "x$",
        "x@",
        "@x",
        "x;;y",
        ";",
        "()",
    ),
    *(
        "",
        " ",
        "\n\n",
        "#",
        "\t#x",
        "\\",
        "\\\n",
        "x \\",
        "..",
        "...",
        "x...",
        "->",
        "=>",
        "<>",
        "x <> y",
        "x === y",
        "x !== y",
    ),
    *(
        "x && y",
        "x || y",
        "!x",
        "x++",
        "++",
        "x--",
        "x // y",
        "x % y",
        "x << 2",
        "x >> 2",
        "x ^ y",
        "x and y",
        "x or y",
        "not x",
    ),
    *(
        "x in y",
        "x is y",
        "x == 'a'",
        "None",
        "True",
        "Ellipsis",
        "print(x)",
        "help()",
        "exit()",
        "input()",
        "breakpoint()",
    ),
    *(
        "globals()",
        "vars()",
        "dir()",
        "getattr(x, 'y')",
        "type(x)",
        "x.real",
        "x.shape",
        "x.dot(y).z",
        "np.random.rand()",
    ),
    *(
        "x₁",
        "x²",
        "√x",
        "x×y",
        "x÷y",
        "x≤y",
        "∞",
        "π²",
        "∂x",
        "∑x",
        "x‐y",
        "x–y",
        "（x）",
        "ｘ＋",
        "x\u200by",
        "x\u202ey",
        "\ufeff",
    ),
    *(
        "9" * 5000,
        "x**" + "9" * 5000,
        "1e400",
        "-1e400 * x",
        "2**2**2**2**2**2**9",
        "10**10**10",
        "99999**99999",
    ),
    *(
        "(" * 300 + "x" + ")" * 300,
        "-" * 3000 + "x",
        "sin(" * 500 + "x" + ")" * 500,
        "x" * 300_000 + "(",
        "[" * 2000,
        "x[" * 500,
    ),
    *(
        "sum(broadcast_to(x, (10**9, 10**9)))",
        "sum(broadcast_to(x, (99999999999, 99999999999)))",
        "zeros(10**12)",
        "eye_mask(x)",
    ),
    *(
        "concatenate([])",
        "concatenate(x)",
        "stack([])",
        "where(x, y, z",
        "where(x)",
        "maximum()",
        "pick(x)",
        "take(x, 1.5)",
    ),
)
FALLING = (  # that are programs, and hard ones
    "(" * 60 + "x" + ")" * 60, " + ".join(["x"] * 2000), "x" + " * x" * 2000, "x" + "**2" * 40, "sin(" * 90 + "x" + ")" * 90,
    "\n".join(f"v{k + 1} = v{k} * v{k}" for k in range(200)).replace("v0", "x"), "x * " + "a" * 10_000, "1e308 * x", "x * 5e-324",
    ";".join(f"y{k}=x*{k}" for k in range(1000)) + ";y1", "where(x>0," * 30 + "x" + ",-x)" * 30, "x" + "\n" * 1000, "x # " + "c" * 100_000,
)  # fmt: skip
VALUES = (
    *(
        "",
        "=",
        "x",
        "x=",
        "=1",
        "x==1",
        "x=1=2",
        "1=x",
        "x y=1",
        "x=nan",
        "x=inf",
        "x=-inf",
        "x=1e999",
        "x=--1",
        "x=+-1",
        "x=1,5",
    ),
    *(
        "x=[",
        "x=[]",
        "x=[[]]",
        "x=[1,[2]]",
        "x=[null]",
        "x=[true]",
        "x=['a']",
        'x=["a"]',
        'x={"a":1}',
        "x=[1e999]",
        "x=[NaN]",
    ),
    *(
        "x=@",
        "x=@.",
        "x=@/",
        "x=@/dev/null",
        "x=@nofile.npy",
        "x=@../..",
        "x=@~",
        "x=@\x01",
        "x=@a.exe",
        "x=__import__('os')",
    ),
    *(
        "x=open('f')",
        "x=y",
        "x=sin",
        "x=1;2",
        "x=1\n2",
        "x=0x10",
        "x=1_000",
        "x=1e",
        "x=pi",
        "x=pi*e",
        "x=log(0)",
        "x=1/0",
        "x=9**9**9",
    ),
    *(
        "x=" + "9" * 5000,
        "x=[" + "9" * 5000 + "]",
        "x=" + "[" * 5000,
        "x=" + "(" * 500 + "1" + ")" * 500,
        "x=\ud800",
        "x=١",
        "x=½",
    ),
)
OPTIONS = (
    *(("--lr", v) for v in ("nan", "inf", "-1", "x", "", "1e999")),
    *(("--steps", v) for v in ("-1", "0", "1.5", "x", "", "9" * 5000)),
    *(("--batch", v) for v in ("-1", "0", "x", "1.5")),
    *(("--layers", v) for v in ("", ",", "2", "2,", "2,x,1", "2,0,1", "2,-4,1", "3,4,1", "2,1000000000000,1", "2,4,1,", "1e3,1")),
    *(("--activation", v) for v in ("", "nope", "os.system", "x.y", "import os", "lambda x: x", "x + y", "sum(x)", "x" * 5000)),
    *(("--loss", v) for v in ("", "nope", "R", "Y", "R - Y", "os(R, Y)", "sum(R - Y", "__import__('os')", "R\nY")),
    *(("--optimizer", v) for v in ("", "nope", "p - lr", "p = 1", "p - lr * q", "__import__('os')", "p - lr * g; p")),
    *(("--schedule", v) for v in ("", "nope", "__import__('os')", "t t", "sum(", "x")),
    *(("--set", v) for v in ("", "mu", "mu=", "mu=x", "nope=1", "mu=[1]", "mu=nan", "=1")),
    *(("--validation", v) for v in ("-1", "1", "2", "nan", "x")),
    *(("--target", v) for v in ("", "nope", "fortran", "numpy\n")),
    *(("--initial", v) for v in ("", "nope", "os")), *(("--seed", v) for v in ("-1", "x", "1.5")),
    *(("--save", v) for v in ("", "m", "m.txt", "no/m.safetensors", ".", "/proc/x.safetensors", "m\x01.exe")),
    *(("--history", v) for v in ("h", "h.exe", "no/h.csv", ".")), ("--memory", "1"), ("--nope", "1"), ("--l2", "nan"), ("--l1", "-1"),
)  # fmt: skip
MODULES = (
    *(
        "import os; os.system('touch RAN')",
        "open('RAN', 'w')",
        "def value_and_grad(x): return eval('x')",
        "raise SystemExit",
    ),
    *(
        "def value_and_grad(x):\n    return x, {'x': 1}",
        "def value_and_grad(*a): pass",
        "value_and_grad = 1",
        "",
        "\x00",
        "x =",
    ),
    *(
        "def value_and_grad(x):\n    while True: pass",
        "def value_and_grad(x):\n    return value_and_grad(x)",
        "class A:\n    pass",
    ),
    *(
        '"""doc"""\nimport numpy as np\n\ndef value_and_grad(x):\n    return np.load(x), {}',
        "import nope",
        "from . import x",
    ),
    *(
        "def value_and_grad(x):\n    [0] * 10**12\n    return x, {'x': 1}",
        "def value_and_grad(x):\n    return 9**9**9, {'x': 1}",
    ),
    *(
        "# coding: utf-7\n+AG8-",
        "# coding: nope\nx",
        "\ufeffx = 1",
        "(" * 3000,
        "def f(" + ",".join(f"a{k}" for k in range(3000)) + "): 0",
    ),
    *(
        "exec(compile('x', '', 'exec'))",
        "__builtins__",
        "@open\ndef value_and_grad(x): return x, {}",
        "import sys; sys.exit(0)",
    ),
)
CLAIMS = ("2*x", "x", "", "import os", "__import__('os')", "x +", "9**9**9", "(" * 500, "nan", "inf", "x/0", "y", "=1+1", "\x00", "\x1b[31m",
          "2*x; 3", "2*x\n", "sum(x)", "x" * 10_000, "1e999", "2*x # \u202e", "'2*x'", '"', "a,b", "[x]", "lambda: 1", "True", "None")  # fmt: skip
TABLES = (
    *(
        b"",
        b"\n",
        b"a",
        b"a,b",
        b"a,b\n",
        b"a,b\n1",
        b"a,b\n1,2,3\n",
        b"1,2\n3,x\n",
        b"a,a\n1,2\n",
        b"\xff\xfe1,2\n",
        b"\x00,1\n2,3\n",
    ),
    *(
        b'"a,b\n1,2\n',
        b'a,b\n"1,2\n',
        b"a,b\n1,nan\n",
        b"a,b\n1,inf\n",
        b"a,b\n1,\n",
        b"a;b\n1;2\n",
        b"a\tb\n1\t2\n",
        b"a,b\n1e999,2\n",
    ),
    *(
        b"a,b\r\n1,2\r\n",
        b"a,b\r1,2\r",
        b"\xef\xbb\xbfa,b\n1,2\n",
        b",\n,\n",
        b"a,b\n=1+1,2\n",
        b"a,b\n\x1b[31m,2\n",
        b"1," * 9999 + b"1\n",
    ),
    *(
        b"a,b\n" + b"9" * 5000 + b",1\n",
        b'a,b\n"' + b"x" * 200_000 + b'",1\n',
        b"a,b\n1,2\n" * 50,
        "a,b\n１,２\n".encode(),
        b"a,b\n1 000,2\n",
    ),
)


def corpus() -> Iterator[Case]:
    """Every case, in an order that stays."""
    yield from (
        Case("program", ("run", "--", text, "x=1"), EITHER if text in {"sin", "π²"} else REFUSED) for text in PROGRAMS
    )
    for text in FALLING:
        yield Case("hard program", ("run", "--", text, "x=0.5"), EITHER)
        yield Case("hard program", ("derive", "--timeout", "5", "--", text), EITHER)
        yield Case("hard program", ("compile", "--", text), EITHER)
    for text in TEXTS:
        program = f"x*y # {text}".encode(errors="surrogatepass")
        for command in (("run", "p.txt", "x=1", "y=2"), ("compile", "p.txt"), ("compile", "p.txt", "-o", "o.c")):
            yield Case("comment", command, EITHER, {"p.txt": program})
        yield Case("dimension", ("show", f"sum(broadcast_to(x, ({text!r}, 3)))"), REFUSED)
        yield Case("dimension", ("show", "sum(X)", "--shape", f"X={text},2"), EITHER)
        yield Case("file name", ("run", f"{text}.txt"[:200].replace("\0", "")), EITHER)
        yield Case(
            "file name",
            ("derive", "x*x", "-o", (text.replace("/", "_").replace("\0", "")[:100] or "a") + ".tex"),
            EITHER,
        )
        yield Case(
            "claim", ("verify", "x**2", "--claim", f"x=2*x # {text}".replace("\0", ""), "--timeout", "2"), JUDGED
        )
    yield from (Case("value", ("run", "x*2", value), EITHER) for value in VALUES)
    yield from themes()
    yield from (
        Case("option", ("train", "xor", "--steps", "10", *option), EITHER if option in FITTING else REFUSED)
        for option in OPTIONS
    )
    for text in MODULES:
        yield Case("module", ("verify", "m.py", "--timeout", "1"), JUDGED, {"m.py": text.encode()})
    for claim in CLAIMS:
        row = json.dumps({"expression": "x**2", "variable": "x", "claim": claim})
        yield Case("claims", ("verify", "c.jsonl", "--timeout", "1"), JUDGED, {"c.jsonl": row.encode()})
    for table in TABLES:
        yield Case("claims", ("verify", "c.csv", "--timeout", "1"), JUDGED, {"c.csv": table})
        yield Case("table", ("train", "t.csv", "--layers", "1,1", "--steps", "5"), EITHER, {"t.csv": table})
    for time in ("0", "-1", "nan", "inf", "1e300", "1e-9", "a"):
        codes = JUDGED if time == "1e-9" else REFUSED
        yield from (Case("timeout", (*call, "--timeout", time), codes) for call in TIMED)
    for name, text in GRAPHS.items():
        yield Case("graph", ("show", name), EITHER, {name: text.encode()})
    yield from arrays()
    yield from models()


TIMED = (("verify", "x*y"), ("derive", "x*y"), ("show", "x*y"), ("plot", "sin(x)", "x=0..1", "-o", "p.svg"))
ENTITIES = "".join(f'<!ENTITY {b} "{10 * f"&{a};"}">' for a, b in itertools.pairwise("abcdefghij"))
GRAPHS = {
    "laugh.graphml": f'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">{ENTITIES}]><graphml>&j;</graphml>',
    "file.graphml": '<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><graphml>&x;</graphml>',
    "deep.json": 100_000 * "[",
    "nan.json": '{"nodes": [{"id": NaN}], "edges": []}',
    "large.json": '{"nodes": [{"id": 0, "op": "const", "value": 1e999}], "edges": []}',
    "none.json": "null",
}


FITTING = {("--optimizer", "p - lr"), ("--optimizer", "p = 1"), ("--layers", "2,4,1,"), ("--history", "h.csv"), ("--lr", "-1"),
           ("--schedule", "x"), ("--steps", "0"), ("--set", "mu=nan"), ("--activation", "sum(x)"), ("--loss", "R - Y"), ("--loss", "R")}  # fmt: skip


def themes() -> Iterator[Case]:
    """Themes as files."""
    lines = [
        f"{key} = {json.dumps(text)}"
        for key in ("name", "base", "ground")
        for text in TEXTS[:30]
        if "\ud800" not in text
    ]
    lines += [
        "base = 5",
        "line = nan",
        "line = []",
        "x = 1",
        "= 1",
        "[base]",
        "base = 't.toml'",
        "name = 1979-05-27",
        "a" * 100_000,
    ]
    for line in lines:
        yield Case("theme", ("show", "x*x", "-o", "a.svg", "--theme", "t.toml"), EITHER, {"t.toml": line.encode()})


def damaged(content: bytes, count: int) -> Iterator[bytes]:
    """A file cut short, and with single bytes changed, evenly spread."""
    generator = np.random.default_rng(len(content))
    for k in range(count):
        yield content[: k * len(content) // count]
        place, changed = int(generator.integers(len(content))), bytearray(content)
        changed[min(place, 400 + place % 100)] ^= 1 << int(generator.integers(8))
        yield bytes(changed)


def arrays() -> Iterator[Case]:
    """Files of arrays: damaged ones, and those that promise more than there is."""
    stream = io.BytesIO()
    np.save(stream, np.arange(6.0).reshape(2, 3))
    packed = io.BytesIO()
    np.savez_compressed(packed, X=np.eye(4), y=np.arange(4.0))
    for content in damaged(stream.getvalue(), 12):
        yield Case("array", ("run", "sum(x)", "x=@a.npy"), EITHER, {"a.npy": content})
    for content in damaged(packed.getvalue(), 12):
        yield Case("array", ("train", "a.npz", "--layers", "4,1", "--steps", "5"), EITHER, {"a.npz": content})
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**7, 10**7)})
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w") as file:
        file.writestr("X.npy", header.getvalue())
    pickled = io.BytesIO()
    np.save(pickled, np.array([print], dtype=object), allow_pickle=True)
    yield Case("array", ("run", "sum(x)", "x=@a.npy"), REFUSED, {"a.npy": header.getvalue()})
    yield Case("array", ("run", "sum(x)", "x=@a.npy"), REFUSED, {"a.npy": pickled.getvalue()})
    yield Case("array", ("train", "a.npz", "--layers", "4,1"), REFUSED, {"a.npz": bomb.getvalue()})
    for text in ("", "[", "[1,[2]]", "nul", "{}", "[1e999]", '["a"]', "[" * 3000, "[" + "9" * 5000 + "]"):
        yield Case("array", ("run", "sum(x)", "x=@a.json"), EITHER, {"a.json": text.encode()})


def models() -> Iterator[Case]:
    """Models and checkpoints: damaged ones, and those that say what is not so."""
    said = {"graphgrad": "0", "program": "R = X @ W1.T + b1", "shapes": {"X": ["N", 2], "W1": [1, 2], "b1": [1]},
            "loss": ["mse", "mse(R, Y)", "numbers"], "dtype": "float64", "classes": [], "columns": []}  # fmt: skip
    table = {"t.csv": b"a,b\n1,2\n3,4\n"}
    changes = [
        {key: value} for key in said for value in (None, 5, "x", [], {}, "import os", [["N"]], {"X": ["a b", -1]})
    ]
    changes += [
        {"program": text}
        for text in ("__import__('os')", "R = X @ W1.T + b1 + sum(broadcast_to(1, (99999999, 99999999)))", "(" * 900)
    ]
    for change in changes:
        yield Case(
            "model",
            ("predict", "m.safetensors", "t.csv"),
            EITHER,
            {"m.safetensors": tensors("model", said | change), **table},
        )
    for content in damaged(tensors("model", said), 20):
        yield Case("model", ("predict", "m.safetensors", "t.csv"), EITHER, {"m.safetensors": content, **table})
        yield Case("checkpoint", ("train", "xor", "--steps", "5", "--checkpoint", "m.safetensors", "--resume"), REFUSED,
                   {"m.safetensors": content})  # fmt: skip


def tensors(kind: str, said: dict[str, object]) -> bytes:
    """A file of the tensors of a small network, with a description."""
    data = np.arange(3.0).tobytes()
    head = {
        "__metadata__": {kind: json.dumps(said)},
        "W1": {"dtype": "F64", "shape": [1, 2], "data_offsets": [0, 16]},
        "b1": {"dtype": "F64", "shape": [1], "data_offsets": [16, 24]},
    }
    text = json.dumps(head).encode()
    return struct.pack("<Q", len(text)) + text + data
