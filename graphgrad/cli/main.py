"""The command group: it knows every command's name and one line, and imports only the one that is called."""

from __future__ import annotations

import os
import signal
import sys
from codecs import lookup
from contextlib import suppress
from importlib import import_module
from io import StringIO, TextIOWrapper
from threading import Event
from typing import Any

import click

import graphgrad
from graphgrad import GraphgradError
from graphgrad.api.client import MEMORY, did_you_mean, memory_size, terminal
from graphgrad.cli.limits import COMMAND

COMMANDS = {
    "run": "Evaluate an expression and its gradient.",
    "show": "Draw or list a graph, or write it for other tools.",
    "plot": "Plot functions of one number and their derivatives.",
    "animate": "Film backpropagation, one step a frame.",
    "derive": "Write the chain rule out by hand.",
    "verify": "Prove a gradient, or refute it by a witness.",
    "compile": "Turn value and gradient into a standalone module.",
    "train": "Train a network on a data set or a file.",
    "predict": "Let a trained network answer for a file of examples.",
    "evaluate": "Score a trained network on a file of examples.",
}

PLACES = {"train": "training.train"}  # of a command that is more than a file

EXAMPLES = """\b
Examples:
  graphgrad run "log(x1*x2)*sin(x2)" x1=0.5 x2=0.75
  graphgrad show "sigmoid(w*x + b)" -o neuron.svg
  graphgrad animate "log(x1*x2)*sin(x2)" x1=0.5 x2=0.75 -o backprop.gif
  graphgrad derive "y3 = x1*x2; z = log(y3)*sin(x2)" --wrt x1
  graphgrad verify "log(x1*x2)*sin(x2)" --claim "x1=sin(x2)/x1"
  graphgrad compile "log(x1*x2)*sin(x2)" -o step.py
  graphgrad train xor --layers 2,4,1 --save model.safetensors
  graphgrad predict model.safetensors data.csv

EXPR is an expression, a program of assignments, a file that holds one, or - for standard input. Values are numbers,
lists or files: x1=0.5  t=pi/4  b=[0,1]  W=@weights.npy.
"""


class Commands(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"graphgrad.cli.{PLACES.get(cmd_name, cmd_name)}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command, or say which one was probably meant."""
        if args[0] not in COMMANDS:
            hint = did_you_mean(args[0], COMMANDS) or f"there are {', '.join(COMMANDS)}"
            if not args[0].isidentifier() and not args[0].startswith("-"):
                hint = f'an expression comes after one: graphgrad run "{args[0]}"'
            raise click.UsageError(f"there is no command '{args[0]}'; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(graphgrad.__version__, prog_name="graphgrad")
@click.option("--memory", metavar="SIZE", help="What arrays may take, as in 4GB; half of the memory otherwise.")
def group(memory: str | None) -> None:
    """Computation graphs, their gradients, and films of backpropagation."""
    said = os.environ.get(MEMORY) if memory is None else memory
    if said is not None:
        memory_size(said)
        os.environ[MEMORY] = said  # for the processes that are started, too


def main() -> None:
    """Run the command line; errors say what would be right, and exit with 2."""
    caller, code = os.getpid(), 0
    try:
        call()
    except SystemExit as stop:
        if os.getpid() == caller:
            raise
        code = stop.code if isinstance(stop.code, int) else 0
    if os.getpid() != caller:  # a command's own process: what the caller does next is not for it to do again
        with suppress(OSError):
            sys.stderr.flush()
        os._exit(code)


def call() -> None:
    """Run the command that was called, and end as it does."""
    set_up_streams()
    signal.signal(signal.SIGTERM, terminated)
    written = sys.stdout
    try:
        group.main(standalone_mode=False, obj=COMMAND)
        sys.stdout.flush()
    except SystemExit:
        if sys.stdout is not written:  # click has put another in its place: whoever reads has read enough
            leave(128 + PIPE)
        raise
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        say_misused(error)
        leave(2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        leave(128 + PIPE)
    except (click.Abort, KeyboardInterrupt) as stop:
        told = str(stop.__cause__ or "")  # click's Abort has the interrupt as its cause
        click.echo(f"interrupted: {terminal(told)}" if told else "interrupted", err=True)
        leave(128 + (signal.SIGTERM if TERMINATED.is_set() else signal.SIGINT))
    except Exception as error:  # noqa: BLE001  (1 says that a gradient is wrong: an error must not end with it)
        click.echo(f"error: {terminal(explained(error))}", err=True)
        leave(2)


def set_up_streams() -> None:
    """Open streams that the caller has closed, lest files take their numbers, and let all of them take any text."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):  # in the order of their numbers
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and lookup(stream.encoding).name == "ascii":  # as the locale has it
            stream.reconfigure(encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a Greek name on a terminal of another alphabet is no reason to fail
            stream.reconfigure(errors="backslashreplace")


def say_misused(error: click.ClickException) -> None:
    """Say what click has against a call."""
    said = StringIO()
    error.show(said)
    click.echo(terminal(said.getvalue()), nl=False, err=True)
    if isinstance(error, click.NoSuchOption) and not error.option_name.startswith("--"):
        click.echo('An expression that begins with a minus comes after --, as in graphgrad run -- "-x" x=1', err=True)


TERMINATED = Event()
PIPE = 13  # SIGPIPE's number, which Windows does not have


def terminated(*_: Any) -> None:
    """End as after ctrl-C: what is kept is kept, and what was begun is cleaned away."""
    TERMINATED.set()
    raise KeyboardInterrupt


def explained(error: Exception) -> str:
    """Say what an error means for the user.

    >>> explained(RecursionError("maximum recursion depth exceeded")), explained(ValueError("oops"))
    ('this is nested too deeply', "a fault of graphgrad's own, ValueError: oops; please report what you called")
    """
    match error:
        case OSError(strerror=str(reason), filename=str(file)):
            said = f"'{file}': {reason}"
        case GraphgradError() | OSError():
            said = str(error)
        case MemoryError():
            said = f"there is not enough memory: {error}" if str(error) else "there is not enough memory"
        case UnicodeError():
            said = f"a text has a character that is none: {error}"
        case RecursionError():
            said = "this is nested too deeply"
        case OverflowError():
            said = f"a number is too large: {error}"
        case ValueError() if "integer string conversion" in str(error):
            said = f"an integer has more than {sys.get_int_max_str_digits()} digits"
        case Warning():
            said = f"Python was told to make errors of warnings, and a library warns: {error}"
        case _:
            said = f"a fault of graphgrad's own, {type(error).__name__}: {error}; please report what you called"
    return said


def leave(code: int) -> None:
    """End; a process of a run on many machines at once, for JAX would wait for those that are gone, and then abort."""
    jax = sys.modules.get("jax")
    if jax is not None and jax.distributed.is_initialized():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
