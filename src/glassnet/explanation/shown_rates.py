"""The learning rate of a worked step: that of the next step, unless it is 0."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.schedules import Schedule

__all__ = ["shown_rate"]

_NOTHING = 1e-6  # of the largest rate: such a step shows nothing
_AHEAD = 100  # epochs to look ahead for a schedule that does not say when it ends
_PLACES = 1000


def shown_rate(schedule: Schedule, position: float, memory: dict[str, Any]) -> tuple[float, float, tuple[str, ...]]:
    """Return a learning rate above 0 if the schedule has one, the position in epochs it is taken at, and why.

    Parameters
    ----------
    schedule : Schedule
    position : float
        Of the next step, in epochs.
    memory : dict
        The memory of the schedule.

    Examples
    --------
    >>> from glassnet.schedules import CosineDecay
    >>> rate, position, said = shown_rate(CosineDecay(0.1, epochs=5), 5.0, {})
    >>> rate, position, said[0]
    (0.1, 0.0, 'The schedule has ended: the learning rate is 0, and a further step would change nothing.')
    """
    rate = float(schedule.rate(position, memory))
    if rate > 0.0 and (schedule.horizon is None or position < schedule.horizon):
        return rate, position, ()
    places = np.linspace(0.0, max(position, float(schedule.horizon or _AHEAD)), _PLACES + 1)
    rates = [float(schedule.rate(float(place), memory)) for place in places]
    best = int(np.argmax(rates))
    largest, at = rates[best], float(places[best])
    if rate > _NOTHING * largest:
        return rate, position, ()
    if not largest:
        return rate, position, ("The learning rate is 0: the step changes nothing.",)
    what, tense = "The schedule starts with a learning rate of 0: a first step would change nothing.", "is"
    if at < position:
        what, tense = "The schedule has ended: the learning rate is 0, and a further step would change nothing.", "was"
    return (
        largest,
        at,
        (
            what,
            f"The step is worked as in epoch {int(at) + 1}, where the rate {tense} the largest: lr = {largest:.6g}.",
        ),
    )
