"""Keras's counterparts of our activations, every constant written down."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

from glassnet.exports.naming import identifier
from glassnet.exports.targets.layered.own_activations import Tensors, own_activation
from glassnet.layers import (
    ELU,
    GELU,
    SELU,
    Identity,
    LeakyReLU,
    Mish,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from glassnet.layers.activations.base import Activation

__all__ = ["Named", "layer_call", "named"]

_NAMES: dict[type[Activation], str] = {
    Mish: "mish",
    ReLU: "relu",
    SELU: "selu",
    SiLU: "silu",
    Sigmoid: "sigmoid",
    Softmax: "softmax",
    Softplus: "softplus",
    Tanh: "tanh",
}


class Named(NamedTuple):
    """How an activation is passed to a layer: a name in quotes, or that of a function, and the text of the function."""

    argument: str
    defines: dict[str, str]


class KerasFormula(Tensors):
    """Prints formulas as Python that works on the tensors of any backend."""

    choice = "ops.where({}, {}, {})"
    functions: ClassVar[dict[str, str]] = {
        **{
            name: f"ops.{name}({{}})"
            for name in (
                "abs",
                "cos",
                "exp",
                "expm1",
                "log",
                "log1p",
                "sigmoid",
                "sign",
                "sin",
                "softplus",
                "sqrt",
                "tanh",
            )
        },
        "tanh": "ops.tanh({})",
        "max": "ops.maximum({})",
        "min": "ops.minimum({})",
    }


def layer_call(activation: Activation) -> str | None:
    """Return the layer of Keras that is this activation, with its constants; None if there is none."""
    if isinstance(activation, LeakyReLU):
        return f"layers.LeakyReLU(negative_slope={activation.slope!r}"
    if type(activation) is ELU:
        return f"layers.ELU(alpha={activation.alpha!r}"
    return None


def named(activation: Activation) -> Named | None:
    """Return how an activation is passed on; None for the identity."""
    if isinstance(activation, Identity):
        return None
    known = _NAMES.get(type(activation))
    if known is not None:
        return Named(f'"{known}"', {})
    name, text = _function(activation)
    return Named(name, {name: text})


def _function(activation: Any) -> tuple[str, str]:
    """Return the name and the text of a function that the file defines."""
    if isinstance(activation, GELU):
        return "gelu_tanh", _text("gelu_tanh", "Return GELU in its tanh form.", "ops.gelu(z, approximate=True)")
    if isinstance(activation, LeakyReLU):
        name = f"leaky_relu_{identifier(repr(activation.slope)).removeprefix('v')}"
        return name, _text(
            name, "Return z, or slope * z where it is negative.", f"ops.leaky_relu(z, {activation.slope!r})"
        )
    if type(activation) is ELU:
        name = f"elu_{identifier(repr(activation.alpha)).removeprefix('v')}"
        return name, _text(name, "Return the exponential linear unit.", f"ops.elu(z, {activation.alpha!r})")
    name, about, expression = own_activation(activation, KerasFormula)
    return name, _text(name, about, expression)


def _text(name: str, words: str, expression: str) -> str:
    return f'''@keras.saving.register_keras_serializable("glassnet")
def {name}(z):
    """{words}"""
    return {expression}'''
