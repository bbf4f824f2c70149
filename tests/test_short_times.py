"""Time limits that are short: what is timed, how many networks there are, and what is said of it."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.cli.output.report import print_training
from glassnet.cli.training.train_job import train
from glassnet.cli.training.train_options import TrainOptions
from glassnet.errors import TableWarning
from glassnet.populations.joint import Job
from glassnet.reports.training_words import training_text
from glassnet.tabular import TabularClassifier
from glassnet.tabular.fitting import jobs, parallel
from glassnet.tabular.fitting.deadline import Pace
from glassnet.tabular.fitting.fit import Trained
from glassnet.tabular.fitting.objective import find_goal
from glassnet.tabular.fitting.options import FitOptions
from glassnet.tabular.fitting.recipes import RECIPES
from glassnet.tabular.fitting.timing import measure_pace
from glassnet.training import History

X, Y = {"x": np.arange(80.0) % 7, "z": np.arange(80.0) % 5}, np.arange(80) % 3


class Ticking:
    """A clock that goes on by so many seconds whenever somebody looks."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.looks = seconds, 0

    def __call__(self) -> float:
        self.looks += 1
        return self.looks * self.seconds


def pace_of(batch_size: int, clock: Ticking, **options: Any) -> Pace:
    """Return what is measured for a network of one layer."""
    network = gn.Network([gn.Dense(1)], loss="squared_error", input_shape=2)
    fit = FitOptions(RECIPES["small"], find_goal("test", "regression", None, None), threads=1)
    return measure_pace(network, (np.ones((50, 2)), np.ones((50, 1))), batch_size, fit, clock=clock, **options)


def test_small_steps_do_not_lengthen_evaluations() -> None:
    """An evaluation is timed on many rows, also where a step has one."""
    assert pace_of(1, Ticking(1.0), n_valid=1000).evaluation == 1.0


def test_long_steps_are_timed_once() -> None:
    """Where one step takes a large share of the time for it, there is no other."""
    clock = Ticking(1.0)
    assert pace_of(32, clock, n_valid=320, seconds=0.02).step == 1.0
    assert clock.looks == 3  # before and after it, and after an evaluation


def test_steps_of_more_rows_than_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of a step is that of the rows that it has, not of those that it might have."""
    sizes = []

    def measured(network: Any, data: Any, batch_size: int, *args: Any, **options: Any) -> Pace:
        sizes.append(batch_size)
        return Pace(0.01)

    monkeypatch.setattr(jobs, "measure_pace", measured)
    TabularClassifier("small", epochs=2, max_seconds=100.0, batch_size=100_000, diagnose=False).fit(X, Y)
    assert sizes == [64]


@pytest.mark.parametrize(("options", "asked"), [({"n_ensemble": 30}, 30), ({"n_folds": 20}, 20)], ids=str)
def test_there_are_as_many_networks_as_time_allows(
    options: dict[str, int], asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the time is for more than one step of each; a warning says how many there are."""
    monkeypatch.setattr(jobs, "measure_pace", lambda *args, **options: Pace(10.0))
    with pytest.warns(TableWarning, match=f"was enough for [34] of {asked} networks"):
        model = TabularClassifier("small", max_seconds=80.0, diagnose=False, **options).fit(X, Y)
    assert len(model.histories_) in (3, 4)
    assert np.isfinite(model.predict_proba(X)).all()


def history_of(epochs: int, reason: str = "time") -> History:
    """Return the history of a network that was trained for so many epochs."""
    history = History()
    for _ in range(epochs):
        history.columns.setdefault("loss", []).append(1.0)
    history.stop_reason = reason
    return history


