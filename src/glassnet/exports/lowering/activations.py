"""The steps of activations: built-in ones, and those of the user's own that carry a formula."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from glassnet.errors import ConfigError
from glassnet.exports.lowering.builder import Builder
from glassnet.exports.plan import Softmax, Value
from glassnet.layers import LAYERS, Identity
from glassnet.layers import Softmax as SoftmaxLayer
from glassnet.layers.activations.base import Activation
from glassnet.utils.formula import Formula, Python, evaluate

__all__ = ["append_activation", "append_parametric", "expression_of"]

_BUILT_IN = frozenset(LAYERS.values())
_POINTS = np.linspace(-6.0, 6.0, 97) + 0.0123  # not at round numbers, where kinks often are
_TOLERANCE = 1e-9


def append_activation(builder: Builder, layer: Activation, x: Value, part: str = "") -> Value:
    """Append an activation of x; ``part`` says what it is within a layer."""
    if type(layer) is Identity:
        return x
    if type(layer) is SoftmaxLayer:
        return builder.add(Softmax, x.shape, x, part=part)
    expression, constants = expression_of(layer)
    return builder.map(x, expression, constants, part=part)


def append_parametric(builder: Builder, layer: Any, x: Value, share: np.ndarray) -> Value:
    """Append ``Z + share * (f(Z) - Z)``."""
    if type(layer.activation) is SoftmaxLayer:
        full = builder.add(Softmax, x.shape, x, part="softmax")
        activated = builder.map(full, "Z * scale", vectors={"scale": share}, part="activated")
        rest = builder.map(x, "Z * scale", vectors={"scale": 1.0 - share}, part="rest")
        return builder.sum(rest, activated)
    expression, constants = expression_of(layer.activation)
    name = "share" if "share" not in constants else "share_of_unit"
    return builder.map(x, f"Z + {name} * (({expression}) - Z)", constants, {name: share})


def expression_of(layer: Activation) -> tuple[str, dict[str, float]]:
    """Return an activation as an expression in Z that does not overflow, with its constants."""
    formula = layer.formula
    if formula is None:
        must = "every activation must have a formula"
        message = f"export: {must}, got none of {layer!r}. Give it one: formula=Formula('max(Z, 0)')."
        raise ConfigError(message, expected=must, got=layer)
    expression = Python(definitions=formula.definitions).text(_stable(formula))
    names = Formula(expression).names()
    constants = {name: number for name, number in formula.constants(layer).items() if name in names}
    if type(layer) not in _BUILT_IN:
        _check_formula(layer, expression, constants)
    return expression, constants


def _stable(formula: Formula) -> str:
    """Return the form of a formula that does not overflow."""
    return getattr(formula, "stable", "") or formula.value


def _check_formula(layer: Activation, expression: str, constants: dict[str, float]) -> None:
    """Refuse the formula of an activation of the user's own that is not what its code computes."""
    alone = copy.deepcopy(layer)
    alone.build((1,))
    with np.errstate(all="ignore"):
        computed = alone.passed(_POINTS[:, None], None)[:, 0]
        found = np.broadcast_to(evaluate(expression, Z=_POINTS, **constants), _POINTS.shape)
    off = np.abs(found - computed) > _TOLERANCE * np.maximum(1.0, np.abs(computed))
    if off.any():
        worst, must = int(off.argmax()), "the formula of an activation must be what its code computes"
        got = f"{found[worst]:.6g} instead of {computed[worst]:.6g} at Z = {_POINTS[worst]:.6g} of {layer!r}"
        message = f"export: {must}, got {got}. Give the class a formula of its own."
        raise ConfigError(message, expected=float(computed[worst]), got=float(found[worst]))
