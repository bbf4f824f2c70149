"""Optimizers with the same rate for all parameters: gradient descent, momentum, sign momentum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from glassnet.errors import ConfigError
from glassnet.optimizers.base import Optimizer, OptimizerState
from glassnet.schedules import Schedule
from glassnet.utils.checks import check_flag, check_number
from glassnet.utils.formula import Formula

__all__ = ["SGD", "Lion"]


class SGD(Optimizer):
    """Gradient descent, optionally with momentum.

    ``p -= lr * g`` without momentum; otherwise ``v = momentum * v - lr * g`` and ``p += v``, or with Nesterov's
    form ``p += momentum * v - lr * g``. The rate is inside the velocity, as in Keras and scikit-learn.

    Parameters
    ----------
    learning_rate : float or Schedule, default=0.01
        Size of a step, at least 0, or a schedule of it over the epochs.
    momentum : float, default=0.0
        Share of the velocity that is kept at each step, at least 0 and below 1; 0.9 is usual.
    nesterov : bool, default=False
        Whether to use Nesterov's momentum; needs ``momentum`` above 0.
    clip_norm, ema
        As in `Optimizer`.

    References
    ----------
    Sutskever et al. (2013), "On the importance of initialization and momentum in deep learning", eq. 1-4.
    """

    default_rate = 0.01
    moments: ClassVar[Mapping[str, str]] = {"v": "velocity"}

    def __init__(
        self,
        learning_rate: float | Schedule | None = None,
        *,
        momentum: float = 0.0,
        nesterov: bool = False,
        clip_norm: float | None = None,
        ema: float | None = None,
    ) -> None:
        super().__init__(learning_rate, clip_norm=clip_norm, ema=ema)
        self.momentum = check_number("SGD", "momentum", momentum, 0.0, 1.0, open_maximum=True)
        self.nesterov = check_flag("SGD", "nesterov", nesterov)
        if self.nesterov and self.momentum == 0.0:
            message = "SGD: nesterov is True and momentum 0.0; nesterov needs momentum above 0. Give momentum=0.9, say."
            raise ConfigError(message, got=momentum)

    @property
    def state_names(self) -> tuple[str, ...]:
        """One velocity per parameter, if there is momentum."""
        return ("velocity",) if self.momentum else ()

    def step(self, params: np.ndarray, grads: np.ndarray, state: OptimizerState, learning_rate: float) -> None:
        state.t += 1
        if self.momentum == 0.0:
            for group, work, p, g in state.blocks(params, grads):
                np.multiply(g, state.scalar("lr", learning_rate * group.rate_factor), work)
                np.subtract(p, work, p)
            return
        momentum = state.scalar("momentum", self.momentum)
        for group, work, p, g, v in state.blocks(params, grads):
            np.multiply(g, state.scalar("lr", learning_rate * group.rate_factor), work)
            np.multiply(v, momentum, v)
            np.subtract(v, work, v)
            if self.nesterov:
                np.subtract(p, work, p)
                np.multiply(v, momentum, work)
                np.add(p, work, p)
            else:
                np.add(p, v, p)
        state.flush("velocity", self.momentum)

    def formulas(self, decays: bool = False) -> dict[str, Formula]:
        if not self.momentum:
            return {"p": Formula("p - lr * g")}
        after = "p + momentum * v - lr * g" if self.nesterov else "p + v"
        return {"v": Formula("momentum * v - lr * g"), "p": Formula(after)}

    def settings(self) -> dict[str, Any]:
        return {"momentum": self.momentum, "nesterov": self.nesterov}


class Lion(Optimizer):
    """Evolved sign momentum: every weight moves by the same amount, in the direction of an interpolated momentum.

    ``c = beta1 * m + (1 - beta1) * g``, ``p -= lr * (sign(c) + weight_decay * p)``, ``m = beta2 * m + (1 - beta2) * g``

    The decay is decoupled and applies to weights, not to biases and norms; the sign of 0 is 0. Rates 3-10 times smaller
    than Adam's are usual, and decays as much larger.

    Parameters
    ----------
    learning_rate : float or Schedule, default=0.0001
        Size of a step, at least 0, or a schedule of it over the epochs.
    beta1, beta2 : float, default=0.9, 0.99
        Decay in the interpolation and in the momentum, at least 0 and below 1.
    weight_decay : float, default=0.0
        Strength of the decay, at least 0.
    clip_norm, ema
        As in `Optimizer`.

    Notes
    -----
    The state holds ``M = m / (1 - beta2)``, and c is computed up to a positive factor.

    References
    ----------
    Chen et al. (2023), arXiv:2302.06675, algorithm 2.
    """

    default_rate = 1e-4
    decays = True
    moments: ClassVar[Mapping[str, str]] = {"m": "(1 - beta2) * M"}

    def __init__(
        self,
        learning_rate: float | Schedule | None = None,
        *,
        beta1: float = 0.9,
        beta2: float = 0.99,
        weight_decay: float = 0.0,
        clip_norm: float | None = None,
        ema: float | None = None,
    ) -> None:
        super().__init__(learning_rate, clip_norm=clip_norm, ema=ema)
        self.beta1 = check_number("Lion", "beta1", beta1, 0.0, 1.0, open_maximum=True)
        self.beta2 = check_number("Lion", "beta2", beta2, 0.0, 1.0, open_maximum=True)
        self.weight_decay = check_number("Lion", "weight_decay", weight_decay, 0.0)

    @property
    def state_names(self) -> tuple[str, ...]:
        """The scaled momentum."""
        return ("M",)

    def step(self, params: np.ndarray, grads: np.ndarray, state: OptimizerState, learning_rate: float) -> None:
        state.t += 1
        ratio = state.scalar("ratio", self.beta1 * (1.0 - self.beta2) / (1.0 - self.beta1))
        beta2 = state.scalar("beta2", self.beta2)
        for group, work, p, g, M in state.blocks(params, grads):
            rate = learning_rate * group.rate_factor
            if group.decay_factor:
                decay = 1.0 - rate * group.decay_factor * self.weight_decay
                np.multiply(p, state.scalar("decay", decay), p)
            np.multiply(M, ratio, work)
            np.add(work, g, work)
            np.sign(work, work)
            np.multiply(work, state.scalar("lr", rate), work)
            np.subtract(p, work, p)
            np.multiply(M, beta2, M)
            np.add(M, g, M)
        state.flush("M", self.beta2)

    def formulas(self, decays: bool = False) -> dict[str, Formula]:
        return {
            "c": Formula("beta1 * m + (1 - beta1) * g"),
            "p": Formula("p - lr * (sign(c) + wd * p)" if decays else "p - lr * sign(c)"),
            "m": Formula("beta2 * m + (1 - beta2) * g"),
        }

    def settings(self) -> dict[str, Any]:
        return {"beta1": self.beta1, "beta2": self.beta2, "weight_decay": self.weight_decay}
