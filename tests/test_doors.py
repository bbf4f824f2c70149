"""One table through every door, file or frame, is one table: equal descriptions, features and predictions."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glassnet.errors import DataError, TableWarning
from glassnet.tabular import TableEncoder, TableModel, TabularClassifier, to_table
from glassnet.tabular.reading.files import read_file
from glassnet.tabular.reading.frames import table_of
from glassnet.tabular.reading.options import ReadOptions
from glassnet.tabular.reading.table import Table

Cells = dict[str, list[Any]]
ROWS = 12

MOMENTS = st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2060, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0)
)
COLUMNS: dict[str, st.SearchStrategy[Any]] = {
    "number": st.floats(-1e6, 1e6).map(lambda x: round(x, 3) + 0.0005),
    "whole": st.integers(-1000, 1000),
    "large": st.integers(2**53, 2**60),
    "word": st.sampled_from(["red", "green", "dark blue", "None", "\u00e9"]),
    "code": st.sampled_from(["007", "010", "123"]),
    "flag": st.booleans(),
    "answer": st.sampled_from(["yes", "no", "Yes"]),
    "day": st.dates(dt.date(1990, 1, 1), dt.date(2060, 1, 1)),
    "moment": MOMENTS,
    "duration": st.integers(0, 10**6).map(lambda seconds: dt.timedelta(seconds=seconds)),
    "clock": st.integers(0, 86_399).map(lambda s: dt.time(s // 3600, s // 60 % 60, s % 60)),
    "price": st.floats(0, 1e6).map(lambda x: f"${x:,.2f}"),
    "share": st.integers(0, 100).map(lambda x: f"{x} %"),
    "comma": st.floats(0, 1e4).map(lambda x: f"{x:.2f}".replace(".", ",")),
    "german day": st.dates(dt.date(1990, 1, 13), dt.date(2060, 1, 1)).map(lambda day: day.strftime("%d.%m.%Y %H:%M")),
}


def text_of(value: Any) -> str:
    """Return a value as pandas writes it into CSV."""
    if isinstance(value, dt.timedelta):
        return str(pd.Timedelta(value))
    return "" if value is None else str(value)


def json_of(value: Any) -> Any:
    """Return a value as JSON can hold it."""
    return value if value is None or isinstance(value, (bool, int, float, str)) else text_of(value)


def as_records(cells: Cells) -> list[dict[str, Any]]:
    """Return the rows as dicts of what JSON can hold."""
    rows = len(next(iter(cells.values())))
    return [{name: json_of(values[i]) for name, values in cells.items()} for i in range(rows)]


def as_text(cells: Cells, separator: str) -> str:
    """Return the rows as CSV, with quotes around all cells."""
    lines = [
        list(cells),
        *[[text_of(values[i]) for values in cells.values()] for i in range(len(next(iter(cells.values()))))],
    ]
    return "".join(separator.join(f'"{cell}"' for cell in line) + "\n" for line in lines)


def parquet_of_pandas(cells: Cells, path: Path) -> None:
    """Write Parquet from a DataFrame whose index is no range."""
    frame = pd.DataFrame(cells)
    frame.index = pd.Index(range(5, 5 + len(frame))[::-1], name=None)
    frame.to_parquet(path)


FILES: dict[str, tuple[str, Callable[[Cells, Path], Any]]] = {
    "csv": ("a.csv", lambda cells, path: path.write_text(as_text(cells, ","), encoding="utf-8")),
    "tsv": ("a.tsv", lambda cells, path: path.write_text(as_text(cells, "\t"), encoding="utf-8")),
    "utf-16": ("b.csv", lambda cells, path: path.write_text(as_text(cells, ";"), encoding="utf-16")),
    "json": ("a.json", lambda cells, path: path.write_text(json.dumps(as_records(cells)))),
    "jsonl": ("a.jsonl", lambda cells, path: path.write_text("\n".join(map(json.dumps, as_records(cells))))),
    "json columns": (
        "b.json",
        lambda cells, path: path.write_text(json.dumps({n: list(map(json_of, v)) for n, v in cells.items()})),
    ),
    "parquet of pandas": ("a.parquet", parquet_of_pandas),
    "parquet of polars": ("b.parquet", lambda cells, path: pl.DataFrame(cells).write_parquet(path)),
    "parquet of pyarrow": ("c.parquet", lambda cells, path: pq.write_table(pa.table(cells), path)),
}
FRAMES: dict[str, Callable[[Cells], Any]] = {
    "dict": lambda cells: cells,
    "records": as_records,
    "pandas": pd.DataFrame,
    "pandas of objects": lambda cells: pd.DataFrame(cells, dtype=object),
    "pandas of text": lambda cells: pd.DataFrame(
        {name: [text_of(v) for v in values] for name, values in cells.items()}
    ),
    "polars": pl.DataFrame,
    "pyarrow": pa.table,
}


def every_door(cells: Cells, folder: Path) -> dict[str, Table]:
    """Return the table that comes in by each door."""
    found = {name: table_of(make(cells), ReadOptions()) for name, make in FRAMES.items()}
    for name, (file, write) in FILES.items():
        write(cells, folder / file)
        found[name] = read_file("here", str(folder / file), ReadOptions())
    return found


@st.composite
def tables(draw: st.DrawFn) -> Cells:
    """Return columns of some kinds, with missing values in some."""
    names = draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, max_size=5, unique=True))
    cells: Cells = {}
    for name in names:
        values = draw(st.lists(COLUMNS[name], min_size=ROWS, max_size=ROWS))
        gone = draw(st.sets(st.integers(1, ROWS - 2), max_size=3)) if name != "large" else set()
        cells[name] = [None if i in gone else value for i, value in enumerate(values)]
    return cells


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(cells=tables())
def test_every_door_gives_the_same_table(cells: Cells, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Kinds, values, missing cells, encoders and features are equal, whatever door a table comes in by."""
    doors = every_door(cells, tmp_path_factory.mktemp("doors"))
    first = doors["dict"]
    encoder = TableEncoder(allow_empty=True)
    fits = any(len(set(column.present().tolist())) > 1 for column in first.columns)
    X = encoder.fit_transform(first) if fits else np.empty(0)
    for name, table in doors.items():
        assert table.names == first.names, name
        for column, expected in zip(table.columns, first.columns, strict=True):
            assert (column.kind, column.missing.tolist()) == (expected.kind, expected.missing.tolist()), (name, column)
            np.testing.assert_array_equal(column.values, expected.values, err_msg=f"{name}: {column.name}")
        if fits:
            np.testing.assert_array_equal(TableEncoder(allow_empty=True).fit_transform(table), X, err_msg=name)
            np.testing.assert_array_equal(encoder.transform(table), X, err_msg=name)


