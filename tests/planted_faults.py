"""Trainings with one planted fault each, healthy ones, and loops of short fits: for the shares that are promised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import glassnet as gn

__all__ = ["FAULTS", "HEALTHY", "LOOPS", "Fault"]

Training = tuple[gn.Network, Any, Any, dict[str, Any]]


class Fault(NamedTuple):
    """A training with a planted fault: what its first finding may be called, and how it is made for a seed."""

    codes: frozenset[str]
    make: Callable[[int], Training]


FAULTS: dict[str, Fault] = {}
HEALTHY: dict[str, Callable[[int], Training]] = {}
LOOPS: dict[str, Callable[[int], Any]] = {}


def fault(*codes: str) -> Callable[[Callable[[int], Training]], Callable[[int], Training]]:
    """Register a training with a fault."""

    def register(make: Callable[[int], Training]) -> Callable[[int], Training]:
        FAULTS[make.__name__] = Fault(frozenset(codes), make)
        return make

    return register


def healthy(make: Callable[[int], Training]) -> Callable[[int], Training]:
    """Register a training that goes well."""
    HEALTHY[make.__name__] = make
    return make


def loop(make: Callable[[int], Any]) -> Callable[[int], Any]:
    """Register a loop of short fits."""
    LOOPS[make.__name__] = make
    return make


# ---- tables --------------------------------------------------------------------------------------------------------


def friedman(seed: int, n: int = 700, noise: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Return a smooth function of five of eight uniform columns, standardised."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(size=(n, 8))
    y = 10 * np.sin(np.pi * X[:, 0] * X[:, 1]) + 20 * (X[:, 2] - 0.5) ** 2 + 10 * X[:, 3] + 5 * X[:, 4]
    y = y + noise * rng.standard_normal(n)
    return (X - 0.5) * 3.46, (y - y.mean()) / y.std()


def rings(seed: int, n: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """Return an inner and an outer ring, with three columns that tell nothing."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    angle, radius = rng.uniform(0, 6.283, n), 0.6 + 0.9 * y + 0.15 * rng.standard_normal(n)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle), rng.standard_normal((n, 3))]), y


def clouds(seed: int, n: int = 800, k: int = 5, d: int = 12, far: float = 1.6) -> tuple[np.ndarray, np.ndarray]:
    """Return k overlapping clouds in d columns."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(99).standard_normal((k, d)) * far
    y = rng.integers(0, k, n)
    return (centres[y] + rng.standard_normal((n, d))) / 2.0, y


def counts(seed: int, n: int = 700) -> tuple[np.ndarray, np.ndarray]:
    """Return counts whose rate depends on three of six columns."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, 6))
    return X, rng.poisson(np.exp(0.5 + 0.6 * X[:, 0] - 0.4 * X[:, 1] + 0.3 * X[:, 2])).astype(float)


def net(k: int, loss: Any, rate: float = 0.005, hidden: Any = (32,), act: Any = "relu", **more: Any) -> gn.Network:
    """Return a plain network."""
    optimizer = more.pop("optimizer", None) or gn.Adam(rate)
    made = more.pop("layers", None)
    layers = made() if callable(made) else made or [*(gn.Dense(units, act) for units in hidden), gn.Dense(k)]
    return gn.Network(layers, loss=loss, optimizer=optimizer, seed=more.pop("seed", 0), **more)


CE, SE, BCE = "cross_entropy", "squared_error", "binary_cross_entropy"

# ---- faults of the data --------------------------------------------------------------------------------------------


@fault("outlier-in-target")
def price_with_three_zeros_too_many(seed: int) -> Training:
    X, y = friedman(seed)
    y = y.copy()
    y[31] = 5e6
    return net(1, SE, seed=seed), X, y, {"epochs": 30}


@fault("outlier-in-target")
def two_targets_of_minus_1e5(seed: int) -> Training:
    X, y = friedman(seed)
    y = y.copy()
    y[[5, 300]] = -1e5, -2e5
    return net(1, SE, seed=seed), X, y, {"epochs": 30, "validation_split": 0.2}


