"""The commands as a user meets them: results, files, exit codes, what goes to which stream."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

import glassnet as gn
from glassnet.cli.app import main
from glassnet.cli.output import confusion
from glassnet.cli.output.reasons_html import why_html
from glassnet.cli.output.report import print_training
from glassnet.cli.training.train_job import train
from glassnet.cli.training.train_options import TrainOptions
from glassnet.errors import TableWarning
from glassnet.tabular import TableModel, read_table
from glassnet.tabular.attribution.reasons import Reason, Why

pytest.importorskip("typer")

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with tables and a model of each task, made by the commands."""
    folder = tmp_path_factory.mktemp("models")
    write_tables(folder)
    for data, target, out in (("penguins", "species", "classes"), (folder / "numbers.csv", "y", "numbers")):
        words = ["train", str(data), "--target", target, "--out", str(folder / f"{out}.safetensors"), "-q"]
        assert main([*words, "--recipe", "plain"]) == 0
    gn.Network([gn.Dense(1)], loss="squared_error", input_shape=(2,)).save(folder / "bare.safetensors")
    return folder


def write_tables(folder: Path) -> None:
    """Write the tables that the tests use."""
    rng = np.random.default_rng(7)
    numbers = [f"{a:.3f},{b},{c},{3 * a + (b == 'x') + 0.1 * e:.4f}" for a, b, c, e in _draws(rng, 300)]
    (folder / "numbers.csv").write_text("\n".join(["a,b,c,y", *numbers]))
    (folder / "good.csv").write_text("\n".join(["a,b,y", *(f"{i % 7},{i % 3},{'xy'[i % 2]}" for i in range(60))]))
    (folder / "holes.csv").write_text("\n".join(["a,y", *(f"{i % 9},{'' if i == 4 else i % 2}" for i in range(30))]))


def _draws(rng: np.random.Generator, n: int) -> list[tuple[float, str, int, float]]:
    return [(rng.normal(), str(rng.choice(["x", "y", "z"])), int(rng.integers(9)), rng.normal()) for _ in range(n)]


