"""Saved training steps: read, interpreted, certified."""
