"""What users of type checkers get: every misspelt name and wrong type is found, and nothing that is right is accused."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
import typing
from pathlib import Path

import pytest

import glassnet as gn
from glassnet.layers.activations.by_name import ACTIVATIONS
from glassnet.layers.initializers import INITIALIZERS
from glassnet.losses import LOSSES
from glassnet.metrics import METRICS
from glassnet.optimizers import OPTIMIZERS
from glassnet.training.options import FIT_DEFAULTS, FitOptions
from glassnet.utils import names

SCRIPT = """
import numpy as np
import glassnet as gn
from glassnet.sklearn import MLPClassifier, MLPRegressor
from glassnet.tabular import TabularClassifier, TabularRegressor
from glassnet.training import Run

X, y = np.zeros((8, 2)), np.arange(8) % 2
net = gn.Network([gn.Dense(4, "relu"), gn.Dense(2)], loss="cross_entropy", seed=0)
history = net.fit(X, y, epochs=3, batch_size=8, validation_data=(X, y))
best: int | list[int] | None = history.best_epoch
probabilities = TabularClassifier(random_state=0).fit(X, y).predict_proba(X)
classes = MLPClassifier((8,), random_state=0).fit(X, y).predict(X)
text: str = net.explain(X, y).text()
members = gn.Population(net, 4).fit(X, y, epochs=3, early_stopping=gn.EarlyStopping("loss"))
epochs: int = net.history.epochs
found: bool = net.history.findings.ok
again: gn.Network = net.astype("float64")
loaded: gn.Network = gn.load("model.safetensors")
own = gn.Network([gn.Dense(4, (np.sin, np.cos)), gn.Dense(1).tuned(rate_factor=0.1)], loss=gn.Huber(), dtype=np.float64)
net.fit(X, y, epochs=1, metrics=["auc", lambda y, p: 0.0], class_weight={0: 1.0}, threads="auto", diagnose=gn.Watch())
net.fit(X, y, epochs=1, callbacks=lambda run: run.network.hidden(X, 0))
gn.plots.plot_history(history).set_title("x")
rows: int = gn.tabular.read_table("data.csv").n_rows
first: int = net.summary().rows[0].parameters
folds = gn.cross_validate(net, X, y, epochs=1, folds=3, batch_size=4)
grid = gn.sweep(lambda units: gn.Network([gn.Dense(units)], loss="huber"), {"units": [1, 2]}, X, y, epochs=1, threads=1)


class Looking(gn.Callback):
    def on_epoch_end(self, run: Run[gn.Network]) -> None:
        run.network.hidden(X, 0)
        run.network.hiden(X, 0)  # mistake


