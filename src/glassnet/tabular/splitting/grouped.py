"""Divide rows such that those of one group stay together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from glassnet.errors import DataError
from glassnet.populations.folds import Fold, make_folds
from glassnet.utils.short_text import count
from glassnet.utils.splitting import split_rows

__all__ = ["divide_into_folds", "divide_rows", "merge_groups", "split_groups"]

_FEWEST = 30  # groups of equal rows on each side
_LARGE = 0.05  # a group of more rows than this share of the smallest part is placed by itself


def divide_rows(
    equal: np.ndarray,
    shares: Sequence[float],
    seed: int,
    codes: np.ndarray | None = None,
    groups: np.ndarray | None = None,
) -> list[np.ndarray]:
    """Return the row numbers of each part, sorted; together they are all rows, each once.

    Rows of one group are always in one part. Equal rows are, too, unless a part would then have fewer than 30 different
    rows while most of its rows repeat others; they are divided like all others in this case. Without groups and equal
    rows the parts are those of `split_rows`.

    Parameters
    ----------
    equal : ndarray of shape (n,)
        The first equal row of each row, from `equal_rows`.
    shares : sequence of float
        Positive, summing to 1.
    seed : int
        The same seed gives the same parts.
    codes : ndarray of shape (n,), optional
        Class codes, of which every part gets about the same share.
    groups : ndarray of shape (n,), optional
        Whole numbers: the group of each row.

    Examples
    --------
    >>> equal = np.repeat(np.arange(0, 200, 2), 2)
    >>> train, test = divide_rows(equal, [0.6, 0.4], seed=0)
    >>> len(train), len(test), np.isin(equal[test], equal[train]).any()
    (120, 80, np.False_)
    """
    parts = _with_equal_rows(equal, shares, seed, codes, groups)
    if parts is not None:
        return parts
    if groups is None:
        return split_rows(len(equal), shares, seed, stratify=codes)
    return split_groups(groups, shares, seed, codes)


def _with_equal_rows(
    equal: np.ndarray, shares: Sequence[float], seed: int, codes: np.ndarray | None, groups: np.ndarray | None
) -> list[np.ndarray] | None:
    """Return parts with equal rows in one of them; None if there are no such rows, or too few others."""
    if (equal == np.arange(len(equal))).all():
        return None
    units = equal if groups is None else merge_groups(equal, groups)
    if len(np.unique(units)) < len(shares):
        return None
    parts = split_groups(units, shares, seed, codes)
    return parts if all(_has_enough(units[part]) for part in parts) else None


def divide_into_folds(
    equal: np.ndarray, n_folds: int, seed: int, codes: np.ndarray | None = None, groups: np.ndarray | None = None
) -> list[Fold]:
    """Return pairs of training and validation rows, where each row is in one of the validation parts.

    What stays together is as in `divide_rows`; without groups and equal rows the folds are those of `make_folds`.

    Examples
    --------
    >>> [len(held_out) for _, held_out in divide_into_folds(np.arange(10), 3, seed=0)]
    [4, 3, 3]
    """
    n, shares = len(equal), [1.0 / n_folds] * n_folds
    parts = _with_equal_rows(equal, shares, seed, codes, groups)
    if parts is None:
        if groups is None:
            return make_folds(n, n_folds, seed, codes=codes)
        parts = split_groups(groups, shares, seed, codes)
    return [(np.setdiff1d(np.arange(n), part, assume_unique=True), part) for part in parts]


def _has_enough(units: np.ndarray) -> bool:
    """Return whether a part has enough groups, or nearly as many as it has rows."""
    n_units = len(np.unique(units))
    return n_units >= _FEWEST or 2 * n_units > len(units)


def merge_groups(equal: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return the smallest row number of all that is connected to each row, by its group or by equal rows.

    Examples
    --------
    >>> merge_groups(np.array([0, 1, 1, 3]), np.array([5, 5, 6, 7])).tolist()
    [0, 0, 0, 3]
    """
    names, first, members = np.unique(groups, return_index=True, return_inverse=True)
    repeated = np.flatnonzero(equal != np.arange(len(equal)))
    pairs = np.stack([members[equal[repeated]], members[repeated]], axis=1)
    root = np.arange(len(names)).tolist()

    def find(group: int) -> int:
        while root[group] != group:
            root[group] = root[root[group]]
            group = root[group]
        return group

    for one, other in np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0).tolist():
        low, high = sorted((find(one), find(other)), key=lambda group: first[group])
        root[high] = low
    return np.asarray(first[np.array([find(group) for group in range(len(names))])][members])