@fault("outlier-in-target", "skewed-target")
def standardised_after_an_outlier(seed: int) -> Training:
    X, y = friedman(seed)
    y = y.copy()
    y[77] = 3e4
    return net(1, SE, seed=seed), X, (y - y.mean()) / y.std(), {"epochs": 40}


@fault("outlier-in-inputs")
def one_age_of_1e6(seed: int) -> Training:
    X, y = clouds(seed)
    X = X.copy()
    X[12, 3] = 1e6
    return net(5, CE, seed=seed), (X - X.mean(0)) / X.std(0), y, {"epochs": 30}


@fault("outlier-in-inputs", "unscaled-inputs", "diverged")
def one_cell_of_1e8_unscaled(seed: int) -> Training:
    X, y = friedman(seed)
    X = X.copy()
    X[444, 0] = 1e8
    return net(1, SE, seed=seed), X, y, {"epochs": 20}


@fault("code-for-missing")
def missing_is_minus_999(seed: int) -> Training:
    X, y = friedman(seed)
    X = X.copy()
    X[np.random.default_rng(seed).random(len(X)) < 0.08, 3] = -999.0
    return net(1, SE, seed=seed), X, y, {"epochs": 30}


@fault("code-for-missing")
def missing_is_9999_then_scaled(seed: int) -> Training:
    X, y = friedman(seed)
    X = X.copy()
    for column in (0, 2, 3):
        X[np.random.default_rng(seed + column).random(len(X)) < 0.12, column] = 9999.0
    return net(1, SE, seed=seed), (X - X.mean(0)) / X.std(0), y, {"epochs": 40}


@fault("code-for-missing", "outlier-in-target", "unscaled-target")
def target_with_code_minus_9999(seed: int) -> Training:
    X, y = friedman(seed)
    y = y.copy()
    y[np.random.default_rng(seed).random(len(y)) < 0.05] = -9999.0
    return net(1, SE, seed=seed), X, y, {"epochs": 30}


@fault("skewed-target")
def incomes(seed: int) -> Training:
    X, y = friedman(seed)
    return net(1, SE, 0.01, seed=seed), X, np.exp(2.5 * y + 3), {"epochs": 40}


@fault("skewed-target")
def incomes_standardised(seed: int) -> Training:
    X, y = friedman(seed)
    z = np.exp(3.0 * y)
    return net(1, SE, 0.01, seed=seed), X, (z - z.min()) / z.std(), {"epochs": 40}


@fault("unscaled-target", "diverged")
def prices_of_houses(seed: int) -> Training:
    X, y = friedman(seed)
    return net(1, SE, 0.001, seed=seed), X, 310_000 + 60_000 * y, {"epochs": 40}


@fault("unscaled-inputs", "unscaled-target", "diverged")
def nothing_scaled(seed: int) -> Training:
    X, y = friedman(seed)
    sizes = np.array([1, 10, 100, 1000, 2, 30, 5000, 1])
    return net(1, SE, optimizer=gn.SGD(1e-3), seed=seed), X * sizes + 3 * sizes, 4000 + 900 * y, {"epochs": 30}


@fault("unscaled-inputs", "diverged")
def year_and_salary_unscaled_sgd(seed: int) -> Training:
    X, y = rings(seed)
    X = np.column_stack([X, 2000 + 10 * X[:, 2], 40_000 + 9_000 * X[:, 3]])
    return net(2, CE, optimizer=gn.SGD(0.1), act="tanh", seed=seed), X, y, {"epochs": 40}


@fault("leaking-column")
def outcome_code_in_the_table(seed: int) -> Training:
    X, y = rings(seed)
    noisy = np.where(np.random.default_rng(seed).random(len(y)) < 0.01, 1 - y, y)
    return net(2, CE, seed=seed), np.column_stack([X, noisy * 3.0 - 1.0]), y, {"epochs": 30}


@fault("leaking-column")
def target_in_another_unit(seed: int) -> Training:
    X, y = friedman(seed)
    other = np.exp(0.5 * y) + 0.003 * np.random.default_rng(seed).standard_normal(len(y))
    return net(1, SE, seed=seed), np.column_stack([X, other]), y, {"epochs": 30}


