"""The documentation site: `sphinx-build -W docs docs/_build`."""

from importlib.metadata import version as installed

project = "graphgrad"
author = "graphgrad contributors"
release = version = installed("graphgrad")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"graphgrad {release}"
