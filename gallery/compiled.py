"""Value and gradient, compiled to a module that needs nothing but Python: comments say which rule a line comes from."""

from pathlib import Path

import graphgrad as gg

f = gg.compile(gg.grad("y3 = x1*x2; y1 = log(y3); y2 = sin(x2); z = y1*y2"), target="python")
Path("compiled.txt").write_text(f.source[f.source.index("def value_and_grad") :], encoding="utf-8")
