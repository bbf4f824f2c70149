"""Layers made of layers: names, nesting, files, copies, and what is refused."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.layers import make_layer


def data(n: int = 50) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of 4 features and yes/no targets."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, 4))
    return X, (X[:, 0] * X[:, 1] > 0).astype(int)


def layers() -> list[gn.Layer]:
    """Return containers in containers."""
    deep = gn.Residual([gn.Sequential([gn.Dense(6, "tanh"), gn.BatchNorm()]), gn.Dropout(0.2), gn.Dense(6)])
    wide = gn.Concatenate([gn.Identity(), gn.Dense(2, "relu"), [gn.Dense(6), deep]])
    return [wide, gn.Residual([gn.Dense(3, "silu")], shortcut=gn.Dense(3)), gn.Dense(1)]


def make(**options: Any) -> gn.Network:
    """Return an untrained network of them."""
    return gn.Network(layers(), **{"loss": "binary_cross_entropy", "seed": 0, "input_shape": (4,), **options})


def test_names_say_where_a_layer_is() -> None:
    """Nested parameters are named by the way to them."""
    assert sorted({slot.name.rpartition(".")[0] for slot in make()._slots}) == [
        "concatenate_1.branch_2",
        "concatenate_1.branch_3.dense_1",
        "concatenate_1.branch_3.residual_1.dense_1",
        "concatenate_1.branch_3.residual_1.sequential_1.batch_norm_1",
        "concatenate_1.branch_3.residual_1.sequential_1.dense_1",
        "dense_1",
        "residual_1.dense_1",
        "residual_1.shortcut",
    ]


def test_residual_by_hand() -> None:
    """Y = X + X W + b with W = 2 I, b = 1: three times X plus 1; the gradient of the sum is 3."""
    net = gn.Network([gn.Residual([gn.Dense(2)]), gn.Dense(1)], loss="squared_error", input_shape=(2,))
    net.load_state_dict(
        {
            "residual_1.dense_1.weight": 2.0 * np.eye(2),
            "residual_1.dense_1.bias": np.ones((1, 2)),
            "dense_1.weight": np.ones((2, 1)),
            "dense_1.bias": np.zeros((1, 1)),
        }
    )
    assert net.forward([[5.0, 7.0]]).tolist() == [[3.0 * 12.0 + 2.0]]
    assert net.input_gradient([[5.0, 7.0]]).tolist() == [[3.0, 3.0]]


def test_concatenate_by_hand() -> None:
    """[X, relu(-X)] of (1, -2) is (1, -2, 0, 2); with all weights 1 below, dX is 1 for the first and 1 - 1 for the second."""
    net = gn.Network(
        [gn.Concatenate([gn.Identity(), gn.Dense(2, "relu")]), gn.Dense(1)], loss="squared_error", input_shape=(2,)
    )
    net.params[:] = 0.0
    net.layers[0].branches[1].W[...] = -np.eye(2)
    net.layers[1].W[...] = 1.0
    assert net.hidden([[1.0, -2.0]], 0).tolist() == [[1.0, -2.0, 0.0, 2.0]]
    assert net.input_gradient([[1.0, -2.0]]).tolist() == [[1.0, 0.0]]


@pytest.mark.parametrize("members", [None, 2])
def test_gradients(members: int | None) -> None:
    """Every parameter's gradient is that of the loss, however deep it lies."""
    X, y = data(12)
    assert gn.check_gradients(make(members=members), X, y)


def test_members_equal_networks() -> None:
    """K members train as K networks alone, bit for bit, noise of nested layers included."""
    X, y = data()
    stacked = make(members=2)
    stacked.fit(X, y, epochs=3)
    for k in range(2):
        alone = make(seed=k)
        alone.fit(X, y, epochs=3)
        np.testing.assert_array_equal(alone.params, stacked.params[k])


