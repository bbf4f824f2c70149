"""The steps of each layer of a network, by its class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from glassnet.errors import ConfigError
from glassnet.exports.lowering.builder import Builder
from glassnet.exports.plan import Value
from glassnet.layers import Dense, Dropout, Flatten, GaussianNoise, Layer
from glassnet.layers.activations.base import Activation

__all__ = ["lower_layer"]


def lower_layer(builder: Builder, layer: Layer, x: Value, members: int) -> Value:
    """Append the steps of one layer and return its output.

    Every value has a leading axis: of ``members``, or of 1 where all of them are still the same.
    """
    known = next((LOWERINGS[kind] for kind in type(layer).__mro__ if kind in LOWERINGS), None)
    if known is None:
        must = "every layer must have an exported form"
        message = f"export: {must}, got {layer!r}. Give an activation of your own a formula, or use a built-in layer."
        raise ConfigError(message, expected=must, got=layer)
    return known(builder, layer, x, members)


def _dense(builder: Builder, layer: Any, x: Value, members: int) -> Value:
    z = builder.affine(x, layer.W, layer.b if layer.use_bias else None, members)
    z = Value(z.name, (members, layer.units))
    return lower_layer(builder, layer.activation, z, members)


def _activation(builder: Builder, layer: Any, x: Value, members: int) -> Value:
    if layer.formula is None:
        message = f"export: {layer!r} must carry a formula, got none."
        raise ConfigError(message)
    if layer.formula.value == "Z":
        return x
    return builder.map(x, layer.formula.value, layer.formula.constants(layer))


def _nothing(builder: Builder, layer: Layer, x: Value, members: int) -> Value:
    return x


def _flatten(builder: Builder, layer: Layer, x: Value, members: int) -> Value:
    return Value(x.name, (x.shape[0], *layer.out_shape))


LOWERINGS: dict[type[Layer], Callable[[Builder, Any, Value, int], Value]] = {
    Dense: _dense,
    Activation: _activation,
    Dropout: _nothing,
    GaussianNoise: _nothing,
    Flatten: _flatten,
}
"""How each class of layers is lowered; a subclass is lowered like its base."""
