"""Laws of reading text files: any table in any dialect comes back, and large files are read as small ones are."""

from __future__ import annotations

import csv
import gzip
import io
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from glassnet.errors import DataError
from glassnet.tabular import read_table
from glassnet.tabular.reading import contents as contents_module
from glassnet.tabular.reading.contents import read_contents
from glassnet.tabular.reading.layout.dialects import Dialect, QuoteError, records
from glassnet.tabular.reading.layout.layouts import find_layout
from glassnet.tabular.reading.options import ReadOptions

WORD = st.text("abcdefgxyz", min_size=1, max_size=8)
TEXT = st.one_of(
    WORD, st.sampled_from(["x, y", "a;b", "a|b c", 'say "so"', "two\nlines", "it's", "Köln", "some €", "a\tb"])
)
NUMBER = st.one_of(
    st.integers(0, 9).map(str), st.integers(0, 9999).map(str), st.floats(0.001, 1000).map(lambda value: f"{value:.3f}")
)
COLUMN = st.sampled_from([NUMBER, NUMBER, TEXT])


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    """Return names and rows of a table with at least one column of numbers."""
    kinds = [NUMBER, *draw(st.lists(COLUMN, min_size=1, max_size=5))]
    names = draw(st.lists(WORD, min_size=len(kinds), max_size=len(kinds), unique=True))
    n_rows = draw(st.integers(1, 20))
    return names, [[draw(kind) for kind in kinds] for _ in range(n_rows)]


def as_text(names: list[str], rows: list[list[str]], separator: str, newline: str, quoting: Any) -> str:
    """Return a table as text in a dialect of the csv module."""
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=separator, lineterminator=newline, quoting=quoting).writerows([names, *rows])
    return stream.getvalue()


def cells_of(path: Path, options: ReadOptions | None = None) -> tuple[list[str], list[list[str]]]:
    """Return names and rows as they stand in a file."""
    found = read_contents("read", path, options or ReadOptions())
    every = range(len(found.names))
    columns = {
        i: np.ma.filled(cells, "").tolist() if isinstance(cells, np.ndarray) else cells
        for i, cells in found.columns(every)
    }
    return found.names, [list(row) for row in zip(*(columns[i] for i in every), strict=True)]


@settings(deadline=None, max_examples=150)
@given(
    table=tables(),
    separator=st.sampled_from([",", ";", "\t", "|"]),
    newline=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"]),
    above=st.sampled_from(["", "# made by hand\n", "My own table\n\n"]),
)
def test_a_table_comes_back(
    table: Any, separator: str, newline: str, quoting: int, encoding: str, above: str, tmp_path_factory: Any
) -> None:
    """What the csv module writes, in any usual dialect and encoding, is read back cell by cell."""
    names, rows = table
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes((above + as_text(names, rows, separator, newline, quoting)).encode(encoding))
    found_names, found = cells_of(path)
    assert found_names == names
    assert [[cell.strip() for cell in row] for row in found] == rows


@settings(deadline=None, max_examples=150)
@given(table=tables(), separator=st.sampled_from([",", ";", "\t"]))
def test_no_row_is_lost_without_names(table: Any, separator: str, tmp_path_factory: Any) -> None:
    """Without a line of names every row is a row; years above other numbers are names, and rising ones above fractions."""
    _, rows = table
    assume(len(rows) > 1)
    whole = [int(cell) for cell in rows[0] if cell.isdecimal()]
    assume(len(whole) < 3 or whole != sorted(set(whole)))
    assume(not any(cell.isdecimal() and 1900 <= int(cell) <= 2100 for cell in rows[0]))
    path = tmp_path_factory.getbasetemp() / "nameless.csv"
    path.write_bytes(as_text(rows[0], rows[1:], separator, "\n", csv.QUOTE_MINIMAL).encode())
    names, found = cells_of(path)
    assert names == [f"column_{i}" for i in range(1, len(rows[0]) + 1)]
    assert found == rows


