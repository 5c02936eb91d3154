"""Floor 2: the doors to the graph (text, NumPy functions, sympy) and the printers."""

from graphgrad.frontend import printers

__all__ = ["printers"]  # imported, because it tells graphs how to print themselves
