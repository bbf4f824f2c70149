"""Faults that are planted into a healthy training, with the findings that name them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

import glassnet as gn
from benchmarks.diagnosis_tables import Part, TableData, Training

__all__ = ["FAULTS", "Fault"]

Plant = Callable[[TableData, np.random.Generator], Training]


class Fault(NamedTuple):
    """A fault that can be planted.

    Attributes
    ----------
    name : str
    codes : tuple of str
        Findings that name it; any of them is true.
    plant : callable
        Returns the training with the fault.
    task : str
        "classes", "numbers" or "" for both.
    few : bool
        Whether it is one of the quick run.
    fewest_classes : int
        On tables of at least so many classes.
    """

    name: str
    codes: tuple[str, ...]
    plant: Plant
    task: str = ""
    few: bool = False
    fewest_classes: int = 0

    def suits(self, table: TableData) -> bool:
        """Return whether it can be planted into trainings on this table."""
        task = {"classes": table.classes > 1, "numbers": not table.classes}.get(self.task, True)
        return task and table.classes >= self.fewest_classes


FAULTS: list[Fault] = []


def _fault(
    name: str, *codes: str, task: str = "", few: bool = False, fewest_classes: int = 0
) -> Callable[[Plant], Plant]:
    def keep(plant: Plant) -> Plant:
        FAULTS.append(Fault(name, codes, plant, task, few, fewest_classes))
        return plant

    return keep


def _widest(table: TableData) -> int:
    """Return the column of most distinct values."""
    X = table.train[0]
    return int(np.argmax([len(np.unique(X[:, j])) for j in range(X.shape[1])]))


def _deep(table: TableData, *hidden: Callable[[], gn.Layer]) -> Callable[[], list[gn.Layer]]:
    """Return what makes layers: the hidden ones, and the output."""
    return lambda: [*(make() for make in hidden), gn.Dense(table.outputs)]


# ---- data ----------------------------------------------------------------------------------------------------------


@_fault("one column in millions", "unscaled-inputs", few=True)
def _(table: TableData, rng: np.random.Generator) -> Training:
    factors = np.where(np.arange(table.train[0].shape[1]) == _widest(table), 1e6, 1.0)
    return table.with_inputs(lambda X: (X * factors).astype(np.float32))


@_fault("all columns unscaled", "unscaled-inputs")
def _(table: TableData, rng: np.random.Generator) -> Training:
    factors = 10.0 ** rng.integers(2, 5, table.train[0].shape[1])
    return table.with_inputs(lambda X: ((X + 3.0) * factors).astype(np.float32))


@_fault("target in millions", "unscaled-target", task="numbers", few=True)
def _(table: TableData, rng: np.random.Generator) -> Training:
    return table.with_targets(lambda y: y * 1e6 + 3e6)


@_fault("lognormal target", "skewed-target", task="numbers")
def _(table: TableData, rng: np.random.Generator) -> Training:
    return table.with_targets(lambda y: np.exp(np.clip(2.0 * y, -12.0, 12.0)))


@_fault("one target of 1e9", "outlier-in-target", task="numbers", few=True)
def _(table: TableData, rng: np.random.Generator) -> Training:
    X, y = table.train
    y = y.copy()
    y[len(y) // 3] = 1e9
    return table.training(train=(X, y))


@_fault("one input of 1e9", "outlier-in-inputs")
def _(table: TableData, rng: np.random.Generator) -> Training:
    X, y = table.train
    X = X.copy()
    X[len(y) // 3, _widest(table)] = 1e9
    return table.training(train=(X, y))


@_fault("-999 for missing, then scaled", "code-for-missing", few=True)
def _(table: TableData, rng: np.random.Generator) -> Training:
    coded = {name: X.copy() for name, (X, _) in table.parts().items()}
    for name in ("train", "valid"):
        coded[name][rng.random(coded[name].shape) < 0.1] = -999.0
    mean, spread = coded["train"].mean(axis=0), coded["train"].std(axis=0) + 1e-6
    scaled = {name: ((X - mean) / spread).astype(np.float32) for name, X in coded.items()}
    return table.training(**{name: (scaled[name], y) for name, (_, y) in table.parts().items()})


@_fault("sorted by class, not shuffled", "sorted-rows", task="classes", few=True)
def _(table: TableData, rng: np.random.Generator) -> Training:
    X, y = table.train
    order = np.argsort(y, kind="stable")
    return table.training(train=(X[order], y[order]), fit={"shuffle": False})


@_fault("sorted by target, not shuffled", "sorted-rows", task="numbers")
def _(table: TableData, rng: np.random.Generator) -> Training:
    X, y = table.train
    order = np.argsort(y.ravel(), kind="stable")
    return table.training(train=(X[order], y[order]), fit={"shuffle": False})


@_fault("rows copied before the split", "shared-rows", few=True)
def _(table: TableData, rng: np.random.Generator) -> Training:
    X, y = (np.concatenate(pair) for pair in zip(table.train, table.valid, strict=True))
    order = rng.permutation(np.tile(np.arange(len(y)), 2))
    n = len(order) * 3 // 4
    return table.training(train=(X[order[:n]], y[order[:n]]), valid=(X[order[n:]], y[order[n:]]))


@_fault("validation not scaled", "validation-differs", "unscaled-prediction", "outside-training-range", few=True)
def _(table: TableData, rng: np.random.Generator) -> Training:
    X, y = table.valid
    return table.training(valid=(X * 40.0 + 200.0, y))


@_fault("validation of one class", "validation-differs", task="classes")
def _(table: TableData, rng: np.random.Generator) -> Training:
    X, y = table.valid
    kept = y == np.bincount(y).argmax()
    return table.training(valid=(X[kept], y[kept]))


@_fault("target as a column, rounded", "leaking-column", few=True)
def _(table: TableData, rng: np.random.Generator) -> Training:
    def leak(part: Part) -> Part:
        X, y = part
        told = np.round(y.reshape(len(y), 1).astype(np.float32), 1)
        return np.concatenate([X, told], axis=1), y

    return table.training(**{name: leak(part) for name, part in table.parts().items()})


@_fault("labels shuffled", "validation-at-chance", "plateau-at-prior", "no-better-than-baseline")
def _(table: TableData, rng: np.random.Generator) -> Training:
    parts = {name: (X, rng.permutation(y)) for name, (X, y) in table.parts().items()}
    return table.training(**{**parts, "test": table.test})


@_fault("weights on one class", "weights-on-one-class", task="classes")
def _(table: TableData, rng: np.random.Generator) -> Training:
    weight = (table.train[1] == 0).astype(float)
    return table.training(fit={"sample_weight": weight})


# ---- design --------------------------------------------------------------------------------------------------------


@_fault("tanh at the output", "output-cannot-reach", task="numbers", few=True)
def _(table: TableData, rng: np.random.Generator) -> Training:
    return table.training(layers=lambda: [gn.Dense(64, "relu"), gn.Dense(1, "tanh")])


@_fault("rectifier at the output", "output-cannot-reach", task="numbers")
def _(table: TableData, rng: np.random.Generator) -> Training:
    return table.training(layers=lambda: [gn.Dense(64, "relu"), gn.Dense(1, "relu")])


@_fault("softmax in the hidden layers", "hidden-activation", few=True)
def _(table: TableData, rng: np.random.Generator) -> Training:
    layers = _deep(table, lambda: gn.Dense(64, "softmax"), lambda: gn.Dense(64, "softmax"))
    return table.training(layers=layers, optimizer=lambda: gn.SGD(0.05))


@_fault("eight layers of sigmoid", "vanishing-gradient", "hidden-activation")
def _(table: TableData, rng: np.random.Generator) -> Training:
    layers = _deep(table, *[lambda: gn.Dense(32, "sigmoid")] * 8)
    return table.training(layers=layers, optimizer=lambda: gn.SGD(0.1))


@_fault("batch statistics of two rows", "small-normalised-batches", few=True)
def _(table: TableData, rng: np.random.Generator) -> Training:
    layers = _deep(table, lambda: gn.Dense(32), gn.BatchNorm, gn.ReLU, lambda: gn.Dense(32), gn.BatchNorm, gn.ReLU)
    return table.training(layers=layers, fit={"batch_size": 2, "epochs": 5})


@_fault("one unit", "too-few-units", fewest_classes=4)
def _(table: TableData, rng: np.random.Generator) -> Training:
    return table.training(layers=_deep(table, lambda: gn.Dense(1, "relu")))


@_fault("dropout of 0.9 on the inputs", "dropout-too-strong", few=True)
def _(table: TableData, rng: np.random.Generator) -> Training:
    return table.training(layers=_deep(table, lambda: gn.Dropout(0.9), lambda: gn.Dense(64, "relu")))


# ---- start ---------------------------------------------------------------------------------------------------------


@_fault("all weights 0", "symmetric-weights", few=True)
def _(table: TableData, rng: np.random.Generator) -> Training:
    return table.training(prepare=lambda network: network.params.fill(0.0))


@_fault("weights 30 times as large", "start-too-large", "saturated-units")
def _(table: TableData, rng: np.random.Generator) -> Training:
    return table.training(prepare=lambda network: network.params.__imul__(30.0))


@_fault("biases of -50", "dead-signal", "dead-units")
def _(table: TableData, rng: np.random.Generator) -> Training:
    return table.training(prepare=lambda network: network.layers[0].b.fill(-50.0))


# ---- training ------------------------------------------------------------------------------------------------------


@_fault("rate 10,000 times too low", "rate-too-low", few=True)
def _(table: TableData, rng: np.random.Generator) -> Training:
    return table.training(optimizer=lambda: gn.Adam(3e-7))


@_fault("rate 1,000 times too high", "rate-too-high", "diverged", few=True)
def _(table: TableData, rng: np.random.Generator) -> Training:
    return table.training(optimizer=lambda: gn.Adam(3.0))


@_fault("rate of SGD too high", "rate-too-high", "diverged")
def _(table: TableData, rng: np.random.Generator) -> Training:
    return table.training(optimizer=lambda: gn.SGD(30.0))


@_fault("schedule over", "schedule-ended", few=True)
def _(table: TableData, rng: np.random.Generator) -> Training:
    return table.training(optimizer=lambda: gn.Adam(gn.CosineDecay(1e-4, epochs=1)))


@_fault("schedule not begun", "schedule-not-begun")
def _(table: TableData, rng: np.random.Generator) -> Training:
    return table.training(optimizer=lambda: gn.Adam(gn.Warmup(1e-3, epochs=20_000)))


@_fault("everything frozen", "nothing-trainable")
def _(table: TableData, rng: np.random.Generator) -> Training:
    return table.training(prepare=lambda network: _freeze(network, len(network.layers)))


@_fault("narrow hidden layer frozen", "frozen-layers", "too-few-units")
def _(table: TableData, rng: np.random.Generator) -> Training:
    layers = _deep(table, lambda: gn.Dense(4, "relu"))
    return table.training(layers=layers, prepare=lambda network: _freeze(network, 1))


def _freeze(network: gn.Network, n: int) -> None:
    for layer in network.layers[:n]:
        layer.trainable = False


@_fault("penalty of 10", "penalty-dominates", few=True)
def _(table: TableData, rng: np.random.Generator) -> Training:
    return table.training(network={"loss": table.loss, "l2": 10.0})


@_fault("gradients cut to 1e-5", "clipping-is-the-rate", "rate-too-low")
def _(table: TableData, rng: np.random.Generator) -> Training:
    return table.training(optimizer=lambda: gn.SGD(0.05, clip_norm=1e-5))


@_fault("two updates", "few-updates", few=True)
def _(table: TableData, rng: np.random.Generator) -> Training:
    return table.training(fit={"epochs": 2, "batch_size": len(table.train[1])})