@settings(deadline=None, max_examples=60)
@given(table=tables(), newline=st.sampled_from(["\n", "\r\n"]), separator=st.sampled_from([",", ";", "\t"]))
def test_large_files_are_read_as_small_ones(table: Any, newline: str, separator: str, tmp_path_factory: Any) -> None:
    """DuckDB, straight from the file or after it was written anew, gives the cells that Python does."""
    names, rows = table
    path = tmp_path_factory.getbasetemp() / "large.csv"
    text = as_text(names, rows, separator, newline, csv.QUOTE_MINIMAL)
    path.write_bytes(text.encode())
    small = cells_of(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contents_module, "_SMALL", 1)
        patch.setattr(contents_module, "_IN_MEMORY", 1)
        assert cells_of(path) == small
        patch.setattr(contents_module, "_is_clean", lambda scan, layout: False)
        assert cells_of(path) == small


ODD = {
    "bad rows": ("a,b\n1,2\n3,4,5\n6,7\n", {"bad_rows": "skip"}),
    "a title": ("Title\na,b\n1,2\n3,4\n", {}),
    "a footer": ("a,b,c\n1,2,3\n4,5,6\nSource: me\n", {}),
    "a total": ("a,b,c\n1,2,3\n4,5,6\nTotal,,\n", {}),
    "empty rows": ("a,b\n1,2\n,\n3,4\n,\n", {}),
    "no names": ("1,2\n3,4\n5,6\n", {}),
    "Windows-1252": ("a,b\n1,Köln\n2,Wörth\n".encode("cp1252"), {}),
    "gzip": (gzip.compress(b"a,b\n1,x\n2,y\n"), {}),
    "UTF-16": ("a,b\n1,Köln\n2,Wörth\n".encode("utf-16"), {}),
    "line ends": ("a,b\r\n1,x\n2,y\r\n", {}),
    "single quotes": ("a,b\n1,'x, y'\n2,'z'\n", {}),
    "breaks in names": ('"a\nb",c\r\n1,x\r\n2,y\r\n', {}),
    "blanks": ("a b c\n1  2 3\n4 55 6\n", {}),
}


@pytest.mark.parametrize("case", ODD)
def test_odd_large_files(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Odd files beyond the size that is held in memory give the same table, the same notes and the same lines."""
    content, given_options = ODD[case]
    path = tmp_path / "a.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    options = ReadOptions.checked("read", **given_options)

    def seen() -> Any:
        found = read_contents("read", path, options)
        return cells_of(path, options), found.notes, [found.line_of(row) for row in range(2)]

    small = seen()
    monkeypatch.setattr(contents_module, "_SMALL", 1)
    monkeypatch.setattr(contents_module, "_IN_MEMORY", 1)
    assert seen() == small


SHIFTED = {
    "one empty cell too many": ("a,b,c\n1,x,y\n2,,z,\n3,x,\n", "line 3 (4)"),
    "one too many where the last column is empty": ("a,b,c\n1,x,\n2,,y,\n3,x,\n", "line 3 (4)"),
    "one too many beside quotes": ('a,b,c\n1,"x, y",\n2,,z,\n3,x,\n', "line 3 (4)"),
    "a separator that is missing before a quote": (
        'a,b,c\n1,x,y\n2"so, so",z\n3,x,y\n',
        "line 3 (a quote within a cell)",
    ),
}


@pytest.mark.parametrize("case", SHIFTED)
def test_no_row_is_shifted(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row with one separator too many or too few is refused, in small files and in large ones, also where it fits."""
    content, named = SHIFTED[case]
    path = tmp_path / "a.csv"
    path.write_text(content)
    for size in (1 << 20, 1):
        monkeypatch.setattr(contents_module, "_SMALL", size)
        monkeypatch.setattr(contents_module, "_IN_MEMORY", size)
        with pytest.raises(DataError) as caught:
            read_table(path)
        assert (
            f"1 of 3 rows have another number of fields: {named}; every row must have 3 fields like the others."
            in str(caught.value)
        )
        assert [row[0] for row in cells_of(path, ReadOptions(bad_rows="skip"))[1]] == ["1", "3"]


def test_wide_files_are_read_without_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of a thousand columns is read, and not through DuckDB, whose plans take quadratic time."""
    path = tmp_path / "a.csv"
    rows = [",".join(f"{(i * k) % 7}.5" for k in range(1000)) for i in range(20)]
    path.write_text(",".join(f"c{k}" for k in range(1000)) + "\n" + "\n".join(rows) + "\n")
    monkeypatch.setattr(contents_module, "_SMALL", 1)
    monkeypatch.setattr(contents_module, "_IN_MEMORY", 1)
    monkeypatch.setattr(contents_module, "CleanReader", None)
    table = read_table(path)
    assert (len(table.columns), table.n_rows, table["c3"].values[2]) == (1000, 20, 6.5)


def test_a_line_without_end_ends_in_a_sentence(tmp_path: Path) -> None:
    """A line of 200 MB in a small gzip file is refused early, in little memory."""
    path = tmp_path / "a.csv.gz"
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(b"x,y\n")
        for _ in range(200):
            stream.write(b"0" * (1 << 20))
    begin = time.process_time()
    tracemalloc.start()
    with pytest.raises(DataError, match=r"line 2 has more than 2000000 characters; no row may be longer\.$"):
        read_table(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30 << 20
    assert time.process_time() - begin < 5


def test_gzip_that_unpacks_to_far_more_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What unpacks to gigabytes and to a hundred times its size is refused before memory is full."""
    monkeypatch.setattr("glassnet.tabular.reading.scanning._MOST_UNPACKED", 1 << 20)
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"0,0\n" * 1_000_000))
    must = r"[\d,]+ bytes unpack to [\d,]+ and more; gzip must not unpack to more than 0 GB and 100 times its size\."
    with pytest.raises(DataError, match=must):
        read_table(path)


