"""Floors 0 and 1: errors, shapes, the table of operations, and the graph itself."""

VERSION = "0.1.0"
