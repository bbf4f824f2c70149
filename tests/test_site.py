"""The documentation site: it builds without a warning, shows all that is public, and needs no network to be read."""

from __future__ import annotations

import html
import importlib.util
import inspect
import os
import pydoc
import re
import subprocess
import sys
import zlib
from functools import cache
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

import glassnet as gn
from glassnet.layers.initializers import INITIALIZERS
from scripts import site_script

griffe = pytest.importorskip("griffe")

REPOSITORY = Path(__file__).parent.parent


# Not covered by the check of parameters yet.
ELSEWHERE = ("glassnet.training.history.",)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the built site; skip where the builder is not installed, as no extra but dev and docs brings it."""
    if any(importlib.util.find_spec(name) is None for name in ("material", "mkdocs", "mkdocstrings")):
        pytest.skip("the docs extra is not installed")
    folder = tmp_path_factory.mktemp("site")
    # With --quiet a strict build would not hear of its warnings.
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(
        [*command, "--config-file", str(REPOSITORY / "mkdocs.yml")],
        cwd=folder,  # it builds from any folder
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in (done.stdout + done.stderr).splitlines() if not line.startswith("INFO ")]
    assert (done.returncode, said) == (0, [])
    return folder


def page_rules() -> ModuleType:
    """Return the module with the rules for what pages show."""
    return site_script("pages")


@cache
def shown_objects() -> list[griffe.Class | griffe.Function]:
    """Return the classes, functions and methods that the pages of the reference show."""
    pages = (REPOSITORY / "docs" / "api").glob("*.md")
    rooms = [
        room for page in sorted(pages) for room in re.findall(r"^::: glassnet\.(\S+)", page.read_text(), re.MULTILINE)
    ]
    extension = griffe.load_extensions(str(REPOSITORY / "docs" / "_site" / "pages.py"))
    package = griffe.load(
        "glassnet",
        search_paths=[REPOSITORY / "src"],
        extensions=extension,
        docstring_parser="numpy",
        resolve_aliases=True,
    )
    found: dict[str, griffe.Class | griffe.Function] = {}
    for room in rooms:
        for name in package[room].exports:
            member = package[room][name]
            target = member.final_target if member.is_alias else member
            inside = target.functions.values() if target.is_class else ()
            found |= {each.path: each for each in (target, *inside) if each.is_public or each.name == "__call__"}
    assert len(found) > 100
    return [each for each in found.values() if each.has_docstring]


def entries_of(docstring: griffe.Docstring) -> dict[str, str]:
    """Return the parameters and attributes that a docstring lists, with their descriptions."""
    return {
        name.strip(" *"): entry.description
        for section in docstring.parsed
        if section.kind.value in ("parameters", "attributes")
        for entry in section.value
        for name in entry.name.split(",")
    }


def undescribed(shown: griffe.Class | griffe.Function) -> list[str]:
    """Return the parameters that have no description, and those that are listed without one.

    Instead of a list of its own a docstring may refer to that of a module, which must have one.
    """
    above = [shown, *shown.mro()] if shown.is_class else [shown]
    entries: dict[str, str] = {}
    for each in reversed([each for each in above if each.docstring]):
        for room in re.findall(r"Parameters as for all \w+ of [\w /]+, see `(?:\w+\.)?(\w+)`", each.docstring.value):
            module = shown.package.modules.get(room)
            entries |= entries_of(module.docstring) if module and module.docstring else {}
        entries |= entries_of(each.docstring)
    # ``**unknown: Never`` takes what is then refused.
    named = [p.name for p in shown.parameters if p.name not in ("self", "cls") and str(p.annotation) != "Never"]
    if not shown.is_class and shown.parent.is_class:
        text = shown.docstring.value
        named = [name for name in named if name in entries or not re.search(rf"\b{name}\b", text)]
    empty = [name for name, description in entries.items() if not description.strip()]
    return [f"{shown.path}: {name}" for name in (*empty, *(name for name in named if name not in entries))]


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


def test_next_is_next(site: Path) -> None:
    """Where a page says what comes next, its first link is the page that the foot of it leads to."""
    found, troubles = 0, []
    for page in sorted(site.rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        said = re.search(r'<p><strong>Next</strong>:[^<]*<a href="([^"#]+)', text)
        foot = re.search(r'<a href="([^"]+)" class="md-footer__link md-footer__link--next"', text)
        if said:
            found += 1
            if foot is None or foot[1] != said[1]:
                troubles.append(f"{page.name}: {said[1]}, but {foot and foot[1]} at the foot")
    assert found > 20
    assert troubles == []


def test_docstring_sections_are_plain(site: Path) -> None:
    """Shapes, Notes and References are sections like Parameters, and no reStructuredText is left over."""
    text = "".join(page.read_text() for page in sorted((site / "api").glob("*.html")))
    for title in ("Shapes", "Notes", "References", "Parameters"):
        assert f'<span class="doc-section-title">{title}:</span>' in text
    assert '<ul class="shapes">' in text
    assert "<p>::" not in text
    assert "::</p>" not in text


def test_engine_is_not_shown(site: Path) -> None:
    """What one part of glassnet needs of another is on no page, and each name on the list of it exists."""
    engine = {f"{owner}.{name}" for owner, names in page_rules().ENGINE.items() for name in names.split()}
    assert engine & documented(site) == set()
    for path in sorted(engine):
        owner, name = path.rsplit(".", 1)
        assert hasattr(pydoc.locate(owner), name), path


def test_protocols_are_shown_once(site: Path) -> None:
    """A method of a protocol is documented on its base class and not on the classes that override it."""
    headings = re.findall(r'<h3 id="glassnet\.([\w.]+)"', (site / "api" / "optimizers.html").read_text())
    assert "optimizers.Optimizer.state_names" in headings
    assert [name for name in headings if name.endswith("state_names")] == ["optimizers.Optimizer.state_names"]


def test_every_initializer_is_listed(site: Path) -> None:
    """The page of initializers has a line for each name, with its meaning."""
    text = html.unescape((site / "api" / "initializers.html").read_text())
    listed = re.findall(r'<li><code>"(\w+)"</code>: \S', text)
    assert listed == sorted(INITIALIZERS)


def test_examples_are_printed(site: Path) -> None:
    """The page of examples holds the programs themselves, not the commands that include them."""
    text = html.unescape(re.sub(r"<[^>]+>", "", (site / "examples.html").read_text()))
    for name in ("spirals", "own_layer"):
        assert (REPOSITORY / "examples" / f"{name}.py").read_text().strip() in text


def test_every_parameter_is_described() -> None:
    """Each parameter of a public class or function has a description; a method may name its own in its text instead."""
    gaps = [gap for shown in shown_objects() if not shown.path.startswith(ELSEWHERE) for gap in undescribed(shown)]
    assert gaps == []


@pytest.mark.parametrize(
    "name", ["sklearn.MLPClassifier", "sklearn.MLPRegressor", "tabular.TabularClassifier", "tabular.TabularRegressor"]
)
def test_shared_documentation_is_the_same_everywhere(name: str) -> None:
    """A class that shares documentation shows on its page what ``help`` shows: every parameter, in the signature's order."""
    pytest.importorskip("sklearn")
    kind = pydoc.locate(f"glassnet.{name}")
    (shown,) = (each for each in shown_objects() if each.name == kind.__name__)
    assert shown.docstring.value.strip() == inspect.getdoc(kind)
    (parameters,) = (part for part in shown.docstring.parsed if part.kind.value == "parameters")
    listed = [each.strip() for entry in parameters.value for each in entry.name.split(",")]
    assert listed == list(inspect.signature(kind).parameters)


