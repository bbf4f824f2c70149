"""A run that is taken step by step leaves the bits of fit, follows what is changed, and goes back to any step."""

from __future__ import annotations

import gc
import re
import sys
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.schedules import OneCycle, ReduceOnPlateau
from glassnet.training import SteppedRun

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((50, 3)), RNG.integers(0, 2, 50)
X_VALID, Y_VALID = RNG.standard_normal((20, 3)), RNG.integers(0, 2, 20)
VALID = {"validation_data": (X_VALID, Y_VALID)}


def network(*, first: str = "tanh", rate: float = 0.3, frozen: bool = False, **options: Any) -> gn.Network:
    """Return a small network with everything in it that draws numbers or keeps statistics."""
    layers = [gn.Dense(6, first), gn.BatchNorm(), gn.Dropout(rate), gn.Dense(5, "relu"), gn.Dense(1)]
    if frozen:
        layers[0].tuned(trainable=False)
        layers[3].tuned(rate_factor=0.1)
    given: dict[str, Any] = {"loss": "binary_cross_entropy", "optimizer": gn.Adam(0.02), "seed": 1, **options}
    return gn.Network(layers, **given)


def bits(net: gn.Network) -> bytes:
    """Return parameters, statistics and moments as bytes."""
    moments = net._run.optimizer_state.arrays if net._run else {}
    return b"".join(array.tobytes() for array in (net.params, net.stats, *moments.values()))


OPTIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "plain": ({}, {}),
    "validation": ({}, VALID),
    "split, weights, short batch left out": (
        {"l2": 0.01, "max_norm": 2.0},
        {"validation_split": 0.2, "sample_weight": np.linspace(0.1, 2.0, 50), "drop_last": True},
    ),
    "classes weighed, no shuffling": ({"optimizer": gn.SGD(0.1, momentum=0.9)}, {"class_weight": "balanced", "shuffle": False}),
    "early stopping, plateau": (
        {"optimizer": gn.Adam(ReduceOnPlateau(0.05, patience=1, monitor="valid_loss"))},
        {**VALID, "early_stopping": gn.EarlyStopping("valid_loss", patience=3)},
    ),
    "average, clipping, one cycle": ({"optimizer": gn.AdamW(OneCycle(0.05, epochs=6), ema=0.9, clip_norm=0.5)}, {}),
    "float64": ({"dtype": "float64"}, {}),
    "members": ({"members": 2}, {}),
}  # fmt: skip


@pytest.mark.parametrize("name", OPTIONS)
def test_the_steps_are_those_of_fit(name: str) -> None:
    """A stepped run ends with the bits and the history of fit, and with as many steps."""
    of_network, of_fit = OPTIONS[name]
    whole, stepped = network(**of_network), network(**of_network)
    whole.fit(X, Y, epochs=6, batch_size=8, deterministic=True, diagnose=False, **of_fit)
    run = stepped.stepwise(X, Y, epochs=6, batch_size=8, **of_fit)
    taken = sum(iter(lambda: run.advance(3), 0))
    assert bits(whole) == bits(stepped)
    assert whole.history.columns == stepped.history.columns
    assert whole.history.stop_reason == stepped.history.stop_reason
    assert run.total_steps == taken == whole._run.steps_before == run.epoch * (run.steps_per_epoch or 0)
    assert run.advance() == 0


def test_step_for_step_in_between() -> None:
    """After the last step of any epoch the network is what fit leaves after as many epochs; its row is in the history."""
    stepped, whole = network(), network()
    run = stepped.stepwise(X, Y, batch_size=8, **VALID)
    for epoch in range(1, 4):
        whole.fit(X, Y, epochs=1, batch_size=8, deterministic=True, diagnose=False, **VALID)
        assert run.advance(7) == 7
        assert (run.epoch, run.step, run.total_steps) == (epoch, 0, 7 * epoch)
        assert (bits(stepped), stepped.history.columns) == (bits(whole), whole.history.columns)
        assert run.batch_loss > 0.0