@fault("leaking-column")
def two_parts_that_add_up(seed: int) -> Training:
    X, y = friedman(seed)
    part = np.random.default_rng(seed).standard_normal(len(y))
    return net(1, SE, seed=seed), np.column_stack([X, part, y - part]), y, {"epochs": 30}


@fault("leaking-column")
def class_as_dummies(seed: int) -> Training:
    X, y = clouds(seed, k=4)
    return net(4, CE, seed=seed), np.column_stack([X, np.eye(4)[y]]), y, {"epochs": 20}


@fault("shared-rows")
def oversampled_before_the_split(seed: int) -> Training:
    X, y = rings(seed)
    rows = np.random.default_rng(seed).permutation(np.r_[:600, np.flatnonzero(y == 1), np.flatnonzero(y == 1)])
    X, y = X[rows], y[rows]
    return net(2, CE, seed=seed), X[300:], y[300:], {"epochs": 20, "validation_data": (X[:300], y[:300])}


@fault("shared-rows")
def bootstrap_before_the_split(seed: int) -> Training:
    X, y = friedman(seed)
    rows = np.random.default_rng(seed).integers(0, len(X), 900)
    return net(1, SE, seed=seed), X[rows], y[rows], {"epochs": 20, "validation_split": 0.25}


@fault("unscaled-prediction", "outside-training-range", "validation-differs")
def validation_in_other_units(seed: int) -> Training:
    X, y = clouds(seed)
    other = X[600:] * np.linspace(5, 40, 12) + 100
    return net(5, CE, seed=seed), X[:600], y[:600], {"epochs": 40, "validation_data": (other, y[600:])}


@fault("validation-differs")
def validation_target_not_scaled(seed: int) -> Training:
    X, y = friedman(seed)
    data = X[500:], y[500:] * 14.0 + 60.0
    return net(1, SE, seed=seed), X[:500], y[:500], {"epochs": 40, "validation_data": data}


@fault("validation-differs")
def last_part_of_a_sorted_table(seed: int) -> Training:
    X, y = clouds(seed, k=4)
    order = np.argsort(y, kind="stable")
    X, y = X[order], y[order]
    return net(4, CE, seed=seed), X[:600], y[:600], {"epochs": 40, "validation_data": (X[600:], y[600:])}


@fault("column-order", "validation-differs", "outside-training-range", "unscaled-prediction")
def validation_columns_swapped(seed: int) -> Training:
    X, y = friedman(seed)
    X = X + np.arange(8) * 4.0
    data = X[500:][:, ::-1], y[500:]
    return net(1, SE, 0.01, seed=seed), X[:500], y[:500], {"epochs": 30, "validation_data": data}


@fault("sorted-rows")
def sorted_by_class(seed: int) -> Training:
    X, y = clouds(seed, far=0.9)
    order = np.argsort(y, kind="stable")
    return net(5, CE, 0.02, hidden=(64, 64), seed=seed), X[order], y[order], {"epochs": 12, "shuffle": False}


@fault("sorted-rows")
def sorted_by_the_number(seed: int) -> Training:
    X, y = friedman(seed)
    order = np.argsort(y)
    return net(1, SE, 0.05, hidden=(64, 64), seed=seed), X[order], y[order], {"epochs": 12, "shuffle": False}


@fault("weights-on-one-class")
def weights_of_one_class(seed: int) -> Training:
    X, y = rings(seed)
    return net(2, CE, seed=seed), X, y, {"epochs": 20, "sample_weight": (y == 1).astype(float)}


@fault("single-class")
def a_filter_left_one_class(seed: int) -> Training:
    X, y = rings(seed)
    return net(2, CE, seed=seed), X[y == 0], y[y == 0], {"epochs": 20}


# ---- faults of the design ------------------------------------------------------------------------------------------


@fault("output-cannot-reach")
def sigmoid_output_for_standardised_numbers(seed: int) -> Training:
    X, y = friedman(seed)
    return net(1, SE, layers=[gn.Dense(32, "relu"), gn.Dense(1, "sigmoid")], seed=seed), X, y, {"epochs": 60}


