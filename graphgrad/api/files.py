"""Files: graphs of other tools, and whether what is to be written can be, before it is made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphgrad.core.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from graphgrad.core.graph import Graph

CHECKED = ("picture", "plot", "film", "training film", "history", "checkpoint", "model")  # what files are of


def read_graph(path: str | Path, /) -> Graph | None:
    """Read a graph from a file of another tool, node-link JSON or GraphML; None where the suffix is none of theirs.

    Shapes come with the nodes. Raises UsageError for a file that holds no graph. Source: networkx's formats.

    >>> read_graph("log(x)")
    """
    from graphgrad.frontend.interchange import READERS, read_file

    return read_file(Path(path)) if Path(path).suffix in READERS else None


def node_link(graph: Graph, /) -> dict[str, Any]:
    """Give a graph as networkx's node-link data, with shapes and names; UsageError never. Source: networkx's format.

    >>> from graphgrad.frontend.parse import parse
    >>> len(node_link(parse("x * y"))["nodes"])
    3
    """
    from graphgrad.frontend.interchange import node_link as linked

    return linked(graph)


def check_file(path: str | Path, of: str, /) -> None:
    """Raise UsageError where what `of` names, one of `CHECKED`, cannot be written to a file. Source: tables of formats.

    >>> check_file("film.gif", "film")
    >>> check_file("model.txt", "checkpoint")
    Traceback (most recent call last):
        ...
    graphgrad.core.errors.UsageError: 'model.txt' is of no known kind; name it .safetensors
    """
    path = Path(path)
    match of:
        case "picture" | "plot" | "film":
            from graphgrad.render.formats.table import FILM, GRAPH, PLOT, check

            check(path, {"picture": GRAPH, "plot": PLOT, "film": FILM}[of])
        case "training film":
            from graphgrad.render.training.film import check_training

            check_training(path)
        case "history":
            from graphgrad.learn.training.history import check_history

            check_history(path)
        case "checkpoint":
            from graphgrad.learn.models.tensors import check_tensors

            check_tensors(path)
        case "model":
            from graphgrad.core.files import check_kind, check_writable
            from graphgrad.learn.models.export import WRITERS

            check_kind(path, WRITERS)
            check_writable(path)
        case _:
            raise UsageError(
                f"there are no files of a '{of}'", hint=did_you_mean(of, CHECKED) or f"of {', '.join(CHECKED)}"
            )


def check_unpacked(path: Path, /) -> None:
    """Raise an error for a packed file of arrays that takes more memory than may be used."""
    from graphgrad.learn.data.arrays import check_unpacked as check

    check(path)
