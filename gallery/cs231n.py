"""The sigmoid circuit of the CS231n notes on backpropagation, from its primitive operations."""

import graphgrad as gg

for theme in ("light", "dark"):
    film = gg.animate("s = w0*x0 + w1*x1 + w2; f = 1 / (1 + exp(-s))", w0=2, x0=-1, w1=-3, x1=-2, w2=-3, theme=theme)
    film.save(f"cs231n.{theme}.svg")
