"""Trainings that go wrong, one mistake each, and the code of the finding that must come first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import glassnet as gn

__all__ = ["FAILURES", "NEW_ROWS", "Failure"]


class Failure(NamedTuple):
    """A training with a mistake.

    Attributes
    ----------
    codes : set of str
        What the first finding may be called: the mistake itself.
    make : callable
        Returns network, X, y and options of ``fit``, given a seed.
    """

    codes: set[str]
    make: Callable[[int], tuple[gn.Network, Any, Any, dict[str, Any]]]


FAILURES: dict[str, Failure] = {}


def failure(*codes: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as a training that fails."""

    def register(make: Callable[..., Any]) -> Callable[..., Any]:
        FAILURES[make.__name__] = Failure(set(codes), make)
        return make

    return register


# ---- data: three classes in ten columns, a curve in five, a checkerboard -----------------------------------------


def classes(seed: int, n: int = 600, k: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Return overlapping clusters in ten columns of unit size."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, k, n)
    centres = np.random.default_rng(7).standard_normal((k, 10))
    return rng.standard_normal((n, 10)) + 1.3 * centres[y], y


def numbers(seed: int, n: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """Return a smooth function of five columns with a little noise, of unit spread."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, 5))
    y = np.sin(X[:, 0]) + 0.5 * X[:, 1] * X[:, 2] + 0.1 * rng.standard_normal(n)
    return X, y


def classifier(seed: int, optimizer: Any = None, *, hidden: int = 1, act: str = "relu", **options: Any) -> gn.Network:
    """Return a network of 32 units in each hidden layer for three classes."""
    layers = [gn.Dense(32, act, **options) for _ in range(hidden)]
    return gn.Network([*layers, gn.Dense(3, **options)], loss="cross_entropy", optimizer=optimizer or "adam", seed=seed)


def regressor(seed: int, optimizer: Any = None, act: str = "relu") -> gn.Network:
    """Return a network of 32 units for one number."""
    layers = [gn.Dense(32, act), gn.Dense(1)]
    return gn.Network(layers, loss="squared_error", optimizer=optimizer or gn.Adam(1e-2), seed=seed)


def started(
    network: gn.Network, shape: int, start: Callable[[np.random.Generator, np.ndarray], np.ndarray]
) -> gn.Network:
    """Return the network with weights of the user's own making."""
    network.build(shape)
    rng = np.random.default_rng(network.seeds[0])
    arrays = {name: start(rng, array) for name, array in network.state_dict().items() if name.endswith("weight")}
    network.load_state_dict(network.state_dict() | arrays)
    return network


# ---- the data ------------------------------------------------------------------------------------------------------


@failure("unscaled-inputs")
def unscaled_inputs_sigmoid(seed: int) -> Any:
    X, y = classes(seed)
    return classifier(seed, gn.SGD(0.5), act="sigmoid"), X * 10 ** np.arange(-2, 3, 0.5) * 30 + 100, y, {"epochs": 20}


@failure("unscaled-inputs")
def unscaled_inputs_relu(seed: int) -> Any:
    X, y = classes(seed)
    return classifier(seed, gn.SGD(0.05)), X * [1, 1, 1, 3000, 1, 1, 1, 1, 500, 1] + 1000, y, {"epochs": 20}


@failure("unscaled-inputs")
def inputs_far_too_small(seed: int) -> Any:
    X, y = classes(seed)
    return classifier(seed, gn.SGD(0.1)), X * 1e-5, y, {"epochs": 20}


@failure("unscaled-target")
def unscaled_target(seed: int) -> Any:
    X, y = numbers(seed)
    return regressor(seed, gn.Adam(1e-3)), X, 250_000 + 80_000 * y, {"epochs": 20}


@failure("diverged", "unscaled-target")
def unscaled_target_diverges(seed: int) -> Any:
    X, y = numbers(seed)
    return regressor(seed, gn.SGD(0.05)), X, 250_000 + 80_000 * y, {"epochs": 20}


@failure("constant-target")
def one_number_for_all(seed: int) -> Any:
    X, y = numbers(seed)
    return regressor(seed), X, np.full_like(y, 5.0), {"epochs": 20}


@failure("single-class")
def single_class(seed: int) -> Any:
    X, y = classes(seed)
    return classifier(seed), X, np.zeros_like(y), {"epochs": 5}


@failure("all-columns-constant")
def all_columns_constant(seed: int) -> Any:
    X, y = classes(seed)
    return classifier(seed), np.ones_like(X), y, {"epochs": 5}


@failure("leaking-column")
def leaking_code(seed: int) -> Any:
    X, y = classes(seed)
    return classifier(seed), np.column_stack([X, y * 0.7 + 0.1]), y, {"epochs": 20}


@failure("leaking-column")
def leaking_number(seed: int) -> Any:
    X, y = numbers(seed)
    return regressor(seed), np.column_stack([X, 3.0 * y + 1.0]), y, {"epochs": 20}


@failure("id-column")
def row_number(seed: int) -> Any:
    X, y = classes(seed)
    numbers = np.arange(len(X)) / len(X)
    return classifier(seed), np.column_stack([numbers, X]), y, {"epochs": 20}


@failure("shared-rows")
def shared_rows(seed: int) -> Any:
    X, y = classes(seed)
    return classifier(seed), X, y, {"epochs": 20, "validation_data": (X[:300], y[:300])}


@failure("some-classes-only", "plateau-at-prior", "no-better-than-baseline")
def rare_class(seed: int) -> Any:
    rng = np.random.default_rng(seed)
    X, y = rng.standard_normal((2000, 5)), (rng.random(2000) < 0.03).astype(int)
    X[y == 1, 0] += 0.3
    network = gn.Network([gn.Dense(16, "relu"), gn.Dense(2)], loss="cross_entropy", seed=seed)
    return network, X, y, {"epochs": 10}


# ---- the design ----------------------------------------------------------------------------------------------------


@failure("output-cannot-reach")
def rectified_output(seed: int) -> Any:
    X, y = numbers(seed)
    layers = [gn.Dense(32, "relu"), gn.Dense(1, "relu")]
    return gn.Network(layers, loss="squared_error", optimizer=gn.Adam(1e-2), seed=seed), X, y, {"epochs": 20}


@failure("output-cannot-reach")
def bounded_output(seed: int) -> Any:
    X, y = numbers(seed)
    layers = [gn.Dense(32, "relu"), gn.Dense(1, "sigmoid")]
    return gn.Network(layers, loss="squared_error", optimizer=gn.Adam(1e-2), seed=seed), X, 3 * y, {"epochs": 20}


@failure("output-cannot-reach")
def rectified_logits(seed: int) -> Any:
    X, y = classes(seed)
    layers = [gn.Dense(32, "relu"), gn.Dense(3, "relu")]
    network = gn.Network(layers, loss="cross_entropy", optimizer=gn.SGD(0.3), seed=seed)
    network.build(10)
    network.load_state_dict(network.state_dict() | {"dense_2.bias": np.full((1, 3), -20.0)})
    return network, X, y, {"epochs": 10}


@failure("linear-layers-in-a-row")
def linear_layers(seed: int) -> Any:
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1, 1, (600, 2))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    layers = [gn.Dense(32), gn.Dense(32), gn.Dense(2)]
    return gn.Network(layers, loss="cross_entropy", optimizer=gn.Adam(1e-2), seed=seed), X, y, {"epochs": 20}


@failure("loss-does-not-fit")
def squared_error_on_classes(seed: int) -> Any:
    X, y = classes(seed, k=2)
    layers = [gn.Dense(32, "relu"), gn.Dense(1, "sigmoid")]
    network = gn.Network(layers, loss="squared_error", optimizer=gn.SGD(0.05), seed=seed)
    start = lambda rng, W: W * 8.0  # noqa: E731
    return started(network, 10, start), X, y.astype(float), {"epochs": 3}


# ---- the start -----------------------------------------------------------------------------------------------------


@failure("symmetric-weights")
def zero_weights(seed: int) -> Any:
    X, y = classes(seed)
    return started(classifier(seed, act="tanh"), 10, lambda rng, W: 0.0 * W), X, y, {"epochs": 20}


@failure("symmetric-weights")
def equal_weights(seed: int) -> Any:
    X, y = classes(seed)
    return started(classifier(seed, act="tanh"), 10, lambda rng, W: 0.1 + 0.0 * W), X, y, {"epochs": 20}


@failure("start-too-large")
def unit_normal_weights(seed: int) -> Any:
    X, y = classes(seed)
    network = started(classifier(seed, gn.SGD(0.1), hidden=3), 10, lambda rng, W: 2.0 * rng.standard_normal(W.shape))
    return network, X, y, {"epochs": 10}


@failure("weights-all-positive")
def uniform_positive_weights(seed: int) -> Any:
    X, y = classes(seed)
    network = started(classifier(seed, gn.SGD(0.1), hidden=2, act="sigmoid"), 10, lambda rng, W: rng.random(W.shape))
    return network, X, y, {"epochs": 10}


@failure("dead-signal", "vanishing-gradient")
def tiny_weights_deep(seed: int) -> Any:
    X, y = classes(seed)
    network = started(classifier(seed, gn.SGD(0.1), hidden=5), 10, lambda rng, W: 0.01 * rng.standard_normal(W.shape))
    return network, X, y, {"epochs": 20}


@failure("vanishing-gradient", "dead-signal")
def deep_sigmoid(seed: int) -> Any:
    X, y = classes(seed)
    return classifier(seed, gn.SGD(0.5), hidden=7, act="sigmoid"), X, y, {"epochs": 20}


@failure("dead-units", "constant-output", "dead-signal")
def dead_rectifiers(seed: int) -> Any:
    X, y = classes(seed)
    network = classifier(seed, gn.SGD(0.1)).build(10)
    network.load_state_dict(network.state_dict() | {"dense_1.bias": np.full((1, 32), -30.0)})
    return network, X, y, {"epochs": 20}


# ---- training ------------------------------------------------------------------------------------------------------


@failure("rate-too-high")
def rate_30(seed: int) -> Any:
    X, y = classes(seed)
    return classifier(seed, gn.SGD(30.0), hidden=2, act="tanh"), X, y, {"epochs": 20}


@failure("rate-too-high")
def adam_rate_10(seed: int) -> Any:
    X, y = classes(seed)
    return classifier(seed, gn.Adam(10.0), hidden=2, act="sigmoid"), X, y, {"epochs": 20}


@failure("diverged", "rate-too-high")
def rate_3_regression(seed: int) -> Any:
    X, y = numbers(seed)
    return regressor(seed, gn.SGD(3.0)), X, y, {"epochs": 20}


@failure("rate-too-low")
def rate_of_1e_5(seed: int) -> Any:
    X, y = classes(seed)
    return classifier(seed, gn.SGD(1e-5)), X, y, {"epochs": 30}


@failure("rate-too-low")
def adam_rate_of_1e_7(seed: int) -> Any:
    X, y = numbers(seed)
    return regressor(seed, gn.Adam(1e-7)), X, y, {"epochs": 20}


@failure("clipping-is-the-rate")
def clipped_to_nothing(seed: int) -> Any:
    X, y = classes(seed)
    return classifier(seed, gn.SGD(0.1, clip_norm=1e-3)), X, y, {"epochs": 20}


@failure("penalty-dominates")
def huge_penalty(seed: int) -> Any:
    X, y = classes(seed)
    layers = [gn.Dense(32, "relu"), gn.Dense(3)]
    return gn.Network(layers, loss="cross_entropy", l2=3.0, optimizer=gn.Adam(1e-2), seed=seed), X, y, {"epochs": 30}


@failure("penalty-dominates")
def huge_weight_decay(seed: int) -> Any:
    X, y = classes(seed)
    return classifier(seed, gn.AdamW(1e-2, weight_decay=50.0)), X, y, {"epochs": 20}


@failure("dropout-too-strong")
def nearly_all_dropped(seed: int) -> Any:
    X, y = numbers(seed)
    layers = [gn.Dense(16, "tanh"), gn.Dropout(0.97), gn.Dense(16, "tanh"), gn.Dropout(0.97), gn.Dense(1)]
    return gn.Network(layers, loss="squared_error", optimizer=gn.Adam(3e-3), seed=seed), X, y, {"epochs": 20}


@failure("few-updates")
def one_epoch_of_one_batch(seed: int) -> Any:
    X, y = classes(seed)
    return classifier(seed, gn.SGD(0.03)), X, y, {"epochs": 3, "batch_size": 600}


@failure("too-few-units")
def one_unit_for_xor(seed: int) -> Any:
    rng = np.random.default_rng(seed)
    X = rng.choice([-1.0, 1.0], (400, 2)) + 0.2 * rng.standard_normal((400, 2))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    layers = [gn.Dense(1, "tanh"), gn.Dense(2)]
    return gn.Network(layers, loss="cross_entropy", optimizer=gn.Adam(3e-2), seed=seed), X, y, {"epochs": 30}


@failure("overfit")
def memorised(seed: int) -> Any:
    X, y = classes(seed, 300)
    rng = np.random.default_rng(seed)
    y = np.where(rng.random(len(y)) < 0.3, rng.integers(0, 3, len(y)), y)
    network = classifier(seed, gn.Adam(1e-2), hidden=2)
    return network, X[:150], y[:150], {"epochs": 100, "validation_data": (X[150:], y[150:])}


@failure("no-better-than-baseline", "overfit", "plateau-at-prior")
def answers_by_lot(seed: int) -> Any:
    X, y = classes(seed)
    y = np.random.default_rng(seed).permutation(y)
    return classifier(seed), X[:400], y[:400], {"epochs": 20, "validation_data": (X[400:], y[400:])}


@failure("plateau-at-prior", "cannot-overfit", "no-better-than-baseline")
def columns_that_say_nothing(seed: int) -> Any:
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 2, (600, 2)).astype(float)
    return classifier(seed), X, rng.integers(0, 3, 600), {"epochs": 20}


