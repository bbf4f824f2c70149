"""Freezing, rates and decay per layer, clipping and weight averaging, in real runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn


def data(n: int = 80) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of 4 features and yes/no targets."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, 4))
    return X, (X[:, 0] > 0.3).astype(int)


def make(optimizer: Any = "adam", **options: Any) -> gn.Network:
    """Return a network with running statistics."""
    layers = [gn.Dense(6, "tanh"), gn.BatchNorm(), gn.Dense(5, "silu"), gn.Dense(1)]
    settings = {"loss": "binary_cross_entropy", "seed": 0, "input_shape": (4,), **options}
    return gn.Network(layers, optimizer=optimizer, **settings)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw", "rmsprop", "adagrad", "lion"])
def test_frozen_layers_stay_bit_for_bit(optimizer: str) -> None:
    """Parameters and running statistics of layers that are not trainable never change, under decay and penalties too."""
    X, y = data()
    net = make(optimizer, l2=0.1, max_norm=0.5)
    net.layers[0].trainable = net.layers[1].trainable = False
    before = net.state_dict()
    net.fit(X, y, epochs=3)
    for name, array in net.state_dict().items():
        same = np.array_equal(array, before[name])
        assert same == name.startswith(("dense_1", "batch_norm_1")), name


def test_thawing_goes_on(tmp_path: Path) -> None:
    """Freeze, train, thaw, train: through a file and in one process the bits are the same."""
    X, y = data()
    net = make()
    net.layers[0].trainable = False
    net.fit(X, y, epochs=2)
    net.save(tmp_path / "net.safetensors", training_state=True)
    twin = gn.load(tmp_path / "net.safetensors")
    assert not twin.layers[0].trainable
    assert repr(twin) == repr(net)
    for one in (net, twin):
        one.fit(X, y, epochs=1)
        one.layers[0].trainable = True
        one.fit(X, y, epochs=1)
    np.testing.assert_array_equal(net.params, twin.params)
    assert not np.array_equal(net.layers[0].W, make().layers[0].W)


def test_rate_factor_is_a_rate() -> None:
    """Under plain descent a factor of 0.25 moves a layer a quarter as far, and 0 not at all."""
    X, y = data()
    moves = []
    for factor in (1.0, 0.25, 0.0):
        net = make(gn.SGD(0.1))
        net.layers[2].tuned(rate_factor=factor)
        before = net.layers[2].W.copy()
        net.fit(X, y, epochs=1, batch_size=80)
        moves.append(net.layers[2].W - before)
    np.testing.assert_allclose(moves[1], 0.25 * moves[0], atol=1e-7)
    assert not moves[2].any()


def test_decay_factor_scales_weight_decay() -> None:
    """With a gradient of 0 AdamW multiplies weights by 1 - rate * factor * decay, and biases by 1."""
    net = gn.Network(
        [gn.Dense(1).tuned(decay_factor=0.5)],
        loss="squared_error",
        optimizer=gn.AdamW(0.1, weight_decay=0.2),
        input_shape=(1,),
    )
    net.params[:] = [2.0, 3.0]
    net.fit([[1.0]], [5.0], epochs=1)
    assert net.params.tolist() == pytest.approx([2.0 * (1 - 0.1 * 0.5 * 0.2), 3.0])


def test_clipping_says_how_often_it_acted() -> None:
    """The history has the share of steps: 1 under a tiny limit, 0 under a large one, none without."""
    X, y = data()
    for limit, share in ((1e-3, 1.0), (1e3, 0.0)):
        assert make(gn.SGD(0.1, clip_norm=limit)).fit(X, y, epochs=2)["clipped"] == [share, share]
    assert "clipped" not in make(gn.SGD(0.1)).fit(X, y, epochs=1)
    stacked = make(gn.SGD(0.1, clip_norm=0.3), members=2).fit(X, y, epochs=3)
    for k in range(2):
        alone = make(gn.SGD(0.1, clip_norm=0.3), seed=k).fit(X, y, epochs=3)
        assert [row[k] for row in stacked["clipped"]] == alone["clipped"]


def test_clipped_step_has_the_length_of_the_limit() -> None:
    """Under plain descent one clipped step moves all parameters together by rate times limit."""
    X, y = data()
    net = make(gn.SGD(0.5, clip_norm=0.01), dtype="float64")
    before = net.params.copy()
    net.fit(X, y, epochs=1, batch_size=80)
    assert np.linalg.norm(net.params - before) == pytest.approx(0.5 * 0.01, rel=1e-10)


class Trail(gn.Callback):
    """Remembers the parameters after each step."""

    def __init__(self) -> None:
        self.params: list[np.ndarray] = []

    def on_step_end(self, run: Any) -> None:
        self.params.append(run.network.params.copy())


def averaged(start: np.ndarray, trail: list[np.ndarray], ema: float) -> np.ndarray:
    """Return the moving average of a trail, as the documentation writes it."""
    average = start.astype(float)
    for t, params in enumerate(trail, start=1):
        d = min(ema, (1 + t) / (10 + t))
        average = d * average + (1 - d) * params
    return average


def test_a_fit_leaves_the_average() -> None:
    """The network ends with the averaged parameters, epochs are evaluated with them, and training goes on from the last."""
    X, y = data()
    plain, net, trail = make(), make(gn.Adam(ema=0.9)), Trail()
    start = net.params.copy()
    plain.fit(X, y, epochs=4, callbacks=trail)
    for _ in range(2):
        net.fit(X, y, epochs=2, validation_data=(X, y))
    np.testing.assert_allclose(net.params, averaged(start, trail.params, 0.9), rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(net._run.last_params, plain.params)
    assert net.history["valid_loss"][-1] == pytest.approx(net.evaluate(X, y)["loss"], rel=1e-6)
    assert net.history["loss"] == plain.history["loss"]


def test_average_with_best_weights_and_files(tmp_path: Path) -> None:
    """Early stopping keeps the best average; two fits, a file between them, leave the bits of one."""
    X, y = data()
    options: dict[str, Any] = {"validation_data": (X[:20], y[:20]), "early_stopping": gn.EarlyStopping(patience=50)}
    one, two = make(gn.Adam(0.05, ema=0.9)), make(gn.Adam(0.05, ema=0.9))
    one.fit(X, y, epochs=8, **options)
    two.fit(X, y, epochs=3, **options)
    two.save(tmp_path / "net.safetensors", training_state=True)
    two = gn.load(tmp_path / "net.safetensors")
    two.fit(X, y, epochs=5, **options)
    np.testing.assert_array_equal(one.params, two.params)
    assert one.history["valid_loss"] == two.history["valid_loss"]
    best = one.history["valid_loss"][one.history.best_epoch - 1]
    assert one.evaluate(X[:20], y[:20])["loss"] == pytest.approx(best, rel=1e-6)


def test_weights_that_were_changed_are_where_training_goes_on() -> None:
    """After a fit with an average, parameters set by hand are not replaced by the last ones."""
    X, y = data()
    net = make(gn.SGD(0.0, ema=0.9))
    net.fit(X, y, epochs=1)
    net.params[:] = 0.125
    net.fit(X, y, epochs=1)
    np.testing.assert_array_equal(net._run.last_params, np.full_like(net.params, 0.125))
