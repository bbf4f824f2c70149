"""Parquet files: found, opened, and checked to be parts of one table."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from glassnet.errors import ConfigError, DataError
from glassnet.utils.checks import require_extra
from glassnet.utils.wording import few, shortened

__all__ = ["FileFacts", "arrow", "find_files", "look_at", "open_file", "same_schema"]

_PROBES, _PROBE_BYTES = 16, 4096  # of a file, for its identity: where, and how many bytes there
_BUFFER_BYTES = 2**17  # read at a time from each column: without it a row group's columns are read whole


def arrow(module: str = "pyarrow") -> Any:
    """Return a module of pyarrow, or raise the error that says how to install it."""
    return require_extra(module, "parquet", "ParquetRows")


class FileFacts(NamedTuple):
    """What is known of a file without reading its rows.

    Parameters
    ----------
    path : Path
        Where it is.
    schema : pyarrow.Schema
        Names and types of its columns.
    groups : list of int
        Rows of each row group.
    decoded_bytes : int
        Size of its columns as they are encoded, uncompressed, by the file's own account.
    identity : str
        Differs for other contents: a hash of the footer, which has statistics of every column and row group, and of
        some bytes at even distances.
    size, changed : int
        Its size in bytes and time of the last change, by which a change meanwhile is noticed.
    """

    path: Path
    schema: Any
    groups: list[int]
    decoded_bytes: int
    identity: str
    size: int
    changed: int


def find_files(files: str | os.PathLike[str] | Iterable[Any]) -> list[Path]:
    """Return the files that a pattern, a path or a list of these means, those of each pattern sorted by name.

    Raises
    ------
    FileNotFoundError
        There is none.
    ConfigError
        It is neither, or a file comes twice.

    Examples
    --------
    >>> find_files("no-such-folder/*.parquet")
    Traceback (most recent call last):
    ...
    FileNotFoundError: ParquetRows: files must match at least one file, got none for 'no-such-folder/*.parquet'.
    """
    if isinstance(files, (str, os.PathLike)):
        given = [files]
    elif isinstance(files, Iterable):
        given = list(files)
    else:
        message = f"ParquetRows: files must be a path, a pattern or a list of these, got {files!r}."
        raise ConfigError(message, got=files)
    found: list[Path] = []
    for each in given:
        if not isinstance(each, (str, os.PathLike)):
            message = f"ParquetRows: each of files must be a path or a pattern, got {each!r}."
            raise ConfigError(message, got=each)
        text = os.fspath(each)
        if Path(text).is_dir():
            text = str(Path(text) / "*.parquet")
        # A file whose name has brackets is meant by its name.
        own = [Path(text)] if Path(text).exists() else [Path(path) for path in sorted(glob.glob(text, recursive=True))]
        found += own
        if not own:
            message = f"ParquetRows: files must match at least one file, got none for {text!r}."
            raise FileNotFoundError(message)
    if not found:
        message = "ParquetRows: files must name at least one file, got an empty list."
        raise ConfigError(message, got=files)
    twice = [path for path in found if found.count(path) > 1]
    if twice:
        message = f"ParquetRows: each file must be given once, got {str(twice[0])!r} {len(twice)} times."
        raise ConfigError(message, got=twice)
    return found


def open_file(path: Path) -> Any:
    """Return an open ``pyarrow.parquet.ParquetFile``, of which little is read at a time.

    Raises
    ------
    DataError
        The file is no Parquet, or damaged.
    """
    parquet, errors = arrow("pyarrow.parquet"), arrow().lib
    try:
        return parquet.ParquetFile(path, buffer_size=_BUFFER_BYTES, pre_buffer=False)
    except (errors.ArrowException, OSError) as error:
        if isinstance(error, (FileNotFoundError, PermissionError, IsADirectoryError)):
            raise
        why = shortened(str(error).split("\n")[0].strip(), 120)
        message = f"ParquetRows: {str(path)!r} must be a whole Parquet file, got: {why}"
        raise DataError(message, got=str(error)) from error


def look_at(path: Path) -> FileFacts:
    """Return what the footer of a file says."""
    with open_file(path) as file:
        footer = file.metadata
        groups = [footer.row_group(i) for i in range(footer.num_row_groups)]
        rows, decoded = [group.num_rows for group in groups], sum(group.total_byte_size for group in groups)
        schema = file.schema_arrow
    stat = path.stat()
    return FileFacts(path, schema, rows, decoded, _identity(path, stat.st_size), stat.st_size, stat.st_mtime_ns)


def _identity(path: Path, size: int) -> str:
    """Return a hash of the footer of a file, of its size, and of bytes at even distances."""
    digest = blake2b(str(size).encode(), digest_size=8)
    with path.open("rb") as file:
        file.seek(max(size - 8, 0))
        length = int.from_bytes(file.read(4), "little")
        file.seek(max(size - 8 - length, 0))
        digest.update(file.read(length))
        for i in range(_PROBES):
            file.seek(i * max(size - _PROBE_BYTES, 0) // (_PROBES - 1))
            digest.update(file.read(_PROBE_BYTES))
    return digest.hexdigest()


def same_schema(files: Sequence[FileFacts], names: Sequence[str]) -> None:
    """Raise an error unless all files have the columns of these names, of the same types."""
    first = files[0]
    for other in files[1:]:
        missing = [name for name in names if name not in other.schema.names]
        if missing:
            message = (
                f"ParquetRows: all files must have the same columns, got {str(other.path)!r} without "
                f"{few(map(repr, missing), 3)}, which {str(first.path)!r} has."
            )
            raise DataError(message, expected=list(names), got=missing)
        for name in names:
            ours, theirs = first.schema.field(name).type, other.schema.field(name).type
            if ours != theirs:
                message = (
                    f"ParquetRows: a column must have the same type in all files, got {name!r} as {ours} in "
                    f"{str(first.path)!r} and as {theirs} in {str(other.path)!r}. Write the files anew with one type."
                )
                raise DataError(message, expected=str(ours), got=str(theirs))
