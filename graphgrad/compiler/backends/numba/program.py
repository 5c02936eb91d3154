"""Programs of numbers in machine code; those of arrays run on NumPy."""

from __future__ import annotations

from graphgrad.compiler.backend import Backend, Way, always
from graphgrad.compiler.backends.numba.fused import FusedWriter
from graphgrad.compiler.backends.numba.language import LANGUAGE
from graphgrad.compiler.backends.numba.loops import LoopWriter
from graphgrad.compiler.backends.numba.runs import LoopRun, MachineUnrolledRun
from graphgrad.compiler.backends.numba.unrolled import MachineUnrolledWriter
from graphgrad.compiler.backends.numpy import PythonWriter
from graphgrad.compiler.source.language import Language
from graphgrad.compiler.source.lines import OF_NUMBERS
from graphgrad.compiler.source.stored import arrays
from graphgrad.compiler.steps.plan import StepPlan
from graphgrad.compiler.steps.run import ArrayRun
from graphgrad.compiler.steps.unrolled import fits


class MachineWriter(PythonWriter):
    """Writes the module of one graph, whose function of numbers numba compiles."""

    may_share = False
    decorator = "@numba.njit\n"

    @property
    def asked(self) -> set[str]:
        """Nothing: machine code refuses arrays by itself."""
        return set()

    def imports(self) -> tuple[str, ...]:
        """What stands before the import of the arrays."""
        return self.target.imports if self.of_numbers else ()

    def function_of_numbers(self, language: Language, otherwise: str) -> str:
        """The function of numbers, compiled by numba, and one that gives its results their names."""
        inputs, outputs = list(self.graph.inputs), list(self.graph.outputs.values())
        inner = ['@numba.njit(error_model="numpy")']
        inner += [f"def _{self.name}({', '.join(inputs)}):  # type: ignore"]
        given = [language.text(self.output(i, OF_NUMBERS)) for i in outputs]
        inner += [*self.body(OF_NUMBERS, language, 4), f"    return ({' '.join(f'{text},' for text in given)})"]
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
    LANGUAGE,
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
