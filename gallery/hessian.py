"""A Hessian is the gradient of a gradient, so it is a graph too: here of x**2 * sin(y), with closed forms."""

from pathlib import Path

import graphgrad as gg

graph = gg.simplify(gg.hessian("x**2 * sin(y)"))
for theme in ("light", "dark"):
    gg.show(graph, theme=theme).save(f"hessian.{theme}.svg")
forms = [f"{name} = {gg.closed_form(graph, name)}\n" for name in graph.outputs]
Path("hessian.txt").write_text("".join(forms), encoding="utf-8")
