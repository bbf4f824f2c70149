"""The losses as equations: predictions, loss of each row, mean loss, and the gradient of the logits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from glassnet.explanation.document import Equation, Index, Term, is_ours
from glassnet.explanation.layer_formulas import latex_of
from glassnet.explanation.recording import Recording
from glassnet.explanation.terms import Work, each, over_columns
from glassnet.losses import (
    AbsoluteError,
    BinaryCrossEntropy,
    BinaryFocalCrossEntropy,
    GaussianNLL,
    Huber,
    Poisson,
    Quantile,
    SoftmaxCrossEntropy,
    SoftmaxFocalCrossEntropy,
    SquaredError,
)

__all__ = ["loss_backward", "loss_forward"]


class _Formula(NamedTuple):
    """The formula of a loss, with ``Z`` for the logits.

    Attributes
    ----------
    row, slope : str
        The loss of a row, and its derivative for one logit, without weights and means.
    row_work, slope_work : callable or None
        The terms of their entries.
    before : tuple of Equation
        Equations that the loss of a row uses.
    columns : int
        Number of columns that are averaged.
    """

    row: str
    row_work: Work | None
    slope: str
    slope_work: Work | None
    before: tuple[Equation, ...] = ()
    columns: int = 1


# The same in LaTeX, for losses where it is short.
_LATEX = {
    "AbsoluteError": (r"\tfrac{1}{k} \sum_j |Z_j - y_j|", ""),
    "BinaryCrossEntropy": (
        r"-\tfrac{1}{k} \sum_j \left( y_j \log P_j + (1 - y_j) \log(1 - P_j) \right)",
        r"(P - y) / (k n)",
    ),
    "Huber": (r"\tfrac{1}{k} \sum_j h_\delta(Z_j - y_j)", ""),
    "Poisson": (r"\tfrac{1}{k} \sum_j \left( e^{Z_j} - y_j Z_j \right)", r"(e^Z - y) / (k n)"),
    "SoftmaxCrossEntropy": (r"-\sum_j T_j \log P_j", r"(P - T) / n"),
    "SquaredError": (r"\tfrac{1}{k} \sum_j (Z_j - y_j)^2", r"2 (Z - y) / (k n)"),
}


def loss_forward(record: Recording, source: str) -> list[Equation]:
    """Return the equations from the logits to the mean loss; ``source`` is the symbol of the logits."""
    loss = record.network.loss
    if not is_ours(loss):
        return [Equation("l", record.rows, f"{type(loss).__name__}({source}, y)"), *_mean(record)]
    found = _formula(record, source)
    latex = _LATEX.get(type(loss).__name__, ("", ""))[0].replace("Z", latex_of(source))
    row = Equation("l", record.rows, found.row.replace("Z", source), latex, found.row_work)
    return [*found.before, row, *_mean(record)]


def loss_backward(record: Recording, source: str) -> Equation:
    """Return the gradient of the mean loss with respect to the logits."""
    loss = record.network.loss
    if not is_ours(loss):
        return Equation(f"d{source}", record.dZ, f"slope of the mean of {type(loss).__name__}")
    weights, total, plain = record.weights(), float(record.weights().sum()), record.weight is None
    found = _formula(record, source)
    slope, columns = found.slope_work, found.columns

    def work(index: Index) -> list[Term]:
        assert slope is not None
        (term,) = slope(index)
        pattern = f"{'' if plain else '{w} * '}({term.pattern}){_over(columns)} / {{n}}"
        return [Term(pattern, {**term.numbers, "n": total, "w": weights[index[0]]})]

    words = f"({found.slope.replace('Z', source)})"
    words = (
        f"{words} / ({columns} n)"
        if columns > 1 and plain
        else f"{words} / (n)"
        if plain
        else f"w * {words} / sum of w"
    )
    latex = _LATEX.get(type(loss).__name__, ("", ""))[1].replace("Z", latex_of(source))
    return Equation(f"d{source}", record.dZ, words, latex, None if slope is None else work)


def _over(columns: int) -> str:
    """Return the division by a number of columns, if there are several."""
    return f" / {columns}" if columns > 1 else ""


def _mean(record: Recording) -> list[Equation]:
    rows, weights = record.rows, record.weights()
    total = float(weights.sum())
    formula, text, work = "mean of l", r"\tfrac{1}{n} \sum_i l_i", over_columns("{l} / {n}", l=rows, n=total)
    if record.weight is not None:
        formula, text = "sum of w * l / sum of w", r"\sum_i w_i l_i / \sum_i w_i"
        work = over_columns("{w} * {l} / {n}", w=weights, l=rows, n=total)
    return [Equation("L", np.array(record.loss), formula, text, work)]


def _formula(record: Recording, source: str) -> _Formula:
    """Return the formula of the loss of a network."""
    loss, k = record.network.loss, record.Z.shape[1]
    for kinds, formula in _FORMULAS:
        if isinstance(loss, kinds):
            return formula(record, source)
    name = type(loss).__name__
    return _Formula(f"{name} of each row", None, f"slope of {name}", None, columns=k)


def _of_numbers(record: Recording, source: str) -> _Formula:
    Z, y, k = record.Z, record.y.astype(np.float64), record.Z.shape[1]
    value, slope, row, words = _single(record.network.loss)
    whole = f"({value})" if " if " in value or k > 1 else value
    row_work = over_columns(whole + _over(k), z=Z, y=y)
    return _Formula(row + _averaged(k), row_work, words, each(slope, z=Z, y=y), columns=k)


def _averaged(k: int) -> str:
    return f", mean of {k} columns" if k > 1 else ""


def _single(loss: Any) -> tuple[str, str, str, str]:
    """Return the loss of a number ``{z}`` with its target ``{y}``, its derivative, and both for whole arrays."""
    if isinstance(loss, SquaredError):
        return "({z} - {y})**2", "2 * ({z} - {y})", "(Z - y)**2", "2 * (Z - y)"
    if isinstance(loss, AbsoluteError):
        return "abs({z} - {y})", "sign({z} - {y})", "|Z - y|", "sign(Z - y)"
    if isinstance(loss, Poisson):
        return "exp({z}) - {y} * {z}", "exp({z}) - {y}", "exp(Z) - y * Z", "exp(Z) - y"
    d = repr(float(loss.delta))  # of Huber's
    value = f"({{z}} - {{y}})**2 / 2 if abs({{z}} - {{y}}) <= {d} else {d} * (abs({{z}} - {{y}}) - {d} / 2)"
    slope = f"({{z}} - {{y}}) if abs({{z}} - {{y}}) <= {d} else {d} * sign({{z}} - {{y}})"
    words = f"(Z - y)**2 / 2 where |Z - y| <= {loss.delta:g}, else {loss.delta:g} * (|Z - y| - {loss.delta / 2:g})"
    return value, slope, words, f"Z - y, cut to {loss.delta:g}"


def _cross_entropy(record: Recording, source: str) -> _Formula:
    before = (_softmax(record, source), _classes(record))
    P, T = (equation.value for equation in before)
    every = over_columns("-{t} * log({p})", t=T, p=P)

    def row(index: Index) -> list[Term]:
        return [term for term in every(index) if term.numbers["t"]]

    return _Formula("-sum of T * log(P) over the row", row, "P - T", each("{p} - {t}", p=P, t=T), before)


def _softmax(record: Recording, source: str) -> Equation:
    Z = record.Z
    shifted = np.exp(Z - Z.max(axis=1, keepdims=True))
    P = shifted / shifted.sum(axis=1, keepdims=True)
    totals = np.exp(Z).sum(axis=1) if Z.max() < 700 else np.full(len(Z), np.inf)

    def work(index: tuple[int, ...]) -> list[Term]:
        i, _ = index
        if Z.shape[1] > 4:
            return [Term("exp({z}) / {total}", {"z": Z[index], "total": totals[i]})]
        names = {f"z{j}": Z[i, j] for j in range(Z.shape[1])}
        below = " + ".join(f"exp({{z{j}}})" for j in range(Z.shape[1]))
        return [Term(f"exp({{z}}) / ({below})", {"z": Z[index], **names})]

    text = rf"e^{{{latex_of(source)}}} / \sum_j e^{{{latex_of(source)}}}"
    return Equation("P", P, f"exp({source}) / sum of exp({source}) over the row", text, work)


def _classes(record: Recording) -> Equation:
    """Return the targets as probabilities, smoothed if the loss smooths them."""
    k = record.Z.shape[1]
    T = np.eye(k)[record.y] if record.y.ndim == 1 else record.y.astype(np.float64)
    smoothing = getattr(record.network.loss, "label_smoothing", 0.0)
    if smoothing:
        return Equation(
            "T", T * (1.0 - smoothing) + smoothing / k, f"1 for the class of the row, smoothed by {smoothing:g}"
        )
    return Equation("T", T, "1 for the class of the row, else 0")


def _binary_cross_entropy(record: Recording, source: str) -> _Formula:
    P, k = _sigmoid(record, source), record.Z.shape[1]
    y, smoothing = record.y.astype(np.float64), record.network.loss.label_smoothing  # type: ignore[attr-defined]
    y = y * (1.0 - smoothing) + smoothing / 2.0 if smoothing else y
    row = over_columns(f"-({{y}} * log({{p}}) + (1 - {{y}}) * log(1 - {{p}})){_over(k)}", y=y, p=P.value)
    words = f"-(y * log(P) + (1 - y) * log(1 - P)){_averaged(k)}"
    return _Formula(words, row, "P - y", each("{p} - {y}", p=P.value, y=y), (P,), k)


def _sigmoid(record: Recording, source: str) -> Equation:
    P, work = (1.0 + np.tanh(record.Z / 2.0)) / 2.0, each("1 / (1 + exp(-{z}))", z=record.Z)
    return Equation("P", P, f"sigmoid({source})", rf"\sigma({latex_of(source)})", work)


def _quantiles(record: Recording, source: str) -> _Formula:
    Z, k, loss = record.Z, record.Z.shape[1], record.network.loss
    levels: Any = loss.levels  # type: ignore[attr-defined]
    y, q = np.repeat(record.y, len(levels), axis=1), np.tile(levels, k // len(levels))
    row = over_columns(f"max((1 - {{q}}) * ({{z}} - {{y}}), -{{q}} * ({{z}} - {{y}})) / {k}", q=q, z=Z, y=y)
    slope = each("sign({z} - {y}) / 2 + 1 / 2 - {q}", z=Z, y=y, q=q)
    words = "max((1 - q) * (Z - y), -q * (Z - y)), mean over the levels q"
    return _Formula(words, row, "sign(Z - y) / 2 + 1/2 - q", slope, columns=k)


def _gaussian(record: Recording, source: str) -> _Formula:
    t, y = record.Z.shape[1] // 2, record.y
    M, S = record.Z[:, :t], record.Z[:, t:]
    smallest = record.network.loss.min_variance  # type: ignore[attr-defined]
    formula = f"exp(s) + {smallest:g}, s the second half of the columns of {source}"
    work = each(f"exp({{s}}) + {smallest!r}", s=S)
    V = Equation("V", np.exp(S) + smallest, formula, rf"e^s + {smallest:g}", work)
    pattern = f"(log(2 * pi) + log({{v}}) + ({{m}} - {{y}})**2 / {{v}}) / 2 / {t}"
    twice = {name: np.tile(part, 2) for name, part in (("m", M), ("y", y), ("v", V.value), ("s", S))}
    of_mean = each("({m} - {y}) / {v}", **twice)
    of_s = each("(1 - ({m} - {y})**2 / {v}) / 2 * exp({s}) / {v}", **twice)
    return _Formula(
        "(log(2 pi) + log(V) + (m - y)**2 / V) / 2, m the first half of the columns of Z",
        over_columns(pattern, m=M, v=V.value, y=y),
        "(m - y) / V for m; (1 - (m - y)**2 / V) / 2 * exp(s) / V for s",
        lambda index: (of_mean if index[1] < t else of_s)(index),
        (V,),
        t,
    )


def _binary_focal(record: Recording, source: str) -> _Formula:
    loss: Any = record.network.loss
    P, yes, k, g = _sigmoid(record, source), record.y > 0.5, record.Z.shape[1], loss.gamma
    p = np.where(yes, P.value, 1.0 - P.value)
    a = np.ones(p.shape) if loss.alpha is None else np.where(yes, loss.alpha, 1.0 - loss.alpha)
    slope = f"{{a}} * (1 - {{p}})**{g!r} * ({g!r} * {{p}} * log({{p}}) - (1 - {{p}}))"
    of_yes, of_no = each(slope, a=a, p=p), each(f"-{slope}", a=a, p=p)
    return _Formula(
        _FOCAL.format(g=f"{g:g}"),
        over_columns(f"-{{a}} * (1 - {{p}})**{g!r} * log({{p}}){_over(k)}", a=a, p=p),
        "a * (1 - p)**g * (g * p * log(p) - (1 - p)), negative where y is 0",
        lambda index: (of_yes if yes[index] else of_no)(index),
        (P,),
        k,
    )


_FOCAL = "-a * (1 - p)**{g} * log(p), p the probability of the true answer"


def _focal(record: Recording, source: str) -> _Formula:
    loss: Any = record.network.loss
    before, g = (_softmax(record, source), _classes(record)), loss.gamma
    P, T = (equation.value for equation in before)
    alpha = np.ones(T.shape[1]) if loss.alpha is None else np.asarray(loss.alpha, dtype=np.float64)
    p, a = (P * T).sum(axis=1, keepdims=True), (T @ alpha)[:, None]
    slope = f"{{a}} * (1 - {{p}})**{g!r} * ({g!r} * {{p}} * log({{p}}) / (1 - {{p}}) - 1) * ({{t}} - {{q}})"
    return _Formula(
        _FOCAL.format(g=f"{g:g}"),
        over_columns(f"-{{a}} * (1 - {{p}})**{g!r} * log({{p}})", a=a, p=p),
        "a * (1 - p)**g * (g * p * log(p) / (1 - p) - 1) * (T - P)",
        each(slope, a=a, p=p, t=T, q=P),
        before,
    )


_FORMULAS: tuple[tuple[Any, Callable[[Recording, str], _Formula]], ...] = (
    ((SquaredError, AbsoluteError, Poisson, Huber), _of_numbers),
    (SoftmaxCrossEntropy, _cross_entropy),
    (BinaryCrossEntropy, _binary_cross_entropy),
    (Quantile, _quantiles),
    (GaussianNLL, _gaussian),
    (BinaryFocalCrossEntropy, _binary_focal),
    (SoftmaxFocalCrossEntropy, _focal),
)
