"""The command `graphgrad`: one file a command; nothing heavy is imported before a command runs."""

from graphgrad.cli.main import main

__all__ = ["main"]

ORDER = (  # from the bottom up: what stands here imports from earlier lines alone
    "answers",
    "arguments limits",
    "main",
    "animate compile derive evaluate plot predict run show training verify",
)
