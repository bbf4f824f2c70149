"""Tells a small constant in a logarithm or a denominator from a mistake."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from glassnet.diagnosis.backprop.learner import Learner
from glassnet.diagnosis.backprop.measurements import Cause, Study
from glassnet.diagnosis.backprop.sample_points import Point, central_difference
from glassnet.diagnosis.gradient_check import ParameterCheck

__all__ = ["excuse_exact", "excuse_small_constants"]

_SMALL = 1e-3  # relative error up to which a clipped logarithm may be the reason
_CLOSE = 0.03  # relative error up to which a constant may be
_UNEXPLAINED = 0.1  # share of the difference that may be left: of higher order
_LARGEST = 5e-3  # constant
_ENTRIES = 12


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
    sizes = [_constant(learner, study, point, near) for point in study.points]
    known = [size for size in sizes if size is not None]
    if len(known) < len(sizes) or max(known) > _LARGEST:
        return []
    difference = max(checks[i].error for i in near)
    for i in near:
        checks[i] = checks[i]._replace(tolerance=max(checks[i].tolerance, checks[i].error))
        study.wrong[i] = False
    names = ", ".join(study.names[i] for i in near)
    return [
        f"the gradient of {names} differs from that of your loss by {difference:.0e} of its size, as a constant of "
        f"about {np.median(known):.0e} in a logarithm or a denominator does: right"
    ]


def _constant(learner: Learner, study: Study, point: Point, places: Sequence[int]) -> float | None:
    """Return the size of the constant that explains the differences at one point, None if none does."""
    P, Y = point.found.predictions, _targets(study, point)
    if Y is None or not ((P > 0) & (P < 1)).all():
        return None
    tables, own, numeric = [], [], []
    for i in places:
        gradient = point.found.gradients[i]
        assert gradient is not None
        step = max(1, len(study.entries[i]) // _ENTRIES)
        tables.append(_slopes_of_predictions(learner, point, i, study.entries[i][::step]))
        own.append(gradient.ravel()[study.entries[i][::step]])
        numeric.append((point.numeric[i] - point.penalty[i])[::step])
        own[-1] = own[-1] - point.penalty[i][::step]
    table, found, slopes = np.concatenate(tables), np.concatenate(own), np.concatenate(numeric)
    first, second = table @ (Y / P**2).ravel(), table @ ((1 - Y) / (1 - P) ** 2).ravel()
    difference = found - slopes
    base = (-Y / P, (1 - Y) / (1 - P))
    kinds = [((first,), base[0]), ((first, second), base[0] + base[1]), ((first,), base[0] + base[1])]
    for columns, plain in kinds:
        matrix = np.stack(columns, axis=1)
        if len(found) <= len(columns):
            continue
        sizes, *_ = np.linalg.lstsq(matrix, difference, rcond=None)
        left = float(np.linalg.norm(difference - matrix @ sizes))
        if left > _UNEXPLAINED * float(np.linalg.norm(difference)) + 1e-8 * float(np.linalg.norm(slopes)):
            continue
        expected = table @ plain.ravel()
        factor = float(expected @ slopes) / max(float(expected @ expected), 1e-300)
        return float(np.abs(sizes).max()) / abs(factor) if factor else None
    return None


def _targets(study: Study, point: Point) -> np.ndarray | None:
    """Return the targets in the shape of the predictions, as the learner has them."""
    if study.targets is None:
        return None
    t = next(t for t, each in enumerate(study.points) if each is point)
    by_row = study.targets[t]
    return (by_row if study.rows_of_predictions else by_row.T).reshape(point.found.predictions.shape)


def _slopes_of_predictions(learner: Learner, point: Point, which: int, entries: np.ndarray) -> np.ndarray:
    """Return how each prediction changes with some entries of one parameter, (entries, predictions)."""
    arrays = [np.array(array) for array in point.arrays]

    def predictions() -> np.ndarray:
        return np.array(learner.predict(arrays, point.X, point.y)[0]).ravel()

    return np.array([central_difference(predictions, arrays[which], entry) for entry in entries])


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
