"""Floor 6: verdicts on gradients: ours, somebody's claim, somebody's code."""

ORDER = (  # from the bottom up: what stands here imports from earlier lines alone
    "report",
    "limits",
    "arithmetic",
    "scalars",
    "normal_form readings",
    "judge",
    "sizes sympy_witness",
    "execution gradients",
    "code equivalence modules",
    "claims steps",
    "derivatives grading saved",
    "door",
)
