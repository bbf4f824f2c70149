"""Predictions as CSV, TSV, JSON, JSON lines or Parquet, with the columns of the input that are kept."""

from __future__ import annotations

import csv
import io
import json
import math
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.errors import DataError
from glassnet.tabular.reading.duckdb_access import duckdb_reader

__all__ = ["SUFFIXES", "cell_text", "file_content", "json_cells"]

SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".parquet")
_BESIDE = {"probability": "probabilities", "quantile": "quantiles"}  # prefix of columns in a file, key of the result


def file_content(result: dict[str, Any], kept: dict[str, np.ndarray], suffix: str) -> bytes:
    """Return the content of a file of predictions in the format of its ending; ``kept`` are columns of the input.

    Names of predictions that an input column has, too, end in ``_``.
    """
    if suffix == ".parquet":
        return _parquet({**kept, **{name: _array(cells) for name, cells in _flat(result, kept).items()}})
    columns = {name: json_cells(cells) for name, cells in kept.items()}
    if suffix in (".csv", ".tsv"):
        columns |= _flat(result, kept)
        stream = io.StringIO()
        writer = csv.writer(stream, delimiter="," if suffix == ".csv" else "\t", lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*(map(cell_text, column) for column in columns.values()), strict=True))
        return stream.getvalue().encode("utf-8", "backslashreplace")
    records = (json.dumps(record, ensure_ascii=False) for record in _records(result, columns))
    text = "\n".join(records) + "\n" if suffix == ".jsonl" else "[" + ",\n".join(records) + "]\n"
    return text.encode("utf-8", "backslashreplace")


def _free(name: str, taken: Iterable[str]) -> str:
    """Return the name, with underscores added while it is taken in any spelling, as Parquet readers ignore case."""
    others = {other.casefold() for other in taken}
    while name.casefold() in others:
        name += "_"
    return name


def _flat(result: dict[str, Any], kept: Iterable[str]) -> dict[str, list[Any]]:
    """Return the predictions, probabilities and quantiles as columns."""
    columns = {"prediction": result["predictions"]}
    for kind, key in _BESIDE.items():
        columns |= {f"{kind}_{name}": cells for name, cells in result.get(key, {}).items()}
    return {_free(name, kept): cells for name, cells in columns.items()}


def _records(result: dict[str, Any], kept: dict[str, list[Any]]) -> Iterator[dict[str, Any]]:
    """Yield one JSON object for each row."""
    keys = {key: _free(key, kept) for key in ("prediction", *_BESIDE.values())}
    for row, prediction in enumerate(result["predictions"]):
        record = {name: cells[row] for name, cells in kept.items()} | {keys["prediction"]: prediction}
        for key in _BESIDE.values():
            if key in result:
                record[keys[key]] = {name: values[row] for name, values in result[key].items()}
        yield record


def cell_text(value: Any) -> Any:
    """Return a value as a cell of CSV: whole numbers without a point, booleans as true and false, "" for none.

    Examples
    --------
    >>> [cell_text(value) for value in (3.0, True, "007", None)]
    [3, 'true', '007', '']
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value


def json_cells(cells: np.ndarray) -> list[Any]:
    """Return the cells of an array as JSON holds them: dates as text, missing ones and NaN as None.

    Examples
    --------
    >>> json_cells(np.ma.array([1, 2], mask=[False, True])), json_cells(np.array(["2024-05-31"], dtype="M8[D]"))
    ([1, None], ['2024-05-31'])
    """
    return [_json_cell(cell) for cell in cells.tolist()]


def _json_cell(cell: Any) -> Any:
    if cell is None or isinstance(cell, (str, int)):
        return cell
    if isinstance(cell, float):
        return cell if math.isfinite(cell) else None
    return str(cell)


def _array(cells: list[Any]) -> np.ndarray:
    """Return predictions as an array, text as objects."""
    return np.array(cells, dtype=object if any(isinstance(cell, str) for cell in cells) else None)


def _parquet(columns: dict[str, np.ndarray]) -> bytes:
    """Return the bytes of a Parquet file."""
    names = [name.casefold() for name in columns]
    twice = sorted({name for name in columns if names.count(name.casefold()) > 1})
    if twice or "" in names:
        must = "in a Parquet file they must differ in more than case, and not be empty"
        message = f"predict: the names {', '.join(map(repr, twice or ['']))} are alike or empty; {must}. Write CSV."
        raise DataError(message, expected=must, got=twice)
    with tempfile.TemporaryDirectory(prefix="glassnet-") as folder, duckdb_reader("predict") as connection:
        path = Path(folder) / "predictions.parquet"
        connection.register("predictions", columns)
        connection.view("predictions").write_parquet(str(path))
        return path.read_bytes()
