"""Layers: each one class, forward and backward side by side."""

from __future__ import annotations

from glassnet.layers.activations.base import Activation
from glassnet.layers.activations.by_name import ACTIVATIONS
from glassnet.layers.activations.custom import CustomActivation
from glassnet.layers.activations.elementwise import GELU, Identity, Mish, Sigmoid, SiLU, Softplus, Tanh
from glassnet.layers.activations.learnable import Parametric, PReLU
from glassnet.layers.activations.rectifiers import ELU, SELU, LeakyReLU, ReLU
from glassnet.layers.activations.softmax import Softmax
from glassnet.layers.base import Cache, Layer, ParamSpec, Step
from glassnet.layers.containers import (
    Concatenate,
    Residual,
    Sequential,
)
from glassnet.layers.dense import Dense
from glassnet.layers.dropout import Dropout, GaussianNoise
from glassnet.layers.normalization import BatchNorm, LayerNorm
from glassnet.layers.registry import LAYERS, make_layer
from glassnet.layers.shapes import Flatten, Reshape
from glassnet.layers.tables.batch_ensemble import Copies, EnsembleDense, EnsembleHead
from glassnet.layers.tables.columns import Embedding, Scale, Select
from glassnet.layers.tables.ntk_dense import NTKDense
from glassnet.layers.tables.numeric_embeddings import PeriodicEmbedding, PiecewiseLinearEmbedding

__all__ = [
    "ACTIVATIONS",
    "ELU",
    "GELU",
    "LAYERS",
    "SELU",
    "Activation",
    "BatchNorm",
    "Cache",
    "Concatenate",
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
    "make_layer",
]
