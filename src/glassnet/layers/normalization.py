"""Normalisation to mean 0 and variance 1, over the batch or over the features."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.layers.base import Cache, Layer, ParamSpec, Step, Views
from glassnet.layers.shapes import check_row
from glassnet.utils.arrays import Buffers
from glassnet.utils.checks import check_number

__all__ = ["BatchNorm", "LayerNorm"]


class _Norm(Layer):
    """Base: a factor ``gamma``, which starts at 1, and a summand ``beta``, which starts at 0, for each feature."""

    def param_specs(self) -> tuple[ParamSpec, ...]:
        # Ones in front keep the axes aligned with X when a member axis comes before them.
        shape = (1,) * len(self.in_shape) + self.in_shape[-1:]
        return ParamSpec("gamma", shape, "ones"), ParamSpec("beta", shape, "zeros")

    def bind(self, params: Views, grads: Views, stats: Views, members: int | None) -> None:
        self.gamma, self.dgamma = params["gamma"], grads["gamma"]
        self.beta, self.dbeta = params["beta"], grads["beta"]


class BatchNorm(_Norm):
    """Normalise each feature over the batch, then scale and shift.

    ``Xhat = (X - mean) / sqrt(var + eps)``, ``Y = gamma * Xhat + beta``

    While training, ``mean`` and ``var`` (biased) are those of the batch, and the running ones follow:
    ``running = momentum * running + (1 - momentum) * batch``, with the unbiased variance ``var * n / (n - 1)``.
    Otherwise the running ones are used: in prediction, for a batch of one row, which has no variance, and in a layer
    that is not trainable, where they stay as they are.

    Shapes
    ------
    X, Y : (n, d)      gamma, beta, mean, var, running_mean, running_var : (1, d)

    Parameters
    ----------
    momentum : float, default=0.9
        Weight of the old running value (1 minus what PyTorch calls momentum).
    eps : float, default=1e-5
        Keeps the denominator above 0; added to the variance, not to the standard deviation.

    Notes
    -----
    With ``G = dY * gamma`` and ``s = sqrt(var + eps)``: ``dgamma = sum_n dY * Xhat``, ``dbeta = sum_n dY``,
    ``dX = (G - mean_n(G) - Xhat * mean_n(G * Xhat)) / s`` for the batch's statistics, ``dX = G / s`` for running ones.

    References
    ----------
    Ioffe & Szegedy (2015), arXiv:1502.03167, algorithms 1-2.
    """

    def __init__(self, momentum: float = 0.9, eps: float = 1e-5) -> None:
        self.momentum = check_number("BatchNorm", "momentum", momentum, 0.0, 1.0)
        self.eps = check_number("BatchNorm", "eps", eps, 0.0, open_minimum=True)

    def build(self, in_shape: tuple[int, ...]) -> tuple[int, ...]:
        check_row("BatchNorm", in_shape)
        return super().build(in_shape)

    def stat_specs(self) -> tuple[ParamSpec, ...]:
        return (
            ParamSpec("running_mean", (1, *self.in_shape), "zeros"),
            ParamSpec("running_var", (1, *self.in_shape), "ones", non_negative=True),
        )

    def bind(self, params: Views, grads: Views, stats: Views, members: int | None) -> None:
        super().bind(params, grads, stats, members)
        self.running_mean, self.running_var = stats["running_mean"], stats["running_var"]

    def make_cache(self, scratch: Buffers, need_dX: bool) -> Cache:
        n = scratch.batch_size
        return {
            "Y": scratch.array(self.in_shape),
            "Xhat": scratch.array(self.in_shape),
            "T": scratch.array(self.in_shape) if scratch.keeps else None,
            "mean": scratch.row(self.in_shape),
            "one_over_s": scratch.row(self.in_shape),
            "row": scratch.row(self.in_shape),
            **scratch.constants(one_over_n=1.0 / n, unbiased=n / max(n - 1, 1)),
            **scratch.constants(eps=self.eps, momentum=self.momentum, rest=1.0 - self.momentum),
            "batch_size": n,
            "of_batch": False,
        }

    def forward(self, X: np.ndarray, cache: Cache, step: Step) -> np.ndarray:
        Y: np.ndarray = cache["Y"]
        Xhat, one_over_s = cache["Xhat"], cache["one_over_s"]
        of_batch = step.training and self.trainable and cache["batch_size"] > 1
        if of_batch:
            mean, var = self._batch_statistics(X, cache)
        else:
            np.subtract(X, self.running_mean, Xhat)
            mean, var = self.running_mean, self.running_var
        np.add(var, cache["eps"], one_over_s)
        np.sqrt(one_over_s, one_over_s)
        np.reciprocal(one_over_s, one_over_s)
        np.multiply(Xhat, one_over_s, Xhat)
        np.multiply(Xhat, self.gamma, Y)
        np.add(Y, self.beta, Y)
        if of_batch:
            np.multiply(var, cache["unbiased"], var)
            self._follow(self.running_mean, mean, cache)
            self._follow(self.running_var, var, cache)
        if step.keeps:
            cache["of_batch"] = of_batch
        return Y

    @staticmethod
    def _batch_statistics(X: np.ndarray, cache: Cache) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and biased variance over the batch, and leave ``X - mean`` in ``Xhat``."""
        mean, var, Xhat, T = cache["mean"], cache["row"], cache["Xhat"], cache["T"]
        np.add.reduce(X, axis=-2, out=mean, keepdims=True)
        np.multiply(mean, cache["one_over_n"], mean)
        np.subtract(X, mean, Xhat)
        np.multiply(Xhat, Xhat, T)
        np.add.reduce(T, axis=-2, out=var, keepdims=True)
        np.multiply(var, cache["one_over_n"], var)
        return mean, var

    @staticmethod
    def _follow(running: np.ndarray, batch: np.ndarray, cache: Cache) -> None:
        """Update ``running = momentum * running + (1 - momentum) * batch``; consumes ``batch``."""
        np.multiply(running, cache["momentum"], running)
        np.multiply(batch, cache["rest"], batch)
        np.add(running, batch, running)

    def backward(self, dY: np.ndarray, cache: Cache) -> np.ndarray:
        Xhat, T, row = cache["Xhat"], cache["T"], cache["row"]
        np.multiply(dY, Xhat, T)
        np.add.reduce(T, axis=-2, out=self.dgamma, keepdims=True)
        np.add.reduce(dY, axis=-2, out=self.dbeta, keepdims=True)
        if cache["of_batch"]:
            np.multiply(self.dgamma, cache["one_over_n"], row)
            np.multiply(Xhat, row, T)
            np.subtract(dY, T, dY)
            np.multiply(self.dbeta, cache["one_over_n"], row)
            np.subtract(dY, row, dY)
        np.multiply(self.gamma, cache["one_over_s"], row)
        np.multiply(dY, row, dY)
        return dY

    def config(self) -> dict[str, Any]:
        return {"momentum": self.momentum, "eps": self.eps}


