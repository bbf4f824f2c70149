"""Sentences about the columns of a table: which were left out, and from how many rows on it is worth a warning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.tabular.reading.table import Column
from glassnet.utils.wording import few, shortened

__all__ = ["absent_classes_words", "infinite_words", "left_out_words", "worth_telling"]

_FEW_ROWS = 10  # each of which is looked at
_FEWEST = 3
_SHARE = 0.01
_CHANCE = 1e-3
_LONGEST_NAME = 42


def worth_telling(count: int, n_rows: int, n_trained: int = 0) -> bool:
    """Return whether ``count`` odd rows of ``n_rows`` are worth a warning: 3 and more than 1 %, or any of 10 rows.

    Every large table has a few rows beyond the range of training; warnings of each hide those that matter.

    Parameters
    ----------
    count, n_rows : int
        Odd rows, and all rows.
    n_trained : int, optional
        Training rows, for what none of them was, such as outside of their range. Of ``n_rows`` rows of the same kind
        c or more are so with a chance of about ``p**c * (1 + c * (1 - p))``, with ``p = n_rows / (n_rows + n_trained)``
        (both ends of the range counted); there is a warning if that is below 0.001.

    Examples
    --------
    >>> worth_telling(1, 1), worth_telling(2, 50), worth_telling(3, 50), worth_telling(3, 100_000)
    (True, False, True, False)
    >>> worth_telling(3, 50, n_trained=50), worth_telling(20, 50, n_trained=50), worth_telling(3, 50, n_trained=5000)
    (False, True, True)
    """
    if n_rows <= _FEW_ROWS:
        return count > 0
    p = n_rows / (n_rows + n_trained) if n_trained else 0.0
    by_chance = p**count * (1.0 + count * (1.0 - p)) >= _CHANCE
    return count >= _FEWEST and count > _SHARE * n_rows and not by_chance


def absent_classes_words(labels: Sequence[Any]) -> str:
    """Return a sentence about the classes without a training row; "" if there are none.

    Examples
    --------
    >>> absent_classes_words(["new"])
    "Class 'new' has no row in training: the network cannot learn to answer so."
    """
    if not labels:
        return ""
    names = [shortened(repr(label), _LONGEST_NAME, "…") for label in labels]
    classes = f"Class {names[0]} has" if len(names) == 1 else f"Classes {few(names, 5)} have"
    return f"{classes} no row in training: the network cannot learn to answer so."


def infinite_words(column: Column) -> str:
    """Return a sentence about the infinite values of a column; "" if it has none.

    Examples
    --------
    >>> from glassnet.tabular import to_table
    >>> infinite_words(to_table({"a": [1.0, float("inf"), 2.0]})["a"])
    "Column 'a': 1 of 3 values is infinite and counts as missing."
    """
    found = int(np.isinf(column.values).sum()) if column.kind == "number" else 0
    if not found:
        return ""
    name = shortened(repr(column.name), _LONGEST_NAME, "…")
    verbs = "is infinite and counts" if found == 1 else "are infinite and count"
    return f"Column {name}: {found} of {len(column)} values {verbs} as missing."


def left_out_words(columns: Sequence[dict[str, Any]], most: int = 5) -> str:
    """Return which of the columns that `TableEncoder.describe` lists were left out and why; "" if none was.

    Examples
    --------
    >>> left_out_words([{"name": "id", "done": "left out: all its values are 5"}])
    "Column 'id' is left out: all its values are 5."
    """
    out = [column for column in columns if column["done"].startswith("left out")]
    reasons = [
        f"column {shortened(repr(column['name']), _LONGEST_NAME, '…')} is left out: "
        f"{column['done'].removeprefix('left out: ')}"
        for column in out[:most]
    ]
    more = f"; and {len(out) - most} more" if len(out) > most else ""
    sentence = "; ".join(reasons)
    return f"{sentence[0].upper()}{sentence[1:]}{more}." if out else ""
