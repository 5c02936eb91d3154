"""A third witness: sympy differentiates the program, which is read from its text once more, by nothing of ours."""
