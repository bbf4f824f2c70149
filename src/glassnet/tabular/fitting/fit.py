"""Train a table model: encode the columns, train the networks of a recipe, and average them."""

from __future__ import annotations

import contextlib
import copy
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

import numpy as np

from glassnet.diagnosis import Watch
from glassnet.errors import DataError, DivergenceError
from glassnet.network import Network
from glassnet.populations.folds import Fold
from glassnet.populations.joint import Job, JointPlan, train_jointly
from glassnet.populations.stacking import stack
from glassnet.tabular.attribution.background import typical_rows
from glassnet.tabular.encoding.coder_choice import without_information
from glassnet.tabular.encoding.encoder import TableEncoder
from glassnet.tabular.encoding.target import TargetEncoder
from glassnet.tabular.fitting.constant import constant_network
from glassnet.tabular.fitting.options import NOTES, FitOptions, Rows
from glassnet.tabular.fitting.recipes import TYPICAL_EPOCHS
from glassnet.tabular.fitting.timing import measure_pace
from glassnet.tabular.model import TableModel
from glassnet.tabular.reading.table import Table
from glassnet.tabular.splitting.division import equal_inputs
from glassnet.tabular.splitting.duplicates import shared_rows
from glassnet.tabular.splitting.grouped import divide_into_folds, divide_rows
from glassnet.tabular.splitting.row_hashes import RowHashes, row_contents
from glassnet.training import Callback, EarlyStopping, History
from glassnet.training.class_weights import class_factors

__all__ = ["Trained", "fit_table"]

_HELD_OUT = 0.2
_FEWEST_ROWS = 10  # with fewer, none are held out
_SHARE_OF_TIME = 0.9  # of a time limit; the rest is for the work before and after training

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray | None]
"""Features, encoded targets and weights of rows."""


@dataclass(frozen=True)
class Trained:
    """The result of a training: a model, its networks (several are members of the model's) and their histories.

    ``checked`` are rows that the networks were not trained on, or if there are none those that they were.
    ``n_shared`` is the number of rows held out here that equal a row which the same network was trained on, and
    ``absent`` are the labels of no row that was trained on.
    """

    model: TableModel
    checked: Rows
    histories: list[History] = field(default_factory=list)
    networks: list[Network] = field(default_factory=list)
    n_shared: int = 0
    absent: Sequence[Any] = ()
    was_interrupted: bool = False  # by Ctrl-C


def fit_table(train: Rows, valid: Rows | None, target: TargetEncoder, options: FitOptions) -> Trained:
    """Train the networks of a recipe, and return them as one model.

    The epoch is chosen by the validation rows ``valid``; some training rows are held out if these are None and there
    are no folds. The scale of a fitted regression target is fitted again on the rows that are trained on.
    """
    began = time.perf_counter()
    rows, n_shared = train, 0
    if valid is None and options.n_folds is None and len(train.target) >= _FEWEST_ROWS:
        train, valid, n_shared = _hold_out(train, target, options.seed)
    if target.task == "regression":
        # If few rows are left, all of them may have the same value.
        scaled = train if len(np.unique(train.target.values)) > 1 else rows
        target = _rescaled(target, scaled, clip=options.recipe.clips)
    encoder = _fitted_encoder(options, train, rows)
    if encoder.is_constant:
        target = _rescaled(target, rows, clip=options.recipe.clips) if target.task == "regression" else target
        network = constant_network(options.goal.loss, rows, target, _class_factors(options, target, rows))
        return Trained(TableModel(network, encoder, target), rows, [network.history], [network], n_shared)
    factors = _class_factors(options, target, train)
    held_out = None if valid is None else _arrays(encoder, target, valid, factors)
    folds: Sequence[tuple[Any, Any]] = [(None, None)]
    if options.n_folds is not None:
        folds, n_shared = _folds(train, target, options.n_folds, options)
    data = _arrays(encoder, target, train, factors)
    jobs = _Jobs(options, encoder, target, data, held_out, folds, train.weight)
    try:
        trained = jobs.train(began)
    except DivergenceError as error:
        # What the network advises, another learning rate, is part of the recipe.
        advice = "Try another recipe, or another random_state."
        message = f"fit: loss and weights must stay finite, got {error.got or 'others'}. {advice}"
        raise DivergenceError(message, got=error.got) from error
    network = trained[0] if len(trained) == 1 else stack([one.untrained() for one in trained])
    if options.keeps_hashes:
        parts = (train, valid) if options.folds is None else _ever_trained_on(train, options.folds)
        network.attachments |= _hashes(network, encoder, target, parts).arrays()
    histories = [one.history for one in trained]
    model = TableModel(network, encoder, target)
    model.background = typical_rows(model, data[0], train.weight)
    counts: Any = np.bincount(data[1], minlength=len(target.labels)) if target.labels else ()
    absent = [label for label, count in zip(target.labels, counts, strict=True) if not count]
    checked = train if valid is None else valid
    return Trained(model, checked, histories, trained, n_shared, absent, jobs.was_interrupted)


