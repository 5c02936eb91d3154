"""Floor 2: the doors to the graph (text, NumPy functions, sympy) and the printers."""
