"""Read CSV and TSV: DuckDB parses them and converts plain numbers; `CellReader` reads everything else."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.tabular.reading.cells.markers import MISSING_MARKERS
from glassnet.tabular.reading.cells.plain import has_large_numbers, may_have_thousands
from glassnet.tabular.reading.cells.reader import CellReader, Draft
from glassnet.tabular.reading.duckdb_access import duckdb_path, duckdb_reader, get_duckdb
from glassnet.tabular.reading.options import ReadOptions
from glassnet.tabular.reading.row_names import IN_FILE
from glassnet.tabular.reading.scanning import Layout, TextScan, find_layout, scan_text
from glassnet.tabular.reading.table import Table, check_names

__all__ = ["read_delimited"]

_SAMPLE = 200  # rows that show whether the dots of a column may separate thousands
_GROUP_BYTES = 1 << 26  # text converted to Python strings at one time: they take several times its size

# Numbers that DuckDB and `CellReader` read alike, in the notation of nearly all files. Columns of them need no
# Python object per cell, which makes reading several times faster.
_PLAIN_NUMBER = r"[+-]?(0|[1-9][0-9]{0,99})(\.[0-9]{0,99})?([eE][+-]?[0-9]{1,2})?"


def read_delimited(where: str, file: Path, separator: str | None, options: ReadOptions) -> Table:
    """Return a text file as a table; ``separator`` None means to find it."""
    scan = scan_text(where, file)
    layout = find_layout(scan, separator)
    names = [name or f"column_{i}" for i, name in enumerate(layout.names, start=1)]
    check_names(where, names, "Rename one of them in the first line.")
    wanted = {i for i, name in enumerate(names) if _needs_text(name, options)}
    reader = CellReader(where, options, place=IN_FILE, semicolons=layout.separator == ";")
    drafts: list[Draft] = []
    # Where a column stays as it is written, NA is a word there.
    stays = "text" in options.read.values() or any(form.style == "text" for form in options.forms.values())
    markers = ("",) if stays else MISSING_MARKERS
    with duckdb_reader(where, scan) as connection:
        for i, array in _arrays(_relation(connection, file, scan, layout, markers), scan.n_bytes, wanted):
            if names[i] in options.dropped:
                continue
            if array.dtype == np.float64:
                drafts.append(reader.read_numbers(names[i], np.ma.filled(array, np.nan)))
            else:
                drafts.append(reader.read(names[i], np.ma.filled(array, "").tolist()))
    return Table(reader.settle(drafts), where)


def _needs_text(name: str, options: ReadOptions) -> bool:
    """Return whether a column must not be converted by DuckDB, since it is read in a way of its own."""
    form = options.forms.get(name)
    is_plain = form is None or (form.kind == "number" and form.is_plain)
    return options.read.get(name, "number") != "number" or not is_plain


def _relation(connection: Any, file: Path, scan: TextScan, layout: Layout, markers: Collection[str]) -> Any:
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
        na_values=sorted(markers),
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
    sample = relation.limit(_SAMPLE).fetchnumpy()
    plain -= {i for i in plain if may_have_thousands(np.ma.filled(sample[str(i)], "").tolist())}
    per_group = max(1, len(places) * _GROUP_BYTES // max(n_bytes, 1))
    for start in range(0, len(places), per_group):
        group = places[start : start + per_group]
        cells = [column(str(i)).cast("DOUBLE").alias(str(i)) if i in plain else column(str(i)) for i in group]
        for i, array in zip(group, relation.select(*cells).fetchnumpy().values(), strict=True):
            large = array.dtype == np.float64 and has_large_numbers(np.ma.filled(array, 0.0))
            yield i, relation.select(column(str(i))).fetchnumpy()[str(i)] if large else array