def _ever_trained_on(rows: Rows, folds: Sequence[Fold]) -> tuple[Rows, Rows | None]:
    """Return the rows that some network was trained on, and those that only chose epochs; others are in no fold."""
    train, valid = (np.unique(np.concatenate(parts)) for parts in zip(*folds, strict=True))
    rest = np.setdiff1d(valid, train)
    return rows.take(train), rows.take(rest) if len(rest) else None


def _hashes(
    network: Network, encoder: TableEncoder, target: TargetEncoder, parts: tuple[Rows, Rows | None]
) -> RowHashes:
    """Return hashes of the rows that were trained on, and of those that chose the epoch."""
    train, valid = (
        None if rows is None else row_contents(encoder, target, Table([*rows.inputs.columns, rows.target]))
        for rows in parts
    )
    assert train is not None
    # Random, as the weights are, and yet the same for equal runs: they leave equal files.
    salt = int.from_bytes(blake2b(network.params.tobytes(), digest_size=8).digest())
    return RowHashes.of(train, valid, salt)


def _hold_out(rows: Rows, target: TargetEncoder, seed: int) -> tuple[Rows, Rows, int]:
    """Return rows to train on, rows to hold out, and how many of these equal one of the others."""
    codes = target.transform(rows.target) if target.labels else None
    equal = equal_inputs(rows.inputs, rows.target)
    train, valid = divide_rows(equal, [1.0 - _HELD_OUT, _HELD_OUT], seed, codes, rows.groups)
    return rows.take(train), rows.take(valid), int(shared_rows(equal, valid, train).sum())


def _folds(rows: Rows, target: TargetEncoder, n_folds: int, options: FitOptions) -> tuple[Sequence[Fold], int]:
    """Return the training and validation rows of each fold, and how many of the latter equal one of the former."""
    if options.folds is not None:
        return options.folds, 0
    codes = target.transform(rows.target) if target.labels else None
    equal = equal_inputs(rows.inputs, rows.target)
    folds = divide_into_folds(equal, n_folds, options.seed, codes, rows.groups)
    return folds, sum(int(shared_rows(equal, valid, train).sum()) for train, valid in folds)


def _rescaled(target: TargetEncoder, rows: Rows, *, clip: bool) -> TargetEncoder:
    """Return the target encoder of a regression with the scale of the rows that are trained on."""
    found = TargetEncoder(clip=clip).fit(rows.target, "regression", rows.weight)
    found.reason = target.reason
    return found


def _fitted_encoder(options: FitOptions, train: Rows, rows: Rows) -> TableEncoder:
    """Return the encoder fitted on the training rows, or on all rows if no column of those has two values."""
    encoder = TableEncoder(**options.recipe.coding, allow_empty=True)
    with contextlib.suppress(DataError):
        if not encoder.fit(train.inputs, train.weight).is_constant:
            return encoder
    encoder.fit(rows.inputs, rows.weight)
    if encoder.is_constant and not options.allow_constant:
        without_information(encoder.coders, refuses=True)
    return encoder


