"""Explains gradients of a network of any make: what is passed back at its output, carried on by finite differences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from glassnet.diagnosis.backprop.learner import Learner
from glassnet.diagnosis.backprop.measurements import Cause, Study
from glassnet.diagnosis.backprop.sample_points import Point, central_difference, one_sample_per_row

__all__ = ["explain_by_outputs", "slopes_of_predictions"]


def explain_by_outputs(learner: Learner, study: Study, places: Sequence[int]) -> dict[int, list[Cause]]:
    """Return what is wrong with the slopes at the output, if that explains a gradient.

    The predictions' own slopes with respect to the parameters are measured, so that nothing need be known about what
    the network computes inside.
    """
    explained: dict[int, list[Cause]] = {}
    candidates = list(_candidates(study))
    for i in places:
        tables = [slopes_of_predictions(learner, point, i, study.entries[i]) for point in study.points]
        for causes, slopes in candidates:
            expected = [
                table @ (s if study.rows_of_predictions else s.T).ravel()
                for table, s in zip(tables, slopes, strict=True)
            ]
            found = study.compare(i, expected)
            if found is not None:
                explained[i] = [*causes, *found]
                break
    return explained


def _candidates(study: Study) -> Iterator[tuple[list[Cause], list[np.ndarray]]]:
    """Yield slopes with respect to the predictions, one sample per row, and the mistakes that give them."""
    if study.targets is None:
        return
    P = [one_sample_per_row(point.found.predictions, study.rows_of_predictions) for point in study.points]
    Y = study.targets

    def exact(targets: Sequence[np.ndarray]) -> list[np.ndarray]:
        known = [study.loss.slopes(p, y) for p, y in zip(P, targets, strict=True)]
        return [slopes for slopes in known if slopes is not None] or study.errors(P, targets)

    with np.errstate(all="ignore"):
        if study.loss.slopes(P[0], Y[0]) is not None:
            yield [], exact(Y)
        if study.loss.is_squared_error:
            logits = [e / (p * (1 - p)) for e, p in zip(study.errors(P, Y, plain=True), P, strict=True)]
            yield [Cause("cross_entropy_gradient", "sigmoid")], logits
            yield [Cause("targets_added")], study.errors(P, [-y for y in Y])
            yield [Cause("targets_ignored")], study.errors(P, [np.zeros(y.shape) for y in Y])
        else:
            yield [Cause("squared_error_gradient")], study.errors(P, Y)
        for shift in (1, -1):
            yield [Cause("targets_misaligned", str(shift))], exact([np.roll(y, shift, axis=0) for y in Y])


def slopes_of_predictions(learner: Learner, point: Point, which: int, entries: np.ndarray) -> np.ndarray:
    """Return how each prediction changes with each checked entry of one parameter, (entries, predictions)."""
    arrays = [np.array(array) for array in point.arrays]

    def predictions() -> np.ndarray:
        return np.array(learner.predict(arrays, point.X, point.y)[0]).ravel()

    return np.array([central_difference(predictions, arrays[which], entry) for entry in entries])
