"""Where gradients are compared: a few points near the learner's parameters, away from kinks and saturation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.diagnosis.backprop.layouts import Samples
from glassnet.diagnosis.backprop.learner import GradientCall, Learner
from glassnet.diagnosis.backprop.trying import spread_of

__all__ = [
    "Point",
    "agreement",
    "agreement_along",
    "central_difference",
    "draw_directions",
    "is_row_wise",
    "is_weak",
    "measure",
    "one_sample_per_row",
    "place_points",
    "probe",
]

_STEP = 1e-5  # cube root of float64's precision, where truncation and rounding of a central difference balance
_OTHER_STEPS = (1e-6, 1e-7, 1e-4)
_TOLERANCE = 1e-6
_MOST_PREDICTIONS = 5000  # their slopes cost two calls of the loss each
_STEADY = 1e-3
_CERTAIN = 0.02  # a prediction nearer to 0 or 1 than this makes logarithms steep and slopes vanish
_LOGITS = 6.0  # logits further apart than this are certain predictions
_DIRECTIONS = 2  # along which each gradient is compared first


@dataclass
class Point:
    """Parameters and rows, and what was measured with them."""

    arrays: list[np.ndarray]  # the parameters
    X: np.ndarray
    y: np.ndarray
    n: int  # number of rows; the last point has one more, the first once again
    along: list[np.ndarray] = field(default_factory=list)  # slopes of the loss along a few directions per parameter
    found: GradientCall = field(default_factory=GradientCall)
    numeric: list[np.ndarray] = field(default_factory=list)  # finite differences of the loss, for the checked entries
    penalty: list[np.ndarray] = field(default_factory=list)  # the part of them that no prediction brings about
    slopes: np.ndarray | None = None  # of the loss with respect to each prediction
    loss: float = 0.0


def one_sample_per_row(array: np.ndarray, rows: bool) -> np.ndarray:
    """Return predictions or data as a matrix with one sample per row; ``rows`` says whether they have that already."""
    if array.ndim == 1:
        return array.reshape(-1, 1)
    return array if rows else array.T


def is_row_wise(arrays: Sequence[np.ndarray], counts: Sequence[int], otherwise: bool) -> bool:
    """Return whether arrays, one for each point, have one sample per row; the numbers of rows differ between points."""
    by_row = all(array.shape[:1] == (n,) for array, n in zip(arrays, counts, strict=True))
    by_column = all(array.shape[-1:] == (n,) for array, n in zip(arrays, counts, strict=True))
    return otherwise if by_row == by_column else by_row


def place_points(learner: Learner, samples: Samples, seed: int, smaller: float = 1.0) -> list[Point]:
    """Return three points with the learner's samples and one with a sample more, if they are several.

    A gradient that is right is right everywhere. Weights of 0, kinks at exactly 0 and certain predictions hide mistakes
    or make right code look wrong, so the parameters are moved a little at random, and all made smaller by one factor
    until the predictions are moderate; ``smaller`` is a further factor.
    """
    rng = np.random.default_rng(seed)
    moved = [[a + spread_of(a) * rng.standard_normal(a.shape) for a in learner.tree.arrays] for _ in range(4)]
    more = samples.with_one_more() if samples.grows and samples.n > 1 else samples
    data = [samples, samples, samples, more]
    # Where no factor helps, as for an output that may be 0, the last one is none at all.
    for factor in [*(0.6**power for power in range(40)), 1.0]:
        arrays = [[np.asarray(smaller * factor * array) for array in each] for each in moved]
        if all(_moderate(learner.predict(each, d.X, d.y)[0], d.y) for each, d in zip(arrays, data, strict=True)):
            break
    return [Point(each, d.X, d.y, d.n) for each, d in zip(arrays, data, strict=True)]


def _moderate(P: np.ndarray, y: np.ndarray) -> bool:
    """Return whether no prediction is a probability near 0 or 1, nor a logit of one."""
    probable = P.min() >= 0 and P.max() <= 1
    certain = _CERTAIN / max(1, min(P.shape) if P.ndim > 1 else 1)
    if not np.isfinite(P).all():
        return False
    if probable:
        return bool(min(P.min(), 1 - P.max()) >= certain)
    return not np.array_equal(y, np.round(y)) or float(np.ptp(P)) <= _LOGITS


def is_weak(point: Point) -> bool:
    """Return whether some slopes are too small to be measured, as behind saturated units."""
    return any(float(np.linalg.norm(each)) < 1e5 * _rounding(point) * np.sqrt(len(each)) for each in point.along)


def _rounding(point: Point) -> float:
    """Return what the rounding of the loss alone puts into a difference."""
    return float(16.0 * np.finfo(np.float64).eps * abs(point.loss) / _STEP)


def central_difference(function: Callable[[], Any], array: np.ndarray, place: int, h: float | None = None) -> Any:
    """Return ``(f(p + h) - f(p - h)) / (2 * h)`` for one entry p of an array that the function reads.

    By default ``h`` is 1e-5, and more for a large entry.
    """
    kept = float(array.flat[place])
    h = _STEP * max(1.0, abs(kept)) if h is None else h
    array.flat[place] = kept - h
    below = function()
    array.flat[place] = kept + h
    above = function()
    array.flat[place] = kept
    return (above - below) / (2 * h)


def draw_directions(arrays: Sequence[np.ndarray], seed: int) -> list[np.ndarray]:
    """Return a few directions for each parameter, one per row; for a small one, each of its entries."""
    rng = np.random.default_rng(seed)
    return [
        np.eye(a.size) if a.size <= _DIRECTIONS else rng.standard_normal((_DIRECTIONS, a.size)) / a.size**0.25
        for a in arrays
    ]


def probe(learner: Learner, point: Point, directions: list[np.ndarray]) -> None:
    """Set the loss of a point, and its slopes along a few directions for each parameter."""
    point.loss = learner.loss_at(point.arrays, point.X, point.y)
    point.along = [_slopes_along(learner, point, i, V) for i, V in enumerate(directions)]


def _slopes_along(learner: Learner, point: Point, which: int, V: np.ndarray, step: float = _STEP) -> np.ndarray:
    slopes = np.empty(len(V))
    for k, v in enumerate(V):
        around = []
        for h in (step, -step):
            arrays = list(point.arrays)
            arrays[which] = arrays[which] + h * v.reshape(arrays[which].shape)
            around.append(learner.loss_at(arrays, point.X, point.y))
        slopes[k] = (around[0] - around[1]) / (2 * step)
    return slopes


def agreement_along(
    learner: Learner, point: Point, which: int, gradient: np.ndarray, V: np.ndarray
) -> tuple[float, float, np.ndarray, np.ndarray]:
    """Return relative error, tolerance, and both slopes along the directions, of a whole gradient."""
    own, slopes = V @ gradient.ravel(), point.along[which].copy()
    error, tolerance = _error_along(point, gradient, V, own, slopes)
    for step in _OTHER_STEPS:
        if error <= tolerance or not np.isfinite(own).all():
            break
        other = _slopes_along(learner, point, which, V, step)
        if float(np.linalg.norm(other - slopes)) < _STEADY * float(np.linalg.norm(own - slopes)):
            break  # no kink
        slopes = np.where(np.abs(own - other) < np.abs(own - slopes), other, slopes)
        error, tolerance = _error_along(point, gradient, V, own, slopes)
    return error, tolerance, own, slopes


def _error_along(
    point: Point, gradient: np.ndarray, V: np.ndarray, own: np.ndarray, slopes: np.ndarray
) -> tuple[float, float]:
    """Return an estimate of the relative error of the gradient, and its tolerance.

    A direction of length s finds s / sqrt(size) of a difference, on average.
    """
    share = float(np.linalg.norm(V)) / np.sqrt(V.size)
    typical = np.sqrt(len(V))
    total = share * float(np.linalg.norm(gradient)) + float(np.linalg.norm(slopes)) / typical
    noise = _rounding(point)
    if total < max(1e-9 * share, noise):
        return 0.0, _TOLERANCE
    return float(np.linalg.norm(own - slopes)) / typical / total, _TOLERANCE + noise / total


def measure(
    learner: Learner, point: Point, entries: list[np.ndarray], wrong: Sequence[bool], with_slopes: bool
) -> None:
    """Set the finite differences of a point, for the checked entries of each parameter whose gradient is wrong.

    Of one that is right, the gradient itself is as good. With ``with_slopes``, those with respect to the predictions
    are measured as well.
    """
    P = np.array(learner.predict(point.arrays, point.X, point.y)[0], dtype=np.float64)
    for i, chosen in enumerate(entries):
        gradient = point.found.gradients[i]
        known = not wrong[i] and gradient is not None and gradient.size == point.arrays[i].size
        point.numeric.append(
            gradient.ravel()[chosen] if known and gradient is not None else _slopes(learner, point, i, chosen)
        )
    grown = [np.asarray(1.1 * array + 0.1) for array in point.arrays]
    penalised = learner.loss(P, point.y, grown, point.X) != learner.loss(P, point.y, point.arrays, point.X)
    reads_rows = not learner.separates
    if penalised and not reads_rows:
        point.penalty = [_slopes(learner, point, i, chosen, P) for i, chosen in enumerate(entries)]
    else:
        point.penalty = [np.zeros(len(chosen)) for chosen in entries]
    if with_slopes and not reads_rows and P.size <= _MOST_PREDICTIONS:
        point.slopes = _prediction_slopes(learner, point, P)


def _slopes(
    learner: Learner,
    point: Point,
    which: int,
    entries: np.ndarray,
    P: np.ndarray | None = None,
    step: float = _STEP,
) -> np.ndarray:
    """Return central differences along some entries of a parameter; predictions that are given stay as they are."""
    arrays = [np.array(array) for array in point.arrays]

    def loss() -> float:
        if P is None:
            return learner.loss_at(arrays, point.X, point.y)
        return learner.loss(P, point.y, arrays, point.X)

    steps = [step * max(1.0, abs(float(arrays[which].flat[j]))) for j in entries]
    return np.array([central_difference(loss, arrays[which], j, h) for j, h in zip(entries, steps, strict=True)])


def _prediction_slopes(learner: Learner, point: Point, P: np.ndarray) -> np.ndarray:
    """Return the loss's slope with respect to each prediction; steps are relative, as probabilities may be small."""
    slopes = np.empty(P.shape)
    for place, value in enumerate(P.ravel().tolist()):
        h = min(_STEP, 0.01 * min(value, 1 - value)) if 0 < value < 1 else None
        loss: Callable[[], float] = lambda: learner.loss(P, point.y, point.arrays, point.X)  # noqa: E731  # it is typed
        slopes.flat[place] = central_difference(loss, P, place, h)
    return slopes


