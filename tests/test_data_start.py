"""Initial parameters that follow from training rows, and settings that change in the course of a run."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import glassnet as gn


def network(**options: object) -> gn.Network:
    """Return an untrained network in the NTK parametrisation."""
    layers = [gn.Scale(), gn.NTKDense(30), gn.Parametric("selu"), gn.Dropout(0.2), gn.NTKDense(20), gn.NTKDense(3)]
    return gn.Network(layers, loss="cross_entropy", seed=3, **options)


@pytest.mark.parametrize("members", [None, 2])
def test_every_unit_has_standard_deviation_1_and_its_zero_among_the_rows(
    members: int | None, rng: np.random.Generator
) -> None:
    """What init_from_data promises of each NTKDense, whatever the scale of the inputs and the layers in front."""
    X = rng.standard_normal((500, 6)) * [1e-3, 1.0, 50.0, 3.0, 1.0, 1.0] + 7.0
    net = network(members=members).init_from_data(X)
    A = net._broadcast(X.astype("float32"))
    for layer in net.layers:
        A = layer.passed(A, members)
        if isinstance(layer, gn.NTKDense):
            np.testing.assert_allclose(A.std(axis=-2), 1.0, rtol=1e-4)
            assert ((A.min(axis=-2) < 0.0) & (A.max(axis=-2) > 0.0)).all()


def test_members_start_as_networks_of_their_own(rng: np.random.Generator) -> None:
    """Member k of K starts with the bits of a network with seed k."""
    X = rng.standard_normal((40, 6))
    both = network(members=2).init_from_data(X)
    for k in range(2):
        alone = gn.Network(copy.deepcopy(network().layers), loss="cross_entropy", seed=3 + k).init_from_data(X)
        np.testing.assert_allclose(alone.params, both.params[k], rtol=1e-6, atol=1e-6)


def test_containers_pass_rows_on(rng: np.random.Generator) -> None:
    """Layers inside containers start from what reaches them, as they would outside."""
    X = rng.standard_normal((50, 4))
    inside = gn.Network([gn.Sequential([gn.Scale(), gn.NTKDense(5)]), gn.NTKDense(2)], loss="cross_entropy", seed=0)
    flat = gn.Network([gn.Scale(), gn.NTKDense(5), gn.NTKDense(2)], loss="cross_entropy", seed=0)
    np.testing.assert_array_equal(inside.init_from_data(X).params, flat.init_from_data(X).params)
    residual = gn.Residual([gn.NTKDense(4), gn.Tanh()], shortcut=gn.NTKDense(4))
    both = gn.Network([residual, gn.Concatenate([gn.Identity(), gn.NTKDense(3)]), gn.Dense(2)], loss="cross_entropy")
    both.init_from_data(X)
    assert residual.layers[0].passed(X.astype("float32"), None).std(axis=0) == pytest.approx(np.ones(4), rel=1e-4)
    assert residual.shortcut.passed(X.astype("float32"), None).std(axis=0) == pytest.approx(np.ones(4), rel=1e-4)


def test_constant_inputs_stay_finite() -> None:
    """A unit that is the same for all rows is left as it is drawn."""
    net = network().init_from_data(np.zeros((5, 6)))
    assert np.isfinite(net.params).all()


def test_a_trained_network_refuses(rng: np.random.Generator) -> None:
    """Training is never thrown away without a word."""
    X, y = rng.standard_normal((20, 6)), rng.integers(0, 3, 20)
    net = network()
    net.fit(X, y, epochs=2, diagnose=False)
    with pytest.raises(gn.ConfigError, match=r"was trained for 2 epochs; it must be new\."):
        net.init_from_data(X)


def test_scheduled_dropout_follows_the_epochs(rng: np.random.Generator) -> None:
    """At the schedule's end nothing is dropped any more; fit(2); fit(2) has the bits of fit(4); a file keeps it."""
    X, y = rng.standard_normal((40, 5)), rng.integers(0, 3, 40)
    kept = []

    class Looks(gn.Callback):
        def on_step_end(self, run: gn.Run) -> None:
            kept.append(run.network._workspace.pass_for(10, True).chain.steps_forward[1][1]["kept"].mean())

    def made() -> gn.Network:
        layers = [gn.Dense(200, "tanh"), gn.Dropout(0.5, gn.FlatCosine(1.0, epochs=4)), gn.Dense(3)]
        optimizer = gn.AdamW(0.01, weight_decay=0.1, decay_schedule=gn.FlatCosine(1.0, epochs=3))
        return gn.Network(layers, loss="cross_entropy", optimizer=optimizer, seed=0)

    whole, parts = made(), made()
    whole.fit(X, y, epochs=4, batch_size=10, callbacks=[Looks()], diagnose=False)
    assert np.mean(kept[:8]) == pytest.approx(0.5, abs=0.03)
    assert kept[-1] > 0.95
    parts.fit(X, y, epochs=2, batch_size=10, diagnose=False)
    parts.fit(X, y, epochs=2, batch_size=10, diagnose=False)
    np.testing.assert_array_equal(parts.params, whole.params)
    assert repr(whole.layers[1]) == "Dropout(rate=0.5, schedule=FlatCosine(initial=1.0, epochs=4, flat=0.5))"


def test_scheduled_decay_ends(rng: np.random.Generator) -> None:
    """After the schedule's end AdamW is Adam."""
    X, y = rng.standard_normal((30, 5)), rng.integers(0, 3, 30)
    schedule = gn.FlatCosine(1.0, epochs=1, flat=0.0)
    decayed = gn.AdamW(0.01, weight_decay=5.0, decay_schedule=schedule)
    ends = []
    for optimizer in (decayed, gn.Adam(0.01)):
        net = gn.Network([gn.Dense(4), gn.Dense(3)], loss="cross_entropy", optimizer=gn.SGD(0.0), seed=0)
        net.fit(X, y, epochs=1, diagnose=False)
        net.optimizer = optimizer
        net.fit(X, y, epochs=3, diagnose=False)
        ends.append(net.params.copy())
    np.testing.assert_array_equal(*ends)


@pytest.mark.parametrize("wrong", [0.5, "cosine", gn.ReduceOnPlateau(0.1)])
def test_a_factor_must_be_a_schedule(wrong: object) -> None:
    """A number, a name or a schedule that looks at the history is refused in one sentence."""
    with pytest.raises(
        gn.ConfigError, match=r"schedule is .*; it must be a schedule such as FlatCosine\(1\.0, epochs=50\), or None\."
    ):
        gn.Dropout(0.5, schedule=wrong)
    with pytest.raises(
        gn.ConfigError,
        match=r"decay_schedule is .*; it must be a schedule such as FlatCosine\(1\.0, epochs=50\), or None\.",
    ):
        gn.AdamW(0.5, decay_schedule=wrong)


def test_the_last_of_equal_epochs_may_be_the_best(rng: np.random.Generator) -> None:
    """With ``ties="last"`` a value that equals the best is an improvement."""
    X, y = rng.standard_normal((30, 5)), np.zeros(30, dtype=int)
    y[:3] = 1
    best = {}
    for ties in ("first", "last"):
        net = gn.Network([gn.Dense(2)], loss="cross_entropy", optimizer=gn.SGD(0.0), seed=0)
        rule = gn.EarlyStopping("valid_accuracy", patience=9, ties=ties)
        best[ties] = net.fit(X, y, epochs=5, validation_data=(X, y), early_stopping=rule, diagnose=False).best_epoch
    assert best == {"first": 1, "last": 5}
