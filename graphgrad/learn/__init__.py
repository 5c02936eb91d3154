"""Floor 6: networks, losses and optimizers as text in the language, data, and the loop that trains."""

ORDER = (  # from the bottom up: what stands here imports from earlier lines alone
    "checks",
    "networks",
    "data",
    "models",
    "updates",
    "training",
    "estimators",
)
