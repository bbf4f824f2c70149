"""A network as columns to draw: inputs, layers and outputs, in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from glassnet.charts.boxes import Column
from glassnet.engine.base_network import BaseNetwork
from glassnet.layers import Activation, Layer
from glassnet.layers.activations.by_name import activation_name
from glassnet.layers.tree import every_layer
from glassnet.utils.short_text import count

__all__ = ["layer_words", "network_columns"]

# What belongs to the layer before it and has no box of its own.
_SMALL = ("Dropout", "GaussianNoise", "PReLU", "Parametric", "Flatten")


def network_columns(
    network: BaseNetwork, feature_names: Sequence[str] | None = None, class_names: Sequence[str] | None = None
) -> list[Column]:
    """Return what `glassnet.charts.boxes.network_chart` draws of a network: inputs, layers, outputs.

    Activations, dropout and the like are part of the layer before them. Nothing is computed.

    Parameters
    ----------
    network : BaseNetwork
        Built or not.
    feature_names, class_names : sequence of str, optional
        Names of inputs and outputs.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network([gn.Dense(8, "relu"), gn.Dropout(0.1), gn.Dense(3)], loss="cross_entropy", input_shape=(4,))
    >>> for column in network_columns(net, class_names=["a", "b", "c"]):
    ...     print(column.count, column.title, "|", column.subtitle or "-")
    4 inputs | -
    8 Dense 8, relu, dropout 0.1 | 40 parameters
    3 Dense 3 | 27 parameters
    3 outputs | softmax
    """
    columns = [_inputs(network, [str(name) for name in feature_names or ()])]
    for group in _grouped(network.layers):
        title = ", ".join(map(layer_words, group))
        branches = _branches(group[0])
        if branches:
            words = "1 branch" if len(branches) == 1 else f"{len(branches)} branches side by side"
            title = ", ".join([words, *map(layer_words, group[1:])])
        columns.append(Column(title, _parameters(network, group), branches, _units(group)))
    columns.append(_outputs(network, [str(name) for name in class_names or ()]))
    return columns


def _inputs(network: BaseNetwork, names: list[str]) -> Column:
    """Return the column of inputs."""
    shape = network.input_shape
    size = len(names) if shape is None else math.prod(shape)
    words = "" if shape is None or len(shape) == 1 else " x ".join(map(str, shape))
    if len(names) == size or not names:
        return Column("inputs", words, tuple(names), size)
    # A table has fewer columns than the network has inputs: a category is several.
    return Column(count(len(names), "column"), count(size, "feature") if size else "", tuple(names), len(names))


def _outputs(network: BaseNetwork, names: list[str]) -> Column:
    """Return the column of outputs: what the loss makes of those of the last layer."""
    loss = network.loss
    size = _units(network.layers[-1:])
    size //= int(getattr(loss, "copies", 1) or 1)
    words = str(loss.includes or "").removeprefix("the ")
    if size == 1 and len(names) == 2:
        names = [names[1]]  # the one logit of two classes is that of the second
    return Column("outputs", words, tuple(names) if len(names) == size or not size else (), size or len(names))


def _grouped(layers: Sequence[Layer]) -> list[list[Layer]]:
    """Return layers with those that belong to them."""
    groups: list[list[Layer]] = []
    for layer in layers:
        small = isinstance(layer, Activation) or type(layer).__name__ in _SMALL
        if type(layer).__name__ == "Identity" and len(layers) > 1:
            continue
        if small and groups:
            groups[-1].append(layer)
        else:
            groups.append([layer])
    return groups


def _units(group: Sequence[Layer]) -> int:
    """Return how many numbers leave a group of layers, 0 if that is not known yet."""
    shape = _read(group[-1], "out_shape")
    if isinstance(shape, tuple) and shape:
        return math.prod(shape)
    return next((n for n in (_read(layer, "units") for layer in reversed(group)) if isinstance(n, int)), 0)


def _read(layer: Layer, name: str) -> Any:
    """Return an attribute of a layer, None where there is none: those of a user's layer may compute anything."""
    try:
        return getattr(layer, name, None)
    except Exception:
        return None


def _parameters(network: BaseNetwork, group: Sequence[Layer]) -> str:
    """Return how many parameters a group of layers has, and whether they are fixed."""
    if network._store is None:
        return ""
    inside = {id(layer) for layer in every_layer(group)}
    n = sum(slot.stop - slot.start for slot in network._slots if id(slot.layer) in inside)
    fixed = bool(n) and not any(slot.layer.trainable for slot in network._slots if id(slot.layer) in inside)
    return (count(n, "parameter") if n else "") + (", fixed" if fixed else "")


