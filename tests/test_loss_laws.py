"""What every loss obeys, and hand-worked values."""

from __future__ import annotations

import copy
import math
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from cases import LOSSES, LossCase
from glassnet.losses import LOSSES as PUBLIC_LOSSES
from glassnet.saving.configuration import network_config, network_from_config
from glassnet.utils.arrays import BufferPool, Buffers
from harness import numeric_gradient, relative_error

each_loss = pytest.mark.parametrize("case", LOSSES, ids=lambda case: case.name)
each_of_ours = pytest.mark.parametrize(
    "case", [case for case in LOSSES if not case.loss.saved_by_name], ids=lambda case: case.name
)


def value_and_gradient(
    case: LossCase, Z: np.ndarray, y: np.ndarray, weight: np.ndarray | None, pool: BufferPool | None = None
) -> tuple[Any, np.ndarray]:
    """Return loss sum and gradient for logits (K?, n, k)."""
    members = None if Z.ndim == 2 else len(Z)
    pool = pool or BufferPool(members, Z.dtype)
    cache = case.loss.make_cache(Buffers(pool, Z.shape[-2], keeps=True), (case.n_outputs,))
    value = case.loss.value_and_gradient(Z, y, weight, cache["dZ"], cache)
    return value, cache["dZ"]


def prepared(case: LossCase, rng: np.random.Generator, n: int, dtype: str = "float64") -> np.ndarray:
    """Return checked random targets."""
    return case.loss.prepare(case.targets(rng, n), case.n_outputs, np.dtype(dtype))


def test_table_is_complete() -> None:
    """Every public loss stands in the table, and both kinds of targets of softmax cross-entropy do."""
    assert {type(case.loss) for case in LOSSES} == {*PUBLIC_LOSSES.values(), gn.CustomLoss, gn.EnsembleLoss}
    assert {case.kind for case in LOSSES if case.loss.name == "cross_entropy"} == {"codes", "probabilities"}


@each_loss
@pytest.mark.parametrize("weighted", [False, True])
def test_gradient(case: LossCase, weighted: bool, rng: np.random.Generator) -> None:
    """In float64 the gradient of the loss sum agrees with central differences to 1e-6."""
    Z, y = rng.standard_normal((6, case.n_outputs)), prepared(case, rng, 6)
    weight = rng.random(6) if weighted else None
    dZ = value_and_gradient(case, Z, y, weight)[1].copy()
    numeric = numeric_gradient(lambda: float(value_and_gradient(case, Z, y, weight)[0]), Z)
    assert relative_error(dZ, numeric) < 1e-6


@each_loss
def test_weights_count_rows(case: LossCase, rng: np.random.Generator) -> None:
    """A row of weight 2 is two rows, a row of weight 0 is none."""
    Z, y = rng.standard_normal((4, case.n_outputs)), prepared(case, rng, 4)
    rows = [0, 0, 1, 3]
    repeated, _ = value_and_gradient(case, Z[rows], y[rows], None)
    weighted, dZ = value_and_gradient(case, Z, y, np.array([2.0, 1.0, 0.0, 1.0]))
    assert weighted == pytest.approx(repeated, rel=1e-12)
    assert not dZ[2].any()


@each_loss
def test_types_inputs_and_poison(case: LossCase, rng: np.random.Generator) -> None:
    """float32 stays float32, Z, y and weights stay as they are, and NaN in the scratch does not show."""
    Z = rng.standard_normal((5, case.n_outputs)).astype("float32")
    y, weight = prepared(case, rng, 5, "float32"), rng.random(5).astype("float32")
    for array in (Z, y, weight):
        array.flags.writeable = False
    pool = BufferPool(None, Z.dtype)
    first, dZ = value_and_gradient(case, Z, y, weight, pool)
    expected = dZ.copy()
    for buffer in pool.buffers:
        buffer[:] = 0xFF
    second, dZ = value_and_gradient(case, Z, y, weight, pool)
    assert first == second
    assert np.asarray(first).dtype == dZ.dtype == np.dtype("float32")
    np.testing.assert_array_equal(dZ, expected)


