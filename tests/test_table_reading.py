"""From files and frames to tables: every format, every oddity, one sentence for everything that cannot be read."""

from __future__ import annotations

import datetime as dt
import decimal
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.datasets import dataset_path
from glassnet.errors import ConfigError, DataError, GlassnetError, ShapeError
from glassnet.tabular import Column, Table, TableEncoder, read_table, to_table
from glassnet.tabular.reading.cells.markers import MISSING_IN_NUMBERS, MISSING_MARKERS
from glassnet.tabular.reading.cells.reader import read_cells
from glassnet.tabular.reading.files import read_file
from glassnet.tabular.reading.options import ReadOptions
from glassnet.tabular.reading.text import as_kind


def columns_of(table: Table) -> dict[str, tuple[str, list[Any]]]:
    """Return kind and values of each column, None where they are missing."""
    return {
        column.name: (
            column.kind,
            [None if gone else value for value, gone in zip(column.values.tolist(), column.missing, strict=True)],
        )
        for column in table.columns
    }


def write(folder: Path, name: str, content: str | bytes) -> Path:
    """Write a file and return its path."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


# ---- what is in a text file --------------------------------------------------------------------------------------

MOMENT = dt.datetime(2024, 1, 2, 8, 30)
TEXTS = {
    "numbers": ("a.csv", "a,b\n1,2.5\n-3,1e3\n", {"a": ("number", [1, -3]), "b": ("number", [2.5, 1000])}),
    "missing": ("a.csv", "a,b\n1,NA\n?,x\n,y\n", {"a": ("number", [1, None, None]), "b": ("category", [None, "x", "y"])}),
    "dash among numbers": ("a.csv", "a,b\n1,None\n-,2\n", {"a": ("number", [1, None]), "b": ("number", [None, 2])}),
    "None among words": ("a.csv", "a,b\n1,None\n2,x\n", {"a": ("number", [1, 2]), "b": ("category", ["None", "x"])}),
    "infinity": ("a.csv", "a\ninf\n-Infinity\n1\n", {"a": ("number", [np.inf, -np.inf, 1])}),
    "huge whole number": ("a.csv", "a\n12345678901234567890123\n1\n", {"a": ("number", [12345678901234567890123.0, 1])}),
    "leading zeros": ("a.csv", "zip\n02134\n10115\n", {"zip": ("category", ["02134", "10115"])}),
    "zero itself": ("a.csv", "a\n0\n0.5\n-0\n", {"a": ("number", [0, 0.5, 0])}),
    "underscores": ("a.csv", "a\n1_000\n2\n", {"a": ("number", [1000, 2])}),
    "booleans": ("a.csv", "a,b\nTrue,yes\nfalse,no\nNA,no\n", {"a": ("boolean", [True, False, None]), "b": ("boolean", [True, False, False])}),
    "dates": ("a.csv", "a,b\n2024-01-02,2024-01-02T10:30:00+02:00\n-,2024-01-02 08:30Z\n", {"a": ("date", [dt.datetime(2024, 1, 2), None]), "b": ("date", [MOMENT, MOMENT])}),
    "impossible dates": ("a.csv", "a\n2023-02-30\n2023-02-28\n", {"a": ("category", ["2023-02-30", "2023-02-28"])}),
    "all empty": ("a.csv", "a,b\n1,\n2,NA\n", {"a": ("number", [1, 2]), "b": ("category", [None, None])}),
    "one column": ("a.csv", "a\nx\ny\n", {"a": ("category", ["x", "y"])}),
    "one row, no newline": ("a.csv", "a,b\n1,x", {"a": ("number", [1]), "b": ("category", ["x"])}),
    "byte order mark, CRLF": ("a.csv", "\ufeffa,b\r\n1,2\r\n3,4\r\n", {"a": ("number", [1, 3]), "b": ("number", [2, 4])}),
    "old Macintosh": ("a.csv", "a,b\r1,2\r3,4\r", {"a": ("number", [1, 3]), "b": ("number", [2, 4])}),
    "newlines in quotes": ("a.csv", 'a,b\r\n"x\ny",1\r\n"z ""q"", w",2\r\n', {"a": ("category", ["x\ny", 'z "q", w']), "b": ("number", [1, 2])}),
    "newline in a name": ("a.csv", '"a b","c\nd"\n1,2\n', {"a b": ("number", [1]), "c\nd": ("number", [2])}),
    "semicolons": ("a.csv", "a;b\n1,5;x, y\n2;z\n", {"a": ("number", [1.5, 2]), "b": ("category", ["x, y", "z"])}),
    "commas in names": ("a.csv", "size (cm, dry);colour\n1;red\n2;blue\n", {"size (cm, dry)": ("number", [1, 2]), "colour": ("category", ["red", "blue"])}),
    "tabs": ("a.tsv", "a\tb\n1,5\t2\n", {"a": ("number", [1.5]), "b": ("number", [2])}),
    "bars": ("a.txt", "a|b\n1|2\n", {"a": ("number", [1]), "b": ("number", [2])}),
    "blanks": ("a.csv", "a, b\n 1 , x \n 2,NA \n", {"a": ("number", [1, 2]), "b": ("category", ["x", None])}),
    "blank lines": ("a.csv", "\n\na,b\n1,2\n\n3,4\n\n", {"a": ("number", [1, 3]), "b": ("number", [2, 4])}),
    "no name": ("a.csv", ",b,\n1,2,3\n", {"column_1": ("number", [1]), "b": ("number", [2]), "column_3": ("number", [3])}),
    "names that differ in case": ("a.csv", "a,A\n1,2\n", {"a": ("number", [1]), "A": ("number", [2])}),
    "gzip": ("a.csv.gz", gzip.compress(b"a,b\n1,2\n"), {"a": ("number", [1]), "b": ("number", [2])}),
    "gzip that hides": ("a.csv", gzip.compress(b"a,b\n1,2\n"), {"a": ("number", [1]), "b": ("number", [2])}),
    "plain that says gzip": ("a.csv.gz", "a,b\n1,2\n", {"a": ("number", [1]), "b": ("number", [2])}),
    "JSON": ("a.json", '[{"a":1,"b":"x"},{"a":null,"b":"y"},{"b":"z"}]', {"a": ("number", [1, None, None]), "b": ("category", ["x", "y", "z"])}),
    "JSON lines": ("a.jsonl", '{"a":true}\n{"a":null}\n', {"a": ("boolean", [True, None])}),
    "JSON, gzip": ("a.ndjson.gz", gzip.compress(b'{"a":1}\n{"a":2}\n'), {"a": ("number", [1, 2])}),
    "JSON, dates": ("a.json", '[{"a":"2024-01-02","b":"2024-01-02T10:30:00+02:00"}]', {"a": ("date", [dt.datetime(2024, 1, 2)]), "b": ("date", [MOMENT])}),
    "JSON, NA among numbers": ("a.json", '[{"a":1},{"a":"NA"},{"a":2.5},{"a":null}]', {"a": ("number", [1, None, 2.5, None])}),
    "JSON, mixed": ("a.json", '[{"a":1},{"a":"x"},{"a":null},{"a":true}]', {"a": ("category", ["1", "x", None, "True"])}),
    "JSON, text of numbers": ("a.json", '[{"a":"1"},{"a":"2"}]', {"a": ("number", [1, 2])}),
    "JSON, a list per column": ("a.json", '{"a":[1,2],"b":["x",null]}', {"a": ("number", [1, 2]), "b": ("category", ["x", None])}),
    "JSON, pandas' columns": ("a.json", '{"a":{"0":1,"1":2}}', {"a": ("number", [1, 2])}),
    "JSON, pandas' split": ("a.json", '{"columns":["a"],"index":[0,1],"data":[[1],["x"]]}', {"a": ("category", ["1", "x"])}),
    "JSON, pandas' index": ("a.json", '{"0":{"a":1},"1":{"a":null}}', {"a": ("number", [1, None])}),
    "JSON, pandas' table": ("a.json", '{"schema":{"primaryKey":["index"]},"data":[{"index":0,"a":1}]}', {"a": ("number", [1])}),
    "JSON, nothing but null": ("a.json", '[{"a":null,"b":1}]', {"a": ("category", [None]), "b": ("number", [1])}),
}  # fmt: skip


@pytest.mark.parametrize("case", TEXTS)
def test_text_files(case: str, tmp_path: Path) -> None:
    """A file is read as what it plainly is, however it is written."""
    name, content, expected = TEXTS[case]
    table = read_table(write(tmp_path, name, content))
    assert columns_of(table) == expected
    assert table.names == list(expected)


def test_columns_can_stay_text(tmp_path: Path) -> None:
    """``read`` keeps numbers and dates as they are written; a name that is not there is refused."""
    path = write(tmp_path, "a.csv", "a,b\n1.50,2\n2,NA\n")
    assert columns_of(read_table(path, read={"a": "category"})) == {
        "a": ("category", ["1.50", "2"]),
        "b": ("number", [2, None]),
    }
    with pytest.raises(ConfigError, match="there is no column 'z' to read as category"):
        read_table(path, read={"a": "category", "z": "category"})
    pq.write_table(pa.table({"a": [1, 2]}), tmp_path / "a.parquet")
    assert columns_of(read_table(tmp_path / "a.parquet", read={"a": "category"})) == {"a": ("category", ["1", "2"])}


# ---- what cannot be read -----------------------------------------------------------------------------------------

OBJECTS = 'the JSON has no columns with names; it must hold objects with names, such as [{"a": 1}, {"a": 2}] or one object per line.'
BAD_FILES = {
    "not there": ("a.csv", None, "no such file."),
    "empty": ("a.csv", "", "the file is empty; it must hold a table."),
    "blank": ("a.csv", " \n\n", "the file holds nothing but blanks; it must hold a table."),
    "no rows": ("a.csv", "a,b\n", "the table has 2 column names and no rows; it must have at least one row."),
    "no rows, no newline": ("a.csv", "a,é", "the table has 2 column names and no rows; it must have at least one row."),
    "binary": ("a.csv", b"a,b\n1,\x00\n", "the file holds binary data; it must be text. Save the table as CSV."),
    "broken gzip": ("a.csv.gz", gzip.compress(b"a,b\n1,2\n")[:-12], "the gzip file does not unpack (Compressed file ended before the end-of-stream marker was reached); it must be whole."),
    "short row": ("a.csv", "a,b\n1,2\n3\n", "1 of 2 rows have another number of fields: line 3 (1); every row must have 2 fields like the others. Check the separators and quotes there, or pass bad_rows='skip'."),
    "long row": ("a.csv", "a,b\n1,2\n3,4,5\n", "1 of 2 rows have another number of fields: line 3 (3); every row must have 2 fields like the others. Check the separators and quotes there, or pass bad_rows='skip'."),
    "open quote": ("a.csv", 'a,b\n1,"2\n3,4\n', "the quote of a cell in line 2 is not closed; quotes must be closed, and quotes inside quotes doubled."),
    "endless row": ("a.csv", "a,b\n1," + "x" * 3_000_000 + "\n", "line 2 has more than 2000000 characters; no row may be longer."),
    "spreadsheet": ("a.xlsx", b"PK\x03\x04", "the workbook is damaged or has a password; it must be readable. Save the sheet as CSV."),
    "gzip of Parquet": ("a.parquet.gz", gzip.compress(b"PAR1"), "the .parquet file is packed with gzip; it must not be packed. Unpack it."),
    "JSON numbers": ("a.json", "[1, 2]", OBJECTS),
    "JSON without rows": ("a.json", "[]", OBJECTS),
    "JSON with a mark": ("a.json", '\ufeff[{"a":1}]', "the file begins with a byte order mark; JSON must be plain UTF-8. Save the file so."),
    "JSON, Latin-1": ("a.json", '[{"a":"é"}]'.encode("latin-1"), "the file is in cp1252; JSON must be plain UTF-8. Save the file so."),
    "JSON in JSON": ("a.json", '[{"a":{"b":1}}]', "column 'a' holds {'b': 1} of type dict; it must have one value per cell. Flatten it, for example with pandas.json_normalize."),
    "JSON lists": ("a.json", '[{"a":[1,2]}]', "column 'a' holds array([1, 2]) of type ndarray; it must have one value per cell."),
    "JSON columns": ("a.json", '{"a":[1,2],"b":[1]}', "columns have 1 and 2 rows; all must have the same number."),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_files(case: str, tmp_path: Path) -> None:
    """What cannot be read is said in one sentence that names the file."""
    name, content, message = BAD_FILES[case]
    path = tmp_path / name if content is None else write(tmp_path, name, content)
    with pytest.raises(DataError) as caught:
        read_table(path)
    assert str(caught.value) == f"read_table({str(path)!r}): {message}"


@pytest.mark.parametrize("content", ["nonsense", '[{"a":1}', '[{"a":1,"a":2}]', '[{"a":1},5]'])
def test_broken_json(content: str, tmp_path: Path) -> None:
    """Broken JSON is a DataError of one line, whatever the reader underneath calls it."""
    with pytest.raises(
        DataError,
        match=r"^read_table\('.*a\.json'\): the (file is not well-formed: |JSON has no columns with names; )[^\n]*$",
    ):
        read_table(write(tmp_path, "a.json", content))


def test_folders_typing_errors_and_things_that_are_no_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder is named as such, a near name is suggested, and what is no path is refused."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.csv").mkdir()
    write(tmp_path, "birds.csv", "a\n1\n")
    cases: dict[Any, str] = {
        "folder.csv": "read_table('folder.csv'): the path leads to a folder; it must lead to a file that can be read.",
        "bird.csv": "read_table('bird.csv'): no such file. Did you mean birds.csv?",
        "penguin": "read_table('penguin'): no such file. Did you mean penguins?",
        3: "read_table: path is of type int; it must be a str or a Path.",
    }
    for path, message in cases.items():
        with pytest.raises(GlassnetError) as caught:
            read_table(path)
        assert str(caught.value) == message


# ---- where the file lies -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["s[1].csv", "s*.csv", "s?.csv", "it's.csv", "s 1 ä.csv", "s{1,x}.csv"])
def test_names_are_not_patterns(name: str, tmp_path: Path) -> None:
    """The file that is named is read, not those that its name would match as a pattern."""
    folder = tmp_path / "year=2020" / "[x]*"
    folder.mkdir(parents=True)
    for other in ("s1.csv", "sx.csv", "s.csv"):
        write(folder, other, "a\n1\n")
    assert columns_of(read_table(write(folder, name, "a\n7\n"))) == {"a": ("number", [7])}
    for ending, content in ((".json", '[{"a":7}]'), (".json", '[{"a":8}]')):
        path = write(folder, Path(name).stem + ending, content)
        assert read_table(path)["a"].values.tolist() == [json.loads(content)[0]["a"]]
    pq.write_table(pa.table({"a": [7]}), folder / (Path(name).stem + ".parquet"))
    assert columns_of(read_table(folder / (Path(name).stem + ".parquet"))) == {"a": ("number", [7])}


def test_bundled_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Penguins are read by their bare name, also where a folder has it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "penguins").mkdir()
    table = read_table("penguins")
    assert (table.n_rows, [column.n_missing for column in table.columns]) == (344, [0, 0, 2, 2, 2, 2, 11, 0])
    assert [column.kind for column in table.columns] == ["category"] * 2 + ["number"] * 4 + ["category", "number"]
    assert dataset_path("penguins").is_file()
    with pytest.raises(ConfigError, match=r"^dataset_path: unknown name 'iris'\. The choices are 'mpg', "):
        dataset_path("iris")


# ---- separators and newlines across chunks -----------------------------------------------------------------------


def test_layout_of_long_files(tmp_path: Path) -> None:
    """Bytes that are split between two chunks of the scan are still characters, and still one line end."""
    body = "é,1\r\n" * 300_000
    path = write(tmp_path, "a.csv", "ab,c\r\n" + body)
    table = read_table(path)
    assert table.n_rows == 300_000
    assert set(table["ab"].values.tolist()) == {"é"}
    assert table["c"].values.sum() == 300_000


def test_groups_of_columns_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large files are turned into Python strings a few columns at a time; the table is the same."""
    path = write(tmp_path, "a.csv", "a,b,c,d\n" + "1,x,2024-01-02,07\n2,NA,2024-01-03,1\n" * 50)
    whole = columns_of(read_table(path))
    monkeypatch.setattr("glassnet.tabular.reading.contents._SMALL", 1)
    assert columns_of(read_table(path)) == whole
    monkeypatch.setattr("glassnet.tabular.reading.clean_files._GROUP_BYTES", 1)
    assert columns_of(read_table(path)) == whole


