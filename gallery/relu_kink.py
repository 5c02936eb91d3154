"""relu exactly at its kink: there is no derivative, graphgrad takes 0 by convention, and no adjoint passes."""

import graphgrad as gg

for theme in ("light", "dark"):
    gg.animate("y = relu(w*x + b)", w=2, x=1, b=-2, theme=theme).save(f"relu_kink.{theme}.svg")
