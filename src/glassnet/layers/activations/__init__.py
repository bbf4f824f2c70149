"""Activations, each one class: the function, and its derivative as the backward pass uses it."""

from __future__ import annotations

from glassnet.layers.activations.base import Activation
from glassnet.layers.activations.elementwise import GELU, Identity, Mish, Sigmoid, SiLU, Softplus, Tanh
from glassnet.layers.activations.rectifiers import ELU, SELU, LeakyReLU, ReLU
from glassnet.utils.formula import Formula

__all__ = [
    "ELU", "GELU", "SELU", "Activation", "Formula", "Identity", "LeakyReLU", "Mish", "ReLU", "SiLU", "Sigmoid",
    "Softplus", "Tanh",
]  # fmt: skip
