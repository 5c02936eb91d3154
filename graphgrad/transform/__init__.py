"""Floor 3: graphs from graphs: gradients, tangents, rewriting, scalarizing, costs, derivations."""

ORDER = (  # from the bottom up: what stands here imports from earlier lines alone
    "arithmetic matching rules",
    "rewrite scalarize",
    "pullback stable",
    "grad",
    "cost derivation hessian jvp lesson",
    "derive",
)