@fault("output-cannot-reach")
def tanh_output_for_standardised_numbers(seed: int) -> Training:
    X, y = friedman(seed)
    return net(1, SE, layers=[gn.Dense(32, "relu"), gn.Dense(1, "tanh")], seed=seed), X, y, {"epochs": 60}


@fault("output-cannot-reach")
def tanh_on_five_logits(seed: int) -> Training:
    X, y = clouds(seed)
    return net(5, CE, layers=[gn.Dense(32, "relu"), gn.Dense(5, "tanh")], seed=seed), X, y, {"epochs": 30}


@fault("output-cannot-reach")
def tanh_on_the_logit(seed: int) -> Training:
    X, y = rings(seed)
    return net(1, BCE, 0.01, layers=[gn.Dense(32, "relu"), gn.Dense(1, "tanh")], seed=seed), X, y, {"epochs": 60}


@fault("hidden-activation")
def softmax_between(seed: int) -> Training:
    X, y = clouds(seed)
    layers = [gn.Dense(32, "softmax"), gn.Dense(32, "softmax"), gn.Dense(5)]
    return net(5, CE, optimizer=gn.SGD(0.1, momentum=0.9), layers=layers, seed=seed), X, y, {"epochs": 20}


@fault("small-normalised-batches")
def batches_of_two_with_norm(seed: int) -> Training:
    X, y = friedman(seed, 400)
    layers = [gn.Dense(32), gn.BatchNorm(), gn.ReLU(), gn.Dense(32), gn.BatchNorm(), gn.ReLU(), gn.Dense(1)]
    return net(1, SE, layers=layers, seed=seed), X, y, {"epochs": 8, "batch_size": 2}


@fault("dropout-too-strong")
def dropout_of_inputs(seed: int) -> Training:
    X, y = rings(seed)
    layers = [gn.Dropout(0.8), gn.Dense(64, "relu"), gn.Dense(2)]
    return net(2, CE, layers=layers, seed=seed), X, y, {"epochs": 40}


@fault("dropout-too-strong")
def dropout_of_nearly_all(seed: int) -> Training:
    X, y = clouds(seed)
    layers = [gn.Dense(32, "relu"), gn.Dropout(0.96), gn.Dense(32, "relu"), gn.Dropout(0.96), gn.Dense(5)]
    return net(5, CE, layers=layers, seed=seed), X, y, {"epochs": 20}


@fault("linear-layers-in-a-row")
def no_activation_at_all(seed: int) -> Training:
    X, y = rings(seed)
    return net(2, CE, layers=[gn.Dense(32), gn.Dense(32), gn.Dense(2)], seed=seed), X, y, {"epochs": 40}


@fault("too-few-units")
def one_unit_for_seven_classes(seed: int) -> Training:
    X, y = clouds(seed, k=7, far=2.5)
    return net(7, CE, 0.01, hidden=(1,), seed=seed), X, y, {"epochs": 40}


@fault("nothing-trainable")
def all_frozen(seed: int) -> Training:
    X, y = clouds(seed)
    network = net(5, CE, seed=seed).build((12,))
    for layer in network.layers:
        layer.trainable = False
    return network, X, y, {"epochs": 20}


@fault("frozen-layers")
def hidden_frozen_and_narrow(seed: int) -> Training:
    X, y = rings(seed)
    network = net(2, CE, hidden=(4, 4), seed=seed).build((5,))
    network.layers[0].trainable = network.layers[1].trainable = False
    return network, X, y, {"epochs": 60}


@fault("loss-does-not-fit", "output-cannot-reach")
def squares_on_yes_and_no(seed: int) -> Training:
    X, y = rings(seed)
    layers = [gn.Dense(16, "sigmoid"), gn.Dense(1, "sigmoid")]
    return net(1, SE, optimizer=gn.SGD(0.05), layers=layers, seed=seed), X, y.astype(float), {"epochs": 60}


# ---- faults of the start -------------------------------------------------------------------------------------------


