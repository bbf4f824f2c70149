"""Where gradients are compared: a few points near the learner's parameters, away from kinks and saturation."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from glassnet.diagnosis.backprop.learner import Found, Learner

__all__ = ["Point", "agreement", "is_weak", "measure", "place_points"]

_STEP = 1e-5  # cube root of float64's precision, where truncation and rounding of a central difference balance
_OTHER_STEPS = (1e-6, 1e-7, 1e-4)
_TOLERANCE = 1e-6
_MOST_PREDICTIONS = 5000  # their slopes cost two calls of the loss each
_STEADY = 1e-3
_CERTAIN = 1e-3  # a prediction nearer to 0 or 1 than this makes logarithms steep and slopes vanish


@dataclass
class Point:
    """Parameters, rows, and what is measured there.

    Attributes
    ----------
    arrays : list of arrays
        The parameters.
    X, y : arrays
        The learner's rows; one more, the first once again, at the last point.
    n : int
        How many rows.
    found : Found
        What the learner's gradients answered.
    numeric : list of arrays
        Finite differences of the learner's loss, for the entries that are checked.
    penalty : list of arrays
        The part of them that does not come by way of the predictions.
    slopes : array
        The loss's slope with respect to each prediction.
    """

    arrays: list[np.ndarray]
    X: np.ndarray
    y: np.ndarray
    n: int
    found: Found = field(default_factory=Found)
    numeric: list[np.ndarray] = field(default_factory=list)
    penalty: list[np.ndarray] = field(default_factory=list)
    slopes: np.ndarray | None = None
    loss: float = 0.0


def place_points(
    learner: Learner, X: np.ndarray, y: np.ndarray, rows: bool, seed: int, smaller: float = 1.0
) -> list[Point]:
    """Return three points with the learner's rows and one with a row more.

    A gradient that is right is right everywhere. Weights of 0, kinks at exactly 0 and certain predictions hide mistakes
    or make right code look wrong, so the parameters are moved a little at random, and all made smaller by one factor
    until the predictions are moderate; ``smaller`` is a further factor.
    """
    rng = np.random.default_rng(seed)
    axis = 0 if rows else 1
    more_X = np.concatenate([X, np.take(X, [0], axis=axis)], axis=axis)
    along = 0 if y.ndim == 1 else axis
    more_y = np.concatenate([y, np.take(y, [0], axis=along)], axis=along)
    moved = [[a + _spread(a) * rng.standard_normal(a.shape) for a in learner.tree.arrays] for _ in range(4)]
    data = [(X, y)] * 3 + [(more_X, more_y)]
    # Where no factor helps, as for an output that may be 0, the last one is none at all.
    for factor in [*(0.6**power for power in range(40)), 1.0]:
        arrays = [[np.asarray(smaller * factor * array) for array in each] for each in moved]
        if all(_moderate(learner.predict(each, *d)[0]) for each, d in zip(arrays, data, strict=True)):
            break
    return [Point(each, *d, d[0].shape[axis]) for each, d in zip(arrays, data, strict=True)]


def _moderate(P: np.ndarray) -> bool:
    """Return whether no prediction is a probability near 0 or 1."""
    probable = P.min() >= 0 and P.max() <= 1
    return bool(np.isfinite(P).all() and not (probable and min(P.min(), 1 - P.max()) < _CERTAIN))


def is_weak(point: Point) -> bool:
    """Return whether some slopes are too small to be measured, as behind saturated units."""
    return any(float(np.linalg.norm(each)) < 1e5 * _rounding(point) * np.sqrt(len(each)) for each in point.numeric)


def _rounding(point: Point) -> float:
    """Return what the rounding of the loss alone puts into a difference."""
    return float(16.0 * np.finfo(np.float64).eps * abs(point.loss) / _STEP)


def _spread(array: np.ndarray) -> float:
    size = float(np.sqrt(np.mean(array**2)))
    return 0.25 * size if size > 1e-2 else 0.1


def measure(learner: Learner, point: Point, entries: list[np.ndarray]) -> None:
    """Fill in the finite differences at a point, ``(loss(p + h) - loss(p - h)) / (2 * h)`` for each entry."""
    point.loss = learner.loss_at(point.arrays, point.X, point.y)
    P, _ = learner.predict(point.arrays, point.X, point.y)
    P = np.array(P, dtype=np.float64)
    point.numeric = [np.array([_slope(learner, point, i, j) for j in chosen]) for i, chosen in enumerate(entries)]
    grown = [np.asarray(1.1 * array + 0.1) for array in point.arrays]
    penalised = learner.loss(P, point.y, grown, point.X) != learner.loss(P, point.y, point.arrays, point.X)
    reads_rows = "X" in learner.loss_reads
    if penalised and not reads_rows:
        point.penalty = [
            np.array([_slope(learner, point, i, j, P) for j in chosen]) for i, chosen in enumerate(entries)
        ]
    else:
        point.penalty = [np.zeros(len(chosen)) for chosen in entries]
    if not reads_rows and P.size <= _MOST_PREDICTIONS:
        point.slopes = _prediction_slopes(learner, point, P)


def _slope(
    learner: Learner, point: Point, which: int, entry: int, P: np.ndarray | None = None, step: float = _STEP
) -> float:
    """Return the central difference along one entry; with predictions given, they stay as they are."""
    arrays = [np.array(array) for array in point.arrays]
    kept = float(arrays[which].flat[entry])
    h = step * max(1.0, abs(kept))
    losses = []
    for value in (kept - h, kept + h):
        arrays[which].flat[entry] = value
        fixed = P is not None
        losses.append(
            learner.loss(P, point.y, arrays, point.X) if fixed else learner.loss_at(arrays, point.X, point.y)  # type: ignore[arg-type]
        )
    return (losses[1] - losses[0]) / (2 * h)


def _prediction_slopes(learner: Learner, point: Point, P: np.ndarray) -> np.ndarray:
    """Return the loss's slope with respect to each prediction; steps are relative, as probabilities may be small."""
    slopes = np.empty(P.shape)
    for place in np.ndindex(P.shape):
        kept = float(P[place])
        h = min(_STEP, 0.01 * min(kept, 1 - kept)) if 0 < kept < 1 else _STEP * max(1.0, abs(kept))
        losses = []
        for value in (kept - h, kept + h):
            P[place] = value
            losses.append(learner.loss(P, point.y, point.arrays, point.X))
        P[place] = kept
        slopes[place] = (losses[1] - losses[0]) / (2 * h)
    return slopes