def test_a_run_without_end_goes_on_until_it_is_closed() -> None:
    """Without epochs there is no end; whoever closes the run may fit the network, and nobody before."""
    net = network()
    run = net.stepwise(X, Y, batch_size=25)
    assert np.isnan(run.batch_loss)
    assert run.advance(99) == 99
    with pytest.raises(gn.ConfigError, match="being fitted already"):
        net.fit(X, Y, epochs=1)
    run.close()
    assert (run.advance(), net.history.stop_reason) == (0, "stopped")
    net.fit(X, Y, epochs=1, batch_size=25, diagnose=False)
    assert run.total_steps == 101


def test_steps_are_counted_over_epochs_of_any_length() -> None:
    """Where batches are made elsewhere epochs may differ in length, and their steps add up, over fits and files too."""

    def batches(epoch: int) -> Any:
        return ((X[i : i + 5], Y[i : i + 5]) for i in range(0, 10 * (epoch + 1), 5))

    net, lengths = network(), []
    run = net.stepwise(batches, epochs=4)
    snapshot = None
    while run.advance():
        lengths.append((run.total_steps, run.epoch))
        snapshot = run.snapshot() if run.total_steps == 9 else snapshot
    assert [steps for steps, _ in lengths] == list(range(1, 21))
    assert run.total_steps == 20
    assert snapshot is not None
    run.restore(snapshot)
    assert run.total_steps == 9
    assert run.advance(99) == 11
    assert gn.Network.stepwise(net, batches, epochs=1).total_steps == 20


# What is changed, and the options of a network, or a batch size, that has it from the start.
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "learning_rate": ({"learning_rate": 0.2}, {"optimizer": gn.Adam(0.2)}),
    "schedule": ({"learning_rate": OneCycle(0.1, epochs=9)}, {"optimizer": gn.Adam(OneCycle(0.1, epochs=9))}),
    "optimizer": ({"optimizer": gn.SGD(0.1, momentum=0.5)}, {"optimizer": gn.SGD(0.1, momentum=0.5)}),
    "average": ({"optimizer": gn.Adam(0.02, ema=0.9)}, {"optimizer": gn.Adam(0.02, ema=0.9)}),
    "loss": ({"loss": "squared_error"}, {"loss": "squared_error"}),
    "penalties": ({"l1": 0.001, "l2": 0.01, "max_norm": 1.0}, {"l1": 0.001, "l2": 0.01, "max_norm": 1.0}),
    "dropout": ({"layers": {"dropout_1": {"rate": 0.7}}}, {"rate": 0.7}),
    "frozen": ({"layers": {"dense_1": {"trainable": False}, "dense_2": {"rate_factor": 0.1}}}, {"frozen": True}),
    "activation": ({"layers": {"dense_1": {"activation": "relu"}}}, {"first": "relu"}),
    "batch size": ({"batch_size": 12}, {"batch_size": 12}),
}  # fmt: skip


def changed_run(name: str, at: int) -> SteppedRun[gn.Network]:
    """Return a run that was changed after so many steps, and trained for 15 more."""
    run = network().stepwise(X, Y, batch_size=8, **VALID)
    run.advance(at)
    run.change(**CHANGES[name][0])
    run.advance(15)
    return run


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("epochs", [0, 1])
def test_a_change_applies_from_the_next_step_on(name: str, epochs: int) -> None:
    """What follows a change has the bits of a network that has the settings from the start, put where the run was."""
    run = changed_run(name, 7 * epochs)
    first, options = network(), dict(CHANGES[name][1])
    if epochs:
        first.fit(X, Y, epochs=epochs, batch_size=8, deterministic=True, diagnose=False, **VALID)
    else:
        first.build((3,))
    size = options.pop("batch_size", 8)
    other = network(**options, input_shape=(3,))
    other.params[:], other.stats[:], other._run = first.params, first.stats, first._run
    reference = other.stepwise(X, Y, batch_size=size, **VALID)
    reference.advance(15)
    assert bits(run.network) == bits(other)
    assert run.total_steps == 7 * epochs + 15
    assert run.network.history.columns == other.history.columns


