"""What lowering and parsing know of the language: its text, heads, numbers, indices, names of NumPy's, refusals."""