CELLS = st.one_of(
    st.sampled_from([*MISSING_MARKERS, *MISSING_IN_NUMBERS, "007", "1_0", "true", "2024-01-02", " 5 ", "1e400", "inf"]),
    st.integers().map(str),
    st.floats().map(repr),
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=5),
)


@settings(deadline=None, max_examples=150)
@given(cells=st.lists(CELLS, min_size=1, max_size=8))
def test_files_follow_the_rules_for_text(cells: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    """A column of a file is what the rules for text say, also where DuckDB converts the numbers."""
    path = tmp_path_factory.getbasetemp() / "cells.csv"
    quoted = ['"' + cell.replace('"', '""') + '"' for cell in cells]
    path.write_text("place,x\n" + "".join(f"{i},{cell}\n" for i, cell in enumerate(quoted)), encoding="utf-8")
    options = ReadOptions(read={"place": "text"})
    try:
        expected = read_cells("x", cells, options)
    except DataError:
        with pytest.raises(DataError, match="column 'x' is ambiguous"):
            read_file("here", str(path), options)
        return
    read = read_file("here", str(path), options)["x"]
    assert read.kind == expected.kind
    np.testing.assert_array_equal(read.missing, expected.missing)
    np.testing.assert_array_equal(read.values, expected.values)


# ---- Parquet -----------------------------------------------------------------------------------------------------


def test_parquet(tmp_path: Path) -> None:
    """Parquet columns of all types become columns of our four kinds."""
    zone = dt.timezone(dt.timedelta(hours=2))
    frame = pa.table(
        {
            "int": pa.array([1, None, 3], pa.int32()),
            "big": pa.array([2**63 + 1, None, 3], pa.uint64()),
            "float": pa.array([1.5, float("nan"), None], pa.float32()),
            "decimal": pa.array([decimal.Decimal("1.25"), None, decimal.Decimal("2.50")]),
            "text": ["a", None, " b "],
            "category": pa.array(["x", None, "y"]).dictionary_encode(),
            "bool": [True, None, False],
            "date": pa.array([dt.date(2024, 1, 2), None, dt.date(2024, 1, 3)]),
            "nano": pa.array([MOMENT, None, MOMENT], pa.timestamp("ns")),
            "zone": pa.array([MOMENT.replace(tzinfo=zone), None, None], pa.timestamp("us", "Europe/Paris")),
            "time": pa.array([dt.time(1, 2), None, dt.time(3)]),
            "nothing": pa.nulls(3, pa.string()),
        }
    )
    pq.write_table(frame, tmp_path / "a.parquet")
    midnight = dt.datetime(2024, 1, 2)
    assert columns_of(read_table(tmp_path / "a.parquet")) == {
        "int": ("number", [1, None, 3]),
        "big": ("number", [float(2**63), None, 3]),
        "float": ("number", [1.5, None, None]),
        "decimal": ("number", [1.25, None, 2.5]),
        "text": ("category", ["a", None, "b"]),
        "category": ("category", ["x", None, "y"]),
        "bool": ("boolean", [True, None, False]),
        "date": ("date", [midnight, None, midnight + dt.timedelta(days=1)]),
        "nano": ("date", [MOMENT, None, MOMENT]),
        "zone": ("date", [MOMENT - dt.timedelta(hours=2), None, None]),
        "time": ("number", [3720, None, 10800]),
        "nothing": ("category", [None, None, None]),
    }


def test_parquet_names(tmp_path: Path) -> None:
    """Names that differ in case are kept, equal ones refused, nested columns named."""
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table([[1], [2]], names=["a", "A"]), path)
    assert columns_of(read_table(path)) == {"a": ("number", [1]), "A": ("number", [2])}
    pq.write_table(pa.table([[{"q": {"r": 1}, "s": 2}], [1], [1]], names=["x", "a", "a"]), path)
    with pytest.raises(
        DataError, match=r"2 columns have the name 'a'; column names must differ\. Rename one of them\.$"
    ):
        read_table(path)
    pq.write_table(pa.table([[{"q": 1}], [1]], names=["x", "a"]), path)
    with pytest.raises(
        DataError, match=r"column 'x' holds \{'q': 1\} of type dict; it must have one value per cell\. Flatten it"
    ):
        read_table(path)
    pq.write_table(pa.table({"a": pa.array([], pa.int64())}), path)
    with pytest.raises(DataError, match=r"the table has 1 column name and no rows; it must have at least one row\.$"):
        read_table(path)
    path.write_bytes(b"PAR1 this is none PAR1")
    with pytest.raises(DataError, match=r"the file is not well-formed: [^\n]*\.$"):
        read_table(path)