def split_groups(
    groups: np.ndarray, shares: Sequence[float], seed: int, codes: np.ndarray | None = None
) -> list[np.ndarray]:
    """Return one sorted array of row numbers per share, with the rows of each group in one of them.

    Large groups are placed one by one, where their classes are missing most;
    the others in random order, such that every part gets about the same share of each class.

    Raises
    ------
    DataError
        Fewer groups than parts.

    Examples
    --------
    >>> [part.tolist() for part in split_groups(np.array([0, 0, 1, 1, 2, 2]), [0.67, 0.33], seed=0)]
    [[0, 1, 4, 5], [2, 3]]
    """
    n = len(groups)
    rng = np.random.default_rng(seed)
    names, members, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    if len(names) < len(shares):
        must = f"each of {len(shares)} parts must have at least one"
        message = f"split: the rows are of {count(len(names), 'group')}; {must}."
        raise DataError(message, expected=len(shares), got=len(names))
    kinds = np.zeros(n, dtype=np.int64) if codes is None else np.unique(codes, return_inverse=True)[1]
    part_of: np.ndarray = np.full(len(names), -1, dtype=np.int64)
    order = rng.permutation(len(names))
    order = order[np.argsort(-sizes[order], kind="stable")]
    large = order[sizes[order] > max(_LARGE * min(shares) * n, 1)] if len(names) > 8 * len(shares) else order
    wanted = np.outer(np.asarray(shares), np.bincount(kinds))
    part_of[large], placed = _placed(large, members, kinds, wanted)
    small = np.flatnonzero(part_of < 0)
    needs = np.maximum(wanted.sum(axis=1) - placed, 0.0)
    part_of[small] = _dealt(sizes[small], _main_class(members, kinds)[small], needs, rng)
    for part in np.setdiff1d(np.arange(len(shares)), part_of):
        giving = np.flatnonzero(part_of == np.bincount(part_of).argmax())
        part_of[giving[sizes[giving].argmin()]] = part
    return [np.flatnonzero(part_of[members] == part) for part in range(len(shares))]


def _placed(
    large: np.ndarray, members: np.ndarray, kinds: np.ndarray, wanted: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the part of each large group, and how many rows each part then has.

    ``wanted`` has the number of rows of each class (column) for each part.
    """
    rows = np.argsort(members, kind="stable")
    starts = np.searchsorted(members[rows], large)
    ends = np.searchsorted(members[rows], large, side="right")
    placed, part_of = np.zeros_like(wanted), np.zeros(len(large), dtype=np.int64)
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        classes, counts = np.unique(kinds[rows[start:end]], return_counts=True)
        fill = ((placed[:, classes] + counts) / wanted[:, classes] * counts).sum(axis=1)
        part_of[number] = fill.argmin()
        placed[part_of[number], classes] += counts
    return part_of, placed.sum(axis=1)


def _main_class(members: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Return the most frequent class of each group."""
    pairs, counts = np.unique(members * (kinds.max() + 1) + kinds, return_counts=True)
    of_group, of_class = np.divmod(pairs, kinds.max() + 1)
    order = np.lexsort((counts, of_group))
    last = np.flatnonzero(np.append(np.diff(of_group[order]) > 0, True))
    return np.asarray(of_class[order][last])


def _dealt(sizes: np.ndarray, classes: np.ndarray, needs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a part for each group of ``sizes``, in random order by class, so that the parts get the rows they need."""
    if not len(sizes):
        return np.empty(0, dtype=np.int64)
    order = rng.permutation(len(sizes))
    order = order[np.argsort(classes[order], kind="stable")]
    _, starts, counts = np.unique(classes[order], return_index=True, return_counts=True)
    ends = np.cumsum(sizes[order])
    before = ends - sizes[order]
    of_class = ends[starts + counts - 1] - before[starts]
    inside = (before - np.repeat(before[starts], counts)) + np.repeat(rng.random(len(starts)), counts)
    position = inside / np.repeat(of_class, counts)
    position[starts] = 0.0  # one group of every class comes first, so that the first part has all classes
    order = order[np.argsort(position, kind="stable")]
    middle = np.cumsum(sizes[order]) - sizes[order] / 2
    borders = np.cumsum(needs) / needs.sum() * sizes.sum()
    part_of: np.ndarray = np.empty(len(sizes), dtype=np.int64)
    part_of[order] = np.searchsorted(borders[:-1], middle)
    return part_of
