"""The engine of a page trains as Python does: same order, same noise, same parameters; in node."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.playground.columns import drawing_of
from glassnet.playground.dispatch import answer
from glassnet.playground.experiment import Experiment
from glassnet.playground.frames import edges_now
from glassnet.playground.offline.formulas import formulas_module
from glassnet.playground.offline.trainable import (
    encoded,
    offline_settings,
    offline_weights,
    own_activations,
    refuse_untrainable,
)
from glassnet.playground.plane import grid_of
from glassnet.playground.play_data import PlayData
from glassnet.playground.settings import Settings
from glassnet.playground.single_file import page_content
from glassnet.playground.state import state_of
from glassnet.playground.view import View
from glassnet.training.data import prepare_data
from glassnet.training.loop import Run
from glassnet.training.options import FIT_DEFAULTS

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
FILES = resources.files("glassnet.playground")
DRIVER = """
import { readFileSync } from "node:fs";
import { decoded } from "./offline/bytes.js";
import { LocalEngine } from "./offline/local_engine.js";
import { Run } from "./offline/run.js";
import { loadTexts } from "./page/texts.js";
globalThis.location = { search: "" };
await loadTexts(JSON.parse(readFileSync(new URL("./page/texts.json", import.meta.url), "utf8")));
export const given = JSON.parse(readFileSync(0, "utf8"));
export const rows = (data) => ({ X: decoded(data.X), y: decoded(data.y), n: data.n, inputs: data.inputs });
export function start() {
  const run = new Run(given.settings, rows(given.train), rows(given.valid), given.score);
  run.load(given.weights);
  return run;
}
export const engine = () => new LocalEngine(given);
"""


def in_node(folder: Path, script: str, given: Any, own: Any = ()) -> Any:
    """Run a script beside the modules of the page and return the JSON that it prints."""
    for part in ("offline", "page"):
        shutil.copytree(str(FILES / part), folder / part)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "offline" / "formulas.js").write_text(formulas_module(own), encoding="utf-8")
    (folder / "driver.js").write_text(DRIVER)
    (folder / "script.js").write_text(script)
    command = ["node", str(folder / "script.js")]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def case(net: gn.Network, X: Any, y: Any, batch_size: int, score: str = "accuracy") -> dict[str, Any]:
    """Return what the driver needs to train a network on the first two thirds of the rows."""
    X, y, _ = net._check_data("test", X, y)
    n = len(X) * 2 // 3

    def data(rows: slice) -> dict[str, Any]:
        return {"X": encoded(X[rows]), "y": encoded(y[rows]), "n": len(X[rows]), "inputs": X.shape[1]}

    settings, weights = offline_settings(net, batch_size), offline_weights(net)
    halves = {"train": data(slice(n)), "valid": data(slice(n, None))}
    return {"settings": settings, "weights": weights, "score": score, **halves}


def experiment_of(net: gn.Network, X: Any, y: Any, batch_size: int) -> Experiment:
    """Return the experiment of the playground with a network as it is, the last third of the rows held out."""
    n, k = len(X) * 2 // 3, max(net.n_outputs, 2) if net.loss.classifies else 0
    names = tuple(f"x{i}" for i in range(X.shape[1]))
    y = y[:, 0] if y.ndim > 1 and y.shape[1] == 1 else y
    X = X.astype(np.float32)  # as rows are shown
    data = PlayData(X[:n], y[:n], X[n:], y[n:], names, tuple(map(str, range(k))))
    return Experiment(data, Settings.of(net, batch_size))


def python_steps(net: gn.Network, X: Any, y: Any, batch_size: int, steps: int, score: str) -> Run[gn.Network]:
    """Take so many steps in Python."""
    n = len(X) * 2 // 3
    options: Any = {**FIT_DEFAULTS, "batch_size": batch_size, "validation_data": (X[n:], y[n:])}
    batches, validation = prepare_data(net, X[:n], y[:n], options)
    run = Run(net, batches, 10**6, validation=validation, metrics=net.loss.choose_metrics("test", [score]))
    walk = run.steps()
    for _ in range(steps):
        next(walk)
    return run


def classes(n: int, k: int, inputs: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of k classes."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(n, inputs))
    return X, np.digitize(X[:, 0] + X[:, 1] ** 2, np.linspace(-0.5, 1.5, k - 1)) if k > 1 else X[:, 0]


def numbers(n: int, k: int = 1, inputs: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Return rows with k numbers each."""
    X = np.random.default_rng(6).normal(size=(n, inputs))
    return X, np.stack([np.sin(X[:, 0] + j) + X[:, 1] * j for j in range(k)], axis=-1)


