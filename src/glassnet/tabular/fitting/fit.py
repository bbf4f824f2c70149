"""Train a table model: encode the columns, train the networks of a recipe, and average them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np

from glassnet.errors import DivergenceError
from glassnet.losses import Quantile
from glassnet.network import Network
from glassnet.populations.folds import Fold
from glassnet.populations.stacking import stack
from glassnet.tabular.attribution.background import typical_rows
from glassnet.tabular.calibration.calibrating import calibrate
from glassnet.tabular.calibration.result import CalibratedProbabilities
from glassnet.tabular.encoding.encoder import TableEncoder
from glassnet.tabular.encoding.target import TargetEncoder
from glassnet.tabular.fitting.constant import constant_network
from glassnet.tabular.fitting.deadline import Deadline, Planned
from glassnet.tabular.fitting.epoch_choice import require_scores
from glassnet.tabular.fitting.jobs import Jobs
from glassnet.tabular.fitting.memory import announce_memory
from glassnet.tabular.fitting.options import FitOptions, Rows
from glassnet.tabular.fitting.preparation import (
    Arrays,
    class_factors_of,
    encoded,
    fitted_encoder,
    folds_of_rows,
    hold_out,
    rescaled,
    take_arrays,
    widened,
)
from glassnet.tabular.model import TableModel
from glassnet.tabular.splitting.row_hashes import RowHashes, row_contents
from glassnet.training import History

__all__ = ["Trained", "fit_table"]

_FEWEST_STEPS, _SMALL_SHARE = 200, 0.1  # of a training that is worth it; of the epochs without a limit
_FEWEST_ROWS = 10  # with fewer, none are held out
_SHARE_AFTER = 0.7  # of the time before the training, for hashes and findings: 0.4 to 0.7 of it on tables of all sizes


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
    n_shared: int | None = 0
    absent: Sequence[Any] = ()
    was_interrupted: bool = False  # by Ctrl-C
    most_epochs: int = 0  # of each network, without a time limit
    planned: Planned | None = None  # for each network, if a time limit changed it
    steps_per_pass: int = 1
    n_asked: int = 0  # networks, if time was too short for some of them

    def steps_of(self, history: History) -> int:
        """Return the number of steps of one network, by its ``history``."""
        each = None if self.planned is None else self.planned.steps
        return history.epochs * (self.steps_per_pass if each is None else each)

    def shortage(self, limit: str) -> str:
        """Return a sentence if time was too short for a model that is worth its name, "" otherwise.

        Parameters
        ----------
        limit : str
            What the limit is called.
        """
        if self.planned is None or self.was_interrupted:
            return ""
        steps = sorted(self.steps_of(each) for each in self.histories if each.stop_reason != "early stopping")
        few = bool(self.n_asked) and len(self.histories) < self.n_asked
        passes = [each / self.steps_per_pass for each in steps]
        if not steps or passes[0] >= _SMALL_SHARE * self.most_epochs:
            is_enough = True
        else:
            is_enough = passes[0] >= 1.0 and steps[0] >= _FEWEST_STEPS
        if is_enough and not few:
            return ""
        enough = [f"{len(self.histories)} of {self.n_asked} networks"] if few else []
        if not is_enough:
            count = f"{_range_text(steps)} step{'s' if steps[-1] > 1 else ''}"
            enough += [f"{_range_text(passes)} of {self.most_epochs} epochs", count]
        return f"{limit} was enough for {', '.join(enough)}: more time makes a better model."


def _range_text(values: Sequence[float]) -> str:
    """Return the least and the most of sorted values, or the one that all are."""
    return " to ".join(
        dict.fromkeys(f"{value:,.0f}" if value >= 10 else f"{value:.2g}" for value in (values[0], values[-1]))
    )


class _Coded(NamedTuple):
    """Rows to train on, and those that choose the epoch, as they were read; and the former encoded."""

    encoder: TableEncoder
    target: TargetEncoder
    parts: tuple[Rows, Rows | None]
    data: Arrays


def fit_table(train: Rows, valid: Rows | None, target: TargetEncoder, options: FitOptions) -> Trained:
    """Train the networks of a recipe, and return them as one model.

    The epoch is chosen by the validation rows ``valid``; some training rows are held out if these are None and there
    are no folds. The scale of a fitted regression target is fitted again on the rows that are trained on.
    """
    deadline = options.deadline or Deadline(options.max_seconds)
    began = deadline.clock()
    rows = train
    n_shared = 0 if options.stream is None else None  # not known where rows stay in files
    if valid is None and options.n_folds is None and len(train.target) >= _FEWEST_ROWS:
        train, valid, n_shared = hold_out(train, target, options.seed)
    if target.task == "regression":
        # If few rows are left, all of them may have the same value.
        scaled = train if len(np.unique(train.target.values)) > 1 else rows
        target = rescaled(target, scaled, clip=options.recipe.clips)
        target = target if options.stream is None else options.stream.scaled(target)
        target = widened(target, valid) if isinstance(options.goal.loss, Quantile) else target
    encoder = fitted_encoder(options, train, rows)
    if encoder.is_constant:
        target = rescaled(target, rows, clip=options.recipe.clips) if target.task == "regression" else target
        network = constant_network(options.goal.loss, rows, target, class_factors_of(options, target, rows))
        return Trained(TableModel(network, encoder, target), rows, [network.history], [network], n_shared)
    n_rows = len(train.target) + (0 if valid is None else len(valid.target))
    announce_memory("fit", n_rows, len(encoder.feature_names), options.announce)
    factors = class_factors_of(options, target, train)
    held_out = None if valid is None else encoded(encoder, target, valid, factors)
    folds: Sequence[tuple[Any, Any]] = [(None, None)]
    if options.n_folds is not None:
        folds, n_shared = folds_of_rows(train, target, options.n_folds, options)
    data = encoded(encoder, target, train, factors)
    chosen_by = [held_out[1:]] if held_out else [take_arrays(data, out)[1:] for _, out in folds if out is not None]
    require_scores(options.goal.metric, target, chosen_by, are_folds=options.n_folds is not None)
    deadline.keep_back(_SHARE_AFTER * (deadline.clock() - began))
    jobs = Jobs(options, encoder, target, data, held_out, folds, train.weight)
    try:
        trained = jobs.train(deadline)
    except DivergenceError as error:
        # What the network advises, another learning rate, is part of the recipe.
        advice = "Try another recipe, or another random_state."
        what = f" ({error.got})" if error.got else ""
        message = f"fit: training diverged{what}; loss and weights must stay finite. {advice}"
        raise DivergenceError(message, got=error.got) from error
    found = _Coded(encoder, target, (train, valid), data)
    return _finished(found, trained, n_shared, jobs, options)


def _finished(coded: _Coded, trained: list[Network], n_shared: int | None, jobs: Jobs, options: FitOptions) -> Trained:
    """Return networks that were trained as one model, calibrated, with what it keeps of its training rows."""
    encoder, target, (train, valid), data = coded
    calibrated = calibrate(trained, jobs.held_out(trained), target)
    if isinstance(calibrated, CalibratedProbabilities):
        calibrated = replace(calibrated, weighs_classes=options.class_weight is not None)
    network = trained[0] if len(trained) == 1 else stack([one._untrained() for one in trained])
    if options.keeps_hashes and options.stream is None:
        parts = coded.parts if options.folds is None else _ever_trained_on(train, options.folds)
        network.attachments |= _hashes(network, encoder, target, parts).arrays()
    histories = [one.history for one in trained]
    model = TableModel(network, encoder, target)
    model.calibration = calibrated
    model.background = typical_rows(model, data[0], train.weight, jobs.n_typical)
    counts: Any = np.bincount(data[1], minlength=len(target.labels)) if target.labels else ()
    if target.labels and options.stream is not None:
        counts = options.stream.label_counts(target)
    absent = [label for label, count in zip(target.labels, counts, strict=True) if not count]
    checked = train if valid is None else valid
    return Trained(model, checked, histories, trained, n_shared, absent, jobs.was_interrupted, *jobs.plan, jobs.n_asked)


def _ever_trained_on(rows: Rows, folds: Sequence[Fold]) -> tuple[Rows, Rows | None]:
    """Return the rows that some network was trained on, and those that only chose epochs; others are in no fold."""
    train, valid = (np.unique(np.concatenate(parts)) for parts in zip(*folds, strict=True))
    rest = np.setdiff1d(valid, train)
    return rows.take(train), rows.take(rest) if len(rest) else None


def _hashes(
    network: Network, encoder: TableEncoder, target: TargetEncoder, parts: tuple[Rows, Rows | None]
) -> RowHashes:
    """Return hashes of the rows that were trained on, and of those that chose the epoch."""
    train, valid = (None if rows is None else row_contents(encoder, target, rows.inputs, rows.target) for rows in parts)
    assert train is not None
    # Random, as the weights are, and yet the same for equal runs: they leave equal files.
    salt = int.from_bytes(blake2b(network.params.tobytes(), digest_size=8).digest())
    return RowHashes.of(train, valid, salt)
