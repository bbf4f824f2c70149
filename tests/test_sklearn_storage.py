"""Perceptrons in our own file: what comes back predicts and trains on bit for bit, and damage is named."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.7")

from sklearn import datasets
from sklearn.exceptions import NotFittedError

import glassnet as gn
from glassnet.sklearn import MLPClassifier, MLPRegressor, load
from hostile import DATA, Parts

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, CODES = datasets.load_iris(return_X_y=True)
WORDS = np.array(["setosa", "versicolor", "virginica"])[CODES]
_, LABELS = datasets.make_multilabel_classification(n_samples=150, n_classes=3, random_state=0)
SMALL: dict[str, Any] = {"hidden_layer_sizes": (5, 4), "max_iter": 4, "random_state": 0}

TARGETS: dict[str, Any] = {
    "words": WORDS,
    "objects": WORDS.astype(object),
    "numbers": CODES * 2 - 1,
    "floats": CODES * 1.0,
    "two": WORDS == "setosa",
    "labels": LABELS,
}
OPTIONS: list[dict[str, Any]] = [
    {},
    {"solver": "sgd", "learning_rate": "adaptive", "n_iter_no_change": np.inf},
    {"solver": "lbfgs", "scale_inputs": True},
    {"early_stopping": True, "dropout": [0.1, 0.2], "class_weight": "balanced"},
    {"activation": (gn.LeakyReLU(0.2), "tanh"), "solver": gn.AdamW(gn.CosineDecay(0.01, epochs=4), weight_decay=0.1)},
    {"loss": gn.BinaryCrossEntropy(label_smoothing=0.1), "learning_rate": gn.Warmup(gn.Constant(0.01), epochs=2)},
    {"normalization": "batch", "frozen": (0,), "random_state": np.random.RandomState(3)},
]


def same_weights(left: Any, right: Any) -> bool:
    """Return whether all weights and biases are the same, bit for bit."""
    pairs = zip([*left.coefs_, *left.intercepts_], [*right.coefs_, *right.intercepts_], strict=True)
    return all(np.array_equal(one, other) for one, other in pairs)


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "-".join(options) or "plain")
def test_classifiers_come_back(name: str, options: dict[str, Any], tmp_path: Path) -> None:
    """Parameters, labels, attributes and predictions are what they were."""
    ours = MLPClassifier(**SMALL | options).fit(X, TARGETS[name])
    ours.save(tmp_path / "mlp.safetensors")
    back = load(tmp_path / "mlp.safetensors")
    assert type(back) is MLPClassifier
    assert re.sub("at 0x[0-9A-F]+", "", repr(back)) == re.sub("at 0x[0-9A-F]+", "", repr(ours))
    assert same_weights(back, ours)
    np.testing.assert_array_equal(back.predict_proba(X), ours.predict_proba(X))
    np.testing.assert_array_equal(back.predict(X), ours.predict(X))
    assert back.predict(X).dtype == ours.predict(X).dtype
    assert back.score(X, TARGETS[name]) == ours.score(X, TARGETS[name])
    for attribute in ("loss_", "n_iter_", "t_", "out_activation_", "n_features_in_"):
        assert getattr(back, attribute) == getattr(ours, attribute)


@pytest.mark.parametrize(
    "options", [{}, {"scale_target": True}, {"loss": gn.Quantile([0.2, 0.8])}, {"loss": "poisson"}]
)
def test_regressors_come_back(options: dict[str, Any], tmp_path: Path) -> None:
    """So are those of regressors, in the targets' own units."""
    Y = np.stack([X[:, 0] + 1, X[:, 1] * 100], axis=1)
    ours = MLPRegressor(**SMALL | options).fit(X[:, 2:], Y)
    ours.save(tmp_path / "mlp.safetensors")
    np.testing.assert_array_equal(load(tmp_path / "mlp.safetensors").predict(X[:, 2:]), ours.predict(X[:, 2:]))


@pytest.mark.parametrize(
    "options", [*OPTIONS[:2], *OPTIONS[3:], {"shuffle": False}], ids=lambda options: "-".join(options)
)
def test_training_goes_on_bit_for_bit(options: dict[str, Any], tmp_path: Path) -> None:
    """With its training state a file goes on as the process does: order of rows, moments, rate, stopping."""
    ours = MLPClassifier(**SMALL | {"batch_size": 20} | options).fit(X, WORDS)
    ours.save(tmp_path / "mlp.safetensors", training_state=True)
    back = load(tmp_path / "mlp.safetensors")
    for estimator in (ours, back):
        estimator.continue_fit(X, WORDS)
    assert same_weights(back, ours)
    assert back.loss_curve_ == ours.loss_curve_
    assert back.validation_scores_ == ours.validation_scores_


def test_names_of_columns_come_back(tmp_path: Path) -> None:
    """Names of features are checked after loading as before."""
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=["a", "b", "c", "d"])
    ours = MLPClassifier(**SMALL).fit(frame, WORDS)
    ours.save(tmp_path / "mlp.safetensors")
    back = load(tmp_path / "mlp.safetensors")
    assert back.feature_names_in_.tolist() == ["a", "b", "c", "d"]
    with pytest.raises(ValueError, match="feature names"):
        back.predict(frame[["b", "a", "c", "d"]])


