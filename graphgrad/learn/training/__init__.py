"""The loop that trains, and what surrounds it."""
