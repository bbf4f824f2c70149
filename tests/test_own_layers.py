"""Layers of the user's own: they work like ours, and what they get wrong is said before any data is touched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn


class Square(gn.Layer):
    """Y = X**2, in the fewest lines."""

    def make_cache(self, scratch: Any, need_dX: bool) -> dict[str, Any]:
        return {"Y": scratch.array(self.in_shape), "X": None}

    def forward(self, X: np.ndarray, cache: dict[str, Any], step: gn.Step) -> np.ndarray:
        if step.keeps:
            cache["X"] = X
        return np.multiply(X, X, out=cache["Y"])

    def backward(self, dY: np.ndarray, cache: dict[str, Any]) -> np.ndarray:
        dY *= 2 * cache["X"]
        return dY


class Doubles(Square):
    """Forgets the dtype."""

    def forward(self, X: np.ndarray, cache: dict[str, Any], step: gn.Step) -> np.ndarray:
        cache["X"] = X
        return X * np.float64(2.0)


class Narrows(Square):
    """Returns another shape than build promised."""

    def forward(self, X: np.ndarray, cache: dict[str, Any], step: gn.Step) -> np.ndarray:
        return super().forward(X, cache, step)[..., :1]


class Forgets(Square):
    """Returns nothing from its backward pass."""

    def backward(self, dY: np.ndarray, cache: dict[str, Any]) -> Any:
        dY *= 2 * cache["X"]


class Fussy(Square):
    """Cannot be tried with zeros."""

    def forward(self, X: np.ndarray, cache: dict[str, Any], step: gn.Step) -> np.ndarray:
        if not X.all():
            raise ZeroDivisionError
        return super().forward(X, cache, step)


def network(layer: gn.Layer, **options: Any) -> gn.Network:
    """Return an untrained network with the layer in it."""
    return gn.Network([gn.Dense(4), layer, gn.Dense(2)], loss="cross_entropy", seed=0, **options)


@pytest.mark.parametrize("members", [None, 2])
@pytest.mark.parametrize("layer", [Square, Fussy])
def test_right_ones_train(layer: type[gn.Layer], members: int | None, rng: np.random.Generator) -> None:
    """A right layer passes the gradient check and trains, also one that refuses zeros."""
    X, y = rng.standard_normal((30, 3)), rng.integers(0, 2, 30)
    net = network(layer(), members=members)
    assert gn.check_gradients(net, X[:5], y[:5])
    net.fit(X, y, epochs=2)
    assert np.isfinite(net.params).all()


SENTENCES = [
    (
        Doubles,
        None,
        "Doubles.forward: it returned float64 of shape (2, 4); for 2 rows it must return float32 of shape (2, 4). ",
    ),
    (
        Narrows,
        None,
        "Narrows.forward: it returned float32 of shape (2, 1); for 2 rows it must return float32 of shape (2, 4). ",
    ),
    (
        Narrows,
        3,
        "Narrows.forward: it returned float32 of shape (3, 2, 1); for 2 rows it must return float32 of shape (3, 2, 4). ",
    ),
    (Forgets, None, "Forgets.backward: it returned None; for 2 rows it must return float32 of shape (2, 4). "),
]
ADVICE = "See build for the shape, and write into arrays of make_cache with out= to keep the dtype."


@pytest.mark.parametrize(("layer", "members", "message"), SENTENCES)
def test_wrong_ones_get_a_sentence(layer: type[gn.Layer], members: int | None, message: str) -> None:
    """A wrong dtype, shape or missing return is named when the network is built, which it then is not."""
    net = network(layer(), members=members)
    with pytest.raises(gn.ShapeError) as caught:
        net.build((3,))
    assert str(caught.value) == message + ADVICE
    assert net.input_shape is None


def test_float64_networks_may_use_float64() -> None:
    """The layer that forgets the dtype is right in a float64 network."""
    assert network(Doubles(), dtype="float64", input_shape=(3,)).n_parameters == 26


@pytest.mark.parametrize("name", ["Softplus", "SquaredError", "Adam", "CosineDecay"])
@pytest.mark.parametrize("inside", [False, True])
def test_a_name_of_ours_is_not_saved_as_ours(name: str, inside: bool, tmp_path: Path) -> None:
    """A file names classes: one of the user's that bears a name of ours would come back as ours, with other numbers."""
    base = Square if name == "Softplus" else getattr(gn, name)
    own = type(name, (base,), {"__doc__": "Another one."})
    layer = own() if name == "Softplus" else Square()
    rate = own(0.1, epochs=3) if name == "CosineDecay" else 0.1
    net = gn.Network(
        [gn.Residual([gn.Dense(3), layer]) if inside else layer, gn.Dense(1)],
        loss=own() if name == "SquaredError" else "squared_error",
        optimizer=own(rate) if name == "Adam" else gn.Adam(rate),
        seed=0,
    )
    net.fit(np.eye(3), [1.0, 2.0, 3.0], epochs=1)
    message = (
        rf"^{name}: this class of \S+ bears the name of a class of glassnet; a file names classes, so the name must"
    )
    with pytest.raises(gn.ConfigError, match=message):
        net.save(tmp_path / "own.safetensors")
    with pytest.raises(gn.ConfigError, match=message):
        net.fit(np.eye(3), [1.0, 2.0, 3.0], epochs=1, checkpoint=tmp_path / "run.safetensors")
    assert list(tmp_path.iterdir()) == []
    own.__name__ = "Own" + name
    net.save(tmp_path / "own.safetensors")
    again = gn.load(tmp_path / "own.safetensors", custom=[own, Square])
    assert np.array_equal(again.predict(np.eye(3)), net.predict(np.eye(3)))
