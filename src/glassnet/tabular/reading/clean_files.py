"""Read a clean text file of any size with DuckDB: all cells as text, or as numbers where a column has no others."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glassnet.tabular.reading.duckdb_access import duckdb_path, duckdb_reader, get_duckdb
from glassnet.tabular.reading.text import MISSING_MARKERS

__all__ = ["CleanFile", "cells_of_columns", "plain_columns"]

_GROUP_BYTES = 1 << 26  # text converted to Python strings at one time: they take several times its size

# Numbers that DuckDB and Python read alike, in the notation of nearly all files. Columns of them need no Python object
# per cell, which makes reading several times faster.
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
    """

    file: Path
    width: int
    separator: str = ","
    skip_lines: int = 0
    compressed: bool = False
    n_bytes: int = 0


def plain_columns(where: str, clean: CleanFile) -> set[int]:
    """Read the whole file; return the positions of the columns in which all cells are plain numbers or missing.

    Raises
    ------
    DataError
        The file is not that clean.
    """
    duckdb = get_duckdb()
    pattern = duckdb.ConstantExpression(_PLAIN_NUMBER)
    tests = [
        duckdb.FunctionExpression("regexp_full_match", duckdb.ColumnExpression(str(i)), pattern)
        for i in range(clean.width)
    ]
    all_plain = [duckdb.FunctionExpression("bool_and", test).alias(str(i)) for i, test in enumerate(tests)]
    with duckdb_reader(where) as connection:
        found = _relation(connection, clean, sorted(MISSING_MARKERS)).aggregate(all_plain).fetchall()[0]
    return {i for i, yes in enumerate(found) if yes}


def cells_of_columns(
    where: str, clean: CleanFile, plain: Collection[int], kept: Collection[int]
) -> Iterator[tuple[int, Any]]:
    """Yield position and cells of each column: float64 for those that are ``plain``, else str objects, both masked.

    Cells that mean "no value" are masked, but in the columns that are ``kept`` as they are.
    """
    duckdb = get_duckdb()
    per_group = max(1, clean.width * _GROUP_BYTES // max(clean.n_bytes, 1))
    with duckdb_reader(where) as connection:
        for raw in (False, True):
            places = [i for i in range(clean.width) if (i in kept) == raw]
            relation: Any = _relation(connection, clean, [] if raw else sorted(MISSING_MARKERS)) if places else None
            for start in range(0, len(places), per_group):
                group = places[start : start + per_group]
                columns = {i: duckdb.ColumnExpression(str(i)) for i in group}
                cells = [
                    column.cast("DOUBLE").alias(str(i)) if i in plain and not raw else column
                    for i, column in columns.items()
                ]
                yield from zip(group, relation.select(*cells).fetchnumpy().values(), strict=True)


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
