"""Colah, "Calculus on Computational Graphs": e = (a + b) * (b + 1), where b sends its adjoint two ways."""

import graphgrad as gg

for theme in ("light", "dark"):
    gg.animate("c = a + b; d = b + 1; e = c * d", a=2, b=1, theme=theme).save(f"colah.{theme}.svg")
