"""The data panel of the playground in a browser: sources, files of people's own, questions, columns, axes, points."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chromium import Page
from glassnet.playground.data.fitting_settings import suggested_settings
from glassnet.playground.data.sources import data_from_source
from glassnet.playground.experiment import Experiment
from playground_pages import in_page, open_playground, playground, troubles

HOSTILE = "<img src=x onerror=document.title='hacked'>"
DROP = """
(async name => {
  const file = new File(["a,b\\n" + Array.from({length: 20}, (_, i) => `${i % 5},${"xy"[i % 2]}\\n`).join("")], name);
  const data = new DataTransfer();
  data.items.add(file);
  const zone = document.querySelector("#data .drop");
  const over = new DragEvent("dragover", {dataTransfer: data, bubbles: true, cancelable: true});
  zone.dispatchEvent(over);
  const marked = document.querySelector("#data").classList.contains("over");
  zone.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
  return [over.defaultPrevented, marked];
})("mine.csv")
"""


@pytest.fixture(scope="module")
def served() -> Iterator[Any]:
    """Return a playground on moons."""
    data = data_from_source({"kind": "toy", "name": "moons", "options": {"n": 60}})
    with playground(Experiment(data, suggested_settings(data))) as found:
        yield found


@pytest.fixture
def page(chromium: Page, served: Any) -> Iterator[Page]:
    """Return the page, loaded again, on moons; it must not complain, nor ask anybody else for anything."""
    open_playground(chromium, served)
    chromium.wait("document.querySelector('#data .sources') !== null")
    click(chromium, "#data-source-moons")
    title(chromium, "Moons")
    yield chromium
    assert troubles(chromium, served) == []


def data_of(served: Any) -> Any:
    """Return the data of a playground."""
    return served.call(lambda experiment: experiment.data)


def click(page: Page, selector: str) -> None:
    """Click what there must be."""
    page.run(f"document.querySelector({selector!r}).click()")


def choose(page: Page, selector: str, value: str) -> None:
    """Choose an option of a list, or type into a field, by its words."""
    page.run(
        f"(e => {{ e.value = [...(e.options ?? [])].find(o => o.textContent === {value!r})?.value ?? {value!r};"
        f" e.onchange({{target: e}}); }})(document.querySelector({selector!r}))"
    )


def title(page: Page, words: str) -> None:
    """Wait until the page shows data of this title."""
    page.wait(f"document.querySelector('#summary').textContent.startsWith({words!r})")


def upload(page: Page, folder: Path, text: str) -> None:
    """Choose a file with this content."""
    path = folder / "own.csv"
    path.write_text(text)
    page.choose_file("#data-file", path)


@in_page
def test_a_source_is_one_click(page: Page, served: Any) -> None:
    """A click takes other data and marks them; the options of a toy make it again; the focus stays where it was."""
    click(page, "#data-source-circles")
    page.wait("document.querySelector('#data-source-circles').getAttribute('aria-pressed') === 'true'")
    page.run("document.querySelector('#data-option-classes').focus()")
    choose(page, "#data-option-classes", "3")
    page.wait("document.querySelector('#data-option-classes').value === '3'")
    page.wait("(async () => (await playground).state.data.classes.length === 3)()")
    assert page.run("document.activeElement.id") == "data-option-classes"
    assert len(data_of(served).classes) == 3
    assert page.run("document.querySelectorAll('#data .sources [aria-pressed=true]').length") == 1


@in_page
def test_tables_can_be_steered(page: Page, served: Any) -> None:
    """Target, kinds of columns, split and axes of a table are chosen on the page, which shows the first rows."""
    click(page, "#data-source-penguins")
    title(page, "Penguins")
    assert page.run("document.querySelector('#data table .target').textContent") == "species"
    assert page.run("document.querySelectorAll('#data tbody tr').length") == 6
    assert "missing 3 %" in page.run("document.querySelector('#data .columns').textContent")
    choose(page, "#data-axis-x", "PCA 1")
    page.wait("(async () => (await playground).state.data.axes.x === 'pca1')()")
    choose(page, "#data-target", "body_mass_g")
    page.wait("document.querySelector('#data-task').value === 'number'")
    choose(page, "#data-kind-6", "left out")
    page.wait("document.querySelector('#data .columns').textContent.includes('skipped: you left it out')")
    choose(page, "#data-split", "50")
    page.wait(
        "document.querySelector('#data-split').closest('.part').textContent.includes('50 %: 171 rows to train on, 171 held out')"
    )
    found = data_of(served)
    assert (found.target, found.split, found.is_classes) == ("body_mass_g", 0.5, False)


@in_page
def test_a_file_with_hostile_names(page: Page, served: Any, tmp_path: Path) -> None:
    """What stands in a file is text on the page, names and cells alike; a question about a column is answered by a button."""
    rows = "".join(f'"{1 + i % 9},250",<b>{i % 3}</b>,{i % 4}\n' for i in range(30))
    upload(page, tmp_path, f"v,{HOSTILE},c\n{rows}")
    title(page, "own.csv")
    page.wait("document.querySelector('#data .question') !== null")
    assert (
        page.run("document.querySelector('#data .question p').textContent")
        == "Column 'v': '1,250' may be 1250 or 1.250."
    )
    assert page.run("[...document.querySelectorAll('#data .question button')].map(b => b.textContent)") == [
        "“,” divides thousands",
        "“,” is the decimal mark",
    ]
    click(page, "#data .question button")
    page.wait("document.querySelector('#data .question') === null")
    assert data_of(served).source["options"] == {"thousands": ","}
    assert page.run("document.querySelector('#data img, #data b') === null")
    assert page.run("document.title") != "hacked"
    assert page.run(f"[...document.querySelectorAll('#data th')].some(th => th.textContent === {HOSTILE!r})")


@in_page
def test_a_file_is_dropped_anywhere_on_the_panel(page: Page, served: Any) -> None:
    """The panel shows that a file may be let go over it, and takes it."""
    assert page.run(DROP) == [True, True]
    title(page, "mine.csv")
    assert data_of(served).inputs == ("a",)
    assert not page.run("document.querySelector('#data').classList.contains('over')")


@in_page
def test_a_broken_file_gets_one_sentence(page: Page, served: Any, tmp_path: Path) -> None:
    """What is no table is refused in the words of the library, and the data stay; what must be decided is asked."""
    before = data_of(served)
    upload(page, tmp_path, '"a,b\n1,2\n')
    page.wait("document.querySelector('#notices').textContent.includes('own.csv: the quote of a cell in line')")
    assert data_of(served) is before
    upload(page, tmp_path, "a,b\n1,x\n3,y,5\n6,x\n8,y\n9,x\n")
    page.wait("document.querySelector('#data .question') !== null")
    assert data_of(served) is before
    page.run("document.querySelector('#data .question button').focus()")
    page.press("Enter", "\r")
    title(page, "own.csv")
    page.wait("document.querySelector('#data .question') === null")
    assert data_of(served).n_rows == 4


@in_page
def test_points_are_drawn_in_the_plane(page: Page, served: Any) -> None:
    """A class is chosen beside the data, a new one too, and points of it are set in the plane without a pointer."""
    page.run("document.querySelector('#data-source-draw').focus()")
    page.press("Enter", "\r")
    page.wait("document.querySelector('#data-label-2') !== null")
    page.run("document.querySelector('#data-label-2').focus()")
    page.press("Enter", "\r")
    page.wait("document.querySelector('#data-label-2').getAttribute('aria-pressed') === 'true'")
    assert page.run("document.activeElement.id") == "data-label-2"
    page.run("document.querySelector('#result .plane canvas:last-child').focus()")
    page.press("Enter", "\r")
    page.wait("(async () => (await playground).state.data.classes.length === 3)()")
    assert data_of(served).source["points"][-1][2] == 2
    click(page, "#data-clear")
    page.wait("(async () => (await playground).state.data.classes.length === 2)()")
    assert data_of(served).n_rows == 4


@in_page
def test_the_gallery_opens_and_shows_a_failure(page: Page, served: Any) -> None:
    """The twelve failures are listed with their sentences; one is a click, and the way back another."""
    page.run("document.querySelector('#data-source-broken').focus()")
    page.press("Enter", "\r")
    page.wait("document.querySelector('#data-gallery') !== null")
    assert page.run("document.activeElement.id + document.activeElement.ariaExpanded") == "data-source-brokentrue"
    seen = "(b => b.top < innerHeight && b.bottom > 0)(document.querySelector('#data .gallery li').getBoundingClientRect())"
    assert page.run(seen)
    assert page.run("document.querySelectorAll('#data .gallery li').length") == 12
    click(page, "#data-gallery-leak")
    title(page, "A column that leaks")
    assert data_of(served).inputs == ("x1", "x2", "result")
    assert page.run("document.querySelector('#data-gallery') !== null")
    click(page, "#data-source-moons")
    title(page, "Moons")


@in_page
def test_a_wild_cell_is_a_question(page: Page, served: Any, tmp_path: Path) -> None:
    """The other columns arrive, and a button says what is to become of the cell; infinite ones are counted."""
    cells = ["1e300" if i == 3 else "inf" if i in (5, 6) else f"{i % 7}.5" for i in range(60)]
    upload(page, tmp_path, "a,b,t\n" + "".join(f"{cell},{i % 4},{'xy'[i % 2]}\n" for i, cell in enumerate(cells)))
    title(page, "own.csv")
    page.wait("document.querySelector('#data .question') !== null")
    assert data_of(served).inputs == ("b",)
    assert page.run("document.querySelector('#data .question p').textContent").startswith(
        "Column 'a': 1e+300 in line 5 is "
    )
    words = page.run("[...document.querySelectorAll('#data .question button')].map(b => b.textContent)")
    assert words == ["“1e300” means missing", "Leave the column out"]
    click(page, "#data .question button")
    page.wait("document.querySelector('#data .question') === null")
    assert data_of(served).inputs == ("a", "a (missing)", "b")
    assert "missing 5 % · of these 2 infinite" in page.run("document.querySelector('#data .columns').textContent")
    assert "Column 'a': 2 infinite values are read as missing." in page.run(
        "document.querySelector('#data .notes').textContent"
    )
