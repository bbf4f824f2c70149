"""Optimizers that adapt the rate of each parameter to the size of its gradients."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from glassnet.optimizers.base import Group, Optimizer, OptimizerState
from glassnet.schedules import Schedule, check_factor
from glassnet.utils.checks import check_choice, check_flag, check_number
from glassnet.utils.formula import Formula

__all__ = ["Adagrad", "Adam", "AdamW", "RMSprop"]


class Adagrad(Optimizer):
    """Adaptive gradient: each parameter's rate falls with the sum of its squared gradients so far.

    ``s += g**2``, ``p -= lr * g / (sqrt(s) + eps)``

    Parameters
    ----------
    learning_rate : float or Schedule, default=0.01
        Size of a step, at least 0, or a schedule of it over the epochs.
    initial_accumulator : float, default=0.0
        Where the sums s start, at least 0.
    eps : float, default=1e-10
        Keeps the denominator above 0; added outside the root, as in PyTorch.
    clip_norm, ema
        As in `Optimizer`.

    References
    ----------
    Duchi, Hazan & Singer (2011), "Adaptive subgradient methods for online learning and stochastic optimization",
    figure 1.
    """

    default_rate = 0.01
    non_negative = ("s",)

    def __init__(
        self,
        learning_rate: float | Schedule | None = None,
        *,
        initial_accumulator: float = 0.0,
        eps: float = 1e-10,
        clip_norm: float | None = None,
        ema: float | None = None,
    ) -> None:
        super().__init__(learning_rate, clip_norm=clip_norm, ema=ema)
        self.initial_accumulator = check_number("Adagrad", "initial_accumulator", initial_accumulator, 0.0)
        self.eps = check_number("Adagrad", "eps", eps, 0.0, open_minimum=True)

    @property
    def state_names(self) -> tuple[str, ...]:
        """The sums of squares."""
        return ("s",)

    def new_state(self, params: np.ndarray, groups: list[Group]) -> OptimizerState:
        state = super().new_state(params, groups)
        state.arrays["s"][...] = self.initial_accumulator
        return state

    def step(self, params: np.ndarray, grads: np.ndarray, state: OptimizerState, learning_rate: float) -> None:
        state.t += 1
        eps = state.scalar("eps", self.eps)
        for group, work, p, g, s in state.blocks(params, grads):
            np.multiply(g, g, work)
            np.add(s, work, s)
            np.sqrt(s, work)
            np.add(work, eps, work)
            np.divide(g, work, work)
            np.multiply(work, state.scalar("lr", learning_rate * group.rate_factor), work)
            np.subtract(p, work, p)

    def formulas(self, decays: bool = False) -> dict[str, Formula]:
        return {"s": Formula("s + g**2"), "p": Formula("p - lr * g / (sqrt(s) + eps)")}

    def settings(self) -> dict[str, Any]:
        return {"initial_accumulator": self.initial_accumulator, "eps": self.eps}


class RMSprop(Optimizer):
    """Each gradient is divided by a running root mean square of its size.

    ``v = rho * v + (1 - rho) * g**2``, ``u = g / (sqrt(v) + eps)``, ``p -= lr * u``

    With ``centered``, ``m = rho * m + (1 - rho) * g`` and ``v - m**2`` takes the place of v under the root. With
    ``momentum``, ``b = momentum * b + u`` and ``p -= lr * b``.

    Parameters
    ----------
    learning_rate : float or Schedule, default=0.01
        Size of a step, at least 0, or a schedule of it over the epochs.
    rho : float, default=0.99
        Decay of the averages, at least 0 and below 1; PyTorch calls it alpha.
    momentum : float, default=0.0
        Share of the last steps that is kept, at least 0 and below 1.
    centered : bool, default=False
        Whether to divide by the standard deviation instead.
    eps : float, default=1e-8
        Keeps the denominator above 0; added outside the root, as in PyTorch.
    clip_norm, ema
        As in `Optimizer`.

    References
    ----------
    Tieleman & Hinton (2012), lecture 6.5 of "Neural networks for machine learning"; Graves (2013), arXiv:1308.0850,
    eq. 38-45: centered.
    """

    default_rate = 0.01
    non_negative = ("v",)

    def __init__(
        self,
        learning_rate: float | Schedule | None = None,
        *,
        rho: float = 0.99,
        momentum: float = 0.0,
        centered: bool = False,
        eps: float = 1e-8,
        clip_norm: float | None = None,
        ema: float | None = None,
    ) -> None:
        super().__init__(learning_rate, clip_norm=clip_norm, ema=ema)
        self.rho = check_number("RMSprop", "rho", rho, 0.0, 1.0, open_maximum=True)
        self.momentum = check_number("RMSprop", "momentum", momentum, 0.0, 1.0, open_maximum=True)
        self.centered = check_flag("RMSprop", "centered", centered)
        self.eps = check_number("RMSprop", "eps", eps, 0.0, open_minimum=True)

    @property
    def state_names(self) -> tuple[str, ...]:
        """The mean squares, then the means if centered, then the momentum if there is one."""
        return ("v", *(("m",) if self.centered else ()), *(("b",) if self.momentum else ()))

    def step(self, params: np.ndarray, grads: np.ndarray, state: OptimizerState, learning_rate: float) -> None:
        state.t += 1
        rho, rest = state.scalar("rho", self.rho), state.scalar("rest", 1.0 - self.rho)
        eps, momentum = state.scalar("eps", self.eps), state.scalar("momentum", self.momentum)
        for group, work, p, g, v, *others in state.blocks(params, grads):
            np.multiply(g, g, work)
            np.multiply(work, rest, work)
            np.multiply(v, rho, v)
            np.add(v, work, v)
            if self.centered:
                self._variance(g, v, others[0], work, rho, rest)
                np.sqrt(work, work)
            else:
                np.sqrt(v, work)
            np.add(work, eps, work)
            np.divide(g, work, work)
            lr = state.scalar("lr", learning_rate * group.rate_factor)
            if self.momentum:
                np.multiply(others[-1], momentum, others[-1])
                np.add(others[-1], work, others[-1])
                np.multiply(others[-1], lr, work)
            else:
                np.multiply(work, lr, work)
            np.subtract(p, work, p)
        for name, decay in (("v", self.rho), ("m", self.rho), ("b", self.momentum)):
            if name in self.state_names:
                state.flush(name, decay)

    def formulas(self, decays: bool = False) -> dict[str, Formula]:
        found = {"v": Formula("rho * v + (1 - rho) * g**2")}
        if self.centered:
            found["m"] = Formula("rho * m + (1 - rho) * g")
        u = f"g / (sqrt({'max(v - m**2, 0)' if self.centered else 'v'}) + eps)"
        if self.momentum:
            return {**found, "b": Formula(f"momentum * b + {u}"), "p": Formula("p - lr * b")}
        return {**found, "p": Formula(f"p - lr * {u}")}

    @staticmethod
    def _variance(
        g: np.ndarray, v: np.ndarray, m: np.ndarray, work: np.ndarray, rho: np.ndarray, rest: np.ndarray
    ) -> None:
        """Update the mean, and write ``v - m**2`` into ``work``."""
        np.multiply(g, rest, work)
        np.multiply(m, rho, m)
        np.add(m, work, m)
        np.multiply(m, m, work)
        np.subtract(v, work, work)
        # Rounding can bring it below 0 where the gradient hardly changes.
        np.maximum(work, np.zeros((), work.dtype), out=work)

    def settings(self) -> dict[str, Any]:
        return {"rho": self.rho, "momentum": self.momentum, "centered": self.centered, "eps": self.eps}


class Adam(Optimizer):
    """Adaptive moment estimation.

    ``m = beta1 * m + (1 - beta1) * g``, ``v = beta2 * v + (1 - beta2) * g**2``,
    ``p -= lr * m_hat / (sqrt(v_hat) + eps)`` with ``m_hat = m / (1 - beta1**t)``, ``v_hat = v / (1 - beta2**t)``

    Parameters
    ----------
    learning_rate : float or Schedule, default=0.001
        Size of a step, at least 0, or a schedule of it over the epochs.
    beta1, beta2 : float, default=0.9, 0.999
        Decay of the two moments, at least 0 and below 1.
    eps : float, default=1e-8
        Keeps the denominator above 0.
    eps_form : {"torch", "sklearn"}, default="torch"
        Where eps is added. ``"torch"``: outside the bias correction, as above and in PyTorch. ``"sklearn"``:
        ``p -= lr * sqrt(1 - beta2**t) / (1 - beta1**t) * m / (sqrt(v) + eps)``, as in scikit-learn and Keras (the
        paper's "epsilon hat").
    clip_norm, ema
        As in `Optimizer`.

    Notes
    -----
    The state holds ``M = m / (1 - beta1)`` and ``V = v / (1 - beta2)``, which saves two passes; the factors go into
    the rate and into eps.

    References
    ----------
    Kingma & Ba (2015), arXiv:1412.6980, algorithm 1 and the end of section 2.
    """

    non_negative = ("V",)
    moments: ClassVar[Mapping[str, str]] = {"m": "(1 - beta1) * M", "v": "(1 - beta2) * V"}
    weight_decay: float = 0.0
    decay_schedule: Schedule | None = None

    def __init__(
        self,
        learning_rate: float | Schedule | None = None,
        *,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        eps_form: str = "torch",
        clip_norm: float | None = None,
        ema: float | None = None,
    ) -> None:
        super().__init__(learning_rate, clip_norm=clip_norm, ema=ema)
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
        strength = self.weight_decay if self.decay_schedule is None else self.decay_at(state.position)
        for group, work, p, g, M, V in state.blocks(params, grads):
            if group.decay_factor:
                decay = 1.0 - learning_rate * group.rate_factor * group.decay_factor * strength
                np.multiply(p, state.scalar("decay", decay), p)
            np.multiply(M, beta1, M)
            np.add(M, g, M)
            np.multiply(g, g, work)
            np.multiply(V, beta2, V)
            np.add(V, work, V)
            np.sqrt(V, work)
            np.add(work, eps, work)
            np.divide(M, work, work)
            np.multiply(work, state.scalar("rate", rate * group.rate_factor), work)
            np.subtract(p, work, p)
        state.flush("M", self.beta1)
        state.flush("V", self.beta2)

    def formulas(self, decays: bool = False) -> dict[str, Formula]:
        start = "p * (1 - lr * wd)" if decays else "p"
        after = Formula(f"{start} - lr * sqrt(1 - beta2**t) / (1 - beta1**t) * m / (sqrt(v) + eps)")
        if self.eps_form == "torch":
            hats = {"m_hat": "m / (1 - beta1**t)", "v_hat": "v / (1 - beta2**t)"}
            after = Formula(f"{start} - lr * m_hat / (sqrt(v_hat) + eps)", definitions=hats)
        return {
            "m": Formula("beta1 * m + (1 - beta1) * g"),
            "v": Formula("beta2 * v + (1 - beta2) * g**2"),
            "p": after,
        }

    def settings(self) -> dict[str, Any]:
        return {"beta1": self.beta1, "beta2": self.beta2, "eps": self.eps, "eps_form": self.eps_form}


class AdamW(Adam):
    """Adam with decoupled weight decay: before Adam's step, ``p -= lr * weight_decay * p`` on weights.

    Biases and the parameters of norms do not decay.

    Parameters
    ----------
    learning_rate : float or Schedule, default=0.001
        Size of a step, at least 0, or a schedule of it over the epochs.
    weight_decay : float, default=0.01
        Strength of the decay, at least 0.
    beta1, beta2, eps, eps_form, clip_norm, ema
        As in `Adam`.
    decay_schedule : Schedule, optional
        Multiplies the weight decay during training, for example ``FlatCosine(1.0, epochs=50)``.

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
        clip_norm: float | None = None,
        ema: float | None = None,
        decay_schedule: Schedule | None = None,
    ) -> None:
        moments: dict[str, Any] = {"beta1": beta1, "beta2": beta2, "eps": eps, "eps_form": eps_form}
        super().__init__(learning_rate, clip_norm=clip_norm, ema=ema, **moments)
        self.weight_decay = check_number("AdamW", "weight_decay", weight_decay, 0.0)
        self.decay_schedule = check_factor("AdamW", "decay_schedule", decay_schedule)
        self.is_scheduled = self.decay_schedule is not None

    def decay_at(self, position: float) -> float:
        return self.weight_decay * (1.0 if self.decay_schedule is None else self.decay_schedule(position))

    def settings(self) -> dict[str, Any]:
        return {"weight_decay": self.weight_decay, "decay_schedule": self.decay_schedule, **super().settings()}

    def config(self) -> dict[str, Any]:
        schedule = None if self.decay_schedule is None else self.decay_schedule.entry()
        return {**super().config(), "decay_schedule": schedule}

    def __repr__(self) -> str:
        return super().__repr__().replace(", decay_schedule=None", "")
