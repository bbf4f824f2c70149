"""What is in sight at which size, how large it is to hit, what it is called; and what very long, many or odd data do to it."""

from __future__ import annotations

import collections
import itertools
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from chromium import Page
from glassnet.playground.doors import experiment_with
from glassnet.playground.experiment import Experiment
from glassnet.playground.frames import KINDS, frame_of
from glassnet.playground.play_data import PlayData
from glassnet.playground.server.running import Playground
from glassnet.playground.settings import Settings
from glassnet.playground.view import View
from playground_pages import in_page, open_playground, playground, watched_page

pytestmark = pytest.mark.filterwarnings("ignore:websockets")
SETTLED = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))))"
BOX = (
    "(s => { const b = document.querySelector(s).getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; })"
)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Page, Playground]]:
    """The playground as it opens, on two spirals."""
    with playground(experiment_with()) as served, watched_page(tmp_path_factory.mktemp("chromium"), served) as page:
        yield page, served


@pytest.fixture
def page(opened: tuple[Page, Playground]) -> Page:
    """The page as it is after loading, at 1280 x 800."""
    page, served = opened
    page.prefer()
    page.resize(1280, 800)
    open_playground(page, served)
    page.run("playground.then(found => { globalThis.store = found; })")
    take(page, {"kind": "toy", "name": "spirals"}, 1)
    return page


def take(page: Page, source: dict[str, Any], steps: int = 60) -> None:
    """Take other data and some steps."""
    page.run(f"store.do('data', {{ source: {json.dumps(source)} }})")
    page.run(f"store.do('step', {{ batches: {steps} }})")
    page.run(SETTLED)


def box(page: Page, selector: str) -> list[float]:
    """Return left, top, right and bottom of an element."""
    found: list[float] = page.run(f"{BOX}({json.dumps(selector)})")
    return found


