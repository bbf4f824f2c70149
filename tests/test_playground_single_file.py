"""The page of one file: opened from file:// it trains, asks for nothing, and shows names as text."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from chromium import CHROMIUM, Page, open_page
from glassnet.errors import ConfigError
from glassnet.playground.data.sources import data_from_arrays
from glassnet.playground.experiment import Experiment
from glassnet.playground.lessons import Lesson
from glassnet.playground.offline.bundling import bundle
from glassnet.playground.offline.shrinking import _parts, tightened, used_rules, used_texts
from glassnet.playground.server.downloads import DOWNLOADS
from glassnet.playground.settings import Settings
from glassnet.playground.single_file import _script, save_page

in_chromium = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
EXAMPLE = Path(__file__).parent.parent / "examples" / "lesson_page.py"
HOSTILE = "</script><img src=x onerror=alert(1)><!-- \u2028 {x}"
X, y = gn.datasets.moons(120, noise=0.1, seed=1)


def moons(epochs: int = 0, **options: Any) -> gn.Network:
    """Return a small network for the moons, trained for some epochs."""
    layers = [gn.Dense(6, "tanh"), gn.Dense(1)]
    chosen: dict[str, Any] = {"loss": "binary_cross_entropy", "optimizer": gn.Adam(0.05), "seed": 3} | options
    net = gn.Network(layers, input_shape=(2,), **chosen)
    if epochs:
        quiet: dict[str, Any] = {"diagnose": False, "progress": False}
        net.fit(X[:90], y[:90], epochs=epochs, batch_size=8, validation_data=(X[90:], y[90:]), **quiet)
    return net


def write(net: gn.Network, path: Path, **options: Any) -> str:
    """Write a page with the moons and return its text."""
    save_page(net, path, X[:90], y[:90], validation_data=(X[90:], y[90:]), batch_size=8, **options)
    return path.read_text(encoding="utf-8")


def content(text: str) -> Any:
    """Return what a page computes with."""
    found = re.search(r'<script type="application/json" id="glassnet">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


# ---- the text of a page ----------------------------------------------------------------------------------------------


def test_policy_allows_the_own_script_and_style_only(tmp_path: Path) -> None:
    """By their hashes; nothing is loaded from anywhere, and nothing can be sent."""
    text = write(moons(), tmp_path / "page.html")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";"))
    scripts = re.findall(r'<script type="module">(.*?)</script>', text, re.DOTALL)
    styles = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    for kind, found in (("script-src", scripts), ("style-src", styles)):
        digests = [base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in found]
        assert [f"'sha256-{digest}'" for digest in digests] == rules[kind].split()
        assert len(digests) == 1
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["img-src"] == "data: blob:"
    assert not re.search(r'(?:src|href)="(?!data:|#)', text)


def test_hostile_names_end_neither_script_nor_title(tmp_path: Path) -> None:
    """Title, lesson and texts are escaped where they stand."""
    lesson = Lesson(HOSTILE, HOSTILE, title=HOSTILE)
    text = write(moons(), tmp_path / "page.html", title=HOSTILE, lesson=lesson)
    assert "<img" not in text
    assert text.count("</script>") == 2
    assert content(text)["lesson"]["task"] == " ".join(HOSTILE.split())


def test_page_of_a_model_is_written_in_one_go(tmp_path: Path) -> None:
    """Over an ordinary file only; what cannot be trained is refused in a sentence, and nothing is written."""
    net = gn.Network([gn.Dense(4), gn.BatchNorm(), gn.Dense(1)], loss="poisson", input_shape=(2,), seed=0)
    with pytest.raises(ConfigError) as caught:
        write(net, tmp_path / "page.html")
    assert str(caught.value) == (
        "Network.to_page: the network has BatchNorm, loss='poisson'; a page trains Dense layers, activations with a "
        "formula and Dropout at fixed rates. Open it with net.playground(), which runs the engine in Python and trains everything."
    )
    assert list(tmp_path.iterdir()) == []
    schedule = gn.Adam(gn.schedules.FlatCosine(0.1, epochs=10), clip_norm=1.0)
    with pytest.raises(ConfigError, match="the network has a schedule of the learning rate, clip_norm"):
        write(moons(optimizer=schedule), tmp_path / "page.html")


def test_activations_of_the_users_own(tmp_path: Path) -> None:
    """With a formula it is printed into the page; a class that the page cannot describe is refused with advice."""
    cube = gn.CustomActivation(formula=gn.Formula("Z**3", "3 * Z**2"))
    net = gn.Network([gn.Dense(4, cube), gn.Dense(1)], loss="binary_cross_entropy", input_shape=(2,), seed=0)
    assert "A[i]=Z[i]*Z[i]*Z[i];" in write(net, tmp_path / "page.html")

    class Bent(gn.Activation):
        formula = gn.Formula("Z / (1 + abs(Z))", "(1 - abs(A))**2")

    net = gn.Network([gn.Dense(4, Bent()), gn.Dense(1)], loss="binary_cross_entropy", input_shape=(2,), seed=0)
    with pytest.raises(
        ConfigError,
        match=r"the network has Bent, a class of your own where CustomActivation\(formula=\.\.\.\) could be",
    ):
        write(net, tmp_path / "page.html")


def test_page_of_an_experiment_under_way_can_be_downloaded() -> None:
    """With the step that it is at; a network that pages cannot train is refused."""
    data = data_from_arrays(X, y)
    settings = Settings.of(gn.Network([gn.Dense(4, "tanh"), gn.Dense(1)], loss="binary_cross_entropy", seed=0))
    experiment = Experiment(data, settings)
    experiment.advance(7)
    text = DOWNLOADS["page"].make(experiment).decode()
    assert content(text)["weights"]["counters"]["step"] == 7
    assert len(text) < 320_000
    assert len(gzip.compress(text.encode())) < 100_000
    with pytest.raises(ConfigError, match="the network has LayerNorm"):
        DOWNLOADS["page"].make(Experiment(data, settings.with_layer(1, {"class": "LayerNorm", "eps": 1e-5})))


def test_lesson_refuses_what_a_page_does_not_know() -> None:
    """Parts and goals by their names."""
    with pytest.raises(
        ConfigError,
        match=r"hide is 'dat'; it must be one of 'code', 'data', 'drawer', 'findings', 'network', 'optimizer', 'result', 'timeline'. Did you mean 'data'\?",
    ):
        Lesson(hide=["dat"])
    with pytest.raises(ConfigError, match=r"unknown goal 'accuracy'. The choices are 'loss', 'score'"):
        Lesson(goal={"accuracy": 1.0})


@pytest.mark.parametrize(
    ("goal", "options", "sentence"),
    [
        (
            {"valid_loss": 0.3},
            {},
            "the lesson has a goal of 'valid_loss' and no validation_data; it needs rows that are held out. Pass",
        ),
        (
            {"score": 0.9},
            {},
            "the lesson has a goal of 'score' and no validation_data; it needs rows that are held out. Pass",
        ),
        (
            {"score": 95},
            {"validation_data": (X[90:], y[90:])},
            "the goal of 'score' is 95; it must be at most 1, the best accuracy",
        ),
        ({"loss": -0.1}, {}, "the goal of 'loss' is -0.1; it must be at least 0"),
    ],
)
def test_lesson_that_nobody_could_solve_is_not_written(
    goal: dict[str, float], options: Any, sentence: str, tmp_path: Path
) -> None:
    """A goal that the page never measures, or that no network reaches, is refused in a sentence; what is possible is not."""
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        save_page(moons(), tmp_path / "page.html", X[:90], y[:90], lesson=Lesson(goal=goal), **options)
    assert not (tmp_path / "page.html").exists()
    save_page(moons(), tmp_path / "page.html", X[:90], y[:90], lesson=Lesson(goal={"loss": 0.3, "steps": 20}))


def test_bundle_refuses_circles_and_unknown_forms() -> None:
    """A page that was put together wrongly must not be written."""
    with pytest.raises(ValueError, match=r"circle, a.js -> b.js -> a.js; they must not"):
        bundle({"a.js": 'import { b } from "./b.js";', "b.js": 'import { a } from "./a.js";'}, ["a.js"])
    with pytest.raises(ValueError, match="has 'export let x = 1;'; it must import and export in the known forms"):
        bundle({"a.js": "export let x = 1;"}, ["a.js"])


# ---- the page at work ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Start one Chromium, without a network."""
    with open_page(tmp_path_factory.mktemp("chromium"), 1280, 900) as opened:
        offline = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        opened.command("Network.emulateNetworkConditions", **offline)
        yield opened


