"""Text of emitted code: templates, lines, comments, modules."""
