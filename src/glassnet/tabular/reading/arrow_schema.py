"""Read what Arrow and pandas note in a Parquet file about its columns: units of durations, categories, the index.

Parquet itself has neither durations nor categories; writers keep the schema of Arrow, a FlatBuffer, beside the columns.
The layout is that of ``Schema.fbs`` of the Arrow columnar format, version 5.
"""

from __future__ import annotations

import base64
import binascii
import json
import struct
from dataclasses import dataclass, field

__all__ = ["ArrowNotes", "read_arrow_notes"]

_DURATION = 18  # in the union of types
_SECONDS = (1.0, 1e-3, 1e-6, 1e-9)  # of the units of time
_NAME, _TYPE_TYPE, _TYPE, _DICTIONARY = 0, 2, 3, 4  # fields of the table Field


@dataclass
class ArrowNotes:
    """Notes on the columns of a Parquet file.

    Parameters
    ----------
    seconds : dict
        The seconds of one unit of each column of durations.
    categories : set of str
        The columns of categories.
    index : list of str
        The columns that are the index of a pandas DataFrame.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    categories: set[str] = field(default_factory=set)
    index: list[str] = field(default_factory=list)


def read_arrow_notes(metadata: dict[bytes, bytes]) -> ArrowNotes:
    """Return the notes in the key-value metadata of a Parquet file; damaged ones are passed over.

    Examples
    --------
    >>> read_arrow_notes({b"pandas": b'{"index_columns": ["id", {"kind": "range"}]}'}).index
    ['id']
    """
    notes = ArrowNotes()
    try:
        pandas = json.loads(metadata.get(b"pandas", b"{}"))
        notes.index = [name for name in pandas.get("index_columns", []) if isinstance(name, str)]
    except (ValueError, AttributeError):
        pass
    try:
        message = base64.b64decode(metadata.get(b"ARROW:schema", b""))
        if message:
            _read_schema(message, notes)
    except (struct.error, IndexError, UnicodeDecodeError, binascii.Error):
        pass
    return notes


def _read_schema(message: bytes, notes: ArrowNotes) -> None:
    """Add what the schema in an Arrow message says about its columns."""
    data = message[8:] if message[:4] == b"\xff\xff\xff\xff" else message[4:]
    header = _Reader(data, _Reader.root(data)).table(2)  # of the table Message: version, type of the header, header
    if header is None:
        return
    for one in header.tables(1):
        name = one.text(_NAME)
        if one.has(_DICTIONARY):
            notes.categories.add(name)
        elif one.byte(_TYPE_TYPE) == _DURATION:
            duration = one.table(_TYPE)
            unit = 1 if duration is None else duration.short(0, 1)
            notes.seconds[name] = _SECONDS[unit]


class _Reader:
    """A table of a FlatBuffer: its fields by number."""

    def __init__(self, data: bytes, start: int) -> None:
        self._data, self._start = data, start
        self._fields = start - self._int("i", start)
        self._size = self._int("H", self._fields)

    @staticmethod
    def root(data: bytes) -> int:
        """Return where the root table starts."""
        return int(struct.unpack_from("<I", data)[0])

    def _int(self, kind: str, place: int) -> int:
        if place < 0:
            raise IndexError(place)
        return int(struct.unpack_from(f"<{kind}", self._data, place)[0])

    def _place(self, number: int) -> int:
        """Return where a field stands, or 0 if it is absent."""
        entry = 4 + 2 * number
        offset = self._int("H", self._fields + entry) if entry < self._size else 0
        return self._start + offset if offset else 0

    def has(self, number: int) -> bool:
        """Return whether a field is there."""
        return self._place(number) > 0

    def byte(self, number: int) -> int:
        """Return a field of one byte."""
        place = self._place(number)
        return self._int("B", place) if place else 0

    def short(self, number: int, default: int) -> int:
        """Return a field of two bytes."""
        place = self._place(number)
        return self._int("h", place) if place else default

    def _at(self, place: int) -> int:
        return place + self._int("I", place)

    def table(self, number: int) -> _Reader | None:
        """Return a field that is a table."""
        place = self._place(number)
        return _Reader(self._data, self._at(place)) if place else None

    def text(self, number: int) -> str:
        """Return a field that is text."""
        place = self._place(number)
        if not place:
            return ""
        start = self._at(place)
        length = self._int("I", start)
        return self._data[start + 4 : start + 4 + length].decode("utf-8")

    def tables(self, number: int) -> list[_Reader]:
        """Return a field that is a list of tables."""
        place = self._place(number)
        if not place:
            return []
        start = self._at(place)
        places = [start + 4 + 4 * i for i in range(min(self._int("I", start), len(self._data) // 4))]
        return [_Reader(self._data, self._at(each)) for each in places]
