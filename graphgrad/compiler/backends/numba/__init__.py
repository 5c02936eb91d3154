"""Machine code through numba: a graph as loops over single entries."""
