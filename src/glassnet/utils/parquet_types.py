"""Types of the columns of Parquet files, and the one that a column has in memory where its files differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from glassnet.errors import DataError
from glassnet.utils.parquet_files import FileFacts, arrow
from glassnet.utils.wording import few

__all__ = ["common_types", "is_text", "wider_type"]

_UNITS = ("s", "ms", "us", "ns")


def common_types(files: Sequence[FileFacts], names: Sequence[str]) -> dict[str, Any]:
    """Return the type of each of these columns in memory, of pyarrow.

    Raises
    ------
    DataError
        A file lacks one of them, has it twice, or has it in a type that does not go together with that of the others.
    """
    for file in files:
        counts = Counter(file.schema.names)
        missing, twice = [name for name in names if not counts[name]], [name for name in names if counts[name] > 1]
        if missing:
            message = (
                f"ParquetRows: {file.name!r} lacks {few(map(repr, missing), 3)}, which {files[0].name!r} has; "
                "all files must have the same columns."
            )
            raise DataError(message, expected=list(names), got=list(file.schema.names))
        if twice:
            fact = f"column {twice[0]!r} is twice in {file.name!r}; names must differ from each other"
            message = f"ParquetRows: {fact}. Rename one."
            raise DataError(message, got=twice[0])
    return {name: _common_type(files, name) for name in names}


def _common_type(files: Sequence[FileFacts], name: str) -> Any:
    """Return the type of a column in memory."""
    kind, source = None, files[0]
    for file in files:
        theirs = file.schema.field(name).type
        both = _plain(theirs) if kind is None else wider_type(kind, theirs)
        if both is None:
            message = (
                f"ParquetRows: column {name!r} is {kind} in {source.name!r} and {theirs} in {file.name!r}; "
                "its types must go together. Write the files anew with one type."
            )
            raise DataError(message, expected=str(kind), got=str(theirs))
        if both != kind:
            kind, source = both, file
    return kind


def _plain(kind: Any) -> Any:
    """Return the type that a column is read as: those that little else can work with become their like."""
    pyarrow, types = arrow(), arrow("pyarrow.types")
    if types.is_float16(kind):
        return pyarrow.float32()
    views = {"string_view": pyarrow.string(), "binary_view": pyarrow.binary()}
    return views.get(str(kind), kind)


def wider_type(one: Any, other: Any) -> Any:
    """Return a type that holds the values of two others, or None.

    Whole numbers beside floats become float64: those beyond 2**53, which it does not hold, are refused when they are
    read. Categories of text become text where two files have different kinds of them.

    Parameters
    ----------
    one, other : pyarrow.DataType
        Of a column in two files.

    Examples
    --------
    >>> import pyarrow
    >>> wider_type(pyarrow.int64(), pyarrow.float32())
    DataType(double)
    >>> wider_type(pyarrow.int64(), pyarrow.string()) is None
    True
    """
    pyarrow, types = arrow(), arrow("pyarrow.types")
    one, other = _plain(one), _plain(other)
    if one == other or types.is_null(other):
        return one
    if types.is_null(one):
        return other
    if is_text(one) and is_text(other):
        large = any(types.is_large_string(kind) for kind in (one, other))
        return pyarrow.large_string() if large else pyarrow.string()
    if types.is_integer(one) and types.is_integer(other):
        return _wider_integer(one, other)
    if all(types.is_integer(kind) or types.is_floating(kind) for kind in (one, other)):
        return pyarrow.float64()
    if types.is_timestamp(one) and types.is_timestamp(other) and one.tz == other.tz:
        return max(one, other, key=lambda kind: _UNITS.index(kind.unit))
    return None


def is_text(kind: Any) -> bool:
    """Return whether a type is text, or one of categories that are text."""
    types = arrow("pyarrow.types")
    value = _plain(kind.value_type) if types.is_dictionary(kind) else kind
    return bool(types.is_string(value) or types.is_large_string(value))


def _wider_integer(one: Any, other: Any) -> Any:
    """Return the type of the whole numbers of two types, or None: those of uint64 and int64 have none."""
    pyarrow, types = arrow(), arrow("pyarrow.types")
    signed, unsigned = (one, other) if types.is_signed_integer(one) else (other, one)
    if types.is_signed_integer(one) == types.is_signed_integer(other):
        return max(one, other, key=lambda kind: kind.bit_width)
    width = max(signed.bit_width, 2 * unsigned.bit_width)
    return getattr(pyarrow, f"int{width}")() if width <= 64 else None
