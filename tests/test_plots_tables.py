"""Table models and estimators draw themselves, with the names of columns and labels, in the units of the target."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.sklearn import MLPClassifier, MLPRegressor
from glassnet.tabular import TableModel, TabularClassifier, TabularRegressor
from plot_checks import cut_texts, legend_of, texts_of

_RNG = np.random.default_rng(0)
FRAME = pd.DataFrame({
    "bill": _RNG.normal(44.0, 5.0, 90),
    "island": _RNG.choice(["Biscoe", "Dream"], 90),
    "flipper": np.where(np.arange(90) % 9 == 0, np.nan, _RNG.normal(200.0, 14.0, 90)),
})  # fmt: skip
SPECIES = pd.Series(np.array(["Adelie", "Gentoo", "Chinstrap"])[np.digitize(FRAME["bill"], [41, 47])], name="species")
PRICE = pd.Series(1000.0 * FRAME["bill"] + 5000.0 * (FRAME["island"] == "Dream"), name="price (EUR)")
MEASURES = FRAME[["bill"]].assign(other=FRAME["bill"] ** 2)


@pytest.fixture(autouse=True)
def _no_windows() -> Iterator[None]:
    """Draw into memory, and close everything."""
    mpl.use("Agg")
    yield
    from matplotlib import pyplot as plt

    plt.close("all")


@pytest.fixture(scope="module")
def classifier() -> TabularClassifier:
    """Return a classifier that has seen the species for a few epochs."""
    return TabularClassifier("small", epochs=4, random_state=0, diagnose=False).fit(FRAME, SPECIES)


@pytest.fixture(scope="module")
def regressor() -> TabularRegressor:
    """Return two networks for the price, averaged."""
    return TabularRegressor("small", epochs=4, n_ensemble=2, random_state=0, diagnose=False).fit(FRAME, PRICE)


@pytest.fixture(scope="module")
def perceptrons() -> dict[str, Any]:
    """Return perceptrons for three labels, two labels and numbers."""
    options: dict[str, Any] = {"max_iter": 30, "random_state": 0, "scale_inputs": True, "diagnose": False}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {
            "labels": MLPClassifier((6,), **options).fit(MEASURES, SPECIES),
            "two": MLPClassifier((6,), **options).fit(MEASURES, SPECIES == "Adelie"),
            "numbers": MLPRegressor(hidden_layer_sizes=(6,), **options).fit(MEASURES, PRICE / 1000.0),
        }


def names_at(ax: Any, axis: str = "y") -> list[str]:
    """Return the labels of the ticks."""
    return [label.get_text() for label in (ax.get_yticklabels() if axis == "y" else ax.get_xticklabels())]


def test_classifiers(classifier: TabularClassifier) -> None:
    """All pictures of a classification have the columns and labels of the frame, and nothing is cut off."""
    confusion = classifier.plot_confusion(FRAME, SPECIES)
    assert names_at(confusion) == ["Adelie", "Chinstrap", "Gentoo"]
    assert (confusion.get_xlabel(), confusion.get_ylabel()) == ("predicted species", "true species")
    shown = np.zeros((3, 3))
    np.add.at(shown, (np.searchsorted(classifier.classes_, SPECIES),
                      np.searchsorted(classifier.classes_, classifier.predict(FRAME))), 1)  # fmt: skip
    np.testing.assert_allclose(confusion.images[0].get_array(), shown / shown.sum(axis=1, keepdims=True))
    one = classifier.plot_calibration(FRAME, SPECIES, output="Gentoo", bins=3)
    assert one.get_xlabel() == "probability of Gentoo"
    (points, *_) = one.containers[0]
    means = np.sort(classifier.predict_proba(FRAME)[:, 2]).reshape(3, 30).mean(axis=1)
    np.testing.assert_allclose(points.get_xdata(), means, rtol=1e-5)
    importance = classifier.plot_importance(FRAME, SPECIES, repeats=1)
    assert {*names_at(importance)} == {"bill", "island", "flipper"}
    network = classifier.plot_network(FRAME[:1])
    assert {"bill", "island=Dream", "Adelie", "Gentoo"} <= {*texts_of(network)}
    history = classifier.plot_history("accuracy")
    assert "validation" in legend_of(history)
    for ax in (confusion, one, importance, network, history, classifier.plot_weights()):
        assert cut_texts(ax.figure) == []


def test_reasons(classifier: TabularClassifier, regressor: TabularRegressor) -> None:
    """The bars of a row are the contributions of `why`, beside column and value; the last is the sum of the rest."""
    for model, of in ((classifier, "the probability of"), (regressor, "price (EUR)")):
        why = model.why(FRAME[4:5])[0]
        ax = model.plot_why(FRAME, 4, most=2)
        np.testing.assert_allclose([bar.get_width() for bar in ax.patches][::-1][:2],
                                   [reason.contribution for reason in why.reasons[:2]], rtol=1e-4)  # fmt: skip
        assert sum(bar.get_width() for bar in ax.patches) == pytest.approx(why.answer - why.base, rel=1e-4)
        first = why.reasons[0]
        assert names_at(ax)[::-1] == [f"{r.column} = {r.value}" for r in why.reasons[:2]] + ["1 more column"]
        assert ax.get_xlabel().replace("\n", " ").startswith(f"contribution to {of}")
        assert first.column in names_at(ax)[-1]
        assert cut_texts(ax.figure) == []
    with pytest.raises(
        gn.ConfigError, match=r"TabularClassifier.plot_why: row is 90; it must be a whole number of at most 89"
    ):
        classifier.plot_why(FRAME, 90)


def test_regressors_are_in_units(regressor: TabularRegressor) -> None:
    """Numbers are predicted, and errors grow, in the units of the target; several networks have a line each."""
    ax = regressor.plot_predicted(FRAME, PRICE)
    np.testing.assert_allclose(ax.lines[1].get_xdata(), PRICE)
    np.testing.assert_allclose(ax.lines[1].get_ydata(), regressor.predict(FRAME))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("true price (EUR)", "predicted price (EUR)")
    ax = regressor.plot_importance(FRAME, PRICE, repeats=2)
    assert "RMSE of price (EUR)" in ax.get_xlabel().replace("\n", " ")
    found = regressor.importance(FRAME, PRICE, metric="rmse", repeats=2)
    wanted = np.sort(found.mean)
    np.testing.assert_allclose([bar.get_width() for bar in ax.patches], wanted, rtol=1e-5)
    ax = regressor.plot_history()
    assert len([line for line in ax.lines if len(line.get_xdata()) == 4]) == 4
    assert "price (EUR)" in texts_of(regressor.plot_network())
    with pytest.raises(
        gn.NotFittedError,
        match=r"TableModel.plot_history: the model averages several networks and has no history of its own",
    ):
        regressor.model_.plot_history()


def test_regions_are_in_units_of_the_columns(classifier: TabularClassifier, regressor: TabularRegressor) -> None:
    """The plane is spanned by two columns of numbers, all others typical; rows that lack one of them are left out."""
    ax = classifier.plot_decision_regions(FRAME, SPECIES, resolution=12)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("bill", "flipper")
    left, right, bottom, top = ax.images[0].get_extent()
    assert left < FRAME["bill"].min() < FRAME["bill"].max() < right
    assert bottom < FRAME["flipper"].min() < FRAME["flipper"].max() < top
    points = [dots.get_offsets() for dots in ax.collections if type(dots).__name__ == "PathCollection"]
    assert sum(map(len, points)) == FRAME["flipper"].notna().sum()
    assert legend_of(ax) == ["Adelie", "Chinstrap", "Gentoo"]
    ax = regressor.plot_decision_regions(FRAME, PRICE, features=("flipper", "bill"), resolution=12)
    corner = {"bill": ax.images[0].get_extent()[2], "flipper": ax.images[0].get_extent()[0]}
    island = FRAME["island"].mode()[0]
    wanted = regressor.model_.predict({name: [value] for name, value in {**corner, "island": island}.items()})
    assert np.asarray(ax.images[0].get_array())[0, 0] == pytest.approx(wanted.item())
    assert ax.figure.axes[1].get_ylabel() == "predicted price (EUR)"
    with pytest.raises(gn.ConfigError, match=r"unknown features 'island'|features is 'island'"):
        classifier.plot_decision_regions(FRAME, features=("bill", "island"))
    only = TabularClassifier("small", epochs=1, random_state=0, diagnose=False).fit(FRAME[["bill", "island"]], SPECIES)
    message = "TabularClassifier.plot_decision_regions: the model has 1 column of numbers ('bill'); it must have two"
    with pytest.raises(gn.ConfigError, match=re.escape(message)):
        only.plot_decision_regions(FRAME)


def test_table_models_take_frames_with_the_target(classifier: TabularClassifier, tmp_path: Any) -> None:
    """A model that was read from a file draws what the estimator draws, from frames that hold the target."""
    classifier.save(tmp_path / "m.safetensors")
    model, frame = TableModel.load(tmp_path / "m.safetensors"), FRAME.assign(species=SPECIES)
    one, other = (classifier.plot_confusion(FRAME, SPECIES), model.plot_confusion(frame))
    np.testing.assert_array_equal(one.images[0].get_array(), other.images[0].get_array())
    assert model.plot_calibration(frame).get_xlabel() == "probability of the predicted class"
    assert names_at(model.plot_importance(frame, repeats=1))
    assert {"bill = 50", "flipper = missing"} <= {*names_at(model.plot_why({"bill": 50.0, "island": "Dream"}))}
    assert model.plot_decision_regions(frame, resolution=5).get_xlabel() == "bill"
    assert "Adelie" in texts_of(model.plot_network())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c, r: c.plot_predicted(FRAME, SPECIES), "TabularClassifier.plot_predicted: the model is a classification; it must be a regression. Use plot_confusion for labels."),
        (lambda c, r: r.plot_confusion(FRAME, PRICE), "TabularRegressor.plot_confusion: the model is a regression; it must be a classification. Use plot_predicted for numbers."),
        (lambda c, r: c.model_.plot_confusion(FRAME), "TableModel.plot_confusion: the target 'species' is not among the columns"),
        (lambda c, r: c.plot_calibration(FRAME, SPECIES, output="gentoo"), "Did you mean 'Gentoo'?"),
        (lambda c, r: c.plot_decision_regions(FRAME, features="bill"), "TabularClassifier.plot_decision_regions: features is 'bill'; it must be the names of two columns of numbers."),
    ],
)  # fmt: skip
def test_what_is_refused(
    call: Callable[..., Any], message: str, classifier: TabularClassifier, regressor: TabularRegressor
) -> None:
    """A picture of the other kind of model, or of what is not there, names the one to draw."""
    with pytest.raises(gn.GlassnetError, match=re.escape(message)):
        call(classifier, regressor)


def test_estimators_must_be_fitted() -> None:
    """Before a fit it is scikit-learn's error."""
    from sklearn.exceptions import NotFittedError

    for draw in (TabularClassifier().plot_history, TabularRegressor().plot_network, MLPClassifier().plot_weights):
        with pytest.raises(NotFittedError):
            draw()


