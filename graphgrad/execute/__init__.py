"""Floor 4: columns of the table become functions, and a run of a graph becomes steps."""

ORDER = (  # from the bottom up: what stands here imports from earlier lines alone
    "feeds numpy_functions python_functions",
    "sympy_functions",
    "kernels",
    "closed_form domain",
    "run",
    "trace",
)