# ---- frames ------------------------------------------------------------------------------------------------------

ZONED = MOMENT.replace(tzinfo=dt.timezone(dt.timedelta(hours=2)))
VALUES: dict[str, list[Any]] = {
    "int": [1, None, 3],
    "float": [1.5, float("nan"), None],
    "decimal": [decimal.Decimal("1.25"), None, decimal.Decimal("2.5")],
    "text": ["a", None, " b "],
    "bool": [True, None, False],
    "date": [dt.date(2024, 1, 2), None, dt.date(2024, 1, 3)],
    "moment": [MOMENT, None, MOMENT],
    "zoned": [ZONED, None, ZONED],
    "time": [dt.time(1, 2), None, dt.time(3)],
    "duration": [dt.timedelta(seconds=5), None, dt.timedelta(days=1)],
    "nothing": [None, None, None],
}
MEANT = {
    "int": ("number", [1, None, 3]),
    "float": ("number", [1.5, None, None]),
    "decimal": ("number", [1.25, None, 2.5]),
    "text": ("category", ["a", None, "b"]),
    "bool": ("boolean", [True, None, False]),
    "date": ("date", [dt.datetime(2024, 1, 2), None, dt.datetime(2024, 1, 3)]),
    "moment": ("date", [MOMENT, None, MOMENT]),
    "zoned": ("date", [MOMENT - dt.timedelta(hours=2), None, MOMENT - dt.timedelta(hours=2)]),
    "time": ("number", [3720, None, 10800]),
    "duration": ("number", [5, None, 86400]),
    "nothing": ("category", [None, None, None]),
}
MAKES = {
    "dict": lambda values: values,
    "pandas": pd.DataFrame,
    "pandas, objects": lambda values: pd.DataFrame(values, dtype=object),
    "polars": pl.DataFrame,
    "pyarrow": pa.table,
}


