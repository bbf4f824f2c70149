"""Weights of rows in every statistic that a fit takes: weight 2 equals the row twice, weight 0 equals no row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.7")

import scipy.sparse
from sklearn.datasets import make_regression
from sklearn.utils.estimator_checks import (
    check_sample_weight_equivalence_on_dense_data,
    check_sample_weight_equivalence_on_sparse_data,
)

from glassnet.sklearn import MLPClassifier, MLPRegressor
from glassnet.tabular import TableEncoder, TabularClassifier, TabularRegressor, TargetEncoder
from glassnet.tabular.encoding.robust_scaling import NormalScale, RobustScale
from glassnet.tabular.encoding.scaling import Scale
from glassnet.tabular.encoding.weighting import counted_rows, quantiles_of
from glassnet.tabular.fitting.deadline import Planned
from glassnet.tabular.fitting.objective import find_goal
from glassnet.tabular.fitting.options import FitOptions
from glassnet.tabular.fitting.recipes import RECIPES

RNG = np.random.default_rng(5)
N = 90
WEIGHT = RNG.integers(0, 4, N).astype(float)
COPIES = np.repeat(np.arange(N), WEIGHT.astype(int))
VALUES: dict[str, np.ndarray] = {
    "normal": RNG.standard_normal(N),
    "skewed": np.exp(3.0 * RNG.standard_normal(N)),
    "few": RNG.integers(0, 4, N).astype(float),
    "huge": RNG.standard_normal(N) * 1e307,
}


@pytest.mark.parametrize("values", VALUES.values(), ids=list(VALUES))
def test_quantiles_of_weighted_rows(values: np.ndarray) -> None:
    """Quantiles of rows with whole weights have the bits of NumPy's for the repeated rows."""
    shares = np.linspace(0.0, 1.0, 33)
    assert np.array_equal(quantiles_of(values, shares, WEIGHT), np.quantile(values[COPIES], shares))
    assert np.array_equal(quantiles_of(values, shares, np.ones(N)), np.quantile(values, shares))


@pytest.mark.parametrize("values", VALUES.values(), ids=list(VALUES))
@pytest.mark.parametrize("scale", [Scale, RobustScale])
def test_scales_of_weighted_rows(scale: type[Scale], values: np.ndarray) -> None:
    """Means, deviations, medians and quartiles are those of the repeated rows."""
    kept = WEIGHT > 0
    ours, theirs = scale.fit(values[kept], WEIGHT[kept]), scale.fit(values[COPIES])
    assert {key: pytest.approx(value, rel=1e-12) for key, value in ours.config().items() if key != "scaling"} == {
        key: value for key, value in theirs.config().items() if key != "scaling"
    }


@pytest.mark.parametrize("name", ["normal", "skewed"])
def test_ranks_of_weighted_rows(name: str) -> None:
    """Ranks are those of the repeated rows, but for the noise of 1e-5 deviations that separates ties."""
    kept, values = WEIGHT > 0, VALUES[name]
    ours, theirs = NormalScale.fit(values[kept], WEIGHT[kept]), NormalScale.fit(values[COPIES])
    assert len(ours.quantiles) == len(theirs.quantiles)
    assert np.allclose(ours.quantiles, theirs.quantiles, rtol=0.0, atol=2e-4 * ours.std)


def table(rows: np.ndarray) -> dict[str, Any]:
    """Return rows of a table with columns of all kinds."""
    rng = np.random.default_rng(8)
    return {
        "size": np.where(rng.random(N) < 0.1, np.nan, VALUES["skewed"])[rows],
        "town": np.array([f"t{int(i)}" for i in 12 * rng.random(N) ** 2], dtype=object)[rows],
        "day": (np.datetime64("2020-01-01") + rng.integers(0, 2000, N))[rows],
        "own": (rng.random(N) < 0.3)[rows],
        "same": np.where(WEIGHT > 0, 1.0, 2.0)[rows],
    }


@pytest.mark.parametrize("options", [{}, {"max_categories": 3}, {"scaling": "robust", "embed_above": 5}], ids=str)
def test_encoders_of_weighted_rows(options: dict[str, Any]) -> None:
    """Scales, kept categories, dates and what is left out are those of the repeated rows."""
    everything = np.arange(N)
    ours = TableEncoder(**options).fit(table(everything), WEIGHT)
    theirs = TableEncoder(**options).fit(table(COPIES))
    assert ours.feature_names == theirs.feature_names
    assert ours.describe()[-1]["done"] == "left out: all its values are 1"
    assert np.allclose(ours.transform(table(everything)), theirs.transform(table(everything)), rtol=1e-6, atol=1e-6)


