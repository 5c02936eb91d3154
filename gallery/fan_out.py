"""One input, used three times: x*x has two edges, and every use adds to the adjoint of x."""

import graphgrad as gg

for theme in ("light", "dark"):
    gg.animate("x*x + sin(x)", x=1.5, theme=theme).save(f"fan_out.{theme}.svg")
