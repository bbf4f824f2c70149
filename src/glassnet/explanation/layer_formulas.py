"""The layers as equations, forward and backward."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.explanation.activation_formulas import told_activation
from glassnet.explanation.document import Equation, Term, is_ours
from glassnet.explanation.recording import Passage
from glassnet.layers import BatchNorm, Dense, Dropout, Layer, LayerNorm
from glassnet.layers.activations.base import Activation
from glassnet.layers.activations.elementwise import Identity

__all__ = ["backward_of", "forward_of", "parameter_symbol"]

_GREEK = {"gamma": r"\gamma", "beta": r"\beta", "weight": "W", "bias": "b"}
_SHORT = {"weight": "W", "bias": "b"}

# What the other layers do, in words of symbols; {x} is the input, {n} the layer's number.
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
    """Return what a parameter is called: W1, b1, gamma2."""
    return f"{_SHORT.get(name, name)}{number}"


def latex_of(symbol: str) -> str:
    """Return a symbol in LaTeX: ``dW1`` is the gradient, ``Z1`` has an index."""
    if symbol.startswith("d") and len(symbol) > 1 and not symbol[1].isdigit():
        return rf"\partial L / \partial {latex_of(symbol[1:])}"
    name, number = symbol.rstrip("0123456789"), symbol[len(symbol.rstrip("0123456789")) :]
    return _GREEK.get(name, name) + (f"_{{{number}}}" if number else "")


def forward_of(layer: Layer, passage: Passage, number: str, source: str) -> tuple[list[Equation], str]:
    """Return the equations of a layer that is no container, and what its output is called.

    Parameters
    ----------
    layer : Layer
    passage : Passage
        What went through it.
    number : str
        Of the layer, for the symbols.
    source : str
        What its input is called.
    """
    result = f"A{number}"
    if not is_ours(layer):
        return [_own_forward(layer, passage, number, source, result)], result
    if isinstance(layer, Dense):
        return _dense_forward(layer, passage, number, source)
    if isinstance(layer, Activation) and not isinstance(layer, Identity):
        return [_activation_forward(layer, passage.X, passage.Y, source, result)], result
    if isinstance(layer, Dropout):
        return _dropout_forward(layer, passage, number, source), result
    if isinstance(layer, (BatchNorm, LayerNorm)):
        return _norm_forward(layer, passage, number, source), result
    return [_own_forward(layer, passage, number, source, result)], result


def _own_forward(layer: Layer, passage: Passage, number: str, source: str, result: str) -> Equation:
    """Return the equation of a layer that is told in a word."""
    formula = _PLAIN.get(type(layer).__name__, f"{type(layer).__name__.lower()}({{x}})").format(x=source, n=number)
    return Equation(result, passage.Y, formula, rf"\mathrm{{{type(layer).__name__}}}({latex_of(source)})")


def _dense_forward(layer: Dense, passage: Passage, number: str, source: str) -> tuple[list[Equation], str]:
    W, b, X = layer.W.copy(), layer.b.copy() if layer.use_bias else None, passage.X
    assert passage.Z is not None
    given = [Equation(f"W{number}", W)] + ([] if b is None else [Equation(f"b{number}", b)])

    def work(index: tuple[int, ...]) -> list[Term]:
        i, j = index
        terms = [Term("{a} * {w}", {"a": X[i, k], "w": W[k, j]}) for k in range(len(W))]
        return terms + ([] if b is None else [Term("{b}", {"b": b[0, j]})])

    tail, text = ("", "") if b is None else (f" + b{number}", f" + b_{{{number}}}")
    formula = f"{source} @ W{number}{tail}"
    product = Equation(f"Z{number}", passage.Z, formula, rf"{latex_of(source)} W_{{{number}}}{text}", work)
    if isinstance(layer.activation, Identity):
        return [*given, product], f"Z{number}"
    after = _activation_forward(layer.activation, passage.Z, passage.Y, f"Z{number}", f"A{number}")
    return [*given, product, after], f"A{number}"


def _activation_forward(activation: Layer, Z: np.ndarray, A: np.ndarray, source: str, result: str) -> Equation:
    told = told_activation(activation)
    if told is None:
        name = type(activation).__name__
        formula = _PLAIN.get(name, f"{name.lower()}({{x}})").format(x=source, n="")
        return Equation(result, A, formula, rf"\mathrm{{{name.lower()}}}({latex_of(source)})")
    pattern = told.forward

    def work(index: tuple[int, ...]) -> list[Term]:
        return [Term(pattern, {"z": Z[index]})]

    return Equation(result, A, f"{told.name}({source})", told.latex.replace("Z", latex_of(source)), work)


def _dropout_forward(layer: Dropout, passage: Passage, number: str, source: str) -> list[Equation]:
    X, rate = passage.X, layer.rate_in(passage.cache)
    M = passage.cache["kept"] / (1.0 - rate) if rate else np.ones_like(X)

    def work(index: tuple[int, ...]) -> list[Term]:
        return [Term("{x} * {m}", {"x": X[index], "m": M[index]})]

    mask = Equation(
        f"M{number}", M, f"0 with probability {rate:g}, else 1 / (1 - {rate:g})", rf"\text{{mask}}_{{{number}}}"
    )
    text = rf"{latex_of(source)} \odot M_{{{number}}}"
    return [mask, Equation(f"A{number}", passage.Y, f"{source} * M{number}", text, work)]


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
    X, eps = passage.X, layer.eps
    mean, var, Xhat = _norm_parts(layer, passage)
    wide, narrow = (np.broadcast_to(part, X.shape) for part in (mean, var))
    gamma, beta = np.broadcast_to(layer.gamma, X.shape).copy(), np.broadcast_to(layer.beta, X.shape).copy()
    over = "over the features of each row" if isinstance(layer, LayerNorm) else "over the batch"
    if isinstance(layer, BatchNorm) and not passage.cache["of_batch"]:
        over = "as remembered from training"

    def normalise(index: tuple[int, ...]) -> list[Term]:
        numbers = {"x": X[index], "m": wide[index], "v": narrow[index]}
        return [Term(f"({{x}} - {{m}}) / sqrt({{v}} + {eps!r})", numbers)]

    def scale(index: tuple[int, ...]) -> list[Term]:
        return [Term("{g} * {x} + {b}", {"g": gamma[index], "x": Xhat[index], "b": beta[index]})]

    i = number
    return [
        Equation(f"gamma{i}", layer.gamma.copy()),
        Equation(f"beta{i}", layer.beta.copy()),
        Equation(f"mean{i}", mean, f"mean of {source} {over}", rf"\text{{mean of }}{latex_of(source)}"),
        Equation(f"var{i}", var, f"variance of {source} {over}", rf"\text{{variance of }}{latex_of(source)}"),
        Equation(
            f"N{i}",
            Xhat,
            f"({source} - mean{i}) / sqrt(var{i} + {eps:g})",
            rf"({latex_of(source)} - \text{{mean}}_{i}) / \sqrt{{\text{{var}}_{i} + {eps:g}}}",
            normalise,
        ),
        Equation(
            f"A{i}", passage.Y, f"gamma{i} * N{i} + beta{i}", rf"\gamma_{{{i}}} \odot N_{{{i}}} + \beta_{{{i}}}", scale
        ),
    ]


# ---- backward ------------------------------------------------------------------------------------------------------


def backward_of(
    layer: Layer, passage: Passage, number: str, source: str, result: str, gradients: dict[str, np.ndarray]
) -> list[Equation]:
    """Return the equations of the way back through a layer that is no container.

    Parameters
    ----------
    layer : Layer
    passage : Passage
    number, source, result : str
        As in `forward_of`.
    gradients : dict of str to ndarray
        Of the layer's parameters, by their names in the layer.
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
    if ours and isinstance(layer, Activation) and not isinstance(layer, Identity):
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
    dW, n = X.T @ dZ, range(len(X))

    def weigh(index: tuple[int, ...]) -> list[Term]:
        i, j = index
        return [Term("{a} * {d}", {"a": X[k, i], "d": dZ[k, j]}) for k in n]

    text = latex_of(f"dZ{number}")
    found.append(Equation(f"dW{number}", dW, f"{source}.T @ dZ{number}", rf"{latex_of(source)}^\top\, {text}", weigh))
    if layer.use_bias:
        db = dZ.sum(axis=0, keepdims=True)

        def add(index: tuple[int, ...]) -> list[Term]:
            return [Term("{d}", {"d": dZ[k, index[1]]}) for k in n]

        found.append(Equation(f"db{number}", db, f"sum of dZ{number} over the rows", rf"\sum_n {text}", add))
    if passage.dX is not None:

        def pull(index: tuple[int, ...]) -> list[Term]:
            i, j = index
            return [Term("{d} * {w}", {"d": dZ[i, k], "w": W[j, k]}) for k in range(W.shape[1])]

        back = rf"{text}\, W_{{{number}}}^\top"
        found.append(Equation(f"d{source}", passage.dX, f"dZ{number} @ W{number}.T", back, pull))
    return found


