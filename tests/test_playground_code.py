"""The code of a run: the same bits when it is run, the same run when it is loaded; and any network as code."""

from __future__ import annotations

import copy
import csv
import hashlib
import io
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cases
import glassnet as gn
from glassnet.datasets import dataset_path
from glassnet.errors import ConfigError, FormatError, GlassnetError
from glassnet.playground.code.changing import changed_settings, setting_changes
from glassnet.playground.code.files import history_table, notebook
from glassnet.playground.code.layout import WIDTH, Call, laid_out
from glassnet.playground.code.network_text import network_code
from glassnet.playground.code.pasting import plain_code
from glassnet.playground.code.programs import read_program
from glassnet.playground.code.shown_run import experiment_code, has_given_weights
from glassnet.playground.data.fitting_settings import suggested_settings
from glassnet.playground.data.sources import data_from_arrays, data_from_source
from glassnet.playground.dispatch import answer
from glassnet.playground.doors import experiment_with_model
from glassnet.playground.experiment import Experiment
from glassnet.playground.settings import Settings
from glassnet.saving.configuration import network_config

RUFF = shutil.which("ruff") or shutil.which("ruff", path=str(Path(sys.executable).parent))
GN = "import glassnet as gn\n"


def toy(name: str, **options: Any) -> dict[str, Any]:
    """Return the source of a toy of 100 rows."""
    return {"kind": "toy", "name": name, "options": {"n": 100, **options}}


def do(experiment: Experiment, name: str, **arguments: Any) -> Any:
    """Return the result of a command, which must not be refused."""
    answered = answer(experiment, {"id": 1, "do": name, **arguments})
    assert answered.get("ok"), answered
    return answered["result"]


def sets(path: str, value: Any) -> tuple[str, dict[str, Any]]:
    """Return the command that sets one setting."""
    return "set", {"path": path, "value": value}


def adds(at: int, kind: str) -> tuple[str, dict[str, Any]]:
    """Return the command that adds a layer."""
    return "add_layer", {"at": at, "kind": kind}


def steps(n: int) -> tuple[str, dict[str, Any]]:
    """Return the command that takes steps."""
    return "step", {"batches": n}


def weight(parameter: str, index: list[int], value: float) -> tuple[str, dict[str, Any]]:
    """Return the command that sets one weight."""
    return "set_weight", {"parameter": parameter, "index": index, "value": value}


EPOCH: tuple[str, dict[str, Any]] = ("step", {"batches": 8})
PENGUINS, DIGITS = {"kind": "bundled", "name": "penguins"}, {"kind": "bundled", "name": "digits"}
POINTS = {"kind": "points", "points": [[i / 7 - 1, (i * i % 11) / 5 - 1, i % 3] for i in range(40)]}