@pytest.mark.parametrize("make", MAKES)
def test_frames_of_every_make(make: str) -> None:
    """The same values are the same table, whichever library holds them."""
    assert columns_of(to_table(MAKES[make](VALUES))) == MEANT


def test_special_columns() -> None:
    """Nullable, categorical, enumerated and Arrow-backed columns are what they stand for."""
    frame = pd.DataFrame(
        {
            "Int64": pd.array([1, None, 3], dtype="Int64"),
            "boolean": pd.array([True, None, False], dtype="boolean"),
            "string": pd.array(["x", None, "y"], dtype="string"),
            "arrow": pd.array([1, None, 2], dtype="int64[pyarrow]"),
            "codes": pd.Categorical([2, 1, 2]),
            "objects": pd.Series([pd.NA, 1, 2.5], dtype=object),
            "NaT": pd.Series([pd.NaT, pd.Timestamp(MOMENT), None], dtype=object),
        }
    )
    assert columns_of(to_table(frame)) == {
        "Int64": ("number", [1, None, 3]),
        "boolean": ("boolean", [True, None, False]),
        "string": ("category", ["x", None, "y"]),
        "arrow": ("number", [1, None, 2]),
        "codes": ("category", ["2", "1", "2"]),
        "objects": ("number", [None, 1, 2.5]),
        "NaT": ("date", [None, MOMENT, None]),
    }
    kinds = {
        "enum": pl.Series(["x", None], dtype=pl.Enum(["x", "y"])),
        "cat": pl.Series(["x", None], dtype=pl.Categorical),
    }
    assert columns_of(to_table(pl.DataFrame(kinds))) == {
        "enum": ("category", ["x", None]),
        "cat": ("category", ["x", None]),
    }


