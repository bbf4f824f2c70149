"""PyTorch's counterparts of our layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.errors import ConfigError
from glassnet.exports.naming import comment_text
from glassnet.exports.targets.torch_target.activations import activation_part
from glassnet.exports.targets.torch_target.classes import needed
from glassnet.exports.targets.torch_target.parts import Part, Taken
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

__all__ = ["module_of"]

Parts = list[Part]


def module_of(network: Network) -> Part:
    """Return the module of a network, whose outputs are its logits.

    Raises
    ------
    ConfigError
        A layer has no counterpart.
    """
    network._built("export")
    if network.members is None:
        return _sequence(network.layers, getattr)
    members = {str(k): _sequence(network.layers, _of_member(k)) for k in range(network.members)}
    return Part("Members", inside=members, needs=needed("Members"))


def _of_member(k: int) -> Taken:
    return lambda layer, name: getattr(layer, name)[k]


def _sequence(layers: Sequence[Layer], take: Taken) -> Part:
    parts: Parts = []
    for position, (name, layer) in enumerate(zip(name_layers(layers), layers, strict=True)):
        found = _parts_of(layer, take)
        if isinstance(layer, EnsembleHead) and position + 1 < len(layers):
            found.append(Part("nn.Flatten()"))
        if not layer.trainable:
            found = [part.frozen() for part in found]
        parts += [replace(found[0], note=name), *found[1:]]
    return Part("nn.Sequential", inside={str(i): part for i, part in enumerate(parts)})


def _parts_of(layer: Layer, take: Taken) -> Parts:
    known = next((_PRINTERS[kind] for kind in type(layer).__mro__ if kind in _PRINTERS), None)
    if known is None:
        must = "every layer must have one"
        fact = f"{comment_text(repr(layer))} has no counterpart in PyTorch"
        message = f"export: {fact}; {must}. Give an activation of your own a formula."
        raise ConfigError(message, expected=must, got=layer)
    return known(layer, take)


def _dense(layer: Any, take: Taken) -> Parts:
    arrays = {"weight": take(layer, "W").T}
    if layer.use_bias:
        arrays["bias"] = take(layer, "b")[0]
    bias = "" if layer.use_bias else ", bias=False"
    linear = Part(f"nn.Linear({layer.in_shape[0]}, {layer.units}{bias})", arrays)
    return [linear, *activation_part(layer.activation)]


def _ntk_dense(layer: Any, take: Taken) -> Parts:
    d_in, W, b = layer.in_shape[0], take(layer, "W"), take(layer, "b")[0]
    scaled = (W.T.astype(np.float64) / math.sqrt(d_in)).astype(W.dtype)
    arrays, origins = {"weight": scaled, "bias": b}, {"weight": W.T, "bias": b}
    return [Part(f"nn.Linear({d_in}, {layer.units})", arrays, origins=origins, factors={"weight": math.sqrt(d_in)})]


def _batch_norm(layer: Any, take: Taken) -> Parts:
    arrays = {
        "weight": take(layer, "gamma")[0],
        "bias": take(layer, "beta")[0],
        "running_mean": take(layer, "running_mean")[0],
        "running_var": take(layer, "running_var")[0],
        "num_batches_tracked": np.zeros((), dtype=np.int64),
    }
    # PyTorch's momentum is the weight of the new value, ours that of the old one.
    return [Part(f"nn.BatchNorm1d({layer.in_shape[0]}, eps={layer.eps!r}, momentum={_rest(layer.momentum)})", arrays)]


def _rest(momentum: float) -> str:
    return repr(round(1.0 - momentum, 12))


def _layer_norm(layer: Any, take: Taken) -> Parts:
    arrays = {"weight": take(layer, "gamma").reshape(-1), "bias": take(layer, "beta").reshape(-1)}
    return [Part(f"nn.LayerNorm({layer.in_shape[-1]}, eps={layer.eps!r})", arrays)]


def _prelu(layer: Any, take: Taken) -> Parts:
    slope = take(layer, "slope")
    if layer.shared or len(layer.in_shape) == 1:
        return [Part(f"nn.PReLU({slope.size})", {"weight": slope.reshape(-1)})]
    shape = ", ".join(map(str, layer.in_shape))
    return [Part(f"UnitPReLU({shape})", {"weight": slope[0]}, needs=needed("UnitPReLU"))]


def _parametric(layer: Any, take: Taken) -> Parts:
    inner = activation_part(layer.activation) or [Part("nn.Identity()")]
    text = f"Parametric({inner[0].text}, {', '.join(map(str, layer.in_shape))})"
    needs = {**needed("Parametric"), **inner[0].needs}
    return [Part(text, {"alpha": take(layer, "alpha")[0]}, needs=needs)]


def _own(name: str, arguments: str, arrays: dict[str, np.ndarray] | None = None) -> Parts:
    """Return a module of a class that the file defines."""
    return [Part(f"{name}({arguments})", arrays or {}, needs=needed(name))]


def _scale(layer: Any, take: Taken) -> Parts:
    return _own("Scale", ", ".join(map(str, layer.in_shape)), {"weight": take(layer, "s")[0]})


def _calibration(layer: Any, take: Taken) -> Parts:
    arrays = {name: take(layer, name)[0] for name in ("scale", "shift")}
    return _own("Calibration", ", ".join(map(str, layer.in_shape)), arrays)


def _select(layer: Any, take: Taken) -> Parts:
    return _own("Select", repr(layer._places.tolist()))


def _embedding(layer: Any, take: Taken) -> Parts:
    return _own("CodeEmbedding", f"{layer.n_categories}, {layer.dim}", {"weight": take(layer, "W")})


def _periodic(layer: Any, take: Taken) -> Parts:
    arrays = {
        "frequency": take(layer, "c")[..., 0],
        "phase": take(layer, "a")[..., 0],
        "weight": take(layer, "V"),
        "bias": take(layer, "e")[..., 0],
    }
    return _own("PeriodicEmbedding", f"{layer.in_shape[0]}, {layer.n_frequencies}, {layer.dim}", arrays)


def _piecewise(layer: Any, take: Taken) -> Parts:
    V = take(layer, "V")
    arrays = {"linear": take(layer, "w")[..., 0], "bias": take(layer, "b")[..., 0], "weight": V}
    pieces = zip(("start", "slope", "low", "high"), layer._pieces(V.dtype), strict=True)
    buffers = {name: array[..., 0] for name, array in pieces}
    (part,) = _own("PiecewiseLinearEmbedding", f"{V.shape[0]}, {V.shape[1]}, {layer.dim}", {**arrays, **buffers})
    return [replace(part, factors=dict.fromkeys(buffers))]


def _copies(layer: Any, take: Taken) -> Parts:
    return _own("Copies", f"{layer.copies}, {layer.in_shape[0]}", {"weight": take(layer, "r")[0]})


def _ensemble_dense(layer: Any, take: Taken) -> Parts:
    arrays = {"weight": take(layer, "W").T}
    if layer._has_r:
        arrays["in_factor"] = take(layer, "r")[0]
    if layer.adapters:
        arrays["out_factor"] = take(layer, "s")[0]
    arrays["bias"] = take(layer, "b")[0]
    k, d_in = layer.in_shape
    flags = "" if layer.adapters else ", adapters=False"
    flags += "" if layer.scales_inputs or not layer.adapters else ", scales_inputs=False"
    linear = _own("EnsembleLinear", f"{k}, {d_in}, {layer.units}{flags}", arrays)
    return [*linear, *activation_part(layer.activation)]


def _ensemble_head(layer: Any, take: Taken) -> Parts:
    k, d_in = layer.in_shape
    arrays = {"weight": take(layer, "W"), "bias": take(layer, "b")[:, 0]}
    return _own("EnsembleHead", f"{k}, {d_in}, {layer.units}", arrays)


def _residual(layer: Any, take: Taken) -> Parts:
    inside = {"inside": _sequence(layer.layers, take)}
    if layer.shortcut is not None:
        inside["shortcut"] = _sequence([layer.shortcut], take)
    return [Part("Residual", inside=inside, needs=needed("Residual"))]


def _concatenate(layer: Any, take: Taken) -> Parts:
    branches = [
        _sequence(branch.layers if isinstance(branch, Sequential) else [branch], take) for branch in layer.branches
    ]
    inside = {str(i): branch for i, branch in enumerate(branches)}
    return [Part("Concatenate", inside=inside, needs=needed("Concatenate"))]


_PRINTERS: dict[type[Layer], Callable[[Any, Taken], Parts]] = {
    Activation: lambda layer, take: activation_part(layer) or [Part("nn.Identity()")],
    BatchNorm: _batch_norm,
    Calibration: _calibration,
    Concatenate: _concatenate,
    Copies: _copies,
    Dense: _dense,
    Dropout: lambda layer, take: [Part(f"nn.Dropout({float(layer.rate)!r})")],
    Embedding: _embedding,
    EnsembleDense: _ensemble_dense,
    EnsembleHead: _ensemble_head,
    Flatten: lambda layer, take: [Part("nn.Flatten()")],
    GaussianNoise: lambda layer, take: _own("GaussianNoise", repr(float(layer.std))),
    LayerNorm: _layer_norm,
    NTKDense: _ntk_dense,
    Parametric: _parametric,
    PeriodicEmbedding: _periodic,
    PiecewiseLinearEmbedding: _piecewise,
    PReLU: _prelu,
    Reshape: lambda layer, take: _own("Reshape", ", ".join(map(str, layer.out_shape))),
    Residual: _residual,
    Scale: _scale,
    Select: _select,
    Sequential: lambda layer, take: [_sequence(layer.layers, take)],
}
