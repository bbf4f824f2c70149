"""What every layer obeys: each law once, over the table in ``cases``."""

from __future__ import annotations

import copy
import tracemalloc
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from cases import LAYERS, LayerCase, is_noisy
from glassnet.layers import LAYERS as PUBLIC_LAYERS
from glassnet.layers import make_layer
from harness import TOLERANCE, Bench, bench_errors

each_layer = pytest.mark.parametrize("case", LAYERS, ids=lambda case: case.name)
each_mode = pytest.mark.parametrize("mode", ["train", "record"])


def test_table_is_complete() -> None:
    """Every layer that a file may name stands in the table; a pair of functions has laws of its own."""
    assert {type(case.layer) for case in LAYERS} == set(PUBLIC_LAYERS.values()) - {gn.CustomActivation}


@each_layer
@pytest.mark.parametrize("members", [None, 3])
def test_shapes(case: LayerCase, members: int | None, rng: np.random.Generator) -> None:
    """The output has the shape that build promised, and dX that of X."""
    bench = Bench(case.layer, case.in_shape, 5, members=members)
    X = bench.inputs(rng)
    assert bench.forward(X).shape == (*bench.lead, 5, *bench.out_shape)
    dX = bench.backward(bench.gradient_of_output(rng))
    assert dX is not None
    assert dX.shape == X.shape


@each_layer
@each_mode
@pytest.mark.parametrize("members", [None, 2])
def test_gradients(case: LayerCase, mode: str, members: int | None, rng: np.random.Generator) -> None:
    """In float64, dX and every parameter's gradient agree with central differences to 1e-6."""
    errors = bench_errors(Bench(case.layer, case.in_shape, 5, members=members), rng, mode)
    assert max(errors.values()) < 1e-6, errors


class ForgetsDerivative(gn.Dense):
    """A Dense that takes the activation's derivative to be 1."""

    def backward(self, dY: np.ndarray, cache: dict[str, Any]) -> np.ndarray | None:
        self._is_linear = True
        try:
            return super().backward(dY, cache)
        finally:
            self._is_linear = False


class AddsToGradients(gn.Dense):
    """A Dense that adds to what is in its gradients instead of overwriting it."""

    def backward(self, dY: np.ndarray, cache: dict[str, Any]) -> np.ndarray | None:
        before = self.dW.copy()
        dX = super().backward(dY, cache)
        np.add(self.dW, before, out=self.dW)
        return dX


class SlightlyWrongTanh(gn.Tanh):
    """A tanh whose derivative is off by 1 in 100,000."""

    def differentiate(self, dY: np.ndarray, Y: np.ndarray, work: dict[str, Any]) -> None:
        super().differentiate(dY, Y, work)
        np.multiply(dY, 1.00001, out=dY)


def test_wrong_derivative_is_rejected(rng: np.random.Generator) -> None:
    """The check above fails for a forgotten derivative, and for one that is off by 1e-5."""
    assert bench_errors(Bench(ForgetsDerivative(4, "tanh"), (3,), 5), rng, "train")["weight"] > 1e-3
    assert bench_errors(Bench(SlightlyWrongTanh(), (3,), 5), rng, "train")["dX"] > 1e-6


def test_accumulating_gradient_is_rejected(rng: np.random.Generator) -> None:
    """The poison law below fails for a layer that adds to old gradients."""
    bench = Bench(AddsToGradients(4), (3,), 5)
    bench.forward(bench.inputs(rng))
    with np.errstate(invalid="ignore"):
        bench.backward(bench.gradient_of_output(rng))
    assert np.isnan(bench.grads["weight"]).any()


@each_layer
@each_mode
def test_float32_stays(case: LayerCase, mode: str, rng: np.random.Generator) -> None:
    """float32 in, float32 out: outputs, gradients, and every float in the scratch."""
    bench = Bench(case.layer, case.in_shape, 5, dtype="float32")
    Y = bench.forward(bench.inputs(rng), mode)
    dX = bench.backward(bench.gradient_of_output(rng))
    assert dX is not None
    found = [Y, dX, *bench.grads.values(), *bench.stats.values(), *_arrays(bench.cache)]
    assert {array.dtype for array in found if array.dtype.kind == "f"} == {np.dtype("float32")}


