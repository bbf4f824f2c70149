"""Reading a safetensors file that may be damaged, or made by somebody with bad intentions.

The format: eight bytes with the length of the header, the header, which is JSON, then the bytes of all arrays, one
after the other without gaps. Arrays are written by the safetensors package and read here, because its `safe_open` maps
the file into memory: a mapped file that is cut short by somebody else kills the process, which no exception reports.
"""

from __future__ import annotations

import math
import os
import stat
from dataclasses import dataclass
from typing import IO, Any

import numpy as np

from glassnet.errors import FormatError
from glassnet.saving.strict_json import MOST_BYTES, parse_json
from glassnet.utils.suggestions import did_you_mean, nearest_file
from glassnet.utils.wording import shortened

__all__ = ["KINDS", "read_safetensors", "read_texts"]

KINDS = {stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}
"""The kinds of files that are neither ordinary files nor folders, in words."""

_DTYPES = {
    "BOOL": "?", "F16": "f2", "F32": "f4", "F64": "f8", "I8": "i1", "I16": "i2", "I32": "i4", "I64": "i8",
    "U8": "u1", "U16": "u2", "U32": "u4", "U64": "u8",
}  # fmt: skip
_MOST_AXES = 32  # NumPy has 64, and 32 before version 2
_ENTRY = ("data_offsets", "dtype", "shape")


@dataclass(frozen=True)
class _Entry:
    """What the header says of one array: bytes ``[start:stop)`` of the data."""

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    start: int
    stop: int


def read_safetensors(where: str, path: str | os.PathLike[str]) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """Return the texts in a file's ``__metadata__`` and its arrays by name.

    Memory is bounded by the size of the file, and nothing is read before the header's length was compared with it. What
    is no safetensors file, or a damaged one, is a `FormatError`, whose message begins with ``where``.
    """
    with _open(where, path) as file:
        return _read(where, file)


def read_texts(where: str, path: str | os.PathLike[str]) -> dict[str, str]:
    """Return the texts in a file's ``__metadata__`` alone; its arrays are not read."""
    with _open(where, path) as file:
        return _read_header(where, file)[0]


def _open(where: str, path: str | os.PathLike[str]) -> IO[bytes]:
    """Return an ordinary file, opened for reading; a pipe or a device could keep us waiting for ever."""
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a zero byte in the path
        mode = 0
    if not mode or stat.S_ISDIR(mode):
        fact = "this is a folder; the model must be a file." if mode else f"no such file. {_near(path)}".rstrip()
        message = f"{where}: {fact}"
        raise FileNotFoundError(message)
    if stat.S_ISREG(mode):
        file = open(path, "rb", buffering=0, opener=_open_at_once)  # noqa: SIM115  # the caller closes it
        mode = os.fstat(file.fileno()).st_mode
        if stat.S_ISREG(mode):
            return file
        file.close()
    message = f"{where}: this is {KINDS.get(stat.S_IFMT(mode), 'something else')}; the model must be an ordinary file."
    raise FormatError(message)


def _near(path: str | os.PathLike[str]) -> str:
    """Return a suggestion with a file of the same folder whose name is spelled alike, or ""."""
    folder, name = os.path.split(os.fsdecode(path))
    try:
        near = nearest_file(name, os.listdir(folder or "."))
    except (OSError, ValueError):
        return ""
    return did_you_mean(None if near is None else os.path.join(folder, near), str)