def show(page: Page, path: Path) -> None:
    """Open a page and wait for its first picture."""
    page.requests.clear()
    page.console.clear()
    page.go(path.as_uri())
    page.wait("document.body.dataset.step !== undefined")


def ask(page: Page, command: str, **args: Any) -> Any:
    """Run a command and return its result."""
    return page.run(f"playground.then((store) => store.engine.send({json.dumps(command)}, {json.dumps(args)}))")


def state(page: Page, what: str = "state") -> Any:
    """Return a part of what the page knows."""
    return page.run(f"playground.then((store) => JSON.parse(JSON.stringify(store.{what})))")


def weights(page: Page) -> list[float]:
    """Return the parameters of the run."""
    found: list[float] = page.run("playground.then((store) => [...store.engine.branch.run.network.params])")
    return found


@in_chromium
def test_file_trains_without_a_network(page: Page, tmp_path: Path) -> None:
    """It runs, pauses, and asked for nothing but itself; the console stays empty."""
    path = tmp_path / "page.html"
    write(moons(), path, title=HOSTILE, lesson=Lesson(HOSTILE, "Go on.", goal={"valid_loss": 0.25, "steps": 40}))
    show(page, path)
    assert page.run("document.title") == HOSTILE
    assert "120 rows are inside this file" in page.run("document.querySelector('#data').textContent")
    assert page.run("document.querySelector('#lesson p').textContent") == " ".join(HOSTILE.split())
    assert "steps" in page.run("document.querySelector('#lesson .goal').textContent")
    ask(page, "run")
    page.wait("document.querySelector('#lesson.done') !== null")
    ask(page, "pause")
    page.wait("document.body.dataset.state === 'paused'")
    assert state(page, "state.step") >= 40
    assert page.requests == [path.as_uri()]
    assert page.console == []