def _activation_backward(
    activation: Layer, Z: np.ndarray, A: np.ndarray, dA: np.ndarray, dZ: np.ndarray, source: str, result: str
) -> Equation:
    told = told_activation(activation)
    if told is None:
        name = type(activation).__name__
        return Equation(f"d{source}", dZ, f"d{result} * derivative of {name.lower()} at {source}", "")
    pattern, extra = told.backward, told.extra

    def work(index: tuple[int, ...]) -> list[Term]:
        z, a = float(Z[index]), float(A[index])
        more = {} if extra is None else extra(z, a)
        return [Term(pattern, {"d": dA[index], "z": z, "a": a, **more})]

    slope = told.slope.replace("A", result).replace("Z", source)
    text = told.latex_slope.replace("A", "\0").replace("Z", latex_of(source)).replace("\0", latex_of(result))
    return Equation(f"d{source}", dZ, f"d{result} * ({slope})", rf"{latex_of('d' + result)} \odot ({text})", work)


def _dropout_backward(layer: Dropout, passage: Passage, number: str, source: str, result: str) -> Equation:
    dY, dX = passage.dY, passage.dX
    assert dY is not None
    assert dX is not None
    rate = layer.rate_in(passage.cache)
    M = passage.cache["kept"] / (1.0 - rate) if rate else np.ones_like(dY)

    def work(index: tuple[int, ...]) -> list[Term]:
        return [Term("{d} * {m}", {"d": dY[index], "m": M[index]})]

    text = rf"{latex_of('d' + result)} \odot M_{{{number}}}"
    return Equation(f"d{source}", dX, f"d{result} * M{number}", text, work)


