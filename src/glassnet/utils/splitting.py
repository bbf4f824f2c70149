"""Divide rows into parts: training, validation, test."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from glassnet.errors import ConfigError, DataError
from glassnet.utils.checks import check_integer

__all__ = ["split_rows"]


def split_rows(
    n: int,
    shares: Sequence[float],
    seed: int | np.random.SeedSequence | np.random.Generator,
    stratify: np.ndarray | None = None,
) -> list[np.ndarray]:
    """Return one sorted array of row numbers per share; together they are all rows, each once.

    Parameters
    ----------
    n : int
        Number of rows.
    shares : sequence of float
        Positive, summing to 1. Every part gets at least one row.
    seed : int, SeedSequence or Generator
        The same seed gives the same parts.
    stratify : ndarray of shape (n,), optional
        Class codes: every part then has nearly the same share of each class, and every class is in the first part
        as long as that has as many rows as there are classes.

    Raises
    ------
    DataError
        Fewer rows than parts.

    Examples
    --------
    >>> train, valid = split_rows(10, [0.8, 0.2], seed=0)
    >>> len(train), len(valid)
    (8, 2)
    """
    check_integer("split_rows", "n", n, 1)
    if any(share <= 0.0 for share in shares) or abs(sum(shares) - 1.0) > 1e-9:
        message = f"split_rows: shares is {list(shares)}; they must be above 0 and sum to 1."
        raise ConfigError(message, got=list(shares))
    if n < len(shares):
        message = f"split_rows: {n} rows for {len(shares)} parts; there must be at least one row for each."
        raise DataError(message, expected=len(shares), got=n)
    order = _shuffled_evenly(np.zeros(n, dtype=np.int64) if stratify is None else stratify, np.random.default_rng(seed))
    # Round the cumulative shares, then move the borders so that no part is empty.
    borders = np.round(np.cumsum(shares) * n).astype(np.int64)
    for i in range(len(borders) - 1):
        least = borders[i - 1] + 1 if i else 1
        borders[i] = min(max(borders[i], least), n - (len(shares) - 1 - i))
    return [np.sort(part) for part in np.split(order, borders[:-1])]


def _shuffled_evenly(codes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return all rows in random order, such that every section has about the same share of each class."""
    n = len(codes)
    order = rng.permutation(n)
    grouped = order[np.argsort(codes[order], kind="stable")]
    _, starts, counts = np.unique(codes[grouped], return_index=True, return_counts=True)
    rank = np.arange(n) - np.repeat(starts, counts)
    # Row r of a class of c rows has the key (r + u) / c, with one random u per class.
    position = (rank + np.repeat(rng.random(len(starts)), counts)) / np.repeat(counts, counts)
    # One row of every class comes first, so that the largest part has all classes.
    position[rank == 0] = 0.0
    return grouped[np.argsort(position, kind="stable")]
