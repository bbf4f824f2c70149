"""``glassnet train --class-weight``: what it does, how it is typed, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from glassnet.cli.app import main
from glassnet.cli.output.finding_advice import words_of_options
from glassnet.reports.comparison import Goal, compare
from glassnet.reports.scoring import score_classes
from glassnet.tabular import TabularClassifier
from glassnet.tabular.estimators.finding_words import words_of_tables
from glassnet.training.findings import Diagnosis, make_finding

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


# ---- what a weighed training is judged by --------------------------------------------------------------------------

HARD = ["--drop", "odd", "--drop", "number", "--drop", "flag", "--recipe", "small"]  # without what gives it away


def test_the_verdict_of_weighed_classes_is_of_the_balanced_accuracy(capsys: pytest.CaptureFixture[str]) -> None:
    """A network with the better balanced accuracy is not said to have learned nothing, at training nor later."""
    found = result(capsys, "--class-weight", "balanced", *HARD)
    network, constant = (found["scores"][who] for who in ("network", "baseline"))
    assert network["accuracy"] < constant["accuracy"]
    assert network["balanced_accuracy"] > 0.75
    assert found["verdict"]["against_baseline"] == "better"
    assert found["verdict"]["sentence"].startswith("The network beats always answering 'no' by the balanced accuracy")
    assert main(["evaluate", "m.safetensors", "d.csv", "--json"]) == 0
    again = json.loads(capsys.readouterr().out)["verdict"]
    assert again["sentence"].startswith("The network beats always answering 'no' by the balanced accuracy.")
    frame = pd.read_csv("d.csv")
    model = TabularClassifier("small", class_weight="balanced", epochs=8, random_state=0).fit(frame[["a"]], frame["y"])
    said = model.report(frame[["a"]], frame["y"]).to_dict()["verdict"]["sentence"]
    assert said.startswith("The network beats always answering 'no' by the balanced accuracy.")


@pytest.mark.parametrize("metric", ["auc", "f1", "brier", "balanced_accuracy", "log_loss"])
def test_the_chosen_metric_is_among_the_scores(metric: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What chooses the epoch is printed by ``train``, ``evaluate`` and a report, and decides about the verdict."""
    found = result(capsys, "--metric", metric, *HARD)
    assert all(scores[metric] is not None for scores in found["scores"].values())
    by = {"auc": "AUC", "log_loss": "log loss", "brier": "log loss"}.get(metric, "balanced accuracy")
    assert f"by the {by}" in found["verdict"]["sentence"]
    assert main(["evaluate", "m.safetensors", "d.csv", "--json", "--report", "r.html"]) == 0
    later = json.loads(capsys.readouterr().out)
    assert later["scores"]["network"][metric] is not None
    assert later["scores"]["at_training"][metric] == found["scores"]["network"][metric]
    assert main(["evaluate", "m.safetensors", "d.csv"]) == 0
    name = {"auc": "AUC", "f1": "F1", "brier": "Brier", "log_loss": "log loss"}.get(metric, "balanced acc")
    assert name in capsys.readouterr().out


def test_an_option_that_was_given_is_not_advised(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither the hint below the scores nor a finding names ``--metric balanced_accuracy`` where it was typed."""
    plain = result(capsys, *HARD, "--epochs", "1")
    assert plain["verdict"]["hint"].endswith("and --metric balanced_accuracy chooses the epoch by it.")
    for words in (["--metric", "balanced_accuracy"], ["--class-weight", "balanced"]):
        found = result(capsys, *words, *HARD, "--epochs", "1")
        said = [found["verdict"]["hint"], *(finding["advice"] for finding in found["findings"])]
        assert any(said)
        assert not any(" ".join(words) in text for text in said)
    hint = result(capsys, "--metric", "log_loss", *HARD, "--epochs", "1")["verdict"]["hint"]
    assert hint.endswith("--class-weight balanced weighs all classes alike.")


def test_a_rare_class_is_named_where_a_network_seems_to_know_nothing() -> None:
    """The advice on a fit that is no better than a constant answer names weights of classes and the threshold."""
    finding = make_finding("no-better-than-baseline", "Measured.", evidence={"majority": 0.9})
    even = make_finding("no-better-than-baseline", "Measured.", evidence={"majority": 0.5})
    for given, words in (
        ((), "class_weight='balanced', or answer it from a lower probability on"),
        (("balanced",), "Where one class is rare, answer it"),
    ):
        estimators = words_of_tables(["no", "yes"], str, given)
        assert words in estimators.all_of(Diagnosis([finding]))[0].advice
        assert "rare" not in estimators.all_of(Diagnosis([even]))[0].advice
    for is_plain in (True, False):
        options = words_of_options(is_plain=is_plain, labels=["no", "yes"])
        assert "--class-weight balanced" in options.all_of(Diagnosis([finding]))[0].advice


def test_few_rows_of_a_class_are_not_sure() -> None:
    """Recalls are compared with the error that chance in the rows has, an AUC with that of Hanley and McNeil."""
    goal, codes = Goal("accuracy", weighs=True), np.repeat([0, 1], [90, 3])
    constant = score_classes(codes, np.tile([1.0, 0.0], (93, 1)), goal)
    finds = np.tile([1.0, 0.0], (93, 1))
    finds[-3:] = [0.0, 1.0]
    finds[:30] = [0.0, 1.0]
    assert compare(score_classes(codes, finds, goal), constant) == "equal"
    codes = np.repeat([0, 1], [900, 30])
    more = np.repeat(finds, 10, axis=0)
    constant = score_classes(codes, np.tile([1.0, 0.0], (930, 1)), goal)
    assert compare(score_classes(codes, more, goal), constant) == "better"
    assert compare(score_classes(codes, -more, goal), constant) == "worse"
    assert compare(constant, constant) == "equal"
    one = score_classes(np.zeros(9, int), np.zeros((9, 2)), Goal("auc"))
    assert (one.values["auc"], compare(one, one)) == (None, "equal")