def test_every_door_gives_the_same_predictions(tmp_path: Path) -> None:
    """A model trained through one door answers alike through all others, also from its file."""
    rng = np.random.default_rng(0)
    n = 60
    days = [dt.date(2024, 1, 1) + dt.timedelta(days=int(d)) for d in rng.integers(0, 365, n)]
    cells: Cells = {
        "number": rng.normal(size=n).round(3).tolist(),
        "word": rng.choice(["red", "green", "blue"], n).tolist(),
        "code": rng.choice(["007", "010", "123"], n).tolist(),
        "day": days,
        "price": [f"${x:,.2f}" for x in rng.uniform(0, 5000, n)],
        "duration": [dt.timedelta(seconds=int(s)) for s in rng.integers(0, 10**6, n)],
        "answer": rng.choice(["yes", "no"], n).tolist(),
    }
    labels = [word if x > 0 else "other" for x, word in zip(cells["number"], cells["word"], strict=True)]
    model = TabularClassifier("small", epochs=3, random_state=0).fit(cells, labels)
    model.save(tmp_path / "model.safetensors")
    loaded = TableModel.load(tmp_path / "model.safetensors")
    expected = model.predict_proba(cells)
    for name, make in FRAMES.items():
        np.testing.assert_array_equal(model.predict_proba(make(cells)), expected, err_msg=name)
        np.testing.assert_array_equal(loaded.predict_proba(make(cells)), expected, err_msg=name)
    for name, (file, write) in FILES.items():
        write(cells, tmp_path / file)
        for options in (ReadOptions(forms=loaded.forms), ReadOptions()):
            table = read_file("here", str(tmp_path / file), options)
            np.testing.assert_array_equal(loaded.predict_proba(table), expected, err_msg=name)