def glassnet(*words: str, cwd: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command as a program of its own, its streams being pipes."""
    command = [sys.executable, "-m", "glassnet.cli", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, encoding="utf-8", timeout=60, check=False, **options)


def without_progress(err: str) -> str:
    """Return what was printed on stderr but for the lines of progress, of which a slow machine prints more."""
    return re.sub(r"^( *\d+%  |Recipes here: ).*\n", "", err, flags=re.MULTILINE)


# ---- train ------------------------------------------------------------------------------------------------------


def test_train_on_penguins_reports_and_saves(tmp_path: Path) -> None:
    """One command trains on the bundled table: in a pipe nothing but the report on stdout, and one file."""
    done = glassnet("train", "penguins", "--target", "species", cwd=tmp_path)
    assert (done.returncode, without_progress(done.stderr)) == (0, "")
    assert "\x1b" not in done.stdout
    for piece in (
        "penguins → species",
        "RealMLP with its tuned defaults",
        "always answering 'Adelie'",
        "linear model",
        "one-hot, 3 categories",
        "robust scale: median 44.1, range 8.85",
        "256 epochs in ",
        "Recipes here     realmlp ",
        " s (this one), ",
        "Gentoo",
    ):
        assert piece in done.stdout
    lines = done.stdout.splitlines()
    assert lines[-2] == "Next             glassnet predict model.safetensors new.csv"
    assert re.fullmatch(r"Why {14}glassnet explain model\.safetensors penguins --row \d+", lines[-1])
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]


def test_train_gives_json_and_nothing_else(tmp_path: Path) -> None:
    """With --json stdout is one JSON object: scores beside baselines, rows of the parts, columns, history."""
    words = ("train", "penguins", "--target", "species", "--json", "--epochs", "64", "--out", "m.safetensors")
    done = glassnet(*words, cwd=tmp_path)
    assert (done.returncode, without_progress(done.stderr)) == (0, "")
    result = json.loads(done.stdout)
    scores = result["scores"]
    assert scores["network"]["accuracy"] > 0.95
    assert scores["baseline"]["accuracy"] < 0.5
    assert scores["linear"]["accuracy"] > 0.9
    assert result["verdict"]["against_baseline"] == "better"
    rows = result["rows"]
    assert rows["read"] == 344 == rows["training"] + rows["validation"] + rows["test"]
    counts = np.array(result["confusion"]["counts"])
    assert counts.sum() == rows["test"]
    assert np.trace(counts) / rows["test"] == pytest.approx(scores["network"]["accuracy"])
    assert [column["name"] for column in result["columns"]][:2] == ["island", "bill_length_mm"]
    assert len(result["history"]["valid_loss"]) == result["training"]["epochs"]
    assert result["model"] == {
        "path": "m.safetensors",
        "bytes": (tmp_path / "m.safetensors").stat().st_size,
        "replaced": False,
    }


def test_regression_beats_the_mean(run: Run, models: Path) -> None:
    """Numbers are a regression: errors in the target's units, and quantiles of them."""
    code, out, _ = run("train", str(models / "numbers.csv"), "--target", "y", "--json", "--epochs", "64")
    result = json.loads(out)
    assert (code, result["task"]) == (0, "regression")
    assert result["scores"]["network"]["r2"] > 0.9 > 0.1 > result["scores"]["baseline"]["r2"]
    absolute = list(result["errors"]["absolute"].values())
    assert absolute == sorted(absolute)
    assert absolute[0] <= result["scores"]["network"]["rmse"] <= absolute[-1]
    code, out, _ = run("train", str(models / "numbers.csv"), "--target", "y", "--epochs", "2")
    assert "always answering the mean" in out
    assert "are off by at most" in out


@pytest.mark.parametrize("options", [["--recipe", "plain"], [], ["--ensemble", "2"]])
def test_equal_runs_leave_equal_files(run: Run, tmp_path: Path, options: list[str]) -> None:
    """The same data, options and seed give the same bytes, wherever they go; another seed does not."""
    for name, seed in (("a", "3"), ("b", "3"), ("c", "4")):
        words = [
            "train",
            "penguins",
            "-t",
            "species",
            "-o",
            f"{name}.safetensors",
            "--seed",
            seed,
            "--epochs",
            "2",
            *options,
        ]
        assert run(*words, "--json" if name == "b" else "-q")[0] == 0
    first, second, third = ((tmp_path / f"{name}.safetensors").read_bytes() for name in "abc")
    assert first == second != third


def test_quiet_says_nothing(run: Run) -> None:
    """--quiet trains and saves and prints nothing."""
    assert run("train", "penguins", "-t", "species", "--quiet", "--epochs", "2") == (0, "", "")
    assert Path("model.safetensors").is_file()


def test_options_reach_the_network(run: Run) -> None:
    """Layers, activation, dropout, rate, epochs, batch, decay, drop and task are what the model then has."""
    options = ["--layers=8,4", "--activation=tanh", "--dropout=0", "--rate=0.01", "--weight-decay=0"]
    options += ["--epochs", "3", "--batch", "50"]
    dropped = ["--drop", "year", "--drop", "island"]
    code, _, _ = run("train", "penguins", "-t", "species", "-q", *options, *dropped)
    result = json.loads(run("show", "model.safetensors", "--json")[1])
    assert code == 0
    assert [(layer["class"], layer["units"], layer["activation"]) for layer in result["layers"]] == [
        ("Dense", 8, "tanh"),
        ("Dense", 4, "tanh"),
        ("Dense", 3, None),
    ]
    assert result["optimizer"]["weight_decay"] == 0.0
    assert {"year", "island"}.isdisjoint(column["name"] for column in result["columns"])
    assert (result["training"]["training"]["epochs"], result["training"]["training"]["batch"]) == (3, 50)
    code, out, _ = run("train", "penguins", "-t", "year", "--task", "regression", "--layers", "none", "--json")
    result = json.loads(out)
    assert (result["task"], result["network"]["layers"]) == ("regression", [])


def test_rows_without_a_target_can_be_left_out(run: Run, models: Path) -> None:
    """--skip-missing trains on the rows that have a target, and says how many were read."""
    _, out, _ = run("train", str(models / "holes.csv"), "-t", "y", "--skip-missing", "--json", "--epochs", "2")
    rows = json.loads(out)["rows"]
    assert rows.pop("read") == 30
    assert sum(rows.values()) == 29


def test_without_test_rows_the_report_says_what_that_costs(run: Run, models: Path) -> None:
    """--test 0 reports scores on the validation rows, and warns that they flatter."""
    _, out, _ = run("train", str(models / "good.csv"), "-t", "y", "--test", "0", "--epochs", "2")
    assert "Rows that chose the best epoch flatter the network" in out
    assert "validation rows" in out


def test_noise_is_reported_as_noise(run: Run, tmp_path: Path) -> None:
    """Where there is nothing to learn, the report says that nothing was learned."""
    rng = np.random.default_rng(1)
    rows = [",".join(f"{v:.4f}" for v in rng.normal(size=4)) for _ in range(400)]
    (tmp_path / "noise.csv").write_text("\n".join(["a,b,c,y", *rows]))
    _, out, _ = run("train", "noise.csv", "-t", "y", "--json", "--epochs", "16")
    verdict = json.loads(out)["verdict"]
    assert verdict["against_baseline"] in ("equal", "worse")
    assert "has learned nothing beyond always answering the mean" in verdict["sentence"]


def test_many_columns_and_classes_are_abridged(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """200 columns and 20 classes give a report of one screen, whatever the width."""
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(400, 200)), rng.integers(20, size=400)
    names = [f"a rather long column name {i}" for i in range(200)]
    lines = [",".join([*map("{:.3f}".format, row), f"class number {code}"]) for row, code in zip(X, y, strict=True)]
    (tmp_path / "wide.csv").write_text("\n".join([",".join([*names, "y"]), *lines]))
    result = json.loads(run("train", "wide.csv", "-t", "y", "--epochs", "2", "--json")[1])
    for columns in (60, 80, 140):
        monkeypatch.setenv("COLUMNS", str(columns))
        print_training(result)
        out = capsys.readouterr().out
        lines = out.splitlines()
        assert max(map(len, lines)) <= columns
        assert len(lines) < 60
        assert "The 6 of 20 classes with the lowest recall" in out
        assert "200 numbers" in out


def test_names_from_a_table_cannot_disturb_the_terminal(run: Run, tmp_path: Path) -> None:
    """Control characters and markup in names and labels are shown, not obeyed."""
    rows = [f"{i % 5},{'[bold]yes' if i % 2 else chr(27) + '[31mno'}" for i in range(60)]
    (tmp_path / "t.csv").write_text("\n".join(["[red]a[/],y", *rows]))
    _, out, _ = run("train", "t.csv", "-t", "y", "--epochs", "2")
    assert "\x1b" not in out
    assert "[bold]yes" in out
    assert "[red]a[/]" in out


def test_an_interrupted_training_is_reported_and_saved(tmp_path: Path) -> None:
    """Ctrl-C ends training with the best weights, the report and the file; exit code 0."""
    script = (
        "import sys, signal, threading, time; from glassnet.cli.training import train_job; from glassnet.cli.training.train_options import TrainOptions\n"
        "def press(run, done=[]):\n"
        "    if not done and run.network.n_parameters > 100 and run.epoch > 3: done.append(1); signal.raise_signal(2)\n"
        "class Presser(train_job.Watcher):\n"
        "    def callbacks(self, model): return [press]\n"
        "options = TrainOptions('penguins', 'species', epochs=100000, patience=100000)\n"
        "model, result = train_job.train(options, Presser())\n"
        "print(result['training']['stop_reason'], result['training']['epochs'] < 100)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("interrupted True\n", "")
    assert TableModel.load(tmp_path / "model.safetensors").target.name == "species"


@pytest.mark.skipif(sys.platform == "win32", reason="signals to other processes are of another kind there")
def test_interrupted_before_there_is_anything_to_keep(tmp_path: Path) -> None:
    """Ctrl-C while the table is read ends with exit code 130, one sentence and no file."""
    script = "import sys; from glassnet.cli import app; from glassnet.cli.training import preparation; import time\n"
    script += "preparation.read_file = lambda *a, **k: (print('reading', flush=True), time.sleep(30))\n"
    script += "sys.exit(app.main(['train', 'x.csv', '-t', 'y']))\n"
    process = subprocess.Popen(
        [sys.executable, "-c", script], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "reading\n"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err.strip() == "glassnet train: interrupted before there was anything to keep; nothing was written."


def test_ctrl_c_after_training_does_not_cost_the_model(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C between the end of training and the file does not stop the file from being written."""
    save = TableModel.save

    def press_and_save(self: TableModel, path: Path) -> None:
        signal.raise_signal(signal.SIGINT)
        save(self, path)

    monkeypatch.setattr(TableModel, "save", press_and_save)
    assert run("train", "penguins", "-t", "species", "-q", "--epochs", "2") == (0, "", "")
    assert TableModel.load("model.safetensors").target.name == "species"


@pytest.mark.skipif(sys.platform == "win32", reason="signals to other processes are of another kind there")
def test_the_second_ctrl_c_during_saving_changes_nothing(tmp_path: Path) -> None:
    """Once saving has begun, Ctrl-C is ignored until the report is out: file, report and exit code are as for one."""
    script = (
        "import os, signal, sys; from glassnet.cli import app; from glassnet.cli.output import report; from glassnet.cli.training import train_job; from glassnet.tabular import TableModel\n"
        "press = lambda: signal.raise_signal(signal.SIGINT)\n"
        "fit, save, title = train_job.fit_recipe, TableModel.save, report._title\n"
        "train_job.fit_recipe = lambda *words: (fit(*words), press())[0]\n"
        "TableModel.save = lambda self, path: (press(), save(self, path), press())\n"
        "report._title = lambda result: (press(), title(result))[1]\n"
        "train_job.Watcher.callbacks = lambda self, model: []\n"
        "sys.argv[1:] = ['train', 'penguins', '-t', 'species', '--epochs', '2']\n"
        "code = app.main(); press(); sys.exit(code)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Confusion" in done.stdout
    assert TableModel.load(tmp_path / "model.safetensors").target.name == "species"


def test_ctrl_c_is_as_it_was_after_a_command(run: Run) -> None:
    """A command that is called from Python gives Ctrl-C back, also when it fails."""
    for words in (("train", "penguins", "-t", "species", "-q", "--epochs", "1"), ("train", "nosuch.csv", "-t", "y")):
        run(*words)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.skipif(sys.platform == "win32", reason="signals to other processes are of another kind there")
def test_ctrl_c_while_a_command_is_imported(tmp_path: Path) -> None:
    """Ctrl-C while typer is imported ends with exit code 130 and one sentence."""
    (tmp_path / "typer.py").write_text("import signal\nsignal.raise_signal(signal.SIGINT)\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = glassnet("show", "x", cwd=tmp_path, env=environment)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "glassnet show: interrupted before there was anything to keep; nothing was written.\n"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals there")
def test_the_live_view_is_for_terminals(models: Path, tmp_path: Path) -> None:
    """On a terminal the losses are drawn on stderr while stdout stays free for the result, and nothing is left of it."""
    import pty

    ours, theirs = pty.openpty()
    words = ["train", "penguins", "-t", "species", "--json", "--epochs", "200", "--patience", "200", "--batch", "4"]
    process = subprocess.Popen(
        [sys.executable, "-m", "glassnet.cli", *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"},
    )
    os.close(theirs)
    seen = b""
    with suppress(OSError):  # the other end is closed
        while piece := os.read(ours, 65536):
            seen += piece
    out, _ = process.communicate(timeout=30)
    os.close(ours)
    assert process.returncode == 0
    assert json.loads(out)["training"]["epochs"] == 200
    drawn = seen.decode()
    for piece in ("penguins → species", "validation loss", "Ctrl-C keeps the best", ", linear model "):
        assert piece in drawn
    assert "\x1b[?25h" in drawn[-100:]  # the cursor is back
    assert drawn.endswith("\x1b[1A\x1b[2K")  # and the lines are wiped


def test_an_interrupted_query_is_an_interruption(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB's own word for Ctrl-C is understood."""

    def interrupted(*_: object, **__: object) -> None:
        message = "Query interrupted"
        raise RuntimeError(message)

    monkeypatch.setattr("glassnet.cli.training.preparation.read_file", interrupted)
    code, out, err = run("train", "penguins", "-t", "species")
    assert (code, out) == (130, "")
    assert err == "glassnet train: interrupted before there was anything to keep; nothing was written.\n"


def test_the_job_is_a_plain_function(tmp_path: Path, models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`train` returns the model and a result that JSON can hold, prints nothing, and writes nothing if not asked."""
    before = set(tmp_path.iterdir())
    model, result = train(TrainOptions(str(models / "numbers.csv"), "y", out=None, epochs=3))
    json.dumps(result, allow_nan=False)
    assert model.predict(read_table(models / "numbers.csv")).shape == (300,)
    assert result["model"] is None
    assert set(tmp_path.iterdir()) == before
    assert capsys.readouterr() == ("", "")


def test_a_network_larger_than_memory_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that does not fit into memory is named by its parameters and --layers, and nothing is written."""
    monkeypatch.setattr(os, "sysconf", lambda _: 1000, raising=False)
    code, out, err = run("train", "penguins", "-t", "species", "--layers", "100,1000")
    assert (code, out) == (2, "")
    assert err.startswith("glassnet train: the network has 10")
    assert err.endswith(" parameters, more than fit into memory. Lower --layers (now 100,1000).\n")
    assert not Path("model.safetensors").exists()


def test_a_narrow_terminal_breaks_names_and_not_numbers(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """In 40 columns every score is whole."""
    monkeypatch.setenv("COLUMNS", "40")
    _, out, _ = run("train", "penguins", "-t", "species", "--epochs", "5")
    table = out.partition("Scores")[2].partition("Confusion")[0]
    scores, _, intervals = table.partition("95 %")
    assert "\u2026" not in table
    assert len(re.findall(r"\d\.\d{3}\b", scores)) == 9
    assert len(re.findall(r"\d\.\d{3}\b", intervals)) == 6
    assert max(map(len, table.splitlines())) <= 40


def test_few_rows_prove_nothing(run: Run, models: Path) -> None:
    """One row has no R², and a verdict from fewer than five says that they are too few."""
    lines = (models / "numbers.csv").read_text().splitlines()
    Path("one.csv").write_text("\n".join(lines[:2]))
    model = str(models / "numbers.safetensors")
    result = json.loads(run("evaluate", model, "one.csv", "--json")[1])
    assert result["scores"]["network"]["r2"] is None
    assert result["verdict"]["against_baseline"] == "equal"
    code, out, _ = run("evaluate", model, "one.csv")
    assert code == 0
    assert "1 row is too few to tell whether the network beats always answering the mean" in out
    assert re.search(r"^  network +[\d.]+ +[\d.]+ +-$", out, re.MULTILINE)


def test_wide_characters_count_twice() -> None:
    """The width of a confusion matrix's cells is that of its labels on a terminal."""
    assert confusion._cell_width(["猫", "犬犬"], [[1, 2], [3, 4]], 12) == 4


# ---- predict, evaluate, show ------------------------------------------------------------------------------------


def test_predictions_agree_with_the_model(run: Run, models: Path) -> None:
    """What `predict` prints is what the model in the file predicts, row by row."""
    code, out, _ = run("predict", str(models / "classes.safetensors"), "penguins", "--probabilities")
    header, *rows = csv.reader(out.splitlines())
    assert code == 0
    assert header == ["prediction", *(f"probability_{name}" for name in ("Adelie", "Chinstrap", "Gentoo"))]
    model = TableModel.load(models / "classes.safetensors")
    table = read_table("penguins")
    assert [row[0] for row in rows] == model.predict(table).tolist()
    np.testing.assert_array_equal(np.array([row[1:] for row in rows], dtype=np.float32), model.predict_proba(table))
    code, out, _ = run("predict", str(models / "numbers.safetensors"), str(models / "numbers.csv"))
    expected = TableModel.load(models / "numbers.safetensors").predict(read_table(models / "numbers.csv"))
    np.testing.assert_allclose([float(line) for line in out.splitlines()[1:]], expected, atol=1e-5)


@pytest.mark.parametrize("suffix", ["csv", "tsv", "json", "jsonl"])
def test_predictions_go_to_a_file(run: Run, models: Path, suffix: str) -> None:
    """-o writes CSV, TSV, JSON or JSON lines by the ending, and these can be read as tables again."""
    code, out, _ = run("predict", str(models / "classes.safetensors"), "penguins", "-o", f"p.{suffix}")
    assert (code, out) == (0, f"344 predictions of species in p.{suffix}\n")
    table = read_table(f"p.{suffix}")
    assert table.names == ["prediction"]
    model = TableModel.load(models / "classes.safetensors")
    assert table["prediction"].values.tolist() == model.predict(read_table("penguins")).tolist()


def test_predict_gives_json(run: Run, models: Path) -> None:
    """--json gives predictions, probabilities and warnings in one object; with -o the predictions go to the file."""
    model = str(models / "classes.safetensors")
    result = json.loads(run("predict", model, "penguins", "-p", "--json")[1])
    assert len(result["predictions"]) == result["rows"] == 344
    sums = np.sum(list(result["probabilities"].values()), axis=0)
    np.testing.assert_allclose(sums, 1.0, atol=1e-5)
    result = json.loads(run("predict", model, "penguins", "--json", "-o", "p.csv")[1])
    assert "predictions" not in result
    assert result["out"] == "p.csv"


def test_predict_warns_on_stderr(run: Run, models: Path, tmp_path: Path) -> None:
    """Unseen categories, values out of range and columns that are not needed are named; stdout stays clean."""
    (tmp_path / "new.csv").write_text("a,b,c,id\n99,q,3,1\n0,x,3,2\n")
    code, out, err = run("predict", str(models / "numbers.safetensors"), "new.csv")
    assert (code, len(out.splitlines())) == (0, 3)
    assert all(line.startswith("glassnet predict: warning: ") for line in err.splitlines())
    for piece in ("passed over: 'id'", "outside the range of training", "a category that training did not have"):
        assert piece in err


def test_many_warnings_are_abridged(run: Run, tmp_path: Path) -> None:
    """Of many warnings eight are printed, and how many more there are; --json has all."""
    names = ",".join(f"x{i}" for i in range(30))
    rows = [",".join(str((i * j) % 11) for i in range(30)) + f",{'ab'[j % 2]}" for j in range(60)]
    (tmp_path / "old.csv").write_text("\n".join([f"{names},y", *rows]))
    (tmp_path / "new.csv").write_text("\n".join([names, ",".join(["999"] * 30)]))
    assert run("train", "old.csv", "-t", "y", "-q", "--epochs", "1")[0] == 0
    _, _, err = run("predict", "model.safetensors", "new.csv")
    assert len(err.splitlines()) == 9
    assert err.splitlines()[-1] == "glassnet predict: warning: 19 more warnings: see --json."
    assert len(json.loads(run("predict", "model.safetensors", "new.csv", "--json")[1])["warnings"]) == 27


def test_evaluate_scores_a_table(run: Run, models: Path) -> None:
    """`evaluate` gives the model's own scores, beside the baseline and those of its training."""
    model, data = str(models / "numbers.safetensors"), str(models / "numbers.csv")
    result = json.loads(run("evaluate", model, data, "--json")[1])
    with pytest.warns(TableWarning, match=r"^TableModel.evaluate: 64 % of these rows were trained on and 16 % chose"):
        expected = TableModel.load(model).evaluate(read_table(data))
    assert result["scores"]["network"] == pytest.approx(expected)
    assert result["scores"]["baseline"]["r2"] == pytest.approx(0.0, abs=0.05)
    assert result["verdict"]["against_baseline"] == "better"
    assert result["warnings"][0].startswith("64 % of these rows were trained on and 16 % chose the best epoch: ")
    assert result["seen"] == {"compared": 300, "trained_on": 192, "chose_epoch": 48}
    code, out, _ = run("evaluate", str(models / "classes.safetensors"), "penguins")
    assert code == 0
    for piece in ("always answering 'Adelie'", "network, when it was trained", "Confusion"):
        assert piece in out


def test_show_prints_what_is_in_a_file(run: Run, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`show` gives layers, columns, classes, training and scores; of a network alone, its layers."""
    monkeypatch.chdir(models)
    code, out, err = run("show", "classes.safetensors")
    assert (code, err) == (0, "")
    for piece in (
        "classification of species",
        "Dense",
        "Adelie, Chinstrap, Gentoo",
        "bill_length_mm",
        "Scores at training",
    ):
        assert piece in out
    result = json.loads(run("show", "classes.safetensors", "--json")[1])
    arrays = {name: array for name, array in load_file("classes.safetensors").items() if array.dtype == np.float32}
    assert result["parameters"] == sum(array.size for array in arrays.values())
    assert sum(layer["parameters"] for layer in result["layers"]) == result["parameters"]
    code, out, _ = run("show", "bare.safetensors")
    assert code == 0
    assert "without a table encoder" in out


def test_scores_have_one_order(run: Run, models: Path, tmp_path: Path) -> None:
    """`show` gives the scores of a training in the order in which `train` gave them."""
    shown = json.loads(run("show", str(models / "numbers.safetensors"), "--json")[1])["training"]["scores"]
    trained = json.loads(run("train", str(models / "numbers.csv"), "-t", "y", "--epochs", "1", "--json")[1])["scores"]
    assert {who: list(shown[who]) for who in trained} == {who: list(trained[who]) for who in trained}


def test_other_models_can_be_used_too(run: Run, models: Path) -> None:
    """A TableModel that was saved from Python, without notes of a training, can be evaluated and shown."""
    model = TableModel.load(models / "classes.safetensors")
    model.network.metadata.pop("training")
    model.save("own.safetensors")
    result = json.loads(run("evaluate", "own.safetensors", "penguins", "--json")[1])
    assert result["scores"]["at_training"] is None
    assert result["scores"]["baseline"]["accuracy"] == pytest.approx(152 / 344)
    assert run("show", "own.safetensors")[0] == 0
    assert run("evaluate", "own.safetensors", "penguins")[0] == 0


def test_files_of_version_0_1_are_shown(run: Run, models: Path) -> None:
    """The notes that 0.1 wrote know no recipes: they are shown as they were."""
    assert run("train", str(models / "good.csv"), "-t", "y", "--recipe", "plain", "--epochs", "2", "-q")[0] == 0
    model = TableModel.load("model.safetensors")
    notes = model.network.metadata["training"]
    for name in ("recipe", "networks", "implied_by"):
        del notes["network"][name]
    del notes["training"]["metric"]
    model.save("model.safetensors")
    _, out, _ = run("show", "model.safetensors")
    assert "  network 64-64 silu" in out
    assert re.search(
        r"^Training         2 epochs, best (2|1 \(its weights were kept\); it ran all its epochs)$", out, re.MULTILINE
    )
    assert "Options          dropout 0.2, rate 0.003, batch 16, weight decay 0.1, seed 0\n" in out


def test_layers_inside_others_are_listed(run: Run) -> None:
    """`show` lists what is in a container below it, and JSON has it nested."""
    assert run("train", "penguins", "-t", "species", "--epochs", "1", "-q")[0] == 0
    _, out, _ = run("show", "model.safetensors")
    assert re.search(r"^  Concatenate +\d+\n    Sequential +\d+\n      Select +\d+ ", out, re.MULTILINE)
    assert re.search(r"^  Dropout +256 +rate 0.15, schedule FlatCosine$", out, re.MULTILINE)
    result = json.loads(run("show", "model.safetensors", "--json")[1])
    inside = result["layers"][0]["inside"]
    assert sum(layer["parameters"] for layer in inside) == result["layers"][0]["parameters"]
    assert sum(layer["parameters"] for layer in result["layers"]) == result["parameters"]


# ---- the rest ---------------------------------------------------------------------------------------------------


def test_scratch_runs_the_tutorial(run: Run) -> None:
    """`scratch` prints what the tutorial prints, for the problem and options asked for."""
    code, out, _ = run("scratch", "or", "--epochs", "1000", "--hidden-size", "4", "--seed", "2")
    assert code == 0
    assert out.startswith("Epoch 0, Loss: 0.721271356")
    assert "inputs  target  prediction" in out


def test_version_and_help(run: Run) -> None:
    """--version names the version; help lists the commands and the exit codes; no words at all give the help."""
    assert run("--version") == (0, f"glassnet {gn.__version__}\n", "")
    code, out, _ = run("--help")
    assert code == 0
    for piece in ("train", "predict", "evaluate", "show", "scratch", "Exit codes", "130"):
        assert piece in out
    assert run()[0] == 0
    for command in ("train", "predict", "evaluate", "show", "scratch"):
        assert run(command, "--help")[0] == 0


def test_a_missing_extra_is_one_sentence(tmp_path: Path) -> None:
    """Without typer or rich the command says which line installs them; exit code 2, no traceback."""
    script = "import sys; sys.modules[{!r}] = None; from glassnet.cli.app import main; sys.exit(main(['show', 'x']))"
    for package in ("typer", "rich"):
        command = [sys.executable, "-c", script.format(package)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == (f"glassnet show: {package} is not installed. Run: pip install 'glassnet[cli,tabular]'\n")


def test_a_reader_that_stops_is_no_error(models: Path) -> None:
    """``glassnet predict ... | head`` ends quietly."""
    command = [sys.executable, "-m", "glassnet.cli", "predict", "classes.safetensors", "penguins"]
    with subprocess.Popen(command, cwd=models, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read().decode()
        process.wait(timeout=20)
    assert process.returncode == 0
    assert "BrokenPipe" not in errors


@pytest.mark.skipif(sys.platform == "win32", reason="streams are closed otherwise there")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_are_no_error(closed: str, models: Path, tmp_path: Path) -> None:
    """With stdout or stderr closed a command does its work, and what cannot be used still ends with exit code 2."""
    start = f"{sys.executable} -m glassnet"
    script = f"{start} train penguins -t species --recipe plain --epochs 1 {closed} && {start} show nosuch {closed}"
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stdout + done.stderr
    assert (tmp_path / "model.safetensors").exists()


def test_labels_go_through_any_locale(models: Path, tmp_path: Path) -> None:
    """A pipe carries UTF-8, whatever the locale says."""
    (tmp_path / "t.csv").write_text(
        "\n".join(["größe,y", *(f"{i % 5},{'naïve' if i % 5 > 2 else '猫'}" for i in range(60))])
    )
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    done = glassnet("train", "t.csv", "-t", "y", "--recipe", "plain", cwd=tmp_path, env=environment)
    assert done.returncode == 0
    assert "猫" in done.stdout
    done = glassnet("predict", "model.safetensors", "t.csv", cwd=tmp_path, env=environment)
    assert set(done.stdout.split()) == {"prediction", "naïve", "猫"}


def test_a_bug_is_exit_code_1_with_a_traceback(run: Run, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody expected is not dressed up as the user's fault."""

    def fail(*_: object) -> None:
        message = "no such thing"
        raise ZeroDivisionError(message)

    monkeypatch.setattr("glassnet.cli.training.train_job.train", fail)
    monkeypatch.setattr("glassnet.cli.commands.train_command.train", fail)
    code, out, err = run("train", "penguins", "-t", "species")
    assert (code, out) == (1, "")
    assert "Traceback" in err
    assert err.splitlines()[-1].startswith(
        "glassnet train: this is a bug in glassnet (ZeroDivisionError: no such thing)"
    )


def test_a_full_disk_leaves_what_was_there(run: Run, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When writing fails half-way, the old file is whole, there is no other, and the exit code is 2."""
    for words, name in (
        (("train", "penguins", "-t", "species", "--epochs", "2"), "model.safetensors"),
        (("predict", str(models / "classes.safetensors"), "penguins", "-o", "p.csv"), "p.csv"),
    ):
        assert run(*words)[0] == 0
        before = Path(name).read_bytes()

        def fail(_: int) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", fail)
            code, out, err = run(*words)
        assert (code, out) == (2, "")
        assert err.splitlines(keepends=True)[-1] == (
            f"glassnet {words[0]}: {Path(name).resolve()}: No space left on device.\n"
        )
        assert Path(name).read_bytes() == before
        assert {path.name for path in Path().iterdir()} <= {"model.safetensors", "p.csv"}


# ---- explain, findings, the page ------------------------------------------------------------------------------------


def test_explain_answers_in_twenty_lines(run: Run, models: Path) -> None:
    """A row, counted from 1, is printed with the answer, the truth beside it, its values, and how they add up."""
    code, out, err = run("explain", str(models / "classes.safetensors"), "penguins", "--row", "3")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert len(lines) <= 20
    assert max(map(len, lines)) <= 80
    assert re.match(
        r"Row 3 of penguins: species = Adelie with probability [01]\.\d{3} \(true: Adelie, right\)$", lines[0]
    )
    assert any(line.startswith("  bill_length_mm = 40.3 ") for line in lines)
    numbers = re.search(r"^(\S+) \(typical training rows\) \+ (\S+) \(all columns\) = (\S+)$", out, re.MULTILINE)
    assert numbers is not None
    base, change, answer = map(float, numbers.groups())
    assert base + change == pytest.approx(answer)
    assert out.endswith("\nA training step on this row, worked by hand: --step\n")


def test_explain_shows_what_speaks_against_on_the_left(run: Run, models: Path) -> None:
    """Bars go to the right of a line for what raises the answer, and to the left for what lowers it."""
    _, out, _ = run("explain", str(models / "classes.safetensors"), "penguins", "--row", "3")
    bars = [line for line in out.splitlines() if "█" in line]
    assert bars
    for line in bars:
        left, right = line.split("│")
        assert ("█" in right) == ("+" in left)
        assert ("█" in left) == ("+" not in left)


def test_explain_works_the_step_without_dropout(run: Run, models: Path) -> None:
    """``--step`` adds the features and the worked step, at a learning rate above 0 and with the numbers above it."""
    model = str(models / "classes.safetensors")
    code, out, err = run("explain", model, "penguins", "--row", "3", "--step")
    assert (code, err) == (0, "")
    assert "  bill_length_mm = 40.3    ->  -0." in out
    assert "One training step: 14 -> Dense(64, silu)" in out
    assert "Update: dense_1.weight, AdamW" in out
    rate = re.search(r"A training step on this row, at learning rate (\S+); dropout off", out)
    assert rate is not None
    assert float(rate[1]) > 0.0
    assert "Dropout is on" not in out
    assert max(map(len, out.splitlines())) <= 80
    assert out.endswith("\nOne layer's part of the step: --layer NAME, as in --layer dense_3.\n")
    code, out, _ = run("explain", model, "penguins", "--row", "3", "--step", "--json")
    result = json.loads(out)
    reasons = result["why"]["reasons"]
    assert sum(r["contribution"] for r in reasons) == pytest.approx(
        result["why"]["answer"] - result["why"]["base"], abs=1e-4
    )
    assert {part["column"] for part in result["encoding"]} == {r["column"] for r in reasons}
    assert result["step"]["sections"][0]["title"] == "Given"
    assert (result["truth"], result["is_right"]) == ("Adelie", True)
    probabilities = next(
        equation["value"] for section in result["step"]["sections"] for equation in section["equations"]
        if equation["symbol"] == "P"
    )  # fmt: skip
    assert max(probabilities[0]) == pytest.approx(result["why"]["answer"], abs=1e-4)


def test_explain_shows_one_layer(run: Run, models: Path) -> None:
    """``--layer`` shows a layer's part of the step only; another name, or a row without a step, is refused."""
    model = str(models / "classes.safetensors")
    code, out, err = run("explain", model, "penguins", "--layer", "dense_2")
    assert (code, err) == (0, "")
    assert "Only dense_2; the sections have the numbers of the whole step." in out
    assert "Forward: dense_2" in out
    assert "Forward: dense_1" not in out
    code, out, _ = run("explain", model, "penguins", "--layer", "dense_2", "--json")
    assert json.loads(out)["step"]["sections"][-1]["title"].startswith("Update: dense_2.bias")
    code, out, err = run("explain", model, "penguins", "--layer", "dense2")
    assert (code, out) == (2, "")
    assert err.startswith("glassnet explain: --layer is 'dense2'; it must be one of 'dense_1', 'dense_2'")
    assert err.endswith(". Did you mean 'dense_2'?\n")


def test_explain_of_a_regression_and_of_a_row_without_target(run: Run, models: Path) -> None:
    """Reasons of a regression are in its units; where the target is not known there is no step, and that is said."""
    words = [str(models / "numbers.safetensors"), str(models / "numbers.csv"), "--digits", "6"]
    code, out, _ = run("explain", *words, "--step")
    assert code == 0
    assert "squared_error" in out
    assert re.search(r"^y = \S+ \(true: \S+\)$", out, re.MULTILINE)
    text = (models / "numbers.csv").read_text().splitlines()
    names = text[0].split(",")
    place = names.index("y")
    rows = [",".join(cell for i, cell in enumerate(line.split(",")) if i != place) for line in text[:5]]
    Path("new.csv").write_text("\n".join(rows) + "\n")
    code, out, _ = run("explain", str(models / "numbers.safetensors"), "new.csv", "--row", "2")
    assert code == 0
    assert "(true" not in out
    assert "--step" not in out
    code, out, _ = run("explain", str(models / "numbers.safetensors"), "new.csv", "--row", "2", "--step")
    assert code == 0
    assert "The row has no target, so there is no training step to show." in out


def test_explain_writes_a_page(run: Run, models: Path) -> None:
    """``--html`` writes one page that loads nothing."""
    code, out, _ = run("explain", str(models / "classes.safetensors"), "penguins", "--html", "row.html", "--full")
    assert (code, out) == (0, "row 1 of penguins explained in row.html\n")
    page = Path("row.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "<script" not in page
    assert "src=" not in page
    assert "bill_length_mm" in page
    assert re.findall(r"<h(\d)", page) == ["1", "2", "2", "2", "2"]
    assert "Forward: Dense 1 (64, &#x27;silu&#x27;)" in page


def test_reasons_are_escaped() -> None:
    """Names and values of a table stand in a page as text, whatever they are."""
    why = Why("<i>", "<b>", 0.5, 0.25, [Reason("<script>", "<style>", 0.25)], "&", label=True)
    assert re.findall(r"<(?!/?(?:p|table|thead|tbody|tr|th|td|div|span|caption|figure)\b)", why_html(why)) == []
    assert "&lt;script&gt; = &lt;style&gt;" in why_html(why)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--row", "0"], "--row is 0; it must be a whole number of at least 1. penguins has 344 rows, counted from 1."),
        (["--row", "345"], "row 345 does not exist: penguins has 344 rows."),
        (
            ["--row", "x"],
            "--row is 'x'; it must be a whole number of at least 1. penguins has 344 rows, counted from 1.",
        ),
        (["--digits", "0"], "--digits is 0; it must be a whole number of at least 1."),
        (["--html", "page.pdf"], "--html is 'page.pdf'; it must end in .html or .htm."),
    ],
)
def test_explain_refuses(run: Run, models: Path, words: list[str], sentence: str) -> None:
    """What cannot be explained is answered in one sentence."""
    code, out, err = run("explain", str(models / "classes.safetensors"), "penguins", *words)
    assert (code, out, err) == (2, "", f"glassnet explain: {sentence}\n")


def test_training_reports_findings_and_importance(run: Run) -> None:
    """The report names a learning rate that is too high, with what was tried, and the important columns."""
    code, out, err = run("train", "penguins", "-t", "species", "--rate", "10", "--epochs", "20")
    assert (code, err) == (0, "")
    assert "Feature importance" in out
    assert "Findings" in out
    assert "rate-too-high" in out
    assert re.search(r"Tried: with --rate [\d.]+ instead of [\d.]+( at its highest)?, \d+ steps", " ".join(out.split()))
    code, out, _ = run("train", "penguins", "-t", "species", "--epochs", "20", "--recipe", "plain", "--json")
    result = json.loads(out)
    assert [finding for finding in result["findings"] if finding["severity"] != "note"] == []
    assert {row["name"] for row in result["importance"]["importance"]} == {c["name"] for c in result["columns"]}


def test_the_report_is_one_page(run: Run, models: Path) -> None:
    """``--report`` writes scores, findings, pictures and reasons into one page that loads nothing."""
    for data, target in (("penguins", "species"), (str(models / "numbers.csv"), "y")):
        code, _, err = run("train", data, "-t", target, "--epochs", "4", "--report", "report.html")
        assert (code, err) == (0, "")
        page = Path("report.html").read_text()
        assert page.count('<figure class="chart"') >= 3
        assert "<script" not in page
        assert not re.search(r"""(?:src|href)=["'](?!#|data:)""", page.replace("xlink:href", "href"))
        for words in (
            "accuracy" if data == "penguins" else "RMSE",
            "Findings",
            "Worst rows",
            "Typical: test row ",
            "Repeat it",
        ):
            assert words in page
    code, _, err = run("train", "penguins", "-t", "species", "--report", "report.pdf")
    assert (code, err) == (2, "glassnet train: --report is 'report.pdf'; it must end in .html or .htm.\n")


def test_explain_computes_a_step_where_it_is_asked_for(run: Run, models: Path) -> None:
    """JSON has no training step without ``--step`` or ``--layer``, and ``--full`` alone is refused."""
    model = str(models / "classes.safetensors")
    assert json.loads(run("explain", model, "penguins", "--json")[1])["step"] is None
    code, out, err = run("explain", model, "penguins", "--full")
    assert (code, out) == (2, "")
    said = "glassnet explain: --full is given without --step; it is for the training step. "
    assert err == said + "Add --step, or --layer NAME.\n"