class Bent(gn.Activation):
    """An activation of the user's own."""

    formula = gn.Formula("Z / (1 + abs(Z))", "(1 - abs(A))**2")


def network(layers: Any, loss: Any, optimizer: Any, inputs: int, **options: Any) -> gn.Network:
    """Return a built network in double precision."""
    net = gn.Network(layers, loss=loss, optimizer=optimizer, input_shape=(inputs,), seed=11, **options)
    return net.astype("float64")


D = gn.Dense
Made = tuple[gn.Network, np.ndarray, np.ndarray, int, str]
CASES: dict[str, Callable[[], Made]] = {
    "tanh, binary, SGD": lambda: (
        network([D(8, "tanh"), D(1)], "binary_cross_entropy", gn.SGD(0.1), 2), *classes(90, 2), 4, "accuracy"),
    "relu, classes, Adam, short batch": lambda: (
        network([D(16, "relu"), D(8, "relu"), D(3)], "cross_entropy", gn.Adam(0.01), 2), *classes(100, 3), 7, "accuracy"),
    "gelu, number, momentum, l2": lambda: (
        network([D(9, "gelu"), D(1)], "squared_error", gn.SGD(0.02, momentum=0.9), 3, l2=0.01), *numbers(75), 10, "r2"),
    "silu, numbers, nesterov": lambda: (
        network([D(6, "silu"), D(5, "sigmoid"), D(2)], "squared_error",
                gn.SGD(0.02, momentum=0.8, nesterov=True), 3), *numbers(75, 2), 16, "rmse"),
    "full batch, elu, huber": lambda: (
        network([D(7, gn.ELU(0.7)), D(1)], gn.Huber(0.5), gn.Adam(0.02), 3), *numbers(60), 999, "mae"),
    "softplus, absolute error, RMSprop": lambda: (
        network([D(7, "softplus"), D(1)], "absolute_error", gn.RMSprop(0.003, centered=True, momentum=0.5), 3),
        *numbers(60), 8, "mae"),
    "mish, smoothed classes, AdamW": lambda: (
        network([D(12, "mish"), D(4)], gn.SoftmaxCrossEntropy(label_smoothing=0.1),
                gn.AdamW(0.01, weight_decay=0.1), 2), *classes(120, 4), 9, "accuracy"),
    "selu, smoothed binary, Adagrad, l1": lambda: (
        network([D(8, "selu"), D(1)], gn.BinaryCrossEntropy(label_smoothing=0.1), gn.Adagrad(0.05), 2, l1=0.001),
        *classes(90, 2), 5, "accuracy"),
    "leaky, Lion, no bias": lambda: (
        network([D(8, gn.LeakyReLU(0.2), use_bias=False), D(3)], "cross_entropy", gn.Lion(0.001, weight_decay=0.1), 2),
        *classes(90, 3), 8, "accuracy"),
    "sigmoid at the output, squared error": lambda: (
        network([D(2, "sigmoid"), D(1, "sigmoid")], "squared_error", gn.SGD(2.0), 2), *classes(90, 2), 8, "rmse"),
    "dropout": lambda: (
        network([D(16, "relu"), gn.Dropout(0.3), D(8, "tanh"), gn.Dropout(0.25), D(1)], "binary_cross_entropy",
                gn.Adam(0.01), 2), *classes(90, 2), 8, "accuracy"),
    "activations as layers, own formula": lambda: (
        network([D(8), Bent(), D(6, Bent()), gn.Tanh(), D(1)], "squared_error", gn.Adam(0.01, eps_form="sklearn"), 3),
        *numbers(66), 6, "r2"),
    "frozen and slowed layers, eight inputs": lambda: (
        network([D(12, "tanh").tuned(trainable=False), D(10, "relu").tuned(rate_factor=0.5, decay_factor=0.3), D(5)],
                "cross_entropy", gn.AdamW(0.01), 8, l2=0.002), *classes(120, 5, 8), 32, "accuracy"),
}  # fmt: skip
STEPS = 200


