"""Schedules: values by hand, composition, what they remember, and runs that go on with the same rates."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.schedules import SCHEDULES, make_schedule

EACH = [
    gn.Constant(0.1),
    gn.StepDecay(0.1, every=3),
    gn.ExponentialDecay(0.1, factor=0.9, every=2),
    gn.InverseTimeDecay(0.1, decay=0.2, power=0.5),
    gn.CosineDecay(0.1, epochs=8, final=0.01),
    gn.OneCycle(0.1, epochs=8),
    gn.FlatCosine(0.1, epochs=8, flat=0.25),
    gn.CosineWaves(0.1, epochs=8, waves=3),
    gn.Warmup(gn.CosineDecay(0.1, epochs=5), epochs=3),
    gn.Warmup(0.1, epochs=3, start_factor=0.5),
    gn.SequentialSchedule([0.1, gn.CosineDecay(0.1, epochs=4), 0.001], milestones=[2, 6]),
    gn.ReduceOnPlateau(0.1, patience=2, monitor="loss"),
    gn.ReduceOnPlateau(gn.Warmup(gn.StepDecay(0.1, every=2), epochs=2), factor=0.5, monitor="valid_r2", minimum=1e-4),
    gn.Warmup(gn.ReduceOnPlateau(0.1, monitor="loss"), epochs=2),
    gn.SequentialSchedule([gn.OneCycle(0.1, epochs=3), gn.ReduceOnPlateau(0.01, monitor="loss")], milestones=[3]),
]
each_schedule = pytest.mark.parametrize("schedule", EACH, ids=repr)


def test_table_is_complete() -> None:
    """Every public schedule stands in the table."""
    assert {type(schedule) for schedule in EACH} == set(SCHEDULES.values())


@each_schedule
def test_values_are_rates(schedule: gn.Schedule) -> None:
    """Finite and not negative everywhere, constant from the horizon on, the same through call and rate."""
    for epoch in np.linspace(0.0, 50.0, 301):
        value = schedule(float(epoch))
        assert isinstance(value, float)
        assert math.isfinite(value)
        assert value >= 0.0
        assert value == schedule.rate(float(epoch), schedule.new_memory())
        if schedule.horizon is not None and epoch >= schedule.horizon:
            assert value == schedule(float(schedule.horizon))


@each_schedule
def test_entry_and_repr_round_trip(schedule: gn.Schedule) -> None:
    """Plain data and text give the schedule back, however deep it is nested, also inside an optimizer."""
    assert repr(make_schedule("test", schedule.entry())) == repr(schedule)
    assert repr(eval(repr(schedule), vars(gn).copy())) == repr(schedule)
    optimizer = gn.Adam(schedule)
    assert repr(gn.Adam.from_config(optimizer.config())) == repr(optimizer)


def test_step_by_hand() -> None:
    """0.8 for three epochs, then a quarter of it for three, and so on."""
    rate = gn.StepDecay(0.8, every=3, factor=0.25)
    assert [rate(e) for e in (0, 2.99, 3, 6)] == pytest.approx([0.8, 0.8, 0.2, 0.05])


def test_inverse_by_hand() -> None:
    """0.6 / (1 + 2 * 4) is 0.6 / 9; with power 0.5 it is 0.6 / 3."""
    assert gn.InverseTimeDecay(0.6, decay=2.0)(4) == pytest.approx(0.6 / 9)
    assert gn.InverseTimeDecay(0.6, decay=2.0, power=0.5)(4) == pytest.approx(0.2)


def test_one_cycle_by_hand() -> None:
    """From maximum / 25 to maximum at 30 %, halfway between both at 15 %, down to maximum / 250,000 at the end."""
    rate = gn.OneCycle(1.0, epochs=100)
    assert rate(0) == pytest.approx(0.04)
    assert rate(15) == pytest.approx((0.04 + 1.0) / 2)
    assert rate(30) == 1.0
    assert rate(65) == pytest.approx((1.0 + 4e-6) / 2)
    assert rate(100) == rate(500) == pytest.approx(4e-6)


def test_flat_cosine_by_hand() -> None:
    """Flat for its share, half at the middle of the rest, 0 from the horizon on."""
    rate = gn.FlatCosine(0.2, epochs=20, flat=0.25)
    assert [rate(e) for e in (0, 3, 5)] == [0.2, 0.2, 0.2]
    assert rate(12.5) == pytest.approx(0.1)
    assert rate(20) == rate(99) == 0.0


def test_cosine_waves_by_hand() -> None:
    """Four waves of doubling length: 0 where each begins, the maximum at half its turn."""
    rate = gn.CosineWaves(0.04, epochs=256)
    for s in (0, 1 / 15, 3 / 15, 7 / 15, 1):
        assert rate(256 * s) == pytest.approx(0.0, abs=1e-12)
    for turn in range(4):
        assert rate(256 * (2 ** (turn + 0.5) - 1) / 15) == pytest.approx(0.04)
    assert rate(256 * (2**0.25 - 1) / 15) == pytest.approx(0.02)


def test_warmup_by_hand() -> None:
    """A line from 10 % to the first value, then the other schedule from its own start."""
    rate = gn.Warmup(gn.StepDecay(0.5, every=2, factor=0.5), epochs=4, start_factor=0.1)
    assert [rate(e) for e in (0, 2, 4, 5.9, 6)] == pytest.approx([0.05, 0.275, 0.5, 0.5, 0.25])


def test_sequence_by_hand() -> None:
    """Each part begins anew at its milestone, which belongs to it."""
    rate = gn.SequentialSchedule([1.0, gn.StepDecay(0.5, every=2, factor=0.5), 0.1], milestones=[3, 6])
    assert [rate(e) for e in (2.9, 3, 4.9, 5, 6, 60)] == pytest.approx([1.0, 0.5, 0.5, 0.25, 0.1, 0.1])
    assert rate.horizon == 6


def rates(schedule: gn.Schedule, values: list[float | None], column: str = "loss") -> list[float]:
    """Return the rate of each epoch while the history gets these values."""
    memory = schedule.new_memory()
    found = []
    for epoch, value in enumerate(values):
        found.append(schedule.rate(float(epoch), memory))
        schedule.observe(memory, epoch, {column: value})
    return [*found, schedule.rate(float(len(values)), memory)]


def test_plateau_by_hand() -> None:
    """Two epochs without improvement halve the rate; NaN, None and equal values are none; the minimum holds."""
    rule = gn.ReduceOnPlateau(0.8, factor=0.5, patience=2, monitor="loss", minimum=0.15)
    values = [3.0, 2.0, 2.0, math.nan, 1.0, 1.0, None, 1.0, 1.5, 2.0, 3.0]
    assert rates(rule, values) == pytest.approx([0.8] * 4 + [0.4] * 3 + [0.2] * 2 + [0.15] * 3)


def test_plateau_counts_only_what_matters() -> None:
    """min_delta asks for more, the cooldown is not counted, and values that must rise are turned round."""
    small = gn.ReduceOnPlateau(1.0, factor=0.5, patience=2, monitor="loss", min_delta=0.5)
    assert rates(small, [3.0, 2.9, 2.8, 2.4]) == [1.0, 1.0, 1.0, 0.5, 0.5]
    cooling = gn.ReduceOnPlateau(1.0, factor=0.5, patience=1, monitor="loss", cooldown=2)
    assert rates(cooling, [1.0] * 8) == [1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125]
    rising = gn.ReduceOnPlateau(1.0, factor=0.5, patience=1, monitor="valid_accuracy")
    assert rates(rising, [0.5, 0.6, 0.6, 0.7, 0.1], "valid_accuracy") == [1.0, 1.0, 1.0, 0.5, 0.5, 0.25]
    own = gn.ReduceOnPlateau(1.0, factor=0.5, patience=1, monitor="valid_mine", mode="max")
    assert rates(own, [0.5, 0.6], "valid_mine") == [1.0, 1.0, 1.0]


def test_plateau_waits_for_its_turn() -> None:
    """Behind a warm-up or another schedule, epochs before its own beginning are not counted."""
    inner = gn.ReduceOnPlateau(1.0, factor=0.5, patience=2, monitor="loss")
    assert rates(gn.Warmup(inner, epochs=3, start_factor=1.0), [1.0] * 6) == [1.0] * 6 + [0.5]
    assert rates(gn.SequentialSchedule([0.25, inner], milestones=[3]), [1.0] * 6) == [0.25] * 3 + [1.0] * 3 + [0.5]


def line(n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of two features and a target."""
    X = np.random.default_rng(0).standard_normal((n, 2))
    return X, X[:, 0] - X[:, 1]


