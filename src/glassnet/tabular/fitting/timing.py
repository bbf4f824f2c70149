"""How long each recipe takes for a table on this machine, told before training from a few steps of each network."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from glassnet.layers.tree import every_layer
from glassnet.network import Network
from glassnet.tabular.encoding.encoder import TableEncoder
from glassnet.tabular.encoding.target import TargetEncoder
from glassnet.tabular.fitting.fit import FitOptions, Rows
from glassnet.tabular.fitting.recipes import RECIPES, TYPICAL_EPOCHS, Design, Recipe
from glassnet.training import Callback, Run

__all__ = ["Estimate", "estimate_times", "work_per_row"]

_CELLS = 400_000  # of the table that columns are coded on for this purpose, in so many rows:
_FEWEST_SAMPLED, _MOST_SAMPLED = 512, 4096
_STEPS, _EPOCHS = 2, 2  # that are timed; one epoch where steps are long
_LONG = 0.02  # seconds of such a step
_FEWEST_ROWS = 32  # of a step that is timed in place of a longer one: with less, what all steps have in common counts
_BUDGET, _SHARE = 0.6, 0.05  # seconds, and of the training: what all the others may take to be timed
_SHARE_OF_LIMIT = 0.1
_MOST_WORK = 4_000_000_000  # of one step that is timed, in units of `work_per_row`
_PER_OUTPUT = 500


@dataclass(frozen=True)
class Estimate:
    """How long a recipe takes.

    Parameters
    ----------
    recipe : str
    seconds : float
        All in all, without a limit; of a recipe that ends by itself, for a usual number of epochs.
    at_most : float
        With all epochs that it may have.
    seconds_per_step : float
    is_measured : bool
        Whether its own steps were timed; otherwise the time follows from another recipe's and the multiplications.
    """

    recipe: str
    seconds: float
    at_most: float
    seconds_per_step: float
    is_measured: bool

    @property
    def ends_by_itself(self) -> bool:
        """Whether it may take less, or more, than ``seconds``."""
        return self.seconds < self.at_most


def estimate_times(
    train: Rows,
    n_valid: int,
    target: TargetEncoder,
    options: FitOptions,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Estimate]:
    """Return how long each of `RECIPES` takes, by its name.

    The recipe of ``options`` is timed; the others too, as far as that takes 0.6 seconds or 5 % of the training, where
    need be on fewer rows than a step has. Nothing is trained by it.

    Parameters
    ----------
    train : Rows
        To learn from.
    n_valid : int
        How many rows are predicted after each epoch.
    target : TargetEncoder
        Fitted.
    options : FitOptions
        Of the training to come.
    clock : callable
        Returns seconds.
    """
    began = clock()
    stopwatch = _Stopwatch(train, n_valid, target, options, clock)
    chosen = stopwatch.candidate(options.recipe)
    pace = stopwatch.pace(chosen, min(chosen.batch_size, max(_FEWEST_ROWS, _MOST_WORK // work_per_row(chosen.network))))
    found = {options.recipe.name: stopwatch.estimate(chosen, pace, is_measured=True)}
    budget = max(_BUDGET, _SHARE * found[options.recipe.name].seconds)
    if options.max_seconds is not None:
        budget = min(budget, _SHARE_OF_LIMIT * options.max_seconds)
    deadline = max(began + budget, clock() + budget / 2)
    others = [recipe for recipe in RECIPES.values() if recipe.name != options.recipe.name]
    for i, recipe in enumerate(others):
        other = stopwatch.candidate(recipe)
        guess = pace.scaled(other.work / chosen.work)
        rows = _affordable_rows(other.batch_size, guess.step, (deadline - clock()) / (len(others) - i))
        measured = stopwatch.pace(other, rows) if rows else guess
        found[recipe.name] = stopwatch.estimate(other, measured, is_measured=rows > 0)
    return {name: found[name] for name in RECIPES}


def work_per_row(network: Network) -> int:
    """Return what the time for a row grows with: multiplications by weights, and 500 for each output of a layer.

    An output takes that much longer than a multiplication in a product: it is computed, written and read again, on the
    way forward and back.

    Examples
    --------
    >>> import glassnet as gn
    >>> work_per_row(gn.Network([gn.Dense(5), gn.Dense(2)], loss="squared_error", input_shape=3))
    3525
    """
    weights = [slot for slot in network.slots if slot.name.endswith(".weight")]
    products = sum(math.prod(slot.layer.out_shape) * slot.spec.fan_in for slot in weights)
    outputs = sum(math.prod(layer.out_shape) for layer in every_layer(network.layers) if not layer.sublayers())
    return products + _PER_OUTPUT * outputs


@dataclass(frozen=True)
class _Candidate:
    """A recipe with its network for a sample of the rows.

    Parameters
    ----------
    X, y : ndarray
        The sample, coded.
    batch_size : int
        Of the training to come.
    n : int
        Rows of the training to come.
    """

    recipe: Recipe
    network: Network
    X: np.ndarray
    y: np.ndarray
    batch_size: int
    n: int

    @property
    def work(self) -> int:
        """What a step's time grows with."""
        return work_per_row(self.network) * self.batch_size

    @property
    def steps_per_epoch(self) -> int:
        if self.recipe.drops_last:
            return max(self.n // self.batch_size, 1)
        return -(-self.n // self.batch_size)


class _Pace(NamedTuple):
    """Seconds of a step, and of what comes after the steps of an epoch: looking at the validation rows."""

    step: float
    evaluation: float

    def scaled(self, factor: float) -> _Pace:
        return _Pace(self.step * factor, self.evaluation * factor)


class _Stopwatch:
    """Builds candidates, and times their steps."""

    def __init__(
        self, train: Rows, n_valid: int, target: TargetEncoder, options: FitOptions, clock: Callable[[], float]
    ) -> None:
        n, folds = len(train.target), options.n_folds
        most = min(max(_CELLS // len(train.inputs.columns), _FEWEST_SAMPLED), _MOST_SAMPLED)
        self._sample = train.take(np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64)))
        self._n_valid = n_valid if folds is None else -(-n // folds)
        self._n = n if folds is None else n - self._n_valid
        self._y, self._target = target.transform(self._sample.target), target
        self._options, self._clock = options, clock
        self._encoders: list[tuple[dict[str, Any], TableEncoder, np.ndarray]] = []

    def candidate(self, recipe: Recipe) -> _Candidate:
        options = self._options
        encoder, X = self._coded(recipe)
        n_outputs = self._target.n_outputs * len(getattr(options.goal.loss, "levels", (None,)))
        epochs = options.epochs or recipe.epochs
        design = Design(encoder, X, options.goal.loss, n_outputs, epochs, options.goal.smooths)
        batch_size = min(options.batch_size or recipe.batch_size(self._n), self._n)
        return _Candidate(recipe, recipe.network(design, options.seed), X, self._y, batch_size, self._n)

    def _coded(self, recipe: Recipe) -> tuple[TableEncoder, np.ndarray]:
        """Return the sample as a recipe codes it; two recipes may share that."""
        for coding, encoder, X in self._encoders:
            if coding == recipe.coding:
                return encoder, X
        encoder = TableEncoder(**recipe.coding, allow_empty=True)  # in the sample a column may be
        X = encoder.fit_transform(self._sample.inputs)
        self._encoders.append((recipe.coding, encoder, X))
        return encoder, X

    def pace(self, candidate: _Candidate, rows: int) -> _Pace:
        """Return about how long a step and an evaluation take, from a few steps of ``rows`` rows each."""
        timer = _StepTimer(self._clock)
        X, y = candidate.X, candidate.y
        train, valid = (np.arange(n) % len(X) for n in (_STEPS * rows, min(self._n_valid, rows)))
        candidate.network.fit(
            X[train],
            y[train],
            epochs=_EPOCHS,
            batch_size=rows,
            validation_data=(X[valid], y[valid]) if len(valid) else None,
            metrics=self._options.goal.metric,
            callbacks=timer,
            threads=self._options.threads,
            progress=False,
            diagnose=False,
        )
        evaluation = timer.evaluations[-1] * max(self._n_valid, 1) / max(len(valid), 1)
        steps = timer.steps[1:] or timer.steps  # the first one also prepares the others
        return _Pace(median(steps) * candidate.batch_size / rows, evaluation)

    def estimate(self, candidate: _Candidate, pace: _Pace, *, is_measured: bool) -> Estimate:
        """Return how long the training takes at this pace."""
        options, recipe = self._options, candidate.recipe
        epochs = options.epochs or recipe.epochs
        usual = epochs if recipe.patience is None else min(epochs, TYPICAL_EPOCHS)
        one = (candidate.steps_per_epoch * pace.step + pace.evaluation) * options.n_ensemble * (options.n_folds or 1)
        return Estimate(recipe.name, usual * one, epochs * one, pace.step, is_measured)


class _StepTimer(Callback):
    """Notes how long steps and evaluations take, and ends the run soon where steps are long."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.steps: list[float] = []
        self.evaluations: list[float] = []

    def on_epoch_begin(self, run: Run[Any]) -> None:
        self._last = self._clock()

    def on_step_end(self, run: Run[Any]) -> None:
        self.steps.append(self._lap())
        if len(self.steps) >= _STEPS and self.steps[-1] >= _LONG:
            run.stop("timed")

    def on_epoch_end(self, run: Run[Any]) -> None:
        self.evaluations.append(self._lap())

    def _lap(self) -> float:
        """Return the time since the last call."""
        before, self._last = self._last, self._clock()
        return self._last - before


def _affordable_rows(batch_size: int, guess: float, seconds: float) -> int:
    """Return how many rows the steps may have that are timed; 0 if it would take too long.

    Parameters
    ----------
    batch_size : int
    guess : float
        How long a whole step probably takes.
    seconds : float
        How long all timed steps may take; the first takes longer.
    """
    if seconds <= 0.0:
        return 0
    rows = math.floor(batch_size * min(1.0, seconds / ((_STEPS + 1) * guess)))
    return rows if rows >= min(_FEWEST_ROWS, batch_size) else 0