def _class_factors(options: FitOptions, target: TargetEncoder, rows: Rows) -> np.ndarray | None:
    """Return the weight of each class; None if they do not differ."""
    if options.class_weight is None:
        return None
    return class_factors(options.class_weight, target.n_outputs, target.transform(rows.target), rows.weight)


def _arrays(encoder: TableEncoder, target: TargetEncoder, rows: Rows, factors: np.ndarray | None) -> Arrays:
    y, weight = target.transform(rows.target), rows.weight
    if factors is not None:
        weight = factors[y] if weight is None else weight * factors[y]
    return encoder.transform(rows.inputs), y, None if weight is None else np.asarray(weight, dtype=np.float32)


def _take(data: Arrays, rows: np.ndarray) -> Arrays:
    X, y, weight = data
    return X[rows], y[rows], None if weight is None else weight[rows]


class _Jobs:
    """The networks to train, and the rows of each."""

    def __init__(
        self, options: FitOptions, encoder: TableEncoder, target: TargetEncoder, data: Arrays, held_out: Arrays | None,
        folds: Sequence[tuple[Any, Any]], counts: np.ndarray | None,
    ) -> None:  # fmt: skip
        self._options, self._encoder, self._target = options, encoder, target
        self._data, self._held_out, self._counts = data, held_out, counts
        self._folds = folds
        self._n = len(data[0]) if options.n_folds is None else min(len(rows) for rows, _ in self._folds)
        self._batch_size = options.rows_per_step(self._n)
        self.was_interrupted = False
        self._epochs = options.most_epochs
        self._validates = held_out is not None or options.n_folds is not None
        if not self._validates and options.epochs is None and options.recipe.patience is not None:
            self._epochs = TYPICAL_EPOCHS  # without validation rows there is no early stopping

    def _network(self, seed: int) -> Network:
        """Return a new network; its layers are those for all rows, so that the networks of folds can be averaged."""
        return self._options.network(self._encoder, self._data[0], self._target, self._epochs, seed, self._counts)

    def train(self, began: float) -> list[Network]:
        """Train all networks, and return those that did not diverge."""
        options = self._options
        seconds = self._limit_epochs(began)
        plans = [(rows, out) for rows, out in self._folds for _ in range(options.n_ensemble)]
        jobs = [Job(self._network(options.seed + i), rows, out) for i, (rows, out) in enumerate(plans)]
        if len(jobs) == 1 or options.run_file is not None:
            failures = self._train_in_turn(jobs, seconds)
        else:
            failures = self._train_all(jobs, seconds)
        self._note_interruption([job.network for number, job in enumerate(jobs) if number not in failures])
        if len(failures) == len(jobs):
            raise DivergenceError(next(iter(failures.values())))
        return _complete([job.network for number, job in enumerate(jobs) if number not in failures])

    def _note_interruption(self, networks: Sequence[Network]) -> None:
        """Note whether one of these, which did not diverge, was stopped by Ctrl-C, or never began because of it."""
        self.was_interrupted = any(net.history.stop_reason in ("interrupted", "") for net in networks)

    def _limit_epochs(self, began: float) -> float | None:
        """Lower the number of epochs to what the time limit allows; return the seconds that are left."""
        options, (X, y, _) = self._options, self._data
        known = None if options.run_file is None else options.run_file.epochs
        self._epochs = known or self._epochs
        if options.max_seconds is None:
            return None
        if known is not None or not options.recipe.shortens:
            return max(options.max_seconds - (time.perf_counter() - began), 0.0)
        step = options.seconds_per_step
        if step is None:
            step = measure_pace(self._network(options.seed), X, y, self._batch_size, options).step
        left = max(options.max_seconds - (time.perf_counter() - began), 0.0)
        steps = options.recipe.steps_per_epoch(self._n, self._batch_size) * options.n_networks
        self._epochs = max(1, min(self._epochs, int(_SHARE_OF_TIME * left / (step * steps))))
        return left

    def _early_stopping(self) -> EarlyStopping | None:
        """Return the rule by which an epoch is chosen; None without validation rows."""
        recipe, metric = self._options.recipe, self._options.goal.metric
        if not self._validates:
            return None
        mode: Literal["auto", "min"] = "min" if metric == "pinball" else "auto"
        return EarlyStopping(f"valid_{metric}", patience=recipe.patience or self._epochs, ties=recipe.ties, mode=mode)

    def _train_in_turn(self, jobs: Sequence[Job], seconds: float | None) -> dict[int, str]:
        """Train one network after the other, each with a file of its own if there are files."""
        failures: dict[int, str] = {}
        run_file, began = self._options.run_file, time.perf_counter()
        paths = [None] * len(jobs) if run_file is None else run_file.paths(len(jobs))
        for number, (job, path) in enumerate(zip(jobs, paths, strict=True)):
            left = None if seconds is None else max(seconds - (time.perf_counter() - began), 0.0)
            try:
                self._train_one(job, None if left is None else left / (len(jobs) - number), path, watches=not number)
            except DivergenceError as error:
                if len(jobs) == 1:
                    raise
                failures[number] = str(error)
            if job.network.history.stop_reason == "interrupted":
                break
        return failures

    def _train_one(self, job: Job, seconds: float | None, path: Path | None, *, watches: bool) -> None:
        options, network, run_file = self._options, job.network, self._options.run_file
        X, y, weight = self._data if job.rows is None else _take(self._data, job.rows)
        if run_file is not None:
            network.metadata[NOTES] = {**run_file.notes, "epochs": self._epochs}
            model = TableModel(network, self._encoder, self._target)
            model.reading = options.reading
            model.note_encoders()
        network.fit(
            X,
            y,
            epochs=self._epochs,
            batch_size=self._batch_size,
            drop_last=options.recipe.drops_last,
            sample_weight=weight,
            validation_data=self._held_out if job.held_out is None else _take(self._data, job.held_out),
            metrics=options.goal.measured,
            early_stopping=self._early_stopping(),
            callbacks=options.make_callbacks(),
            max_seconds=seconds,
            checkpoint=path,
            resume=run_file is not None and run_file.resumes,
            threads=options.threads,
            progress=options.progress,
            diagnose=(self._watch() or False) if watches else False,
        )
        network.metadata.pop(NOTES, None)

    def _watch(self) -> Watch | None:
        """Return the `Watch` of the first network, with the names of the features."""
        diagnose, names = self._options.diagnose, self._encoder.feature_names
        if not isinstance(diagnose, Watch):
            return Watch(feature_names=names) if diagnose else None
        watch = copy.copy(diagnose)
        watch.feature_names = watch.feature_names or names
        return watch

    def _train_all(self, jobs: Sequence[Job], seconds: float | None) -> dict[int, str]:
        options, network, watch = self._options, jobs[0].network, self._watch()

        def callbacks(numbers: Sequence[int]) -> list[Callback]:
            return [*options.make_callbacks(), *([watch] if watch and 0 in numbers else [])]

        plan = JointPlan(
            network.check_data("fit", *self._data),
            self._epochs,
            batch_size=self._batch_size,
            drop_last=options.recipe.drops_last,
            validation=None if self._held_out is None else network.check_data("fit", *self._held_out),
            metrics=network.loss.choose_metrics("fit", options.goal.measured),
            early_stopping=self._early_stopping(),
            max_seconds=math.inf if seconds is None else seconds,
            threads=options.threads,
            progress=options.progress,
            make_callbacks=callbacks,
        )
        return train_jointly(jobs, plan)


def _complete(networks: list[Network]) -> list[Network]:
    """Return the networks that were trained to their end; if Ctrl-C left none, those that it interrupted."""
    trained = [network for network in networks if network.history.epochs]
    return [one for one in trained if one.history.stop_reason != "interrupted"] or trained or networks[:1]
