"""The documentation site: it builds without a warning, shows all that is public, and needs no network to be read."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

import glassnet as gn

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the built site; skip where the builder is not installed, as no extra but dev and docs brings it."""
    if any(importlib.util.find_spec(name) is None for name in ("material", "mkdocs", "mkdocstrings")):
        pytest.skip("the docs extra is not installed")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return folder


def documented(folder: Path) -> set[str]:
    """Return the dotted names in the site's inventory, the file by which other sites link to it."""
    content = (folder / "objects.inv").read_bytes()
    body = zlib.decompress(content.split(b"\n", 4)[4]).decode()
    return {line.split()[0] for line in body.splitlines()}


def test_all_public_names_are_on_a_page(site: Path) -> None:
    """Every name of ``glassnet.__all__`` has its place on some page of the reference."""
    assert {f"glassnet.{name}" for name in gn.__all__} - documented(site) == set()


def test_pages_fetch_nothing(site: Path) -> None:
    """No page loads a script, style, font or picture from another place."""
    pattern = re.compile(r"<(?:script|img|iframe)[^>]+src=.?https?:[^>]*>|<link[^>]+href=.?https?:[^>]*>")
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 20
    assert {page.name: found for page in pages if (found := pattern.findall(page.read_text()))} == {}


def test_docstring_sections_are_plain(site: Path) -> None:
    """Shapes, Notes and References are sections like Parameters, and no reStructuredText is left over."""
    text = "".join(page.read_text() for page in sorted((site / "api").glob("*.html")))
    for title in ("Shapes", "Notes", "References", "Parameters"):
        assert f'<span class="doc-section-title">{title}:</span>' in text
    assert '<ul class="shapes">' in text
    assert "<p>::" not in text
    assert "::</p>" not in text


def test_activations_have_their_own_page(site: Path) -> None:
    """An activation is on the page of activations and not on that of layers, another layer the other way round."""
    layers, activations = ((site / "api" / f"{page}.html").read_text() for page in ("layers", "activations"))
    for anchor, here, elsewhere in (("ReLU", activations, layers), ("Dense", layers, activations)):
        heading = re.compile(rf'<h2 id="glassnet\.[a-z.]*{anchor}"')
        assert heading.search(here)
        assert not heading.search(elsewhere)
