"""The documentation site: `sphinx-build -W docs docs/_build`."""

import re
import shutil
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any, NoReturn

from docutils import nodes
from latex2mathml.converter import convert

project = "graphgrad"
author = "graphgrad contributors"
copyright = "the graphgrad contributors"  # noqa: A001  (Sphinx wants the name)
release = version = installed("graphgrad")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
autodoc_typehints_format = "short"
add_module_names = False
python_maximum_signature_line_length = 100
default_role = "code"  # docstrings are Markdown at heart
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"graphgrad {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_show_sphinx = False

GALLERY = Path(__file__).parents[1] / "gallery"


def mathml(tex: str, display: str) -> str:
    """A formula as MathML, which browsers typeset by themselves: no script, no network."""
    tex = re.sub(r"(\\(?:sin|cos|tan|sinh|cosh|tanh|log)) (?=\w)", r"\1\\, ", tex)  # the space that TeX would put
    return convert(tex.replace(r"\left(", "(").replace(r"\right)", ")"), display=display)


def inline(writer: Any, node: Any) -> NoReturn:
    """Write a formula within a line."""
    writer.body.append(mathml(node.astext(), "inline"))
    raise nodes.SkipNode


def block(writer: Any, node: Any) -> NoReturn:
    """Write a formula on a line of its own."""
    writer.body.append(mathml(node.astext(), "block"))
    raise nodes.SkipNode


def copy_gallery(app: Any, failed: Exception | None) -> None:
    """Put the gallery into the site, as it is."""
    if not failed and app.builder.format == "html":
        kept = shutil.ignore_patterns("__pycache__", "_*")
        shutil.copytree(GALLERY, Path(app.outdir) / "gallery", dirs_exist_ok=True, ignore=kept)


def setup(app: Any) -> None:
    """Tell Sphinx of both."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    app.connect("build-finished", copy_gallery)