def make(schedule: gn.Schedule) -> gn.Network:
    """Return a small untrained network."""
    return gn.Network([gn.Dense(4, "tanh"), gn.Dense(1)], loss="squared_error", optimizer=gn.SGD(schedule), seed=0)


@each_schedule
def test_runs_go_on_with_the_same_rates(schedule: gn.Schedule, tmp_path: Path) -> None:
    """Ten epochs in one fit, in two, through a file and through a checkpoint: the same bits and the same rates."""
    X, y = line()
    options: dict[str, Any] = {"validation_data": (X[:20], -y[:20]), "batch_size": 16}
    straight, halves, resumed = make(schedule), make(schedule), make(schedule)
    straight.fit(X, y, epochs=10, **options)
    halves.fit(X, y, epochs=4, **options)
    halves.save(tmp_path / "half.safetensors", training_state=True)
    loaded = gn.load(tmp_path / "half.safetensors")
    loaded.fit(X, y, epochs=6, **options)
    halves.fit(X, y, epochs=6, **options)
    steps = iter(range(18))

    class Stop(gn.Callback):
        def on_step_end(self, run: Any) -> None:
            if next(steps, None) is None:
                run.stop("here")

    make(schedule).fit(X, y, epochs=10, checkpoint=tmp_path / "run.safetensors", callbacks=Stop(), **options)
    resumed.fit(X, y, epochs=10, checkpoint=tmp_path / "run.safetensors", resume=True, **options)
    for net in (halves, loaded, resumed):
        assert net.history["learning_rate"] == straight.history["learning_rate"]
        np.testing.assert_array_equal(net.params, straight.params)