def with_weights(network: gn.Network, d: int, change: Callable[[str, np.ndarray], np.ndarray]) -> gn.Network:
    """Return the network with its arrays changed by name."""
    network.build((d,))
    network.load_state_dict({name: change(name, array) for name, array in network.state_dict().items()})
    return network


@fault("symmetric-weights")
def all_weights_equal(seed: int) -> Training:
    X, y = rings(seed)
    network = with_weights(net(2, CE, seed=seed), 5, lambda n, a: np.full_like(a, 0.1))
    return network, X, y, {"epochs": 40}


@fault("start-too-large", "saturated-units", "exploding-gradient")
def weights_times_fifty(seed: int) -> Training:
    X, y = clouds(seed)
    network = net(5, CE, optimizer=gn.SGD(0.01), hidden=(32, 32), act="tanh", seed=seed)
    return with_weights(network, 12, lambda n, a: a * 50), X, y, {"epochs": 20}


@fault("dead-units", "dead-signal")
def biases_of_minus_forty(seed: int) -> Training:
    X, y = friedman(seed)
    network = with_weights(net(1, SE, seed=seed), 8, lambda n, a: a - 40 if n == "dense_1.bias" else a)
    return network, X, y, {"epochs": 20}


@fault("vanishing-gradient", "dead-signal", "hidden-activation")
def ten_sigmoid_layers(seed: int) -> Training:
    X, y = clouds(seed)
    return net(5, CE, hidden=(24,) * 10, act="sigmoid", seed=seed), X, y, {"epochs": 20}


# ---- faults of training --------------------------------------------------------------------------------------------


@fault("rate-too-low")
def adam_1e_7(seed: int) -> Training:
    X, y = clouds(seed)
    return net(5, CE, 1e-7, seed=seed), X, y, {"epochs": 40}


@fault("rate-too-low")
def sgd_1e_5_for_numbers(seed: int) -> Training:
    X, y = friedman(seed)
    return net(1, SE, optimizer=gn.SGD(1e-5), seed=seed), X, y, {"epochs": 40}


@fault("rate-too-high")
def adam_of_one(seed: int) -> Training:
    X, y = clouds(seed)
    return net(5, CE, 2.0, hidden=(32, 32), seed=seed), X, y, {"epochs": 20}


@fault("rate-too-high", "diverged")
def sgd_of_five_for_numbers(seed: int) -> Training:
    X, y = friedman(seed)
    return net(1, SE, optimizer=gn.SGD(2.0), seed=seed), X, y, {"epochs": 20}


@fault("rate-too-high")
def momentum_too_fast(seed: int) -> Training:
    X, y = clouds(seed)
    return net(5, CE, optimizer=gn.SGD(3.0, momentum=0.95), hidden=(32, 32), seed=seed), X, y, {"epochs": 20}


@fault("schedule-ended")
def cosine_over_at_once(seed: int) -> Training:
    X, y = clouds(seed)
    return net(5, CE, optimizer=gn.Adam(gn.CosineDecay(3e-4, epochs=1)), seed=seed), X, y, {"epochs": 40}


@fault("schedule-not-begun")
def warm_up_of_a_thousand_epochs(seed: int) -> Training:
    X, y = friedman(seed)
    schedule = gn.Warmup(gn.Constant(1e-3), epochs=3000)
    return net(1, SE, optimizer=gn.Adam(schedule), seed=seed), X, y, {"epochs": 20}


@fault("penalty-dominates")
def l2_of_ten(seed: int) -> Training:
    X, y = rings(seed)
    return net(2, CE, l2=10.0, seed=seed), X, y, {"epochs": 30}


@fault("penalty-dominates")
def weight_decay_of_fifty(seed: int) -> Training:
    X, y = friedman(seed)
    return net(1, SE, optimizer=gn.AdamW(0.005, weight_decay=100.0), seed=seed), X, y, {"epochs": 30}


@fault("clipping-is-the-rate", "rate-too-low")
def clipped_to_1e_4(seed: int) -> Training:
    X, y = clouds(seed)
    return net(5, CE, optimizer=gn.SGD(0.05, clip_norm=1e-4), seed=seed), X, y, {"epochs": 20}


