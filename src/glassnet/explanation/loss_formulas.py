"""The losses as equations: predictions, loss of each row, mean loss, and the gradient of the logits."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from glassnet.explanation.document import Equation, Index, Term
from glassnet.explanation.recording import Pass, Recording
from glassnet.explanation.symbols import latex_of
from glassnet.explanation.terms import Pattern, Work, each, over_columns, worked
from glassnet.layers import Sigmoid
from glassnet.losses import (
    BinaryCrossEntropy,
    BinaryFocalCrossEntropy,
    GaussianNLL,
    Quantile,
    SoftmaxCrossEntropy,
    SoftmaxFocalCrossEntropy,
)
from glassnet.losses.classification import softmax
from glassnet.utils.formula import Formula, formula_of
from glassnet.utils.formula_text import Latex, Words

__all__ = ["loss_backward", "loss_forward", "prediction_of"]


class _Written(NamedTuple):
    """The arrays that the formula of a loss takes, and how the loss of a row follows from it.

    Attributes
    ----------
    numbers : dict of str to ndarray
        The arrays for the names in the formula.
    terms, columns : int
        Number of values of the formula in the sum for a row, and what this sum is divided by.
    before : tuple of Equation
        Equations that the loss of a row uses.
    row, remark : str
        The loss of a row in words where these are not the formula, and words to append to it.
    of_s : Formula, optional
        The formula for the second half of the columns, where it differs.
    symbols : mapping of str to str
        Symbols of names in the formula that are not these themselves.
    """

    numbers: dict[str, Any]
    terms: int
    columns: int
    before: tuple[Equation, ...] = ()
    row: str = ""
    remark: str = ""
    of_s: Formula | None = None
    symbols: Mapping[str, str] = MappingProxyType({})


def loss_forward(record: Recording, source: str) -> list[Equation]:
    """Return the equations from the logits to the mean loss; ``source`` is the symbol of the logits."""
    loss, formula = record.network.loss, formula_of(record.network.loss)
    if formula is None:
        return [Equation("l", record.rows, f"{type(loss).__name__}({source}, y)"), *_mean(record)]
    written, given = _written(record, source), formula.constants(loss)
    words = Words({**given, **written.symbols, "Z": source}).text(formula.value) + written.remark
    share = f"({formula.value}) / {written.columns}" if written.columns > 1 else formula.value
    pattern = Pattern(given).text(share)
    work = partial(_row_terms, each(pattern, **written.numbers), written.terms)
    latex = _latex(formula, formula.value, given, source, "_j" if written.terms > 1 else "")
    latex = (r"\tfrac{1}{k} " if written.columns > 1 else "") + (r"\sum_j " if written.terms > 1 else "") + latex
    return [*written.before, Equation("l", record.rows, written.row or words, latex, work), *_mean(record)]


def _row_terms(every: Work, n: int, index: Index) -> list[Term]:
    terms = [every((*index, j))[0] for j in range(n)]
    return [term for term in terms if term.numbers.get("T", 1.0)]  # only the true class counts


def loss_backward(record: Recording, source: str) -> Equation:
    """Return the gradient of the mean loss with respect to the logits."""
    loss, formula = record.network.loss, formula_of(record.network.loss)
    if formula is None:
        return Equation(f"d{source}", record.dZ, f"slope of the mean of {type(loss).__name__}")
    weights, plain = record.weights(), record.weight is None
    written, given = _written(record, source), formula.constants(loss)
    numbers = {**written.numbers, "n": float(weights.sum()), "w": weights[:, None]}
    over = f" / {written.columns}" if written.columns > 1 else ""

    def worked(one: Formula) -> Work:
        return each(f"{'' if plain else '{w} * '}({Pattern(given).text(one.derivative)}){over} / {{n}}", **numbers)

    works = [worked(formula), worked(written.of_s or formula)]
    words = Words({**given, **written.symbols, "Z": source})
    slope, latex = words.text(formula.derivative), _latex(formula, formula.derivative, given, source)
    if written.of_s is not None:
        slope, latex = f"{slope} for m; {words.text(written.of_s.derivative)} for s", ""
    count = f"{written.columns} " if over else ""
    text = f"({slope}) / ({count}n)" if plain else f"w * ({slope}) / " + (f"({count}sum of w)" if over else "sum of w")
    if latex:
        k = "k " if over else ""
        latex = f"{latex} / ({k}n)" if plain else rf"w \, {latex} / ({k}\sum_i w_i)"
    return Equation(f"d{source}", record.dZ, text, latex, partial(_of_half, works, written.terms))


def _of_half(works: list[Work], n: int, index: Index) -> list[Term]:
    return works[index[1] >= n](index)


def prediction_of(record: Pass, source: str) -> Equation | None:
    """Return the equation of what the network answers, as the loss reads the logits; None where it is these."""
    loss = record.network.loss
    if isinstance(loss, (SoftmaxCrossEntropy, SoftmaxFocalCrossEntropy)):
        return _softmax(record, source)
    if isinstance(loss, (BinaryCrossEntropy, BinaryFocalCrossEntropy)):
        return _probability(source, record.Z, loss.link(record.Z))
    return None


def _probability(source: str, Z: np.ndarray, P: np.ndarray) -> Equation:
    work = each(Pattern().text(Sigmoid.formula.value), Z=Z)
    return Equation("P", P, f"sigmoid({source})", rf"\sigma({latex_of(source)})", work)


def _latex(formula: Formula, expression: str, given: dict[str, float], source: str, index: str = "") -> str:
    """Return an expression of a formula in LaTeX as a factor, its arrays with an index."""
    symbol = latex_of(source)
    names = {name: f"{name}{index}" for name in formula.names()}
    names |= {"Z": symbol.replace("}", ",j}") if index else symbol, "pi": r"\pi"}
    return Latex({**names, **given}).factor(expression)


def _mean(record: Recording) -> list[Equation]:
    rows, weights = record.rows, record.weights()
    total = float(weights.sum())
    formula, text, work = "mean of l", r"\tfrac{1}{n} \sum_i l_i", over_columns("{l} / {n}", l=rows, n=total)
    if record.weight is not None:
        formula, text = "sum of w * l / sum of w", r"\sum_i w_i l_i / \sum_i w_i"
        work = over_columns("{w} * {l} / {n}", w=weights, l=rows, n=total)
    name = "L_data" if record.penalises else "L"
    return [Equation(name, np.array(record.loss), formula, text, work)]


def _written(record: Recording, source: str) -> _Written:
    """Return the arrays for the formula of the loss of a network."""
    loss, Z, k = record.network.loss, record.Z, record.Z.shape[1]
    match loss:
        case SoftmaxCrossEntropy() | SoftmaxFocalCrossEntropy():
            return _of_classes(record, source)
        case BinaryCrossEntropy() | BinaryFocalCrossEntropy():
            return _of_answers(record, source)
        case Quantile(levels=levels):
            q = np.tile(levels, k // len(levels))
            numbers = {"Z": Z, "y": np.repeat(record.y, len(levels), axis=1), "q": q}
            levels_of = Equation("q", q, remark="the level of each column")
            return _Written(numbers, k, k, (levels_of,), remark=", mean over q")
        case GaussianNLL():
            return _gaussian(record, source)
    remark = f", mean of {k} columns" if k > 1 else ""
    return _Written({"Z": Z, "y": record.y.astype(np.float64)}, k, k, remark=remark)


def _of_classes(record: Recording, source: str) -> _Written:
    loss: Any = record.network.loss
    before: tuple[Equation, ...] = (_softmax(record, source), _classes(record))
    P, T = (equation.value for equation in before)
    if isinstance(loss, SoftmaxCrossEntropy):
        return _Written({"P": P, "T": T}, T.shape[1], 1, before, "-sum of T * log(P) over the row")
    alpha = np.ones(T.shape[1]) if loss.alpha is None else np.asarray(loss.alpha, dtype=np.float64)
    p, a = (P * T).sum(axis=1, keepdims=True), (T @ alpha)[:, None]
    before += (Equation("p", p, "sum of P * T over the row"), Equation("a", a, "alpha of the class of the row"))
    return _Written({"a": a, "p": p, "T": T, "P": P}, 1, 1, before)


def _softmax(record: Pass, source: str) -> Equation:
    Z = record.Z
    P = softmax(Z)
    totals = np.exp(Z).sum(axis=1) if Z.max() < 700 else np.full(len(Z), np.inf)
    text = rf"e^{{{latex_of(source)}}} / \sum_j e^{{{latex_of(source)}}}"
    return Equation(
        "P", P, f"exp({source}) / sum of exp({source}) over the row", text, partial(_share_terms, Z, totals)
    )


def _share_terms(Z: np.ndarray, totals: np.ndarray, index: Index) -> list[Term]:
    i, _ = index
    if Z.shape[1] > 4:
        return [Term("exp({z}) / {total}", {"z": Z[index], "total": totals[i]})]
    names = {f"z{j}": Z[i, j] for j in range(Z.shape[1])}
    below = " + ".join(f"exp({{z{j}}})" for j in range(Z.shape[1]))
    return [Term(f"exp({{z}}) / ({below})", {"z": Z[index], **names})]


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


def _of_answers(record: Recording, source: str) -> _Written:
    loss: Any = record.network.loss
    Z, y, k = record.Z, record.y.astype(np.float64), record.Z.shape[1]
    smoothing, before, symbols = getattr(loss, "label_smoothing", 0.0), [], {}
    if smoothing:
        smooth = y * (1.0 - smoothing) + smoothing / 2.0
        before.append(worked("y_smooth", smooth, "Y * (1 - c) + c / 2", Y=("y", y), c=smoothing))
        y, symbols = before[0].value, {"y": "y_smooth"}
    numbers = {"Z": Z, "y": y, **loss.formula.defined(Z=Z, y=y)}
    before.append(_probability(source, Z, numbers["P"]))
    remark = f", mean of {k} columns" if k > 1 else ""
    if isinstance(loss, BinaryCrossEntropy):
        return _Written(numbers, k, k, tuple(before), remark=remark, symbols=symbols)
    a = np.ones(Z.shape) if loss.alpha is None else np.where(y > 0.5, loss.alpha, 1.0 - loss.alpha)
    of_a = "1" if loss.alpha is None else f"{loss.alpha:g} where y > 0, else {1.0 - loss.alpha:g}"
    before += [Equation("p", numbers["p"], "P where y > 0, else 1 - P"), Equation("a", a, of_a)]
    return _Written({**numbers, "a": a}, k, k, tuple(before), remark=remark)


def _gaussian(record: Recording, source: str) -> _Written:
    loss: Any = record.network.loss
    t, given = record.Z.shape[1] // 2, loss.formula.constants(loss)
    m, s = record.Z[:, :t], record.Z[:, t:]
    value, expression = loss.formula.defined(**given, s=s)["V"], loss.formula.definitions["V"]
    halves = [
        Equation("m", m, f"columns 0 to {t - 1} of {source}"),
        Equation("s", s, f"columns {t} to {2 * t - 1} of {source}"),
    ]
    text = Words(given).text(expression)
    V = Equation("V", value, text, Latex(given).text(expression), each(Pattern(given).text(expression), s=s))
    numbers = {name: np.tile(part, 2) for name, part in (("m", m), ("y", record.y), ("V", value), ("s", s))}
    remark = f", mean of {t} columns" if t > 1 else ""
    return _Written(numbers, t, t, (*halves, V), remark=remark, of_s=loss.formula_of_s)
