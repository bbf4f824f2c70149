"""Metrics: by hand, against scikit-learn, where they are not defined, a user's own, and watched by early stopping."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import metrics as gm

N = 60


def yes_no(rng: np.random.Generator, m: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return yes/no answers (n, m) and probabilities with many ties."""
    y = (rng.random((N, m)) < 0.3).astype(float)
    return y, np.clip(0.3 * y + rng.random((N, m)), 0.05, 0.95).round(1)


def classes(rng: np.random.Generator, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return codes and probabilities with ties."""
    y = rng.integers(0, k, N)
    P = rng.integers(1, 5, (N, k)) + 2.0 * (y[:, None] == np.arange(k))
    return y, P / P.sum(axis=1, keepdims=True)


def numbers(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return two columns of positive numbers and predictions."""
    return rng.poisson(2.0, (N, 2)).astype(float), rng.random((N, 2)) * 4.0 + 0.1


def _flat(function: Callable[..., float]) -> Callable[..., float]:
    """Return a metric of scikit-learn's that takes one column."""
    return lambda y, p, **o: function(y[:, 0], p[:, 0], **o)


def _cut(function: Callable[..., float], **fixed: Any) -> Callable[..., float]:
    """Return one that takes labels, for probabilities of yes."""
    return lambda y, p, **o: function(y, p > 0.5, **fixed, **o)


def _top(function: Callable[..., float], **fixed: Any) -> Callable[..., float]:
    """Return one that takes labels, for probabilities of classes."""
    return lambda y, p, **o: function(y, p.argmax(axis=1), **fixed, **o)


def _rivals() -> dict[str, tuple[gm.Metric, Callable[..., Any], Callable[..., float]]]:
    """Return for each name: our function, the data, scikit-learn's function."""
    sk = pytest.importorskip("sklearn.metrics")
    three, two, many = partial(classes, k=3), partial(classes, k=2), partial(yes_no, m=3)

    def each(function: Callable[..., float], labels: bool) -> Callable[..., float]:
        return lambda y, p, **o: float(
            np.mean([function(y[:, j], p[:, j] > 0.5 if labels else p[:, j], **o) for j in range(y.shape[1])])
        )

    def d_pinball(y: np.ndarray, p: np.ndarray, **o: Any) -> float:
        return float(np.mean([sk.mean_pinball_loss(y[:, 0], p[:, j], alpha=a, **o) for j, a in enumerate((0.2, 0.7))]))

    return {
        "accuracy": (gm.accuracy, three, _top(sk.accuracy_score)),
        "auc of 2": (gm.auc, two, lambda y, p, **o: sk.roc_auc_score(y, p[:, 1], **o)),
        "auc of 3": (gm.auc, three, partial(sk.roc_auc_score, multi_class="ovr", average="macro")),
        "balanced accuracy": (gm.balanced_accuracy, three, _top(sk.balanced_accuracy_score)),
        "brier of 2": (gm.brier, two, lambda y, p, **o: sk.brier_score_loss(y, p[:, 1], **o)),
        "f1 of 2": (gm.f1, two, _top(sk.f1_score)),
        "f1 of 3": (gm.f1, three, _top(sk.f1_score, average="macro")),
        "log loss": (gm.log_loss, three, sk.log_loss),
        "binary accuracy": (gm.binary_accuracy, yes_no, _cut(_flat(sk.accuracy_score))),
        "binary auc": (gm.binary_auc, yes_no, _flat(sk.roc_auc_score)),
        "binary auc of 3": (gm.binary_auc, many, partial(sk.roc_auc_score, average="macro")),
        "binary balanced accuracy": (gm.binary_balanced_accuracy, yes_no, _cut(_flat(sk.balanced_accuracy_score))),
        "binary balanced accuracy of 3": (
            gm.binary_balanced_accuracy, many, each(sk.balanced_accuracy_score, labels=True),
        ),
        "binary brier": (gm.binary_brier, yes_no, _flat(sk.brier_score_loss)),
        "binary f1": (gm.binary_f1, yes_no, _cut(_flat(sk.f1_score))),
        "binary f1 of 3": (gm.binary_f1, many, _cut(sk.f1_score, average="macro")),
        "binary log loss": (gm.binary_log_loss, yes_no, _flat(sk.log_loss)),
        "binary log loss of 3": (gm.binary_log_loss, many, each(sk.log_loss, labels=False)),
        "mae": (gm.mae, numbers, sk.mean_absolute_error),
        "r2": (gm.r2, numbers, sk.r2_score),
        "rmse": (gm.rmse, lambda rng: [a[:, :1] for a in numbers(rng)], sk.root_mean_squared_error),
        "pinball": (
            partial(gm.pinball, levels=(0.2, 0.7)), lambda rng: (numbers(rng)[0][:, :1], numbers(rng)[1]), d_pinball,
        ),
        "poisson deviance": (
            gm.poisson_deviance, lambda rng: [a[:, :1] for a in numbers(rng)], _flat(sk.mean_poisson_deviance),
        ),
    }  # fmt: skip


RIVALS = [
    "accuracy", "auc of 2", "auc of 3", "balanced accuracy", "brier of 2", "f1 of 2", "f1 of 3", "log loss",
    "binary accuracy", "binary auc", "binary auc of 3", "binary balanced accuracy", "binary balanced accuracy of 3",
    "binary brier", "binary f1", "binary f1 of 3", "binary log loss", "binary log loss of 3", "mae", "r2", "rmse",
    "pinball", "poisson deviance",
]  # fmt: skip


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", RIVALS)
def test_metrics_equal_those_of_scikit_learn(name: str, weighted: bool, rng: np.random.Generator) -> None:
    """Ours and scikit-learn's agree to rounding, with and without weights, weights of 0 among them."""
    ours, data, theirs = _rivals()[name]
    for _ in range(5):
        y, prediction = data(rng)
        weight = rng.integers(0, 4, N) * 0.7 if weighted else None
        expected = theirs(y, prediction, sample_weight=weight)
        assert ours(y, prediction, weight) == pytest.approx(expected, rel=1e-12)


def test_every_metric_has_a_rival_or_a_value_by_hand() -> None:
    """The table above knows every public metric, but coverage and the Brier score of many classes, done by hand."""
    compared = {getattr(ours, "func", ours) for ours, _, _ in _rivals().values()}
    assert set(gm.METRICS.values()) - compared == {gm.coverage}
    assert set(RIVALS) == set(_rivals())


def test_directions() -> None:
    """Each metric is better greater, or better lower, or neither, as coverage."""
    assert not gm.GREATER_IS_BETTER & gm.LOWER_IS_BETTER
    assert set(gm.METRICS) - gm.GREATER_IS_BETTER - gm.LOWER_IS_BETTER == {"coverage"}
    rng = np.random.default_rng(0)
    for name in gm.GREATER_IS_BETTER | gm.LOWER_IS_BETTER:
        if name.startswith("binary"):
            y, p = yes_no(rng)
            best = y
        elif name in ("mae", "r2", "rmse", "pinball", "poisson_deviance"):
            y, p = numbers(rng)
            y, p = y[:, :1], p[:, :1].repeat(3, axis=1) if name == "pinball" else p[:, :1]
            best = y.repeat(p.shape[1], axis=1)
        else:
            y, p = classes(rng, 3)
            best = (y[:, None] == np.arange(3)).astype(float)
        metric = gm.METRICS[name]
        assert (metric(y, best, None) > metric(y, p, None)) == (name in gm.GREATER_IS_BETTER), name


def test_brier_by_hand() -> None:
    """Of three classes: (0.5 - 1)**2 + 0.3**2 + 0.2**2 = 0.38, and 1 + 1 where all is put on the wrong class."""
    P = np.array([[0.5, 0.3, 0.2], [0.0, 0.0, 1.0]])
    assert gm.brier(np.array([0, 1]), P) == pytest.approx((0.38 + 2.0) / 2, rel=1e-14)
    assert gm.brier(np.eye(3)[[0, 1]], P, np.array([3.0, 1.0])) == pytest.approx((3 * 0.38 + 2.0) / 4, rel=1e-14)


def test_coverage_by_hand() -> None:
    """Bounds count as inside; two targets are averaged; a single level counts what is at or below it."""
    y = np.array([[1.0, 0.0], [2.0, 5.0]])
    Q = np.array([[1.0, 1.5, 2.0, 1.0, 2.0, 3.0], [0.0, 1.0, 2.0, 4.0, 5.0, 6.0]])
    assert gm.coverage(y, Q) == 0.75  # inside, below; inside, inside
    assert gm.coverage(y, Q, np.array([3.0, 1.0])) == 0.625
    assert gm.coverage(y, np.array([[0.5, 0.0], [2.0, 9.0]])) == 0.75


def test_metrics_take_probabilities_as_targets() -> None:
    """Rows of probabilities count as their most probable class, and as they are in log loss and Brier score."""
    y, P = np.array([[0.6, 0.4], [0.3, 0.7]]), np.array([[0.8, 0.2], [0.9, 0.1]])
    for metric in (gm.accuracy, gm.auc, gm.balanced_accuracy, gm.f1):
        assert metric(y, P, None) == metric(np.array([0, 1]), P, None)
    expected = -(0.6 * math.log(0.8) + 0.4 * math.log(0.2) + 0.3 * math.log(0.9) + 0.7 * math.log(0.1)) / 2
    assert gm.log_loss(y, P) == pytest.approx(expected, rel=1e-14)
    assert gm.brier(y, P) == pytest.approx((0.2**2 + 0.6**2) / 2, rel=1e-12)


def test_certain_and_wrong_stays_finite() -> None:
    """A probability of 0 for what happened costs as much as the precision of its dtype, a rate of 0 a finite sum."""
    P = np.array([[1.0, 0.0]], dtype="float32")
    most = -math.log(np.finfo("float32").eps)
    assert gm.log_loss(np.array([1]), P) == pytest.approx(most, rel=1e-12)
    assert gm.binary_log_loss(np.array([[1.0]]), P[:, 1:]) == pytest.approx(most, rel=1e-12)
    assert gm.binary_log_loss(np.array([[0.0]]), P[:, :1]) == pytest.approx(most, rel=1e-12)
    assert math.isfinite(gm.poisson_deviance(np.array([[3.0]]), P[:, 1:]))


def test_undefined_is_nan() -> None:
    """AUC of one class and F1 of a class that is neither there nor predicted are NaN, without a warning."""
    ones, P = np.ones((3, 1)), np.full((3, 1), 0.2)
    assert math.isnan(gm.binary_auc(ones, P))
    assert math.isnan(gm.auc(np.array([1, 1]), np.array([[0.2, 0.8], [0.4, 0.6]])))
    assert math.isnan(gm.binary_f1(1.0 - ones, P))
    assert gm.binary_f1(ones, P) == 0.0
    # Weights of 0 remove the other class.
    assert math.isnan(gm.binary_auc(np.array([[1.0], [0.0]]), P[:2], np.array([1.0, 0.0])))


def test_auc_of_nan_is_nan() -> None:
    """A network whose predictions are NaN has no rank to score."""
    assert math.isnan(gm.binary_auc(np.array([[1.0], [0.0]]), np.array([[0.5], [math.nan]])))


def test_averages_leave_out_what_is_undefined() -> None:
    """A label, or a class, that does not occur leaves the average of the others."""
    y, P = np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([[0.1, 0.3], [0.9, 0.3]])
    assert gm.binary_auc(y, P) == 1.0
    assert gm.binary_f1(y, P) == 1.0
    assert gm.binary_balanced_accuracy(y, P) == 1.0
    codes, Q = np.array([0, 1]), np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]])
    assert (gm.auc(codes, Q), gm.f1(codes, Q), gm.balanced_accuracy(codes, Q)) == (1.0, 1.0, 1.0)


