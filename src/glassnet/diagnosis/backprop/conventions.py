"""Finds out how a learner's functions are called: what names leave open is tried, and what makes gradients right is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from glassnet.diagnosis.backprop.arguments import role_of
from glassnet.diagnosis.backprop.learner import Convention, Learner, State
from glassnet.diagnosis.backprop.predictions import Candidate, candidates, likelihood, take
from glassnet.diagnosis.backprop.surroundings import attributes_of, is_object
from glassnet.errors import ConfigError, GlassnetError

__all__ = ["settle"]

WHERE = "check_my_backprop"
_STEP = 1e-5
_SAME = 1e-3  # relative difference up to which a slope counts as the same, with small constants in logarithms
_SCALES = (1.0, 0.3, 0.1)
_MOST_READINGS = 16  # pairs of predictions and loss
_WORK = 3e9  # multiplications that the search may take


class Reading(NamedTuple):
    """What is taken for the predictions, and what the loss is given."""

    predictions: Candidate
    loss: tuple[str, ...]


def settle(learner: Learner, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Set the learner's convention, and return y.

    Raises
    ------
    ConfigError, ShapeError
        If the functions run in no way that was tried.
    """
    try:
        _Search(learner, X, y).run()
    except GlassnetError:
        shape = learner.predict(learner.tree.arrays, X, y)[0].shape
        if shape == y.shape or y.size != int(np.prod(shape)):
            raise
        # With another shape of y they may run; which shape is to blame is found out later.
        try:
            _Search(learner, X, y.reshape(shape)).run()
        except GlassnetError:
            pass
        else:
            return y
        raise
    return y


def count_right(learner: Learner, X: np.ndarray, y: np.ndarray) -> int:
    """Return how many gradients are those of the loss, at one point; -1 where a function does not run."""
    rng = np.random.default_rng(1)
    arrays = [a + spread_of(a) * rng.standard_normal(a.shape) for a in learner.tree.arrays]
    directions = [rng.standard_normal(a.shape) / a.size**0.25 for a in arrays]
    try:
        found = learner.find(arrays, X, y).gradients
        slopes = []
        for i, v in enumerate(directions):
            around = [[a + h * v if j == i else a for j, a in enumerate(arrays)] for h in (_STEP, -_STEP)]
            above, below = (learner.loss_at(each, X, y) for each in around)
            slopes.append((above - below) / (2 * _STEP))
    except GlassnetError:
        return -1
    return sum(map(_agrees, found, directions, slopes))


