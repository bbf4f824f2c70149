"""Networks whose design or result is faulty, one fault each, and the code of the finding that must come first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

import glassnet as gn

__all__ = ["FAULTS", "Fault"]

Made = tuple[gn.Network, Any, Any, dict[str, Any]]


class Fault(NamedTuple):
    """A training with a faulty design.

    Attributes
    ----------
    codes : set of str
        What the first finding may be called.
    make : callable
        Returns network, X, y and options of ``fit``.
    is_note : bool
        Whether a note is enough, wherever it stands.
    """

    codes: set[str]
    make: Callable[[], Made]
    is_note: bool = False


FAULTS: dict[str, Fault] = {}


def fault(*codes: str, is_note: bool = False) -> Callable[[Callable[[], Made]], Callable[[], Made]]:
    """Register a function as a training with a fault."""

    def register(make: Callable[[], Made]) -> Callable[[], Made]:
        FAULTS[make.__name__] = Fault(set(codes), make, is_note)
        return make

    return register


# ---- data: a curve in six columns, three classes in six, four clusters in twenty ------------------------------------


def curve(n: int = 600, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return a smooth function of six columns with a little noise."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, 6))
    y = np.sin(X[:, 0]) + X[:, 1] * X[:, 2] + 0.1 * rng.standard_normal(n)
    return X, (y - y.mean()) / y.std()


def classes(n: int = 600, k: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return classes whose borders are curved."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, 6))
    return X, np.column_stack([X[:, 0] * X[:, 1], X[:, 2], X[:, 3] ** 2 - 1])[:, :k].argmax(axis=1)


def clusters(n: int = 600, k: int = 4, d: int = 20, noise: float = 0.8, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return overlapping clusters."""
    rng = np.random.default_rng(seed)
    centres, y = rng.standard_normal((k, d)), rng.integers(0, k, n)
    return centres[y] + noise * rng.standard_normal((n, d)), y