def test_plateau_in_a_run() -> None:
    """The rate falls when the validation loss only rises, and another schedule begins with a new memory."""
    X, y = line()
    net = make(gn.ReduceOnPlateau(0.05, factor=0.5, patience=2))
    history = net.fit(X, y, epochs=6, validation_data=(X, -y))
    assert history["learning_rate"] == [0.05, 0.05, 0.05, 0.025, 0.025, 0.0125]
    net.optimizer.learning_rate = gn.ReduceOnPlateau(0.01, factor=0.5, patience=2)
    assert net.fit(X, y, epochs=1, validation_data=(X, -y))["learning_rate"][-1] == 0.01


class Halving(gn.Schedule):
    """A schedule of the user's own: a function of time."""

    def __call__(self, epoch: float) -> float:
        return 0.1 * 0.5**epoch

    def config(self) -> dict[str, Any]:
        return {}


def test_own_schedules_can_be_nested(tmp_path: Path) -> None:
    """A class with ``__call__`` and ``config`` works alone, inside others, and from a file that is told of it."""
    X, y = line()
    net = make(gn.Warmup(Halving(), epochs=1))
    net.fit(X, y, epochs=2)
    net.save(tmp_path / "net.safetensors", training_state=True)
    twin = gn.load(tmp_path / "net.safetensors", custom=[Halving])
    assert repr(twin.optimizer) == repr(net.optimizer)
    with pytest.raises(
        gn.FormatError,
        match=r"unknown schedule 'Halving'\. The choices are 'Constant', 'CosineDecay', 'CosineWaves', 'ExponentialDecay', 'FlatCosine', 'InverseTimeDecay', 'OneCycle', 'ReduceOnPlateau', 'SequentialSchedule', 'StepDecay', 'Warmup'\. A class of your own must be passed to load as custom=\[\.\.\.\]\.",
    ):
        gn.load(tmp_path / "net.safetensors")


