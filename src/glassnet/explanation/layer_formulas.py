"""The layers as equations, forward and backward."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from glassnet.explanation.document import Equation, formula_of, is_ours
from glassnet.explanation.recording import Passage
from glassnet.explanation.terms import Pattern, each, over_rows, product
from glassnet.layers import BatchNorm, Dense, Dropout, Layer, LayerNorm
from glassnet.layers.activations.base import Activation
from glassnet.layers.activations.by_name import ACTIVATIONS, activation_name
from glassnet.layers.activations.elementwise import Identity
from glassnet.utils.formula import Latex, Words

__all__ = ["backward_of", "forward_of", "latex_of", "parameter_symbol"]

_LATEX = {"gamma": r"\gamma", "beta": r"\beta", "mean": r"\text{mean}", "var": r"\text{var}"}
_SHORT = {"weight": "W", "bias": "b"}

# Formulas of the other layers; {x} is the input, {n} the number of the layer.
_PLAIN = {
    "Copies": "{x} * factor{n}, once for each copy",
    "EnsembleDense": "activation({x} @ W{n} + b{n}), factors of each copy in front and behind where it has some",
    "EnsembleHead": "{x} @ W{n} + b{n}, each copy by its own, side by side",
    "Embedding": "rows of the tables W for the codes in {x}",
    "Flatten": "{x}, one row of numbers per sample",
    "GaussianNoise": "{x} + std * N, N drawn anew at each step",
    "Identity": "{x}",
    "NTKDense": "{x} @ W{n} / sqrt(d_in) + b{n}",
    "PReLU": "{x} where {x} > 0, else slope{n} * {x}",
    "Parametric": "{x} + alpha{n} * (f({x}) - {x}), f the activation",
    "PeriodicEmbedding": "cos(2 pi frequency{n} * {x} + phase{n}) @ W{n} + b{n} and {x} itself, for each column",
    "PiecewiseLinearEmbedding": "{x} * linear{n} + b{n} + P({x}) @ W{n} for each column, P how far through each piece",
    "Reshape": "{x}, in another shape",
    "Scale": "scale{n} * {x}",
    "Select": "some columns of {x}",
    "Softmax": "exp({x}) / sum_j exp({x}_j), row by row",
}


def parameter_symbol(name: str, number: str) -> str:
    """Return the symbol of a parameter: W1, b1, gamma2."""
    return f"{_SHORT.get(name, name)}{number}"


def latex_of(symbol: str) -> str:
    """Return a symbol in LaTeX: ``dW1`` is the gradient, ``Z1`` has an index."""
    if symbol.startswith("d") and len(symbol) > 1 and not symbol[1].isdigit():
        return rf"\partial L / \partial {latex_of(symbol[1:])}"
    name, number = symbol.rstrip("0123456789"), symbol[len(symbol.rstrip("0123456789")) :]
    return _LATEX.get(name, name) + (f"_{{{number}}}" if number else "")


def worked(symbol: str, value: np.ndarray, expression: str, **names: Any) -> Equation:
    """Return the equation of an array that is computed entry by entry.

    Parameters
    ----------
    symbol : str
    value : ndarray
    expression : str
        As of `glassnet.utils.formula.Formula`; names in capitals are arrays.
    **names : float, or tuple of str and ndarray
        For each name in it a number, or a symbol and its array.
    """
    numbers = {name: given for name, given in names.items() if not isinstance(given, tuple)}
    symbols = {name: given[0] for name, given in names.items() if isinstance(given, tuple)}
    work = each(Pattern(numbers).text(expression), **{name: names[name][1] for name in symbols})
    latex = Latex(numbers | {name: latex_of(text) for name, text in symbols.items()}).text(expression)
    return Equation(symbol, value, Words(numbers | symbols).text(expression), latex, work)


def forward_of(layer: Layer, passage: Passage, number: str, source: str) -> tuple[list[Equation], str]:
    """Return the equations of a layer that is no container, and the symbol of its output.

    Parameters
    ----------
    layer : Layer
    passage : Passage
        Its arrays in the pass.
    number : str
        Number of the layer, for the symbols.
    source : str
        Symbol of its input.
    """
    result = f"A{number}"
    if isinstance(layer, Activation) and (formula_of(layer) or is_ours(layer)) and not isinstance(layer, Identity):
        return [_activation_forward(layer, passage.X, passage.Y, source, result)], result
    if is_ours(layer) and isinstance(layer, Dense):
        return _dense_forward(layer, passage, number, source)
    if is_ours(layer) and isinstance(layer, Dropout):
        return _dropout_forward(layer, passage, number, source), result
    if is_ours(layer) and isinstance(layer, (BatchNorm, LayerNorm)):
        return _norm_forward(layer, passage, number, source), result
    return [_own_forward(layer, passage, number, source, result)], result


def _own_forward(layer: Layer, passage: Passage, number: str, source: str, result: str) -> Equation:
    """Return a one-line equation for layers without a worked formula."""
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


def _mask(layer: Dropout, passage: Passage) -> np.ndarray:
    """Return the factors that the inputs were multiplied by."""
    rate = layer.rate_in(passage.cache)
    return passage.cache["kept"] / (1.0 - rate) if rate else np.ones_like(passage.X)


def _norm_parts(layer: Any, passage: Passage) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean, variance and normalised input, each of the input's number of axes."""
    X = passage.X
    if isinstance(layer, LayerNorm):
        mean, var = X.mean(axis=-1, keepdims=True), X.var(axis=-1, keepdims=True)
    elif passage.cache["of_batch"]:
        mean, var = X.mean(axis=0, keepdims=True), X.var(axis=0, keepdims=True)
    else:
        mean, var = layer.running_mean.copy(), layer.running_var.copy()
    return mean, var, (X - mean) / np.sqrt(var + layer.eps)


