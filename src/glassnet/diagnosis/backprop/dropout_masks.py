"""Which hidden units a learner's dropout leaves out, found from what each of them does to the predictions."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from glassnet.diagnosis.backprop.learner import Learner
from glassnet.diagnosis.backprop.sample_points import Point, central_difference, one_sample_per_row

__all__ = ["measure_masks", "scaled_masks"]

_MOST_UNITS = 200  # each costs two calls of forward at every point
_KEPT = (0.8, 0.5, 0.9, 0.7, 0.6, 0.75, 1.0, 0.85, 0.95, 0.86, 0.65, 0.4, 0.3, 0.25, 0.2)


def measure_masks(
    learner: Learner, points: Sequence[Point], biases: Sequence[int | None], rows: bool
) -> list[list[np.ndarray]] | None:
    """Return for each point and hidden layer which units reach the predictions, (rows, units), 1 or 0.

    A unit that was left out changes nothing, so the slope of the predictions with respect to its bias is exactly 0. A
    rectifier's is so as well where it is off, and it does not matter there. None if nothing is left out, or cannot be
    measured; ``rows`` says whether predictions have one sample per row.
    """
    hidden = [bias for bias in biases[:-1] if bias is not None]
    units = sum(points[0].arrays[bias].size for bias in hidden)
    if len(hidden) < len(biases) - 1 or not 0 < units <= _MOST_UNITS:
        return None
    found = []
    for point in points:
        found.append([_reaching(learner, point, bias, rows) for bias in hidden])
        if all(mask.all() for mask in found[0]):
            return None
    return found


def _reaching(learner: Learner, point: Point, bias: int, rows: bool) -> np.ndarray:
    arrays = [np.array(array) for array in point.arrays]

    def predictions() -> np.ndarray:
        return one_sample_per_row(np.array(learner.predict(arrays, point.X, point.y)[0], dtype=np.float64), rows)

    slopes = [central_difference(predictions, arrays[bias], unit) for unit in range(arrays[bias].size)]
    return np.stack([(slope != 0.0).any(axis=1) for slope in slopes], axis=1) * 1.0


def scaled_masks(masks: Sequence[Sequence[np.ndarray]]) -> Iterator[list[list[np.ndarray]]]:
    """Yield masks with the factors that dropout may have, behind all hidden layers first, then behind some."""
    n_hidden = len(masks[0])
    which = [each for size in range(n_hidden, 0, -1) for each in itertools.combinations(range(n_hidden), size)]
    for layers, kept in itertools.product(which, _KEPT):
        yield [[mask / kept if i in layers else np.ones(mask.shape) for i, mask in enumerate(each)] for each in masks]
