"""A run from inside and outside: the order of hooks, steps one by one, back in time, and commands."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.training import Run
from glassnet.training.batches import ArrayBatches
from glassnet.training.hooks import HOOKS, Hooks

N = 60


def data() -> tuple[np.ndarray, np.ndarray]:
    """Return rows of 4 features and codes of 2 classes."""
    X = np.random.default_rng(0).standard_normal((N, 4)).astype("float32")
    return X, (X[:, 0] > 0).astype(int)


def network(members: int | None = None, **options: Any) -> gn.Network:
    """Return a new network with noise, running statistics and a schedule."""
    layers = [gn.Dense(8, "relu"), gn.BatchNorm(), gn.Dropout(0.2), gn.Dense(2)]
    optimizer = gn.Adam(gn.CosineDecay(0.01, epochs=4), ema=0.9)
    settings = {"loss": "cross_entropy", "optimizer": optimizer, "seed": 3, **options}
    return gn.Network(layers, members=members, **settings)


def run_of(net: gn.Network, epochs: int = 4, **options: Any) -> Run[gn.Network]:
    """Return a run over the rows in batches of 16."""
    X, y, _ = net._check_data("test", *data())
    batches = ArrayBatches(X, y, None, batch_size=16, shuffle=True, streams=net._streams, members=net.members)
    return Run(net, batches, epochs, **options)


class Recorder(gn.Callback):
    """Writes down what is called, and on whom."""

    def __init__(self, name: str, calls: list[tuple[str, str]]) -> None:
        for hook in HOOKS:
            setattr(self, hook, partial(self._record, calls, name, hook))

    @staticmethod
    def _record(calls: list[tuple[str, str]], name: str, hook: str, run: Any) -> None:
        calls.append((hook, name))


def test_hooks_are_called_in_their_order() -> None:
    """Every hook is called at its time, and on each callback in the order of the list."""
    calls: list[tuple[str, str]] = []
    run_of(network(), epochs=2, callbacks=[Recorder("a", calls), Recorder("b", calls)]).loop()
    steps = ["on_step_end"] * 4
    epoch = ["on_epoch_begin", *steps, "on_epoch_end", "on_epoch_done"]
    expected = ["on_fit_begin", *epoch, *epoch, "on_fit_done", "on_fit_end"]
    assert calls == [(hook, name) for hook in expected for name in "ab"]


def test_hooks_of_a_cut_epoch_and_of_a_divergence() -> None:
    """An epoch that ends early says so before it is recorded; a divergence before the last good weights are put back."""
    calls: list[tuple[str, str]] = []

    class StopAtTwo(gn.Callback):
        def on_step_end(self, run: Run[Any]) -> None:
            if run.step == 2:
                run.stop("enough")

    run_of(network(), callbacks=[StopAtTwo(), Recorder("a", calls)]).loop()
    assert [hook for hook, _ in calls][3:] == [
        "on_step_end",
        "on_epoch_cut",
        "on_epoch_end",
        "on_epoch_done",
        "on_fit_done",
        "on_fit_end",
    ]
    calls.clear()
    seen = []

    class Weights(gn.Callback):
        def on_divergence(self, run: Run[Any]) -> None:
            seen.append(float(np.abs(run.network.params).max()))

    wild = network(optimizer=gn.SGD(1e30))
    with pytest.raises(gn.DivergenceError):
        run_of(wild, callbacks=[Weights(), Recorder("a", calls)]).loop()
    assert seen[0] > 1e10 > np.abs(wild.params).max()
    assert [hook for hook, _ in calls][-1] == "on_divergence"


def test_fit_arranges_its_hooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``fit`` calls pacing, early stopping, the user's callbacks, limits and checkpoints, in this order at every hook."""
    given: list[Hooks] = []
    original = Run.__init__

    def spy(self: Run[Any], *arguments: Any, callbacks: Any = (), **options: Any) -> None:
        given[:] = callbacks
        original(self, *arguments, callbacks=callbacks, **options)

    monkeypatch.setattr(Run, "__init__", spy)
    X, y = data()
    mine = Recorder("mine", [])
    rule = gn.EarlyStopping(patience=3)
    options: dict[str, Any] = {"early_stopping": rule, "validation_split": 0.2, "callbacks": [mine], "progress": True}
    network().fit(X, y, epochs=1, checkpoint=tmp_path / "run.safetensors", diagnose=False, **options)
    assert [type(hook).__name__ for hook in given] == [
        "_Pacing",
        "EarlyStopper",
        "Recorder",
        "ProgressLine",
        "Limits",
        "Checkpoints",
    ]


def test_a_hook_that_does_nothing_is_not_called() -> None:
    """Only what a callback overrides costs time at a step."""
    run = run_of(network(), callbacks=[gn.Callback(), Recorder("a", [])])
    assert {name: len(found) for name, found in run._call.items()} == dict.fromkeys(HOOKS, 1)


@pytest.mark.parametrize("members", [None, 2])
def test_steps_are_those_of_the_loop(members: int | None) -> None:
    """A run that is stepped from outside leaves the bits of one that is not, and leaves NumPy's settings alone between steps."""
    whole, stepped = network(members), network(members)
    run_of(whole).loop()
    before = np.geterr()
    for count, run in enumerate(run_of(stepped).steps(), 1):
        assert run.epoch * 4 + run.step == count
        assert np.geterr() == before
    assert count == 16
    np.testing.assert_array_equal(whole.params, stepped.params)
    assert whole.history.columns == stepped.history.columns
    assert stepped.history.stop_reason == "finished"


def test_leaving_the_steps_ends_the_run() -> None:
    """Whoever stops stepping has a network that was trained so far, and may go on with ``fit``."""
    net = network()
    steps = run_of(net).steps()
    for _ in range(6):
        next(steps)
    steps.close()
    assert (net.history.stop_reason, net.history.epochs) == ("stopped", 2)
    X, y = data()
    assert net.fit(X, y, epochs=1, diagnose=False).epochs == 3


@pytest.mark.parametrize("members", [None, 2])
@pytest.mark.parametrize("at", [1, 3, 4, 7])
def test_back_in_time(at: int, members: int | None) -> None:
    """From a snapshot, within an epoch or at its end, the run goes on with the same bits as often as one likes."""
    whole, net = network(members), network(members)
    run_of(whole).loop()
    run = run_of(net)
    steps, snapshot = run.steps(), None
    for count in range(1, 11):
        next(steps)
        if count == at:
            snapshot = run.snapshot()
    assert snapshot is not None
    for _ in range(2):
        run.restore(snapshot)
        assert (run.epoch, run.step, run.total_steps) == (*divmod(at, 4), at)
        for _ in range(3):
            next(steps)
    run.restore(snapshot)
    for _ in steps:
        pass
    np.testing.assert_array_equal(whole.params, net.params)
    np.testing.assert_array_equal(whole.stats, net.stats)
    assert whole.history.columns == net.history.columns


def test_commands_from_another_thread() -> None:
    """A command is called between two steps, in the thread of the run, with the run."""
    net, seen = network(), []
    run = run_of(net, epochs=1000)
    training = threading.Thread(target=run.loop)
    training.start()

    def command(found: Run[Any]) -> None:
        seen.append((threading.current_thread() is training, found is run))
        found.stop("asked to")

    run.at_next_step(command)
    training.join(60)
    assert not training.is_alive()
    assert seen == [(True, True)]
    assert net.history.stop_reason == "asked to"
