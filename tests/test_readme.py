"""The README is one screen: what it leads to exists, and its figures are those that the guide has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """Return the names of the headings of a page, as links write them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_it_is_one_screen() -> None:
    """What does not fit belongs in the guide."""
    assert len(README.splitlines()) <= 90


def test_links_lead_somewhere() -> None:
    """Every file that is linked or shown exists, and every heading that a link names."""
    links = re.findall(r"\]\(([^)\s]+)\)", README)
    assert len(links) > 20
    for link in links:
        path, _, anchor = link.partition("#")
        assert not path.startswith("http"), "a reader without a network follows it nowhere"
        assert (REPOSITORY / path).exists(), link
        if anchor:
            assert anchor in anchors(REPOSITORY / path), link


def test_two_commands_set_everything_up() -> None:
    """One line installs and runs the main job, one installs and runs the tests; CI runs the second as it stands."""
    first, second = re.findall(r"```sh\n(python3 -m venv .+)\n```", README)
    assert "&& .venv/bin/glassnet train penguins" in first
    assert second in (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    "figure", ["1.4 to 5.3", "0.93", "0.89", "0.79", "0.55 to 0.97", "3.8", "0.07", "1.2", "21", "0.98 to 1.56"]
)
def test_figures_are_in_the_benchmarks(figure: str) -> None:
    """A figure of the README stands in the page that says how it was measured."""
    page = (REPOSITORY / "docs" / "guide" / "benchmarks.md").read_text(encoding="utf-8")
    assert figure in README
    measured = {float(number) for number in re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.]*\d)", page.replace(",", ""))}
    for number in figure.replace(",", "").split(" to "):
        digits = len(number.partition(".")[2])
        assert any(round(value, digits) == float(number) for value in measured), number
