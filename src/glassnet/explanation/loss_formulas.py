"""The losses as equations: what the logits mean, the loss of each row, its mean, and where the way back begins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.explanation.document import Equation, Term, is_ours
from glassnet.explanation.layer_formulas import latex_of
from glassnet.explanation.recording import Recording
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

# A loss of single numbers: what one contributes, and its slope, as expressions; then the formulas of the arrays.
_Single = tuple[str, str, str, str]


def _single(loss: Any) -> _Single | None:
    """Return how a loss treats one number ``{z}`` with its target ``{y}``; None for one that is not so simple."""
    if isinstance(loss, SquaredError):
        return "({z} - {y})**2", "2 * ({z} - {y})", "(Z - y)**2", "2 * (Z - y)"
    if isinstance(loss, AbsoluteError):
        return "abs({z} - {y})", "sign({z} - {y})", "|Z - y|", "sign(Z - y)"
    if isinstance(loss, Poisson):
        return "exp({z}) - {y} * {z}", "exp({z}) - {y}", "exp(Z) - y * Z", "exp(Z) - y"
    if isinstance(loss, Huber):
        d = repr(float(loss.delta))
        value = f"({{z}} - {{y}})**2 / 2 if abs({{z}} - {{y}}) <= {d} else {d} * (abs({{z}} - {{y}}) - {d} / 2)"
        slope = f"({{z}} - {{y}}) if abs({{z}} - {{y}}) <= {d} else {d} * sign({{z}} - {{y}})"
        words = f"(Z - y)**2 / 2 where |Z - y| <= {loss.delta:g}, else {loss.delta:g} * (|Z - y| - {loss.delta / 2:g})"
        return value, slope, words, f"Z - y, cut to {loss.delta:g}"
    return None


def loss_forward(record: Recording, source: str) -> list[Equation]:
    """Return the equations from the logits to the mean loss; ``source`` is what the logits are called."""
    found, loss = [], record.network.loss
    k = record.Z.shape[1]
    if not is_ours(loss):
        return [Equation("l", record.rows, f"{type(loss).__name__}({source}, y)"), *_mean(record)]
    if isinstance(loss, (SoftmaxCrossEntropy, SoftmaxFocalCrossEntropy)):
        found += [_softmax(record, source), _classes(record)]
    elif isinstance(loss, (BinaryCrossEntropy, BinaryFocalCrossEntropy)):
        found.append(_sigmoid(record, source))
    elif isinstance(loss, GaussianNLL):
        found.append(_variances(record, source))
    row, formula = _row_work(record)
    text = _LATEX.get(type(loss).__name__, "").replace("Z", latex_of(source))
    formula = formula.replace("Z", source) + (f", mean of {k} columns" if k > 1 and _single(loss) else "")
    found.append(Equation("l", record.rows, formula, text, row))
    return [*found, *_mean(record)]


_LATEX = {
    "AbsoluteError": r"\tfrac{1}{k} \sum_j |Z_j - y_j|",
    "BinaryCrossEntropy": r"-\tfrac{1}{k} \sum_j \left( y_j \log P_j + (1 - y_j) \log(1 - P_j) \right)",
    "Huber": r"\tfrac{1}{k} \sum_j h_\delta(Z_j - y_j)",
    "Poisson": r"\tfrac{1}{k} \sum_j \left( e^{Z_j} - y_j Z_j \right)",
    "SoftmaxCrossEntropy": r"-\sum_j T_j \log P_j",
    "SquaredError": r"\tfrac{1}{k} \sum_j (Z_j - y_j)^2",
}


def _mean(record: Recording) -> list[Equation]:
    rows, weights = record.rows, record.weights()
    total = float(weights.sum())
    plain = record.weight is None

    def work(index: tuple[int, ...]) -> list[Term]:
        if plain:
            return [Term("{l} / {n}", {"l": rows[i], "n": float(len(rows))}) for i in range(len(rows))]
        return [Term("{w} * {l} / {n}", {"w": weights[i], "l": rows[i], "n": total}) for i in range(len(rows))]

    formula, text = ("mean of l", r"\tfrac{1}{n} \sum_i l_i")
    if not plain:
        formula, text = "sum of w * l / sum of w", r"\sum_i w_i l_i / \sum_i w_i"
    return [Equation("L", np.array(record.loss), formula, text, work)]


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


def _sigmoid(record: Recording, source: str) -> Equation:
    Z = record.Z

    def work(index: tuple[int, ...]) -> list[Term]:
        return [Term("1 / (1 + exp(-{z}))", {"z": Z[index]})]

    return Equation("P", (1.0 + np.tanh(Z / 2.0)) / 2.0, f"sigmoid({source})", rf"\sigma({latex_of(source)})", work)


def _variances(record: Recording, source: str) -> Equation:
    t = record.Z.shape[1] // 2
    smallest = record.network.loss.min_variance  # type: ignore[attr-defined]  # of the Gaussian only
    S = record.Z[:, t:]

    def work(index: tuple[int, ...]) -> list[Term]:
        return [Term(f"exp({{s}}) + {smallest!r}", {"s": S[index]})]

    formula = f"exp(s) + {smallest:g}, s the second half of the columns of {source}"
    return Equation("V", np.exp(S) + smallest, formula, rf"e^s + {smallest:g}", work)


def _targets(record: Recording) -> np.ndarray:
    """Return targets as the loss compares them with the logits, smoothed if it smooths them."""
    y = record.y.astype(np.float64)
    smoothing = getattr(record.network.loss, "label_smoothing", 0.0)
    return y * (1.0 - smoothing) + smoothing / 2.0 if smoothing else y


Work = Callable[[tuple[int, ...]], list[Term]]


def _row_work(record: Recording) -> tuple[Work | None, str]:
    """Return how the loss of one row is worked, and its formula."""
    loss, Z, k = record.network.loss, record.Z, record.Z.shape[1]
    single = _single(loss)
    if single is not None:
        y = _targets(record)
        return _each(single[0], Z, y, k), single[2]
    if isinstance(loss, SoftmaxCrossEntropy):
        P, T = _softmax(record, "").value, _classes(record).value

        def cross_entropy(index: tuple[int, ...]) -> list[Term]:
            (i,) = index
            return [Term("-{t} * log({p})", {"t": T[i, j], "p": P[i, j]}) for j in range(k) if T[i, j]]

        return cross_entropy, "-sum of T * log(P) over the row"
    if isinstance(loss, BinaryCrossEntropy):
        P, y = _sigmoid(record, "").value, _targets(record)
        over = f" / {k}" if k > 1 else ""

        def binary(index: tuple[int, ...]) -> list[Term]:
            (i,) = index
            pattern = f"-({{y}} * log({{p}}) + (1 - {{y}}) * log(1 - {{p}})){over}"
            return [Term(pattern, {"y": y[i, j], "p": P[i, j]}) for j in range(k)]

        return binary, "-(y * log(P) + (1 - y) * log(1 - P))" + (f", mean of {k} columns" if k > 1 else "")
    if isinstance(loss, Quantile):
        return _quantile_work(record), "max((1 - q) * (Z - y), -q * (Z - y)), mean over the levels q"
    if isinstance(loss, GaussianNLL):
        return _gaussian_work(record), "(log(2 pi) + log(V) + (m - y)**2 / V) / 2, m the first half of the columns of Z"
    if isinstance(loss, (BinaryFocalCrossEntropy, SoftmaxFocalCrossEntropy)):
        g = f"{loss.gamma:g}"
        return _focal_work(record), f"-a * (1 - p)**{g} * log(p), p the probability of the true answer"
    return None, f"{type(loss).__name__} of each row"


def _each(pattern: str, Z: np.ndarray, y: np.ndarray, k: int) -> Work:
    """Return the mean over columns of an expression."""
    whole = f"({pattern})" if " if " in pattern or k > 1 else pattern
    over = f" / {k}" if k > 1 else ""

    def work(index: tuple[int, ...]) -> list[Term]:
        (i,) = index
        return [Term(f"{whole}{over}", {"z": Z[i, j], "y": y[i, j]}) for j in range(k)]

    return work


def _levels(record: Recording) -> tuple[np.ndarray, np.ndarray]:
    """Return the target and the level of every column of a quantile loss."""
    loss: Any = record.network.loss
    n_targets = record.Z.shape[1] // len(loss.levels)
    return np.repeat(record.y, len(loss.levels), axis=1), np.tile(loss.levels, n_targets)


def _quantile_work(record: Recording) -> Work:
    Z, k = record.Z, record.Z.shape[1]
    y, levels = _levels(record)

    def work(index: tuple[int, ...]) -> list[Term]:
        (i,) = index
        pattern = f"max((1 - {{q}}) * ({{z}} - {{y}}), -{{q}} * ({{z}} - {{y}})) / {k}"
        return [Term(pattern, {"q": levels[j], "z": Z[i, j], "y": y[i, j]}) for j in range(k)]

    return work


def _gaussian_work(record: Recording) -> Work:
    t = record.Z.shape[1] // 2
    M, V, y = record.Z[:, :t], _variances(record, "").value, record.y

    def work(index: tuple[int, ...]) -> list[Term]:
        (i,) = index
        pattern = f"(log(2 * pi) + log({{v}}) + ({{m}} - {{y}})**2 / {{v}}) / 2 / {t}"
        return [Term(pattern, {"m": M[i, j], "v": V[i, j], "y": y[i, j]}) for j in range(t)]

    return work


def _focal_parts(record: Recording) -> tuple[np.ndarray, np.ndarray]:
    """Return the probability of the true answer and its factor a: (n, k) where each column is a label, else (n, 1)."""
    loss: Any = record.network.loss
    if isinstance(loss, BinaryFocalCrossEntropy):
        P, yes = _sigmoid(record, "").value, record.y > 0.5
        a = 1.0 if loss.alpha is None else np.where(yes, loss.alpha, 1.0 - loss.alpha)
        return np.where(yes, P, 1.0 - P), np.broadcast_to(a, P.shape)
    T = _classes(record).value
    P = _softmax(record, "").value
    a = np.ones(T.shape[1]) if loss.alpha is None else np.asarray(loss.alpha, dtype=np.float64)
    return (P * T).sum(axis=1, keepdims=True), (T @ a)[:, None]


def _focal_work(record: Recording) -> Work:
    loss: Any = record.network.loss
    p, a = _focal_parts(record)
    over = f" / {p.shape[1]}" if p.shape[1] > 1 else ""

    def work(index: tuple[int, ...]) -> list[Term]:
        (i,) = index
        pattern = f"-{{a}} * (1 - {{p}})**{loss.gamma!r} * log({{p}}){over}"
        return [Term(pattern, {"a": a[i, j], "p": p[i, j]}) for j in range(p.shape[1])]

    return work


def loss_backward(record: Recording, source: str) -> Equation:
    """Return the gradient of the mean loss with respect to the logits."""
    loss, k = record.network.loss, record.Z.shape[1]
    if not is_ours(loss):
        return Equation(f"d{source}", record.dZ, f"slope of the mean of {type(loss).__name__}")
    weights, total = record.weights(), float(record.weights().sum())
    slope, formula = _slopes(record)
    columns = 1 if isinstance(loss, (SoftmaxCrossEntropy, SoftmaxFocalCrossEntropy)) else k
    if isinstance(loss, GaussianNLL):
        columns = k // 2
    plain = record.weight is None
    divisor = f" / {columns}" if columns > 1 else ""

    def work(index: tuple[int, ...]) -> list[Term]:
        assert slope is not None
        (term,) = slope(index)
        pattern = f"({term.pattern}){divisor} / {{n}}" if plain else f"{{w}} * ({term.pattern}){divisor} / {{n}}"
        return [Term(pattern, {**term.numbers, "n": total, "w": weights[index[0]]})]

    by = f"{columns} n" if columns > 1 else "n"
    words = (
        f"({formula.replace('Z', source)}) / ({by})" if plain else f"w * ({formula.replace('Z', source)}) / sum of w"
    )
    text = _SLOPES.get(type(loss).__name__, "").replace("Z", latex_of(source))
    return Equation(f"d{source}", record.dZ, words, text, None if slope is None else work)


_SLOPES = {
    "BinaryCrossEntropy": r"(P - y) / (k n)",
    "SoftmaxCrossEntropy": r"(P - T) / n",
    "SquaredError": r"2 (Z - y) / (k n)",
    "Poisson": r"(e^Z - y) / (k n)",
}


def _slopes(record: Recording) -> tuple[Work | None, str]:
    """Return the slope of the loss of one row in one logit, without weights and means, and its formula."""
    loss, Z = record.network.loss, record.Z
    single = _single(loss)
    if single is not None:
        pattern, y = single[1], _targets(record)
        return lambda index: [Term(pattern, {"z": Z[index], "y": y[index]})], single[3]
    if isinstance(loss, SoftmaxCrossEntropy):
        P, T = _softmax(record, "").value, _classes(record).value
        return lambda index: [Term("{p} - {t}", {"p": P[index], "t": T[index]})], "P - T"
    if isinstance(loss, BinaryCrossEntropy):
        P, y = _sigmoid(record, "").value, _targets(record)
        return lambda index: [Term("{p} - {y}", {"p": P[index], "y": y[index]})], "P - y"
    if isinstance(loss, Quantile):
        y, levels = _levels(record)
        pattern = "sign({z} - {y}) / 2 + 1 / 2 - {q}"
        return (
            lambda index: [Term(pattern, {"z": Z[index], "y": y[index], "q": levels[index[1]]})],
            "sign(Z - y) / 2 + 1/2 - q",
        )
    if isinstance(loss, GaussianNLL):
        return _gaussian_slope(record), "(m - y) / V for m; (1 - (m - y)**2 / V) / 2 * exp(s) / V for s"
    if isinstance(loss, BinaryFocalCrossEntropy):
        return _binary_focal_slope(record), "a * (1 - p)**g * (g * p * log(p) - (1 - p)), negative where y is 0"
    if isinstance(loss, SoftmaxFocalCrossEntropy):
        return _focal_slope(record), "a * (1 - p)**g * (g * p * log(p) / (1 - p) - 1) * (T - P)"
    return None, f"slope of {type(loss).__name__}"


def _gaussian_slope(record: Recording) -> Work:
    t = record.Z.shape[1] // 2
    Z, V, y = record.Z, _variances(record, "").value, record.y

    def slope(index: tuple[int, ...]) -> list[Term]:
        i, j = index
        numbers = {"m": Z[i, j % t], "y": y[i, j % t], "v": V[i, j % t], "s": Z[i, t + j % t]}
        if j < t:
            return [Term("({m} - {y}) / {v}", numbers)]
        return [Term("(1 - ({m} - {y})**2 / {v}) / 2 * exp({s}) / {v}", numbers)]

    return slope


def _binary_focal_slope(record: Recording) -> Work:
    p, a = _focal_parts(record)
    g = record.network.loss.gamma  # type: ignore[attr-defined]  # of the focal losses

    def slope(index: tuple[int, ...]) -> list[Term]:
        sign = "" if record.y[index] > 0.5 else "-"
        pattern = f"{sign}{{a}} * (1 - {{p}})**{g!r} * ({g!r} * {{p}} * log({{p}}) - (1 - {{p}}))"
        return [Term(pattern, {"a": a[index], "p": p[index]})]

    return slope


def _focal_slope(record: Recording) -> Work:
    p, a = _focal_parts(record)
    P, T = _softmax(record, "").value, _classes(record).value
    g = record.network.loss.gamma  # type: ignore[attr-defined]  # of the focal losses

    def slope(index: tuple[int, ...]) -> list[Term]:
        i, _ = index
        pattern = f"{{a}} * (1 - {{p}})**{g!r} * ({g!r} * {{p}} * log({{p}}) / (1 - {{p}}) - 1) * ({{t}} - {{q}})"
        return [Term(pattern, {"a": a[i, 0], "p": p[i, 0], "t": T[index], "q": P[index]})]

    return slope
