"""Trainings that go well, on bundled, scikit-learn's and made-up data: there is nothing to warn of."""

from __future__ import annotations

import csv
from collections.abc import Callable
from typing import Any

import numpy as np

import glassnet as gn
from glassnet.datasets import dataset_path

__all__ = ["HEALTHY"]

Made = tuple[gn.Network, Any, Any, dict[str, Any]]

HEALTHY: dict[str, Callable[[int], Made]] = {}


def healthy(make: Callable[[int], Made]) -> Callable[[int], Made]:
    """Register a function as a training that goes well."""
    HEALTHY[make.__name__] = make
    return make


def split(X: np.ndarray, y: np.ndarray, seed: int, *, scale: bool = True) -> tuple[Any, Any, Any, Any]:
    """Return three quarters to train on and the rest, columns scaled by the former."""
    order = np.random.default_rng(seed).permutation(len(X))
    train, rest = order[: 3 * len(X) // 4], order[3 * len(X) // 4 :]
    if scale:
        spread = X[train].std(axis=0)
        X = (X - X[train].mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return X[train], y[train], X[rest], y[rest]


def table(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return one of scikit-learn's tables."""
    from sklearn import datasets

    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    return X, y


def trained_on(
    data: tuple[np.ndarray, np.ndarray],
    layers: list[gn.Layer],
    loss: Any,
    seed: int,
    optimizer: Any = "adam",
    *,
    scale: bool = True,
    scale_target: bool = False,
    holds_out: bool = True,
    network: dict[str, Any] | None = None,
    **options: Any,
) -> Made:
    """Return network, data and options of a training with a quarter held out."""
    X, y, X_rest, y_rest = split(*data, seed, scale=scale)
    if scale_target:
        mean, spread = y.mean(), y.std()
        y, y_rest = (y - mean) / spread, (y_rest - mean) / spread
    net = gn.Network(layers, loss=loss, optimizer=optimizer, seed=seed, **(network or {}))
    return net, X, y, ({"validation_data": (X_rest, y_rest)} if holds_out else {}) | options


@healthy
def xor_of_the_tutorial(seed: int) -> Made:
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
    layers = [gn.Dense(4, "tanh"), gn.Dense(1)]
    net = gn.Network(layers, loss="binary_cross_entropy", optimizer=gn.SGD(0.5), seed=seed)
    return net, X, X[:, :1] != X[:, 1:], {"epochs": 2000}


@healthy
def xor_by_squared_error(seed: int) -> Made:
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
    layers = [gn.Dense(8, "tanh"), gn.Dense(1, "sigmoid")]
    net = gn.Network(layers, loss="squared_error", optimizer=gn.Adam(0.03), seed=seed)
    return net, X, (X[:, :1] != X[:, 1:]).astype(float), {"epochs": 1000}


@healthy
def digits_raw_pixels(seed: int) -> Made:
    layers = [gn.Dense(64, "relu"), gn.Dense(32, "relu"), gn.Dense(10)]
    return trained_on(table("digits"), layers, "cross_entropy", seed, scale=False, epochs=30)


@healthy
def digits_sgd_sigmoid(seed: int) -> Made:
    X, y = table("digits")
    layers = [gn.Dense(64, "sigmoid"), gn.Dense(10)]
    return trained_on((X / 16, y), layers, "cross_entropy", seed, gn.SGD(0.5), scale=False, epochs=30)


@healthy
def digits_two_sigmoid_layers(seed: int) -> Made:
    X, y = table("digits")
    layers = [gn.Dense(64, "sigmoid"), gn.Dense(32, "sigmoid"), gn.Dense(10)]
    return trained_on((X / 16, y), layers, "cross_entropy", seed, gn.SGD(0.5), scale=False, epochs=40)


@healthy
def digits_batch_norm_dropout(seed: int) -> Made:
    layers = [
        gn.Dense(128, "relu"),
        gn.BatchNorm(),
        gn.Dropout(0.3),
        gn.Dense(64, "relu"),
        gn.Dropout(0.3),
        gn.Dense(10),
    ]
    return trained_on(table("digits"), layers, "cross_entropy", seed, gn.AdamW(3e-3), epochs=20)


@healthy
def digits_deep_residual(seed: int) -> Made:
    blocks = [gn.Residual([gn.Dense(64, "relu"), gn.Dense(64)]) for _ in range(4)]
    layers = [gn.Dense(64, "relu"), *blocks, gn.LayerNorm(), gn.Dense(10)]
    return trained_on(table("digits"), layers, "cross_entropy", seed, epochs=20)


@healthy
def iris_raw(seed: int) -> Made:
    layers = [gn.Dense(16, "tanh"), gn.Dense(3)]
    return trained_on(table("iris"), layers, "cross_entropy", seed, gn.Adam(1e-2), scale=False, epochs=60)


@healthy
def iris_without_validation(seed: int) -> Made:
    layers = [gn.Dense(8, "relu"), gn.Dense(3)]
    return trained_on(table("iris"), layers, "cross_entropy", seed, gn.SGD(0.1), holds_out=False, epochs=60)


@healthy
def wine(seed: int) -> Made:
    layers = [gn.Dense(16, "relu"), gn.Dense(3)]
    return trained_on(table("wine"), layers, "cross_entropy", seed, gn.Adam(3e-3), epochs=40)


@healthy
def wine_batch_norm_first(seed: int) -> Made:
    layers = [gn.BatchNorm(), gn.Dense(16, "relu"), gn.Dense(3)]
    return trained_on(table("wine"), layers, "cross_entropy", seed, gn.Adam(1e-2), scale=False, epochs=40)


@healthy
def breast_cancer(seed: int) -> Made:
    layers = [gn.Dense(32, "relu"), gn.Dense(1)]
    return trained_on(table("breast_cancer"), layers, "binary_cross_entropy", seed, epochs=30)


@healthy
def breast_cancer_stopped_early(seed: int) -> Made:
    layers = [gn.Dense(64, "silu"), gn.Dense(64, "silu"), gn.Dense(2)]
    stopping = gn.EarlyStopping(patience=10)
    data = table("breast_cancer")
    return trained_on(data, layers, "cross_entropy", seed, gn.Adam(3e-3), epochs=100, early_stopping=stopping)


@healthy
def breast_cancer_logistic(seed: int) -> Made:
    data = table("breast_cancer")
    return trained_on(data, [gn.Dense(1)], "binary_cross_entropy", seed, gn.SGD(0.1), epochs=40)


@healthy
def diabetes_scaled_target(seed: int) -> Made:
    layers = [gn.Dense(16, "relu"), gn.Dense(1)]
    return trained_on(
        table("diabetes"), layers, "squared_error", seed, gn.AdamW(3e-3, weight_decay=0.1), scale_target=True, epochs=30
    )


@healthy
def diabetes_huber(seed: int) -> Made:
    layers = [gn.Dense(16, "tanh"), gn.Dense(1)]
    return trained_on(table("diabetes"), layers, "huber", seed, gn.SGD(0.02), scale_target=True, epochs=40)


@healthy
def diabetes_gaussian(seed: int) -> Made:
    layers = [gn.Dense(16, "relu"), gn.Dropout(0.2), gn.Dense(2)]
    return trained_on(table("diabetes"), layers, "gaussian_nll", seed, gn.Adam(1e-2), scale_target=True, epochs=40)


@healthy
def diabetes_quantiles(seed: int) -> Made:
    layers = [gn.Dense(16, "relu"), gn.Dense(3)]
    loss = gn.Quantile([0.1, 0.5, 0.9])
    return trained_on(table("diabetes"), layers, loss, seed, gn.Adam(3e-3), scale_target=True, epochs=25)


@healthy
def linnerud_linear(seed: int) -> Made:
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((500, 4))
    y = X @ np.array([[1.0, 0.0], [-1.0, 2.0], [0.5, 0.5], [0.0, 1.0]]) + 0.1 * rng.standard_normal((500, 2))
    return trained_on((X, y), [gn.Dense(2)], "squared_error", seed, gn.SGD(0.05), epochs=30)


@healthy
def penguins(seed: int) -> Made:
    with dataset_path("penguins").open() as file:
        rows = [row for row in csv.DictReader(file) if "NA" not in row.values() and "" not in row.values()]
    names = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
    X = np.array([[float(row[name]) for name in names] for row in rows])
    codes = {name: code for code, name in enumerate(sorted({row["species"] for row in rows}))}
    y = np.array([codes[row["species"]] for row in rows])
    layers = [gn.Dense(32, "relu"), gn.Dense(3)]
    return trained_on((X, y), layers, "cross_entropy", seed, gn.Adam(3e-3), epochs=40)


@healthy
def noisy_sine(seed: int) -> Made:
    rng = np.random.default_rng(seed)
    X = np.linspace(-3, 3, 300)[:, None]
    y = np.sin(2 * X[:, 0]) + 0.3 * rng.standard_normal(300)
    layers = [gn.Dense(32, "tanh"), gn.Dense(32, "tanh"), gn.Dense(1)]
    return trained_on((X, y), layers, "squared_error", seed, gn.Adam(1e-2), epochs=60)


@healthy
def polynomial_columns(seed: int) -> Made:
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, 400)
    X = np.column_stack([x, x**2, x**3, x**4])
    y = 2 * x**3 - x + 0.1 * rng.standard_normal(400)
    layers = [gn.Dense(16, "relu"), gn.Dense(1)]
    return trained_on((X, y), layers, "squared_error", seed, gn.Adam(1e-2), epochs=40)


@healthy
def very_noisy_classes(seed: int) -> Made:
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((1500, 8))
    y = (X[:, 0] + 2.0 * rng.standard_normal(1500) > 0).astype(int)
    layers = [gn.Dense(16, "relu"), gn.Dropout(0.3), gn.Dense(2)]
    return trained_on((X, y), layers, "cross_entropy", seed, gn.AdamW(1e-3, weight_decay=0.1), epochs=15)


@healthy
def counts_poisson(seed: int) -> Made:
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((800, 4))
    y = rng.poisson(np.exp(0.5 * X[:, 0] + 0.5)).astype(float)
    layers = [gn.Dense(16, "relu"), gn.Dense(1)]
    return trained_on((X, y), layers, "poisson", seed, gn.Adam(3e-3), epochs=25)


@healthy
def separable_blobs(seed: int) -> Made:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, 400)
    X = rng.standard_normal((400, 2)) + 6.0 * y[:, None]
    return trained_on((X, y), [gn.Dense(8, "relu"), gn.Dense(2)], "cross_entropy", seed, gn.SGD(0.1), epochs=20)


@healthy
def moons(seed: int) -> Made:
    rng = np.random.default_rng(seed)
    angle, y = rng.uniform(0, np.pi, 500), rng.integers(0, 2, 500)
    X = np.column_stack([np.cos(angle), np.sin(angle)]) * (1 - 2 * y[:, None]) + y[:, None] * [1.0, 0.5]
    X += 0.15 * rng.standard_normal(X.shape)
    layers = [gn.Dense(16, "relu"), gn.Dense(16, "relu"), gn.Dense(1)]
    return trained_on((X, y), layers, "binary_cross_entropy", seed, gn.Adam(1e-2), epochs=50)


@healthy
def imbalanced_and_learned(seed: int) -> Made:
    rng = np.random.default_rng(seed)
    y = (rng.random(2000) < 0.05).astype(int)
    X = rng.standard_normal((2000, 5)) + 2.5 * y[:, None]
    layers = [gn.Dense(16, "relu"), gn.Dense(2)]
    return trained_on((X, y), layers, "cross_entropy", seed, gn.Adam(3e-3), epochs=20)


@healthy
def one_hot_columns(seed: int) -> Made:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 12, (800, 2))
    X = np.concatenate([np.eye(12)[codes[:, 0]], np.eye(12)[codes[:, 1]]], axis=1)
    y = (codes[:, 0] > codes[:, 1]).astype(int)
    layers = [gn.Dense(16, "relu"), gn.Dense(2)]
    return trained_on((X, y), layers, "cross_entropy", seed, gn.Adam(1e-2), scale=False, epochs=40)


@healthy
def many_labels(seed: int) -> Made:
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((600, 10))
    Y = (X[:, :3] + 0.3 * rng.standard_normal((600, 3)) > 0).astype(float)
    layers = [gn.Dense(32, "relu"), gn.Dense(3)]
    return trained_on((X, Y), layers, "binary_cross_entropy", seed, gn.Adam(3e-3), epochs=30)


@healthy
def clipped_now_and_then(seed: int) -> Made:
    X, y = table("digits")
    layers = [gn.Dense(64, "relu"), gn.Dense(10)]
    optimizer = gn.SGD(0.05, momentum=0.9, clip_norm=2.0)
    return trained_on((X / 16, y), layers, "cross_entropy", seed, optimizer, scale=False, epochs=15)


@healthy
def scheduled_with_warmup(seed: int) -> Made:
    X, y = table("digits")
    rate = gn.Warmup(gn.CosineDecay(3e-3, epochs=20), epochs=2)
    layers = [gn.Dense(64, "gelu"), gn.Dense(64, "gelu"), gn.Dense(10)]
    return trained_on((X / 16, y), layers, "cross_entropy", seed, gn.AdamW(rate), scale=False, epochs=20)