def large(n: int, k: int) -> Experiment:
    """Return an experiment on n rows of k classes, whose first column has a very long name."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(n, 2)).astype(np.float32), np.arange(n) % k
    names = ("x" * 5000, "y" * 5000)
    data = PlayData(X[:-9], y[:-9], X[-9:], y[-9:], names, tuple(f"{'c' * 400} {j}" for j in range(k)), title="t" * 900)
    network = gn.Network([gn.Dense(4, "tanh"), gn.Dense(k)], loss="cross_entropy", optimizer=gn.SGD(0.1), seed=0)
    return Experiment(data, Settings.of(network.build((2,)), 10))


# ---- places ------------------------------------------------------------------------------------------------------------


@in_page
@pytest.mark.parametrize("data", ["spirals", "sine", "penguins", "digits"])
@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)])
def test_plane_curve_and_its_words_are_in_sight(page: Page, data: str, size: tuple[int, int]) -> None:
    """Without scrolling: the plane, the whole curve, its legend and the loss in words; nothing of them overlaps."""
    page.resize(*size)
    kind = "toy" if data in ("spirals", "sine") else "bundled"
    take(page, {"kind": kind, "name": data})
    bottom = box(page, "#result")[3]
    parts = [".chart .x", "#result .legend", ".curve", ".legend.lines", "#result .readout"]
    boxes = [box(page, part) for part in parts]
    assert all(above[3] <= below[1] + 1 for above, below in itertools.pairwise(boxes))
    assert boxes[-1][3] <= bottom
    left, top, right, low = box(page, ".plane")
    assert right - left == pytest.approx(low - top, abs=1)
    assert right - left >= 150
    y = box(page, ".chart .y")
    assert y[2] <= left + 1
    assert left - y[2] < 12
    assert box(page, ".chart .x")[1] - low < 12


@in_page
def test_what_is_cut_off_says_so(page: Page) -> None:
    """Sixteen neurons a layer stand below the edge of the panel: a mark, until one has scrolled to the end."""
    assert not page.run("document.querySelector('#network').classList.contains('cut')")
    take(page, {"kind": "bundled", "name": "digits"})
    page.wait("document.querySelector('#network').classList.contains('cut')")
    mark = "getComputedStyle(document.querySelector('#network'), '::after').content"
    assert page.run(mark) == '"\N{BLACK DOWN-POINTING SMALL TRIANGLE}"'
    page.run("document.querySelector('#network').scrollTo(0, 1e4)")
    page.wait("!document.querySelector('#network').classList.contains('cut')")
    assert page.run(mark) == "none"
    page.resize(360, 640)
    page.wait("document.querySelector('#network .scroll').classList.contains('wider')")


@in_page
def test_network_and_explanation_share_the_room(page: Page) -> None:
    """The network has what it needs; what is explained gets more, and a taller window larger neurons."""
    pitch = "(([a, b]) => b.getBoundingClientRect().top - a.getBoundingClientRect().top)([...document.querySelectorAll('#network [data-column=\"1\"]')])"
    before, small = box(page, "#drawer"), page.run(pitch)
    page.resize(1280, 1024)
    page.wait(f"{pitch} > {small} + 4")
    page.resize(1280, 800)
    page.run("store.select({ kind: 'neuron', layer: store.state.network.columns[1].layer, unit: 0 })")
    page.run(SETTLED)
    after = box(page, "#drawer")
    assert after[3] - after[1] >= 239.5 > before[3] - before[1]
    assert page.run(pitch) >= 23.9


@in_page
def test_bar_and_plane_are_seen_together_when_enlarged(page: Page) -> None:
    """At 200 %: the bar sticks, nothing in it is broken or cut, and the whole plane fits above it."""
    page.resize(1280, 800, 2)
    page.run("store.do('step', { batches: 600 })")
    page.run("document.querySelector('.plane').scrollIntoView({ block: 'start' })")
    page.run(SETTLED)
    plane, bar = box(page, ".plane"), box(page, "#timeline")
    assert plane[1] >= 0
    assert plane[3] <= bar[1]
    assert bar[3] <= 400.5
    assert bar[3] - bar[1] <= 100
    words = "(s => { const e = document.querySelector(s), f = parseFloat(getComputedStyle(e).fontSize); return [e.scrollWidth <= e.clientWidth + 1, e.clientHeight < 3 * f]; })"
    for part in ("#timeline .place", "#timeline .runs > summary"):
        assert page.run(f"{words}({json.dumps(part)})") == [True, True]
    assert page.run("document.querySelector('#timeline select').offsetWidth") >= 120


@in_page
@pytest.mark.parametrize("size", [(1280, 800), (360, 640), (1920, 1080)])
def test_neurons_and_names_can_be_hit(page: Page, size: tuple[int, int]) -> None:
    """24 pixels each way, also of sixteen a layer, and none covers another."""
    page.resize(*size)
    take(page, {"kind": "bundled", "name": "digits"}, 1)
    small = "[...document.querySelectorAll('#network [role=gridcell], .head button')].map(e => e.getBoundingClientRect()).filter(b => b.width < 23.9 || b.height < 23.9).length"
    assert page.run(small) == 0
    boxes = page.run(
        "[...document.querySelectorAll('#network [role=gridcell]')].map(e => e.getBoundingClientRect()).map(b => [b.left, b.top, b.right, b.bottom])"
    )
    assert len(boxes) == 58
    for k, a in enumerate(boxes):
        assert not [
            b for b in boxes[:k] if min(a[2], b[2]) - max(a[0], b[0]) > 0.5 and min(a[3], b[3]) - max(a[1], b[1]) > 0.5
        ]


@in_page
@pytest.mark.parametrize("width", [1280, 1920])
def test_settings_have_room_for_what_is_in_them(page: Page, width: int) -> None:
    """The loss is read in full, and so is a seed of sixteen digits."""
    page.resize(width, 800)
    page.run("store.do('set', { path: 'seed', value: 5518387123456789 })")
    page.wait("document.querySelector('#network [data-path=seed]').value === '5518387123456789'")
    page.run(SETTLED)
    assert page.run("(e => e.scrollWidth <= e.clientWidth + 1)(document.querySelector('#network [data-path=seed]'))")
    wide = """(e => { const pad = document.createElement('canvas').getContext('2d'); pad.font = getComputedStyle(e).font;
        return [e.clientWidth, pad.measureText(e.selectedOptions[0].text).width]; })(document.querySelector('#network [data-path^=loss]'))"""
    room, needed = page.run(wide)
    assert room >= needed + 30
    labels = page.run(
        "[...document.querySelectorAll('#network .settings .option > span')].every(e => e.scrollWidth <= e.parentElement.clientWidth + 1)"
    )
    assert labels
    page.run("store.do('undo')")


# ---- names -------------------------------------------------------------------------------------------------------------


@in_page
def test_no_two_buttons_have_one_name(page: Page) -> None:
    """In the network and the result of a page as it opens, with two layers alike."""
    found = page.run(
        "[...document.querySelectorAll('#network button, #result button, #network [role=group], #result summary')].filter(e => e.checkVisibility()).map(e => e.getAttribute('aria-label') ?? e.textContent)"
    )
    twice = [name for name, n in collections.Counter(found).items() if n > 1]
    groups = page.run("[...document.querySelectorAll('#network [role=group]')].map(e => e.getAttribute('aria-label'))")
    assert set(twice) <= set(groups)  # the button in a group that is named after it
    assert len(set(groups)) == len(groups)
    assert "One unit more in layer 2, Dense 8, tanh" in found


@in_page
def test_chosen_data_are_marked_in_forced_colours(page: Page) -> None:
    """By a border of another width, whatever the colours."""
    page.prefer(forced_colors="active")
    width = "getComputedStyle(document.querySelector('#data .source[aria-pressed={}]')).borderTopWidth"
    assert (page.run(width.format("true")), page.run(width.format("false"))) == ("3px", "1px")


@in_page
def test_tip_goes_with_the_focus(page: Page) -> None:
    """What E shows of a connection is hidden once something else has the focus."""
    page.command("Emulation.setFocusEmulationEnabled", enabled=True)
    page.run('document.querySelector(\'#network [data-column="1"][data-place="0"]\').focus()')
    page.press("e", "e")
    assert page.run("document.querySelector('.tip').checkVisibility()")
    page.run("document.querySelector('#timeline .run').focus()")
    assert not page.run("document.querySelector('.tip').checkVisibility()")
    page.run('document.querySelector(\'#network [data-column="1"][data-place="2"]\').focus()')
    stops = "[...document.querySelectorAll('#network [role=gridcell][tabindex=\"0\"]')].map(e => [e.dataset.column, e.dataset.place])"
    assert page.run(stops) == [["1", "2"]]


@in_page
def test_layers_to_add_begin_with_the_common_ones(page: Page) -> None:
    """Dense first, NTKDense among the others."""
    page.click("#network .add")
    kinds = page.run("[...document.querySelectorAll('.menu .kinds')].map(e => [...e.children].map(b => b.textContent))")
    assert kinds[0][:4] == ["Dense", "Dropout", "BatchNorm", "LayerNorm"]
    assert "NTKDense" in kinds[1]
    every = [*kinds[0], *kinds[1]]
    assert len(set(every)) == len(every)


@in_page
def test_header_counts_all_rows(page: Page) -> None:
    """Those to train on, and all."""
    take(page, {"kind": "toy", "name": "moons", "options": {"n": 300}}, 1)
    assert "300 rows, 240 to train on" in page.run("document.querySelector('#summary').textContent")


# ---- odd data ----------------------------------------------------------------------------------------------------------


@in_page
def test_divergence_at_the_start_stays_on_the_slider(page: Page) -> None:
    """Its pin lies on the way of the slider, and the page does not scroll sideways."""
    page.run("store.do('set', { path: 'optimizer.learning_rate', value: 1e38 })")
    page.run("store.do('run')")
    page.wait("store.state.diverged && !store.state.running")
    page.run(
        "store.state.findings = [{ code: 'x', title: 'Diverged', step: store.state.step + 99, severity: 'error' }]"
    )
    page.run("store.emit('findings', store.state.findings)")
    page.wait("document.querySelector('#timeline .pin.finding') !== null")
    shares = page.run(
        "[...document.querySelectorAll('#timeline .pins li')].map(e => Number(e.style.getPropertyValue('--at')))"
    )
    assert all(0 <= share <= 1 for share in shares)
    assert page.run("document.documentElement.scrollWidth <= innerWidth")
    for _ in range(2):
        page.run("store.do('undo')")


@in_page
def test_many_classes_and_long_names(tmp_path: Path) -> None:
    """Of 40 classes the plane shows the likeliest, and the legend says how many more there are; names are abridged."""
    with playground(large(200, 40)) as served, watched_page(tmp_path, served) as page:
        page.run("playground.then(found => { globalThis.store = found; })")
        page.run("store.do('step', { batches: 30 })")
        page.run(SETTLED)
        legend = page.run(
            "[...document.querySelectorAll('#result .legend:not(.lines) li')].map(e => [e.textContent, e.title.length])"
        )
        assert len(legend) == 14
        assert legend[12][0] == "\N{HORIZONTAL ELLIPSIS} 28 more"
        assert max(len(words) for words, _ in legend) <= 32
        assert legend[0][1] > 400
        assert page.run("document.querySelector('.chart .x').title.length") == 5000
        assert box(page, "#result .readout")[3] <= box(page, "#result")[3]
        assert len(page.run("document.querySelector('#summary').textContent")) < 160
        pixels = "(c => new Set(new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer)).size)(document.querySelector('.plane .ground'))"
        assert page.run(pixels) > 20
        assert not page.run("document.querySelector('.plane .blank').checkVisibility()")


@pytest.mark.parametrize("k", [3, 32, 33, 256, 257])
def test_plane_of_many_classes(k: int) -> None:
    """Up to 32 classes have a channel each; of more there is the likeliest and its probability; over 256 nothing."""
    made = large(600, k)
    made.advance(3)
    raw, at, found = frame_of(made, View(resolution=16)), 0, None
    while at < len(raw):
        kind, _, _, flags, _, _, size = struct.unpack_from("<BBBBIII", raw, at)
        if kind == KINDS["plane"]:
            found = (
                flags,
                struct.unpack_from("<ffII", raw, at + 16),
                np.frombuffer(raw[at + 32 : at + 16 + size], np.uint8),
            )
        at += 16 + size + -size % 8
    if k > 256:
        assert found is None
        return
    assert found is not None
    flags, (_, _, side, channels), levels = found
    x, y = (np.linspace(*ends, side) for ends in made.data.plane_sides)
    wanted = made.network.predict(np.array([[a, b] for b in y for a in x], dtype=np.float32))
    if k <= 32:
        assert (flags, channels) == (0, k)
        return
    assert (flags, channels) == (1, 2)
    best, level = levels.reshape(-1, 2).T
    assert np.array_equal(best, wanted.argmax(axis=1))
    assert np.abs(level / 255.0 - wanted.max(axis=1)).max() < 0.51 / 255.0
