"""Trainings with known causes of failure, and trainings that go as well as they can, of many kinds each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import glassnet as gn
from runs_that_fail import classes, numbers, started

__all__ = ["AFTERWARDS", "FAILING", "FINE", "Made"]

Made = tuple[gn.Network, Any, Any, dict[str, Any]]
"""Network, X, y and the options of ``fit``."""

FAILING: dict[str, tuple[set[str], Callable[[int], Made]]] = {}
FINE: dict[str, Callable[[int], Made]] = {}
AFTERWARDS: dict[str, tuple[set[str], Callable[[int], Made]]] = {}
"""Trained with ``diagnose=False``, looked at later: the start is not known."""


def xor(seed: int, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Return four clouds of points, two of each class, crosswise."""
    rng = np.random.default_rng(seed)
    X = rng.choice([-1.0, 1.0], (n, 2)) + 0.2 * rng.standard_normal((n, 2))
    return X, (X[:, 0] * X[:, 1] > 0).astype(int)


def many_classes(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return twenty clouds in eight columns."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 20, 1000)
    return 2.0 * np.random.default_rng(7).standard_normal((20, 8))[y] + 0.5 * rng.standard_normal((1000, 8)), y


def table(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return four columns of very different size, and a number of some hundreds that follows from them."""
    r = np.random.default_rng(seed)
    X = r.normal(size=(120, 4)) * [1, 10, 100, 1000] + [0, 5, 300, 700]
    return X, X[:, 3] / 5 + X[:, 2] + 20 * X[:, 1] + r.normal(size=120) * 20 + 150


def net(
    k: int,
    optimizer: Any,
    seed: int,
    *,
    hidden: tuple[int, ...] = (32,),
    act: Any = "relu",
    loss: Any = None,
    **more: Any,
) -> gn.Network:
    """Return a network for ``k`` classes, or for one number."""
    layers = [*(gn.Dense(units, act) for units in hidden), gn.Dense(k)]
    return gn.Network(
        layers, loss=loss or ("squared_error" if k == 1 else "cross_entropy"), optimizer=optimizer, seed=seed, **more
    )


def failing(*codes: str) -> Callable[[Callable[[int], Made]], Callable[[int], Made]]:
    """Register a training that fails, with what its first finding may be called."""

    def register(make: Callable[[int], Made]) -> Callable[[int], Made]:
        FAILING[make.__name__] = (set(codes), make)
        return make

    return register


def add(name: str, codes: set[str], make: Callable[[int], Made]) -> None:
    """Register a training that fails under a name."""
    FAILING[name] = (codes, make)


def of(data: tuple[np.ndarray, np.ndarray], network: gn.Network, **options: Any) -> Made:
    """Return a training."""
    return network, *data, options


# ---- rates -----------------------------------------------------------------------------------------------------------

LOW = {
    "sgd": lambda: gn.SGD(1e-6),
    "momentum": lambda: gn.SGD(1e-6, momentum=0.9),
    "nesterov": lambda: gn.SGD(1e-6, momentum=0.95, nesterov=True),
    "adam": lambda: gn.Adam(1e-7),
    "adamw": lambda: gn.AdamW(3e-7),
    "lion": lambda: gn.Lion(1e-8),
    "rmsprop": lambda: gn.RMSprop(1e-7),
    "adagrad": lambda: gn.Adagrad(1e-6),
}
HIGH = {
    "sgd": lambda: gn.SGD(40.0),
    "momentum": lambda: gn.SGD(5.0, momentum=0.99),
    "adam": lambda: gn.Adam(5.0),
    "adamw": lambda: gn.AdamW(10.0),
    "lion": lambda: gn.Lion(1.0),
    "rmsprop": lambda: gn.RMSprop(5.0),
    "adagrad": lambda: gn.Adagrad(50.0),
}
for _name, _make in LOW.items():
    add(f"low rate, {_name}, classes", {"rate-too-low"}, lambda s, m=_make: of(classes(s), net(3, m(), s), epochs=20))
    add(
        f"low rate, {_name}, numbers",
        {"rate-too-low"},
        lambda s, m=_make: of(numbers(s), net(1, m(), s, act="tanh"), epochs=20),
    )
for _name, _make in HIGH.items():
    add(
        f"high rate, {_name}, classes",
        {"rate-too-high", "diverged"},
        lambda s, m=_make: of(classes(s), net(3, m(), s, hidden=(32, 32), act="tanh"), epochs=20),
    )
add("low rate, xor", {"rate-too-low"}, lambda s: of(xor(s), net(2, gn.SGD(1e-5), s), epochs=30))
add(
    "high rate, momentum, numbers",
    {"rate-too-high", "diverged"},
    lambda s: of(numbers(s), net(1, gn.SGD(0.5, momentum=0.99), s), epochs=20),
)
add(
    "high rate, adam, numbers",
    {"rate-too-high", "diverged"},
    lambda s: of(numbers(s), net(1, gn.Adam(5.0), s), epochs=20),
)
add(
    "high rate, lion, numbers",
    {"rate-too-high", "diverged"},
    lambda s: of(numbers(s), net(1, gn.Lion(0.5), s), epochs=20),
)


@failing("rate-too-low")
def low_rate_with_batch_norm(seed: int) -> Made:
    X, y = classes(seed)
    layers = [gn.Dense(32), gn.BatchNorm(), gn.ReLU(), gn.Dense(3)]
    return gn.Network(layers, loss="cross_entropy", optimizer=gn.SGD(1e-6), seed=seed), X, y, {"epochs": 15}


@failing("rate-too-low")
def low_rate_with_validation(seed: int) -> Made:
    X, y = classes(seed)
    return net(3, gn.Adam(1e-7), seed), X[:450], y[:450], {"epochs": 20, "validation_data": (X[450:], y[450:])}


@failing("rate-too-low")
def rate_of_nothing(seed: int) -> Made:
    return of(classes(seed), net(3, gn.SGD(0.0), seed), epochs=15)


# ---- what is not trained -----------------------------------------------------------------------------------------------


def frozen(network: gn.Network, width: int, which: slice, *, factor: bool = False) -> gn.Network:
    """Return the network with some layers that do not learn."""
    network.build((width,))
    for layer in network.layers[which]:
        if factor:
            layer.rate_factor = 0.0
        else:
            layer.trainable = False
    return network


add(
    "all frozen", {"nothing-trainable"}, lambda s: of(classes(s), frozen(net(3, "adam", s), 10, slice(None)), epochs=15)
)
add(
    "all frozen, numbers, two layers",
    {"nothing-trainable"},
    lambda s: of(numbers(s), frozen(net(1, "adam", s, hidden=(16, 16)), 5, slice(None)), epochs=15),
)
add(
    "all factors 0",
    {"nothing-trainable"},
    lambda s: of(classes(s), frozen(net(3, "adam", s), 10, slice(None), factor=True), epochs=15),
)
add(
    "frozen rectifiers for xor",
    {"frozen-layers"},
    lambda s: of(xor(s), frozen(net(2, gn.Adam(1e-2), s, hidden=(2, 2), act="tanh"), 2, slice(0, 2)), epochs=30),
)

# ---- schedules ---------------------------------------------------------------------------------------------------------

add(
    "cosine over at once",
    {"schedule-ended"},
    lambda s: of(classes(s), net(3, gn.Adam(gn.CosineDecay(1e-4, epochs=1)), s), epochs=40),
)
add(
    "cosine over early, numbers",
    {"schedule-ended"},
    lambda s: of(numbers(s), net(1, gn.SGD(gn.CosineDecay(0.01, epochs=2)), s, act="tanh"), epochs=40),
)
add(
    "steps of a tenth each epoch",
    {"schedule-ended"},
    lambda s: of(classes(s), net(3, gn.SGD(gn.StepDecay(0.01, every=1, factor=0.1)), s), epochs=30),
)
add(
    "exponential decay far too fast",
    {"schedule-ended"},
    lambda s: of(classes(s), net(3, gn.Adam(gn.ExponentialDecay(2e-4, factor=0.05)), s), epochs=30),
)
add(
    "warm-up of 5000 epochs",
    {"schedule-not-begun"},
    lambda s: of(classes(s), net(3, gn.Adam(gn.Warmup(1e-3, epochs=5000)), s), epochs=15),
)
add(
    "warm-up of 1000 epochs, sgd",
    {"schedule-not-begun"},
    lambda s: of(numbers(s), net(1, gn.SGD(gn.Warmup(0.01, epochs=1000)), s), epochs=15),
)

# ---- penalties, dropout, clipping ----------------------------------------------------------------------------------------

add("l2 of 3", {"penalty-dominates"}, lambda s: of(classes(s), net(3, gn.SGD(0.05), s, l2=3.0), epochs=20))
add("l1 of 1", {"penalty-dominates"}, lambda s: of(classes(s), net(3, gn.Adam(1e-2), s, l1=1.0), epochs=20))
add("l2 for numbers", {"penalty-dominates"}, lambda s: of(numbers(s), net(1, gn.Adam(1e-2), s, l2=5.0), epochs=20))
add(
    "weight decay of 50",
    {"penalty-dominates"},
    lambda s: of(classes(s), net(3, gn.AdamW(1e-2, weight_decay=50.0), s), epochs=20),
)
add(
    "lion, weight decay",
    {"penalty-dominates"},
    lambda s: of(classes(s), net(3, gn.Lion(1e-3, weight_decay=300.0), s), epochs=20),
)
add(
    "max_norm of 0.01",
    {"penalty-dominates"},
    lambda s: of(classes(s), net(3, gn.Adam(1e-2), s, max_norm=0.01), epochs=20),
)


@failing("dropout-too-strong")
def dropout_twice(seed: int) -> Made:
    X, y = numbers(seed)
    layers = [gn.Dense(16, "tanh"), gn.Dropout(0.97), gn.Dense(16, "tanh"), gn.Dropout(0.97), gn.Dense(1)]
    return gn.Network(layers, loss="squared_error", optimizer=gn.Adam(3e-3), seed=seed), X, y, {"epochs": 20}


@failing("dropout-too-strong")
def dropout_three_times(seed: int) -> Made:
    X, y = classes(seed)
    hidden = [layer for _ in range(3) for layer in (gn.Dense(32, "relu"), gn.Dropout(0.95))]
    return (
        gn.Network([*hidden, gn.Dense(3)], loss="cross_entropy", optimizer=gn.Adam(3e-3), seed=seed),
        X,
        y,
        {"epochs": 20},
    )


add(
    "clipped to 1e-4",
    {"clipping-is-the-rate"},
    lambda s: of(classes(s), net(3, gn.SGD(0.1, clip_norm=1e-4), s), epochs=20),
)
add(
    "clipped, numbers",
    {"clipping-is-the-rate"},
    lambda s: of(numbers(s), net(1, gn.SGD(0.05, clip_norm=1e-4), s, act="tanh"), epochs=20),
)

# ---- starts ------------------------------------------------------------------------------------------------------------


def zeros(rng: np.random.Generator, W: np.ndarray) -> np.ndarray:
    """Return weights of 0."""
    return 0.0 * W


def alike(rng: np.random.Generator, W: np.ndarray) -> np.ndarray:
    """Return equal weights."""
    return 0.2 + 0.0 * W


def huge(rng: np.random.Generator, W: np.ndarray) -> np.ndarray:
    """Return weights fifty times as large as usual."""
    return 50.0 * W


def tiny(rng: np.random.Generator, W: np.ndarray) -> np.ndarray:
    """Return weights a thousandth as large as usual."""
    return 1e-3 * W


add(
    "zero weights",
    {"symmetric-weights"},
    lambda s: of(classes(s), started(net(3, gn.Adam(1e-2), s), 10, zeros), epochs=20),
)
add(
    "equal weights, numbers",
    {"symmetric-weights"},
    lambda s: of(numbers(s), started(net(1, gn.Adam(1e-2), s, act="tanh"), 5, alike), epochs=20),
)
add(
    "huge start",
    {"start-too-large"},
    lambda s: of(classes(s), started(net(3, gn.SGD(0.05), s, hidden=(32, 32)), 10, huge), epochs=10),
)
add(
    "huge start, tanh",
    {"saturated-units", "start-too-large"},
    lambda s: of(xor(s), started(net(2, gn.SGD(0.05), s, hidden=(16, 16), act="tanh"), 2, huge), epochs=10),
)
add(
    "tiny weights, deep",
    {"dead-signal", "vanishing-gradient"},
    lambda s: of(classes(s), started(net(3, gn.SGD(0.1), s, hidden=(32,) * 5), 10, tiny), epochs=20),
)


def dead(network: gn.Network, width: int) -> gn.Network:
    """Return the network with rectifiers that are 0 for every row."""
    network.build((width,))
    biases = {
        name: np.full_like(array, -50.0) for name, array in network.state_dict().items() if name == "dense_1.bias"
    }
    network.load_state_dict(network.state_dict() | biases)
    return network


add("dead rectifiers", {"dead-signal"}, lambda s: of(classes(s), dead(net(3, gn.SGD(0.1), s), 10), epochs=15))

# ---- the data, and two faults at once --------------------------------------------------------------------------------------

_WIDE = np.array([1, 10, 100, 1000, 1, 1, 3000, 1, 1, 500.0])
add(
    "columns not scaled",
    {"unscaled-inputs"},
    lambda s: (net(3, gn.SGD(0.05), s, act="tanh"), *scaled(classes(s), _WIDE), {"epochs": 20}),
)
add(
    "columns not scaled, adam",
    {"unscaled-inputs"},
    lambda s: (net(3, gn.Adam(1e-3), s, act="tanh"), *scaled(classes(s), _WIDE * 30), {"epochs": 20}),
)
add(
    "target not scaled",
    {"unscaled-target"},
    lambda s: (net(1, gn.Adam(1e-3), s), numbers(s)[0], 3e5 + 7e4 * numbers(s)[1], {"epochs": 20}),
)
add(
    "target not scaled, diverges",
    {"unscaled-target"},
    lambda s: (net(1, gn.SGD(0.05), s), numbers(s)[0], 3e5 + 7e4 * numbers(s)[1], {"epochs": 20}),
)
add(
    "inputs diverge",
    {"unscaled-inputs"},
    lambda s: (net(1, gn.SGD(0.01), s), numbers(s)[0] * 1000, numbers(s)[1], {"epochs": 20}),
)
add(
    "neither columns nor target scaled",
    {"unscaled-inputs", "unscaled-target"},
    lambda s: of(table(s), net(1, gn.Adam(1e-3), s, hidden=(16,)), epochs=200),
)
add(
    "neither scaled, sgd",
    {"unscaled-inputs", "unscaled-target"},
    lambda s: of(table(s), net(1, gn.SGD(1e-3), s, hidden=(16,)), epochs=50),
)
add(
    "neither scaled, tanh",
    {"unscaled-inputs", "unscaled-target"},
    lambda s: of(table(s), net(1, gn.Adam(1e-2), s, hidden=(16,), act="tanh"), epochs=50),
)
add(
    "not scaled, and rate too low",
    {"unscaled-inputs", "rate-too-low"},
    lambda s: (net(3, gn.SGD(1e-6), s, act="tanh"), *scaled(classes(s), _WIDE), {"epochs": 20}),
)
add(
    "not scaled, and rate too high",
    {"unscaled-inputs", "rate-too-high"},
    lambda s: (net(3, gn.SGD(20.0), s, act="tanh"), *scaled(classes(s), _WIDE), {"epochs": 20}),
)
add(
    "huge start, and rate too high",
    {"start-too-large", "rate-too-high", "diverged"},
    lambda s: of(classes(s), started(net(3, gn.SGD(20.0), s, hidden=(32, 32)), 10, huge), epochs=10),
)
add(
    "zero weights, and rate too low",
    {"symmetric-weights"},
    lambda s: of(classes(s), started(net(3, gn.SGD(1e-6), s), 10, zeros), epochs=20),
)
add(
    "not scaled, and zero weights",
    {"symmetric-weights", "unscaled-inputs"},
    lambda s: (started(net(3, gn.SGD(0.05), s, act="tanh"), 10, zeros), *scaled(classes(s), _WIDE), {"epochs": 20}),
)


def scaled(data: tuple[np.ndarray, np.ndarray], factors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return data with columns of other sizes."""
    return data[0] * factors + factors, data[1]


# ---- width, updates ------------------------------------------------------------------------------------------------------

add(
    "two units for twenty classes",
    {"too-few-units"},
    lambda s: of(many_classes(s), net(20, gn.Adam(1e-2), s, hidden=(2,)), epochs=15),
)
add(
    "one unit for xor",
    {"too-few-units"},
    lambda s: of(xor(s), net(2, gn.Adam(3e-2), s, hidden=(1,), act="tanh"), epochs=30),
)
add("three updates", {"few-updates"}, lambda s: of(classes(s), net(3, gn.SGD(0.03), s), epochs=3, batch_size=600))
add(
    "ten updates of adam",
    {"few-updates"},
    lambda s: of(numbers(s), net(1, gn.Adam(1e-2), s), epochs=10, batch_size=600),
)

# ---- looked at later -------------------------------------------------------------------------------------------------------

_START = {"symmetric-weights", "start-too-large", "unlucky-start", "dead-units", "dead-signal", "saturated-units"}
AFTERWARDS |= {
    "zero weights": ({"symmetric-weights", "unlucky-start"}, FAILING["zero weights"][1]),
    "equal weights, numbers": ({"symmetric-weights", "unlucky-start"}, FAILING["equal weights, numbers"][1]),
    "huge start": (_START, FAILING["huge start"][1]),
    "dead rectifiers": (_START, FAILING["dead rectifiers"][1]),
    "low rate": ({"rate-too-low"}, FAILING["low rate, sgd, classes"][1]),
    "low rate, adam, numbers": ({"rate-too-low"}, FAILING["low rate, adam, numbers"][1]),
    "high rate": ({"rate-too-high"}, FAILING["high rate, sgd, classes"][1]),
    "high rate, adam": ({"rate-too-high"}, FAILING["high rate, adam, classes"][1]),
    "weight decay": ({"penalty-dominates"}, FAILING["weight decay of 50"][1]),
    "neither scaled": ({"unscaled-inputs", "unscaled-target"}, FAILING["neither columns nor target scaled"][1]),
}

# ---- what is fine --------------------------------------------------------------------------------------------------------

GOOD = {
    "sgd": lambda: gn.SGD(0.1),
    "momentum": lambda: gn.SGD(0.02, momentum=0.9),
    "adam": lambda: gn.Adam(5e-3),
    "adamw": lambda: gn.AdamW(5e-3, weight_decay=0.01),
    "lion": lambda: gn.Lion(1e-3),
    "rmsprop": lambda: gn.RMSprop(3e-3),
    "adagrad": lambda: gn.Adagrad(0.05),
}
for _name, _make in GOOD.items():
    FINE[f"{_name}, classes"] = lambda s, m=_make: of(classes(s), net(3, m(), s), epochs=15)
    FINE[f"{_name}, numbers"] = lambda s, m=_make: of(numbers(s), net(1, m(), s, act="tanh"), epochs=40)
    FINE[f"{_name}, xor"] = lambda s, m=_make: of(xor(s), net(2, m(), s, hidden=(16,), act="tanh"), epochs=60)
    FINE[f"{_name}, validation"] = lambda s, m=_make: of(classes(s), net(3, m(), s), epochs=15, validation_split=0.25)


def noisy(seed: int, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Return classes of which a share was drawn by lot."""
    X, y = classes(seed)
    rng = np.random.default_rng(seed + 100)
    return X, np.where(rng.random(len(y)) < share, rng.integers(0, 3, len(y)), y)


def noise(seed: int, size: float, n: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers with noise of a size, scaled to unit spread."""
    X, y = numbers(seed, n)
    y = y + size * np.random.default_rng(seed + 100).standard_normal(n)
    return X, (y - y.mean()) / y.std()


def early(patience: int = 5, monitor: str = "valid_loss") -> dict[str, Any]:
    """Return the options of early stopping."""
    return {"validation_split": 0.3, "early_stopping": gn.EarlyStopping(monitor, patience=patience)}


def layered(layers: list[gn.Layer], k: int, optimizer: Any, seed: int) -> gn.Network:
    """Return a network of these layers and an output."""
    loss = "squared_error" if k == 1 else "cross_entropy"
    return gn.Network([*layers, gn.Dense(k)], loss=loss, optimizer=optimizer, seed=seed)


def tuned(seed: int) -> Made:
    """Return a network whose first layer was trained elsewhere, and is kept as it is."""
    X, y = classes(seed)
    network = net(3, gn.Adam(5e-3), seed)
    network.fit(X, y, epochs=15, diagnose=False)
    network = network._untrained()
    network.layers[0].trainable = False
    return network, X, y, {"epochs": 10}


def tuned_slowly(seed: int) -> Made:
    """Return a network that was trained elsewhere, on noisy classes, and goes on in small clipped steps."""
    X, y = noisy(seed, 0.4)
    network = net(3, gn.Adam(5e-3), seed, hidden=(8,))
    network.fit(X, y, epochs=15, diagnose=False)
    network = network._untrained()
    network.optimizer = gn.SGD(1e-4, clip_norm=0.01)
    return network, X, y, {"epochs": 12}


FINE |= {
    "fine tuning in small steps": tuned_slowly,
    "a fifth drawn by lot": lambda s: of(noisy(s, 0.2), net(3, gn.Adam(3e-3), s), epochs=15),
    "half drawn by lot": lambda s: of(noisy(s, 0.5), net(3, gn.Adam(3e-3), s), epochs=10),
    "noise as large as the signal": lambda s: of(noise(s, 1.0), net(1, gn.Adam(3e-3), s), epochs=20),
    "noise twice as large": lambda s: of(noise(s, 2.0), net(1, gn.Adam(3e-3), s), epochs=15),
    "one epoch": lambda s: of(classes(s), net(3, gn.Adam(3e-3), s), epochs=1),
    "one epoch of one batch": lambda s: of(classes(s), net(3, gn.Adam(3e-3), s), epochs=1, batch_size=600),
    "two epochs of small batches": lambda s: of(classes(s), net(3, gn.Adam(3e-3), s), epochs=2, batch_size=8),
    "long": lambda s: of(numbers(s, 200), net(1, gn.Adam(1e-3), s), epochs=300),
    "long, sgd": lambda s: of(classes(s, 200), net(3, gn.SGD(0.05), s), epochs=200),
    "early stopping": lambda s: of(classes(s), net(3, gn.Adam(5e-3), s), epochs=100, **early()),
    "early stopping, accuracy": lambda s: of(classes(s), net(3, gn.Adam(5e-3), s), epochs=60, **early(10, "valid_accuracy")),
    "early stopping, numbers": lambda s: of(noise(s, 0.5), net(1, gn.Adam(1e-2), s), epochs=100, **early()),
    "early stopping, noisy classes": lambda s: of(noisy(s, 0.3), net(3, gn.Adam(1e-2), s), epochs=100, **early()),
    "l2": lambda s: of(classes(s), net(3, gn.Adam(5e-3), s, l2=1e-3), epochs=20),
    "l1": lambda s: of(classes(s), net(3, gn.Adam(5e-3), s, l1=1e-4), epochs=20),
    "weight decay": lambda s: of(classes(s), net(3, gn.AdamW(5e-3, weight_decay=0.1), s), epochs=20),
    "max_norm": lambda s: of(classes(s), net(3, gn.Adam(5e-3), s, max_norm=3.0), epochs=20),
    "clip_norm": lambda s: of(classes(s), net(3, gn.Adam(5e-3, clip_norm=1.0), s), epochs=20),
    "dropout": lambda s: of(classes(s), layered([gn.Dense(64, "relu"), gn.Dropout(0.5)], 3, gn.Adam(5e-3), s), epochs=20),
    "dropout on inputs": lambda s: of(classes(s), layered([gn.Dropout(0.1), gn.Dense(64, "relu")], 3, gn.Adam(5e-3), s), epochs=20),
    "dropout, numbers": lambda s: of(numbers(s), layered([gn.Dense(64, "relu"), gn.Dropout(0.2)], 1, gn.Adam(5e-3), s), epochs=40),
    "batch norm": lambda s: of(classes(s), layered([gn.Dense(32), gn.BatchNorm(), gn.ReLU()], 3, gn.Adam(5e-3), s), epochs=15),
    "layer norm": lambda s: of(classes(s), layered([gn.Dense(32), gn.LayerNorm(), gn.ReLU()], 3, gn.Adam(5e-3), s), epochs=15),
    "residual": lambda s: of(classes(s), layered([gn.Dense(16, "relu"), gn.Residual([gn.Dense(16, "relu"), gn.Dense(16)])], 3, "adam", s), epochs=20),
    "deep": lambda s: of(classes(s), net(3, gn.Adam(1e-3), s, hidden=(32,) * 5), epochs=20),
    "deep, tanh": lambda s: of(numbers(s), net(1, gn.Adam(3e-3), s, hidden=(24,) * 4, act="tanh"), epochs=30),
    "wide": lambda s: of(classes(s), net(3, gn.Adam(1e-3), s, hidden=(256,)), epochs=10),
    "narrow and enough": lambda s: of(classes(s), net(3, gn.Adam(1e-2), s, hidden=(4,)), epochs=30),
    "thirty rows": lambda s: of(classes(s, 30), net(3, gn.Adam(1e-2), s), epochs=60),
    "twelve rows": lambda s: of(classes(s, 12), net(3, gn.Adam(1e-2), s), epochs=100),
    "four rows": lambda s: (net(2, gn.Adam(3e-2), s, hidden=(8,), act="tanh"), np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]]), np.array([0, 1, 1, 0]), {"epochs": 300}),
    "linear model": lambda s: of(classes(s), net(3, gn.Adam(2e-2), s, hidden=()), epochs=30),
    "linear regression": lambda s: (net(1, gn.SGD(0.05), s, hidden=()), numbers(s)[0], numbers(s)[0] @ [1.0, -1.0, 0.5, 0.0, 0.3], {"epochs": 20}),
    "cosine to its end": lambda s: of(classes(s), net(3, gn.Adam(gn.CosineDecay(1e-2, epochs=20)), s), epochs=20),
    "warm-up of three epochs": lambda s: of(classes(s), net(3, gn.Adam(gn.Warmup(5e-3, epochs=3)), s), epochs=20),
    "steps down": lambda s: of(classes(s), net(3, gn.Adam(gn.StepDecay(1e-2, every=10)), s), epochs=30),
    "one cycle": lambda s: of(classes(s), net(3, gn.SGD(gn.OneCycle(0.3, epochs=20)), s), epochs=20),
    "huber": lambda s: of(noise(s, 0.3), net(1, gn.Adam(5e-3), s, loss="huber"), epochs=30),
    "sigmoid": lambda s: of(classes(s), net(3, gn.Adam(1e-2), s, act="sigmoid"), epochs=30),
    "gelu": lambda s: of(classes(s), net(3, gn.Adam(5e-3), s, act="gelu"), epochs=20),
    "weighted rows": lambda s: of(classes(s), net(3, gn.Adam(5e-3), s), epochs=15, sample_weight=np.linspace(0.1, 2.0, 600)),
    "balanced": lambda s: of(classes(s), net(3, gn.Adam(5e-3), s), epochs=15, class_weight="balanced"),
    "fine tuning": tuned,
    "many classes": lambda s: of(many_classes(s), net(20, gn.Adam(1e-2), s, hidden=(64,)), epochs=15),
    "a hundred columns, eighty rows": lambda s: (net(2, gn.Adam(1e-3), s, l2=1e-2), (X := np.random.default_rng(s).standard_normal((80, 100))), (X[:, :5].sum(1) > 0).astype(int), {"epochs": 30}),
}  # fmt: skip
