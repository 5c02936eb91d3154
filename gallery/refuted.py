"""A gradient derived by hand, with a slip in its second line: refuted by a witness, and the line is found."""

from pathlib import Path

import graphgrad as gg

claims = {"x1": "dz_dy1 = y2\ndz_dy3 = dz_dy1 * y3\ndz_dx1 = dz_dy3 * x2", "x2": "sin(x2)/x2 + log(x1*x2)*cos(x2)"}
program = "y3 = x1*x2; y1 = log(y3); y2 = sin(x2); z = y1*y2"
report = gg.check(program, claims, timeout=60)
said = [f"claimed for {name}:\n{claim}\n" for name, claim in claims.items()]
Path("refuted.txt").write_text("\n".join([*said, f"{report}\n"]), encoding="utf-8")
