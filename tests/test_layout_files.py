"""Files that are no plain text: spreadsheets, devices, pipes, and files whose names say something else."""

from __future__ import annotations

import os
import sys
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from glassnet.errors import DataError, MissingExtraError, TableWarning
from glassnet.tabular import read_table
from test_table_reading import columns_of, write

NAMESPACE = "http://schemas.openxmlformats.org"


def workbook(path: Path, sheets: dict[str, list[list[str | float | bool]]]) -> Path:
    """Write a workbook by hand: its cells as numbers, booleans and texts in place."""
    main, relations = f"{NAMESPACE}/spreadsheetml/2006/main", f"{NAMESPACE}/officeDocument/2006/relationships"

    def cell(value: str | float | bool) -> str:
        if isinstance(value, bool):
            return f'<c t="b"><v>{int(value)}</v></c>'
        if isinstance(value, str):
            return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>' if value else "<c/>"
        return f"<c><v>{value}</v></c>"

    with zipfile.ZipFile(path, "w") as packed:
        names = list(enumerate(sheets, 1))
        packed.writestr("_rels/.rels", f'<Relationships xmlns="{NAMESPACE}/package/2006/relationships"><Relationship Id="r0" Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>')  # fmt: skip
        listed = "".join(f'<sheet name="{name}" sheetId="{i}" r:id="r{i}"/>' for i, name in names)
        packed.writestr("xl/workbook.xml", f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>{listed}</sheets></workbook>')  # fmt: skip
        links = "".join(f'<Relationship Id="r{i}" Type="{relations}/worksheet" Target="worksheets/sheet{i}.xml"/>' for i, _ in names)  # fmt: skip
        packed.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{NAMESPACE}/package/2006/relationships">{links}</Relationships>')  # fmt: skip
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
        parts = "".join(f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{kind}.worksheet+xml"/>' for i, _ in names)  # fmt: skip
        packed.writestr("[Content_Types].xml", f'<Types xmlns="{NAMESPACE}/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>{parts}</Types>')  # fmt: skip
        for i, name in names:
            rows = "".join(f'<row r="{n}">{"".join(map(cell, row))}</row>' for n, row in enumerate(sheets[name], 1))
            packed.writestr(f"xl/worksheets/sheet{i}.xml", f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>')  # fmt: skip
    return path


def test_a_sheet_is_read_like_a_text_file(tmp_path: Path) -> None:
    """A spreadsheet has titles, units and totals too; the sheet that was read is named if there are others."""
    rows = [["Sales of a year", "", ""], ["", "", ""], ["shop", "kg", "open"], ["", "(kg)", ""]]
    data = [["a", 1.5, True], ["b", 2, False], ["c", 2.5, True], ["Total", 6, ""]]
    path = workbook(tmp_path / "a.xlsx", {"2024": [*rows, *data], "empty": [], "2023": data})
    with pytest.warns(TableWarning) as caught:
        table = read_table(path)
    assert columns_of(table) == {
        "shop": ("category", ["a", "b", "c"]),
        "kg": ("number", [1.5, 2, 2.5]),
        "open": ("boolean", [True, False, True]),
    }
    said = str(caught[0].message).split(": ", 1)[1]
    assert said == (
        "The sheet '2024' was read; to read '2023', save it as a file of its own. "
        "Line 1 above the names passed over: 'Sales of a year'. Line 4 with units left out: '(kg)'. "
        "The last row (line 8), 'Total', was left out: its numbers are the sums of those above."
    )


def test_a_sheet_by_any_name(tmp_path: Path) -> None:
    """A workbook is one whatever its name says, and one without cells is refused."""
    path = workbook(tmp_path / "table.dat", {"s": [["a", "b"], [1, "x"], [2, "y"]]})
    assert columns_of(read_table(path)) == {"a": ("number", [1, 2]), "b": ("category", ["x", "y"])}
    with pytest.raises(DataError, match=r"the workbook has empty sheets only; one must have a table\.$"):
        read_table(workbook(tmp_path / "b.xlsx", {"s": []}))


def test_without_the_library_for_sheets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra a spreadsheet is answered with what to install, or to do."""
    path = workbook(tmp_path / "a.xlsx", {"s": [["a"], [1]]})
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    must = (
        r"^Reading a spreadsheet that was not saved as CSV: needs python_calamine, .* pip install 'glassnet\[excel\]'$"
    )
    with pytest.raises(MissingExtraError, match=must):
        read_table(path)


def test_what_is_no_file(tmp_path: Path) -> None:
    """Devices, pipes and files of the system are called what they are, and none of them is waited for."""
    os.mkfifo(tmp_path / "pipe.csv")
    advice = "Write what it gives into a file first."
    expected = {
        str(tmp_path / "pipe.csv"): f"the path leads to a pipe; it must lead to a file that can be read. {advice}",
        "/dev/null": f"the path leads to a device; it must lead to a file that can be read. {advice}",
        str(tmp_path): "the path leads to a folder; it must lead to a file that can be read.",
        "/proc/self/environ": "the file holds binary data; it must be text. Save the table as CSV.",
    }
    for path, message in expected.items():
        if path.startswith("/proc") and not Path(path).exists():
            continue
        with pytest.raises(DataError) as caught:
            read_table(path)
        assert str(caught.value) == f"read_table({path!r}): {message}"


def test_a_name_that_begins_with_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file whose name looks like somebody's home is read."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "~.csv", "a,b\n1,2\n")
    assert columns_of(read_table("./~.csv")) == {"a": ("number", [1]), "b": ("number", [2])}


def test_formats_are_known_by_their_beginning(tmp_path: Path) -> None:
    """Without an ending that says so, JSON and Parquet are known by their first bytes."""
    pq.write_table(pa.table({"a": [1, 2]}), tmp_path / "data.bin")
    expected = {"a": ("number", [1, 2])}
    assert columns_of(read_table(tmp_path / "data.bin")) == expected
    assert columns_of(read_table(write(tmp_path, "rows", '[{"a": 1}, {"a": 2}]'))) == expected
    assert columns_of(read_table(write(tmp_path, "lines.dat", '{"a": 1}\n{"a": 2}\n'))) == expected


def test_a_table_keeps_its_lines(tmp_path: Path) -> None:
    """What is said of a cell names the line where it stands, below titles, units and rows that were left out."""
    path = write(tmp_path, "a.csv", "My table\nx,y\n(m),\n1,a\n# pause\n2,b\n\nthree,c\n" + "4,d\n" * 200)
    with pytest.raises(DataError, match=r"it holds 202 numbers and 1 other, 'three' in line 8\."):
        read_table(path)
