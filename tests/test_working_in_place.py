"""Layers that share working memory, write over what they get, or work through their columns in blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.layers import NTKDense, Parametric, PeriodicEmbedding, Scale
from glassnet.layers.base import Layer, Step
from glassnet.layers.chain import Chain
from glassnet.layers.tables import numeric_embeddings
from glassnet.utils.arrays import BufferPool, Buffers
from glassnet.utils.random_streams import Noise, Streams

F32 = np.dtype("float32")


class OwnDense(gn.Dense):
    """Reads its output again, as nobody but its author knows."""


def table_layers(dense: Any = NTKDense) -> list[Layer]:
    """Return the layers of the recipe for tables, in small."""
    block = [dense(6), Parametric("selu"), gn.Dropout(0.3), dense(6), Parametric("mish"), gn.Dropout(0.2)]
    return [PeriodicEmbedding(5, 3), Scale(), *block, dense(2)]


def passes(network: gn.Network, X: np.ndarray, mode: str, *, together: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return outputs and gradients, by a chain or by layers that know nothing of each other."""
    step = Step(mode, Noise(network._streams, network.members))
    scratch = Buffers(BufferPool(network.members, network.dtype), len(X), keeps=True)
    rows = network._broadcast(X)
    if together:
        chain = Chain(network.layers, scratch, need_dX=True)
        Z = chain.forward(rows, step).copy()
        dX = chain.backward(np.cos(Z))
    else:
        caches = [layer.make_cache(scratch, True) for layer in network.layers]
        A = rows
        for layer, cache in zip(network.layers, caches, strict=True):
            A = layer.forward(A, cache, step)
        Z, dX = A.copy(), np.cos(A)
        for layer, cache in zip(network.layers[::-1], caches[::-1], strict=True):
            dX = layer.backward(dX, cache)
    return Z, np.concatenate([np.ravel(dX), np.ravel(network.grads)])


@pytest.mark.parametrize("members", [None, 3])
@pytest.mark.parametrize("mode", ["train", "record"])
@pytest.mark.parametrize("dense", [NTKDense, gn.Dense])
def test_a_chain_has_the_bits_of_its_layers(members: int | None, mode: str, dense: Any) -> None:
    """Whether layers write over their input or not, outputs and gradients are the same."""
    network = gn.Network(table_layers(dense), loss="squared_error", seed=0, members=members, input_shape=(4,))
    X = np.random.default_rng(0).standard_normal((9, 4)).astype("f4")
    before = X.copy()
    Z, gradients = passes(network, X, mode, together=True)
    other_Z, other_gradients = passes(network, X, mode, together=False)
    assert np.array_equal(Z, other_Z)
    assert np.array_equal(gradients, other_gradients)
    assert np.array_equal(X, before)


def test_only_what_is_free_is_written_over() -> None:
    """Activations inside a layer read its output again; of classes of the user's own nobody knows."""
    scratch = Buffers(BufferPool(None, F32), 4, keeps=True)
    for first, expected in (
        (gn.Dense(3), True),
        (gn.Dense(3, "tanh"), False),
        (OwnDense(3), False),
        (gn.ReLU(), False),
    ):
        network = gn.Network([first, gn.Dropout(0.5), gn.Dense(1)], loss="squared_error", seed=0, input_shape=(3,))
        chain = Chain(network.layers, scratch, need_dX=False)
        assert chain.steps_forward[1][1]["in_place"] is expected


@pytest.mark.parametrize("name", ["selu", "elu", "mish"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_excess_is_the_difference(name: str, dtype: str) -> None:
    """It is ``f(Z) - Z``, and its derivative ``f'(Z) - 1``, by the activation's own formula."""
    activation = Parametric(name).activation
    Z = np.concatenate([np.linspace(-30.0, 30.0, 601) + 0.01, [-1e9, -1e4, 1e-30, 1e3]]).astype(dtype)[:, None]
    activation.build((1,))
    work = activation.make_excess_work(Buffers(BufferPool(None, np.dtype(dtype)), len(Z), keeps=True))
    assert work is not None
    D, S = np.empty_like(Z), np.empty_like(Z)
    activation.excess(Z, D, S, work)
    formula, exact = activation.formula, Z.astype(np.float64)
    assert formula is not None
    with np.errstate(all="ignore"):
        f = gn.layers.activations.base.evaluate(formula.computed, Z=exact, **formula.constants(activation))
        slope = formula.slope(exact, f, **formula.constants(activation))
    tolerance = 1e-5 if dtype == "float32" else 1e-12
    np.testing.assert_allclose(D, f - exact, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(S, slope - 1.0, rtol=tolerance, atol=tolerance)
    activation.excess(np.full_like(Z, 1e30), D, S, work)
    assert np.isfinite(D).all()
    assert np.isfinite(S).all()


@pytest.mark.parametrize("members", [None, 2])
def test_blocks_of_columns(monkeypatch: pytest.MonkeyPatch, members: int | None) -> None:
    """Periodic embeddings have the same bits column by column, three at a time, and all at once."""
    found = []
    for block in (1, 3 * 4 * 8 * (members or 1), 10**9):
        monkeypatch.setattr(numeric_embeddings, "_BLOCK", block)
        layers = [PeriodicEmbedding(4, 3), gn.Dense(1)]
        network = gn.Network(layers, loss="squared_error", seed=0, members=members, input_shape=(7,))
        X = np.random.default_rng(0).standard_normal((8, 7)).astype("f4")
        found.append(np.concatenate([part.ravel() for part in passes(network, X, "train", together=True)]))
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


# ---- the noise of dropout --------------------------------------------------------------------------------------------


def kept(limit: Any, shape: tuple[int, ...], members: int | None = None, seed: int = 0, batch: int = 0) -> np.ndarray:
    """Return what dropout keeps at one position."""
    noise = Noise([Streams(seed + k) for k in range(members or 1)], members)
    noise.batch = batch
    out, tied = np.zeros(shape, bool), np.ones(shape, bool)
    return noise.at_least(2, np.asarray(limit, np.uint16), out, tied)


@pytest.mark.parametrize("limit", [0, 1, 128, 256, 300, 9830, 9984, 32768, 65280, 65535])
def test_how_many_are_kept(limit: int) -> None:
    """As many as 16 bits say, in their lower half too."""
    n, share = 1_000_000, 1.0 - limit / 65536
    found = kept(limit, (n,)).mean()
    assert abs(found - share) <= 5.0 * np.sqrt(max(share * (1.0 - share), 1e-9) / n)


def test_noise_depends_on_its_position_only() -> None:
    """Rows at the head of a batch, other batches, and each member as it is alone."""
    whole = kept(9830, (40_000,))
    assert np.array_equal(whole, kept(9830, (40_000,)))
    assert not np.array_equal(whole, kept(9830, (40_000,), batch=1))
    both = kept(9830, (2, 40_000), members=2)
    assert np.array_equal(both[0], whole)
    assert np.array_equal(both[1], kept(9830, (40_000,), seed=1))
    own = kept([[[9830]], [[300]]], (2, 40_000), members=2)
    assert np.array_equal(own[0], whole)
    assert np.array_equal(own[1], kept(300, (40_000,), seed=1))
