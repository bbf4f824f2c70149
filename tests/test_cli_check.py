"""``glassnet check`` and what reports say about the reading of a table."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from glassnet.cli.commands.check_command import check_table
from glassnet.cli.output.reading import left_out_sentence, reading_lines, reading_parts
from glassnet.cli.training.data_findings import row_findings
from glassnet.tabular import TableModel, to_table
from glassnet.tabular.reading.cells.reader import CellReader
from glassnet.tabular.reading.frames import table_of
from glassnet.tabular.reading.options import ReadOptions

pytest.importorskip("typer")

Run = Callable[..., tuple[int, str, str]]


def write(name: str, header: str, cells: Callable[[int], str], n: int = 80) -> str:
    """Write a table of n rows and return its name."""
    Path(name).write_text("\n".join([header, *(cells(i) for i in range(n))]) + "\n", encoding="utf-8")
    return name


def messy(name: str = "messy.csv") -> str:
    """Write a table as spreadsheets and people write them."""

    def row(i: int) -> str:
        mark = "n.a." if i % 8 == 1 else "-" if i == 6 else str(i % 13)
        price = f'"${1000 + 37.5 * (i * 29 % 80):,.2f}"'
        fields = (f"K{i:03d}", price, f"{i % 17 + 0.5} kg", f"{i % 28 + 1:02d}.{i % 12 + 1:02d}.2024", mark)
        return ",".join([*fields, "ja" if i % 3 else "nein", "7", "-999" if i % 20 == 3 else str(i % 19), "ab"[i % 2]])

    return write(name, "id,price,weight,day,mark,member,same,code,y", row)


FORMS = {
    "price": "numbers such as '$1,000.00', with thousands commas and the unit '$'",
    "weight": "numbers such as '0.5 kg', with the unit 'kg'",
    "day": "dates such as '01.01.2024', day first",
    "member": "'ja' is true, 'nein' is false",
}


# ---- what was read --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", ["60", "80", "120"])
def test_the_report_of_a_training_says_what_was_read(run: Run, monkeypatch: pytest.MonkeyPatch, width: str) -> None:
    """Before the scores: what was left out, then forms, then missing values, then notes, in the width of the terminal."""
    monkeypatch.setenv("COLUMNS", width)
    code, out, err = run("train", messy(), "-t", "y", "--recipe", "plain", "--epochs", "2", "--drop", "same")
    assert (code, err) == (0, "")
    head = " ".join(out[: out.index("\nScores  ")].split())
    pieces = ["Column 'id' is left out: ", " Dropped: 'same'.", "thousands commas", "with the unit 'kg'", "day first",
              "'n.a.' (10 rows) and '-' (1 row) are missing values", "'ja' is true, 'nein' is false",
              "Column 'code': -999 stands in 4 of 80 rows"]  # fmt: skip
    places = [head.find(piece) for piece in pieces]
    assert min(places) >= 0
    assert places == sorted(places)
    assert max(map(len, out[: out.index("\nScores  ")].splitlines())) <= int(width)


def test_json_has_forms_markers_and_notes(run: Run) -> None:
    """The same in --json, by column; plain columns have no words."""
    code, out, _ = run("train", messy(), "-t", "y", "--recipe", "plain", "--epochs", "2", "--json")
    result = json.loads(out)
    columns = {column["name"]: column for column in result["columns"]}
    assert code == 0
    assert {name: column["form"] for name, column in columns.items() if column["form"]} == FORMS
    assert {name: column["markers"] for name, column in columns.items() if column["markers"]} == {
        "mark": {"n.a.": 10, "-": 1}
    }
    assert [note[:12] for note in result["notes"]] == ["Column 'code"]
    assert result["target_read"] == {"form": "", "markers": {}}


def test_a_plain_table_needs_no_words(run: Run) -> None:
    """Where every program reads the same, the report has no such section."""
    write("plain.csv", "a,b,y", lambda i: f"{i * 7 % 30},{i % 4}.5,{'uv'[i % 2]}")
    _, out, _ = run("train", "plain.csv", "-t", "y", "--recipe", "plain", "--epochs", "2")
    assert "\nRead " not in out


def test_show_says_what_the_file_knows(run: Run) -> None:
    """Forms, markers, notes and the options of training are in the model file."""
    run("train", messy(), "-t", "y", "--recipe", "plain", "--epochs", "2", "-q", "--missing", "12", "--drop", "code")
    code, out, _ = run("show", "model.safetensors")
    words = " ".join(out.split())
    assert code == 0
    assert " Dropped: 'code'." in words
    assert "'n.a.' and '-' are missing values" in words
    assert "Read with --missing 12 --drop code" in words
    assert FORMS["weight"] in words
    result = json.loads(run("show", "model.safetensors", "--json")[1])
    assert result["reading"] == {"missing": ["12"], "read": {"code": "drop"}}
    assert {column["name"]: column["form"] for column in result["columns"] if column["form"]} == FORMS


def test_notes_in_a_file_are_texts_or_nothing(run: Run) -> None:
    """Whatever a file holds as notes, `show` prints texts."""
    run("train", messy(), "-t", "y", "--recipe", "plain", "--epochs", "2", "-q")
    model = TableModel.load("model.safetensors")
    model.network.metadata["training"]["notes"] = {"a": 1}
    model.network.metadata["training"]["dropped"] = [1]
    model.save("other.safetensors")
    result = json.loads(run("show", "other.safetensors", "--json")[1])
    assert (result["notes"], result["dropped"]) == ([], [])
    assert run("show", "other.safetensors")[0] == 0


def test_the_page_says_what_was_read(run: Run) -> None:
    """The HTML report has a section on it, with names and cells escaped."""
    write("a.csv", "<b>,z,y", lambda i: f"{i % 9}.5 m&m,{i},{'uv'[i % 2]}")
    words = ["train", "a.csv", "-t", "y", "--recipe", "plain", "--epochs", "2", "--report", "r.html", "-q"]
    assert run(*words)[0] == 0
    page = Path("r.html").read_text()
    assert "<h2>What was read</h2>" in page
    assert "<td>&lt;b&gt;</td>" in page
    assert "with the unit &#x27;m&amp;m&#x27;" in page


def test_columns_that_were_read_alike_are_together() -> None:
    """Forms that differ in the example only are one line; others are not."""

    def column(name: str, form: str, **markers: int) -> dict[str, Any]:
        return {"name": name, "form": form, "markers": markers, "features": 1, "done": ""}

    with_commas = "numbers such as '{}', with decimal commas"
    columns = [column(f"c{i}", with_commas.format(i)) for i in range(3)]
    columns += [column("k", "numbers such as '1 kg', with the unit 'kg'"), column("m", with_commas.format(5), x=1)]
    columns += [column("plain", "")]
    assert [names for names, _ in reading_lines(columns)] == [["c0", "c1", "c2"], ["k"], ["m"]]
    many = [column(f"c{i}", f"numbers such as '1', with the unit 'u{i}'") for i in range(30)]
    stream = io.StringIO()
    console = Console(file=stream, width=60)
    for part in reading_parts(many, [f"Note {i}." for i in range(30)], [], 60):
        console.print(part)
    assert "and 22 more columns: see --json" in stream.getvalue()
    assert len(stream.getvalue().splitlines()) < 24


def test_left_out_columns_are_abridged() -> None:
    """Of many columns that were left out the first are named, and the others counted."""
    columns = [{"name": f"c{i}", "done": "left out: all its values are 1", "features": 0} for i in range(9)]
    assert left_out_sentence(columns).endswith("column 'c4' is left out: all its values are 1; and 4 more.")
    assert left_out_sentence([], []) == ""


def test_markers_are_counted_at_every_door() -> None:
    """Cells that the user or the column makes missing are counted in text, numbers and categories alike."""
    frame = {"a": ["1", "n.a.", "2", "-9", "n.a."], "b": ["x", "-9", "x", "z", "y"], "c": [1.0, -9.0, 2, 3, -9.0],
             "d": ["2024-01-01", "-9", "tbd", "2024-01-02", "2024-01-03"], "e": ["yes", "no", "-9", "no", "yes"]}  # fmt: skip
    table = table_of(frame, ReadOptions(missing=("-9",)))
    assert {column.name: dict(column.markers) for column in table.columns} == {
        "a": {"n.a.": 2, "-9": 1}, "b": {"-9": 1}, "c": {"-9": 2}, "d": {"tbd": 1, "-9": 1}, "e": {"-9": 1}
    }  # fmt: skip
    reader = CellReader("test", ReadOptions())
    assert reader.read_numbers("x", np.array([1.0, np.nan])).markers == ()


def test_markers_survive_the_file(run: Run) -> None:
    """A plain column of numbers keeps its unusual missing cells in the model file."""
    write("a.csv", "a,y", lambda i: f"{'unknown' if i % 5 == 0 else i},{'uv'[i % 2]}")
    run("train", "a.csv", "-t", "y", "--recipe", "plain", "--epochs", "2", "-q")
    assert TableModel.load("model.safetensors").forms["a"].missing == ("unknown",)


# ---- check ----------------------------------------------------------------------------------------------------------

KEYS = ["command", "glassnet", "data", "rows", "undecided", "dropped", "columns", "notes", "findings", "target", "task",
        "task_reason", "labels", "recipes", "next"]  # fmt: skip
COLUMN_KEYS = ["name", "kind", "missing", "values", "form", "markers", "done", "features"]
FINDING_KEYS = ["severity", "code", "columns", "measured", "advice"]


def test_check_says_what_there_is_and_what_next(run: Run) -> None:
    """One command without a training: columns, forms, task, times and the next command, and no file."""
    data = messy()
    code, out, err = run("check", data, "--target", "y", "--missing", "12")
    assert (code, err) == (0, "")
    for piece in ("messy.csv  80 rows, 9 columns", "Column 'id' is left out: ", FORMS["weight"], "2024-01-01 to 2024-12-",
                  "target: 2 categories: 'a', 'b'", "Likely task      classification, 2 classes (it holds text)",
                  "Recipes here     realmlp about "):  # fmt: skip
        assert piece in out
    assert out.endswith("Next             glassnet train messy.csv --target y --missing 12\n")
    assert [path.name for path in Path().iterdir()] == [data]
    words = out.splitlines()[-1].split()[2:]
    assert run(*words, "--recipe", "plain", "--epochs", "2", "-q")[0] == 0


def test_check_gives_json(run: Run) -> None:
    """With --json stdout is one object, and each column and finding has the same keys."""
    write("a.csv", "a,b,y", lambda i: f"{i % 7},{i},{i * 0.25}")
    code, out, err = run("check", "a.csv", "-t", "y", "--json")
    result = json.loads(out)
    assert (code, err, list(result)) == (0, "", KEYS)
    assert {tuple(column) for column in result["columns"]} == {tuple(COLUMN_KEYS)}
    assert {tuple(finding) for finding in result["findings"]} == {tuple(FINDING_KEYS)}
    assert (result["task"], result["labels"], result["rows"]) == ("regression", [], 80)
    assert [recipe["recipe"] for recipe in result["recipes"]] == ["realmlp", "fast", "small", "tabm", "tabm-mini"]
    assert "id-column" in [finding["code"] for finding in result["findings"]]


def test_check_shows_all_that_must_be_decided(run: Run) -> None:
    """All columns that are open are listed with cells and options, the others are read, and the exit code is 2."""
    write("open.csv", "price;day;code;z;y",
          lambda i: f"{i % 9 + 1},{i * 7 % 1000:03d};{i % 12 + 1:02d}/{i % 9 + 1:02d}/2024;{'oops' if i == 5 else i};{i};{'uv'[i % 2]}")  # fmt: skip
    code, out, err = run("check", "open.csv", "-t", "y")
    assert (code, err) == (2, "")
    for name, choices in (("price", "--thousands , or --decimal ,"), ("day", "--day-first yes or --day-first no"),
                          ("code", "--missing oops, or --read code=category")):  # fmt: skip
        place = out.index(f"\n  {name}\n")
        assert choices in out[place : place + 220]
    assert "open.csv  80 rows, 5 columns" in out
    assert "\nNext " not in out
    result = json.loads(run("check", "open.csv", "-t", "y", "--json")[1])
    assert [one["column"] for one in result["undecided"]] == ["price", "day", "code"]
    assert [column["name"] for column in result["columns"]] == ["z", "y"]
    words = ["--thousands", ",", "--day-first", "no", "--missing", "oops"]
    assert run("check", "open.csv", "-t", "y", *words)[0] == 0


def test_check_where_nothing_is_left(run: Run) -> None:
    """A table of which every column is open, and one whose target is, are reports too."""
    write("all.csv", "p,q", lambda i: f'"{i % 9 + 1},{i * 7 % 1000:03d}",{i % 12 + 1:02d}/{i % 9 + 1:02d}/2024')
    code, out, err = run("check", "all.csv")
    assert (code, err) == (2, "")
    assert "'1,000' may be 1000 or 1.000" in out
    assert run("check", "all.csv", "-t", "p")[0] == 2


@pytest.mark.parametrize("name", ["a.json", "a.parquet", "a.tsv", "-"])
def test_check_reads_what_train_reads(run: Run, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every format, standard input too, also where columns must be decided."""
    rows = [{"v": f"{i % 9 + 1},{i * 7 % 1000:03d}", "y": "uv"[i % 2]} for i in range(60)]
    text = "\n".join(["v\ty", *(f"{row['v']}\t{row['y']}" for row in rows)])
    if name == "a.parquet":
        pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        pq.write_table(pa.Table.from_pylist(rows), name)
    elif name == "a.json":
        Path(name).write_text(json.dumps(rows))
    elif name == "a.tsv":
        Path(name).write_text(text)
    else:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    code, out, _ = run("check", name, "-t", "y", "--json")
    result = json.loads(out)
    assert (code, [one["column"] for one in result["undecided"]]) == (2, ["v"])
    assert [column["name"] for column in result["columns"]] == ["y"]


