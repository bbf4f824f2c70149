"""Optimizers over flat arrays: parameters, gradients and state are vectors of the same length.

The classes stand in the order in which they are best read. ``g`` is the gradient, ``p`` the parameters, ``lr`` the
learning rate times a group's rate factor. Work is done in blocks that stay in the cache.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import numpy as np

from glassnet.checks import check_choice, check_flag, check_number
from glassnet.errors import ConfigError
from glassnet.schedules import SCHEDULES, Schedule, as_schedule

__all__ = ["OPTIMIZERS", "SGD", "Adam", "AdamW", "Group", "Optimizer", "OptimizerState", "as_optimizer"]

# Blocks of 128 KiB stay in a second-level cache between the passes; smaller ones cost more calls than they save
# (one Adam step on 235 k parameters after the products of that step: 0.49 ms with 8 Ki, 0.38 with 32 Ki numbers).
_BLOCK = 32768


# A moment that decays towards 0 becomes subnormal and stays there, where sqrt and divide are 2-3 times slower.
# Every so many steps, what is within a factor of 1e8 of that (1e-30 in float32) is set to 0; Adam's eps is far above
# it. A moment that at least halves at each step passes through by itself.
_FLUSH_STEPS = 64
_SLOW_DECAY = 0.5


class Group(NamedTuple):
    """A contiguous slice ``[start:stop)`` of the parameters that is treated alike."""

    start: int
    stop: int
    rate_factor: float
    decays: bool


class OptimizerState:
    """What an optimizer remembers between steps, and its working memory.

    Parameters
    ----------
    params : ndarray
        Flat parameters (P,) or (K, P), for shape and dtype.
    names : tuple of str
        Arrays like ``params`` to keep, starting at 0.
    groups : list of Group
        They cover the parameters without overlap.

    Attributes
    ----------
    arrays : dict of str to ndarray
        Saved with a run.
    t : int
        Steps taken; saved with a run.
    """

    def __init__(self, params: np.ndarray, names: tuple[str, ...], groups: list[Group]) -> None:
        self.t = 0
        self.arrays = {name: np.zeros_like(params) for name in names}
        self._groups = groups
        self._scalars: dict[str, np.ndarray] = {}
        self._dtype = params.dtype
        self._blocks: list[tuple[Any, ...]] = []
        self._blocks_of: tuple[np.ndarray, np.ndarray] | None = None

    def blocks(self, params: np.ndarray, grads: np.ndarray) -> list[tuple[Any, ...]]:
        """Return ``(group, work, p, g, *state)`` for each block: views, and scratch of the block's shape.

        The slicing is done once, since parameters and gradients are the same two arrays at every step.
        """
        if self._blocks_of is None or self._blocks_of[0] is not params or self._blocks_of[1] is not grads:
            width = max(1, _BLOCK // (1 if params.ndim == 1 else len(params)))
            work = np.empty((*params.shape[:-1], min(width, params.shape[-1])), dtype=params.dtype)
            flats = (params, grads, *self.arrays.values())
            self._blocks = []
            for group in self._groups:
                for start in range(group.start, group.stop, width):
                    stop = min(start + width, group.stop)
                    views = [flat[..., start:stop] for flat in flats]
                    self._blocks.append((group, work[..., : stop - start], *views))
            self._blocks_of = (params, grads)
        return self._blocks

    def flush(self, name: str, decay: float) -> None:
        """Set entries of a decaying array to 0 before they become subnormal; does nothing on most steps."""
        if self.t % _FLUSH_STEPS or decay < _SLOW_DECAY:
            return
        array = self.arrays[name].reshape(-1)
        smallest = float(np.finfo(array.dtype).tiny) * 1e8
        for start in range(0, array.size, _BLOCK // 4):
            part = array[start : start + _BLOCK // 4]
            np.copyto(part, 0.0, where=np.abs(part) < smallest)

    def __getstate__(self) -> dict[str, Any]:
        # Views would come back cut off from the arrays they looked into.
        return {**vars(self), "_blocks": [], "_blocks_of": None}

    def scalar(self, name: str, value: float) -> np.ndarray:
        """Return ``value`` as a 0-d array, which NumPy takes faster than a float."""
        held = self._scalars.get(name)
        if held is None:
            held = self._scalars[name] = np.empty((), dtype=self._dtype)
        held[()] = value
        return held


class Optimizer:
    """Base of all optimizers.

    Parameters
    ----------
    learning_rate : float or Schedule
        A number of at least 0, or a schedule over epochs.
    """

    default_rate: ClassVar[float] = 1e-3
    decays: ClassVar[bool] = False

    def __init__(self, learning_rate: float | Schedule | None = None) -> None:
        rate = self.default_rate if learning_rate is None else learning_rate
        self.learning_rate: float | Schedule = rate
        as_schedule(type(self).__name__, "learning_rate", rate)

    @property
    def state_names(self) -> tuple[str, ...]:
        """Names of the arrays like the parameters that `step` keeps."""
        return ()

    @property
    def schedule(self) -> Schedule:
        """The learning rate as a schedule; setting ``learning_rate`` changes it for the next fit."""
        return as_schedule(type(self).__name__, "learning_rate", self.learning_rate)

    def new_state(self, params: np.ndarray, groups: list[Group]) -> OptimizerState:
        """Return the state before the first step. Groups that this optimizer treats alike become one."""
        merged: list[Group] = []
        for start, stop, rate_factor, decays in groups:
            group = Group(start, stop, rate_factor, decays and self.decays)
            if merged and merged[-1].stop == start and merged[-1][2:] == group[2:]:
                group = group._replace(start=merged.pop().start)
            merged.append(group)
        return OptimizerState(params, self.state_names, merged)

    def step(self, params: np.ndarray, grads: np.ndarray, state: OptimizerState, learning_rate: float) -> None:
        """Update ``params`` in place; ``grads`` is not written."""
        raise NotImplementedError

    def settings(self) -> dict[str, Any]:
        """Return the constructor's arguments apart from the learning rate."""
        return {}

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments, JSON-able."""
        rate = self.learning_rate
        if isinstance(rate, Schedule):
            return {"learning_rate": {"schedule": type(rate).__name__, **rate.config()}, **self.settings()}
        return {"learning_rate": float(rate), **self.settings()}

    @classmethod
    def from_config(cls, config: dict[str, Any], schedules: Mapping[str, type[Schedule]] = SCHEDULES) -> Optimizer:
        """Return the optimizer that `config` described; ``schedules`` are those that it may name."""
        config = dict(config)
        rate = config.get("learning_rate")
        if isinstance(rate, dict):
            rate = dict(rate)
            name = check_choice(cls.__name__, "schedule", rate.pop("schedule", None), schedules)
            config["learning_rate"] = schedules[name](**rate)
        return cls(**config)

    def __repr__(self) -> str:
        settings = {"learning_rate": self.learning_rate, **self.settings()}
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in settings.items())})"


class SGD(Optimizer):
    """Gradient descent, with momentum if asked for.

    ``p -= lr * g`` without momentum; otherwise ``v = momentum * v - lr * g`` and ``p += v``, or with Nesterov's
    look-ahead ``p += momentum * v - lr * g``. The rate is inside the velocity, as in Keras and scikit-learn.

    Parameters
    ----------
    learning_rate : float or Schedule, default=0.01
    momentum : float, default=0.0
        At least 0 and below 1.
    nesterov : bool, default=False

    References
    ----------
    Sutskever et al. (2013), "On the importance of initialization and momentum in deep learning", eq. 1-4.
    """

    default_rate = 0.01

    def __init__(
        self, learning_rate: float | Schedule | None = None, *, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        super().__init__(learning_rate)
        self.momentum = check_number("SGD", "momentum", momentum, 0.0, 1.0, open_maximum=True)
        self.nesterov = check_flag("SGD", "nesterov", nesterov)
        if self.nesterov and self.momentum == 0.0:
            message = "SGD: nesterov needs momentum above 0, got momentum=0.0. Give momentum=0.9, say."
            raise ConfigError(message, got=momentum)

    @property
    def state_names(self) -> tuple[str, ...]:
        """One velocity per parameter, if there is momentum."""
        return ("velocity",) if self.momentum else ()

    def step(self, params: np.ndarray, grads: np.ndarray, state: OptimizerState, learning_rate: float) -> None:
        state.t += 1
        if self.momentum == 0.0:
            for group, work, p, g in state.blocks(params, grads):
                np.multiply(g, state.scalar("lr", learning_rate * group.rate_factor), out=work)
                np.subtract(p, work, out=p)
            return
        momentum = state.scalar("momentum", self.momentum)
        for group, work, p, g, v in state.blocks(params, grads):
            np.multiply(g, state.scalar("lr", learning_rate * group.rate_factor), out=work)
            np.multiply(v, momentum, out=v)
            np.subtract(v, work, out=v)
            if self.nesterov:
                np.subtract(p, work, out=p)
                np.multiply(v, momentum, out=work)
                np.add(p, work, out=p)
            else:
                np.add(p, v, out=p)
        state.flush("velocity", self.momentum)

    def settings(self) -> dict[str, Any]:
        return {"momentum": self.momentum, "nesterov": self.nesterov}


class Adam(Optimizer):
    """Adaptive moment estimation.

    ``m = beta1 * m + (1 - beta1) * g``, ``v = beta2 * v + (1 - beta2) * g**2``,
    ``p -= lr * m_hat / (sqrt(v_hat) + eps)`` with ``m_hat = m / (1 - beta1**t)``, ``v_hat = v / (1 - beta2**t)``

    Parameters
    ----------
    learning_rate : float or Schedule, default=0.001
    beta1, beta2 : float, default=0.9, 0.999
        Decay of the two moments, at least 0 and below 1.
    eps : float, default=1e-8
        Keeps the denominator from 0.
    eps_form : {"torch", "sklearn"}, default="torch"
        Where eps goes. ``"torch"``: outside the bias correction, as above and in PyTorch. ``"sklearn"``:
        ``p -= lr * sqrt(1 - beta2**t) / (1 - beta1**t) * m / (sqrt(v) + eps)``, as in scikit-learn and Keras (the
        paper's "epsilon hat").

    Notes
    -----
    The state holds ``M = m / (1 - beta1)`` and ``V = v / (1 - beta2)``, which saves two passes; the factors go into
    the rate and into eps.

    References
    ----------
    Kingma & Ba (2015), arXiv:1412.6980, algorithm 1 and the end of section 2.
    """

    weight_decay: float = 0.0

    def __init__(
        self,
        learning_rate: float | Schedule | None = None,
        *,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        eps_form: str = "torch",
    ) -> None:
        super().__init__(learning_rate)
        name = type(self).__name__
        self.beta1 = check_number(name, "beta1", beta1, 0.0, 1.0, open_maximum=True)
        self.beta2 = check_number(name, "beta2", beta2, 0.0, 1.0, open_maximum=True)
        self.eps = check_number(name, "eps", eps, 0.0, open_minimum=True)
        self.eps_form = check_choice(name, "eps_form", eps_form, ("torch", "sklearn"))

    @property
    def state_names(self) -> tuple[str, ...]:
        """The two scaled moments."""
        return ("M", "V")

    def step(self, params: np.ndarray, grads: np.ndarray, state: OptimizerState, learning_rate: float) -> None:
        state.t += 1
        unscale = math.sqrt(1.0 - self.beta2)
        # sqrt(v_hat) = root * sqrt(V), so dividing numerator and denominator by root leaves sqrt(V) alone.
        root = unscale / math.sqrt(1.0 - self.beta2**state.t)
        eps = state.scalar("eps", self.eps / (root if self.eps_form == "torch" else unscale))
        rate = learning_rate * (1.0 - self.beta1) / (1.0 - self.beta1**state.t) / root
        beta1, beta2 = state.scalar("beta1", self.beta1), state.scalar("beta2", self.beta2)
        for group, work, p, g, M, V in state.blocks(params, grads):
            if group.decays:
                decay = 1.0 - learning_rate * group.rate_factor * self.weight_decay
                np.multiply(p, state.scalar("decay", decay), out=p)
            np.multiply(M, beta1, out=M)
            np.add(M, g, out=M)
            np.multiply(g, g, out=work)
            np.multiply(V, beta2, out=V)
            np.add(V, work, out=V)
            np.sqrt(V, out=work)
            np.add(work, eps, out=work)
            np.divide(M, work, out=work)
            np.multiply(work, state.scalar("rate", rate * group.rate_factor), out=work)
            np.subtract(p, work, out=p)
        state.flush("M", self.beta1)
        state.flush("V", self.beta2)

    def settings(self) -> dict[str, Any]:
        return {"beta1": self.beta1, "beta2": self.beta2, "eps": self.eps, "eps_form": self.eps_form}


class AdamW(Adam):
    """Adam with decoupled weight decay: before Adam's step, ``p -= lr * weight_decay * p`` on weights.

    Biases and the parameters of norms do not decay.

    Parameters
    ----------
    learning_rate : float or Schedule, default=0.001
    weight_decay : float, default=0.01
    beta1, beta2, eps, eps_form
        As in `Adam`.

    References
    ----------
    Loshchilov & Hutter (2019), arXiv:1711.05101, algorithm 2, with the decay multiplied by the rate as in PyTorch.
    """

    decays = True

    def __init__(
        self,
        learning_rate: float | Schedule | None = None,
        *,
        weight_decay: float = 0.01,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        eps_form: str = "torch",
    ) -> None:
        super().__init__(learning_rate, beta1=beta1, beta2=beta2, eps=eps, eps_form=eps_form)
        self.weight_decay = check_number("AdamW", "weight_decay", weight_decay, 0.0)

    def settings(self) -> dict[str, Any]:
        return {"weight_decay": self.weight_decay, **super().settings()}


OPTIMIZERS: dict[str, type[Optimizer]] = {"adam": Adam, "adamw": AdamW, "sgd": SGD}


def as_optimizer(value: str | Optimizer) -> Optimizer:
    """Return the optimizer of this name with its defaults, or the optimizer itself."""
    if isinstance(value, Optimizer):
        return value
    if isinstance(value, type) and issubclass(value, Optimizer):
        message = f"Network: optimizer must be a name or an object, got the class {value.__name__}. Add parentheses."
        raise ConfigError(message, got=value)
    return OPTIMIZERS[check_choice("Network", "optimizer", value, OPTIMIZERS)]()