def _norm_gradients(layer: Any, passage: Passage, number: str, result: str) -> list[Equation]:
    dY, Xhat = passage.dY, _norm_parts(layer, passage)[2]
    assert dY is not None
    rows = range(len(dY))

    def scale(index: tuple[int, ...]) -> list[Term]:
        return [Term("{d} * {x}", {"d": dY[k, index[1]], "x": Xhat[k, index[1]]}) for k in rows]

    def shift(index: tuple[int, ...]) -> list[Term]:
        return [Term("{d}", {"d": dY[k, index[1]]}) for k in rows]

    text = latex_of(f"d{result}")
    gamma, beta = (dY * Xhat).sum(axis=0, keepdims=True), dY.sum(axis=0, keepdims=True)
    return [
        Equation(
            f"dgamma{number}", gamma, f"sum of d{result} * N{number} over the rows", rf"\sum_n {text} \odot N", scale
        ),
        Equation(f"dbeta{number}", beta, f"sum of d{result} over the rows", rf"\sum_n {text}", shift),
    ]


def _norm_backward(layer: Any, passage: Passage, number: str, source: str, result: str) -> Equation:
    dY, dX = passage.dY, passage.dX
    assert dY is not None
    assert dX is not None
    _, var, Xhat = _norm_parts(layer, passage)
    G = dY * layer.gamma
    axis = -1 if isinstance(layer, LayerNorm) else 0
    s = np.broadcast_to(np.sqrt(var + layer.eps), dY.shape)
    if isinstance(layer, BatchNorm) and not passage.cache["of_batch"]:
        formula = f"d{result} * gamma{number} / sqrt(var{number} + {layer.eps:g})"

        def plain(index: tuple[int, ...]) -> list[Term]:
            return [Term("{g} / {s}", {"g": G[index], "s": s[index]})]

        return Equation(f"d{source}", dX, formula, "", plain)
    mean, along = (np.broadcast_to(part.mean(axis=axis, keepdims=True), dY.shape) for part in (G, G * Xhat))

    def work(index: tuple[int, ...]) -> list[Term]:
        numbers = {"g": G[index], "m": mean[index], "x": Xhat[index], "c": along[index], "s": s[index]}
        return [Term("({g} - {m} - {x} * {c}) / {s}", numbers)]

    formula = f"(G - mean(G) - N{number} * mean(G * N{number})) / sqrt(var{number} + {layer.eps:g})"
    remark = f"G = d{result} * gamma{number}; means {'over the features' if axis else 'over the batch'}"
    text = rf"(G - \overline{{G}} - N \odot \overline{{G \odot N}}) / \sqrt{{\text{{var}} + {layer.eps:g}}}"
    return Equation(f"d{source}", dX, formula, text, work, remark)
