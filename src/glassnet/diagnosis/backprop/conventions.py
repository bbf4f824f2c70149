"""Finds out how a learner's functions are called: what names leave open is tried, and the best is kept."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from glassnet.diagnosis.backprop.arguments import against_names, role_of
from glassnet.diagnosis.backprop.learner import Convention, Learner, State
from glassnet.diagnosis.backprop.predictions import Candidate, candidates, likelihood, take
from glassnet.diagnosis.backprop.surroundings import attributes_of, is_object
from glassnet.diagnosis.backprop.trying import STEP, agrees, same_numbers, spread_of
from glassnet.errors import ConfigError, GlassnetError

__all__ = ["settle"]

WHERE = "check_my_backprop"
_SCALES = (1.0, 0.3, 0.1, 0.03, 1e-2, 1e-3, 1e-4, 1e-5)  # of the parameters, where units are saturated
_RANDOM = (
    f"{WHERE}: a second call of forward gave other predictions; it must give the same for the same input. "
    "Turn off dropout and noise for the check."
)
_MOST_READINGS = 16  # pairs of predictions and loss
_WORK = 3e9  # multiplications that the search may take


class Reading(NamedTuple):
    """What is taken for the predictions, and what the loss is given."""

    predictions: Candidate
    loss: tuple[str, ...]


def settle(learner: Learner, X: np.ndarray, y: np.ndarray) -> None:
    """Set the learner's convention.

    Raises
    ------
    ConfigError, ShapeError
        If the functions run in no way that was tried.
    """
    search = _Search(learner, X, y)
    refused: GlassnetError | None = None
    try:
        right = search.run()
    except GlassnetError as error:
        refused, right = error, -1
    first = learner.convention
    shape = search.shape
    if right == len(learner.tree.names) or shape in ((), y.shape) or y.size != int(np.prod(shape)):
        if refused is not None:
            raise refused
        return
    # With another shape of y more may be right; which shape is to blame is found out later.
    try:
        if _Search(learner, X, y.reshape(shape)).run() > right:
            return
    except GlassnetError:
        pass
    if refused is not None:
        raise refused
    learner.convention = first


class _Search:
    """One search at one point near the learner's parameters, where no slope is 0 by accident."""

    def __init__(self, learner: Learner, X: np.ndarray, y: np.ndarray) -> None:
        self.learner, self.X, self.y = learner, X, y
        self.rng = np.random.default_rng(0)
        self.shape: tuple[int, ...] = ()  # of the predictions
        self.idle = list(range(len(learner.tree.names)))  # parameters without effect at any point so far
        self.against: set[tuple[str, ...]] = set()  # what the loss may be given against its names
        self.arrays = self._moved(1.0)

    def run(self) -> int:
        """Settle forward, then predictions and loss together, then gradients; return how many of these are right."""
        state = self._settle_forward()
        refused: GlassnetError | None = None
        best: tuple[tuple[bool, bool, int], list[np.ndarray], list[Reading]] | None = None
        for scale in _SCALES:
            self.arrays = self._moved(scale)
            found, moving = self._readings(state)
            losses, error = self._losses(found)
            refused = refused or error
            finite = [each for each in found if np.isfinite(losses.get(each, np.nan))]
            usable = finite or [each for each in found if each in losses]
            as_named = any(each.loss not in self.against for each in finite)
            rank = as_named, bool(finite), moving
            if usable and (best is None or rank > best[0]):
                best = rank, self.arrays, usable
            if as_named and moving == len(self.arrays):
                break
        if best is None:
            assert refused is not None
            raise refused
        self.arrays, readings = best[1], self._as_named_first(best[2])
        if self.learner.tree.doubtful:
            self._leave_out_idle()
        self._use(readings[0])
        learner = self.learner
        self.shape = np.shape(self._take(self._run(self.arrays), readings[0].predictions))
        _check_precision(learner.predict(learner.tree.arrays, self.X, self.y)[0])
        return self._settle_gradients(readings)

    def _use(self, reading: Reading) -> None:
        convention = self.learner.convention
        self.learner.convention = convention._replace(predictions=reading.predictions, loss=reading.loss)

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
            first = copy.deepcopy(state["result"])
            if not same_numbers(first, self._run(self.arrays)["result"]):
                learner.randomness.freeze()
                first = copy.deepcopy(self._run(self.arrays)["result"])
                if not same_numbers(first, self._run(self.arrays)["result"]):
                    raise ConfigError(_RANDOM)
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

    def _readings(self, state: State) -> tuple[list[Reading], int]:
        """Return what may be the predictions with what the loss may be given, and how many parameters matter."""
        learner = self.learner
        found = [each for each in candidates(state["result"], learner.tree.holders) if self._usable(state, each)]
        if not found:
            message = (
                f"{WHERE}: forward returned {type(state['result']).__name__}; it must return predictions, or "
                "(predictions, cache). Wrap it in a lambda that returns the predictions first."
            )
            raise ConfigError(message)
        reach = self._reach(found)
        likelihoods = [likelihood(each, self._take(state, each), state["y"], state["result"]) for each in found]
        order = sorted(range(len(found)), key=lambda i: (int(reach[i].sum()), *likelihoods[i]), reverse=True)
        best = int(reach[order[0]].sum())
        # What depends on fewer parameters is a hidden layer.
        chosen = [found[i] for i in order if reach[i].sum() == best][:12]
        self.idle = [i for i in self.idle if not reach[:, i].any()]
        named, against = learner.losses(state["result"])
        self.against = set(against)
        readings = [Reading(each, roles) for roles in named for each in chosen]
        return readings + [Reading(each, roles) for roles in against for each in chosen[:3]], best

    def _as_named_first(self, readings: Sequence[Reading]) -> list[Reading]:
        """Return the readings to be tried: those that names suggest, then a few others."""
        against = [each for each in readings if each.loss in self.against]
        return [each for each in readings if each.loss not in self.against][:_MOST_READINGS] + against[:_MOST_READINGS]

    def _leave_out_idle(self) -> None:
        """Count attributes that change nothing as no parameters, where no name says that they are."""
        if self.idle and len(self.idle) < len(self.learner.tree.names):
            self.learner.tree.leave_out(self.idle)
            self.arrays = [a for i, a in enumerate(self.arrays) if i not in self.idle]

    def _usable(self, state: State, candidate: Candidate) -> bool:
        array = np.asarray(self._take(state, candidate))
        return array.dtype.kind in "fiub" and array.size > 0

    def _reach(self, found: Sequence[Candidate]) -> np.ndarray:
        """Return which candidates change with which parameters."""
        state = self._run(self.arrays)
        base = [np.array(self._take(state, each)) for each in found]
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
        """Raise the error for parameters without effect: a flat loss, copies, or arrays that forward does not use."""
        tree = self.learner.tree
        if len(self.idle) < len(tree.names):
            message = (
                f"{WHERE}: the loss is the same after small steps of the parameters; it must change with them. "
                "Numbers that are counted or rounded, as in an accuracy, have no slope: pass the loss that gradients "
                "is the slope of, and let forward return what it is computed from."
            )
            raise ConfigError(message)
        advice = "forward must use the parameters it is given; for a class, pass the object itself as parameters."
        for holder in tree.holders:
            held = attributes_of(holder) if is_object(holder) else {}
            values = [
                each for value in held.values() for each in (value.values() if isinstance(value, dict) else [value])
            ]
            same = [any(same_numbers(value, old) for value in values) for old in tree.originals]
            if same and all(same):
                kind = type(holder).__name__
                advice = f"They are copies of what the object has: pass the {kind} itself as parameters."
        message = f"{WHERE}: the loss is the same whatever the parameters are; it must change with them. {advice}"
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
        self._use(reading)
        self.learner.take_predictions(state)
        return self.learner.loss_of(state)

    def _slopes(
        self, readings: Sequence[Reading], directions: list[np.ndarray], step: float = STEP
    ) -> dict[Reading, np.ndarray]:
        """Return the loss's slope along one direction for each parameter, under each reading."""
        slopes = {each: np.zeros(len(self.arrays)) for each in readings}
        for i, v in enumerate(directions):
            for sign in (1, -1):
                moved = [a + sign * step * v if j == i else a for j, a in enumerate(self.arrays)]
                state = self._run(moved)
                for each in readings:
                    try:
                        slopes[each][i] += sign * self._loss(state, each) / (2 * step)
                    except GlassnetError:
                        slopes[each][i] = np.nan
        return slopes

    # ---- gradients ------------------------------------------------------------------------------------------------

    def _settle_gradients(self, readings: list[Reading]) -> int:
        """Return how many gradients are right under the best convention, which is kept."""
        learner = self.learner
        directions = [self.rng.standard_normal(a.shape) / a.size**0.25 for a in self.arrays]
        slopes = self._slopes(readings, directions)
        # A loss that stays as it is was given something else than the predictions.
        moving = [each for each in readings if np.nan_to_num(slopes[each]).any()]
        if not moving:
            self._refuse_without_effect()
        best: tuple[int, Convention | None] = (-1, None)
        refused = None
        has_named = any(each.loss not in self.against for each in readings)
        for convention, needed in self._conventions(moving, has_named):
            learner.convention = convention
            try:
                found = learner.find(self.arrays, self.X, self.y, watched=False).gradients
            except GlassnetError as error:
                refused = refused or error
                continue
            wanted = slopes[Reading(convention.predictions, convention.loss)]
            right = sum(map(agrees, found, directions, wanted.tolist()))
            # A slope of 0 may be met by chance, as by answers that are compared with themselves.
            sure = sum(map(agrees, found, directions, np.where(abs(wanted) > 1e-9, wanted, np.nan).tolist()))
            if right > best[0] and sure >= needed:
                best = right, convention
            if right == len(self.arrays):
                break
        if best[1] is None:
            if has_named and all(each.loss in self.against for each in moving):
                self._refuse_without_effect()
            assert refused is not None
            raise refused
        if best[0] < len(self.arrays):
            # What grows with a shorter step is a jump, and where there is none the loss is flat.
            kept = Reading(best[1].predictions, best[1].loss)
            shorter = self._slopes([kept], directions, STEP / 10)[kept]
            if (abs(shorter - slopes[kept]) >= abs(slopes[kept])).all():
                self._refuse_without_effect()
        learner.convention = best[1]
        return best[0]

    def _conventions(self, readings: Sequence[Reading], has_named: bool) -> Iterator[tuple[Convention, int]]:
        """Yield ways to call gradients for each reading, those of names first, and how many must be right."""
        learner = self.learner
        first = learner.convention._replace(predictions=readings[0].predictions, loss=readings[0].loss)
        learner.convention = first
        state = self._run(self.arrays)
        options = [(roles, 0) for roles in learner.options("gradients", state["result"])]
        options += [(roles, 1) for roles in against_names("gradients", learner.signatures["gradients"])]
        work = 6.0 * sum(a.size for a in self.arrays) * max(1, self.X.size // max(1, self.X.shape[-1]))
        most = int(np.clip(_WORK / work, 20, 600))
        rates = self._rates()
        ways = [
            (first._replace(gradients=roles, behind=behind, rate=rate), needed)
            for against in (0, 1)
            for rate in rates
            for behind in (False, True)
            for roles, needed in options
            if needed == against and not (behind and rate is not None)
        ]
        named = [each for each in readings if each.loss not in self.against]
        against = [each for each in readings if each.loss in self.against]
        for group in (named, against):
            for way, needed in ways[: max(1, most // max(1, len(group)))]:
                for each in group:
                    least = max(needed, int(has_named and group is against))
                    yield way._replace(predictions=each.predictions, loss=each.loss), least

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


def _check_precision(P: np.ndarray) -> None:
    """Refuse predictions whose differences say nothing."""
    if P.dtype != np.float64:
        message = (
            f"{WHERE}: forward returned {P.dtype} for X and parameters in float64; it must compute in float64 too. "
            "Leave out astype for the check: differences of rounded losses say nothing."
        )
        raise ConfigError(message)
