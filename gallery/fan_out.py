"""One input, used three times: x*x has two edges, and every use adds to the adjoint of x."""

import graphgrad as gg

gg.animate("x*x + sin(x)", x=1.5).save("fan_out.gif")
