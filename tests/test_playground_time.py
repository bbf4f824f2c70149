"""Time in the playground: every step is gone back to bit for bit; branches, undo, divergence, bounded memory."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import hashlib
import io
import re
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.playground import branch as branch_module
from glassnet.playground.curves import Curve
from glassnet.playground.data.sources import data_from_source
from glassnet.playground.differences import difference
from glassnet.playground.dispatch import answer
from glassnet.playground.experiment import Experiment
from glassnet.playground.play_data import PlayData
from glassnet.playground.server.downloads import DOWNLOADS
from glassnet.playground.settings import Settings
from glassnet.playground.state import state_of
from glassnet.playground.tree import MOST_RUNS
from glassnet.schedules import OneCycle, ReduceOnPlateau

RNG = np.random.default_rng(0)
X = RNG.standard_normal((70, 2)).astype(np.float32)
Y = (X[:, 0] * X[:, 1] > 0).astype(np.int64)
DATA = PlayData(X[:50], Y[:50], X[50:], Y[50:], ("a", "b"), ("0", "1"))


def settings(optimizer: gn.Optimizer | None = None, batch_size: int = 8, units: int = 6) -> Settings:
    """Return the settings of a small network with everything in it that draws numbers or keeps statistics."""
    layers = [gn.Dense(units, "tanh"), gn.BatchNorm(), gn.Dropout(0.3), gn.Dense(5, "relu"), gn.Dense(1)]
    net = gn.Network(layers, loss="binary_cross_entropy", optimizer=optimizer or gn.Adam(0.02), seed=1)
    return Settings.of(net, batch_size)


def experiment(**options: Any) -> Experiment:
    """Return an experiment at step 0."""
    return Experiment(DATA, settings(**options))


def bits(found: Any) -> str:
    """Return a hash of all that the next steps depend on, and of the history."""
    state, net = found.run.state, found.network
    arrays = (net.params, net.stats, *state.optimizer_state.arrays.values())
    rest = (state.epoch, state.step, state.loss_sum, state.optimizer_state.t, state.schedule_memory, found.settings)
    text = repr((rest, state.history.columns, found.run.total_steps)).encode()
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays) + text).hexdigest()


def ask(found: Experiment, do: str, **arguments: Any) -> Any:
    """Return the result of a command."""
    got = answer(found, {"id": 1, "do": do, **arguments})
    assert "error" not in got, got["error"]
    return got["result"]


def refusal(found: Experiment, do: str, **arguments: Any) -> str:
    """Return the sentence by which a command is refused."""
    got = answer(found, {"id": 1, "do": do, **arguments})
    assert "ok" not in got
    return str(got["error"])


# At which steps which settings are changed: within epochs of 7 steps and at their ends.
EVENTS = {
    14: ("optimizer.learning_rate", 0.1),
    17: ("layers.2.rate", 0.6),
    33: ("optimizer.kind", "Lion"),
    40: ("l2", 0.01),
    45: ("batch_size", 12),
    60: ("layers.0.trainable", False),
    63: ("optimizer.kind", "RMSprop"),
}

OPTIMIZERS = {
    "adam": gn.Adam(0.02),
    "plateau": gn.AdamW(ReduceOnPlateau(0.05, patience=0, monitor="valid_loss"), ema=0.9),
    "one cycle": gn.SGD(OneCycle(0.1, epochs=8), momentum=0.9, clip_norm=0.5),
}


@pytest.mark.parametrize("allowed", [64_000_000, 30_000, 1])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("has_events", [False, True])
def test_every_step_is_gone_back_to(optimizer: str, has_events: bool, allowed: int) -> None:
    """What was at a step on the way is there again after scrubbing, from many checkpoints or from the first alone."""
    found = experiment(optimizer=OPTIMIZERS[optimizer])
    timeline = found._tree.selected.timeline
    timeline.allowed, seen = allowed, {}
    for step in range(90):
        if has_events and step in EVENTS:
            path, value = EVENTS[step]
            found.replace(settings=found.settings.with_path(path, value))
        if has_events and step == 50:
            found.set_weight("dense_1.weight", [1, 3], 0.25)
        seen[found.step] = bits(found)
        found.advance()
    last = seen[90] = bits(found)
    assert len(found.changes) == 8 * has_events
    assert timeline.bytes <= max(allowed, 10_000)
    for step in RNG.integers(0, 91, 20).tolist():
        found.go_to(step)
        assert (found.step, bits(found)) == (step, seen[step])
    found.go_to(90)
    assert (found.steps, bits(found)) == (90, last)
    found.advance(10)
    straight = experiment(optimizer=OPTIMIZERS[optimizer])
    if not has_events:
        straight.advance(100)
        assert bits(found) == bits(straight)


def test_a_run_is_what_code_makes() -> None:
    """Settings, events and steps of the page are those of a stepped run in a program, with the same bits."""
    found = experiment()
    found.advance(11)
    found.replace(settings=found.settings.with_path("optimizer.learning_rate", 0.1))
    found.advance(9)
    net = settings().build((2,))
    run = net.stepwise(DATA.X, DATA.y, batch_size=8, validation_data=(DATA.X_valid, DATA.y_valid))
    run.advance(11)
    run.change(learning_rate=0.1)
    run.advance(9)
    assert net.params.tobytes() == found.network.params.tobytes()
    assert net.history.columns == found.run.history.columns


def test_a_change_after_going_back_makes_a_branch() -> None:
    """The run that one went back in stays as it was to its end; the branch is the same up to there."""
    found = experiment()
    found.advance(30)
    end = bits(found)
    found.go_to(12)
    at_12 = bits(found)
    found.replace(settings=found.settings.with_path("optimizer.learning_rate", 0.3), text="faster")
    assert found.runs[1] == {
        "name": "run 2", "parent": "run 1", "from_step": 12, "steps": 12, "step": 12, "difference": "faster",
    }  # fmt: skip
    assert found.events == [{"step": 12, "text": "faster"}]
    found.advance(20)
    branched = bits(found)
    found.go_to(12)
    assert found.settings.optimizer["learning_rate"] == 0.3
    found.go_to(11)
    assert found.settings.optimizer["learning_rate"] == 0.02
    found.advance()
    found.go_to(32)
    assert bits(found) == branched
    found.select("run 1")
    assert (found.step, bits(found)) == (12, at_12)
    found.go_to(30)
    assert bits(found) == end
    straight = experiment()
    straight.advance(12)
    straight.replace(settings=straight.settings.with_path("optimizer.learning_rate", 0.3))
    straight.advance(20)
    assert bits(straight) == branched


def test_changes_at_one_step_are_one() -> None:
    """A slider that is dragged leaves one event and one undo; back at its first value it leaves none."""
    found = experiment()
    found.advance(10)
    for rate in (0.1, 0.2, 0.3):
        ask(found, "set", path="optimizer.learning_rate", value=rate)
    for kind in ("SGD", "RMSprop", "Adam"):  # the moments must be those of one change
        ask(found, "set", path="optimizer.kind", value=kind)
    ask(found, "set", path="optimizer.learning_rate", value=0.3)
    assert [event["step"] for event in found.events] == [10]
    found.advance(5)
    straight = experiment()
    straight.advance(10)
    straight.replace(settings=straight.settings.with_path("optimizer.learning_rate", 0.3))
    straight.advance(5)
    assert bits(found) == bits(straight)
    ask(found, "undo")
    assert (found.step, found.steps, found.events, found.can_undo) == (10, 10, [], False)
    assert found.settings == settings()
    ask(found, "set", path="l2", value=0.1)
    ask(found, "set", path="l2", value=0.0)
    assert found.events == []


def test_undo_and_redo() -> None:
    """Undo returns to the run and the step of before, over changes of a run, of the network and of the data."""
    found = experiment()
    seen = []
    found.advance(9)
    seen.append(bits(found))
    ask(found, "set", path="optimizer.learning_rate", value=0.2)
    found.advance(9)
    seen.append(bits(found))
    found.replace(settings=settings(units=9))
    assert (found.name, found.step, found.network.layers[0].units) == ("run 2", 0, 9)
    found.advance(5)
    seen.append(bits(found))
    other = dataclasses.replace(DATA, X=DATA.X[:30], y=DATA.y[:30], title="less")
    found.replace(data=other)
    assert (found.name, found.step, found.data.title) == ("run 3", 0, "less")
    found.advance(3)
    last = bits(found)
    for back in (seen[2], seen[1], seen[0]):
        assert found.can_undo
        ask(found, "undo")
        assert bits(found) == back
    assert "there is nothing to undo; there must be a change before" in refusal(found, "undo")
    assert found.events == []
    ask(found, "redo")
    assert (found.step, found.steps, len(found.events)) == (9, 18, 1)
    ask(found, "go_to", step=18)
    assert bits(found) == seen[1]
    ask(found, "redo")
    assert (found.name, found.step, bits(found)) == ("run 2", 0, bits(Experiment(DATA, settings(units=9))))
    ask(found, "redo")
    assert not found.can_redo
    assert (found.name, found.data.title) == ("run 3", "less")
    found.advance(3)
    assert bits(found) == last
    ask(found, "undo")
    ask(found, "set", path="l2", value=0.01)
    assert not found.can_redo


def seen_of(found: Experiment) -> Any:
    """Return what a change may change: the runs, their names and steps, which is selected, and all their weights."""
    runs = found._tree.branches
    return [(*run.values(),) for run in found.runs], found.name, found.events, [bits(run) for run in runs]


def test_other_data_keep_the_runs_and_undo_takes_theirs_away() -> None:
    """Other data begin a new run beside those that were trained; undo brings the runs of before back, redo the others."""
    found = Experiment(data_from_source({"kind": "toy", "name": "spirals"}), settings())
    found.advance(50)
    seen = [seen_of(found)]
    for change in (
        {"do": "branch"},
        *({"do": "data", "source": {"kind": "toy", "name": name}} for name in ("moons", "circles")),
    ):
        ask(found, **change)
        found.advance(30)
        seen.append(seen_of(found))
    assert [run["name"] for run in found.runs] == ["run 1", "run 2", "run 3", "run 4"]
    ask(found, "select", run="run 1")
    last = seen_of(found)
    for before in reversed(seen):
        ask(found, "undo")
        assert seen_of(found) == before
    assert ([run["name"] for run in found.runs], found.can_undo) == (["run 1"], False)
    for names, title in ((2, "Spirals"), (3, "Moons"), (4, "Circles"), (4, "Spirals")):
        ask(found, "redo")
        assert ([run["name"] for run in found.runs], found.data.title) == (
            [f"run {k + 1}" for k in range(names)],
            title,
        )
    assert seen_of(found)[0][0] == last[0][0]
    ask(found, "undo")
    found.go_to(30)
    assert (seen_of(found)[3][3], found.data.title) == (seen[3][3][3], "Circles")


def test_data_of_a_run_without_a_step_are_replaced_and_points_are_added_to_a_drawing() -> None:
    """A run that nobody trained gives way; a drawing goes on in its run, each point of it can be undone."""
    found = Experiment(data_from_source({"kind": "toy", "name": "moons"}), settings())
    ask(found, "data", source={"kind": "toy", "name": "circles"})
    assert [run["difference"] for run in found.runs] == ["data: Circles"]
    found.advance(5)
    trained = seen_of(found)
    ask(found, "gallery", name="zeros")
    found.advance(5)
    ask(found, "undo")
    assert seen_of(found) == trained
    for _ in range(3):
        ask(found, "add_point", x=0.5, y=0.5, label=0)
        found.advance(3)
    assert [run["name"] for run in found.runs] == ["run 1", "run 2"]
    for _ in range(3):
        ask(found, "undo")
    assert seen_of(found) == trained


def test_a_name_is_undone_apart_from_the_change_before_it() -> None:
    """Changes of settings at one step are one to undo, but not with a name that came between them, or a branch."""
    found = experiment()
    found.advance(5)
    ask(found, "set", path="optimizer.learning_rate", value=0.1)
    ask(found, "rename", run="run 1", name="mine")
    ask(found, "set", path="optimizer.learning_rate", value=0.2)
    ask(found, "undo")
    assert (found.name, found.settings.optimizer["learning_rate"]) == ("mine", 0.1)
    ask(found, "branch")
    ask(found, "set", path="optimizer.learning_rate", value=0.3)
    ask(found, "undo")
    assert (found.name, found.settings.optimizer["learning_rate"]) == ("run 2", 0.1)
    ask(found, "rename", run="run 2", name="run 2")
    ask(found, "rename", run="run 2", name="run 2")  # changes nothing
    ask(found, "select", run="run 2")
    for name in ("run 2", "mine", "run 1"):
        ask(found, "undo")
        assert found.name == name


def test_a_run_without_a_step_is_replaced() -> None:
    """Building a network leaves no trail of runs; undo brings each of them back."""
    found = experiment()
    for units in (3, 4, 5):
        found.replace(settings=settings(units=units))
    assert [run["name"] for run in found.runs] == ["run 1"]
    for units in (4, 3, 6):
        ask(found, "undo")
        assert found.network.layers[0].units == units
    assert [run["name"] for run in found.runs] == ["run 1"]
    ask(found, "redo")
    found.advance(2)
    ask(found, "undo")
    assert [(run["name"], run["steps"]) for run in found.runs] == [("run 1", 0)]
    ask(found, "redo")
    assert [(run["name"], run["steps"], run["step"]) for run in found.runs] == [("run 1", 2, 0)]


def test_divergence_pauses_and_can_be_gone_back_from() -> None:
    """A loss that is no number stops the run at the last weights whose loss was one, with the library's sentence."""
    layers = [gn.Dense(4, "relu"), gn.Dense(1)]
    net = gn.Network(layers, loss="squared_error", optimizer=gn.SGD(0.05), seed=0)
    numbers = PlayData(X[:50], X[:50, 0] * 3, X[50:], X[50:, 0] * 3, ("a", "b"), ())
    found = Experiment(numbers, Settings.of(net, 10))
    found.advance(20)
    good, revision = bits(found), found.revision
    found.replace(settings=found.settings.with_path("optimizer.learning_rate", 1e6))
    found.running = True
    for _ in range(30):
        if found.running:
            found.advance()
    assert not found.running
    assert found.revision > revision + 1
    said = state_of(found)["diverged"]
    assert said.startswith(
        "fit: training diverged with a loss of nan at epoch 5, step 3 (last finite loss 2.04e+22); loss and weights must stay finite. Lower learning_rate (now 1e+06) or scale X and y. The network holds the last weights whose loss was finite."
    )
    assert np.isfinite(found.network.params).all()
    assert np.isfinite(found.batch_losses[:, 1]).all()
    at = found.step
    found.advance(5)
    assert (found.diverged, found.step) == (said, at)
    ask(found, "go_to", step=19)
    assert found.diverged is None
    found.advance()
    found.replace(settings=found.settings.with_path("optimizer.learning_rate", 0.05))
    assert (found.name, found.step) == ("run 2", 20)
    found.advance(40)
    assert (found.diverged, found.events) == (None, [])
    straight = Experiment(numbers, Settings.of(net, 10))
    straight.advance(60)
    assert bits(found) == bits(straight)
    found.go_to(20)
    assert bits(found) == good