@fault("few-updates", "still-falling")
def three_updates(seed: int) -> Training:
    X, y = clouds(seed)
    return net(5, CE, 0.001, seed=seed), X, y, {"epochs": 3, "batch_size": 800}


# ---- results -------------------------------------------------------------------------------------------------------


@fault("validation-at-chance", "overfit")
def answers_by_lot(seed: int) -> Training:
    X, y = clouds(seed, 300)
    y = np.random.default_rng(seed).permutation(y)
    return net(5, CE, 0.01, hidden=(128,), seed=seed), X, y, {"epochs": 80, "validation_split": 0.3}


@fault("overfit")
def learned_by_heart(seed: int) -> Training:
    X, y = clouds(seed, 150, far=0.5)
    data = clouds(seed + 50, 300, far=0.5)
    return net(5, CE, 0.01, hidden=(128,), seed=seed), X, y, {"epochs": 150, "validation_data": data}


@fault("worse-than-linear", "unscaled-target")
def a_line_through_one_column(seed: int) -> Training:
    x = np.random.default_rng(seed).uniform(-30, 45, 200)
    network = net(1, SE, 0.02, layers=[gn.Dense(6, "tanh"), gn.Dense(1)], seed=seed)
    return network, x[:, None], 1.8 * x + 32, {"epochs": 80}


# ---- healthy -------------------------------------------------------------------------------------------------------


def _healthy_numbers(**change: Any) -> Callable[[int], Training]:
    def make(seed: int) -> Training:
        options = {"epochs": 40, **change}
        X, y = friedman(seed, options.pop("n", 700), options.pop("noise", 0.5))
        transform = options.pop("transform", None)
        if transform is not None:
            X, y = transform(X, y, np.random.default_rng(seed))
        n_valid = options.pop("n_valid", 0)
        if n_valid:
            options["validation_data"] = X[:n_valid], y[:n_valid]
            X, y = X[n_valid:], y[n_valid:]
        return net(1, options.pop("loss", SE), seed=seed, **options.pop("net", {})), X, y, options

    return make


def _healthy_classes(**change: Any) -> Callable[[int], Training]:
    def make(seed: int) -> Training:
        options = {"epochs": 25, **change}
        k = options.pop("k", 5)
        X, y = options.pop("table", lambda s: clouds(s, k=k))(seed)
        transform = options.pop("transform", None)
        if transform is not None:
            X, y = transform(X, y, np.random.default_rng(seed))
        n_valid = options.pop("n_valid", 0)
        if n_valid:
            options["validation_data"] = X[:n_valid], y[:n_valid]
            X, y = X[n_valid:], y[n_valid:]
        return net(k, options.pop("loss", CE), seed=seed, **options.pop("net", {})), X, y, options

    return make


def _columns(make: Callable[[np.random.Generator, int], np.ndarray]) -> Callable[..., Any]:
    return lambda X, y, rng: (np.column_stack([X, make(rng, len(X))]), y)


