"""Text and NumPy code read a second time, knowing nothing of the table."""