def halve(Z: np.ndarray) -> np.ndarray:
    """An activation of the user's own."""
    return Z / (1 + abs(Z))


def halve_slope(Z: np.ndarray) -> np.ndarray:
    """Its derivative."""
    return 1 / (1 + abs(Z)) ** 2


def test_parts_of_the_users_own(tmp_path: Path) -> None:
    """An activation of one's own is handed over again; without it the file says what is missing."""
    own = gn.CustomActivation(halve, halve_slope, name="softsign")
    ours = MLPClassifier(**SMALL, activation=own).fit(X, WORDS)
    ours.save(tmp_path / "mlp.safetensors")
    np.testing.assert_array_equal(load(tmp_path / "mlp.safetensors", custom=[own]).predict(X), ours.predict(X))
    with pytest.raises(gn.FormatError, match="custom="):
        load(tmp_path / "mlp.safetensors")


def test_what_a_file_cannot_hold(tmp_path: Path) -> None:
    """Functions are not saved: one sentence, and no file."""
    ours = MLPClassifier(**SMALL, callbacks=[print]).fit(X, WORDS)
    with pytest.raises(gn.ConfigError) as caught:
        ours.save(tmp_path / "mlp.safetensors")
    assert str(caught.value) == (
        "MLPClassifier.save: callbacks is <built-in function print>; it must be something that a file can hold. Leave it out with set_params."
    )
    assert os.listdir(tmp_path) == []
    with pytest.raises(NotFittedError):
        MLPClassifier().save(tmp_path / "mlp.safetensors")


def test_the_network_alone_is_readable(tmp_path: Path) -> None:
    """`glassnet.load` reads the network of the same file, given the losses; a bare network is no estimator."""
    ours = MLPClassifier(**SMALL, loss="cross_entropy").fit(X, WORDS)
    ours.save(tmp_path / "mlp.safetensors")
    net = gn.load(tmp_path / "mlp.safetensors")
    np.testing.assert_array_equal(net.predict(X), ours.predict_proba(X))
    net.metadata.clear()
    net.save(tmp_path / "net.safetensors")
    with pytest.raises(
        gn.FormatError,
        match=r"the file holds a network alone; it must hold an estimator\. Read it with glassnet\.load\.",
    ):
        load(tmp_path / "net.safetensors")
    assert ours.network_.metadata == {}


def test_every_released_version_loads() -> None:
    """Estimators that earlier versions wrote predict what they predicted then, and train on."""
    fixtures = sorted(DATA.glob("perceptron_*.safetensors"))
    assert fixtures
    for path in fixtures:
        expected = json.loads(path.with_suffix(".json").read_text())
        estimator = load(path)
        inputs = np.linspace(-2.0, 2.0, 20).reshape(5, 4)
        np.testing.assert_allclose(estimator.predict_proba(inputs), expected["probabilities"], rtol=1e-9)
        assert estimator.predict(inputs).tolist() == expected["labels"]
        estimator.continue_fit(inputs.repeat(4, axis=0), np.array(["cat", "dog"] * 10), max_iter=1)
        assert len(estimator.loss_curve_) == expected["epochs"] + 1


def _set(*path: Any, value: Any) -> Any:
    def change(parts: Parts) -> None:
        at = parts.description["metadata"]["sklearn"]
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_set("class", value="os.system"), "'os.system'"),
        (_set("parameters", "nonsense", value=1), "there is no argument nonsense"),
        (_set("parameters", "tol", value={"eval": "1"}), "'eval'"),
        (_set("attributes", "predict", value=1), "there is the attribute 'predict', which no perceptron has"),
        (_set("attributes", "n_features_in_", value=9), "n_features_in_ is 9; it must be (4,)"),
        (_set("attributes", "classes_", "array", "dtype", value="V8"), "an array is of type 'V8'; it must hold numbers or texts"),
        (_set("attributes", "classes_", "array", "values", value=["a"] * 9), "there are 9 classes_ and 3 outputs; they must be as many"),
        (_set("scaling", "scale", value={"array": {"dtype": "<f8", "values": [1.0]}}), "scale has shape (1,); it must be (4,), and its values finite"),
        (_set("scaling", value=None), "the estimator is damaged"),
    ],
)  # fmt: skip
def test_damage_is_named(change: Any, words: str, tmp_path: Path) -> None:
    """A description that does not fit is refused with what is wrong, and nothing of it is run."""
    path = tmp_path / "mlp.safetensors"
    MLPClassifier(**SMALL).fit(X, WORDS).save(path)
    parts = Parts(path.read_bytes())
    change(parts)
    path.write_bytes(parts.content())
    with pytest.raises(gn.FormatError) as caught:
        load(path)
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"load({str(path)!r}): the estimator is damaged: ")