MESSAGES = [
    (lambda: gn.StepDecay(0.1, every=0), "StepDecay: every is 0; it must be a whole number of at least 1."),
    (lambda: gn.ExponentialDecay(0.1, factor=1.5), "ExponentialDecay: factor is 1.5; it must be a finite number above 0 and at most 1."),
    (lambda: gn.OneCycle(0.1, epochs=5, pct_start=1.0), "OneCycle: pct_start is 1.0; it must be a finite number above 0 and below 1."),
    (lambda: gn.FlatCosine(0.1, epochs=5, flat=1.0), "FlatCosine: flat is 1.0; it must be a finite number of at least 0 and below 1."),
    (lambda: gn.CosineWaves(0.1, epochs=5, waves=31), "CosineWaves: waves is 31; it must be at most 30."),
    (lambda: gn.Warmup("fast", epochs=2), "Warmup: then is 'fast'; it must be a number of at least 0 or a schedule."),
    (lambda: gn.SequentialSchedule([0.1], milestones=[]), "SequentialSchedule: there are 1 schedules and 0 milestones; there must be at least two schedules, and a milestone for each but the first."),
    (lambda: gn.SequentialSchedule([0.1, 0.2, 0.3], milestones=[4, 4]), "SequentialSchedule: milestones is [4, 4]; they must rise."),
    (lambda: gn.ReduceOnPlateau(0.1, mode="up"), "ReduceOnPlateau: unknown mode 'up'. The choices are 'auto', 'max', 'min'."),
    (lambda: gn.ReduceOnPlateau(0.1, monitor="valid_mine"), "ReduceOnPlateau: mode is 'auto', but whether a greater 'valid_mine' is better is not known; mode must be 'min' or 'max'. Write mode='max' if greater is better."),
    (lambda: make(gn.ReduceOnPlateau(0.1)).fit(*line(), epochs=1), "fit: the history has no 'valid_loss', which the schedule monitors. Pass validation_data or validation_split. Its columns are 'loss'."),
    (lambda: gn.Network([gn.Dense(1)], loss="squared_error", optimizer=gn.SGD(gn.ReduceOnPlateau(0.1, monitor="loss")), members=2, seed=0).fit(*line(), epochs=1), "fit: the learning rate is ReduceOnPlateau(0.1, factor=0.1, patience=10, monitor='loss', mode='auto', min_delta=0.0, cooldown=0, minimum=0.0); with members it must not depend on the history."),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), MESSAGES)
def test_bad_schedules(call: Any, message: str) -> None:
    """What cannot work gets one sentence."""
    with pytest.raises(gn.ConfigError) as caught:
        call()
    assert str(caught.value) == message


def test_arguments_of_an_own_schedule_are_its_attributes() -> None:
    """A schedule that keeps its arguments under their names needs no ``config`` to be described and printed."""

    class Falling(gn.Schedule):
        def __init__(self, start: float, every: int = 2) -> None:
            self.start, self.every = start, every

        def __call__(self, epoch: float) -> float:
            return self.start * 0.5 ** (epoch // self.every)

    assert Falling(0.1).entry() == {"schedule": "Falling", "start": 0.1, "every": 2}
    assert "start=0.1" in repr(Falling(0.1))