def test_the_first_step_may_diverge() -> None:
    """A run whose first loss is no number stays at step 0 and says so; another seed or rate begins anew."""
    net = gn.Network([gn.Dense(1)], loss="squared_error", optimizer=gn.SGD(0.1), seed=0)
    numbers = PlayData(X[:50], X[:50, 0] * np.float32(1e30), X[50:], X[50:, 0], ("a", "b"), ())
    found = Experiment(numbers, Settings.of(net, 10))
    found.advance(3)
    assert found.diverged
    assert (found.step, found.steps) == (0, 0)
    found.replace(data=DATA, settings=Settings.of(gn.Network([gn.Dense(1)], loss="binary_cross_entropy", seed=0), 10))
    found.advance(3)
    assert (found.diverged, found.step) == (None, 3)


def test_commands_of_the_tree() -> None:
    """Branch, select, rename and remove, with names that are checked; children of a removed run hang on its parent."""
    found = experiment()
    ask(found, "step", batches=10)
    assert ask(found, "branch", name="  slow   one ", path="optimizer.learning_rate", value=0.001) == {
        "run": "slow one"
    }
    ask(found, "step", batches=4)
    assert ask(found, "branch") == {"run": "run 3"}
    state = state_of(found)
    assert [(run["name"], run["parent"], run["from_step"], run["steps"]) for run in state["runs"]] == [
        ("run 1", None, 0, 10), ("slow one", "run 1", 10, 14), ("run 3", "slow one", 14, 14),
    ]  # fmt: skip
    assert (state["run"], state["step"], state["events"]) == (
        "run 3",
        14,
        [{"step": 10, "text": state["runs"][1]["difference"]}],
    )
    assert "learning_rate 0.02 → 0.001" in state["runs"][1]["difference"]
    ask(found, "rename", run="slow one", name="tortoise")
    assert found.runs[2]["parent"] == "tortoise"
    assert "that of another run; it must be another" in refusal(found, "rename", run="run 3", name="run 1")
    assert "name has 0 letters; it must have from 1 to 60" in refusal(found, "rename", run="run 3", name=" ")
    assert "there is no run 'run 4'; run must be one of run 1, tortoise, run 3" in refusal(found, "select", run="run 4")
    ask(found, "remove", run="tortoise")
    assert [(run["name"], run["parent"]) for run in found.runs] == [("run 1", None), ("run 3", "run 1")]
    ask(found, "remove", run="run 3")
    assert (found.name, found.step) == ("run 1", 10)
    assert "the run is the last one; there must be one" in refusal(found, "remove", run="run 1")
    for runs in (["run 1", "run 3"], ["run 1", "tortoise", "run 3"], ["run 1", "slow one", "run 3"]):
        ask(found, "undo")
        assert ([run["name"] for run in found.runs], found.name) == (runs, "run 3")
    assert [run["parent"] for run in found.runs] == [None, "run 1", "slow one"]


