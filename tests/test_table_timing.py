"""How long recipes take, told beforehand: the arithmetic, with a clock of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.tabular import TargetEncoder, to_table
from glassnet.tabular.fitting import timing
from glassnet.tabular.fitting.deadline import Pace
from glassnet.tabular.fitting.objective import find_goal
from glassnet.tabular.fitting.options import FitOptions, Rows
from glassnet.tabular.fitting.recipes import RECIPES
from glassnet.tabular.fitting.timing import Estimate, estimate_times, work_per_row

N, VALID, BATCH = 48, 6, 16


def ticking(seconds: float) -> Callable[[], float]:
    """Return a clock that goes on by ``seconds`` whenever somebody looks."""

    def ticks() -> Iterator[float]:
        now = 0.0
        while True:
            now += seconds
            yield now

    clock = ticks()
    return lambda: next(clock)


def rows_of(rng: np.random.Generator, n: int = N) -> tuple[Rows, TargetEncoder]:
    """Return training rows, and their target's encoder."""
    holes = np.full(n, np.nan)
    holes[[1, 3]] = 1.0, 2.0
    frame = {"a": rng.standard_normal(n), "b": [f"k{i}" for i in rng.integers(0, 12, n)], "holes": holes}
    table = to_table({**frame, "y": rng.standard_normal(n)})
    return Rows(table.drop(["y"]), table["y"]), TargetEncoder().fit(table["y"])


def estimated(rng: np.random.Generator, recipe: str, tick: float, **options: Any) -> dict[str, Estimate]:
    """Return the estimates where every step and evaluation takes ``tick``."""
    rows, target = rows_of(rng)
    goal = find_goal("test", "regression", None, None)
    return estimate_times(rows, VALID, target, FitOptions(RECIPES[recipe], goal, **options), ticking(tick))


def test_the_time_is_steps_and_evaluations_of_all_epochs(rng: np.random.Generator) -> None:
    """Three steps and an evaluation, 256 times; a recipe that ends by itself has a usual time and a longest one."""
    found = estimated(rng, "realmlp", 1e-6, batch_size=BATCH)
    assert [*found] == [*RECIPES]
    assert all(estimate.is_measured for estimate in found.values())
    for name in ("realmlp", "small"):
        assert found[name].seconds == found[name].at_most == pytest.approx(256 * 4e-6)
        assert found[name].pace.step == pytest.approx(1e-6)
        assert not found[name].ends_by_itself
    for name in ("tabm", "tabm-mini"):
        assert found[name].at_most == pytest.approx(1000 * 4e-6)
        assert found[name].seconds == pytest.approx(40 * 4e-6)
        assert found[name].ends_by_itself


def test_options_lengthen_it(rng: np.random.Generator) -> None:
    """Epochs, networks and folds multiply; by default all rows are one step; the limit of a training changes nothing."""
    found = estimated(rng, "small", 1e-6, epochs=10)
    assert [found[name].seconds for name in ("small", "tabm")] == pytest.approx([10 * 2e-6] * 2)
    assert not found["tabm"].ends_by_itself
    assert estimated(rng, "small", 1e-6, n_ensemble=4)["small"].seconds == pytest.approx(4 * 256 * 2e-6)
    limited = estimated(rng, "small", 1e-6, max_seconds=1e-4, batch_size=BATCH)["small"]
    assert limited.seconds == pytest.approx(256 * 4e-6)
    # Three folds: 32 rows of training are two steps, and 16 rows are looked at.
    folds = estimated(rng, "small", 1e-6, n_folds=3, batch_size=BATCH)["small"]
    assert folds.seconds == pytest.approx(3 * 256 * 3e-6)


def test_what_would_take_too_long_is_not_timed(rng: np.random.Generator) -> None:
    """Where steps are slow only the chosen recipe is timed; the others follow from their work, rows included."""
    found = estimated(rng, "realmlp", 10.0)
    assert found["realmlp"].is_measured
    guessed = [name for name, estimate in found.items() if not estimate.is_measured]
    # 5 % of the training are enough for the cheap one.
    assert {"tabm", "tabm-mini"} >= {*guessed}
    found = estimated(rng, "realmlp", 10.0, max_seconds=1.0)
    assert [name for name, estimate in found.items() if estimate.is_measured] == ["realmlp", "fast"]
    assert found["tabm"].pace.step > found["tabm-mini"].pace.step > found["realmlp"].pace.step
    assert found["small"].pace.step < found["realmlp"].pace.step


def test_timing_leaves_the_training_as_it_is(rng: np.random.Generator) -> None:
    """It draws from no generator that anybody shares, and a column that is empty in a few rows does not stop it."""
    rows, target = rows_of(rng, 9000)
    before = np.random.get_state()[1].tolist()  # noqa: NPY002 - the one that must not be touched
    options = FitOptions(RECIPES["small"], find_goal("test", "regression", None, None))
    assert estimate_times(rows, VALID, target, options)["small"].seconds > 0.0
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


def test_work_counts_copies_and_outputs() -> None:
    """Three copies of a product of 2 x 4 and 4 x 1, and 500 for each output of a layer."""
    layers = [gn.Copies(3), gn.EnsembleDense(4), gn.EnsembleHead(1)]
    loss = gn.EnsembleLoss("squared_error", copies=3)
    network = gn.Network(layers, loss=loss, input_shape=2)
    assert work_per_row(network) == 3 * (2 * 4 + 4) + 500 * (3 * 2 + 3 * 4 + 3)


def test_recipes_with_equal_steps_take_equal_time(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    """``realmlp`` and ``fast`` differ in their epochs only: one is timed for both, whichever was chosen."""
    paces: list[Pace] = []

    def measured(*args: Any, **options: Any) -> Pace:
        paces.append(Pace(0.1 * (len(paces) + 1), 0.0))
        return paces[-1]

    monkeypatch.setattr(timing, "measure_pace", measured)
    for chosen in ("realmlp", "fast", "small"):
        paces.clear()
        found = estimated(rng, chosen, 1e-6, batch_size=BATCH)
        assert found["realmlp"].seconds == found["fast"].seconds != found["small"].seconds
        assert found["realmlp"].is_measured
        assert found["fast"].is_measured


def test_only_the_length_may_differ() -> None:
    """A recipe with other layers, coding or rates is timed by itself."""
    realmlp, fast, small = (RECIPES[name] for name in ("realmlp", "fast", "small"))
    assert timing._has_same_steps(realmlp, fast)
    assert not timing._has_same_steps(realmlp, small)
