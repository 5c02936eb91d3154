"""What the verbs take and give, by name, for annotations."""

from __future__ import annotations

from graphgrad.compiler.compile import WrittenModule
from graphgrad.compiler.compile_step import CompiledStep
from graphgrad.compiler.compiled import Compiled
from graphgrad.core.graph import Graph
from graphgrad.execute.trace import Trace
from graphgrad.learn.data.files import Dataset
from graphgrad.learn.models.model import Model
from graphgrad.learn.networks.network import Network
from graphgrad.learn.training.devices import Machines
from graphgrad.learn.training.history import History, Record
from graphgrad.proof.report import Finding, Report
from graphgrad.transform.derivation import Derivation

__all__ = [
    "Compiled",
    "CompiledStep",
    "Dataset",
    "Derivation",
    "Finding",
    "Graph",
    "History",
    "Machines",
    "Model",
    "Network",
    "Record",
    "Report",
    "Trace",
    "WrittenModule",
]