RUNS: dict[str, tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]]] = {
    "at the start": (toy("spirals"), []),
    "two epochs": (toy("spirals"), [EPOCH, EPOCH]),
    "within an epoch": (toy("moons", noise=0.2), [steps(13)]),
    "numbers": (toy("sine"), [steps(11)]),
    "many classes": (toy("gaussians", classes=5, seed=3), [EPOCH]),
    "drawn points": (POINTS, [steps(5)]),
    "penguins": (PENGUINS, [steps(20)]),
    "another target": ({**PENGUINS, "target": "body_mass_g"}, [steps(20)]),
    "digits": (DIGITS, [sets("batch_size", 128), steps(30)]),
    "dropout": (toy("xor"), [adds(1, "Dropout"), EPOCH]),
    "noise and norms": (toy("xor"), [adds(1, "BatchNorm"), adds(2, "GaussianNoise"), adds(3, "LayerNorm"), steps(10)]),
    "a residual layer": (toy("circles"), [adds(1, "Residual"), adds(2, "Concatenate"), steps(10)]),
    "AdamW and a schedule": (
        toy("circles"), [sets("optimizer.kind", "AdamW"), sets("optimizer.schedule", "CosineDecay"), EPOCH, EPOCH]
    ),
    "a plateau": (toy("plane"), [sets("optimizer.schedule", "ReduceOnPlateau"), EPOCH, EPOCH]),
    "momentum and clipping": (
        toy("moons"), [sets("optimizer.kind", "SGD"), sets("optimizer.momentum", 0.9), sets("optimizer.clip_norm", 0.5), EPOCH]
    ),
    "averaged weights": (toy("moons"), [sets("optimizer.ema", 0.9), EPOCH]),
    "float64 and penalties": (
        toy("moons"), [sets("dtype", "float64"), sets("l2", 0.01), sets("l1", 0.001), sets("max_norm", 1.5), EPOCH]
    ),
    "changes on the way": (
        toy("circles"),
        [
            adds(1, "Dropout"), steps(13), sets("optimizer.learning_rate", 0.05), steps(4), sets("layers.1.rate", 0.5),
            weight("dense_1.weight", [1, 3], -0.125), steps(2), sets("batch_size", 7), steps(9),
            sets("optimizer.kind", "AdamW"), sets("loss.label_smoothing", 0.1), EPOCH, sets("layers.2.trainable", False),
            sets("l2", 0.01), sets("max_norm", 2.0), steps(21), sets("optimizer.schedule", "CosineDecay"), EPOCH,
        ],
    ),
    "a weight at the start": (toy("xor"), [weight("dense_1.bias", [0, 2], 0.5), EPOCH]),
    "a change at the last step": (toy("xor"), [EPOCH, sets("optimizer.learning_rate", 0.5)]),
    "a branch": (toy("xor"), [steps(20), ("go_to", {"step": 9}), sets("optimizer.learning_rate", 0.5), steps(6)]),
    "a branch before the first step": (
        toy("xor"), [("branch", {"path": "optimizer.schedule", "value": "StepDecay"}), weight("dense_1.bias", [0, 2], 0.5), EPOCH]
    ),
    "another rate before the first step": (
        toy("xor"), [sets("batch_size", 7), ("branch", {"path": "optimizer.learning_rate", "value": 0.03})]
    ),
    "back in time": (
        toy("xor"), [steps(5), sets("l2", 0.1), steps(30), sets("l2", 0.5), steps(2), ("go_to", {"step": 24})]
    ),
    "undone": (toy("xor"), [steps(5), sets("l2", 0.1), steps(6), ("undo", {}), steps(3)]),
    "diverged": (toy("plane"), [sets("optimizer.kind", "SGD"), sets("optimizer.learning_rate", 1e6), steps(60)]),
    "frozen": (toy("moons"), [sets("layers.0.trainable", False), sets("loss.label_smoothing", 0.1), EPOCH]),
}  # fmt: skip


def made(name: str) -> Experiment:
    """Return an experiment in which everything of a run was done."""
    source, commands = RUNS[name]
    data = data_from_source(source)
    experiment = Experiment(data, suggested_settings(data))
    for command, arguments in commands:
        do(experiment, command, **arguments)
    return experiment


def fingerprint(network: gn.Network) -> str:
    """Return what two networks share only if they have the same bits."""
    return hashlib.sha256(network.params.tobytes() + network.stats.tobytes()).hexdigest()


@pytest.fixture(scope="module")
def experiments() -> dict[str, Experiment]:
    """All runs, by name."""
    return {name: made(name) for name in RUNS}