def _open_at_once(path: str, flags: int) -> int:
    """Open without waiting, should the file have become a pipe since it was looked at."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))


def _read(where: str, file: IO[bytes]) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """Return texts and arrays of an open file."""
    texts, header, rest = _read_header(where, file)
    entries = [_entry(where, name, entry) for name, entry in header.items()]
    _check_places(where, entries, rest)
    data = _bytes(where, file, rest)
    try:
        return texts, {entry.name: _array(data, entry) for entry in entries}
    except (ValueError, OverflowError) as error:
        raise _refuse(where, f"an array that NumPy cannot hold ({error})") from error


def _read_header(where: str, file: IO[bytes]) -> tuple[dict[str, str], dict[str, Any], int]:
    """Return the texts of an open file, what its header says of the arrays, and how many bytes these have."""
    size = os.fstat(file.fileno()).st_size
    if size < 8:
        raise _refuse(where, f"{size} bytes")
    length = int.from_bytes(_bytes(where, file, 8).tobytes(), "little")
    if length > min(size - 8, MOST_BYTES):
        if size > 8 and _bytes(where, file, 1).tobytes() != b"{":
            message = f"{where}: not a glassnet model: it is no safetensors file."
            raise FormatError(message, expected="a safetensors file")
        raise _refuse(where, f"{size:,} bytes, of which the header should have {length:,}")
    try:
        header = parse_json(_bytes(where, file, length).tobytes())
    except ValueError as error:
        raise _refuse(where, f"a header that {error}") from error
    if not isinstance(header, dict):
        raise _refuse(where, f"a header that is not an object but {_short(header)}")
    texts = header.pop("__metadata__", {})
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise _refuse(where, "'__metadata__' that does not map names to texts")
    return texts, header, size - 8 - length


def _bytes(where: str, file: IO[bytes], count: int) -> np.ndarray:
    """Return the next bytes of the file."""
    try:
        found = np.empty(count, dtype=np.uint8)
    except MemoryError as error:
        message = f"{where}: the file has {count:,} bytes, which do not fit into memory."
        raise FormatError(message) from error
    rest = found.data
    while rest:
        got = file.readinto(rest)  # type: ignore[attr-defined]  # a raw file has it
        if not got:
            raise _refuse(where, f"it lost {len(rest):,} bytes while it was read")
        rest = rest[got:]
    return found


def _entry(where: str, name: str, entry: Any) -> _Entry:
    """Return what the header says of one array, checked but for its place among the others."""
    if not isinstance(entry, dict) or sorted(entry) != list(_ENTRY):
        raise _refuse(where, f"{_short(entry)} for the array {_short(name)}")
    shape, offsets = entry["shape"], entry["data_offsets"]
    if not isinstance(entry["dtype"], str) or entry["dtype"] not in _DTYPES:
        raise _refuse(where, f"the array {_short(name)} of unknown dtype {_short(entry['dtype'])}")
    if not _is_counts(shape) or len(shape) > _MOST_AXES:
        raise _refuse(where, f"the array {_short(name)} of shape {_short(shape)}")
    dtype = np.dtype(_DTYPES[entry["dtype"]])
    if not _is_counts(offsets) or len(offsets) != 2 or offsets[1] - offsets[0] != math.prod(shape) * dtype.itemsize:
        what = f"{entry['dtype']} and shape {_short(shape)} at the bytes {_short(offsets)}"
        raise _refuse(where, f"the array {_short(name)} of {what}")
    return _Entry(name, dtype, tuple(shape), *offsets)


def _is_counts(value: Any) -> bool:
    return isinstance(value, list) and all(type(number) is int and number >= 0 for number in value)


def _check_places(where: str, entries: list[_Entry], size: int) -> None:
    """Refuse arrays that overlap, leave gaps, or do not fill the file: every byte must belong to one array."""
    at = 0
    for entry in sorted(entries, key=lambda entry: (entry.start, entry.stop)):
        if entry.start != at:
            raise _refuse(where, f"the array {_short(entry.name)} at byte {entry.start} of the data instead of {at}")
        at = entry.stop
    if at != size:
        raise _refuse(where, f"{at:,} bytes of arrays in {size:,} bytes of data")


def _array(data: np.ndarray, entry: _Entry) -> np.ndarray:
    """Return one array: a view of the data, which may lie at any byte."""
    return data[entry.start : entry.stop].view(entry.dtype.newbyteorder("<")).reshape(entry.shape)


def _short(value: Any) -> str:
    """Return a value as a message shows it."""
    return shortened(repr(value[:100] if isinstance(value, (str, list)) else value), 60, "...")


def _refuse(where: str, got: str) -> FormatError:
    fact = f"not a glassnet model: it is no valid safetensors file ({got})"
    message = f"{where}: {fact}. It is damaged or of another kind."
    return FormatError(message, expected="a safetensors file", got=got)
