"""Python as numba compiles it: loops over entries, products as calls."""

from __future__ import annotations

from graphgrad.compiler.source.language import TABLE
from graphgrad.compiler.source.numpy_calls import PYTHON
from graphgrad.compiler.source.statements import ENTRIES, NUMBERS
from graphgrad.compiler.source.templates import Column

OWN = {"floor": "np.floor(a)", "cbrt": "np.cbrt(a)"}  # where numba's reading of the table's column is another
SPELLINGS = Column("python", lambda row: OWN.get(row.name, row.python))
VERBS = {
    "loop": "for v in range(a):",
    "gather": "v += a",
    "fill": "v[:] = a",
    "product": "np.dot(a, b, v)",
    "sparse product": "sparse_dot(a, b, v)",
}
LANGUAGE = PYTHON.but(columns={**TABLE, NUMBERS: SPELLINGS, ENTRIES: SPELLINGS})
