"""``glassnet train`` divides rows as the data need it, and says which rows were held out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.cli.app import main
from glassnet.cli.training.preparation import prepare
from glassnet.cli.training.train_job import train
from glassnet.cli.training.train_options import TrainOptions
from glassnet.tabular import to_table
from glassnet.tabular.splitting.division import SplitBy

pytest.importorskip("typer")

FAST: dict[str, Any] = {"out": None, "recipe": "plain", "epochs": 1, "estimates": False}
N = 400


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a table of patients, and one with few different rows."""
    folder = tmp_path_factory.mktemp("splits")
    rng = np.random.default_rng(0)
    patient = rng.integers(0, 80, N)
    is_ill = patient % 3 == 0
    lines = ["patient,x,day,set,is_test,fold,part,y"]
    for i in range(N):
        words = [f"P{patient[i]:03d}", f"{rng.normal() + is_ill[i]:.4f}", f"2021-{1 + i // 40:02d}-{1 + i % 28:02d}"]
        words += [["Train", "test", "dev"][i % 3], str(i % 5 == 0).lower(), str(i % 5), ["train", "", "test"][i % 3]]
        lines.append(",".join([*words, "yes" if is_ill[i] else "no"]))
    (folder / "patients.csv").write_text("\n".join(lines) + "\n")
    rows = [f"{i % 5},{i % 3},{i % 2},{'xy'[i % 3 % 2]}" for i in range(200)]
    (folder / "few.csv").write_text("\n".join(["a,b,c,y", *rows]) + "\n")
    copies = [f"{value:.6f},{'xy'[int(value > 0)]}" for value in rng.normal(size=300)]
    (folder / "copies.csv").write_text("\n".join(["a,y", *copies, *copies]) + "\n")
    return folder


def result_of(folder: Path, data: str, **options: Any) -> dict[str, Any]:
    """Train for one epoch, and return the result."""
    return train(TrainOptions(str(folder / data), "y", **{**FAST, **options}))[1]


