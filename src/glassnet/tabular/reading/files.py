"""Read a `Table` from a CSV, TSV, Parquet or JSON file, plain or gzip."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from glassnet.datasets import dataset_names, dataset_path
from glassnet.errors import ConfigError, DataError
from glassnet.tabular.reading.delimited import read_delimited
from glassnet.tabular.reading.frames import warn_of_notes
from glassnet.tabular.reading.json_files import read_json
from glassnet.tabular.reading.options import BadRows, ReadAs, ReadOptions
from glassnet.tabular.reading.parquet import read_parquet
from glassnet.tabular.reading.row_names import IN_FILE
from glassnet.tabular.reading.table import Table
from glassnet.utils.checks import nearest
from glassnet.utils.paths import typed_path

__all__ = ["read_file", "read_table"]

_FORMATS = {
    **dict.fromkeys((".csv", ".tsv", ".tab", ".txt"), "text"),
    **dict.fromkeys((".json", ".jsonl", ".ndjson"), "json"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
}
_SUFFIXES = ".csv, .tsv, .txt, .json, .jsonl, .ndjson (each also with .gz) or .parquet"


def read_table(
    path: str | os.PathLike[str],
    *,
    separator: str | None = None,
    encoding: str | None = None,
    header: bool | int | None = None,
    skip_lines: int | None = None,
    bad_rows: BadRows | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    missing: Sequence[Any] | None = None,
    day_first: bool | None = None,
    read: Mapping[str, ReadAs] | None = None,
    like: Any = None,
) -> Table:
    """Read a table from a file, or one of the data sets of the package.

    Parameters
    ----------
    path : str or Path
        A ``.csv``, ``.tsv``, ``.txt``, ``.json``, ``.jsonl`` or ``.ndjson`` file, plain or with ``.gz``, or a
        ``.parquet`` file; or a name in `glassnet.datasets.dataset_names` (``./penguins`` would be a file).
    separator, encoding : str, optional
        Of a text file, where they are not found by themselves.
    header : bool or int, optional
        Whether a text file has a line of names, or how many.
    skip_lines : int, optional
        Lines before the header of a text file to pass over.
    bad_rows : {"refuse", "skip"}, optional
        What to do with rows of another number of fields than the header; by default they are refused.
    decimal : {".", ","}, optional
        Decimal mark of the numbers.
    thousands : {",", ".", " ", "'", "_"}, optional
        Thousands separator of the numbers.
    missing : sequence, optional
        Cells that mean "no value", besides the usual ones, such as ``[-999]``.
    day_first : bool, optional
        Whether 01/02/2024 is the first of February; needed only if the cells leave it open.
    read : mapping, optional
        What columns are read as: ``"number"``, ``"text"``, ``"category"``, ``"date"`` or ``"drop"``. As text every
        cell stands for itself, ``NA`` too.
    like : TableModel or estimator, optional
        A model whose training table the columns are read like.

    Returns
    -------
    Table
        Text files are UTF-8. Their first line that is not blank has the names; columns are separated by comma,
        semicolon, tab or bar, whichever divides the first lines evenly; with a semicolon, 3,5 is a number.
        `glassnet.tabular.reading.text` documents missing cells and the kinds of columns. A column without a name gets
        one from its position, such as ``column_3``.

    Raises
    ------
    DataError
        The file does not exist, is no file, has another suffix, is empty, has no rows, is not UTF-8, has two columns
        of the same name, or cannot be parsed.

    Examples
    --------
    >>> read_table("penguins").take(slice(0, 2))["bill_length_mm"].values.tolist()
    [39.1, 39.5]
    """
    given = os.fspath(path) if isinstance(path, (str, os.PathLike)) else path
    where = f"read_table({given!r})"
    if not isinstance(given, str):
        message = f"{where}: path must be a str or a Path, got {type(given).__name__}."
        raise ConfigError(message, expected="str or Path", got=type(given))
    options = ReadOptions.checked(
        where,
        separator=separator,
        encoding=encoding,
        header=header,
        skip_lines=skip_lines,
        bad_rows=bad_rows,
        decimal=decimal,
        thousands=thousands,
        missing=missing,
        day_first=day_first,
        read=read,
        like=like,
    )
    table = read_file(where, given, options)
    warn_of_notes(where, table)
    return table


def read_file(where: str, given: str, options: ReadOptions) -> Table:
    """Return the table in a file, or of a data set of the package, without a `TableWarning`: see its notes."""
    file = dataset_path(given) if given in dataset_names() else _existing(where, given)
    suffix = _suffix(where, file)
    if _FORMATS[suffix] == "text":
        separator = options.separator or ("\t" if suffix in (".tsv", ".tab") else None)
        table = read_delimited(where, file, separator, options).named_by(IN_FILE)
    else:
        read = {"json": read_json, "parquet": read_parquet}[_FORMATS[suffix]]
        table = read(where, file, options).named_by(IN_FILE)
    if table.n_rows == 0:
        message = f"{where}: the table must have at least one row, got {len(table.names)} column names and no rows."
        raise DataError(message, expected="rows", got=0)
    return table


def _existing(where: str, given: str) -> Path:
    """Return the path of a file that exists and is not empty."""
    file = typed_path(given)
    try:
        size = file.stat().st_size if file.is_file() and os.access(file, os.R_OK) else None
        kind = "a folder" if file.is_dir() else "one that may not be read" if file.exists() else "no such file"
        neighbours = os.listdir(file.parent) if size is None and file.parent.is_dir() else []
    except (OSError, ValueError, RuntimeError) as error:  # an invalid path, ~somebody
        message = f"{where}: the path must lead to a file, got one that cannot be looked up ({error})."
        raise DataError(message) from error
    if size == 0:
        message = f"{where}: the file must hold a table, got an empty file."
        raise DataError(message)
    if size is not None:
        return file.absolute()
    near = nearest(given, dataset_names()) or nearest(file.name, neighbours)
    advice = f" Did you mean {near!r}?" if near and kind == "no such file" else ""
    message = f"{where}: the path must lead to a file, got {kind}.{advice}"
    raise DataError(message, expected="a file", got=kind)


def _suffix(where: str, file: Path) -> str:
    """Return the suffix that determines the format, without ``.gz``."""
    suffixes = [suffix.lower() for suffix in file.suffixes]
    inner = suffixes[-2] if len(suffixes) > 1 and suffixes[-1] == ".gz" else suffixes[-1] if suffixes else ""
    if inner in _FORMATS and not (suffixes[-1] == ".gz" and _FORMATS[inner] == "parquet"):
        return inner
    ending = "".join(suffixes[-2:]) if suffixes[-1:] == [".gz"] else inner
    got = repr(ending) if ending else "no ending"
    message = f"{where}: the file must end in {_SUFFIXES}, got {got}. Save the table as one of these."
    raise DataError(message, expected=_SUFFIXES, got=ending)
