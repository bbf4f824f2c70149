"""What every loss obeys, and hand-worked values."""

from __future__ import annotations

import math
import tracemalloc
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from cases import LOSSES, LossCase
from glassnet.arrays import Scratch, ScratchPool
from glassnet.losses import LOSSES as PUBLIC_LOSSES
from harness import numeric_gradient, relative_error

each_loss = pytest.mark.parametrize("case", LOSSES, ids=lambda case: case.name)


def value_and_gradient(
    case: LossCase, Z: np.ndarray, y: np.ndarray, weight: np.ndarray | None, pool: ScratchPool | None = None
) -> tuple[Any, np.ndarray]:
    """Return loss sum and gradient for logits (K?, n, k)."""
    members = None if Z.ndim == 2 else len(Z)
    pool = pool or ScratchPool(members, Z.dtype)
    cache = case.loss.make_cache(Scratch(pool, Z.shape[-2], keeps=True), (case.n_outputs,))
    value = case.loss.value_and_gradient(Z, y, weight, cache["dZ"], cache)
    return value, cache["dZ"]


def prepared(case: LossCase, rng: np.random.Generator, n: int, dtype: str = "float64") -> np.ndarray:
    """Return checked random targets."""
    return case.loss.prepare(case.targets(rng, n), case.n_outputs, np.dtype(dtype))


def test_table_is_complete() -> None:
    """Every public loss stands in the table, and both kinds of targets of softmax cross-entropy do."""
    assert {type(case.loss) for case in LOSSES} == set(PUBLIC_LOSSES.values())
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
    pool = ScratchPool(None, Z.dtype)
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


@each_loss
@pytest.mark.parametrize("n", [64, 4096])
def test_second_call_allocates_little(case: LossCase, n: int, rng: np.random.Generator) -> None:
    """Once warm, a loss allocates less than 64 KiB, whatever the batch size."""
    Z, y = rng.standard_normal((n, case.n_outputs)).astype("float32"), prepared(case, rng, n, "float32")
    cache = case.loss.make_cache(Scratch(ScratchPool(None, Z.dtype), n, keeps=True), (case.n_outputs,))
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


MESSAGES = [
    (gn.SoftmaxCrossEntropy(), [1, 2, 3], 3, "SoftmaxCrossEntropy: y must hold class codes, whole numbers from 0 to 2, got values from 1 to 3. Subtract 1: classes are counted from 0."),
    (gn.SoftmaxCrossEntropy(), [0, 1, 4], 3, "SoftmaxCrossEntropy: y must hold class codes, whole numbers from 0 to 2, got values from 0 to 4. Give the last layer 5 units."),
    (gn.SoftmaxCrossEntropy(), [0, -1], 3, "SoftmaxCrossEntropy: y must hold class codes, whole numbers from 0 to 2, got values from -1 to 0. Code the classes from 0 upwards."),
    (gn.SoftmaxCrossEntropy(), [0.5, 1.0], 3, "SoftmaxCrossEntropy: y must hold class codes, whole numbers from 0 to 2, got fractions. For numbers that are not classes use loss='squared_error'."),
    (gn.SoftmaxCrossEntropy(), [[0.5, 0.6]], 2, "SoftmaxCrossEntropy: each row of y must hold probabilities that sum to 1, got row 0 with sum 1.1 and smallest value 0.5. For several labels per row use loss='binary_cross_entropy'."),
    (gn.SoftmaxCrossEntropy(), [[0.5, 0.5]], 3, "SoftmaxCrossEntropy: y must be class codes of shape (n,) or probabilities of shape (n, 3), got shape (1, 2)."),
    (gn.SoftmaxCrossEntropy(), [0], 1, "SoftmaxCrossEntropy: the last layer must have at least 2 outputs, one per class, got 1. For two classes in one output use loss='binary_cross_entropy'."),
    (gn.BinaryCrossEntropy(), [0, 2], 1, "BinaryCrossEntropy: targets must lie between 0 and 1, got values from 0 to 2. Code the two classes as 0 and 1, or use loss='cross_entropy' for more classes."),
    (gn.SquaredError(), [[1.0, 2.0]], 1, "SquaredError: y must have shape (n, 1) or (n,), got shape (1, 2). Give the last layer as many units as y has columns."),
    (gn.SquaredError(), ["a"], 1, "SquaredError: y must be numeric, got text. Code text and categories as numbers first."),
    (gn.SquaredError(), [1.0, math.nan], 1, "SquaredError: y must be finite, got nan at row 1. Fill or drop missing values first."),
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
