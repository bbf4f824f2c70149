"""Activations by name, as in ``Dense(64, "relu")``, and the other forms that a layer accepts."""

from __future__ import annotations

import copy
from typing import Any

from glassnet.errors import ConfigError
from glassnet.layers.activations.base import Activation
from glassnet.layers.activations.custom import CustomActivation
from glassnet.layers.activations.elementwise import GELU, Identity, Mish, Sigmoid, SiLU, Softplus, Tanh
from glassnet.layers.activations.rectifiers import ELU, SELU, LeakyReLU, ReLU
from glassnet.layers.activations.softmax import Softmax
from glassnet.layers.base import Layer
from glassnet.utils.checks import check_choice, check_class

__all__ = ["ACTIVATIONS", "activation_config", "activation_name", "make_activation"]

ACTIVATIONS: dict[str, type[Activation]] = {
    "elu": ELU,
    "gelu": GELU,
    "identity": Identity,
    "leaky_relu": LeakyReLU,
    "mish": Mish,
    "relu": ReLU,
    "selu": SELU,
    "sigmoid": Sigmoid,
    "silu": SiLU,
    "softmax": Softmax,
    "softplus": Softplus,
    "tanh": Tanh,
}


def make_activation(where: str, value: Any) -> Activation:
    """Return a new activation, given a name, an object, which is copied, or a pair of functions.

    None is the identity; a dict is what `activation_config` returned.
    """
    if value is None:
        return Identity()
    if isinstance(value, dict):
        value = _described(where, value)
    if isinstance(value, (tuple, list)) and len(value) == 2 and all(map(callable, value)):
        return CustomActivation(*value)
    if isinstance(value, Activation):
        return copy.deepcopy(value)
    if isinstance(value, Layer) or callable(value):
        advice = "Put the layer behind this one." if isinstance(value, Layer) else "Pass (function, derivative)."
        if isinstance(value, type) and issubclass(value, Activation):
            advice = f"Write {value.__name__}()."
        must = "it must be a name, an activation or a pair of functions"
        message = f"{where}: activation is {value!r}; {must}. {advice}"
        raise ConfigError(message, got=value)
    advice = "A layer takes the number of its outputs alone: inputs are counted by themselves."
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return ACTIVATIONS[check_choice(where, "activation", value, ACTIVATIONS, advice if is_number else "")]()


def _described(where: str, entry: dict[str, Any]) -> Activation:
    """Return the activation of a class's name and arguments."""
    classes = {kind.__name__: kind for kind in (*ACTIVATIONS.values(), CustomActivation)}
    arguments = {name: value for name, value in entry.items() if name not in ("class", "tuning")}
    found: Activation = check_class(where, "activation", entry.get("class"), classes)(**arguments)
    return found.tuned(**entry.get("tuning", {}))


def activation_config(value: Any, activation: Activation) -> Any:
    """Return what `make_activation` was given, JSON-able."""
    return value if value is None or isinstance(value, str) else activation.entry()


def activation_name(activation: Activation) -> str:
    """Return the name that an activation of this class has; ``"identity"`` for one of the user's own."""
    return next((name for name, kind in ACTIVATIONS.items() if kind is type(activation)), "identity")
