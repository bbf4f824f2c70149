"""The drawer of the page: explanations, the microscope, typed numbers, findings."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from chromium import Page, open_page
from glassnet.playground.dispatch import answer
from glassnet.playground.experiment import Experiment
from glassnet.playground.play_data import PlayData
from glassnet.playground.server.running import Playground
from glassnet.playground.settings import Settings
from playground_pages import in_page, open_playground, playground, troubles

HOSTILE = "<img src=x onerror=alert(1)>"
FUNCTIONS: dict[str, Any] = {name: getattr(math, name) for name in ("exp", "log", "sqrt", "tanh")} | {
    "max": max,
    "abs": abs,
}


def an_experiment(rate: float = 0.3) -> Experiment:
    """Return an experiment on points of two classes that is told nothing by the names of its columns."""
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (120, 2)).astype(np.float32)
    y = (X[:, 0] * X[:, 1] > 0).astype(np.int64)
    data = PlayData(X[:90], y[:90], X[90:], y[90:], (HOSTILE, "x2"), ("0", "1"), title="Xor")
    network = gn.Network(
        [gn.Dense(4, "tanh"), gn.Dense(1)], loss="binary_cross_entropy", optimizer=gn.SGD(rate), seed=0
    )
    return Experiment(data, Settings.of(network.build((2,)), 10))


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """One browser for all tests of this file."""
    with open_page(tmp_path_factory.mktemp("chromium"), 1280, 800) as page:
        yield page


@contextmanager
def showing(page: Page, experiment: Experiment) -> Iterator[Playground]:
    """Show the playground of an experiment; what the page complains of is a failure."""
    with playground(experiment) as served:
        troubles(page, served)
        open_playground(page, served)
        try:
            yield served
            assert troubles(page, served) == []
        finally:
            page.go("about:blank")


def do(page: Page, expression: str) -> Any:
    """Return the value of an expression of JavaScript in which ``store`` is the store of the page."""
    return page.run(f"playground.then(async (store) => ({expression}))")


def asked(served: Playground, name: str, **arguments: Any) -> Any:
    """Return the result of a command, asked for in Python."""
    return served.call(lambda experiment: answer(experiment, {"id": 0, "do": name, **arguments})["result"])


def read_back(shown: str) -> str:
    """Return an expression as the engine writes it, from how the page shows it."""
    plain = shown.replace("\u2212", "-").replace("\u00b7", " * ").replace("\u00b2", "**2").replace("\u00b3", "**3")
    assert not re.search(r"[^\x00-\x7f]", plain), shown
    return plain


def shown_lines(page: Page) -> list[tuple[str, list[str], str]]:
    """Return label, terms and result of each line that is shown, read back."""
    take = """[...document.querySelectorAll("#explain .line")].map((line) => [
        line.querySelector(".symbol").textContent, [...line.querySelectorAll(".term")].map((term) => term.firstChild.data),
        line.querySelector("b").textContent])"""
    return [(label, [read_back(term) for term in terms], read_back(result)) for label, terms, result in page.run(take)]


def check_lines(page: Page, lines: list[dict[str, Any]]) -> None:
    """Check that the page shows these lines of the engine, and that its texts give the results."""
    shown = shown_lines(page)
    assert shown == [
        (line["label"], [bracketed(term, line) for term in line["terms"]], line["result"]) for line in lines
    ]
    for label, terms, result in shown:
        if terms:
            value = eval(" + ".join(terms), {"__builtins__": {}}, FUNCTIONS)
            assert value == pytest.approx(float(result), rel=0.01, abs=5e-4), label


def bracketed(term: str, line: dict[str, Any]) -> str:
    """Return a term of a line as it is shown among others."""
    return f"({term})" if term.startswith("-") and len(line["terms"]) > 1 else term


@in_page
def test_a_neuron_an_edge_and_a_layer_are_explained(chromium: Page) -> None:
    """The numbers shown are those of the engine at that step; names of columns are text; the update is the one that comes."""
    with showing(chromium, an_experiment()) as served:
        do(chromium, "store.do('step', {batches: 5})")
        do(chromium, "store.select({kind: 'neuron', layer: 'dense_1', unit: 2})")
        chromium.wait("document.querySelectorAll('#explain .line').length === 2")
        check_lines(chromium, asked(served, "explain_neuron", layer="dense_1", unit=2)["lines"])
        assert chromium.run("document.querySelector('#explain .term small').textContent") == HOSTILE
        chromium.run("document.querySelectorAll('#explain button.term')[1].click()")
        assert do(chromium, "store.selection") == {"kind": "edge", "parameter": "dense_1.weight", "from": 1, "to": 2}
        chromium.wait("document.querySelectorAll('#explain h4').length === 3")
        found = asked(served, "explain_edge", **{"parameter": "dense_1.weight", "from": 1, "to": 2})["lines"]
        check_lines(chromium, [*found["slope"], *found["update"], *found["delta"]])
        after = float(next(result for label, _, result in shown_lines(chromium) if label == "W1'[1, 2]"))
        do(chromium, "store.do('step')")
        weight = served.call(
            lambda experiment: float(experiment.network._slots[0].view(experiment.network.params)[1, 2])
        )
        assert after == pytest.approx(weight, rel=1e-3)
        chromium.wait(f"document.querySelector('#explain .quiet').textContent.includes('{abs(weight):.7g}')")
        do(chromium, "store.select({kind: 'layer', layer: 'dense_1'})")
        chromium.wait("!!document.querySelector('#explain .formulas')")
        words = chromium.run("document.querySelector('#explain').textContent")
        assert "Fully connected layer: an affine map of the features, then an activation." in words
        assert "12 parameters" in words


@in_page
def test_the_microscope_walks_and_lights_what_a_stop_is_about(chromium: Page) -> None:
    """Arrow keys and buttons lead through six stops; what lights up is gone when the microscope is closed."""
    with showing(chromium, an_experiment()) as served:
        chromium.run("document.querySelector('#explain button').click()")
        for stop in range(6):
            chromium.wait(f"document.querySelector('.microscope h3')?.textContent.startsWith('{stop + 1} of 6')")
            found = asked(served, "microscope", stop=stop)
            assert do(chromium, "store.highlight") == found["highlight"]
            titles = [section["title"] for section in found["sections"]]
            assert (
                chromium.run("[...document.querySelectorAll('.microscope h4')].map((head) => head.textContent)")
                == titles
            )
            check_lines(
                chromium, [line for part in found["sections"] for e in part["equations"] for line in e["worked"]]
            )
            if stop == 2:
                chromium.run("document.querySelectorAll('.microscope .bar button')[1].click()")
            else:
                chromium.run("document.querySelector('.microscope h3').focus()")
                chromium.press("ArrowRight")
        chromium.press("ArrowLeft")
        chromium.wait("document.querySelector('.microscope h3').textContent.startsWith('5 of 6')")
        do(chromium, "store.open('findings')")
        assert do(chromium, "store.highlight") is None
        do(chromium, "store.open('explain')")
        chromium.wait("playground.then((store) => store.highlight !== null)")
        do(chromium, "store.select({kind: 'layer', layer: 'dense_1'})")
        chromium.wait("!document.querySelector('.microscope') && !!document.querySelector('#explain .formulas')")
        assert do(chromium, "store.highlight") is None


@in_page
def test_a_typed_number_is_checked(chromium: Page) -> None:
    """In manual mode results are not shown; a wrong number is wrong, the right one shows the worked line."""
    with showing(chromium, an_experiment()) as served:
        chromium.run("document.querySelector('#explain button').click()")
        chromium.wait("!!document.querySelector('.microscope')")
        chromium.run("document.querySelectorAll('.microscope .bar button')[1].click()")
        chromium.wait("document.querySelector('.microscope h3').textContent.startsWith('2 of 6')")
        chromium.run("document.querySelector('.microscope input[type=checkbox]').click()")
        chromium.wait("!!document.querySelector('.question')")
        assert chromium.run("document.querySelectorAll('.microscope .line b, .microscope td').length") == 0
        line = asked(served, "microscope", stop=1)["sections"][0]["equations"][2]["worked"][0]
        for text, word in (
            (f"{line['value'] * 1.1:.3g}", "Not yet"),
            (f"{line['value']:.3g}".replace(".", ","), "Right"),
        ):
            chromium.run(
                "document.querySelector('.question input').select(), document.querySelector('.question input').focus()"
            )
            chromium.type(text)
            chromium.press("Enter", "\r")
            chromium.wait(f"document.querySelector('.question .verdict').textContent.includes('{word}')")
        assert read_back(chromium.run("document.querySelector('.question .line b').textContent")) == line["result"]


@in_page
def test_a_question_comes_when_the_one_before_is_answered(chromium: Page) -> None:
    """No line shows the number that is asked for above it: at all stops there is one open question at a time."""
    with showing(chromium, an_experiment()) as served:
        chromium.run("document.querySelector('#explain button').click()")
        chromium.wait("!!document.querySelector('.microscope')")
        chromium.run("document.querySelector('.microscope input[type=checkbox]').click()")
        for stop in range(1, 6):
            chromium.run("document.querySelectorAll('.microscope .bar button')[1].click()")
            chromium.wait(f"document.querySelector('.microscope h3').textContent.startsWith('{stop + 1} of 6')")
            chromium.wait("document.querySelectorAll('.question').length === 1")
            labels = [each["label"] for each in asked(served, "microscope", stop=stop)["questions"]]
            for number, label in enumerate(labels, 1):
                chromium.wait(f"document.querySelectorAll('.question').length === {number}")
                assert chromium.run("document.querySelectorAll('.question .line b').length") == number - 1
                last = "[...document.querySelectorAll('.question')].at(-1)"
                assert chromium.run(f"{last}.querySelector('.symbol').textContent") == label
                chromium.run(f"{last}.querySelector('button.plain').click()")
                chromium.wait(f"document.querySelectorAll('.question .line b').length === {number}")


@pytest.mark.slow
@in_page
def test_while_running_there_are_four_updates_a_second(chromium: Page) -> None:
    """A neuron that is explained follows the run, with at least a fifth of a second between two questions."""
    with showing(chromium, an_experiment()) as served:
        do(chromium, "store.select({kind: 'neuron', layer: 'dense_2', unit: 0})")
        chromium.wait("document.querySelectorAll('#explain .line').length === 2")
        chromium.run("""playground.then((store) => {
            const { engine } = store, send = engine.send.bind(engine);
            globalThis.times = [];
            engine.send = (command, args) => (command === "explain_neuron" && times.push(performance.now()), send(command, args));
        })""")
        do(chromium, "store.do('run', {per_second: null})")
        chromium.wait("times.length >= 6")
        do(chromium, "store.do('pause')")
        gaps = chromium.run("times.slice(1, 6).map((time, k) => time - times[k])")
        assert min(gaps) > 200, gaps
        chromium.wait("document.body.dataset.state === 'paused'")
        step = served.call(lambda experiment: experiment.step)
        chromium.wait(f"document.body.dataset.step === '{step}'")
        lines = asked(served, "explain_neuron", layer="dense_2", unit=0)["lines"]
        result = lines[0]["result"].replace("-", "\u2212")
        chromium.wait(f"document.querySelector('#explain .line b').textContent === '{result}'")
        check_lines(chromium, lines)


@in_page
def test_a_finding_becomes_a_card_and_its_remedy_a_branch(chromium: Page) -> None:
    """A rate that is too low has a card after two hundred steps; its button changes the rate, and the card goes."""
    with showing(chromium, an_experiment(1e-5)) as served:
        do(chromium, "store.open('findings')")
        do(chromium, "store.do('step', {batches: 220})")
        chromium.wait("!!document.querySelector('.finding')")
        card = do(chromium, "store.state.findings[0]")
        assert card["code"] == "rate-too-low"
        words = chromium.run("document.querySelector('.finding').textContent")
        assert all(card[name] in words for name in ("title", "measured", "where", "why", "do", "tried"))
        assert "Warning:" in words
        assert chromium.run("document.querySelector('#tab-findings .count').textContent") == "1"
        rate = float(re.findall(r"learning_rate (\S+) instead", card["change"])[0])
        chromium.run("document.querySelector('.finding button.main').click()")
        chromium.wait("!document.querySelector('.finding')")
        assert served.call(lambda experiment: experiment.settings.optimizer["learning_rate"]) == rate


@in_page
def test_the_drawer_fits_a_telephone(chromium: Page) -> None:
    """At 360 pixels nothing of the drawer is wider than the page, and what is pressed is large enough."""
    size = {"width": 360, "height": 640, "deviceScaleFactor": 1, "mobile": False}
    chromium.command("Emulation.setDeviceMetricsOverride", **size)
    try:
        with showing(chromium, an_experiment()):
            for selection in (
                "{kind: 'edge', parameter: 'dense_1.weight', from: 0, to: 2}",
                "{kind: 'layer', layer: 'dense_1'}",
            ):
                do(chromium, f"store.select({selection})")
                chromium.wait("!!document.querySelector('#explain h4')")
                assert chromium.run("document.querySelector('#drawer').scrollWidth") <= 360
                assert chromium.run("document.documentElement.scrollWidth") <= 360
            chromium.run("document.querySelector('#explain button').click()")
            chromium.wait("!!document.querySelector('.microscope')")
            assert chromium.run("document.documentElement.scrollWidth") <= 360
    finally:
        chromium.command("Emulation.setDeviceMetricsOverride", **size | {"width": 1280, "height": 800})
