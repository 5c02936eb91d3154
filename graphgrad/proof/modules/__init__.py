"""Saved modules: read, interpreted, certified."""
