"""Floors 0 and 1: errors, shapes, the table of operations, and the graph itself."""

VERSION = "0.1.0"

ORDER = (  # from the bottom up: what stands here imports from earlier lines alone
    "display numerals quoting shapes syntax",
    "definitions errors",
    "constants files graph lookup memory op",
    "ops",
    "builder",
)
