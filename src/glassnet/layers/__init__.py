"""Layers: each one class, forward and backward side by side."""

from __future__ import annotations

from glassnet.layers.activations import (
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
from glassnet.layers.columns import Embedding, Scale, Select
from glassnet.layers.containers import (
    Chain,
    Concatenate,
    Container,
    Residual,
    Sequential,
    check_layer_list,
    check_raw_inputs,
    learns,
    leaves,
    make_layer,
    name_layers,
)
from glassnet.layers.copies import Copies, EnsembleDense, EnsembleHead
from glassnet.layers.custom import CustomActivation
from glassnet.layers.dense import Dense
from glassnet.layers.dropout import Dropout, GaussianNoise
from glassnet.layers.named import ACTIVATIONS
from glassnet.layers.normalization import BatchNorm, LayerNorm
from glassnet.layers.ntk import NTKDense
from glassnet.layers.numeric import PeriodicEmbedding, PiecewiseLinearEmbedding
from glassnet.layers.shapes import Flatten, Reshape
from glassnet.layers.slopes import Parametric, PReLU
from glassnet.layers.softmax import Softmax

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
    "Copies",
    "CustomActivation",
    "Dense",
    "Dropout",
    "Embedding",
    "EnsembleDense",
    "EnsembleHead",
    "Flatten",
    "GaussianNoise",
    "Identity",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Mish",
    "NTKDense",
    "PReLU",
    "ParamSpec",
    "Parametric",
    "PeriodicEmbedding",
    "PiecewiseLinearEmbedding",
    "ReLU",
    "Reshape",
    "Residual",
    "Scale",
    "Select",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Step",
    "Tanh",
    "check_layer_list",
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
        NTKDense,
        Copies,
        EnsembleDense,
        EnsembleHead,
        PeriodicEmbedding,
        PiecewiseLinearEmbedding,
        Flatten,
        Reshape,
        Select,
        Embedding,
        Scale,
        Dropout,
        GaussianNoise,
        PReLU,
        Parametric,
        CustomActivation,
        BatchNorm,
        LayerNorm,
        Sequential,
        Residual,
        Concatenate,
        *ACTIVATIONS.values(),
    )
}
"""The layers that a model file may name."""