@pytest.mark.parametrize("name", ["a\x00b", "\ud800", "a\x1b[31m", "x" * 61, " \n"])
def test_a_name_must_be_one_that_can_be_shown(name: str) -> None:
    """Control characters and halves of characters are refused wherever a run gets a name, and nothing is made of it."""
    found = experiment()
    ask(found, "step")
    for said in (refusal(found, "rename", run="run 1", name=name), refusal(found, "branch", name=name)):
        said.encode()
        assert re.search("name (is|has|holds) .*; it must", said, re.DOTALL)
    assert [run["name"] for run in found.runs] == ["run 1"]
    assert "that of another run; it must be another" in refusal(found, "branch", name="run 1")
    assert (len(found.runs), found.can_undo) == (1, False)
    ask(found, "rename", run="run 1", name=" größer \n 🙂 ")
    assert found.name == "größer 🙂"


def test_one_run_more_than_there_may_be() -> None:
    """The oldest run that nobody named makes room, can be gone back to by undo, and named ones stay."""
    found = experiment()
    found.advance(2)
    at_2 = bits(found)
    ask(found, "rename", run="run 1", name="mine")
    ask(found, "branch")
    found.advance(3)
    at_5 = bits(found)
    for _ in range(MOST_RUNS - 2):
        ask(found, "branch")
    assert [run["name"] for run in found.runs][:2] == ["mine", "run 2"]
    ask(found, "reseed")
    names = [run["name"] for run in found.runs]
    assert (len(names), names[:2], names[-1]) == (MOST_RUNS, ["mine", "run 3"], "run 13")
    for _ in range(MOST_RUNS - 1):
        ask(found, "undo")
    assert (found.name, bits(found)) == ("run 2", at_5)
    assert [run["name"] for run in found.runs] == ["mine", "run 2"]
    ask(found, "select", run="mine")
    assert bits(found) == at_2


