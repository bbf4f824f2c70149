"""The network's part of the state: layers, what can be added, and every option with its value."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import GlassnetError
from glassnet.losses import LOSSES
from glassnet.playground.experiment import Experiment
from glassnet.playground.kinds_of_layers import COMMON_KINDS, layer_kinds, layer_label
from glassnet.playground.options import (
    layer_options,
    loss_options,
    optimizer_kind,
    optimizer_options,
    settings_options,
)
from glassnet.playground.play_data import PlayData

__all__ = ["fitting_losses", "network_state"]

_ROWS = 1000  # enough to see what kind of numbers the targets are


def network_state(experiment: Experiment) -> dict[str, Any]:
    """Return the layers with their options, the loss, the optimizer, and what can be set beside them."""
    settings, network = experiment.settings, experiment.network
    sizes = {name: 0 for name in network.names}
    for slot in network._slots:
        name = slot.name.partition(".")[0]
        sizes[name] += slot.stop - slot.start
    layers = [
        {
            "name": name,
            "kind": entry["class"],
            "label": layer_label(entry),
            "parameters": sizes[name],
            "shape": list(layer.out_shape),
            "options": layer_options(settings, at),
        }
        for at, (name, layer, entry) in enumerate(zip(network.names, network.layers, settings.layers, strict=True))
    ]
    _fix_outputs(layers[-1]["options"], network.loss.outputs(experiment.data.y))
    loss = loss_options(settings, fitting_losses(experiment.data))
    return {
        "layers": layers,
        "kinds": [{"kind": kind, "label": kind, "common": kind in COMMON_KINDS} for kind in layer_kinds()],
        "loss": loss[0],
        "loss_options": loss[1:],
        "optimizer": {"kind": optimizer_kind(settings), "options": optimizer_options(settings)},
        "options": settings_options(settings),
        "parameters": network.n_parameters,
    }


def _fix_outputs(options: list[dict[str, Any]], needed: int) -> None:
    """Let the last layer have only as many units as loss and targets need, if that is how many it has."""
    for option in options:
        if option["path"].endswith(".units") and option["value"] == needed:
            option |= {"minimum": needed, "maximum": needed}


def fitting_losses(data: PlayData) -> list[str]:
    """Return the losses that take these targets: those for classes or for numbers, and the squared error of 0 and 1."""
    y = data.y[:_ROWS]
    return [name for name in LOSSES if _fits(name, data, y)]


def _fits(name: str, data: PlayData, y: np.ndarray) -> bool:
    loss = LOSSES[name]()
    if loss.classifies != data.is_classes and not (name == "squared_error" and len(data.classes) == 2):
        return False
    try:
        loss.prepare(y, loss.outputs(data.y), np.dtype("float32"))
    except GlassnetError:
        return False
    return True