def _norm_forward(layer: Any, passage: Passage, number: str, source: str) -> list[Equation]:
    i, eps, gamma, beta = number, layer.eps, layer.gamma.copy(), layer.beta.copy()
    mean, var, Xhat = _norm_parts(layer, passage)
    over = "over the features of each row" if isinstance(layer, LayerNorm) else "over the batch"
    if isinstance(layer, BatchNorm) and not passage.cache["of_batch"]:
        over = "as remembered from training"
    names = {"X": (source, passage.X), "M": (f"mean{i}", mean), "V": (f"var{i}", var), "eps": eps}
    return [
        Equation(f"gamma{i}", gamma),
        Equation(f"beta{i}", beta),
        Equation(f"mean{i}", mean, f"mean of {source} {over}", rf"\text{{mean of }}{latex_of(source)}"),
        Equation(f"var{i}", var, f"variance of {source} {over}", rf"\text{{variance of }}{latex_of(source)}"),
        worked(f"N{i}", Xhat, "(X - M) / sqrt(V + eps)", **names),
        worked(f"A{i}", passage.Y, "G * N + B", G=(f"gamma{i}", gamma), N=(f"N{i}", Xhat), B=(f"beta{i}", beta)),
    ]


# ---- backward ------------------------------------------------------------------------------------------------------


def backward_of(
    layer: Layer, passage: Passage, number: str, source: str, result: str, gradients: dict[str, np.ndarray]
) -> list[Equation]:
    """Return the equations of the backward pass of a layer that is no container.

    Parameters
    ----------
    layer : Layer
    passage : Passage
    number, source, result : str
        As in `forward_of`.
    gradients : dict of str to ndarray
        Gradients of the layer's parameters, by their names in the layer.
    """
    if passage.dY is None:
        return []
    ours = is_ours(layer)
    if ours and isinstance(layer, Dense):
        return _dense_backward(layer, passage, number, source, result)
    found = []
    if ours and isinstance(layer, (BatchNorm, LayerNorm)):
        found += _norm_gradients(layer, passage, number, result)
    else:
        found += [
            Equation(f"d{parameter_symbol(name, number)}", value, f"slope of d{result} . {result} in {name}", "")
            for name, value in gradients.items()
        ]
    if passage.dX is None:
        return found
    if isinstance(layer, Activation) and (formula_of(layer) or ours) and not isinstance(layer, Identity):
        return [*found, _activation_backward(layer, passage.X, passage.Y, passage.dY, passage.dX, source, result)]
    if ours and isinstance(layer, Dropout):
        return [*found, _dropout_backward(layer, passage, number, source, result)]
    if ours and isinstance(layer, (BatchNorm, LayerNorm)):
        return [*found, _norm_backward(layer, passage, number, source, result)]
    formula = f"d{result} taken back through {type(layer).__name__}"
    return [*found, Equation(f"d{source}", passage.dX, formula, rf"\text{{back through }}{type(layer).__name__}")]


