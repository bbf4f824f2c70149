"""Losses for distributions: rates of counts, quantiles, mean and variance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from glassnet.errors import ConfigError, ShapeError
from glassnet.layers.base import Cache
from glassnet.losses.base import NUMBER_METRICS, ColumnLoss, Loss, average_columns, weigh
from glassnet.losses.targets import as_columns, check_range, count_columns
from glassnet.metrics import Metric, coverage, mae, pinball, poisson_deviance, r2, rmse
from glassnet.utils.arrays import Buffers
from glassnet.utils.checks import check_number
from glassnet.utils.formula import Formula

__all__ = ["GaussianNLL", "Poisson", "Quantile"]

_MAX_LOG_RATE = 30.0  # a rate of 1.07e13, whose sums over a batch are far below the largest float32
_MAX_LOG_VARIANCE = 80.0  # exp(88) is about the largest float32


class Poisson(ColumnLoss):
    """Poisson loss for counts and other amounts of at least 0, with log link; several outputs are averaged.

    ``rate = exp(Z)``, ``l = mean_j (exp(Z_j) - y_j * Z_j)``, ``dZ_j = w * (exp(Z_j) - y_j) / k``

    The negative log-likelihood of a Poisson distribution without ``log(y!)``, which no weight changes, so the loss may
    be negative; the metric ``"poisson_deviance"`` is 0 at best. Targets need not be whole. Predictions are the rates.

    From ``Z = 30`` on, a rate of 1.07e13, the loss goes on straight along its tangent and the rate stays: nothing
    overflows, and the gradient is that of the loss for every Z. Larger targets are refused.

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> net = gn.Network([gn.Dense(1)], loss="poisson", optimizer=gn.Adam(0.05), seed=0)
    >>> X = np.array([[0.0], [1.0], [2.0]])
    >>> history = net.fit(X, [1, 3, 9], epochs=300)
    >>> net.predict(X).round(1).ravel().tolist()
    [1.0, 3.0, 9.0]
    """

    name = "poisson"
    formula = Formula("exp(Z) - y * Z", "exp(Z) - y")
    metrics: Mapping[str, Metric] = {"mae": mae, "poisson_deviance": poisson_deviance, "r2": r2, "rmse": rmse}
    default_metrics = ("poisson_deviance", "rmse")
    includes = "the exponential"

    def prepare(self, y: Any, n_outputs: int, dtype: np.dtype[Any]) -> np.ndarray:
        columns = as_columns("Poisson", y, n_outputs, dtype)
        advice = "For numbers of any sign use loss='squared_error'."
        if columns.min() >= 0.0:
            advice = "Count in larger units."
        must = "targets must be counts or amounts of at least 0, and at most 1e13"
        return check_range("Poisson", columns, 0.0, 1e13, must, advice)

    def make_cache(self, scratch: Buffers, out_shape: tuple[int, ...]) -> Cache:
        return super().make_cache(scratch, out_shape) | {
            "product": scratch.array(out_shape),
            "zeros": scratch.zeros(out_shape),
            **scratch.constants(limit=_MAX_LOG_RATE, one=1.0),
        }

    def value_and_gradient(
        self, Z: np.ndarray, y: np.ndarray, weight: np.ndarray | None, out: np.ndarray, cache: Cache
    ) -> Any:
        T, product, limit = cache["T"], cache["product"], cache["limit"]
        np.minimum(Z, limit, out=out)
        np.exp(out, out)
        np.subtract(Z, limit, T)
        np.maximum(T, cache["zeros"], out=T)
        np.add(T, cache["one"], T)
        np.multiply(T, out, T)
        np.multiply(y, Z, product)
        np.subtract(T, product, T)
        np.subtract(out, y, out)
        return average_columns(T, out, weight, cache)

    def link(self, Z: np.ndarray) -> np.ndarray:
        rate: np.ndarray = np.minimum(Z, np.array(_MAX_LOG_RATE, dtype=Z.dtype))
        np.exp(rate, rate)
        return rate


class Quantile(Loss):
    """Quantile regression with the pinball loss, several levels at once: prediction intervals.

    With ``e = Z - y`` for each target and level: ``l = mean (max((1 - level) * e, -level * e))``, the same as
    ``|e| / 2 + (1/2 - level) * e``; ``dZ = w * (sign(e) / 2 + 1/2 - level) / k``

    For t targets the last layer has ``k = t * len(levels)`` outputs: all levels of the first target, then those of the
    next. Predictions have the same order, sorted within each target, so that quantiles never cross;
    ``net.predict(X).reshape(n, t, -1)`` has them apart. Level 0.5 is the median.

    Parameters
    ----------
    levels : sequence of float, default=(0.1, 0.5, 0.9)
        Rising, each above 0 and below 1; a single number is one level. 0.1 and 0.9 enclose 80 % of the targets, and the
        metric ``"coverage"`` is the share that they do enclose.

    References
    ----------
    Koenker & Bassett (1978), "Regression quantiles". Sorting: Chernozhukov, Fernández-Val & Galichon (2010),
    arXiv:0704.3649.

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> loss = gn.Quantile([0.25, 0.5, 0.75])
    >>> net = gn.Network([gn.Dense(3)], loss=loss, optimizer=gn.Adam(0.1), seed=0)
    >>> y = np.linspace(0.0, 8.0, 101)
    >>> history = net.fit(np.ones((101, 1)), y, epochs=300, batch_size=101)
    >>> net.predict([[1.0]]).round().tolist()
    [[2.0, 4.0, 6.0]]
    """

    name = "quantile"
    formula = Formula("max((1 - q) * (Z - y), -q * (Z - y))", "sign(Z - y) / 2 + 1 / 2 - q")  # q the level
    default_metrics = ("coverage",)

    def __init__(self, levels: Sequence[float] | float = (0.1, 0.5, 0.9)) -> None:
        many = levels if np.ndim(levels) else (levels,)
        self.levels = tuple(
            check_number("Quantile", "levels", q, 0.0, 1.0, open_minimum=True, open_maximum=True)
            for q in many  # type: ignore[union-attr]
        )
        if not self.levels or any(a >= b for a, b in zip(self.levels, self.levels[1:], strict=False)):
            must = "they must rise, and be at least one"
            message = f"Quantile: levels is {list(self.levels)}; {must}. Write levels=[0.1, 0.5, 0.9]."
            raise ConfigError(message, expected=must, got=self.levels)
        self.metrics = {"coverage": coverage, "pinball": partial(pinball, levels=self.levels)}

    def outputs(self, y: Any) -> int:
        return count_columns(y) * len(self.levels)

    def prepare(self, y: Any, n_outputs: int, dtype: np.dtype[Any]) -> np.ndarray:
        q = len(self.levels)
        _check_multiple("Quantile", n_outputs, q, "level")
        return as_columns("Quantile", y, n_outputs // q, dtype, f"Give the last layer {q} units per column of y.")

    def make_cache(self, scratch: Buffers, out_shape: tuple[int, ...]) -> Cache:
        k = out_shape[-1]
        tilts = [0.5 - level for level in self.levels]
        return {
            "dZ": scratch.array(out_shape),
            "T": scratch.array(out_shape),
            "rows": scratch.array(()),
            "several": True,
            "ones": scratch.ones(),
            # One per output: a matrix of such rows meets them without a change of shape.
            "tilts": np.array(tilts * (k // len(tilts)), dtype=scratch.dtype),
            **scratch.constants(half=0.5, one_over_k=1.0 / k),
        }

    def value_and_gradient(
        self, Z: np.ndarray, y: np.ndarray, weight: np.ndarray | None, out: np.ndarray, cache: Cache
    ) -> Any:
        T, tilts, half = cache["T"], cache["tilts"], cache["half"]
        apart = (*Z.shape[:-1], -1, len(self.levels))
        np.subtract(Z.reshape(apart), y[..., None], out=T.reshape(apart))
        np.sign(T, out)
        np.multiply(out, half, out)
        np.add(out, tilts, out)
        # l is the slope times e.
        np.multiply(T, out, T)
        return average_columns(T, out, weight, cache)

    def link(self, Z: np.ndarray) -> np.ndarray:
        return np.sort(Z.reshape(*Z.shape[:-1], -1, len(self.levels)), axis=-1).reshape(Z.shape)

    def config(self) -> dict[str, Any]:
        return {"levels": list(self.levels)}


class GaussianNLL(Loss):
    """Negative log-likelihood of a normal distribution: the network predicts a mean and a variance for each target.

    For t targets the last layer has ``k = 2 * t`` outputs: the means ``m``, then the logarithms ``s`` of the variances.

    ``v = exp(s) + min_variance``, ``r = m - y``, ``l = mean_j (log(2 pi) + log v_j + r_j**2 / v_j) / 2``,
    ``dm_j = w * r_j / v_j / t``, ``ds_j = w * (1 - r_j**2 / v_j) / 2 * exp(s_j) / v_j / t``

    All factors are computed from ``log v``, so that no s overflows. The constant ``log(2 pi) / 2`` is included: the
    loss is ``-log`` of the density of y, and may be negative.

    Predictions are (n, 2 * t): ``[:, :t]`` the means, ``[:, t:]`` the variances (at most ``exp(80)``), whose square
    roots are standard deviations in the units of y. Scale y to a spread of about 1 for training. Metrics are those of
    the means.

    Parameters
    ----------
    min_variance : float, default=1e-6
        Keeps the variance from vanishing on rows that are fitted exactly; in squared units of y.

    References
    ----------
    Nix & Weigend (1994), "Estimating the mean and variance of the target probability distribution".

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> net = gn.Network([gn.Dense(2)], loss="gaussian_nll", optimizer=gn.Adam(0.05), seed=0)
    >>> X, y = np.eye(2).repeat(2, axis=0), np.array([1.0, 3.0, 4.0, 8.0])  # two groups with their own spread
    >>> history = net.fit(X, y, epochs=1000)
    >>> net.predict(np.eye(2)).round(1).tolist()
    [[2.0, 1.0], [6.0, 4.0]]
    """

    name = "gaussian_nll"
    formula = Formula(
        "(log(2 * pi) + log(V) + (m - y)**2 / V) / 2",
        "(m - y) / V",
        {"V": "exp(s) + min_variance"},
        "(log(2 * pi * min_variance) + softplus(s - log(min_variance))"
        " + (m - y)**2 / min_variance * exp(-softplus(s - log(min_variance)))) / 2",
    )
    formula_of_s = formula._replace(derivative="(1 - (m - y)**2 / V) / 2 * exp(s) / V")
    default_metrics = ("r2", "rmse")
    includes = "the exponential, for variances"

    def __init__(self, min_variance: float = 1e-6) -> None:
        self.min_variance = check_number("GaussianNLL", "min_variance", min_variance, 1e-30)
        self.metrics = {name: partial(_of_means, metric) for name, metric in NUMBER_METRICS.items()}

    def outputs(self, y: Any) -> int:
        return 2 * count_columns(y)

    def prepare(self, y: Any, n_outputs: int, dtype: np.dtype[Any]) -> np.ndarray:
        _check_multiple("GaussianNLL", n_outputs, 2, "mean and one per variance")
        return as_columns("GaussianNLL", y, n_outputs // 2, dtype, "Give the last layer 2 units per column of y.")

    def make_cache(self, scratch: Buffers, out_shape: tuple[int, ...]) -> Cache:
        t = out_shape[-1] // 2
        return {
            "dZ": scratch.array(out_shape),
            "arrays": tuple(scratch.array((t,)) for _ in range(4)),
            "rows": scratch.array(()),
            "ones": scratch.ones(),
            **scratch.constants(floor=math.log(self.min_variance), log_two_pi=math.log(2.0 * math.pi)),
            **scratch.constants(one=1.0, half=0.5, one_over_t=1.0 / t, half_over_t=0.5 / t),
        }

    def value_and_gradient(
        self, Z: np.ndarray, y: np.ndarray, weight: np.ndarray | None, out: np.ndarray, cache: Cache
    ) -> Any:
        t = Z.shape[-1] // 2
        m, s, dm, ds = Z[..., :t], Z[..., t:], out[..., :t], out[..., t:]
        log_v, r, per_v, T = cache["arrays"]
        np.logaddexp(s, cache["floor"], log_v)
        np.subtract(m, y, r)
        np.negative(log_v, per_v)
        np.exp(per_v, per_v)
        np.multiply(r, per_v, dm)
        np.multiply(r, dm, r)
        # exp(s) / v, at most 1.
        np.subtract(s, log_v, T)
        np.exp(T, T)
        np.subtract(cache["one"], r, per_v)
        np.multiply(per_v, cache["half"], per_v)
        np.multiply(per_v, T, ds)
        np.multiply(out, cache["one_over_t"], out)
        np.add(log_v, cache["log_two_pi"], T)
        np.add(T, r, T)
        rows = np.add.reduce(T, axis=-1, out=cache["rows"])
        np.multiply(rows, cache["half_over_t"], rows)
        return weigh(rows, out, weight, cache)

    def link(self, Z: np.ndarray) -> np.ndarray:
        P, t = Z.copy(), Z.shape[-1] // 2
        V = P[..., t:]
        np.logaddexp(V, np.array(math.log(self.min_variance), dtype=Z.dtype), V)
        np.minimum(V, np.array(_MAX_LOG_VARIANCE, dtype=Z.dtype), out=V)
        np.exp(V, V)
        return P

    def config(self) -> dict[str, Any]:
        return {"min_variance": self.min_variance}


def _of_means(metric: Metric, y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None) -> float:
    """Return a metric of the means that `GaussianNLL` predicts."""
    return metric(y, prediction[:, : y.shape[1]], weight)


def _check_multiple(where: str, n_outputs: int, n_each: int, per: str) -> None:
    """Check that the number of outputs is a multiple of that of the targets."""
    if n_outputs % n_each:
        must = f"it must have a multiple of {n_each}, one per {per} of each target"
        message = f"{where}: the last layer has {n_outputs} outputs; {must}."
        raise ShapeError(message, expected=must, got=n_outputs)
