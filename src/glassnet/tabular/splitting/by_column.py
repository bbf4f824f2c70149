"""Divide rows by a column of the table: by its groups, by its order in time, or by words such as train and test."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from glassnet.errors import DataError
from glassnet.tabular.reading.table import Column
from glassnet.tabular.reading.text import plain_text
from glassnet.utils.short_text import count
from glassnet.utils.wording import few

__all__ = ["group_numbers", "parts_by_time", "parts_by_words", "time_text"]

_WORDS = {
    "training": ("train", "training", "trn", "tr", "trainset", "training set", "train set"),
    "validation": ("validation", "valid", "val", "dev", "validation set", "valid set", "val set", "dev set"),
    "test": ("test", "testing", "tst", "te", "testset", "test set", "holdout", "hold out", "held out"),
}
_PART_OF = {word: part for part, words in _WORDS.items() for word in words}
_TRUTH = dict.fromkeys(("true", "yes", "y", "t", "1"), True) | dict.fromkeys(("false", "no", "n", "f", "0"), False)
_NO_MEANING = {"is", "in", "for", "use", "used", "as", "a", "the", "set", "flag", "row", "rows", "sample", "data"}


def group_numbers(where: str, column: Column) -> np.ndarray:
    """Return a whole number for each row, equal for equal values; raise an error if a value is missing.

    Examples
    --------
    >>> from glassnet.tabular.reading.frames import column_from_values
    >>> group_numbers("--group", column_from_values("patient", ["b", "a", "b"])).tolist()
    [0, 1, 0]
    """
    _refuse_missing(where, column)
    texts = column.values if column.kind == "category" else column.exact
    if texts is not None:  # also of whole numbers that float64 would merge
        codes: dict[str, int] = {}
        return np.fromiter((codes.setdefault(text, len(codes)) for text in texts.tolist()), np.int64, len(column))
    return np.unique(column.values, return_inverse=True)[1].astype(np.int64)


def parts_by_time(where: str, column: Column, shares: Mapping[str, float]) -> dict[str, np.ndarray]:
    """Return the rows of each part, the earliest in the first; rows of one time are in one part.

    ``shares`` has the share of each part, in the order of time.

    Examples
    --------
    >>> from glassnet.tabular.reading.frames import column_from_values
    >>> column = column_from_values("year", [2003, 2001, 2002, 2001, 2004])
    >>> {part: rows.tolist() for part, rows in parts_by_time("--time", column, {"train": 0.6, "test": 0.4}).items()}
    {'train': [1, 2, 3], 'test': [0, 4]}
    """
    if column.kind not in ("date", "number"):
        shown = few(map(repr, _distinct(column)), 3)
        must = "to be in order of time, it must hold dates or numbers"
        message = f"{where}: column {column.name!r} holds {shown}; {must}."
        raise DataError(message, expected="dates or numbers", got=column.kind)
    _refuse_missing(where, column)
    times, moment, counts = np.unique(column.values, return_inverse=True, return_counts=True)
    if len(times) < len(shares):
        must = f"it must have at least {len(shares)}, one for each of {', '.join(shares)}"
        message = f"{where}: column {column.name!r} has {count(len(times), 'different time')}; {must}."
        raise DataError(message, expected=len(shares), got=len(times))
    rows_until = np.cumsum(counts)
    names, border, borders = list(shares), len(times), [len(times)]
    for i in range(len(names) - 1, 0, -1):
        wanted = sum(list(shares.values())[:i]) * len(column)
        # Each part keeps at least one time.
        border = int(np.clip(np.abs(rows_until - wanted).argmin() + 1, i, border - 1))
        borders.append(border)
    part_of = np.searchsorted(borders[:0:-1], np.arange(len(times)), side="right")
    return {name: np.flatnonzero(part_of[moment] == i) for i, name in enumerate(names)}


def time_text(column: Column, rows: np.ndarray) -> str:
    """Return the latest of some rows as text.

    Examples
    --------
    >>> from glassnet.tabular.reading.frames import column_from_values
    >>> time_text(column_from_values("at", np.array(["2024-05-31", "2024-06-01"], dtype="M8[D]")), np.array([0, 1]))
    '2024-06-01'
    """
    latest = column.values[rows].max()
    if column.kind == "number":
        return plain_text(latest)
    return re.sub(r"(T00:00:00)?(\.0+)?$", "", str(latest)).replace("T", " ")


def parts_by_words(where: str, column: Column) -> dict[str, np.ndarray]:
    """Return the rows of training, validation and test as the words, or true and false, of a column say.

    True and false (or 1 and 0, yes and no) are understood if the name of the column says what is true: ``is_test``.

    Raises
    ------
    DataError
        A word is not understood, a value is missing, or there are no rows to train on, or no others.

    Examples
    --------
    >>> from glassnet.tabular.reading.frames import column_from_values
    >>> parts = parts_by_words("--split", column_from_values("set", ["Train", "test", "train"]))
    >>> {part: rows.tolist() for part, rows in parts.items()}
    {'training': [0, 2], 'test': [1]}
    """
    _refuse_missing(where, column)
    words = _distinct(column)
    meanings = {word: _PART_OF.get(_folded(word)) for word in words}
    if None in meanings.values() and all(_folded(word) in _TRUTH for word in words):
        subject = _subject(column.name)
        other = "test" if subject == "training" else "training"
        meanings = {word: subject and (subject if _TRUTH[_folded(word)] else other) for word in words}
    unclear = [word for word, part in meanings.items() if part is None]
    if unclear:
        must = "it must say train, validation or test in every row"
        named = ", or call the column is_test if 1 is a test row" if set(map(_folded, unclear)) <= set(_TRUTH) else ""
        holds = f"column {column.name!r} holds {few(map(repr, unclear), 5)}"
        message = f"{where}: {holds}; {must}. Write these words in their place{named}."
        raise DataError(message, expected=must, got=unclear)
    code = {word: list(_WORDS).index(str(part)) for word, part in meanings.items()}
    texts = map(plain_text, column.values.tolist())
    part_of = np.fromiter((code[text] for text in texts), np.int64, len(column))
    found = {part: np.flatnonzero(part_of == i) for i, part in enumerate(_WORDS) if (part_of == i).any()}
    if "training" not in found or len(found) == 1:
        must = "it must have rows to train on and others"
        message = f"{where}: column {column.name!r} has only {' and '.join(found)} rows; {must}."
        raise DataError(message, expected="training and others", got=list(found))
    return found


def _subject(name: str) -> str | None:
    """Return the part that is meant where a column of this name is true; None if that is not clear."""
    tokens = re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).casefold().replace("held_out", "holdout"))
    named = {_PART_OF[token] for token in tokens if token in _PART_OF}
    clear = len(named) == 1 and all(token in _PART_OF or token in _NO_MEANING for token in tokens)
    return named.pop() if clear else None


def _folded(word: str) -> str:
    return re.sub(r"[\s_-]+", " ", word.casefold()).strip()


def _distinct(column: Column) -> list[str]:
    """Return the values that occur, as text, in the order of their first rows."""
    return list(dict.fromkeys(map(plain_text, column.present().tolist())))


def _refuse_missing(where: str, column: Column) -> None:
    """Raise an error if the column does not have a value in every row."""
    if column.n_missing:
        row = column.rows(int(column.missing.argmax()))
        lacks = f"has no value in {column.n_missing} of {len(column)} rows, the first of them {row}"
        message = f"{where}: column {column.name!r} {lacks}; it must have one in every row. Fill them first."
        raise DataError(message, expected="no missing values", got=column.n_missing)
