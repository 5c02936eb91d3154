"""Films and pictures, with what other rooms know of them: closed forms and verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from graphgrad.api.graphs import trace, why_no_gradient
from graphgrad.api.proofs import verify
from graphgrad.api.source import Source, as_graph, told_of_options
from graphgrad.core.errors import GraphgradError, UsageError
from graphgrad.core.graph import Graph
from graphgrad.execute.trace import Trace, symbolic
from graphgrad.transform.grad import derivative_name

if TYPE_CHECKING:
    from graphgrad.learn.models.model import Model
    from graphgrad.render.backprop.film import Film, Picture
    from graphgrad.render.scene.scene import Math

OPTIONS = ("wrt", "of", "by", "labels", "theme", "proof", "timeout", "as_written", "allow_nonfinite")  # of a film


def animate(  # noqa: PLR0913  (all but the first two are keywords)
    graph: Source,
    values: Mapping[str, Any] | None = None,
    /,
    *,
    wrt: str | Iterable[str] = (),
    of: str | None = None,
    by: str = "contribution",
    labels: str = "both",
    theme: str = "light",
    proof: bool = True,
    timeout: float = 10.0,
    as_written: bool = False,
    allow_nonfinite: bool = False,
    **more: Any,
) -> Film:
    """Film backpropagation at given values: forward, seed, and backward one contribution (or one node) a frame.

    `wrt` names the inputs to differentiate by, all by default, and `of` the output, where there are several.
    `labels` is "symbols", which wants no values, "numbers", "both", or "acts": first symbols, then values. `theme` is
    "light", "dark", "print" or a TOML file. With `proof`, the last frame carries the verdict on each gradient, looked
    for in `timeout` seconds. A node that is computed by a stable form is marked, and says so, unless all is computed
    `as_written`. Save it with `.save`, to .html, .gif, .svg, .png and more.

    Values have the shapes of their inputs; sizes in pictures are points, and pixels at 960 a width. Raises UsageError
    for an unknown choice or a missing value, ShapeError and DomainError as `trace` does. Source: layout by Graphviz's
    dot, Gansner et al. (1993); the steps are those of `trace`.

    >>> film = animate("log(x1*x2)*sin(x2)", x1=0.5, x2=0.75)
    >>> len(film.frames)
    15
    """
    from graphgrad.render.backprop.film import check_labels, film

    check_labels(labels)
    graph = as_graph(graph, {**(values or {}), **more})
    unknown = labels == "symbols" and not (values or more or graph.given)
    try:
        traced = (
            symbolic(graph, wrt=wrt, of=of, as_written=as_written)
            if unknown
            else trace(graph, values, wrt=wrt, of=of, as_written=as_written, allow_nonfinite=allow_nonfinite, **more)
        )
    except UsageError as error:
        raise told_of_options(error, *OPTIONS) from None
    if why := why_no_gradient(traced):
        message, hint = why
        raise UsageError(message, hint=hint)
    badges = verdicts(traced.graph, timeout) if proof and len(traced.graph.outputs) == 1 else {}
    finite = (
        {*badges}
        if unknown
        else {
            name for name, slope in traced.grad.items() if np.isfinite(traced.value).all() and np.isfinite(slope).all()
        }
    )
    badges = {name: badge for name, badge in badges.items() if name in finite}  # nothing is proved of what is no number
    return film(traced, closed_forms=closed_forms(traced), verdicts=badges, by=by, labels=labels, theme=theme)


def show(
    graph: Source, /, *, theme: str = "light", collapse: Iterable[str] = (), expand: Iterable[str] = ()
) -> Picture:
    """Draw a graph, without values. Save it with `.save`, to .svg, .png, .dot, .pdf and more.

    Nodes carry the shapes of arrays; sizes are points. `collapse` names layers ("layer 1", "loss") and nodes to be
    drawn as one with all that is computed for them alone. A large graph is collapsed without being asked, and says so;
    `expand` names nodes whose group is drawn node by node. Raises UsageError for an unknown name or theme, and
    ParseError for text that cannot be read. Source: layout by Graphviz's dot, Gansner et al.
    (1993).

    >>> show("log(x1*x2)*sin(x2)").caption
    'Graph of z: 6 nodes.'
    >>> show("y = x1*x2; z = log(y)*sin(x2)", collapse=["z"]).caption
    'Graph of z: 6 nodes, drawn as 3 groups.'
    """
    from graphgrad.render.backprop.picture import picture

    return picture(as_graph(graph), theme=theme, collapse=collapse, expand=expand)


def animate_model(model: Model, X: Any, y: Any, /) -> Film:
    """Film backpropagation in a trained network, on examples and their targets, of the shapes that `fit` takes.

    Raises UsageError and ShapeError as `animate` and `fit` do. Source: as `animate`.
    """
    from graphgrad.learn.data.examples import examples
    from graphgrad.learn.networks.losses import loss_said, objective

    aim = objective(model.net, loss_said(model.loss))
    scaling = model.preparation and model.preparation.scaling
    y = scaling.Y.of(np.reshape(y, (len(y), *model.net.sizes[1]))) if scaling and scaling.Y else np.asarray(y)
    given = examples(model.net, aim.loss, (model.taken(X), y), model.dtype)
    return animate(aim.graph, {**model.net.values, model.net.data: given.X, aim.target: given.Y})


def closed_forms(traced: Trace) -> dict[str, Math]:
    """Give the closed form of each input's derivative, as LaTeX and as text, where there is one."""
    from graphgrad.execute.closed_form import closed_form as find
    from graphgrad.frontend.latex import latex as write
    from graphgrad.frontend.printers import text
    from graphgrad.render.scene.scene import Math

    named = {name: derivative_name(traced.of, name) for name in traced.graph.inputs}
    found = {name: find(traced.gradient, d) for name, d in named.items() if d in traced.gradient.outputs}
    return {
        name: Math(write(form, form.output), text(form, form.output))
        for name, form in found.items()
        if form is not None
    }


def verdicts(graph: Graph, timeout: float) -> dict[str, tuple[str, bool | None]]:
    """Give each input's verdict, and whether it is good news; nothing where a graph has no scalar output."""
    try:
        return {
            name: (str(finding.verdict), finding.news)
            for name, finding in verify(graph, timeout=timeout, sympy=False).items()
        }
    except GraphgradError:
        return {}
