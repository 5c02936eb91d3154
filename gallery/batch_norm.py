"""Batch normalisation backward: the three-term formula of the papers, proved, and the film at a batch of four."""

from pathlib import Path

import graphgrad as gg

program = "c = x - mean(x); s = sqrt(mean(square(c)) + eps); y = c / s; L = sum(r * y)"
claim = "(r - mean(r) - y * mean(r * y)) / s"
report = gg.check(gg.parse(program, x=4, r=4), x=claim, timeout=60)
Path("batch_norm.txt").write_text(f"dL/dx = {claim}\n\n{report}\n", encoding="utf-8")
for theme in ("light", "dark"):
    film = gg.animate(program, x=[1, 5, 5, 1], r=[1, 0, 2, -1], eps=0, by="node", theme=theme, timeout=60)
    film.save(f"batch_norm.{theme}.svg")
