"""Batch and layer normalisation as equations: forward, backward, and the running statistics."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.explanation.document import Equation
from glassnet.explanation.recording import Passage
from glassnet.explanation.symbols import latex_of
from glassnet.explanation.terms import all_rows, each, over_rows, row_sum, worked
from glassnet.layers import BatchNorm, LayerNorm

__all__ = ["norm_backward", "norm_forward", "norm_gradients", "running_updates"]


def _parts(layer: Any, passage: Passage) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean, variance and normalised input, each of the input's number of axes."""
    X = passage.X
    if isinstance(layer, LayerNorm):
        mean, var = X.mean(axis=-1, keepdims=True), X.var(axis=-1, keepdims=True)
    elif passage.cache["of_batch"]:
        mean, var = X.mean(axis=0, keepdims=True), X.var(axis=0, keepdims=True)
    else:
        mean, var = layer.running_mean.copy(), layer.running_var.copy()
    return mean, var, (X - mean) / np.sqrt(var + layer.eps)


def _remembers(layer: Any, passage: Passage) -> bool:
    """Return whether the layer used its running statistics, not those of the batch."""
    return isinstance(layer, BatchNorm) and not passage.cache["of_batch"]


def norm_forward(layer: Any, passage: Passage, number: str, source: str) -> list[Equation]:
    """Return the equations of a pass forward; the arguments are those of `forward_of`."""
    i, eps, gamma, beta = number, layer.eps, layer.gamma.copy(), layer.beta.copy()
    mean, var, Xhat = _parts(layer, passage)
    statistics = [
        Equation(f"mean{i}", mean, f"mean of {source} {_over(layer)}", rf"\text{{mean of }}{latex_of(source)}"),
        Equation(f"var{i}", var, f"variance of {source} {_over(layer)}", rf"\text{{variance of }}{latex_of(source)}"),
    ]
    if _remembers(layer, passage):
        statistics = [
            Equation(f"mean{i}", mean, remark="the running mean, as remembered from training"),
            Equation(f"var{i}", var, remark="the running variance, as remembered from training"),
        ]
    names = {"X": (source, passage.X), "M": (f"mean{i}", mean), "V": (f"var{i}", var), "eps": eps}
    return [
        Equation(f"gamma{i}", gamma),
        Equation(f"beta{i}", beta),
        *statistics,
        worked(f"N{i}", Xhat, "(X - M) / sqrt(V + eps)", **names),
        worked(f"A{i}", passage.Y, "G * N + B", G=(f"gamma{i}", gamma), N=(f"N{i}", Xhat), B=(f"beta{i}", beta)),
    ]


def _over(layer: Any) -> str:
    return "over the features of each row" if isinstance(layer, LayerNorm) else "over the batch"


def norm_gradients(layer: Any, passage: Passage, number: str, result: str) -> list[Equation]:
    """Return the equations of the slopes in gamma and beta."""
    dY, Xhat = passage.dY, _parts(layer, passage)[2]
    assert dY is not None
    formula, latex = (
        f"sum of d{result} * N{number} over the {all_rows(dY)}",
        rf"\sum_n {latex_of('d' + result)} \odot N_{number}",
    )
    axes = tuple(range(dY.ndim - 1))
    gamma, work = (dY * Xhat).sum(axis=axes, keepdims=True), over_rows("{d} * {x}", d=dY, x=Xhat)
    return [Equation(f"dgamma{number}", gamma, formula, latex, work), row_sum(f"dbeta{number}", f"d{result}", dY)]


def norm_backward(layer: Any, passage: Passage, number: str, slope: str, result: str) -> list[Equation]:
    """Return the equations of the slope in the input, whose symbol is ``slope``."""
    dY, dX, i = passage.dY, passage.dX, number
    assert dY is not None
    assert dX is not None
    _, var, Xhat = _parts(layer, passage)
    gamma = layer.gamma.copy()
    G = dY * gamma
    axis = -1 if isinstance(layer, LayerNorm) else 0
    s = np.sqrt(var + layer.eps)
    given = worked(f"G{i}", G, "D * W", D=(f"d{result}", dY), W=(f"gamma{i}", gamma))
    if _remembers(layer, passage):
        return [given, Equation(slope, dX, f"G{i} / sqrt(var{i} + {layer.eps:g})", "", each("{g} / {s}", g=G, s=s))]
    mean, along = (part.mean(axis=axis, keepdims=True) for part in (G, G * Xhat))
    work = each("({g} - {m} - {x} * {c}) / {s}", g=G, m=mean, x=Xhat, c=along, s=s)
    formula = f"(G{i} - mean(G{i}) - N{i} * mean(G{i} * N{i})) / sqrt(var{i} + {layer.eps:g})"
    remark = f"means {_over(layer)}"
    text = (
        rf"(G_{{{i}}} - \overline{{G_{{{i}}}}} - N_{{{i}}} \odot \overline{{G_{{{i}}} \odot N_{{{i}}}}}) / "
        rf"\sqrt{{\text{{var}}_{{{i}}} + {layer.eps:g}}}"
    )
    return [given, Equation(slope, dX, formula, text, work, remark)]


def running_updates(
    layer: BatchNorm, passage: Passage, before: tuple[np.ndarray, np.ndarray], number: str
) -> list[Equation]:
    """Return the equations of the running mean and variance after the step; none where they stay as they are."""
    if not passage.cache["of_batch"]:
        return []
    n, keep = float(len(passage.X)), layer.momentum
    mean, var, _ = _parts(layer, passage)
    found = []
    for name, batch, old, new in (
        ("mean", mean, before[0], layer.running_mean),
        ("var", var, before[1], layer.running_var),
    ):
        symbol = f"running_{name}{number}"
        tail = " * n / (n - 1)" if name == "var" else ""
        pattern = "{k} * {r} + {c} * {b}" + (" * {n} / ({n} - 1)" if name == "var" else "")
        work = each(pattern, k=keep, r=old, c=1.0 - keep, b=batch, n=n)
        formula = f"{keep:g} * {symbol} + {1.0 - keep:g} * {name}{number}{tail}"
        found += [Equation(symbol, old), Equation(f"{symbol}'", new.copy(), formula, "", work)]
    return found
