"""The base class of optimizers: groups of parameters, state, blocks that fit the cache, weight averaging."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import numpy as np

from glassnet.schedules import SCHEDULES, Schedule, as_schedule, make_schedule
from glassnet.utils.checks import check_number
from glassnet.utils.formula import Formula
from glassnet.utils.keywords import AdvisesOnNames

__all__ = ["Group", "Optimizer", "OptimizerState"]

# Blocks of 128 KiB stay in a second-level cache between the passes; smaller ones cost more calls than they save
# (one Adam step on 235 k parameters after the products of that step: 0.49 ms with 8 Ki, 0.38 with 32 Ki numbers).
_BLOCK = 32768


# A moment that decays towards 0 becomes subnormal and stays there, where sqrt and divide are 2-3 times slower.
# Every so many steps, what is within a factor of 1e8 of that (1e-30 in float32) is set to 0; Adam's eps is far above
# it. A moment that at least halves at each step passes through by itself.
_FLUSH_STEPS = 64
_SLOW_DECAY = 0.5


class Group(NamedTuple):
    """A contiguous slice ``[start:stop)`` of the parameters with the same settings.

    Attributes
    ----------
    start, stop : int
        First position, and one past the last.
    rate_factor : float
        Multiplies the learning rate.
    decay_factor : float
        Multiplies the weight decay; 0 for biases and norms.
    trainable : bool
        Whether a step changes it.
    """

    start: int
    stop: int
    rate_factor: float = 1.0
    decay_factor: float = 0.0
    trainable: bool = True


class OptimizerState:
    """State of an optimizer between steps, and its working memory.

    Parameters
    ----------
    params : ndarray
        Flat parameters (P,) or (K, P), for shape and dtype.
    names : tuple of str
        Arrays of the shape of ``params`` to keep, initially 0.
    groups : list of Group
        They cover the parameters without overlap.
    averages : bool, default=False
        Whether to keep an average of the parameters too.

    Attributes
    ----------
    arrays : dict of str to ndarray
        Saved with a run; the average of the parameters is ``"average"``.
    groups : list of Group
        As given.
    t : int
        Steps taken; saved with a run.
    position : float
        Position in the run, in epochs; set before every step.
    is_part : bool
        Whether `part` made it: the state of some of a network's parameters.
    """

    is_part = False

    def __init__(self, params: np.ndarray, names: tuple[str, ...], groups: list[Group], averages: bool = False) -> None:
        self.t = 0
        self.position = 0.0
        self.arrays = {name: np.zeros_like(params) for name in names}
        if averages:
            self.arrays["average"] = params.copy()
        self.groups = groups
        self._names = names
        self._scalars: dict[str, np.ndarray] = {}
        self._dtype = params.dtype
        self._blocks: list[tuple[Any, ...]] = []
        self._blocks_of: tuple[np.ndarray, np.ndarray] | None = None

    def regroup(self, groups: list[Group]) -> None:
        """Replace the groups of parameters; the state stays."""
        if groups != self.groups:
            self.groups, self._blocks_of = groups, None

    def part(self, start: int, stop: int) -> OptimizerState:
        """Return the state of the parameters ``[start:stop)`` alone, with copies of their part of the arrays.

        A step by it, given these parameters and their gradients, is that of the whole state.

        Parameters
        ----------
        start, stop : int
            First position, and one past the last.
        """
        found = copy.copy(self)
        found.arrays = {name: array[..., start:stop].copy() for name, array in self.arrays.items()}
        cut = [group._replace(start=max(group.start, start), stop=min(group.stop, stop)) for group in self.groups]
        found.groups = [
            each._replace(start=each.start - start, stop=each.stop - start) for each in cut if each.start < each.stop
        ]
        found._scalars, found.is_part = {}, True
        return found

    def whole(self, arrays: dict[str, np.ndarray], groups: list[Group]) -> OptimizerState:
        """Return the state of all parameters, of some of which this is the state.

        Parameters
        ----------
        arrays, groups : dict of str to ndarray, list of Group
            Those of all parameters.
        """
        found = copy.copy(self)
        found.arrays, found.groups, found._scalars, found.is_part = arrays, groups, {}, False
        return found

    def blocks(self, params: np.ndarray, grads: np.ndarray) -> list[tuple[Any, ...]]:
        """Return ``(group, work, p, g, *state)`` for each trainable block: views, and working memory of their shape.

        The slicing is done once, since parameters and gradients are the same two arrays at every step.

        Parameters
        ----------
        params, grads : ndarray of shape (P,) or (K, P)
            Flat parameters and their gradients.
        """
        if self._blocks_of is None or self._blocks_of[0] is not params or self._blocks_of[1] is not grads:
            width = max(1, _BLOCK // (1 if params.ndim == 1 else len(params)))
            work = np.empty((*params.shape[:-1], min(width, params.shape[-1])), dtype=params.dtype)
            flats = (params, grads, *(self.arrays[name] for name in self._names))
            self._blocks = []
            for group in self.groups:
                if not group.trainable:
                    continue
                for start in range(group.start, group.stop, width):
                    stop = min(start + width, group.stop)
                    views = [flat[..., start:stop] for flat in flats]
                    self._blocks.append((group, work[..., : stop - start], *views))
            self._blocks_of = (params, grads)
        return self._blocks

    def flush(self, name: str, decay: float) -> None:
        """Set entries of a decaying array to 0 before they become subnormal; does nothing on most steps.

        Parameters
        ----------
        name : str
            Which of ``arrays``.
        decay : float
            Factor that it is multiplied by at each step.
        """
        if self.t % _FLUSH_STEPS or decay < _SLOW_DECAY:
            return
        array = self.arrays[name].reshape(-1)
        smallest = float(np.finfo(array.dtype).tiny) * 1e8
        for start in range(0, array.size, _BLOCK // 4):
            part = array[start : start + _BLOCK // 4]
            np.copyto(part, 0.0, where=np.abs(part) < smallest)

    def __getstate__(self) -> dict[str, Any]:
        # Unpickled views would no longer share memory with their arrays.
        return {**vars(self), "_blocks": [], "_blocks_of": None}

    def scalar(self, name: str, value: Any) -> np.ndarray:
        """Return ``value`` as a 0-d array, which NumPy takes faster than a float; with members also as (K, 1).

        Parameters
        ----------
        name : str
            Key under which it is kept, so that it is allocated only once.
        value : float or ndarray of shape (K, 1)
            The value for this step, or one for each member.
        """
        held = self._scalars.get(name)
        if held is None:
            held = self._scalars[name] = np.empty(np.shape(value), dtype=self._dtype)
        held[()] = value
        return held


class Optimizer(AdvisesOnNames):
    """Base of all optimizers.

    Parameters
    ----------
    learning_rate : float or Schedule
        A number of at least 0, or a schedule over epochs.
    clip_norm : float, optional
        Largest Euclidean norm of the gradient, over everything that is trained: a longer one is scaled down to it
        before the step. The history's column ``"clipped"`` has the share of steps in which that happened.
    ema : float, optional
        Decay of an exponential moving average of the parameters, which is what epochs are evaluated with and what `fit`
        leaves in the network: ``average = d * average + (1 - d) * p`` after each step, with
        ``d = min(ema, (1 + t) / (10 + t))`` after t steps, so that the initial values lose weight soon.

    References
    ----------
    Pascanu, Mikolov & Bengio (2013), arXiv:1211.5063, algorithm 1: clipping. Polyak & Juditsky (1992), "Acceleration of
    stochastic approximation by averaging".
    """

    default_rate: ClassVar[float] = 1e-3
    is_scheduled: bool = False  # whether a setting other than the rate depends on ``state.position``
    decays: ClassVar[bool] = False
    non_negative: ClassVar[tuple[str, ...]] = ()  # which of the state's arrays hold squares
    moments: ClassVar[Mapping[str, str]] = {}  # names in `formulas` that the state holds otherwise, in its names

    def __init__(
        self, learning_rate: float | Schedule | None = None, *, clip_norm: float | None = None, ema: float | None = None
    ) -> None:
        name = type(self).__name__
        rate = self.default_rate if learning_rate is None else learning_rate
        self.learning_rate: float | Schedule = rate
        as_schedule(name, "learning_rate", rate)
        self.clip_norm = clip_norm
        if clip_norm is not None:
            self.clip_norm = check_number(name, "clip_norm", clip_norm, 0.0, open_minimum=True)
        self.ema = None if ema is None else check_number(name, "ema", ema, 0.0, 1.0, open_maximum=True)

    @property
    def state_names(self) -> tuple[str, ...]:
        """Names of the arrays like the parameters that `step` keeps."""
        return ()

    @property
    def schedule(self) -> Schedule:
        """The learning rate as a schedule; setting ``learning_rate`` changes it for the next fit."""
        return as_schedule(type(self).__name__, "learning_rate", self.learning_rate)

    def new_state(self, params: np.ndarray, groups: list[Group]) -> OptimizerState:
        """Return the state before the first step.

        Parameters
        ----------
        params : ndarray of shape (P,) or (K, P)
            Flat parameters, for shape and dtype.
        groups : list of Group
            Slices of the parameters with the same settings.
        """
        return OptimizerState(params, self.state_names, self.merge(groups), averages=self.ema is not None)

    def merge(self, groups: list[Group]) -> list[Group]:
        """Return the groups, with neighbours merged that have the same settings for this optimizer."""
        merged: list[Group] = []
        for group in groups:
            alike = group if self.decays else group._replace(decay_factor=0.0)
            if merged and merged[-1].stop == alike.start and merged[-1][2:] == alike[2:]:
                alike = alike._replace(start=merged.pop().start)
            merged.append(alike)
        return merged

    def step(self, params: np.ndarray, grads: np.ndarray, state: OptimizerState, learning_rate: float) -> None:
        """Update ``params`` in place; ``grads`` is not written.

        Parameters
        ----------
        params : ndarray of shape (P,) or (K, P)
            Flat parameters, written.
        grads : ndarray of shape (P,) or (K, P)
            Their gradients, read.
        state : OptimizerState
            State from the last step; updated.
        learning_rate : float or ndarray of shape (K, 1)
            The rate of this step, before the factors of the groups; one for each member if these differ.
        """
        raise NotImplementedError

    def formulas(self, decays: bool = False) -> dict[str, Formula]:
        """Return what `step` computes for one parameter ``p`` with the gradient ``g``, in order, by the results' names.

        Parameters
        ----------
        decays : bool, default=False
            Whether ``p`` decays, by ``wd``; further names are ``lr``, the number ``t`` of the step, and attributes.
        """
        return {}

    def average(self, params: np.ndarray, state: OptimizerState) -> None:
        """Update the average of the parameters after a step, if one is kept."""
        if self.ema is None:
            return
        average = state.arrays["average"]
        rest = state.scalar("rest", 1.0 - min(self.ema, (1.0 + state.t) / (10.0 + state.t)))
        width = max(1, _BLOCK // 4 // (1 if params.ndim == 1 else len(params)))
        for start in range(0, params.shape[-1], width):
            part = slice(start, start + width)
            difference = params[..., part] - average[..., part]
            np.multiply(difference, rest, difference)
            np.add(average[..., part], difference, average[..., part])

    def decay_at(self, position: float) -> Any:
        """Return the weight decay, an array (K, 1) if members differ in it.

        Parameters
        ----------
        position : float
            Position in the run, in epochs.
        """
        return getattr(self, "weight_decay", 0.0)

    def settings(self) -> dict[str, Any]:
        """Return the constructor's arguments apart from those that all optimizers have."""
        return {}

    def _all_settings(self) -> dict[str, Any]:
        """Return the arguments apart from the learning rate, ``clip_norm`` and ``ema`` where they were given."""
        common = {"clip_norm": self.clip_norm, "ema": self.ema}
        return {**self.settings(), **{name: value for name, value in common.items() if value is not None}}

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments, JSON-able."""
        rate = self.learning_rate
        if isinstance(rate, Schedule):
            return {"learning_rate": rate.entry(), **self._all_settings()}
        return {"learning_rate": float(rate), **self._all_settings()}

    @classmethod
    def from_config(cls, config: dict[str, Any], schedules: Mapping[str, type[Schedule]] = SCHEDULES) -> Optimizer:
        """Return the optimizer that `config` described; ``schedules`` are those that it may name.

        Parameters
        ----------
        config : dict
            What `config` returned.
        schedules : mapping of str to type
            The classes that it may name as a schedule.
        """
        made: dict[str, Any] = {
            name: make_schedule(cls.__name__, value, schedules) if isinstance(value, dict) else value
            for name, value in config.items()
        }
        return cls(**made)

    def __repr__(self) -> str:
        settings = {"learning_rate": self.learning_rate, **self._all_settings()}
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in settings.items())})"
