"""Statements as data, and the languages that make text of them: spellings, lines, comments, modules."""
