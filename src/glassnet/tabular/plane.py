"""Rows over the plane of two columns of a table, in which all other columns have a typical value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from glassnet.errors import ConfigError, DataError
from glassnet.tabular.encoding.encoder import TableEncoder
from glassnet.tabular.reading.table import Column, Table
from glassnet.utils.checks import check_choice
from glassnet.utils.short_text import count
from glassnet.utils.wording import few

__all__ = ["plane_columns", "plane_table"]


def plane_columns(where: str, encoder: TableEncoder, table: Table, features: Sequence[str] | None) -> tuple[str, str]:
    """Return the names of two columns of numbers: those given, or the first two.

    Parameters
    ----------
    where : str
        Function, for messages.
    encoder : TableEncoder
        Whose columns they are.
    table : Table
        Rows, which must have numbers in both.
    features : (str, str), optional
        Names.

    Raises
    ------
    ConfigError
        There are not two such columns, or one has another kind.
    DataError
        No row has a number in both.
    """
    numeric = [name for name in encoder.column_names if name in table and table[name].kind == "number"]
    if features is not None and (isinstance(features, str) or len(features) != 2):
        message = f"{where}: features is {features!r}; it must be the names of two columns of numbers."
        raise ConfigError(message, got=features)
    if features is None and len(numeric) < 2:
        fact = f"the model has {count(len(numeric), 'column')} of numbers ({few(map(repr, numeric))})"
        message = f"{where}: {fact}; it must have two, which span the plane."
        raise ConfigError(message, got=numeric)
    first, second = numeric[:2] if features is None else features
    names = check_choice(where, "features", first, numeric), check_choice(where, "features", second, numeric)
    if (table[names[0]].missing | table[names[1]].missing).all():
        message = f"{where}: no row has a number in both {names[0]!r} and {names[1]!r}; one must, to span the plane."
        raise DataError(message)
    return names


def plane_table(
    encoder: TableEncoder, table: Table, names: tuple[str, str], spans: tuple[np.ndarray, np.ndarray]
) -> Table:
    """Return a row for each point of the plane, row by row from the bottom.

    Parameters
    ----------
    encoder : TableEncoder
        Whose columns the rows need.
    table : Table
        Rows that typical values are taken from.
    names : (str, str)
        The columns that lie across and upwards.
    spans : (ndarray, ndarray)
        Their numbers.
    """
    across, upwards = (values.ravel() for values in np.meshgrid(*spans))
    n = len(across)
    columns = []
    for name in encoder.column_names:
        if name not in table:
            continue
        column = table[name]
        if name in names:
            values, missing = (across if name == names[0] else upwards), np.zeros(n, dtype=bool)
        else:
            values, missing = _typical(column, n)
        columns.append(replace(column, values=values, missing=missing, exact=None))
    return Table(columns)


def _typical(column: Column, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the median, or the most frequent value, n times; missing if every row lacks it."""
    present = column.present()
    if not len(present):
        return np.repeat(column.values[:1], n), np.ones(n, dtype=bool)
    if column.kind == "number":
        value = np.median(present)
    elif column.kind == "date":
        value = np.sort(present)[len(present) // 2]
    else:
        kinds, counts = np.unique(present, return_counts=True)
        value = kinds[counts.argmax()]
    return np.full(n, value, dtype=column.values.dtype), np.zeros(n, dtype=bool)
