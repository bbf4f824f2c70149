"""Recognise rows, one or several, each of which names its cells: dicts, Series, rows of structured arrays."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.errors import DataError
from glassnet.tabular.reading.renamed import ask_for_renamed, find_equal
from glassnet.tabular.reading.row_names import IN_ARRAY
from glassnet.utils.wording import few

__all__ = ["are_rows", "columns_of", "complete_rows"]

_LOOKED_AT = 10  # items of a list by which it is recognised


def are_rows(X: Any) -> bool:
    """Return whether X is one row or a list of rows that name their cells, and no table.

    Examples
    --------
    >>> are_rows({"a": 1, "b": "x"}), are_rows([{"a": 1}, {"a": 2}]), are_rows({"a": [1, 2]}), are_rows([[1, 2]])
    (True, True, False, False)
    """
    if isinstance(X, Mapping):
        return bool(X) and not any(map(_is_sequence, X.values())) and not _by_index(X)
    return _names_its_cells(X) or any(_is_row(item) for item in _listed(X)[:_LOOKED_AT])


def columns_of(X: Any, where: str = "to_table") -> dict[str, Any] | None:
    """Return rows, or a mapping from names to sequences, as a mapping from names to cells; None if X is neither.

    A mapping with one value for each name is a row, one with a list for each a table. A name that some of the rows
    lack is a missing value there.

    Raises
    ------
    DataError
        A mapping has values and lists, or an item of a list is no row.

    Examples
    --------
    >>> columns_of({"a": 1, "b": "x"}), columns_of([{"a": 1}, {"a": 2, "b": "x"}])
    ({'a': [1], 'b': ['x']}, {'a': [1, 2], 'b': [None, 'x']})
    """
    if isinstance(X, Mapping):
        _refuse_mixed(where, X)
    if not are_rows(X):
        if not isinstance(X, Mapping):
            return None
        return {name: [*cells.values()] if _by_index(X) else _as_column(cells) for name, cells in X.items()}
    listed = _listed(X) or [X]
    if all(map(_has_fields, listed)) and len({row.dtype for row in listed}) == 1:
        together = (np.ma if any(isinstance(row, np.ma.MaskedArray) for row in listed) else np).stack(listed)
        return {name: together[name] for name in together.dtype.names}
    rows = [_as_mapping(where, row, i) for i, row in enumerate(listed)]
    names = dict.fromkeys(name for row in rows for name in row)
    _check_spelling(where, rows, names)
    return {name: [_cell(row.get(name)) for row in rows] for name in names}


def complete_rows(X: Any, needed: Collection[str], known: Collection[str], where: str) -> Any:
    """Return X with a missing value for each ``needed`` name that all of its rows lack; anything but rows unchanged.

    An empty list has no rows.

    ``known`` are all names of training.

    Raises
    ------
    DataError
        No row has any of the names, or one seems to be spelt otherwise.

    Examples
    --------
    >>> complete_rows({"a": 1}, ["a", "b"], ["a", "b"], "predict")
    {'a': [1], 'b': [None]}
    """
    if isinstance(X, (list, tuple)) and not X:
        return {name: [] for name in needed}
    if not are_rows(X):
        return X
    columns = columns_of(X, where) or {}
    there = set(map(str, columns))
    absent = [name for name in needed if name not in there]
    question = ask_for_renamed(absent, [name for name in map(str, columns) if name not in known])
    if question or (needed and len(absent) == len(needed)):
        must = "it must have the columns of training"
        message = f"{where}: a row lacks {few(map(repr, absent))}; {must}. {question}".rstrip()
        raise DataError(message, expected=needed, got=[*map(str, columns)])
    n = len(next(iter(columns.values())))
    return {**columns, **{name: [None] * n for name in absent}}


def _listed(X: Any) -> Sequence[Any]:
    """Return the items of a list, tuple, array of objects or dict by row numbers; nothing for anything else."""
    if isinstance(X, Mapping):
        whole = all(map(_is_whole, X)) and all(isinstance(row, Mapping) for row in X.values())
        return [*X.values()] if whole else ()
    if isinstance(X, np.ndarray):
        return X.tolist() if X.ndim == 1 and X.dtype.kind == "O" else ()
    return X if isinstance(X, (list, tuple)) and not hasattr(X, "_fields") else ()


def _is_row(item: Any) -> bool:
    return isinstance(item, Mapping) or _names_its_cells(item)


def _has_fields(X: Any) -> bool:
    """Return whether X is one row of a structured array."""
    return isinstance(X, (np.void, np.ndarray)) and X.dtype.names is not None and X.ndim == 0


def _names_its_cells(X: Any) -> bool:
    """Return whether X is a row of a structured array, or a Series of pandas with the names of columns."""
    if _has_fields(X):
        return True
    if not (hasattr(type(X), "to_frame") and hasattr(type(X), "items")):
        return False
    labels = list(X.index[:_LOOKED_AT])
    return bool(labels) and all(isinstance(label, str) for label in labels)


def _as_mapping(where: str, row: Any, i: int) -> Mapping[Any, Any]:
    """Return a row as a mapping from names to cells."""
    if isinstance(row, Mapping):
        return row
    if _has_fields(row):
        return {name: row[name] for name in row.dtype.names}
    if _names_its_cells(row):
        return dict(row.items())
    message = f"{where}: {IN_ARRAY(i)} is of type {type(row).__name__}; every row must be a dict, as others are."
    raise DataError(message, expected="a dict", got=type(row))


def _check_spelling(where: str, rows: Sequence[Mapping[Any, Any]], names: Collection[Any]) -> None:
    """Raise an error if rows have no names, or some name a column otherwise than others do."""
    if not names:
        message = f"{where}: rows are empty dicts; they must name their cells, such as {{'size': 1}}."
        raise DataError(message, expected="names", got=rows)
    own = set(names).intersection(*rows)
    if len(own) == len(names):
        return
    rest = [name for name in names if name not in own]
    for i, name in enumerate(rest):
        other = next(iter(find_equal(str(name), map(str, rest[:i]))), None)
        if other is not None and not any(name in row and other in row for row in rows):
            first = {one: next(j for j, row in enumerate(rows) if one in row) for one in (other, name)}
            got = " and ".join(f"{one!r} in {IN_ARRAY(j)}" for one, j in first.items())
            message = f"{where}: the same column is {got}; rows must name a column in one way."
            raise DataError(message, expected="one name", got=[other, name])


def _is_sequence(value: Any) -> bool:
    """Return whether a value of a mapping is a column, not a cell."""
    if isinstance(value, (str, bytes, bytearray, memoryview, Mapping, set, frozenset)) or _is_scalar_array(value):
        return False
    return any(hasattr(value, method) for method in ("__len__", "__array__", "__next__"))


def _is_scalar_array(value: Any) -> bool:
    """Return whether a value is a number of NumPy, or an array or tensor without dimensions."""
    return getattr(value, "shape", None) == ()


def _cell(value: Any) -> Any:
    """Return the value in an array or tensor without dimensions; anything else unchanged."""
    if not _is_scalar_array(value) or isinstance(value, np.generic):
        return value
    return value[()] if isinstance(value, np.ndarray) else value.item()


def _by_index(X: Mapping[Any, Any]) -> bool:
    """Return whether each value maps the same row numbers to cells, as ``DataFrame.to_dict`` has it."""
    columns = list(X.values())
    if not columns or not all(isinstance(cells, Mapping) and cells for cells in columns):
        return False
    index = list(columns[0])
    return all(map(_is_whole, index)) and all(list(cells) == index for cells in columns)


def _is_whole(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _as_column(values: Any) -> Any:
    """Return generators and views as lists; arrays, lists and Series unchanged."""
    is_plain = hasattr(values, "__getitem__") or hasattr(values, "__array__")
    return values if is_plain or not isinstance(values, Iterable) else list(values)


def _refuse_mixed(where: str, X: Mapping[Any, Any]) -> None:
    """Raise an error if some values of a mapping are columns and others cells."""
    lists = [name for name, value in X.items() if _is_sequence(value)]
    if 0 < len(lists) < len(X):
        cells = [name for name, value in X.items() if not _is_sequence(value)]
        must = "each column must have one value, which makes a row, or each a list, which makes a table"
        got = f"lists for {few(map(repr, lists), 3)} and single values for {few(map(repr, cells), 3)}"
        message = f"{where}: the dict has {got}; {must}."
        raise DataError(message, expected=must, got=got)
