"""The NumPy gradient p - t of cross-entropy forgets that t may not sum to one: refuted; the careful one is proved."""

from pathlib import Path

import numpy as np

import graphgrad as gg

loss = gg.parse("-sum(t * log_softmax(s))", s=3, t=3)
softmax = lambda s: np.exp(s) / np.sum(np.exp(s))  # noqa: E731
claims = {"p - t": lambda s, t: softmax(s) - t, "sum(t) * p - t": lambda s, t: np.sum(t) * softmax(s) - t}
said = [f"dz/ds = {name}\n{gg.check(loss, s=claim, timeout=60)}\n" for name, claim in claims.items()]
Path("numpy_gradient.txt").write_text("\n".join(said), encoding="utf-8")