@pytest.mark.parametrize("name", CHANGES)
def test_back_before_a_change_and_again(name: str) -> None:
    """A snapshot brings the settings of its time back, and the same change gives the same bits again."""
    straight = network()
    reference = straight.stepwise(X, Y, batch_size=8, **VALID)
    reference.advance(20)
    changed = changed_run(name, 5)
    run = network().stepwise(X, Y, batch_size=8, **VALID)
    run.advance(3)
    third = run.snapshot(history=name != "loss")
    for _ in range(2):
        run.advance(2)
        run.change(**CHANGES[name][0])
        run.advance(15)
        assert bits(run.network) == bits(changed.network)
        assert bits(run.network) != bits(straight)
        after = run.snapshot()
        run.restore(third)
    run.advance(17)
    assert (bits(run.network), run.history.columns) == (bits(straight), straight.history.columns)
    run.restore(after)
    assert bits(run.network) == bits(changed.network)
    assert (run.total_steps, run.epoch) == (20, changed.epoch)
    run.advance(9)
    changed.advance(9)
    assert (bits(run.network), run.history.columns) == (bits(changed.network), changed.history.columns)


def test_another_batch_size_ends_the_epoch() -> None:
    """The epoch under way counts as far as it went: no row of it is seen under two sizes."""
    run = network().stepwise(X, Y, batch_size=8)
    run.advance(3)
    run.change(batch_size=25)
    assert (run.epoch, run.step, run.total_steps, run.history.epochs) == (1, 0, 3, 1)
    run.advance(2)
    assert (run.epoch, run.step, run.total_steps, run.steps_per_epoch) == (2, 0, 5, 2)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "another width": ({"layers": {"dense_1": {"units": 7}}}, "dense_1 would become Dense(units=7, activation='tanh', initializer=None, use_bias=True) instead of Dense(units=6, activation='tanh', initializer=None, use_bias=True); it must keep the shapes of its parameters and outputs. Begin a new run for another shape."),
    "no such layer": ({"layers": {"dense_9": {"rate": 0.1}}}, "unknown layer 'dense_9'. Did you mean 'dense_1'? The choices are 'batch_norm_1', 'dense_1', 'dense_2', 'dense_3', 'dropout_1'."),
    "no such argument": ({"layers": {"dropout_1": {"chance": 0.1}}}, "unknown option chance. The options are decay_factor, rate, rate_factor, schedule, trainable."),
    "no dict": ({"layers": {"dropout_1": 0.5}}, "layers is {'dropout_1': 0.5}; it must be a dict of dicts, {'dropout_1': {'rate': 0.5}}."),
    "rate": ({"learning_rate": -1.0}, "learning_rate is -1.0; it must be a number of at least 0 or a schedule."),
    "penalty": ({"l2": 0.1, "l1": "x"}, "l1 is 'x'; it must be a finite number of at least 0."),
    "targets": ({"loss": "cross_entropy"}, "the last layer has 1 output; it must have at least 2, one per class. For two classes in one output use loss='binary_cross_entropy'."),
    "link": ({"layers": {"dense_3": {"activation": "sigmoid"}}}, "the last layer is a Sigmoid; under loss='binary_cross_entropy' it must give logits. Leave it out: the loss includes the sigmoid, and predict applies it."),
    "size": ({"batch_size": 0}, "batch_size is 0; it must be a whole number of at least 1."),
    "name": ({"learning_rat": 0.1}, "Did you mean learning_rate"),
    "monitor": ({"learning_rate": ReduceOnPlateau(0.1, monitor="valid_r2")}, "the history has no 'valid_r2', which the schedule monitors. Pass metrics=['r2'] to fit. Its columns are 'loss', 'valid_accuracy', 'valid_loss'."),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_change_changes_nothing(name: str) -> None:
    """A change that cannot be made is refused in a sentence, and the run goes on as if nobody had asked."""
    change, words = REFUSED[name]
    straight, net = network(), network()
    reference = straight.stepwise(X, Y, batch_size=8, **VALID)
    reference.advance(12)
    run = net.stepwise(X, Y, batch_size=8, **VALID)
    run.advance(5)
    with pytest.raises((gn.GlassnetError, TypeError), match=re.escape(words)):
        run.change(**change)
    run.advance(7)
    assert (bits(net), net.history.columns) == (bits(straight), straight.history.columns)


