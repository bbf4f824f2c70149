"""Convert DataFrames of any library, and plain arrays, to a `Table`."""

from __future__ import annotations

import datetime
import decimal
import fractions
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.errors import DataError
from glassnet.tabular.reading.options import ReadAs, ReadOptions
from glassnet.tabular.reading.table import DTYPES, FILLERS, Column, Table, check_names
from glassnet.tabular.reading.text import plain_text
from glassnet.utils.checks import require_extra
from glassnet.utils.wording import shortened

__all__ = ["column_from_values", "is_frame", "table_of", "to_table"]

_NUMBERS = (int, float, decimal.Decimal, fractions.Fraction, np.integer, np.floating)
_MOMENTS = (datetime.date, np.datetime64)  # datetime and pandas.Timestamp are dates too
_MOST_YEARS = 292_000  # what 64 bits of microseconds hold; beyond, NumPy wraps around
_DURATIONS = (datetime.timedelta, np.timedelta64)
_NO_VALUES = (list, tuple, dict, set, bytes, bytearray, memoryview, np.ndarray, complex, np.complexfloating)


def is_frame(X: Any) -> bool:
    """Return whether X has named columns, as `to_table` needs, unlike a matrix or a list.

    Examples
    --------
    >>> is_frame({"size": [1, 2]}), is_frame(np.ones((2, 1)))
    (True, False)
    """
    # On the class, since `columns` of a LazyFrame itself would be computed, with a warning.
    has_names = any(hasattr(type(X), name) for name in ("columns", "column_names"))
    return isinstance(X, (Table, Mapping)) or has_names or _has_fields(X)


def _has_fields(X: Any) -> bool:
    return isinstance(X, np.ndarray) and X.dtype.names is not None


def to_table(
    frame: Any,
    *,
    decimal: str | None = None,
    thousands: str | None = None,
    missing: Sequence[Any] | None = None,
    day_first: bool | None = None,
    read: Mapping[str, ReadAs] | None = None,
    like: Any = None,
) -> Table:
    """Return any kind of table as a `Table`.

    Parameters
    ----------
    frame : Table, DataFrame of pandas, polars or pyarrow, mapping from names to arrays, or structured array
        None, NaN, NaT, masked entries and blank text are missing values; ``"NA"`` is text. Whole numbers, decimals
        and nullable numbers become float64 (exact up to 2**53); dates and times UTC without a zone; durations seconds;
        categorical columns and columns of mixed types categories by their text, without the blanks around it.
    decimal, thousands, missing, day_first, read, like
        How text is read; see `read_table`.

    Raises
    ------
    DataError
        Two columns have the same name, a cell holds a list or an object instead of one value, a date is hundreds of
        thousands of years away, or ``frame`` is no table.

    Examples
    --------
    >>> table = to_table({"size": [1, 2, None], "colour": ["red", None, "blue"]})
    >>> table["size"].values.tolist(), table["colour"].values.tolist()
    ([1.0, 2.0, nan], ['red', '', 'blue'])
    """
    given = {"decimal": decimal, "thousands": thousands, "missing": missing, "day_first": day_first, "read": read}
    return table_of(frame, ReadOptions.checked("to_table", like=like, **given))


def table_of(frame: Any, options: ReadOptions) -> Table:
    """Return any kind of table as a `Table`, without a `TableWarning`: see its notes."""
    if isinstance(frame, Table):
        return frame
    if _has_fields(frame):
        frame = {name: frame[name] for name in frame.dtype.names}
    if isinstance(frame, Mapping):
        names = [str(name) for name in frame]
        columns = [column_from_values(name, values) for name, values in zip(names, frame.values(), strict=True)]
        return Table(columns, where="to_table")
    narwhals = require_extra("narwhals", "tabular", "Tables from DataFrames")
    if not hasattr(frame, "collect"):
        labels: Any = getattr(frame, "column_names", getattr(frame, "columns", ()))
        check_names("to_table", [str(label) for label in labels])
    try:
        wrapped = narwhals.from_native(frame, eager_only=True)
    except (TypeError, ValueError) as error:
        must = "frame must be a DataFrame of pandas, polars or pyarrow, or a dict of arrays"
        advice = "Call its collect() first." if hasattr(frame, "collect") else ""
        message = f"to_table: {must}, got {type(frame).__name__}. {advice}".rstrip()
        raise DataError(message, expected=must, got=type(frame)) from error
    return Table([_from_series(str(series.name), series, narwhals) for series in wrapped.iter_columns()], "to_table")


def _from_series(name: str, series: Any, narwhals: Any) -> Column:
    """Return one column of a narwhals frame."""
    dtype = series.dtype
    if dtype.is_numeric():
        return _from_floats(name, np.asarray(series.cast(narwhals.Float64).to_numpy(), dtype=np.float64))
    if dtype == narwhals.Boolean:
        missing = series.is_null().to_numpy().astype(bool)
        return Column(name, "boolean", series.fill_null(False).to_numpy().astype(bool), missing)
    if dtype == narwhals.Datetime and dtype.time_zone is not None:
        series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    if dtype in (narwhals.Date, narwhals.Datetime):
        # As an array: Python's dates end with the year 9999.
        moments = series.to_numpy()
        return _from_moments(name, moments) if moments.dtype.kind == "M" else _from_objects(name, moments.tolist())
    if dtype in (narwhals.Categorical, narwhals.Enum):
        return _from_categories(name, series.to_list())
    return _from_objects(name, series.to_list())