@needs_node
@pytest.mark.parametrize("name", CASES)
def test_two_hundred_steps_are_those_of_python(name: str, tmp_path: Path) -> None:
    """Every parameter agrees to 1e-9, and the losses and scores of all epochs."""
    net, X, y, batch_size, score = CASES[name]()
    if "own formula" not in name:
        refuse_untrainable("test", net)
    given = case(net, X, y, batch_size, score)
    script = (
        'import { start } from "./driver.js"; const run = start();'
        f"for (let i = 0; i < {STEPS}; i++) run.advance();"
        "console.log(JSON.stringify({ params: [...run.network.params], history: [...run.history.since(0)] }));"
    )
    found = in_node(tmp_path, script, given, own_activations(net))
    run = python_steps(net, X, y, batch_size, STEPS, score)
    np.testing.assert_allclose(found["params"], net.params, rtol=1e-9, atol=0.0)
    rows = np.reshape(found["history"], (-1, 4))
    columns = ["loss", "valid_loss", f"valid_{score}"]
    complete = int(np.isfinite(run.history["valid_loss"]).sum())
    assert len(rows) - complete in (0, 1)  # an epoch that the last step ends is evaluated with the next one
    for i, column in enumerate(columns):
        np.testing.assert_allclose(rows[:complete, i + 1], run.history[column][:complete], rtol=1e-9, err_msg=column)


_EXPLAINED = ("relu", "gelu", "full", "leaky", "mish", "sigmoid", "dropout", "frozen")
EXPLAINED = [name for name in CASES if name.startswith(_EXPLAINED)]
ASKED = """
import { engine, given } from "./driver.js";
const page = engine();
await page.send("step", { batches: 5 });
const found = [];
for (const { do: command, ...args } of given.asked) found.push((await page.send(command, args)) ?? null);
const { rows: history } = await page.send("numbers", { what: "history" });
console.log(JSON.stringify({ found, history, params: [...page.branch.run.network.params], state: page.state }));
"""


@needs_node
@pytest.mark.parametrize("name", EXPLAINED)
def test_page_explains_what_python_explains(name: str, tmp_path: Path) -> None:
    """Neurons and edges: the same lines, with values that agree to 1e-9 and most of them with the same text."""
    net, X, y, batch_size, _ = CASES[name]()
    experiment = experiment_of(net, X, y, batch_size)
    given = page_content(experiment)
    layers = [layer.name for layer in drawing_of(experiment.network).columns[1:]]
    asked: list[dict[str, Any]] = [{"do": "explain_neuron", "layer": layer, "unit": 0} for layer in layers]
    for layer in layers:
        asked += [{"do": "explain_edge", "parameter": f"{layer}.weight", "from": row, "to": 0} for row in (0, 1)]
    asked.append({"do": "explain_edge", "parameter": f"{layers[-1]}.bias", "to": 0})
    asked += [{"do": "explain_layer", "layer": name} for name in experiment.network.names]
    given["asked"] = [{**each, "digits": 6} for each in asked]
    found = in_node(tmp_path, ASKED, given, own_activations(experiment.network))
    experiment.advance(5)
    np.testing.assert_allclose(found["params"], experiment.network.params, rtol=1e-9)
    answers = [answer(experiment, {"id": 1, **each}) for each in given["asked"]]
    compared = 0
    for one, other in zip(answers, found["found"], strict=True):
        if other["kind"] == "layer":
            assert_same_layer(other, one["result"])
            continue
        here, there = ({line["label"]: line for line in lines_in(each)} for each in (one["result"], other))
        assert here.keys() == there.keys()
        for label in here:
            scale = max(abs(here[label]["value"]), 1e-3)
            assert abs(here[label]["value"] - there[label]["value"]) <= 1e-9 * scale, label
            compared += 1
            assert_same_words(there[label], here[label])
    assert compared > 10