@in_chromium
def test_file_goes_on_where_python_stopped(page: Page, tmp_path: Path) -> None:
    """A trained network's next steps are Python's; restart gives the initial weights, and going back what was there."""
    net = moons(epochs=2, dtype="float64")
    write(net, tmp_path / "page.html")
    show(page, tmp_path / "page.html")
    assert state(page, "state.step") == 24
    assert weights(page) == net.params.tolist()
    ask(page, "step", batches=24)
    there = weights(page)
    np.testing.assert_allclose(there, moons(epochs=4, dtype="float64").params, rtol=1e-9)
    ask(page, "go_to", step=30)
    ask(page, "epoch")
    assert state(page, "state.step") == 36
    ask(page, "go_to", step=48)
    assert weights(page) == there
    ask(page, "restart")
    assert weights(page) == moons(dtype="float64").params.tolist()


@in_chromium
def test_change_in_the_past_makes_a_branch(page: Page, tmp_path: Path) -> None:
    """The original stays; in the present a change is an event, which replay passes again."""
    write(moons(), tmp_path / "page.html")
    show(page, tmp_path / "page.html")
    ask(page, "step", batches=10)
    ask(page, "set", path="optimizer.learning_rate", value=0.2)
    ask(page, "step", batches=10)
    there = weights(page)
    assert state(page, "state.events") == [{"step": 10, "text": "learning_rate 0.05 → 0.2"}]
    ask(page, "go_to", step=5)
    ask(page, "go_to", step=20)
    assert weights(page) == there
    ask(page, "go_to", step=15)
    ask(page, "set", path="batch_size", value=30)
    runs = state(page, "state.runs")
    assert [(run["name"], run["parent"], run["from_step"], run["steps"]) for run in runs] == [
        ("run 1", None, 0, 20),
        ("run 2", "run 1", 15, 15),
    ]
    assert state(page, "state.steps_per_epoch") == 3
    ask(page, "step", batches=4)
    ask(page, "select", run="run 1")
    ask(page, "go_to", step=20)
    assert weights(page) == there


