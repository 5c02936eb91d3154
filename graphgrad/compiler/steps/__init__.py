"""Whole training steps: plan, update, buffers, runs."""
