"""Files: a format each."""