@pytest.fixture(scope="module")
def results(experiments: dict[str, Experiment]) -> dict[str, list[str]]:
    """What each program prints, and the fingerprint of its network, from one process that knows the programs only."""
    programs = {name: experiment_code(experiment) for name, experiment in experiments.items()}
    script = (
        "import contextlib, hashlib, io, json, sys, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "found = {}\n"
        "for name, text in json.load(sys.stdin).items():\n"
        "    names, said = {}, io.StringIO()\n"
        "    with contextlib.redirect_stdout(said):\n"
        "        exec(compile(text, name, 'exec'), names)\n"
        "    net = names['net']\n"
        "    print_ = hashlib.sha256(net.params.tobytes() + net.stats.tobytes()).hexdigest()\n"
        "    found[name] = [said.getvalue().strip(), print_]\n"
        "print(json.dumps(found))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], input=json.dumps(programs), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", RUNS)
def test_the_code_makes_the_same_bits(
    name: str, experiments: dict[str, Experiment], results: dict[str, list[str]]
) -> None:
    """Run elsewhere, the program leaves the parameters and statistics of the step that is shown, and prints the loss."""
    experiment, (printed, bits) = experiments[name], results[name]
    assert bits == fingerprint(experiment.network)
    data = experiment.data
    assert float(printed) == experiment.network.evaluate(data.X, data.y)["loss"]


@pytest.mark.parametrize("name", RUNS)
def test_the_page_takes_its_own_code(name: str, experiments: dict[str, Experiment]) -> None:
    """Code, page, code: the same text; and the page that took it stands at the same step with the same bits."""
    experiment = experiments[name]
    code = experiment_code(experiment)
    other = Experiment(data_from_source(toy("xor")), suggested_settings(data_from_source(toy("xor"))))
    assert do(other, "load_code", text=code) == {"notes": []}
    assert experiment_code(other) == code
    assert other.settings == experiment.settings
    assert fingerprint(other.network) == fingerprint(experiment.network)
    assert other.step == experiment.step


def test_a_network_that_was_given_is_named(tmp_path: Path) -> None:
    """Its weights are in no code: one line takes them from its file, and the rest has the same bits."""
    data = data_from_source(toy("moons"))
    network = suggested_settings(data).build((2,))
    network.fit(data.X, data.y, epochs=2, diagnose=False)
    experiment = Experiment(data, Settings.of(network, 10), network.state_dict())
    do(experiment, "step", batches=8)
    code = experiment_code(experiment)
    network.save(tmp_path / "your_network.safetensors")
    script = code + "import hashlib\nprint(hashlib.sha256(net.params.tobytes() + net.stats.tobytes()).hexdigest())\n"
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.split()[-1:] == [fingerprint(experiment.network)], done.stderr
    bits = fingerprint(experiment.network)
    do(experiment, "load_code", text=code)
    assert (experiment_code(experiment), fingerprint(experiment.network)) == (code, bits)
    without = "\n".join(line for line in code.splitlines() if "load_state_dict" not in line)
    do(experiment, "load_code", text=without)
    assert not has_given_weights(experiment)
    answered = answer(experiment, {"id": 1, "do": "load_code", "text": code})
    assert "the page reads no file" in answered["error"]


@pytest.mark.parametrize("divided", [False, True])
def test_arrays_that_were_given_are_taken_by_name(divided: bool) -> None:
    """With the arrays under the names that the code says, it has the same bits, also where labels are texts."""
    X = np.random.default_rng(0).normal(size=(60, 3))
    y = np.array(["yes", "no", "perhaps"])[np.arange(60) % 3]
    parts = {"X": X[:40], "y": y[:40], "X_valid": X[40:], "y_valid": y[40:]} if divided else {"X": X, "y": y}
    held_out = (parts["X_valid"], parts["y_valid"]) if divided else None
    data = data_from_arrays(parts["X"], parts["y"], validation_data=held_out)
    experiment = Experiment(data, suggested_settings(data))
    do(experiment, "step", batches=7)
    code, bits = experiment_code(experiment), fingerprint(experiment.network)
    names: dict[str, Any] = dict(parts)
    exec(compile(code, "code", "exec"), names)
    assert fingerprint(names["net"]) == bits
    do(experiment, "load_code", text=code)
    assert (experiment_code(experiment), fingerprint(experiment.network)) == (code, bits)


