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
    "SiLU",
    "Sigmoid",
    "Softplus",
    "Step",
    "Tanh",
]

LAYERS: dict[str, type[Layer]] = {
    layer.__name__: layer for layer in (Dense, Flatten, Dropout, BatchNorm, LayerNorm, *ACTIVATIONS.values())
}
"""The layers that a model file may name."""