@needs_node
@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("batch_size", 20),
        ("l2", 0.01),
        ("optimizer.kind", "AdamW"),
        ("optimizer.beta1", 0.5),
        ("layers.0.trainable", False),
    ],
)
def test_changes_on_the_way_are_those_of_python(path: str, value: Any, tmp_path: Path) -> None:
    """In the middle of an epoch: the same words for the event, and the same steps after it."""
    X, y = classes(90, 2)
    net = gn.Network(
        [D(6, "tanh"), D(1)], loss="binary_cross_entropy", optimizer=gn.Adam(0.02), seed=4, dtype="float64"
    )
    experiment = experiment_of(net.build((2,)), X, y, 8)
    given = page_content(experiment)
    given["asked"] = [{"do": "step", "batches": 4}, {"do": "set", "path": path, "value": value}]
    given["asked"] += [{"do": "step", "batches": 11}, {"do": "go_to", "step": 6}, {"do": "go_to", "step": 20}]
    found = in_node(tmp_path, ASKED, given)
    experiment.advance(9)
    answer(experiment, {"id": 1, "do": "set", "path": path, "value": value})
    experiment.advance(11)
    assert found["state"]["events"] == json.loads(json.dumps(experiment.events))
    np.testing.assert_allclose(found["params"], experiment.network.params, rtol=1e-9)
    np.testing.assert_allclose(found["history"], experiment.epoch_rows, rtol=1e-9)


@needs_node
def test_another_loss_of_numbers_is_that_of_python(tmp_path: Path) -> None:
    """On the way: the same event, options and next steps; of classes there is one loss to choose."""
    X, y = numbers(60)
    net = network([D(6, "tanh"), D(1)], "squared_error", gn.Adam(0.02), 3)
    experiment = experiment_of(net, X, y, 8)
    given = page_content(experiment)
    given["asked"] = [{"do": "step", "batches": 4}, {"do": "set", "path": "loss", "value": "huber"}]
    given["asked"] += [{"do": "step", "batches": 3}, {"do": "set", "path": "loss.delta", "value": 0.5}]
    given["asked"] += [{"do": "step", "batches": 11}]
    found = in_node(tmp_path, ASKED, given)
    experiment.advance(5)
    for each in given["asked"]:
        answer(experiment, {"id": 1, **each})
    assert found["state"]["events"] == json.loads(json.dumps(experiment.events))
    np.testing.assert_allclose(found["params"], experiment.network.params, rtol=1e-9)
    state, python = found["state"]["network"], state_of(experiment)["network"]
    assert state["loss"]["value"] == "huber"
    assert [option["path"] for option in state["loss_options"]] == [option["path"] for option in python["loss_options"]]
    of_classes = page_content(experiment_of(CASES["dropout"]()[0], *classes(90, 2), 8))
    assert of_classes["state"]["network"]["loss"]["choices"] == ["binary_cross_entropy"]