def codes_of(frame: str, header: str, cells: Callable[[int], str], target: str | None = "y", n: int = 80) -> list[str]:
    """Return the kinds of findings about a table."""
    return [finding["code"] for finding in check_table(write(frame, header, cells, n), target)["findings"]]


def test_findings_are_found(run: Run) -> None:
    """Each kind of finding is found in a table that has it, and in no plain one."""
    rng = np.random.default_rng(0)
    a, b, noise = rng.permutation(240).reshape(3, 80) / 7 - 17

    def good(i: int) -> str:
        return f"{a[i]},{b[i]},{'uv'[int(noise[i] > 0)]}"

    assert codes_of("a.csv", "a,b,y", good) == []
    assert codes_of("a.csv", "a,b,y", good, target=None) == []
    assert codes_of("a.csv", "a,b,gone,y", lambda i: f"{a[i]},{b[i]},,{'uv'[i % 2]}") == ["empty-columns"]
    assert codes_of("a.csv", "a,row,y", lambda i: f"{a[i]},{(i * 27) % 80 + 5},{'uv'[i % 2]}") == ["id-column"]
    assert codes_of("a.csv", "a,b,c,y", lambda i: f"{a[i]},{b[i]},{a[i]},{'uv'[i % 2]}") == ["duplicate-columns"]
    assert codes_of("a.csv", "a,b,y", lambda i: f"{a[i]},{b[i] if i % 3 == 0 else ''},{'uv'[i % 2]}") == [
        "many-missing"
    ]
    assert codes_of("a.csv", "a,b,y", lambda i: f"{a[i // 2]},{b[i // 2]},{'uv'[i // 2 % 2]}") == ["equal-rows"]
    assert codes_of("a.csv", "a,b,y", lambda i: f"{a[i // 2]},{b[i // 2]},{'uv'[i % 2]}") == ["different-answers"]
    assert codes_of("a.csv", "a,b,y", lambda i: f"{a[i]},{b[i]},{'uvw'[2 if i < 4 else i % 2]}") == ["rare-classes"]
    assert codes_of("a.csv", "a,b,y", lambda i: f"{a[i]},{b[i]},{'uv'[int(i % 7 == 0)]}") == ["imbalance"]
    assert codes_of("a.csv", "a,b,c,y", lambda i: f"{a[i]},{b[i]},{noise[i]},{'uv'[int(a[i] > 0)]}") == [
        "leaking-column"
    ]
    assert codes_of("a.csv", "a,b,y", lambda i: f"{a[i]},{b[i]},{a[i] if i % 9 else ''}") == ["missing-target"]
    assert codes_of("a.csv", "a,y", lambda i: f"5,{'uv'[i % 2]}")[0] == "nothing-to-learn-from"
    assert codes_of("a.csv", "a,b,y", lambda i: f"{a[i]},{b[i]},u") == ["cannot-train"]
    assert codes_of("a.csv", "a,b,y", lambda i: f"{a[i]},{b[i]},") == ["missing-target"]


