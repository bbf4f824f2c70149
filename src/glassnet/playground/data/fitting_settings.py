"""Settings that fit data: the last layer and the loss for the task, and a network to begin with."""

from __future__ import annotations

import dataclasses
from typing import Any

from glassnet.errors import GlassnetError
from glassnet.layers import Dense
from glassnet.losses import (
    AbsoluteError,
    BinaryCrossEntropy,
    BinaryFocalCrossEntropy,
    Huber,
    SoftmaxCrossEntropy,
    SoftmaxFocalCrossEntropy,
    SquaredError,
)
from glassnet.network import Network
from glassnet.optimizers import Adam
from glassnet.playground.play_data import PlayData
from glassnet.playground.settings import Settings

__all__ = ["fit_settings", "fits", "suggested_settings"]

_OF_ONE = {kind.__name__ for kind in (BinaryCrossEntropy, BinaryFocalCrossEntropy)}
_OF_SEVERAL = {kind.__name__ for kind in (SoftmaxCrossEntropy, SoftmaxFocalCrossEntropy)}
_OF_NUMBERS = {kind.__name__ for kind in (SquaredError, AbsoluteError, Huber)}
_BATCH, _LARGE_BATCH, _LARGE = 10, 32, 2000
_MANY_INPUTS = 30


def suggested_settings(data: PlayData) -> Settings:
    """Return a small network that learns such data, trained with Adam.

    Parameters
    ----------
    data : PlayData
    """
    units: tuple[int, ...] = (32, 16) if len(data.inputs) > _MANY_INPUTS else (8, 8)
    activation: Any = "relu" if len(data.inputs) > _MANY_INPUTS else "tanh"
    loss: Any = (
        "squared_error" if not data.classes else "binary_cross_entropy" if data.n_outputs == 1 else "cross_entropy"
    )
    layers = [*(Dense(n, activation) for n in units), Dense(data.n_outputs)]
    network = Network(layers, loss=loss, optimizer=Adam(0.01), seed=0)
    return Settings.of(network, _LARGE_BATCH if data.n_rows > _LARGE else _BATCH)


def fits(settings: Settings, data: PlayData) -> bool:
    """Return whether last layer and loss are ones for the task; those of other kinds are somebody's own choice."""
    loss, units = settings.loss["class"], _last_units(settings)
    if loss in _OF_ONE:
        return len(data.classes) == 2 and units in (1, None)
    if loss in _OF_SEVERAL:
        return len(data.classes) >= 2 and units in (len(data.classes), None)
    if loss in _OF_NUMBERS:
        return not data.classes and units in (data.n_outputs, None)
    return True


def fit_settings(settings: Settings, data: PlayData) -> Settings:
    """Return the settings with the last layer and the loss for the task; or others, if the layers refuse the rows.

    Parameters
    ----------
    settings : Settings
    data : PlayData
    """
    found = settings if fits(settings, data) else _fitted(settings, data)
    try:
        found.build(data.X.shape[1:])
    except GlassnetError:
        return dataclasses.replace(suggested_settings(data), seed=settings.seed, optimizer=settings.optimizer)
    return found


def _fitted(settings: Settings, data: PlayData) -> Settings:
    fresh = suggested_settings(data)
    *before, last = settings.layers or ({},)
    if last.get("class") != "Dense":
        return dataclasses.replace(fresh, seed=settings.seed, optimizer=settings.optimizer)
    loss = settings.loss if _suits(settings.loss["class"], data) else fresh.loss
    units = len(data.classes) if loss["class"] in _OF_SEVERAL else data.n_outputs
    changed: dict[str, Any] = {**last, "units": units, "activation": None}
    return dataclasses.replace(settings, layers=(*before, changed), loss=loss)


def _suits(loss: str, data: PlayData) -> bool:
    """Return whether a loss is the one for the task, whatever the last layer; of two classes that of one unit."""
    k = len(data.classes)
    return (loss in _OF_ONE and k == 2) or (loss in _OF_SEVERAL and k > 2) or (loss in _OF_NUMBERS and not k)


def _last_units(settings: Settings) -> int | None:
    last = settings.layers[-1] if settings.layers else {}
    units = last.get("units")
    return units if isinstance(units, int) else None
