"""Functions that emitted code calls."""
