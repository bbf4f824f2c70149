"""Convert arrays, series and lists to columns by their types; what holds text is returned as text."""

from __future__ import annotations

import datetime
import decimal
import fractions
import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from glassnet.errors import DataError
from glassnet.tabular.reading.cells.large import EXACT
from glassnet.tabular.reading.form import Form
from glassnet.tabular.reading.row_names import IN_ARRAY
from glassnet.tabular.reading.table import DTYPES, FILLERS, Column
from glassnet.tabular.reading.text import plain_text
from glassnet.utils.wording import shortened

__all__ = ["as_texts", "native_column"]

_NUMBERS = (int, float, decimal.Decimal, fractions.Fraction, np.integer, np.floating)
_MOMENTS = (datetime.date, np.datetime64)  # datetime and pandas.Timestamp are dates too
_MOST_YEARS = 292_000  # what 64 bits of microseconds hold; beyond, NumPy wraps around
_DURATIONS = (datetime.timedelta, np.timedelta64)
_NO_VALUES = (list, tuple, dict, set, bytes, bytearray, memoryview, np.ndarray, complex, np.complexfloating)

Texts = list[str]
"""The cells of a column of text, "" where there is none."""


def native_column(name: str, values: Any, where: str) -> Column | Texts:
    """Return the column of values with a type of their own, or the texts of the others."""
    if hasattr(values, "to_native") and hasattr(values, "dtype"):  # of narwhals
        return _from_series(name, values, where)
    if isinstance(values, (list, tuple)):
        return _from_objects(name, values, where)
    if str(getattr(values, "dtype", "")) == "category":  # of pandas
        return _from_categories(name, values)
    array = np.ma.asanyarray(values) if isinstance(values, np.ma.MaskedArray) else np.asarray(values)
    if array.ndim != 1:
        message = f"{where}: column {name!r} has shape {array.shape}; it must have one value per row."
        raise DataError(message, expected="(n,)", got=array.shape)
    masked = np.ma.getmaskarray(array)
    plain = np.ma.getdata(array)
    kind = plain.dtype.kind
    if kind in "fiu":
        return _from_numbers(name, plain, masked)
    if kind == "b":
        return Column(name, "boolean", plain & ~masked, masked)
    if kind == "M":
        return _from_moments(name, np.where(masked, np.array("NaT", dtype=plain.dtype), plain), where)
    if kind == "m":
        seconds = np.where(masked, np.nan, plain / np.timedelta64(1, "s"))
        return Column(name, "number", seconds, np.isnan(seconds), Form("number", style="duration"))
    if kind == "S":
        plain = _decoded(name, plain, where)
    cells = plain.tolist()
    return _from_objects(name, [None if gone else cell for cell, gone in zip(cells, masked, strict=True)], where)


def as_texts(values: Any, column: Column) -> Texts:
    """Return the text of each value of a column, numbers as their own type prints them; "" where there is none."""
    if column.kind == "category":
        return [str(text) for text in column.values]
    native = values.to_native() if hasattr(values, "to_native") else values
    array = getattr(native, "to_numpy", lambda: np.ma.getdata(np.asarray(native)))()
    # float32 prints 1.1, of which float64 makes 1.100000023841858.
    own = array if getattr(array, "dtype", np.dtype(object)).kind in "fiu" else column.values
    return ["" if gone else plain_text(value) for value, gone in zip(list(own), column.missing.tolist(), strict=True)]


def _from_series(name: str, series: Any, where: str) -> Column | Texts:
    """Return one column of a narwhals frame."""
    import narwhals

    dtype = series.dtype
    if dtype.is_integer():
        found = _from_integers(name, series, narwhals)
        if found is not None:
            return found
    if dtype.is_decimal():
        return _from_objects(name, series.to_list(), where)
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
        return (
            _from_moments(name, moments, where)
            if moments.dtype.kind == "M"
            else _from_objects(name, moments.tolist(), where)
        )
    if dtype in (narwhals.Categorical, narwhals.Enum):
        native = series.to_native()
        return _from_categories(
            name, native if hasattr(native, "cat") and hasattr(native, "iloc") else series.to_list()
        )
    return _from_objects(name, series.to_list(), where)


def _from_integers(name: str, series: Any, narwhals: Any) -> Column | Texts | None:
    """Return whole numbers beyond what float64 holds exactly, as numbers or text; None if there are none."""
    low, high = series.min(), series.max()
    if low is None or max(abs(int(low)), abs(int(high))) < EXACT:
        return None
    return _whole_numbers(name, series.to_list())


def _from_numbers(name: str, plain: np.ndarray, masked: np.ndarray) -> Column | Texts:
    present = plain[~masked] if masked.any() else plain
    if plain.dtype.kind in "iu" and present.size and max(abs(int(present.min())), abs(int(present.max()))) >= EXACT:
        return _whole_numbers(name, [None if gone else cell for cell, gone in zip(plain.tolist(), masked, strict=True)])
    with np.errstate(over="ignore"):  # longdouble
        return _from_floats(name, np.where(masked, np.nan, plain.astype(np.float64)))


