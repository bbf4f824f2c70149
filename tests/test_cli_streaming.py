"""``glassnet train`` on Parquet that is read in parts."""

from __future__ import annotations

import gzip
import importlib.util
import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glassnet.cli.training import streamed_table
from glassnet.utils.block_sources import held_out_rows

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

Run = Callable[..., tuple[int, str, str]]
N = 1200


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a Parquet file in row groups of 100 rows, with an identifier and text."""
    generator = np.random.default_rng(5)
    a, b = generator.standard_normal((2, N))
    kind = generator.choice(["red", "green", "blue"], N)
    label = np.where(a + (kind == "red") > 0.3, "high", "low")
    columns = {"id": np.arange(N), "a": a, "b": b, "kind": kind, "label": label, "amount": 3.0 * a + b}
    path = tmp_path_factory.mktemp("big") / "big.parquet"
    parquet.write_table(pyarrow.table(columns), path, row_group_size=100)
    return path


def trained(run: Run, *words: str) -> dict[str, Any]:
    """Return the result of a training."""
    code, out, err = run("train", *words, "--json")
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def test_read_in_parts_when_asked(run: Run, big: Path) -> None:
    """The report has the rows of the file, says how it was read, and the model is as any other."""
    result = trained(run, str(big), "-t", "label", "--stream", "--epochs", "12", "--drop", "id", "--drop", "amount")
    rows = result["rows"]
    assert rows["read"] == N == rows["training"] + rows["validation"] + rows["test"]
    assert 150 < rows["test"] < 330
    assert result["scores"]["network"]["accuracy"] > 0.9
    assert sum(result["baseline"]["counts"]) == rows["training"]
    assert [note for note in result["notes"] if "is read in parts, as --stream says." in note]
    assert [column["name"] for column in result["columns"]] == ["a", "b", "kind"]
    code, out, _ = run("evaluate", "model.safetensors", str(big), "--json")
    assert code == 0
    assert json.loads(out)["scores"]["network"]["accuracy"] > 0.9


def test_read_in_parts_when_memory_is_short(run: Run, big: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The size of the table decides, and is said; --no-stream reads it whole all the same."""
    words = [str(big), "-t", "amount", "--epochs", "1"]
    assert not [note for note in trained(run, *words)["notes"] if "in parts" in note]
    monkeypatch.setattr(streamed_table, "available_memory", lambda: 200_000)
    notes = trained(run, *words)["notes"]
    assert [
        note for note in notes if "since training on all of it would take about 0.0 GB, and 0.0 GB are free" in note
    ]
    assert not [note for note in trained(run, *words, "--no-stream")["notes"] if "in parts" in note]
    code, _, err = run("train", *words, "--group", "kind")
    assert code == 2
    assert (
        "glassnet train: the table is read in parts, since training on all of it would take about 0.0 GB, "
        "and 0.0 GB are free; --group must be left out then. Or add --no-stream." in err
    )
    assert "add --no-stream" in err


