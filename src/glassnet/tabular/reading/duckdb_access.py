"""Open files with DuckDB through functions that take a path, never SQL, and convert its errors to `DataError`."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from glassnet.errors import DataError
from glassnet.utils.checks import require_extra

__all__ = ["duckdb_path", "duckdb_reader", "get_duckdb"]


def get_duckdb() -> Any:
    """Return the module; raise an error with the extra to install if it is missing."""
    return require_extra("duckdb", "cli", "Reading tables")


def duckdb_path(file: Path) -> str:
    """Return the path escaped for DuckDB, which would read ``s1.csv`` for ``s[1].csv``."""
    return glob.escape(str(file))


@contextmanager
def duckdb_reader(where: str) -> Iterator[Any]:
    """Yield a connection to an empty database in memory; convert DuckDB's errors to a `DataError` of one sentence.

    It neither downloads nor loads extensions. Relations are valid while it is open.
    """
    duckdb = get_duckdb()
    config = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    try:
        with duckdb.connect(":memory:", config=config) as connection:
            yield connection
    except duckdb.Error as error:
        raise _parse_error(where, error) from error


def _parse_error(where: str, error: Exception) -> DataError:
    """Return DuckDB's error, a paragraph, as one sentence."""
    text = str(error)
    line = re.search(r"CSV Error on Line: (\d+)", text)
    fields = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
    if line and fields:
        fact = f"line {line[1]} has {fields[2]} fields and the first line {fields[1]}"
        return DataError(f"{where}: {fact}; all rows must have the same number. Check the separators and quotes there.")
    if line and "unterminated quote" in text:
        must = "quotes must be closed, and quotes inside quotes doubled"
        return DataError(f"{where}: a field in line {line[1]} has a quote that is not closed; {must}.")
    size = re.search(r"Maximum line size of (\d+) bytes exceeded. Actual Size:(\d+)", text)
    if line and size:
        return DataError(f"{where}: line {line[1]} has {size[2]} bytes; no row may have more than {size[1]}.")
    first = re.sub(r"^\w[\w ]* Error: ", "", text.strip()).split("\n")[0].rstrip(". ")
    return DataError(f"{where}: the file is not well-formed: {first[:300]}.")