@pytest.mark.parametrize("duplicate", [copy.deepcopy, copy.copy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copies_train_their_own_arrays(duplicate: Any) -> None:
    """A copy goes on like the original, each with its own arrays."""
    X, y = data()
    net = make()
    net.fit(X, y, epochs=2)
    twin = duplicate(net)
    before = net.params.copy()
    twin.fit(X, y, epochs=2)
    np.testing.assert_array_equal(net.params, before)
    net.fit(X, y, epochs=2)
    np.testing.assert_array_equal(net.params, twin.params)


class Halved(gn.Dense):
    """A layer of the user's own: half of a Dense."""

    def forward(self, X: np.ndarray, cache: dict[str, Any], step: gn.Step) -> np.ndarray:
        Y = super().forward(X, cache, step)
        return np.multiply(Y, np.float32(0.5), out=Y)


def test_files_hold_nested_layers(tmp_path: Path) -> None:
    """Containers, own classes in them, and how layers are tuned come back from a file and train on with the same bits."""
    X, y = data()
    own = gn.Residual([gn.Dense(4, "tanh").tuned(rate_factor=0.5), gn.Sequential([Halved(4)])])
    net = gn.Network([own, gn.Dense(1).tuned(decay_factor=0.0)], loss="binary_cross_entropy", seed=1)
    net.fit(X, y, epochs=2)
    net.save(tmp_path / "net.safetensors", training_state=True)
    twin = gn.load(tmp_path / "net.safetensors", custom=[Halved])
    assert repr(twin) == repr(net)
    assert twin.layers[0].layers[0].rate_factor == 0.5
    for one in (net, twin):
        one.fit(X, y, epochs=2)
    np.testing.assert_array_equal(net.params, twin.params)
    with pytest.raises(
        gn.FormatError,
        match=rf"unknown class 'Halved'\. The choices are {', '.join(map(repr, sorted(gn.layers.LAYERS)))}\. A class of your own must be passed to load as custom=\[\.\.\.\]\.",
    ):
        gn.load(tmp_path / "net.safetensors")


def test_entry_and_repr_round_trip() -> None:
    """Plain data and text both give the layer back, tuning included."""
    for layer in layers():
        layer.tuned(rate_factor=2.0)
        assert repr(make_layer(layer.entry())) == repr(layer)
        assert repr(eval(repr(layer), vars(gn).copy())) == repr(layer)


def test_tuning_a_container_tunes_what_is_in_it() -> None:
    """``trainable`` and the factors of a container are those of all layers inside."""
    container = gn.Residual([gn.Dense(3), gn.Sequential([gn.Dense(3)])])
    assert container.trainable
    container.trainable = False
    assert not container.layers[0].trainable
    assert not container.layers[1].layers[0].trainable
    container.layers[0].trainable = True
    assert not container.trainable
    container.tuned(rate_factor=0.1)
    assert container.layers[1].layers[0].rate_factor == 0.1


MESSAGES = [
    (lambda: gn.Residual([gn.Dense(3)]).build((4,)), "Residual: the layers inside give samples of shape (3,), the way around them (4,); both must be the same. Change the last layer's units, or pass shortcut=Dense(units)."),
    (lambda: gn.Concatenate([gn.Identity(), gn.Flatten()]).build((2, 3)), "Concatenate: the branches give samples of shapes (2, 3) and (6,); they must agree but for the last axis. End the branches with Flatten() or Reshape(...)."),
    (lambda: gn.Sequential([]), "Sequential: layers is empty; it must hold at least one layer. Pass layers such as [Dense(64, 'relu'), Dense(1)]."),
    (lambda: gn.Residual([gn.Dense]), "Residual: position 0 of layers is <class 'glassnet.layers.dense.Dense'>; it must be a Layer object. Write Dense(...)."),
    (lambda: gn.Concatenate(["relu"]), "Concatenate: position 0 of layers is 'relu'; it must be a Layer object. Pass layers such as Dense(64, 'relu')."),
    (lambda: gn.Dense(3).tuned(rate_factor=-1.0), "Dense: rate_factor is -1.0; it must be a finite number of at least 0."),
    (lambda: gn.Dense(3).tuned(trainable="no"), "Dense: trainable is 'no'; it must be True or False."),
    (lambda: gn.Network([gn.Sequential([gn.Dense(1, "sigmoid")])], loss="binary_cross_entropy"), "Network: the last layer is a Sigmoid; under loss='binary_cross_entropy' it must give logits. Leave it out: the loss includes the sigmoid, and predict applies it."),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), MESSAGES)
def test_bad_containers(call: Any, message: str) -> None:
    """What cannot work gets one sentence."""
    with pytest.raises(gn.GlassnetError) as caught:
        call()
    assert str(caught.value) == message


def test_one_layer_in_two_places_is_refused() -> None:
    """A layer that is in a container cannot be anywhere else, in this network or another."""
    shared = gn.Dense(4)
    with pytest.raises(
        gn.ConfigError,
        match=r"a layer is there twice; every layer must be in one place\. Make a new one for each place\.",
    ):
        gn.Network([gn.Residual([shared]), shared, gn.Dense(1)], loss="squared_error")
    first = gn.Network([gn.Residual([shared]), gn.Dense(1)], loss="squared_error")
    with pytest.raises(
        gn.ConfigError,
        match=r"Dense\(units=4, activation=None, initializer=None, use_bias=True\) is in another network; a layer must be in one only\. Make a new layer\.",
    ):
        gn.Network([gn.Sequential([shared]), gn.Dense(1)], loss="squared_error")
    assert first.layers
