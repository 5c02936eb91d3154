"""Backward passes as people hand them in are judged, and every planted fault is refuted."""

from importlib import import_module

import pytest
from proof.handwritten import planted

import graphgrad as gg
from graphgrad.core.errors import UsageError

PAIRS = {
    name: pair
    for room in ("normalization", "attention", "recurrent", "convolution", "losses")
    for name, pair in import_module(f"proof.handwritten.{room}").PAIRS.items()
}
EVERYDAY = ["dropout", "leaky relu by mask", "an embedding by add.at", "many steps", "max pooling by places",
            "a convolution in one dimension"]  # fmt: skip
SLOW = list(PAIRS)[::8]  # of which CI runs, too
SOMETIMES = [
    pytest.param(n, marks=() if n in EVERYDAY else pytest.mark.slow if n in SLOW else pytest.mark.campaign)
    for n in PAIRS
]


def verdicts(pair, vjp):
    report = gg.verify(pair.forward, vjp, order="vjp", shapes=pair.shapes, timeout=120)
    return {str(finding.verdict) for finding in report.values()}


@pytest.mark.parametrize("name", SOMETIMES)
def test_every_backward_pass_is_right_and_no_fault_in_it_is(name):
    pair = PAIRS[name]
    assert verdicts(pair, pair.vjp) <= {"PROVED", "NON-SMOOTH", "AGREED"}
    for fault in pair.faults:
        try:
            found = verdicts(pair, planted(pair, fault))
        except UsageError as error:
            found = {"REFUTED"} if "shape" in str(error) else {str(error)}
        assert "REFUTED" in found, (fault, found)


@pytest.mark.campaign
def test_most_of_them_are_proved():
    judged = [verdict for pair in PAIRS.values() for verdict in verdicts(pair, pair.vjp)]
    assert judged.count("PROVED") + judged.count("NON-SMOOTH") >= 0.9 * len(judged)
