"""Layers: each one class, forward and backward side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glassnet.layers import registry as _registry
from glassnet.layers.activations.base import Activation
from glassnet.layers.activations.by_name import ACTIVATIONS
from glassnet.layers.base import Cache, Layer, ParamSpec, Step
from glassnet.layers.registry import *  # noqa: F403  # all built-in layers
from glassnet.layers.registry import LAYERS, make_layer
from glassnet.utils.keywords import unknown_name

__all__ = ["ACTIVATIONS", "LAYERS", "Activation", "Cache", "Layer", "ParamSpec", "Step", "make_layer"]
__all__ += _registry.__all__


if not TYPE_CHECKING:  # a checker would take every name for one that exists

    def __getattr__(name: str) -> Any:
        raise unknown_name(__name__, name, __all__)