def test_a_model_that_was_given_brings_its_weights(tmp_path: Path) -> None:
    """The code loads the model of a table, encodes the file as it does, and goes on with its network."""
    table = gn.tabular.read_table("penguins")
    target = gn.tabular.TargetEncoder().fit(table["species"])
    encoder = gn.tabular.TableEncoder(allow_empty=True).fit(table.drop(["species"]))
    X, y = encoder.transform(table.drop(["species"])), target.transform(table["species"])
    network = gn.Network([gn.Dense(6, "tanh"), gn.Dense(3)], loss=target.loss, seed=1)
    network.fit(X, y, epochs=1, diagnose=False)
    model = gn.tabular.TableModel(network, encoder, target)
    model.save(tmp_path / "your_model.safetensors")
    experiment = experiment_with_model(model, str(dataset_path("penguins")))
    do(experiment, "step", batches=7)
    code = experiment_code(experiment)
    script = code + "import hashlib\nprint(hashlib.sha256(net.params.tobytes() + net.stats.tobytes()).hexdigest())\n"
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.split()[-1:] == [fingerprint(experiment.network)], done.stderr
    do(experiment, "load_code", text=code)
    assert experiment_code(experiment) == code


def test_short_code_for_what_is_simple(experiments: dict[str, Experiment]) -> None:
    """At the end of an epoch it is `fit`; elsewhere steps; and only arguments that are not the defaults are named."""
    code = experiment_code(experiments["two epochs"])
    assert code == (
        "import glassnet as gn\n\n"
        "X, y = gn.datasets.spirals(100, noise=0.05, seed=0, turns=1.0, classes=2)\n"
        "train, valid = gn.tabular.split_rows(len(X), [0.8, 0.2], seed=0, stratify=y)\n"
        "X, y, X_valid, y_valid = X[train], y[train], X[valid], y[valid]\n\n"
        "net = gn.Network(\n"
        '    [gn.Dense(8, "tanh"), gn.Dense(8, "tanh"), gn.Dense(1)],\n'
        '    loss="binary_cross_entropy",\n'
        "    optimizer=gn.Adam(0.01),\n"
        "    seed=0,\n"
        ")\n\n"
        "net.fit(X, y, epochs=2, batch_size=10, validation_data=(X_valid, y_valid))\n\n"
        'print(net.evaluate(X, y)["loss"])\n'
    )
    assert "run.advance(13)" in experiment_code(experiments["within an epoch"])
    begin = "run = net.stepwise(X, y, batch_size=10, validation_data=(X_valid, y_valid))\n\nprint"
    assert begin in experiment_code(experiments["at the start"])
    assert "gn.Dropout(0.2)," in experiment_code(experiments["dropout"])


def test_many_threads_are_refused_where_they_would_matter() -> None:
    """With products large enough for a second thread `fit` is told to be deterministic."""
    data = data_from_source(DIGITS)
    network = gn.Network([gn.Dense(1000, "relu"), gn.Dense(10)], loss="cross_entropy", seed=0)
    experiment = Experiment(data, Settings.of(network, 128))
    do(experiment, "step", batches=experiment.run.steps_per_epoch)
    assert "deterministic=True" in experiment_code(experiment)


@pytest.mark.skipif(RUFF is None, reason="needs ruff, which is not installed")
def test_code_is_laid_out_as_formatters_do(experiments: dict[str, Experiment]) -> None:
    """A formatter for 88 columns changes nothing, in the code of the runs and of networks that are made for it."""
    texts = [experiment_code(experiment) for experiment in experiments.values()]
    texts += [f"{laid_out(Call('net', (text,)))}\n" for text in ("1", '"a"')]
    for text in texts:
        assert all(len(line) <= WIDTH for line in text.splitlines())
    whole = "\n".join(texts)
    command = [str(RUFF), "format", "--isolated", "--line-length", str(WIDTH), "-"]
    assert subprocess.run(command, input=whole, capture_output=True, text=True, check=True).stdout == whole


