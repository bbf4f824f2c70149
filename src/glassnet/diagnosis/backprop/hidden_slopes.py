"""What learners multiply by at a hidden layer: the activation's derivative, and what is mistaken for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from glassnet.diagnosis.backprop.functions import HIDDEN, output_function
from glassnet.diagnosis.backprop.lazy_arrays import Arrays
from glassnet.diagnosis.backprop.measurements import Cause

__all__ = ["Delta", "slopes_of_activation"]


class Delta(NamedTuple):
    """What may stand at a layer at each point, and the mistakes that give it."""

    causes: list[Cause]
    values: Arrays
    through: Delta | None = None  # what came through the weights, before it met the activation's slope


def slopes_of_activation(name: str, Z: Arrays, A: Arrays) -> Iterator[Delta]:
    """Yield slopes of an activation, the right one first, then those that are mistaken for it, the simpler first."""
    function = output_function(name)
    right = [function.derivative(z) for z in Z]
    yield Delta([], right)
    if name == "identity":
        return
    yield from _without_clipping(name, Z)
    yield Delta([Cause("derivative_forgotten", name)], [np.ones(z.shape) for z in Z])
    yield Delta([Cause("derivative_of_activation", name)], [function.derivative(a) for a in A])
    of_inputs = _from_outputs(name, Z)
    if of_inputs is not None:
        yield Delta([Cause("derivative_of_input", name)], of_inputs)
    yield Delta([Cause("activation_for_derivative", name)], A)
    for other, values in _of_others(name, Z, A):
        yield Delta([Cause("derivative_of_another", other)], values)
    slips = [list(function.slips(z)) for z in Z]
    for each in zip(*slips, strict=True):
        yield Delta([Cause("derivative_slip", each[0][0])], [values for _, values in each])
    yield Delta([Cause("derivative_twice", name)], [slope**2 for slope in right])


def _without_clipping(name: str, Z: Arrays) -> Iterator[Delta]:
    """Yield the derivatives that go on where the function is cut off."""
    inner, cut, bound = name.partition(" of values cut at ")
    if name.startswith("relu up to "):
        yield Delta([Cause("clipping_ignored", name)], [HIDDEN["relu"].derivative(z) for z in Z])
    elif cut:
        derivative, c = output_function(inner).derivative, float(bound)
        yield Delta([Cause("clipping_ignored", name)], [derivative(np.clip(z, -c, c)) for z in Z])
        yield Delta([Cause("clipping_ignored", name)], [derivative(z) for z in Z])


def _of_others(name: str, Z: Arrays, A: Arrays) -> Iterator[tuple[str, Arrays]]:
    """Yield the derivatives of other activations, as they are written in Z and in A."""
    for other in HIDDEN:
        if other not in (name, "identity"):
            yield other, [HIDDEN[other].derivative(z) for z in Z]
            of_outputs = _from_outputs(other, A)
            if of_outputs is not None:
                yield other, of_outputs


def _from_outputs(name: str, values: Arrays) -> list[np.ndarray] | None:
    """Return an activation's derivative as it is written in terms of its output, taken at other values."""
    found = [output_function(name).derivative_from_output(each) for each in values]
    return None if found[0] is None else [each for each in found if each is not None]
