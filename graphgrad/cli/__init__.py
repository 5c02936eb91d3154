"""The command `graphgrad`: one file a command; nothing heavy is imported before a command runs."""

from graphgrad.cli.main import main

__all__ = ["main"]