# ---- words of layers -----------------------------------------------------------------------------------------------


def layer_words(layer: Layer) -> str:
    """Return a layer in a few words; a layer of the user's own has the name of its class.

    Examples
    --------
    >>> import glassnet as gn
    >>> layer_words(gn.Dense(16, "relu")), layer_words(gn.Residual([gn.Dense(8), gn.Tanh(), gn.Dropout(0.5)]))
    ('Dense 16, relu', 'shortcut around Dense 8, tanh, dropout 0.5')
    """
    words = _WORDS.get(type(layer).__name__)
    try:
        if words is not None and type(layer).__module__.startswith("glassnet."):
            return words(layer)
        if isinstance(layer, Activation):
            return _activation(layer)
        units = _read(layer, "units")
        return type(layer).__name__ + (f" {units}" if isinstance(units, int) else "")
    except Exception:  # a subclass of the user's may lack or compute anything
        return type(layer).__name__


def _branches(layer: Layer) -> tuple[str, ...]:
    """Return the branches of a layer that has several side by side, in words."""
    if type(layer).__name__ != "Concatenate":
        return ()
    words = [layer_words(branch) for branch in layer.sublayers().values()]
    # A branch that only chooses columns passes them on.
    return tuple(word if "→" in word or "column" not in word else f"{word} as in the table" for word in words)


def _in_order(layers: Sequence[Layer]) -> str:
    """Return layers one after the other."""
    return " → ".join(", ".join(map(layer_words, group)) for group in _grouped(layers))


def _dense(layer: Any, name: str) -> str:
    """Return a dense layer with its activation."""
    is_linear = type(getattr(layer, "activation", None)).__name__ in ("Identity", "NoneType")
    return f"{name} {layer.units:,}" + ("" if is_linear else f", {_activation(layer.activation)}")


def _activation(activation: Any) -> str:
    """Return the name of an activation."""
    name = activation_name(activation)
    own = getattr(activation, "name", "")
    return name if name != "identity" else own if own and isinstance(own, str) else type(activation).__name__.lower()


def _concatenate(layer: Any) -> str:
    words = " | ".join(map(layer_words, layer.branches))
    return f"side by side: {words}" if len(layer.branches) > 1 else words


def _residual(layer: Any) -> str:
    around = "" if layer.shortcut is None else f" (by {layer_words(layer.shortcut)})"
    return f"shortcut around {_in_order(layer.layers)}{around}"


def _reshape(layer: Any) -> str:
    return "reshape to " + " x ".join("rest" if axis == -1 else str(axis) for axis in layer.shape)


_WORDS: dict[str, Callable[[Any], str]] = {
    "BatchNorm": lambda layer: "batch norm",
    "Calibration": lambda layer: "calibration of the answers",
    "Concatenate": _concatenate,
    "Copies": lambda layer: f"{layer.copies} copies of the row, each scaled",
    "Dense": lambda layer: _dense(layer, "Dense"),
    "Dropout": lambda layer: f"dropout {layer.rate:g}",
    "Embedding": lambda layer: f"embedding of {layer.n_categories:,} categories in {layer.dim} numbers",
    "EnsembleDense": lambda layer: _dense(layer, "EnsembleDense"),
    "EnsembleHead": lambda layer: f"EnsembleHead {layer.units:,}",
    "Flatten": lambda layer: "flatten",
    "GaussianNoise": lambda layer: f"noise {layer.std:g}",
    "Identity": lambda layer: "as they are",
    "LayerNorm": lambda layer: "layer norm",
    "NTKDense": lambda layer: _dense(layer, "NTKDense"),
    "PReLU": lambda layer: "prelu",
    "Parametric": lambda layer: f"{_activation(layer.activation)} (learned)",
    "PeriodicEmbedding": lambda layer: f"periodic embedding in {layer.dim} numbers",
    "PiecewiseLinearEmbedding": lambda layer: f"piecewise linear embedding in {layer.dim} numbers",
    "Reshape": _reshape,
    "Residual": _residual,
    "Scale": lambda layer: "scale of each column",
    "Select": lambda layer: count(len(layer.columns), "column"),
    "Sequential": lambda layer: _in_order(layer.layers),
}
