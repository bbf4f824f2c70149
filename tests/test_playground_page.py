"""The page of the playground as a whole, in a browser: places of its parts, their contrast, names and structure."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from chromium import Page
from playground_pages import in_page, open_playground, troubles

SIZES = [(360, 640, 1.0), (768, 1024, 1.0), (1280, 800, 1.0), (1280, 800, 2.0), (1920, 1080, 1.0)]
REGIONS = ("header", "#data", "#network", "#result", "#drawer", "#timeline")
SETTLED = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
BOXES = """
(selectors => selectors.map(s => document.querySelector(s).getBoundingClientRect()).map(b => [b.left, b.top, b.right, b.bottom]))
"""
CONTROLS = """
(() => {
  const shown = e => e.checkVisibility({visibilityProperty: true, opacityProperty: true}) && !e.closest(".unseen, #skip, dialog");
  const all = [...document.querySelectorAll("button, input, select, textarea, a[href]")].filter(shown);
  const boxes = all.map(e => {
    let {left, top, right, bottom} = e.getBoundingClientRect();
    for (let up = e.parentElement; up && up !== document.body; up = up.parentElement) {
      if (getComputedStyle(up).overflow === "visible") continue;
      const b = up.getBoundingClientRect();
      [left, top, right, bottom] = [Math.max(left, b.left), Math.max(top, b.top), Math.min(right, b.right), Math.min(bottom, b.bottom)];
    }
    return [left, top, right, bottom];
  });
  const names = all.map(e => `${e.tagName} ${e.id || e.className} ${e.getAttribute("aria-label") || e.textContent}`.slice(0, 60));
  const found = [];
  for (let i = 0; i < all.length; i++) for (let j = 0; j < i; j++) {
    if (all[i].contains(all[j]) || all[j].contains(all[i])) continue;
    const [a, b] = [boxes[i], boxes[j]];
    const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]), height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
    const stuck = all[i].closest("#timeline, #notices") !== all[j].closest("#timeline, #notices");
    if (width > 1 && height > 1 && !stuck) found.push([names[j], names[i]]);
  }
  return found;
})()
"""
CONTRAST = """
(() => {
  const pad = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = text => {
    pad.clearRect(0, 0, 1, 1);
    pad.fillStyle = text;
    pad.fillRect(0, 0, 1, 1);
    return [...pad.getImageData(0, 0, 1, 1).data].map((v, i) => (i < 3 ? v : v / 255));
  };
  const over = ([r, g, b, a], under) => [r, g, b].map((v, i) => v * a + under[i] * (1 - a));
  const ground = e => {
    const own = rgba(getComputedStyle(e).backgroundColor);
    return own[3] === 1 || !e.parentElement ? own.slice(0, 3) : over(own, ground(e.parentElement));
  };
  const light = c => c.map(v => v / 255).map(v => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !e.checkVisibility() || e.closest(".unseen, :disabled, #skip, svg, option, [aria-hidden=true]")) continue;
    const style = getComputedStyle(e), under = ground(e), ink = over(rgba(style.color), under);
    const [a, b] = [light(ink), light(under)].sort((x, y) => y - x);
    const large = parseFloat(style.fontSize) >= 24;
    if ((a + 0.05) / (b + 0.05) < (large ? 3 : 4.5)) found.push([walk.currentNode.data.trim().slice(0, 40), (a + 0.05) / (b + 0.05)]);
  }
  return found;
})()
"""

pytestmark = pytest.mark.filterwarnings("ignore:websockets")


def boxes(page: Page, selectors: tuple[str, ...]) -> dict[str, list[float]]:
    """Return left, top, right and bottom of elements."""
    return dict(zip(selectors, page.run(f"{BOXES}({json.dumps(selectors)})"), strict=True))


def overlaps(found: dict[str, list[float]]) -> list[tuple[str, str]]:
    """Return the pairs of elements that cover each other by more than a pixel."""
    return [
        (one, other)
        for (one, a), (other, b) in itertools.combinations(found.items(), 2)
        if min(a[2], b[2]) - max(a[0], b[0]) > 1 and min(a[3], b[3]) - max(a[1], b[1]) > 1
    ]


# ---- places ------------------------------------------------------------------------------------------------------------


@in_page
def test_page_loads_without_a_request_that_leaves_it(served: Any, page: Page) -> None:
    """And without a word in the console."""
    assert troubles(page, served) == []
    assert page.run("location.search + document.title") == "glassnet playground"
    sizes = "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].map(entry => entry.transferSize)"
    page.command("Network.setCacheDisabled", cacheDisabled=True)
    open_playground(page, served)
    sent = page.run(sizes)
    page.command("Network.setCacheDisabled", cacheDisabled=False)
    assert 20_000 < sum(sent) <= 150_000


def check_places(page: Page) -> None:
    """Check all sizes: nothing covers another, nothing is cut off; at the end of the page, where what sticks rests."""
    for width, height, zoom in SIZES:
        page.resize(width, height, zoom)
        page.run("scrollTo(0, document.documentElement.scrollHeight)")
        page.run(SETTLED)
        at = (width, height, zoom)
        assert (at, page.run("document.documentElement.scrollWidth <= innerWidth")) == (at, True)
        assert (at, overlaps(boxes(page, REGIONS))) == (at, [])
        for selector, (left, _, right, _) in boxes(page, REGIONS).items():
            assert (at, selector, left >= -0.5, right <= width / zoom + 0.5) == (at, selector, True, True)
        assert (at, page.run(CONTROLS)) == (at, [])


@in_page
def test_nothing_overlaps_and_nothing_is_cut_off(page: Page) -> None:
    """At the sizes of a phone, a tablet, two screens, and at 200 % zoom."""
    check_places(page)


@in_page
def test_all_is_in_sight_on_a_screen(page: Page) -> None:
    """From 1280 x 800 on the page itself does not scroll; its panels do."""
    for width, height in ((1280, 800), (1920, 1080)):
        page.resize(width, height)
        assert page.run("document.documentElement.scrollHeight") <= height
        assert all(box[3] <= height + 0.5 for box in boxes(page, REGIONS).values())


@in_page
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_have_contrast(page: Page, theme: str) -> None:
    """Every word that is shown, in every tab, and the list of keys."""
    page.prefer(prefers_color_scheme=theme, prefers_reduced_motion="reduce")
    for tab in ("explain", "findings", "code"):
        page.run(f"document.getElementById('tab-{tab}').click()")
        assert page.run(CONTRAST) == []
    page.run("document.getElementById('help').showModal()")
    assert page.run(CONTRAST) == []


@in_page
def test_fingers_find_what_they_press(page: Page) -> None:
    """44 pixels each way, where the pointer is coarse; neurons, which stand close, 24 as WCAG 2.5.8 wants."""
    page.command("Emulation.setTouchEmulationEnabled", enabled=True)
    page.prefer(pointer="coarse")
    page.resize(360, 640)
    page.run(SETTLED)
    small = """[...document.querySelectorAll("button, select, input:not([type=checkbox], [type=radio], [type=file])")]
        .filter(e => e.checkVisibility()).map(e => [e.getAttribute("aria-label") ?? e.textContent, e.getBoundingClientRect(), e.role === "gridcell" ? 24 : 44])
        .filter(([name, b, least]) => b.width < least - 0.5 || b.height < least - 0.5).map(([name, b]) => [name, b.width, b.height])"""
    coarse = page.run("matchMedia('(pointer: coarse)').matches")
    found = page.run(small)
    page.command("Emulation.setTouchEmulationEnabled", enabled=False)
    assert (coarse, found) == (True, [])


@in_page
def test_nothing_moves_for_who_wants_it_so(page: Page) -> None:
    """No transition lasts."""
    page.prefer(prefers_reduced_motion="reduce")
    lasting = "[...document.querySelectorAll('*')].map(e => getComputedStyle(e)).map(s => [s.transitionDuration, s.animationName])"
    assert {tuple(pair) for pair in page.run(lasting)} <= {("0s", "none")}


# ---- structure ---------------------------------------------------------------------------------------------------------


@in_page
def test_landmarks_have_names(page: Page) -> None:
    """What a screen reader lists."""
    landmarks = {"banner", "main", "region", "complementary", "contentinfo", "navigation"}
    found = [(role, name) for role, name in page.tree() if role in landmarks]
    assert sorted(found) == [
        ("banner", ""),
        ("complementary", "Explanation, findings and code"),
        ("contentinfo", "Timeline"),
        ("main", ""),
        ("navigation", "Skip to"),
        ("region", "Data"),
        ("region", "Network"),
        ("region", "Result"),
    ]


@in_page
def test_all_that_can_be_used_has_a_name(page: Page) -> None:
    """Buttons, fields and tabs."""
    kinds = {"button", "textbox", "combobox", "slider", "checkbox", "radio", "spinbutton", "tab", "link", "switch"}
    assert [(role, name) for role, name in page.tree() if role in kinds and not name.strip()] == []


@in_page
def test_no_two_elements_have_one_id(page: Page) -> None:
    """And what labels point to is there."""
    ids = page.run("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    names = "aria-controls aria-labelledby aria-describedby for list"
    asked = page.run(
        f"'{names}'.split(' ').flatMap(n => [...document.querySelectorAll(`[${{n}}]`)].flatMap(e => e.getAttribute(n).split(' ')))"
    )
    assert set(asked) - set(ids) == set()


@in_page
def test_tabs_of_the_drawer_go_by_arrows(page: Page) -> None:
    """The one that is open is the one that Tab reaches."""
    page.run("document.getElementById('tab-explain').focus()")
    opened = []
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft", "Home", "End"):
        page.press(key)
        opened.append(page.run("document.activeElement.getAttribute('aria-controls')"))
        shown = "[...document.querySelectorAll('[role=tabpanel]')].filter(e => !e.hidden).map(e => e.id)"
        assert page.run(shown) == [opened[-1]]
        assert page.run("[...document.querySelectorAll('[role=tab][tabindex=\"0\"]')].length") == 1
    assert opened == ["findings", "code", "explain", "code", "explain", "code"]


# ---- with other data -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
@in_page
@pytest.mark.parametrize("data", ["penguins", "digits"])
def test_nothing_overlaps_when_there_is_more(page: Page, data: str) -> None:
    """A table with many columns, a neuron explained, the code shown, wide layers, dark."""
    page.run(f"playground.then(store => store.do('data', {{source: {{kind: 'bundled', name: '{data}'}}}}))")
    page.run("playground.then(store => store.do('add_layer', {at: 1, kind: 'Dense'}))")
    page.run("playground.then(store => store.do('set', {path: 'layers.0.units', value: 40}))")
    page.run("playground.then(store => store.do('step', {batches: 30}))")
    neuron = "store => store.select({kind: 'neuron', layer: store.state.network.columns[1].layer, unit: 0})"
    page.run(f"playground.then({neuron})")
    page.wait("document.getElementById('explain').textContent.includes('Neuron 1')")
    page.prefer(prefers_color_scheme="dark", prefers_reduced_motion="reduce")
    check_places(page)
    assert page.run(CONTRAST) == []
    page.run("playground.then(store => store.open('code'))")
    page.wait("document.getElementById('code').textContent.includes('import glassnet')")
    check_places(page)
    assert page.run(CONTRAST) == []


@pytest.mark.slow
@in_page
def test_findings_microscope_and_menus_can_be_read(page: Page) -> None:
    """In both themes, and on a phone."""
    page.run("playground.then(store => (window.store = store)).then(() => 0)")
    page.run("store.do('gallery', {name: 'rate'})")
    page.run("store.do('step', {batches: 200})")
    page.run("store.open('findings')")
    page.run("store.do('diagnose')")
    page.wait("document.querySelector('#tab-findings .count').checkVisibility()")
    for theme in ("light", "dark"):
        page.prefer(prefers_color_scheme=theme, prefers_reduced_motion="reduce")
        assert page.run(CONTRAST) == []
        check_places(page)
    page.run("store.open('explain')")
    page.run(
        "[...document.querySelectorAll('#explain button')].find(found => found.textContent.startsWith('Microscope')).click()"
    )
    page.wait("document.querySelectorAll('#explain button').length > 2")
    page.run(SETTLED)
    for theme in ("dark", "light"):
        page.prefer(prefers_color_scheme=theme, prefers_reduced_motion="reduce")
        assert page.run(CONTRAST) == []
        check_places(page)
    page.resize(1280, 800)
    page.run(SETTLED)
    page.run("document.querySelector('#network .head .name').click()")
    page.run("document.querySelector('#timeline details summary').click()")
    for theme in ("dark", "light"):
        page.prefer(prefers_color_scheme=theme, prefers_reduced_motion="reduce")
        assert page.run(CONTRAST) == []
