"""Columns of Parquet files as numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.utils.parquet_files import arrow

__all__ = ["decoded", "is_number", "numbers_of"]


def decoded(column: Any) -> Any:
    """Return a column of pyarrow with its values, where it has them as categories."""
    return column.cast(column.type.value_type) if arrow("pyarrow.types").is_dictionary(column.type) else column


def is_number(kind: Any) -> bool:
    """Return whether a type of pyarrow is one of numbers, or of yes and no."""
    types = arrow("pyarrow.types")
    return any(is_one(kind) for is_one in (types.is_integer, types.is_floating, types.is_decimal, types.is_boolean))


def numbers_of(column: Any) -> np.ndarray:
    """Return a column of pyarrow as an array, with NaN where a value is missing."""
    types, kind = arrow("pyarrow.types"), column.type
    if types.is_boolean(kind):
        column = column.cast("uint8")
    elif types.is_decimal(kind):
        column = column.cast("float64", safe=False)
    if column.null_count and types.is_integer(column.type):
        column = column.cast("float64", safe=False)
    return np.asarray(column.to_numpy())
