"""The gallery: short scripts, with what they make beside them; `--update-golden` makes it anew."""

import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path

import pytest

from gallery import _index

GALLERY = Path(__file__).parents[1] / "gallery"
SCRIPTS = sorted(GALLERY.glob("[!_]*.py"))
PAGE = GALLERY / "index.html"


def outputs(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.suffix != ".py"}


@pytest.mark.slow
def test_gallery_is_what_its_scripts_make(tmp_path, request):
    update = request.config.getoption("--update-golden")
    workshop = GALLERY if update else tmp_path / "gallery"
    if not update:
        workshop.mkdir()
        left = [f"{name}.*" for name, package in _index.NEEDS.items() if find_spec(package) is None]
        for file in [*GALLERY.glob("*.py"), *(kept for pattern in left for kept in GALLERY.glob(pattern))]:
            shutil.copy(file, workshop)
    subprocess.run([sys.executable, "-m", "gallery"], cwd=workshop.parent, check=True)
    made, kept = outputs(workshop), outputs(GALLERY)
    assert made.keys() == kept.keys()
    assert not [name for name, content in made.items() if content != kept[name]]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_is_short_and_its_output_is_beside_it(script):
    assert len(script.read_text(encoding="utf-8").splitlines()) <= 15
    assert [path for path in GALLERY.glob(f"{script.stem}.*") if path != script]


def test_the_page_shows_every_script():
    shown = [name for entries in _index.SECTIONS.values() for name in entries]
    assert sorted(shown) == [script.stem for script in SCRIPTS]
    assert len(shown) >= 16
    assert PAGE.read_text(encoding="utf-8") == _index.page()


def test_the_page_needs_no_network_and_all_that_it_names_is_there():
    named = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            named.extend(value for key, value in attrs if key in {"src", "srcset", "href"})
            assert tag != "script"

    page = PAGE.read_text(encoding="utf-8")
    Reader().feed(page)
    assert named
    assert [name for name in named if not name.startswith("#") and not (GALLERY / name).is_file()] == []
    assert not re.search(r"url\(|@import|https?://", page)


def test_the_gallery_is_small():
    sizes = {path.name: path.stat().st_size for path in GALLERY.iterdir() if path.is_file()}
    assert max(sizes.values()) < 300_000
    assert sum(sizes.values()) < 6_000_000


@pytest.mark.browser
def test_the_page_opens_in_a_browser(browser):
    seen, errors = browser.new_page(viewport={"width": 1280, "height": 900}), []
    seen.on("pageerror", lambda error: errors.append(str(error)))
    seen.on("requestfailed", lambda request: errors.append(request.url))
    seen.goto(PAGE.as_uri())
    seen.evaluate("document.querySelectorAll('img').forEach(image => { image.loading = 'eager' })")
    seen.wait_for_function("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    assert seen.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert seen.locator("article").count() == len(SCRIPTS)
    assert not errors
    seen.close()
