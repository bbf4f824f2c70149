"""Integrated gradients add up to the answer; shuffled columns say how much they matter; tables are told by column."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.tabular import TableEncoder, TableModel, TargetEncoder

ACTIVATIONS = ["sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "mish", "softplus"]


def data(n: int = 40, d: int = 5) -> np.ndarray:
    """Return rows of ordinary numbers."""
    return np.random.default_rng(1).standard_normal((n, d))


def trained(*layers: Any, loss: str = "cross_entropy", k: int = 3, dtype: str = "float64") -> gn.Network:
    """Return a network after a few steps on something to learn."""
    X = data(200)
    network = gn.Network([*layers, gn.Dense(k)], loss=loss, optimizer=gn.Adam(1e-2), seed=0, dtype=dtype)
    y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0.5) if loss == "cross_entropy" else np.tile(X[:, :1] ** 2, (1, k))
    network.fit(X, y, epochs=10, diagnose=False)
    return network


NETWORKS = {
    **{f"two layers of {act}": (lambda act=act: trained(gn.Dense(24, act), gn.Dense(24, act))) for act in ACTIVATIONS},
    "wide rectifiers": lambda: trained(gn.Dense(200, "relu"), gn.Dense(200, "relu")),
    "regression": lambda: trained(gn.Dense(24, "relu"), loss="squared_error", k=1),
    "batch norm, dropout": lambda: trained(gn.Dense(16), gn.BatchNorm(), gn.ReLU(), gn.Dropout(0.3)),
    "layer norm": lambda: trained(gn.Dense(16, "relu"), gn.LayerNorm()),
    "residual": lambda: trained(gn.Residual([gn.Dense(16, "relu"), gn.Dense(5)]), gn.Dense(8, "relu")),
    "branches": lambda: trained(gn.Concatenate([gn.Identity(), gn.Dense(8, "relu")])),
    "single precision": lambda: trained(gn.Dense(24, "relu"), gn.Dense(24, "relu"), dtype="float32"),
    "linear": lambda: trained(),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("of", ["logit", "probability"])
def test_contributions_add_up_to_the_answer(name: str, of: str) -> None:
    """Completeness: for every row the sum is ``f(x) - f(b)`` to 1e-6, kinks or not, and the network keeps its bits."""
    network = NETWORKS[name]()
    if of == "probability" and not network.loss.includes:
        with pytest.raises(gn.ConfigError, match="of='probability' needs a loss that predicts probabilities"):
            gn.integrated_gradients(network, data(), of=of)
        return
    before = network.params.tobytes() + network.grads.tobytes()
    found = gn.integrated_gradients(network, data(12), data(1)[0] * 0.3, of=of)
    assert network.params.tobytes() + network.grads.tobytes() == before
    scale = np.maximum(1.0, np.abs(found.answers - found.baseline_answers))
    assert (np.abs(found.gaps) <= 1e-6 * scale).all(), found.gaps
    predicted = network.predict(data(12)) if of == "probability" else network.forward(data(12))
    np.testing.assert_allclose(found.answers, predicted[np.arange(12), found.outputs], rtol=1e-5)
    assert "largest gap" in repr(found)


def test_a_linear_network_is_weight_times_difference() -> None:
    """For a linear network the contribution is exactly ``w * (x - b)``; an input without weight has 0."""
    network = gn.Network([gn.Dense(1)], loss="squared_error", input_shape=3, dtype="float64")
    network.params[:] = [2.0, 0.0, -1.0, 0.7]
    X, b = data(4, 3), np.array([1.0, 2.0, 3.0])
    found = gn.integrated_gradients(network, X, b)
    np.testing.assert_allclose(found.values, (X - b) * [2.0, 0.0, -1.0], atol=1e-14)
    assert (found.values[:, 1] == 0).all()


def test_inputs_that_enter_alike_get_alike() -> None:
    """Symmetry: two inputs with the same weights everywhere and the same values share the credit."""
    network = trained(gn.Dense(16, "relu"))
    W = network.layers[0].W
    W[1] = W[0]
    X = data(6)
    X[:, 1] = X[:, 0]
    values = gn.integrated_gradients(network, X).values
    np.testing.assert_allclose(values[:, 0], values[:, 1], rtol=1e-9, atol=1e-12)


def test_several_baselines_are_averaged() -> None:
    """With several baselines the contributions are the mean of those for each, and so is the base."""
    network, X, rows = trained(gn.Dense(16, "tanh")), data(5), data(3) * 0.5
    both = gn.integrated_gradients(network, X, rows, output=1)
    each = [gn.integrated_gradients(network, X, row, output=1) for row in rows]
    np.testing.assert_allclose(both.values, np.mean([one.values for one in each], axis=0), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(both.baseline_answers, np.mean([one.baseline_answers for one in each], axis=0))


def test_images_keep_their_shape() -> None:
    """Inputs of several axes get contributions of that shape."""
    network = gn.Network([gn.Flatten(), gn.Dense(8, "relu"), gn.Dense(2)], loss="cross_entropy", seed=0)
    X = data(3, 12).reshape(3, 3, 4)
    network.build((3, 4))
    found = gn.integrated_gradients(network, X)
    assert found.values.shape == (3, 3, 4)
    assert np.abs(found.gaps).max() < 1e-6


REFUSED = [
    (
        lambda n: gn.integrated_gradients(n, data(), output=3),
        "integrated_gradients: output is 3; it must be a whole number from 0 to 2, or 40 of them.",
    ),
    (
        lambda n: gn.integrated_gradients(n, data(), np.ones(4)),
        "integrated_gradients: baseline has shape (4,); it must be (5,) or (m, 5).",
    ),
    (
        lambda n: gn.integrated_gradients(n, data(), of="loss"),
        "integrated_gradients: of is 'loss'; it must be one of 'logit', 'probability'.",
    ),
    (
        lambda n: gn.integrated_gradients(
            gn.Network([gn.Dense(2)], loss="cross_entropy", members=2, input_shape=5), data()
        ),
        "integrated_gradients: the network has members=2; it must have none.",
    ),
    (
        lambda n: gn.integrated_gradients(
            gn.Network([gn.Embedding(3, 2), gn.Flatten(), gn.Dense(2)], loss="cross_entropy", input_shape=2),
            np.zeros((2, 2)),
        ),
        "integrated_gradients: the network has an Embedding, whose codes have no gradient; inputs must be numbers.",
    ),
    (
        lambda n: gn.permutation_importance(n, data(), np.zeros(40, dtype=int), groups={"a": [7]}),
        "permutation_importance: there are other columns, or none, in a; each group must have columns from 0 to 4.",
    ),
    (
        lambda n: gn.permutation_importance(n, data(), np.zeros(40, dtype=int), feature_names=["a"]),
        "permutation_importance: 1 feature_names for 5 columns; there must be one per column.",
    ),
    (
        lambda n: gn.permutation_importance(n, data(), np.zeros(40, dtype=int), metric="speed"),
        "permutation_importance: unknown metric 'speed'. The choices are 'accuracy', 'auc', 'balanced_accuracy', 'brier', 'f1', 'log_loss', 'loss'.",
    ),
]


@pytest.mark.parametrize(("act", "message"), REFUSED)
def test_refusals(act: Any, message: str) -> None:
    """What cannot be explained is refused in a sentence."""
    with pytest.raises(gn.GlassnetError) as caught:
        act(trained(gn.Dense(4, "relu")))
    assert str(caught.value).startswith(message)


# ---- permutation importance ----------------------------------------------------------------------------------------


def test_a_column_that_is_not_used_has_no_importance() -> None:
    """Exactly 0 for a column without weights, positive for those that matter, in the order in which they matter."""
    network = gn.Network([gn.Dense(1)], loss="squared_error", input_shape=3, dtype="float64")
    network.params[:] = [3.0, 0.0, 1.0, 0.0]
    X = data(300, 3)
    found = gn.permutation_importance(network, X, network.predict(X), feature_names=["a", "b", "c"])
    assert (found.drops[1] == 0).all()
    assert found.ranking == [0, 2, 1]
    np.testing.assert_allclose(found.mean[[0, 2]], [18.0, 2.0], rtol=0.25)
    assert found.score == 0.0
    lines = str(found).splitlines()
    assert lines[1].startswith("a ")
    assert json.loads(json.dumps(found.to_dict()))["importance"][0]["name"] == "a"


def test_it_agrees_with_scikit_learn() -> None:
    """Against `sklearn.inspection.permutation_importance` on the same network: the same means up to the shuffles."""
    inspection = pytest.importorskip("sklearn.inspection")
    network, X = trained(gn.Dense(16, "relu")), data(400)
    y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0.5)
    ours = gn.permutation_importance(network, X, y, metric="accuracy", repeats=30)

    def accuracy(estimator: Any, rows: np.ndarray, labels: np.ndarray) -> float:
        return float(network.evaluate(rows, labels)["accuracy"])

    class Fitted:
        def fit(self, *_: Any) -> None: ...

    theirs = inspection.permutation_importance(Fitted(), X, y, scoring=accuracy, n_repeats=30, random_state=0)
    np.testing.assert_allclose(ours.mean, theirs.importances_mean, atol=4 * theirs.importances_std.max() / 30**0.5)
    assert ours.ranking[:2] == np.argsort(-theirs.importances_mean)[:2].tolist()


def test_groups_seeds_and_weights() -> None:
    """A group is shuffled as a whole; the same seed gives the same numbers; rows without weight do not count."""
    network, X = trained(gn.Dense(16, "relu")), data(200)
    y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0.5)
    one, two = (gn.permutation_importance(network, X, y, groups={"both": [0, 1], "rest": [2, 3, 4]}) for _ in range(2))
    assert one.drops.tolist() == two.drops.tolist()
    assert one.names == ["both", "rest"]
    single = gn.permutation_importance(network, X, y)
    assert one.mean[0] > single.mean[0]
    assert gn.permutation_importance(network, X, y, seed=1).drops.tolist() != single.drops.tolist()
    weight = np.ones(200)
    weight[:100] = 0.0
    assert gn.permutation_importance(network, X, y, weight).score == pytest.approx(
        network.evaluate(X[100:], y[100:])["loss"]
    )


# ---- tables --------------------------------------------------------------------------------------------------------


def model(task: str) -> tuple[TableModel, dict[str, Any]]:
    """Return a trained model of a table with a number, a category and missing values, and the table."""
    rng = np.random.default_rng(0)
    size, colour = rng.standard_normal(200) * 10 + 50, rng.choice(["red", "blue"], 200)
    size[:10] = np.nan
    full = np.where(np.isnan(size), 50.0, size)
    y = full * 3 + 40 * (colour == "red") if task == "regression" else np.where(full > 50, "big", "small")
    frame = {"size": size, "colour": colour, "noise": rng.standard_normal(200), "y": y}
    columns = {name: frame[name] for name in ("size", "colour", "noise")}
    encoder, target = TableEncoder().fit(columns), TargetEncoder().fit(y)
    target.name = "y"
    network = gn.Network([gn.Dense(16, "relu"), gn.Dense(target.n_outputs)], loss=target.loss, seed=0)
    network.fit(encoder.transform(columns), target.transform(y), epochs=60, diagnose=False)
    return TableModel(network, encoder, target), frame


def test_importance_of_members_is_that_of_their_average() -> None:
    """A metric looks at the averaged predictions, the loss is averaged itself, and a column that is not used has 0."""
    net = gn.Network([gn.Dense(3)], loss="cross_entropy", members=4, seed=0, input_shape=5)
    net.params[:, 3:6] = 0.0  # what column 1 is multiplied by
    X, y = data(), np.arange(40) % 3
    mean = net.predict(X).mean(axis=0)
    found = gn.permutation_importance(net, X, y, metric="log_loss")
    assert found.score == pytest.approx(-np.log(mean[np.arange(40), y]).mean(), rel=1e-5)
    assert not found.drops[1].any()
    assert found.drops[0].all()
    assert gn.permutation_importance(net, X, y).score == pytest.approx(np.mean(net.evaluate(X, y)["loss"]))


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("with_background", [False, True])
def test_why_a_row_of_a_table(task: str, with_background: bool) -> None:
    """Reasons are told by the table's own columns, in probability or the target's units, and add up to the answer."""
    found, frame = model(task)
    rows = {name: values[5:15] for name, values in frame.items()}
    background = frame if with_background else None
    told = found.why(rows, background)
    predictions = found.predict(rows)
    for one, predicted, size, colour in zip(told, predictions, rows["size"], rows["colour"], strict=True):
        assert sum(reason.contribution for reason in one.reasons) == pytest.approx(one.answer - one.base, abs=1e-3)
        values = {reason.column: reason.value for reason in one.reasons}
        assert values["colour"] == colour
        assert values["size"] == ("missing" if np.isnan(size) else f"{size:.6g}")
        assert one.prediction == str(predicted) or float(one.prediction) == pytest.approx(predicted, rel=1e-4)
    assert told[7].reasons[0].column == "size"
    assert ("the average over 50 rows is" in str(told[0])) is with_background
    assert json.loads(json.dumps(told[0].to_dict()))["target"] == "y"


def test_importance_of_the_columns_of_a_table() -> None:
    """All features of a column are shuffled together, missing flags included; noise matters least."""
    found, frame = model("regression")
    importance = found.importance(frame)
    assert importance.names == ["size", "colour", "noise"]
    assert importance.ranking == [0, 1, 2]
    with pytest.raises(gn.DataError, match="the target 'y' is not in the frame; it must be"):
        found.importance({"size": [1.0], "colour": ["red"], "noise": [0.0]})