def test_arrays() -> None:
    """Arrays of every dtype, masked or not, and objects of every mixture are columns."""
    table = to_table(
        {
            "int8": np.array([1, 2], dtype=np.int8),
            "half": np.array([1.5, np.nan], dtype=np.float16),
            "masked": np.ma.array([1, 2], mask=[False, True]),
            "masked bool": np.ma.array([True, True], mask=[False, True]),
            "bytes": np.array([b"a", b"b"]),
            "string": np.array(["a", "b"], dtype=np.dtypes.StringDType()),
            "days": np.array(["2024-01-02", "NaT"], dtype="M8[D]"),
            "hours": np.array([1, 2], dtype="m8[h]"),
            "mixed": [1.0, "a"],
            "huge": [2**70, 10**400],
            3: [True, 1],
        }
    )
    assert columns_of(table) == {
        "int8": ("number", [1, 2]),
        "half": ("number", [1.5, None]),
        "masked": ("number", [1, None]),
        "masked bool": ("boolean", [True, None]),
        "bytes": ("category", ["a", "b"]),
        "string": ("category", ["a", "b"]),
        "days": ("date", [dt.datetime(2024, 1, 2), None]),
        "hours": ("number", [3600, 7200]),
        "mixed": ("category", ["1", "a"]),
        "huge": ("number", [2.0**70, np.inf]),
        "3": ("category", ["True", "1"]),
    }
    assert to_table(table) is table