@each_loss
@pytest.mark.parametrize("weighted", [False, True])
def test_members_equal_networks(case: LossCase, weighted: bool, rng: np.random.Generator) -> None:
    """The loss of K members is, bit for bit, the loss of each."""
    Z = rng.standard_normal((3, 5, case.n_outputs)).astype("float32")
    y = np.stack([prepared(case, rng, 5, "float32") for _ in range(3)])
    weight = rng.random((3, 5)).astype("float32") if weighted else None
    values, dZ = value_and_gradient(case, Z, y, weight)
    assert values.shape == (3,)
    for k in range(3):
        value, d = value_and_gradient(case, Z[k], y[k], None if weight is None else weight[k])
        assert value == values[k]
        np.testing.assert_array_equal(d, dZ[k])


@each_of_ours
@pytest.mark.parametrize("n", [64, 4096])
def test_second_call_allocates_little(case: LossCase, n: int, rng: np.random.Generator) -> None:
    """Once warm, a loss allocates less than 64 KiB, whatever the batch size."""
    Z, y = rng.standard_normal((n, case.n_outputs)).astype("float32"), prepared(case, rng, n, "float32")
    cache = case.loss.make_cache(Buffers(BufferPool(None, Z.dtype), n, keeps=True), (case.n_outputs,))
    case.loss.value_and_gradient(Z, y, None, cache["dZ"], cache)
    tracemalloc.start()
    case.loss.value_and_gradient(Z, y, None, cache["dZ"], cache)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * 1024


@each_loss
def test_extreme_logits_stay_finite(case: LossCase, rng: np.random.Generator) -> None:
    """Logits of ±1000 give a finite loss, gradient and prediction, without overflow."""
    Z = 1000.0 * rng.choice([-1.0, 1.0], (8, case.n_outputs)).astype("float32")
    value, dZ = value_and_gradient(case, Z, prepared(case, rng, 8, "float32"), None)
    assert np.isfinite(value)
    assert np.isfinite(dZ).all()
    assert np.isfinite(case.loss.link(Z)).all()


def test_squared_error_by_hand() -> None:
    """l = mean_j (Z_j - y_j)**2 on two rows of two outputs."""
    # row 0: ((3-1)**2 + (0-2)**2) / 2 = 4; row 1: ((1-1)**2 + (5-2)**2) / 2 = 4.5; sum 8.5
    Z, y = np.array([[3.0, 0.0], [1.0, 5.0]]), np.array([[1.0, 2.0], [1.0, 2.0]])
    value, dZ = value_and_gradient(LossCase(gn.SquaredError(), 2, "numbers"), Z, y, None)
    assert value == 8.5
    np.testing.assert_array_equal(dZ, [[2.0, -2.0], [0.0, 3.0]])  # 2 * (Z - y) / 2


def test_binary_cross_entropy_by_hand() -> None:
    """At Z = log 3 the probability is 3/4: l = -log(3/4) for y = 1 and -log(1/4) for y = 0."""
    Z, y = np.full((2, 1), math.log(3.0)), np.array([[1.0], [0.0]])
    value, dZ = value_and_gradient(LossCase(gn.BinaryCrossEntropy(), 1, "yes/no"), Z, y, None)
    assert value == pytest.approx(-math.log(3 / 4) - math.log(1 / 4), rel=1e-14)
    np.testing.assert_allclose(dZ, [[-0.25], [0.75]], rtol=1e-14)  # p - y
    np.testing.assert_allclose(gn.BinaryCrossEntropy().link(Z), 0.75, rtol=1e-14)


def test_softmax_cross_entropy_by_hand() -> None:
    """Logits log 1, log 2, log 5 give probabilities 1/8, 2/8, 5/8; codes and one-hot rows agree."""
    Z = np.log(np.array([[1.0, 2.0, 5.0]]))
    for y in (np.array([1]), np.array([[0.0, 1.0, 0.0]])):
        value, dZ = value_and_gradient(LossCase(gn.SoftmaxCrossEntropy(), 3, "codes"), Z, y, None)
        assert value == pytest.approx(-math.log(2 / 8), rel=1e-14)
        np.testing.assert_allclose(dZ, [[1 / 8, 2 / 8 - 1, 5 / 8]], rtol=1e-14)
    np.testing.assert_allclose(gn.SoftmaxCrossEntropy().link(Z), [[1 / 8, 2 / 8, 5 / 8]], rtol=1e-14)


def by_hand(loss: gn.Loss, Z: Any, y: Any) -> tuple[float, np.ndarray]:
    """Return loss sum and gradient in float64."""
    Z = np.asarray(Z, dtype=float)
    case = LossCase(loss, Z.shape[-1], "numbers")
    value, dZ = value_and_gradient(case, Z, loss.prepare(y, Z.shape[-1], Z.dtype), None)
    return float(value), dZ


