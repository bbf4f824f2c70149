"""What a learner's functions do besides computing: change arrays, share memory, broadcast, cut off fractions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from glassnet.diagnosis.backprop.layouts import Samples
from glassnet.diagnosis.backprop.learner import GradientCall, Learner
from glassnet.diagnosis.backprop.trying import count_right
from glassnet.errors import ConfigError, GlassnetError

__all__ = ["SideEffect", "check_repeats", "find_side_effects", "repair_data"]

WHERE = "check_my_backprop"


class SideEffect(NamedTuple):
    """One thing that a learner's functions do: its kind, which parameters, and what was measured."""

    kind: str
    parameters: tuple[str, ...] = ()
    detail: str = ""


def check_repeats(learner: Learner, X: np.ndarray, y: np.ndarray) -> bool:
    """Return whether gradients add up from call to call; refuse those that answer at random."""
    arrays = learner.tree.arrays
    calls = [_numbers(learner.find(arrays, X, y)) for _ in range(3)]
    if np.array_equal(calls[0], calls[1], equal_nan=True):
        return False
    if np.allclose(calls[1] - calls[0], calls[2] - calls[1], rtol=1e-6, atol=1e-12):
        return True
    message = (
        f"{WHERE}: a second call of gradients gave another answer; it must give the same for the same input. "
        "Turn off dropout and noise, and keep nothing from one call to the next."
    )
    raise ConfigError(message)


def _numbers(found: GradientCall) -> np.ndarray:
    return np.concatenate([np.zeros(1), *(g.ravel() for g in found.gradients if g is not None)])


def find_side_effects(learner: Learner, X: np.ndarray, y: np.ndarray) -> Iterator[SideEffect]:
    """Report what the functions do to arrays, and a loss or gradients that are not finite, right gradient or not."""
    names, arrays = learner.tree.names, learner.tree.arrays
    for name, original in zip(names, learner.tree.originals, strict=True):
        if isinstance(original, np.ndarray) and original.dtype.kind in "iub":
            yield SideEffect("integer_parameters", (name,), str(original.dtype))
    found = learner.find(arrays, X, y)
    for where, changed in (("forward", learner.forward_changes(arrays, X, y)), ("gradients", found.changed)):
        for name in sorted(changed & {"X", "y"}):
            yield SideEffect("changes_data", (), f"{where} changes {name} in place")
    pairs = zip(names, found.parameters_after, arrays, strict=True)
    moved = tuple(name for name, after, before in pairs if not np.array_equal(after, before))
    if moved:
        yield SideEffect("changes_parameters", moved)
    if found.shared:
        yield SideEffect("shares_memory", tuple(names[i] for i in found.shared))
    if not np.isfinite(found.predictions).all():
        yield SideEffect(
            "not_finite", (), "cannot be computed: the predictions have NaN or infinity at your parameters"
        )
        return
    loss = learner.loss_at(arrays, X, y)
    if not np.isfinite(loss):
        yield SideEffect("log_of_zero", (), str(loss))
        return
    gradients = zip(names, found.gradients, strict=True)
    bad = tuple(name for name, g in gradients if g is not None and not np.isfinite(g).all())
    if bad:
        yield SideEffect("not_finite", bad, "has NaN or infinity at your parameters")


def repair_data(learner: Learner, samples: Samples) -> tuple[Samples, list[SideEffect], list[str]]:
    """Return X and y with a shape and type that do no harm, what the learner's own shape and type change, and notes."""
    samples, found, notes = _repair_shape(learner, samples)
    X, y = samples.X, samples.y
    for name, array in (("X", X), ("y", y)):
        if array.dtype.kind in "iub":
            other_X, other_y = (X.astype(np.float64), y) if name == "X" else (X, y.astype(np.float64))
            where = _differences(learner, X, y, other_X, other_y)
            if where:
                detail = f"with {name} of dtype {array.dtype}, {where} came out differently than with floats"
                found.append(SideEffect("integer_data", (), detail))
                X, y = other_X, other_y
    return samples._replace(X=X, y=y), found, notes


def _repair_shape(learner: Learner, samples: Samples) -> tuple[Samples, list[SideEffect], list[str]]:
    """Give y the shape of the predictions where the two broadcast, to those functions for which that is right."""
    X, y = samples.X, samples.y
    P, _ = learner.predict(learner.tree.arrays, X, y)
    if y.shape == P.shape or y.size != P.size or 1 not in (y.ndim, P.ndim) or learner.layout.shape_of_y is not None:
        return samples, [], []
    shaped = y.reshape(P.shape)
    where = _differences(learner, X, y, X, shaped)
    if not where:
        return samples, [], []
    as_it_is, repaired = count_right(learner, X, y), count_right(learner, X, shaped)
    loss_broadcasts = _pairs_all(learner, X, y, P)
    if not loss_broadcasts and as_it_is >= repaired:
        return samples, [], []
    if not loss_broadcasts and as_it_is < 0:
        note = f"y was given the shape {shaped.shape} of the predictions: with {y.shape}, {where} does not run"
        return samples._replace(y=shaped), [], [note]
    if loss_broadcasts:
        learner.flat_y = {"gradients"}
        if y.ndim == 1 and count_right(learner, X, shaped) > repaired:
            where = "loss"
        else:
            learner.flat_y = set()
    shapes = f"with predictions of shape {P.shape} and y of shape {y.shape}, {where}"
    effect = SideEffect("broadcast", (), f"{shapes} came out differently than with y of shape {shaped.shape}")
    return samples._replace(y=shaped), [effect], []


def _pairs_all(learner: Learner, X: np.ndarray, y: np.ndarray, P: np.ndarray) -> bool:
    """Return whether the loss compares every prediction with every target: then their order does not matter."""
    spread = np.linspace(0.2, 0.7, P.size).reshape(P.shape)
    arrays = learner.tree.arrays
    try:
        losses = [learner.loss(spread, np.roll(y, shift, axis=0), arrays, X) for shift in range(min(len(y), 4))]
    except GlassnetError:
        return False
    return len(np.unique(y)) > 1 and bool(np.allclose(losses, losses[0], rtol=1e-10))


def _differences(learner: Learner, X: np.ndarray, y: np.ndarray, other_X: np.ndarray, other_y: np.ndarray) -> str:
    """Return which functions answer otherwise when only the form of the data changes."""
    rng = np.random.default_rng(0)
    arrays = [np.asarray(array + 0.1 * rng.standard_normal(array.shape)) for array in learner.tree.arrays]
    functions: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
        "loss": lambda X, y: np.array([learner.loss_at(arrays, X, y)]),
        "gradients": lambda X, y: _numbers(learner.find(arrays, X, y)),
    }
    where = []
    for name, call in functions.items():
        try:
            right, again = call(other_X, other_y), call(other_X, other_y)
        except GlassnetError:
            return ""  # this form is the one that does not work
        if not np.array_equal(right, again, equal_nan=True):
            continue  # an answer that changes from call to call is refused or reported elsewhere
        try:
            found = call(X, y)
        except GlassnetError:
            where.append(name)
            continue
        if found.shape != right.shape or not np.allclose(found, right, rtol=1e-9, equal_nan=True):
            where.append(name)
    return " and ".join(where)
