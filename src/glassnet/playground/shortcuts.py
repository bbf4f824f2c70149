"""Layers around which there is a shortcut keep the width of what they get, also when a layer before them changes."""

from __future__ import annotations

import copy

from glassnet.layers import make_layer
from glassnet.playground.settings import Settings

__all__ = ["with_shortcuts"]


def with_shortcuts(settings: Settings, input_shape: tuple[int, ...], start: int = 0) -> Settings:
    """Return the settings with the last layer inside each `Residual` as wide as its input.

    Parameters
    ----------
    settings : Settings
    input_shape : tuple of int
        Shape of one sample.
    start : int
        The first layer that may be adapted: not the one that is being set by hand.
    """
    shape, layers = input_shape, list(settings.layers)
    for at, entry in enumerate(layers):
        last = entry["layers"][-1] if entry["class"] == "Residual" and entry["shortcut"] is None else {}
        if at >= start and "units" in last and len(shape) == 1 and last["units"] != shape[0]:
            layers[at] = copy.deepcopy(entry)
            layers[at]["layers"][-1]["units"] = shape[0]
        shape = make_layer(layers[at]).build(shape)
    return Settings.from_config({**settings.config(), "layers": layers})
