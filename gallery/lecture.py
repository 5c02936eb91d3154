"""Backpropagation through a product of a logarithm and a sine: the film, and the derivation by hand."""

from pathlib import Path

import graphgrad as gg

program = "y3 = x1*x2; y1 = log(y3); y2 = sin(x2); z = y1*y2"
film = gg.animate(program, x1=0.5, x2=0.75)
film.save("lecture.gif")
film.save("lecture.html")
for theme in ("light", "dark"):
    gg.animate(program, x1=0.5, x2=0.75, theme=theme).save(f"lecture.{theme}.svg")
Path("lecture.txt").write_text(f"{gg.derive(program, 'x1', 'x2')}\n", encoding="utf-8")
