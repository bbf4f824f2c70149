"""How the cost of training grows with rows, width, depth and batch: over two decades, with the fitted exponent."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.cases import Case
from benchmarks.measure import Process

__all__ = ["AXES", "exponent", "grow"]

_BASE = Case("scaling", 2000, 32, (64,), 2, 64, 1, 20)

# What grows, over which values, what is timed, and by what the result is divided to be the cost of one of its kind.
AXES: dict[str, tuple[list[int], str]] = {
    "rows": ([300, 1000, 3000, 10000, 30000], "fit"),
    "width": ([16, 48, 160, 480, 1600], "step"),
    "depth": ([1, 3, 10, 30, 100], "step"),
    "batch": ([16, 48, 160, 480, 1600], "step"),
}


def case_of(axis: str, value: int) -> Case:
    """Return the case with one value changed."""
    if axis == "rows":
        return dataclasses.replace(_BASE, n=value)
    if axis == "width":
        return dataclasses.replace(_BASE, hidden=(value, value))
    if axis == "depth":
        return dataclasses.replace(_BASE, hidden=(64,) * value)
    return dataclasses.replace(_BASE, batch=value)


def exponent(values: Sequence[float], costs: Sequence[float]) -> float:
    """Return a of ``cost = c * value**a``, by least squares between the logarithms."""
    return float(np.polyfit(np.log(values), np.log(costs), 1)[0])


def grow(process: Process, rounds: int) -> dict[str, dict[str, Any]]:
    """Return values, seconds and exponents for every axis; the upper half of the values has an exponent of its own."""
    found = {}
    for axis, (values, what) in AXES.items():
        seconds = []
        for value in values:
            case = case_of(axis, value)
            process.load(case)
            count = case.steps if what == "step" else 1
            process.seconds(what, count)
            times = [process.seconds(what, count) for _ in range(rounds)]
            seconds.append(statistics.median(time for time in times if time is not None))
        found[axis] = {
            "what": what,
            "values": values,
            "seconds": seconds,
            "exponent": exponent(values, seconds),
            "exponent of the upper half": exponent(values[2:], seconds[2:]),
        }
    return found