@given(st.integers(30, 500), st.integers(1, 400), st.integers(0, 2**32 - 1), st.booleans())
@settings(max_examples=80, deadline=None)
def test_what_is_said_of_shared_rows_is_so(n: int, k: int, seed: int, by_group: bool) -> None:
    """Whatever the table, the counts of shared rows are those of comparing all rows with each other, and groups are whole."""
    rng = np.random.default_rng(seed)
    content = rng.integers(0, k, n)
    columns = {
        "a": content % 7,
        "b": (content // 7).astype(str).astype(object),
        "g": rng.integers(0, 40, n).astype(float),
    }
    table = to_table({**columns, "y": np.where(content % 3 == 0, "u", "v")})
    if len(set(table["y"].values)) < 2 or len(np.unique(table["g"].values)) < 3:
        return
    by = SplitBy("group", table["g"]) if by_group else None
    data = prepare("train", table, "y", None, (0.16, 0.2), [] if by_group else ["g"], seed, by)
    rows = {part: set(content[numbers]) for part, numbers in data.rows.items()}
    found = {part: dict.fromkeys(("training", "validation"), 0) for part in ("validation", "test")}
    for part, counts in found.items():
        for value in content[data.rows[part]]:
            before = [name for name in ("training", "validation") if name != part and value in rows[name]]
            if before:
                counts[before[0]] += 1
    shared = {part: {name: count for name, count in counts.items() if count} for part, counts in found.items()}
    assert data.division.shared == {part: counts for part, counts in shared.items() if counts}
    if by_group:
        groups = [set(table["g"].values[numbers]) for numbers in data.rows.values()]
        assert sum(map(len, groups)) == len(set.union(*groups))
        assert data.inputs.names == ["a", "b"]


def test_the_rows_of_a_patient_are_on_one_side(folder: Path) -> None:
    """With --group no value is in two parts, the shares are kept, and the column is no input."""
    result = result_of(folder, "patients.csv", group="patient", drop=("set", "part"))
    assert sum(result["split"]["groups"].values()) == len({*range(80)})
    assert [result["rows"][part] for part in ("training", "validation", "test")] == pytest.approx([256, 64, 80], abs=8)
    assert "patient" not in [column["name"] for column in result["columns"]]
    assert result["split"]["by"] == "group"


def test_the_test_rows_are_the_latest(folder: Path) -> None:
    """With --time the test begins after validation, which begins after training; the column stays an input."""
    result = result_of(folder, "patients.csv", time="day", drop=("set", "part"))
    until = result["split"]["until"]
    assert until["training"] < until["validation"] < until["test"]
    assert "day" in [column["name"] for column in result["columns"]]
    dropped = result_of(folder, "patients.csv", time="day", drop=("set", "part", "day"))
    assert dropped["split"] == result["split"] | {"shared": dropped["split"]["shared"]}
    assert "day" not in [column["name"] for column in dropped["columns"]]


@pytest.mark.parametrize(
    ("column", "counts"), [("set", [134, 133, 133]), ("is_test", [256, 64, 80])], ids=["words", "true"]
)
def test_a_column_says_which_rows_are_tested(folder: Path, column: str, counts: list[int]) -> None:
    """With --split the words decide; without a word for validation a fifth of the training rows is taken."""
    result = result_of(folder, "patients.csv", split=column, drop=("part",))
    assert [result["rows"][part] for part in ("training", "validation", "test")] == counts
    assert column not in [column["name"] for column in result["columns"]]
    assert result["judged_on"] == "test"


def test_folds_keep_groups_whole(folder: Path) -> None:
    """With --folds every network is trained, also where the groups are dealt out."""
    options: dict[str, Any] = {"recipe": "small", "folds": 3, "group": "patient", "drop": ("set", "part")}
    result = result_of(folder, "patients.csv", **options)
    assert result["network"]["networks"] == 3
    assert result["rows"]["training"] + result["rows"]["test"] == N


def test_shared_rows_are_counted(folder: Path) -> None:
    """Where there are too few different rows to keep equal ones together, the result says how many are shared."""
    result = result_of(folder, "few.csv")
    shared = result["split"]["shared"]["test"]
    assert sum(shared.values()) == 40
    assert result["split"]["warnings"][-1] == "40 of 40 test rows have an equal row in training."


def test_copies_are_kept_together(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A table in which every row stands twice is divided so that the test rows were never used in training."""
    result = result_of(folder, "copies.csv")
    assert result["split"]["shared"] == {}
    assert result["rows"]["test"] == 120
    words = ["train", str(folder / "copies.csv"), "-t", "y", "--recipe", "plain", "--epochs", "1"]
    assert main([*words, "-o", str(folder / "m.safetensors")]) == 0
    assert "on 120 test rows, held out, never used in training" in capsys.readouterr().out


def test_the_report_does_not_call_shared_rows_unused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Rows with an equal one in training are not said to have never been used in training."""
    words = ["train", str(folder / "few.csv"), "-t", "y", "--recipe", "plain", "--epochs", "1"]
    assert main([*words, "-o", str(folder / "m.safetensors")]) == 0
    out = capsys.readouterr().out
    assert "never used" not in out
    assert "held-out" not in out
    assert "40 of 40 test rows have an equal row in training." in out


REFUSED = {
    "--group patient --time day": "--time day does not go with --group. Rows are divided in one way. Leave --time out.",
    "--time day --folds 3": "--folds 3 does not go with --time. Folds are drawn at random, whatever their time. Leave --folds "
    "out.",
    "--split set --test 0.1": "--test 0.1 does not go with --split. The column says which rows are for the test. Leave --test out.",
    "--split set --validation 0.1": "the column 'set' of --split names validation rows; --validation must be left out then.",
    "--split set --folds 3": "the column 'set' of --split names validation rows; --folds must be left out then.",
    "--split fold": "--split: column 'fold' holds '0', '1', '2', '3', '4'; it must say train, validation or test in "
    "every row. Write these words in their place.",
    "--split part": "--split: column 'part' has no value in 133 of 400 rows, the first of them line 3; it must have one "
    "in every row. Fill them first.",
    "--time set": "--time: column 'set' holds 'Train', 'test', 'dev'; to be in order of time, it must hold dates or "
    "numbers.",
    "--time is_test": "--time: column 'is_test' holds 'True', 'False'; to be in order of time, it must hold dates or "
    "numbers.",
    "--group set --folds 4": "the rows are of 2 groups; each of 4 parts must have at least one.",
    "--group is_test": "--group: column 'is_test' has 2 different values; it must have at least 3, one for each of "
    "training, validation, test.",
    "--group patiemt": "unknown column 'patiemt' for --group. Did you mean 'patient'?",
    "--group y": "--group names the target, 'y'; it must be another column.",
}


@pytest.mark.parametrize("typed", REFUSED)
def test_unclear_divisions_are_refused(folder: Path, typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Options that contradict each other, and columns that do not say what they should, get one sentence."""
    recipe = ["--recipe", "small", "--epochs", "1"]
    words = ["train", str(folder / "patients.csv"), "-t", "y", *recipe, "-o", str(folder / "never.safetensors")]
    assert main([*words, *typed.split()]) == 2
    assert capsys.readouterr().err == f"glassnet train: {REFUSED[typed]}\n"
    assert not (folder / "never.safetensors").exists()


def test_the_result_says_how_rows_were_divided(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The JSON has the column, and the report one line about it."""
    words = [
        "train",
        str(folder / "patients.csv"),
        "-t",
        "y",
        "--group",
        "patient",
        "--recipe",
        "plain",
        "--epochs",
        "1",
    ]
    words += ["-o", str(folder / "m.safetensors")]
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["split"]["column"] == "patient"
    assert main(words) == 0
    assert "Divided          by the values of 'patient': " in capsys.readouterr().out


def test_classes_without_training_rows_are_named(folder: Path) -> None:
    """If a class came up after the last training row, the result says that the network never saw it."""
    rng = np.random.default_rng(3)
    rows = [f"{rng.normal():.4f},{i},{'new' if i >= 250 else 'xy'[i % 2]}" for i in range(300)]
    (folder / "late.csv").write_text("\n".join(["a,t,y", *rows]) + "\n")
    sentence = "Class 'new' has no row in training: the network cannot learn to answer so."
    assert result_of(folder, "late.csv", time="t")["split"]["warnings"] == [sentence]
    assert result_of(folder, "late.csv")["split"]["warnings"] == []


def test_the_page_says_how_rows_were_divided(folder: Path) -> None:
    """The HTML report has the same sentences as the report on the terminal."""
    for data, options, piece in (
        ("patients.csv", {"group": "patient"}, "Rows were divided by the values of &#x27;patient&#x27;: "),
        ("few.csv", {}, "40 of 40 test rows have an equal row in training."),
    ):
        page = folder / "page.html"
        result_of(folder, data, report=str(page), **options)
        assert piece in page.read_text()


def test_scores_on_validation_rows_are_called_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """If a column names no test rows, the report says that its rows chose the epoch, and what would help."""
    lines = (folder / "patients.csv").read_text().replace(",test,", ",dev,").splitlines()
    (folder / "no_test.csv").write_text("\n".join(lines) + "\n")
    words = ["train", str(folder / "no_test.csv"), "-t", "y", "--recipe", "plain", "--epochs", "1", "--split", "set"]
    assert main([*words, "--drop", "part", "-o", str(folder / "m.safetensors")]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "validation rows, they also chose the best epoch" in out
    assert "flatter the network: name test rows in the column 'set'." in out
    assert "held-out" not in out


def test_columns_that_were_left_out_on_purpose_are_known(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A column of groups, or one that was dropped, is not said to be missing from the training data."""
    words = ["train", str(folder / "patients.csv"), "-t", "y", "--recipe", "plain", "--epochs", "1", "-q"]
    model = str(folder / "m.safetensors")
    assert main([*words, "--group", "patient", "--drop", "part", "-o", model]) == 0
    for command in ("evaluate", "predict"):
        assert main([command, model, str(folder / "patients.csv")]) == 0
        out, err = capsys.readouterr()
        assert "passed over" not in out + err