def _arrays(cache: Any) -> list[np.ndarray]:
    """Return all arrays in a cache, however deep."""
    if isinstance(cache, np.ndarray):
        return [cache]
    values = cache.values() if isinstance(cache, dict) else cache if isinstance(cache, (list, tuple)) else []
    return [array for value in values for array in _arrays(value)]


@each_layer
@each_mode
def test_float32_is_close_to_float64(case: LayerCase, mode: str, rng: np.random.Generator) -> None:
    """Both precisions compute the same function and the same gradients."""
    X, results = None, []
    dY = None
    for dtype in ("float64", "float32"):
        bench = Bench(case.layer, case.in_shape, 6, dtype=dtype)
        X = bench.inputs(rng) if X is None else X.astype(dtype)
        dY = bench.gradient_of_output(rng) if dY is None else dY.astype(dtype)
        if mode == "train":
            # Noise of another precision is other noise: compare without.
            mode = "record" if is_noisy(case.layer) else mode
        Y = bench.forward(X, mode).copy()
        dX = bench.backward(dY)
        assert dX is not None
        results.append([Y, dX.copy(), *bench.grads.values()])
    for double, single in zip(*results, strict=True):
        np.testing.assert_allclose(single, double, rtol=2e-4, atol=2e-5)


@each_layer
@each_mode
def test_inputs_stay(case: LayerCase, mode: str, rng: np.random.Generator) -> None:
    """Neither pass writes to X, which is read-only here, nor to the parameters."""
    bench = Bench(case.layer, case.in_shape, 5)
    X = bench.inputs(rng)
    before = X.copy(), copy.deepcopy(bench.params)
    bench.forward(X, mode)
    bench.backward(bench.gradient_of_output(rng))
    np.testing.assert_array_equal(X, before[0])
    for name, array in bench.params.items():
        np.testing.assert_array_equal(array, before[1][name])


@each_layer
@each_mode
def test_poisoned_buffers_do_not_show(case: LayerCase, mode: str, rng: np.random.Generator) -> None:
    """What scratch and gradients held before changes nothing: all of it is overwritten."""
    bench = Bench(case.layer, case.in_shape, 5)
    stats = copy.deepcopy(bench.stats)
    X, dY = bench.inputs(rng), bench.gradient_of_output(rng)
    results = []
    for _ in range(2):
        for name, array in bench.stats.items():
            array[...] = stats[name]
        Y = bench.forward(X, mode).copy()
        dX = bench.backward(dY)
        assert dX is not None
        results.append(
            [Y, dX.copy(), *(g.copy() for g in bench.grads.values()), *(s.copy() for s in bench.stats.values())]
        )
        bench.poison()
        for gradient in bench.grads.values():
            gradient[...] = np.nan
    for first, second in zip(*results, strict=True):
        assert np.isfinite(first).all()
        np.testing.assert_array_equal(first, second)


@each_layer
@pytest.mark.parametrize("n", [64, 2048])
def test_second_call_allocates_little(case: LayerCase, n: int, rng: np.random.Generator) -> None:
    """Once warm, both passes together allocate next to nothing, whatever the batch size.

    A ufunc that spreads two operands takes two buffers of 32 KiB for itself, of any size of array.
    """
    in_shape = case.in_shape if case.is_fixed or len(case.in_shape) > 1 else (32,)
    bench = Bench(case.layer, in_shape, n, dtype="float32")
    X, dY = bench.inputs(rng), bench.gradient_of_output(rng)
    peaks = []
    for _ in range(2):
        consumed = dY.copy()
        step = bench.step("train")
        tracemalloc.start()
        bench.layer.forward(X, bench.cache, step)
        bench.layer.backward(consumed, bench.cache)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 68 * 1024


@each_layer
def test_short_batch_equals_head(case: LayerCase, rng: np.random.Generator) -> None:
    """In prediction a row's output does not depend on the other rows, up to the last bits of other product sizes."""
    bench = Bench(case.layer, case.in_shape, 8, dtype="float32")
    X = bench.inputs(rng)
    whole = bench.forward(X, "predict").copy()
    short = bench.forward(X[:3], "predict", bench.cache_for(3, keeps=False))
    np.testing.assert_allclose(short, whole[:3], **TOLERANCE["float32"])