def test_absolute_error_by_hand() -> None:
    """l = mean_j |Z_j - y_j|, with slope 0 where they are equal."""
    value, dZ = by_hand(gn.AbsoluteError(), [[3.0, 0.0], [1.0, 5.0]], [[1.0, 2.0], [1.0, 2.0]])
    assert value == 3.5  # (2 + 2) / 2 + (0 + 3) / 2
    np.testing.assert_array_equal(dZ, [[0.5, -0.5], [0.0, 0.5]])


def test_huber_by_hand() -> None:
    """Errors 1, 2, -4 at delta 2: 1/2, 2, and 2 * (4 - 1) on the straight part."""
    value, dZ = by_hand(gn.Huber(delta=2.0), [[1.0], [2.0], [-4.0]], [0.0, 0.0, 0.0])
    assert value == 0.5 + 2.0 + 6.0
    np.testing.assert_array_equal(dZ, [[1.0], [2.0], [-2.0]])


def test_poisson_by_hand() -> None:
    """At Z = log 3: l = 3 - y log 3, with slope 3 - y, and the rate 3."""
    Z = [[math.log(3.0)], [math.log(3.0)]]
    value, dZ = by_hand(gn.Poisson(), Z, [0, 5])
    assert value == pytest.approx(3.0 + 3.0 - 5.0 * math.log(3.0), rel=1e-14)
    np.testing.assert_allclose(dZ, [[3.0], [-2.0]], rtol=1e-14)
    np.testing.assert_allclose(gn.Poisson().link(np.array(Z)), 3.0, rtol=1e-14)


def test_poisson_goes_on_straight() -> None:
    """Beyond Z = 30 loss, slope and rate follow the tangent there, and value and gradient still agree."""
    cap = math.exp(30.0)
    value, dZ = by_hand(gn.Poisson(), [[1000.0]], [7])
    assert value == pytest.approx(cap * 971.0 - 7000.0, rel=1e-14)
    assert dZ.item() == pytest.approx(cap - 7.0, rel=1e-14)
    assert gn.Poisson().link(np.array([[1000.0]])).item() == pytest.approx(cap, rel=1e-14)
    below, above = (by_hand(gn.Poisson(), [[30.0 + h]], [7])[0] for h in (-1e-6, 1e-6))
    assert (above - below) / 2e-6 == pytest.approx(cap, rel=1e-6)


def test_quantile_by_hand() -> None:
    """Levels 0.25 and 0.75 around y = 4: too low by 2 costs 0.25 * 2, too high by 4 costs 0.25 * 4."""
    value, dZ = by_hand(gn.Quantile([0.25, 0.75]), [[2.0, 8.0]], [4.0])
    assert value == 0.75
    np.testing.assert_array_equal(dZ, [[-0.125, 0.125]])
    # A second target, each with its own levels: y = 1 below both predictions costs 0.75 * 1 and 0.25 * 2.
    value, dZ = by_hand(gn.Quantile([0.25, 0.75]), [[2.0, 8.0, 2.0, 3.0]], [[4.0, 1.0]])
    assert value == (0.5 + 1.0 + 0.75 + 0.5) / 4
    np.testing.assert_array_equal(dZ, [[-0.0625, 0.0625, 0.1875, 0.0625]])


def test_quantiles_never_cross() -> None:
    """Predictions are sorted within each target, with and without members, and logits stay as they are."""
    Z = np.array([[3.0, 1.0, 2.0, -1.0, -3.0, 0.0]])
    sorted_rows = [[1.0, 2.0, 3.0, -3.0, -1.0, 0.0]]
    assert gn.Quantile().link(Z).tolist() == sorted_rows
    assert gn.Quantile().link(np.stack([Z, Z])).tolist() == [sorted_rows, sorted_rows]
    assert Z[0, 0] == 3.0


