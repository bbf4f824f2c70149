"""The page of each part of the course, in a browser: it begins with the number that Python computes for its network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from chromium import CHROMIUM, Page, open_page

nbformat = pytest.importorskip("nbformat", reason="the docs extra is not installed")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
PARTS = sorted((Path(__file__).parent.parent / "docs" / "course").glob("*.ipynb"))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Return the page of one browser, in which all parts are opened."""
    with open_page(tmp_path_factory.mktemp("saved")) as found:
        yield found


def written_page(part: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Any, dict[str, Any]]:
    """Run the cell that writes the page; return its path, a run of the same network in Python, and the lesson's goal."""
    made: list[tuple[Path, Any, dict[str, Any]]] = []
    to_page = gn.Network.to_page

    def watched(net: gn.Network, path: Any, X: Any, y: Any, **options: Any) -> None:
        to_page(net, path, X, y, **options)
        lesson, _ = options.pop("lesson"), options.pop("title", None)
        made.append((folder / path, net.astype("float64").stepwise(X, y, **options), dict(lesson.goal)))

    (code,) = [
        cell.source for cell in nbformat.read(part, as_version=4).cells if "page" in cell.metadata.get("tags", ())
    ]
    monkeypatch.setattr(gn.Network, "to_page", watched)
    with chdir(folder):
        exec(compile(code, part.name, "exec"), {})
    (found,) = made
    return found


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.stem)
def test_page_begins_with_the_loss_of_python(
    page: Page, part: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loss of the first step's rows, before it changes anything, in the page's own words; nothing goes wrong."""
    path, run, goal = written_page(part, tmp_path, monkeypatch)
    run.advance()
    run.close()
    page.console.clear()
    page.requests.clear()
    page.go(path.as_uri())
    page.wait("document.body.dataset.state === 'paused'")
    assert page.run("document.body.dataset.step") == "0"
    page.click('[aria-label="One step"]')
    page.wait("document.body.dataset.step === '1'")
    page.wait("/loss [\\d.]/.test(document.querySelector('#result').innerText)")
    shown = page.run("document.querySelector('#result').innerText")
    (loss,) = re.findall(r"step 1: loss ([\d.]+(?:e-?\d+)?)", shown, re.IGNORECASE)
    assert float(loss) == pytest.approx(run.batch_loss, rel=1e-3)
    assert np.isfinite(run.batch_loss)
    lesson = page.run("document.querySelector('#lesson').innerText")
    assert len(re.findall("[≤≥] ", lesson)) == len(goal)
    assert page.console == []
    assert [url for url in page.requests if not url.startswith(("file:", "data:", "blob:"))] == []