@settings(deadline=None, max_examples=300)
@given(text=st.text(st.sampled_from("ab1,;\"' \n\t|#.-"), max_size=60))
def test_no_text_breaks_the_reader(text: str, tmp_path_factory: Any) -> None:
    """Whatever stands in a file is a table or a sentence, and no row of the table is longer than the others."""
    path = tmp_path_factory.getbasetemp() / "fuzz.csv"
    path.write_text(text)
    try:
        names, rows = cells_of(path)
    except DataError:
        return
    assert all(len(row) == len(names) for row in rows)
    assert len(set(names)) == len(names)


@settings(deadline=None, max_examples=100)
@given(rows=st.lists(st.lists(TEXT, min_size=3, max_size=3), min_size=1, max_size=6))
def test_records_know_their_lines(rows: list[list[str]]) -> None:
    """The line of a record is the one where it begins in the file, also after cells with line breaks."""
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\n").writerows(rows)
    lines = list(io.StringIO(stream.getvalue(), newline=""))
    line = 1
    for record, row in zip(records(lines, Dialect(",")), rows, strict=True):
        assert record == (line, row)
        line += 1 + sum(cell.count("\n") for cell in row)


@settings(deadline=None, max_examples=100)
@given(names=st.lists(st.sampled_from(["a", "b", "a_2", "", "A"]), min_size=1, max_size=7))
def test_names_always_differ(names: list[str]) -> None:
    """However often a name stands in the first line, columns get names that differ, the first of each its own."""
    assume(any(names))
    found = find_layout(
        "read", [",".join([*names, "z"]) + "\n", ",".join("1" * len(names)) + ",2\n"] * 1, ReadOptions()
    )
    assert len(set(found.names)) == len(found.names) == len(names) + 1
    assert {name for name in names if name} <= set(found.names)


def test_the_limit_of_the_csv_module_stays(tmp_path: Path) -> None:
    """Long cells are read, and the csv module has the limit that it had before."""
    before = csv.field_size_limit()
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1," + "x" * 200_000 + "\n2,y\n")
    assert len(read_table(path, read={"b": "text"})["b"].values[0]) == 200_000
    assert csv.field_size_limit() == before
    with pytest.raises(QuoteError):
        list(records(['a,"b'], Dialect(",")))
    assert csv.field_size_limit() == before
