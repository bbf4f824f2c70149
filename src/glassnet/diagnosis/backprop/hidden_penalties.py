"""The penalty of a loss that runs forward itself: what is left of its slopes when those of the rest are taken away."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from glassnet.diagnosis.backprop.learner import Learner
from glassnet.diagnosis.backprop.loss_recognition import RecognisedLoss, loss_value, recognise_by_targets
from glassnet.diagnosis.backprop.measurements import Study
from glassnet.diagnosis.backprop.sample_points import central_difference, one_sample_per_row
from glassnet.errors import GlassnetError

__all__ = ["recognise_from_outside", "separate_penalties"]

_NOTHING = 1e-6  # share of a gradient that differences leave


def recognise_from_outside(learner: Learner, study: Study, targets: list[np.ndarray]) -> None:
    """Set the loss of a study whose loss takes no predictions, if it changes with the targets as a known one does."""
    points = study.points
    if "y" not in learner.loss_reads or not all(np.isfinite(point.loss) for point in points):
        return

    def change_of(t: int) -> float:
        point = points[t]
        axis = 0 if point.y.ndim < 2 or study.rows else 1
        return learner.loss_at(point.arrays, point.X, np.roll(point.y, 1, axis=axis)) - point.loss

    def fits(loss: RecognisedLoss) -> bool:
        """Return whether what the loss adds is the same for other data: the first sample in the place of each."""
        point, axis = points[0], 0 if study.rows or points[0].X.ndim < 2 else 1
        other = np.repeat(np.take(point.X, [0], axis=axis), point.X.shape[axis], axis=axis)
        added = []
        for X in (point.X, other):
            P = np.array(learner.predict(point.arrays, X, point.y)[0], dtype=np.float64)
            value = loss_value(loss, one_sample_per_row(P, study.rows_of_predictions), targets[0])
            added.append(learner.loss_at(point.arrays, X, point.y) - value)
        return abs(added[0] - added[1]) < 1e-9 * max(1.0, abs(point.loss))

    P = [one_sample_per_row(point.found.predictions, study.rows_of_predictions) for point in points]
    try:
        loss = recognise_by_targets(list(zip(P, targets, strict=True)), change_of, study.counts, fits)
    except GlassnetError:  # other answers or data are not taken
        return
    if loss.factor is not None:
        study.loss, study.targets = loss, targets


def separate_penalties(learner: Learner, study: Study) -> None:
    """Set what the penalty adds to the slopes, where the loss without it was recognised."""
    if study.separates or study.targets is None:
        return
    for t, point in enumerate(study.points):
        arrays = [np.array(array) for array in point.arrays]
        for i, entries in enumerate(study.entries):
            plain = np.array([central_difference(_data(learner, study, t, arrays), arrays[i], j) for j in entries])
            rest = point.numeric[i] - plain
            small = float(np.linalg.norm(rest)) < _NOTHING * float(np.linalg.norm(point.numeric[i]))
            point.penalty[i] = np.zeros(len(entries)) if small else rest
    study.separates = True


def _data(learner: Learner, study: Study, t: int, arrays: list[np.ndarray]) -> Callable[[], float]:
    """Return the loss of one point without its penalty, as a function of arrays that change in place."""
    point, targets = study.points[t], study.targets
    assert targets is not None

    def value() -> float:
        P = np.array(learner.predict(arrays, point.X, point.y)[0], dtype=np.float64)
        return loss_value(study.loss, one_sample_per_row(P, study.rows_of_predictions), targets[t])

    return value
