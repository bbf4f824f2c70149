"""Rows divided into folds: at random, with the same share of each class, or by groups that stay together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from glassnet.errors import ConfigError, DataError, ShapeError
from glassnet.utils.checks import check_integer

__all__ = ["Fold", "given_fold", "make_folds"]

Fold = tuple[np.ndarray, np.ndarray]
"""The row numbers to train on and those to test on."""


def make_folds(
    n: int, folds: int | Iterable[Any], seed: int, *, repeats: int = 1, codes: np.ndarray | None = None,
    groups: Any = None,
) -> list[Fold]:  # fmt: skip
    """Return the folds of all repeats, of n rows; ``folds`` is their number or the row numbers themselves.

    Each division follows from ``seed`` and the number of the repeat. With ``codes``, the class of each row, every fold
    has about the same share of each class; with ``groups`` rows of the same group stay together.
    """
    repeats = check_integer("cross_validate", "repeats", repeats, 1)
    if isinstance(folds, Iterable):
        return [given_fold("cross_validate: each of folds", n, pair) for pair in folds] * repeats
    count = check_integer("cross_validate", "folds", folds, 2)
    found: list[Fold] = []
    for repeat in range(repeats):
        stream = np.random.SeedSequence(seed, spawn_key=(_FOLDS, repeat))
        parts = _split(n, count, stream, codes) if groups is None else _split_groups(n, count, stream, groups)
        found += [(np.setdiff1d(np.arange(n), part, assume_unique=True), part) for part in parts]
    return found


_FOLDS = 4  # the streams 0-3 of a seed belong to a run


def _split(n: int, count: int, stream: np.random.SeedSequence, codes: np.ndarray | None) -> list[np.ndarray]:
    """Deal the rows out in random order, class by class: sizes, and counts of each class, differ by 1 at most."""
    if n < count:
        message = f"cross_validate: {n} rows for {count} folds; there must be at least one row for each."
        raise DataError(message, expected=count, got=n)
    order = np.random.default_rng(stream).permutation(n)
    if codes is not None:
        order = order[np.argsort(codes[order], kind="stable")]
    return [np.sort(order[fold::count]) for fold in range(count)]


def _split_groups(n: int, count: int, stream: np.random.SeedSequence, groups: Any) -> list[np.ndarray]:
    """Give the groups to the folds, the largest first, each to the fold that has the fewest rows."""
    labels = np.asarray(groups)
    if labels.shape != (n,):
        message = f"cross_validate: groups has shape {labels.shape}; it must have one entry for each of {n} rows."
        raise ShapeError(message, expected=(n,), got=labels.shape)
    names, members, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    if len(names) < count:
        message = f"cross_validate: {len(names)} groups for {count} folds; there must be at least {count}."
        raise DataError(message, expected=count, got=len(names))
    order = np.random.default_rng(stream).permutation(len(names))
    order = order[np.argsort(-sizes[order], kind="stable")]
    fold_of, rows_in = np.zeros(len(names), dtype=np.int64), np.zeros(count, dtype=np.int64)
    for group in order:
        fold_of[group] = rows_in.argmin()
        rows_in[fold_of[group]] += sizes[group]
    return [np.flatnonzero(fold_of[members] == fold) for fold in range(count)]


def given_fold(what: str, n: int, pair: Any) -> Fold:
    """Return a pair of row numbers that the user made, checked; ``what`` begins the error messages.

    Examples
    --------
    >>> given_fold("cross_validate: each of folds", 3, ([0, 1], [2]))
    (array([0, 1]), array([2]))
    """
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        message = f"{what} is {pair!r}; it must be a pair of row numbers (train, test)."
        raise ConfigError(message, got=pair)
    where = what.split(":")[0]
    train, test = (_row_numbers(where, n, rows) for rows in pair)
    if np.intersect1d(train, test).size:
        row = int(np.intersect1d(train, test)[0])
        message = f"{where}: row {row} is in both parts of a fold; training and test rows must differ."
        raise DataError(message, got=row)
    return train, test


def _row_numbers(where: str, n: int, rows: Any) -> np.ndarray:
    numbers = np.asarray(rows)
    if numbers.dtype == bool and numbers.shape == (n,):
        numbers = np.flatnonzero(numbers)
    if numbers.ndim != 1 or not numbers.size or numbers.dtype.kind not in "iu":
        message = f"{where}: the row numbers are {rows!r}; they must be whole numbers."
        raise ConfigError(message, got=rows)
    if numbers.min() < 0 or numbers.max() >= n:
        wrong = int(numbers.min() if numbers.min() < 0 else numbers.max())
        message = f"{where}: row {wrong} does not exist; row numbers must lie between 0 and {n - 1}."
        raise DataError(message, expected=n, got=wrong)
    return numbers.astype(np.int64)