# ---- networks as code -----------------------------------------------------------------------------------------------


def networks() -> dict[str, gn.Network]:
    """Return a network for every layer, loss and optimizer that the laws run over, and nested ones."""
    found = {}
    for case in cases.LAYERS:
        layers = [copy.deepcopy(case.layer), gn.Flatten(), gn.Dense(1)]
        found[f"layer {case.name}"] = gn.Network(layers, loss="huber", seed=1, input_shape=case.in_shape)
    for case in cases.LOSSES:
        found[f"loss {case!r}"[:80]] = gn.Network([gn.Dense(2)], loss=getattr(case, "loss", case), seed=2)
    for case in cases.OPTIMIZERS:
        optimizer = getattr(case, "optimizer", case)
        kept: dict[str, Any] = {"l1": 0.1, "l2": 1e-3, "max_norm": 3.0, "dtype": "float64", "seed": 3}
        found[f"optimizer {case!r}"[:80]] = gn.Network([gn.Dense(2)], loss="huber", optimizer=optimizer, **kept)
    inner = [gn.Dense(8, gn.Softplus()), gn.Dropout(0.1, schedule=gn.FlatCosine(1.0, epochs=5)), gn.Dense(5)]
    branches = gn.Concatenate([gn.Identity(), [gn.Dense(4, "relu").tuned(rate_factor=0.5), gn.Dense(3)], gn.Dense(2)])
    found["nested"] = gn.Network(
        [gn.Residual(inner), gn.Residual([branches], shortcut=gn.Dense(10)), gn.Dense(1)],
        loss=gn.EnsembleLoss(gn.Huber(0.5), copies=1),
        optimizer=gn.AdamW(gn.Warmup(gn.CosineDecay(0.1, epochs=9), epochs=2), decay_schedule=gn.FlatCosine(1.0, 9)),
        seed=4,
        input_shape=5,
    )
    cube = gn.CustomActivation(formula=gn.Formula("Z**3", "3 * Z**2"))
    found["formula"] = gn.Network([gn.Dense(2, cube)], loss="squared_error", seed=5)
    found["members"] = gn.Network([gn.Dense(2).tuned(trainable=False)], loss="huber", seed=6, members=3)
    return found


NETWORKS = networks()


@pytest.mark.parametrize("name", NETWORKS)
def test_code_of_a_network_makes_it_again(name: str) -> None:
    """Evaluated, it gives a network of the same configuration; what is made of functions has no code."""
    network = NETWORKS[name]
    if getattr(network.loss, "saved_by_name", False):
        with pytest.raises(ConfigError, match="without functions of your own"):
            network_code(network)
        return
    assert network_config(eval(network_code(network), {"gn": gn})) == network_config(network)


def test_changes_and_settings_are_the_same_thing() -> None:
    """What differs between two settings, applied to the first, gives the second; in nested layers too."""
    layers = [
        gn.Residual([gn.Dense(2, "tanh"), gn.Dropout(0.1)]),
        gn.Concatenate([gn.Identity(), [gn.Dense(3)]]),
        gn.Dense(1),
    ]
    first = Settings.of(gn.Network(layers, loss="huber", optimizer=gn.SGD(0.1), seed=0), 10)
    for path, value in [
        ("layers.0.layers.1.rate", 0.5),
        ("layers.1.branches.1.layers.0.trainable", False),
        ("optimizer.learning_rate", 0.5),
        ("optimizer.schedule", "StepDecay"),
        ("optimizer.kind", "Adam"),
        ("loss", "squared_error"),
        ("batch_size", 5),
        ("l2", 0.1),
    ]:
        second = first.with_path(path, value)
        changes = setting_changes(first, second)
        assert len(changes) == 1
        assert changed_settings(first, changes) == second
        assert changed_settings(second, setting_changes(second, first)) == first
    assert setting_changes(first, first) == {}