class LayerNorm(_Norm):
    """Normalise each sample over its last axis, then scale and shift.

    ``Xhat = (X - mean) / sqrt(var + eps)``, ``Y = gamma * Xhat + beta``

    Shapes
    ------
    X, Y : (n, ..., d)      gamma, beta : (1, ..., d)      mean, var : (n, ..., 1), biased variance

    Parameters
    ----------
    eps : float, default=1e-5
        Keeps the denominator above 0; added to the variance, not to the standard deviation.

    Notes
    -----
    With ``G = dY * gamma`` and ``s = sqrt(var + eps)``: ``dgamma = sum_n dY * Xhat``, ``dbeta = sum_n dY``,
    ``dX = (G - mean(G) - Xhat * mean(G * Xhat)) / s``.

    References
    ----------
    Ba, Kiros & Hinton (2016), arXiv:1607.06450, eq. 4.

    Examples
    --------
    >>> LayerNorm().build((8,))
    (8,)
    """

    def __init__(self, eps: float = 1e-5) -> None:
        self.eps = check_number("LayerNorm", "eps", eps, 0.0, open_minimum=True)

    def make_cache(self, scratch: Buffers, need_dX: bool) -> Cache:
        per_row = (*self.in_shape[:-1], 1)
        return {
            "Y": scratch.array(self.in_shape),
            "Xhat": scratch.array(self.in_shape),
            "T": scratch.array(self.in_shape),
            "mean": scratch.array(per_row),
            "one_over_s": scratch.array(per_row),
            **scratch.constants(one_over_d=1.0 / self.in_shape[-1], eps=self.eps),
        }

    def forward(self, X: np.ndarray, cache: Cache, step: Step) -> np.ndarray:
        Y: np.ndarray = cache["Y"]
        Xhat, T, mean, s = cache["Xhat"], cache["T"], cache["mean"], cache["one_over_s"]
        np.add.reduce(X, axis=-1, out=mean, keepdims=True)
        np.multiply(mean, cache["one_over_d"], mean)
        np.subtract(X, mean, Xhat)
        np.multiply(Xhat, Xhat, T)
        np.add.reduce(T, axis=-1, out=s, keepdims=True)
        np.multiply(s, cache["one_over_d"], s)
        np.add(s, cache["eps"], s)
        np.sqrt(s, s)
        np.reciprocal(s, s)
        np.multiply(Xhat, s, Xhat)
        np.multiply(Xhat, self.gamma, Y)
        np.add(Y, self.beta, Y)
        return Y

    def backward(self, dY: np.ndarray, cache: Cache) -> np.ndarray:
        Xhat, T, mean = cache["Xhat"], cache["T"], cache["mean"]
        over_samples = tuple(range(-1 - len(self.in_shape), -1))
        np.multiply(dY, Xhat, T)
        np.add.reduce(T, axis=over_samples, out=self.dgamma, keepdims=True)
        np.add.reduce(dY, axis=over_samples, out=self.dbeta, keepdims=True)
        np.multiply(dY, self.gamma, dY)
        np.multiply(dY, Xhat, T)
        np.add.reduce(T, axis=-1, out=mean, keepdims=True)
        np.multiply(mean, cache["one_over_d"], mean)
        np.multiply(Xhat, mean, T)
        np.add.reduce(dY, axis=-1, out=mean, keepdims=True)
        np.multiply(mean, cache["one_over_d"], mean)
        np.subtract(dY, mean, dY)
        np.subtract(dY, T, dY)
        np.multiply(dY, cache["one_over_s"], dY)
        return dY

    def config(self) -> dict[str, Any]:
        return {"eps": self.eps}
