"""A loss of the user's own: checked, trained, weighted, with members, saved by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from cases import log_cosh, log_cosh_gradient


def squares(Z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return what `SquaredError` computes."""
    return np.square(Z - y).mean(axis=1)


def slopes(Z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return its derivative."""
    return 2.0 * (Z - y) / Z.shape[1]


SQUARES = gn.CustomLoss(squares, slopes, name="squares")


@pytest.mark.parametrize("members", [None, 2])
def test_it_trains_as_ours_do(members: int | None, rng: np.random.Generator) -> None:
    """The squared error as a custom loss learns what the built-in one learns, weighted, with and without members."""
    X, Y, weight = rng.standard_normal((30, 3)), rng.standard_normal((30, 2)), rng.random(30)
    nets = [
        gn.Network([gn.Dense(4, "tanh"), gn.Dense(2)], loss=loss, optimizer=gn.SGD(0.05), seed=0, members=members)
        for loss in (SQUARES, "squared_error")
    ]
    for net in nets:
        net.fit(X, Y, epochs=5, sample_weight=weight)
    np.testing.assert_allclose(nets[0].params, nets[1].params, rtol=1e-4, atol=1e-6)
    first, second = (net.evaluate(X, Y, weight, metrics=["mae", "r2"]) for net in nets)
    for name in second:
        np.testing.assert_allclose(first[name], second[name], rtol=1e-4)


def test_float32_stays(rng: np.random.Generator) -> None:
    """The functions get float32 from a float32 network, and what is trained stays so even if they return float64."""
    seen = []

    def value(Z: np.ndarray, y: np.ndarray) -> np.ndarray:
        seen.append((Z.dtype.name, y.dtype.name))
        return squares(Z, y).astype("float64")

    net = gn.Network([gn.Dense(1)], loss=gn.CustomLoss(value, slopes, name="seen"), seed=0)
    for _ in range(2):
        net.fit(rng.standard_normal((8, 2)), rng.standard_normal(8), epochs=1)
    assert seen.count(("float64", "float64")) == 3  # checked once: here, above and below
    assert seen[0] == ("float64", "float64")  # the check
    assert seen[-1] == ("float32", "float32")
    assert net.grads.dtype == np.dtype("float32")


def test_link_and_several_outputs_per_target(rng: np.random.Generator) -> None:
    """A mean and a spread for each target, with a link of its own, is what `GaussianNLL` does."""
    ours = gn.GaussianNLL(min_variance=1e-20)

    def value(Z: np.ndarray, y: np.ndarray) -> np.ndarray:
        return (0.5 * (np.log(2 * np.pi) + Z[:, 1:] + (Z[:, :1] - y) ** 2 * np.exp(-Z[:, 1:])))[:, 0]

    def gradient(Z: np.ndarray, y: np.ndarray) -> np.ndarray:
        e = (Z[:, :1] - y) * np.exp(-Z[:, 1:])
        return np.hstack([e, 0.5 * (1.0 - (Z[:, :1] - y) * e)])

    def link(Z: np.ndarray) -> np.ndarray:
        return np.hstack([Z[:, :1], np.exp(Z[:, 1:])])

    loss = gn.CustomLoss(value, gradient, name="normal", link=link, outputs_per_target=2)
    X, y = rng.standard_normal((20, 3)), rng.standard_normal(20)
    assert loss.outputs(y) == 2
    for members in (None, 3):
        nets = [gn.Network([gn.Dense(2)], loss=which, seed=0, members=members) for which in (loss, ours)]
        for net in nets:
            net.fit(X, y, epochs=3)
        np.testing.assert_allclose(nets[0].predict(X), nets[1].predict(X), rtol=1e-4)
    with pytest.raises(gn.ConfigError, match="the loss includes a link of its own, and predict applies it"):
        gn.Network([gn.Dense(2, "softplus")], loss=loss)
    with pytest.raises(gn.ConfigError) as caught:
        nets[0].evaluate(X, y, metrics=["rmse"])
    assert str(caught.value) == (
        "Network.evaluate: loss='normal' has no metric 'rmse'; metrics must be functions of your own under this loss. Write def my_metric(y, prediction): ..."
    )


def test_it_is_saved_by_name(tmp_path: Path, rng: np.random.Generator) -> None:
    """A file holds class and name; load finds the object, and says what is missing where it is not handed over."""
    X, y = rng.standard_normal((8, 2)), rng.standard_normal(8)
    net = gn.Network([gn.Dense(1)], loss=SQUARES, seed=0)
    net.fit(X, y, epochs=1)
    net.save(tmp_path / "net.safetensors", training_state=True)
    other = gn.CustomLoss(log_cosh, log_cosh_gradient, name="log_cosh")
    twin = gn.load(tmp_path / "net.safetensors", custom=[other, SQUARES])
    assert repr(twin.loss) == "CustomLoss(name='squares')"
    assert twin.evaluate(X, y) == net.evaluate(X, y)
    net.fit(X, y, epochs=2)
    twin.fit(X, y, epochs=2)
    np.testing.assert_array_equal(net.params, twin.params)
    for custom in ([], [other]):
        with pytest.raises(gn.FormatError) as caught:
            gn.load(tmp_path / "net.safetensors", custom=custom)
        assert str(caught.value).endswith(
            "the file only names the CustomLoss 'squares', and no such object was passed. Pass custom=[that object]."
        )


def _writes(Z: np.ndarray, y: np.ndarray) -> np.ndarray:
    Z += 1.0
    return squares(Z, y)


CHECKED = "where central differences of value give"
WRONG = [
    ("the sign", squares, lambda Z, y: -slopes(Z, y), ": -1 times the derivative everywhere; it must be the derivative of value with respect to Z. Turn its sign."),
    ("the rows", squares, lambda Z, y: slopes(Z, y) / len(Z), ": 0.142857 times the derivative everywhere; it must be the derivative of value with respect to Z. The factor is 1 / 7, and there are 7 rows: do not divide by them: the network divides by their weight."),
    ("the outputs", squares, lambda Z, y: 2.0 * (Z - y), ": 2 times the derivative everywhere; it must be the derivative of value with respect to Z. The factor is the number of outputs: divide by it, as value does."),
    ("a factor", squares, lambda Z, y: 1.5 * slopes(Z, y), ": 1.5 times the derivative everywhere; it must be the derivative of value with respect to Z. Divide it by 1.5."),
    ("anything", squares, lambda Z, y: slopes(Z, y) + 0.25 * (Z > 0.0), "; it must be the derivative of value with respect to Z. Differentiate value once more."),
]  # fmt: skip


@pytest.mark.parametrize(("what", "value", "gradient", "end"), WRONG, ids=[row[0] for row in WRONG])
def test_a_wrong_gradient_is_refused(what: str, value: Any, gradient: Any, end: str) -> None:
    """A gradient that is not that of the value is refused before training, with place, size and factor."""
    loss = gn.CustomLoss(value, gradient, name="mine")
    net = gn.Network([gn.Dense(2)], loss=loss, seed=0)
    X, Y = np.eye(8)[:, :3], np.arange(16.0).reshape(8, 2) / 8
    for _ in range(2):  # a second try is no way around it
        with pytest.raises(gn.ConfigError) as caught:
            net.fit(X, Y, epochs=1)
        message = str(caught.value)
        assert message.startswith("CustomLoss 'mine': gradient is ")
        assert CHECKED in message
        assert message.endswith(end)
    net = gn.Network([gn.Dense(2)], loss=gn.CustomLoss(squares, slopes, name="mine"), seed=0)
    net.fit(X, Y, epochs=1)


def test_the_sentence_names_the_place() -> None:
    """Where the gradient is furthest off stands in the sentence, with both numbers."""

    def gradient(Z: np.ndarray, y: np.ndarray) -> np.ndarray:
        D = slopes(Z, y)
        D[4, 1] += 1.0
        return D

    with pytest.raises(gn.ConfigError) as caught:
        gn.CustomLoss(squares, gradient, name="mine").prepare(np.zeros((7, 2)), 2, np.dtype("float32"))
    z = np.random.default_rng(0).standard_normal((7, 2))[4, 1]
    assert str(caught.value) == (
        f"CustomLoss 'mine': gradient is {z + 1.0:.6g} in row 4, output 1, where central differences of value give {z:.6g}; "
        "it must be the derivative of value with respect to Z. Differentiate value once more."
    )


BAD = [
    (lambda: gn.CustomLoss(squares, slopes, name=""), "CustomLoss: name is ''; it must be a text. Files and tables call the loss by it."),
    (lambda: gn.CustomLoss(squares, 3, name="mine"), "CustomLoss 'mine': gradient is 3; it must be a function."),
    (lambda: gn.CustomLoss(squares, slopes, name="mine", outputs_per_target=0), "CustomLoss: outputs_per_target is 0; it must be a whole number of at least 1."),
    (lambda: gn.Network([gn.Dense(1)], loss=gn.CustomLoss(squares, slopes, name="huber")), "Network: the library has a loss called 'huber'; a loss of your own must have another name. Rename it."),
    (lambda: use(lambda Z, y: squares(Z, y).mean(), slopes), "CustomLoss 'mine': value(Z, y) returned shape (); it must return one loss per row, shape (7,). Leave out the mean or sum over rows: the network averages."),
    (lambda: use(squares, lambda Z, y: slopes(Z, y)[:, 0]), "CustomLoss 'mine': gradient(Z, y) returned shape (7,); it must return one slope per row and logit, shape (7, 1)."),
    (lambda: use(lambda Z, y: squares(Z, y) * np.inf, slopes), "CustomLoss 'mine': value(Z, y) is inf for Z = [0.126] and y = [0.0]; it must be finite."),
    (lambda: use(_writes, slopes), "CustomLoss 'mine': value or gradient changed Z or y; they must leave both as they are. Work on copies."),
    (lambda: gn.CustomLoss(squares, slopes, name="mine", outputs_per_target=2).prepare([1.0], 3, np.dtype("float32")), "CustomLoss 'mine': the last layer has 3 outputs; it must have a multiple of 2, which is outputs_per_target."),
    (lambda: gn.CustomLoss(squares, slopes, name="mine").prepare([1.0], 3, np.dtype("float32")), "CustomLoss 'mine': y has shape (1,); it must be (n, 3). Give the last layer as many units as y has columns."),
]  # fmt: skip


def use(value: Any, gradient: Any) -> None:
    """Hand a loss its first data."""
    gn.CustomLoss(value, gradient, name="mine").prepare(np.zeros(7), 1, np.dtype("float32"))


@pytest.mark.parametrize(("make", "message"), BAD, ids=[message for _, message in BAD])
def test_bad_custom_losses(make: Any, message: str) -> None:
    """What cannot be a loss is told so in one sentence."""
    with pytest.raises(gn.GlassnetError) as caught:
        make()
    assert str(caught.value) == message


class Shift(gn.Layer):
    """A layer that a file can only name."""

    saved_by_name = True

    def __init__(self, function: Any, name: str) -> None:
        self.function, self.name = function, name

    def forward(self, X: np.ndarray, cache: Any, step: gn.Step) -> np.ndarray:
        """Apply the function."""
        return self.function(X)

    def backward(self, dY: np.ndarray, cache: Any) -> np.ndarray:
        """Its slope is 1."""
        return dY


def test_layers_too_can_be_saved_by_name(tmp_path: Path, rng: np.random.Generator) -> None:
    """Any part that says so is saved by class and name, found among the objects, and copied for each network."""
    shift, X = Shift(lambda X: X + 1.0, "up"), rng.standard_normal((4, 2))
    net = gn.Network([gn.Dense(1), shift], loss="squared_error", seed=0, input_shape=(2,))
    net.save(tmp_path / "net.safetensors")
    twins = [gn.load(tmp_path / "net.safetensors", custom=[Shift(np.negative, "down"), shift]) for _ in range(2)]
    for twin in twins:
        np.testing.assert_array_equal(twin.predict(X), net.predict(X))
        assert twin.layers[1] is not shift


def test_large_targets_pass_the_check() -> None:
    """A right gradient passes with targets of a million too, where rounding of the value shows in the differences."""
    loss = gn.CustomLoss(squares, slopes, name="mine")
    assert loss.prepare(np.linspace(-1e6, 1e6, 50), 1, np.dtype("float32")).shape == (50, 1)
