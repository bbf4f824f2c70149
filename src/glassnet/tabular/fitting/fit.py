"""From a table and its target to a trained `TableModel`: code the columns, follow a recipe, average what it gives."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.diagnosis import Watch
from glassnet.errors import DataError, DivergenceError
from glassnet.network import Network
from glassnet.populations.folds import make_folds
from glassnet.populations.joint import Job, JointPlan, train_jointly
from glassnet.populations.stacking import stack
from glassnet.tabular.encoding.encoder import TableEncoder
from glassnet.tabular.encoding.target import TargetEncoder
from glassnet.tabular.fitting.objective import Goal
from glassnet.tabular.fitting.recipes import TYPICAL_EPOCHS, Design, Recipe
from glassnet.tabular.model import TableModel
from glassnet.tabular.reading.table import Column, Table
from glassnet.training import Callback, EarlyStopping, History
from glassnet.utils.splitting import split_rows

__all__ = ["FitOptions", "Rows", "Trained", "fit_table", "step_seconds"]

_HELD_OUT = 0.2
_FEWEST_ROWS = 10  # with fewer, none are held out
_TIMED_STEPS = 3
_SHARE_OF_TIME = 0.9  # of what is allowed; the rest is for what comes before and after training


@dataclass(frozen=True)
class FitOptions:
    """How a table is learned.

    Parameters
    ----------
    recipe : Recipe
    goal : Goal
    seed : int
        Everything random follows from it.
    n_ensemble : int
        Networks whose predictions are averaged.
    n_folds : int or None
        Divisions into training and validation rows, a network (or ensemble) for each.
    epochs, batch_size : int or None
        Instead of the recipe's.
    max_seconds : float or None
        For all of it; a recipe with a fixed number of epochs gets fewer.
    seconds_per_step : float or None
        About how long a step takes, if that is known; otherwise `max_seconds` has it measured.
    allow_empty : bool
        Whether a column without any value is left out instead of refused.
    threads : int or "auto"
    progress : bool or None
    diagnose : bool or Watch
        Whether the training of the first network is looked at.
    make_callbacks : function
        Returns callbacks for the training of each network.
    """

    recipe: Recipe
    goal: Goal
    seed: int = 0
    n_ensemble: int = 1
    n_folds: int | None = None
    epochs: int | None = None
    batch_size: int | None = None
    max_seconds: float | None = None
    seconds_per_step: float | None = None
    allow_empty: bool = False
    threads: int | str = "auto"
    progress: bool | None = False
    diagnose: Any = False
    make_callbacks: Callable[[], list[Callback]] = list


@dataclass(frozen=True)
class Rows:
    """Rows of a table with their targets.

    Parameters
    ----------
    inputs : Table
    target : Column
    weight : ndarray of shape (n,) or None
    """

    inputs: Table
    target: Column
    weight: np.ndarray | None = None

    def take(self, rows: np.ndarray) -> Rows:
        """Return these rows."""
        weight = None if self.weight is None else self.weight[rows]
        return Rows(self.inputs.take(rows), self.target.take(rows), weight)


@dataclass(frozen=True)
class Trained:
    """What came of it.

    Parameters
    ----------
    model : TableModel
    histories : list of History
        One for each network.
    networks : list of Network
        Themselves: more than one are the members of the model's.
    seconds : float
    """

    model: TableModel
    histories: list[History] = field(default_factory=list)
    networks: list[Network] = field(default_factory=list)
    seconds: float = 0.0


def fit_table(train: Rows, valid: Rows | None, target: TargetEncoder, options: FitOptions) -> Trained:
    """Train what a recipe says, and return it as one model.

    Parameters
    ----------
    train : Rows
        To learn from; some are held out if ``valid`` is None and there are no folds.
    valid : Rows or None
        To choose the epoch by.
    target : TargetEncoder
        Fitted; a regression's scale is learned anew from the rows that are trained on.
    options : FitOptions
    """
    began = time.perf_counter()
    rows = train
    if valid is None and options.n_folds is None and len(train.target) >= _FEWEST_ROWS:
        train, valid = _hold_out(train, target, options.seed)
    if target.task == "regression":
        # Of few rows, those that are left may all have one value.
        learned = train.target if len(np.unique(train.target.values)) > 1 else rows.target
        target = _rescaled(target, learned, clip=options.recipe.clips)
    encoder = _fitted_encoder(options, train.inputs, rows.inputs)
    data = _arrays(encoder, target, train)
    held_out = None if valid is None else _arrays(encoder, target, valid)
    jobs = _Jobs(options, encoder, target, data, watches=held_out is not None or options.n_folds is not None)
    trained = jobs.train(held_out, began)
    network = trained[0] if len(trained) == 1 else stack([one.untrained() for one in trained])
    histories = [one.history for one in trained]
    return Trained(TableModel(network, encoder, target), histories, trained, time.perf_counter() - began)


def _hold_out(rows: Rows, target: TargetEncoder, seed: int) -> tuple[Rows, Rows]:
    codes = target.transform(rows.target) if target.labels else None
    train, valid = split_rows(len(rows.target), [1.0 - _HELD_OUT, _HELD_OUT], seed, stratify=codes)
    return rows.take(train), rows.take(valid)


def _rescaled(target: TargetEncoder, column: Column, *, clip: bool) -> TargetEncoder:
    """Return a regression's target with the scale of the rows that are trained on."""
    found = TargetEncoder(clip=clip).fit(column, "regression")
    found.reason = target.reason
    return found


