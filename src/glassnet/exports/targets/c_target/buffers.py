"""Where each value of a plan lies: few buffers, each used again when its value has been read for the last time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from glassnet.exports.plan import Add, Map, Plan, Select, Softmax, Step, Value
from glassnet.exports.targets.c_target.integer_steps import Integers, Quantise

__all__ = ["Layout", "lay_out"]

_FLOATS, _BYTES = "abcdefgh", "pqrs"


@dataclass(frozen=True)
class Layout:
    """Places of the values by name, as C, and the sizes of the buffers by name."""

    places: dict[str, str]
    sizes: dict[str, int]

    def type(self, name: str) -> str:
        """Return the type of a buffer's entries."""
        return "int8_t" if name[0] in _BYTES else "float"

    @property
    def n_bytes(self) -> int:
        """Of all buffers."""
        return sum(size * (1 if name[0] in _BYTES else 4) for name, size in self.sizes.items())


def lay_out(plan: Plan, steps: Sequence[Step]) -> Layout:
    """Return where the values of steps lie; the features are ``z``, the outputs ``y``."""
    roots, offsets = _views(steps, plan)
    last = {roots[value.name]: i for i, step in enumerate(steps) for value in step.inputs()}
    own = {plan.x.name: "z"}
    sizes: dict[str, int] = {}
    busy: set[str] = set()
    for i, step in enumerate(steps):
        if roots[step.out.name] != step.out.name:
            continue
        dying = {own[roots[value.name]] for value in step.inputs() if last[roots[value.name]] == i} & set(sizes)
        if step.out.name == plan.y.name:
            place = "y"
        elif _in_place(step, roots, offsets) and dying and own[roots[step.inputs()[0].name]] in dying:
            place = own[roots[step.inputs()[0].name]]
        else:
            place = _free(sizes, busy, step.out.size, _BYTES if _has_codes(step) else _FLOATS)
        own[step.out.name] = place
        if place != "y":
            sizes[place] = max(sizes.get(place, 0), step.out.size)
            busy.add(place)
        busy -= dying - {place}
        if last.get(step.out.name, -1) < i and place != "y":
            busy.discard(place)
    places = {name: own[root] + (f" + {offsets[name]}" if offsets[name] else "") for name, root in roots.items()}
    return Layout(places, sizes)


def _views(steps: Sequence[Step], plan: Plan) -> tuple[dict[str, str], dict[str, int]]:
    """Return of which value each is a part, and where it starts in it: a run of entries that is selected is no copy."""
    roots, offsets = {plan.x.name: plan.x.name}, {plan.x.name: 0}
    for step in steps:
        name = step.out.name
        roots[name], offsets[name] = name, 0
        if isinstance(step, Select) and name != plan.y.name and not plan.double_inputs:
            start = int(step.places[0])
            if np.array_equal(step.places, np.arange(start, start + step.out.size)):
                roots[name], offsets[name] = roots[step.x.name], offsets[step.x.name] + start
    return roots, offsets


def _in_place(step: Step, roots: dict[str, str], offsets: dict[str, int]) -> bool:
    """Whether a step may write over its first input: it reads each entry before it writes there."""
    first: Value | None = next(iter(step.inputs()), None)
    whole = first is not None and roots[first.name] == first.name and offsets[first.name] == 0
    return isinstance(step, (Map, Add, Softmax)) and whole and first is not None and first.size == step.out.size


def _has_codes(step: Step) -> bool:
    return isinstance(step, Quantise) or (isinstance(step, Integers) and step.makes_codes)


def _free(sizes: dict[str, int], busy: set[str], size: int, letters: str) -> str:
    """Return the free buffer that grows least, or a new one; names start with one of these letters."""
    own = [name for name in sizes if name[0] in letters]
    free = [name for name in own if name not in busy]
    if not free:
        number = len(own) // len(letters)
        return letters[len(own) % len(letters)] + (str(number + 1) if number else "")
    return min(free, key=lambda name: (max(size - sizes[name], 0), sizes[name]))
