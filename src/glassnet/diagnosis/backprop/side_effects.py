"""What a learner's functions do besides computing: change arrays, share memory, remember, broadcast, cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from glassnet.diagnosis.backprop.learner import Found, Learner
from glassnet.errors import ConfigError, GlassnetError

__all__ = ["Habit", "check_repeats", "habits", "repaired"]

WHERE = "check_my_backprop"


class Habit(NamedTuple):
    """One thing that was seen: its kind, which parameters, and what was measured."""

    kind: str
    parameters: tuple[str, ...]
    detail: str


def check_repeats(learner: Learner, X: np.ndarray, y: np.ndarray) -> bool:
    """Return whether gradients add up from call to call; refuse functions that answer at random or in float32."""
    arrays = learner.tree.arrays
    first, _ = learner.predict(arrays, X, y)
    again, _ = learner.predict(arrays, X, y)
    if first.dtype != np.float64:
        message = (
            f"{WHERE}: forward must compute in float64 when X and the parameters are float64, got {first.dtype} "
            "predictions. Leave out astype for the check: differences of rounded losses say nothing."
        )
        raise ConfigError(message)
    if not np.array_equal(first, again, equal_nan=True):
        message = (
            f"{WHERE}: forward must give the same predictions for the same input, got others in a second call. "
            "Turn off dropout and noise for the check."
        )
        raise ConfigError(message)
    calls = [_numbers(learner.find(arrays, X, y)) for _ in range(3)]
    if np.array_equal(calls[0], calls[1], equal_nan=True):
        return False
    steps = calls[1] - calls[0], calls[2] - calls[1]
    if np.allclose(*steps, rtol=1e-6, atol=1e-12):
        return True
    message = (
        f"{WHERE}: gradients must give the same answer for the same input, got others in a second call. "
        "Turn off dropout and noise, and keep nothing from one call to the next."
    )
    raise ConfigError(message)


def _numbers(found: Found) -> np.ndarray:
    return np.concatenate([np.zeros(1), *(g.ravel() for g in found.gradients if g is not None)])


def habits(learner: Learner, X: np.ndarray, y: np.ndarray) -> Iterator[Habit]:
    """Yield what is wrong about how the functions treat arrays, whatever their gradients are worth."""
    names, arrays = learner.tree.names, learner.tree.arrays
    for name, original in zip(names, learner.tree.originals, strict=True):
        if isinstance(original, np.ndarray) and original.dtype.kind in "iub":
            yield Habit("integer_parameters", (name,), str(original.dtype))
    before = learner.forward_changes(arrays, X, y)
    found = learner.find(arrays, X, y)
    for where, changed in (("forward", before), ("gradients", found.changed)):
        for name in sorted(changed & {"X", "y"}):
            yield Habit("changes_data", (), f"{where} changes {name} in place")
    moved = [i for i, array in enumerate(arrays) if not np.array_equal(found.parameters_after[i], array)]
    if moved:
        yield Habit("changes_parameters", tuple(names[i] for i in moved), "")
    if found.shared:
        yield Habit("shares_memory", tuple(names[i] for i in found.shared), "")
    yield from _at_the_start(learner, X, y)


def _at_the_start(learner: Learner, X: np.ndarray, y: np.ndarray) -> Iterator[Habit]:
    """Yield a loss or gradients that are not finite at the learner's own parameters."""
    arrays = learner.tree.arrays
    P, _ = learner.predict(arrays, X, y)
    if not np.isfinite(P).all():
        yield Habit("not_finite", (), "cannot be computed: the predictions have NaN or infinity at your parameters")
        return
    loss = learner.loss_at(arrays, X, y)
    if not np.isfinite(loss):
        yield Habit("log_of_zero", (), str(loss))
        return
    gradients = learner.find(arrays, X, y).gradients
    bad = [n for n, g in zip(learner.tree.names, gradients, strict=True) if g is not None and not np.isfinite(g).all()]
    if bad:
        yield Habit("not_finite", tuple(bad), "has NaN or infinity at your parameters")


def repaired(learner: Learner, X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[Habit]]:
    """Return X and y in a form that does no harm, and what harm the learner's own form did."""
    seen = []
    arrays = learner.tree.arrays
    P, _ = learner.predict(arrays, X, y)
    if y.shape != P.shape and y.size == P.size and 1 in (y.ndim, P.ndim):
        shaped = y.reshape(P.shape)
        where = _differences(learner, X, y, X, shaped)
        if where:
            shapes = f"with predictions of shape {P.shape} and y of shape {y.shape}, {' and '.join(where)}"
            seen.append(Habit("broadcast", (), f"{shapes} came out differently than with y of shape {shaped.shape}"))
            y = shaped
    for name, array in (("X", X), ("y", y)):
        if array.dtype.kind in "iub":
            floats = array.astype(np.float64)
            where = _differences(learner, X, y, *((floats, y) if name == "X" else (X, floats)))
            if where:
                detail = (
                    f"with {name} of dtype {array.dtype}, {' and '.join(where)} came out differently than with floats"
                )
                seen.append(Habit("integer_data", (), detail))
                X, y = (floats, y) if name == "X" else (X, floats)
    return X, y, seen


def _differences(
    learner: Learner, X: np.ndarray, y: np.ndarray, other_X: np.ndarray, other_y: np.ndarray
) -> Sequence[str]:
    """Return which functions answer otherwise when only the form of the data changes."""
    rng = np.random.default_rng(0)
    arrays = [np.asarray(array + 0.1 * rng.standard_normal(array.shape)) for array in learner.tree.arrays]
    asked: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
        "loss": lambda X, y: np.array([learner.loss_at(arrays, X, y)]),
        "gradients": lambda X, y: _numbers(learner.find(arrays, X, y)),
    }
    where = []
    for name, ask in asked.items():
        try:
            right, again = ask(other_X, other_y), ask(other_X, other_y)
        except GlassnetError:
            return []  # this form is the one that does not work
        if not np.array_equal(right, again, equal_nan=True):
            continue  # an answer that changes from call to call is looked at elsewhere
        try:
            found = ask(X, y)
        except GlassnetError:
            where.append(name)
            continue
        if found.shape != right.shape or not np.allclose(found, right, rtol=1e-9, equal_nan=True):
            where.append(name)
    return where
