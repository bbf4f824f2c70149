"""Keras's counterparts of our layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from glassnet.errors import ConfigError
from glassnet.exports.naming import comment_text
from glassnet.exports.targets.keras_target.activations import layer_call, named
from glassnet.exports.targets.keras_target.classes import needed
from glassnet.exports.targets.keras_target.parts import Branches, Stack, Taken, Unit
from glassnet.layers import (
    BatchNorm,
    Calibration,
    Concatenate,
    Copies,
    Dense,
    Dropout,
    Embedding,
    EnsembleDense,
    EnsembleHead,
    Flatten,
    GaussianNoise,
    Layer,
    LayerNorm,
    NTKDense,
    Parametric,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    PReLU,
    Reshape,
    Residual,
    Scale,
    Select,
    Sequential,
)
from glassnet.layers.activations.base import Activation
from glassnet.layers.tree import name_layers
from glassnet.network import Network

__all__ = ["stacks_of"]

Arrays = dict[str, np.ndarray]


class _Place(NamedTuple):
    """Where a layer stands: the front of its name, the arguments of all layers, and which member is meant."""

    prefix: str
    options: str
    take: Taken

    def unit(self, name: str, call: str, arrays: Arrays | None = None, defines: dict[str, str] | None = None) -> Unit:
        """Return a layer of Keras; the call lacks the arguments that all have, and its end."""
        between = "" if call.endswith("(") else ", "
        return Unit(self.prefix + name, f"{call}{between}{self.options}", arrays or {}, defines or {})

    def frozen(self) -> _Place:
        """Return the same place for a layer that is not trained."""
        return self._replace(options=self.options + "trainable=False, ")


def stacks_of(network: Network) -> list[Stack]:
    """Return the layers of a network, whose outputs are its logits, for each member.

    Raises
    ------
    ConfigError
        A layer has no counterpart.
    """
    network._built("export")
    if network.members is None:
        return [_stack(network.layers, _Place("", "", getattr))]
    return [_stack(network.layers, _Place(f"member_{k}_", "", _of_member(k))) for k in range(network.members)]


def _of_member(k: int) -> Taken:
    return lambda layer, name: getattr(layer, name)[k]


def _stack(layers: Sequence[Layer], place: _Place) -> Stack:
    found: list[Any] = []
    for position, (name, layer) in enumerate(zip(name_layers(layers), layers, strict=True)):
        own = (
            place
            if layer.trainable or layer.sublayers()
            else place._replace(options=place.options + "trainable=False, ")
        )
        found += _units_of(layer, name, own)
        if isinstance(layer, EnsembleHead) and position + 1 < len(layers):
            found.append(own.unit(f"{name}_row", "layers.Flatten("))
    return tuple(found)


def _units_of(layer: Layer, name: str, place: _Place) -> list[Any]:
    known = next((_PRINTERS[kind] for kind in type(layer).__mro__ if kind in _PRINTERS), None)
    if known is None:
        must = "every layer must have one"
        fact = f"{comment_text(repr(layer))} has no counterpart in Keras"
        message = f"export: {fact}; {must}. Give an activation of your own a formula."
        raise ConfigError(message, expected=must, got=layer)
    return known(layer, name, place)


def _with_activation(layer: Any, unit: Unit, place: _Place) -> list[Any]:
    """Return a layer whose activation is an argument of it, or a layer of its own behind it."""
    activation = layer.activation
    alone = layer_call(activation)
    if alone is not None:
        return [unit, place._replace(prefix="").unit(f"{unit.name}_activation", alone)]
    found = named(activation)
    if found is None:
        return [unit]
    call = f"{unit.call}activation={found.argument}, "
    return [replace(unit, call=call, defines={**unit.defines, **found.defines})]


def _dense(layer: Any, name: str, place: _Place) -> list[Any]:
    arrays = {"kernel": place.take(layer, "W")}
    if layer.use_bias:
        arrays["bias"] = place.take(layer, "b")[0]
    call = f"layers.Dense({layer.units}" + ("" if layer.use_bias else ", use_bias=False")
    return _with_activation(layer, place.unit(name, call, arrays), place)


def _ntk_dense(layer: Any, name: str, place: _Place) -> list[Any]:
    W = place.take(layer, "W")
    scaled = (W.astype(np.float64) / math.sqrt(layer.in_shape[0])).astype(W.dtype)
    return [place.unit(name, f"layers.Dense({layer.units}", {"kernel": scaled, "bias": place.take(layer, "b")[0]})]


def _activation(layer: Any, name: str, place: _Place) -> list[Any]:
    alone = layer_call(layer)
    if alone is not None:
        return [place.unit(name, alone)]
    found = named(layer)
    if found is None:
        return [place.unit(name, "layers.Identity(")]
    return [place.unit(name, f"layers.Activation({found.argument}", None, found.defines)]


def _batch_norm(layer: Any, name: str, place: _Place) -> list[Any]:
    arrays = {
        "gamma": place.take(layer, "gamma")[0],
        "beta": place.take(layer, "beta")[0],
        "moving_mean": place.take(layer, "running_mean")[0],
        "moving_variance": place.take(layer, "running_var")[0],
    }
    call = f"layers.BatchNormalization(momentum={layer.momentum!r}, epsilon={layer.eps!r}"
    return [place.unit(name, call, arrays)]


def _layer_norm(layer: Any, name: str, place: _Place) -> list[Any]:
    arrays = {"gamma": place.take(layer, "gamma").reshape(-1), "beta": place.take(layer, "beta").reshape(-1)}
    return [place.unit(name, f"layers.LayerNormalization(axis=-1, epsilon={layer.eps!r}", arrays)]


def _prelu(layer: Any, name: str, place: _Place) -> list[Any]:
    axes = list(range(1, len(layer.in_shape) + 1))
    call = "layers.PReLU(" + (f"shared_axes={axes}" if layer.shared else "")
    return [place.unit(name, call, {"alpha": place.take(layer, "slope")[0]})]


def _parametric(layer: Any, name: str, place: _Place) -> list[Any]:
    found = named(layer.activation)
    argument, defines = ('"linear"', {}) if found is None else found
    arrays = {"alpha": place.take(layer, "alpha")[0]}
    return [place.unit(name, f"Parametric({argument}", arrays, {**defines, **needed("Parametric")})]


def _own(kind: str, arguments: str, name: str, place: _Place, arrays: Arrays | None = None) -> list[Any]:
    """Return a layer of a class that the file defines."""
    return [place.unit(name, f"{kind}({arguments}", arrays, needed(kind))]


def _periodic(layer: Any, name: str, place: _Place) -> list[Any]:
    arrays = {
        "frequency": place.take(layer, "c")[..., 0],
        "phase": place.take(layer, "a")[..., 0],
        "kernel": place.take(layer, "V"),
        "bias": place.take(layer, "e")[..., 0],
    }
    return _own("PeriodicEmbedding", f"{layer.n_frequencies}, {layer.dim}", name, place, arrays)


def _piecewise(layer: Any, name: str, place: _Place) -> list[Any]:
    V = place.take(layer, "V")
    arrays = {"linear": place.take(layer, "w")[..., 0], "bias": place.take(layer, "b")[..., 0], "kernel": V}
    pieces = zip(("start", "slope", "low", "high"), layer._pieces(V.dtype), strict=True)
    arrays |= {key: array[..., 0] for key, array in pieces}
    return _own("PiecewiseLinearEmbedding", f"{V.shape[1]}, {layer.dim}", name, place, arrays)


def _ensemble_dense(layer: Any, name: str, place: _Place) -> list[Any]:
    arrays = {"kernel": place.take(layer, "W")}
    if layer._has_r:
        arrays["in_factor"] = place.take(layer, "r")[0]
    if layer.adapters:
        arrays["out_factor"] = place.take(layer, "s")[0]
    arrays["bias"] = place.take(layer, "b")[0]
    call = f"EnsembleDense({layer.units}"
    call += "" if layer.adapters else ", adapters=False"
    call += "" if layer.scales_inputs or not layer.adapters else ", scales_inputs=False"
    return _with_activation(layer, place.unit(name, call, arrays, needed("EnsembleDense")), place)


def _ensemble_head(layer: Any, name: str, place: _Place) -> list[Any]:
    arrays = {"kernel": place.take(layer, "W"), "bias": place.take(layer, "b")[:, 0]}
    return _own("EnsembleHead", f"{layer.units}", name, place, arrays)


def _calibration(layer: Any, name: str, place: _Place) -> list[Any]:
    arrays = {key: place.take(layer, key)[0] for key in ("scale", "shift")}
    return _own("Calibration", "", name, place, arrays)


def _residual(layer: Any, name: str, place: _Place) -> list[Any]:
    inner = place._replace(prefix=f"{place.prefix}{name}_")
    around: Stack = (
        () if layer.shortcut is None else _stack([layer.shortcut], inner._replace(prefix=inner.prefix + "shortcut_"))
    )
    inside = _stack(layer.layers, inner)
    return [Branches(place.prefix + name, f"layers.Add({place.options}", (around, inside))]


def _concatenate(layer: Any, name: str, place: _Place) -> list[Any]:
    branches = []
    for i, branch in enumerate(layer.branches):
        inner = place._replace(prefix=f"{place.prefix}{name}_branch_{i + 1}_")
        branches.append(_stack(branch.layers if isinstance(branch, Sequential) else [branch], inner))
    if len(branches) == 1:
        return list(branches[0])
    return [Branches(place.prefix + name, f"layers.Concatenate(axis=-1, {place.options}", tuple(branches))]


_PRINTERS: dict[type[Layer], Callable[[Any, str, _Place], list[Any]]] = {
    Activation: _activation,
    BatchNorm: _batch_norm,
    Calibration: _calibration,
    Concatenate: _concatenate,
    Copies: lambda layer, name, place: _own(
        "Copies", f"{layer.copies}", name, place, {"factor": place.take(layer, "r")[0]}
    ),
    Dense: _dense,
    Dropout: lambda layer, name, place: [place.unit(name, f"layers.Dropout({float(layer.rate)!r}")],
    Embedding: lambda layer, name, place: [
        place.unit(name, f"layers.Embedding({layer.n_categories}, {layer.dim}", {"embeddings": place.take(layer, "W")})
    ],
    EnsembleDense: _ensemble_dense,
    EnsembleHead: _ensemble_head,
    Flatten: lambda layer, name, place: [place.unit(name, "layers.Flatten(")],
    GaussianNoise: lambda layer, name, place: [place.unit(name, f"layers.GaussianNoise({float(layer.std)!r}")],
    LayerNorm: _layer_norm,
    NTKDense: _ntk_dense,
    Parametric: _parametric,
    PeriodicEmbedding: _periodic,
    PiecewiseLinearEmbedding: _piecewise,
    PReLU: _prelu,
    Reshape: lambda layer, name, place: [place.unit(name, f"layers.Reshape({layer.out_shape}")],
    Residual: _residual,
    Scale: lambda layer, name, place: _own("Scale", "", name, place, {"scale": place.take(layer, "s")[0]}),
    Select: lambda layer, name, place: _own("Select", repr(layer._places.tolist()), name, place),
    Sequential: lambda layer, name, place: list(_stack(layer.layers, place._replace(prefix=f"{place.prefix}{name}_"))),
}
