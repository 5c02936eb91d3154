"""Pictures and films: a trace becomes frames (pure data), is laid out once, and is drawn into every format."""

ORDER = (  # from the bottom up: what stands here imports from earlier lines alone
    "layout scene",
    "drawing",
    "formats",
    "player",
    "backprop training",
    "plots",
)
