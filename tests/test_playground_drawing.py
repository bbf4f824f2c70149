"""The panels of network and result in Chromium: what is drawn and said is what the engine holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from chromium import Page
from glassnet.playground.experiment import Experiment
from glassnet.playground.play_data import PlayData
from glassnet.playground.server.running import Playground
from glassnet.playground.settings import Settings
from playground_pages import first_experiment, in_page, playground, watched_page

CELL = 'document.querySelector(\'#network [data-column="{}"][data-place="{}"]\')'
MINUS = "\N{MINUS SIGN}"
FOCUSED = "document.activeElement.getAttribute('aria-label')"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Page, Playground]]:
    """A page on two inputs, hidden layers of 4 and 3 units, and one output; 8 steps old."""
    with playground(first_experiment()) as served, watched_page(tmp_path_factory.mktemp("chromium"), served) as page:
        page.command("Emulation.setFocusEmulationEnabled", enabled=True)
        page.run("playground.then((found) => { globalThis.store = found; })")
        step(page, 8)
        yield page, served


def step(page: Page, batches: int) -> None:
    """Take steps, and wait until the page has painted them."""
    before = int(page.run("document.body.dataset.step"))
    page.run(f"store.do('step', {{ batches: {batches} }})")
    page.wait(f"document.body.dataset.step === '{before + batches}'")


def names(page: Page) -> list[str]:
    """Return the names of all neurons, as a screen reader gets them."""
    return [name for role, name in page.tree() if role == "gridcell"]


@in_page
def test_names_are_the_engines_numbers(shown: tuple[Page, Playground]) -> None:
    """Every neuron is called by its place and its value for the row, to three digits."""
    page, served = shown
    row = served.call(lambda made: made.data.X[:1])
    found = served.call(lambda made: made.network.activations(row))
    values = np.concatenate([row[0], *(found[name][0] for name in ("dense_1", "dense_2", "dense_3"))])
    said = names(page)
    assert said[0].startswith("input x1, value ")
    assert said[4].startswith("layer 1, unit 3, activation ")
    assert said[-1].startswith("layer 3, unit 1, sum ")
    said[-1] = said[-1].removesuffix(" before the sigmoid")
    for name, value in zip(said, values, strict=True):
        assert float(name.split()[-1].replace(MINUS, "-")) == pytest.approx(value, rel=6e-3)


@in_page
def test_frames_have_the_bits_of_the_engine(shown: tuple[Page, Playground]) -> None:
    """What the page decoded of a frame is what params and activations hold, bit for bit."""
    page, served = shown
    edges = page.run("store.frame.edges.map((block) => [...block])")
    weights = served.call(lambda made: [layer.W.astype(np.float64).ravel().tolist() for layer in made.network.layers])
    assert edges == weights
    biases = served.call(lambda made: np.concatenate([layer.b.ravel() for layer in made.network.layers]).tolist())
    assert page.run("[...store.frame.biases]") == biases
    losses = served.call(lambda made: made.batch_losses.ravel().tolist())
    assert page.run("store.frame.losses[store.frame.losses.length - 1]") == losses[-1]


@in_page
def test_walk_by_keys(shown: tuple[Page, Playground]) -> None:
    """Arrows walk from neuron to neuron, Enter selects one, E goes through the edges into it."""
    page, _ = shown
    page.run(CELL.format(0, 1) + ".focus()")
    page.press("ArrowRight")
    assert page.run(FOCUSED).startswith("layer 1, unit")
    page.press("Home")
    page.press("ArrowDown")
    assert page.run(FOCUSED).startswith("layer 1, unit 2, ")
    assert page.run("document.querySelectorAll('#network [role=gridcell][tabindex=\"0\"]').length") == 1
    page.press("Enter", "\r")
    page.wait("store.selection?.kind === 'neuron'")
    assert page.run("[store.selection.layer, store.selection.unit]") == ["dense_1", 1]
    for start in (0, 1, 0):
        page.press("e", "e")
        page.wait(f"store.selection?.kind === 'edge' && store.selection.from === {start}")
    assert page.run("[store.selection.parameter, store.selection.to]") == ["dense_1.weight", 1]


@in_page
def test_hover_tells_weight_and_bias(shown: tuple[Page, Playground]) -> None:
    """Under the pointer a neuron shows its value and bias, a line its weight."""
    page, served = shown
    box = page.run(f"(({{x, y}}) => [x, y])({CELL.format(2, 0)}.getBoundingClientRect())")
    page.command("Input.dispatchMouseEvent", type="mouseMoved", x=box[0] + 4, y=box[1] + 4)
    page.wait("!document.querySelector('#network .tip').hidden")
    tip = page.run("document.querySelector('#network .tip').textContent")
    bias = served.call(lambda made: float(made.network.layers[1].b[0, 0]))
    assert float(tip.split("bias ")[1].replace(MINUS, "-")) == pytest.approx(bias, rel=6e-4)


@in_page
def test_a_click_on_a_point_looks_at_its_row(shown: tuple[Page, Playground]) -> None:
    """A click where a point is shows the values of its row in the network."""
    page, served = shown
    place = page.run("""(() => {
        const { points, plane } = store.state.data, box = document.querySelector('#result .plane canvas:last-child').getBoundingClientRect();
        const share = (value, [lo, hi]) => (value - lo) / (hi - lo);
        return [box.x + share(points.x[7], plane.x) * box.width, box.y + (1 - share(points.y[7], plane.y)) * box.height, points.row[7]];
    })()""")
    for kind in ("mousePressed", "mouseReleased"):
        page.command("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)
    page.wait(f"store.state.probe.row === {place[2]} && store.frame?.revision === store.state.revision")
    X = served.call(lambda made: made.data.X[place[2]].tolist())
    assert page.run("[...store.frame.activations[0]]") == X


@in_page
def test_the_plane_shows_predict(shown: tuple[Page, Playground]) -> None:
    """Where the network is sure of a class, the plane has more of its colour than of the other's."""
    page, served = shown
    step(page, 400)
    page.wait("store.frame?.plane && store.frame.revision === store.state.revision")
    width, levels = page.run("[store.frame.plane.width, [...store.frame.plane.data]]")
    sides = served.call(lambda made: made.data.plane_sides)
    points = np.array(
        [[x, y] for y in np.linspace(*sides[1], width) for x in np.linspace(*sides[0], width)], np.float32
    )
    wanted = served.call(lambda made: made.network.predict(points)).ravel() * 255.0
    assert np.abs(np.array(levels) - wanted).max() <= 0.51
    shades = page.run(
        f"""[...document.querySelector('#result .ground').getContext('2d').getImageData(0, 0, {width}, {width}).data]"""
    )
    image = np.array(shades).reshape(width, width, 4)[::-1].reshape(-1, 4)
    pixels = image[np.argmin(levels)], image[np.argmax(levels)]
    assert pixels[0][2] > pixels[0][0]  # blue, class 0
    assert pixels[1][0] > pixels[1][2]  # orange, class 1


