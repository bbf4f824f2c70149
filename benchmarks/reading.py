"""How many messy text files are read as they are meant, beside pandas, CleverCSV and DuckDB.

``python -m benchmarks.reading FOLDER`` takes a folder with ``csv/`` and ``clean/``, which hold files of the same names:
as they came, and as they are meant (comma, double quotes, UTF-8, one line of names). The Pollock benchmark (Vitagliano
and others, PVLDB 16(8), 2023) has such folders: ``survey_sample``, real files of open-data portals, and
``polluted_files``, one file with one fault each (``--only file_ source`` takes the faults of a whole file). FOLDER may
be named several times. Nothing of it is part of this package.

A table is *as meant* if all its cells, as text without blanks around them, are those of the clean version, in the same
rows and columns; *with names* if the names are too. Columns at the end without a name and without any value, rows
without any value, and the names of files without names (``column_1`` here, ``col_0`` or ``0`` elsewhere) do not count.
A table that is read differently is *another table*; (silent) says how many of those came without any note on the
layout. An empty file counts for nobody. ``--list`` prints every file that was not read as meant.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

__all__ = ["main"]

Rows = list[list[str]]
Reader = Callable[[Path], tuple[list[str], Rows, list[str]]]
_NO_NAMES = ("col_", "column_", "column", "unnamed", "")


def glassnet_rows(path: Path) -> tuple[list[str], Rows, list[str]]:
    """Read with glassnet, cells as they stand in the file."""
    from glassnet.tabular.reading.contents import read_contents
    from glassnet.tabular.reading.options import ReadOptions

    contents = read_contents("read_table", path, ReadOptions())
    every = range(len(contents.names))
    columns = dict(contents.columns(every))
    return contents.names, [list(row) for row in zip(*(columns[i] for i in every), strict=True)], contents.notes


def pandas_rows(path: Path) -> tuple[list[str], Rows, list[str]]:
    """Read with pandas, which sniffs the separator."""
    import pandas as pd

    frame = pd.read_csv(path, sep=None, engine="python", dtype=str, keep_default_na=False)
    if not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index()
    return [str(name) for name in frame.columns], frame.fillna("").astype(str).to_numpy().tolist(), []


def clevercsv_rows(path: Path) -> tuple[list[str], Rows, list[str]]:
    """Read with CleverCSV, which finds the dialect."""
    import clevercsv

    rows = clevercsv.wrappers.read_table(str(path), encoding=None)
    return list(rows[0]), [list(row) for row in rows[1:]], []


def duckdb_rows(path: Path) -> tuple[list[str], Rows, list[str]]:
    """Read with DuckDB and its sniffer."""
    import duckdb

    relation = duckdb.connect().read_csv(str(path), all_varchar=True)
    return relation.columns, [["" if cell is None else cell for cell in row] for row in relation.fetchall()], []


READERS: dict[str, tuple[str, Reader]] = {
    "glassnet": ("glassnet", glassnet_rows),
    "pandas, sniffing": ("pandas", pandas_rows),
    "CleverCSV": ("clevercsv", clevercsv_rows),
    "DuckDB": ("duckdb", duckdb_rows),
}


def plain(names: Sequence[str], rows: Rows) -> tuple[list[str], Rows]:
    """Return names and rows without what does not count."""
    rows = [[cell.strip().replace("\r\n", "\n") for cell in row] for row in rows]
    rows = [row for row in rows if any(row)]
    width = max([len(names), *map(len, rows)])
    names = [name.strip() for name in names] + [""] * (width - len(names))
    rows = [row + [""] * (width - len(row)) for row in rows]
    while width and is_no_name(names[width - 1]) and not any(row[width - 1] for row in rows):
        width -= 1
    return names[:width], [row[:width] for row in rows]


def is_no_name(name: str) -> bool:
    """Return whether a name says nothing but a position."""
    text = name.lower().removeprefix("unnamed: ").lstrip(" _0123456789")
    return text.rstrip("0123456789") in _NO_NAMES


def compare(read: Reader, path: Path, clean: Path) -> tuple[str, str]:
    """Return how a file was read: "with names", "as meant", "another table", "refused"; and details."""
    with clean.open(encoding="utf-8-sig", newline="") as stream:
        wanted = list(csv.reader(stream))
    meant_names, meant = plain(wanted[0] if wanted else [], wanted[1:])
    try:
        names, rows, notes = read(path)
    except Exception as error:
        return "refused", f"{type(error).__name__}: {error}"
    names, rows = plain(names, rows)
    said = "; ".join(notes)
    if rows != meant and rows == plain([], wanted)[1]:  # the clean version has no line of names either
        meant_names, meant = [""] * len(names), rows
    if rows == meant:
        same = all(a == b or (is_no_name(a) and is_no_name(b)) for a, b in zip(names, meant_names, strict=False))
        return ("with names" if same and len(names) == len(meant_names) else "as meant"), said
    at = next((i for i, (a, b) in enumerate(zip(rows, meant, strict=False)) if a != b), min(len(rows), len(meant)))
    sizes = f"{len(rows)} rows of {len(names)} for {len(meant)} of {len(meant_names)}, first difference in row {at}"
    return "another table", f"{'' if notes else 'SILENT '}{sizes}; {said}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table of the readers that are installed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reading", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", nargs="+", type=Path)
    parser.add_argument("--only", nargs="*", default=[""], help="beginnings of the files' names")
    parser.add_argument("--readers", nargs="*", default=list(READERS))
    parser.add_argument("--list", action="store_true", help="print every file that was not read as meant")
    given = parser.parse_args(arguments)
    for folder in given.folder:
        names = sorted(path.name for path in (folder / "csv").iterdir() if path.name.startswith(tuple(given.only)))
        files = [
            name for name in names if (folder / "clean" / name).exists() and (folder / "csv" / name).stat().st_size
        ]
        print(f"\n{folder.name}: {len(files)} files\n")
        print(f"{'':18} {'as meant':>9} {'with names':>11} {'another table':>14} {'(silent)':>9} {'refused':>8}")
        for reader in given.readers:
            module, read = READERS[reader]
            if importlib.util.find_spec(module) is not None:
                _report(reader, read, folder, files, given.list)


def _report(reader: str, read: Reader, folder: Path, files: Sequence[str], detailed: bool) -> None:
    counts: Counter[str] = Counter()
    lines: list[Any] = []
    for name in files:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            verdict, details = compare(read, folder / "csv" / name, folder / "clean" / name)
        counts[verdict] += 1
        counts["silent"] += details.startswith("SILENT") or (verdict == "another table" and reader != "glassnet")
        if verdict not in ("as meant", "with names"):
            lines.append(f"    {verdict:14} {name}\n        {details[:300]}")
    meant = counts["as meant"] + counts["with names"]
    numbers = (
        f"{meant:9} {counts['with names']:11} {counts['another table']:14} {counts['silent']:9} {counts['refused']:8}"
    )
    print(f"{reader:18} {numbers}", *(lines if detailed else ()), sep="\n")


if __name__ == "__main__":
    main()