# ---- own metrics ------------------------------------------------------------------------------------------------


def worst(y: np.ndarray, prediction: np.ndarray) -> float:
    """Return the largest error."""
    return float(np.abs(y - prediction).max())


def mass(y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None) -> float:
    """Return the sum of the weights."""
    return math.nan if weight is None else float(weight.sum())


def line(rng: np.random.Generator, **options: Any) -> tuple[gn.Network, np.ndarray, np.ndarray]:
    """Return a small network and data."""
    X = rng.standard_normal((30, 2))
    net = gn.Network([gn.Dense(1)], loss="squared_error", optimizer=gn.Adam(0.05), seed=0, **options)
    return net, X, X @ np.array([1.0, -2.0])


def test_own_metrics_beside_names(rng: np.random.Generator) -> None:
    """Names and functions of the user's stand side by side in fit and evaluate, alone too, and with members."""
    net, X, y = line(rng)
    names = ["mae", "worst", "mass"]
    history = net.fit(X, y, epochs=3, validation_data=(X, y), metrics=["mae", worst, mass])
    assert list(history.columns)[2:] == [*names, "valid_loss", *(f"valid_{name}" for name in names)]
    assert np.isnan(history["valid_mass"]).all()
    found = net.evaluate(X, y, np.ones(30), metrics=[worst, mass])
    assert found["worst"] == pytest.approx(np.abs(y - net.predict(X)[:, 0]).max(), rel=1e-6)
    assert found["mass"] == pytest.approx(30.0)
    assert set(net.evaluate(X, y, metrics=worst)) == {"loss", "worst"}
    both, X, y = line(rng, members=2)
    both.fit(X, y, epochs=1)
    assert both.evaluate(X, y, metrics=[worst])["worst"].shape == (2,)


