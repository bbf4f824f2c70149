"""The layers as equations, forward and backward."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple, TypeGuard

import numpy as np

from glassnet.explanation.document import Equation
from glassnet.explanation.norm_formulas import norm_backward, norm_forward, norm_gradients
from glassnet.explanation.recording import Passage
from glassnet.explanation.symbols import latex_of
from glassnet.explanation.terms import Pattern, each, product, row_sum, worked
from glassnet.layers import BatchNorm, Calibration, Dense, Dropout, GaussianNoise, Layer, LayerNorm, Scale
from glassnet.layers.activations.base import Activation
from glassnet.layers.activations.by_name import ACTIVATIONS, activation_name
from glassnet.layers.activations.elementwise import Identity
from glassnet.utils.formula import formula_of, is_ours
from glassnet.utils.formula_text import Latex, Words

__all__ = ["Slopes", "backward_of", "forward_of"]

# Formulas of the other layers; {x} is the input, {n} the number of the layer.
_PLAIN = {
    "Copies": "{x} * factor{n}, once for each copy",
    "EnsembleDense": "activation({x} @ W{n} + b{n}), factors of each copy in front and behind where it has some",
    "EnsembleHead": "{x} @ W{n} + b{n}, each copy by its own, side by side",
    "Embedding": "rows of W{n} for the codes in {x}",
    "Flatten": "{x}, one row of numbers per sample",
    "NTKDense": "{x} @ W{n} / sqrt(d_in) + b{n}",
    "PReLU": "{x} where {x} > 0, else slope{n} * {x}",
    "Parametric": "{x} + alpha{n} * (f({x}) - {x}), f the activation",
    "PeriodicEmbedding": "cos(2 pi frequency{n} * {x} + phase{n}) @ W{n} + b{n} and {x} itself, for each column",
    "PiecewiseLinearEmbedding": "{x} * linear{n} + b{n} + shares @ W{n}, how far {x} is through each piece",
    "Reshape": "{x}, in another shape",
    "Select": "some columns of {x}",
    "Softmax": "exp({x}) / sum of exp({x}) over the row",
}


def forward_of(
    layer: Layer, passage: Passage, number: str, source: str, parameters: dict[str, np.ndarray]
) -> tuple[list[Equation], str]:
    """Return the equations of a layer that is no container of ours, and the symbol of its output.

    Parameters
    ----------
    layer : Layer
    passage : Passage
        Its arrays in the pass.
    number : str
        Number of the layer, for the symbols.
    source : str
        Symbol of its input.
    parameters : dict of str to ndarray
        The layer's parameters by their symbols.
    """
    result = f"A{number}"
    given = [Equation(symbol, value) for symbol, value in parameters.items()]
    if is_elementwise(layer):
        return [*given, _activation_forward(layer, passage.X, passage.Y, source, result)], result
    if is_ours(layer) and isinstance(layer, Dense):
        return _dense_forward(layer, passage, number, source)
    if is_ours(layer) and isinstance(layer, (Dropout, GaussianNoise)) and not passage.training:
        return [Equation(result, passage.Y, source, latex_of(source), remark="passed on: off in a prediction")], result
    if is_ours(layer) and isinstance(layer, Dropout):
        return _dropout_forward(layer, passage, number, source), result
    if is_ours(layer) and isinstance(layer, GaussianNoise):
        return _noise_forward(layer, passage, number, source), result
    if is_ours(layer) and isinstance(layer, Scale):
        factor = (f"scale{number}", parameters[f"scale{number}"])
        return [*given, worked(result, passage.Y, "S * X", S=factor, X=(source, passage.X))], result
    if is_ours(layer) and isinstance(layer, Calibration):
        return _calibration_forward(layer, passage, number, source), result
    if is_ours(layer) and isinstance(layer, (BatchNorm, LayerNorm)):
        return norm_forward(layer, passage, number, source), result
    return [*given, _own_forward(layer, passage, number, source, result)], result


def is_elementwise(layer: Layer) -> TypeGuard[Activation]:
    """Return whether a layer is an activation whose output is known entry by entry."""
    return isinstance(layer, Activation) and bool(formula_of(layer) or is_ours(layer)) and type(layer) is not Identity


def _own_forward(layer: Layer, passage: Passage, number: str, source: str, result: str) -> Equation:
    """Return a one-line equation for layers without a worked formula."""
    if type(layer) is Identity:
        return Equation(result, passage.Y, source, latex_of(source))
    formula = _PLAIN.get(type(layer).__name__, f"{type(layer).__name__.lower()}({{x}})").format(x=source, n=number)
    return Equation(result, passage.Y, formula, rf"\mathrm{{{type(layer).__name__}}}({latex_of(source)})")


def _dense_forward(layer: Dense, passage: Passage, number: str, source: str) -> tuple[list[Equation], str]:
    W, b, X = layer.W.copy(), layer.b.copy() if layer.use_bias else None, passage.X
    assert passage.Z is not None
    given = [Equation(f"W{number}", W)] + ([] if b is None else [Equation(f"b{number}", b)])
    tail, text = ("", "") if b is None else (f" + b{number}", f" + b_{{{number}}}")
    formula = f"{source} @ W{number}{tail}"
    latex = rf"{latex_of(source)} W_{{{number}}}{text}"
    given.append(Equation(f"Z{number}", passage.Z, formula, latex, product(b, a=X, w=W)))
    if isinstance(layer.activation, Identity):
        return given, f"Z{number}"
    after = _activation_forward(layer.activation, passage.Z, passage.Y, f"Z{number}", f"A{number}")
    return [*given, after], f"A{number}"


def _activation_forward(activation: Activation, Z: np.ndarray, A: np.ndarray, source: str, result: str) -> Equation:
    formula, name = formula_of(activation), type(activation).__name__
    if formula is None:
        text = _PLAIN.get(name, f"{name.lower()}({{x}})").format(x=source, n="")
        return Equation(result, A, text, rf"\mathrm{{{name.lower()}}}({latex_of(source)})")
    equation = worked(result, A, formula.value, Z=(source, Z), **formula.constants(activation))
    if type(activation) not in ACTIVATIONS.values():
        return equation
    return dataclasses.replace(equation, formula=f"{activation_name(activation)}({source})")


def _dropout_forward(layer: Dropout, passage: Passage, number: str, source: str) -> list[Equation]:
    M, rate = _mask(layer, passage), layer.rate_in(passage.cache)
    formula, latex = f"0 with probability {rate:g}, else 1 / (1 - {rate:g})", rf"\text{{mask}}_{{{number}}}"
    kept = worked(f"A{number}", passage.Y, "X * M", X=(source, passage.X), M=(f"M{number}", M))
    return [Equation(f"M{number}", M, formula, latex), kept]


def _noise_forward(layer: GaussianNoise, passage: Passage, number: str, source: str) -> list[Equation]:
    noise = passage.Y - passage.X
    formula = f"{layer.std:g} * N(0, 1), drawn anew for each entry"
    drawn = Equation(f"noise{number}", noise, formula, rf"{layer.std:g} \cdot \mathcal{{N}}(0, 1)")
    names = {"X": (source, passage.X), "N": (f"noise{number}", noise)}
    return [drawn, worked(f"A{number}", passage.Y, "X + N", **names)]


def _calibration_forward(layer: Calibration, passage: Passage, number: str, source: str) -> list[Equation]:
    if not passage.cache["applied"]:
        return [Equation(f"A{number}", passage.Y, source, latex_of(source), remark="passed on: off in training")]
    names = {f"scale{number}": layer.scale.copy(), f"shift{number}": layer.shift.copy()}
    values = {"S": (f"scale{number}", names[f"scale{number}"]), "B": (f"shift{number}", names[f"shift{number}"])}
    given = [Equation(symbol, value) for symbol, value in names.items()]
    return [*given, worked(f"A{number}", passage.Y, "S * X + B", X=(source, passage.X), **values)]


def _mask(layer: Dropout, passage: Passage) -> np.ndarray:
    """Return the factors that the inputs were multiplied by."""
    rate = layer.rate_in(passage.cache)
    return passage.cache["kept"] / (1.0 - rate) if rate else np.ones_like(passage.X)


# ---- backward ------------------------------------------------------------------------------------------------------


class Slopes(NamedTuple):
    """The results of the backward pass of a layer, by name.

    Attributes
    ----------
    number, result : str
        Number of the layer, and the symbol of its output.
    slope : str
        Symbol of the slope in its input, or of the part of it that comes through this layer.
    gradients : dict of str to ndarray
        Slopes in the layer's parameters, by the symbols of these.
    """

    number: str
    source: str
    result: str
    slope: str
    gradients: dict[str, np.ndarray]


def backward_of(layer: Layer, passage: Passage, names: Slopes) -> list[Equation]:
    """Return the equations of the backward pass of a layer that is no container of ours.

    Parameters
    ----------
    layer : Layer
    passage : Passage
        Its arrays in the pass.
    names : Slopes
    """
    if passage.dY is None:
        return []
    ours, (number, source, result, slope, gradients) = is_ours(layer), names
    if ours and isinstance(layer, Dense):
        return _dense_backward(layer, passage, names)
    if ours and isinstance(layer, (BatchNorm, LayerNorm)):
        found = norm_gradients(layer, passage, number, result)
        return (
            found
            if passage.dX is None or not slope
            else [*found, *norm_backward(layer, passage, number, slope, result)]
        )
    found = [
        Equation(f"d{symbol}", value, f"d{result} taken back through {type(layer).__name__}, to {symbol}", "")
        for symbol, value in gradients.items()
    ]
    if passage.dX is None or not slope:
        return found
    if is_elementwise(layer):
        arrays = (passage.X, passage.Y, passage.dY, passage.dX)
        return [*found, *_activation_backward(layer, arrays, source, result, slope)]
    if ours and isinstance(layer, Dropout):
        mask = (f"M{number}", _mask(layer, passage))
        return [*found, worked(slope, passage.dX, "D * M", D=(f"d{result}", passage.dY), M=mask)]
    if ours and isinstance(layer, Calibration) and passage.cache["applied"]:
        factor = (f"scale{number}", layer.scale.copy())
        return [*found, worked(slope, passage.dX, "S * D", S=factor, D=(f"d{result}", passage.dY))]
    if ours and isinstance(layer, (Calibration, GaussianNoise, Identity)):
        return [*found, Equation(slope, passage.dX, f"d{result}", latex_of(f"d{result}"))]
    if ours and isinstance(layer, Scale):
        factor = (f"scale{number}", layer.s.copy())
        return [*found, worked(slope, passage.dX, "S * D", S=factor, D=(f"d{result}", passage.dY))]
    formula = f"d{result} taken back through {type(layer).__name__}"
    return [*found, Equation(slope, passage.dX, formula, rf"\text{{back through }}{type(layer).__name__}")]


def _dense_backward(layer: Dense, passage: Passage, names: Slopes) -> list[Equation]:
    number, source, result, slope, _ = names
    found: list[Equation] = []
    dY, X, W = passage.dY, passage.X, layer.W.copy()
    assert dY is not None
    dZ = dY
    if not isinstance(layer.activation, Identity):
        assert passage.dZ is not None
        assert passage.Z is not None
        dZ = passage.dZ
        arrays = (passage.Z, passage.Y, dY, dZ)
        found += _activation_backward(layer.activation, arrays, f"Z{number}", result, f"dZ{number}")
    text = latex_of(f"dZ{number}")
    latex, work = rf"{latex_of(source)}^\top\, {text}", product(a=X.T, d=dZ)
    found.append(Equation(f"dW{number}", X.T @ dZ, f"{source}.T @ dZ{number}", latex, work))
    if layer.use_bias:
        found.append(row_sum(f"db{number}", f"dZ{number}", dZ))
    if passage.dX is not None and slope:
        latex, work = rf"{text}\, W_{{{number}}}^\top", product(d=dZ, w=W.T)
        found.append(Equation(slope, passage.dX, f"dZ{number} @ W{number}.T", latex, work))
    return found


def _activation_backward(
    activation: Activation, arrays: tuple[np.ndarray, ...], source: str, result: str, slope: str
) -> list[Equation]:
    """Return the equations of the slope in the input; ``arrays`` are the input, the output and their slopes."""
    (Z, A, dA, dZ), formula = arrays, formula_of(activation)
    if formula is None or not formula.derivative:
        name = type(activation).__name__
        return [Equation(slope, dZ, f"d{result} * derivative of {name.lower()} at {source}", "")]
    numbers, number = formula.constants(activation), result.lstrip("A")
    inner = formula.defined(**numbers, Z=Z, A=A)
    symbols = {"Z": source, "A": result, **{name: f"{name}{number}" for name in inner}}
    values = {"Z": Z, "A": A, "d": dA, **inner}
    words, latex = Words({**numbers, **symbols}), Latex({**numbers, **{n: latex_of(s) for n, s in symbols.items()}})
    found, pattern = [], Pattern(numbers)
    for name, text in formula.definitions.items():
        work = each(pattern.text(text), **values)
        found.append(Equation(symbols[name], inner[name], words.text(text), latex.text(text), work))
    text = f"d{result} * ({words.text(formula.derivative)})"
    work = each(pattern.text(f"d * ({formula.derivative})"), **values)
    product_of = rf"{latex_of('d' + result)} \odot ({latex.text(formula.derivative)})"
    return [*found, Equation(slope, dZ, text, product_of, work)]