def test_few_rows_are_read_as_in_training() -> None:
    """One new row, whose text alone could mean something else, is read in the form of training."""
    cells: Cells = {
        "amount": ["1.250,50", "980,00", "2.100,75", "1.999,99"] * 10,
        "day": ["31.12.2023", "01.02.2024", "03.04.2024", "05.06.2024"] * 10,
        "zip": ["02134", "10115", "00501", "99999"] * 10,
        "size": ["5 kg", "7,5 kg", "12 kg", "1.000 kg"] * 10,
    }
    encoder = TableEncoder().fit(to_table(cells))
    whole = encoder.transform(cells)
    row = {"amount": ["1.999"], "day": ["05.06.2024"], "zip": ["99999"], "size": ["1.000"]}
    one = encoder.transform(row)
    assert one[0, 0] == pytest.approx(float(encoder.transform({**row, "amount": ["1999"]})[0, 0]))
    np.testing.assert_array_equal(one[0, 1:], whole[3, 1:])


def test_categories_keep_their_text() -> None:
    """A category is the text that its own type prints, so that float32 and float64 give one."""
    single = pd.Categorical(np.array([1.1, 2.2, 3.3], dtype=np.float32))
    double = pd.Categorical(np.array([1.1, 2.2, 3.3]))
    for values in (single, double):
        assert to_table(pd.DataFrame({"c": values}))["c"].values.tolist() == ["1.1", "2.2", "3.3"]
    encoder = TableEncoder().fit(pd.DataFrame({"c": single}))
    assert encoder.check(pd.DataFrame({"c": np.array([1.1, 2.2], dtype=np.float32)})) == []
    assert encoder.check({"c": ["1.1"]}) == []


def test_an_index_with_a_name_is_left_out_and_said(tmp_path: Path) -> None:
    """A DataFrame's index is no column; if it has a name, the frame and its Parquet file say that it is left out."""
    frame = pd.DataFrame({"a": [1, 2]}, index=pd.Index(["DE", "FR"], name="country"))
    frame.to_parquet(tmp_path / "a.parquet")
    for table in (table_of(frame, ReadOptions()), read_file("here", str(tmp_path / "a.parquet"), ReadOptions())):
        assert table.names == ["a"]
        assert table.notes == ("The index of the DataFrame is left out: 'country'.",)


def test_nullable_and_decimal_whole_numbers() -> None:
    """Large whole numbers of nullable and decimal columns keep their digits, or are text where they would merge."""
    large = [2**53, None, 2**53 + 1]
    for dtype in ("Int64", "UInt64", "int64[pyarrow]"):
        column = table_of(pd.DataFrame({"id": pd.array(large, dtype=dtype)}), ReadOptions())["id"]
        assert (column.kind, column.values.tolist()) == ("category", [str(2**53), "", str(2**53 + 1)])
    waits = np.array([np.timedelta64(5, "s")] * 2, dtype=object)
    assert table_of({"wait": waits}, ReadOptions())["wait"].values.tolist() == [5.0, 5.0]


def test_missing_values_of_typed_columns() -> None:
    """``missing`` holds for numbers and dates that are no text, too."""
    frame = {"day": np.array(["1900-01-01", "2024-02-01"], "M8[D]"), "x": np.array([-9.0, 1.0])}
    table = to_table(frame, missing=["1900-01-01", -9])
    assert [column.missing.tolist() for column in table.columns] == [[True, False], [True, False]]


def test_cells_that_were_made_missing_stay_so() -> None:
    """Where the user made cells of another kind missing, the model reads new ones, and its own rows, in the same way."""
    cells = {"x": ["1", "2", "A", "B"] * 10, "d": ["2024-01-01", "2024-02-01", "soon", "later"] * 10}
    options = {"read": {"x": "number", "d": "date"}}
    with pytest.warns(TableWarning, match="count as missing"):
        table = to_table(cells, **options)
    encoder = TableEncoder().fit(table)
    again = TableEncoder.from_config(json.loads(json.dumps(encoder.config())))
    for one in (encoder, again):
        np.testing.assert_array_equal(one.transform(cells), encoder.transform(table))
    with pytest.raises(DataError, match=r"column 'x' holds '5%' in row 0 .*; it must hold numbers as in training"):
        TableEncoder().fit({"x": [1.0, 2.0, 4.0]}).transform({"x": ["5%"]})