@needs_node
def test_other_layers_are_drawn_as_in_python(tmp_path: Path) -> None:
    """Added, moved and removed: the weights of a new network of Python, and the columns and edges of its state."""
    X, y = classes(90, 3)
    net = gn.Network([D(6, "tanh"), D(3)], loss="cross_entropy", optimizer=gn.Adam(0.02), seed=4, dtype="float64")
    given = page_content(experiment_of(net.build((2,)), X, y, 8))
    given["asked"] = [
        {"do": "add_layer", "at": 1, "kind": "Dense", "config": {"units": 5}},
        {"do": "add_layer", "at": 1, "kind": "Dropout"},
        {"do": "set", "path": "layers.1.rate", "value": 0.25},
        {"do": "add_layer", "at": 0, "kind": "Dense"},
        {"do": "remove_layer", "at": 0},
        {"do": "move_layer", "from": 0, "to": 2},
    ]
    found = in_node(tmp_path, ASKED, given)
    layers = [gn.Dropout(0.25), D(5, "tanh"), D(6, "tanh"), D(3)]
    net = gn.Network(layers, loss="cross_entropy", optimizer=gn.Adam(0.02), seed=4, dtype="float64", input_shape=(2,))
    assert found["params"] == net.params.tolist()
    state, wanted = found["state"], state_of(experiment_of(net, X, y, 8))
    for part in ("columns", "edges"):
        assert state["network"][part] == json.loads(json.dumps(wanted["network"][part]))
    kept = ("name", "kind", "label", "parameters", "shape")
    shown = [[[layer[name] for name in kept] for layer in each["network"]["layers"]] for each in (state, wanted)]
    assert shown[0] == shown[1]
    assert state["network"]["layers"][0]["options"][0] | {"maximum": 1} == wanted["network"]["layers"][0]["options"][0]


@needs_node
@pytest.mark.parametrize("name", [name for name in EXPLAINED if not name.startswith("full")])
def test_microscope_shows_what_python_shows(name: str, tmp_path: Path) -> None:
    """At all six stops: the same arrays with the same numbers, and the same ones worked; typed numbers are marked."""
    net, X, y, batch_size, _ = CASES[name]()
    experiment = experiment_of(net, X, y, batch_size)
    given = page_content(experiment)
    given["asked"] = [{"do": "microscope", "stop": stop, "digits": 6} for stop in range(6)]
    found = in_node(tmp_path, ASKED, given, own_activations(experiment.network))["found"]
    experiment.advance(5)
    shown = missing = 0
    for stop, page in enumerate(found):
        python = answer(experiment, {"id": 1, "do": "microscope", "stop": stop, "digits": 6})["result"]
        assert (page["name"], page["rows"], page["highlight"]) == (python["name"], python["rows"], python["highlight"])
        here = {each["symbol"]: each for part in python["sections"] for each in part["equations"]}
        there = {each["symbol"]: each for part in page["sections"] for each in part["equations"]}
        for symbol, wanted in here.items():
            if symbol not in there:
                missing += 1
                continue
            shown += 1
            assert_alike(there[symbol]["cells"], wanted["cells"])
            assert [line["label"] for line in there[symbol]["worked"]] == [line["label"] for line in wanted["worked"]]
            for one, other in zip(there[symbol]["worked"], wanted["worked"], strict=True):
                assert_same_words(one, other)
    assert missing <= 0.2 * shown


NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]\d+)?")


def assert_same_words(page: dict[str, Any], python: dict[str, Any]) -> None:
    """Compare two lines as they are read; numbers may be rounded otherwise in the last of six digits.

    Where Python gives names to parts of a slope (t1 and s1 of gelu and mish), the page writes them out.
    """
    if re.search(r"\b[ts]\d\b", python["formula"]):
        return
    assert (page["formula"], page["remark"]) == (python["formula"], python["remark"])
    texts = [each["text"] for each in (page, python)]
    assert NUMBER.sub("#", texts[0]) == NUMBER.sub("#", texts[1])
    shown = [[float(number) for number in NUMBER.findall(text)] for text in texts]
    np.testing.assert_allclose(shown[0], shown[1], rtol=2e-5, atol=1e-12)
    assert not re.search(r"\(\([^()]*\)\)", texts[0])


def assert_alike(cells: list[list[str]], wanted: list[list[str]]) -> None:
    """Compare tables of numbers that may be rounded otherwise in the last of six digits."""
    assert [len(row) for row in cells] == [len(row) for row in wanted]
    for cell, other in zip(itertools.chain(*cells), itertools.chain(*wanted), strict=True):
        assert cell == other or abs(float(cell) - float(other)) <= 2e-5 * abs(float(other)) + 1e-12