def held_out(X: np.ndarray, y: np.ndarray, n: int, **options: Any) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Return all rows but the last n, and options of ``fit`` with those for validation."""
    return X[:-n], y[:-n], {"validation_data": (X[-n:], y[-n:]), **options}


def made(
    layers: Sequence[gn.Layer], loss: Any, data: tuple[np.ndarray, Any], optimizer: Any = None, **options: Any
) -> Made:
    """Return network, data and options of a training; without validation rows unless ``n`` is given."""
    n = options.pop("n_valid", 0)
    X, y = data
    if n:
        X, y, options = held_out(X, y, n, **options)
    network = gn.Network(layers, loss=loss, optimizer=optimizer or gn.Adam(0.01), seed=0)
    return network, X, y, options


# ---- outputs that cannot reach the targets, or not all logits -------------------------------------------------------


@fault("output-cannot-reach")
def tanh_for_a_target_of_unit_spread() -> Made:
    return made([gn.Dense(32, "relu"), gn.Dense(1, "tanh")], "squared_error", curve(), epochs=40)


@fault("output-cannot-reach")
def tanh_with_validation_rows() -> Made:
    layers = [gn.Dense(32, "relu"), gn.Dense(1, "tanh")]
    return made(layers, "squared_error", curve(800), epochs=40, n_valid=200)


@fault("output-cannot-reach")
def tanh_for_a_target_three_times_as_wide() -> Made:
    X, y = curve()
    return made([gn.Dense(32, "relu"), gn.Dense(1, "tanh")], "huber", (X, 3 * y), epochs=30)


@fault("output-cannot-reach")
def relu_for_a_standardised_target() -> Made:
    return made([gn.Dense(32, "tanh"), gn.Dense(1, "relu")], "squared_error", curve(), epochs=30)


@fault("output-cannot-reach")
def softplus_for_a_standardised_target() -> Made:
    return made([gn.Dense(32, "relu"), gn.Dense(1, "softplus")], "squared_error", curve(), gn.SGD(0.05), epochs=30)


@fault("output-cannot-reach")
def sigmoid_for_a_standardised_target() -> Made:
    return made([gn.Dense(32, "relu"), gn.Dense(1, "sigmoid")], "absolute_error", curve(), epochs=30)


@fault("output-cannot-reach")
def sigmoid_for_percentages() -> Made:
    X, y = curve()
    percent = 100 / (1 + np.exp(-y))
    return made([gn.Dense(32, "relu"), gn.Dense(1, "sigmoid")], "squared_error", (X, percent), epochs=30)


@fault("output-cannot-reach")
def elu_for_a_wide_target() -> Made:
    X, y = curve()
    return made([gn.Dense(32, "relu"), gn.Dense(1, "elu")], "squared_error", (X, 3 * y), epochs=40)


@fault("output-cannot-reach")
def gelu_for_a_standardised_target() -> Made:
    return made([gn.Dense(32, "gelu"), gn.Dense(1, "gelu")], "huber", curve(), epochs=40)


@fault("output-cannot-reach")
def silu_for_a_standardised_target() -> Made:
    return made([gn.Dense(32, "silu"), gn.Dense(1, "silu")], "absolute_error", curve(), gn.AdamW(0.01), epochs=40)


@fault("output-cannot-reach")
def mish_for_a_standardised_target() -> Made:
    return made([gn.Dense(32, "mish"), gn.Dense(1, "mish")], "squared_error", curve(), epochs=40)


@fault("output-cannot-reach")
def softmax_for_two_numbers() -> Made:
    X, y = curve()
    targets = np.column_stack([2 * y, X[:, 0] - 1])
    return made([gn.Dense(32, "relu"), gn.Dense(2, "softmax")], "squared_error", (X, targets), epochs=30)


@fault("output-cannot-reach")
def one_of_two_targets_out_of_reach() -> Made:
    X, y = curve()
    targets = np.column_stack([1 / (1 + np.exp(-X[:, 0])), 2 * y])
    return made([gn.Dense(32, "relu"), gn.Dense(2, "sigmoid")], "squared_error", (X, targets), epochs=40)


@fault("output-cannot-reach")
def tanh_in_a_sequence() -> Made:
    layers = [gn.Dense(32, "relu"), gn.Sequential([gn.Dense(1), gn.Tanh()])]
    return made(layers, "squared_error", curve(), epochs=40)


@fault("output-cannot-reach")
def tanh_before_dropout() -> Made:
    layers = [gn.Dense(32, "relu"), gn.Dense(1), gn.Tanh(), gn.Dropout(0.0)]
    return made(layers, "squared_error", curve(), epochs=40)


@fault("output-cannot-reach")
def a_tanh_of_ones_own() -> Made:
    own = (np.tanh, lambda z: 1 - np.tanh(z) ** 2)
    return made([gn.Dense(32, "relu"), gn.Dense(1, own)], "squared_error", curve(), epochs=40)


@fault("output-cannot-reach")
def tanh_under_a_loss_of_ones_own() -> Made:
    def value(Z: np.ndarray, y: np.ndarray) -> np.ndarray:
        found: np.ndarray = np.log(np.cosh(Z - y)).sum(axis=1)
        return found

    def gradient(Z: np.ndarray, y: np.ndarray) -> np.ndarray:
        found: np.ndarray = np.tanh(Z - y)
        return found

    X, y = curve()
    loss = gn.CustomLoss(value, gradient, name="log_cosh")
    return made([gn.Dense(32, "relu"), gn.Dense(1, "tanh")], loss, (X, 2 * y), epochs=40)


@fault("output-cannot-reach")
def relu_on_the_logit_of_two_classes() -> Made:
    layers = [gn.Dense(32, "relu"), gn.Dense(1, "relu")]
    return made(layers, "binary_cross_entropy", classes(k=2), epochs=30)


@fault("output-cannot-reach")
def leaky_relu_on_the_logit_of_two_classes() -> Made:
    layers = [gn.Dense(32, "relu"), gn.Dense(1, "leaky_relu")]
    return made(layers, "binary_cross_entropy", classes(k=2), gn.SGD(0.1), epochs=30)


@fault("output-cannot-reach")
def tanh_on_the_logits_of_four_classes() -> Made:
    layers = [gn.Dense(32, "relu"), gn.Dense(4, "tanh")]
    return made(layers, "cross_entropy", clusters(), epochs=30)


@fault("output-cannot-reach")
def tanh_on_the_logits_of_ten_classes() -> Made:
    layers = [gn.Dense(32, "relu"), gn.Dense(10, "tanh")]
    return made(layers, "cross_entropy", clusters(900, 10), gn.SGD(0.1, momentum=0.9), epochs=20, n_valid=200)


@fault("output-cannot-reach")
def tanh_layer_on_the_logit() -> Made:
    layers = [gn.Dense(32, "relu"), gn.Dense(1), gn.Tanh()]
    return made(layers, "binary_cross_entropy", clusters(k=2), epochs=30)


@fault("output-cannot-reach")
def a_sigmoid_of_ones_own_on_the_logit() -> Made:
    own = (lambda z: 1 / (1 + np.exp(-z)), lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2)
    layers = [gn.Dense(32, "relu"), gn.Dense(1, own)]
    return made(layers, "binary_cross_entropy", clusters(k=2), epochs=30)


@fault("output-cannot-reach")
def relu_on_the_logarithm_of_a_rate() -> Made:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((600, 4))
    y = rng.poisson(np.exp(0.8 * X[:, 0] - 1.5)).astype(float)
    return made([gn.Dense(16, "relu"), gn.Dense(1, "relu")], "poisson", (X, y), epochs=30)


# ---- one unit under a softmax ---------------------------------------------------------------------------------------


@fault("one-softmax-unit")
def one_softmax_unit_for_two_classes() -> Made:
    X, y = classes(k=2)
    return made([gn.Dense(16, "relu"), gn.Dense(1, "softmax")], "squared_error", (X, y.astype(float)), epochs=20)


@fault("one-softmax-unit")
def one_softmax_unit_for_numbers() -> Made:
    return made([gn.Dense(16, "relu"), gn.Dense(1, "softmax")], "huber", curve(), gn.SGD(0.1), epochs=20)


@fault("one-softmax-unit")
def a_softmax_layer_behind_one_unit() -> Made:
    X, y = classes(k=2)
    layers = [gn.Dense(16, "relu"), gn.Dense(1), gn.Softmax()]
    return made(layers, "squared_error", (X, y.astype(float)), epochs=20, n_valid=100)


@fault("one-softmax-unit")
def one_hidden_softmax_unit() -> Made:
    return made([gn.Dense(1, "softmax"), gn.Dense(3)], "cross_entropy", classes(), epochs=20)


# ---- normalisation over a few rows ----------------------------------------------------------------------------------


def normalised(out: int, *, first: bool = False) -> list[gn.Layer]:
    """Return two hidden layers, normalised over the batch."""
    inner = [gn.Dense(32, use_bias=False), gn.BatchNorm(), gn.ReLU()] * 2
    copies: list[gn.Layer] = [gn.Dense(32, use_bias=False), gn.BatchNorm(), gn.ReLU()]
    return [*([gn.BatchNorm()] if first else []), *inner[:3], *copies, gn.Dense(out)]


@fault("small-normalised-batches")
def batches_of_two() -> Made:
    return made(normalised(3), "cross_entropy", classes(800), gn.Adam(0.005), epochs=6, batch_size=2)


@fault("small-normalised-batches")
def batches_of_one_on_raw_columns() -> Made:
    X, y = classes(400)
    layers = [gn.BatchNorm(), gn.Dense(32, "relu"), gn.Dense(3)]
    return made(layers, "cross_entropy", (X * 30 + 200, y), gn.Adam(0.005), epochs=5, batch_size=1)


@fault("small-normalised-batches")
def batches_of_three_validated() -> Made:
    return made(normalised(3), "cross_entropy", classes(800), gn.SGD(0.05), epochs=6, batch_size=3, n_valid=200)


@fault("small-normalised-batches")
def batches_of_two_for_numbers() -> Made:
    return made(normalised(1), "squared_error", curve(600), gn.Adam(0.005), epochs=6, batch_size=2)


@fault("small-normalised-batches")
def batches_of_two_normalised_first() -> Made:
    layers = [gn.BatchNorm(), gn.Dense(32, "relu"), gn.Dense(3)]
    return made(layers, "cross_entropy", classes(), gn.Adam(0.005), epochs=6, batch_size=2)


@fault("small-normalised-batches", is_note=True)
def batches_of_two_in_a_block() -> Made:
    block = gn.Residual([gn.Dense(32), gn.BatchNorm(), gn.ReLU()])
    layers = [gn.Dense(32, "relu"), block, gn.Dense(3)]
    return made(layers, "cross_entropy", classes(), gn.Adam(0.005), epochs=6, batch_size=2)


# ---- noise that drowns the signal -----------------------------------------------------------------------------------


@fault("dropout-too-strong")
def nine_of_ten_inputs_dropped() -> Made:
    layers = [gn.Dropout(0.9), gn.Dense(64, "relu"), gn.Dense(4)]
    return made(layers, "cross_entropy", clusters(), gn.Adam(0.005), epochs=30)


@fault("dropout-too-strong")
def nine_of_ten_inputs_dropped_validated() -> Made:
    layers = [gn.Dropout(0.9), gn.Dense(64, "relu"), gn.Dense(4)]
    return made(layers, "cross_entropy", clusters(800), gn.Adam(0.005), epochs=30, n_valid=200)


@fault("dropout-too-strong")
def inputs_of_a_curve_dropped() -> Made:
    layers = [gn.Dropout(0.7), gn.Dense(32, "relu"), gn.Dense(1)]
    return made(layers, "squared_error", curve(), epochs=40)


@fault("dropout-too-strong")
def hidden_units_dropped() -> Made:
    layers = [gn.Dense(32, "relu"), gn.Dropout(0.95), gn.Dense(1)]
    return made(layers, "squared_error", curve(), epochs=40)


@fault("dropout-too-strong")
def dropped_twice() -> Made:
    layers = [gn.Dense(32, "relu"), gn.Dropout(0.9), gn.Dense(32, "relu"), gn.Dropout(0.9), gn.Dense(3)]
    return made(layers, "cross_entropy", classes(), gn.AdamW(0.01), epochs=30, n_valid=150)


@fault("dropout-too-strong")
def dropped_in_a_sequence() -> Made:
    inner = gn.Sequential([gn.Dropout(0.9), gn.Dense(32, "tanh")])
    return made([inner, gn.Dense(1)], "binary_cross_entropy", classes(k=2), epochs=30)


@fault("dropout-too-strong")
def noise_on_the_inputs() -> Made:
    layers = [gn.GaussianNoise(8.0), gn.Dense(32, "relu"), gn.Dense(3)]
    return made(layers, "cross_entropy", classes(), epochs=30)


# ---- hidden activations that squeeze --------------------------------------------------------------------------------


@fault("hidden-activation")
def two_softmax_layers() -> Made:
    layers = [gn.Dense(64, "softmax"), gn.Dense(64, "softmax"), gn.Dense(3)]
    return made(layers, "cross_entropy", classes(), gn.SGD(0.05), epochs=40)


@fault("hidden-activation")
def one_softmax_layer() -> Made:
    return made([gn.Dense(64, "softmax"), gn.Dense(3)], "cross_entropy", classes(), gn.SGD(0.1), epochs=30)


@fault("hidden-activation", is_note=True)
def softmax_before_a_number() -> Made:
    return made([gn.Dense(32, "softmax"), gn.Dense(1)], "squared_error", curve(), gn.SGD(0.02), epochs=20)


@fault("hidden-activation")
def a_softmax_layer_between() -> Made:
    layers = [gn.Dense(32), gn.Softmax(), gn.Dense(32, "relu"), gn.Dense(3)]
    return made(layers, "cross_entropy", classes(800), gn.SGD(0.1), epochs=30, n_valid=200)


@fault("hidden-activation")
def three_softmax_layers() -> Made:
    layers = [gn.Dense(32, "softmax"), gn.Dense(32, "softmax"), gn.Dense(32, "softmax"), gn.Dense(4)]
    return made(layers, "cross_entropy", clusters(), gn.Adam(0.003), epochs=20)


@fault("hidden-activation", "vanishing-gradient")
def four_sigmoid_layers() -> Made:
    layers = [*(gn.Dense(32, "sigmoid") for _ in range(4)), gn.Dense(3)]
    return made(layers, "cross_entropy", classes(), gn.SGD(0.1), epochs=30)


@fault("hidden-activation", "vanishing-gradient")
def three_sigmoid_layers() -> Made:
    layers = [*(gn.Dense(32, "sigmoid") for _ in range(3)), gn.Dense(3)]
    return made(layers, "cross_entropy", classes(600), gn.SGD(0.1), epochs=30, n_valid=150)


@fault("hidden-activation", "vanishing-gradient")
def four_sigmoid_layers_for_clusters() -> Made:
    layers = [*(gn.Dense(32, "sigmoid") for _ in range(4)), gn.Dense(4)]
    return made(layers, "cross_entropy", clusters(800, 4, 20, 1.0), gn.SGD(0.1), epochs=30, n_valid=200)


# ---- losses that do not fit -----------------------------------------------------------------------------------------


@fault("loss-does-not-fit", is_note=True)
def squared_error_on_0_and_1() -> Made:
    X, y = clusters(k=2, noise=3.0)
    return made([gn.Dense(32, "relu"), gn.Dense(1, "sigmoid")], "squared_error", (X, y), gn.SGD(0.003), epochs=12)


@fault("loss-does-not-fit", "output-cannot-reach", is_note=True)
def squared_error_and_tanh_on_0_and_1() -> Made:
    X, y = clusters(k=2, noise=4.0)
    return made([gn.Dense(32, "relu"), gn.Dense(1, "tanh")], "squared_error", (X, y), gn.SGD(0.01), epochs=20)


@fault("loss-does-not-fit", is_note=True)
def numbers_of_classes_as_numbers() -> Made:
    rng = np.random.default_rng(0)
    X, y = clusters(800, 6, 8, noise=0.6)
    return made(
        [gn.Dense(32, "relu"), gn.Dense(1)], "squared_error", (X, rng.permutation(6)[y]), gn.SGD(0.005), epochs=12
    )


@fault("loss-does-not-fit", is_note=True)
def one_hot_classes_as_numbers() -> Made:
    X, y = clusters(600, 3, noise=2.0)
    return made([gn.Dense(32, "relu"), gn.Dense(3)], "squared_error", (X, np.eye(3)[y]), gn.SGD(0.02), epochs=30)


# ---- linear layers in a row -----------------------------------------------------------------------------------------


@fault("linear-layers-in-a-row")
def no_activation_at_all() -> Made:
    return made([gn.Dense(32), gn.Dense(32), gn.Dense(3)], "cross_entropy", classes(), epochs=20)


@fault("linear-layers-in-a-row")
def linear_layers_around_dropout() -> Made:
    layers = [gn.Dense(32), gn.Dropout(0.2), gn.Dense(1)]
    return made(layers, "squared_error", curve(), epochs=20, n_valid=100)


@fault("linear-layers-in-a-row")
def linear_layers_around_batch_norm() -> Made:
    layers = [gn.Dense(32), gn.BatchNorm(), gn.Dense(3)]
    return made(layers, "cross_entropy", classes(), gn.SGD(0.1), epochs=20)


@fault("linear-layers-in-a-row")
def linear_layers_in_a_sequence() -> Made:
    layers = [gn.Sequential([gn.Dense(32), gn.Dense(16)]), gn.Dense(1)]
    return made(layers, "squared_error", curve(), epochs=20)


# ---- results --------------------------------------------------------------------------------------------------------


@fault("worse-than-linear", "unscaled-target")
def celsius_to_fahrenheit() -> Made:
    celsius = np.arange(-40, 41.0)
    layers = [gn.Dense(8, "tanh"), gn.Dense(1)]
    return made(layers, "squared_error", (celsius[:, None], celsius * 1.8 + 32), gn.Adam(0.02), epochs=100)


@fault("worse-than-linear", "still-falling", is_note=True)
def a_line_through_sigmoids() -> Made:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400, 8))
    y = X @ rng.standard_normal(8) / 3
    return made([gn.Dense(8, "sigmoid"), gn.Dense(1)], "squared_error", (X, y), gn.SGD(0.004), epochs=30)


@fault("worse-than-linear", "too-few-units")
def one_tanh_unit_for_three_lines() -> Made:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((500, 6))
    Y = X @ rng.standard_normal((6, 3)) / 2
    return made([gn.Dense(1, "tanh"), gn.Dense(3)], "squared_error", (X, Y), epochs=40, n_valid=100)


@fault("worse-than-linear", "overfit")
def a_wide_network_for_a_linear_rule() -> Made:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 60))
    y = X @ rng.standard_normal(60) / 8 + 0.3 * rng.standard_normal(300)
    layers = [gn.Dense(128, "relu"), gn.Dense(128, "relu"), gn.Dense(1)]
    return made(layers, "squared_error", (X, y), epochs=40, n_valid=100)


@fault("worse-than-linear", "few-updates", "hidden-activation", "vanishing-gradient", "rate-too-low")
def linear_classes_through_narrow_sigmoids() -> Made:
    X, y = clusters(600, 6, noise=0.5)
    layers = [gn.Dense(3, "sigmoid"), gn.Dense(6)]
    return made(layers, "cross_entropy", (X, y), gn.SGD(0.02), epochs=20, n_valid=150)


@fault("validation-at-chance", "validation-differs")
def answers_of_other_validation_rows() -> Made:
    X, y = classes(800)
    X_valid, y_valid = X[600:], np.random.default_rng(0).permutation(y[600:])
    network, *_ = made([gn.Dense(32, "relu"), gn.Dense(3)], "cross_entropy", (X, y))
    return network, X[:600], y[:600], {"epochs": 30, "validation_data": (X_valid, y_valid)}


@fault("validation-at-chance", "validation-differs")
def numbers_of_other_validation_rows() -> Made:
    X, y = curve(800)
    network, *_ = made([gn.Dense(32, "relu"), gn.Dense(1)], "squared_error", (X, y))
    return network, X[:600], y[:600], {"epochs": 30, "validation_data": (X[600:], y[600:][::-1].copy())}


@fault("validation-at-chance")
def classes_drawn_by_lot() -> Made:
    X, y = classes(600)
    y = np.random.default_rng(1).permutation(y)
    layers = [gn.Dense(128, "relu"), gn.Dense(128, "relu"), gn.Dense(3)]
    return made(layers, "cross_entropy", (X, y), epochs=60, n_valid=150)


@fault("validation-at-chance")
def numbers_drawn_by_lot() -> Made:
    X, y = curve(500)
    y = np.random.default_rng(1).permutation(y)
    layers = [gn.Dense(128, "relu"), gn.Dense(64, "relu"), gn.Dense(1)]
    return made(layers, "squared_error", (X, y), epochs=60, n_valid=120)


@fault("class-too-rare", "some-classes-only", is_note=True)
def a_class_of_one_in_a_hundred() -> Made:
    rng = np.random.default_rng(0)
    y = (np.arange(1500) % 100 == 0).astype(int)
    X = rng.standard_normal((1500, 6)) + 0.8 * y[:, None]
    return made([gn.Dense(16, "relu"), gn.Dense(2)], "cross_entropy", (X, y), gn.Adam(0.002), epochs=10)


@fault("class-too-rare", "some-classes-only", is_note=True)
def a_rare_class_in_one_unit() -> Made:
    rng = np.random.default_rng(0)
    y = (np.arange(2000) % 70 == 0).astype(int)
    X = rng.standard_normal((2000, 6)) + 0.6 * y[:, None]
    return made(
        [gn.Dense(16, "relu"), gn.Dense(1)], "binary_cross_entropy", (X, y), gn.Adam(0.002), epochs=10, n_valid=800
    )


@fault("some-classes-only")
def a_class_of_one_in_twenty() -> Made:
    rng = np.random.default_rng(0)
    y = (np.arange(1200) % 20 == 0).astype(int)
    X = rng.standard_normal((1200, 6)) + 0.45 * y[:, None]
    return made([gn.Dense(16, "relu"), gn.Dense(2)], "cross_entropy", (X, y), gn.SGD(0.02), epochs=15)


@fault("too-few-units")
def two_units_for_twenty_classes() -> Made:
    X, y = clusters(1500, 20, 8, noise=0.25)
    return made([gn.Dense(2, "relu"), gn.Dense(20)], "cross_entropy", (X, y), gn.Adam(0.005), epochs=15)


@fault("past-best-epoch", "overfit", is_note=True)
def long_past_the_best_epoch() -> Made:
    rng = np.random.default_rng(0)
    X, y = clusters(400, 3, noise=3.0)
    y = np.where(rng.random(400) < 0.2, rng.integers(0, 3, 400), y)
    return made([gn.Dense(32, "relu"), gn.Dense(3)], "cross_entropy", (X, y), epochs=40, n_valid=150)


@fault("past-best-epoch", "overfit", is_note=True)
def a_patience_of_a_hundred() -> Made:
    X, y = clusters(400, 3, noise=3.0)
    stopping = gn.EarlyStopping(patience=100)
    layers = [gn.Dense(32, "relu"), gn.Dense(3)]
    return made(layers, "cross_entropy", (X, y), epochs=60, n_valid=150, early_stopping=stopping)


@fault("past-best-epoch", is_note=True)
def a_little_past_the_best_epoch() -> Made:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400, 6))
    y = X @ rng.standard_normal(6) / 2.4 + 0.8 * rng.standard_normal(400)
    return made([gn.Dense(8, "relu"), gn.Dense(1)], "squared_error", (X, y), epochs=60, n_valid=150)
