"""The same numbers as PyTorch and autograd, whose figures ``parity/freeze.py`` froze to a small file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

import glassnet as gn
from cases import LAYERS, LOSSES, OPTIMIZERS, LayerCase, LossCase, is_noisy
from glassnet.utils.arrays import BufferPool, Buffers
from harness import Bench

FROZEN = load_file(Path(__file__).parent / "data" / "parity.safetensors")
CLOSE = {"rtol": 1e-10, "atol": 1e-12}


def frozen(kind: str, name: str) -> dict[str, np.ndarray]:
    """Return the figures of one case by their short names."""
    lead = f"{kind} {name} "
    return {key.removeprefix(lead): array for key, array in FROZEN.items() if key.startswith(lead)}


def figures_of(kind: str, name: str) -> dict[str, np.ndarray]:
    """Return the figures of one case; one that has none yet says what to run."""
    found = frozen(kind, name)
    assert found, f"no figures of PyTorch for the {kind} {name}: tests/parity/freeze.py says how they are made"
    return found


@pytest.mark.parametrize("case", LAYERS, ids=lambda case: case.name)
def test_layer(case: LayerCase) -> None:
    """Output, input gradient and the gradient of every parameter are the other library's, in float64 to 1e-10."""
    figures = figures_of("layer", case.name)
    bench = Bench(case.layer, case.in_shape, 5)
    for name, array in bench.params.items():
        array[...] = figures[f"param.{name}"]
    for name, array in bench.stats.items():
        array[...] = figures[f"stat.{name}"]
    Y = bench.forward(figures["X"], "record" if is_noisy(case.layer) else "train")
    np.testing.assert_allclose(Y, figures["Y"], **CLOSE)
    np.testing.assert_allclose(bench.backward(figures["dY"]), figures["dX"], **CLOSE)
    for name, gradient in bench.grads.items():
        np.testing.assert_allclose(gradient, figures[f"grad.{name}"], **CLOSE)


@pytest.mark.parametrize("case", LOSSES, ids=lambda case: case.name)
def test_loss(case: LossCase) -> None:
    """The loss of each row, and the gradient of the weighted sum, are the other library's, in float64 to 1e-10."""
    figures = figures_of("loss", case.name)
    Z, y, weight = figures["Z"], figures["y"], figures["weight"]
    for row, expected in enumerate(figures["rows"]):
        cache = case.loss.make_cache(Buffers(BufferPool(None, Z.dtype), 1, keeps=True), (case.n_outputs,))
        value = case.loss.value_and_gradient(Z[row : row + 1], y[row : row + 1], None, cache["dZ"], cache)
        assert float(value) == pytest.approx(float(expected), rel=1e-10, abs=1e-12)
    cache = case.loss.make_cache(Buffers(BufferPool(None, Z.dtype), len(Z), keeps=True), (case.n_outputs,))
    value = case.loss.value_and_gradient(Z, y, weight, cache["dZ"], cache)
    assert float(value) == pytest.approx(float(weight @ figures["rows"]), rel=1e-10)
    np.testing.assert_allclose(cache["dZ"], figures["dZ"], **CLOSE)


COUNTERPARTS = [optimizer for optimizer in OPTIMIZERS if frozen("optimizer", repr(optimizer))]


@pytest.mark.parametrize("optimizer", COUNTERPARTS, ids=repr)
def test_twenty_steps(optimizer: gn.Optimizer) -> None:
    """After 20 steps of `fit` on one batch a classifier has the other library's weights, in float64 to 1e-10."""
    figures = frozen("optimizer", repr(optimizer))
    options = {"loss": "cross_entropy", "optimizer": optimizer, "dtype": "float64", "input_shape": (4,)}
    net = gn.Network([gn.Dense(5, "tanh"), gn.Dense(3)], **options)
    net.load_state_dict({k.removeprefix("start."): a for k, a in figures.items() if k.startswith("start.")})
    net.fit(figures["X"], figures["y"], epochs=20, batch_size=9)
    for name, array in net.state_dict().items():
        np.testing.assert_allclose(array, figures[f"end.{name}"], **CLOSE)


def test_every_optimizer_has_a_counterpart_or_is_known_to_have_none() -> None:
    """Only what PyTorch does not have is left to the textbook forms of ``test_optimizer_laws``."""
    missing = {repr(optimizer) for optimizer in OPTIMIZERS} - {repr(optimizer) for optimizer in COUNTERPARTS}
    assert all(any(part in name for part in ("eps_form='sklearn'", "Lion", "schedule=")) for name in missing), missing
    assert {type(optimizer) for optimizer in COUNTERPARTS} == {type(optimizer) for optimizer in OPTIMIZERS} - {gn.Lion}