EDGES = """
import { engine, given } from "./driver.js";
const page = engine(), found = [];
const look = (edges) => {
  page.state.view.edges = edges;
  found.push(page.frames.frame(page.branch.run, page.state, 0).edges.map((block) => [...block]));
};
look("gradient");
await page.send("step", { batches: 5 });
["gradient", "update"].forEach(look);
await page.send("set_weight", { parameter: "dense_1.weight", index: [0, 0], value: 0.5 });
["gradient", "update", "weight"].forEach(look);
console.log(JSON.stringify(found));
"""


@needs_node
def test_lines_show_gradients_and_changes_of_the_last_step(tmp_path: Path) -> None:
    """With the numbers of Python; before the first step, and after a weight was set by hand, nothing is known of them."""
    net, X, y, batch_size, _ = CASES["gelu, number, momentum, l2"]()
    experiment = experiment_of(net, X, y, batch_size)
    found = in_node(tmp_path, EDGES, page_content(experiment))
    experiment.advance(5)
    for edges, page in zip(("gradient", "update"), found[1:3], strict=True):
        wanted = edges_now(experiment, View(edges=edges))
        assert wanted is not None
        for block, python in zip(page, wanted, strict=True):
            np.testing.assert_allclose(block, python.ravel(), rtol=1e-6)
    for unknown in (found[0], *found[3:5]):
        assert not any(value is not None for block in unknown for value in block)
    assert found[5][0][0] == 0.5


AXES = """
import { engine, given } from "./driver.js";
const page = engine(), found = [];
for (const axes of given.asked) {
  await page.send("axes", axes);
  const { data } = page.state, { X } = page.frames.grid(4);
  found.push({ axes: [data.axes.x, data.axes.y], plane: [data.plane.x, data.plane.y], points: [data.points.x, data.points.y], grid: [...X] });
}
console.log(JSON.stringify(found));
"""


@needs_node
def test_other_axes_are_those_of_python(tmp_path: Path) -> None:
    """Two inputs, components, one of each, and the same twice: the same points, sides, and inputs over the plane."""
    net, X, y, batch_size, _ = CASES["frozen and slowed layers, eight inputs"]()
    experiment = experiment_of(net, X, y, batch_size)
    given = page_content(experiment)
    given["asked"] = [{"x": 3}, {"y": 3}, {"x": "pca1", "y": "pca2"}, {"x": 5}, {"x": 2, "y": 7}]
    found = in_node(tmp_path, AXES, given, own_activations(experiment.network))
    for axes, page in zip(given["asked"], found, strict=True):
        answer(experiment, {"id": 1, "do": "axes", **axes})
        data = experiment.data
        assert page["axes"] == list(data.axes or ())
        np.testing.assert_allclose(page["plane"], data.plane_sides, rtol=1e-9)
        np.testing.assert_allclose(page["points"], [data.points["x"], data.points["y"]], rtol=1e-5, atol=1e-9)
        np.testing.assert_allclose(np.reshape(page["grid"], (16, -1)), grid_of(data, 4), rtol=1e-6, atol=1e-9)


UNDONE = """
import { engine } from "./driver.js";
const page = engine(), found = {}, note = (name) => (found[name] = [page.state.step, page.settings.optimizer.learning_rate, ...page.branch.run.network.params]);
const rate = (value) => page.send("set", { path: "optimizer.learning_rate", value });
await page.send("step", { batches: 10 });
note("ten");
await page.send("step", { batches: 10 });
note("twenty");
await page.send("go_to", { step: 10 });
await page.send("go_to", { step: 20 });
await rate(0.5);
await page.send("step", { batches: 10 });
note("changed");
await page.send("undo");
note("undone");
await page.send("go_to", { step: 10 });
note("ten again");
await page.send("go_to", { step: 20 });
note("twenty again");
await page.send("redo");
note("redone");
await page.send("undo");
await page.send("add_layer", { at: 1, kind: "Dense" });
found.layers = page.settings.layers.length;
await page.send("undo");
note("layers undone");
for (let i = 0; i < 11; i++) await page.send("branch");
await page.send("rename", { run: "run 3", name: "mine" });
for (let i = 0; i < 11; i++) await page.send("branch");
found.kept = page.runs.all.map(({ name }) => name);
for (let i = 0; i < 11; i++) await page.send("branch", { name: `mine ${i}` });
found.refused = await page.send("branch").catch((error) => error.message);
found.marks = page.runs.all.reduce((sum, branch) => sum + branch.marks.length, 0);
console.log(JSON.stringify(found));
"""


