"""The graph of Colah's "Calculus on Computational Graphs": e = (a + b) * (b + 1) at a = 2, b = 1, in the dark."""

import graphgrad as gg

gg.animate("c = a + b; d = b + 1; e = c * d", a=2, b=1, theme="dark").save("colah.gif")