def test_the_most_frequent_categories_weigh_most() -> None:
    """Which categories keep a feature of their own is decided by weight, not by number of rows."""
    towns = ["a"] * 5 + ["b"] * 4 + ["c"] * 3
    weight = [1.0] * 5 + [1.0] * 4 + [9.0] * 3
    encoder = TableEncoder(2).fit({"town": towns}, weight)
    assert encoder.feature_names == ["town=a", "town=c", "town (other)"]


def test_weighted_targets() -> None:
    """The scale of numbers is that of the repeated rows, and a label of weight 0 is none."""
    ours = TargetEncoder().fit(VALUES["skewed"], "regression", WEIGHT)
    theirs = TargetEncoder().fit(VALUES["skewed"][COPIES], "regression")
    assert (ours.scale.mean, ours.scale.std) == pytest.approx((theirs.scale.mean, theirs.scale.std), rel=1e-12)
    assert (ours.scale.low, ours.scale.high) == (theirs.scale.low, theirs.scale.high)
    assert TargetEncoder().fit(["a", "b", "c", "a"], None, [1, 1, 0, 2]).labels == ["a", "b"]


def test_fractions_of_rows() -> None:
    """Weights that are no whole numbers mean the same at every scale."""
    weight = RNG.random(N)
    found = [TableEncoder(scaling="robust").fit(table(np.arange(N)), weight * factor) for factor in (1.0, 0.01, 77.7)]
    X = [encoder.transform(table(np.arange(N))) for encoder in found]
    assert np.allclose(X[0], X[1], atol=1e-5)
    assert np.allclose(X[0], X[2], atol=1e-5)
    assert np.bincount(counted_rows(weight / weight.mean()), minlength=N)[weight.argmax()] >= 1


@pytest.mark.parametrize("weight", [[1.0, 2.0], [1.0, -1.0, 1.0], [0.0, 0.0, 0.0], [1.0, np.nan, 1.0]], ids=str)
@pytest.mark.parametrize("encoder", [TableEncoder, TargetEncoder])
def test_impossible_weights(encoder: Any, weight: list[float]) -> None:
    """Weights of another number, negative, all 0 or not finite are refused in a sentence."""
    values: Any = {"x": [1.0, 2.0, 3.0]} if encoder is TableEncoder else [1.0, 2.0, 3.0]
    with pytest.raises(ValueError, match=rf"^{encoder.__name__}\.fit: "):
        encoder().fit(values, sample_weight=weight)


# ---- perceptrons -------------------------------------------------------------------------------------------------

X, T = make_regression(N, 4, noise=1.0, random_state=0)
X, T = X * [1.0, 10.0, 1e-3, 5.0] + [0.0, 7.0, 0.0, 1.0], T / 50 + 3
SHORT: dict[str, Any] = {"hidden_layer_sizes": (9,), "solver": "lbfgs", "max_iter": 5, "random_state": 0}
CASES: dict[str, Any] = {
    "numbers": (MLPRegressor, {"scale_inputs": True, "scale_target": True}, T),
    "two numbers": (MLPRegressor, {"scale_target": True}, np.c_[T, -T * 9]),
    "classes": (MLPClassifier, {"scale_inputs": True}, (T > 3).astype(int) + (T > 4)),
    "balanced": (MLPClassifier, {"scale_inputs": True, "class_weight": "balanced"}, (T > 3).astype(int) + (T > 4)),
    "weighted classes": (MLPClassifier, {"scale_inputs": True, "class_weight": {1: 3.0}}, (T > 3).astype(int)),
    "several labels": (MLPClassifier, {"class_weight": "balanced"}, np.c_[T > 3, T > 4].astype(int)),
}
pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning", "ignore::glassnet.sklearn.PoorFitWarning"
)


