"""The files of the page, read: its words, its size, its colours."""

from __future__ import annotations

import gzip
import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest

import glassnet

PAGE = Path(glassnet.__file__).parent / "playground" / "page"
SCRIPTS = sorted(PAGE.glob("*.js"))
TEXTS: dict[str, str] = json.loads((PAGE / "texts.json").read_text())
PRINTED = {"formulas.js"}  # by Python, from the formulas of the library, into the page that is one file
PREFIXES = ("app", "data", "network", "result", "timeline", "explain", "code", "findings", "lesson")

# Machado, Oliveira & Fernandes (2009), severity 1, for linear RGB
VISIONS = {
    "usual": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]])


def colours(theme: str) -> dict[str, str]:
    """Return the colours of a theme by name, as style.css has them; the dark theme changes some of the light one."""
    blocks = re.findall(r":root \{(.*?)\n *\}", (PAGE / "style.css").read_text(), re.S)
    assert len(blocks) == 2  # the second within the query for the dark theme
    light, dark = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block)) for block in blocks)
    return light if theme == "light" else light | dark


def linear(colour: str) -> np.ndarray:
    """Return a colour as linear RGB."""
    c = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """Return the contrast of WCAG 2."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    lighter, darker = sorted((float(weights @ linear(colour)) for colour in (one, other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    """Return linear RGB as L*a*b* (D65)."""
    x = XYZ @ np.clip(rgb, 0, 1) / np.array([0.95047, 1, 1.08883])
    f = np.where(x > 0.008856, np.cbrt(x), 7.787 * x + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_borders_have_contrast(theme: str) -> None:
    """Text 4.5:1 and what shows where a control or the focus is 3:1, on every ground it stands on."""
    c = colours(theme)
    texts = [
        *itertools.product(("ink", "quiet"), ("paper", "panel", "soft", "accent-soft")),
        ("accent", "panel"), ("accent", "paper"), ("accent", "accent-soft"), ("on-accent", "accent"), ("panel", "ink"),
        ("bad", "bad-soft"), ("bad", "panel"), ("warn", "warn-soft"), ("warn", "panel"), ("panel", "bad"),
    ]  # fmt: skip
    marks = [
        *itertools.product(("focus", "edge"), ("paper", "panel")), ("positive", "panel"), ("negative", "panel"),
        *(((f"class-{i}", "panel") for i in range(8)) if theme == "dark" else ()),  # points of the light one have an outline
    ]  # fmt: skip
    low = {pair: contrast(c[pair[0]], c[pair[1]]) for pair in texts if contrast(c[pair[0]], c[pair[1]]) < 4.5}
    low |= {pair: contrast(c[pair[0]], c[pair[1]]) for pair in marks if contrast(c[pair[0]], c[pair[1]]) < 3}
    assert not low


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("vision", VISIONS)
def test_colours_of_classes_and_signs_differ_for_everybody(theme: str, vision: str) -> None:
    """By at least 20 (CIE 1976), for every two of the eight classes."""
    c = colours(theme)
    seen = {name: lab(np.array(VISIONS[vision]) @ linear(value)) for name, value in c.items()}
    pairs = [*itertools.combinations([f"class-{i}" for i in range(8)], 2), ("positive", "negative")]
    assert {pair: d for pair in pairs if (d := float(np.linalg.norm(seen[pair[0]] - seen[pair[1]]))) < 20} == {}


def test_every_text_of_the_page_exists_and_is_used() -> None:
    """Keys are written out, or begin with what is written before a `${`."""
    sources = [path.read_text() for path in (*SCRIPTS, *(PAGE.parent / "offline").glob("*.js"), PAGE / "index.html")]
    whole = "\n".join(sources)
    asked = set(re.findall(r'(?:\btext\(|data-text=|data-label=)"([^"]+)"', whole))
    assert asked - set(TEXTS) == set()
    written = set(re.findall(r"""["'`]([a-z]+\.[\w.-]+)["'`]""", whole))
    starts = tuple(re.findall(r"[\"'`]([a-z]+\.[\w.-]*)\$\{", whole))  # `data.kind.${kind}`
    assert {key for key in TEXTS if key not in written and not key.startswith(starts or ("\0",))} == set()


def test_texts_are_short_and_belong_to_a_panel() -> None:
    """A sentence or two, without markup."""
    assert {key for key in TEXTS if key.split(".")[0] not in PREFIXES} == set()
    assert {key for key, text in TEXTS.items() if not text.strip() or len(text) > 400 or "<" in text} == set()


def test_no_text_becomes_html() -> None:
    """Names of columns come from strangers."""
    ways = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser"
    assert {path.name for path in SCRIPTS if re.search(ways, path.read_text())} == set()


def test_page_is_small() -> None:
    """All files 150 kB as they are sent, with no script too long to be read."""
    files = [path for path in PAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) <= 150_000
    lines = {path.name: len(path.read_text().splitlines()) for path in SCRIPTS}
    assert max(lines.values()) <= 350


def test_scripts_import_downwards() -> None:
    """There are no circles."""
    imports = {path.name: {*re.findall(r'from "\./([\w.]+)"', path.read_text())} - PRINTED for path in SCRIPTS}
    done: set[str] = set()
    while ready := {name for name, needed in imports.items() if name not in done and set(needed) <= done}:
        done |= ready
    assert set(imports) - done == set()


def test_page_has_no_script_or_style_inside() -> None:
    """The policy of the server allows none."""
    html = (PAGE / "index.html").read_text()
    assert not re.search(r"\son\w+=|<style|\sstyle=|<script(?![^>]*\ssrc=)", html)
