"""Measure the steps of a training, and estimate from them how long each recipe takes for a table on this machine."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import fmean, median
from typing import Any

import numpy as np

from glassnet.layers.tree import every_layer
from glassnet.network import Network
from glassnet.tabular.encoding.encoder import TableEncoder
from glassnet.tabular.encoding.target import TargetEncoder
from glassnet.tabular.fitting.deadline import Pace, Planned
from glassnet.tabular.fitting.executed import place_of
from glassnet.tabular.fitting.options import FitOptions, Rows
from glassnet.tabular.fitting.recipes import RECIPES, TYPICAL_EPOCHS, Recipe
from glassnet.training import Callback, Run
from glassnet.training.training_scores import ForValidation

__all__ = ["Estimate", "estimate_times", "measure_pace", "work_per_row"]

_CELLS = 400_000  # of the table that is encoded for the estimates, in so many rows:
_FEWEST_SAMPLED, _MOST_SAMPLED = 512, 4096
_STEPS, _EPOCHS, _MOST_EPOCHS = 4, 3, 50  # that are timed; fewer where steps are long
_LONG = 0.04  # seconds of two such steps
_EVALUATED, _FEWEST_EVALUATED = 4, 256  # times the rows of a step, or of so many, that an evaluation is timed on
_FEWEST_ROWS = 32  # of a step timed in place of a longer one: with fewer, the fixed cost of a step dominates
_MOST_COLUMNS = 1000  # of a table for which all recipes are timed
_BUDGET, _SHARE = 0.6, 0.05  # seconds, and share of the training: the limit for timing all the other recipes
_SHARE_OF_LIMIT = 0.02
_MOST_TIMED = 4.0  # times the seconds for it, after which even a single step is enough
_WORK_PER_SECOND = 30_000_000_000  # in units of `work_per_row`; a core of 2020 does 60 to 110 billion
_MOST_WORK = 4_000_000_000  # of one step that is timed, in units of `work_per_row`
_PER_OUTPUT = 500


class _StepTimer(Callback):
    """Records how long steps and evaluations take, and stops the run once steps have taken so many seconds."""

    def __init__(self, clock: Callable[[], float], seconds: float, at_most: float) -> None:
        self._clock, self._seconds, self._at_most = clock, seconds, at_most
        self.steps: list[float] = []
        self.evaluations: list[float] = []

    def on_epoch_begin(self, run: Run[Any]) -> None:
        self._last = self._clock()

    def on_step_end(self, run: Run[Any]) -> None:
        self.steps.append(self._lap())
        took = sum(self.steps)
        if (len(self.steps) >= _STEPS and took >= self._seconds) or took >= self._at_most:
            run.stop("timed")

    def on_epoch_end(self, run: Run[Any]) -> None:
        self.evaluations.append(self._lap())

    def _lap(self) -> float:
        """Return the time since the last call."""
        before, self._last = self._last, self._clock()
        return self._last - before


def measure_pace(
    network: Network,
    data: tuple[np.ndarray, np.ndarray],
    batch_size: int,
    options: FitOptions,
    *,
    rows: int | None = None,
    n_valid: int = 0,
    seconds: float = 0.0,
    clock: Callable[[], float] = time.perf_counter,
) -> Pace:
    """Train a network for a few steps, and return how long a step and an evaluation on ``n_valid`` rows take.

    The network is of no use afterwards; ``data`` are encoded rows and targets. Steps have ``rows`` rows, by default
    ``batch_size`` or fewer for networks of which a whole step takes seconds; the duration of a whole step is
    extrapolated. So is that of an evaluation of more than four times as many rows, which its fixed costs are a small
    part of. More steps than a few are timed within so many ``seconds``; if these are few, steps have fewer rows, and
    one that takes four times as long is the last.
    """
    X, y = data
    work, at_most = work_per_row(network), _MOST_TIMED * seconds or math.inf
    most_work = min(_MOST_WORK, int(seconds * _WORK_PER_SECOND) or _MOST_WORK)
    rows = rows or min(batch_size, max(_FEWEST_ROWS, most_work // work))
    epochs, seconds = (_EPOCHS, _LONG) if seconds <= _LONG else (_MOST_EPOCHS, seconds)
    # The fixed cost of an evaluation must not be multiplied: steps of a few rows say nothing about many.
    times = _EVALUATED if most_work == _MOST_WORK else 1
    looked_at = min(n_valid, times * max(rows, min(_FEWEST_EVALUATED, most_work // work)))
    train, valid = (np.arange(n) % len(X) for n in (_STEPS * rows, looked_at))
    timer = _StepTimer(clock, seconds, at_most)
    network.fit(
        X[train],
        y[train],
        epochs=epochs,
        batch_size=rows,
        validation_data=(X[valid], y[valid]) if len(valid) else None,
        metrics=None if options.goal.measured is None else ForValidation((options.goal.measured,)),
        callbacks=timer,
        threads=options.threads,
        progress=False,
        diagnose=False,
        **options.division,
    )
    if network.history.stop_reason == "interrupted":
        raise KeyboardInterrupt  # what Ctrl-C was meant for has not begun yet
    steps = timer.steps[1:] or timer.steps  # the first one also prepares the others
    # What others do on the machine meanwhile counts, once that is a matter of many steps.
    step = fmean(steps) if len(steps) > _STEPS * _EPOCHS else median(steps)
    evaluation = timer.evaluations[-1] * max(n_valid, 1) / max(len(valid), 1)
    return Pace(step * batch_size / rows, evaluation)


def work_per_row(network: Network) -> int:
    """Return a measure of the time for a row: multiplications by weights, and 500 for each output of a layer.

    An output takes that much longer than a multiplication in a product: it is computed, written and read again, in the
    forward and in the backward pass.

    Examples
    --------
    >>> import glassnet as gn
    >>> work_per_row(gn.Network([gn.Dense(5), gn.Dense(2)], loss="squared_error", input_shape=3))
    3525
    """
    weights = [slot for slot in network._slots if slot.name.endswith(".weight")]
    products = sum(math.prod(slot.layer.out_shape) * slot.spec.fan_in for slot in weights)
    outputs = sum(math.prod(layer.out_shape) for layer in every_layer(network.layers) if not layer.sublayers())
    return products + _PER_OUTPUT * outputs


@dataclass(frozen=True)
class Estimate:
    """How long a recipe takes without a time limit.

    It is measured if steps of this recipe were timed; otherwise the time is extrapolated from another recipe's.
    """

    recipe: str
    seconds: float  # for a recipe with early stopping, with a typical number of epochs
    at_most: float  # with the largest number of epochs
    pace: Pace
    is_measured: bool

    @property
    def ends_by_itself(self) -> bool:
        """Whether early stopping decides how long it takes."""
        return self.seconds < self.at_most


def estimate_times(
    train: Rows,
    n_valid: int,
    target: TargetEncoder,
    options: FitOptions,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Estimate]:
    """Return how long each of `RECIPES` takes, by its name.

    The recipe of ``options`` is timed; the others too, as far as that takes 0.6 seconds or 5 % of the training, if
    necessary with fewer rows per step. No network that is used later is trained. Of tables of more than 1000 columns,
    for which it takes long to make a network alone, only that recipe's is made.
    """
    began = clock()
    sample = _Sample(train, n_valid, target, options, clock)
    chosen = sample.candidate(options.recipe)
    pace = chosen.measure()
    found = {options.recipe.name: chosen.estimate(pace, is_measured=True)}
    budget = max(_BUDGET, _SHARE * found[options.recipe.name].seconds)
    if options.max_seconds is not None:
        budget = min(budget, _SHARE_OF_LIMIT * options.max_seconds)
    deadline = max(began + budget, clock() + budget / 2)
    is_wide = len(train.inputs.columns) > _MOST_COLUMNS
    timed = [(options.recipe, pace)]
    others = [recipe for recipe in RECIPES.values() if recipe.name != options.recipe.name and not is_wide]
    for i, recipe in enumerate(others):
        other = sample.candidate(recipe)
        known = next((known for seen, known in timed if _has_same_steps(seen, recipe)), None)
        if known is not None:
            found[recipe.name] = other.estimate(known, is_measured=True)
            continue
        guess = Pace(*(part * other.work / chosen.work for part in pace))
        seconds = (deadline - clock()) / (len(others) - i)  # for three steps: the first takes longer
        rows = math.floor(other.batch_size * min(1.0, seconds / ((_STEPS + 1) * guess.step)))
        if rows < min(_FEWEST_ROWS, other.batch_size):
            rows = 0
        own = other.measure(rows) if rows else guess
        timed += [(recipe, own)] * bool(rows)
        found[recipe.name] = other.estimate(own, is_measured=rows > 0)
    return {name: found[name] for name in RECIPES if name in found}


def _has_same_steps(one: Recipe, other: Recipe) -> bool:
    """Return whether two recipes differ in nothing but how long they train, so that their steps take the same time."""
    return replace(one, name="", title="", length=other.length) == replace(other, name="", title="")


class _Sample:
    """A sample of the training rows, encoded once for all recipes that encode it alike."""

    def __init__(
        self, train: Rows, n_valid: int, target: TargetEncoder, options: FitOptions, clock: Callable[[], float]
    ) -> None:
        n, folds = len(train.target), options.n_folds
        most = min(max(_CELLS // len(train.inputs.columns), _FEWEST_SAMPLED), _MOST_SAMPLED)
        self.rows = train.take(np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64)))
        self.n_valid = n_valid if folds is None else -(-n // folds)
        self.n = options.n_trained(n) if folds is None else n - self.n_valid
        self.y, self.target, self.options, self.clock = target.transform(self.rows.target), target, options, clock
        self._encoded: list[tuple[dict[str, Any], TableEncoder, np.ndarray]] = []

    def candidate(self, recipe: Recipe) -> _Candidate:
        """Return a recipe with its network for the sample."""
        options = replace(self.options, recipe=recipe)
        encoder, X = self._encode(recipe)
        network = options.network(encoder, X, self.target, Planned(options.most_epochs(self.n)), options.seed)
        return _Candidate(self, options, network, X, min(options.rows_per_step(self.n), self.n))

    def _encode(self, recipe: Recipe) -> tuple[TableEncoder, np.ndarray]:
        for coding, encoder, X in self._encoded:
            if coding == recipe.coding:
                return encoder, X
        encoder = TableEncoder(**recipe.coding, allow_empty=True)  # a column may be empty in the sample only
        X = encoder.fit_transform(self.rows.inputs)
        self._encoded.append((recipe.coding, encoder, X))
        return encoder, X


@dataclass(frozen=True)
class _Candidate:
    """A recipe, in ``options``, with its network and features for a sample of the rows."""

    sample: _Sample
    options: FitOptions
    network: Network
    X: np.ndarray
    batch_size: int

    @property
    def work(self) -> int:
        """A measure of the time for a step."""
        return work_per_row(self.network) * self.batch_size

    def measure(self, rows: int | None = None) -> Pace:
        """Return how long a step and an evaluation take, measured on ``rows`` rows per step."""
        n_valid, clock = self.sample.n_valid, self.sample.clock
        data = self.X, self.sample.y
        return measure_pace(self.network, data, self.batch_size, self.options, rows=rows, n_valid=n_valid, clock=clock)

    def estimate(self, pace: Pace, *, is_measured: bool) -> Estimate:
        """Return how long the training takes at this pace."""
        options, recipe = self.options, self.options.recipe
        epochs = options.most_epochs(self.sample.n)
        usual = epochs if recipe.patience is None else min(epochs, TYPICAL_EPOCHS)
        steps = recipe.steps_per_epoch(self.sample.n, self.batch_size)
        turns = -(-options.n_networks // place_of(options)[1])
        one = (steps * pace.step + pace.evaluation) * turns
        return Estimate(recipe.name, usual * one, epochs * one, pace, is_measured)
