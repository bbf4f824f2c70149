"""Notes on a training that somebody else may have written are checked before they are shown."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import glassnet as gn
from glassnet.cli.output import report
from glassnet.network import read_network
from glassnet.reports.kept_notes import notes_of_training, notes_problem
from glassnet.tabular import TableModel

Call = Callable[..., tuple[int, str, str]]
HEAD = "The notes on the training in this file are not as glassnet writes them: "


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return model files of a recipe for classes, of folds, and of a plain network for numbers."""
    from glassnet.cli.app import main

    folder = tmp_path_factory.mktemp("models")
    (folder / "n.csv").write_text("x,y\n" + "".join(f"{i % 9},{0.5 * i}\n" for i in range(40)))
    words = {
        "recipe": ["penguins", "-t", "species", "--recipe", "small", "--epochs", "2"],
        "folds": ["penguins", "-t", "species", "--recipe", "small", "--epochs", "2", "--folds", "2"],
        "plain": [str(folder / "n.csv"), "-t", "y", "--layers", "4", "--epochs", "2"],
    }
    for name, more in words.items():
        assert main(["train", *more, "-q", "-o", str(folder / f"{name}.safetensors")]) == 0
    return {name: folder / f"{name}.safetensors" for name in words}


def changed(notes: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """Return a copy in which the entry at a path has another value; ``...`` removes it."""
    found = copy.deepcopy(notes)
    *outer, last = path
    inside = found
    for name in outer:
        inside = inside[name]
    if value is ...:
        del inside[last]
    else:
        inside[last] = value
    return found


WRONG: list[tuple[str, Any, str]] = [
    ("scores.network", 5, "scores.network is 5; it must be an object of scores"),
    ("scores.network", {}, "scores.network is {}; it must be an object of scores"),
    ("scores.network.accuracy", "high", "scores.network is {'accuracy': 'high'"),
    ("scores.network.accuracy", ..., "scores must have the same names for all models"),
    ("scores.linear", None, "scores.linear is None; it must be an object of scores"),
    ("scores", [], "scores is []; it must be an object"),
    ("history.loss", [1, "x"], "history.loss is [1, 'x']; it must be a list of finite numbers"),
    ("history.loss", {"0": 1.0}, "history.loss is {'0': 1.0}; it must be a list of finite numbers"),
    ("history", None, "history is None; it must be an object"),
    ("training.epochs", None, "training.epochs is None; it must be a whole number of at least 0"),
    ("training.epochs", True, "training.epochs is True; it must be a whole number of at least 0"),
    ("training.epochs", 10**99, "training.epochs is 1000"),
    ("training.best_epoch", [], "training.best_epoch is []; it must be one or several whole numbers, or null"),
    ("training.best_epoch", [1, None], "training.best_epoch is [1, None]; it must be one or several whole numbers, or null"),
    ("training.stop_reason", ["interrupted"], "training.stop_reason is ['interrupted']; it must be a text"),
    ("training.seed", "0", "training.seed is '0'; it must be a whole number of at least 0"),
    ("training", ..., "training is missing"),
    ("rows.read", "many", "rows.read is 'many'; it must be a whole number of at least 0"),
    ("rows.test", ..., "rows.test is missing"),
    ("judged_on", "moon", "judged_on is 'moon'; it must be 'test' or 'validation'"),
    ("judged_on", ["test"], "judged_on is ['test']; it must be 'test' or 'validation'"),
    ("network", "small", "network is 'small'; it must be an object"),
    ("network.networks", -1, "network.networks is -1; it must be a whole number of at least 0"),
    ("network.quantiles", [0.1, "x"], "network.quantiles is [0.1, 'x']; it must be a list of finite numbers or null"),
    ("baseline.does", 7, "baseline.does is 7; it must be a text"),
    ("baseline.counts", [1, 2.5, 3], "baseline.counts is [1, 2.5, 3]; it must be a list of whole numbers or null"),
    ("data", {"a": 1}, "data is {'a': 1}; it must be a text"),
    ("glassnet", None, "glassnet is None; it must be a text"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "words"), WRONG, ids=str)
def test_wrong_notes_get_a_sentence(path: str, value: Any, words: str, saved: dict[str, Path], run: Call) -> None:
    """`show` and `evaluate` do without the notes, and say what is wrong with them; no traceback, exit code 0."""
    model = TableModel.load(saved["recipe"])
    model.network.metadata["training"] = changed(model.network.metadata["training"], tuple(path.split(".")), value)
    model.save("m.safetensors")
    code, out, err = run("show", "m.safetensors")
    assert (code, err) == (0, "")
    assert f"{HEAD}{words}"[:150] in " ".join(out.split())
    assert "Scores at training" not in out
    assert "Adelie" in out
    shown = json.loads(run("show", "m.safetensors", "--json")[1])
    assert shown["training"] is None
    assert shown["warnings"][0].startswith(f"{HEAD}{words}")
    code, out, err = run("evaluate", "m.safetensors", "penguins", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["scores"]["at_training"] is None
    assert found["warnings"][0] == shown["warnings"][0]


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of every entry, and of every object and list around it."""
    if path:
        yield path
    if isinstance(value, dict):
        for name, inside in value.items():
            yield from leaves(inside, (*path, name))


JUNK: list[Any] = [
    ..., None, True, 0, -1, 3, 10**30, 1.5, -1e308, float("nan"), float("inf"), "", "x", "\x1b[31m[bold]", [], [1, "x"], [None],
    [[1]], [0.5, 2], {}, {"a": 1}, {"accuracy": None, "balanced_accuracy": None, "log_loss": None},
]  # fmt: skip


@pytest.mark.parametrize("kind", ["recipe", "folds", "plain"])
def test_whatever_an_entry_is_the_rest_is_shown(
    kind: str, saved: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every entry replaced by every kind of junk: either a sentence names it, or what is there can be printed."""
    model = TableModel.load(saved[kind])
    notes = model.network.metadata["training"]
    paths, refused, printed = [*leaves(notes)], 0, 0
    for path in paths:
        for value in JUNK:
            model.network.metadata["training"] = changed(notes, path, value)
            problem, found = notes_problem(model.network), notes_of_training(model.network)
            assert (found is None) == bool(problem), (path, value)
            if found is None:
                refused += 1
                assert problem.startswith(HEAD)
                assert len(problem) < 500
            else:
                printed += 1
                report._print_past(Console(file=io.StringIO(), width=80), found, 3, "")
                json.dumps(found)
    assert refused > 200
    assert printed > 200


def test_notes_of_the_users_own_are_left_alone(run: Call) -> None:
    """Whatever users note under the same name is theirs: nothing is said of it."""
    for note in ("the first 300 rows", {"rows": "many"}, 5, ["a"]):
        net = gn.Network([gn.Dense(1)], loss="squared_error", input_shape=(2,), seed=0)
        net.metadata["training"] = note
        net.save("net.safetensors")
        code, out, err = run("show", "net.safetensors")
        assert (code, err) == (0, "")
        assert "notes" not in out
        assert gn.load("net.safetensors").metadata["training"] == note


TABLES: list[Any] = [5, [], {}, {"encoder": 3}, {"encoder": {}, "target": {}}, {"encoder": None, "target": None}]


@pytest.mark.parametrize("note", TABLES, ids=str)
def test_wrong_notes_on_the_table_get_a_sentence(note: Any, saved: dict[str, Path], run: Call) -> None:
    """Without its encoder a table model is of no use: every command says so in one sentence, exit code 2."""
    net = read_network(saved["recipe"])
    net.metadata["table"] = note
    net.save("m.safetensors")
    for words in (
        ["show", "m.safetensors"],
        ["evaluate", "m.safetensors", "penguins"],
        ["predict", "m.safetensors", "penguins"],
    ):
        code, out, err = run(*words)
        assert (code, out) == (2, "")
        assert err.count("\n") == 1


def test_scores_of_other_kinds_are_not_compared(saved: dict[str, Path], run: Call) -> None:
    """Scores in the notes under other names than those measured now, and counts of other classes, are left out."""
    model = TableModel.load(saved["recipe"])
    notes = model.network.metadata["training"]
    notes["scores"] = {who: {"rmse": 1.0} for who in ("network", "linear", "baseline")}
    notes["baseline"]["counts"] = [5]
    model.save("m.safetensors")
    assert run("show", "m.safetensors")[0] == 0
    assert run("evaluate", "m.safetensors", "penguins")[0] == 0
    found = json.loads(run("evaluate", "m.safetensors", "penguins", "--json")[1])
    assert found["scores"]["at_training"] is None
    assert found["scores"]["baseline"]["accuracy"] == pytest.approx(152 / 344)