def test_gaussian_by_hand() -> None:
    """It is minus the logarithm of the normal density, constant included; slopes as in Nix and Weigend."""
    loss = gn.GaussianNLL(min_variance=1e-30)
    # mean 1, variance 4, y = 5: r = 4, r**2 / v = 4
    value, dZ = by_hand(loss, [[1.0, math.log(4.0)]], [5.0])
    density = math.exp(-(4.0**2) / (2 * 4.0)) / math.sqrt(2 * math.pi * 4.0)
    assert value == pytest.approx(-math.log(density), rel=1e-14)
    np.testing.assert_allclose(dZ, [[-1.0, -1.5]], rtol=1e-14)  # (m - y) / v, (1 - 4) / 2
    np.testing.assert_allclose(loss.link(np.array([[1.0, math.log(4.0)]])), [[1.0, 4.0]], rtol=1e-14)
    # Two targets: means first, then variances.
    both, _ = by_hand(loss, [[1.0, 1.0, math.log(4.0), math.log(4.0)]], [[5.0, 5.0]])
    assert both == pytest.approx(value, rel=1e-14)


def test_gaussian_variance_has_a_floor() -> None:
    """However negative the logarithm, the variance is at least min_variance."""
    assert gn.GaussianNLL(min_variance=0.25).link(np.array([[0.0, -1000.0]]))[0, 1] == pytest.approx(0.25, rel=1e-14)


def test_label_smoothing_by_hand() -> None:
    """Smoothing by s is the same loss with the targets y * (1 - s) + s / k, for codes and for probabilities."""
    Z, y = np.log([[1.0, 2.0, 5.0, 8.0]]), np.array([1])
    smooth = np.array([[0.05, 0.85, 0.05, 0.05]])
    expected, slope = by_hand(gn.SoftmaxCrossEntropy(), Z, smooth)
    for targets in (y, [[0.0, 1.0, 0.0, 0.0]]):
        value, dZ = by_hand(gn.SoftmaxCrossEntropy(label_smoothing=0.2), Z, targets)
        assert value == pytest.approx(expected, rel=1e-14)
        np.testing.assert_allclose(dZ, slope, rtol=1e-13)
    expected, slope = by_hand(gn.BinaryCrossEntropy(), [[0.3], [-1.0]], [0.9, 0.1])
    value, dZ = by_hand(gn.BinaryCrossEntropy(label_smoothing=0.2), [[0.3], [-1.0]], [1, 0])
    assert value == pytest.approx(expected, rel=1e-14)
    np.testing.assert_allclose(dZ, slope, rtol=1e-13)


def test_metrics_know_no_smoothing() -> None:
    """Label smoothing changes the loss and no metric."""
    X, y = np.eye(3), [0, 1, 1]
    nets = [gn.Network([gn.Dense(2)], loss=gn.SoftmaxCrossEntropy(s), seed=0) for s in (0.0, 0.3)]
    plain, smooth = (net.build((3,)).evaluate(X, y, metrics=["accuracy", "log_loss"]) for net in nets)
    assert plain.pop("loss") != smooth.pop("loss")
    assert plain == smooth


def test_binary_focal_by_hand() -> None:
    """At Z = log 3, p = 3/4: l = -a (1 - p)**gamma log p with a = alpha for 1 and 1 - alpha for 0."""
    Z = [[math.log(3.0)], [math.log(3.0)]]
    value, _ = by_hand(gn.BinaryFocalCrossEntropy(gamma=2.0, alpha=0.25), Z, [1, 0])
    assert value == pytest.approx(-0.25 * 0.25**2 * math.log(0.75) - 0.75 * 0.75**2 * math.log(0.25), rel=1e-14)


def test_softmax_focal_by_hand() -> None:
    """Logits log 1, log 2, log 5: p of class 1 is 2/8, l = -a (6/8)**2 log(2/8)."""
    value, _ = by_hand(gn.SoftmaxFocalCrossEntropy(alpha=[1.0, 3.0, 1.0]), np.log([[1.0, 2.0, 5.0]]), [1])
    assert value == pytest.approx(-3.0 * 0.75**2 * math.log(0.25), rel=1e-14)


