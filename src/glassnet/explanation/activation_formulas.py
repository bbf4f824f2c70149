"""The activations as expressions: of one number forward, and of one gradient backward."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from glassnet.explanation.document import is_ours
from glassnet.layers import ELU, Layer, LeakyReLU

__all__ = ["ActivationFormula", "activation_formula"]


class ActivationFormula(NamedTuple):
    """The formula of an activation.

    Attributes
    ----------
    name : str
        Name of the function: ``"tanh"``.
    forward : str
        An expression in ``{z}``.
    backward : str
        An expression in ``{d}``, the incoming gradient, ``{z}``, ``{a}`` and the names of ``extra``.
    slope : str
        The derivative, with ``Z`` and ``A`` for the arrays.
    latex, latex_slope : str
        The same in LaTeX.
    extra : callable, optional
        Returns the other numbers in ``backward``, given z and a.
    """

    name: str
    forward: str
    backward: str
    slope: str
    latex: str
    latex_slope: str
    extra: Callable[[float, float], dict[str, float]] | None = None


def _sigmoid(z: float) -> float:
    return float((1.0 + np.tanh(z / 2.0)) / 2.0)


def _gelu(z: float, a: float) -> dict[str, float]:
    return {"t": math.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))}


def _mish(z: float, a: float) -> dict[str, float]:
    return {"t": math.tanh(math.log1p(math.exp(min(z, 30.0)))), "s": _sigmoid(z)}


_C = repr(math.sqrt(2 / math.pi))


def activation_formula(activation: Layer) -> ActivationFormula | None:
    """Return the formula of an activation; None for the user's own, and for one that mixes columns."""
    if not is_ours(activation):
        return None
    if isinstance(activation, LeakyReLU):
        slope = activation.slope
        return ActivationFormula(
            "leaky_relu",
            f"max({{z}}, {slope!r} * {{z}})",
            f"{{d}} * (1 if {{z}} > 0 else {slope!r})",
            f"1 where Z > 0, else {slope:g}",
            rf"\max(Z, {slope:g} Z)",
            rf"[Z > 0] + {slope:g}\,[Z \le 0]",
        )
    if type(activation) is ELU:
        alpha = activation.alpha
        return ActivationFormula(
            "elu",
            f"{{z}} if {{z}} > 0 else {alpha!r} * (exp({{z}}) - 1)",
            f"{{d}} * (1 if {{z}} > 0 else {{a}} + {alpha!r})",
            f"1 where Z > 0, else A + {alpha:g}",
            r"\mathrm{elu}(Z)",
            rf"[Z > 0] + (A + {alpha:g})\,[Z \le 0]",
        )
    return _FORMULAS.get(type(activation).__name__)


_FORMULAS = {
    "Sigmoid": ActivationFormula(
        "sigmoid", "1 / (1 + exp(-{z}))", "{d} * {a} * (1 - {a})", "A * (1 - A)", r"\sigma(Z)", r"A \odot (1 - A)"
    ),
    "Tanh": ActivationFormula("tanh", "tanh({z})", "{d} * (1 - {a}**2)", "1 - A**2", r"\tanh(Z)", "1 - A^2"),
    "ReLU": ActivationFormula("relu", "max({z}, 0)", "{d} * ({z} > 0)", "Z > 0", r"\max(Z, 0)", "[Z > 0]"),
    "GELU": ActivationFormula(
        "gelu",
        f"{{z}} * (1 + tanh({_C} * ({{z}} + 0.044715 * {{z}}**3))) / 2",
        f"{{d}} * ((1 + {{t}}) / 2 + {{z}} * (1 - {{t}}**2) * {_C} * (1 + 3 * 0.044715 * {{z}}**2) / 2)",
        "(1 + t) / 2 + Z * (1 - t**2) * c * (1 + 0.134145 * Z**2) / 2",
        r"\mathrm{gelu}(Z)",
        r"\mathrm{gelu}'(Z)",
        _gelu,
    ),
    "SiLU": ActivationFormula(
        "silu",
        "{z} / (1 + exp(-{z}))",
        "{d} * ({s} + {a} * (1 - {s}))",
        "s + A * (1 - s), s = sigmoid(Z)",
        r"Z \odot \sigma(Z)",
        r"\sigma(Z) + A \odot (1 - \sigma(Z))",
        lambda z, a: {"s": _sigmoid(z)},
    ),
    "Mish": ActivationFormula(
        "mish",
        "{z} * tanh(log(1 + exp({z})))",
        "{d} * ({t} + {z} * {s} * (1 - {t}**2))",
        "t + Z * s * (1 - t**2), t = tanh(softplus(Z)), s = sigmoid(Z)",
        r"Z \odot \tanh(\mathrm{softplus}(Z))",
        r"\mathrm{mish}'(Z)",
        _mish,
    ),
    "Softplus": ActivationFormula(
        "softplus", "log(1 + exp({z}))", "{d} * (1 - exp(-{a}))", "1 - exp(-A)", r"\log(1 + e^Z)", "1 - e^{-A}"
    ),
}
