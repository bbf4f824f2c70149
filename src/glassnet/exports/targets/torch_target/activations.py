"""PyTorch's counterparts of our activations, every constant written down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from glassnet.errors import ConfigError
from glassnet.exports.naming import identifier
from glassnet.exports.targets.torch_target.parts import Part
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
from glassnet.utils.formula import Python

__all__ = ["TorchFormula", "activation_part"]

# exp(-40) is lost beside 40 in double precision; PyTorch's own threshold of 20 is not exact there.
_SOFTPLUS = "nn.Softplus(threshold=40.0)"
_KNOWN: dict[type[Activation], Callable[[Any], str]] = {
    ELU: lambda layer: f"nn.ELU({layer.alpha!r})",
    GELU: lambda layer: 'nn.GELU(approximate="tanh")',
    LeakyReLU: lambda layer: f"nn.LeakyReLU({layer.slope!r})",
    Mish: lambda layer: "nn.Mish()",
    ReLU: lambda layer: "nn.ReLU()",
    SELU: lambda layer: "nn.SELU()",
    SiLU: lambda layer: "nn.SiLU()",
    Sigmoid: lambda layer: "nn.Sigmoid()",
    Softmax: lambda layer: "nn.Softmax(dim=-1)",
    Softplus: lambda layer: _SOFTPLUS,
    Tanh: lambda layer: "nn.Tanh()",
}


def activation_part(activation: Activation) -> list[Part]:
    """Return the module of an activation; none for the identity."""
    if isinstance(activation, Identity):
        return []
    known = _KNOWN.get(type(activation))
    if known is not None:
        return [Part(known(activation))]
    if activation.formula is None:
        must = "every activation must have a counterpart in PyTorch, or a formula"
        message = f"export: {must}, got {activation!r}. Give an activation of your own a formula."
        raise ConfigError(message, expected=must, got=activation)
    name = _class_name(activation)
    return [Part(f"{name}()", needs={name: _class_text(name, activation)})]


class TorchFormula(Python):
    """Prints formulas as Python that works on tensors."""

    choice = "torch.where({}, {}, {})"
    functions: ClassVar[dict[str, str]] = {
        **{
            name: f"torch.{name}({{}})"
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
                "sqrt",
                "tanh",
                "where",
            )
        },
        "max": "torch.clamp_min({})",
        "min": "torch.clamp_max({})",
        "softplus": "nn.functional.softplus({}, threshold=40.0)",
    }


def _class_name(activation: Activation) -> str:
    """Return the name of the class that stands for an activation of the user's own."""
    return "".join(word.capitalize() for word in identifier(type(activation).__name__).split("_"))


def _class_text(name: str, activation: Activation) -> str:
    formula = activation.formula
    assert formula is not None
    expression = TorchFormula({"Z": "z", **formula.constants(activation)}).text(formula.value)
    return f'''class {name}(nn.Module):
    """An activation made by whoever trained the network."""

    def forward(self, z):
        return {expression}'''
