"""What commands share on their input side: the program, and values of its inputs."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from functools import wraps
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TextIO
from zipfile import BadZipFile

import click

from graphgrad import GraphgradError, UsageError
from graphgrad.api.client import TEXT, check_kind, is_size, refuse_file
from graphgrad.cli.answers import UNSAID, readable

if TYPE_CHECKING:
    from graphgrad.api.types import Graph

Command = Callable[..., Any]


def program(command: Command) -> Command:
    """Add EXPR and the values."""
    command = click.argument("values", nargs=-1, metavar="[NAME=VALUE]...")(command)
    return click.argument("source", metavar="EXPR")(command)


def as_written(command: Command) -> Command:
    """Add --as-written."""
    return click.option("--as-written", is_flag=True, help="Compute without stable forms: log(1+x) by no log1p.")(
        command
    )


def by_inputs(command: Command) -> Command:
    """Add --wrt."""
    words = "Input to differentiate by; all by default."
    return click.option("--wrt", type=readable, multiple=True, metavar="NAME", help=words)(command)


def gradient(command: Command) -> Command:
    """Add --wrt and --of."""
    words = "Output to differentiate, where there are several."
    return by_inputs(click.option("--of", type=readable, metavar="NAME", help=words)(command))


def nonfinite(command: Command) -> Command:
    """Add --allow-nonfinite."""
    words = "Go on where a value becomes infinite or NaN from finite ones."
    return click.option("--allow-nonfinite", is_flag=True, help=words)(command)


def say_given_nonfinite(values: dict[str, Any]) -> None:
    """Say once, beside the answer, which inputs come in as inf or NaN: all that is made of them passes through."""
    import numpy as np

    if strange := [name for name, value in values.items() if not np.isfinite(value).all()]:
        click.echo(f"note: {', '.join(strange)} not finite; what is computed from it follows NumPy", err=True)


def outputs(command: Command) -> Command:
    """Add -o FILE, as often as wanted, and --format KIND for what is written to standard output instead."""

    @wraps(command)
    def wrote(*, files: tuple[Path, ...], kind: str | None, **said: Any) -> None:
        if kind is None and STANDARD not in files:
            command(files=files, **said)
            return
        if kind is None or not kind.isalnum() or {*files} - {STANDARD}:
            hint = "as in -o - --format svg"
            raise UsageError("standard output takes one --format, and no file beside it", hint=hint)
        if spoken := next((option for option, value in SPOKEN.items() if said.get(option) == value), ""):
            raise UsageError(f"standard output takes one thing, and '{spoken}' is printed there, too")
        with _to_standard_output(kind, StringIO()) as file:
            command(files=(file,), **said)

    made = click.option(
        "--format", "kind", metavar="KIND", help="Write to standard output, as svg, json, latex, ...; -o - is the same."
    )(wrote)
    return click.option(
        "-o", "--output", "files", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
        help="File to write, of a kind told by its suffix; may be given more than once.",
    )(made)  # fmt: skip


def standard_output(**kinds: str) -> Callable[[Command], Command]:
    """Let options that name a file take - for standard output, each with a kind of its own unless --format names one.

    What else the command prints goes to the other stream then.
    """

    def add(command: Command) -> Command:
        @wraps(command)
        def wrote(*, kind: str | None, **said: Any) -> None:
            asked = [name for name in kinds if STANDARD in _files(said[name])]
            if not asked and kind is not None:
                raise UsageError("--format is of a file that goes to standard output", hint="such as --save -")
            if not asked:
                command(**said)
                return
            if len(asked) > 1 or _files(said[asked[0]]).count(STANDARD) > 1 or said["as_json"]:
                raise UsageError("standard output takes one thing", hint="name files for the others")
            (name,) = asked
            with _to_standard_output(kind or kinds[name], sys.stderr) as file:
                files = tuple([file if one == STANDARD else one for one in _files(said[name])])
                command(**{**said, name: files if isinstance(said[name], tuple) else file})

        words = "Of what goes to standard output, where a file is named -."
        return click.option("--format", "kind", metavar="KIND", help=words)(wrote)

    return add


def _files(said: Path | tuple[Path, ...] | None) -> tuple[Path, ...]:
    return said if isinstance(said, tuple) else () if said is None else (said,)


@contextmanager
def _to_standard_output(kind: str, other: TextIO) -> Iterator[Path]:
    """A file whose content goes to standard output at the end; what is printed meanwhile goes elsewhere."""
    if not kind.isalnum():
        raise UsageError(f"'{kind}' is no kind of file", hint="as in --format svg")
    with TemporaryDirectory(prefix=UNSAID) as folder:
        file = Path(folder) / f"output.{KINDS.get(kind, kind)}"
        with redirect_stdout(other):
            yield file
        sys.stdout.buffer.write(file.read_bytes())
        sys.stdout.flush()


STANDARD = Path("-")
KINDS = {"text": "txt", "markdown": "md", "latex": "tex", "python": "py", "javascript": "js"}  # and what suffixes are
SPOKEN = {"as_json": True, "transcript": True, "explain": STANDARD}  # options that print what they say


class Once(click.Command):
    """A command that refuses an option given twice where it takes one: the first would be lost without a word.

    Neither is a file without a name taken for the current folder.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Look at what is said, and go on."""
        values, _, order = self.make_parser(ctx).parse_args(args=[*args])
        said = [p for p in order if isinstance(p, click.Option)]
        for option in said:
            if isinstance(option.type, click.Path) and "" in _several(values[option.name]):
                raise UsageError(f"{option.opts[-1]} has a file without a name")
            if said.count(option) > 1 and not option.multiple and not option.is_flag:
                raise UsageError(f"{option.opts[-1]} is given twice, and takes one {option.metavar or 'value'}")
        return super().parse_args(ctx, args)


def _several(said: Any) -> Sequence[Any]:
    return said if isinstance(said, list | tuple) else (said,)


def verb(*examples: str) -> Callable[[Command], click.Command]:
    """Make a function the command that its examples call."""
    epilog = "\b\nExample:" + "".join(f"\n  graphgrad {example}" for example in examples)
    return click.command(examples[0].partition(" ")[0], cls=Once, epilog=epilog)


def shape_option(command: Command) -> Command:
    """Add --shape NAME=SIZES."""
    return click.option(
        "--shape", "shapes", multiple=True, metavar="NAME=N,2", help="Shape of an input, sizes or names of dimensions."
    )(command)


def read_program(source: str) -> str:
    """Give the program's text: a file's, standard input's, or the argument itself."""
    if source == "-":
        from graphgrad.api.source import LENGTH

        return sys.stdin.read(LENGTH + 1)  # what is longer is refused, and need not be read
    path = Path(source)
    try:
        found = len(source) < 256 and path.is_file()
        if len(source) < 256 and source[:1] in {"/", "."} and path.is_dir():
            raise UsageError(f"'{source}' is a folder", hint="name a file that holds a program")
    except (OSError, ValueError):  # too long for a file's name, or with a null in it
        found = False
    if found:
        refuse_file(path)
        try:
            return path.read_text(encoding="utf-8")
        except ValueError:
            raise UsageError(f"'{source}' is no text", hint="a program is a file of UTF-8") from None
    if path.suffix in {".txt", ".gg", ".py"} and "(" not in source and " " not in source:
        raise UsageError(f"there is no file '{source}'")
    return readable(source)