def answers(model: Any, rows: Any) -> np.ndarray:
    """Return probabilities, or numbers."""
    return np.asarray(model.predict_proba(rows) if isinstance(model, MLPClassifier) else model.predict(rows))


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
@pytest.mark.parametrize("case", CASES)
def test_perceptrons(case: str, sparse: bool) -> None:
    """The fit of L-BFGS to weighted rows is that to the repeated rows: scales, class weights, loss and penalty."""
    cls, options, y = CASES[case]
    rows: Any = scipy.sparse.csr_matrix(X) if sparse else X
    ours = cls(**SHORT, **options).fit(rows, y, sample_weight=WEIGHT)
    theirs = cls(**SHORT, **options).fit(rows[COPIES], y[COPIES])
    assert np.allclose(answers(ours, rows), answers(theirs, rows), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("case", [case for case in CASES if case not in ("two numbers", "several labels")])
@pytest.mark.parametrize(
    "check", [check_sample_weight_equivalence_on_dense_data, check_sample_weight_equivalence_on_sparse_data]
)
@pytest.mark.parametrize("solver", ["lbfgs", "adam"])
def test_scikit_learns_check_of_weights(case: str, check: Any, solver: str) -> None:
    """Where the perceptrons scale by themselves, they pass scikit-learn's own check that weights are repeated rows."""
    cls, options, _ = CASES[case]
    check(cls.__name__, cls(**{**SHORT, **options, "solver": solver, "max_iter": 20}))


def test_a_row_without_weight() -> None:
    """A wild row of weight 0 changes neither scaling nor answers."""
    wild_X, wild_T, weight = np.r_[X, X[:1] * 1e30], np.r_[T, 1e30], np.r_[np.ones(N), 0.0]
    options: dict[str, Any] = {**SHORT, "scale_inputs": True, "scale_target": True}
    with_it = MLPRegressor(**options).fit(wild_X, wild_T, sample_weight=weight)
    without = MLPRegressor(**options).fit(X, T)
    assert np.allclose(with_it.predict(X), without.predict(X), rtol=1e-6)


# ---- estimators for tables ---------------------------------------------------------------------------------------


def frame(rows: np.ndarray) -> dict[str, Any]:
    """Return rows of a table with three columns."""
    return {"a": X[rows, 0], "b": X[rows, 1], "c": np.array(["u", "v", "w", "x"], dtype=object)[rows % 4]}


@pytest.mark.parametrize("weight", [WEIGHT, WEIGHT * 0.37], ids=["whole", "scaled"])
@pytest.mark.parametrize("cls", [TabularClassifier, TabularRegressor])
def test_tables(cls: Any, weight: np.ndarray) -> None:
    """Where nothing random intervenes, all rows in one batch and rows to validate on, weights are repeated rows."""
    y = (T > 3).astype(int) if cls is TabularClassifier else T
    everything = np.arange(N)
    kept: dict[str, Any] = {"validation_data": (frame(everything), y), "sample_weight": None}
    models = [cls("small", epochs=4, random_state=0) for _ in range(3)]
    models[0].fit(frame(everything), y, **{**kept, "sample_weight": weight})
    models[1].fit(frame(COPIES), y[COPIES], **kept)
    models[2].fit(frame(everything), y, **kept)
    ours, theirs, others = (
        model.predict_proba(frame(everything)) if cls is TabularClassifier else model.predict(frame(everything))
        for model in models
    )
    # AdamW turns the last bits of the first gradients, which are nearly 0, into steps.
    assert np.abs(ours - theirs).max() < 0.03 < np.abs(others - theirs).max()


@pytest.mark.parametrize("recipe", RECIPES)
def test_starts_of_weighted_rows(recipe: str) -> None:
    """The start of a network and the edges of its pieces are those of the repeated rows."""
    options = FitOptions(RECIPES[recipe], find_goal("fit", "regression", None, None), epochs=2)
    kept, rows = np.flatnonzero(WEIGHT), [np.flatnonzero(WEIGHT), COPIES]
    encoder = TableEncoder(**options.recipe.coding).fit(frame(kept), WEIGHT[kept])
    target = TargetEncoder().fit(T, "regression", WEIGHT)
    found = [
        options.network(encoder, encoder.transform(frame(part)), target, Planned(2), 0, counts)
        for part, counts in zip(rows, (WEIGHT[kept], None), strict=True)
    ]
    assert [repr(layer) for layer in found[0].layers] == [repr(layer) for layer in found[1].layers]
    assert np.allclose(found[0].params, found[1].params, rtol=1e-5)


@pytest.mark.parametrize("cls", [TabularClassifier, TabularRegressor])
def test_validation_rows_count_by_their_weight(cls: Any) -> None:
    """The metric that chooses the epoch is that of the repeated validation rows."""
    y = (T > 3).astype(int) if cls is TabularClassifier else T
    rows = np.arange(N)
    histories = [
        cls("small", epochs=4, random_state=0).fit(frame(rows), y, validation_data=data).history_
        for data in ((frame(rows), y, WEIGHT), (frame(COPIES), y[COPIES]))
    ]
    name = "valid_accuracy" if cls is TabularClassifier else "valid_rmse"
    assert np.allclose(histories[0][name], histories[1][name], rtol=1e-5)