def test_runs_with_names_are_never_let_go() -> None:
    """Where all have one, one more is refused in a sentence, and nothing is lost; one that is removed makes room."""
    found = experiment()
    found.advance(2)
    for i in range(MOST_RUNS - 1):
        ask(found, "branch", name=f"mine {i}")
    ask(found, "rename", run="run 1", name="first")
    before = [run["name"] for run in found.runs]
    for command in ("branch", "reseed"):
        assert "there are 12 runs with names of their own; there may be no more" in refusal(found, command)
    found.go_to(1)
    assert "there are 12 runs with names of their own; there may be no more" in refusal(
        found, "set", path="l2", value=0.1
    )
    assert [run["name"] for run in found.runs] == before
    ask(found, "remove", run="mine 3")
    ask(found, "reseed")
    assert found.name not in before


def test_restart_reseed_epoch_and_one_weight() -> None:
    """Restart goes to step 0 of the run, or of a new one where something was changed; other commands do as they say."""
    found = experiment()
    start = bits(found)
    ask(found, "epoch")
    assert (found.step, found.run.epoch, found.run.step) == (7, 1, 0)
    ask(found, "step", batches=3)
    ask(found, "epoch")
    assert found.step == 14
    ask(found, "restart")
    assert (found.step, found.steps, bits(found), len(found.runs)) == (0, 14, start, 1)
    ask(found, "go_to", step=14)
    ask(found, "set_weight", parameter="dense_1.bias", index=[0, 2], value=-1.5)
    assert found.network.layers[0].b[0, 2] == -1.5
    assert found.events == [{"step": 14, "text": "dense_1.bias[0, 2] = -1.5"}]
    assert "parameter is 'dense_1.bia'; it must be one of" in refusal(
        found, "set_weight", parameter="dense_1.bia", index=[0, 2], value=1
    )
    assert "index is 6; it must be a whole number of at most 5." in refusal(
        found, "set_weight", parameter="dense_1.bias", index=[0, 6], value=1.0
    )
    for index in ([0], 3, [0, "x"]):
        assert refusal(found, "set_weight", parameter="dense_1.bias", index=index, value=1.0)
    ask(found, "restart")
    assert (found.name, found.step, found.events, bits(found)) == ("run 2", 0, [], start)
    ask(found, "reseed")
    assert (found.name, found.settings.seed) == ("run 2", 2)
    ask(found, "reseed", seed=1)
    assert bits(found) == start
    assert "step is 1; it must be a whole number of at most 0." in refusal(found, "go_to", step=1)
    ask(found, "select", run="run 1")
    assert (found.step, found.network.layers[0].b[0, 2]) == (14, -1.5)