def read_values(pairs: Sequence[str]) -> dict[str, Any]:
    """Give the values of NAME=VALUE arguments: numbers, constant expressions, lists, and @files of arrays."""
    values: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        name, text = readable(name), text if text.startswith("@") else readable(text)
        if not equals or not name.isidentifier() or not text:
            raise UsageError(f"'{pair}' is no value", hint="write NAME=VALUE, as in x1=0.5, b=[0,1] or W=@weights.npy")
        name = unicodedata.normalize("NFKC", name)  # as the program's names are read
        if name in values:
            raise UsageError(f"'{name}' is given twice")
        values[name] = _value(name, text.strip())
    return values


def read_shapes(pairs: Sequence[str]) -> dict[str, tuple[int | str | type, ...]]:
    """Give the shapes of NAME=SIZES arguments; behind the sizes may stand what the entries are, bool or int."""
    shapes: dict[str, tuple[int | str | type, ...]] = {}
    for pair in pairs:
        name, equals, text = readable(pair).partition("=")
        sizes = [s.strip() for s in text.strip("()").split(",") if s.strip()]
        if not equals or not name.isidentifier() or not all((s.isascii() and s.isdigit()) or is_size(s) for s in sizes):
            raise UsageError(f"'{pair}' is no shape", hint="write NAME=SIZES, as in X=N,2")
        last = [_TYPES.get(s, s) for s in sizes[-1:]]
        shapes[name] = tuple([int(s) if isinstance(s, str) and s.isdigit() else s for s in (*sizes[:-1], *last)])
    return shapes


