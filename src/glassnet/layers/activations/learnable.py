"""Activations with parameters: the slope of a rectifier, the share of any activation."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.layers.activations.base import Activation
from glassnet.layers.activations.by_name import activation_config, make_activation
from glassnet.layers.base import Cache, Layer, ParamSpec, Step, Views
from glassnet.utils.arrays import Buffers, matrix_product
from glassnet.utils.checks import check_flag
from glassnet.utils.names import ActivationName

__all__ = ["PReLU", "Parametric"]


class PReLU(Layer):
    """Rectifier with a learnable slope for negative inputs.

    ``Y = max(X, 0) + slope * min(X, 0)``, ``dslope = sum_n dY * min(X, 0)``, ``dX = dY * (1 if X > 0 else slope)``

    The slope starts at 0.25 and does not decay, as its authors advise.

    Parameters
    ----------
    shared : bool, default=False
        Whether all features have one slope; otherwise each has its own.

    References
    ----------
    He, Zhang, Ren & Sun (2015), arXiv:1502.01852, eq. 1 and 8.
    """

    def __init__(self, *, shared: bool = False) -> None:
        self.shared = check_flag("PReLU", "shared", shared)

    def param_specs(self) -> tuple[ParamSpec, ...]:
        axes = (1,) * len(self.in_shape) if self.shared else self.in_shape
        return (ParamSpec("slope", (1, *axes), "quarter"),)

    def bind(self, params: Views, grads: Views, stats: Views, members: int | None) -> None:
        self.slope, self.dslope = params["slope"], grads["slope"]

    def make_cache(self, scratch: Buffers, need_dX: bool) -> Cache:
        return {
            "Y": scratch.array(self.in_shape),
            "negative": scratch.array(self.in_shape),
            "T": scratch.array(self.in_shape),
            "mask": scratch.array(self.in_shape, dtype=bool),
            "zeros": scratch.zeros(self.in_shape),
        }

    def forward(self, X: np.ndarray, cache: Cache, step: Step) -> np.ndarray:
        Y, negative, T = cache["Y"], cache["negative"], cache["T"]
        np.minimum(X, cache["zeros"], out=negative)
        np.multiply(negative, self.slope, T)
        np.maximum(X, cache["zeros"], out=Y)
        found: np.ndarray = np.add(Y, T, Y)
        return found

    def backward(self, dY: np.ndarray, cache: Cache) -> np.ndarray:
        negative, T, mask = cache["negative"], cache["T"], cache["mask"]
        np.multiply(dY, negative, T)
        first = -1 - len(self.in_shape)
        over: Any = tuple(range(first, 0)) if self.shared else first
        np.add.reduce(T, axis=over, out=self.dslope, keepdims=True)
        np.less(negative, cache["zeros"], out=mask)
        np.multiply(dY, self.slope, T)
        np.copyto(dY, T, where=mask)
        return dY

    def config(self) -> dict[str, Any]:
        return {"shared": self.shared}


class Parametric(Layer):
    """Any activation with a learnable strength for each unit.

    ``Y = X + alpha * (f(X) - X)``, ``dalpha = sum_n dY * (f(X) - X)``, ``dX = (1 - alpha) * dY + f'(X) * alpha * dY``

    ``alpha`` starts at 1, where the layer is f itself; at 0 a unit is linear.

    Parameters
    ----------
    activation : str or Activation
        Name or object, as in `Dense`.
    decays : bool, default=False
        Whether weight decay applies to ``alpha``.

    References
    ----------
    Holzmüller, Grinsztajn & Steinwart (2024), arXiv:2407.04491, section 3: parametric activations of RealMLP, which
    learn at a tenth of the rate: ``Parametric("selu").tuned(rate_factor=0.1)``.
    """

    frees_output = works_in_place = True

    def __init__(self, activation: ActivationName | Activation, *, decays: bool = False) -> None:
        self.decays = check_flag("Parametric", "decays", decays)
        self.activation = make_activation("Parametric", activation)
        self._activation = activation_config(activation, self.activation)

    def build(self, in_shape: tuple[int, ...]) -> tuple[int, ...]:
        self.activation.build(in_shape)
        return super().build(in_shape)

    def param_specs(self) -> tuple[ParamSpec, ...]:
        return (ParamSpec("alpha", (1, *self.in_shape), "ones", decays=self.decays),)

    def bind(self, params: Views, grads: Views, stats: Views, members: int | None) -> None:
        self.alpha, self.dalpha = params["alpha"], grads["alpha"]

    def make_cache(self, scratch: Buffers, need_dX: bool) -> Cache:
        excess, D = self.activation.make_excess_work(scratch), scratch.array(self.in_shape)
        cache = {"D": D, "Y": scratch.array(self.in_shape), "T": scratch.passing(0, self.in_shape), "in_place": False}
        cache["ones"] = scratch.ones()[None, :]
        if excess is None:
            return {**cache, "F": scratch.array(self.in_shape), "work": self.activation.make_work(scratch)}
        S = scratch.array(self.in_shape) if scratch.keeps else None
        return {**cache, "S": S, "excess": excess, "one": scratch.constant(1.0)}

    def forward(self, X: np.ndarray, cache: Cache, step: Step) -> np.ndarray:
        D, T = cache["D"], cache["T"]
        if "excess" in cache:
            self.activation.excess(X, D, cache["S"] if step.keeps else None, cache["excess"])
        else:
            self.activation.apply(X, cache["F"], cache["work"], step.keeps)
            np.subtract(cache["F"], X, D)
        np.multiply(D, self.alpha, T)
        found: np.ndarray = np.add(T, X, X if cache["in_place"] else cache["Y"])
        return found

    def backward(self, dY: np.ndarray, cache: Cache) -> np.ndarray:
        D = cache["D"]
        np.multiply(dY, D, D)
        if len(self.in_shape) == 1:
            matrix_product(cache["ones"], D, self.dalpha)  # half the time of np.add.reduce
        else:
            np.add.reduce(D, axis=-1 - len(self.in_shape), out=self.dalpha, keepdims=True)
        if "excess" in cache:
            slope = cache["S"]  # 1 + alpha * (f'(X) - 1)
            np.multiply(slope, self.alpha, slope)
            np.add(slope, cache["one"], slope)
            np.multiply(dY, slope, dY)
            return dY
        through = cache["T"]  # the part that passes f
        np.multiply(dY, self.alpha, through)
        np.subtract(dY, through, dY)
        self.activation.differentiate(through, cache["F"], cache["work"])
        np.add(dY, through, dY)
        return dY

    def config(self) -> dict[str, Any]:
        return {"activation": self._activation, "decays": self.decays}

    def __repr__(self) -> str:
        given = self.activation if isinstance(self._activation, dict) else self._activation
        decays = ", decays=True" if self.decays else ""
        return f"Parametric({given!r}{decays}){self._tuned_text()}"