def column_from_values(name: str, values: Any, where: str = "to_table") -> Column:
    """Return one column from an array, a masked array, a Series or a list.

    Examples
    --------
    >>> column_from_values("x", np.array([1, 2], dtype=np.int8)).kind
    'number'
    >>> column_from_values("x", [1, "a", None]).values.tolist()
    ['1', 'a', '']
    """
    if isinstance(values, (list, tuple)):
        return _from_objects(name, values, where)
    if str(getattr(values, "dtype", "")) == "category":  # of pandas
        return _from_categories(name, list(values))
    array = np.ma.asanyarray(values) if isinstance(values, np.ma.MaskedArray) else np.asarray(values)
    if array.ndim != 1:
        message = f"{where}: column {name!r} must have one value per row, got shape {array.shape}."
        raise DataError(message, expected="(n,)", got=array.shape)
    masked = np.ma.getmaskarray(array)
    plain = np.ma.getdata(array)
    kind = plain.dtype.kind
    if kind in "fiu":
        with np.errstate(over="ignore"):  # longdouble
            return _from_floats(name, np.where(masked, np.nan, plain.astype(np.float64)))
    if kind == "b":
        return Column(name, "boolean", plain & ~masked, masked)
    if kind == "M":
        return _from_moments(name, np.where(masked, np.array("NaT", dtype=plain.dtype), plain), where)
    if kind == "m":
        seconds = plain / np.timedelta64(1, "s")
        return _from_floats(name, np.where(masked, np.nan, seconds))
    if kind == "S":
        plain = _decoded(name, plain, where)
    cells = plain.tolist()
    return _from_objects(name, [None if gone else cell for cell, gone in zip(cells, masked, strict=True)], where)


def _from_floats(name: str, values: np.ndarray) -> Column:
    return Column(name, "number", values, np.isnan(values))


def _from_moments(name: str, values: np.ndarray, where: str = "to_table") -> Column:
    missing = np.isnat(values)
    years = np.where(missing, 0, values.astype("M8[Y]").astype(np.int64))
    far = np.flatnonzero(np.abs(years) > _MOST_YEARS)
    if far.size:
        must = f"column {name!r} must hold dates within {_MOST_YEARS:,} years of 1970"
        message = f"{where}: {must}, got {values[far[0]]} in row {far[0]}."
        raise DataError(message, expected=must, got=values[far[0]])
    return Column(name, "date", values.astype("M8[us]"), missing)


def _decoded(name: str, values: np.ndarray, where: str) -> np.ndarray:
    """Return bytes as text."""
    try:
        return np.char.decode(values, "utf-8")
    except UnicodeDecodeError as error:
        must = f"column {name!r} must hold text, or bytes of UTF-8"
        message = f"{where}: {must}, got {shortened(repr(error.object), 40, '...')}. Decode it first."
        raise DataError(message, expected=must, got=error.object) from error


def _from_categories(name: str, cells: list[Any]) -> Column:
    """Return a column of categories by their text, also if they are numbers."""
    return _from_objects(name, [None if _is_missing(cell) else plain_text(cell) for cell in cells])


def _from_objects(name: str, cells: Iterable[Any], where: str = "to_table") -> Column:
    """Return a column from Python objects, of the kind that fits all of their types."""
    values = list(cells)
    missing = np.fromiter(map(_is_missing, values), bool, len(values))
    present = {type(value) for value, gone in zip(values, missing, strict=True) if not gone}
    for kind, types, convert in _BY_TYPE:
        if present and all(issubclass(t, types) and (kind == "boolean" or t is not bool) for t in present):
            filled = [FILLERS[kind] if gone else convert(value) for value, gone in zip(values, missing, strict=True)]
            if kind == "date":
                return _from_moments(name, np.array(filled), where)
            return Column(name, kind, np.array(filled, dtype=DTYPES[kind]), missing)
    if any(issubclass(t, _NO_VALUES) for t in present):
        bad = next(value for value in values if isinstance(value, _NO_VALUES))
        got = f"{type(bad).__name__} {shortened(repr(bad), 40, '...')}"
        message = f"{where}: column {name!r} must have one value per cell, got {got}."
        raise DataError(message, expected="one value per cell", got=type(bad))
    # As in text files, blanks around text are dropped, and blank text is a missing value.
    texts = ["" if gone else plain_text(value).strip() for value, gone in zip(values, missing, strict=True)]
    array = np.fromiter(texts, object, len(texts))
    return Column(name, "category", array, array == "")


def _is_missing(value: Any) -> bool:
    """Return whether a Python object stands for no value: None, NaN, NaT, pandas.NA, numpy.ma.masked."""
    if value is None or value is np.ma.masked or type(value).__name__ == "NAType":
        return True
    if isinstance(value, decimal.Decimal):
        return value.is_nan()
    if isinstance(value, (float, np.floating, np.datetime64, np.timedelta64)):
        return bool(value != value)
    return type(value).__name__ == "NaTType"


def _as_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:  # a whole number beyond 1.8e308
        return math.inf if value > 0 else -math.inf


def _as_moment(value: Any) -> np.datetime64:
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        # `astimezone` fails for moments whose UTC is before the year 1.
        offset = value.utcoffset() or datetime.timedelta(0)
        return np.datetime64(value.replace(tzinfo=None, fold=0), "us") - np.timedelta64(offset, "us")
    return np.datetime64(value)


def _as_seconds(value: Any) -> float:
    return float(np.timedelta64(value) / np.timedelta64(1, "s"))


_BY_TYPE: tuple[tuple[str, Any, Callable[[Any], Any]], ...] = (
    # bool is a subclass of int, and numpy.timedelta64 of numpy.integer, so they have to come before numbers.
    ("boolean", (bool, np.bool_), bool),
    ("number", _DURATIONS, _as_seconds),
    ("number", _NUMBERS, _as_float),
    ("date", _MOMENTS, _as_moment),
)
