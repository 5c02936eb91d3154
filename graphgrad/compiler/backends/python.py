"""Plain Python: programs of numbers by `math` alone."""

from __future__ import annotations

from graphgrad.compiler.backend import Backend, Way
from graphgrad.compiler.backends.numpy import PythonWriter
from graphgrad.compiler.source.numpy_calls import PYTHON as LANGUAGE
from graphgrad.compiler.steps.run import UnrolledRun
from graphgrad.compiler.steps.unrolled import UnrolledWriter, fits

BRANCHING = LANGUAGE.but(branching=True)
PYTHON = Backend("python", PythonWriter, BRANCHING, steps=(Way("unrolled", fits, UnrolledWriter, UnrolledRun),))
