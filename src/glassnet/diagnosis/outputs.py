"""Where the outputs of a network come from: an activation, noise and shapes may stand behind the layer with units."""

from __future__ import annotations

from collections.abc import Sequence

from glassnet.layers import (
    BatchNorm,
    Calibration,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    Identity,
    Layer,
    LayerNorm,
    Reshape,
    Scale,
    Sequential,
)
from glassnet.layers.activations.base import Activation

__all__ = ["PASSES", "output_activation", "output_layer", "output_place"]

PASSES = (Calibration, Dropout, Flatten, GaussianNoise, Identity, Reshape)
"""Layers that pass numbers on in prediction, or as `Calibration` in the training that is looked at."""

_BEHIND = (*PASSES, Activation, BatchNorm, LayerNorm, Scale)


def output_place(layers: Sequence[Layer]) -> int:
    """Return the place of the last layer that has units, or layers inside."""
    return next(
        (place for place in reversed(range(len(layers))) if not isinstance(layers[place], _BEHIND)), len(layers) - 1
    )


def output_layer(layers: Sequence[Layer]) -> Layer:
    """Return that layer; of a sequence the one inside."""
    layer = layers[output_place(layers)]
    return output_layer(layer.layers) if isinstance(layer, Sequential) else layer


def output_activation(layers: Sequence[Layer]) -> Layer | None:
    """Return the layer, or the activation of a `Dense`, that the outputs come from; None if that is linear."""
    for layer in reversed(layers):
        if isinstance(layer, PASSES):
            continue
        if isinstance(layer, Sequential):
            return output_activation(layer.layers)
        activation = layer.activation if isinstance(layer, Dense) else layer
        return None if isinstance(activation, Identity) else activation
    return None
