"""What a sceptical user gives our perceptrons: wrong parameters of our own, odd rows and labels, fits that go badly."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

pytest.importorskip("sklearn", minversion="1.7")

import scipy.sparse
from sklearn.exceptions import ConvergenceWarning

import glassnet as gn
from glassnet.losses import Quantile, SquaredError
from glassnet.sklearn import MLPClassifier, MLPRegressor, PoorFitWarning, SolverError
from sklearn_cases import data

SHORT: dict[str, Any] = {"hidden_layer_sizes": (6,), "max_iter": 3, "random_state": 0}
IRIS, DIABETES = data("iris"), data("diabetes")
X, Y = IRIS.X, IRIS.y
NAMES = np.array(["setosa", "versicolor", "virginica"])[Y]
quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

CLASSES_ONLY = (
    "'binary_cross_entropy', 'binary_focal_cross_entropy', 'cross_entropy', 'focal_cross_entropy', 'log_loss'"
)
ACTIVATIONS = (
    "'elu', 'gelu', 'identity', 'leaky_relu', 'logistic', 'mish', 'relu', 'selu', 'sigmoid', 'silu', 'softmax', "
    "'softplus', 'tanh'"
)
LBFGS = "with solver='lbfgs' it must be left out. Use solver='adam'."
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"dropout": 1.0}, "dropout is 1.0; it must be a finite number of at least 0 and below 1."),
    ({"dropout": "much"}, "dropout is 'much'; it must be a finite number of at least 0 and below 1."),
    ({"dropout": None}, "dropout is None; it must be a finite number of at least 0 and below 1."),
    ({"dropout": True}, "dropout is True; it must be a finite number of at least 0 and below 1."),
    ({"dropout": [0.1, 0.2]}, "dropout has 2 values; it must be one, or one for each of 1 hidden layers. Look at hidden_layer_sizes."),
    ({"activation": ["relu"] * 3}, "activation has 3 values; it must be one, or one for each of 1 hidden layers. Look at hidden_layer_sizes."),
    ({"activation": "rellu"}, f"unknown activation 'rellu'. Did you mean 'relu'? The choices are {ACTIVATIONS}."),
    ({"activation": np.tanh}, "activation is <ufunc 'tanh'>; it must be a name, an activation or a pair of functions. Pass (function, derivative)."),
    ({"normalization": "instance"}, "unknown normalization 'instance'. The choices are 'batch', 'layer'."),
    ({"normalization": True}, "normalization is True; it must be one of 'batch', 'layer'."),
    ({"frozen": 0}, "frozen is 0; it must be a sequence of places in coefs_, 0 to 1. Write frozen=[0] for the first layer, frozen=() for none."),
    ({"frozen": None}, "frozen is None; it must be a sequence of places in coefs_, 0 to 1. Write frozen=[0] for the first layer, frozen=() for none."),
    ({"frozen": [2]}, "frozen holds 2; it must be a sequence of places in coefs_, 0 to 1. Count the layer of outputs too, and count from 0."),
    ({"frozen": [True]}, "frozen holds True; it must be a sequence of places in coefs_, 0 to 1. Count the layer of outputs too, and count from 0."),
    ({"scale_inputs": "yes"}, "scale_inputs is 'yes'; it must be True or False."),
    ({"max_seconds": "long"}, "max_seconds is 'long'; it must be a finite number of at least 0."),
    ({"max_seconds": -1}, "max_seconds is -1; it must be a finite number of at least 0."),
    ({"progress": "bar"}, "progress is 'bar'; it must be True or False."),
    ({"metrics": "acuracy"}, "unknown metric 'acuracy'. Did you mean 'accuracy'? The choices are 'accuracy', 'auc', 'balanced_accuracy', 'brier', 'f1', 'log_loss'. These are the metrics of loss='log_loss'."),
    ({"class_weight": "balance"}, "class_weight is 'balance'; it must be a dict of weights by label or 'balanced'."),
    ({"class_weight": [1, 2, 3]}, "class_weight is [1, 2, 3]; it must be a dict of weights by label or 'balanced'."),
    ({"class_weight": {0: -1}}, "class_weight[0] is -1; it must be a finite number of at least 0."),
    ({"class_weight": {0: "much"}}, "class_weight[0] is 'much'; it must be a finite number of at least 0."),
    ({"class_weight": {"0": 5}}, "class_weight has '0'; it must name labels of y, [0, 1, 2]. Look at the type of the labels as well."),
    ({"loss": "hinge"}, f"unknown loss 'hinge'. The choices are {CLASSES_ONLY}. Or pass a loss object."),
    ({"loss": None}, f"loss is None; it must be one of {CLASSES_ONLY}. Or pass a loss object."),
    ({"loss": "absolute_error"}, "loss is 'absolute_error'; it must be one for classes. Use MLPRegressor for numbers."),
    ({"loss": SquaredError()}, "loss is SquaredError(); it must be one for classes. Use MLPRegressor for numbers."),
    ({"solver": gn.Adam}, "solver is <class 'glassnet.optimizers.adaptive.Adam'>; it must be one of 'adagrad', 'adam', 'adamw', 'lbfgs', 'lion', 'rmsprop', 'sgd'."),
    ({"solver": gn.Adam(), "clip_norm": 1.0}, "clip_norm is 1.0; with an optimizer object it must be None. Give it to the optimizer."),
    ({"learning_rate": 0.1}, "learning_rate is 0.1; it must be one of 'adaptive', 'constant', 'invscaling'. Pass learning_rate_init=0.1."),
    ({"solver": "lbfgs", "dropout": 0.5}, f"dropout is 0.5; {LBFGS}"),
    ({"solver": "lbfgs", "dropout": [0.5]}, f"dropout is [0.5]; {LBFGS}"),
    ({"solver": "lbfgs", "dropout": None}, "dropout is None; it must be a finite number of at least 0 and below 1."),
    ({"solver": "lbfgs", "normalization": "batch"}, f"normalization is 'batch'; {LBFGS}"),
    ({"solver": "lbfgs", "clip_norm": 1.0}, f"clip_norm is 1.0; {LBFGS}"),
    ({"solver": "lbfgs", "max_seconds": 3}, f"max_seconds is 3; {LBFGS}"),
    ({"solver": "lbfgs", "callbacks": print}, f"callbacks is <built-in function print>; {LBFGS}"),
    ({"solver": "lbfgs", "metrics": "f1"}, f"metrics is 'f1'; {LBFGS}"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "text"), WRONG, ids=[str(options) for options, _ in WRONG])
def test_wrong_parameters(options: dict[str, Any], text: str) -> None:
    """A wrong value of a parameter that scikit-learn does not have is refused in one sentence, before anything is trained."""
    model = MLPClassifier(**SHORT | options)
    with pytest.raises(gn.errors.ConfigError) as caught:
        model.fit(X, Y)
    assert str(caught.value) == f"MLPClassifier: {text}"


WRONG_OF_REGRESSORS: list[tuple[dict[str, Any], str]] = [
    ({"scale_target": 1}, "scale_target is 1; it must be True or False."),
    ({"loss": "poisson", "scale_target": True}, "scale_target is True; with loss='poisson' it must be False, since counts have no scale."),
    ({"loss": "log_loss"}, "unknown loss 'log_loss'. The choices are 'absolute_error', 'gaussian_nll', 'huber', 'poisson', 'quantile', 'squared_error'. Or pass a loss object."),
    ({"loss": "cross_entropy"}, "loss is 'cross_entropy'; it must be one for numbers. Use MLPClassifier for classes."),
]  # fmt: skip


@pytest.mark.parametrize(("options", "text"), WRONG_OF_REGRESSORS, ids=str)
def test_wrong_parameters_of_regressors(options: dict[str, Any], text: str) -> None:
    """The same for what only the regressor has."""
    with pytest.raises(gn.errors.ConfigError) as caught:
        MLPRegressor(**SHORT | options).fit(DIABETES.X, np.abs(DIABETES.y))
    assert str(caught.value) == f"MLPRegressor: {text}"


def test_wrong_combinations() -> None:
    """Where two settings do not go together, the sentence names both."""
    labels = np.stack([Y == 0, Y > 0], axis=1).astype(int)
    with pytest.raises(gn.errors.ConfigError) as caught:
        MLPClassifier(**SHORT, loss="cross_entropy").fit(X, labels)
    assert str(caught.value) == (
        "MLPClassifier: loss is 'cross_entropy'; with several labels per row it must be a binary one. Take loss='binary_cross_entropy'."
    )
    with pytest.raises(gn.errors.ConfigError) as caught:
        MLPClassifier(**SHORT, solver="lbfgs").fit(X, Y, validation_data=(X, Y))
    assert str(caught.value) == (
        "MLPClassifier.fit: validation_data is given with solver='lbfgs'; it must be left out. Use solver='adam'."
    )
    with pytest.raises(gn.errors.ConfigError) as caught:
        MLPClassifier(**SHORT).fit(X, Y, validation_data=X)
    assert str(caught.value) == (
        "MLPClassifier.fit: validation_data is of type ndarray; it must be (X, y) or (X, y, sample_weight)."
    )


@quiet
def test_wrong_predictions() -> None:
    """What a loss did not learn cannot be asked for."""
    model = MLPRegressor(**SHORT).fit(DIABETES.X, DIABETES.y)
    with pytest.raises(gn.errors.ConfigError) as caught:
        model.predict(DIABETES.X, return_std=True)
    assert str(caught.value) == (
        "MLPRegressor.predict: loss is 'squared_error'; return_std=True needs loss='gaussian_nll'."
    )
    with pytest.raises(gn.errors.ConfigError) as caught:
        model.predict_quantiles(DIABETES.X)
    assert str(caught.value) == ("MLPRegressor.predict_quantiles: loss is 'squared_error'; it must be Quantile([...]).")


@quiet
def test_weights_that_weigh_nothing() -> None:
    """Rows of weight 0 count for nothing; where no row is left, that is said."""
    weight = (Y > 0).astype(float)
    options = SHORT | {"solver": "lbfgs", "max_iter": 30}
    part, whole = MLPClassifier(**options).fit(X[50:], Y[50:]), MLPClassifier(**options).fit(X, Y, weight)
    assert (whole.predict(X[50:]) == part.predict(X[50:])).mean() > 0.95
    with pytest.raises(gn.errors.DataError) as caught:
        MLPClassifier(**SHORT, class_weight={0: 0, 1: 0, 2: 0}).fit(X, Y)
    assert str(caught.value) == (
        "MLPClassifier.fit: class_weight and sample_weight leave no row a weight above 0. Give the classes of these rows other weights."
    )
    with pytest.raises(gn.errors.DataError) as caught:
        MLPClassifier(**SHORT, early_stopping=True).fit(X, Y, np.eye(150)[0])
    assert str(caught.value) == (
        "fit: all rows to train on, or all rows held out, have weight 0; some of both must weigh more. Drop the rows of weight 0."
    )


@quiet
def test_class_weight_of_a_class_that_is_not_in_the_batch() -> None:
    """With `partial_fit` and validation data, rows need not have every class that ``class_weight`` names."""
    model = MLPClassifier(**SHORT, class_weight={"setosa": 5.0})
    model.partial_fit(X[50:], NAMES[50:], classes=np.unique(NAMES))
    plain = MLPClassifier(**SHORT).partial_fit(X[50:], NAMES[50:], classes=np.unique(NAMES))
    assert model.loss_ == plain.loss_
    model.fit(X, NAMES, validation_data=(X[50:], NAMES[50:]))
    assert len(model.history_["valid_loss"]) == 3


@quiet
def test_validation_data_of_a_warm_start_may_lack_a_class() -> None:
    """A warm start must have all classes in its training rows, not in those that it is validated on."""
    model = MLPClassifier(**SHORT, warm_start=True).fit(X, NAMES)
    model.fit(X, NAMES, validation_data=(X[:50], NAMES[:50]))
    assert len(model.history_["valid_loss"]) == 3


ROWS: dict[str, Any] = {
    "float16": X.astype(np.float16), "lists": X.tolist(), "column by column": np.asfortranarray(X),
    "every other row of a larger array": np.repeat(X, 2, axis=0)[::2], "pandas": pd.DataFrame(X, columns=list("abcd")),
    "polars": pl.DataFrame(X, schema=list("abcd"), orient="row"), "sparse": scipy.sparse.csr_array(X),
    "coo": scipy.sparse.coo_matrix(X), "csc": scipy.sparse.csc_matrix(X),
}  # fmt: skip


@quiet
@pytest.mark.parametrize("kind", [*ROWS, "read-only", "on disk"])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_rows_of_any_kind(kind: str, solver: str, tmp_path: Path) -> None:
    """Rows in any container train the network that a plain array trains, and are left as they were."""
    if kind == "read-only":
        rows = X.copy()
        rows.flags.writeable = False
    elif kind == "on disk":
        np.save(tmp_path / "rows.npy", X)
        rows = np.load(tmp_path / "rows.npy", mmap_mode="r")
    else:
        rows = ROWS[kind]
    options = SHORT | {"solver": solver, "scale_inputs": not scipy.sparse.issparse(rows)}
    plain = X.astype(np.float16).astype(float) if kind == "float16" else X
    before = scipy.sparse.csr_array(rows).toarray() if scipy.sparse.issparse(rows) else np.array(rows)
    model, expected = MLPClassifier(**options).fit(rows, NAMES), MLPClassifier(**options).fit(plain, NAMES)
    # Half-precision numbers are scaled in half precision when they come to be predicted.
    tolerance = 1e-3 if kind == "float16" else 1e-12
    np.testing.assert_allclose(model.predict_proba(rows), expected.predict_proba(plain), rtol=0, atol=tolerance)
    after = rows.toarray() if scipy.sparse.issparse(rows) else np.array(rows)
    np.testing.assert_array_equal(after, before)


LABELS: dict[str, Any] = {
    "bool": Y > 0, "int8": Y.astype(np.int8), "float": Y + 0.0, "object": NAMES.astype(object),
    "mixed case": np.array(["a", "A", "Aa"])[Y], "Series": pd.Series(NAMES), "category": pd.Series(NAMES, dtype="category"),
    "polars": pl.Series(NAMES), "one class": np.full(150, "only"),
}  # fmt: skip


@quiet
@pytest.mark.parametrize("loss", ["log_loss", "cross_entropy", "binary_cross_entropy"])
@pytest.mark.parametrize("kind", LABELS)
def test_labels_of_any_kind(kind: str, loss: str) -> None:
    """Labels of any type come back as they were, under every loss, as do their weights."""
    labels = LABELS[kind]
    options = {"hidden_layer_sizes": (), "solver": "lbfgs", "max_iter": 40, "random_state": 0}
    plain = np.asarray(labels)
    weights = dict.fromkeys(plain.tolist(), 2.0)
    model = MLPClassifier(**options, loss=loss, class_weight=weights).fit(X, labels)
    found = model.predict(X)
    assert found.dtype.kind == model.classes_.dtype.kind
    assert set(found.tolist()) == set(plain.tolist())
    assert (found == plain).mean() > 0.9
    assert model.predict_proba(X).shape == (150, max(2, len(set(plain.tolist()))))


@quiet
@pytest.mark.parametrize("target", [DIABETES.y[:, None], pd.DataFrame({"y": DIABETES.y})], ids=["column", "frame"])
def test_a_column_of_targets(target: Any) -> None:
    """A column counts as a vector, with scikit-learn's warning."""
    from sklearn.exceptions import DataConversionWarning

    with pytest.warns(DataConversionWarning):
        model = MLPRegressor(**SHORT, scale_target=True).fit(DIABETES.X, target)
    plain = MLPRegressor(**SHORT, scale_target=True).fit(DIABETES.X, DIABETES.y)
    np.testing.assert_array_equal(model.predict(DIABETES.X), plain.predict(DIABETES.X))


