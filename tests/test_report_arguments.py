"""What `report` and the pictures make of names and targets that do not fit, and what a report is as data and as a type."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.reports import Report
from glassnet.tabular import TabularClassifier
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
    model = TabularClassifier(random_state=0, epochs=1).fit(X, Y)
    for method in ("report", "importance", "plot_confusion", "plot_calibration"):
        said = f"TabularClassifier.{method}: y has 3 targets for 40 rows; there must be one for each row."
        with pytest.raises(gn.ShapeError, match=re.escape(said)):
            getattr(model, method)(X, Y[:3])
    report: ReportLike = model.report(X, Y)
    assert isinstance(report, Report)
