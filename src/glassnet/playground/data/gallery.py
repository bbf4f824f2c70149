"""Twelve networks that fail, each in its own way, with what `diagnose` finds about it from 200 steps to 20,000."""

from __future__ import annotations

from typing import Any, NamedTuple

from glassnet.layers import BatchNorm, Dense, Layer
from glassnet.losses import BinaryCrossEntropy, Loss, SoftmaxCrossEntropy, SquaredError
from glassnet.optimizers import SGD, Adam, Optimizer
from glassnet.playground.data.sources import SPLIT, data_from_source
from glassnet.playground.play_data import PlayData
from glassnet.playground.settings import Settings
from glassnet.utils.checks import check_choice

__all__ = ["GALLERY", "Exhibit", "exhibit", "is_exhibit"]


class Exhibit(NamedTuple):
    """One failure.

    Attributes
    ----------
    title, text : str
    finding : str
        Code of the finding that names it.
    source : dict
        What the command ``data`` takes.
    layers : list of Layer
        Templates: networks are built of their configuration.
    loss : Loss
    optimizer : Optimizer
    batch_size : int
    split : float
        Share of the rows that are held out.
    """

    title: str
    text: str
    finding: str
    source: dict[str, Any]
    layers: list[Layer]
    optimizer: Optimizer
    loss: Loss = BinaryCrossEntropy()  # a template, too
    batch_size: int = 10
    split: float = SPLIT


def _toy(name: str, **options: Any) -> dict[str, Any]:
    return {"kind": "toy", "name": name, "options": options}


def _flawed(name: str) -> dict[str, Any]:
    return {"kind": "flawed", "name": name}


def _two(activation: Any = "tanh", units: int = 8, initializer: Any = None, outputs: int = 1) -> list[Layer]:
    hidden = [Dense(units, activation, initializer=initializer) for _ in range(2)]
    return [*hidden, Dense(outputs, initializer=initializer)]


_MOONS = _toy("moons")

GALLERY: dict[str, Exhibit] = {
    "zeros": Exhibit(
        "All weights 0", "Every unit does the same, and always will.",
        "symmetric-weights", _MOONS, _two(initializer="zeros"), SGD(0.1),
    ),
    "large": Exhibit(
        "Weights from N(0, 1)", "64 inputs with weights of about 1 add up: the first loss is above 100.",
        "start-too-large", {"kind": "bundled", "name": "digits"}, _two("relu", 64, "normal", 10), SGD(0.01),
        SoftmaxCrossEntropy(), 32,
    ),
    "rate": Exhibit(
        "Learning rate 5", "Every step jumps over the valley.",
        "rate-too-high", _MOONS, _two(), SGD(5.0),
    ),
    "unscaled": Exhibit(
        "Columns on other scales", "An area around 700 beside a smoothness around 0.1.",
        "unscaled-inputs", _flawed("unscaled"), _two(), SGD(0.1),
    ),
    "sigmoids": Exhibit(
        "Five sigmoid layers", "Each passes on at most a quarter of the gradient.",
        "vanishing-gradient", _MOONS, [*(Dense(8, "sigmoid") for _ in range(5)), Dense(1)], SGD(0.1),
    ),
    "dead": Exhibit(
        "Dead ReLUs", "A step too long, and a unit is 0 for every row: it has no slope to come back by.",
        "dead-units", _toy("sine"), _two("relu", 6), Adam(0.2), SquaredError(),
    ),
    "overfit": Exhibit(
        "Overfitting", "18 noisy rows and 4,417 parameters: each row is learned by heart.",
        "overfit", _toy("moons", n=60, noise=0.6), _two("relu", 64), Adam(0.02), split=0.7,
    ),
    "leak": Exhibit(
        "A column that leaks", "The column “result” is the answer, and will not be there when it counts.",
        "leaking-column", _flawed("leak"), _two(), Adam(0.01),
    ),
    "shuffled": Exhibit(
        "Shuffled labels", "The answers do not belong to the rows: there is nothing to learn.",
        "plateau-at-prior", _flawed("shuffled"), _two(units=4), Adam(0.01),
    ),
    "rare": Exhibit(
        "One class 99 %", "Always answering the frequent class is right 99 times of 100.",
        "imbalance", _flawed("rare"), _two(), Adam(0.01),
    ),
    "squares": Exhibit(
        "Squared error on classes", "It is flat where the network is sure and wrong.",
        "loss-does-not-fit", _toy("moons", noise=0.4), [*_two()[:2], Dense(1, "sigmoid")], SGD(0.01), SquaredError(),
    ),
    "batches": Exhibit(
        "Batch norm with batch 1", "One row has no spread to divide by: the layer never learns what to normalise.",
        "small-normalised-batches", _MOONS, [Dense(8), BatchNorm(), Dense(8, "tanh"), Dense(1)], SGD(0.1),
        batch_size=1,
    ),
}  # fmt: skip
"""The failures by name."""


def exhibit(name: object) -> tuple[PlayData, Settings]:
    """Return the data and the settings of one of `GALLERY`."""
    found = GALLERY[check_choice("gallery", "name", name, GALLERY)]
    return data_from_source(found.source, split=found.split), _settings(found)


def is_exhibit(settings: Settings) -> bool:
    """Return whether settings are those of one of `GALLERY`, which nobody would want for other data."""
    return any(_settings(found) == settings for found in GALLERY.values())


def _settings(found: Exhibit) -> Settings:
    return Settings(
        layers=tuple(layer.entry() for layer in found.layers),
        loss={"class": type(found.loss).__name__, **found.loss.config()},
        optimizer={"class": type(found.optimizer).__name__, **found.optimizer.config()},
        batch_size=found.batch_size,
    )
