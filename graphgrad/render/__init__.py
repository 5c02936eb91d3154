"""Pictures and films: a trace becomes frames (pure data), is laid out once, and is drawn into every format."""
