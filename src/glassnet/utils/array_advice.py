"""What is wrong with an array of the user's, and what to write instead, for the messages of `glassnet.utils.checks`."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from glassnet.utils.wording import few, shortened

__all__ = ["advice_for_shape", "cell_place", "column_names", "frame_columns", "frame_of_objects", "non_numbers"]

_AS_NUMBERS = "Code text and categories as numbers first"
_TABLES = "TabularClassifier and TabularRegressor of glassnet.tabular take such columns as they are"


def frame_columns(value: Any) -> list[str] | None:
    """Return the names of a frame's columns; None for what has none.

    Examples
    --------
    >>> import pandas as pd
    >>> frame_columns(pd.DataFrame({"a": [1], 2: [3]})), frame_columns([[1, 3]])
    (['a', '2'], None)
    """
    names = getattr(value, "column_names", None)  # of pyarrow, whose `columns` are the values
    names = getattr(value, "columns", None) if names is None else names
    return None if names is None or len(getattr(value, "shape", ())) != 2 else [str(name) for name in names]


def column_names(value: Any) -> list[str] | None:
    """Return the names of a frame's columns; None for what has none, and for the numbers that pandas gives by itself.

    Examples
    --------
    >>> import pandas as pd
    >>> column_names(pd.DataFrame({"a": [1], "b": [3]})), column_names(pd.DataFrame([[1, 3]]))
    (['a', 'b'], None)
    """
    names = frame_columns(value)
    return None if names is None or all(name.isdigit() for name in names) else names


def frame_of_objects(value: Any) -> np.ndarray:
    """Return the cells of a frame, of whatever types, as an array of Python objects."""
    if hasattr(value, "iloc"):  # of pandas, whose names may be there twice
        return np.asarray(value, dtype=object)
    names = getattr(value, "column_names", None) or value.columns
    columns = [np.asarray(value[name]).tolist() for name in names]
    return np.array([*zip(*columns, strict=True)], dtype=object)


def advice_for_shape(name: str, value: Any, shape: tuple[int, ...], sample_shape: tuple[int, ...] | None) -> str:
    """Return how to write one sample, or one feature, as an array with one sample per row; "" if it is neither.

    ``sample_shape`` is that of one sample, where it is known.

    Examples
    --------
    >>> advice_for_shape("X", np.zeros(3), (3,), (3,))
    'For one row: X.reshape(1, -1)'
    >>> advice_for_shape("X", [1.0, 2.0], (2,), None)
    'For one feature: np.reshape(X, (-1, 1)), for one row: [X]'
    """
    is_array = isinstance(value, np.ndarray)
    feature = f"{name}.reshape(-1, 1)" if is_array else f"np.reshape({name}, (-1, 1))"
    row = f"{name}.reshape(1, -1)" if is_array and len(shape) == 1 else f"{name}[None]" if is_array else f"[{name}]"
    if shape == sample_shape and shape != (1,):
        return f"For one row: {row}"
    if sample_shape is None:
        return "" if not shape else f"For one feature: {feature}, for one row: {row}"
    if sample_shape == (1,) and len(shape) == 1:
        return f"For one feature: {feature}"
    return ""


def non_numbers(value: Any, array: np.ndarray) -> tuple[str, str]:
    """Return what an array holds that is no number, with its columns if it comes from a frame, and what to do.

    Examples
    --------
    >>> non_numbers([["x", 1.0]], np.array([["x", 1.0]], dtype=object))
    ("'x'", 'Code text and categories as numbers first.')
    """
    names = frame_columns(value)
    if names is not None and array.ndim == 2:
        cells = {name: _first_other(array[:, i]) for i, name in enumerate(names)}
        found = [f"{cell} in column {name!r}" for name, cell in cells.items() if cell]
        if found:
            return few(found), f"{_AS_NUMBERS}, or leave them out; {_TABLES}."
    if array.dtype.kind == "O":
        return shortened(_first_other(array.ravel())), f"{_AS_NUMBERS}."
    if array.dtype.kind in "US":
        return "text", f"{_AS_NUMBERS}."
    return f"dtype {array.dtype}", "Turn it into numbers first."


def cell_place(value: Any, index: tuple[int, ...], row_numbers: np.ndarray | None) -> str:
    """Return where a cell is: the row's position from 0, and the column, by name if it comes from a frame.

    Examples
    --------
    >>> cell_place([[1.0, 2.0]], (0, 1), None), cell_place([1.0, 2.0], (1,), np.array([3, 7]))
    ('row 0, column 1', 'row 7')
    """
    row = index[0] if row_numbers is None else int(row_numbers[index[0]])
    names = frame_columns(value)
    if len(index) == 1:
        return f"row {row}"
    column = repr(names[index[1]]) if names is not None and len(index) == 2 else ", ".join(map(str, index[1:]))
    return f"row {row}, column {column}"


def _first_other(cells: np.ndarray) -> str:
    """Return the first cell that is no number and not missing, as Python writes it; "" if there is none."""
    if cells.dtype.kind in "fiub":
        return ""
    return next((repr(cell) for cell in cells.tolist() if not isinstance(cell, numbers.Real) and cell is not None), "")
