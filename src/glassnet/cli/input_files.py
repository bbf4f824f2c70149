"""Where a command reads its table: a file, or standard input, which is written to a temporary file first."""

from __future__ import annotations

import gzip
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from glassnet.errors import DataError

__all__ = ["STANDARD_INPUT", "Source", "open_source", "shown_name"]

STANDARD_INPUT = "-"
_HEAD = 1 << 12  # bytes by which the format is found


@dataclass(frozen=True)
class Source:
    """A file to read, and its name in messages."""

    path: str
    name: str


@contextmanager
def open_source(data: str | Source) -> Iterator[Source]:
    """Yield where the table is; standard input and pipes are read to their end into a file that exists meanwhile."""
    if isinstance(data, Source):
        yield data
    elif data in (STANDARD_INPUT, "/dev/stdin"):
        if sys.stdin is None:
            message = "read_table('standard input'): it must be open, got a closed one."
            raise DataError(message)
        with _copied(sys.stdin.buffer) as path:
            yield Source(path, shown_name(data))
    elif _is_pipe(data):
        with open(data, "rb") as pipe, _copied(pipe) as path:
            yield Source(path, data)
    else:
        yield Source(data, data)


def shown_name(data: str) -> str:
    """Return how a report names the source.

    Examples
    --------
    >>> shown_name("-"), shown_name("new.csv")
    ('standard input', 'new.csv')
    """
    return "standard input" if data in (STANDARD_INPUT, "/dev/stdin") else data


def _is_pipe(data: str) -> bool:
    try:
        return Path(data).is_fifo()
    except (OSError, ValueError):
        return False


@contextmanager
def _copied(stream: BinaryIO) -> Iterator[str]:
    """Yield the path of a file with the content of a stream, named after the format of its beginning."""
    with tempfile.TemporaryDirectory(prefix="glassnet-") as folder:
        head = stream.read(_HEAD)
        path = Path(folder) / f"input{_suffix(head)}"
        with path.open("wb") as file:
            file.write(head)
            shutil.copyfileobj(stream, file)
        yield str(path)


def _suffix(head: bytes) -> str:
    r"""Return the ending for a file that begins with these bytes.

    Examples
    --------
    >>> _suffix(b"a,b\n1,2\n"), _suffix(b' [\n {"a": 1}]'), _suffix(b'{"a": 1}\n{"a": 2}'), _suffix(b"[a],[b]\n1,2\n")
    ('.csv', '.json', '.json', '.csv')
    """
    if head.startswith(b"PAR1"):
        return ".parquet"
    if head.startswith(b"\x1f\x8b"):
        try:
            return _suffix(zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(head)) + ".gz"
        except (zlib.error, gzip.BadGzipFile):
            return ".csv.gz"
    if head.startswith(b"PK\x03\x04"):
        return ".xlsx"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    is_list = text[:1] == b"[" and text[1:].lstrip()[:1] in (b"{", b"[", b"]")
    is_object = text[:1] == b"{" and text[1:].lstrip()[:1] in (b'"', b"}")
    return ".json" if is_list or is_object else ".csv"