def test_no_dash_leads_nowhere(site: Path) -> None:
    """What is listed as a parameter or a result has a description behind its dash."""
    covered = [page for page in sorted((site / "api").glob("*.html")) if page.stem not in ("files", "tabular")]
    dangling = re.compile(r'\u2013\s*<div class="doc-md-description">\s*</div>')
    assert {page.stem: len(found) for page in covered if (found := dangling.findall(page.read_text()))} == {}


def test_undescribed_parameters_are_found() -> None:
    """The check above sees a missing description or entry, a reference to no list, and a method that does not name its parameter."""
    code = '''
class A:
    """One.

    Parameters
    ----------
    a : int
    b : int
        Second.
    """

    def __init__(self, a, b, c): ...

    def f(self, x, y):
        """Take ``x``."""
'''
    code += '''
def g(a, b):
    """Parameters as for all functions of it, see `module.shared`."""
def h(a):
    """Parameters as for all functions of it, see `module.nowhere`."""
'''
    shared = '"""Many functions.\n\nParameters\n----------\na : int\n    First.\n"""'
    found = griffe.visit("module", Path("module.py"), code, docstring_parser="numpy")
    found["shared"] = griffe.visit("shared", Path("shared.py"), shared, docstring_parser="numpy")
    assert undescribed(found["g"]) == ["module.g: b"]
    assert undescribed(found["h"]) == ["module.h: a"]
    assert undescribed(found["A"]) == ["module.A: a", "module.A: c"]
    assert undescribed(found["A.f"]) == ["module.A.f: y"]