# ---- other people's code --------------------------------------------------------------------------------------------

PLAIN = GN + 'net = gn.Network([gn.Dense(8, "tanh"), gn.Dense(1)], loss="huber", optimizer=gn.Adam(0.001), seed=0)\n'

STYLES = {
    "names of classes": "from glassnet import Dense, Network, Adam\n"
    "net = Network([Dense(8, 'tanh'), Dense(1)], loss='huber', optimizer=Adam(1e-3), seed=0)",
    "another name": "import glassnet\nnet = glassnet.Network([glassnet.Dense(8, 'tanh'), glassnet.Dense(1)], loss='huber', seed=0)",
    "classes by other names": "from glassnet.layers import Dense as D\nimport glassnet as g\n"
    "model = g.Network([D(8, 'tanh'), D(1)], loss='huber', optimizer='adam', seed=0)",
    "layers first": GN + "layers = [\n    gn.Dense(units=8, activation='tanh'),\n    gn.Dense(1),\n]\n"
    "net = gn.Network(layers, seed=0, optimizer=gn.Adam(), loss='huber')",
    "numbers by name": GN + "hidden, rate = 8, 1e-3\nact = 'tanh'\n"
    "net = gn.Network([gn.Dense(hidden, act), gn.Dense(1)], optimizer=gn.Adam(rate), loss='huber', seed=0)",
    "arithmetic": GN + "half: int = 16 // 4\n"
    "net = gn.Network([gn.Dense(2 * half, 'tanh'), gn.Dense(-1 + 2)], loss='huber', optimizer=gn.Adam(10 ** -3), seed=1 - 1)",
    "lists put together": GN + "hidden = [gn.Dense(8, 'tanh')]\nnet = gn.Network(hidden + [gn.Dense(1)], loss='huber', seed=0)",
    "objects": GN + "loss = gn.Huber(delta=1.0)\nnet = gn.Network((gn.Dense(8, gn.Tanh()), gn.Dense(1)), loss=loss, seed=0)",
    "a document and comments": '"""My network."""\n# made in class\n' + PLAIN + "net.summary()\nprint('done')\n"
    "history = net.fit(X, y, epochs=1)\nprint(history['loss'][-1])\nnet.plot_history()\nhistory.last\n",
    "everything": "from glassnet import *\nnet = Network([Dense(8, 'tanh'), Dense(1)], loss='huber', optimizer=Adam(), seed=0)",
    "prompts in a fence": "Try this:\n```python\n>>> import glassnet as gn\n>>> net = gn.Network(\n...     [gn.Dense(8, 'tanh'), "
    "gn.Dense(1)],\n...     loss='huber', seed=0)\n>>> net\nNetwork(2 layers)\n```\nIt should work.",
    "a fence that is not closed": f"```\n{PLAIN}",
    "an indented block": "\n".join(f"    {line}" for line in PLAIN.splitlines()),
    "special spaces": PLAIN.replace(" ", "\u00a0").replace("\u00a0seed", "\u202fseed"),
    "line ends of Windows": "\ufeff" + PLAIN.replace("\n", "\r\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", STYLES)
def test_other_styles_are_read(name: str) -> None:
    """The same network, written as people write: the settings are those of the plain form."""
    found, plain = read_program(STYLES[name]).settings, read_program(PLAIN).settings
    assert found.build((2,)).layers[0].activation.entry() == plain.build((2,)).layers[0].activation.entry()
    strip = [{**layer, "activation": None} for layer in found.layers]
    assert strip == [{**layer, "activation": None} for layer in plain.layers]
    assert {**found.config(), "layers": 0} == {**plain.config(), "layers": 0}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "model = Sequential()\nmodel.add(Dense(8))",
            "line 1: the name 'Sequential' stands for nothing. Only glassnet's own",
        ),
        (
            "from keras.models import Sequential",
            "line 1: keras.models is imported; only glassnet and numpy can be. Only gl",
        ),
        (
            "\nimport torch.nn as nn",
            "line 2: torch.nn is imported; only glassnet and numpy can be. Only glassnet's own con",
        ),
        (
            "net = Network([Dense(8)])",
            "line 1: the name 'Network' stands for nothing. Write gn.Network, and import glassn",
        ),
        ("net = gn.Network([])", "line 1: the name 'gn' stands for nothing. Write import glassnet as gn above it."),
        ("x = 1\nnet = Network(Dense", "line 2: this is no Python ('(' was never closed): 'net = Network(Dense'."),
        (">>> x = 1\n>>> y = = 2\n", "line 2: this is no Python (invalid syntax): 'y = = 2'."),
    ],
)
def test_refusals_say_what_to_do(text: str, sentence: str) -> None:
    """Code of other libraries, a forgotten import, and a line that is no Python: it is shown."""
    with pytest.raises(FormatError) as caught:
        read_program(text)
    assert str(caught.value).startswith(sentence)