def opened_table(page: Page, place: int, rows: int) -> list[list[str]]:
    """Open a table of the result, and return its cells when it has so many rows."""
    table = f"[...document.querySelectorAll('#result details')].at({place})"
    page.run(f"{table}.open = true")
    page.wait(f"{table}.querySelectorAll('tbody tr').length === {rows}")
    page.run(f"{table}.open = false")
    cells = f"[...{table}.querySelectorAll('tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))"
    found: list[list[str]] = page.run(cells)
    return found


@in_page
def test_tables_of_what_is_drawn(shown: tuple[Page, Playground]) -> None:
    """The losses stand in a table, as the history has them; the points with their predictions in another."""
    page, served = shown
    rows = served.call(lambda made: made.epoch_rows)
    last = [float(text.replace(",", "").replace(MINUS, "-")) for text in opened_table(page, -1, len(rows))[-1]]
    assert last == pytest.approx(rows[-1], rel=6e-4)
    predicted = served.call(lambda made: made.network.predict(np.concatenate([made.data.X, made.data.X_valid]))).ravel()
    assert [cells[4] for cells in opened_table(page, 0, 120)] == [str(int(value > 0.5)) for value in predicted]


@in_page
def test_layers_are_changed_by_buttons(shown: tuple[Page, Playground]) -> None:
    """Units, layers and their order change by buttons that have names, without a pointer."""
    page, _ = shown
    press = 'document.querySelector("#network {}").click()'
    page.run(press.format("[aria-label='One unit more in layer 1, Dense 4, tanh']"))
    page.wait("store.state.network.columns[1]?.units === 5")
    page.run(press.format(".add"))
    page.run(
        "[...document.querySelectorAll('#network .kinds button')].find((found) => found.textContent === 'Dense').click()"
    )
    page.wait("store.state.network.layers.length === 4")
    page.run("""(() => {
        const [, first, second] = document.querySelectorAll('#network .head'), dataTransfer = new DataTransfer();
        first.dispatchEvent(new DragEvent('dragstart', { dataTransfer }));
        second.dispatchEvent(new DragEvent('drop', { dataTransfer }));
    })()""")
    page.wait("store.state.network.columns[2].units === 5")
    page.run(press.format("[data-key='name-2']"))
    page.run(
        "[...document.querySelectorAll('#network .kinds button')].find((found) => found.textContent === 'Remove').click()"
    )
    page.wait("store.state.network.layers.length === 3")
    page.wait(f"{CELL.format(1, 0)} !== null && store.frame?.revision === store.state.revision")
    assert "layer 1, unit 1, activation" in " ".join(names(page))


