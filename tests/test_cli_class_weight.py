"""``glassnet train --class-weight``: what it does, how it is typed, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from glassnet.cli.app import main

N = 400
TRAIN = ["train", "d.csv", "-t", "y", "--epochs", "8", "-o", "m.safetensors", "--json"]


@pytest.fixture(autouse=True)
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a table with a rare class, whose labels have commas and equality signs, and go to its folder."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((N, 2))
    rare = x[:, 0] + rng.standard_normal(N) > 1.8
    frame = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": np.where(rare, "yes", "no")})
    frame["odd"] = np.where(rare, "x=1,2", "y")
    frame["number"], frame["flag"] = np.where(rare, 7, 3), rare
    monkeypatch.chdir(tmp_path)
    frame.to_csv("d.csv", index=False)


def result(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """Return what a command prints as JSON."""
    assert main([*TRAIN, *words]) == 0
    return dict(json.loads(capsys.readouterr().out))


def recall(found: dict[str, Any]) -> float:
    """Return the share of the second class that was found."""
    counts = np.array(found["confusion"]["counts"])
    return float(counts[1, 1] / counts[1].sum())


@pytest.mark.parametrize("recipe", ["small", "plain"])
def test_a_rare_class_is_found(recipe: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Balanced weights find more of a rare class; the report says that classes were weighed, and the file keeps it."""
    options = ("--recipe", recipe, "--drop", "odd", "--drop", "number", "--drop", "flag")
    plain, balanced = (result(capsys, *options, *more) for more in ((), ("--class-weight", "balanced")))
    assert recall(balanced) > recall(plain) + 0.3
    assert balanced["verdict"]["hint"].startswith("Classes were weighed (--class-weight), not counted: the balanced ")
    assert balanced["training"]["class_weight"] == "balanced"
    assert "class_weight" not in plain["training"]
    assert main(["show", "m.safetensors"]) == 0
    assert "class weight balanced" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("target", "typed"),
    [("y", ["yes=9"]), ("y", ["yes=9,no=1"]), ("y", ["no=1", "yes=9"]), ("odd", ["x=1,2=9"]), ("odd", ["y=1,x=1,2=9"]),
     ("number", ["7=9"]), ("flag", ["true=9"])],
    ids=str,
)  # fmt: skip
def test_weights_by_label(target: str, typed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Labels are typed as in the table, with commas and equality signs too; what is left out weighs 1."""
    others = [word for name in ("y", "odd", "number", "flag") if name != target for word in ("--drop", name)]
    options = ["-t", target, "--recipe", "small", *others]
    weighed = result(capsys, *options, *(word for text in typed for word in ("--class-weight", text)))
    found = np.array(weighed["confusion"]["counts"])
    rare = int(np.argmin(found.sum(axis=1)))
    assert found[rare, rare] > 0.5 * found[rare].sum()


WRONG = {
    "Yes=3": "--class-weight names 'Yes'; the classes are 'no', 'yes'. Did you mean 'yes'?",
    "even": "--class-weight is 'even'; it must be 'balanced', or labels with their weights. Write --class-weight "
    "balanced, or --class-weight LABEL=3,OTHER=1",
    "yes=": "the weight of 'yes' in --class-weight is ''; it must be a finite number of at least 0.",
    "yes=-1": "the weight of 'yes' in --class-weight is -1; it must be a finite number of at least 0.",
    "no=0,yes=0": "--class-weight gives all classes the weight 0; one must have a weight above 0. Write --class-weight "
    "balanced, or --class-weight LABEL=3,OTHER=1",
}


@pytest.mark.parametrize("typed", WRONG)
def test_wrong_weights(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each is refused in one sentence, and nothing is written."""
    assert main([*TRAIN, "--class-weight", typed]) == 2
    assert f"glassnet train: {WRONG[typed]}" in capsys.readouterr().err
    assert not Path("m.safetensors").exists()


def test_a_regression_has_no_classes(capsys: pytest.CaptureFixture[str]) -> None:
    """With numbers to predict the option is refused."""
    assert main([*TRAIN, "-t", "a", "--class-weight", "balanced"]) == 2
    message = "glassnet train: 'a' has numbers; --class-weight needs classes. Leave it out."
    assert message in capsys.readouterr().err
