"""The first rows of data as short texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.tabular.reading.table import Table
from glassnet.utils.wording import shortened

__all__ = ["array_preview", "picture_preview", "table_preview"]

_ROWS = 6
_COLUMNS = 12
_LONGEST = 40


def table_preview(table: Table) -> dict[str, Any]:
    """Return names and first rows of a table; a missing value is an empty text."""
    head = table.take(slice(0, _ROWS))
    columns = head.columns[:_COLUMNS]
    texts = [
        ["" if gone else _text(value) for value, gone in zip(column.values, column.missing, strict=True)]
        for column in columns
    ]
    return _preview([column.name for column in columns], texts, len(table.names))


def array_preview(
    X: np.ndarray, y: np.ndarray, inputs: Sequence[str], classes: Sequence[str], target: str
) -> dict[str, Any]:
    """Return names and first rows of arrays, the target first."""
    flat, targets = X[:_ROWS].reshape(min(len(X), _ROWS), -1), y[:_ROWS]
    first = [classes[int(code)] if classes else _text(np.ravel(code)[0]) for code in targets]
    texts = [first, *([_text(value) for value in column] for column in flat.T[: _COLUMNS - 1])]
    return _preview([target, *inputs[: _COLUMNS - 1]], texts, len(inputs) + 1)


def picture_preview(X: np.ndarray, labels: Sequence[str], side: int) -> dict[str, Any]:
    """Return rows as pictures: their side, and for each its label and its pixels from 0 to 255."""
    pixels = np.rint(X.reshape(len(X), -1) * 255.0).astype(int).tolist()
    return {"side": side, "rows": [{"label": label, "pixels": row} for label, row in zip(labels, pixels, strict=True)]}


def _preview(names: list[str], columns: list[list[str]], n_columns: int) -> dict[str, Any]:
    rows = [list(row) for row in zip(*columns, strict=True)]
    return {"names": names, "rows": rows, "more": n_columns - len(names)}


def _text(value: Any) -> str:
    if isinstance(value, (float, np.floating)):
        return f"{value:.6g}"
    if isinstance(value, np.datetime64):
        return str(value.astype("M8[s]")).replace("T", " ").removesuffix(" 00:00:00")
    return shortened(str(value), _LONGEST, "…")
