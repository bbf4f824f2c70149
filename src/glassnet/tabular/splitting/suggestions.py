"""Columns by which rows might better be divided than at random: what was measured, and the option that does it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from glassnet.tabular.reading.table import Column, Table
from glassnet.tabular.splitting.by_column import time_text
from glassnet.utils.wording import shortened

__all__ = ["is_called_identifier", "suggest_divisions"]

_FEWEST_VALUES = 10  # of a column of groups
_FEWEST_REPEATED = 5, 0.01  # rows, and share of the rows, whose value another row has
_FEWEST_TIMES = 20
_SHARED = 0.05  # of the rows that are scored
_MOST_PAIRS = 2000
_MOST_COLUMNS = 40  # that are looked at closely, and that each is compared with
_FEWEST_PAIRS = 30
_ALIKE = 0.5  # agreement of a column between two rows of one group, where 0 is chance and 1 is certainty
_SHARE_ALIKE = 0.3  # of the other columns
_MOST_RUNS = 2  # of rows with the same number, for each number
_MOST_RUNS_OF_ROWS = 0.75  # the same, for each row
_IDENTIFIER = re.compile(
    r"(.* )?(id|ids|uuid|guid)"
    r"|(patient|subject|person|participant|customer|client|user|household|family|student|employee|account|player|session"
    r"|device|machine|sensor)( (no|nr|num|number|code|key|name|index))?"
)
_BIRTH = re.compile(r"birth|born|\bdob\b")


def suggest_divisions(
    table: Table, target: str, train: np.ndarray, scored: np.ndarray, spelled: Callable[[str, Any], str]
) -> list[str]:
    """Return a sentence for a column of groups and one for a column of dates, if rows might better be divided by these.

    A column of groups is text or whole numbers whose values repeat, and is called like an identifier, or the rows of
    one value are alike in other columns; whole numbers must then stand in the table value by value. A column of dates
    is one where most rows that are scored are not later than all training rows.

    Parameters
    ----------
    table : Table
        All rows, with the target and columns that are no inputs.
    target : str
        Its name.
    train, scored : ndarray
        The row numbers of training, and of the rows that scores are reported on.
    spelled : callable
        Returns an option and its value in the words of the caller.

    Examples
    --------
    >>> from glassnet.tabular.reading.frames import to_table
    >>> from glassnet.tabular.reading.options import python_spelling
    >>> table = to_table({"patient": [f"P{i % 80}" for i in range(400)], "y": [0.5 * i for i in range(400)]})
    >>> rows = np.random.default_rng(0).permutation(400)
    >>> suggest_divisions(table, "y", rows[:320], rows[320:], python_spelling)  # doctest: +NORMALIZE_WHITESPACE
    ["Column 'patient' has 80 values in 400 rows; rows of one value are on both sides of the split:
    group='patient' keeps them together."]
    """
    others = [column for column in table.columns if column.name != target]
    likely = sorted(others, key=lambda column: not is_called_identifier(column.name))
    candidates = (each for column in likely if (each := _candidate(column, train, scored)) is not None)
    compared = table.columns[:: -(-len(table.columns) // _MOST_COLUMNS)]
    found = [one for each in islice(candidates, _MOST_COLUMNS) if (one := _as_groups(*each, compared)) is not None]
    found.sort(key=lambda each: -each.strength)
    times = [column for column in others if _is_time(column, train, scored)][:1]
    return [_group_sentence(each, table.n_rows, spelled) for each in found[:1]] + [
        _time_sentence(column, spelled) for column in times
    ]


@dataclass(frozen=True)
class _Groups:
    """A column whose values may be groups."""

    column: Column
    n_values: int
    strength: float  # share of the other columns that are alike within a group; more if it is called an identifier


def _candidate(column: Column, train: np.ndarray, scored: np.ndarray) -> tuple[Column, np.ndarray] | None:
    """Return a column with repeated values, which are on both sides, and their codes; None for another column."""
    named = is_called_identifier(column.name)
    if column.kind == "number" and not named and _runs(column.values) > _MOST_RUNS_OF_ROWS * len(column):
        return None  # before all its values are sorted
    codes = _codes(column)
    if codes is None:
        return None
    n, sizes = len(codes), np.bincount(codes)
    least, share = _FEWEST_REPEATED
    if len(sizes) < _FEWEST_VALUES or int((sizes[codes] > 1).sum()) < max(least, share * n):
        return None
    if not named and column.kind == "number" and (n < 2 * len(sizes) or not _stands_together(codes)):
        return None
    in_training: np.ndarray = np.zeros(len(sizes), dtype=bool)
    in_training[codes[train]] = True
    return (column, codes) if in_training[codes[scored]].mean() >= _SHARED else None


def _as_groups(column: Column, codes: np.ndarray, columns: Sequence[Column]) -> _Groups | None:
    """Return a column as groups, if there is reason to take it for one."""
    alike = _share_alike(column, codes, [other for other in columns if other is not column])
    named = is_called_identifier(column.name)
    return _Groups(column, int(codes.max()) + 1, alike + named) if named or alike >= _SHARE_ALIKE else None


def is_called_identifier(name: str) -> bool:
    """Return whether a column is called like an identifier of somebody or something.

    Examples
    --------
    >>> [is_called_identifier(name) for name in ("customer_id", "PatientNo", "device", "number_customer_calls")]
    [True, True, True, False]
    """
    words = re.sub(r"[\W_]+|(?<=[a-z])(?=[A-Z])", " ", name).lower().strip()
    return _IDENTIFIER.fullmatch(words) is not None


def _stands_together(codes: np.ndarray) -> bool:
    """Return whether the rows of one value stand together in the table."""
    return _runs(codes) <= _MOST_RUNS * (int(codes.max()) + 1)


def _runs(values: np.ndarray) -> int:
    """Return the number of runs of equal values."""
    return 1 + int((values[1:] != values[:-1]).sum())


def _codes(column: Column) -> np.ndarray | None:
    """Return text or whole numbers as 0, 1, ... in their order; None for other columns, and if values are missing."""
    if column.n_missing or not len(column):
        return None
    if column.kind == "category":
        cells = column.values.tolist()
        code = {text: i for i, text in enumerate(sorted(set(cells)))}
        return np.fromiter(map(code.__getitem__, cells), np.int64, len(cells))
    if column.kind != "number" or (column.values != np.floor(column.values)).any() or np.isinf(column.values).any():
        return None
    return np.unique(column.values, return_inverse=True)[1].astype(np.int64)


def _share_alike(column: Column, codes: np.ndarray, others: Sequence[Column]) -> float:
    """Return the share of the other columns in which rows of one value are much more alike than others.

    Of whole numbers, rows of one value must be more alike than those of one value and the next, which rules out ages
    and amounts, on which other columns depend smoothly.
    """
    order = np.argsort(codes, kind="stable")
    step = np.diff(codes[order])
    same, following = _pairs(order, step == 0), _pairs(order, step > 0)
    if len(same[0]) < _FEWEST_PAIRS or not others:
        return 0.0
    alike = 0
    for other in others:
        agreement = _agreement(other, *same)
        if column.kind == "number" and len(following[0]) > 1:
            agreement -= max(_agreement(other, *following), 0.0)
        alike += agreement >= _ALIKE
    return alike / len(others)


def _pairs(order: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and second rows of some of the neighbours that are wanted."""
    places = np.flatnonzero(wanted)
    places = places[:: max(len(places) // _MOST_PAIRS, 1)]
    return order[places], order[places + 1]


def _agreement(column: Column, first: np.ndarray, second: np.ndarray) -> float:
    """Return how much more alike the rows of a pair are than any two: 0 by chance, 1 if equal."""
    rows = np.concatenate([first, second])
    values = column.values[rows]
    if column.kind in ("number", "date"):
        values = values.astype(np.float64) if column.kind == "number" else values.astype(np.int64)
        # Ranks, so that a few extreme numbers do not decide.
        ranks = np.unique(values, return_inverse=True)[1].astype(np.float64)
        variance = float(ranks.var())
        difference = ranks[: len(first)] - ranks[len(first) :]
        return 1.0 - float(np.square(difference).mean()) / (2.0 * variance) if variance else 0.0
    numbers = np.unique(values.astype(str), return_inverse=True)[1]
    by_chance = float(np.square(np.bincount(numbers) / len(numbers)).sum())
    equal = float((numbers[: len(first)] == numbers[len(first) :]).mean())
    return (equal - by_chance) / (1.0 - by_chance) if by_chance < 1.0 else 0.0


def _is_time(column: Column, train: np.ndarray, scored: np.ndarray) -> bool:
    """Return whether a column holds dates, and most rows that are scored lie before the last training row."""
    if column.kind != "date" or column.n_missing or _BIRTH.search(column.name.lower()):
        return False
    if len(np.unique(column.values)) < _FEWEST_TIMES:
        return False
    return float((column.values[scored] < column.values[train].max()).mean()) > 0.5


def _group_sentence(groups: _Groups, n: int, spelled: Callable[[str, Any], str]) -> str:
    name = groups.column.name
    values = f"{groups.n_values:,} values in {n:,} rows"
    advice = f"{spelled('group', name)} keeps them together"
    return f"Column {_shown(name)} has {values}; rows of one value are on both sides of the split: {advice}."


def _time_sentence(column: Column, spelled: Callable[[str, Any], str]) -> str:
    first, last = (time_text(column, np.array([row])) for row in (column.values.argmin(), column.values.argmax()))
    runs = f"runs from {first} to {last}, and training and test rows are from the same time"
    advice = f"if later rows are to be predicted, {spelled('time', column.name)} tests on the latest"
    return f"Column {_shown(column.name)} {runs}: {advice}."


def _shown(name: str) -> str:
    return shortened(repr(name), 60, "...")
