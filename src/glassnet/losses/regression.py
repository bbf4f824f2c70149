"""Losses for numbers: squared and absolute error, and Huber's between them."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.layers.base import Cache
from glassnet.losses.base import NUMBER_METRICS, ColumnLoss, average_columns, weigh
from glassnet.utils.arrays import Buffers
from glassnet.utils.checks import check_number
from glassnet.utils.formula import Formula

__all__ = ["AbsoluteError", "Huber", "SquaredError"]


class SquaredError(ColumnLoss):
    """Mean squared error: ``l = mean_j (Z_j - y_j)**2``, ``dZ_j = 2 * w * (Z_j - y_j) / k``; predictions are Z.

    Its best constant is the mean.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network([gn.Dense(1)], loss="squared_error", input_shape=(1,))
    >>> net.params[:] = [2.0, 0.0]
    >>> net.evaluate([[1.0]], [[5.0]])["loss"]
    9.0
    """

    name = "squared_error"
    formula = Formula("(Z - y)**2", "2 * (Z - y)")
    metrics = NUMBER_METRICS
    default_metrics = ("r2", "rmse")

    def make_cache(self, scratch: Buffers, out_shape: tuple[int, ...]) -> Cache:
        return {
            "dZ": scratch.array(out_shape),
            "T": scratch.array(out_shape),
            "rows": scratch.array(()),
            "ones": scratch.ones(),
            **scratch.constants(one_over_k=1.0 / out_shape[-1], two_over_k=2.0 / out_shape[-1]),
        }

    def value_and_gradient(
        self, Z: np.ndarray, y: np.ndarray, weight: np.ndarray | None, out: np.ndarray, cache: Cache
    ) -> Any:
        T, rows = cache["T"], cache["rows"]
        np.subtract(Z, y, out)
        np.multiply(out, out, T)
        np.add.reduce(T, axis=-1, out=rows)
        np.multiply(rows, cache["one_over_k"], rows)
        np.multiply(out, cache["two_over_k"], out)
        return weigh(rows, out, weight, cache)


class AbsoluteError(ColumnLoss):
    """Mean absolute error: ``l = mean_j |Z_j - y_j|``, ``dZ_j = w * sign(Z_j - y_j) / k``; predictions are Z.

    Its best constant is the median, so a few wild targets do little harm. The slope is 0 where Z equals y, and as steep
    near the target as far from it: let the learning rate fall towards the end, or use `Huber`.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network([gn.Dense(1)], loss="absolute_error", input_shape=(1,))
    >>> net.params[:] = [2.0, 0.0]
    >>> net.evaluate([[1.0]], [[5.0]])["loss"]
    3.0
    """

    name = "absolute_error"
    formula = Formula("abs(Z - y)", "sign(Z - y)")
    metrics = NUMBER_METRICS
    default_metrics = ("mae", "r2")

    def value_and_gradient(
        self, Z: np.ndarray, y: np.ndarray, weight: np.ndarray | None, out: np.ndarray, cache: Cache
    ) -> Any:
        T = cache["T"]
        np.subtract(Z, y, out)
        np.absolute(out, out=T)
        np.sign(out, out)
        return average_columns(T, out, weight, cache)


class Huber(ColumnLoss):
    """Huber's loss: squared for errors up to ``delta``, linear beyond; predictions are Z.

    ``r = Z_j - y_j``, ``l_j = r**2 / 2`` where ``|r| <= delta``, else ``delta * (|r| - delta / 2)``; ``l = mean_j l_j``

    With ``c = r`` clipped to ``[-delta, delta]`` this is ``l_j = c * (r - c / 2)``, ``dZ_j = w * c / k``

    Parameters
    ----------
    delta : float, default=1.0
        Errors larger than this, in the units of y, count as outliers, whose pull grows no further.

    References
    ----------
    Huber (1964), "Robust estimation of a location parameter".

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network([gn.Dense(1)], loss=gn.Huber(delta=2.0), input_shape=(1,))
    >>> net.params[:] = [2.0, 0.0]
    >>> net.evaluate([[1.0]], [[5.0]])["loss"]  # 2 * (3 - 1)
    4.0
    """

    name = "huber"
    formula = Formula(
        "(Z - y)**2 / 2 if abs(Z - y) <= delta else delta * (abs(Z - y) - delta / 2)",
        "Z - y if abs(Z - y) <= delta else delta * sign(Z - y)",
    )
    metrics = NUMBER_METRICS
    default_metrics = ("mae", "r2")

    def __init__(self, delta: float = 1.0) -> None:
        self.delta = check_number("Huber", "delta", delta, 0.0, open_minimum=True)

    def make_cache(self, scratch: Buffers, out_shape: tuple[int, ...]) -> Cache:
        constants = scratch.constants(delta=self.delta, minus_delta=-self.delta, half=0.5)
        return {**super().make_cache(scratch, out_shape), "R": scratch.array(out_shape), **constants}

    def value_and_gradient(
        self, Z: np.ndarray, y: np.ndarray, weight: np.ndarray | None, out: np.ndarray, cache: Cache
    ) -> Any:
        T, R = cache["T"], cache["R"]
        np.subtract(Z, y, R)
        np.minimum(R, cache["delta"], out=out)
        np.maximum(out, cache["minus_delta"], out=out)
        np.multiply(out, cache["half"], T)
        np.subtract(R, T, T)
        np.multiply(T, out, T)
        return average_columns(T, out, weight, cache)

    def config(self) -> dict[str, Any]:
        return {"delta": self.delta}
