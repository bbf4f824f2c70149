"""The report names a column by which rows might better be divided, says what was measured, and accuses nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glassnet.cli.app import main
from glassnet.cli.training.train_job import train
from glassnet.cli.training.train_options import TrainOptions
from glassnet.tabular import read_table, split_rows, to_table
from glassnet.tabular.reading.options import command_line_spelling
from glassnet.tabular.splitting.suggestions import suggest_divisions

pytest.importorskip("typer")

N = 400


def suggested(columns: dict[str, Any], target: str = "y") -> list[str]:
    """Return what is suggested for a random division."""
    table = to_table(columns)
    train, scored = split_rows(table.n_rows, [0.8, 0.2], seed=0)
    return suggest_divisions(table, target, train, scored, command_line_spelling)


def patients(*, number: bool = False, name: str = "patient", shuffled: bool = False) -> dict[str, Any]:
    """Return five rows each of 80 patients, with an age, a sex and a weight of their own, and three visits' measurements."""
    rng = np.random.default_rng(0)
    who = np.repeat(rng.permutation(80), 5)
    if shuffled:
        who = rng.permutation(who)
    of_each = rng.normal(size=(80, 3))
    columns: dict[str, Any] = {name: who + 1000 if number else np.array([f"P{w:03d}" for w in who], dtype=object)}
    columns |= {"age": of_each[who, 0].round(2), "weight": (of_each[who, 1] + 0.1 * rng.normal(size=N)).round(3)}
    columns |= {"sex": np.where(of_each[who, 2] > 0, "f", "m")}
    columns |= {f"m{j}": rng.normal(size=N) for j in range(3)}
    return columns | {"y": of_each[who, 0] + rng.normal(size=N)}


SENTENCE = (
    "Column {name!r} has 80 values in 400 rows; rows of one value are on both sides of the split: "
    "--group {typed} keeps them together."
)


@pytest.mark.parametrize("name", ["patient", "Patient ID", "case"])
@pytest.mark.parametrize("number", [False, True])
def test_repeated_identifiers_are_named(name: str, number: bool) -> None:
    """A column whose rows are alike, or that is called an identifier, is named with its numbers and the option."""
    typed = f"'{name}'" if " " in name else name
    assert suggested(patients(number=number, name=name)) == [SENTENCE.format(name=name, typed=typed)]


def test_shuffled_rows_are_recognised() -> None:
    """Text whose rows are alike is named wherever its rows stand; a number without such a name is left alone."""
    assert suggested(patients(shuffled=True, name="case"))
    assert suggested(patients(shuffled=True, name="case", number=True)) == []
    assert suggested(patients(shuffled=True, name="patient_id", number=True))


def test_identifiers_that_repeat_here_and_there_are_named() -> None:
    """Text that is left out as an identifier is named if those rows that have the same one are alike."""
    rng = np.random.default_rng(4)
    ticket = np.r_[np.arange(340), rng.permutation(340)[:60]]
    fare = rng.normal(size=340)[ticket]
    columns = {"ticket": [f"T{t}" for t in ticket], "fare": fare, "x": rng.normal(size=N), "y": rng.normal(size=N)}
    assert suggested(columns) == [SENTENCE.format(name="ticket", typed="ticket").replace(" 80 ", " 340 ")]
    assert suggested(columns | {"fare": rng.normal(size=N)}) == []


def harmless() -> dict[str, dict[str, Any]]:
    """Return tables of independent rows by what is in them."""
    rng = np.random.default_rng(1)
    age = rng.integers(18, 80, N)
    return {
        "numbers": {"a": rng.normal(size=N), "b": rng.integers(0, 60, N), "y": rng.normal(size=N)},
        "sorted by age": {"age": np.sort(age), "income": np.sort(age) + rng.normal(size=N), "y": np.sort(age) * 1.0},
        "towns": {"town": [f"t{i}" for i in rng.integers(0, 60, N)], "a": rng.normal(size=N), "y": rng.normal(size=N)},
        "names": {
            "name": [f"n{i}" for i in rng.integers(0, 2000, N)],
            "a": rng.normal(size=N),
            "y": rng.normal(size=N),
        },
        "row ids": {"id": np.arange(N), "code": [f"r{i}" for i in range(N)], "y": rng.normal(size=N)},
        "few values": {"id": rng.integers(0, 4, N), "a": rng.normal(size=N), "y": rng.normal(size=N)},
        "counts": {
            "number_customer_calls": rng.poisson(5, N),
            "account_length": rng.integers(1, 200, N),
            "y": rng.normal(size=N),
        },
        "birthdays": {"birth_date": np.datetime64("1950-01-01") + rng.integers(0, 20_000, N), "y": rng.normal(size=N)},
        "missing": {"patient": [None, *[f"P{i}" for i in rng.integers(0, 80, N - 1)]], "y": rng.normal(size=N)},
        "one date": {"date": np.full(N, np.datetime64("2024-05-31")), "y": rng.normal(size=N)},
    }


@pytest.mark.parametrize("columns", harmless().values(), ids=list(harmless()))
def test_independent_rows_are_left_alone(columns: dict[str, Any]) -> None:
    """Ages, towns, counts, row numbers and birthdays are no reason to divide otherwise."""
    assert suggested(columns) == []


def test_bundled_tables_are_left_alone() -> None:
    """Nothing is suggested for the penguins."""
    table = read_table("penguins")
    train, scored = split_rows(table.n_rows, [0.8, 0.2], seed=0)
    assert suggest_divisions(table, "species", train, scored, command_line_spelling) == []


def test_dates_of_both_sides_are_named() -> None:
    """If training rows are from the same time as test rows the note says so; if they are all earlier it does not."""
    rng = np.random.default_rng(2)
    day = np.datetime64("2021-01-01") + np.arange(N)
    columns = {"day": day, "x": rng.normal(size=N), "y": rng.normal(size=N)}
    sentence = (
        "Column 'day' runs from 2021-01-01 to 2022-02-04, and training and test rows are from the same time: "
        "if later rows are to be predicted, --time day tests on the latest."
    )
    assert suggested(columns) == [sentence]
    assert suggest_divisions(to_table(columns), "y", np.arange(320), np.arange(320, 400), command_line_spelling) == []


def test_the_report_shows_notes_until_they_are_followed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The report has the note, also for a column that was dropped; with --group it has none."""
    columns = patients()
    rows = zip(*columns.values(), strict=True)
    lines = [",".join(columns), *(",".join(map(str, row)) for row in rows)]
    (tmp_path / "p.csv").write_text("\n".join(lines) + "\n")
    fast: dict[str, Any] = {"out": None, "recipe": "plain", "epochs": 1, "estimates": False}
    options = TrainOptions(str(tmp_path / "p.csv"), "y", drop=("patient",), **fast)
    assert train(options)[1]["split"]["notes"] == [SENTENCE.format(name="patient", typed="patient")]
    options = TrainOptions(str(tmp_path / "p.csv"), "y", drop=("patient", "age"), **fast)
    model, result = train(options)
    assert result["split"]["notes"]
    assert "patient" not in model.encoder.column_names
    options = TrainOptions(str(tmp_path / "p.csv"), "y", group="patient", **fast)
    assert train(options)[1]["split"]["notes"] == []
    words = ["train", str(tmp_path / "p.csv"), "-t", "y", "--recipe", "plain", "--epochs", "1"]
    assert main([*words, "-o", str(tmp_path / "m.safetensors")]) == 0
    assert "--group patient keeps them together." in " ".join(capsys.readouterr().out.split())