def _dense_backward(layer: Dense, passage: Passage, number: str, source: str, result: str) -> list[Equation]:
    found = []
    dY, X, W = passage.dY, passage.X, layer.W.copy()
    assert dY is not None
    dZ = dY
    if not isinstance(layer.activation, Identity):
        assert passage.dZ is not None
        assert passage.Z is not None
        dZ = passage.dZ
        found.append(_activation_backward(layer.activation, passage.Z, passage.Y, dY, dZ, f"Z{number}", result))
    text = latex_of(f"dZ{number}")
    latex, work = rf"{latex_of(source)}^\top\, {text}", product(a=X.T, d=dZ)
    found.append(Equation(f"dW{number}", X.T @ dZ, f"{source}.T @ dZ{number}", latex, work))
    if layer.use_bias:
        found.append(_row_sum(f"db{number}", f"dZ{number}", dZ))
    if passage.dX is not None:
        latex, work = rf"{text}\, W_{{{number}}}^\top", product(d=dZ, w=W.T)
        found.append(Equation(f"d{source}", passage.dX, f"dZ{number} @ W{number}.T", latex, work))
    return found


def _row_sum(symbol: str, source: str, value: np.ndarray) -> Equation:
    """Return the equation of a sum over the rows."""
    total, latex = value.sum(axis=0, keepdims=True), rf"\sum_n {latex_of(source)}"
    return Equation(symbol, total, f"sum of {source} over the rows", latex, over_rows("{d}", d=value))


def _activation_backward(
    activation: Activation, Z: np.ndarray, A: np.ndarray, dA: np.ndarray, dZ: np.ndarray, source: str, result: str
) -> Equation:
    formula = formula_of(activation)
    if formula is None:
        name = type(activation).__name__
        return Equation(f"d{source}", dZ, f"d{result} * derivative of {name.lower()} at {source}", "")
    numbers = formula.constants(activation)
    words = Words({**numbers, "Z": source, "A": result})
    given = "".join(f", {name} = {words.text(text)}" for name, text in formula.definitions.items())
    latex = Latex({**numbers, "Z": latex_of(source), "A": latex_of(result)}, formula.definitions)
    text = f"d{result} * ({words.text(formula.derivative)}{given})"
    slope = rf"{latex_of('d' + result)} \odot ({latex.text(formula.derivative)})"
    arrays = {"Z": Z, "A": A, "d": dA, **formula.defined(**numbers, Z=Z, A=A)}
    work = each(Pattern(numbers).text(f"d * ({formula.derivative})"), **arrays)
    return Equation(f"d{source}", dZ, text, slope, work)


def _dropout_backward(layer: Dropout, passage: Passage, number: str, source: str, result: str) -> Equation:
    assert passage.dX is not None
    mask = (f"M{number}", _mask(layer, passage))
    return worked(f"d{source}", passage.dX, "D * M", D=(f"d{result}", passage.dY), M=mask)


def _norm_gradients(layer: Any, passage: Passage, number: str, result: str) -> list[Equation]:
    dY, Xhat = passage.dY, _norm_parts(layer, passage)[2]
    assert dY is not None
    formula, latex = f"sum of d{result} * N{number} over the rows", rf"\sum_n {latex_of('d' + result)} \odot N"
    gamma, work = (dY * Xhat).sum(axis=0, keepdims=True), over_rows("{d} * {x}", d=dY, x=Xhat)
    return [Equation(f"dgamma{number}", gamma, formula, latex, work), _row_sum(f"dbeta{number}", f"d{result}", dY)]


def _norm_backward(layer: Any, passage: Passage, number: str, source: str, result: str) -> Equation:
    dY, dX = passage.dY, passage.dX
    assert dY is not None
    assert dX is not None
    _, var, Xhat = _norm_parts(layer, passage)
    G = dY * layer.gamma
    axis = -1 if isinstance(layer, LayerNorm) else 0
    s = np.sqrt(var + layer.eps)
    if isinstance(layer, BatchNorm) and not passage.cache["of_batch"]:
        formula = f"d{result} * gamma{number} / sqrt(var{number} + {layer.eps:g})"
        return Equation(f"d{source}", dX, formula, "", each("{g} / {s}", g=G, s=s))
    mean, along = (part.mean(axis=axis, keepdims=True) for part in (G, G * Xhat))
    work = each("({g} - {m} - {x} * {c}) / {s}", g=G, m=mean, x=Xhat, c=along, s=s)
    formula = f"(G - mean(G) - N{number} * mean(G * N{number})) / sqrt(var{number} + {layer.eps:g})"
    remark = f"G = d{result} * gamma{number}; means {'over the features' if axis else 'over the batch'}"
    text = rf"(G - \overline{{G}} - N \odot \overline{{G \odot N}}) / \sqrt{{\text{{var}} + {layer.eps:g}}}"
    return Equation(f"d{source}", dX, formula, text, work, remark)