def test_focal_without_focus_is_cross_entropy(rng: np.random.Generator) -> None:
    """At gamma 0 the focal losses are the cross-entropies."""
    Z = rng.standard_normal((6, 3))
    pairs: list[tuple[gn.Loss, gn.Loss, np.ndarray]] = [
        (gn.BinaryFocalCrossEntropy(gamma=0.0), gn.BinaryCrossEntropy(), rng.integers(0, 2, (6, 3))),
        (gn.SoftmaxFocalCrossEntropy(gamma=0.0), gn.SoftmaxCrossEntropy(), rng.integers(0, 3, 6)),
    ]
    for focal, plain, y in pairs:
        value, dZ = by_hand(focal, Z, y)
        expected, slope = by_hand(plain, Z, y)
        assert value == pytest.approx(expected, rel=1e-13)
        np.testing.assert_allclose(dZ, slope, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("gamma", [0.3, 1.0, 2.5])
def test_two_focal_losses_agree(gamma: float) -> None:
    """The softmax of (0, z) is the sigmoid of z, also where p is so near to 1 that 1 - p vanishes."""
    z = np.array([-800.0, -40.0, -3.0, 0.5, 3.0, 40.0, 800.0])[:, None]
    for y in (np.ones(7), np.zeros(7)):
        value, dz = by_hand(gn.BinaryFocalCrossEntropy(gamma), z, y)
        expected, dZ = by_hand(gn.SoftmaxFocalCrossEntropy(gamma), np.hstack([np.zeros_like(z), z]), y)
        assert value == pytest.approx(expected, rel=1e-12)
        np.testing.assert_allclose(dz[:, 0], dZ[:, 1], rtol=1e-9, atol=1e-15)
        np.testing.assert_allclose(dZ.sum(axis=1), 0.0, atol=1e-15)


def test_one_hot_rows_are_codes() -> None:
    """The focal loss takes one-hot rows for the codes they stand for."""
    y = gn.SoftmaxFocalCrossEntropy().prepare([[0, 0, 1], [1, 0, 0]], 3, np.dtype("float32"))
    assert y.tolist() == [2, 0]


@each_loss
@pytest.mark.parametrize("scale", [1.0, 20.0, 100.0])
def test_float32_is_float64_rounded(case: LossCase, scale: float, rng: np.random.Generator) -> None:
    """In float32 values and gradients are those of float64 but for rounding, also where probabilities are 0 and 1."""
    Z = (scale * rng.standard_normal((50, case.n_outputs))).astype("float32")
    y = case.targets(rng, 50)
    found, expected = (
        value_and_gradient(case, Z.astype(dtype), case.loss.prepare(y, case.n_outputs, np.dtype(dtype)), None)
        for dtype in ("float32", "float64")
    )
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-4)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-3, atol=1e-5 * np.abs(expected[1]).max())


def test_old_files_know_no_smoothing() -> None:
    """A configuration without the argument, as version 0.1 wrote it, is one without smoothing."""
    net = gn.Network([gn.Dense(2)], loss="cross_entropy", seed=0, input_shape=(2,))
    config = network_config(net)
    config["loss"] = {"class": "SoftmaxCrossEntropy"}
    assert repr(network_from_config(gn.Network, config).loss) == "SoftmaxCrossEntropy(label_smoothing=0.0)"


@each_loss
def test_every_loss_trains_copies_and_saves(case: LossCase, rng: np.random.Generator, tmp_path: Path) -> None:
    """With any loss a network fits, with every metric it offers, and predicts the same after pickling and saving."""
    X, y = rng.standard_normal((40, 3)), case.targets(rng, 40)
    net = gn.Network([gn.Dense(case.n_outputs)], loss=case.loss, optimizer=gn.Adam(0.02), seed=0)
    history = net.fit(X, y, epochs=12, batch_size=40, validation_data=(X, y), metrics=list(case.loss.metrics))
    assert history["loss"][-1] < history["loss"][0]
    assert all(np.isfinite(history[f"valid_{name}"]).all() for name in case.loss.metrics)
    assert set(case.loss.default_metrics) <= set(case.loss.metrics)
    net.save(tmp_path / "net.safetensors")
    # A case whose loss is not the same object must find it by its name.
    for twin in (copy.deepcopy(net), gn.load(tmp_path / "net.safetensors", custom=[case.loss])):
        np.testing.assert_array_equal(twin.predict(X), net.predict(X))
        assert repr(twin.loss) == repr(case.loss)
        assert twin.evaluate(X, y) == net.evaluate(X, y)


@each_loss
def test_loss_of_a_network_passes_the_gradient_check(case: LossCase, rng: np.random.Generator) -> None:
    """`check_gradients` agrees for every loss, weights and members included."""
    X, y = rng.standard_normal((6, 3)), case.targets(rng, 6)
    net = gn.Network([gn.Dense(4, "tanh"), gn.Dense(case.n_outputs)], loss=case.loss, seed=0, members=2)
    assert gn.check_gradients(net, X, y, rng.random(6))


