"""Read a `Table` from a CSV, TSV, Parquet or JSON file, plain or gzip."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Never

from glassnet.datasets import dataset_names, dataset_path
from glassnet.errors import ConfigError, DataError
from glassnet.tabular.reading.delimited import read_delimited, read_workbook
from glassnet.tabular.reading.frames import is_frame, warn_of_notes
from glassnet.tabular.reading.json_files import read_json
from glassnet.tabular.reading.kept_options import in_changed_forms
from glassnet.tabular.reading.opening import existing_file, file_format
from glassnet.tabular.reading.options import BadRows, ReadAs, ReadOptions
from glassnet.tabular.reading.parquet import read_parquet
from glassnet.tabular.reading.table import Table
from glassnet.utils.keywords import refuse_unknown
from glassnet.utils.short_text import count

__all__ = ["read_file", "read_table"]


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
    **unknown: Never,
) -> Table:
    """Read a table from a file, or one of the data sets of the package.

    Parameters
    ----------
    path : str or Path
        A text file, whatever its ending, JSON (``.json``, ``.jsonl``, ``.ndjson``), both plain or gzip, a ``.parquet``
        file, or a spreadsheet (``.xlsx``, ``.xls``, ``.ods``: the extra ``excel``); or a name in
        `glassnet.datasets.dataset_names` (``./penguins`` would be a file).
    separator, encoding : str, optional
        Separator and encoding of a text file, where they are not found by themselves.
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
        A model whose training table the columns are read like; options that are not given are those of its training.

    Returns
    -------
    Table
        The layout of a text file is found by itself: separator, quotes, encoding (UTF-8, UTF-16, Windows-1252), titles
        and comments above the names, several lines of names or none, units below them, remarks and totals at the end.
        The guide's page on cells lists what is read. A column without a name gets one from its position, such as
        ``column_3``.

    Warns
    -----
    TableWarning
        What was found that a user might not expect, in one warning.

    Raises
    ------
    DataError
        The file does not exist, is empty or no table, has no rows, or may be read in several ways; the message has the
        lines, and the option that decides. Rows that have another number of cells than the others are never shifted.

    Examples
    --------
    >>> read_table("penguins").take(slice(0, 2))["bill_length_mm"].values.tolist()
    [39.1, 39.5]
    """
    given = os.fspath(path) if isinstance(path, (str, os.PathLike)) else path
    refuse_unknown(read_table, unknown)
    where = f"read_table({given!r})"
    if not isinstance(given, str):
        advice = " For a frame there is to_table." if is_frame(given) else ""
        message = f"read_table: path is of type {type(given).__name__}; it must be a str or a Path.{advice}"
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
    file = dataset_path(given) if given in dataset_names() else existing_file(where, given)
    kind = file_format(where, file)
    if kind == "text":
        named_tabs = {".tsv", ".tab"} & {suffix.lower() for suffix in file.suffixes}
        table = read_delimited(where, file, "\t" if named_tabs else None, options)
    elif kind == "workbook":
        table = read_workbook(where, file, options)
    else:
        table = {"json": read_json, "parquet": read_parquet}[kind](where, file, options)
    if table.n_rows == 0:
        names = count(len(table.names), "column name")
        message = f"{where}: the table has {names} and no rows; it must have at least one row."
        raise DataError(message, expected="rows", got=0)
    return in_changed_forms(where, table, options)
