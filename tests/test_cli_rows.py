"""Rows into the commands and out of them: standard input, columns of the input beside predictions, formats of files."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from glassnet.cli.app import main
from glassnet.tabular import TableModel, read_table

pytest.importorskip("typer")

Run = Callable[..., tuple[int, str, str]]
Pipe = Callable[[str | bytes], None]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a table of ids, and models of its label and of its number."""
    folder = tmp_path_factory.mktemp("rows")
    rng = np.random.default_rng(3)
    lines = ["id,zip,a,b,y,n"]
    for i, a in enumerate(rng.normal(size=120)):
        lines.append(f"{i:05d},{1000 + i:05d},{a:.2f},{'pqr'[i % 3]},{'up' if a > 0 else 'down'},{3 * a:.3f}")
    (folder / "t.csv").write_text("\n".join([*lines, ""]))
    drop = ["--drop", "id", "--drop", "zip", "--recipe", "plain", "--epochs", "5", "-q"]
    for target, other in (("y", "n"), ("n", "y")):
        out = str(folder / f"{target}.safetensors")
        assert main(["train", str(folder / "t.csv"), "-t", target, "--drop", other, *drop, "-o", out]) == 0
    return folder


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Pipe:
    """Return a function that sets what standard input holds."""

    def put(content: str | bytes) -> None:
        data = content.encode() if isinstance(content, str) else content
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return put


# ---- standard input ----------------------------------------------------------------------------------------------


def _parquet(path: Path) -> bytes:
    duckdb.connect().register("v", {"a": np.array([1.5, -1.5]), "b": np.array(["p", "q"], dtype=object)}).view(
        "v"
    ).write_parquet(str(path))
    return path.read_bytes()


FORMS: dict[str, bytes] = {
    "CSV": b"a,b\n1.5,p\n-1.5,q\n",
    "CSV with a byte order mark": b"\xef\xbb\xbfa,b\n1.5,p\n-1.5,q\n",
    "TSV": b"a\tb\n1.5\tp\n-1.5\tq\n",
    "semicolons": b"a;b\n1.5;p\n-1.5;q\n",
    "Windows lines": b"a,b\r\n1.5,p\r\n-1.5,q\r\n",
    "JSON": b'[{"a": 1.5, "b": "p"},\n {"a": -1.5, "b": "q"}]',
    "JSON after blanks": b'\n \n[\n{"a": 1.5, "b": "p"}, {"a": -1.5, "b": "q"}\n]\n',
    "JSON lines": b'{"a": 1.5, "b": "p"}\n{"a": -1.5, "b": "q"}\n',
    "names in brackets": b"[x],a,b\n1,1.5,p\n1,-1.5,q\n",
    "gzip": gzip.compress(b"a,b\n1.5,p\n-1.5,q\n"),
    "gzip of JSON": gzip.compress(b'[{"a": 1.5, "b": "p"}, {"a": -1.5, "b": "q"}]'),
}


@pytest.mark.parametrize("form", [*FORMS, "Parquet"])
def test_predict_reads_standard_input(form: str, run: Run, pipe: Pipe, models: Path, tmp_path: Path) -> None:
    """`predict MODEL -` finds by the content what it reads, and answers as for a file with the same rows."""
    pipe(_parquet(tmp_path / "p.parquet") if form == "Parquet" else FORMS[form])
    code, out, _ = run("predict", str(models / "y.safetensors"), "-")
    assert (code, out) == (0, "prediction\nup\ndown\n")


def test_every_command_reads_standard_input(run: Run, pipe: Pipe, models: Path) -> None:
    """A table may come through a pipe wherever there is one, and reports call it standard input."""
    content, model = (models / "t.csv").read_bytes(), str(models / "y.safetensors")
    for words in (
        ["evaluate", model, "-"],
        ["explain", model, "-", "-r", "3"],
        ["train", "-", "-t", "y", "--epochs", "1"],
    ):
        pipe(content)
        code, out, err = run(*words)
        assert (code, err) == (0, ""), words
        assert "standard input" in out.splitlines()[0], words
    pipe(content)
    piped = json.loads(run("evaluate", model, "-", "--json")[1])
    from_file = json.loads(run("evaluate", model, str(models / "t.csv"), "--json")[1])
    assert piped["data"] == "standard input"
    assert piped["scores"] == from_file["scores"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "glassnet predict: standard input: the file is empty; it must hold a table.\n"),
        (" \n\n", "glassnet predict: standard input: the file holds nothing but blanks; it must hold a table.\n"),
        ("A,c\n1,p\n", "glassnet predict: standard input lacks all 2 columns that the model needs: 'a', 'b'. Did you mean 'A' for 'a'?\n"),
    ],
)  # fmt: skip
def test_what_standard_input_lacks(content: str, sentence: str, run: Run, pipe: Pipe, models: Path) -> None:
    """Errors name standard input, not the file that it was written to."""
    pipe(content)
    assert run("predict", str(models / "y.safetensors"), "-") == (2, "", sentence)