def _whole_numbers(name: str, cells: list[Any]) -> Column | Texts:
    """Return whole numbers as numbers, or their texts if some are so large that float64 may round them."""
    gone = [_is_missing(cell) for cell in cells]
    values = np.array([math.nan if none else _as_float(cell) for cell, none in zip(cells, gone, strict=True)])
    with np.errstate(invalid="ignore"):
        # A whole number beyond the range of float64 is an infinite one.
        if not (np.abs(values) >= EXACT).any() or np.isinf(values).any():
            return _from_floats(name, values)
    return ["" if none else str(int(cell)) for cell, none in zip(cells, gone, strict=True)]


def _from_floats(name: str, values: np.ndarray) -> Column:
    return Column(name, "number", values, np.isnan(values))


def _from_moments(name: str, values: np.ndarray, where: str) -> Column:
    missing = np.isnat(values)
    years = np.where(missing, 0, values.astype("M8[Y]").astype(np.int64))
    far = np.flatnonzero(np.abs(years) > _MOST_YEARS)
    if far.size:
        must = f"dates must be within {_MOST_YEARS:,} years of 1970"
        message = f"{where}: column {name!r} holds {values[far[0]]} in {IN_ARRAY(far[0])}; {must}."
        raise DataError(message, expected=must, got=values[far[0]])
    return Column(name, "date", values.astype("M8[us]"), missing)


def _decoded(name: str, values: np.ndarray, where: str) -> np.ndarray:
    """Return bytes as text."""
    try:
        return np.char.decode(values, "utf-8")
    except UnicodeDecodeError as error:
        must = "it must hold text, or bytes of UTF-8"
        shown = shortened(repr(error.object), 40, "...")
        message = f"{where}: column {name!r} holds {shown}; {must}. Decode it first."
        raise DataError(message, expected=must, got=error.object) from error


def _from_categories(name: str, values: Any) -> Column:
    """Return a column of categories by their text, also if they are numbers."""
    if hasattr(values, "cat"):  # pandas, whose list would widen float32
        names = [plain_text(value).strip() for value in values.cat.categories.to_numpy()]
        codes = np.asarray(values.cat.codes.to_numpy())
        texts = np.array([*names, ""], dtype=object)[codes]
    else:
        texts = np.fromiter(("" if _is_missing(v) else plain_text(v).strip() for v in values), object, len(values))
    return Column(name, "category", texts, texts == "", Form("category"))


def _from_objects(name: str, cells: Iterable[Any], where: str) -> Column | Texts:
    """Return a column from Python objects, of the kind that fits all of their types, or their texts."""
    values = list(cells)
    types = set(map(type, values))
    if types == {str}:  # most columns of text: a hundredth of the time
        return values
    if (
        str in types
        and types <= {str, float, type(None)}
        and all(v is None or v != v for v in values if type(v) is not str)
    ):
        return [value if type(value) is str else "" for value in values]
    missing = np.fromiter(map(_is_missing, values), bool, len(values))
    present = {type(value) for value, gone in zip(values, missing, strict=True) if not gone}
    if present and all(issubclass(t, str) for t in present):
        return ["" if gone else value for value, gone in zip(values, missing, strict=True)]
    if present and all(issubclass(t, (int, np.integer)) and not issubclass(t, (bool, np.timedelta64)) for t in present):
        return _whole_numbers(name, [None if gone else value for value, gone in zip(values, missing, strict=True)])
    for kind, types, convert in _BY_TYPE:
        if present and all(issubclass(t, types) and (kind == "boolean" or t is not bool) for t in present):
            filled = [FILLERS[kind] if gone else convert(value) for value, gone in zip(values, missing, strict=True)]
            if kind == "date":
                return _from_moments(name, np.array(filled), where)
            styles = {_DURATIONS: "duration", datetime.time: "time"}
            form = Form("number", style=styles[types]) if types in styles else None
            return Column(name, kind, np.array(filled, dtype=DTYPES[kind]), missing, form)
    if any(issubclass(t, _NO_VALUES) for t in present):
        bad = next(value for value in values if isinstance(value, _NO_VALUES))
        got = f"{shortened(repr(bad), 40, '...')} of type {type(bad).__name__}"
        advice = " Flatten it, for example with pandas.json_normalize." if isinstance(bad, (dict, list)) else ""
        message = f"{where}: column {name!r} holds {got}; it must have one value per cell.{advice}"
        raise DataError(message, expected="one value per cell", got=type(bad))
    if present and all(t.__name__ == "Period" for t in present):  # of pandas: its first moment
        starts = [None if gone else value.start_time for value, gone in zip(values, missing, strict=True)]
        return _from_objects(name, starts, where)
    return ["" if gone else plain_text(value) for value, gone in zip(values, missing, strict=True)]


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


def _as_second_of_day(value: datetime.time) -> float:
    return value.hour * 3600.0 + value.minute * 60.0 + value.second + value.microsecond / 1e6


_BY_TYPE: tuple[tuple[str, Any, Callable[[Any], Any]], ...] = (
    # bool is a subclass of int, and numpy.timedelta64 of numpy.integer, so they have to come before numbers.
    ("boolean", (bool, np.bool_), bool),
    ("number", _DURATIONS, _as_seconds),
    ("number", datetime.time, _as_second_of_day),
    ("number", _NUMBERS, _as_float),
    ("date", _MOMENTS, _as_moment),
)