def test_a_network_that_was_given_begins_with_its_weights() -> None:
    """Where the page shows somebody's network, step 0 is that network, also with another rate."""
    net = settings().build((2,))
    net.fit(DATA.X, DATA.y, epochs=3, batch_size=8, diagnose=False)
    found = Experiment(DATA, Settings.of(net, 8), net.state_dict())
    found.replace(settings=found.settings.with_path("optimizer.learning_rate", 0.5))
    np.testing.assert_array_equal(found.network.params, net.params)
    found.advance(4)
    found.go_to(0)
    np.testing.assert_array_equal(found.network.params, net.params)
    np.testing.assert_array_equal(found.network.stats, net.stats)
    ask(found, "reseed")
    assert found.network.params.tobytes() != net.params.tobytes()


def test_curves_are_those_of_the_run() -> None:
    """The curves have each batch's loss and each epoch's row, at their steps, whatever the batch sizes and the step."""
    found = experiment()
    found.advance(10)
    ask(found, "set", path="batch_size", value=25)
    found.advance(4)
    rows = found.epoch_rows
    assert rows[:, 0].tolist() == [7, 10, 12, 14]
    columns = found.run.history.columns
    np.testing.assert_array_equal(rows[:, 1:].T, [columns["loss"], columns["valid_loss"], columns["valid_accuracy"]])
    assert found.batch_losses[:, 0].tolist() == list(range(1, 15))
    np.testing.assert_allclose(found.batch_losses[10:12, 1].mean(), rows[2, 1], rtol=1e-6)
    found.go_to(3)
    np.testing.assert_array_equal(found.epoch_rows, rows)
    ask(found, "branch")
    got = ask(found, "curves")["runs"]
    assert [(run["name"], len(run["losses"]), len(run["epochs"])) for run in got] == [("run 1", 14, 4), ("run 2", 3, 0)]
    found.select("run 1")
    found.go_to(14)
    ask(found, "undo")
    ask(found, "undo")
    found.go_to(10)
    ask(found, "undo")
    assert found.epoch_rows[:, 0].tolist() == [7]
    found.advance(5)
    assert found.epoch_rows[:, 0].tolist() == [7, 14]
    found.go_to(9)
    found.go_to(15)
    straight = experiment()
    straight.advance(15)
    assert bits(found) == bits(straight)


