"""Read Parquet: its own column names, and what pandas and Arrow note about them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from glassnet.tabular.reading.arrow_schema import ArrowNotes, read_arrow_notes
from glassnet.tabular.reading.cells.reader import CellReader
from glassnet.tabular.reading.duckdb_access import duckdb_path, duckdb_reader
from glassnet.tabular.reading.form import Form
from glassnet.tabular.reading.frames import draft_column
from glassnet.tabular.reading.kept_options import check_read_names
from glassnet.tabular.reading.options import ReadOptions
from glassnet.tabular.reading.row_names import IN_FILE
from glassnet.tabular.reading.table import Column, Table, check_names
from glassnet.tabular.reading.text import plain_text

__all__ = ["read_parquet"]


def read_parquet(where: str, file: Path, options: ReadOptions) -> Table:
    """Return the table in a Parquet file; the index of a pandas DataFrame is left out, as from the DataFrame itself."""
    with duckdb_reader(where) as connection:
        relation = connection.read_parquet(duckdb_path(file), hive_partitioning=False)
        # DuckDB changes names that differ only in case.
        names = _top_names(connection.table_function("parquet_schema", [duckdb_path(file)]).fetchall())
        rows = connection.table_function("parquet_kv_metadata", [duckdb_path(file)]).fetchall()
        notes = read_arrow_notes({bytes(row[1]): bytes(row[2]) for row in rows})
        check_names(where, names)
        check_read_names(where, options, names)
        arrays = relation.fetchnumpy()
    reader = CellReader(where, options, place=IN_FILE)
    left_out = {name for name in notes.index if set(names) - set(notes.index)} | options.dropped
    drafts = [
        draft_column(name, _as_noted(name, array, notes), reader)
        for name, array in zip(names, arrays.values(), strict=True)
        if name not in left_out
    ]
    named = [name for name in notes.index if name in left_out and not name.startswith("__index_level_")]
    said = [f"The index of the DataFrame is left out: {', '.join(map(repr, named))}."] if named else []
    return Table(reader.settle(drafts), where, said).named_by(IN_FILE)


def _as_noted(name: str, array: Any, notes: ArrowNotes) -> Any:
    """Return an array of Parquet's plain types as what it was before it was written."""
    if name in notes.seconds and array.dtype.kind in "iu":
        return _durations(name, array, notes.seconds[name])
    if name in notes.categories:
        missing = np.ma.getmaskarray(np.ma.asanyarray(array))
        cells = list(np.ma.getdata(array))
        texts = [
            "" if gone or cell is None else plain_text(cell).strip() for cell, gone in zip(cells, missing, strict=True)
        ]
        values = np.fromiter(texts, object, len(texts))
        return Column(name, "category", values, values == "", Form("category"))
    return array


def _durations(name: str, array: Any, seconds: float) -> Column:
    """Return whole numbers of a unit as seconds; the least number stands for a missing value."""
    masked = np.ma.getmaskarray(np.ma.asanyarray(array))
    plain = np.ma.getdata(array)
    gone = masked | (plain == np.iinfo(np.int64).min)
    return Column(
        name, "number", np.where(gone, np.nan, plain / round(1 / seconds)), gone, Form("number", style="duration")
    )


def _top_names(schema: list[tuple[Any, ...]]) -> list[str]:
    """Return the names of the top-level columns from a schema, a tree of nodes each with its number of children."""
    names: list[str] = []
    rows = iter(schema[1:])

    def skip(children: int | None) -> None:
        for _ in range(children or 0):
            skip(next(rows)[5])

    for row in rows:
        names.append(row[1])
        skip(row[5])
    return names