def test_batches_of_ones_own_keep_their_size() -> None:
    """What somebody else cuts into batches is not cut by the run."""
    run = network().stepwise([(X, Y)])
    with pytest.raises(gn.ConfigError, match="batch_size is for arrays"):
        run.change(batch_size=5)
    run.change(loss="squared_error")
    assert run.advance(3) == 3


@pytest.mark.parametrize("how", ["diverged", "ended", "closed", "stopped early"])
def test_a_run_that_is_over_goes_on_from_a_snapshot(how: str) -> None:
    """From a snapshot a run lives again, in the middle of its epoch, whatever had ended it."""
    given: dict[str, Any] = {**VALID, "early_stopping": gn.EarlyStopping("valid_loss", patience=1)}
    given = given if how == "stopped early" else VALID
    straight, net = network(), network()
    reference = straight.stepwise(X, Y, epochs=4, batch_size=8, **given)
    reference.advance(10)
    run = net.stepwise(X, Y, epochs=4, batch_size=8, **given)
    start = run.snapshot()
    run.advance(9)
    ninth = run.snapshot()
    if how == "diverged":
        run.change(optimizer=gn.SGD(1e30), loss="squared_error")
        with pytest.raises(
            gn.DivergenceError,
            match=r"training diverged with a loss of inf at epoch 2, step 4 \(last finite loss 0.895\); loss and weights must stay finite. Lower learning_rate \(now 1e\+30\) or scale X and y. The network holds the last weights whose loss was finite.",
        ):
            run.advance(9)
        assert run.advance() == 0
    elif how == "closed":
        run.close()
    else:
        while run.advance():
            pass
    for snapshot, steps in ((ninth, 1), (start, 10)):
        run.restore(snapshot)
        assert run.advance(steps) == steps
        assert (bits(net), net.history.columns) == (bits(straight), straight.history.columns)
        assert (run.total_steps, run.epoch, run.step) == (10, 1, 3)


def test_options_that_are_none() -> None:
    """Options of fit that belong to a run to its end are refused by name."""
    with pytest.raises(
        TypeError,
        match=r"unknown option max_seconds\. The options are batch_size, callbacks, class_weight, drop_last, early_stopping, metrics, sample_weight, shuffle, steps_per_epoch, validation_data, validation_split\.",
    ):
        network().stepwise(X, Y, max_seconds=3)  # type: ignore[call-arg]  # what is tested
    with pytest.raises(gn.ConfigError, match=r"epochs is 0; it must be a whole number of at least 1\."):
        network().stepwise(X, Y, epochs=0)
    with pytest.raises(gn.ConfigError, match=r"n is -1; it must be a whole number of at least 0\."):
        network().stepwise(X, Y).advance(-1)


def test_a_run_that_is_left_with_weights_out_of_bounds_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for it: what it raised or warned of would only be printed."""
    said: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: said.append(unraisable.exc_value))
    layers = [gn.Dense(4, "tanh"), gn.Dense(1)]
    net = gn.Network(layers, loss="binary_cross_entropy", optimizer=gn.SGD(1e30), seed=0)
    run = net.stepwise(X, Y, batch_size=10)
    run.advance(1)
    assert np.sum(net.params.astype(np.float64) ** 2) > np.finfo(np.float32).max
    del run
    gc.collect()
    assert said == []


def test_only_snapshots_of_this_run_are_restored() -> None:
    """Anything else is refused in a sentence, and changes nothing."""
    run = network().stepwise(X, Y)
    run.advance(3)
    before, other = run.network.params.copy(), gn.Network([gn.Dense(1)], loss="binary_cross_entropy", seed=0)
    narrow = other.stepwise(X, Y)
    narrow.advance()
    for snapshot, got in ((3, "of type int"), (narrow.snapshot(), "that of another network")):
        with pytest.raises(gn.ConfigError, match=rf"Run\.restore: snapshot is {got}; it must be one of this run\."):
            run.restore(snapshot)
    assert run.network.params.tobytes() == before.tobytes()
    assert run.total_steps == 3
