"""Parquet files: found, opened, and checked to be parts of one table."""

from __future__ import annotations

import glob
import os
from collections.abc import Collection, Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from glassnet.errors import ConfigError, DataError
from glassnet.utils.checks import require_extra
from glassnet.utils.wording import shortened

__all__ = ["FileFacts", "arrow", "check_folders", "find_files", "look_at", "open_file"]

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
        Where it is, absolute: also in another working directory, and in another process.
    name : str
        How messages name it: the path as it was given.
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
    name: str
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
    FileNotFoundError: ParquetRows: no file matches 'no-such-folder/*.parquet'.
    """
    if isinstance(files, (str, os.PathLike)):
        given = [files]
    elif isinstance(files, Iterable):
        given = list(files)
    else:
        message = f"ParquetRows: files is {files!r}; it must be a path, a pattern or a list of these."
        raise ConfigError(message, got=files)
    found: list[Path] = []
    for each in given:
        if not isinstance(each, (str, os.PathLike)):
            message = f"ParquetRows: files has {each!r}; each of them must be a path or a pattern."
            raise ConfigError(message, got=each)
        text = os.fspath(each)
        if Path(text).is_dir():
            text = str(Path(text) / "*.parquet")
        # A file whose name has brackets is meant by its name.
        own = [Path(text)] if Path(text).exists() else _matches(text)
        found += own
        if not own:
            deep = str(Path(each) / "**" / "*.parquet")
            advice = f" There are some in folders below it: write {deep!r}." if _matches(deep) else ""
            message = f"ParquetRows: no file matches {text!r}.{advice}"
            raise FileNotFoundError(message)
    if not found:
        message = "ParquetRows: files is an empty list; it must name at least one file."
        raise ConfigError(message, got=files)
    _check_different(found)
    return found


def _matches(pattern: str) -> list[Path]:
    """Return the files that a pattern means, without folders, which some programs name like files."""
    return [path for path in map(Path, sorted(glob.glob(pattern, recursive=True))) if not path.is_dir()]


def check_folders(files: Sequence[FileFacts], wanted: Collection[str] | None) -> None:
    """Refuse files whose folders hold a column, as in ``year=2020``, that differs between them and is in none.

    Parameters
    ----------
    files : list of FileFacts
        All files.
    wanted : collection of str or None
        The columns that are read; None for all that there are.

    Raises
    ------
    DataError
        It would not be read, and is wanted.
    """
    found = [dict(part.split("=", 1) for part in file.path.parts[:-1] if "=" in part) for file in files]
    for name in sorted({name for values in found for name in values}):
        values = [each.get(name) for each in found]
        other = next((i for i, value in enumerate(values) if value != values[0]), None)
        is_read = all(name in file.schema.names for file in files)
        if other is None or is_read or (wanted is not None and name not in wanted):
            continue
        first, second = ("none" if values[i] is None else repr(f"{name}={values[i]}") for i in (0, other))
        fact = f"the folders {first} and {second} have a {name!r} that is not read"
        advice = "Write it into the files, or name the inputs without it: columns=[...]."
        message = f"ParquetRows: {fact}; each column must be in the files. {advice}"
        raise DataError(message, got=name)


def _check_different(paths: list[Path]) -> None:
    """Refuse a file that comes twice, by whatever paths."""
    first: dict[str, Path] = {}
    for path in paths:
        other = first.setdefault(os.path.realpath(path), path)
        if other is not path:
            one, two = str(other), str(path)
            fact = f"{one!r} is there twice" if one == two else f"{one!r} and {two!r} are the same file"
            message = f"ParquetRows: {fact}; each file must be given once."
            raise ConfigError(message, got=[str(other), str(path)])


def open_file(path: Path, name: str, footer: Any = None) -> Any:
    """Return an open ``pyarrow.parquet.ParquetFile``, of which little is read at a time.

    Parameters
    ----------
    path : Path
        Where it is.
    name : str
        How messages name it.
    footer : pyarrow.parquet.FileMetaData, optional
        Its own, if that was read before.

    Raises
    ------
    DataError
        The file is no Parquet, or damaged.
    """
    parquet, errors = arrow("pyarrow.parquet"), arrow().lib
    try:
        return parquet.ParquetFile(path, metadata=footer, buffer_size=_BUFFER_BYTES, pre_buffer=False)
    except (errors.ArrowException, OSError) as error:
        if isinstance(error, (FileNotFoundError, PermissionError, IsADirectoryError)):
            raise
        why = shortened(str(error).split("\n")[0].strip(), 120)
        message = f"ParquetRows: {name!r} is no whole Parquet file: {why}"
        raise DataError(message, got=str(error)) from error


def look_at(path: Path) -> FileFacts:
    """Return what the footer of a file says."""
    name, path = str(path), path.absolute()
    with open_file(path, name) as file:
        footer = file.metadata
        groups = [footer.row_group(i) for i in range(footer.num_row_groups)]
        rows, decoded = [group.num_rows for group in groups], sum(group.total_byte_size for group in groups)
        schema = file.schema_arrow
    stat = path.stat()
    identity = _identity(path, stat.st_size)
    return FileFacts(path, name, schema, rows, decoded, identity, stat.st_size, stat.st_mtime_ns)


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