def careless(y: np.ndarray, prediction: np.ndarray, weight: np.ndarray) -> float:
    """Write into what it was given."""
    prediction -= y
    return 0.0


def test_own_metrics_cannot_write(rng: np.random.Generator) -> None:
    """What a metric is given is read-only: the next one reads the same numbers."""
    net, X, y = line(rng)
    net.build((2,))
    with pytest.raises(ValueError, match="read-only"):
        net.evaluate(X, y, metrics=[careless])


def test_functions_of_the_library_are_metrics_too(rng: np.random.Generator) -> None:
    """One of our own functions in place of its name gives the same."""
    net, X, y = line(rng)
    net.build((2,))
    assert net.evaluate(X, y, metrics=[gm.mae]) == net.evaluate(X, y, metrics=["mae"])


def test_weights_reach_functions_that_know_them(rng: np.random.Generator) -> None:
    """An argument called sample_weight gets the weights, wherever it stands: scikit-learn's functions fit."""
    sk = pytest.importorskip("sklearn.metrics")
    net, X, y = line(rng)
    net.build((2,))
    weight = rng.random(30)
    found = net.evaluate(X, y, weight, metrics=["mae", sk.mean_absolute_error])
    assert found["mean_absolute_error"] == pytest.approx(found["mae"], rel=1e-6)