def test_perceptrons(perceptrons: dict[str, Any]) -> None:
    """Perceptrons have the same pictures: names of the frame, labels of any kind, numbers in their units."""
    labels, two, numbers = perceptrons["labels"], perceptrons["two"], perceptrons["numbers"]
    confusion = labels.plot_confusion(MEASURES, SPECIES)
    assert names_at(confusion) == ["Adelie", "Chinstrap", "Gentoo"]
    assert names_at(two.plot_confusion(MEASURES, SPECIES == "Adelie")) == ["False", "True"]
    assert two.plot_calibration(MEASURES, SPECIES == "Adelie", output=True).get_xlabel() == "probability of True"
    ax = numbers.plot_predicted(MEASURES, PRICE / 1000.0)
    np.testing.assert_allclose(ax.lines[1].get_ydata(), numbers.predict(MEASURES))
    assert {*names_at(labels.plot_importance(MEASURES, SPECIES, repeats=1))} == {"bill", "other"}
    assert {"bill", "other", "Gentoo"} <= {*texts_of(labels.plot_network(MEASURES[:1]))}
    regions = labels.plot_decision_regions(MEASURES, SPECIES, resolution=8, features=("other", "bill"))
    assert (regions.get_xlabel(), regions.get_ylabel()) == ("other", "bill")
    ax = numbers.plot_decision_regions(MEASURES, PRICE / 1000.0, resolution=8)
    corner = pd.DataFrame({"bill": [ax.images[0].get_extent()[0]], "other": [ax.images[0].get_extent()[2]]})
    assert np.asarray(ax.images[0].get_array())[0, 0] == pytest.approx(numbers.predict(corner).item(), rel=1e-4)
    assert labels.plot_history().get_ylabel() == "loss"
    assert hasattr(two.plot_weights(), "plot")
    with pytest.raises(
        gn.ConfigError, match=r"MLPClassifier.plot_predicted: it predicts labels; it must predict numbers."
    ):
        labels.plot_predicted(MEASURES, SPECIES)
    with pytest.raises(
        gn.ConfigError, match=r"MLPRegressor.plot_confusion: it predicts numbers; it must predict labels."
    ):
        numbers.plot_confusion(MEASURES, PRICE)
    with pytest.raises(gn.ConfigError, match=r"MLPClassifier.plot_confusion: y holds 'emperor'; it must hold labels"):
        labels.plot_confusion(MEASURES, ["emperor"] * 90)


def test_reasons_of_perceptrons(perceptrons: dict[str, Any]) -> None:
    """The bars of a row sum to its answer less that of the rows compared with, for either of two labels."""
    for name in ("labels", "two"):
        model = perceptrons[name]
        for row in (0, int(np.argmax(SPECIES == "Adelie"))):
            ax = model.plot_why(MEASURES, row, background=MEASURES)
            P = model.predict_proba(MEASURES)
            gap = P[row].max() - P[:, P[row].argmax()].mean()
            assert sum(bar.get_width() for bar in ax.patches) == pytest.approx(gap, abs=1e-3)
    model = perceptrons["numbers"]
    ax = model.plot_why(MEASURES, 3, background=MEASURES)
    gap = model.predict(MEASURES)[3] - model.predict(MEASURES).mean()
    assert sum(bar.get_width() for bar in ax.patches) == pytest.approx(gap, rel=1e-2)