def test_much_pasted_text_is_made_plain_in_time() -> None:
    """Blanks and empty lines cost time in proportion to their number."""
    for text in ("\n" * 190_000, "```" + " " * 190_000 + "!", " " * 190_000 + "x"):
        began = time.process_time()
        plain_code(text)
        assert time.process_time() - began < 4.0  # with the square of their number it would be minutes


def test_code_for_the_data_that_are_there() -> None:
    """Without lines for data, or with names that only the user's program knows, the page's own data are trained on."""
    data = data_from_source(toy("moons"))
    experiment = Experiment(data, suggested_settings(data))
    result = do(experiment, "load_code", text=PLAIN + "history = net.fit(X_train, y_train, epochs=2, batch_size=16)")
    assert experiment.data is data
    assert experiment.step == 10
    assert experiment.settings.batch_size == 16
    assert "The page holds some rows out" in result["notes"][0]
    result = do(experiment, "load_code", text=PLAIN + "net.fit(X, y, epochs=1, validation_split=0.25)")
    assert "not those of validation_split" in result["notes"][0]


def test_toys_by_another_spelling() -> None:
    """A call of `gn.datasets` is understood, not compared: aliases, order and defaults do not matter."""
    data = data_from_source(toy("moons"))
    experiment = Experiment(data, suggested_settings(data))
    text = "from glassnet import datasets as d\nX, y = d.circles(seed=4, n=60)\n" + PLAIN.replace(
        "huber", "squared_error"
    )
    do(experiment, "load_code", text=text)
    assert experiment.data.source == toy("circles", seed=4, n=60, noise=0.1, classes=2)


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("X, y = gn.datasets.spiral(60)", "line 2: the page cannot make the data of 'glassnet.datasets.spiral'"),
        ("X, y = gn.datasets.spirals(n=1)", "line 2: "),
        (
            "X, y = gn.datasets.spirals(60, turn=1)",
            "line 2: data: options is 'turn'; it must be one of 'classes', 'n', 'noise', 'seed', 'turns'. Did you mean 'turns'?",
        ),
        ("import numpy as np\nX = np.load('x.npy')", "line 3: the page cannot make the data of 'numpy.load'"),
        ("X, y = gn.datasets.digits()\nX = X[:100] * 2", "line 3: "),
        ("table = gn.tabular.read_table('/etc/passwd')", "line 2: the page cannot make the data of"),
        ("table = gn.tabular.read_table('penguins')\ny = table.save('x')", "line 3: "),
    ],
)
def test_other_data_are_refused(lines: str, sentence: str) -> None:
    """What the page does not make itself is not trained on something else instead."""
    data = data_from_source(toy("moons"))
    experiment = Experiment(data, suggested_settings(data))
    before = experiment_code(experiment)
    answered = answer(experiment, {"id": 1, "do": "load_code", "text": PLAIN.replace(GN, GN + lines + "\n")})
    assert answered["error"].startswith(sentence), answered
    assert experiment_code(experiment) == before