def test_long_runs_keep_little() -> None:
    """A curve and the checkpoints of a long run stay within their bounds, and the last point is always there."""
    curve = Curve(2, 50)
    for step in range(1, 10_001):
        curve.add(step, 0.5 * step)
        assert len(curve.rows()) <= 101
    rows = curve.rows()
    assert len(rows) >= 50
    assert rows[-1].tolist() == [10_000, 5_000]
    assert (np.diff(rows[:-1, 0]) == np.diff(rows[:2, 0])).all()
    np.testing.assert_array_equal(rows[:, 1], 0.5 * rows[:, 0])
    cut = curve.copy()
    cut.cut(7_000)
    assert 6_800 < cut.last_step <= 7_000
    for step in range(7_001, 10_001):
        cut.add(step, 0.5 * step)
    assert (np.diff(cut.rows()[:, 0]) > 0).all()
    assert curve.last_step == 10_000


def test_very_many_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The history keeps its last rows, of which there are enough; the bits of the run do not depend on that."""
    straight = experiment(optimizer=OPTIMIZERS["plateau"], batch_size=50)
    straight.advance(60)
    monkeypatch.setattr(branch_module, "_MOST_ROWS", 5)
    found = experiment(optimizer=OPTIMIZERS["plateau"], batch_size=50)
    seen = {}
    for _ in range(60):
        found.advance()
        seen[found.step] = found.network.params.tobytes()
        assert found.run.history.epochs < 10
    assert seen[60] == straight.network.params.tobytes()
    for step in (3, 58, 20, 59, 31, 60):
        found.go_to(step)
        assert found.network.params.tobytes() == seen[step]
        assert found.run.history.epochs < 10
        if step > 55:
            assert found.run.history.last["loss"] == straight.run.history["loss"][step - 1]
    assert len(found.epoch_rows) == 60


def test_the_history_of_very_many_epochs_has_their_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file counts the epochs that are no longer kept, and says so; wherever one goes, and with batches of other sizes."""
    straight = experiment(batch_size=20)
    straight.advance(40)
    straight.replace(settings=straight.settings.with_path("batch_size", 50))  # ends an epoch after one step
    straight.advance(40)
    losses = straight.run.history["loss"]
    monkeypatch.setattr(branch_module, "_MOST_ROWS", 5)
    found = experiment(batch_size=20)
    found.advance(40)
    found.replace(settings=found.settings.with_path("batch_size", 50))
    found.advance(40)
    for step in (80, 61, 45, 80, 10, 70):
        found.go_to(step)
        rows = list(csv.DictReader(io.StringIO(DOWNLOADS["history"].make(found).decode())))
        last = found.run.epoch
        if not found.run.history.epochs:
            assert [*rows[0].values()] == ["", *[""] * (len(rows[0]) - 2), f"epochs 1 to {last} are no longer kept"]
            continue
        assert [int(row["epoch"]) for row in rows] == list(range(last - len(rows) + 1, last + 1))
        assert [float(row["loss"]) for row in rows] == losses[last - len(rows) : last]
        said = [row.get("note") for row in rows]
        first = int(rows[0]["epoch"])
        assert said[0] == (f"epochs 1 to {first - 1} are no longer kept" if first > 1 else None)
        assert not any(said[1:])
    found.go_to(80)
    assert len(found.run.history.columns["loss"]) < found.run.epoch == straight.run.epoch == 54
    found.branch()
    assert DOWNLOADS["history"].make(found).decode().splitlines()[-1].startswith("54,")