_MORE: dict[str, Callable[[int], Training]] = {
    "numbers": _healthy_numbers(),
    "numbers_with_much_noise": _healthy_numbers(noise=6.0, early_stopping=gn.EarlyStopping(), n_valid=200),
    "numbers_split": _healthy_numbers(validation_split=0.2),
    "numbers_early_stopping": _healthy_numbers(
        validation_split=0.2, early_stopping=gn.EarlyStopping(patience=10), epochs=150
    ),
    "numbers_few_rows": _healthy_numbers(n=90, epochs=80, net={"rate": 0.01}),
    "numbers_huber": _healthy_numbers(loss="huber"),
    "numbers_absolute": _healthy_numbers(loss="absolute_error", net={"rate": 0.01}),
    "numbers_deep": _healthy_numbers(net={"hidden": (32, 32, 32)}),
    "numbers_tanh": _healthy_numbers(net={"act": "tanh", "rate": 0.01}),
    "numbers_momentum": _healthy_numbers(net={"optimizer": gn.SGD(0.02, momentum=0.9)}),
    "numbers_heavy_column": _healthy_numbers(transform=_columns(lambda r, n: r.standard_t(4, n))),
    "numbers_lognormal_column": _healthy_numbers(transform=_columns(lambda r, n: r.lognormal(0, 1, n))),
    "numbers_rare_flag": _healthy_numbers(transform=_columns(lambda r, n: (r.random(n) < 0.01).astype(float))),
    "numbers_counts_column": _healthy_numbers(transform=_columns(lambda r, n: r.poisson(0.3, n).astype(float))),
    "numbers_capped_column": _healthy_numbers(transform=_columns(lambda r, n: np.minimum(r.exponential(1, n), 2.0))),
    "numbers_rounded_column": _healthy_numbers(transform=_columns(lambda r, n: r.standard_normal(n).round(1))),
    "numbers_rank_of_another": _healthy_numbers(transform=lambda X, y, r: (np.column_stack([X, X[:, 3] ** 3]), y)),
    "numbers_strong_column": _healthy_numbers(
        transform=lambda X, y, r: (np.column_stack([X, y + 0.5 * r.standard_normal(len(y))]), y)
    ),
    "numbers_mild_outliers": _healthy_numbers(transform=lambda X, y, r: (X, y + (r.random(len(y)) < 0.01) * 4)),
    "numbers_skewed_a_little": _healthy_numbers(transform=lambda X, y, r: (X, np.exp(0.4 * y))),
    "numbers_weighted": _healthy_numbers(sample_weight=np.random.default_rng(0).random(700) + 0.1),
    "numbers_small_validation": _healthy_numbers(n_valid=25, early_stopping=gn.EarlyStopping(patience=8)),
    "numbers_zero_weight_outlier": _healthy_numbers(
        transform=lambda X, y, r: (X, np.where(np.arange(len(y)) == 3, 1e9, y)),
        sample_weight=(np.arange(700) != 3).astype(float),
    ),
    "numbers_cosine": _healthy_numbers(net={"optimizer": gn.Adam(gn.CosineDecay(0.01, epochs=40))}),
    "numbers_warm_up": _healthy_numbers(net={"optimizer": gn.Adam(gn.Warmup(gn.Constant(0.005), epochs=3))}),
    "numbers_full_batch": _healthy_numbers(batch_size=700, epochs=300, net={"rate": 0.01}),
    "classes": _healthy_classes(),
    "classes_split": _healthy_classes(validation_split=0.25),
    "classes_of_rings": _healthy_classes(table=rings, k=2, epochs=60, net={"rate": 0.01}),
    "classes_small_validation": _healthy_classes(n_valid=40, epochs=15),
    "classes_early_stopping": _healthy_classes(n_valid=200, epochs=100, early_stopping=gn.EarlyStopping(patience=5)),
    "classes_by_accuracy": _healthy_classes(
        n_valid=200, epochs=60, early_stopping=gn.EarlyStopping("valid_accuracy", patience=10)
    ),
    "classes_dropout": _healthy_classes(net={"layers": lambda: [gn.Dense(64, "relu"), gn.Dropout(0.4), gn.Dense(5)]}),
    "classes_input_dropout": _healthy_classes(
        net={"layers": lambda: [gn.Dropout(0.1), gn.Dense(64, "relu"), gn.Dense(5)]}
    ),
    "classes_norm": _healthy_classes(net={"layers": lambda: [gn.Dense(32), gn.BatchNorm(), gn.ReLU(), gn.Dense(5)]}),
    "classes_sigmoid": _healthy_classes(net={"act": "sigmoid", "rate": 0.02}, epochs=40),
    "classes_sgd": _healthy_classes(net={"optimizer": gn.SGD(0.2)}),
    "classes_lion": _healthy_classes(net={"optimizer": gn.Lion(5e-4)}),
    "classes_l2": _healthy_classes(net={"l2": 1e-4}),
    "classes_adamw": _healthy_classes(net={"optimizer": gn.AdamW(0.005, weight_decay=0.01)}),
    "classes_rare": _healthy_classes(
        table=rings,
        k=2,
        epochs=60,
        net={"rate": 0.01},
        transform=lambda X, y, r: (
            X[(y == 0) | (np.arange(len(y)) % 4 == 0)],
            y[(y == 0) | (np.arange(len(y)) % 4 == 0)],
        ),
    ),
    "classes_noisy": _healthy_classes(table=lambda s: clouds(s, 1200, far=0.6), epochs=10),
    "classes_integer_columns": _healthy_classes(transform=lambda X, y, r: (np.round(X * 2), y)),
    "classes_one_hot_columns": _healthy_classes(transform=_columns(lambda r, n: np.eye(6)[r.integers(0, 6, n)])),
    "classes_balanced": _healthy_classes(class_weight="balanced"),
    "classes_shuffle_off": _healthy_classes(shuffle=False),
    "classes_smoothed": _healthy_classes(loss=gn.SoftmaxCrossEntropy(label_smoothing=0.1)),
    "yes_no": _healthy_classes(table=rings, k=1, loss=BCE, epochs=60, net={"rate": 0.01}),
    "counts": lambda seed: (net(1, "poisson", 0.01, seed=seed), *counts(seed), {"epochs": 30}),
    "counts_as_numbers": lambda seed: (net(1, SE, 0.005, seed=seed), *counts(seed), {"epochs": 40}),
}
HEALTHY.update(_MORE)


