"""What the values of a target say: classes or numbers, and which."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import DataError
from glassnet.tabular.encoding.counted import n_rows_of
from glassnet.tabular.encoding.scaling import Scale
from glassnet.tabular.reading.table import Column
from glassnet.tabular.reading.text import as_kind

__all__ = ["advice_on_text", "infer_task", "labels_of", "plain_label", "scale_of"]

_MOST_CLASSES = 10  # in a column of numbers: more are mostly counts or amounts, not codes
_ROWS_PER_CLASS = 5
_ID_ROWS = 20


def plain_label(value: Any) -> Any:
    """Return a label as a Python object, whole numbers as int."""
    value = value.item() if isinstance(value, np.generic) else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def infer_task(column: Column, n_rows: float) -> tuple[str, str]:
    """Return the task and the reason for it."""
    if column.kind != "number":
        return "classification", "it holds text" if column.kind == "category" else "it holds true and false"
    if (column.values != np.floor(column.values)).any():
        return "regression", "it holds numbers with fractions"
    k = len(np.unique(column.values))
    reason = f"it holds whole numbers, {k} different ones in {n_rows_of(column)} rows"
    few = k == 2 or (k <= _MOST_CLASSES and k * _ROWS_PER_CLASS <= n_rows)
    return "classification" if few else "regression", reason


def labels_of(column: Column, n_rows: float) -> list[Any]:
    """Return the sorted labels of a classification."""
    labels = [plain_label(value) for value in sorted(set(column.values.tolist()))]
    if len(labels) < 2:
        must = "it must have at least two classes"
        message = f"TargetEncoder.fit: the target {column.name!r} is {labels[0]!r} in every row; {must}."
        raise DataError(message, expected="two classes", got=labels)
    if len(labels) >= n_rows > _ID_ROWS:
        must = "classes must have more than one row"
        other = "task='regression' for numbers" if column.kind == "number" else _reading_as_numbers(column)
        advice = f"Choose another column{f', or {other}' if other else ''}."
        found = f"the target {column.name!r} has {len(labels)} different labels in {n_rows_of(column)} rows"
        message = f"TargetEncoder.fit: {found}; {must}. {advice}"
        raise DataError(message, expected=must, got=len(labels))
    # All are of one type: float if one is.
    return [float(label) for label in labels] if any(isinstance(label, float) for label in labels) else labels


def _reading_as_numbers(column: Column) -> str:
    """Return the option that reads text such as '00017' as numbers; "" if some of it is none."""
    try:
        as_kind(column, "number", "")
    except DataError:
        return ""
    return f"read={ {column.name: 'number'} } for numbers"


def advice_on_text(column: Column) -> str:
    """Return the advice where a regression's target is text: it is one that a classification does not refuse too."""
    other = _reading_as_numbers(column)
    if other:
        return f"Pass {other}."
    differ = len(set(column.values.tolist())) == len(column) > _ID_ROWS
    return "Choose another column." if differ else "Use task='classification' for labels."


def scale_of(column: Column, counts: np.ndarray | None) -> Scale:
    """Return the scale of a regression's target."""
    if column.kind == "boolean":
        column = as_kind(column, "number", "TargetEncoder.fit")
    if column.kind != "number":
        must = "that of a regression must hold numbers"
        holds = f"the target {column.name!r} holds text such as {column.values[0]!r}"
        message = f"TargetEncoder.fit: {holds}; {must}. {advice_on_text(column)}"
        raise DataError(message, expected=must, got=column.values[0])
    scale = Scale.fit(column.values, counts)
    if scale.std == 0.0:
        must = "it must have different values"
        found = f"the target {column.name!r} is {scale.low:g} in all {n_rows_of(column)} rows"
        message = f"TargetEncoder.fit: {found}; {must}. There is nothing to learn."
        raise DataError(message, expected=must, got=scale.low)
    return scale
