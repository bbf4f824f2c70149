"""What is done with rows before networks are trained on them: some are held out, the others scaled and encoded."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from glassnet.errors import DataError
from glassnet.populations.folds import Fold
from glassnet.tabular.encoding.coder_choice import without_information
from glassnet.tabular.encoding.encoder import TableEncoder
from glassnet.tabular.encoding.target import TargetEncoder
from glassnet.tabular.fitting.options import FitOptions, Rows
from glassnet.tabular.fitting.row_weights import weights_of_rows
from glassnet.tabular.splitting.division import equal_inputs
from glassnet.tabular.splitting.duplicates import shared_rows
from glassnet.tabular.splitting.grouped import divide_into_folds, divide_rows
from glassnet.tabular.streaming.encoded_blocks import EncodedBlocks
from glassnet.tabular.streaming.stream import Stream
from glassnet.training.class_weights import class_factors

__all__ = [
    "Arrays", "class_factors_of", "encoded", "fitted_encoder", "folds_of_rows", "hold_out", "rescaled",
    "rows_to_train_on", "take_arrays", "widened",
]  # fmt: skip

_HELD_OUT, _MOST_HELD_OUT = 0.2, 50_000  # share; rows

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray | None]
"""Features, encoded targets and weights of rows."""
Given = Arrays | tuple[EncodedBlocks, None, None]


def hold_out(rows: Rows, target: TargetEncoder, seed: int) -> tuple[Rows, Rows, int]:
    """Return rows to train on, rows to hold out, and how many of these equal one of the others.

    A fifth is held out, of more than 250,000 rows 50,000.
    """
    codes = target.transform(rows.target) if target.labels else None
    equal = equal_inputs(rows.inputs, rows.target)
    share = min(_HELD_OUT, _MOST_HELD_OUT / len(equal))
    train, valid = divide_rows(equal, [1.0 - share, share], seed, codes, rows.groups)
    return rows.take(train), rows.take(valid), int(shared_rows(equal, valid, train).sum())


def folds_of_rows(rows: Rows, target: TargetEncoder, n_folds: int, options: FitOptions) -> tuple[Sequence[Fold], int]:
    """Return the training and validation rows of each fold, and how many of the latter equal one of the former."""
    if options.folds is not None:
        return options.folds, 0
    codes = target.transform(rows.target) if target.labels else None
    equal = equal_inputs(rows.inputs, rows.target)
    folds = divide_into_folds(equal, n_folds, options.seed, codes, rows.groups)
    return folds, sum(int(shared_rows(equal, valid, train).sum()) for train, valid in folds)


def rescaled(target: TargetEncoder, rows: Rows, *, clip: bool) -> TargetEncoder:
    """Return the target encoder of a regression with the scale of the rows that are trained on."""
    found = TargetEncoder(clip=clip).fit(rows.target, "regression", rows.weight)
    found.reason = target.reason
    return found


def widened(target: TargetEncoder, rows: Rows | None) -> TargetEncoder:
    """Return the encoder of a regression, its range widened by that of other rows: those that move quantiles.

    Otherwise the highest quantile of a model that clips could not reach held-out rows above the range of training.
    """
    if rows is None or not len(rows.target):
        return target
    values, found, scale = rows.target.values, copy.copy(target), target.scale
    found._scale = replace(scale, low=min(scale.low, float(values.min())), high=max(scale.high, float(values.max())))
    return found


def fitted_encoder(options: FitOptions, train: Rows, rows: Rows) -> TableEncoder:
    """Return the encoder fitted on the training rows, or on all rows if no column of those has two values."""
    encoder = TableEncoder(**options.recipe.coding, allow_empty=True)
    with contextlib.suppress(DataError):
        if not encoder.fit(train.inputs, train.weight).is_constant:
            return encoder
    encoder.fit(rows.inputs, rows.weight)
    if encoder.is_constant and not options.allow_constant:
        without_information(encoder.coders, refuses=True)
    return encoder


def class_factors_of(options: FitOptions, target: TargetEncoder, rows: Rows) -> np.ndarray | None:
    """Return the weight of each class; None if they do not differ."""
    if options.class_weight is None:
        return None
    if options.stream is not None:
        return _factors_of_stream(options, options.stream, target)
    return class_factors(options.class_weight, target.n_outputs, target.transform(rows.target), rows.weight)


def _factors_of_stream(options: FitOptions, stream: Stream, target: TargetEncoder) -> np.ndarray | None:
    if options.class_weight is None:
        return None
    counts = stream.label_counts(target)
    return class_factors(options.class_weight, target.n_outputs, np.arange(len(counts)), counts)


def rows_to_train_on(options: FitOptions, encoder: TableEncoder, target: TargetEncoder, data: Arrays) -> Given:
    """Return what the networks are given: ``data``, or the rows of the files that these are a sample of."""
    if options.stream is None:
        return data
    return (
        EncodedBlocks(options.stream, encoder, target, _factors_of_stream(options, options.stream, target)),
        None,
        None,
    )


def encoded(encoder: TableEncoder, target: TargetEncoder, rows: Rows, factors: np.ndarray | None) -> Arrays:
    """Return rows as arrays; ``factors`` are the weights of classes by code, which multiply those of the rows."""
    y = target.transform(rows.target)
    return encoder.transform(rows.inputs), y, weights_of_rows(y, rows.weight, factors)


def take_arrays(data: Arrays, rows: np.ndarray) -> Arrays:
    """Return the rows of these numbers."""
    X, y, weight = data
    return X[rows], y[rows], None if weight is None else weight[rows]