@each_layer
def test_predict_equals_record_and_keeps_nothing(case: LayerCase, rng: np.random.Generator) -> None:
    """``record`` does the arithmetic of ``predict``, which leaves no trace of X in its cache and no change in stats."""
    bench = Bench(case.layer, case.in_shape, 5)
    stats = copy.deepcopy(bench.stats)
    X = bench.inputs(rng)
    recorded = bench.forward(X, "record").copy()
    cache = bench.cache_for(5, keeps=False)
    predicted = [bench.forward(X, "predict", cache).copy() for _ in range(2)]
    np.testing.assert_array_equal(predicted[0], recorded)
    np.testing.assert_array_equal(predicted[1], recorded)
    assert not any(np.shares_memory(array, X) for array in _arrays(cache))
    for name, array in bench.stats.items():
        np.testing.assert_array_equal(array, stats[name])


@each_layer
@each_mode
def test_members_equal_networks(case: LayerCase, mode: str, rng: np.random.Generator) -> None:
    """K members at once give, bit for bit, what K layers alone give: outputs, gradients, statistics."""
    stacked = Bench(case.layer, case.in_shape, 5, dtype="float32", members=3)
    X, dY = stacked.inputs(rng), stacked.gradient_of_output(rng)
    Y = stacked.forward(X, mode).copy()
    dX = stacked.backward(dY)
    assert dX is not None
    for k in range(3):
        alone = Bench(case.layer, case.in_shape, 5, dtype="float32", seed=k)
        for name, array in alone.params.items():
            np.testing.assert_array_equal(array, stacked.params[name][k])
        np.testing.assert_array_equal(alone.forward(X[k], mode), Y[k])
        np.testing.assert_array_equal(alone.backward(dY[k]), dX[k])
        for name, gradient in alone.grads.items():
            np.testing.assert_array_equal(gradient, stacked.grads[name][k])
        for name, array in alone.stats.items():
            np.testing.assert_array_equal(array, stacked.stats[name][k])


@each_layer
def test_config_and_repr_round_trip(case: LayerCase, rng: np.random.Generator) -> None:
    """A layer made from its config, or from its repr, computes the same."""
    twins = [make_layer(case.layer.entry()), eval(repr(case.layer), vars(gn).copy())]
    bench = Bench(case.layer, case.in_shape, 4)
    X = bench.inputs(rng)
    expected = bench.forward(X).copy()
    for twin in twins:
        assert repr(twin) == repr(case.layer)
        np.testing.assert_array_equal(Bench(twin, case.in_shape, 4).forward(X), expected)


@each_layer
def test_first_layer_may_skip_its_input_gradient(case: LayerCase, rng: np.random.Generator) -> None:
    """Without ``need_dX`` the parameters' gradients are the same."""
    bench = Bench(case.layer, case.in_shape, 5)
    X, dY = bench.inputs(rng), bench.gradient_of_output(rng)
    bench.forward(X, "record")
    bench.backward(dY)
    full = copy.deepcopy(bench.grads)
    bench.cache = bench.cache_for(5, need_dX=False)
    bench.forward(X, "record")
    bench.backward(dY)
    for name, gradient in bench.grads.items():
        np.testing.assert_array_equal(gradient, full[name])


@pytest.mark.parametrize("case", [c for c in LAYERS if isinstance(c.layer, gn.layers.Activation)], ids=lambda c: c.name)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_activations_survive_extremes(case: LayerCase, dtype: str) -> None:
    """No overflow, no NaN, at ±1000, ±1e30 and 0, forward and backward."""
    bench = Bench(case.layer, (7,), 1, dtype=dtype)
    X = np.array([[-1e30, -1000.0, -30.0, 0.0, 30.0, 1000.0, 1e30]], dtype=dtype)
    Y = bench.forward(X, "train")
    assert np.isfinite(Y).all()
    dX = bench.backward(np.ones_like(X))
    assert dX is not None
    assert np.isfinite(dX).all()
