"""Where a command reads its table: a file, or standard input, which is written to a temporary file first."""

from __future__ import annotations

import glob
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from glassnet.errors import DataError

__all__ = ["PARQUET_ENDINGS", "STANDARD_INPUT", "Source", "are_several", "is_read_once", "open_source", "shown_name"]

STANDARD_INPUT = "-"
PARQUET_ENDINGS = (".parquet", ".pq")


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
            message = "read_table('standard input'): it is closed; it must be open."
            raise DataError(message)
        with _copied(sys.stdin.buffer) as path:
            yield Source(path, shown_name(data))
    elif _is_pipe(data):
        with open(data, "rb") as pipe, _copied(pipe) as path:
            yield Source(path, data)
    elif are_several(data):
        must, advice = "it must be one", "Give one after the other; only train reads all of them."
        message = f"read_table({data!r}): these are several files; {must}. {advice}"
        raise DataError(message, expected=must, got=data)
    else:
        yield Source(data, data)


def are_several(data: str) -> bool:
    """Return whether a folder of Parquet files is meant, or a pattern of their names.

    Examples
    --------
    >>> are_several("data/*.parquet"), are_several("data.parquet"), are_several("-")
    (True, False, False)
    """
    try:
        path = Path(data)
        if path.is_dir():
            return any(path.glob("*.parquet"))
        return glob.has_magic(data) and data.lower().endswith(PARQUET_ENDINGS) and not path.exists()
    except (OSError, ValueError):  # reading it will say what is wrong
        return False


def is_read_once(data: str) -> bool:
    """Return whether another command cannot read the source again: standard input, or a pipe."""
    return data == STANDARD_INPUT or _is_pipe(data)


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
    """Yield the path of a file with the content of a stream; without an ending: the content tells the format."""
    with tempfile.TemporaryDirectory(prefix="glassnet-") as folder:
        path = Path(folder) / "input"
        with path.open("wb") as file:
            shutil.copyfileobj(stream, file)
        yield str(path)