def test_a_closed_standard_input(run: Run, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any standard input the command says so."""
    monkeypatch.setattr(sys, "stdin", None)
    code, _, err = run("predict", str(models / "y.safetensors"), "-")
    assert (code, err) == (2, "glassnet predict: standard input: it is closed; it must be open.\n")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_named_pipes_are_read(run: Run, models: Path, tmp_path: Path) -> None:
    """A pipe with a name, as a shell makes for <(command), is read like standard input."""
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(FORMS["CSV"]))
    writer.start()
    assert run("predict", str(models / "y.safetensors"), "pipe")[:2] == (0, "prediction\nup\ndown\n")
    writer.join()


def test_nothing_of_standard_input_stays(run: Run, pipe: Pipe, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The temporary file is gone afterwards, also after an error."""
    folder = models / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    for content in (FORMS["CSV"], b"a\n1\n", b"a,b\n1\n"):
        pipe(content)
        run("predict", str(models / "y.safetensors"), "-", "--append", "-o", "p.parquet")
        assert [*folder.iterdir()] == []


# ---- columns of the input beside the predictions -----------------------------------------------------------------


AS_IT_IS = """id,when,a,b,price,"two
lines"
007,2024-05-31,1.50,p,$5.00,x
010,31.05.2024,-1.5e0,q,"1,250.00","say ""hi"", now"
1e5,true,2,r,12%,=1+1
NA,null,2.,p,-,?
"""


def test_kept_cells_are_as_they_were(run: Run, models: Path, tmp_path: Path) -> None:
    """--append writes each cell as it was in the input: zeros, dates, amounts and quotes, and then the prediction."""
    (tmp_path / "new.csv").write_text(AS_IT_IS)
    code, out, _ = run("predict", str(models / "y.safetensors"), "new.csv", "--append")
    before = list(csv.reader(io.StringIO(AS_IT_IS)))
    assert code == 0
    assert list(csv.reader(io.StringIO(out))) == [
        [*row, answer] for row, answer in zip(before, ("prediction", "up", "down", "up", "up"), strict=True)
    ]


def test_keep_takes_columns_in_order(run: Run, models: Path) -> None:
    """--keep writes the named columns, each once, in this order, and does not warn of them."""
    words = ["predict", str(models / "y.safetensors"), str(models / "t.csv"), "-k", "zip", "--keep", "id", "-k", "zip"]
    code, out, err = run(*words)
    assert (code, out.splitlines()[:2]) == (0, ["zip,id,prediction", "01000,00000,up"])
    assert "'zip'" not in err


def test_keep_of_the_inputs_changes_no_prediction(run: Run, models: Path) -> None:
    """Columns that the model needs are still read as numbers and categories when they are kept."""
    model, data = str(models / "n.safetensors"), str(models / "t.csv")
    plain = run("predict", model, data)[1].splitlines()
    kept = [row["prediction"] for row in csv.DictReader(io.StringIO(run("predict", model, data, "--append")[1]))]
    assert kept == plain[1:]


def test_keep_asks_for_the_column(run: Run, models: Path) -> None:
    """A column that is not there is an error, with the nearest one."""
    code, out, err = run("predict", str(models / "y.safetensors"), str(models / "t.csv"), "--keep", "ID")
    assert (code, out) == (2, "")
    assert err.endswith("unknown column 'ID' for --keep. Did you mean 'id'?\n")
    code, out, err = run("predict", str(models / "y.safetensors"), str(models / "t.csv"), "--keep", "id,zip")
    assert (code, out) == (2, "")
    assert err.endswith("unknown column 'id,zip' for --keep. Repeat it: --keep id --keep zip\n")


def test_predictions_never_collide_with_the_input(run: Run, pipe: Pipe, models: Path) -> None:
    """A column of the input that is called as a prediction is, in any case, stays; the prediction gets another name."""
    content = "Prediction,prediction_,probability_up,a,b\nx,y,z,1.5,p\n"
    model = str(models / "y.safetensors")
    pipe(content)
    out = run("predict", model, "-", "--append", "-p")[1]
    names = [
        "Prediction",
        "prediction_",
        "probability_up",
        "a",
        "b",
        "prediction__",
        "probability_down",
        "probability_up_",
    ]
    assert out.splitlines()[0].split(",") == names
    pipe('[{"prediction": 1, "probabilities": 2, "a": 1.5, "b": "p"}]')
    run("predict", model, "-", "--append", "-p", "-o", "p.json")
    [record] = json.loads(Path("p.json").read_text())
    assert [*record] == ["prediction", "probabilities", "a", "b", "prediction_", "probabilities_"]
    assert record["prediction"] == 1
    assert set(record["probabilities_"]) == {"down", "up"}


@pytest.mark.parametrize("suffix", ["csv", "tsv", "json", "jsonl", "parquet"])
def test_kept_columns_in_every_format(suffix: str, run: Run, models: Path) -> None:
    """Kept columns and predictions go into every format, and are what the model says of the table."""
    model, data = str(models / "y.safetensors"), str(models / "t.csv")
    code, out, _ = run("predict", model, data, "--keep", "id", "--keep", "a", "-o", f"p.{suffix}")
    assert (code, out) == (0, f"120 predictions of y in p.{suffix}\n")
    table = read_table(f"p.{suffix}")
    assert table.names == ["id", "a", "prediction"]
    assert table["id"].values[:2].tolist() == ["00000", "00001"]
    assert table["prediction"].values.tolist() == TableModel.load(model).predict(read_table(data)).tolist()
    if suffix == "jsonl":
        assert json.loads(Path("p.jsonl").read_text().splitlines()[0])["id"] == "00000"


def test_numbers_of_json_stay_numbers(run: Run, pipe: Pipe, models: Path) -> None:
    """JSON comes out as it came in: whole numbers of any size, text, booleans and null."""
    rows: list[dict[str, Any]] = [
        {"a": 1.5, "b": "p", "id": 10**20 + 1, "code": "007", "old": True, "when": "2024-05-31"},
        {"a": -1, "b": "q", "id": 2, "code": None, "old": False, "when": "31.05.2024"},
    ]
    for content in (json.dumps(rows), "\n".join(map(json.dumps, rows)), gzip.compress(json.dumps(rows).encode())):
        pipe(content)
        assert run("predict", str(models / "y.safetensors"), "-", "--append", "-o", "p.jsonl")[0] == 0
        found = [json.loads(line) for line in Path("p.jsonl").read_text().splitlines()]
        assert found == [{**row, "prediction": answer} for row, answer in zip(rows, ("up", "down"), strict=True)]


def test_types_of_parquet_stay(run: Run, models: Path, tmp_path: Path) -> None:
    """From Parquet to Parquet columns keep their types and values, beyond 2**53 and where values are missing."""
    columns = {
        "id": np.ma.array([2**60 + 1, 2], mask=[False, True]),
        "a": np.array([1.5, -1.5]),
        "b": np.array(["p", "q"], dtype=object),
        "when": np.array(["2024-05-31T18:30", "NaT"], dtype="M8[us]"),
        "old": np.array([True, False]),
    }
    connection = duckdb.connect()
    connection.register("v", columns).view("v").write_parquet(str(tmp_path / "in.parquet"))
    words = ["predict", str(models / "y.safetensors"), "in.parquet", "--append", "-o"]
    assert run(*words, "out.parquet")[0] == 0
    before, after = (connection.read_parquet(str(tmp_path / f"{name}.parquet")) for name in ("in", "out"))
    assert after.columns == [*before.columns, "prediction"]
    assert after.types[:-1] == before.types
    assert [row[:-1] for row in after.fetchall()] == before.fetchall()
    assert run(*words, "out.csv")[0] == 0
    assert Path("out.csv").read_text().splitlines()[1:] == [
        f"{2**60 + 1},1.5,p,2024-05-31 18:30:00,true,up",
        ",-1.5,q,,false,down",
    ]


def test_kept_columns_in_json_on_stdout(run: Run, models: Path) -> None:
    """With --json the kept columns stand beside the predictions."""
    words = ("predict", str(models / "y.safetensors"), str(models / "t.csv"), "--keep", "id", "--json")
    result = json.loads(run(*words)[1])
    assert result["kept"]["id"][:2] == ["00000", "00001"]
    assert len(result["kept"]["id"]) == len(result["predictions"])


def test_parquet_needs_names_that_differ(run: Run, pipe: Pipe, models: Path) -> None:
    """Names that differ in case only, which Parquet readers change, are refused for Parquet and written to CSV."""
    content = "id,ID,a,b\n1,2,1.5,p\n"
    pipe(content)
    code, _, err = run("predict", str(models / "y.safetensors"), "-", "--append", "-o", "p.parquet")
    assert (code, Path("p.parquet").exists()) == (2, False)
    assert (
        "glassnet predict: warning: Not in the training data and passed over: 'ID'.\nglassnet predict: the "
        "names 'ID', 'id' are alike or empty; in a Parquet file they must differ in more than case, and not "
        "be empty. Write CSV." in err
    )
    pipe(content)
    assert run("predict", str(models / "y.safetensors"), "-", "--append", "-o", "p.csv")[0] == 0


def test_quantiles_are_kept_apart(run: Run, models: Path, tmp_path: Path) -> None:
    """Quantiles have columns of their own in every format."""
    words = [
        "train",
        str(models / "t.csv"),
        "-t",
        "n",
        "--quantiles",
        "0.1,0.9",
        "--epochs",
        "2",
        "-q",
        "-o",
        "q.safetensors",
    ]
    assert run(*words)[0] == 0
    assert run("predict", "q.safetensors", str(models / "t.csv"), "-k", "id", "-o", "p.parquet")[0] == 0
    table = read_table(tmp_path / "p.parquet")
    assert table.names == ["id", "prediction", "quantile_0.1", "quantile_0.9"]
    assert (table["quantile_0.1"].values <= table["quantile_0.9"].values).all()
