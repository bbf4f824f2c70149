"""Read CSV and TSV: DuckDB parses them and converts plain numbers; `column_from_text` converts everything else."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.tabular.reading.duckdb_access import duckdb_path, duckdb_reader, get_duckdb
from glassnet.tabular.reading.frames import column_from_values
from glassnet.tabular.reading.scanning import Layout, TextScan, find_layout, scan_text
from glassnet.tabular.reading.table import Column, Table, check_names
from glassnet.tabular.reading.text import MISSING_MARKERS, column_from_text

__all__ = ["read_delimited"]

_GROUP_BYTES = 1 << 26  # text converted to Python strings at one time: they take several times its size

# Numbers that DuckDB and `column_from_text` read alike, in the notation of nearly all files. Columns of them need no
# Python object per cell, which makes reading several times faster.
_PLAIN_NUMBER = r"[+-]?(0|[1-9][0-9]{0,99})(\.[0-9]{0,99})?([eE][+-]?[0-9]{1,2})?"


def read_delimited(where: str, file: Path, separator: str | None, text: Collection[str]) -> Table:
    """Return a text file as a table; ``separator`` None means to find it, ``text`` names the columns that stay text."""
    scan = scan_text(where, file)
    layout = find_layout(scan, separator)
    names = [name or f"column_{i}" for i, name in enumerate(layout.names, start=1)]
    check_names(where, names, "Rename one of them in the first line.")
    kept = {i for i, name in enumerate(names) if name in text}
    columns: list[Column] = []
    with duckdb_reader(where, scan) as connection:
        for i, array in _arrays(_relation(connection, file, scan, layout), scan.n_bytes, kept):
            if array.dtype == np.float64:
                columns.append(column_from_values(names[i], array, where))
            else:
                cells = np.ma.filled(array, "").tolist()
                columns.append(column_from_text(names[i], cells, decimal_comma=layout.separator == ";", keep=i in kept))
    return Table(columns, where)


def _relation(connection: Any, file: Path, scan: TextScan, layout: Layout) -> Any:
    """Return all cells as text, in columns named by their position, without type detection by DuckDB."""
    return connection.read_csv(
        duckdb_path(file),
        columns={str(i): "VARCHAR" for i in range(len(layout.names))},
        auto_detect=False,
        header=True,
        skiprows=layout.blank_lines,
        sep=layout.separator,
        quotechar='"',
        escapechar='"',
        na_values=sorted(MISSING_MARKERS),
        compression="gzip" if scan.compressed else "none",
        hive_partitioning=False,  # otherwise a folder with the name year=2020 becomes a column
    )


def _arrays(relation: Any, n_bytes: int, kept: Collection[int]) -> Iterator[tuple[int, Any]]:
    """Yield position and cells of each column: float64 if all are plain numbers, else str objects."""
    duckdb = get_duckdb()
    column, pattern = duckdb.ColumnExpression, duckdb.ConstantExpression(_PLAIN_NUMBER)
    places = list(range(len(relation.columns)))
    tests = [duckdb.FunctionExpression("regexp_full_match", column(str(i)), pattern) for i in places]
    all_plain = [
        duckdb.FunctionExpression("bool_and", test).alias(str(i)) for i, test in zip(places, tests, strict=True)
    ]
    plain = {i for i, yes in zip(places, relation.aggregate(all_plain).fetchall()[0], strict=True) if yes} - set(kept)
    per_group = max(1, len(places) * _GROUP_BYTES // max(n_bytes, 1))
    for start in range(0, len(places), per_group):
        group = places[start : start + per_group]
        cells = [column(str(i)).cast("DOUBLE").alias(str(i)) if i in plain else column(str(i)) for i in group]
        yield from zip(group, relation.select(*cells).fetchnumpy().values(), strict=True)