@quiet
@pytest.mark.parametrize("options", [{}, {"solver": "lbfgs"}, {"normalization": "layer"}, {"dropout": 0.5}], ids=str)
def test_the_smallest_fits(options: dict[str, Any]) -> None:
    """One row, one column and one class can be fitted and predicted, scaled too."""
    one = MLPClassifier(**SHORT, scale_inputs=True, **options).fit(X[:1], NAMES[:1])
    assert one.predict(X[:3]).tolist() == ["setosa"] * 3
    column = MLPRegressor(**SHORT, scale_inputs=True, scale_target=True, loss=Quantile([0.2, 0.8]), **options)
    column.fit(DIABETES.X[:1, :1], [3.5])
    assert np.isfinite(column.predict_quantiles(DIABETES.X[:, :1])).all()


def poor_fits(model: Any, *arguments: Any) -> list[str]:
    """Return the texts of the warnings about a poor fit."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(*arguments)
    return [str(warning.message) for warning in caught if issubclass(warning.category, PoorFitWarning)]


LONG: dict[str, Any] = {"hidden_layer_sizes": (10,), "max_iter": 100, "random_state": 0}


def test_poor_fits_are_said() -> None:
    """A useless network is announced, with the way out of it: another rate, scaled inputs, more epochs."""
    [text] = poor_fits(MLPClassifier(**LONG, solver="sgd", learning_rate_init=50.0), X, Y)
    assert text.startswith("MLPClassifier.fit: warning: rate-too-high (epoch 12)\n  measured: On 150 training rows ")
    assert "\n  do: Lower learning_rate_init (now 50).\n" in text
    [text] = poor_fits(MLPClassifier(**LONG, solver="sgd", learning_rate=gn.CosineDecay(50.0, epochs=100)), X, Y)
    assert "\n  do: Lower the learning rate of the schedule.\n" in text
    [text] = poor_fits(MLPClassifier(**LONG, solver=gn.SGD(50.0)), X, Y)
    assert "\n  do: Lower the learning rate of the solver.\n" in text
    [text] = poor_fits(MLPClassifier(**LONG), 1000 * X + 5000, Y)
    assert "warning: unscaled-inputs" in text
    assert "\n  do: Pass scale_inputs=True, " in text
    assert poor_fits(MLPClassifier(**LONG, learning_rate_init=0.01, scale_inputs=True), 1000 * X + 5000, Y) == []
    [text] = poor_fits(MLPClassifier(**LONG | {"max_iter": 1}), X, Y)
    assert text.startswith("MLPClassifier.fit: the training loss is ")
    assert " for a guess that looks at no feature; the network must do better. " in text
    assert text.endswith("The loss was still falling: raise max_iter (now 1).")
    assert issubclass(PoorFitWarning, ConvergenceWarning)
    assert issubclass(PoorFitWarning, gn.DiagnosisWarning)


@pytest.mark.parametrize(
    "loss",
    ["log_loss", gn.BinaryCrossEntropy(label_smoothing=0.2), gn.SoftmaxCrossEntropy(label_smoothing=0.2)],
    ids=str,
)
def test_a_good_fit_to_a_rare_class_is_not_poor(loss: Any) -> None:
    """Smoothed labels raise the loss of the best network, and that of the best guess with it."""
    rare = np.array(["no", "yes"])[(X[:, 0] > 2).astype(int)]
    model = MLPClassifier((10,), solver="lbfgs", max_iter=500, random_state=0, loss=loss)
    assert poor_fits(model, X, rare) == []
    assert model.score(X, rare) == 1.0


@pytest.mark.parametrize("value", [0.0, 3.0])
@pytest.mark.parametrize("options", [{}, {"solver": "lbfgs"}, {"scale_target": True}], ids=str)
def test_constant_targets_are_no_poor_fit(value: float, options: dict[str, Any]) -> None:
    """Nothing can do better than the guess of a constant, so nothing is said, for one class as well; it is a finding."""
    assert poor_fits(MLPRegressor(**LONG, **options), DIABETES.X, np.full(len(DIABETES.y), value)) == []
    if "scale_target" not in options:
        one_class = MLPClassifier(**LONG, **options)
        assert poor_fits(one_class, X, Y > 5) == []
        assert one_class.findings_[0].measured == "All 150 rows are of class False."


def test_a_fit_that_runs_away() -> None:
    """Weights that are not finite are an error with the way out; with early stopping the best epoch is kept and it is said."""
    with pytest.raises(SolverError, match=r"Pass scale_inputs=True, or lower learning_rate_init\.") as caught:
        MLPRegressor(**LONG, learning_rate_init=1e308).fit(DIABETES.X, DIABETES.y)
    assert caught.value.__notes__[0].startswith("error: diverged (epoch 1, step 2")

    def explode(run: Any) -> None:
        if run.epoch == 5:
            run.network.params[...] *= 1e300

    model = MLPRegressor(**LONG, early_stopping=True, callbacks=explode)
    best = MLPRegressor(**LONG | {"max_iter": 5}, early_stopping=True)
    poor_fits(best, DIABETES.X, DIABETES.y)
    texts = poor_fits(model, DIABETES.X, DIABETES.y)
    assert texts[0].startswith("MLPRegressor.fit: training diverged with ")
    assert texts[0].endswith("The best weights before are kept. Lower learning_rate_init, or pass scale_inputs=True.")
    assert np.isnan(model.validation_scores_[-1])
    np.testing.assert_array_equal(model.predict(DIABETES.X), best.predict(DIABETES.X))


TEXTS = np.array(["Adelie", "Gentoo", "Chinstrap"] * 20)
NOISE = np.random.default_rng(0).standard_normal((60, 3))


@pytest.mark.parametrize(
    "labels",
    [TEXTS, TEXTS.tolist(), TEXTS.astype(object), pd.Series(TEXTS), pd.Series(TEXTS, dtype="category"),
     pl.Series(TEXTS.tolist()), pd.DataFrame({"y": TEXTS})],
    ids=["array", "list", "objects", "pandas", "categories", "polars", "frame"],
)  # fmt: skip
@pytest.mark.parametrize("as_frame", [False, True])
def test_labels_are_no_numbers(labels: Any, as_frame: bool) -> None:
    """A regressor blames the text in y on y, whatever holds it, and names the classifier; so do continued fits and validation."""
    rows: Any = pd.DataFrame(NOISE, columns=list("abc")) if as_frame else NOISE
    said = r"^MLPRegressor: y holds 'Adelie'; it must hold numbers\. Use MLPClassifier for labels\.$"
    with pytest.raises(gn.DataError, match=said):
        MLPRegressor(max_iter=3).fit(rows, labels)
    with pytest.raises(gn.DataError, match=said):
        MLPRegressor(max_iter=3).partial_fit(rows, labels)
    with pytest.raises(gn.DataError, match=said):
        MLPRegressor(max_iter=3).fit(rows, NOISE[:, 0], validation_data=(rows, labels))


def test_numbers_as_text_and_missing_numbers_are_of_y() -> None:
    """Text of numbers is refused with the conversion, and a missing number in the estimator's name, not in a loss's."""
    with pytest.raises(gn.DataError) as caught:
        MLPRegressor().fit(NOISE, ["1", "2"] * 30)
    assert (
        str(caught.value)
        == "MLPRegressor: y holds '1'; it must hold numbers. Turn the text into numbers: y = np.asarray(y, dtype=float)."
    )
    with pytest.raises(gn.DataError, match=r"^MLPRegressor: y holds nan at row 1"):
        MLPRegressor().fit(NOISE, np.array([1.0, None, 2.0] * 20, dtype=object))
    with pytest.raises(gn.DataError, match=r"^MLPRegressor: y has values from -1 to 1; targets must be counts"):
        MLPRegressor(loss="poisson").fit(NOISE, np.sign(NOISE[:, 0]))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "numbers", [NOISE[:, 0], NOISE[:, 0].tolist(), pd.Series(NOISE[:, 0])], ids=["array", "list", "series"]
)
def test_numbers_are_no_labels(numbers: Any) -> None:
    """A classifier shows one of the numbers, not all, names the regressor, and keeps the words that scikit-learn looks for."""
    said = "MLPClassifier: Unknown label type: y holds fractions such as 0.12573; it must hold labels. Use MLPRegressor for numbers."
    for call in (
        lambda: MLPClassifier().fit(NOISE, numbers),
        lambda: MLPClassifier().partial_fit(NOISE, numbers, classes=numbers),
        lambda: MLPClassifier(max_iter=1, warm_start=True).fit(NOISE, NOISE[:, 0] > 0).fit(NOISE, numbers),
    ):
        with pytest.raises(gn.DataError) as caught:
            call()
        assert str(caught.value) == said
