"""Find rows of a table that are equal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from glassnet.tabular.reading.table import Column

__all__ = ["among", "equal_rows", "mixed", "shared_rows"]

_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def equal_rows(columns: Sequence[Column]) -> np.ndarray:
    """Return for each row the number of the first row that is equal to it, int64 (n,).

    Missing values are equal to each other, and so are 0 and -0. Rows are found by a 64-bit hash, and those whose hashes
    are equal are compared cell by cell.

    Examples
    --------
    >>> from glassnet.tabular.reading.frames import to_table
    >>> equal_rows(to_table({"a": [1, 2, 1, None, None], "b": ["x", "x", "x", "", None]}).columns).tolist()
    [0, 1, 0, 3, 3]
    """
    n = len(columns[0])
    hashes: np.ndarray = np.zeros(n, dtype=np.uint64)
    for column in columns:
        hashes ^= _plain_key(column)
        hashes = mixed(hashes)
    order = np.argsort(hashes, kind="stable")
    ordered = hashes[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if n else np.empty(0, np.int64)
    first: np.ndarray = np.empty(n, dtype=np.int64)
    first[order] = np.repeat(order[starts], np.diff(np.append(starts, n)))
    candidates = np.flatnonzero(first != np.arange(n))
    different = candidates[~_equal(columns, candidates, first[candidates])]
    if different.size:
        _separate(columns, different, first)
    return first


def mixed(keys: np.ndarray) -> np.ndarray:
    """Return uint64 numbers with their bits mixed, one to one; overwrites ``keys``.

    References
    ----------
    Steele, Lea, Flood (2014), "Fast splittable pseudorandom number generators", the last step of SplitMix64.
    """
    keys += np.uint64(0x9E3779B97F4A7C15)
    keys ^= keys >> np.uint64(30)
    keys *= _FIRST
    keys ^= keys >> np.uint64(27)
    keys *= _SECOND
    keys ^= keys >> np.uint64(31)
    return keys


def _plain_key(column: Column) -> np.ndarray:
    """Return a number for each cell, uint64 (n,): equal cells have equal numbers."""
    if column.kind == "number" and column.exact is None:
        values = np.where(column.missing, np.nan, column.values + 0.0)  # -0.0 + 0.0 is 0.0
        return values.view(np.uint64)
    if column.kind == "date":
        return column.values.astype("M8[us]").view(np.uint64)
    if column.kind == "boolean":
        return np.where(column.missing, 2, column.values).astype(np.uint64)
    return np.fromiter(map(hash, _cells(column).tolist()), np.int64, len(column)).view(np.uint64)


def _cells(column: Column) -> np.ndarray:
    """Return the values, large whole numbers as their text: as float64 different ones may be equal."""
    return column.values if column.exact is None else column.exact


def _equal(columns: Sequence[Column], rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return for each pair of rows whether they are equal."""
    equal: np.ndarray = np.ones(len(rows), dtype=bool)
    for column in columns:
        missing, cells = (column.missing[rows], column.missing[others]), _cells(column)
        values = cells[rows] == cells[others]
        equal &= np.where(missing[0] | missing[1], missing[0] & missing[1], values.astype(bool))
    return equal


def _separate(columns: Sequence[Column], rows: np.ndarray, first: np.ndarray) -> None:
    """Write to ``first`` the first equal row of those ``rows`` that only the hash made equal to another."""
    seen: dict[tuple[object, ...], int] = {}
    parts: list[list[object]] = []
    for column in columns:
        cells = _cells(column)[rows].astype(object)
        cells[column.missing[rows]] = None
        parts.append(cells.tolist())
    for row, content in zip(rows.tolist(), zip(*parts, strict=True), strict=True):
        first[row] = seen.setdefault(content, row)


def shared_rows(equal: np.ndarray, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return for each of ``rows`` whether an equal row is among ``others``; ``equal`` is from `equal_rows`.

    Examples
    --------
    >>> shared_rows(np.array([0, 1, 0, 3]), np.array([2, 3]), np.array([0, 1])).tolist()
    [True, False]
    """
    is_there: np.ndarray = np.zeros(len(equal), dtype=bool)
    is_there[equal[others]] = True
    return np.asarray(is_there[equal[rows]])


def among(equal: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return `equal_rows` of these rows alone, given those of all.

    Examples
    --------
    >>> among(np.array([0, 1, 0, 0]), np.array([1, 2, 3])).tolist()
    [0, 1, 1]
    """
    _, first, number = np.unique(equal[rows], return_index=True, return_inverse=True)
    return np.asarray(first[number])