def agreement(
    learner: Learner, point: Point, which: int, found: np.ndarray, entries: np.ndarray
) -> tuple[float, float, np.ndarray]:
    """Return relative error, tolerance, and the finite differences that were compared.

    Where a difference does not agree, others with shorter and longer steps are measured and the nearest counts: a
    rectifier's kink between ``p - h`` and ``p + h`` spoils one step length, a mistake spoils all.
    """
    numeric = point.numeric[which].copy()
    error, tolerance = _relative_error(point, found, numeric)
    if error <= tolerance or not np.isfinite(found).all():
        return error, tolerance, numeric
    for step in _OTHER_STEPS:
        other = _slopes(learner, point, which, entries, None, step)
        if float(np.linalg.norm(other - numeric)) < _STEADY * error * float(np.linalg.norm(numeric)):
            break  # the difference stays as it is, whatever the step: no kink
        numeric = np.where(np.abs(found - other) < np.abs(found - numeric), other, numeric)
    return *_relative_error(point, found, numeric), numeric


def _relative_error(point: Point, found: np.ndarray, numeric: np.ndarray) -> tuple[float, float]:
    total = float(np.linalg.norm(found) + np.linalg.norm(numeric))
    noise = float(_rounding(point) * np.sqrt(len(numeric)))
    if total < max(1e-9, noise):
        return 0.0, _TOLERANCE
    return float(np.linalg.norm(found - numeric)) / total, _TOLERANCE + noise / total