def _fitted_encoder(options: FitOptions, train: Table, rows: Table) -> TableEncoder:
    """Return the encoder of the rows that are trained on, or if they say nothing, of all rows."""
    encoder = TableEncoder(**options.recipe.coding, allow_empty=options.allow_empty)
    try:
        return encoder.fit(train)
    except DataError:
        return encoder.fit(rows)


Arrays = tuple[np.ndarray, np.ndarray, np.ndarray | None]


def _arrays(encoder: TableEncoder, target: TargetEncoder, rows: Rows) -> Arrays:
    weight = None if rows.weight is None else np.asarray(rows.weight, dtype=np.float32)
    return encoder.transform(rows.inputs), target.transform(rows.target), weight


class _Jobs:
    """The networks to be trained, and on which rows."""

    def __init__(
        self, options: FitOptions, encoder: TableEncoder, target: TargetEncoder, data: Arrays, *, watches: bool
    ) -> None:
        self._options, self._encoder, self._target, self._data = options, encoder, target, data
        self._folds = self._divide()
        n = len(data[0]) if self._folds[0][0] is None else min(len(rows) for rows, _ in self._folds)
        self._batch_size = options.batch_size or options.recipe.batch_size(n)
        self._epochs = options.epochs or options.recipe.epochs
        if not watches and options.epochs is None and options.recipe.patience is not None:
            self._epochs = TYPICAL_EPOCHS  # no rows tell when to end

    def _divide(self) -> list[tuple[Any, Any]]:
        """Return the rows to train and to judge on, for each fold."""
        options, (X, y, _) = self._options, self._data
        if options.n_folds is None:
            return [(None, None)]
        codes = y if self._target.labels else None
        return [*make_folds(len(X), options.n_folds, options.seed, codes=codes)]

    def _network(self, seed: int) -> Network:
        """Return a new network: the layers are those for all rows, folds or not, so that networks can be averaged."""
        options = self._options
        n_outputs = self._target.n_outputs * len(getattr(options.goal.loss, "levels", (None,)))
        X, loss, smooths = self._data[0], options.goal.loss, options.goal.smooths
        return options.recipe.network(Design(self._encoder, X, loss, n_outputs, self._epochs, smooths), seed)

    def train(self, held_out: Arrays | None, began: float) -> list[Network]:
        """Train all networks, and return those that did not diverge."""
        options = self._options
        plans = [(rows, out) for rows, out in self._folds for _ in range(options.n_ensemble)]
        seconds = self._time_left(len(plans), began)
        jobs = [Job(self._network(options.seed + i), rows, out) for i, (rows, out) in enumerate(plans)]
        if len(jobs) == 1:
            return [self._train_one(jobs[0].network, held_out, seconds)]
        failures = self._train_all(jobs, held_out, seconds)
        if len(failures) == len(jobs):
            raise DivergenceError(next(iter(failures.values())))
        return _worth_averaging([job.network for number, job in enumerate(jobs) if number not in failures])

    def _time_left(self, n_networks: int, began: float) -> float:
        """Return for how long to train, having lowered the number of epochs to what fits into it."""
        allowed = self._options.max_seconds
        if allowed is None:
            return math.inf
        X, y, _ = self._data
        rows = len(X) if self._folds[0][0] is None else len(self._folds[0][0])
        per_step = self._options.seconds_per_step
        if per_step is None:
            network = self._network(self._options.seed)
            per_step = step_seconds(network, X, y, self._batch_size, self._options.threads)
        left = max(allowed - (time.perf_counter() - began), 0.0)
        steps = max(rows // self._batch_size, 1) if self._options.recipe.drops_last else -(-rows // self._batch_size)
        fitting = int(_SHARE_OF_TIME * left / (per_step * steps * n_networks))
        self._epochs = max(1, min(self._epochs, fitting))
        return max(allowed - (time.perf_counter() - began), 0.0)

    def _rule(self, *, watches: bool) -> EarlyStopping | None:
        """Return when training ends and which epoch is kept; nothing without rows to judge by."""
        recipe = self._options.recipe
        if not watches:
            return None
        name = f"valid_{self._options.goal.metric}"
        return EarlyStopping(name, patience=recipe.patience or self._epochs, ties=recipe.ties, mode=self._mode())

    def _mode(self) -> str:
        return "min" if self._options.goal.metric == "pinball" else "auto"

    def _train_one(self, network: Network, held_out: Arrays | None, seconds: float) -> Network:
        options, (X, y, weight) = self._options, self._data
        network.fit(
            X,
            y,
            epochs=self._epochs,
            batch_size=self._batch_size,
            drop_last=options.recipe.drops_last,
            sample_weight=weight,
            validation_data=held_out,
            metrics=options.goal.metric,
            early_stopping=self._rule(watches=held_out is not None),
            callbacks=options.make_callbacks(),
            max_seconds=None if seconds == math.inf else seconds,
            threads=options.threads,
            progress=options.progress,
            diagnose=self._watch(),
        )
        return network

    def _watch(self) -> Any:
        """Return what looks at a training, knowing what the features are called."""
        watch = self._options.diagnose
        if not isinstance(watch, Watch):
            return Watch(feature_names=self._encoder.feature_names) if watch else False
        watch = copy.copy(watch)
        watch.feature_names = watch.feature_names or self._encoder.feature_names
        return watch

    def _train_all(self, jobs: Sequence[Job], held_out: Arrays | None, seconds: float) -> dict[int, str]:
        options, network = self._options, jobs[0].network
        watches = held_out is not None or jobs[0].held_out is not None
        eyes = self._watch()

        def callbacks(numbers: Sequence[int]) -> list[Callback]:
            return [*options.make_callbacks(), *([eyes] if eyes and 0 in numbers else [])]

        plan = JointPlan(
            network.check_data("fit", *self._data),
            self._epochs,
            batch_size=self._batch_size,
            drop_last=options.recipe.drops_last,
            validation=None if held_out is None else network.check_data("fit", *held_out),
            metrics=network.loss.choose_metrics("fit", options.goal.metric),
            early_stopping=self._rule(watches=watches),
            max_seconds=seconds,
            threads=options.threads,
            progress=options.progress,
            make_callbacks=callbacks,
        )
        return train_jointly(jobs, plan)


def _worth_averaging(networks: list[Network]) -> list[Network]:
    """Return the networks that were trained to their end; if Ctrl-C left none, those that it cut short."""
    trained = [network for network in networks if network.run is not None]
    return [one for one in trained if one.history.stop_reason != "interrupted"] or trained or networks[:1]


def step_seconds(network: Network, X: np.ndarray, y: np.ndarray, batch_size: int, threads: int | str = "auto") -> float:
    """Return about how long one step takes, from a few steps of a copy.

    Parameters
    ----------
    network : Network
        Built; it is not changed.
    X, y : ndarray
        Coded rows.
    batch_size : int
    threads : int or "auto"
    """
    twin = network.untrained()
    rows = np.arange(_TIMED_STEPS * batch_size) % len(X)
    times = []
    for _ in range(2):
        began = time.perf_counter()
        twin.fit(X[rows], y[rows], epochs=1, batch_size=batch_size, threads=threads, progress=False, diagnose=False)
        times.append((time.perf_counter() - began) / _TIMED_STEPS)
    return min(times)
