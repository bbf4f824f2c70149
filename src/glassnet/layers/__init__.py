"""Layers: each one class, forward and backward side by side."""

from __future__ import annotations

from glassnet.layers.activations import (
    ACTIVATIONS,
    ELU,
    GELU,
    SELU,
    Activation,
    Identity,
    LeakyReLU,
    Mish,
    ReLU,
    Sigmoid,
    SiLU,
    Softplus,
    Tanh,
)
from glassnet.layers.base import Cache, Layer, ParamSpec, Step
from glassnet.layers.containers import (
    Chain,
    Concatenate,
    Container,
    Residual,
    Sequential,
    check_raw_inputs,
    learns,
    leaves,
    make_layer,
    name_layers,
)
from glassnet.layers.dense import Dense, Flatten
from glassnet.layers.dropout import Dropout
from glassnet.layers.normalization import BatchNorm, LayerNorm

__all__ = [
    "ACTIVATIONS",
    "ELU",
    "GELU",
    "LAYERS",
    "SELU",
    "Activation",
    "BatchNorm",
    "Cache",
    "Chain",
    "Concatenate",
    "Container",
    "Dense",
    "Dropout",
    "Flatten",
    "Identity",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Mish",
    "ParamSpec",
    "ReLU",
    "Residual",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softplus",
    "Step",
    "Tanh",
    "check_raw_inputs",
    "learns",
    "leaves",
    "make_layer",
    "name_layers",
]

LAYERS: dict[str, type[Layer]] = {
    layer.__name__: layer
    for layer in (
        Dense,
        Flatten,
        Dropout,
        BatchNorm,
        LayerNorm,
        Sequential,
        Residual,
        Concatenate,
        *ACTIVATIONS.values(),
    )
}
"""The layers that a model file may name."""
