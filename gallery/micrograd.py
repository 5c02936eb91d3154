"""The expression of micrograd's readme, names assigned again and .relu() included: 24.7041, 138.8338, 645.5773."""

import graphgrad as gg

program = """
c = a + b; d = a * b + b**3; c = c + c + 1; c = c + 1 + c + (-a)
d = d + d * 2 + (b + a).relu(); d = d + 3 * d + (b - a).relu()
e = c - d; f = e**2; g = f / 2.0; g = g + 10.0 / f
"""
for theme in ("light", "dark"):
    film = gg.animate(program, a=-4.0, b=2.0, by="node", theme=theme, timeout=60)
    film.frames[-1].save(f"micrograd.{theme}.svg")