@in_chromium
def test_new_weights_are_those_of_python(page: Page, tmp_path: Path) -> None:
    """More units, another activation or seed: drawn as NumPy draws; what cannot be is refused in a sentence."""
    write(moons(dtype="float64"), tmp_path / "page.html")
    show(page, tmp_path / "page.html")
    ask(page, "set", path="layers.0.units", value=9)
    ask(page, "set", path="layers.0.activation", value="relu")
    ask(page, "set", path="seed", value=7)
    layers = [gn.Dense(9, "relu"), gn.Dense(1)]
    net = gn.Network(layers, loss="binary_cross_entropy", seed=7, dtype="float64", input_shape=(2,))
    assert weights(page) == net.params.tolist()
    column = state(page, "state.network.columns[1]")
    assert (column["units"], column["label"], len(column["shown"])) == (9, "Dense 9, relu", 9)
    assert state(page, "state.network.parameters") == net.n_parameters
    assert [len(block) for block in state(page, "frame.edges.map((block) => [...block])")] == [18, 9]
    refused = page.run(
        "playground.then((store) => store.engine.send('set', {path: 'optimizer.beta1', value: 1})).catch((e) => e.message)"
    )
    assert refused == "Beta1 cannot be 1."


@in_chromium
def test_lesson_is_done_by_its_reader(page: Page, tmp_path: Path) -> None:
    """At the rate that it begins with nothing helps; with another one, from the start, the task is marked as done."""
    show(page, runpy.run_path(str(EXAMPLE))["main"](str(tmp_path)))
    ask(page, "step", batches=600)
    page.wait("document.body.dataset.step === '600'")
    assert page.run("document.querySelector('#lesson.done')") is None
    assert page.run("getComputedStyle(document.querySelector('#data')).display") == "none"
    rate = "document.querySelector('[data-path=\"optimizer.learning_rate\"]')"
    page.run(f"{rate}.value = '2'; {rate}.dispatchEvent(new Event('change', {{bubbles: true}}))")
    page.wait("playground.then((store) => store.engine.settings.optimizer.learning_rate === 2)")
    page.click(f"[aria-label={json.dumps(content_text('timeline.restart'))}]")
    page.wait("document.body.dataset.step === '0'")
    page.click("#timeline button.run")
    page.wait("document.querySelector('#lesson.done') !== null")
    page.wait("document.body.dataset.state === 'paused'")
    assert page.console == []


def content_text(key: str) -> str:
    """Return a text of the page."""
    found: str = json.loads((Path(gn.__file__).parent / "playground" / "page" / "texts.json").read_text())[key]
    return found


@in_chromium
def test_page_explains_what_is_selected(page: Page, tmp_path: Path) -> None:
    """A neuron, an edge, a layer, and the microscope: each with its numbers in the drawer."""
    write(moons(epochs=1), tmp_path / "page.html")
    show(page, tmp_path / "page.html")
    selections = [
        ({"kind": "neuron", "layer": "dense_1", "unit": 2}, "A0 @ W1 + b1"),
        ({"kind": "edge", "parameter": "dense_2.weight", "from": 1, "to": 0}, "A1.T @ dZ2"),
        ({"kind": "layer", "layer": "dense_1"}, "Fully connected layer"),
    ]
    for selection, words in selections:
        page.run(f"playground.then((store) => store.select({json.dumps(selection)}))")
        page.wait(f"document.querySelector('#explain').textContent.includes({json.dumps(words)})")
    page.click("#explain .bar button")
    page.wait("document.querySelector('#explain .microscope') !== null")
    assert page.run("document.querySelectorAll('#explain .microscope table').length") > 1
    assert page.console == []