def test_multi_label_end_to_end(rng: np.random.Generator) -> None:
    """Several yes/no columns are learned at once, and every metric averages over them."""
    X = rng.standard_normal((200, 3))
    Y = (X @ rng.standard_normal((3, 4)) > 0.0).astype(int)
    net = gn.Network([gn.Dense(4)], loss="binary_cross_entropy", optimizer=gn.Adam(0.1), seed=0)
    net.fit(X, Y, epochs=60, validation_split=0.2)
    found = net.evaluate(X, Y, metrics=["accuracy", "auc", "balanced_accuracy", "brier", "f1", "log_loss"])
    assert min(found[name] for name in ("accuracy", "auc", "balanced_accuracy", "f1")) > 0.95
    assert found["log_loss"] == pytest.approx(found["loss"], rel=1e-5)
    assert net.predict(X).shape == (200, 4)


BAD_LOSSES = [
    (lambda: gn.Huber(delta=0.0), "Huber: delta is 0.0; it must be a finite number above 0."),
    (lambda: gn.Quantile(levels=[0.5, 0.5]), "Quantile: levels is [0.5, 0.5]; they must rise, and be at least one. Write levels=[0.1, 0.5, 0.9]."),
    (lambda: gn.Quantile(levels=[]), "Quantile: levels is []; they must rise, and be at least one. Write levels=[0.1, 0.5, 0.9]."),
    (lambda: gn.Quantile(levels=1.0), "Quantile: levels is 1.0; it must be a finite number above 0 and below 1."),
    (lambda: gn.GaussianNLL(min_variance=0), "GaussianNLL: min_variance is 0; it must be a finite number of at least 1e-30."),
    (lambda: gn.BinaryCrossEntropy(label_smoothing=1.0), "BinaryCrossEntropy: label_smoothing is 1.0; it must be a finite number of at least 0 and below 1."),
    (lambda: gn.SoftmaxCrossEntropy(label_smoothing=-0.1), "SoftmaxCrossEntropy: label_smoothing is -0.1; it must be a finite number of at least 0 and below 1."),
    (lambda: gn.BinaryFocalCrossEntropy(gamma=-1), "BinaryFocalCrossEntropy: gamma is -1; it must be a finite number of at least 0."),
    (lambda: gn.BinaryFocalCrossEntropy(alpha=1.0), "BinaryFocalCrossEntropy: alpha is 1.0; it must be a finite number above 0 and below 1."),
    (lambda: gn.SoftmaxFocalCrossEntropy(alpha=0.25), "SoftmaxFocalCrossEntropy: alpha is 0.25; it must be None or one number per class. Write alpha=[0.2, 0.8] for two classes."),
    (lambda: gn.SoftmaxFocalCrossEntropy(alpha=[1.0, 0.0]), "SoftmaxFocalCrossEntropy: alpha is 0.0; it must be a finite number above 0."),
    (lambda: gn.SoftmaxFocalCrossEntropy(alpha=[1, 2]).prepare([0, 1], 3, np.dtype("float32")), "SoftmaxFocalCrossEntropy: alpha has 2 numbers; it must have 3, one per output of the last layer."),
]  # fmt: skip


@pytest.mark.parametrize(("make", "message"), BAD_LOSSES, ids=[message for _, message in BAD_LOSSES])
def test_bad_arguments(make: Any, message: str) -> None:
    """An argument that cannot be gets one sentence."""
    with pytest.raises(gn.GlassnetError) as caught:
        make()
    assert str(caught.value) == message


