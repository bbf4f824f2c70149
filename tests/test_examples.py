"""The programs in ``examples/`` run as they are and show what they claim."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

import glassnet as gn
from mpi_runs import run_ranks
from scripts import script_at

EXAMPLES = Path(__file__).parent.parent / "examples"


def example(name: str) -> ModuleType:
    """Return the example as a module."""
    return script_at(EXAMPLES / f"{name}.py")


def test_spirals(capsys: pytest.CaptureFixture[str]) -> None:
    """A small network tells the spirals apart on new points, and the picture shows places of both classes."""
    assert example("spirals").main() > 0.97
    *picture, last = capsys.readouterr().out.splitlines()
    assert {len(line) for line in picture} == {60}
    assert set("".join(picture)) == {".", "#"}
    assert last.startswith("accuracy on new points: ")


def test_own_layer(capsys: pytest.CaptureFixture[str]) -> None:
    """The gradient check passes the right layer and finds the wrong one, at the parameter that is wrong and no other."""
    assert example("own_layer").main() == [False, True]
    wrong = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.endswith("WRONG")]
    assert wrong == ["wrong_row_scale_1.s"]


def test_lesson_page(tmp_path: Path) -> None:
    """The lesson is a page with its task."""
    text = example("lesson_page").main(str(tmp_path)).read_text()
    assert "Make the validation loss fall below 0.1." in text
    assert text.startswith("<!doctype html>")


def test_train_mpi(tmp_path: Path) -> None:
    """Two processes and one train the same network, well, and a second start finds it trained."""
    script = (EXAMPLES / "train_mpi.py").read_text()
    printed = []
    for name, processes in (("one", 1), ("two", 2), ("two", 1)):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        done = run_ranks(script, processes, folder)
        assert done.returncode == 0, done.stderr
        printed.append(done.stdout.split())
    assert [words[0] for words in printed] == ["1", "2", "1"]
    assert len({words[-1] for words in printed}) == 1
    assert float(printed[0][3].rstrip(",")) > 0.9
    assert gn.load(tmp_path / "two" / "model.safetensors").n_parameters == 20 * 64 + 64 + 64 * 2 + 2


def test_every_example_is_listed() -> None:
    """The page of examples names each file there is."""
    page = (EXAMPLES.parent / "docs" / "examples.md").read_text()
    assert [path.name for path in EXAMPLES.glob("*.py") if f"`examples/{path.name}`" not in page] == []