def test_the_code_of_a_run_with_changes_makes_its_bits() -> None:
    """The program on the page repeats steps, changes, another batch size and a weight set by hand, up to where one is."""
    data = data_from_source({"kind": "toy", "name": "moons", "options": {"n": 60}})
    found = Experiment(data, settings())
    for steps, path, value in (
        (9, "optimizer.learning_rate", 0.1),
        (4, "layers.2.rate", 0.5),
        (6, "batch_size", 16),
        (5, "optimizer.kind", "SGD"),
    ):
        found.advance(steps)
        ask(found, "set", path=path, value=value)
    found.advance(3)
    ask(found, "set_weight", parameter="dense_2.weight", index=[2, 1], value=0.75)
    found.advance(8)
    seen = {}
    for step in (35, 27, 24, 20, 9, 8):
        found.go_to(step)
        seen[step] = found.network.params.copy()
        made: dict[str, Any] = {}
        exec(compile(ask(found, "code")["python"], "page", "exec"), made)
        np.testing.assert_array_equal(made["net"].params, seen[step])


def test_differences_in_words() -> None:
    """What is of another kind is told by its kind alone, and long lists are cut."""
    first = settings()
    for path, value, words in (
        ("optimizer.kind", "SGD", "optimizer Adam → SGD"),
        ("optimizer.schedule", "OneCycle", "learning_rate 0.02 → OneCycle"),
        ("layers.0.activation", "relu", "layer 1 activation tanh → relu"),
        ("layers.2.rate", 0.5, "layer 3 rate 0.3 → 0.5"),
        ("layers.0.trainable", False, "layer 1 trainable none → False"),
        ("loss", "squared_error", "loss BinaryCrossEntropy → SquaredError"),
    ):
        assert difference(first, first.with_path(path, value)) == words
    assert difference(first, first.without_layer(1)) == "layers 5 → 4"
    assert difference(first, first) == ""


# ---- anything, in any order --------------------------------------------------------------------------------------------

