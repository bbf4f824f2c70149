"""Dropout and noise, which are used in training only."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.layers.base import Cache, Layer, Step
from glassnet.schedules import Schedule, check_factor, make_schedule
from glassnet.utils.arrays import Buffers
from glassnet.utils.checks import check_number

__all__ = ["Dropout", "GaussianNoise"]

_STEPS = 2.0**16


class Dropout(Layer):
    """Set a random share of the inputs to zero while training, and scale the rest up to keep the mean.

    ``Y = X * M``, ``dX = dY * M`` with ``M = (U >= rate) / (1 - rate)``, U uniform on the multiples of 2**-16 in [0, 1)

    Outside training it passes X on. The rate is rounded to such a multiple, so that 16 random bits decide, of which the
    lower 8 are drawn only where the upper ones leave it open.

    Parameters
    ----------
    rate : float
        Probability of setting an input to zero (not of keeping it), at least 0 and below 1.
    schedule : Schedule, optional
        Multiplies the rate during training, with values from 0 to 1: for example ``FlatCosine(1.0, epochs=50)``.

    References
    ----------
    Srivastava et al. (2014), "Dropout: a simple way to prevent neural networks from overfitting", section 10.
    """

    works_in_place = True
    member_settings = ("rate",)

    def __init__(self, rate: float, schedule: Schedule | dict[str, Any] | None = None) -> None:
        self.rate = check_number("Dropout", "rate", rate, 0.0, 1.0, open_maximum=True)
        made = make_schedule("Dropout", schedule) if isinstance(schedule, dict) else schedule
        self.schedule = check_factor("Dropout", "schedule", made)
        self.is_scheduled = self.schedule is not None

    def make_cache(self, scratch: Buffers, need_dX: bool) -> Cache:
        if not scratch.keeps:
            return {}
        return {
            "Y": scratch.array(self.in_shape),
            "M": scratch.passing(0, self.in_shape),
            "in_place": False,
            "kept": scratch.array(self.in_shape, dtype=bool),
            "tied": scratch.passing(1, self.in_shape, dtype=bool),
            "noisy": False,
            "factor": 1.0,
            **self._constants(self.rate, scratch.dtype),
        }

    @staticmethod
    def _constants(rate: Any, dtype: Any) -> Cache:
        """Return the threshold for the random bits, and the factor of the inputs that are kept."""
        limit = np.minimum(np.rint(np.multiply(rate, _STEPS)), _STEPS - 1.0)
        return {"limit": limit.astype(np.uint16), "scale": np.asarray(_STEPS / (_STEPS - limit), dtype=dtype)}

    def forward(self, X: np.ndarray, cache: Cache, step: Step) -> np.ndarray:
        if step.keeps:
            cache["noisy"] = step.training
        if step.rng is None or not step.training:
            return X
        if self.schedule is not None:
            factor = min(self.schedule(step.position), 1.0)
            if factor != cache["factor"]:
                cache.update(self._constants(np.multiply(self.rate, factor), X.dtype), factor=factor)
        kept, M = cache["kept"], cache["M"]
        step.rng.at_least(self.index, cache["limit"], kept, cache["tied"])
        M[...] = kept
        np.multiply(M, cache["scale"], M)
        Y: np.ndarray = np.multiply(X, M, X if cache["in_place"] else cache["Y"])
        return Y

    def backward(self, dY: np.ndarray, cache: Cache) -> np.ndarray:
        if cache["noisy"]:
            M = cache["M"]  # made anew, from one byte for each number: faster than to read it back
            M[...] = cache["kept"]
            np.multiply(M, cache["scale"], M)
            np.multiply(dY, M, dY)
        return dY

    def rate_in(self, cache: Cache) -> float:
        """Return the rate of the last training pass.

        Parameters
        ----------
        cache : dict
            As `forward` left it.
        """
        return float(cache["limit"]) / _STEPS

    def config(self) -> dict[str, Any]:
        return {"rate": self.rate, "schedule": None if self.schedule is None else self.schedule.entry()}

    def __repr__(self) -> str:
        schedule = "" if self.schedule is None else f", schedule={self.schedule!r}"
        return f"Dropout(rate={self.rate!r}{schedule}){self._tuned_text()}"


class GaussianNoise(Layer):
    """Add noise while training: ``Y = X + std * N``, ``dX = dY``, N standard normal, new at each step.

    Outside training it passes X on.

    Parameters
    ----------
    std : float
        Standard deviation, in the units of X, at least 0.

    References
    ----------
    Bishop (1995), "Training with noise is equivalent to Tikhonov regularization".
    """

    member_settings = ("std",)

    def __init__(self, std: float) -> None:
        self.std = check_number("GaussianNoise", "std", std, 0.0)

    def make_cache(self, scratch: Buffers, need_dX: bool) -> Cache:
        return {"Y": scratch.array(self.in_shape), "std": scratch.constant(self.std)} if scratch.keeps else {}

    def forward(self, X: np.ndarray, cache: Cache, step: Step) -> np.ndarray:
        if step.rng is None or not step.training:
            return X
        Y: np.ndarray = step.rng.normal(self.index, out=cache["Y"])
        np.multiply(Y, cache["std"], Y)
        np.add(Y, X, Y)
        return Y

    def backward(self, dY: np.ndarray, cache: Cache) -> np.ndarray:
        return dY

    def config(self) -> dict[str, Any]:
        return {"std": self.std}
