"""What ``glassnet --help`` shows: plain words, examples that work, and what the shell completes."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import glassnet as gn
from glassnet.cli.app import COMMANDS, main
from glassnet.cli.examples import EXAMPLES

typer = pytest.importorskip("typer")

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs the command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def call(*words: str) -> tuple[int, str, str]:
        code = main(words)
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_plain(command: str, width: int, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Help fits the terminal, shows plain types, and begins with what the command does."""
    monkeypatch.setenv("COLUMNS", str(width))
    code, out, err = run(*([command] if command else []), "--help")
    assert (code, err) == (0, "")
    for odd in ("<", "{", "│", "bool", "\x1b", "by default", "None"):
        assert odd not in out
    assert "Usage: glassnet" in out.replace("\n", " ")
    prose = [line for line in out.splitlines() if not line.startswith(("  glassnet", "  cat", "Usage"))]
    assert max(map(len, prose)) < max(width, 41)


def test_train_says_first_what_a_beginner_needs(run: Run) -> None:
    """Within the first thirty lines are examples, the table, the target, which is required, and what is written."""
    _, out, _ = run("train", "--help")
    first = "\n".join(out.splitlines()[:30])
    for piece in ("Examples:", "glassnet train penguins species", "TARGET", "--target COLUMN", "[required", "--report",
                  "--recipe", "--max-seconds", "[default: model.safetensors]"):  # fmt: skip
        assert piece in first
    assert out.index("Options:") < out.index("Rows and columns:") < out.index("Reading the table:")


def test_help_and_version_are_commands_too(run: Run) -> None:
    """``glassnet help COMMAND`` is ``glassnet COMMAND --help``, and ``glassnet version`` is ``--version``."""
    assert run("version") == (0, f"glassnet {gn.__version__}\n", "")
    assert run("help") == run("--help") == run()
    for command in COMMANDS:
        assert run("help", command) == run(command, "--help")


def test_every_command_has_examples() -> None:
    """Only the commands without options have none."""
    assert {*COMMANDS, "glassnet"} - EXAMPLES.keys() == {"version"}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the tables that the examples name, and a model of them and one of penguins."""
    folder = tmp_path_factory.mktemp("files")
    lines = [f"{i},{i % 7},{'ab'[i % 2]},{i % 7 + i % 2}.5" for i in range(60)]
    for name in ("data.csv", "new.csv", "test.csv"):
        (folder / name).write_text("\n".join(["id,size,kind,price", *lines]) + "\n")
    quick = ["--recipe", "plain", "--epochs", "1", "--quiet", "--out"]
    assert main(["train", "penguins", "species", *quick, str(folder / "penguins.safetensors")]) == 0
    assert main(["train", str(folder / "data.csv"), "kind", *quick, str(folder / "data.safetensors")]) == 0
    return folder


@pytest.fixture
def folder(files: Path, tmp_path: Path) -> Path:
    """Return an empty folder with the tables."""
    for name in ("data.csv", "new.csv", "test.csv"):
        shutil.copy(files / name, tmp_path)
    return tmp_path


@pytest.mark.parametrize("line", [line for lines in EXAMPLES.values() for line in lines])
def test_examples_work(line: str, run: Run, files: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command line that help shows can be run as it stands; those that take long are only parsed."""
    words = shlex.split(line.partition("| ")[2] or line)
    assert words.pop(0) == "glassnet"
    if words[0] in ("serve", "playground", "compare", "tune"):
        from glassnet.cli.options import app

        assert callable(app(words, prog_name="glassnet", standalone_mode=False))
        return
    if "onnx" in line:
        pytest.importorskip("onnx")
    model = "data" if any(name in line for name in ("data.csv", "new.csv", "test.csv")) else "penguins"
    shutil.copy(files / f"{model}.safetensors", "model.safetensors")
    quick = ["--recipe", "plain", "--epochs", "1", "--quiet"] if words[0] == "train" else []
    with (folder / "new.csv").open() as table:
        monkeypatch.setattr("sys.stdin", table)
        code, _, err = run(*words, *quick)
    assert (code, [part for part in err.splitlines() if "warning" not in part]) == (0, [])


def completed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    """Return what bash offers after these words, the last of which is not complete."""
    monkeypatch.setenv("_GLASSNET_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", " ".join(["glassnet", *words]))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    with pytest.raises(SystemExit):
        main([])
    return capsys.readouterr().out.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["pl"], ["playground"]),
        (["help", "ex"], ["explain", "export"]),
        (["train", "peng"], ["penguins"]),
        (["train", "da"], ["data.csv"]),
        (["train", "penguins", "bill_l"], ["bill_length_mm"]),
        (["train", "data.csv", "-t", "pr"], ["price"]),
        (["check", "data.csv", "--drop", "i"], ["id"]),
        (["train", "data.csv", "--rec"], ["--recipe"]),
        (["train", "data.csv", "--recipe", "tabm"], ["tabm", "tabm-mini"]),
        (["train", "data.csv", "--metric", "ac"], ["accuracy"]),
        (["train", "data.csv", "--task", "reg"], ["regression"]),
        (["predict", "m"], ["mine.safetensors", "models/"]),
        (["predict", "models/"], ["models/old.safetensors"]),
        (["export", "mine.safetensors", "--to", "on"], ["onnx"]),
        (["train", "broken.csv", "-t", "x"], []),
    ],
    ids=" ".join,
)
def test_the_shell_completes(
    words: list[str], offered: list[str], folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Commands, options, bundled tables, files, columns of the table, and the names that an option knows."""
    (folder / "models").mkdir()
    (folder / "models" / "old.safetensors").touch()
    (folder / "mine.safetensors").touch()
    (folder / "broken.csv").write_bytes(b"\xff\xfe\x00")
    assert completed(monkeypatch, capsys, *words) == offered


def test_the_target_is_named_in_two_ways(run: Run, folder: Path) -> None:
    """The second argument and ``--target`` mean the same, together too."""
    quick = ["--recipe", "plain", "--epochs", "1", "--json", "--out"]
    results = []
    for i, words in enumerate((["kind"], ["--target", "kind"], ["kind", "-t", "kind"])):
        code, out, _ = run("train", "data.csv", *words, *quick, f"m{i}.safetensors")
        assert code == 0
        results.append(out.split('"training"')[1].split('"seconds"')[0])
    assert results[0] == results[1] == results[2]
    checked = [run("check", "data.csv", *words)[1].partition("Recipes here")[0] for words in (["kind"], ["-t", "kind"])]
    assert "target: 2 categories" in checked[0]
    assert checked[0] == checked[1]
