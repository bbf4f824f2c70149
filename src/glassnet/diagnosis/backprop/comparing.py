"""Compares a learner's gradients with the loss's own slopes: along a few directions first, then entry by entry."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from glassnet.diagnosis.backprop.layouts import Samples
from glassnet.diagnosis.backprop.learner import GradientCall, Learner
from glassnet.diagnosis.backprop.measurements import Study
from glassnet.diagnosis.backprop.sample_points import (
    Point,
    agreement,
    agreement_along,
    draw_directions,
    is_weak,
    measure,
    place_points,
    probe,
)
from glassnet.diagnosis.gradient_check import ParameterCheck

__all__ = ["Directions", "compare_along", "compare_entries", "draw_entries", "probe_points"]

Directions = list[np.ndarray]
Say = Callable[[str], None]
_WORK = 1e10  # multiplications that single entries may take
_FEW = 12
_SURE = 1e-4  # a difference along all entries that no kink brings about


def probe_points(
    learner: Learner, samples: Samples, seed: int, adds_up: bool, say: Say
) -> tuple[list[Point], Directions]:
    """Return points with the loss, its slopes along a few directions, and the learner's gradients there."""
    directions = draw_directions(learner.tree.arrays, seed)
    first: list[Point] = []
    # With smaller parameters where units are saturated, if that helps.
    for attempt in range(6):
        points = place_points(learner, samples, seed, 0.2**attempt)
        for i, point in enumerate(points, 1):
            say(f"point {i} of {len(points)}")
            probe(learner, point, directions)
        first = first or points
        if not any(map(is_weak, points)):
            break
    else:
        points = first
    for point in points:
        point.found = _find(learner, point, adds_up)
    return points, directions


def _find(learner: Learner, point: Point, adds_up: bool) -> GradientCall:
    """Return a call of gradients; what adds up from call to call is the difference of two."""
    found = learner.find(point.arrays, point.X, point.y)
    if adds_up:
        pairs = zip(found.gradients, learner.find(point.arrays, point.X, point.y).gradients, strict=True)
        # Those that do not add up are the same in both.
        found.gradients = [a if a is None or b is None or np.array_equal(a, b) else b - a for a, b in pairs]
    return found


def compare_along(learner: Learner, study: Study, directions: Directions) -> list[ParameterCheck]:
    """Return the worst comparison of each parameter along directions, and set which are wrong in the study."""
    checks = []
    for i, (name, V) in enumerate(zip(study.names, directions, strict=True)):
        arrays, size = study.found(i), V.shape[1]
        found = [np.zeros(size)] * len(study.points) if arrays is None else arrays
        each = []
        for point, gradient in zip(study.points, found, strict=True):
            error, tolerance, own, slopes = agreement_along(learner, point, i, gradient, V)
            each.append(_as_check(name, own, error, tolerance, slopes, size))
        worst = next((check for check in each if not check.passed), each[0])
        # What does not change the loss needs no gradient.
        missing = arrays is None and any(point.along[i].any() for point in study.points)
        checks.append(worst._replace(error=1.0) if study.bad_shape(i) or missing else worst)
    study.wrong = [not check.passed for check in checks]
    return checks


def draw_entries(arrays: Sequence[np.ndarray], n: int, most: int, seed: int) -> list[np.ndarray]:
    """Return which entries of each parameter are measured one by one; fewer where a pass of the network is long."""
    rng = np.random.default_rng(seed)
    work = 8.0 * sum(a.size for a in arrays) * n * len(arrays)
    most = int(np.clip(_WORK / work, min(_FEW, most), most))
    return [np.arange(a.size) if a.size <= most else np.sort(rng.choice(a.size, most, replace=False)) for a in arrays]


def compare_entries(learner: Learner, study: Study, checks: list[ParameterCheck], say: Say) -> list[ParameterCheck]:
    """Measure single entries of what is wrong, at all points, and return the comparisons again."""
    for i, point in enumerate(study.points, 1):
        say(f"single entries, point {i} of {len(study.points)}")
        measure(learner, point, study.entries, study.wrong, not study.knows_slopes)
    found = []
    for i, check in enumerate(checks):
        found.append(_by_entries(learner, study, i, check) if study.wrong[i] else check)
    study.wrong = [not check.passed for check in found]
    return found


def _by_entries(learner: Learner, study: Study, i: int, along: ParameterCheck) -> ParameterCheck:
    name, arrays, entries = study.names[i], study.found(i), study.entries[i]
    found = [np.zeros(len(entries))] * len(study.points) if arrays is None else study.pick(i, arrays)
    each = []
    for point, vector in zip(study.points, found, strict=True):
        error, tolerance, numeric = agreement(learner, point, i, vector, entries)
        each.append(_as_check(name, vector, error, tolerance, numeric, len(vector)))
    worst = next((check for check in each if not check.passed), each[0])
    missing = arrays is None and any(numeric.any() for numeric in study.numeric(i))
    if study.bad_shape(i) or missing:
        return worst._replace(error=1.0)
    # The mistake may be in entries that were not drawn.
    elsewhere = worst.passed and len(entries) < study.points[0].arrays[i].size and along.error > _SURE
    return along if elsewhere else worst


def _as_check(
    name: str, found: np.ndarray, error: float, tolerance: float, numeric: np.ndarray, count: int
) -> ParameterCheck:
    a, n = float(np.linalg.norm(found)), float(np.linalg.norm(numeric))
    cosine = float(found @ numeric / (a * n)) if a and n else float("nan")
    error = error if np.isfinite(found).all() else 1.0
    return ParameterCheck(name, float(error), float(tolerance), cosine, a / n if n else float("nan"), count, 0)