NO_TABLE = "it must be a DataFrame of pandas, polars or pyarrow, a dict of arrays, or rows as dicts."
TWICE = "to_table: 2 columns have the name 'a'; column names must differ. Rename one of them."
BAD_FRAMES = {
    "int": (lambda: 5, f"to_table: frame is of type int; {NO_TABLE}"),
    "array": (lambda: np.ones((2, 2)), f"to_table: frame is of type ndarray; {NO_TABLE}"),
    "series": (lambda: pd.Series([1]), f"to_table: frame is of type Series; {NO_TABLE} One row has the names of the columns as its index; of one column, pass to_frame()."),
    "lazy": (lambda: pl.DataFrame({"a": [1]}).lazy(), f"to_table: frame is of type LazyFrame; {NO_TABLE} Call its collect() first."),
    "pandas names": (lambda: pd.DataFrame([[1, 2]], columns=["a", "a"]), TWICE),
    "pyarrow names": (lambda: pa.table([[1], [2]], names=["a", "a"]), TWICE),
    "dict names": (lambda: {"1": [1], 1: [2]}, TWICE.replace("'a'", "'1'")),
    "lists": (lambda: pl.DataFrame({"a": [[1], [2]]}), "to_table: column 'a' holds [1] of type list; it must have one value per cell. Flatten it, for example with pandas.json_normalize."),
    "bytes": (lambda: {"a": [b"x"]}, "to_table: column 'a' holds b'x' of type bytes; it must have one value per cell."),
    "matrix": (lambda: {"a": np.ones((2, 2))}, "to_table: column 'a' has shape (2, 2); it must have one value per row."),
    "lengths": (lambda: {"a": [1], "b": [1, 2]}, "to_table: columns differ in length ('a' has 1, 'b' has 2); all must have the same number of rows."),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_FRAMES)
