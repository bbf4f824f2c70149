"""Which column of a table to predict, and which only number its rows."""

from __future__ import annotations

import numpy as np

from glassnet.errors import ConfigError, DataError
from glassnet.tabular.encoding.coder_choice import is_identifier
from glassnet.tabular.encoding.target_choice import infer_task, plain_label
from glassnet.tabular.reading.table import Column, Table
from glassnet.tabular.reading.text import as_kind
from glassnet.utils.suggestions import did_you_mean, nearest
from glassnet.utils.wording import few, shortened

__all__ = ["choose_target", "likely_targets", "numbers_rows", "refuse_target"]

_NAMES = ("target", "label", "class", "y", "outcome", "species", "diagnosis", "survived", "churn")
_MOST_CLASSES = 20
_FEWEST_ROWS = 10  # from which a column that counts is taken to number the rows


def likely_targets(table: Table) -> list[str]:
    """Return the columns that can be predicted: labels that repeat themselves, and numbers that differ."""
    return [column.name for column in table.columns if _can_be_predicted(column)]


def choose_target(table: Table, wanted: str | None, where: str) -> str:
    """Return the column to predict: the one that is wanted, or the likeliest.

    That is one with such a name, or else the last or the first one if it holds a few classes, or else any such column,
    or the last one.
    """
    if wanted is not None:
        if wanted not in table.names:
            advice = did_you_mean(nearest(wanted, table.names))
            message = f"{where}: there is no column {wanted!r}; the target must be one of "
            message += f"{few(map(repr, table.names))}. {advice}"
            raise ConfigError(message.rstrip(), expected=table.names, got=wanted)
        return wanted
    possible = likely_targets(table)
    if not possible:
        message = f"{where}: no column holds labels or numbers that differ; there must be one to predict."
        raise DataError(message, expected="a column to predict", got=table.names)
    by_name = [name for name in possible if name.strip().lower() in _NAMES]
    ends = [possible[-1], possible[0], *reversed(possible)]
    of_classes = [name for name in ends if _holds_few_classes(table[name])]
    return [*by_name, *of_classes, possible[-1]][0]


def numbers_rows(column: Column) -> bool:
    """Return whether a column only counts the rows: each value is the one before and 1.

    Examples
    --------
    >>> column = Column("id", "number", np.arange(1.0, 13.0), np.zeros(12, dtype=bool))
    >>> numbers_rows(column), numbers_rows(column.take(slice(None, None, 2)))
    (True, False)
    """
    if column.kind != "number" or len(column) < _FEWEST_ROWS or column.n_missing:
        return False
    return column.values[0] in (0.0, 1.0) and bool((np.diff(column.values) == 1.0).all())


def refuse_target(column: Column, task: str | None) -> None:
    """Raise an error in words of the page about a column, without missing values, that cannot be predicted.

    Parameters
    ----------
    column : Column
    task : {"classification", "regression"}, optional
        What somebody chose.
    """
    labels = set(column.values.tolist())
    n, name = len(column), shortened(repr(column.name), 60)
    one = plain_label(column.values[0]) if n else None
    other = "Choose another column to predict."
    if not n:
        why = "it has no value in any row"
    elif len(labels) < 2:
        why = f"it is {shortened(str(one), 60)} in every row"
    elif column.kind == "date":
        why = "it holds dates"
    elif task == "regression" and column.kind == "category" and not _holds_numbers(column):
        why, other = f"it holds text such as {shortened(repr(one), 60)}", "Predict it as classes."
    elif (task or infer_task(column, n)[0]) == "classification" and len(labels) == n > _MOST_CLASSES:
        why = f"each of its {n:,} rows is another class"
        other = "Predict it as a number, or choose another column." if _holds_numbers(column) else other
    else:
        return
    message = f"Column {name} cannot be predicted: {why}. {other}"
    raise DataError(message, got=one)


def _holds_numbers(column: Column) -> bool:
    """Return whether a column can be read as numbers."""
    try:
        as_kind(column, "number", "")
    except DataError:
        return False
    return True


def _can_be_predicted(column: Column) -> bool:
    present = column.present()
    if column.kind == "date" or len(present) < 2 or is_identifier(column) or numbers_rows(column):
        return False
    if column.kind == "number":
        finite = present[np.isfinite(present)]
        return bool((finite != finite[:1]).any())
    return len(set(present[:1000].tolist())) > 1 or len(set(present.tolist())) > 1


def _holds_few_classes(column: Column) -> bool:
    return column.kind in ("category", "boolean") and len(set(column.present().tolist())) <= _MOST_CLASSES
