"""The notebooks of the gallery and the course: how they are made, that they show what happens, and that answers are right."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from scripts import site_script
from test_docs import alike

nbformat = pytest.importorskip("nbformat", reason="the docs extra is not installed")
pytest.importorskip("nbclient", reason="the dev extra is not installed")

DOCS = Path(__file__).parent.parent / "docs"
NOTEBOOKS = sorted([*DOCS.glob("gallery/*.ipynb"), *DOCS.glob("course/*.ipynb")])
EVERY = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")


@cache
def kept(path: Path) -> Any:
    """Return a notebook as it is kept."""
    return nbformat.read(path, as_version=4)


def code_of(notebook: Any) -> list[Any]:
    """Return the cells with code."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tagged(notebook: Any, tag: str) -> list[Any]:
    """Return the cells that bear a tag."""
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", ())]


def printed(cell: Any) -> str:
    """Return the text that a cell shows, pictures and HTML aside: a report says when it was made, and how fast it is."""
    found = [output for output in cell.outputs if "text/html" not in output.get("data", {})]
    return "\n".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in found)


def answers(notebook: Any) -> list[str]:
    """Return the code of the answers, which are folded away."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    folded = re.findall(r"<details><summary>Answer</summary>(.*?)</details>", text, re.DOTALL)
    return [code for part in folded for code in re.findall(r"```python\n(.*?)```", part, re.DOTALL)]


@pytest.mark.parametrize("room", ["gallery", "course"])
def test_each_is_listed_once(room: str) -> None:
    """The page of a room names every notebook in it, and none that is not there."""
    pytest.importorskip("mkdocs", reason="the docs extra is not installed")
    assert sorted(site_script("notebooks").names_of(room)) == [
        path.stem for path in NOTEBOOKS if path.parent.name == room
    ]


@EVERY
def test_each_opens_with_a_picture(path: Path) -> None:
    """The first cell has the title and a picture that exists and that the notebook draws."""
    first = kept(path).cells[0]
    assert first.source.startswith("# ")
    (picture,) = re.findall(r"!\[[^\]]{15,}\]\((covers/[\w-]+\.png)\)", first.source)
    assert picture == f"covers/{path.stem}.png"
    assert site_script("run_notebooks").cover_of(kept(path)) == (path.parent / picture).read_bytes()


@EVERY
def test_each_is_as_a_reader_wants_it(path: Path) -> None:
    """It has run, without warnings or errors, in order; no place of a machine is shown."""
    for number, cell in enumerate(code_of(kept(path)), 1):
        assert cell.execution_count == number
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr"
    assert not re.search(r"/tmp/|/home/|/root/|site-packages", path.read_text(encoding="utf-8"))


@EVERY
def test_each_ends_with_something_to_do(path: Path) -> None:
    """The gallery with one thing to try; the course with an exercise, its answer folded away, and the page in a browser."""
    notebook = kept(path)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    if path.parent.name == "gallery":
        assert notebook.cells[-1].source.startswith("## One thing to try\n")
    else:
        assert re.search(r"^## Exercise", text, re.MULTILINE)
        assert len(tagged(notebook, "exercise")) == len(answers(notebook)) >= 1
        assert len(tagged(notebook, "page")) == 1
        assert all("not yet" in printed(cell) for cell in tagged(notebook, "exercise"))


@pytest.mark.notebooks
@EVERY
def test_each_shows_what_happens(path: Path) -> None:
    """Run today, every cell prints what is kept, and draws where something is drawn."""
    new = site_script("run_notebooks").executed(path)
    for cell, old in zip(code_of(new), code_of(kept(path)), strict=True):
        assert alike(printed(cell), printed(old)), cell.source
        assert [sorted(output.get("data", ())) for output in cell.outputs] == [
            sorted(output.get("data", ())) for output in old.outputs
        ]


@pytest.mark.notebooks
@pytest.mark.parametrize(
    "path", [path for path in NOTEBOOKS if path.parent.name == "course"], ids=lambda path: path.stem
)
def test_the_answers_are_right(path: Path, tmp_path: Path) -> None:
    """With its answer in place every exercise says that it is right."""
    notebook = kept(path).copy()
    for cell, code in zip(tagged(notebook, "exercise"), answers(notebook), strict=True):
        cell.source = code
    nbformat.write(notebook, tmp_path / path.name)
    done = site_script("run_notebooks").executed(tmp_path / path.name)
    assert all(re.search(r"^right", printed(cell), re.MULTILINE) for cell in tagged(done, "exercise"))


@pytest.mark.parametrize(
    "path", [path for path in NOTEBOOKS if path.parent.name == "course"], ids=lambda path: path.stem
)
def test_the_page_needs_no_other_cell(path: Path) -> None:
    """The cell that writes the playground stands alone, as the site runs it alone."""
    pytest.importorskip("mkdocs", reason="the docs extra is not installed")
    (cell,) = tagged(kept(path), "page")
    (page,) = site_script("notebooks").written_by(cell.source)
    assert page.lower().startswith(b"<!doctype html>")
