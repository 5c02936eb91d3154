"""Floor 2: the doors to the graph (text, NumPy functions, sympy) and the printers."""

from graphgrad.frontend import networkx_graphs, printers

__all__ = ["networkx_graphs", "printers"]  # imported, because they tell graphs how to show themselves

ORDER = (  # from the bottom up: what stands here imports from earlier lines alone
    "attributes language printers",
    "lower notation",
    "columns handle latex",
    "parse",
    "capture from_sympy networkx_graphs",
    "interchange",
)