def _xor(seed: int) -> Training:
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    layers = [gn.Dense(8, "tanh"), gn.Dense(1)]
    return net(1, BCE, 0.05, layers=layers, seed=seed), X, np.array([0, 1, 1, 0]), {"epochs": 300}


def _of_sklearn(name: str, **options: Any) -> Callable[[int], Training]:
    def make(seed: int) -> Training:
        import sklearn.datasets

        X, y = getattr(sklearn.datasets, f"load_{name}")(return_X_y=True)
        X = (X - X.mean(0)) / np.where(X.std(0) > 0, X.std(0), 1)
        if name == "diabetes":
            return net(1, SE, seed=seed), X, (y - y.mean()) / y.std(), {"epochs": 30, **options}
        return net(int(y.max()) + 1, CE, seed=seed), X, y, {"epochs": 30, **options}

    return make


HEALTHY["xor"] = _xor
for _name in ("iris", "wine", "breast_cancer", "digits", "diabetes"):
    HEALTHY[_name] = _of_sklearn(_name)
    HEALTHY[f"{_name}_split"] = _of_sklearn(_name, validation_split=0.2)


# ---- loops of short fits: each returns the network at the end ------------------------------------------------------


def _looped(make: Callable[[int], Training], calls: int, epochs: int = 1, **more: Any) -> Callable[[int], Any]:
    def run(seed: int) -> Any:
        network, X, y, options = make(seed)
        kept = {name: value for name, value in options.items() if name not in ("epochs", "early_stopping")}
        for _ in range(calls):
            network.fit(X, y, epochs=epochs, **kept, **more)
        return network

    return run


def _by_parts(make: Callable[[int], Training], rows: int, passes: int) -> Callable[[int], Any]:
    def run(seed: int) -> Any:
        network, X, y, _ = make(seed)
        for _ in range(passes):
            for first in range(0, len(X) - rows + 1, rows):
                network.fit(X[first : first + rows], y[first : first + rows], epochs=1)
        return network

    return run


for _name in (
    "numbers",
    "numbers_split",
    "numbers_huber",
    "numbers_deep",
    "numbers_few_rows",
    "numbers_counts_column",
    "classes",
    "classes_split",
    "classes_dropout",
    "classes_norm",
    "classes_sigmoid",
    "classes_sgd",
    "classes_balanced",
    "classes_small_validation",
    "yes_no",
    "counts",
    "xor",
    "iris",
    "wine",
    "breast_cancer",
    "digits",
    "diabetes",
):
    LOOPS[f"{_name}, one epoch a call"] = _looped(HEALTHY[_name], 40)
for _name in ("numbers", "classes", "classes_split"):
    LOOPS[f"{_name}, five epochs a call"] = _looped(HEALTHY[_name], 8, 5)
for _name in ("numbers", "classes", "digits"):
    LOOPS[f"{_name}, part by part"] = _by_parts(HEALTHY[_name], 100, 4)
