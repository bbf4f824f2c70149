"""Which loss a learner's function computes, found by comparing its values with the formulas of the usual ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from glassnet.diagnosis.backprop.scale_factors import Law, law
from glassnet.losses.classification import sigmoid, softmax

__all__ = ["RecognisedLoss", "as_predictions", "loss_value", "recognise_by_targets", "recognise_loss"]

ROOT = "root of the mean squared error"


def _likelihood(P: np.ndarray, Y: np.ndarray, sign: float) -> np.ndarray:
    return np.asarray(Y * np.log(P) + sign * (1 - Y) * np.log(1 - P))


# To be summed over all rows and outputs: of predictions and targets with one sample per row. The library's own losses
# take logits, so their formulas do not serve here.
_FORMULAS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "squared error": lambda P, Y: (P - Y) ** 2,
    "binary cross-entropy": lambda P, Y: -_likelihood(P, Y, 1.0),
    "cross-entropy": lambda P, Y: -Y * np.log(P),
    "softmax cross-entropy": lambda P, Y: -Y * np.log(softmax(P)),
    "sigmoid cross-entropy": lambda P, Y: np.logaddexp(0.0, P) - Y * P,
    "binary cross-entropy with a wrong sign": lambda P, Y: -_likelihood(P, Y, -1.0),
    "absolute error": lambda P, Y: np.abs(P - Y),
    "negative log-likelihood": lambda P, Y: -Y * P,
}
_SLOPES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "squared error": lambda P, Y: 2 * (P - Y),
    "binary cross-entropy": lambda P, Y: (P - Y) / (P * (1 - P)),
    "cross-entropy": lambda P, Y: -Y / P,
    "softmax cross-entropy": lambda P, Y: softmax(P) * Y.sum(axis=-1, keepdims=True) - Y,
    "sigmoid cross-entropy": lambda P, Y: sigmoid(P) - Y,
    "absolute error": lambda P, Y: np.sign(P - Y),
    "negative log-likelihood": lambda P, Y: -Y,
}


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
        slope = _SLOPES.get(self.name)
        return None if slope is None or self.factor is None else np.asarray(self.factor(len(P)) * slope(P, Y))

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
        for name, formula in _FORMULAS.items():
            found = _factor(pairs, loss_of, rows, formula)
            if found is not None:
                return RecognisedLoss(name, found)
        if _factor(pairs, lambda t, P: loss_of(t, P) ** 2, rows, _FORMULAS["squared error"]) is not None:
            return RecognisedLoss(ROOT)
    return RecognisedLoss()


def _factor(
    pairs: list[tuple[np.ndarray, np.ndarray]],
    loss_of: Callable[[int, np.ndarray], float],
    rows: list[int],
    formula: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> Law | None:
    """Return the factor in front of a formula's sum that makes it a loss, None if none does."""
    ratios = []
    for t, (P, Y) in enumerate(pairs):
        other = _elsewhere(P)
        expected = float(formula(other, Y).sum()) - float(formula(P, Y).sum())
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
        for name, formula in _FORMULAS.items():
            ratios = []
            for t, (P, Y) in enumerate(pairs):
                expected = float(formula(P, np.roll(Y, 1, axis=0)).sum()) - float(formula(P, Y).sum())
                ratios.append(change_of(t) / expected if abs(expected) > 1e-6 else np.nan)
            found = law(ratios, rows) if np.isfinite(ratios).all() else None
            if found is not None and found.constant > 0 and fits(RecognisedLoss(name, found)):
                return RecognisedLoss(name, found)
    return RecognisedLoss()


def loss_value(loss: RecognisedLoss, P: np.ndarray, Y: np.ndarray) -> float:
    """Return a recognised loss of predictions and targets, without any penalty."""
    formula = _FORMULAS.get(loss.name)
    if formula is None or loss.factor is None:
        return float("nan")
    with np.errstate(all="ignore"):
        return loss.factor(len(P)) * float(formula(P, Y).sum())
