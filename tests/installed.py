"""Targets whose package is missing skip their tests; whatever else a target refuses is a failure."""

import importlib.util

import pytest

from graphgrad.compiler.backend import TARGETS


def need(target):
    """Skip the test where a target's package is not installed."""
    package = TARGETS[target].package
    if package and importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
