"""Which numbers of a row are codes of categories, that is, go straight into an embedding."""

from __future__ import annotations

import numpy as np

from glassnet.exports.plan import Embed, Join, Plan, Select, Step

__all__ = ["code_counts"]


def code_counts(plan: Plan) -> dict[int, int]:
    """Return how many codes there are, from 0, for each number of the features x that is one, by its position."""
    places = {plan.x.name: np.arange(plan.x.size)}
    counts: dict[int, int] = {}
    for step in plan.vector_steps:
        read = [places[value.name].reshape(value.shape) for value in step.inputs()]
        places[step.out.name] = _places(step, read)
        if isinstance(step, Embed):
            for place in read[0][read[0] >= 0].tolist():
                counts[place] = min(step.table.shape[1], counts.get(place, step.table.shape[1]))
    return counts


def _places(step: Step, read: list[np.ndarray]) -> np.ndarray:
    """Return for each entry of a value which feature it is, -1 if it is none."""
    if isinstance(step, Select):
        found: np.ndarray = read[0].reshape(-1)[step.places]
        return found.reshape(step.out.shape)
    if isinstance(step, Join):
        return np.concatenate(read, axis=-1)
    return np.full(step.out.shape, -1)
