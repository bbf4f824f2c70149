"""The steps of each layer of a network, by its class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from glassnet.errors import ConfigError
from glassnet.exports.lowering.activations import activation_word, append_activation, append_parametric
from glassnet.exports.lowering.builder import Builder
from glassnet.exports.lowering.originals import built_in_class, overridden
from glassnet.exports.lowering.table_layers import TABLE_LOWERINGS, append_factors
from glassnet.exports.plan import Normalise, Value
from glassnet.layers import (
    BatchNorm,
    Concatenate,
    Dense,
    Dropout,
    EnsembleDense,
    Flatten,
    GaussianNoise,
    Identity,
    Layer,
    LayerNorm,
    Parametric,
    PReLU,
    Reshape,
    Residual,
    Sequential,
)
from glassnet.layers.activations.base import Activation

__all__ = ["LOWERINGS", "lower_layer"]

_DECIDING = (
    "forward", "apply", "make_cache", "make_work", "build", "bind", "param_specs", "stat_specs", "sublayers",
    "check_raw",
)  # fmt: skip


def lower_layer(builder: Builder, layer: Layer, x: Value, members: int) -> Value:
    """Append the steps of one layer and return its output.

    Every value has a leading axis: of ``members``, or of 1 where all of them are still the same.
    """
    base = built_in_class(type(layer), LOWERINGS)
    if base is None:
        must = "every layer must have one"
        fact = f"{layer!r} has no exported form"
        message = f"export: {fact}; {must}. Use a built-in layer, or give an activation of your own a formula."
        raise ConfigError(message, expected=must, got=layer)
    changed = "" if base is Activation else overridden(layer, base, _DECIDING)
    if changed:
        must = f"a subclass of {base.__name__} must compute what {base.__name__} does"
        message = f"export: {layer!r} has its own {changed}; {must}. Use {base.__name__} itself."
        raise ConfigError(message, expected=must, got=layer)
    with builder.within(activation_word(layer)):
        y = LOWERINGS[base](builder, layer, x, members)
    return Value(y.name, (y.shape[0], *layer.out_shape))


def _chain(builder: Builder, layers: Sequence[Layer], x: Value, members: int) -> Value:
    for layer in layers:
        x = lower_layer(builder, layer, x, members)
    return x


def _activated(builder: Builder, layer: Any, z: Value) -> Value:
    """Append the activation inside a layer, of its output z."""
    z = Value(z.name, (z.size // int(np.prod(layer.out_shape)), *layer.out_shape))
    return append_activation(builder, layer.activation, z, activation_word(layer.activation))


def _dense(builder: Builder, layer: Any, x: Value, members: int) -> Value:
    return _activated(builder, layer, builder.affine(x, layer.W, layer.b if layer.use_bias else None, members))


def _ensemble_dense(builder: Builder, layer: Any, x: Value, members: int) -> Value:
    k, units = layer.out_shape
    if layer.adapters and layer.scales_inputs:
        x = append_factors(builder, x, layer.r, part="scaled")
    if not layer.adapters:
        return _activated(builder, layer, builder.affine(x, layer.W, layer.b, members))
    z = builder.affine(x, layer.W, None, members, part="shared")
    vectors = {"scale": layer.s.reshape(-1, k, units), "shift": layer.b.reshape(-1, k, units)}
    z = builder.map(Value(z.name, (members, k, units)), "Z * scale + shift", vectors=vectors)
    return _activated(builder, layer, z)


def _nothing(builder: Builder, layer: Layer, x: Value, members: int) -> Value:
    return x


def _activation(builder: Builder, layer: Any, x: Value, members: int) -> Value:
    return append_activation(builder, layer, x)


def _prelu(builder: Builder, layer: Any, x: Value, members: int) -> Value:
    slope = without_rows(layer.slope, layer.in_shape)
    return builder.map(x, "max(Z, 0) + slope * min(Z, 0)", vectors={"slope": slope}, word="prelu")


def _parametric(builder: Builder, layer: Any, x: Value, members: int) -> Value:
    return append_parametric(builder, layer, x, without_rows(layer.alpha, layer.in_shape))


def _batch_norm(builder: Builder, layer: Any, x: Value, members: int) -> Value:
    names = {"mean": layer.running_mean, "var": layer.running_var, "gamma": layer.gamma, "shift": layer.beta}
    of = {name: without_rows(array, layer.in_shape).astype(np.float64) for name, array in names.items()}
    vectors = {"mean": of["mean"], "scale": of["gamma"] / np.sqrt(of["var"] + layer.eps), "shift": of["shift"]}
    return builder.map(x, "(Z - mean) * scale + shift", vectors=vectors)


def _layer_norm(builder: Builder, layer: Any, x: Value, members: int) -> Value:
    z = builder.add(Normalise, x.shape, x, layer.eps, part="normalised")
    gamma, beta = without_rows(layer.gamma, layer.in_shape), without_rows(layer.beta, layer.in_shape)
    return builder.map(z, "Z * scale + shift", vectors={"scale": gamma, "shift": beta})


def _sequential(builder: Builder, layer: Any, x: Value, members: int) -> Value:
    return _chain(builder, layer.layers, x, members)


def _residual(builder: Builder, layer: Any, x: Value, members: int) -> Value:
    inside = _chain(builder, layer.layers, x, members)
    around = x if layer.shortcut is None else lower_layer(builder, layer.shortcut, x, members)
    return builder.sum(around, inside)


def _concatenate(builder: Builder, layer: Any, x: Value, members: int) -> Value:
    return builder.join(*(lower_layer(builder, branch, x, members) for branch in layer.branches))


def without_rows(array: np.ndarray, in_shape: tuple[int, ...]) -> np.ndarray:
    """Return a parameter (K?, 1, ...), with an axis for the rows of a batch, as (K or 1, ...)."""
    axes = array.shape[-len(in_shape) :]
    return array.reshape(-1, *axes)


LOWERINGS: dict[type[Layer], Callable[[Builder, Any, Value, int], Value]] = {
    Activation: _activation,
    BatchNorm: _batch_norm,
    Concatenate: _concatenate,
    Dense: _dense,
    Dropout: _nothing,
    EnsembleDense: _ensemble_dense,
    Flatten: _nothing,
    GaussianNoise: _nothing,
    Identity: _nothing,
    LayerNorm: _layer_norm,
    PReLU: _prelu,
    Parametric: _parametric,
    Reshape: _nothing,
    Residual: _residual,
    Sequential: _sequential,
    **TABLE_LOWERINGS,
}
"""How each class of layers is lowered, and a subclass that leaves alone what decides its output."""
