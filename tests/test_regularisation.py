"""Penalties are part of the loss that is printed and differentiated; norms are limited."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn


def data(n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of 4 features and yes/no targets."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, 4))
    return X, (X[:, 0] > 0.3).astype(int)


def make(**options: Any) -> gn.Network:
    """Return a network with a norm, whose parameters are not penalised."""
    layers = [gn.Dense(6, "tanh"), gn.BatchNorm(), gn.Dense(5, "silu").tuned(decay_factor=0.5), gn.Dense(1)]
    return gn.Network(layers, loss="binary_cross_entropy", **{"seed": 0, "input_shape": (4,), **options})


def test_by_hand() -> None:
    """Weights 2 and -3, bias 7: l1 0.1 adds 0.5 and l2 0.01 adds 0.13 to the loss; the bias is free."""
    net = gn.Network([gn.Dense(1)], loss="squared_error", input_shape=(2,), l1=0.1, l2=0.01, dtype="float64")
    net.params[:] = [2.0, -3.0, 7.0]
    # At x = (1, 1) the output is 2 - 3 + 7 = 6.
    assert net.evaluate([[1.0, 1.0]], [6.0])["loss"] == pytest.approx(0.1 * 5 + 0.01 * 13, rel=1e-14)
    net.loss_and_gradients([[1.0, 1.0]], [6.0])
    np.testing.assert_allclose(net.grads, [0.1 + 0.04, -0.1 - 0.06, 0.0], rtol=1e-14)


def test_decay_factor_scales_them() -> None:
    """A layer's decay_factor multiplies its share; 0 leaves it out."""
    values = []
    for factor in (0.0, 1.0, 3.0):
        net = gn.Network([gn.Dense(1).tuned(decay_factor=factor)], loss="squared_error", input_shape=(1,), l2=1.0)
        net.params[:] = [2.0, 0.0]
        values.append(net.evaluate([[1.0]], [2.0])["loss"])
    assert values == [0.0, 4.0, 12.0]


@pytest.mark.parametrize("members", [None, 3])
def test_gradients(members: int | None) -> None:
    """What is printed is what is differentiated, with members too."""
    net = make(l1=0.02, l2=0.03, members=members)
    X, y = data(12)
    assert gn.check_gradients(net, X, y, sample_weight=np.linspace(0.5, 2.0, 12))


def test_history_and_evaluate_print_the_same_loss() -> None:
    """With a rate of 0 and one batch, the loss of the history is evaluate's, the penalty once in both."""
    X, y = data()
    options: dict[str, Any] = {"optimizer": gn.SGD(0.0), "l1": 0.01, "l2": 0.02}
    net = gn.Network([gn.Dense(6, "tanh"), gn.Dense(1)], loss="binary_cross_entropy", seed=0, **options)
    weight = np.linspace(0.0, 3.0, 60)
    history = net.fit(X, y, epochs=1, batch_size=60, sample_weight=weight, validation_data=(X, y, weight))
    assert history["loss"][0] == pytest.approx(net.evaluate(X, y, weight)["loss"], rel=1e-6)
    assert history["loss"][0] == pytest.approx(history["valid_loss"][0], rel=1e-6)
    net.fit(X, y, epochs=1, batch_size=7, sample_weight=weight)
    assert history["loss"][1] == pytest.approx(history["loss"][0], rel=1e-6)


def test_l2_is_ridge_regression() -> None:
    """A linear network with l2 ends at the solution of the normal equations with n * l2 on the diagonal."""
    rng = np.random.default_rng(1)
    X, y = rng.standard_normal((30, 3)), rng.standard_normal(30)
    X -= X.mean(axis=0)
    options: dict[str, Any] = {"optimizer": gn.SGD(0.1), "l2": 0.2, "dtype": "float64"}
    net = gn.Network([gn.Dense(1)], loss="squared_error", seed=0, **options)
    net.fit(X, y, epochs=600, batch_size=30)
    ridge = np.linalg.solve(X.T @ X + 30 * 0.2 * np.eye(3), X.T @ y)
    np.testing.assert_allclose(net.params[:3], ridge, rtol=1e-10)


def test_members_equal_networks() -> None:
    """K members with penalties and limited norms are K networks alone, bit for bit, losses included."""
    X, y = data()
    options: dict[str, Any] = {"l1": 0.01, "l2": 0.02, "max_norm": 0.8}
    stacked = make(members=3, **options)
    stacked.fit(X, y, epochs=3)
    for k in range(3):
        alone = make(seed=k, **options)
        alone.fit(X, y, epochs=3)
        np.testing.assert_array_equal(alone.params, stacked.params[k])
        np.testing.assert_allclose(alone.history["loss"], np.array(stacked.history["loss"])[:, k], rtol=1e-12)


def test_max_norm_holds_after_every_step() -> None:
    """No unit's incoming weights exceed the norm by more than rounding; those below it are not touched."""
    X, y = data()
    net = make(max_norm=0.7, optimizer=gn.Adam(0.05))
    largest = []

    class Watch(gn.Callback):
        def on_step_end(self, run: Any) -> None:
            largest.append(max(float(np.linalg.norm(slot.view(net.params), axis=0).max()) for slot in net._slots[:3]))

    net.fit(X, y, epochs=5, callbacks=Watch())
    assert max(largest) <= 0.7 * (1 + 1e-6)
    assert max(largest) > 0.69
    free, bound = make(), make(max_norm=1e6)
    free.fit(X, y, epochs=2)
    bound.fit(X, y, epochs=2)
    np.testing.assert_array_equal(free.params, bound.params)


def test_they_travel_in_files_and_runs(tmp_path: Path) -> None:
    """A saved network goes on with its penalties, bit for bit."""
    X, y = data()
    net = make(l1=0.01, l2=0.02, max_norm=0.8)
    net.fit(X, y, epochs=2)
    net.save(tmp_path / "net.safetensors", training_state=True)
    twin = gn.load(tmp_path / "net.safetensors")
    assert (twin.l1, twin.l2, twin.max_norm) == (0.01, 0.02, 0.8)
    assert "l1=0.01, l2=0.02, max_norm=0.8" in repr(net)
    for one in (net, twin):
        one.fit(X, y, epochs=2)
    np.testing.assert_array_equal(net.params, twin.params)


MESSAGES = [
    ({"l1": -0.1}, "Network: l1 is -0.1; it must be a finite number of at least 0."),
    ({"l2": "strong"}, "Network: l2 is 'strong'; it must be a finite number of at least 0."),
    ({"max_norm": 0.0}, "Network: max_norm is 0.0; it must be a finite number above 0."),
]


@pytest.mark.parametrize(("options", "message"), MESSAGES)
def test_bad_options(options: dict[str, Any], message: str) -> None:
    """Each gets one sentence."""
    with pytest.raises(gn.ConfigError) as caught:
        make(**options)
    assert str(caught.value) == message
