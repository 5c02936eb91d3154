"""What workers are asked for in tests: they find it by the path of the tests, never in the current folder."""

import threading


def lock():
    return threading.Lock()


def simplified_for_ever(_x):
    """What sympy does with a wrong gradient of nine parameters."""
    import sympy as sp

    x = sp.symbols("x0:9", real=True)
    f = sum(sp.sin(x[i] * x[(i + 1) % 9]) ** 3 / (1 + sp.exp(x[i])) for i in range(9))
    return bool(sp.simplify(sp.diff(f, x[0]) - sp.diff(f, x[1])) == 0)