def test_the_shortest_training_counts() -> None:
    """Of several networks the words have the least and the most; one that early stopping ended blames no limit."""
    from glassnet.tabular.fitting.deadline import Planned

    def said(*histories: History) -> str:
        some: Any = None
        return Trained(some, some, [*histories], most_epochs=200, planned=Planned(7), steps_per_pass=5).shortage(
            "limit"
        )

    assert "1 to 7 of 200 epochs, 5 to 35 steps" in said(history_of(7), history_of(1))
    assert "1 to 190 of 200 epochs" in said(history_of(190), history_of(1))
    assert "7 of 200 epochs, 35 steps" in said(history_of(7), history_of(1, "early stopping"))
    assert said(history_of(1, "early stopping")) == said(history_of(30)) == ""


class Here:
    """Stands in for processes: trains here, and notes how many there would be."""

    def __init__(self) -> None:
        self.workers: list[int] = []

    def __call__(self, shared: Any, units: Any, workers: int, *args: Any) -> Any:
        self.workers.append(workers)
        for unit in units:
            parallel.train_network(shared, unit, None, [])
        return [parallel.Outcome(unit.number, unit.job.network, None) for unit in units]


@pytest.mark.parametrize(("seconds", "workers"), [(2.0, []), (100.0, [2])])
def test_processes_that_start_longer_than_they_train(
    seconds: float, workers: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limit that the start of processes would eat is for training here."""
    pytest.importorskip("joblib")
    seen = Here()
    monkeypatch.setattr(parallel, "_running", {})
    monkeypatch.setattr(jobs, "place_of", lambda options: (None, 2))
    monkeypatch.setattr(jobs, "train_in_processes", seen)
    monkeypatch.setattr(jobs, "measure_pace", lambda *args, **options: Pace(0.01))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TableWarning)
        TabularClassifier("small", epochs=2, max_seconds=seconds, n_ensemble=2, diagnose=False).fit(X, Y)
    assert seen.workers == workers


def test_each_turn_has_as_much_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks that are handed out before the processes run have no more time than those of the next turn."""
    pytest.importorskip("joblib")
    shares = {}
    monkeypatch.setattr(parallel, "_running", {})
    monkeypatch.setattr(parallel, "start_seconds", lambda workers: 8.0, raising=False)

    def noted(shared: Any, packed: bytes, seconds: float, *args: Any) -> parallel.Outcome:
        unit = pickle.loads(packed)
        shares[unit.number] = seconds
        return parallel.Outcome(unit.number, unit.job.network, None)

    monkeypatch.setattr(parallel, "_work", noted)
    network = gn.Network([gn.Dense(1)], loss="squared_error", input_shape=2)
    units = [parallel.Unit(i, Job(network)) for i in range(4)]
    shared = parallel.Shared((), None, {"progress": False, "threads": 1})
    from joblib import parallel_config

    with parallel_config("threading"):
        parallel.train_in_processes(shared, units, 2, 20.0, lambda: False, lambda *counts: None)
    assert [shares[0], shares[1]] == pytest.approx([6.0, 6.0], abs=1.0)
    assert min(shares[2], shares[3]) > 11.0  # what is left: here the start took no time


# ---- the command line ------------------------------------------------------------------------------------------------


def test_the_report_says_that_time_was_short(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Text, page and JSON say what the limit was enough for, and on what columns were measured."""
    pytest.importorskip("matplotlib")
    rows = ["a,b,c,d,y", *(f"{i % 7},{i % 5},{i % 3},{i % 11},{'up' if i % 7 > 3 else 'down'}" for i in range(120))]
    (tmp_path / "rows.csv").write_text("\n".join(rows) + "\n")
    page = tmp_path / "page.html"
    how: dict[str, Any] = {"recipe": "small", "estimates": False, "max_seconds": 1e-6, "report": str(page), "seed": 1}
    _, result = train(TrainOptions(str(tmp_path / "rows.csv"), "y", **how))
    short = "Time was short: --max-seconds was enough for 1 of 256 epochs, 1 step: more time makes a better model."
    assert result["training"]["shortage"] in short
    print_training(result)
    text = " ".join(capsys.readouterr().out.split())
    note = "Measured on 24 rows, each column shuffled once; 2 columns were not tried."
    assert result["importance"]["note"] == note
    assert {key: result["importance"][key] for key in ("rows", "repeats", "not_tried")} == {
        "rows": 24, "repeats": 1, "not_tried": 2,
    }  # fmt: skip
    assert short in text
    assert "1 of 256 epochs in" in text
    words = page.read_text()
    assert short in words
    assert "1 of 256 epochs in" in words
    assert note in words


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (
            {"epochs": 7, "fewest_epochs": 1},
            "1 to 7 of 205 epochs, best 1 (its weights were kept); as many as fit into --max-seconds",
        ),
        ({"epochs": 7}, "7 of 205 epochs, best 1 (its weights were kept); as many as fit into --max-seconds"),
        (
            {"epochs": 8, "passes": 0.5},
            "8 epochs (0.5 of 205 passes over all rows), best 1 (its weights were kept); as many",
        ),
        (
            {"epochs": 205, "fewest_epochs": 205, "best_epoch": 33, "metric": "accuracy"},
            "205 epochs, best 33 by accuracy (its weights were kept); the schedule needs all its epochs: the rate falls "
            "to 0 at the end",
        ),
        ({"epochs": 205, "best_epoch": 205}, "205 epochs, best 205"),
        ({"epochs": 205, "best_epoch": None}, "205 epochs"),
        ({"epochs": 205, "patience": 9}, "205 epochs, best 1 (its weights were kept); it ran all its epochs"),
        (
            {"epochs": 30, "stop_reason": "early stopping", "patience": 9},
            "30 epochs, best 1 (its weights were kept); stopped after 9 epochs without improvement",
        ),
        (
            {"epochs": 30, "best_epoch": [3, 9], "stop_reason": "time"},
            "30 of 205 epochs, best 3 to 9 (their weights were kept); stopped by --max-seconds",
        ),
        (
            {"epochs": 30, "stop_reason": "interrupted", "interrupted_by": "SIGTERM"},
            "30 epochs, best 1 (its weights were kept); stopped by SIGTERM",
        ),
        ({"epochs": 30, "stop_reason": "diverged"}, "30 epochs, best 1 (its weights were kept); the others diverged"),
    ],
    ids=str,
)
def test_epochs_are_told_with_those_there_might_be(more: dict[str, Any], words: str) -> None:
    """Several networks have a range; what was kept, why it went on after it, and why it ended are said."""
    training = {"most_epochs": 205, "best_epoch": 1, "stop_reason": "finished", "patience": None, **more}
    text = training_text({"networks": 1}, training)
    assert text.startswith(words) if "passes" in more else text == words


def test_networks_with_files_end_with_the_time(tmp_path: Path) -> None:
    """Those that there is no time for do not begin, which is no Ctrl-C; with more time the run goes on with them."""
    rows = ["a,b,y", *(f"{i % 7},{i % 5},{'up' if i % 7 > 3 else 'down'}" for i in range(60))]
    (tmp_path / "rows.csv").write_text("\n".join(rows) + "\n")
    how: dict[str, Any] = {"recipe": "small", "estimates": False, "ensemble": 3, "seed": 1, "out": None}
    how["checkpoint"] = str(tmp_path / "run.safetensors")
    _, short = train(TrainOptions(str(tmp_path / "rows.csv"), "y", max_seconds=1e-6, **how))
    assert (short["network"]["networks"], short["training"]["stop_reason"]) == (1, "time")
    assert short["training"]["shortage"].startswith("--max-seconds was enough for 1 of 3 networks, ")
    _, whole = train(TrainOptions(str(tmp_path / "rows.csv"), "y", resume=True, **how))
    assert (whole["network"]["networks"], whole["training"]["stop_reason"]) == (3, "finished")
    assert "shortage" not in whole["training"]
