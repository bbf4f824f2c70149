"""Networks that are designed as they should be, among them unusual ones: nothing worse than a note is said of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import glassnet as gn
from designs_that_fail import Made, classes, clusters, curve, made, normalised

__all__ = ["SOUND"]

SOUND: dict[str, Callable[[], Made]] = {}


def sound(make: Callable[[], Made]) -> Callable[[], Made]:
    """Register a function as a training with nothing wrong."""
    SOUND[make.__name__] = make
    return make


def line(n: int = 400, d: int = 6, noise: float = 0.3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return a linear function with noise."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d))
    return X, X @ rng.standard_normal(d) / np.sqrt(d) + noise * rng.standard_normal(n)


# ---- outputs with an activation that fits ---------------------------------------------------------------------------


@sound
def tanh_for_a_target_within_one() -> Made:
    X, y = curve()
    return made([gn.Dense(32, "relu"), gn.Dense(1, "tanh")], "squared_error", (X, np.tanh(y)), epochs=40)


@sound
def tanh_for_a_target_scaled_to_one() -> Made:
    X, y = curve()
    return made([gn.Dense(32, "tanh"), gn.Dense(1, "tanh")], "huber", (X, y / np.abs(y).max()), epochs=40, n_valid=100)


@sound
def tanh_for_a_target_a_little_over_one() -> Made:
    X, y = curve()
    target = y / np.quantile(np.abs(y), 0.985)
    return made(
        [gn.Dense(32, "relu"), gn.Dense(1, "tanh")], "squared_error", (X, np.clip(target, -1.1, 1.1)), epochs=40
    )


@sound
def sigmoid_for_shares() -> Made:
    X, y = curve()
    return made([gn.Dense(32, "relu"), gn.Dense(1, "sigmoid")], "squared_error", (X, 1 / (1 + np.exp(-y))), epochs=40)


@sound
def softmax_for_shares() -> Made:
    X, _ = curve()
    Y = np.exp(X[:, :3])
    layers = [gn.Dense(32, "relu"), gn.Dense(3, "softmax")]
    return made(layers, "squared_error", (X, Y / Y.sum(axis=1, keepdims=True)), epochs=40, n_valid=100)


@sound
def softmax_before_dropout_for_noisy_shares() -> Made:
    X, _ = curve()
    Y = np.exp(X[:, :3] + np.random.default_rng(1).standard_normal((600, 3)))
    layers = [gn.Dense(32, "relu"), gn.Dense(3, "softmax"), gn.Dropout(0.0)]
    return made(layers, "squared_error", (X, Y / Y.sum(axis=1, keepdims=True)), epochs=20, n_valid=100)


@sound
def a_sigmoid_layer_behind_the_output_for_0_and_1() -> Made:
    X, y = clusters(500, 2, noise=0.4)
    layers = [gn.Dense(16, "relu"), gn.Dense(1), gn.Sigmoid(), gn.Flatten()]
    return made(layers, "squared_error", (X, y), gn.Adam(0.02), epochs=60)


@sound
def outputs_that_start_at_zero_before_a_softmax() -> Made:
    X, _ = curve()
    Y = np.exp(X[:, :3])
    layers = [gn.Dense(32, "relu"), gn.Dense(3, initializer="zeros"), gn.Softmax()]
    return made(layers, "squared_error", (X, Y / Y.sum(axis=1, keepdims=True)), epochs=30, n_valid=100)


@sound
def relu_for_amounts() -> Made:
    X, y = curve()
    return made([gn.Dense(32, "relu"), gn.Dense(1, "relu")], "squared_error", (X, y - y.min()), epochs=40)


@sound
def relu_for_amounts_with_noise() -> Made:
    X, y = curve()
    noisy = np.maximum(y, 0) + 0.02 * np.random.default_rng(1).standard_normal(len(y))
    return made([gn.Dense(32, "relu"), gn.Dense(1, "softplus")], "squared_error", (X, noisy), epochs=40, n_valid=100)


@sound
def softplus_for_amounts() -> Made:
    X, y = curve()
    return made([gn.Dense(32, "relu"), gn.Dense(1, "softplus")], "absolute_error", (X, np.exp(y / 2)), epochs=40)


@sound
def leaky_relu_for_numbers() -> Made:
    X, y = curve()
    return made([gn.Dense(32, "relu"), gn.Dense(1, "leaky_relu")], "squared_error", (X, y - y.min()), epochs=40)


@sound
def elu_for_numbers_above_minus_one() -> Made:
    X, y = curve()
    return made([gn.Dense(32, "elu"), gn.Dense(1, "elu")], "squared_error", (X, np.abs(y) - 0.8), epochs=40)


@sound
def one_hot_classes_with_a_sigmoid_each() -> Made:
    X, y = clusters(600, 3)
    return made([gn.Dense(32, "relu"), gn.Dense(3)], "binary_cross_entropy", (X, np.eye(3)[y]), epochs=20, n_valid=100)


@sound
def a_loss_of_ones_own_with_tanh() -> Made:
    def value(Z: np.ndarray, y: np.ndarray) -> np.ndarray:
        found: np.ndarray = np.log(np.cosh(Z - y)).sum(axis=1)
        return found

    def gradient(Z: np.ndarray, y: np.ndarray) -> np.ndarray:
        found: np.ndarray = np.tanh(Z - y)
        return found

    X, y = curve()
    loss = gn.CustomLoss(value, gradient, name="log_cosh")
    return made([gn.Dense(16, "relu"), gn.Dense(1, "tanh")], loss, (X, np.tanh(y)), epochs=40)


# ---- losses that fit ------------------------------------------------------------------------------------------------


@sound
def counts_by_squared_error() -> Made:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((600, 4))
    counts = rng.poisson(np.exp(0.4 * X[:, 0] + 0.8)).astype(float)
    return made([gn.Dense(16, "relu"), gn.Dense(1)], "squared_error", (X, counts), epochs=30, n_valid=100)


@sound
def grades_by_absolute_error() -> Made:
    X, y = curve()
    return made([gn.Dense(16, "relu"), gn.Dense(1)], "absolute_error", (X, np.clip(np.round(y + 2), 0, 4)), epochs=40)


@sound
def shares_by_squared_error() -> Made:
    X, y = curve()
    return made([gn.Dense(16, "relu"), gn.Dense(1)], "squared_error", (X, 1 / (1 + np.exp(-2 * y))), epochs=30)


@sound
def zeros_and_ones_by_squared_error() -> Made:
    X, y = clusters(500, 2)
    layers = [gn.Dense(16, "tanh"), gn.Dense(1, "sigmoid")]
    return made(layers, "squared_error", (X, y), epochs=30)


@sound
def signs_by_squared_error() -> Made:
    X, y = clusters(500, 2)
    layers = [gn.Dense(16, "tanh"), gn.Dense(1, "tanh")]
    return made(layers, "squared_error", (X, 2.0 * y - 1), gn.SGD(0.05), epochs=30)


# ---- normalisation --------------------------------------------------------------------------------------------------


@sound
def batches_of_32() -> Made:
    return made(normalised(3), "cross_entropy", classes(), gn.Adam(0.005), epochs=15, n_valid=100)


@sound
def batches_of_8() -> Made:
    return made(normalised(3), "cross_entropy", classes(), gn.Adam(0.003), epochs=15, batch_size=8)


@sound
def a_last_batch_of_one_row() -> Made:
    return made(normalised(1), "squared_error", curve(577), gn.Adam(0.005), epochs=20)


@sound
def normalised_rows_in_batches_of_two() -> Made:
    layers = [gn.Dense(32), gn.LayerNorm(), gn.ReLU(), gn.Dense(3)]
    return made(layers, "cross_entropy", classes(), gn.Adam(0.002), epochs=8, batch_size=2)


@sound
def normalised_rows_one_by_one() -> Made:
    layers = [gn.LayerNorm(), gn.Dense(32, "relu"), gn.Dense(1)]
    return made(layers, "squared_error", curve(400), gn.SGD(0.01), epochs=10, batch_size=1)


@sound
def single_rows_without_normalisation() -> Made:
    layers = [gn.Dense(32, "relu"), gn.Dense(3)]
    return made(layers, "cross_entropy", classes(), gn.SGD(0.02), epochs=10, batch_size=1)


# ---- noise on purpose -----------------------------------------------------------------------------------------------


@sound
def half_of_the_hidden_units_dropped() -> Made:
    layers = [gn.Dense(64, "relu"), gn.Dropout(0.5), gn.Dense(4)]
    return made(layers, "cross_entropy", clusters(), gn.Adam(0.003), epochs=30, n_valid=150)


@sound
def dropped_twice_by_half() -> Made:
    layers = [gn.Dense(128, "relu"), gn.Dropout(0.5), gn.Dense(64, "relu"), gn.Dropout(0.5), gn.Dense(3)]
    return made(layers, "cross_entropy", clusters(600, 3, noise=1.5), gn.AdamW(0.003), epochs=30, n_valid=150)


@sound
def a_fifth_of_the_inputs_dropped() -> Made:
    layers = [gn.Dropout(0.2), gn.Dense(64, "relu"), gn.Dropout(0.5), gn.Dense(4)]
    return made(layers, "cross_entropy", clusters(), gn.Adam(0.003), epochs=30)


@sound
def half_of_many_equal_inputs_dropped() -> Made:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 500)
    X = rng.standard_normal((500, 60)) + 0.7 * (2 * y[:, None] - 1)
    layers = [gn.Dropout(0.5), gn.Dense(32, "relu"), gn.Dense(2)]
    return made(layers, "cross_entropy", (X, y), epochs=30, n_valid=100)


@sound
def strong_dropout_against_noise() -> Made:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 30))
    y = (X[:, :3].sum(axis=1) + 2.5 * rng.standard_normal(300) > 0).astype(int)
    layers = [gn.Dense(64, "relu"), gn.Dropout(0.8), gn.Dense(2)]
    return made(layers, "cross_entropy", (X, y), gn.Adam(0.003), epochs=20, n_valid=100)


@sound
def a_little_noise_on_the_inputs() -> Made:
    layers = [gn.GaussianNoise(0.3), gn.Dense(32, "relu"), gn.Dense(1)]
    return made(layers, "squared_error", curve(), epochs=40)


@sound
def columns_masked_to_be_restored() -> Made:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((600, 2)) @ rng.standard_normal((2, 8)) + 0.1 * rng.standard_normal((600, 8))
    layers = [gn.Dropout(0.3), gn.Dense(32, "relu"), gn.Dense(8)]
    return made(layers, "squared_error", (X, X / X.std(axis=0)), epochs=30)


# ---- hidden activations ---------------------------------------------------------------------------------------------


@sound
def xor_with_four_sigmoids() -> Made:
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
    layers = [gn.Dense(4, "sigmoid"), gn.Dense(1)]
    return made(layers, "binary_cross_entropy", (X, X[:, :1] != X[:, 1:]), gn.Adam(0.1), epochs=400)


@sound
def xor_with_sigmoids_by_squared_error() -> Made:
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
    layers = [gn.Dense(8, "sigmoid"), gn.Dense(1, "sigmoid")]
    return made(layers, "squared_error", (X, (X[:, :1] != X[:, 1:]).astype(float)), gn.Adam(0.1), epochs=600)


@sound
def clusters_through_sigmoids() -> Made:
    layers = [gn.Dense(32, "sigmoid"), gn.Dense(4)]
    return made(layers, "cross_entropy", clusters(), gn.Adam(0.01), epochs=30)


@sound
def clusters_through_a_softmax() -> Made:
    layers = [gn.Dense(16, "softmax"), gn.Dense(4)]
    return made(layers, "cross_entropy", clusters(600, 4, noise=0.4), gn.Adam(0.05), epochs=40)


@sound
def deep_tanh() -> Made:
    layers = [*(gn.Dense(32, "tanh") for _ in range(4)), gn.Dense(3)]
    return made(layers, "cross_entropy", classes(), gn.Adam(0.003), epochs=30)


# ---- linear layers on purpose ---------------------------------------------------------------------------------------


@sound
def a_bottleneck_of_linear_layers() -> Made:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((500, 2)) @ rng.standard_normal((2, 10))
    X = X / X.std(axis=0) + 0.05 * rng.standard_normal(X.shape)
    return made([gn.Dense(2), gn.Dense(10)], "squared_error", (X, X), epochs=60)


@sound
def a_line() -> Made:
    return made([gn.Dense(1)], "squared_error", line(), gn.SGD(0.05), epochs=30, n_valid=100)


@sound
def classes_by_one_layer() -> Made:
    return made([gn.Dense(4)], "cross_entropy", clusters(), gn.SGD(0.1, momentum=0.9), epochs=20, n_valid=100)


@sound
def a_layer_norm_between_linear_layers() -> Made:
    return made([gn.Dense(32), gn.LayerNorm(), gn.Dense(3)], "cross_entropy", classes(), epochs=40)


# ---- as good as a line, or as good as can be ------------------------------------------------------------------------


@sound
def a_network_for_a_linear_rule() -> Made:
    layers = [gn.Dense(16, "relu"), gn.Dense(1)]
    return made(layers, "squared_error", line(800, 4, 0.5), gn.Adam(0.003), epochs=20, n_valid=200)


@sound
def a_network_for_a_noisy_linear_rule() -> Made:
    layers = [gn.Dense(16, "relu"), gn.Dense(1)]
    return made(layers, "squared_error", line(600, 5, 1.5), gn.Adam(0.003), epochs=20, n_valid=200)


@sound
def a_network_stopped_early_for_a_linear_rule() -> Made:
    layers = [gn.Dense(32, "relu"), gn.Dense(1)]
    stopping = gn.EarlyStopping(patience=5)
    return made(
        layers, "squared_error", line(500, 10, 0.7), gn.Adam(0.005), epochs=60, n_valid=125, early_stopping=stopping
    )


@sound
def columns_that_repeat_each_other() -> Made:
    X, y = line(500, 5, 0.4)
    X = np.column_stack([X, X @ np.random.default_rng(1).standard_normal((5, 5))])
    X /= X.std(axis=0)
    return made([gn.Dense(16, "relu"), gn.Dense(1)], "squared_error", (X, y), gn.Adam(0.005), epochs=30, n_valid=100)


@sound
def one_hot_columns_of_low_rank() -> Made:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 6, (600, 2))
    X = np.concatenate([np.eye(6)[codes[:, 0]], np.eye(6)[codes[:, 1]]], axis=1)
    y = np.sin(codes[:, 0]) + 0.5 * codes[:, 1] % 2 + 0.3 * rng.standard_normal(600)
    return made([gn.Dense(16, "relu"), gn.Dense(1)], "squared_error", (X, y), gn.Adam(0.005), epochs=40, n_valid=150)


@sound
def more_columns_than_rows() -> Made:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 80)
    X = rng.standard_normal((80, 150)) + 0.6 * (2 * y[:, None] - 1)
    return made([gn.Dense(8, "relu"), gn.Dense(2)], "cross_entropy", (X, y), gn.Adam(0.003), epochs=20, n_valid=30)


@sound
def weak_signal_learned() -> Made:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((1200, 5))
    y = (X[:, 0] + 2 * rng.standard_normal(1200) > 0).astype(int)
    return made([gn.Dense(8, "relu"), gn.Dense(2)], "cross_entropy", (X, y), gn.Adam(0.002), epochs=15, n_valid=300)


@sound
def a_small_table_with_weak_signal() -> Made:
    rng = np.random.default_rng(3)
    X = rng.standard_normal((140, 4))
    y = X[:, 0] + 1.2 * rng.standard_normal(140)
    return made([gn.Dense(8, "tanh"), gn.Dense(1)], "squared_error", (X, y), gn.Adam(0.003), epochs=60, n_valid=40)


@sound
def rates_by_poisson() -> Made:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((700, 4))
    y = rng.poisson(np.exp(0.5 * X[:, 0] + 0.3)).astype(float)
    return made([gn.Dense(16, "relu"), gn.Dense(1)], "poisson", (X, y), gn.Adam(0.01), epochs=25, n_valid=150)


@sound
def three_quantiles() -> Made:
    layers = [gn.Dense(16, "relu"), gn.Dense(3)]
    return made(layers, gn.Quantile([0.1, 0.5, 0.9]), line(600, 4, 0.8), gn.Adam(0.005), epochs=30, n_valid=150)


@sound
def means_and_variances() -> Made:
    layers = [gn.Dense(16, "tanh"), gn.Dense(2)]
    return made(layers, "gaussian_nll", line(600, 4, 0.5), gn.Adam(0.005), epochs=30, n_valid=150)


@sound
def robust_numbers() -> Made:
    return made([gn.Dense(16, "silu"), gn.Dense(1)], "huber", curve(), gn.RMSprop(0.003), epochs=40, n_valid=100)


# ---- classes of all sizes -------------------------------------------------------------------------------------------


@sound
def one_in_fifty_and_learned() -> Made:
    rng = np.random.default_rng(0)
    y = (np.arange(1500) % 50 == 0).astype(int)
    X = rng.standard_normal((1500, 5)) + 3.0 * y[:, None]
    return made([gn.Dense(16, "relu"), gn.Dense(2)], "cross_entropy", (X, y), epochs=20, n_valid=300)


@sound
def one_in_ten_and_learned() -> Made:
    rng = np.random.default_rng(0)
    y = (np.arange(800) % 10 == 0).astype(int)
    X = rng.standard_normal((800, 5)) + 2.5 * y[:, None]
    return made([gn.Dense(16, "relu"), gn.Dense(1)], "binary_cross_entropy", (X, y), epochs=20)


@sound
def weighed_rare_class() -> Made:
    rng = np.random.default_rng(0)
    y = (np.arange(1000) % 20 == 0).astype(int)
    X = rng.standard_normal((1000, 6)) + 1.0 * y[:, None]
    layers = [gn.Dense(16, "relu"), gn.Dense(2)]
    return made(layers, "cross_entropy", (X, y), gn.Adam(0.003), epochs=20, class_weight="balanced")


@sound
def ten_classes() -> Made:
    layers = [gn.Dense(64, "gelu"), gn.Dense(10)]
    return made(layers, "cross_entropy", clusters(1000, 10), gn.AdamW(0.005), epochs=20, n_valid=200)


@sound
def focal_loss() -> Made:
    layers = [gn.Dense(32, "relu"), gn.Dense(3)]
    return made(layers, "focal_cross_entropy", classes(), gn.Adam(0.01), epochs=30, n_valid=100)


# ---- validation -----------------------------------------------------------------------------------------------------


@sound
def stopped_early() -> Made:
    layers = [gn.Dense(32, "relu"), gn.Dense(3)]
    stopping = gn.EarlyStopping(patience=10)
    return made(layers, "cross_entropy", classes(800), epochs=100, n_valid=200, early_stopping=stopping)


@sound
def twenty_validation_rows() -> Made:
    layers = [gn.Dense(16, "relu"), gn.Dense(3)]
    return made(layers, "cross_entropy", classes(500), epochs=15, n_valid=20)


@sound
def trained_with_momentum() -> Made:
    layers = [gn.Dense(32, "relu"), gn.Dense(32, "relu"), gn.Dense(1)]
    return made(layers, "squared_error", curve(1000), gn.SGD(0.01, momentum=0.9), epochs=20, n_valid=200)


@sound
def a_wide_network_with_decay() -> Made:
    layers = [gn.Dense(128, "relu"), gn.Dense(3)]
    return made(layers, "cross_entropy", classes(1000), gn.AdamW(0.003, weight_decay=0.1), epochs=15, n_valid=250)
