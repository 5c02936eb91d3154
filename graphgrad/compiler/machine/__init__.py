"""Steps in machine code: a graph as loops over single entries, and the functions that numba compiles."""
