"""The gallery: short scripts, with what they make beside them; `--update-golden` makes it anew."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

GALLERY = Path(__file__).parents[1] / "gallery"
SCRIPTS = sorted(GALLERY.glob("[!_]*.py"))


def outputs(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.suffix != ".py"}


@pytest.mark.slow
def test_gallery_is_what_its_scripts_make(tmp_path, request):
    update = request.config.getoption("--update-golden")
    workshop = GALLERY if update else tmp_path / "gallery"
    if not update:
        workshop.mkdir()
        for script in GALLERY.glob("*.py"):
            shutil.copy(script, workshop)
    subprocess.run([sys.executable, "-m", "gallery"], cwd=workshop.parent, check=True)
    made, kept = outputs(workshop), outputs(GALLERY)
    assert made.keys() == kept.keys()
    assert not [name for name, content in made.items() if content != kept[name]]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_is_short_and_its_output_is_beside_it(script):
    assert len(script.read_text(encoding="utf-8").splitlines()) <= 15
    assert [path for path in GALLERY.glob(f"{script.stem}.*") if path != script]
