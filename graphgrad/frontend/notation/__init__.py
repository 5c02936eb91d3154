"""Graphs in the notation of mathematics, as LaTeX and as plain text: the one writer of whatever people read."""
