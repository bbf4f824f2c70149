"""Read cells as they stand in a file, to be written beside predictions: numbers with their digits, text as text."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.datasets import dataset_names, dataset_path
from glassnet.tabular.reading.duckdb_access import duckdb_path, duckdb_reader, get_duckdb
from glassnet.tabular.reading.files import read_file
from glassnet.tabular.reading.opening import file_format
from glassnet.tabular.reading.options import ReadOptions
from glassnet.tabular.reading.table import Column, Table
from glassnet.tabular.reading.text import plain_text
from glassnet.utils.paths import typed_path

__all__ = ["read_kept_cells"]

_SIMPLE = ("BOOLEAN", "VARCHAR", "DATE", "TIMESTAMP", "FLOAT", "DOUBLE")
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")


def read_kept_cells(
    where: str, path: str, names: Sequence[str], table: Table, options: ReadOptions
) -> dict[str, np.ndarray]:
    """Return cells of some columns of a file, as arrays (n,): of text files their text, otherwise their own types.

    Parameters
    ----------
    where : str
        Start of error messages.
    path : str
        The file, or the name of a data set of the package.
    names : sequence of str
        The columns.
    table : Table
        What was read of the file, with ``options``. It has the cells of what is laid out in an unusual way.
    options : ReadOptions
        How it was read.

    Returns
    -------
    dict
        Text is an array of str objects, where an empty cell is ``""``; a missing value of another type is None, or
        masked.
    """
    file = dataset_path(path) if path in dataset_names() else typed_path(path)
    kind = file_format(where, file)
    found: dict[str, np.ndarray] = {}
    if kind == "parquet":
        found = _parquet_cells(where, file, names)
    elif kind == "json":
        found = _json_cells(file, names)
    else:
        others: dict[str, Any] = {name: "drop" for name in table.names if name not in names}
        texts: dict[str, Any] = dict.fromkeys(names, "text")
        read = replace(options, read={**others, **texts}, forms={}, missing=())
        found = {column.name: column.values for column in read_file(where, path, read).columns}
    fit = {name: cells for name, cells in found.items() if len(cells) == table.n_rows}
    return {name: fit[name] if name in fit else _cells_of(table[name]) for name in names}


def _parquet_cells(where: str, file: Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Return columns with the types of the file; of types that NumPy does not have, their text."""
    duckdb = get_duckdb()
    with duckdb_reader(where) as connection:
        relation = connection.read_parquet(duckdb_path(file), hive_partitioning=False)
        types = {name: str(kind) for name, kind in zip(relation.columns, relation.types, strict=True) if name in names}
        if not types:
            return {}
        columns = []
        for name, kind in types.items():
            column = duckdb.ColumnExpression(name)
            columns.append(column if kind in _SIMPLE + _WHOLE else column.cast("VARCHAR").alias(name))
        arrays = relation.select(*columns).fetchnumpy()
    return {
        name: array.astype("M8[D]") if types[name] == "DATE" else array
        for name, array in zip(types, arrays.values(), strict=True)
    }


def _json_cells(file: Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Return the values of an array of objects, or of one object per line; nothing for another layout."""
    try:
        records = list(_records(file))
    except (ValueError, OSError):
        return {}
    if not all(isinstance(record, dict) for record in records):
        return {}
    return {name: np.fromiter((record.get(name) for record in records), object, len(records)) for name in names}


def _records(file: Path) -> Iterator[Any]:
    """Yield the objects of a JSON file."""
    content = file.read_bytes()
    packed = content.startswith(b"\x1f\x8b")
    text = (gzip.decompress(content) if packed else content).decode("utf-8-sig").strip()
    if text.startswith("["):
        yield from json.loads(text)
        return
    decoder, place = json.JSONDecoder(), 0
    while place < len(text):
        record, place = decoder.raw_decode(text, place)
        yield record
        while place < len(text) and text[place].isspace():
            place += 1


def _cells_of(column: Column) -> np.ndarray:
    """Return the values of a column as objects, whole numbers without a point and missing ones as None."""
    values = column.values.tolist()
    if column.kind == "number":
        values = [int(value) if float(value).is_integer() else value for value in values]
    elif column.kind == "date":
        values = [plain_text(value) for value in values]
    cells = (None if gone else value for value, gone in zip(values, column.missing, strict=True))
    return np.fromiter(cells, object, len(column))
