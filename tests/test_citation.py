"""How to cite: one version everywhere, a valid CITATION.cff, and no source that the docstrings do not name."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import glassnet as gn

REPOSITORY = Path(__file__).parent.parent
PAGE = (REPOSITORY / "docs" / "guide" / "cite.md").read_text()
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
KEYS = {  # of version 1.2.0 of the Citation File Format
    "abstract", "authors", "cff-version", "commit", "contact", "date-released", "doi", "identifiers", "keywords", "license",
    "license-url", "message", "preferred-citation", "references", "repository", "repository-artifact", "repository-code",
    "title", "type", "url", "version",
}  # fmt: skip


@pytest.fixture(scope="module")
def citation() -> dict[str, Any]:
    """Return what CITATION.cff says."""
    yaml = pytest.importorskip("yaml")  # comes with mkdocs
    # As other readers do it, numbers and dates are texts: version 1.20 is not 1.2.
    found: dict[str, Any] = yaml.load((REPOSITORY / "CITATION.cff").read_text(), Loader=yaml.BaseLoader)
    return found


def test_the_file_is_valid(citation: dict[str, Any]) -> None:
    """It has the keys that the format demands, no others than it knows, and values of their kinds."""
    assert citation["cff-version"] == "1.2.0"
    assert {"authors", "cff-version", "message", "title"} <= citation.keys() <= KEYS
    assert citation["type"] == "software"
    texts = [citation[key] for key in citation.keys() - {"authors", "keywords"}]
    assert all(isinstance(text, str) and text for text in texts)
    assert citation["keywords"] == [word for word in citation["keywords"] if isinstance(word, str) and word]
    assert all(isinstance(author, dict) and author.keys() == {"name"} for author in citation["authors"])


def test_file_and_project_agree(citation: dict[str, Any]) -> None:
    """Version, authors, licence, keywords and address are those of pyproject.toml, and nothing else is claimed."""
    assert citation["version"] == PROJECT["version"] == gn.__version__
    assert citation["authors"] == PROJECT["authors"]
    assert citation["license"] == PROJECT["license"]
    assert citation["keywords"] == PROJECT["keywords"]
    assert citation["url"] in PROJECT["urls"].values()
    assert not citation.keys() & {"date-released", "doi", "identifiers", "preferred-citation"}


def test_page_and_file_agree(citation: dict[str, Any]) -> None:
    """BibTeX and APA on the page have the version, title, authors and address of the file."""
    bibtex = dict(re.findall(r"^  (\w+) += \{+([^{}]*)\}", PAGE, re.MULTILINE))
    (author,) = citation["authors"]
    assert bibtex == {"author": author["name"]} | {key: citation[key] for key in ("title", "version", "license", "url")}
    (apa,) = re.findall(r"^> (.*\n> .*)$", PAGE, re.MULTILINE)
    title, version = citation["title"], citation["version"]
    form = f"{author['name']}. (n.d.). *{title}* (Version {version}) [Computer software]. {citation['url']}"
    assert apa.replace("\n> ", " ") == form


def test_the_page_has_the_sources_of_the_docstrings() -> None:
    """The papers that the page lists are those that the code names by their arXiv number, all of them and no other."""
    number = re.compile(r"arXiv:(\d{4}\.\d{4,5})")
    code = {found for path in (REPOSITORY / "src").rglob("*.py") for found in number.findall(path.read_text())}
    assert set(number.findall(PAGE)) == code