@failure("badly-calibrated", "overfit")
def sure_and_wrong(seed: int) -> Any:
    X, y = classes(seed, 700, k=2)
    rng = np.random.default_rng(seed)
    y = np.where(rng.random(len(y)) < 0.2, 1 - y, y)
    layers = [gn.Dense(64, "relu"), gn.Dense(2)]
    network = gn.Network(layers, loss="cross_entropy", optimizer=gn.Adam(1e-2), seed=seed)
    return network, X[:300], y[:300], {"epochs": 60, "validation_data": (X[300:], y[300:])}


# ---- new rows: what they are given, beside the training rows -------------------------------------------------------


def _columns(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.standard_normal((n, 4)) * [1.0, 10.0, 0.1, 3.0] + [0.0, 50.0, 1.0, -20.0]


NEW_ROWS: dict[str, tuple[str, Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray]]]] = {
    "columns in another order": ("column-order", lambda rng: (_columns(rng, 200)[:, [1, 0, 2, 3]], _columns(rng, 400))),
    "not scaled": ("unscaled-prediction", lambda rng: (_columns(rng, 200) * 9 + 40, rng.standard_normal((400, 4)))),
    "one value out of range": (
        "outside-training-range",
        lambda rng: (np.vstack([rng.standard_normal((30, 4)), [[0, 90, 0, 0]]]), rng.standard_normal((400, 4))),
    ),
}