@needs_node
def test_changes_are_undone_and_made_again(tmp_path: Path) -> None:
    """Undo is where the change was made, without it; the steps before and after are what they were.

    Of more than twelve runs the oldest without a name of its own goes.
    """
    net, X, y, batch_size, _ = CASES["relu, classes, Adam, short batch"]()
    found = in_node(tmp_path, UNDONE, page_content(experiment_of(net, X, y, batch_size)))
    assert found["undone"] == found["twenty again"] == found["twenty"] == found["layers undone"]
    assert found["ten again"] == found["ten"]
    assert found["redone"] == found["changed"] != found["twenty"]
    assert found["changed"][:2] == [30, 0.5]
    assert found["layers"] == 4
    assert len(found["kept"]) == 12
    assert found["kept"][0] == "mine"
    assert found["refused"] == "There may be 12 runs with names of their own. Remove one of them first."


MARKED = """
import { engine } from "./driver.js";
const page = engine(), found = [];
const { questions: [question] } = await page.send("microscope", { stop: 1 });
const { line } = await page.send("check_number", { question: question.question, text: "0" });
for (const typed of [line.value.toPrecision(3), String(line.value).replace(".", ","), String(line.value * 1.02)]) {
  found.push((await page.send("check_number", { question: question.question, text: typed })).right);
}
for (const args of [{ question: "?", text: "1" }, { question: question.question, text: "abc" }]) {
  found.push(await page.send("check_number", args).catch((error) => error.message));
}
console.log(JSON.stringify(found));
"""


@needs_node
def test_typed_numbers_are_marked(tmp_path: Path) -> None:
    """Three right digits do, with a point or a comma; what is no number is refused."""
    net, X, y, batch_size, _ = CASES["tanh, binary, SGD"]()
    found = in_node(tmp_path, MARKED, page_content(experiment_of(net, X, y, batch_size)))
    assert found[:3] == [True, True, False]
    assert found[3:] == [
        "This question was not asked. Open the microscope again.",
        "“abc” is no number. Write one such as 0.287.",
    ]


def assert_same_layer(page: dict[str, Any], python: dict[str, Any]) -> None:
    """Compare what is said of a layer: words, shapes, parameters, and the equations before the update."""
    same = ("class", "sentence", "formulas", "shapes", "parameters", "n_parameters", "rows", "of")
    assert [page[part] for part in same] == [python[part] for part in same]
    here = {each["symbol"]: each["shape"] for each in python["equations"]}
    assert {each["symbol"]: each["shape"] for each in page["equations"]}.items() <= here.items()


def lines_in(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return the lines of an explanation, in order."""
    groups = result["lines"]
    for group in groups.values() if isinstance(groups, dict) else [groups]:
        yield from group


@needs_node
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_page_goes_on_from_an_experiment_under_way(dtype: str, tmp_path: Path) -> None:
    """In the middle of an epoch, after a change of the rate: the same next steps and rows of epochs."""
    X, y = classes(90, 2)
    net = gn.Network([D(6, "tanh"), D(1)], loss="binary_cross_entropy", optimizer=gn.Adam(0.02), seed=4, dtype=dtype)
    experiment = experiment_of(net.build((2,)), X, y, 8)
    experiment.advance(9)
    experiment.replace(settings=experiment.settings.with_path("optimizer.learning_rate", 0.05))
    experiment.advance(11)
    given = page_content(experiment)
    given["asked"] = []
    found = in_node(tmp_path, ASKED, given)
    assert found["state"]["step"] == 25
    experiment.advance(5)
    np.testing.assert_allclose(found["params"], experiment.network.params, rtol=1e-9 if dtype == "float64" else 2e-4)
    np.testing.assert_allclose(found["history"], experiment.epoch_rows, rtol=1e-9 if dtype == "float64" else 1e-4)
