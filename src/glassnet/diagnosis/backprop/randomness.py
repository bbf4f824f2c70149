"""Random numbers that a learner's functions draw, made the same in every call."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.diagnosis.backprop.surroundings import places_in, variables_of

__all__ = ["Randomness"]


class Randomness:
    """The generators that a learner's functions may draw from; once frozen, every forward starts from the same state.

    A network with dropout is then a function that can be differentiated: its masks stay as they are.
    """

    def __init__(self, functions: Sequence[Any], holders: Sequence[Any]) -> None:
        self._functions, self._holders = functions, holders
        self.frozen = False
        self._global: Any = None
        self._states: list[tuple[Any, Any]] = []

    def freeze(self) -> None:
        """Begin every forward from the same state from now on."""
        self.frozen = True
        self._global = np.random.get_state(), random.getstate()  # noqa: NPY002  # what learners draw from
        places = [*variables_of(self._functions), *places_in(self._holders)]
        found = {id(each): each for each in (place.get() for place in places)}
        for each in found.values():
            if isinstance(each, np.random.Generator):
                self._states.append((each.bit_generator, each.bit_generator.state))
            elif isinstance(each, np.random.RandomState):
                self._states.append((each, each.get_state()))

    def restart(self) -> None:
        """Set the generators back, if they are frozen."""
        if not self.frozen:
            return
        np.random.set_state(self._global[0])  # noqa: NPY002  # what learners draw from
        random.setstate(self._global[1])
        for generator, state in self._states:
            if isinstance(generator, np.random.RandomState):
                generator.set_state(state)
            else:
                generator.state = state