def test_without_pyarrow_it_is_read_whole(run: Run, big: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless the file itself is too large, and then what to install is said."""
    words = ["train", str(big), "-t", "amount", "--epochs", "1", "--json"]
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "pyarrow" else found(name, *a))
    monkeypatch.setattr(streamed_table, "available_memory", lambda: 10 * big.stat().st_size)
    code, out, _ = run(*words)
    assert code == 0
    assert "in parts" not in out
    monkeypatch.setattr(streamed_table, "available_memory", lambda: big.stat().st_size)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    code, _, err = run(*words)
    assert code == 2
    assert "pip install 'glassnet[parquet]'" in " ".join(err.split())


def test_several_files_are_one_table(run: Run, big: Path, tmp_path: Path) -> None:
    """A folder and a pattern mean all files."""
    table = parquet.read_table(big)
    parquet.write_table(table.slice(0, 700), tmp_path / "1.parquet")
    parquet.write_table(table.slice(700), tmp_path / "2.parquet")
    for data in (str(tmp_path), str(tmp_path / "*.parquet")):
        result = trained(run, data, "-t", "label", "--epochs", "1")
        assert result["rows"]["read"] == N


def test_a_stopped_training_goes_on(run: Run, big: Path) -> None:
    """With --checkpoint and --resume; here it had come to its end."""
    words = [str(big), "-t", "label", "--stream", "--epochs", "2", "--drop", "id"]
    whole = trained(run, *words, "--out", "first.safetensors", "--checkpoint", "run.safetensors")
    again = trained(run, *words, "--out", "again.safetensors", "--checkpoint", "run.safetensors", "--resume")
    assert again["scores"] == whole["scores"]


def test_what_is_refused(run: Run, big: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Text is to be made Parquet first, by a command that does so."""
    text = tmp_path / "my rows.csv"
    text.write_text("a,y\n" + "".join(f"{i},{i % 2}\n" for i in range(100)))
    for options in ("--stream", ""):
        if not options:
            monkeypatch.setattr(streamed_table, "available_memory", lambda: 500)
        code, _, err = run("train", str(text), "-t", "y", *options.split())
        assert code == 2
        assert ("is no Parquet file; --stream must be" if options else "has 0.0 GB of text and does not fit") in err
        command = " ".join(err.split()).partition("read in parts: ")[2].removesuffix(" Or add --no-stream.").rstrip(".")
        words = shlex.split(command)
        assert words[:2] == ["python", "-c"]
        subprocess.run([sys.executable, *words[1:]], check=True)
        assert parquet.ParquetFile(text.with_suffix(".parquet")).metadata.num_rows == 100
        text.with_suffix(".parquet").unlink()
    code, _, err = run("train", str(big), "-t", "label", "--stream", "--no-stream")
    assert code == 2
    assert "--stream and --no-stream contradict each other" in err
    code, _, err = run("train", str(big), "-t", "labels", "--stream")
    assert code == 2
    assert "Did you mean 'label'?" in err
    code, _, err = run("train", str(big), "-t", "label", "--stream", "--drop", "kinds")
    assert code == 2
    assert "unknown column 'kinds' for --drop. Did you mean 'kind'?" in err


def test_several_files_where_one_is_meant(run: Run, big: Path, tmp_path: Path) -> None:
    """A pattern that the shell put files in place of, and a command or an option that reads one file."""
    parts = [str(tmp_path / f"{i}.parquet") for i in range(3)]
    table = parquet.read_table(big)
    for i, path in enumerate(parts):
        parquet.write_table(table.slice(400 * i, 400), path)
    for words in (["-t", "label"], []):
        code, _, err = run("train", *parts, *words)
        assert code == 2
        assert f"Put a pattern in quotes, '{tmp_path}/*.parquet', or name the folder, {tmp_path}." in err
    code, _, err = run("check", *parts)
    assert code == 2
    assert "Give one after the other" in err
    for data in (str(tmp_path), f"{tmp_path}/*.parquet"):
        code, _, err = run("train", data)
        assert code == 2
        assert "Add --target with one of 'id', 'a', 'b'" in err
        code, _, err = run("train", data, "-t", "label", "--no-stream")
        assert code == 2
        assert "--no-stream must be used with one.\n" in err
        code, _, err = run("check", data)
        assert code == 2
        assert "these are several files; it must be one. Give one after the other" in err


def test_files_that_are_not_there(run: Run, tmp_path: Path) -> None:
    """The fact, and one full stop."""
    (tmp_path / "empty").mkdir()
    for data, words in [
        ("nope.parquet", "no such file: nope.parquet"),
        ("nope.csv", "no such file: nope.csv"),
        ("nope*.parquet", "no file matches 'nope*.parquet'."),
        (str(tmp_path / "empty"), "has no Parquet files; --stream must be used with Parquet. Their names"),
        ("penguins", "'penguins' is no Parquet file; --stream must be used with Parquet. Leave out --stream"),
    ]:
        code, _, err = run("train", data, "-t", "y", "--stream")
        assert code == 2
        assert words in err
        assert not err.rstrip().endswith("..")


def test_content_tells_the_format(run: Run, big: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parquet under any name is read in parts; text too, and packed, is refused where it is too large."""
    (tmp_path / "rows").write_bytes(big.read_bytes())
    notes = trained(run, str(tmp_path / "rows"), "-t", "label", "--epochs", "1", "--stream")["notes"]
    assert [note for note in notes if "is read in parts" in note]
    text = "a,y\n" + "".join(f"{i},{i % 2}\n" for i in range(1000))
    (tmp_path / "rows.dat").write_text(text)
    (tmp_path / "rows.csv.gz").write_bytes(gzip.compress(text.encode()))
    monkeypatch.setattr(streamed_table, "available_memory", lambda: 2 * len(text) - 1)
    for name in ("rows.dat", "rows.csv.gz"):
        code, _, err = run("train", str(tmp_path / name), "-t", "y")
        assert code == 2
        assert "of text and does not fit into memory" in err
        assert "/rows.parquet'" in err


def test_cells_are_named_by_their_rows(run: Run, tmp_path: Path) -> None:
    """Text among numbers, and an empty label, wherever they stand; advice is in options."""
    x = [f"{i % 80}.5" for i in range(600)]
    y = np.where(np.arange(600) % 3, "yes", "no").astype(object)
    held_out = np.flatnonzero(held_out_rows(0, 600, 0.36, 0))
    for odd in (np.setdiff1d(np.arange(600), held_out)[100], held_out[100]):
        for column in ("x", "y"):
            columns = {"x": np.array(x, dtype=object), "y": y.copy()}
            columns[column][odd] = "many" if column == "x" else ""
            parquet.write_table(pyarrow.table(columns), tmp_path / "rows.parquet", row_group_size=100)
            code, _, err = run("train", str(tmp_path / "rows.parquet"), "-t", "y", "--stream", "--epochs", "1")
            assert code == 2
            assert f"row {odd + 1} of" in err
            assert column == "y" or "--missing many" in err
