"""The steps of activations: built-in ones, and those of the user's own that carry a formula."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from glassnet.errors import ConfigError
from glassnet.exports.lowering.builder import Builder
from glassnet.exports.lowering.originals import overridden
from glassnet.exports.plan import Softmax, Value
from glassnet.layers import ACTIVATIONS, LAYERS, CustomActivation, Identity, Layer
from glassnet.layers import Softmax as SoftmaxLayer
from glassnet.layers.activations.base import Activation
from glassnet.layers.tree import name_layers
from glassnet.utils.formula import Formula, Python, evaluate, functions_in

__all__ = ["activation_word", "append_activation", "append_parametric", "expression_of"]

_BUILT_IN = frozenset(LAYERS.values()) - {CustomActivation}
_POINTS = np.linspace(-6.0, 6.0, 97) + 0.0123  # not at round numbers, where kinks often are
_TOLERANCE = 1e-9


def activation_word(layer: Layer) -> str:
    """Return what a layer is called in names, without a number: ``relu``, ``layer_norm``, or a name of its own."""
    if isinstance(layer, CustomActivation) and layer.name:
        return layer.name
    if type(layer) in ACTIVATIONS.values():
        return next(name for name, kind in ACTIVATIONS.items() if kind is type(layer))
    return name_layers([layer])[0].rsplit("_", 1)[0]


def append_activation(builder: Builder, layer: Activation, x: Value, part: str = "") -> Value:
    """Append an activation of x; ``part`` says what it is within a layer."""
    if type(layer) is Identity:
        return x
    if type(layer) is SoftmaxLayer:
        return builder.add(Softmax, x.shape, x, part=part)
    expression, constants = expression_of(layer)
    return builder.map(x, expression, constants, part=part, word=activation_word(layer))


def append_parametric(builder: Builder, layer: Any, x: Value, share: np.ndarray) -> Value:
    """Append ``Z + share * (f(Z) - Z)``."""
    if type(layer.activation) is SoftmaxLayer:
        full = builder.add(Softmax, x.shape, x, part="softmax")
        activated = builder.map(full, "Z * scale", vectors={"scale": share}, part="activated")
        rest = builder.map(x, "Z * scale", vectors={"scale": 1.0 - share}, part="rest")
        return builder.sum(rest, activated)
    expression, constants = expression_of(layer.activation)
    name = "share" if "share" not in constants else "share_of_unit"
    formula = Python(definitions={"_F": expression}).text(f"Z + {name} * (_F - Z)")
    return builder.map(x, formula, constants, {name: share}, word=f"parametric {activation_word(layer.activation)}")


def expression_of(layer: Activation) -> tuple[str, dict[str, float]]:
    """Return an activation as an expression in Z that does not overflow, with its constants."""
    formula = layer.formula
    if formula is None:
        must = "every activation must have a formula"
        message = f"export: {layer!r} has no formula; {must}. Give it one, as formula=gn.Formula('max(Z, 0)')."
        raise ConfigError(message, expected=must, got=layer)
    expression = Python(definitions=formula.definitions).text(formula.computed)
    names = Formula(expression).names() - functions_in(expression) - {"Z", "pi"}
    constants = {name: number for name, number in formula.constants(layer).items() if name in names}
    unknown = next(iter(sorted(names - set(constants))), None)
    if unknown is not None:
        must = "the names in a formula must be Z and numbers that are attributes of the activation"
        message = f"export: {unknown!r} in {expression!r} of {layer!r} is unknown; {must}."
        raise ConfigError(message, expected=must, got=unknown)
    if type(layer) not in _BUILT_IN or overridden(layer, type(layer), ("apply", "forward")):
        _check_formula(layer, expression, constants)
    return expression, constants


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
        got = f"{layer!r} computes {computed[worst]:.6g} at Z = {_POINTS[worst]:.6g} and its formula {found[worst]:.6g}"
        message = f"export: {got}; {must}. Give the class a formula of its own."
        raise ConfigError(message, expected=float(computed[worst]), got=float(found[worst]))