MESSAGES = [
    (gn.SoftmaxCrossEntropy(), [1, 2, 3], 3, "SoftmaxCrossEntropy: y has values from 1 to 3; it must hold class codes, whole numbers from 0 to 2. Subtract 1: classes are counted from 0."),
    (gn.SoftmaxCrossEntropy(), [0, 1, 4], 3, "SoftmaxCrossEntropy: y has values from 0 to 4; it must hold class codes, whole numbers from 0 to 2. Give the last layer 5 units."),
    (gn.SoftmaxCrossEntropy(), [0, -1], 3, "SoftmaxCrossEntropy: y has values from -1 to 0; it must hold class codes, whole numbers from 0 to 2. Code the classes from 0 upwards."),
    (gn.SoftmaxCrossEntropy(), [0.5, 1.0], 3, "SoftmaxCrossEntropy: y has fractions; it must hold class codes, whole numbers from 0 to 2. For numbers that are not classes use loss='squared_error'."),
    (gn.SoftmaxCrossEntropy(), [[0.5, 0.6]], 2, "SoftmaxCrossEntropy: y has row 0 with sum 1.1 and smallest value 0.5; each row of y must hold probabilities that sum to 1. For several labels per row use loss='binary_cross_entropy'."),
    (gn.SoftmaxCrossEntropy(), [[0.5, 0.5]], 3, "SoftmaxCrossEntropy: y has shape (1, 2); it must be class codes of shape (n,) or probabilities of shape (n, 3)."),
    (gn.SoftmaxCrossEntropy(), [0], 1, "SoftmaxCrossEntropy: the last layer has 1 output; it must have at least 2, one per class. For two classes in one output use loss='binary_cross_entropy'."),
    (gn.BinaryCrossEntropy(), [0, 2], 1, "BinaryCrossEntropy: y has values from 0 to 2; targets must lie between 0 and 1. Code the two classes as 0 and 1, or use loss='cross_entropy' for more classes."),
    (gn.SquaredError(), [[1.0, 2.0]], 1, "SquaredError: y has shape (1, 2); it must be (n, 1) or (n,). Give the last layer as many units as y has columns."),
    (gn.BinaryFocalCrossEntropy(), [0, 2], 1, "BinaryFocalCrossEntropy: y has values from 0 to 2; targets must be 0 or 1. Code the two classes as 0 and 1, or use loss='focal_cross_entropy' for more classes."),
    (gn.BinaryFocalCrossEntropy(), [0, 0.25], 1, "BinaryFocalCrossEntropy: a target is 0.25; targets must be 0 or 1. For probabilities use loss='binary_cross_entropy'."),
    (gn.SoftmaxFocalCrossEntropy(), [[0.5, 0.5]], 2, "SoftmaxFocalCrossEntropy: y has a row of other numbers; each row of y must have a 1 for its class and 0 elsewhere. For probabilities as targets use loss='cross_entropy'."),
    (gn.SoftmaxFocalCrossEntropy(), [0], 1, "SoftmaxFocalCrossEntropy: the last layer has 1 output; it must have at least 2, one per class. For two classes in one output use loss='binary_focal_cross_entropy'."),
    (gn.Poisson(), [1, -2], 1, "Poisson: y has values from -2 to 1; targets must be counts or amounts of at least 0, and at most 1e13. For numbers of any sign use loss='squared_error'."),
    (gn.Poisson(), [1, 1e15], 1, "Poisson: y has values from 1 to 1e+15; targets must be counts or amounts of at least 0, and at most 1e13. Count in larger units."),
    (gn.Quantile(), [1.0, 2.0], 4, "Quantile: the last layer has 4 outputs; it must have a multiple of 3, one per level of each target."),
    (gn.Quantile(), [1.0, 2.0], 6, "Quantile: y has shape (2,); it must be (n, 2). Give the last layer 3 units per column of y."),
    (gn.GaussianNLL(), [1.0, 2.0], 1, "GaussianNLL: the last layer has 1 outputs; it must have a multiple of 2, one per mean and one per variance of each target."),
    (gn.GaussianNLL(), [1.0, 2.0], 4, "GaussianNLL: y has shape (2,); it must be (n, 2). Give the last layer 2 units per column of y."),
    (gn.AbsoluteError(), [[1.0, 2.0]], 1, "AbsoluteError: y has shape (1, 2); it must be (n, 1) or (n,). Give the last layer as many units as y has columns."),
    (gn.SquaredError(), ["a"], 1, "SquaredError: y holds text; it must be numeric. Code text and categories as numbers first."),
    (gn.SquaredError(), [1.0, math.nan], 1, "SquaredError: y holds nan at row 1; it must be finite. Fill or drop missing values first."),
]  # fmt: skip


@pytest.mark.parametrize(("loss", "y", "k", "message"), MESSAGES)
def test_bad_targets(loss: gn.Loss, y: Any, k: int, message: str) -> None:
    """Targets that cannot be right get one sentence with what came and what to do."""
    with pytest.raises(gn.GlassnetError) as caught:
        loss.prepare(y, k, np.dtype("float32"))
    assert str(caught.value) == message


@each_loss
def test_outputs(case: LossCase, rng: np.random.Generator) -> None:
    """A loss says how many outputs its targets need."""
    y = case.targets(rng, 50)
    assert case.loss.outputs(y) == case.n_outputs
