"""Programs as learners post them because they do not learn, rewritten for glassnet, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import glassnet as gn
from planted_faults import Fault, Training, clouds, friedman, rings

__all__ = ["POSTED"]

POSTED: dict[str, Fault] = {}

D = gn.Dense
XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 1, 1, 0])


def posted(*codes: str) -> Callable[[Callable[[int], Training]], Callable[[int], Training]]:
    """Register a program with what its first finding may be called."""

    def register(make: Callable[[int], Training]) -> Callable[[int], Training]:
        POSTED[make.__name__] = Fault(frozenset(codes), make)
        return make

    return register


def network(layers: list[gn.Layer], loss: Any, optimizer: gn.Optimizer, seed: int) -> gn.Network:
    """Return a network."""
    return gn.Network(layers, loss=loss, optimizer=optimizer, seed=seed)


@posted("few-updates", "still-falling", "rate-too-low")
def xor_sgd_001_100_epochs(seed: int) -> Training:
    return network([D(8, "tanh"), D(1)], "binary_cross_entropy", gn.SGD(0.01), seed), *XOR, {"epochs": 100}


@posted("linear-layers-in-a-row")
def xor_without_activation(seed: int) -> Training:
    return network([D(8), D(1)], "binary_cross_entropy", gn.SGD(0.5), seed), *XOR, {"epochs": 1000}


@posted("loss-does-not-fit", "rate-too-low", "few-updates", "still-falling", "output-cannot-reach")
def xor_sigmoids_squares_001(seed: int) -> Training:
    return (
        network([D(4, "sigmoid"), D(1, "sigmoid")], "squared_error", gn.SGD(0.01), seed),
        XOR[0],
        XOR[1].astype(float),
        {"epochs": 500},
    )


@posted("unscaled-inputs", "diverged")
def sine_of_x_to_1000(seed: int) -> Training:
    x = np.random.default_rng(seed).uniform(0, 1000, (1000, 1))
    return (
        network([D(64, "relu"), D(64, "relu"), D(1)], "squared_error", gn.SGD(0.01), seed),
        x,
        np.sin(x[:, 0] / 100),
        {"epochs": 20},
    )


@posted("output-cannot-reach")
def double_a_number_with_sigmoid_output(seed: int) -> Training:
    x = np.random.default_rng(seed).uniform(-5, 5, (500, 1))
    return (
        network([D(16, "relu"), D(1, "sigmoid")], "squared_error", gn.Adam(0.01), seed),
        x,
        2 * x[:, 0],
        {"epochs": 50},
    )


@posted("output-cannot-reach")
def returns_with_relu_output(seed: int) -> Training:
    X, y = friedman(seed)
    return network([D(32, "relu"), D(1, "relu")], "squared_error", gn.Adam(0.01), seed), X, y, {"epochs": 40}


@posted("unscaled-inputs")
def digits_0_255_sigmoid(seed: int) -> Training:
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return (
        network([D(64, "sigmoid"), D(32, "sigmoid"), D(10)], "cross_entropy", gn.SGD(0.01), seed),
        X * 16,
        y,
        {"epochs": 10},
    )


@posted("unscaled-target", "diverged", "unscaled-inputs")
def boston_like_prices(seed: int) -> Training:
    X, y = friedman(seed)
    return (
        network([D(64, "relu"), D(1)], "squared_error", gn.SGD(0.01), seed),
        X * [1, 50, 3, 200, 7, 400, 1, 20] + [0, 60, 3, 300, 4, 400, 18, 12],
        22000 + 9000 * y,
        {"epochs": 20},
    )


@posted("unscaled-target", "unscaled-inputs", "diverged")
def products_of_integers(seed: int) -> Training:
    r = np.random.default_rng(seed)
    X = r.integers(0, 100, (1000, 2)).astype(float)
    return network([D(32, "relu"), D(1)], "squared_error", gn.Adam(0.001), seed), X, X[:, 0] * X[:, 1], {"epochs": 10}


@posted("validation-differs")
def iris_keras_split_takes_the_end(seed: int) -> Training:
    from sklearn.datasets import load_iris

    X, y = load_iris(return_X_y=True)
    return (
        network([D(16, "relu"), D(3)], "cross_entropy", gn.Adam(0.01), seed),
        X[:120],
        y[:120],
        {"epochs": 60, "validation_data": (X[120:], y[120:])},
    )


@posted("rate-too-high")
def rate_of_ten(seed: int) -> Training:
    X, y = clouds(seed)
    return network([D(32, "relu"), D(5)], "cross_entropy", gn.SGD(10.0), seed), X, y, {"epochs": 20}


@posted("dead-signal", "vanishing-gradient", "hidden-activation", "saturated-units")
def twenty_sigmoid_layers(seed: int) -> Training:
    X, y = clouds(seed, k=2)
    return (
        network([*(D(16, "sigmoid") for _ in range(20)), D(2)], "cross_entropy", gn.Adam(0.001), seed),
        X,
        y,
        {"epochs": 30},
    )


@posted("symmetric-weights")
def zeros(seed: int) -> Training:
    X, y = clouds(seed)
    return (
        network([D(32, "relu", initializer="zeros"), D(5, initializer="zeros")], "cross_entropy", gn.SGD(0.1), seed),
        X,
        y,
        {"epochs": 20},
    )


@posted("few-updates", "still-falling", "rate-too-low")
def one_batch_ten_epochs(seed: int) -> Training:
    X, y = clouds(seed)
    return network([D(32, "relu"), D(5)], "cross_entropy", gn.SGD(0.01), seed), X, y, {"epochs": 10, "batch_size": 800}


@posted("class-too-rare", "some-classes-only", "imbalance", "rate-too-low")
def fraud(seed: int) -> Training:
    r = np.random.default_rng(seed)
    X = r.standard_normal((2000, 6))
    y = ((X[:, 0] + X[:, 1] + r.standard_normal(2000) * 1.5) > 4.2).astype(int)
    return network([D(16, "relu"), D(2)], "cross_entropy", gn.SGD(0.01), seed), X, y, {"epochs": 10}


@posted("penalty-dominates")
def l1_of_one(seed: int) -> Training:
    X, y = friedman(seed)
    return (
        gn.Network([D(32, "relu"), D(1)], loss="squared_error", optimizer=gn.Adam(0.005), seed=seed, l1=1.0),
        X,
        y,
        {"epochs": 30},
    )


@posted("shared-rows")
def validated_on_the_training_rows(seed: int) -> Training:
    X, y = clouds(seed)
    return (
        network([D(32, "relu"), D(5)], "cross_entropy", gn.Adam(0.005), seed),
        X,
        y,
        {"epochs": 20, "validation_data": (X[:300], y[:300])},
    )


@posted("unscaled-inputs")
def timestamps(seed: int) -> Training:
    X, y = rings(seed)
    return (
        network([D(32, "relu"), D(2)], "cross_entropy", gn.Adam(0.001), seed),
        np.column_stack([X, 1.7e9 + 1e5 * X[:, 2]]),
        y,
        {"epochs": 30},
    )


@posted("rate-too-low")
def adam_decay_to_nothing(seed: int) -> Training:
    X, y = clouds(seed)
    return network([D(32, "relu"), D(5)], "cross_entropy", gn.Adam(1e-6), seed), X, y, {"epochs": 30}


@posted("overfit")
def tiny_set_big_net(seed: int) -> Training:
    X, y = friedman(seed, 120, 4.0)
    return (
        network([D(256, "relu"), D(256, "relu"), D(1)], "squared_error", gn.Adam(0.003), seed),
        X[:60],
        y[:60],
        {"epochs": 200, "validation_data": (X[60:], y[60:])},
    )


@posted("code-for-missing", "outlier-in-inputs", "unscaled-inputs")
def glucose_zero_is_missing_like_minus_1(seed: int) -> Training:
    X, y = rings(seed)
    X = X.copy()
    X[np.random.default_rng(seed).random(len(X)) < 0.2, 0] = -99
    return network([D(32, "relu"), D(2)], "cross_entropy", gn.Adam(0.005), seed), X, y, {"epochs": 30}
