"""Read a clean text file of any size with DuckDB: all cells as text, or as numbers where a column has no others."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.tabular.reading.cells.markers import MISSING_MARKERS
from glassnet.tabular.reading.cells.plain import has_large_numbers, may_have_thousands
from glassnet.tabular.reading.duckdb_access import duckdb_path, duckdb_reader, get_duckdb

__all__ = ["CleanFile", "CleanReader"]

_SAMPLE = 200  # rows that show whether the dots of a column may separate thousands
_GROUP_BYTES = 1 << 26  # text converted to Python strings at one time: they take several times its size

# Numbers that DuckDB and `CellReader` read alike, in the notation of nearly all files. Columns of them need no Python
# object per cell, which makes reading several times faster.
_PLAIN_NUMBER = r"[+-]?(0|[1-9][0-9]{0,99})(\.[0-9]{0,99})?([eE][+-]?[0-9]{1,2})?"


@dataclass(frozen=True)
class CleanFile:
    """A UTF-8 file of rows of one length, with double quotes doubled inside of cells and one kind of line end.

    Parameters
    ----------
    file : Path
        Plain or gzip.
    width : int
        Number of columns.
    separator : str
        One character.
    skip_lines : int
        Lines above the rows.
    compressed : bool
        Whether it is gzip.
    n_bytes : int
        Size of the text.
    has_quotes : bool
        Whether some cells may be quoted.
    """

    file: Path
    width: int
    separator: str = ","
    skip_lines: int = 0
    compressed: bool = False
    n_bytes: int = 0
    has_quotes: bool = False


class CleanReader:
    """Reads a clean file: first whole, for which columns hold plain numbers only, then its cells.

    Parameters
    ----------
    where : str
        Start of error messages.
    clean : CleanFile
        The file.

    Raises
    ------
    DataError
        The file is not that clean.
    """

    def __init__(self, where: str, clean: CleanFile) -> None:
        duckdb = get_duckdb()
        self.clean = clean
        columns = [duckdb.ColumnExpression(str(i)) for i in range(clean.width)]
        pattern = duckdb.ConstantExpression(_PLAIN_NUMBER)
        tests = [duckdb.FunctionExpression("regexp_full_match", column, pattern) for column in columns]
        all_plain = [duckdb.FunctionExpression("bool_and", test).alias(str(i)) for i, test in enumerate(tests)]
        quote = duckdb.ConstantExpression('"')
        quotes = [duckdb.FunctionExpression("contains", column, quote) for column in columns if clean.has_quotes]
        others = [
            duckdb.FunctionExpression("count", duckdb.ConstantExpression(1)).alias("rows"),
            duckdb.FunctionExpression("count", columns[-1]).alias("last"),
            *(duckdb.FunctionExpression("bool_or", test).alias(f"quote {i}") for i, test in enumerate(quotes)),
        ]
        with ExitStack() as stack:  # one connection for both: the memory of a second comes on top
            self._connection = stack.enter_context(duckdb_reader(where))
            relation = _relation(self._connection, clean, sorted(MISSING_MARKERS))
            found = relation.aggregate([*all_plain, *others]).fetchall()[0]
            sample = relation.limit(_SAMPLE).fetchnumpy()
            self._open = stack.pop_all()
        found, (self.n_rows, n_last, *with_quotes) = found[: clean.width], found[clean.width :]
        # A row with one cell too many looks like the others to DuckDB if the last one is empty.
        self.has_gaps = n_last < self.n_rows
        self.has_quotes = any(with_quotes)
        plain = {i for i, yes in enumerate(found) if yes}
        self._plain = {i for i in plain if not may_have_thousands(np.ma.filled(sample[str(i)], "").tolist())}

    def cells(self, kept: Collection[int]) -> Iterator[tuple[int, Any]]:
        """Yield position and cells of each column, once: float64 if all are plain numbers, else str objects, masked.

        Cells that mean "no value" are masked, but in the columns that are ``kept`` as they are.
        """
        width = self.clean.width
        per_group = max(1, width * _GROUP_BYTES // max(self.clean.n_bytes, 1))
        with self._open:
            for raw in (False, True):
                places = [i for i in range(width) if (i in kept) == raw]
                for start in range(0, len(places), per_group):
                    yield from self._group(places[start : start + per_group], raw)

    def _group(self, places: list[int], raw: bool) -> Iterator[tuple[int, Any]]:
        column = get_duckdb().ColumnExpression
        relation = _relation(self._connection, self.clean, [""] if raw else sorted(MISSING_MARKERS))
        numbers = set() if raw else self._plain
        cells = [column(str(i)).cast("DOUBLE").alias(str(i)) if i in numbers else column(str(i)) for i in places]
        for i, array in zip(places, relation.select(*cells).fetchnumpy().values(), strict=True):
            large = array.dtype == np.float64 and has_large_numbers(np.ma.filled(array, 0.0))
            yield i, relation.select(column(str(i))).fetchnumpy()[str(i)] if large else array


def _relation(connection: Any, clean: CleanFile, missing: list[str]) -> Any:
    """Return all cells as text, in columns named by their position, without type detection by DuckDB."""
    return connection.read_csv(
        duckdb_path(clean.file),
        columns={str(i): "VARCHAR" for i in range(clean.width)},
        auto_detect=False,
        header=False,
        skiprows=clean.skip_lines,
        sep=clean.separator,
        quotechar='"',
        escapechar='"',
        na_values=missing,
        compression="gzip" if clean.compressed else "none",
        hive_partitioning=False,  # otherwise a folder with the name year=2020 becomes a column
    )
