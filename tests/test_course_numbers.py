"""The page of each part of the course, in a browser: it begins with the number that Python computes for its network."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from typing import Any

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


def first_loss(net: gn.Network, X: Any, y: Any, options: dict[str, Any]) -> tuple[int, float]:
    """Return how many steps a network has taken, and the loss of its next step's rows, with the noise of that step."""
    run = copy.deepcopy(net).stepwise(X, y, **options)
    begin = run.total_steps
    if begin:
        # Early stopping leaves the best weights, and a run goes on from the last ones; the page shows the best.
        rows, targets, _ = next(iter(run.batches.epoch(run.epoch)))
        return begin, float(copy.deepcopy(net).loss_and_gradients(rows, targets))
    run.advance()
    run.close()
    return begin, run.batch_loss


def written_page(part: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Run the cell that writes the page; return its path, what Python computes for its network, and its goals."""
    made: list[dict[str, Any]] = []
    to_page = gn.Network.to_page

    def watched(net: gn.Network, path: Any, X: Any, y: Any, **options: Any) -> None:
        to_page(net, path, X, y, **options)
        lesson, _ = options.pop("lesson"), options.pop("title", None)
        begin, loss = first_loss(net, X, y, options)
        made.append({"path": folder / path, "begin": begin, "loss": loss, "goals": len(lesson.goal)})

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
    made = written_page(part, tmp_path, monkeypatch)
    page.console.clear()
    page.requests.clear()
    page.go(made["path"].as_uri())
    page.wait("document.body.dataset.state === 'paused'")
    assert page.run("document.body.dataset.step") == str(made["begin"])
    page.run("document.querySelector('#explain .bar button').click()")  # the microscope
    for stop in ("2 of 6", "3 of 6"):
        page.wait("document.querySelector('.microscope h3') !== null")
        page.run("document.querySelectorAll('.microscope .bar button')[1].click()")
        page.wait(f"document.querySelector('.microscope h3').textContent.startsWith('{stop}')")
    shown = page.run("document.querySelector('.microscope').innerText").replace("−", "-")  # noqa: RUF001  # the page writes a minus sign
    (loss,) = re.findall(r"\bL = [^\n]*\n+([\d.]+(?:e-?\d+)?)\n", shown)
    assert float(loss) == pytest.approx(made["loss"], rel=1e-3)
    page.run("document.querySelector('[aria-label=\"One step\"]').click()")
    page.wait(f"document.body.dataset.step === '{made['begin'] + 1}'")
    lesson = page.run("document.querySelector('#lesson').innerText")
    assert len(re.findall("[≤≥] ", lesson)) == made["goals"]
    assert page.console == []
    assert [url for url in page.requests if not url.startswith(("file:", "data:", "blob:"))] == []