def test_bad_frames(case: str) -> None:
    """What is no table is said in one sentence."""
    make, message = BAD_FRAMES[case]
    with pytest.raises((DataError, ShapeError)) as caught:
        to_table(make())
    assert str(caught.value) == message


def test_one_matrix_from_every_source(tmp_path: Path) -> None:
    """The same data from CSV, JSON, Parquet, pandas, polars, pyarrow and a dict give bit-identical matrices."""
    frame = pd.read_csv(dataset_path("penguins"))
    frame["when"] = pd.date_range("2020-01-01", periods=len(frame), freq="31h")
    frame["flag"] = frame["year"] == 2008
    tables: dict[str, Any] = {"pandas": frame, "polars": pl.DataFrame(frame), "pyarrow": pa.Table.from_pandas(frame)}
    tables["dict"] = {name: frame[name].to_numpy() for name in frame}
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_csv(tmp_path / "a.tsv.gz", index=False, sep="\t", na_rep="?")
    frame.to_parquet(tmp_path / "a.parquet")
    pl.DataFrame(frame).write_ndjson(tmp_path / "a.jsonl")
    tables |= {path.name: read_table(path) for path in sorted(tmp_path.iterdir())}
    assert len(tables) == 8
    encoder = TableEncoder().fit(frame)
    X = encoder.transform(frame)
    for name, table in tables.items():
        np.testing.assert_array_equal(encoder.transform(table), X, err_msg=name)
        np.testing.assert_array_equal(TableEncoder().fit_transform(table), X, err_msg=name)
        assert TableEncoder().fit(table).config() == encoder.config(), name


