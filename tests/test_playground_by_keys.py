"""Everything by keyboard: from data to code, without a pointer."""

from __future__ import annotations

from pathlib import Path

import pytest

from chromium import Page
from playground_pages import in_page, playground, watched_page

_MOST_TABS = 150


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until an element has the focus, which must be visible then."""
    for _ in range(_MOST_TABS):
        page.press("Tab")
        if page.run(f"document.activeElement.matches({selector!r})"):
            box = "document.activeElement.getBoundingClientRect()"
            assert page.run(f"(b => b.bottom > 0 && b.top < innerHeight && b.width > 0)({box})")
            return
    pytest.fail(f"Tab does not reach {selector}")


def press_until(page: Page, key: str, condition: str) -> None:
    """Press a key once, and wait for what it does."""
    page.press(key, "\r" if key == "Enter" else key if len(key) == 1 else "")
    page.wait(condition)


@in_page
def test_data_network_run_edge_branch_and_code(tmp_path: Path) -> None:
    """Load data, build 8-4, run, explain a connection, branch, copy the code."""
    with playground() as served, watched_page(tmp_path, served) as page:
        page.command(
            "Browser.grantPermissions",
            permissions=["clipboardReadWrite", "clipboardSanitizedWrite"],
            browserContextId=page.context,
            origin=served.address[:-1],
        )
        page.run("window.pointed = 0; addEventListener('pointerdown', () => (pointed += 1))")
        page.run("playground.then(store => (window.store = store)).then(() => 0)")

        tab_to(page, "#data-source-circles")
        press_until(page, "Enter", "store.state.data.source.name === 'circles'")
        for layer, units in ((0, 8), (1, 4)):
            tab_to(page, "[data-key^=more-]")
            while (now := page.run(f"store.state.network.layers[{layer}].shape[0]")) < units:
                press_until(page, "Enter", f"store.state.network.layers[{layer}].shape[0] === {now + 1}")
            assert page.run("document.activeElement.matches('[data-key^=more-]')")
        assert page.run("store.state.network.columns.map(column => column.units)") == [2, 8, 4, 1]

        page.run("document.activeElement.blur()")
        press_until(page, " ", "document.body.dataset.state === 'running'")
        page.wait("+document.body.dataset.step > 50")
        press_until(page, " ", "document.body.dataset.state === 'paused'")

        tab_to(page, "#network [role=gridcell]")
        press_until(page, "ArrowRight", "document.activeElement.dataset.column === '2'")
        press_until(page, "e", "store.selection?.kind === 'edge'")
        page.wait("document.getElementById('explain').textContent.includes('Slope of the loss in this weight')")

        press_until(page, "b", "store.state.runs.length === 2")

        tab_to(page, "#tab-explain")
        page.press("End")
        tab_to(page, "#code button")
        page.wait("document.querySelector('#code pre').textContent.includes('import glassnet')")
        page.press("Enter", "\r")
        page.wait("navigator.clipboard.readText().then(text => text.includes('import glassnet'))")
        assert page.run("navigator.clipboard.readText()") == page.run("document.querySelector('#code pre').textContent")
        assert page.run("pointed") == 0


@in_page
def test_what_has_the_focus_is_seen(tmp_path: Path) -> None:
    """On a phone too, where the timeline covers the end of the window; Tab goes once through all and comes back."""
    seen = """(() => {
        const it = document.activeElement, b = it.getBoundingClientRect(), bar = document.getElementById("timeline");
        const bottom = bar.contains(it) ? innerHeight : bar.getBoundingClientRect().top;
        const ring = getComputedStyle(it).outlineStyle !== "none" || it.closest("label.drop") !== null;
        const hidden = b.top >= bottom || b.bottom <= 0 || b.left >= innerWidth || b.right <= 0;
        const region = it.closest("#skip, #tools, #data, #network, #result, #drawer, #timeline")?.id ?? "";
        return [region, it === document.body ? "" : `${it.tagName} ${it.id} ${it.className} ${it.textContent.slice(0, 20)}`, !hidden, ring];
    })()"""
    with playground() as served, watched_page(tmp_path, served, 360, 640) as page:
        page.run("playground.then(store => store.do('step', {batches: 20}))")
        found = []
        while len(found) < _MOST_TABS and (not found or found[-1][1]):
            page.press("Tab")
            found.append(page.run(seen))
        *stops, (_, end, _, _) = found
        assert end == ""
        assert [name for _, name, visible, ring in stops if not (visible and ring)] == []
        in_turn = list(dict.fromkeys(region for region, *_ in stops if region))
        assert in_turn == ["skip", "tools", "data", "network", "result", "drawer", "timeline"]