@in_chromium
def test_bias_is_reached_from_its_neuron(page: Page, tmp_path: Path) -> None:
    """A neuron's button leads to its bias, which is set by hand there; an input has none."""
    write(moons(epochs=1), tmp_path / "page.html")
    show(page, tmp_path / "page.html")
    page.run("playground.then((store) => store.select({ kind: 'neuron', layer: 'dense_1', unit: 2 }))")
    page.wait("document.querySelector('#explain [data-key=bias]') !== null")
    page.run("document.querySelector('#explain [data-key=bias]').click()")
    page.wait("document.querySelector('#explain h3').textContent === 'Bias of dense_1[2]'")
    page.run("document.querySelector('#explain [data-key=value]').value = '0.75'")
    page.run("document.querySelector('#explain [data-key=set]').click()")
    page.wait("document.querySelector('#explain').textContent.includes('dense_1.bias, now 0.75.')")
    page.run("playground.then((store) => store.select({ kind: 'neuron', layer: null, unit: 1 }))")
    page.wait("document.querySelector('#explain h3').textContent === 'Input x2'")
    assert page.run("document.querySelector('#explain [data-key=bias]')") is None
    assert page.console == []


@in_chromium
def test_axes_are_chosen_in_the_file(page: Page, tmp_path: Path) -> None:
    """With more than two inputs the plane shows other ones, and the picture follows."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4)).astype(np.float32)
    net = gn.Network([gn.Dense(3, "tanh"), gn.Dense(1)], loss="binary_cross_entropy", seed=0, input_shape=(4,))
    save_page(net, tmp_path / "page.html", X, (X[:, 2] > 0).astype(int))
    show(page, tmp_path / "page.html")
    before = state(page, "frame.plane.data")
    page.run("(s => { s.selectedIndex = 2; s.onchange(); })(document.querySelector('#data-axis-x'))")
    page.wait("playground.then((store) => store.state.data.axes.x === 2)")
    page.wait("playground.then((store) => store.frame.revision === store.state.revision)")
    assert state(page, "frame.plane.data") != before
    assert state(page, "state.data.points.x")[:5] == pytest.approx(X[:5, 2].tolist(), rel=1e-5)
    assert page.console == []


# ---- what is left out ------------------------------------------------------------------------------------------------


def test_script_is_the_same_without_blanks() -> None:
    """Nothing but blanks and comments is left out of the script: all other parts are the same, in order."""
    script = _script(["offline.js", "main.js"], ())
    found = [list(_parts(each)) for each in (script, tightened(script))]
    assert "".join(part for _, part in found[0]) == script
    kept = [[part for kind, part in parts if kind not in ("blank", "comment")] for parts in found]
    assert kept[0] == kept[1]
    assert len(tightened(script)) < 0.9 * len(script)


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        ("a = b  // 'c", "a=b"),
        ("x = `1 ${ f({ a: '}' }) } // no ${ `in  ${ y }` }` + z;", "x=`1 ${f({a:'}'})} // no ${`in  ${y}`}`+z;"),
        ("return /[/'\"]  x/g.test(s) / 2 / n", "return/[/'\"]  x/g.test(s)/2/n"),
        ("i + ++j; a - -b; 1 .x; a < !b", "i+ ++j;a- -b;1 .x;a< !b"),
        ("const { a } = b;\n  let c = 'it\\'s  // '", "const{a}=b;\nlet c='it\\'s  // '"),
        ("for (const x of [1, 2]) if (x in y) return x;", "for(const x of[1,2])if(x in y)return x;"),
    ],
)
def test_texts_and_patterns_are_left_alone(script: str, wanted: str) -> None:
    """What looks like a comment or a blank within them is none; operators do not grow together."""
    assert tightened(script) == wanted


def test_rules_and_texts_that_are_used_are_kept() -> None:
    """A rule stays if one of its selectors may match; a text if its key is named, or begins with what is."""
    style = ".a b { x: 1 }\n.gone, #a .b-c:hover { y: 'z  ; ' }\n.gone { z: 1 }\n@media (x) { .gone { a: b } }"
    assert used_rules(style, "a b c") == ".a b{x:1}\n.gone,#a .b-c:hover{y:'z  ; '}\n@media (x){.gone{a:b}}"
    texts = {"a.b": "1", "a.c.d": "2", "e.f": "3", "e.g.h": "4"}
    assert used_texts(texts, 'text("a.b") text(`e.g.${x}`)') == {"a.b": "1", "e.g.h": "4"}


def test_page_is_small(tmp_path: Path) -> None:
    """Without its rows and the state the page has at most 260 kB; each module that it needs adds to that."""
    text = write(moons(), tmp_path / "page.html")
    assert len(text.encode()) - len(json.dumps(content(text)["state"])) < 260_000
    assert "findings.why" not in content(text)["texts"]


@in_chromium
def test_no_text_is_missing(page: Page, tmp_path: Path) -> None:
    """All tabs, the keys, an explanation and the microscope show words, never the names of texts."""
    write(moons(epochs=1), tmp_path / "page.html", lesson=Lesson("Look.", "Look.", goal={"steps": 5000}))
    show(page, tmp_path / "page.html")
    names = r"/\b(app|data|network|result|timeline|explain|code|findings|lesson)\.[a-z_]+(\.[a-z_]+)*\b/"
    labels = "[...document.querySelectorAll('*')].map((e) => e.getAttribute('aria-label') ?? '').join(' ')"
    page.run("document.getElementById('help').showModal()")
    for tab in ("code", "explain"):
        page.run(f"document.getElementById('tab-{tab}').click()")
        for selection in ({"kind": "neuron", "layer": "dense_1", "unit": 2}, {"kind": "layer", "layer": "dense_1"}):
            page.run(f"playground.then((store) => store.select({json.dumps(selection)}))")
            ask(page, "step")
            assert page.run(f"{names}.exec(document.body.innerText + {labels})?.[0] ?? ''") == ""
    page.run("document.getElementById('help').close()")
    page.click("#explain .bar button")
    page.wait("document.querySelector('#explain .microscope') !== null")
    for stop in range(6):
        page.wait(f"document.querySelector('.microscope h3').textContent.startsWith('{stop + 1} of 6')")
        assert page.run(f"{names}.exec(document.body.innerText + {labels})?.[0] ?? ''") == ""
        page.run("document.querySelectorAll('.microscope .bar button')[1].click()")
    assert page.console == []


@pytest.mark.parametrize(
    ("net", "options", "sentence"),
    [
        (
            moons,
            {"validation_data": (np.ones((3, 2)), [0, 1, 0])},
            "validation_data is given alone; it must come with X and y",
        ),
        (
            lambda: gn.Network([gn.Dense(3)], loss="squared_error"),
            {},
            "the network fits no toy data, and no rows are given; it needs rows",
        ),
        (
            lambda: gn.Network([gn.Dense(1)], loss="squared_error", input_shape=5),
            {},
            "the network fits no toy data",
        ),
        (moons, {"rows": 3}, "unknown option rows. The options are batch_size, lesson, title, validation_data."),
    ],
)
def test_a_page_without_rows_says_what_it_needs(tmp_path: Path, net: Any, options: Any, sentence: str) -> None:
    """Nobody is blamed for rows that were not given."""
    with pytest.raises((ConfigError, TypeError), match=f"Network.to_page: {sentence}"):
        net().to_page(tmp_path / "page.html", **options)
    assert not (tmp_path / "page.html").exists()


@in_chromium
def test_keys_pass_over_tabs_that_a_page_has_not(page: Page, tmp_path: Path) -> None:
    """From Explain the right arrow leads to Code, which follows it here, and from there back; the words are of this page."""
    write(moons(), tmp_path / "page.html")
    show(page, tmp_path / "page.html")
    page.run("document.getElementById('tab-explain').focus()")
    for expected in ("tab-code", "tab-explain"):
        page.press("ArrowRight")
        assert page.run("document.activeElement.id") == expected
    assert "the run that this file came with" in page.run("document.getElementById('code').textContent")
