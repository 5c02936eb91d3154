"""The HTML player."""