_TYPES = {"bool": bool, "int": int}  # behind the sizes of what is no array of numbers


def read_graph(source: str, values: dict[str, Any], shapes: Sequence[str] = ()) -> Graph:
    """Give the graph of EXPR, with shapes as declared and as the values have them."""
    import numpy as np

    from graphgrad import parse
    from graphgrad.api.files import read_graph as read

    if (graph := read(source)) is not None:
        return graph
    kinds = {name: np.asarray(value) for name, value in values.items()}
    declared = {name: (*v.shape, bool) if v.dtype == bool else v.shape for name, v in kinds.items()}
    declared |= read_shapes(shapes)
    return parse(read_program(source), declared)


def _value(name: str, text: str) -> Any:
    if text.startswith("@"):
        return _array(name, text[1:])
    if text.startswith("["):
        try:
            return _numbers(json.loads(text))
        except ValueError:
            raise UsageError(
                f"'{text}' is no list of numbers", hint=f"write {name}=[0,1] or {name}=[[0,1],[2,3]]"
            ) from None
    try:
        return float(text) if not text.lstrip("+-").isdigit() else int(text)
    except ValueError:
        return _constant(name, text)


def _constant(name: str, text: str) -> float:
    from graphgrad import parse, trace

    refused = f"'{text}' is no value for '{name}'"
    if any(sign in text for sign in ";=\n"):
        raise UsageError(refused, hint="write a number, or an expression of numbers")
    if re.fullmatch(r"[+-]?\d+,\d+", text):
        raise UsageError(
            refused, hint=f"decimals have a point, {text.replace(',', '.')}; a list has brackets, [{text}]"
        )
    try:
        graph = parse(text)
        if graph.inputs:
            raise UsageError(f"{refused}: {next(iter(graph.inputs))} is not known")
        value = trace(graph).value
        return value if isinstance(value, bool) else float(value)
    except GraphgradError as error:
        raise error if isinstance(error, UsageError) else UsageError(f"{refused}: {error.message}") from None


def _array(name: str, file: str) -> Any:
    path = Path(file)
    if not path.is_file():
        raise UsageError(f"there is no file '{file}' for '{name}'")
    check_kind(path, _READERS)
    read, times = _READERS[path.suffix]
    refuse_file(path, times)
    try:
        return read(path, name)
    except (ValueError, EOFError, BadZipFile, KeyError, TypeError, SyntaxError, RuntimeError, zlib.error):
        raise UsageError(f"'{file}' holds no array of numbers for '{name}'") from None


def _npy(path: Path, _: str) -> Any:
    import numpy as np

    return _numbers(np.load(path, mmap_mode="r", allow_pickle=False))  # no larger than the file, whatever it says


def _npz(path: Path, name: str) -> Any:
    import numpy as np

    from graphgrad.api.files import check_unpacked

    check_unpacked(path)
    with np.load(path, allow_pickle=False) as arrays:
        if name not in arrays:
            raise UsageError(f"'{path}' holds no array '{name}'", hint=f"it has {', '.join(arrays) or 'none'}")
        return _numbers(arrays[name])


def _table(path: Path, _: str) -> Any:
    import numpy as np

    return np.loadtxt(path, delimiter="," if path.suffix == ".csv" else None, ndmin=1)


def _json(path: Path, _: str) -> Any:
    return _numbers(json.loads(path.read_text(encoding="utf-8")))


_READERS = {  # and how many times its size a file takes while it is read
    ".npy": (_npy, 1),
    ".npz": (_npz, 1),
    ".csv": (_table, TEXT),
    ".txt": (_table, TEXT),
    ".json": (_json, TEXT),
}


def _numbers(value: Any) -> Any:
    import numpy as np

    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise ValueError("not all entries are numbers")
    return array
