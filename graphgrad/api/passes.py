"""What the compiler did, to be looked at: every pass with the graphs before and after it, and which rule fired."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from graphgrad.compiler.explain import Decided, Explained, Explanation, explain as told
from graphgrad.core.errors import UsageError
from graphgrad.core.files import check_writable, write_whole
from graphgrad.core.quoting import html

if TYPE_CHECKING:
    from graphgrad.compiler.compile import WrittenModule
    from graphgrad.compiler.compile_step import CompiledStep
    from graphgrad.compiler.compiled import Compiled
    from graphgrad.core.graph import Graph
    from graphgrad.render.backprop.film import Picture

STYLE = """\
body { font: 16px/1.5 system-ui, sans-serif; max-width: 90rem; margin: 2rem auto; padding: 0 1rem; color: #1f2933 }
pre { background: #f4f5f7; padding: .8rem 1rem; overflow-x: auto; border-radius: .4rem }
td, th { padding: .15rem 1rem .15rem 0; text-align: left; vertical-align: top }
td:first-child { text-align: right; font-variant-numeric: tabular-nums }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(24rem, 1fr)); gap: 1rem; align-items: start }
figure { margin: 0; overflow-x: auto } figcaption { color: #52606d } summary { cursor: pointer; color: #52606d }
"""


class Passes(Explanation):
    """The passes of one compilation: print them, look at them in a notebook, or save them as a page or pictures."""

    __slots__ = ()

    def save(self, path: str | Path) -> Path:
        """Write the passes: as a page (.html), as text (.txt), as data (.json), or as pictures, with `{}` in each name.

        Pictures are "passes-{}.svg", .png and what else `show` can be saved as. Gives the path. Raises UsageError for
        an unknown suffix or an unwritable path.
        """
        target = Path(path)
        if "{}" in target.name:
            for k, passed in enumerate([p for p in self if p.fired], 1):
                for when, picture in pictures(passed).items():
                    name = "-".join([str(k), *passed.name.split(), *when.split()])
                    picture.save(str(path).replace("{}", name))
            return target
        texts = {".html": self.html, ".txt": self.__str__, ".json": self._json}
        if target.suffix not in texts:
            raise UsageError(
                f"the passes are no '{target.suffix}'", hint=f"save them as {', '.join(texts)}, or as passes-{{}}.svg"
            )
        check_writable(target)
        write_whole(target, texts[target.suffix]().encode())
        return target

    def _json(self) -> str:
        return json.dumps([passed.json() for passed in self], indent=2) + "\n"

    def html(self) -> str:
        """The passes as a page of its own: no other file, no script."""
        title = "What the compiler did"
        head = (
            f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{title}</title>\n<style>\n{STYLE}</style>\n'
        )
        parts = [f"<h1>{title}</h1>"]
        for subject, passes in groupby(enumerate(self, 1), lambda numbered: numbered[1].subject):
            parts += [f"<h2>On {html(subject)}</h2>", *(_section(k, passed) for k, passed in passes)]
        return head + "\n".join(parts) + "\n</html>\n"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.html(), "text/plain": str(self)}


def explain(compiled: Compiled | WrittenModule | CompiledStep, /) -> Passes:
    """Give what every pass of the compiler did to a graph: rules that fired, and the graphs before and after.

    Print it, show it in a notebook, or `.save("passes.html")`; in the pictures, nodes that go, and those that come in
    their place, are lit. Graphs carry the shapes of arrays; sizes in pictures are points. Raises UsageError for what
    was not compiled and, at `save`, for an unknown suffix. Source: the rules themselves, text in the language.

    >>> from graphgrad.api.code import compile
    >>> print(next(passed for passed in explain(compile("x ** 2")) if passed.fired))
    == strength reduction: 1 operation -> 1
      1 x  x ** 2 -> square(x)
    -- before
    x ** 2
    -- after
    square(x)
    """
    return Passes(told(compiled))


def pictures(passed: Explained | Decided) -> dict[str, Picture]:
    """Draw the graphs before and after a pass, where what changed is lit, or what was decided in writing the code."""
    if isinstance(passed, Decided):
        return {"": _lit(_named(passed), passed.lit)}
    return {"before": _lit(passed.before, passed.old), "after": _lit(passed.after, passed.new)}


def _named(decided: Decided) -> Graph:
    """The graph whose nodes have for a name what was decided of them: an array, the number of a line."""
    return replace(decided.graph, names={i: (name,) for i, name in decided.names.items()}, cache={})


def _lit(graph: Graph, nodes: frozenset[int]) -> Picture:
    from graphgrad.api.pictures import show
    from graphgrad.render.backprop.film import Picture

    stage = show(graph).stage
    frame = stage.scene.frames[0]._replace(lit=tuple(card.node for card in stage.scene.cards if card.node in nodes))
    return Picture(stage._replace(scene=stage.scene._replace(frames=(frame,))), frame)


def _section(number: int, passed: Explained | Decided) -> str:
    """A pass on the page."""
    if not passed.fired:
        return f"<h3>{number}. {html(passed.name)}</h3>\n<p>Nothing to do.</p>"
    title = f"<h3>{number}. {html(passed.name)}: {html(passed.counts.replace('->', '→'))}</h3>\n"
    if isinstance(passed, Decided):
        (picture,) = pictures(passed).values()
        lines = html("\n".join(passed.said))
        return f'{title}<div class="pair"><pre>{lines}</pre><figure>{picture.svg()}</figure></div>'
    rows = [f"<tr><td>{count} ×<td><code>{html(rule)}</code>" for rule, count in passed.fired]
    figures = [
        f"<figure>{picture.svg()}<figcaption>{when.title()}: {html(picture.caption)}</figcaption>"
        f"<details><summary>as a program</summary><pre>{html(str(graph))}</pre></details></figure>"
        for graph, (when, picture) in zip((passed.before, passed.after), pictures(passed).items(), strict=True)
    ]
    return f'{title}<table>{"".join(rows)}</table>\n<div class="pair">{"".join(figures)}</div>'