def shape_of_errors(y: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    """Return something that is not a number."""
    return np.abs(y - prediction)[:3, 0]


def endless(y: np.ndarray, prediction: np.ndarray) -> float:
    """Return infinity."""
    return math.inf


def wordy(y: np.ndarray, prediction: np.ndarray) -> str:
    """Return a word."""
    return "good"


def alone(y: np.ndarray) -> float:
    """Take too few arguments."""
    return 0.0


def loss(y: np.ndarray, prediction: np.ndarray) -> float:
    """Have a name that is taken."""
    return 0.0


BAD_METRICS = [
    (lambda y, p: 0.0, "Network.evaluate: a metric is a lambda; it must have a name. Define it with def: its name becomes the column of the history."),
    (partial(worst), "Network.evaluate: a metric is a partial without __name__; it must have a name. Define it with def: its name becomes the column of the history."),
    (alone, "Network.evaluate: the metric is alone(y: 'np.ndarray') -> 'float'; a metric must take (y, prediction) or (y, prediction, weight)."),
    (loss, "Network.evaluate: the metric name 'loss' is taken; a metric of your own must have another name. Rename the function."),
    (shape_of_errors, "Network.evaluate: the metric 'shape_of_errors' returned an array of shape (3,); it must return one number, finite or NaN."),
    (endless, "Network.evaluate: the metric 'endless' returned inf; it must return one number, finite or NaN."),
    (wordy, "Network.evaluate: the metric 'wordy' returned 'good'; it must return one number, finite or NaN."),
    (3, "Network.evaluate: metric is 3; it must be one of 'mae', 'r2', 'rmse'. These are the metrics of loss='squared_error'."),
    ("auc", "Network.evaluate: unknown metric 'auc'. The choices are 'mae', 'r2', 'rmse'. These are the metrics of loss='squared_error'."),
]  # fmt: skip


@pytest.mark.parametrize(("metric", "message"), BAD_METRICS, ids=[message[18:60] for _, message in BAD_METRICS])
def test_bad_metrics(metric: Any, message: str, rng: np.random.Generator) -> None:
    """A metric that cannot be one gets one sentence."""
    net, X, y = line(rng)
    net.build((2,))
    with pytest.raises(gn.ConfigError) as caught:
        net.evaluate(X, y, metrics=metric)
    assert str(caught.value) == message


# ---- early stopping ---------------------------------------------------------------------------------------------


class Scripted:
    """A metric that returns given values, one per epoch: for the training rows, and for the validation rows."""

    def __init__(self, values: list[float]) -> None:
        self.__name__ = "scripted"
        self.values = iter([each for value in values for each in (value, value)])

    def __call__(self, y: np.ndarray, prediction: np.ndarray) -> float:
        """Return the next value."""
        return next(self.values)


@pytest.mark.parametrize(
    ("mode", "values", "best_epoch", "epochs"),
    [
        ("max", [1.0, 3.0, 2.0, 1.0], 2, 4),
        ("min", [3.0, 1.0, 2.0, 3.0], 2, 4),
        ("max", [math.nan, 1.0, math.nan, 1.0, 5.0], 2, 4),
        ("min", [math.nan, math.nan], 0, 2),
    ],
    ids=["max", "min", "NaN between", "only NaN"],
)
def test_early_stopping_on_an_own_metric(
    mode: str, values: list[float], best_epoch: int, epochs: int, rng: np.random.Generator
) -> None:
    """The best epoch of any metric is kept, in the direction that was said, and NaN is never an improvement."""
    net, X, y = line(rng)
    weights: list[np.ndarray] = []
    history = net.fit(
        X, y, epochs=20, validation_data=(X, y), metrics=[Scripted(values)],
        early_stopping=gn.EarlyStopping("valid_scripted", patience=2, mode=mode),
        callbacks=lambda run: weights.append(run.network.params.copy()),
    )  # fmt: skip
    assert (history.stop_reason, history.epochs, history.best_epoch) == ("early stopping", epochs, best_epoch)
    np.testing.assert_array_equal(net.params, weights[best_epoch - 1])  # the last where there is no best


@pytest.mark.parametrize(("metric", "sign"), [("auc", -1.0), ("log_loss", 1.0), ("f1", -1.0), ("brier", 1.0)])
def test_directions_are_known(metric: str, sign: float) -> None:
    """Early stopping knows which way our metrics improve."""
    assert gn.EarlyStopping(f"valid_{metric}")._sign == sign
    assert gn.EarlyStopping()._sign == gn.EarlyStopping("loss")._sign == 1.0


def test_unknown_direction_is_asked_for(rng: np.random.Generator) -> None:
    """Early stopping refuses to guess which way an unknown metric, or one without a direction, improves."""
    net, X, y = line(rng)
    with pytest.raises(gn.ConfigError) as caught:
        net.fit(X, y, epochs=1, validation_data=(X, y), metrics=[worst], early_stopping=gn.EarlyStopping("valid_worst"))
    assert str(caught.value) == (
        "EarlyStopping: mode is 'auto', but whether a greater 'valid_worst' is better is not known; mode must be 'min' or 'max'. Write mode='max' if greater is better."
    )
    with pytest.raises(gn.ConfigError, match=r"whether a greater 'valid_coverage' is better is not known"):
        assert gn.EarlyStopping("valid_coverage")._sign
    with pytest.raises(gn.ConfigError, match=r"unknown mode 'up'\. The choices are 'auto', 'max', 'min'\."):
        gn.EarlyStopping(mode="up")


def test_another_direction_starts_anew(rng: np.random.Generator) -> None:
    """A next fit that watches the same value the other way does not compare with the old best."""
    net, X, y = line(rng)
    options: dict[str, Any] = {"epochs": 3, "validation_data": (X, y), "metrics": [worst]}
    net.fit(X, y, early_stopping=gn.EarlyStopping("valid_worst", mode="max"), **options)
    history = net.fit(X, y, early_stopping=gn.EarlyStopping("valid_worst", mode="min"), **options)
    assert history.best_epoch == 6  # errors fall, so the last of the new epochs is the least


def test_the_direction_is_saved(rng: np.random.Generator, tmp_path: Path) -> None:
    """A run that watches an own metric goes on from a file as it does without one."""
    net, X, y = line(rng)
    options: dict[str, Any] = {
        "epochs": 3, "validation_data": (X, y), "metrics": [worst],
        "early_stopping": gn.EarlyStopping("valid_worst", mode="max", patience=9),
    }  # fmt: skip
    net.fit(X, y, **options)
    net.save(tmp_path / "net.safetensors", training_state=True)
    twin = gn.load(tmp_path / "net.safetensors")
    for which in (net, twin):
        assert which.fit(X, y, **options).best_epoch == 1
    np.testing.assert_array_equal(net.params, twin.params)


def test_a_fit_survives_a_split_with_one_class(rng: np.random.Generator, tmp_path: Path) -> None:
    """Where the validation rows are of one class AUC is NaN, training goes on, and NaN can be saved and read."""
    X, y = rng.standard_normal((20, 2)), np.array([0, 1] * 10)
    net = gn.Network([gn.Dense(1)], loss="binary_cross_entropy", seed=0)
    rule = gn.EarlyStopping("valid_auc", patience=3)
    history = net.fit(X, y, epochs=9, validation_data=(X[:3], [1, 1, 1]), metrics=["auc"], early_stopping=rule)
    assert np.isnan(history["valid_auc"]).all()
    assert (history.stop_reason, history.epochs) == ("early stopping", 3)
    net.save(tmp_path / "net.safetensors", training_state=True)
    twin = gn.load(tmp_path / "net.safetensors")
    assert twin.history is not None
    np.testing.assert_array_equal(twin.history["valid_auc"], [math.nan] * 3)
    options: dict[str, Any] = {"epochs": 2, "validation_data": (X, y), "metrics": ["auc"], "early_stopping": rule}
    histories = [which.fit(X, y, **options) for which in (twin, net)]
    for name in histories[0].columns:
        np.testing.assert_array_equal(histories[0][name], histories[1][name])
    assert net._run.stopping.sign == -1.0


# ---- what is accepted --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", [gm.accuracy, gm.balanced_accuracy, gm.f1], ids=lambda f: f.__name__)
@pytest.mark.parametrize("k", [2, 3, 5])
def test_predicted_classes_are_scored_as_probabilities(metric: Callable[..., float], k: int) -> None:
    """Codes, columns of codes, lists and text score what the probabilities of these classes do."""
    rng = np.random.default_rng(k)
    y, P = classes(rng, k)
    y[:k] = np.arange(k)
    found, weight = P.argmax(axis=1), rng.random(N)
    wanted, weighted = metric(y, P), metric(y, P, weight)
    for true, predicted in ((y, found), (y.tolist(), found.tolist()), (y[:, None], found[:, None]), (y + 0.0, found)):
        assert metric(true, predicted) == pytest.approx(wanted)
        assert metric(true, predicted, weight.tolist()) == pytest.approx(weighted)
    names = np.array(list("abcde"))
    assert metric(names[y], names[found]) == pytest.approx(wanted)
    assert metric(y - 1, found - 1) == metric(y * 100_000, found * 100_000) == pytest.approx(wanted)


def test_columns_and_vectors_are_the_same_rows() -> None:
    """A vector beside a column is no table of all pairs: both are one value for each row."""
    y, p = np.array([0.0, 1.0, 1.0, 0.0]), np.array([0.2, 0.9, 0.3, 0.1])
    for name, metric in gm.METRICS.items():
        if name.startswith("binary_") or name in ("mae", "rmse", "r2"):
            values = [metric(a, b) for a in (y, y[:, None], y.tolist()) for b in (p, p[:, None], p.tolist())]
            assert values == pytest.approx([metric(y[:, None], p[:, None])] * 9), name


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gm.accuracy([0, 1, 1], [0.1, 0.4, 0.9]), "accuracy: prediction has shape (3,); it must be (n, classes), the probability of each class, or (n,) codes of classes. For the probability of yes take binary_accuracy."),
        (lambda: gm.log_loss([0, 1, 1], [0, 1, 1]), "log_loss: prediction has shape (3,); it must be (n, classes), the probability of each class. For the probability of yes take binary_log_loss."),
        (lambda: gm.f1([0, 1], [[0.1], [0.9]]), "f1: prediction has shape (2, 1); it must be (n, classes), the probability of each class, or (n,) codes of classes. For the probability of yes take binary_f1."),
        (lambda: gm.accuracy([0, 2], np.eye(2)), "accuracy: y holds 2; it must hold codes from 0 to 1, in the order of the prediction's columns."),
        (lambda: gm.auc(["a", "b"], np.eye(2)), "auc: y holds 'a'; it must hold codes from 0 to 1, in the order of the prediction's columns."),
        (lambda: gm.accuracy([0, 1], ["a", "b"]), "accuracy: y holds 0, prediction 'a'; both must hold the same kind of labels or codes."),
        (lambda: gm.brier(np.eye(3), np.eye(3)[:, :2]), "brier: y has shape (3, 3); it must be (n, 2), as the prediction is, or (n,) codes."),
        (lambda: gm.rmse([1.0, 2.0], [1.0]), "rmse: y has shape (2,), prediction (1,); they must have the same number of rows."),
        (lambda: gm.mae([1.0, 2.0], np.eye(2)), "mae: y has shape (2,), prediction (2, 2); the prediction must have one column for each target."),
        (lambda: gm.binary_f1([0, 1], np.eye(2)), "binary_f1: y has shape (2,), prediction (2, 2); the prediction must have one column for each target. For exclusive classes take f1."),
        (lambda: gm.pinball(np.ones((2, 2)), np.ones((2, 3))), "pinball: y has shape (2, 2), prediction (2, 3); the prediction must have the quantiles of each target."),
        (lambda: gm.r2(["a", "b"], [1.0, 2.0]), "r2: y holds 'a'; it must hold numbers."),
        (lambda: gm.accuracy([0, 1], [0, 1], [1.0]), "accuracy: weight has shape (1,); it must be (2,), one for each row."),
    ],
)  # fmt: skip
def test_rows_that_do_not_fit_are_refused_in_a_sentence(call: Callable[[], float], message: str) -> None:
    """The shape or the value stands in the message, with what it must be."""
    with pytest.raises(gn.GlassnetError) as caught:
        call()
    assert str(caught.value) == message