def test_the_exit_code_is_that_of_train(run: Run) -> None:
    """The exit code is 2 for a table that train refuses, and 0 for one that it takes."""
    tables = {
        "one class": lambda i: f"{i},{i % 3},u",
        "no target": lambda i: f"{i},{i % 3},",
        "empty column": lambda i: f"{i},,{'uv'[i % 2]}",
        "constants": lambda i: f"5,6,{'uv'[i % 2]}",
        "good": lambda i: f"{i},{i % 3},{'uv'[i % 2]}",
    }
    for name, cells in tables.items():
        data = write("a.csv", "a,b,y", cells)
        trained = run("train", data, "-t", "y", "--recipe", "plain", "--epochs", "2", "-q")[0]
        assert (name, run("check", data, "-t", "y")[0]) == (name, trained)


def test_rows_that_equal_others_are_counted() -> None:
    """Copies and contradictions are counted row by row, whatever the kinds of columns."""
    inputs = to_table({"a": [1.0, 1.0, 2.0, 2.0, 0.0, -0.0, None], "b": ["x", "x", "y", "y", "z", "z", "z"]})
    target = to_table({"y": [1, 1, 1, 2, 3, 3, 3]})["y"]
    measured = [finding["measured"] for finding in row_findings(inputs, target)]
    assert measured == [
        "2 rows of 7 equal an earlier one in all columns.", "2 of 7 rows equal another one in all columns but 'y'."
    ]  # fmt: skip
    assert [f["measured"] for f in row_findings(inputs, None)] == ["3 rows of 7 equal an earlier one in all columns."]