def test_functions_stand_apart_in_formulas() -> None:
    """The name of a function has a space before what it is applied to and after a factor, none before a bracket."""
    pytest.importorskip("latex2mathml", reason="the docs extra is not installed")
    rules = site_script("mathematics")
    for code, spaces in ((r"\log 2", 1), (r"y \log p", 2), (r"\log(1 + p)", 0), (r"-\log \hat y", 1), ("xy", 0)):
        set_formula = rules.on_page_content(f'<span class="arithmatex">\\({code}\\)</span>', None)
        assert set_formula.startswith('<span class="formula"><math')
        assert set_formula.count("<mspace") == spaces, code


def test_activations_have_their_own_page(site: Path) -> None:
    """An activation is on the page of activations and not on that of layers, another layer the other way round."""
    layers, activations = ((site / "api" / f"{page}.html").read_text() for page in ("layers", "activations"))
    for anchor, here, elsewhere in (("ReLU", activations, layers), ("Dense", layers, activations)):
        heading = re.compile(rf'<h2 id="glassnet\.[a-z.]*{anchor}"')
        assert heading.search(here)
        assert not heading.search(elsewhere)


def test_a_network_shows_what_it_inherits(site: Path) -> None:
    """The page of `Network` has the methods of the class that it builds on, and none of the engine's."""
    text = (site / "api" / "network.html").read_text()
    shown = set(re.findall(r'id="glassnet\.network\.Network\.(\w+)"', text))
    assert {"fit", "predict", "forward", "params", "state_dict", "astype", "build", "plot_history", "save"} <= shown
    assert shown & {"accumulate", "like", "shadow", "renewed", "logits", "broadcast"} == set()


def shown_pictures() -> list[tuple[Path, str, Path]]:
    """Return the pictures that pages show: the page, the words for those who do not see the picture, and its file."""
    pages = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
    found = [
        (page, words, (page.parent / target).resolve())
        for page in pages
        for words, target in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if not target.startswith(("https:", "http:"))
    ]
    assert len(found) > 40
    return found


def test_pictures_exist_and_are_described() -> None:
    """Every picture that a page shows is there, is small, and has a sentence that can stand in its place."""
    troubles = []
    for page, words, file in shown_pictures():
        if not file.is_file():
            troubles.append(f"{page.name}: {file.name} does not exist")
        elif file.stat().st_size >= (1_500_000 if file.suffix == ".gif" else 150_000):  # an animation is many pictures
            troubles.append(f"{file.name} has {file.stat().st_size:,} bytes")
        if len(words) < 15:
            troubles.append(f"{page.name}: {file.name} is described by {words!r}")
    assert troubles == []


def test_every_picture_is_drawn_and_used() -> None:
    """A picture among the assets is on a page, and a script draws it; a script draws none that is not there."""
    pytest.importorskip("matplotlib")
    pytest.importorskip("PIL")
    pytest.importorskip("rich")
    command = [sys.executable, str(REPOSITORY / "docs" / "pictures" / "draw.py"), "--list"]
    drawn = set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    folder = REPOSITORY / "docs" / "assets"
    pictures = {file.name for file in folder.iterdir() if file.suffix in (".png", ".svg", ".jpg", ".gif", ".webp")}
    used = {file.name for _, _, file in shown_pictures() if file.parent == folder}
    assert (pictures - drawn, drawn - pictures, pictures - used) == (set(), set(), set())


def test_pictures_fetch_nothing() -> None:
    """No drawing refers to another place: a page that shows it asks for nothing over the network."""
    drawings = sorted((REPOSITORY / "docs" / "assets").glob("*.svg"))
    assert drawings
    pattern = re.compile(r"(?:href|src)=\"(?!#|data:)[^\"]*\"|@import|url\((?!['\"]?(?:#|data:))|<script")
    assert {file.name: found for file in drawings if (found := pattern.findall(file.read_text(encoding="utf-8")))} == {}


def test_formulas_are_well_formed(site: Path) -> None:
    """In the MathML of the pages a power, an index and a fraction have the parts that they must have, and no others."""
    parts = {"msup": 2, "msub": 2, "mfrac": 2, "mover": 2, "munder": 2, "msubsup": 3, "munderover": 3, "mroot": 2}
    found, troubles = 0, []
    for page in sorted(site.rglob("*.html")):
        for formula in re.findall(r"<math\b.*?</math>", page.read_text(encoding="utf-8"), re.DOTALL):
            found += 1
            for element in ElementTree.fromstring(formula).iter():
                name = element.tag.rpartition("}")[2]
                if len(element) != parts.get(name, len(element)):
                    troubles.append(f"{page.name}: {ElementTree.tostring(element, encoding='unicode')}")
    assert found > 50
    assert troubles == []
