"""Divide the rows of a table into the parts of a training, and say how."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from glassnet.errors import DataError
from glassnet.tabular.encoding.coder_choice import is_identifier, is_running
from glassnet.tabular.reading.table import Column, Table
from glassnet.tabular.splitting.by_column import group_numbers, parts_by_time, parts_by_words, time_text
from glassnet.tabular.splitting.duplicates import among, equal_rows, shared_rows
from glassnet.tabular.splitting.grouped import divide_rows
from glassnet.utils.short_text import count

__all__ = ["Division", "SplitBy", "copies_sentence", "divide_table", "equal_inputs", "shared_sentences"]

_MANY = 0.05  # share of the rows


@dataclass(frozen=True)
class SplitBy:
    """The column that decides which rows are in one part: by its groups, by its order in time, or by its words.

    ``called`` is what the caller names it by, for error messages.
    """

    how: Literal["group", "time", "words"]
    column: Column
    called: str = "split"


@dataclass(frozen=True)
class Division:
    """The row numbers of each part, in the order training, validation, test.

    ``equal`` has the first equal row of each row, ``groups`` the number of its group, if there are groups.
    """

    rows: dict[str, np.ndarray]
    equal: np.ndarray
    groups: np.ndarray | None = None
    by: SplitBy | None = None
    shared: dict[str, dict[str, int]] = field(init=False)
    """How many rows of validation and test have an equal row in an earlier part; parts without such rows left out."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "shared", _shared(self.rows, self.equal))

    def describe(self) -> dict[str, Any]:
        """Return how the rows were divided, JSON-able."""
        found: dict[str, Any] = {"by": self.by.how if self.by else "rows", "shared": self.shared}
        found["column"] = self.by.column.name if self.by else None
        if self.by and self.by.how == "time":
            found["until"] = {part: time_text(self.by.column, rows) for part, rows in self.rows.items()}
        if self.groups is not None:
            found["groups"] = {part: len(np.unique(self.groups[rows])) for part, rows in self.rows.items()}
        return found


def equal_inputs(inputs: Table, target: Column) -> np.ndarray:
    """Return the first row with equal inputs and target for each row, but for identifiers and row numbers.

    Examples
    --------
    >>> from glassnet.tabular.reading.frames import column_from_values, to_table
    >>> equal_inputs(to_table({"a": [1, 2, 1]}), column_from_values("y", ["x", "x", "x"])).tolist()
    [0, 1, 0]
    """
    return equal_rows(
        [*(column for column in inputs.columns if not (is_identifier(column) or is_running(column))), target]
    )


def divide_table(
    where: str, equal: np.ndarray, shares: dict[str, float], seed: int, codes: np.ndarray | None, by: SplitBy | None
) -> Division:
    """Return the rows of each part of a table.

    Parameters
    ----------
    where : str
        Start of error messages.
    equal : ndarray of shape (n,)
        The first equal row of each, from `equal_inputs`.
    shares : dict
        The share of each part: training, validation and test, or some of them. With a column of words only the
        share of validation counts, of the rows that the words leave to training, where they name no validation rows.
    seed : int
        For what is random.
    codes : ndarray of shape (n,) or None
        Class codes, of which random parts get about the same share.
    by : SplitBy or None
        The column that decides.
    """
    if by is not None and by.how == "time":
        return Division(parts_by_time(f"{where}: {by.called}", by.column, shares), equal, by=by)
    if by is not None and by.how == "words":
        return _divide_by_words(where, equal, shares, seed, codes, by)
    groups = None if by is None else group_numbers(f"{where}: {by.called}", by.column)
    if by is not None and groups is not None and groups.max() + 1 < len(shares):
        must = f"it must have at least {len(shares)}, one for each of {', '.join(shares)}"
        has = f"column {by.column.name!r} has {count(int(groups.max()) + 1, 'different value')}"
        message = f"{where}: {by.called}: {has}; {must}."
        raise DataError(message, expected=len(shares), got=int(groups.max()) + 1)
    parts = divide_rows(equal, list(shares.values()), seed, codes, groups)
    return Division(dict(zip(shares, parts, strict=True)), equal, groups, by)


def _divide_by_words(
    where: str, equal: np.ndarray, shares: dict[str, float], seed: int, codes: np.ndarray | None, by: SplitBy
) -> Division:
    """Return the parts that the words of a column name; validation rows, if it names none, from those of training."""
    rows = parts_by_words(f"{where}: {by.called}", by.column)
    if "validation" not in rows and shares.get("validation"):
        train = rows["training"]
        share = shares["validation"]
        if len(train) < 4:
            must = "there must be at least 4"
            message = f"{where}: {by.called}: {count(len(train), 'row')} would be left to train on; {must}."
            raise DataError(message, expected=4, got=len(train))
        some = divide_rows(among(equal, train), [1.0 - share, share], seed, None if codes is None else codes[train])
        rows = {"training": train[some[0]], "validation": train[some[1]], **rows | {"training": train[some[0]]}}
        rows = {part: rows[part] for part in ("training", "validation", "test") if part in rows}
    return Division(rows, equal, by=by)


def _shared(rows: dict[str, np.ndarray], equal: np.ndarray) -> dict[str, dict[str, int]]:
    """Return for each part how many of its rows have an equal row in the parts before it, by part; each row once."""
    found: dict[str, dict[str, int]] = {}
    names = [part for part in ("training", "validation", "test") if part in rows]
    for i, part in enumerate(names):
        left = rows[part]
        for before in names[:i]:
            is_shared = shared_rows(equal, left, rows[before])
            if is_shared.any():
                found.setdefault(part, {})[before] = int(is_shared.sum())
            left = left[~is_shared]
    return found


def shared_sentences(division: Division) -> list[str]:
    """Return a sentence for each part that shares rows with an earlier one.

    Examples
    --------
    >>> rows = {"training": np.array([0, 1]), "test": np.array([2, 3])}
    >>> shared_sentences(Division(rows, np.array([0, 1, 1, 3])))
    ['1 of 2 test rows has an equal row in training.']
    """
    found = []
    for part, counts in division.shared.items():
        total = f"of {len(division.rows[part]):,} {part} rows"
        for i, (before, n) in enumerate(counts.items()):
            have = "has" if n == 1 else "have"
            where = "training" if before == "training" else "validation"
            more = " more" if i else ""
            found.append(f"{n:,}{more} {total} {have} an equal row in {where}.")
    return found


def copies_sentence(division: Division) -> str:
    """Return a sentence on rows that equal others, if they are many and none of them is in two parts.

    Examples
    --------
    >>> rows = {"training": np.array([0, 1, 4]), "test": np.array([2, 3])}
    >>> copies_sentence(Division(rows, np.array([0, 0, 2, 2, 4])))
    '2 of 5 rows equal an earlier one, target included; equal rows are all in one part.'
    """
    n = len(division.equal)
    copies = n - len(np.unique(division.equal))
    if copies < _MANY * n or division.shared:
        return ""
    equal = "equals" if copies == 1 else "equal"
    return f"{copies:,} of {n:,} rows {equal} an earlier one, target included; equal rows are all in one part."