def test_many_columns_are_grouped(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wide table fits on a screen, with its target in a line of its own."""
    monkeypatch.setenv("COLUMNS", "60")
    names = [f"a_rather_long_name_{j}" for j in range(60)]
    write(
        "wide.csv",
        ",".join([*names, "y"]),
        lambda i: ",".join([*(str((i * j) % 11) for j in range(1, 61)), "uv"[i % 2]]),
    )
    _, out, _ = run("check", "wide.csv", "-t", "y")
    lines = out.splitlines()
    assert len(lines) < 40
    assert max(map(len, lines[:-1])) <= 60
    assert "target: 2" in out
    assert "60 numbers" in out


def test_check_refuses_as_the_others_do(run: Run) -> None:
    """What cannot be read, and an unknown target, is one sentence on stderr."""
    code, out, err = run("check", "nosuch.csv")
    assert (code, out) == (2, "")
    assert err.startswith("glassnet check: no such file: nosuch.csv")
    code, out, err = run("check", "penguins", "-t", "specis")
    assert (code, out) == (2, "")
    assert err == "glassnet check: unknown column 'specis' for --target. Did you mean 'species'?\n"
    assert run("check", "penguins", "-t", "year", "--drop", "year") == (
        2, "", "glassnet check: --drop names the target, 'year'; it must be another column.\n"
    )  # fmt: skip


def test_what_was_made_of_a_new_file_is_said(run: Run) -> None:
    """A new table whose layout is not plain is read, and predict, evaluate and explain say so."""
    write("a.csv", "a,b,y", lambda i: f"{i % 9}.5,{i},{'uv'[i % 2]}")
    run("train", "a.csv", "-t", "y", "--recipe", "plain", "--epochs", "2", "-q")
    Path("titled.csv").write_text("Sales of 2024\n\n" + Path("a.csv").read_text())
    code, out, err = run("predict", "model.safetensors", "titled.csv", "--json")
    notes = [warning for warning in json.loads(out)["warnings"] if "Column" not in warning]
    assert (code, len(notes)) == (0, 1)
    assert f"glassnet predict: warning: {notes[0]}\n" in err
    assert notes[0] in json.loads(run("evaluate", "model.safetensors", "titled.csv", "--json")[1])["warnings"]
    code, out, err = run("explain", "model.safetensors", "titled.csv", "--json")
    assert (code, json.loads(out)["notes"], err) == (0, notes, f"glassnet explain: warning: {notes[0]}\n")
    code, out, _ = run("check", "titled.csv", "-t", "y")
    assert notes[0] in " ".join(out.split())


def test_check_of_extreme_cells(run: Run) -> None:
    """Infinite and huge numbers, odd names and a model in the place of the table are no surprise."""
    cells = ["inf", "-inf", "1e308", "-1e308", "1.5"]
    write("odd.csv", "[red],b\x1b[31m,inf,y", lambda i: f"{cells[i % 5]},{i}e300,inf,{i * 0.5}")
    code, out, err = run("check", "odd.csv", "-t", "y")
    assert (code, err) == (0, "")
    assert "[red]" in out
    assert "\x1b" not in out
    run("train", "penguins", "-t", "species", "--recipe", "plain", "--epochs", "1", "-q")
    code, out, err = run("check", "model.safetensors")
    assert (code, out) == (2, "")
    assert err.startswith("glassnet check: DATA is the model file 'model.safetensors'; it must be a table.")


def test_classes_that_look_missing(run: Run) -> None:
    """A target whose class is called NA is asked about, and the option that keeps it works."""
    write("a.csv", "a,b,y", lambda i: f"{i % 7}.5,{i * 3 % 80},{['NA', 'EU', 'AS'][i % 3]}")
    _, out, _ = run("check", "a.csv", "-t", "y")
    assert "If a cell such as NA is a class, add --read y=text." in " ".join(out.split())
    result = json.loads(run("check", "a.csv", "-t", "y", "--read", "y=text", "--json")[1])
    assert result["labels"] == ["AS", "EU", "NA"]
    assert "missing-target" not in [finding["code"] for finding in result["findings"]]