def agreement(
    learner: Learner, point: Point, which: int, found: np.ndarray, entries: np.ndarray
) -> tuple[float, float, np.ndarray]:
    """Return relative error, tolerance, and the finite differences that it is about.

    Where a difference does not agree, others with shorter and longer steps are measured and the nearest counts: a
    rectifier's kink between ``p - h`` and ``p + h`` spoils one step length, a mistake spoils all.
    """
    numeric = point.numeric[which].copy()
    rounding = _rounding(point)

    def error() -> tuple[float, float]:
        total = float(np.linalg.norm(found) + np.linalg.norm(numeric))
        noise = rounding * np.sqrt(len(numeric))
        if total < max(1e-9, noise):
            return 0.0, _TOLERANCE
        return float(np.linalg.norm(found - numeric)) / total, _TOLERANCE + float(noise) / total

    now, tolerance = error()
    if not now <= tolerance and np.isfinite(found).all():
        for step in _OTHER_STEPS:
            other = np.array([_slope(learner, point, which, j, None, step) for j in entries])
            if float(np.linalg.norm(other - numeric)) < _STEADY * now * float(np.linalg.norm(numeric)):
                break  # the difference stays as it is, whatever the step: no kink
            numeric = np.where(np.abs(found - other) < np.abs(found - numeric), other, numeric)
        now, tolerance = error()
    return now, tolerance, numeric
