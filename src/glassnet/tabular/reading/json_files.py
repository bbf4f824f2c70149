"""Read JSON: records, one object per line, and the other layouts that pandas writes."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from glassnet.errors import DataError
from glassnet.tabular.reading.cells.reader import CellReader
from glassnet.tabular.reading.duckdb_access import duckdb_path, duckdb_reader, get_duckdb
from glassnet.tabular.reading.frames import draft_column
from glassnet.tabular.reading.kept_options import check_read_names
from glassnet.tabular.reading.options import ReadOptions
from glassnet.tabular.reading.row_names import RowNames
from glassnet.tabular.reading.scanning import scan_text
from glassnet.tabular.reading.table import Table, check_names

__all__ = ["read_json", "table_in_layout"]

_MUST = 'it must hold objects with names, such as [{"a": 1}, {"a": 2}] or one object per line'
_MOST_BYTES = 1 << 28  # of a file in another layout, which is parsed whole
_TEXTUAL = ("DATE", "TIME", "TIMESTAMP", "UUID", "INTERVAL", "VARCHAR")


def read_json(where: str, file: Path, options: ReadOptions) -> Table:
    """Return the table in a JSON file: an array of objects, an object per line, or a layout of pandas."""
    scan = scan_text(where, file)
    if scan.encoding != "utf-8":
        got = "begins with a byte order mark" if scan.encoding == "utf-8-sig" else f"is in {scan.encoding}"
        message = f"{where}: the file {got}; JSON must be plain UTF-8. Save the file so."
        raise DataError(message, expected="UTF-8", got=scan.encoding)
    rows = RowNames(_line_finder(file, scan.compressed))
    reader = CellReader(where, options, place=rows)
    named = _in_other_layout(where, file, scan.compressed, scan.n_bytes) if scan.head.lstrip()[:1] == "{" else None
    if named is None:
        named = _records(where, file, scan.compressed)
    check_read_names(where, options, [name for name, _ in named])
    drafts = [draft_column(name, values, reader) for name, values in named if name not in options.dropped]
    return Table(reader.settle(drafts), where).named_by(rows)


def _line_finder(file: Path, compressed: bool) -> Callable[[int], int | None]:
    """Return what finds the line of a row: None if the objects do not stand in a line each."""

    def line_of(row: int) -> int | None:
        found, n = None, 0
        with gzip.open(file) if compressed else file.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    if not (line.lstrip().startswith(b"{") and line.rstrip().endswith(b"}")):
                        return None
                    found, n = number if n == row else found, n + 1
        return found

    return line_of


def _records(where: str, file: Path, compressed: bool) -> list[tuple[str, Any]]:
    """Return the columns of an array of objects, or of an object per line."""
    with duckdb_reader(where) as connection:
        try:
            relation = connection.read_json(
                duckdb_path(file),
                sample_size=-1,
                records="true",
                map_inference_threshold=-1,
                maximum_object_size=1 << 26,
                compression="gzip" if compressed else "uncompressed",
                hive_partitioning=False,
            )
        except get_duckdb().Error as error:
            if "non-record" not in str(error):
                raise
            message = f"{where}: the JSON has no columns with names; {_MUST}."
            raise DataError(message, expected=_MUST) from error
        names, types = list(relation.columns), [str(dtype) for dtype in relation.types]
        # JSON has no dates: which text DuckDB takes for one depends on its version, so text is read as text again.
        textual = [name for name, kind in zip(names, types, strict=True) if kind.startswith(_TEXTUAL)]
        if textual:
            relation = _as_text(connection, relation, file, compressed, textual)
            types = [str(dtype) for dtype in relation.types]
        arrays = relation.fetchnumpy()
    each = zip(names, arrays.values(), types, strict=True)
    return [(name, _cells(array) if kind == "JSON" else array) for name, array, kind in each]


def _as_text(connection: Any, relation: Any, file: Path, compressed: bool, textual: list[str]) -> Any:
    """Return the relation with the columns in ``textual`` as JSON values, whose text is as it was written."""
    types = {name: str(kind) for name, kind in zip(relation.columns, relation.types, strict=True)}
    columns = {name: "JSON" if name in textual else kind for name, kind in types.items()}
    return connection.read_json(
        duckdb_path(file),
        columns=columns,
        records="true",
        maximum_object_size=1 << 26,
        compression="gzip" if compressed else "uncompressed",
        hive_partitioning=False,
    )


def _cells(array: Any) -> list[Any]:
    """Return the values of a column that DuckDB returns as JSON text, because they are of several types."""
    return [None if cell is None else json.loads(cell) for cell in array.tolist()]


def _in_other_layout(where: str, file: Path, compressed: bool, n_bytes: int) -> list[tuple[str, Any]] | None:
    """Return the columns of one JSON object that holds a whole table; None if it is no such object."""
    if n_bytes > _MOST_BYTES:
        return None
    try:
        with gzip.open(file) if compressed else file.open("rb") as stream:
            found = json.loads(stream.read())
    except ValueError:
        return None
    named = table_in_layout(found)
    if named is not None:
        check_names(where, [name for name, _ in named])
        lengths = {len(values) for _, values in named}
        if len(lengths) > 1:
            found = " and ".join(map(str, sorted(lengths)[:5]))
            message = f"{where}: columns have {found} rows; all must have the same number."
            raise DataError(message, got=sorted(lengths))
    return named


def table_in_layout(found: Any) -> list[tuple[str, list[Any]]] | None:
    """Return the columns of a table in one of pandas' layouts, by name; None if it is none of them.

    The layouts are those of ``DataFrame.to_json(orient=...)``: columns, index, split and table; also a dict of lists,
    and an array of objects under any one name.

    Examples
    --------
    >>> table_in_layout({"a": {"0": 1, "1": 2}}), table_in_layout({"columns": ["a"], "data": [[1], [2]]})
    ([('a', [1, 2])], [('a', [1, 2])])
    >>> table_in_layout({"0": {"a": 1}, "1": {"a": 2}}), table_in_layout({"schema": {}, "data": [{"a": 1}, {"a": 2}]})
    ([('a', [1, 2])], [('a', [1, 2])])
    """
    if not isinstance(found, dict) or not found:
        return None
    if isinstance(found.get("columns"), list) and isinstance(found.get("data"), list):
        rows = found["data"]
        if not all(isinstance(row, list) and len(row) == len(found["columns"]) for row in rows):
            return None
        return [(str(name), [row[i] for row in rows]) for i, name in enumerate(found["columns"])]
    lists = [value for value in found.values() if isinstance(value, list)]
    records = [value for value in lists if value and all(isinstance(one, dict) for one in value)]
    if len(records) == 1 and len(lists) == 1:
        return _without_index(found, _from_records(records[0]))
    if all(
        isinstance(value, list) and not any(isinstance(one, (dict, list)) for one in value) for value in found.values()
    ):
        return [(str(name), values) for name, values in found.items()]
    if all(isinstance(value, dict) for value in found.values()):
        return _from_dicts(found)
    return None


def _without_index(found: dict[str, Any], named: list[tuple[str, list[Any]]]) -> list[tuple[str, list[Any]]]:
    """Return columns without the index that the schema of pandas' layout "table" names."""
    schema = found.get("schema")
    key = schema.get("primaryKey", []) if isinstance(schema, dict) else []
    return [(name, values) for name, values in named if name not in key]


def _from_records(records: list[dict[str, Any]]) -> list[tuple[str, list[Any]]]:
    names = dict.fromkeys(str(name) for record in records for name in record)
    return [(name, [record.get(name) for record in records]) for name in names]


def _from_dicts(found: dict[str, Any]) -> list[tuple[str, list[Any]]] | None:
    """Return the columns of a dict of dicts: by column if the inner names are row numbers, by row if the outer are."""
    inner = list(dict.fromkeys(name for one in found.values() for name in one))
    if any(isinstance(value, (dict, list)) for one in found.values() for value in one.values()):
        return None
    if all(name.lstrip("-").isdigit() for name in inner) and inner:
        return [(str(name), [one.get(row) for row in inner]) for name, one in found.items()]
    if all(str(name).lstrip("-").isdigit() for name in found):
        return _from_records(list(found.values()))
    return None
