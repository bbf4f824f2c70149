"""Explains gradients of a network of any make: what is passed back at its output, carried on by finite differences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from glassnet.diagnosis.calling import Learner
from glassnet.diagnosis.points import Point
from glassnet.diagnosis.study import Cause, Study

__all__ = ["explain_by_outputs"]

_STEP = 1e-5


def explain_by_outputs(learner: Learner, study: Study, places: Sequence[int]) -> dict[int, list[Cause]]:
    """Return what is wrong with the slopes at the output, if that explains a gradient.

    The predictions' own slopes with respect to the parameters are measured, so that nothing need be known about what
    the network computes inside.
    """
    explained: dict[int, list[Cause]] = {}
    candidates = list(_candidates(study))
    for i in places:
        tables = [_slopes_of_predictions(learner, point, i, study.entries[i]) for point in study.points]
        for causes, slopes in candidates:
            expected = [table @ (s if study.rows else s.T).ravel() for table, s in zip(tables, slopes, strict=True)]
            found = study.compare(i, expected)
            if found is not None:
                explained[i] = [*causes, *found]
                break
    return explained


def _candidates(study: Study) -> Iterator[tuple[list[Cause], list[np.ndarray]]]:
    """Yield slopes with respect to the predictions, one sample per row, and what they would mean."""
    if study.targets is None:
        return
    P = [_inward(point.found.predictions, study.rows) for point in study.points]
    Y, counts = study.targets, study.counts
    with np.errstate(all="ignore"):
        known = [study.loss.slopes(p, y) for p, y in zip(P, Y, strict=True)]
        exact = [slopes for slopes in known if slopes is not None]
        if len(exact) == len(P):
            yield [], exact
        errors = [(p - y) / n for p, y, n in zip(P, Y, counts, strict=True)]
        if study.loss.name != "squared error":
            yield [Cause("squared_error_gradient")], errors
        else:
            logits = [e / (p * (1 - p)) for e, p in zip(errors, P, strict=True)]
            yield [Cause("cross_entropy_gradient", "sigmoid")], logits
        yield [Cause("targets_added")], [(p + y) / n for p, y, n in zip(P, Y, counts, strict=True)]
        yield [Cause("targets_ignored")], [p / n for p, n in zip(P, counts, strict=True)]
        for shift in (1, -1):
            rolled = [(p - np.roll(y, shift, axis=0)) / n for p, y, n in zip(P, Y, counts, strict=True)]
            yield [Cause("targets_misaligned", str(shift))], rolled


def _inward(array: np.ndarray, rows: bool) -> np.ndarray:
    if array.ndim == 1:
        return array.reshape(-1, 1)
    return array if rows else array.T


def _slopes_of_predictions(learner: Learner, point: Point, which: int, entries: np.ndarray) -> np.ndarray:
    """Return how each prediction changes with each checked entry of one parameter, (entries, predictions)."""
    table = []
    for entry in entries:
        arrays = [array.copy() for array in point.arrays]
        kept = float(arrays[which].flat[entry])
        h = _STEP * max(1.0, abs(kept))
        sides = []
        for value in (kept + h, kept - h):
            arrays[which].flat[entry] = value
            sides.append(np.array(learner.predict(arrays, point.X, point.y)[0]).ravel())
        table.append((sides[0] - sides[1]) / (2 * h))
    return np.array(table)