class _Search:
    """One search at one point near the learner's parameters, where no slope is 0 by accident."""

    def __init__(self, learner: Learner, X: np.ndarray, y: np.ndarray) -> None:
        self.learner, self.X, self.y = learner, X, y
        self.rng = np.random.default_rng(0)
        self.arrays = self._moved(1.0)

    def run(self) -> None:
        """Settle forward, then predictions and loss together, then gradients."""
        state = self._settle_forward()
        found = self._readings(state)
        for scale in _SCALES:
            self.arrays = self._moved(scale)
            losses, error = self._losses(found)
            finite = [each for each in found if np.isfinite(losses.get(each, np.nan))]
            if finite:
                break
        if not losses and error is not None:
            raise error
        readings = (finite or [each for each in found if each in losses])[:_MOST_READINGS]
        learner, first = self.learner, readings[0]
        learner.convention = learner.convention._replace(predictions=first.predictions, loss=first.loss)
        self._settle_gradients(readings)

    def _moved(self, scale: float) -> list[np.ndarray]:
        rng = np.random.default_rng(0)
        return [scale * (a + spread_of(a) * rng.standard_normal(a.shape)) for a in self.learner.tree.arrays]

    # ---- forward --------------------------------------------------------------------------------------------------

    def _settle_forward(self) -> State:
        """Return what the first way to call forward that runs gives."""
        learner, refused = self.learner, None
        for roles in learner.options("forward"):
            learner.convention = learner.convention._replace(forward=roles)
            try:
                state = self._run(self.arrays)
            except GlassnetError as error:
                refused = refused or error
                continue
            again = self._run(self.arrays)
            if not _equal(state["result"], again["result"]):
                learner.randomness.freeze()
            return self._run(self.arrays)
        assert refused is not None
        raise refused

    def _run(self, arrays: Sequence[np.ndarray]) -> State:
        state = self.learner.state(arrays, self.X, self.y)
        self.learner.randomness.restart()
        state["result"] = self.learner.call("forward", state)
        return state

    def _take(self, state: State, candidate: Candidate) -> Any:
        return take(state["result"], candidate, self.learner.tree.holders)

    def _readings(self, state: State) -> list[Reading]:
        """Return what may be the predictions with what the loss may be given, the likeliest first."""
        learner = self.learner
        found = [each for each in candidates(state["result"], learner.tree.holders) if self._usable(state, each)]
        if not found:
            message = (
                f"{WHERE}: forward must return predictions, or (predictions, cache), got "
                f"{type(state['result']).__name__}. Wrap it in a lambda that returns the predictions first."
            )
            raise ConfigError(message)
        reach = self._reach(found)
        told = [likelihood(each, self._take(state, each), state["y"], state["result"]) for each in found]
        order = sorted(range(len(found)), key=lambda i: (int(reach[i].sum()), *told[i]), reverse=True)
        best = reach[order[0]].sum()
        # What depends on fewer parameters is a hidden layer.
        chosen = [found[i] for i in order if reach[i].sum() == best or learner.tree.doubtful][:12]
        if not reach.any():
            self._refuse_without_effect()
        if learner.tree.doubtful:
            idle = [i for i in range(len(learner.tree.names)) if not reach[:, i].any()]
            learner.tree.leave_out(idle)
        losses = learner.options("loss", state["result"])[:6]
        return [Reading(each, roles) for roles in losses for each in chosen]

    def _usable(self, state: State, candidate: Candidate) -> bool:
        array = np.asarray(self._take(state, candidate))
        return array.dtype.kind in "fiub" and array.size > 0

    def _reach(self, found: Sequence[Candidate]) -> np.ndarray:
        """Return which candidates change with which parameters."""
        base = [np.array(self._take(self._run(self.arrays), each)) for each in found]
        reach = np.zeros((len(found), len(self.arrays)), dtype=bool)
        for i in range(len(self.arrays)):
            moved = [1.3 * a + 0.1 if j == i else a for j, a in enumerate(self.arrays)]
            state = self._run(moved)
            for c, each in enumerate(found):
                try:
                    reach[c, i] = not np.array_equal(np.asarray(self._take(state, each)), base[c], equal_nan=True)
                except (AttributeError, LookupError, TypeError):
                    continue
        return reach

    def _refuse_without_effect(self) -> None:
        """Say why no parameter has an effect: copies of what an object holds, or arrays that forward does not use."""
        tree = self.learner.tree
        advice = "forward must use the parameters it is given; for a class, pass the object itself as parameters."
        for holder in tree.holders:
            held = attributes_of(holder) if is_object(holder) else {}
            values = [each for value in held.values() for each in (value.values() if isinstance(value, dict) else [value])]
            same = [any(_equal(value, old) for value in values) for old in tree.originals]
            if same and all(same):
                kind = type(holder).__name__
                advice = f"They are copies of what the object has: pass the {kind} itself as parameters."
        message = f"{WHERE}: the loss must change with the parameters, got the same loss at all of them. {advice}"
        raise ConfigError(message)

    # ---- loss -----------------------------------------------------------------------------------------------------

    def _losses(self, readings: Sequence[Reading]) -> tuple[dict[Reading, float], GlassnetError | None]:
        """Return the loss under each reading that runs, and what the first that does not was refused for."""
        found: dict[Reading, float] = {}
        refused = None
        for each in readings:
            try:
                found[each] = self._loss(self._run(self.arrays), each)
            except GlassnetError as error:
                refused = refused or error
        return found, refused

    def _loss(self, state: State, reading: Reading) -> float:
        learner = self.learner
        learner.convention = learner.convention._replace(predictions=reading.predictions, loss=reading.loss)
        learner.take_predictions(state)
        return learner.loss_of(state)

    def _slopes(self, readings: Sequence[Reading], directions: list[np.ndarray]) -> dict[Reading, np.ndarray]:
        """Return the loss's slope along one direction for each parameter, under each reading."""
        slopes = {each: np.zeros(len(self.arrays)) for each in readings}
        for i, v in enumerate(directions):
            for sign in (1, -1):
                moved = [a + sign * _STEP * v if j == i else a for j, a in enumerate(self.arrays)]
                state = self._run(moved)
                for each in readings:
                    try:
                        slopes[each][i] += sign * self._loss(state, each) / (2 * _STEP)
                    except GlassnetError:
                        slopes[each][i] = np.nan
        return slopes

    # ---- gradients ------------------------------------------------------------------------------------------------

    def _settle_gradients(self, readings: list[Reading]) -> None:
        learner = self.learner
        directions = [self.rng.standard_normal(a.shape) / a.size**0.25 for a in self.arrays]
        slopes = self._slopes(readings, directions)
        # A loss that stays as it is was given something else than the predictions.
        moving = [each for each in readings if np.nan_to_num(slopes[each]).any()]
        if not moving:
            self._refuse_without_effect()
        best: tuple[int, Convention | None] = (-1, None)
        refused = None
        for convention in self._conventions(moving):
            learner.convention = convention
            try:
                found = learner.find(self.arrays, self.X, self.y).gradients
            except GlassnetError as error:
                refused = refused or error
                continue
            wanted = slopes[Reading(convention.predictions, convention.loss)]
            right = sum(map(_agrees, found, directions, wanted.tolist()))
            if right > best[0]:
                best = right, convention
            if right == len(self.arrays):
                break
        if best[1] is None:
            assert refused is not None
            raise refused
        learner.convention = best[1]

    def _conventions(self, readings: Sequence[Reading]) -> Iterator[Convention]:
        """Yield ways to call gradients, with each reading; what names say first."""
        learner = self.learner
        first = learner.convention._replace(predictions=readings[0].predictions, loss=readings[0].loss)
        learner.convention = first
        state = self._run(self.arrays)
        options = learner.options("gradients", state["result"])
        work = 6.0 * sum(a.size for a in self.arrays) * max(1, self.X.size // max(1, self.X.shape[-1]))
        most = int(np.clip(_WORK / work, 20, 400))
        tried = 0
        for rate in self._rates():
            for behind in (False, True) if rate is None or learner.learning_rate is None else (False,):
                for roles in options:
                    for reading in readings:
                        if tried < most:
                            tried += 1
                            yield first._replace(
                                predictions=reading.predictions, loss=reading.loss, gradients=roles, behind=behind, rate=rate
                            )

    def _rates(self) -> list[float | None]:
        """Return the rates that a step may have; None for gradients that are no step."""
        learner = self.learner
        if learner.learning_rate is not None:
            return [learner.learning_rate]
        signature = learner.signatures["gradients"]
        found: list[float | None] = [None]
        found += [value for name, value in signature.defaults if role_of(name) == "rate" and isinstance(value, float)]
        found += [0.1] if any(role_of(name) == "rate" for name in signature.names) else []
        return found


def spread_of(array: np.ndarray) -> float:
    """Return how far to move an array at random: a quarter of its own size."""
    size = float(np.sqrt(np.mean(array**2)))
    return 0.25 * size if size > 1e-2 else 0.1


def _agrees(found: np.ndarray | None, direction: np.ndarray, slope: float) -> bool:
    """Return whether a gradient has the loss's slope along a direction."""
    if found is None or found.size != direction.size:
        return found is None and slope == 0.0
    own = float(found.ravel() @ direction.ravel())
    size = float(np.linalg.norm(found) * np.linalg.norm(direction)) / np.sqrt(direction.size)
    return abs(own - slope) <= _SAME * (size + abs(slope)) + 1e-9


def _equal(a: Any, b: Any) -> bool:
    """Return whether two results are the same numbers."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.shape == b.shape and bool(np.array_equal(a, b, equal_nan=a.dtype.kind == "f"))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_equal(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(_equal, a, b))
    return True
