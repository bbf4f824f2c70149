"""Convert a column to the form that it had in training."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from glassnet.errors import DataError
from glassnet.tabular.reading.cells.distinct import Distinct
from glassnet.tabular.reading.cells.rereading import reread
from glassnet.tabular.reading.form import Form
from glassnet.tabular.reading.table import DTYPES, FILLERS, Column

__all__ = ["as_form", "as_kind", "plain_text"]

_LONGEST_MARKER = 40  # characters of a cell that may stand for no value


def plain_text(value: object) -> str:
    """Return the text of a value as a category: whole numbers without a point.

    Examples
    --------
    >>> [plain_text(value) for value in (3.0, 3.5, "3", True, np.float32(1.1))]
    ['3', '3.5', '3', 'True', '1.1']
    """
    if isinstance(value, (float, np.floating)) and math.isfinite(value) and value == int(value):
        return str(int(value))
    return str(value.item() if isinstance(value, np.datetime64) else value)


def as_kind(column: Column, kind: str, where: str) -> Column:
    """Return the column converted to ``kind``, numbers and dates of text in their plain forms; see `as_form`."""
    return as_form(column, Form(kind), where)


def as_form(column: Column, form: Form, where: str) -> Column:
    """Return the column as it would have been read in training.

    In a few rows a column may seem to be of another kind than in training: without any value, or text with whole
    numbers only. Therefore anything becomes a category, text is read in the form of training, booleans become 0 and 1,
    the numbers 0 and 1 booleans, and a column without any value becomes any kind.

    Raises
    ------
    DataError
        A value cannot be converted; the message names its row.
    """
    kind = form.kind
    if column.kind == kind:
        return column
    if column.n_missing == len(column):
        filled = np.full(len(column), FILLERS[kind], DTYPES[kind])
        return Column(column.name, kind, filled, column.missing, form)
    if kind == "category":
        return _as_category(column, form)
    if column.kind == "boolean" and kind == "number":
        return Column(column.name, kind, np.where(column.missing, np.nan, column.values), column.missing, form)
    if column.kind == "number" and kind == "boolean" and np.isin(column.present(), (0.0, 1.0)).all():
        return Column(column.name, kind, column.values == 1.0, column.missing, form)
    if column.kind == "category":
        return _from_text(column, form, where)
    bad = (lambda value: value not in (0.0, 1.0)) if (column.kind, kind) == ("number", "boolean") else (lambda _: True)
    raise _unreadable(column, form, where, bad)


def _as_category(column: Column, form: Form) -> Column:
    words = column.form.words if column.form and column.kind == "boolean" else ()
    if column.exact is not None:
        texts = column.exact.copy()
    elif words:
        texts = np.where(column.values, words[1], words[0]).astype(object)
    else:
        texts = np.fromiter(map(plain_text, column.values.tolist()), object, len(column))
    texts[column.missing] = ""
    return Column(column.name, "category", texts, column.missing, form)


def _from_text(column: Column, form: Form, where: str) -> Column:
    """Return text in the form of training."""
    cells = Distinct.of(column.values.tolist())
    values, missing, bad = reread(cells, form)
    is_bad = bad[cells.place] & ~column.missing
    if is_bad.any():
        texts = {cells.texts[i] for i in np.flatnonzero(bad)}
        raise _unreadable(column, form, where, lambda value: str(value).strip() in texts)
    return Column(column.name, form.kind, values[cells.place], missing[cells.place] | column.missing, form)


def _unreadable(column: Column, form: Form, where: str, is_bad: Callable[[object], bool]) -> DataError:
    """Return the error for the first value that cannot be read in the form of training."""
    rows = np.flatnonzero(~column.missing)
    row = next(row for row in rows.tolist() if is_bad(column.values[row]))
    value = plain_text(column.values[row])
    place = column.rows(row)
    must = f"it must hold {form.must()} as in training"
    message = f"{where}: column {column.name!r} holds {value!r} in {place}; {must}."
    if column.kind == "category" and len(value) <= _LONGEST_MARKER:
        message += f" If that means no value, pass to_table(rows, missing=[{value!r}], like=model)."
    return DataError(message, expected=form.kind, got=value)