@in_page
def test_points_are_set_by_keys(shown: tuple[Page, Playground]) -> None:
    """Where points are drawn, arrows move a cross and Enter sets a point of the chosen class there."""
    page, served = shown
    source = (
        "{ kind: 'points', points: [[0.5, 0.5, 0], [-0.5, 0.5, 1], [0.5, -0.5, 1], [-0.5, -0.5, 0], [0.1, 0.9, 0]] }"
    )
    page.run(f"store.do('data', {{ source: {source} }})")
    page.wait("store.state.data.source.kind === 'points' && document.querySelector('#data-label-2') !== null")
    page.run("document.querySelector('#data-label-2').click()")
    page.run("document.querySelector('#result .plane canvas:last-child').focus()")
    page.press("ArrowRight")
    page.press("Enter", "\r")
    page.wait("store.state.data.source.points.length === 6")
    sides = served.call(lambda made: made.data.plane_sides)
    x, y, label = served.call(lambda made: made.data.source["points"][-1])
    assert label == 2
    assert [x, y] == pytest.approx([sides[0][0] + 0.52 * (sides[0][1] - sides[0][0]), sum(sides[1]) / 2], abs=1e-4)


def wide(sizes: tuple[int, ...], d: int) -> Experiment:
    """Return an experiment on noise with wide hidden layers."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, d)).astype(np.float32), rng.integers(0, 10, 200)
    data = PlayData(X[:160], y[:160], X[160:], y[160:], tuple(f"x{i}" for i in range(d)), tuple(map(str, range(10))))
    layers: list[Any] = [*(gn.Dense(size, "relu") for size in sizes), gn.Dense(10)]
    return Experiment(data, Settings.of(gn.Network(layers, loss="cross_entropy", seed=0).build((d,)), 32))


@pytest.mark.slow
@in_page
@pytest.mark.parametrize(("width", "height"), [(360, 740), (1920, 1080)])
def test_many_edges(tmp_path: Path, width: int, height: int) -> None:
    """6,464 edges can be painted in 8 ms; at 360 pixels the layers are below each other and nothing sticks out."""
    with playground(wide((64, 32), 64)) as served, watched_page(tmp_path, served, width, height) as page:
        page.run("playground.then((found) => { globalThis.store = found; })")
        page.run("store.do('view', { most_units: 64 })")
        page.wait("store.frame?.edges?.reduce((sum, block) => sum + block.length, 0) === 6464")
        took = page.run("""Array.from({ length: 21 }, () => {
            const began = performance.now();
            store.emit('frame', store.frame);
            return performance.now() - began;
        }).sort((a, b) => a - b)[2]""")
        assert took <= 8.0
        assert page.run("document.documentElement.scrollWidth") <= width
        assert page.run("document.querySelector('#network .stage').classList.contains('vertical')") is (width == 360)
