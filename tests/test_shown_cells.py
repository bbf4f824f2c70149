"""Cells in reports, reasons and warnings stand there as in the file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from glassnet.errors import TableWarning
from glassnet.tabular import TableModel, TabularRegressor, to_table
from glassnet.tabular.encoding.category_coder import CodeCoder
from glassnet.tabular.reading.form import Form
from glassnet.tabular.reading.shown_cells import shown_cell

Run = Callable[..., tuple[int, str, str]]

DATES = {
    "%d.%m.%Y": "dmy",
    "%m/%d/%Y": "mdy",
    "%d-%m-%y": "dmy",
    "%Y-%m-%d": "",
    "%d.%m.%Y %H:%M": "dmy",
}


@pytest.mark.parametrize("written", DATES)
def test_reports_and_reasons_have_the_cells_of_the_file(run: Run, tmp_path: Path, written: str) -> None:
    """Dates, times of day and words for yes and no are those of the row, in ``evaluate``, its report and ``explain``."""
    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-13 09:30" if "%H" in written else "2024-01-13", periods=90, freq="3D")
    table = pd.DataFrame({"day": days.strftime(written), "at": [f"{i % 24:02d}:{i % 6 * 10:02d}" for i in range(90)]})
    table["flat"] = rng.choice(["ja", "nein"], 90)
    table["rent"] = np.arange(90) * 3.0 + (table["flat"] == "ja") * 9.5 + rng.random(90)
    data, model = str(tmp_path / "d.csv"), str(tmp_path / "m.safetensors")
    table.to_csv(data, index=False)
    assert run("train", data, "rent", "--recipe", "small", "--epochs", "3", "-q", "-o", model)[0] == 0
    page = tmp_path / "r.html"
    assert run("evaluate", model, data, "--report", str(page))[0] == 0
    code, out, err = run("evaluate", model, data, "--json")
    assert code == 0, err
    worst = json.loads(out)["single_rows"][0]["row"]
    own = [f"{name} = {table[name][worst - 1]}" for name in ("day", "at", "flat")]
    html = page.read_text(encoding="utf-8")
    assert all(table[name][worst - 1] in html for name in ("day", "at", "flat"))
    assert "T00:00" not in html
    assert "000000" not in html
    said = run("explain", model, data, "--row", str(worst))[1]
    assert all(text in said for text in own), said
    encoded = json.loads(run("explain", model, data, "--row", str(worst), "--json")[1])["encoding"]
    assert {each["column"]: each["value"] for each in encoded} == {
        name: table[name][worst - 1] for name in ("day", "at", "flat")
    }
    why = TableModel.load(model).why(table.iloc[[worst - 1]])[0]
    assert {reason.value for reason in why.reasons} == {text.partition(" = ")[2] for text in own}


def test_dates_of_frames_have_no_midnight() -> None:
    """Where no text was read a date is year-month-day, in reasons, reports, warnings and messages."""
    days = pd.date_range("2023-01-02", periods=40, freq="D")
    X, y = pd.DataFrame({"day": days}), np.arange(40.0)
    model = TabularRegressor("small", epochs=2, random_state=0).fit(X, y)
    assert model.why(X[:1])[0].reasons[0].value == "2023-01-02"
    assert "T00:00" not in str(model.report(X, y))
    with pytest.warns(TableWarning, match=r"training, 2023-01-0\d to 2023-02-\d\d: 2030-05-01 12:30\.$"):
        model.predict(pd.DataFrame({"day": [pd.Timestamp("2030-05-01 12:30")]}))
    with pytest.raises(ValueError, match="y holds dates such as '2023-01-02'; it must hold numbers"):
        TabularRegressor().fit(X, days)


def test_texts_of_values() -> None:
    """Each kind of value has the text that its form gives it; values without a form their plain one."""
    moment = np.datetime64("2024-09-01T23:05:07.250000")
    assert shown_cell(moment) == "2024-09-01 23:05:07.25"
    assert shown_cell(moment, Form("date", order="mdy", example="12/31/24")) == "09/01/24 23:05:07.25"
    assert shown_cell(np.datetime64("2024-10-20T10:00:00.000000")) == "2024-10-20 10:00"
    assert shown_cell(-3661.0, Form("number", style="duration")) == "-01:01:01"
    assert shown_cell(True) == "True"
    assert shown_cell(3.0) == "3"


def test_one_cell_is_spoken_of_in_the_singular() -> None:
    """Warnings about one row and about several are English."""
    frame = {"town": ["a", "b"] * 30, "size": np.arange(60.0)}
    model = TabularRegressor("realmlp", epochs=1, random_state=0, max_seconds=5.0).fit(frame, np.arange(60.0)).model_
    rows = {"town": ["new", "a", "b", "a", "b"], "size": [1.0, np.nan, 3.0, 4.0, 5.0]}
    said = " ".join(model.warnings(rows))
    assert "1 of 5 values is missing, where" in said
    coder = CodeCoder.fit(to_table({"town": ["a", "b"] * 30})["town"], 0)
    told = coder.warnings(to_table(rows)["town"], 60)
    assert told == [
        "Column 'town': 1 of 5 rows has a category that training did not have, which is treated as missing: 'new'."
    ]
    two = {"town": ["new", "newer", "b", "a", "b"], "size": [1.0, np.nan, np.nan, 4.0, 5.0]}
    assert "2 of 5 values are missing, where" in " ".join(model.warnings(two))


def test_categories_that_differ_in_case_or_blanks_are_noted(run: Run, tmp_path: Path) -> None:
    """Two spellings of a category are named; free text, what was asked for as text, and what a model knows are not."""
    frame = {"side": ["Nord", "nord ", "Süd", "SÜD", "ost", "West  end", "West end"] * 5}
    with pytest.warns(TableWarning, match="differ in case or blanks only"):
        column = to_table(frame)["side"]
    assert len(column.notes) == 1
    assert column.notes[0].startswith("Column 'side': 'Nord' and 'nord'; 'SÜD' and 'Süd' and 1 more differ in case")
    assert to_table({"side": ["Nord", "Süd"] * 9})["side"].notes == ()
    assert to_table({"word": [f"w{i}" for i in range(20)] + [f"W{i}" for i in range(20)]})["word"].notes == ()
    assert to_table(frame, read={"side": "text"})["side"].notes == ()
    data = tmp_path / "d.csv"
    rows = [f"{side},{i % 7}.5,{i}.25" for i, side in enumerate(frame["side"])]
    data.write_text("\n".join(["side,a,y", *rows, ""]), encoding="utf-8")
    assert "differ in case or blanks only" in " ".join(run("check", str(data), "y")[1].split())
    words = ["train", str(data), "y", "--recipe", "plain", "--epochs", "1", "-o", str(tmp_path / "m.safetensors")]
    assert "differ in case or blanks only" in " ".join(run(*words)[1].split())
    model = TableModel.load(tmp_path / "m.safetensors")
    assert to_table(frame, like=model)["side"].notes == ()
