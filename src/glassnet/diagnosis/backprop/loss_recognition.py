"""Which loss a learner's function computes, found by comparing its values with the formulas of the usual ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from glassnet.diagnosis.backprop.scale_factors import Law, law
from glassnet.losses import AbsoluteError, BinaryCrossEntropy, SoftmaxCrossEntropy, SquaredError
from glassnet.losses.classification import softmax
from glassnet.utils.formula import Formula, evaluate

__all__ = ["RecognisedLoss", "as_predictions", "loss_value", "recognise_by_targets", "recognise_loss"]

ROOT = "root of the mean squared error"


# What one prediction adds to the sum over all rows and outputs, and its slope. Where the library's own loss takes
# logits, these are Z and P their softmax; what a slip of the pen made has no slope that could be expected.
_LOSSES = {
    "squared error": SquaredError.formula,
    "binary cross-entropy": Formula(BinaryCrossEntropy.formula.value, "(P - y) / (P * (1 - P))"),
    "cross-entropy": Formula(SoftmaxCrossEntropy.formula.value, "-T / P"),
    "softmax cross-entropy": Formula(SoftmaxCrossEntropy.formula.value, "P * total - T"),
    "sigmoid cross-entropy": Formula(BinaryCrossEntropy.formula.computed, "sigmoid(Z) - y"),
    "binary cross-entropy with a wrong sign": Formula("-(y * log(P) - (1 - y) * log(1 - P))"),
    "absolute error": AbsoluteError.formula,
    "negative log-likelihood": Formula("-T * P", "-T"),
}


def _worth(name: str, P: np.ndarray, Y: np.ndarray, *, slope: bool = False) -> np.ndarray:
    """Return what each prediction adds to a loss, or its slope, one sample per row."""
    formula, shares = _LOSSES[name], softmax(P) if name.startswith("softmax") else P
    names = {"Z": P, "P": shares, "y": Y, "T": Y, "total": Y.sum(axis=-1, keepdims=True)}
    return np.asarray(evaluate(formula.derivative if slope else formula.value, **names))


class RecognisedLoss(NamedTuple):
    """A loss by name, with the factor in front of its sum over rows and outputs."""

    name: str = "loss"  # as in "cross-entropy"; "loss" if it is none of the usual ones
    factor: Law | None = None  # n ** -1 for a mean over rows

    @property
    def is_squared_error(self) -> bool:
        """Whether it is the squared error, with any factor."""
        return self.name == "squared error"

    def slopes(self, P: np.ndarray, Y: np.ndarray) -> np.ndarray | None:
        """Return the slope with respect to each prediction, None where the formula is not known."""
        if self.factor is None or self.name not in _LOSSES or not _LOSSES[self.name].derivative:
            return None
        return np.asarray(self.factor(len(P)) * _worth(self.name, P, Y, slope=True))

    def __str__(self) -> str:
        kind = "" if self.factor is None else "summed " if self.factor.exponent == 0 else "mean "
        return f"{kind}{self.name}"


def as_predictions(y: np.ndarray, P: np.ndarray) -> np.ndarray | None:
    """Return targets in the shape of predictions, with one column per class for labels; None if they do not fit.

    Both have one sample per row.
    """
    if y.shape == P.shape:
        return y.astype(np.float64)
    labels = y.ravel()
    if labels.size == len(P) and np.array_equal(labels, np.round(labels)) and labels.min() >= 0:
        k = P.shape[1]
        if labels.max() < k:
            one_hot: np.ndarray = np.eye(k)[labels.astype(int)]
            return one_hot
    return None


def recognise_loss(
    pairs: list[tuple[np.ndarray, np.ndarray]], loss_of: Callable[[int, np.ndarray], float], rows: list[int]
) -> RecognisedLoss:
    """Return the loss that has the same differences as the learner's own, whatever penalty is added to it.

    ``pairs`` has predictions and targets, one sample per row, for each point; ``loss_of(point, P)`` calls the learner's
    function.
    """
    with np.errstate(all="ignore"):
        for name in _LOSSES:
            found = _factor(pairs, loss_of, rows, name)
            if found is not None:
                return RecognisedLoss(name, found)
        if _factor(pairs, lambda t, P: loss_of(t, P) ** 2, rows, "squared error") is not None:
            return RecognisedLoss(ROOT)
    return RecognisedLoss()


def _factor(
    pairs: list[tuple[np.ndarray, np.ndarray]],
    loss_of: Callable[[int, np.ndarray], float],
    rows: list[int],
    name: str,
) -> Law | None:
    """Return the factor in front of a usual loss's sum that makes it the learner's, None if none does."""
    ratios = []
    for t, (P, Y) in enumerate(pairs):
        other = _elsewhere(P)
        expected = float(_worth(name, other, Y).sum()) - float(_worth(name, P, Y).sum())
        ratios.append((loss_of(t, other) - loss_of(t, P)) / expected if expected else np.nan)
    found = law(ratios, rows) if np.isfinite(ratios).all() else None
    return found if found is not None and found.constant > 0 else None


def _elsewhere(P: np.ndarray) -> np.ndarray:
    """Return other predictions; probabilities stay below 1, but do not add up to it.

    With two outputs that do, cross-entropy and binary cross-entropy differ by a factor alone.
    """
    columns = np.arange(1, P.shape[-1] + 1) / P.shape[-1]
    inside = bool((P > 0).all() and (P < 1).all())
    return np.asarray(0.8 * P + (0.15 / P.shape[-1] if inside else 0.1) * columns)


def recognise_by_targets(
    pairs: list[tuple[np.ndarray, np.ndarray]],
    change_of: Callable[[int], float],
    rows: list[int],
    fits: Callable[[RecognisedLoss], bool],
) -> RecognisedLoss:
    """Return the loss that changes with the targets as the learner's own does, where predictions cannot be passed.

    ``pairs`` has predictions and targets, one sample per row, for each point; ``change_of(point)`` says what the loss
    gains if the targets move on by one row; ``fits`` has the last word, as several losses may gain the same.
    """
    with np.errstate(all="ignore"):
        for name in _LOSSES:
            ratios = []
            for t, (P, Y) in enumerate(pairs):
                expected = float(_worth(name, P, np.roll(Y, 1, axis=0)).sum()) - float(_worth(name, P, Y).sum())
                ratios.append(change_of(t) / expected if abs(expected) > 1e-6 else np.nan)
            found = law(ratios, rows) if np.isfinite(ratios).all() else None
            if found is not None and found.constant > 0 and fits(RecognisedLoss(name, found)):
                return RecognisedLoss(name, found)
    return RecognisedLoss()


def loss_value(loss: RecognisedLoss, P: np.ndarray, Y: np.ndarray) -> float:
    """Return a recognised loss of predictions and targets, without any penalty."""
    if loss.name not in _LOSSES or loss.factor is None:
        return float("nan")
    with np.errstate(all="ignore"):
        return loss.factor(len(P)) * float(_worth(loss.name, P, Y).sum())
