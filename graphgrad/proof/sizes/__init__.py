"""Sizes: which ones a program is examined at, and when a proof holds for every one."""
