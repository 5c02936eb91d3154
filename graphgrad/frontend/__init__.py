"""Floor 2: the doors to the graph (text, NumPy functions, sympy) and the printers."""

from graphgrad.frontend import networkx_graphs, printers

__all__ = ["networkx_graphs", "printers"]  # imported, because they tell graphs how to show themselves