OPERATIONS: dict[str, Any] = {
    "advance": lambda found, n: found.advance(n),
    "go": lambda found, n: found.go_to(found.steps * n // 15),
    "rate": lambda found, n: found.replace(settings=found.settings.with_path("optimizer.learning_rate", 0.01 * (1 + n % 4))),
    "size": lambda found, n: found.replace(settings=found.settings.with_path("batch_size", (8, 12, 25, 50)[n % 4])),
    "kind": lambda found, n: found.replace(settings=found.settings.with_path("optimizer.kind", ("SGD", "Adam", "Lion")[n % 3])),
    "weight": lambda found, n: found.set_weight("dense_1.bias", [0, n % 4], 0.1 * n),
    "units": lambda found, n: found.replace(settings=settings(units=4 + n % 4)),
    "branch": lambda found, n: found.branch(),
    "undo": lambda found, n: found.undo(),
    "redo": lambda found, n: found.redo(),
    "select": lambda found, n: found.select(found.runs[n % len(found.runs)]["name"]),
    "restart": lambda found, n: found.restart(),
    "reseed": lambda found, n: found.reseed(),
    "remove": lambda found, n: found.remove(found.runs[n % len(found.runs)]["name"]),
    "rename": lambda found, n: found.rename(found.runs[n % len(found.runs)]["name"], f"run {n}"),
    "data": lambda found, n: found.replace(data=dataclasses.replace(DATA, X=DATA.X[n:], y=DATA.y[n:], title=str(n))),
    "points": lambda found, n: found.replace(data=dataclasses.replace(DATA, X=DATA.X[n:], y=DATA.y[n:]), in_place=True),
}  # fmt: skip


def straight_to(branch: branch_module.Branch) -> branch_module.Branch:
    """Return the same run at the same step, computed in one go from its first settings and its events."""
    other = branch_module.Branch("again", branch.data, branch.first, branch.start)
    for event in branch.events:
        if event.step <= branch.step:
            other.run.advance(event.step - other.step, other._note)
            other.events.append(event)
            other._arrive()
    other.run.advance(branch.step - other.step, other._note)
    return other


@pytest.mark.parametrize("seed", range(8))
def test_anything_in_any_order(seed: int) -> None:
    """Whatever is done, the run that is shown is the one that its settings and events make, curves included."""
    rng = np.random.default_rng(seed)
    found = experiment(optimizer=[*OPTIMIZERS.values()][seed % 3])
    found._tree.selected.timeline._dense = (0, 5, 200)[seed % 3]
    for name in rng.choice([*OPERATIONS, "advance", "advance", "go"], 25).tolist():
        with contextlib.suppress(gn.ConfigError):  # nothing to undo, say
            OPERATIONS[name](found, int(rng.integers(0, 16)))
        branch = found._tree.selected
        other = straight_to(branch)
        assert bits(branch) == bits(other), name
        for one, same in ((branch.epochs, other.epochs), (branch.losses, other.losses)):
            rows = one.rows()
            np.testing.assert_array_equal(rows[rows[:, 0] <= branch.step], same.rows())
        assert branch.step <= branch.steps
        assert len({run["name"] for run in found.runs}) == len(found.runs) <= MOST_RUNS


@pytest.mark.parametrize("seed", range(8))
def test_undo_and_redo_of_anything(seed: int) -> None:
    """Undo brings back what was shown before any change, redo what was shown after it, one and many at a time."""
    rng = np.random.default_rng(100 + seed)
    found, before, after = experiment(optimizer=[*OPTIMIZERS.values()][seed % 3]), [], []
    if seed % 2:  # many runs: the oldest make room
        for _ in range(MOST_RUNS - 1):
            found.advance()
            found.branch()
    first = len(found._undo._done)
    for name in rng.choice(
        [name for name in (*OPERATIONS, "advance", "go") if name not in ("undo", "redo")], 24
    ).tolist():
        seen, pairs = seen_of(found), list(found._undo._done)
        with contextlib.suppress(gn.ConfigError):
            OPERATIONS[name](found, int(rng.integers(0, 16)))
        if found._undo._done == pairs:  # it moved in time, or did nothing
            continue
        added = len(found._undo._done) - len(pairs)  # 0 where it became one with the change before it
        del before[len(before) - (added < 0) :], after[len(after) - (added <= 0) :]
        before += [seen] * (added == 1)
        after += [seen_of(found)] * (added >= 0)
        if added == 1:
            found.undo()
            assert seen_of(found) == seen, name
            found.redo()
        if added >= 0:
            assert seen_of(found) == after[-1], name
        assert len(found._undo._done) == first + len(before) == first + len(after)
        assert len({run["name"] for run in found.runs}) == len(found.runs) <= MOST_RUNS

    def shown(runs: Any, name: str, events: Any, hashes: Any) -> Any:
        at = [run[0] for run in runs].index(name)
        return [run[:3] for run in runs], runs[at][4], events, hashes[at]  # where others were trained since, they stay

    for seen in reversed(before):
        found.undo()
        assert shown(*seen_of(found)) == shown(*seen)
    for seen in after:
        found.redo()
        assert shown(*seen_of(found)) == shown(*seen)
    assert not found.can_redo
