"""Shards against one undivided batch: every layer, loss and optimizer differs by rounding only."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from cases import LAYERS, LOSSES, OPTIMIZERS, LayerCase, LossCase, is_noisy
from glassnet.layers.tree import leaves
from glassnet.training import fit_network
from harness import Bench

LIMIT = {"float64": 1e-12, "float32": 1e-6}  # of the distance of the parameters over their length, after 50 steps
whole_law = pytest.mark.parametrize(  # 50 steps with shards of 1, 2 and 4, or the quick form: 20 with 4
    "whole", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["quick", "whole"]
)


def has_statistics(layer: gn.Layer) -> bool:
    """Return whether a layer, or one inside it, uses means over a batch: each shard has its own."""
    return any(isinstance(leaf, gn.BatchNorm) for leaf in leaves([""], [layer]).values())


# Noise is drawn anew for each shard, and means over a batch are those over each shard: by design other numbers.
DIVISIBLE = [case for case in LAYERS if not is_noisy(case.layer) and not has_statistics(case.layer)]
OTHERS = [case for case in LAYERS if is_noisy(case.layer) or has_statistics(case.layer)]


def network(layers: list[gn.Layer], dtype: str, **options: Any) -> gn.Network:
    """Return a new network with copies of the layers."""
    options = {"loss": "cross_entropy", "optimizer": gn.SGD(0.02, momentum=0.8), "seed": 0, **options}
    return gn.Network(copy.deepcopy(layers), dtype=dtype, **copy.deepcopy(options))


def trained(net: gn.Network, X: np.ndarray, y: np.ndarray, shards: int | None, **options: Any) -> gn.Network:
    """Train 20 steps, 10 an epoch, with batches of 25 rows, which 2 and 4 do not divide."""
    options = {"epochs": 2, "batch_size": 25, "progress": False, "threads": 1, **options}
    fit_network(net, X, y, shards=shards, **options)
    return net


def distance(net: gn.Network, other: gn.Network) -> float:
    """Return how far the parameters are from each other, relative to their length."""
    return float(np.linalg.norm(net.params - other.params) / max(np.linalg.norm(other.params), 1e-300))


def assert_near(make: Any, X: np.ndarray, y: np.ndarray, whole: bool, dtype: str, **options: Any) -> None:
    """Shards differ from the undivided batch by rounding, in parameters and losses."""
    options = {"epochs": 5 if whole else 2, **options}
    undivided = trained(make(), X, y, None, **options)
    for shards in (1, 2, 4) if whole else (4,):
        divided = trained(make(), X, y, shards, **options)
        assert distance(divided, undivided) <= LIMIT[dtype], shards
        losses = (np.array(net.history.columns["loss"]) for net in (divided, undivided))
        np.testing.assert_allclose(*losses, rtol=20 * LIMIT[dtype])


def rows(case: LayerCase, dtype: str) -> tuple[np.ndarray, np.ndarray, list[gn.Layer]]:
    """Return inputs and targets for a layer, and a network's layers with it."""
    rng = np.random.default_rng(0)
    X = Bench(case.layer, case.in_shape, 250, dtype).inputs(rng)
    return X, rng.integers(0, 2, 250), [case.layer, gn.Flatten(), gn.Dense(2)]


@whole_law
@pytest.mark.parametrize("case", DIVISIBLE, ids=lambda case: case.name)
def test_layers(case: LayerCase, whole: bool) -> None:
    """Each kind of layer."""
    for dtype in LIMIT if whole else ["float64"]:
        X, y, layers = rows(case, dtype)
        assert_near(lambda layers=layers, dtype=dtype: network(layers, dtype), X, y, whole, dtype)


@pytest.mark.parametrize("case", OTHERS, ids=lambda case: case.name)
def test_others_are_left_out_for_a_reason(case: LayerCase) -> None:
    """What is not compared has one shard's bits with one, and with more another noise or other means."""
    X, y, layers = rows(case, "float64")
    whole, one, two = (trained(network(layers, "float64"), X, y, shards) for shards in (None, 1, 2))
    assert distance(one, whole) <= LIMIT["float64"]
    if getattr(case.layer, "rate", 1.0):
        assert distance(two, whole) > 1e-6


@whole_law
@pytest.mark.parametrize("case", LOSSES, ids=lambda case: case.name)
def test_losses(case: LossCase, whole: bool) -> None:
    """Each loss, with and without weights, a third of which are 0."""
    rng = np.random.default_rng(0)
    X, y, weight = rng.standard_normal((250, 4)), case.targets(rng, 250), rng.integers(0, 3, 250).astype(float)
    layers = [gn.Dense(5, "tanh"), gn.Dense(case.n_outputs)]
    for dtype in LIMIT if whole else ["float32"]:
        for options in ({"sample_weight": weight}, {}) if whole else ({"sample_weight": weight},):
            assert_near(
                lambda dtype=dtype: network(layers, dtype, loss=case.loss), X.astype(dtype), y, whole, dtype, **options
            )


@whole_law
@pytest.mark.parametrize("extra", [{}, {"clip_norm": 0.05, "ema": 0.9}], ids=["plain", "clipped and averaged"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_optimizers(optimizer: gn.Optimizer, extra: dict[str, float], whole: bool) -> None:
    """Each optimizer, with penalties and a limit on norms."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((250, 4))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    made = type(optimizer).from_config({**optimizer.config(), **extra})
    layers = [gn.Dense(5, "tanh"), gn.Dense(2)]
    assert_near(
        lambda: network(layers, "float64", optimizer=made, l1=1e-4, l2=1e-3, max_norm=2.0), X, y, whole, "float64"
    )


@pytest.mark.parametrize("members", [None, 3])
@pytest.mark.parametrize(("batch_size", "shards"), [(250, 4), (3, 8), (1, 2), (7, 64), (250, 64)])
def test_unequal_and_empty_shards(batch_size: int, shards: int, members: int | None) -> None:
    """Rows that the shards do not divide, and shards without rows, with weights of 0 in them."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((250, 4)), rng.integers(0, 2, 250)
    weight = np.where(rng.random(250) < 0.4, 0.0, rng.random(250))
    seed = 0 if members is None else list(range(members))
    if members is not None and batch_size < 250:
        weight += 0.1  # members step together: no batch may weigh nothing
    options = {"sample_weight": weight, "batch_size": batch_size, "epochs": 20 if batch_size == 250 else 1}
    nets = [
        trained(network([gn.Dense(5, "tanh"), gn.Dense(2)], "float64", members=members, seed=seed), X, y, n, **options)
        for n in (None, shards)
    ]
    assert distance(nets[1], nets[0]) <= 1e-12
    np.testing.assert_allclose(nets[1].history.columns["loss"], nets[0].history.columns["loss"], rtol=1e-12)
