"""The negative log-likelihood of a softmax is the cross-entropy of its scores: proved; without a logarithm, refuted."""

from pathlib import Path

import graphgrad as gg

shapes, said = {"S": (2, 3), "y": 2}, ""
for one, other in (
    ("cross_entropy(S, y)", "nll(log_softmax(S), y)"),
    ("-log(exp(s1) / (exp(s1) + exp(s2)))", "log(1 + exp(s2 - s1))"),
    ("cross_entropy(S, y)", "nll(softmax(S), y)"),
):
    found = gg.equivalent(one, other, shapes if "S" in one else {}, timeout=60)
    said += f"{one}\n = {other}\n   {found.verdict}  {found.reason}\n"
Path("likelihood.txt").write_text(said, encoding="utf-8")