net.fit(X, y, epochs=3, bacth_size=8)  # mistake
net.fit(X, y, epochs=3, batch_size="many")  # mistake
net.fit(X, y, epochs=3, shuffle=3.5)  # mistake
net.fit(X, y, epochs=3, validation_data=X)  # mistake
net.fit(X, y, epochs=3, verbose=0)  # mistake
net.fit(X, y, epochs=3, threads="all")  # mistake
net.fit(X, y, epochs=3, class_weight="equal")  # mistake
net.fit(X, y, epochs=3, early_stopping=True)  # mistake
net.fit(X, y, epochs=3, callbacks=lambda run: run.network.hiden(X, 0))  # mistake
net.fit(X, y)  # mistake
TabularClassifier().fit(X, y).predict_probs(X)  # mistake
TabularRegressor().fit(X, y).predict_quantile(X)  # mistake
TabularClassifier(n_estimatorz=3)  # mistake
TabularClassifier(recipe="realmpl")  # mistake
MLPClassifier().fit(X, y).predict_probs(X)  # mistake
MLPRegressor().fit(X, y).predict_proba(X)  # mistake
MLPClassifier(hiden_layer_sizes=(3,))  # mistake
net.explain(X, y).sav("x")  # mistake
net.plot_history().set_titel("x")  # mistake
net.plot_decision(X)  # mistake
net.plot_confusion(X, y, label=["a", "b"])  # mistake
gn.plots.plot_histry(history)  # mistake
gn.datasets.mons()  # mistake
net.summary().row  # mistake
gn.Denze(3)  # mistake
gn.diagnosis.diagnoze(net, X, y)  # mistake
net.evaluate(X, y, metrics="acuracy")  # mistake
net.evaluate(X, y, metrics=["accuracy", "auroc"])  # mistake
net.astype("float16")  # mistake
net.loss_and_gradients(X, y, mode="test")  # mistake
net.history.epoch  # mistake
net.astype("float64").sumary()  # mistake
gn.Network.sumary(net)  # mistake
gn.Network([gn.Dense(1)], loss="cross_entropie")  # mistake
gn.Network([gn.Dense(1)], loss="huber", optimizer="adm")  # mistake
gn.Network([gn.Dense(1)], loss="huber", dtype="float16")  # mistake
gn.Dense(4, "rleu")  # mistake
gn.Dense(4, initializer="he")  # mistake
gn.Dense("4")  # mistake
gn.EarlyStopping("loss", mode="up")  # mistake
gn.Population(net, 4).fit(X, y, epochs="3")  # mistake
gn.Population(net, 4).fit(X, y, epochs=3, checkpoint="x")  # mistake
gn.cross_validate(net, X, y, epochs=1, validation_data=(X, y))  # mistake
gn.load("model.safetensors").predct(X)  # mistake
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the script, in which no settings of others hold."""
    folder = tmp_path_factory.mktemp("types")
    (folder / "script.py").write_text(SCRIPT)
    (folder / "mypy.ini").write_text("[mypy]\nignore_missing_imports = True\n")
    (folder / "pyrightconfig.json").write_text("{}")
    return folder


def expected() -> set[int]:
    """Return the lines of the script that hold a mistake."""
    return {number for number, line in enumerate(SCRIPT.splitlines(), 1) if line.endswith("# mistake")}


def test_mypy_finds_every_mistake_and_nothing_else(script: Path) -> None:
    """mypy reports an error in each marked line and in no other one."""
    pytest.importorskip("mypy")
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "--hide-error-context", "script.py"]
    done = subprocess.run(command, cwd=script, capture_output=True, text=True, check=False)
    found = {int(line) for line in re.findall(r"^script\.py:(\d+): error", done.stdout, re.MULTILINE)}
    assert found == expected(), done.stdout + done.stderr


def test_basedpyright_finds_every_mistake_and_nothing_else(script: Path) -> None:
    """basedpyright, which editors use, reports an error in each marked line and in no other one."""
    pytest.importorskip("basedpyright")
    options = ["--project", str(script), "--pythonpath", sys.executable, "--level", "error", "--outputjson"]
    done = subprocess.run(
        [sys.executable, "-m", "basedpyright", *options], cwd=script, capture_output=True, text=True, check=False
    )
    report = json.loads(done.stdout)["generalDiagnostics"]
    found = {each["range"]["start"]["line"] + 1 for each in report if each["severity"] == "error"}
    assert found == expected(), done.stdout


def test_names_are_those_of_the_tables() -> None:
    """Each closed list of names is the table that it stands for."""
    tables = {
        names.ActivationName: ACTIVATIONS, names.InitializerName: INITIALIZERS, names.LossName: LOSSES,
        names.MetricName: METRICS, names.OptimizerName: OPTIMIZERS,
    }  # fmt: skip
    for literal, table in tables.items():
        assert sorted(typing.get_args(literal)) == sorted(table)


def test_options_of_a_fit_stand_in_one_place() -> None:
    """``Network.fit`` spells the options out with the defaults and types that all other fits share."""
    shown = inspect.signature(gn.Network.fit).parameters
    options = {name: each for name, each in shown.items() if each.kind is each.KEYWORD_ONLY}
    assert options.keys() - {"epochs", "diagnose"} == FIT_DEFAULTS.keys() == FitOptions.__annotations__.keys()
    assert {name: options[name].default for name in FIT_DEFAULTS} == FIT_DEFAULTS
    # `Network.fit` makes processes of what it is given, which stand on a higher floor than the options of a training.
    resolved = {"Literal['mpi'] | MPI | None": "Ranks | None"}
    for name, annotation in FitOptions.__annotations__.items():
        written = annotation.__forward_arg__ if isinstance(annotation, typing.ForwardRef) else annotation
        shown_as = str(options[name].annotation).replace("Run[Self]", "Run[Any]").replace('"', "'")
        assert resolved.get(shown_as, shown_as) == str(written).replace('"', "'"), name
