"""What `report` and the pictures make of names and targets that do not fit, and what a report is as data and as a type."""

from __future__ import annotations

import json
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.explanation import explain_prediction
from glassnet.reports import Report
from glassnet.tabular import TableEncoder, TableModel, TabularClassifier
from glassnet.utils.report_type import ReportLike

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((40, 3)), RNG.integers(0, 3, 40)


def network(units: int = 3, loss: str = "cross_entropy") -> gn.Network:
    """Return a built network."""
    return gn.Network([gn.Dense(units)], loss=loss, seed=0).build(3)


@pytest.mark.parametrize("option", ["class_names", "feature_names"])
@pytest.mark.parametrize(
    ("given", "said"),
    [
        (3, "{} is 3; it must be a list of names in order."),
        ({"a"}, "{} is {{'a'}}; it must be a list of names in order."),
        (np.array(3), "{} is array(3); it must be a list of names in order."),
        (
            {1: "a", 2: "b", 3: "c"},
            "{} is a dict with the keys 1, 2, 3; they must be the whole numbers from 0 to 2. Pass a list of names",
        ),
    ],
)
def test_names_without_order_are_refused(option: str, given: Any, said: str) -> None:
    """Reports, importances and pictures say what must be passed instead of names that have no order."""
    match = re.escape(said.format(option))
    with pytest.raises(gn.ConfigError, match=f"Network.report: {match}"):
        network().report(X, Y, **{option: given})
    if option == "feature_names":
        with pytest.raises(gn.ConfigError, match=match):
            gn.permutation_importance(network(), X, Y, feature_names=given)
    pytest.importorskip("matplotlib")
    with pytest.raises(gn.ConfigError, match=f"plot_network: {match}"):
        network().plot_network(X, **{option: given})


def test_a_dict_of_codes_names_the_classes() -> None:
    """Its values are the names, in the order of the codes."""
    facts = network().report(X, Y, class_names={2: "c", 0: "a", 1: "b"}).to_dict()
    assert facts["labels"] == ["a", "b", "c"]


def test_names_that_cannot_be_used_are_refused() -> None:
    """Names of classes for a network without classes, and names of inputs where rows are pictures."""
    said = "class_names is given, and a network with the loss squared_error has no classes; its outputs must be classes"
    with pytest.raises(gn.ConfigError, match=f"Network.report: {said} or labels. Leave class_names out."):
        network(1, "squared_error").report(X, X[:, 0], class_names=["a"])
    pictures = gn.Network([gn.Flatten(), gn.Dense(3)], loss="cross_entropy", seed=0).build((2, 2))
    said = "feature_names is given for rows of shape (2, 2); a row must be a list of numbers. Leave feature_names out."
    with pytest.raises(gn.ConfigError, match=re.escape(f"Network.report: {said}")):
        pictures.report(RNG.standard_normal((40, 2, 2)), Y, feature_names=list("abcd"))


def test_a_report_is_always_json() -> None:
    """Labels of any type are text, and what is not finite is null."""
    days = np.array(["2024-01-01", "2024-01-02", "2024-01-03"], "datetime64[ns]")
    names: list[Any] = [days, [1.5, np.nan, None], [np.int64(1), np.bool_(False), ("a", 1)], days.astype(object)]
    for each in names:
        json.dumps(network().report(X, Y, class_names=each).to_dict(), allow_nan=False)
    assert network().report(X, Y, class_names=days).to_dict()["labels"][0].startswith("2024-01-01")
    huge = gn.Network([gn.Dense(1)], loss="squared_error", dtype="float64", seed=0).build(3)
    for scale in (1e200, 1e308):
        report = huge.report(X, X[:, 0] / np.abs(X[:, 0]).max() * scale)
        again = json.loads(json.dumps(report.to_dict(), allow_nan=False))
        assert "<h2>" in Report(again).to_html()
        assert str(Report(again))


def test_targets_of_another_number_are_counted() -> None:
    """Each method of an estimator that takes X and y says how many there are of both."""
    model = TabularClassifier("small", random_state=0, epochs=1).fit(X, Y)
    for method in ("report", "importance", "plot_confusion", "plot_calibration"):
        said = f"TabularClassifier.{method}: X has 40 rows and y 3; they must have the same number."
        with pytest.raises(gn.DataError, match=re.escape(said)):
            getattr(model, method)(X, Y[:3])
    report: ReportLike = model.report(X, Y)
    assert isinstance(report, Report)


def test_a_model_from_a_file_has_no_history(tmp_path: Path) -> None:
    """What is so, and where the history can be drawn, are said, also of several networks."""
    pytest.importorskip("matplotlib")
    for n, fact in (
        (1, "the model has no history; a file of a model holds none"),
        (2, "the model averages several networks and has no history of its own; neither does a file of it"),
    ):
        model = TabularClassifier(random_state=0, epochs=1, n_ensemble=n).fit(X, Y)
        model.save(tmp_path / "model.safetensors")
        said = f"TableModel.plot_history: {fact}. Call plot_history of the estimator where it was fitted."
        with pytest.raises(gn.NotFittedError, match=re.escape(said)):
            TableModel.load(tmp_path / "model.safetensors").plot_history()


def test_errors_on_columns_know_what_the_frame_has() -> None:
    """``got`` is what was passed, where ``expected`` is what is needed."""
    rows = {"a": [1.0, 2.0, 3.0, 4.0], "b": [0.0, 1.0, 0.0, 1.0]}
    encoder = TableEncoder().fit(rows)
    with pytest.raises(gn.DataError) as caught:
        encoder.transform({"a": [1.0], "c": [2.0]})
    assert list(caught.value.expected) == ["a", "b"]
    assert list(caught.value.got) == ["a", "c"]
    model = TabularClassifier(random_state=0, epochs=1).fit(rows, [0, 1, 0, 1])
    with pytest.raises(gn.DataError) as caught:
        model.predict_one({"x": 1.0, "y": 2.0})
    assert list(caught.value.got) == ["x", "y"]


@pytest.mark.parametrize(
    ("layers", "loss", "y"),
    [
        ([gn.Dense(4, "softmax"), gn.Dropout(0.2), gn.Dense(3)], "cross_entropy", Y),
        ([gn.Dense(4, "tanh"), gn.LayerNorm(), gn.Dense(1)], "binary_focal_cross_entropy", Y > 0),
        ([gn.Dense(4, "relu"), gn.BatchNorm(), gn.Dense(2)], "gaussian_nll", X[:, 0]),
    ],
)
def test_explanations_can_be_pickled(layers: list[Any], loss: str, y: np.ndarray) -> None:
    """Another process has every equation with the worked entries."""
    net = gn.Network(layers, loss=loss, l1=0.1, l2=0.1, seed=0).build(3)
    for found in (net.explain(X[:2], y[:2]), explain_prediction(net, X[:1])):
        assert pickle.loads(pickle.dumps(found)).text(full=True) == found.text(full=True)


def test_a_lesson_can_be_pickled() -> None:
    """The eight functions of the tutorial, worked."""
    W1, b1, W2, b2 = (RNG.standard_normal(shape) for shape in ((3, 4), (1, 4), (4, 1), (1, 1)))
    found = gn.explain_lesson([W1, W2, b1, b2], X[:2], Y[:2, None] > 0)
    assert pickle.loads(pickle.dumps(found)).text(full=True) == found.text(full=True)
