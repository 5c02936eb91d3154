"""Programs of numbers in machine code; those of arrays run on NumPy."""

from __future__ import annotations

from types import MappingProxyType

from graphgrad.compiler.backend import Backend, Way, always
from graphgrad.compiler.backends.numba.fused import FusedWriter
from graphgrad.compiler.backends.numba.loops import LoopWriter
from graphgrad.compiler.backends.numba.runs import LoopRun, MachineUnrolledRun
from graphgrad.compiler.backends.numba.unrolled import MachineUnrolledWriter
from graphgrad.compiler.backends.numpy import Writer
from graphgrad.compiler.source.lines import Dialect
from graphgrad.compiler.source.stored import arrays
from graphgrad.compiler.steps.plan import StepPlan
from graphgrad.compiler.steps.run import ArrayRun
from graphgrad.compiler.steps.unrolled import fits


class MachineWriter(Writer):
    """Writes the module of one graph, whose function of numbers numba compiles."""

    may_share = False
    decorator = "@numba.njit\n"
    known = MappingProxyType({"cbrt": "np.cbrt"})

    @property
    def asked(self) -> set[str]:
        """Nothing: machine code refuses arrays by itself."""
        return set()

    def imports(self) -> tuple[str, ...]:
        """What stands before the import of the arrays."""
        return self.target.imports if self.of_numbers else ()

    def function_of_numbers(self, dialect: Dialect, otherwise: str) -> str:
        """The function of numbers, compiled by numba, and one that gives its results their names."""
        inputs, outputs = list(self.graph.inputs), list(self.graph.outputs.values())
        inner = ['@numba.njit(error_model="numpy")']
        inner += [f"def _{self.name}({', '.join(inputs)}):  # type: ignore"]
        inner += [*self.body(dialect, 4), f"    return ({' '.join(f'{self.output(i, dialect)},' for i in outputs)})"]
        outer = [*self.opening(self.name, "Array"), "    try:"]
        outer.append(f"        results = _{self.name}({', '.join(f'float({n})' for n in inputs)})")
        outer += ["    except TypeError:  # arrays", f"        return {otherwise}({', '.join(inputs)})"]
        outer += self.results.statement([f"results[{k}]" for k in range(len(outputs))], 4)
        return "\n".join(inner) + "\n\n\n" + "\n".join(outer) + "\n"


def without_constant_arrays(plan: StepPlan) -> bool:
    """Programs whose arrays are all given."""
    return not arrays(plan.loss)


NUMBA = Backend(
    "numba",
    MachineWriter,
    column="python",
    arrays="numpy",
    imports=("import numba",),
    steps=(
        Way("unrolled machine code", fits, MachineUnrolledWriter, MachineUnrolledRun),
        Way("loops", without_constant_arrays, LoopWriter, LoopRun),
        Way("arrays", always, FusedWriter, ArrayRun),
    ),
    package="numba",
    extra="numba",
)
