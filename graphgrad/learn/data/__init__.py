"""Data: sets, files, examples."""
