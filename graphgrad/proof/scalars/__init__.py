"""Symbolic scalars: elementary functions, derivatives, kinks, points."""
