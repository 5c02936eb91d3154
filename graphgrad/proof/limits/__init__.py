"""Time and processes: a verdict ends."""
