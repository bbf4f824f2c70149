"""PyTorch's counterparts of our activations, every constant written down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from glassnet.exports.targets.layered.own_activations import Tensors, own_activation
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

__all__ = ["TorchFormula", "activation_part"]

# exp(-40) is lost beside 40 in double precision; PyTorch's own threshold of 20 is not exact there.
_SOFTPLUS = "nn.Softplus(threshold=40.0)"
_CLASS = '''class {name}(nn.Module):
    """{about}"""

    def forward(self, z):
        return {expression}'''
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
    word, about, expression = own_activation(activation, TorchFormula)
    name = "".join(part.capitalize() for part in word.split("_"))
    return [Part(f"{name}()", needs={name: _CLASS.format(name=name, about=about, expression=expression)})]


class TorchFormula(Tensors):
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
