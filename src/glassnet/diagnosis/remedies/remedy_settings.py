"""A remedy as settings: what its change of a network is in the terms of a model file."""

from __future__ import annotations

from typing import Any

from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import GlassnetError
from glassnet.layers.tree import every_layer
from glassnet.saving.configuration import network_config
from glassnet.schedules import Constant

__all__ = ["changed_settings", "settings_of"]

Settings = dict[str, Any]

_NAMES = ("layers", "loss", "optimizer", "l1", "l2", "max_norm")


def settings_of(network: BaseNetwork) -> Settings | None:
    """Return the settings of a network that a remedy may change; None with parts that cannot be written down.

    One factor of the learning rate for all layers counts as part of a learning rate that is constant.
    """
    layers = [*every_layer(network.layers)]
    kept = [layer.rate_factor for layer in layers]
    schedule, factor = network.optimizer.schedule, kept[0]
    moves = type(schedule) is Constant and len(set(kept)) == 1 and factor != 1.0
    try:
        if moves:
            for layer in layers:
                layer.rate_factor = 1.0
        config = network_config(network)
    except GlassnetError:
        return None
    finally:
        for layer, value in zip(layers, kept, strict=True):
            layer.rate_factor = value
    if moves:
        config["optimizer"]["learning_rate"] = float(f"{schedule.value * factor:.12g}")  # type: ignore[attr-defined]
    return {**{name: config[name] for name in _NAMES}, "seed": config["seeds"][0]}


def changed_settings(before: Settings | None, after: Settings | None) -> Settings | None:
    """Return those settings after a change that differ from the ones before, None if either is not known."""
    if before is None or after is None:
        return None
    return {name: value for name, value in after.items() if value != before[name]}
