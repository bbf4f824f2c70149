"""The built-in layers: a new one is imported and named here, and is then in `glassnet` and in files.

Layers are also made here from their descriptions in files.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from glassnet.errors import ConfigError
from glassnet.layers.activations.custom import CustomActivation
from glassnet.layers.activations.elementwise import GELU, Identity, Mish, Sigmoid, SiLU, Softplus, Tanh
from glassnet.layers.activations.learnable import Parametric, PReLU
from glassnet.layers.activations.rectifiers import ELU, SELU, LeakyReLU, ReLU
from glassnet.layers.activations.softmax import Softmax
from glassnet.layers.base import Layer
from glassnet.layers.containers import Concatenate, Residual, Sequential
from glassnet.layers.dense import Dense
from glassnet.layers.dropout import Dropout, GaussianNoise
from glassnet.layers.normalization import BatchNorm, LayerNorm
from glassnet.layers.shapes import Flatten, Reshape
from glassnet.layers.tables.batch_ensemble import Copies, EnsembleDense, EnsembleHead
from glassnet.layers.tables.calibration import Calibration
from glassnet.layers.tables.columns import Embedding, Scale, Select
from glassnet.layers.tables.ntk_dense import NTKDense
from glassnet.layers.tables.numeric_embeddings import PeriodicEmbedding, PiecewiseLinearEmbedding
from glassnet.utils.checks import check_class

__all__ = [
    "ELU", "GELU", "SELU", "BatchNorm", "Calibration", "Concatenate", "Copies", "CustomActivation", "Dense", "Dropout",
    "Embedding", "EnsembleDense", "EnsembleHead", "Flatten", "GaussianNoise", "Identity", "LayerNorm", "LeakyReLU",
    "Mish", "NTKDense", "PReLU", "Parametric", "PeriodicEmbedding", "PiecewiseLinearEmbedding", "ReLU", "Reshape",
    "Residual", "Scale", "Select", "Sequential", "SiLU", "Sigmoid", "Softmax", "Softplus", "Tanh",
]  # fmt: skip

LAYERS: dict[str, type[Layer]] = {name: globals()[name] for name in __all__}
"""The layers that a model file may name."""


def make_layer(entry: Mapping[str, Any], known: Mapping[str, Any] | None = None) -> Layer:
    """Return the layer that `Layer.entry` described, ``{"class": "Dense", "units": 8, ...}``, and all layers inside it.

    ``known`` are the classes that it may name, and layers of the user's own by their names, which are copied; by
    default the classes of this package.
    """
    classes = LAYERS if known is None else known
    if not isinstance(entry, Mapping) or not isinstance(entry.get("tuning", {}), Mapping):
        message = f"layer: the description is {entry!r}; it must be a class and its arguments."
        raise ConfigError(message, got=entry)
    name = entry.get("name", "")
    own = classes.get(name) if isinstance(name, str) else None
    if isinstance(own, Layer) and type(own).__name__ == entry.get("class"):
        return copy.deepcopy(own).tuned(**entry.get("tuning", {}))
    arguments = {name: _made(value, classes) for name, value in entry.items() if name not in ("class", "tuning")}
    layer: Layer = check_class("layer", "class", entry.get("class"), classes)(**arguments)
    return layer.tuned(**entry.get("tuning", {}))


def _made(value: Any, known: Mapping[str, Any]) -> Any:
    """Return an argument in which descriptions of layers are replaced by layers."""
    if isinstance(value, dict) and "class" in value:
        return make_layer(value, known)
    return [_made(item, known) for item in value] if isinstance(value, list) else value
