"""Distinguishes a small constant in a logarithm or a denominator from a mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from glassnet.diagnosis.backprop.jacobian import slopes_of_predictions
from glassnet.diagnosis.backprop.learner import Learner
from glassnet.diagnosis.backprop.loss_recognition import RecognisedLoss, as_predictions
from glassnet.diagnosis.backprop.measurements import Cause, Study
from glassnet.diagnosis.backprop.sample_points import Point, is_row_wise, one_sample_per_row
from glassnet.diagnosis.backprop.scale_factors import law
from glassnet.diagnosis.gradient_check import ParameterCheck
from glassnet.losses.classification import sigmoid, softmax

__all__ = ["excuse_exact", "excuse_small_constants"]

_SMALL = 1e-3  # relative error up to which a clipped logarithm may be the reason
_CLOSE = 0.03  # relative error up to which a constant may be
_UNEXPLAINED = 0.1  # share of the difference that may be left: of higher order
_LARGEST = 5e-3  # constant
_ENTRIES = 12


class Constant(NamedTuple):
    """A constant that was found, and the loss that it stands in, with its factor."""

    size: float
    factor: float
    loss: str


def excuse_small_constants(learner: Learner, study: Study, checks: list[ParameterCheck]) -> list[str]:
    """Pass gradients that differ from those of the loss as a small constant makes them differ, and say so.

    With ``log(p + e)`` in the loss and the usual short gradient, or ``y / (p + e)`` in the gradient, the difference of
    the two is e times the gradient that ``y / p**2``, or the same of ``1 - y`` and ``1 - p``, would give: one number e
    must explain all of it.
    """
    near = [
        i for i, wrong in enumerate(study.wrong) if wrong and checks[i].error < _CLOSE and study.found(i) is not None
    ]
    near = [i for i in near if not study.bad_shape(i)]
    if not near:
        return []
    found = [_constant(learner, study, point, near) for point in study.points]
    constants = [each for each in found if each is not None]
    known = [each.size for each in constants]
    if len(known) < len(found) or max(known) > _LARGEST or max(known) > 2 * min(known):
        return []
    names_of_losses = {each.loss for each in constants}
    factor = law([each.factor for each in constants], study.counts)
    if len(names_of_losses) == 1 and factor is not None and study.loss.name == "loss":
        study.loss = RecognisedLoss(
            names_of_losses.pop(), factor
        )  # what is wrong elsewhere is followed from its slopes
    difference = max(checks[i].error for i in near)
    for i in near:
        checks[i] = checks[i]._replace(tolerance=max(checks[i].tolerance, checks[i].error))
        study.wrong[i] = False
    names = ", ".join(study.names[i] for i in near)
    return [
        f"the gradient of {names} differs from that of your loss by {difference:.0e} of its size, as a constant of "
        f"about {np.median(known):.0e} in a logarithm or a denominator does: right"
    ]


def _constant(learner: Learner, study: Study, point: Point, places: Sequence[int]) -> Constant | None:
    """Return the constant that explains the differences at one point, None if none does."""
    P, Y = _targets(study, point)
    if Y is None:
        return None
    tables, own, slopes = [], [], []
    for i in places:
        gradient, entries = point.found.gradients[i], slice(None, None, max(1, len(study.entries[i]) // _ENTRIES))
        assert gradient is not None
        tables.append(slopes_of_predictions(learner, point, i, study.entries[i][entries]))
        own.append((gradient.ravel()[study.entries[i]] - point.penalty[i])[entries])
        slopes.append((point.numeric[i] - point.penalty[i])[entries])
    table, found, numeric = np.concatenate(tables), np.concatenate(own), np.concatenate(slopes)
    by_row = study.rows_of_predictions

    def carried(slope: np.ndarray) -> np.ndarray:
        return np.asarray(table @ (slope if by_row else slope.T).ravel())

    for kind, Q, pull_back in _readings(P):
        first, second = (carried(pull_back(each)) for each in (Y / Q**2, (1 - Y) / (1 - Q) ** 2))
        plain, other = (carried(pull_back(each)) for each in (-Y / Q, (1 - Y) / (1 - Q)))
        bases = {"cross-entropy": plain, "binary cross-entropy": plain + other}
        for columns in ((first,), (first, second)):
            size = _fit(found - numeric, columns, numeric)
            if size is not None:
                # Which of the two losses it is follows from their own slopes.
                name = min(bases, key=lambda each: _left(bases[each], numeric))
                factor = float(bases[name] @ numeric) / max(float(bases[name] @ bases[name]), 1e-300)
                loss = f"{kind} {name.removeprefix('binary ')}" if kind else name
                return Constant(size / abs(factor), factor, loss) if factor else None
    return None


def _readings(P: np.ndarray) -> Iterator[tuple[str, np.ndarray, Callable[[np.ndarray], np.ndarray]]]:
    """Yield what may be the probabilities, and how slopes with respect to them become those of the predictions."""
    if ((P > 0) & (P < 1)).all():
        yield "", P, lambda slopes: slopes
    shares = softmax(P)
    yield "softmax", shares, lambda slopes: shares * (slopes - (slopes * shares).sum(axis=-1, keepdims=True))
    each = sigmoid(P)
    yield "sigmoid", each, lambda slopes: slopes * each * (1 - each)


def _fit(difference: np.ndarray, columns: tuple[np.ndarray, ...], slopes: np.ndarray) -> float | None:
    """Return the largest coefficient if the columns explain a difference, None if they do not."""
    matrix = np.stack(columns, axis=1)
    if len(difference) <= len(columns) or not np.isfinite(matrix).all():
        return None
    sizes, *_ = np.linalg.lstsq(matrix, difference, rcond=None)
    left = float(np.linalg.norm(difference - matrix @ sizes))
    most = _UNEXPLAINED * float(np.linalg.norm(difference)) + 1e-8 * float(np.linalg.norm(slopes))
    return float(np.abs(sizes).max()) if left <= most else None


def _left(base: np.ndarray, slopes: np.ndarray) -> float:
    """Return what a multiple of the base does not explain of slopes."""
    if not np.isfinite(base).all():
        return float("inf")
    return float(np.linalg.norm(slopes - base * (base @ slopes) / max(float(base @ base), 1e-300)))


def _targets(study: Study, point: Point) -> tuple[np.ndarray, np.ndarray | None]:
    """Return predictions and targets, one sample per row."""
    by_row = is_row_wise([each.y for each in study.points], study.counts, study.rows)
    P = one_sample_per_row(point.found.predictions, study.rows_of_predictions)
    return P, as_predictions(one_sample_per_row(point.y, by_row), P)


def excuse_exact(study: Study, checks: list[ParameterCheck], explained: dict[int, list[Cause]]) -> list[str]:
    """Pass gradients that are exactly those of the loss without a small constant that keeps its logarithm finite."""
    excused = [i for i, causes in explained.items() if not causes and checks[i].error < _SMALL]
    for i in excused:
        checks[i] = checks[i]._replace(tolerance=max(checks[i].tolerance, checks[i].error))
    if not excused:
        return []
    names = ", ".join(study.names[i] for i in excused)
    return [
        f"the gradients of {names} are exactly those of {study.loss.name}; your loss differs a little from it, "
        "as with a small constant inside the logarithm"
    ]