# ---- tables and kinds --------------------------------------------------------------------------------------------


def test_tables() -> None:
    """A table takes rows by number, mask and slice, drops columns, and says which column it lacks."""
    table = to_table({"a": [1, 2, 3], "bc": ["x", None, "z"]})
    assert columns_of(table.take(np.array([2, 0]))) == {"a": ("number", [3, 1]), "bc": ("category", ["z", "x"])}
    assert columns_of(table.take(np.array([False, True, False]))) == {"a": ("number", [2]), "bc": ("category", [None])}
    assert table.take(slice(1)).n_rows == len(table) - 2 == 1
    assert (table.drop(["a"]).names, table.drop("a").names, "a" in table) == (["bc"], ["bc"], True)
    assert repr(table) == "Table(3 rows; a: number, bc: category)"
    for call in (lambda: table["b"], lambda: table.drop(["b"])):
        with pytest.raises(ConfigError) as caught:
            call()
        assert str(caught.value) == "Table: there is no column 'b'; the columns are 'a', 'bc'. Did you mean 'bc'?"
    with pytest.raises(
        ShapeError,
        match=r"^Column\('a'\): it has .*; values must be one array of dtype float64 and as long as missing\.$",
    ):
        Column("a", "number", np.array([1]), np.array([False]))


KINDS = {
    "text to numbers": (["1", " 2 ", "NA", "007", "-"], "number", [1, 2, None, 7, None]),
    "text to booleans": (["TRUE", "false"], "boolean", [True, False]),
    "text to dates": (["2024-01-02", None], "date", [dt.datetime(2024, 1, 2), None]),
    "nothing to dates": ([None, None], "date", [None, None]),
    "nothing to booleans": ([None], "boolean", [None]),
    "dash to number": (["-"], "number", [None]),
    "booleans to numbers": ([True, None, False], "number", [1, None, 0]),
    "numbers to booleans": ([1, 0, None], "boolean", [True, False, None]),
    "numbers to text": ([1, 2.5, None], "category", ["1", "2.5", None]),
    "booleans to text": ([True, None], "category", ["True", None]),
}
NOT_KINDS = {
    "words": (["1", "x"], "number", "numbers", "'x' in row 1 (counted from 0)"),
    "sevens": ([1, None, 7], "boolean", "true or false", "'7' in row 2 (counted from 0)"),
    "numbers": ([5], "date", "dates such as 2024-05-31", "'5' in row 0 (counted from 0)"),
    "not ISO": (["2024-01-02", "soon"], "date", "dates such as 2024-05-31", "'soon' in row 1 (counted from 0)"),
    "moments": ([MOMENT], "number", "numbers", "'2024-01-02 08:30:00' in row 0 (counted from 0)"),
}


@pytest.mark.parametrize("case", KINDS)
def test_a_column_as_another_kind(case: str) -> None:
    """New data may show less than training did: its columns are read as what they were then."""
    cells, kind, expected = KINDS[case]
    read = as_kind(to_table({"x": cells})["x"], kind, "here")
    assert columns_of(Table([read])) == {"x": (kind, expected)}


@pytest.mark.parametrize("case", NOT_KINDS)
def test_a_column_that_is_no_such_kind(case: str) -> None:
    """A value that cannot be read as what it was in training is named with its row."""
    cells, kind, must, got = NOT_KINDS[case]
    with pytest.raises(DataError) as caught:
        as_kind(to_table({"x": cells})["x"], kind, "here")
    cell = f" If that means no value, pass to_table(rows, missing=[{got.partition(' in row')[0]}], like=model)."
    advice = cell if isinstance(cells[-1], str) else ""
    assert str(caught.value) == f"here: column 'x' holds {got}; it must hold {must} as in training.{advice}"