def test_code_that_is_too_much() -> None:
    """A network above the limits, and steps that would take long: a sentence, and a part of the way."""
    data = data_from_source(toy("moons"))
    experiment = Experiment(data, suggested_settings(data))
    answered = answer(experiment, {"id": 1, "do": "load_code", "text": PLAIN.replace("Dense(8", "Dense(10**9")})
    assert "4,000,000,001 parameters; it must have at most 5,000,000" in answered["error"]
    answered = answer(experiment, {"id": 1, "do": "load_code", "text": PLAIN.replace("Dense(1)", "Dense(7)")})
    assert "error" in answered


def test_changes_that_are_none_of_a_run_are_refused_before_anything_happens() -> None:
    """An activation cannot change on the way: the weights were drawn for another one."""
    data = data_from_source(toy("moons"))
    experiment = Experiment(data, suggested_settings(data))
    before = experiment_code(experiment)
    lines = 'run = net.stepwise(X, y)\nrun.advance(3)\nrun.change(layers={"dense_1": {"activation": "relu"}})\n'
    answered = answer(experiment, {"id": 1, "do": "load_code", "text": PLAIN + lines})
    assert (
        "run.change would change layer 1 activation tanh → relu; it must leave the weights their meaning."
        in answered["error"]
    )
    answered = answer(experiment, {"id": 1, "do": "load_code", "text": PLAIN + lines.replace("dense_1", "dense_9")})
    assert "'dense_9'" in answered["error"]
    assert experiment_code(experiment) == before


def test_long_training_is_begun_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps that would keep people waiting are left to the run button, with a sentence."""
    monkeypatch.setattr("glassnet.playground.commands.code_commands._PATIENCE", 0.05)
    data = data_from_source(toy("moons"))
    experiment = Experiment(data, suggested_settings(data))
    (note,) = do(
        experiment, "load_code", text=PLAIN + "net.fit(X, y, epochs=10**8, validation_data=(X_valid, y_valid))"
    )["notes"]
    left = int(note.split()[5].replace(",", ""))
    assert left + experiment.step == 10**8 * (experiment.run.steps_per_epoch or 0)
    assert experiment.step > 0


# ---- files ----------------------------------------------------------------------------------------------------------


def test_the_notebook_is_one(experiments: dict[str, Experiment]) -> None:
    """It is JSON of nbformat 4 with the whole program in its cells, and a title that is shown as it is."""
    code = experiment_code(experiments["penguins"])
    found = json.loads(notebook(code, "<b>my_file*.csv</b>\n# x"))
    assert (found["nbformat"], found["nbformat_minor"]) == (4, 5)
    assert "\n\n".join("".join(cell["source"]) for cell in found["cells"][1:]) == code.strip()
    assert len({cell["id"] for cell in found["cells"]}) == len(found["cells"])
    assert found["cells"][0]["source"] == ["# \\<b\\>my\\_file\\*\\.csv\\</b\\> \\# x"]


def test_jupyter_takes_the_notebook(experiments: dict[str, Experiment]) -> None:
    """The format's own validator has nothing to say."""
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    nbformat.validate(nbformat.reads(notebook(experiment_code(experiments["digits"]), "Digits"), as_version=4))


def test_the_history_is_a_table(experiments: dict[str, Experiment]) -> None:
    """One row per epoch, which reads back to the same numbers."""
    history = experiments["two epochs"].run.history
    rows = list(csv.DictReader(io.StringIO(history_table(history.columns))))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert [float(row["valid_loss"]) for row in rows] == history["valid_loss"]
    assert history_table({}) == "epoch\n"
    assert FormatError.__mro__[1] is GlassnetError
