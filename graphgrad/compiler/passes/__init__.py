"""Passes: each makes a graph of the same values from a graph, and tells what it did."""
