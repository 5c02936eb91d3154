"""Python's parser, asked by one thread at a time.

CPython before 3.11.9 and 3.12.3 counts how deep it is for all threads together, and two that parse at once end in
`SystemError: AST constructor recursion depth mismatch` (python/cpython issue 106905).
"""

from __future__ import annotations

import ast
import os
from threading import RLock

ONE_AT_A_TIME = RLock()  # a collection of garbage may parse while its own thread does
if hasattr(os, "register_at_fork"):  # no child begins with a lock that a thread of its parent's holds
    os.register_at_fork(
        before=ONE_AT_A_TIME.acquire, after_in_parent=ONE_AT_A_TIME.release, after_in_child=ONE_AT_A_TIME.release
    )


def statements(source: str) -> ast.Module:
    """Parse statements; raises what `ast.parse` does.

    >>> ast.dump(statements("x"))
    "Module(body=[Expr(value=Name(id='x', ctx=Load()))], type_ignores=[])"
    """
    with ONE_AT_A_TIME:
        return ast.parse(source)


def expression(source: str) -> ast.expr:
    """Parse one expression; raises what `ast.parse` does.

    >>> ast.dump(expression("x"))
    "Name(id='x', ctx=Load())"
    """
    with ONE_AT_A_TIME:
        return ast.parse(source, mode="eval").body
