"""Plain Python: programs of numbers by `math` alone."""

from __future__ import annotations

from graphgrad.compiler.backend import Backend, Way
from graphgrad.compiler.backends.numpy import Writer
from graphgrad.compiler.steps.run import UnrolledRun
from graphgrad.compiler.steps.unrolled import UnrolledWriter, fits

PYTHON = Backend("python", Writer, column="python", steps=(Way("unrolled", fits, UnrolledWriter, UnrolledRun),))
