"""Libraries that look for settings in the current folder, where anybody's file may lie: they are kept from it."""

from __future__ import annotations

import os
from contextlib import chdir
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path


def import_matplotlib() -> None:
    """Import matplotlib, which reads `matplotlibrc` where it is imported, from a folder of our own."""
    if find_spec("matplotlib") is not None:
        with chdir(Path(__file__).parent):
            import_module("matplotlib")


def import_numba() -> None:
    """Import numba, which reads `.numba_config.yaml` whenever it compiles, and tell it that there is none."""
    if find_spec("numba") is not None:
        with chdir(Path(__file__).parent):
            from numba.core import config
        config._config_fname = os.devnull  # noqa: SLF001  (numba has no setting for it)
