"""Layers of an ensemble inside one network: k copies of each sample go through weights that they share.

A sample has the shape (k, d) here. That is not the axis of members, whose networks share nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.errors import ConfigError, ShapeError
from glassnet.layers.activations.base import Activation
from glassnet.layers.activations.by_name import activation_config, make_activation
from glassnet.layers.activations.elementwise import Identity
from glassnet.layers.base import Cache, Layer, ParamSpec, Step, Views
from glassnet.layers.shapes import check_row
from glassnet.utils.arrays import Buffers
from glassnet.utils.checks import check_choice, check_flag, check_integer
from glassnet.utils.names import ActivationName, InitializerName

__all__ = ["Copies", "EnsembleDense", "EnsembleHead"]

_FACTORS = ("normal", "ones", "signs")


def _check_copies(name: str, in_shape: tuple[int, ...]) -> None:
    if len(in_shape) != 2:
        must = "it must be k copies of a row of features, (k, d)"
        message = f"{name}: each sample has shape {in_shape}; {must}. Put Copies(k) before this layer."
        raise ShapeError(message, expected=must, got=in_shape)


class Copies(Layer):
    """Each row k times, each copy's features multiplied by factors of its own: ``Y[i] = X * r[i]``.

    ``dr[i] = sum_n dY[i] * X``, ``dX = sum_i dY[i] * r[i]``

    The copies must differ before the first shared layer, or they stay equal for ever: r starts at random.

    Shapes
    ------
    X : (n, d)      r : (1, k, d)      Y : (n, k, d)

    Parameters
    ----------
    copies : int
        Number of copies, k.
    initializer : {"normal", "signs", "ones"}, default="normal"
        How r starts: N(0, 1), +1 or -1 by chance, or 1 everywhere (for copies that differ otherwise).
    blocks : sequence of int, optional
        Widths of neighbouring features that start with the same factor in a copy, such as those that one column of a
        table became; they sum to d.

    References
    ----------
    Gorishniy, Kotelnikov & Babenko (2024), arXiv:2410.24210, section 3: the first adapter of TabM, and the only
    one of TabM-mini.

    Examples
    --------
    >>> Copies(8, blocks=[4, 1, 1]).build((6,))
    (8, 6)
    """

    def __init__(
        self, copies: int, *, initializer: InitializerName = "normal", blocks: Sequence[int] | None = None
    ) -> None:
        self.copies = check_integer("Copies", "copies", copies, 1)
        self.initializer = check_choice("Copies", "initializer", initializer, _FACTORS)
        self.blocks = None if blocks is None else [check_integer("Copies", "blocks", width, 1) for width in blocks]

    def build(self, in_shape: tuple[int, ...]) -> tuple[int, ...]:
        check_row("Copies", in_shape)
        if self.blocks is not None and sum(self.blocks) != in_shape[0]:
            message = f"Copies: blocks sum to {sum(self.blocks)}; they must sum to the {in_shape[0]} features."
            raise ConfigError(message, expected=in_shape[0], got=sum(self.blocks))
        self.in_shape, self.out_shape = tuple(in_shape), (self.copies, in_shape[0])
        return self.out_shape

    def param_specs(self) -> tuple[ParamSpec, ...]:
        return (ParamSpec("factor", (1, *self.out_shape), self.initializer, decays=True),)

    def initial_values(self, spec: ParamSpec, rng: np.random.Generator) -> np.ndarray:
        if self.blocks is None:
            return super().initial_values(spec, rng)
        of_blocks = super().initial_values(spec._replace(shape=(1, self.copies, len(self.blocks))), rng)
        return np.repeat(of_blocks, self.blocks, axis=-1)

    def bind(self, params: Views, grads: Views, stats: Views, members: int | None) -> None:
        self.r, self.dr = params["factor"], grads["factor"]

    def make_cache(self, scratch: Buffers, need_dX: bool) -> Cache:
        return {
            "Y": scratch.array(self.out_shape),
            "T": scratch.array(self.out_shape) if scratch.keeps else None,
            "dX": scratch.array(self.in_shape) if scratch.keeps and need_dX else None,
            "X": None,
        }

    def forward(self, X: np.ndarray, cache: Cache, step: Step) -> np.ndarray:
        if step.keeps:
            cache["X"] = X
        Y: np.ndarray = np.multiply(X[..., None, :], self.r, cache["Y"])
        return Y

    def backward(self, dY: np.ndarray, cache: Cache) -> np.ndarray | None:
        np.multiply(dY, cache["X"][..., None, :], cache["T"])
        np.add.reduce(cache["T"], axis=-3, out=self.dr, keepdims=True)
        dX: np.ndarray | None = cache["dX"]
        if dX is not None:
            np.multiply(dY, self.r, dY)
            np.add.reduce(dY, axis=-2, out=dX)
        return dX

    def config(self) -> dict[str, Any]:
        return {"copies": self.copies, "initializer": self.initializer, "blocks": self.blocks}


class EnsembleDense(Layer):
    """Fully connected layer that k copies share, each with factors of its own in front and behind (BatchEnsemble).

    ``U[i] = X[i] * r[i]``, ``V[i] = U[i] @ W``, ``Z[i] = V[i] * s[i] + b[i]``, ``Y = activation(Z)``

    With ``T[i] = dZ[i] * s[i]``: ``db[i] = sum_n dZ[i]``, ``ds[i] = sum_n V[i] * dZ[i]``,
    ``dW = sum_i U[i].mT @ T[i]``, ``dU[i] = T[i] @ W.mT``, ``dr[i] = sum_n X[i] * dU[i]``, ``dX[i] = dU[i] * r[i]``

    W starts from U(-a, a) with ``a = 1 / sqrt(d_in)``, b from one such draw for all copies, r and s at 1.

    Shapes
    ------
    X : (n, k, d_in)      W : (d_in, d_out)      r : (1, k, d_in)      s, b : (1, k, d_out)      Y : (n, k, d_out)

    Parameters
    ----------
    units : int
        Number of outputs of each copy, d_out.
    activation : str, Activation or pair of functions, optional
        As in `Dense`.
    adapters : bool, default=True
        Whether there are r, s and a bias for each copy; otherwise all share one bias too, as in TabM-mini.
    scales_inputs : bool, default=True
        Whether there is r among them: not directly after `Copies`, which has it already.

    References
    ----------
    Wen, Tran & Ba (2020), arXiv:2002.06715, eq. 5; Gorishniy, Kotelnikov & Babenko (2024), arXiv:2410.24210, section 3.

    Examples
    --------
    >>> EnsembleDense(16, "relu").build((8, 6))
    (8, 16)
    """

    def __init__(
        self,
        units: int,
        activation: ActivationName | Activation | tuple[Any, Any] | dict[str, Any] | None = None,
        *,
        adapters: bool = True,
        scales_inputs: bool = True,
    ) -> None:
        self.units = check_integer("EnsembleDense", "units", units, 1)
        self.activation = make_activation(f"EnsembleDense(units={self.units})", activation)
        self._activation = activation_config(activation, self.activation)
        self._is_linear = isinstance(self.activation, Identity)
        self.adapters = check_flag("EnsembleDense", "adapters", adapters)
        self.scales_inputs = check_flag("EnsembleDense", "scales_inputs", scales_inputs)
        self._has_r = self.adapters and self.scales_inputs

    def build(self, in_shape: tuple[int, ...]) -> tuple[int, ...]:
        _check_copies("EnsembleDense", in_shape)
        self.in_shape, self.out_shape = tuple(in_shape), (in_shape[0], self.units)
        self.activation.build(self.out_shape)
        return self.out_shape

    def param_specs(self) -> tuple[ParamSpec, ...]:
        (k, d_in), d_out = self.in_shape, self.units
        weight = ParamSpec("weight", (d_in, d_out), "uniform", fan_in=d_in, fan_out=d_out, decays=True)
        in_factor = ParamSpec("in_factor", (1, k, d_in), "ones", decays=True)
        out_factor = ParamSpec("out_factor", (1, k, d_out), "ones", decays=True)
        bias = ParamSpec("bias", (1, k if self.adapters else 1, d_out), "uniform", fan_in=d_in, fan_out=d_out)
        return (weight, *([in_factor] if self._has_r else []), *([out_factor] if self.adapters else []), bias)

    def initial_values(self, spec: ParamSpec, rng: np.random.Generator) -> np.ndarray:
        if spec.initializer == "ones":
            return super().initial_values(spec, rng)
        one = spec._replace(shape=(1, 1, self.units)) if spec.name == "bias" else spec
        return np.broadcast_to(super().initial_values(one, rng), spec.shape) / math.sqrt(spec.fan_in)

    def bind(self, params: Views, grads: Views, stats: Views, members: int | None) -> None:
        self.W, self.dW, self.b, self.db = params["weight"], grads["weight"], params["bias"], grads["bias"]
        if self._has_r:
            self.r, self.dr = params["in_factor"], grads["in_factor"]
        if self.adapters:
            self.s, self.ds = params["out_factor"], grads["out_factor"]

    def make_cache(self, scratch: Buffers, need_dX: bool) -> Cache:
        keeps, k = scratch.keeps, self.in_shape[0]
        return {
            "U": scratch.array(self.in_shape) if self._has_r else None,
            "V": scratch.array(self.out_shape) if self.adapters else None,
            "Z": scratch.array(self.out_shape),
            "work": None if self._is_linear else self.activation.make_work(scratch),
            "T": scratch.array(self.out_shape) if keeps and self.adapters else None,
            "dU": scratch.array(self.in_shape) if keeps and (self._has_r or need_dX) else None,
            "rows": (*scratch.lead, scratch.batch_size * k, -1),
            "X": None,
        }

    def forward(self, X: np.ndarray, cache: Cache, step: Step) -> np.ndarray:
        Z: np.ndarray = cache["Z"]
        rows = cache["rows"]
        U = np.multiply(X, self.r, cache["U"]) if self._has_r else X
        V = cache["V"] if self.adapters else Z
        np.matmul(U.reshape(rows), self.W, out=V.reshape(rows))
        if self.adapters:
            np.multiply(V, self.s, Z)
        np.add(Z, self.b, Z)
        if step.keeps:
            cache["X"] = X
        if not self._is_linear:
            self.activation.apply(Z, Z, cache["work"], step.keeps)
        return Z

    def backward(self, dY: np.ndarray, cache: Cache) -> np.ndarray | None:
        dZ, X, rows = dY, cache["X"], cache["rows"]
        dU: np.ndarray | None = cache["dU"]
        if not self._is_linear:
            self.activation.differentiate(dZ, cache["Z"], cache["work"])
        if not self.adapters:
            flat = dZ.reshape(rows)
            np.add.reduce(flat, axis=-2, out=self.db[..., 0, :], keepdims=True)
            np.matmul(X.reshape(rows).mT, flat, out=self.dW)
            return None if dU is None else np.matmul(flat, self.W.mT, out=dU.reshape(rows)).reshape(X.shape)
        T = cache["T"]
        np.add.reduce(dZ, axis=-3, out=self.db, keepdims=True)
        np.multiply(dZ, cache["V"], T)
        np.add.reduce(T, axis=-3, out=self.ds, keepdims=True)
        np.multiply(dZ, self.s, T)
        flat = T.reshape(rows)
        U = cache["U"] if self._has_r else X
        np.matmul(U.reshape(rows).mT, flat, out=self.dW)
        if dU is None:
            return None
        np.matmul(flat, self.W.mT, out=dU.reshape(rows))
        if self._has_r:
            np.multiply(X, dU, U)
            np.add.reduce(U, axis=-3, out=self.dr, keepdims=True)
            np.multiply(dU, self.r, dU)
        return dU

    def config(self) -> dict[str, Any]:
        flags = {"adapters": self.adapters, "scales_inputs": self.scales_inputs}
        return {"units": self.units, "activation": self._activation, **flags}


class EnsembleHead(Layer):
    """An affine map for each copy: ``Y[i] = X[i] @ W[i] + b[i]``; the copies' outputs lie side by side in one row.

    ``dW[i] = X[i].mT @ dY[i]``, ``db[i] = sum_n dY[i]``, ``dX[i] = dY[i] @ W[i].mT``

    W and b start from U(-a, a) with ``a = 1 / sqrt(d_in)``. The loss `EnsembleLoss` reads the row.

    Shapes
    ------
    X : (n, k, d_in)      W : (k, d_in, d_out)      b : (k, 1, d_out)      Y : (n, k * d_out)

    Parameters
    ----------
    units : int
        Number of outputs of each copy, d_out.

    References
    ----------
    Gorishniy, Kotelnikov & Babenko (2024), arXiv:2410.24210, section 3: the prediction heads of TabM.

    Examples
    --------
    >>> EnsembleHead(3).build((8, 6))
    (24,)
    """

    def __init__(self, units: int) -> None:
        self.units = check_integer("EnsembleHead", "units", units, 1)

    def build(self, in_shape: tuple[int, ...]) -> tuple[int, ...]:
        _check_copies("EnsembleHead", in_shape)
        self.in_shape, self.out_shape = tuple(in_shape), (in_shape[0] * self.units,)
        return self.out_shape

    def param_specs(self) -> tuple[ParamSpec, ...]:
        k, d_in = self.in_shape
        return (
            ParamSpec("weight", (k, d_in, self.units), "uniform", fan_in=d_in, fan_out=self.units, decays=True),
            ParamSpec("bias", (k, 1, self.units), "uniform", fan_in=d_in, fan_out=self.units),
        )

    def initial_values(self, spec: ParamSpec, rng: np.random.Generator) -> np.ndarray:
        return super().initial_values(spec, rng) / math.sqrt(spec.fan_in)

    def bind(self, params: Views, grads: Views, stats: Views, members: int | None) -> None:
        self.W, self.dW, self.b, self.db = params["weight"], grads["weight"], params["bias"], grads["bias"]

    def make_cache(self, scratch: Buffers, need_dX: bool) -> Cache:
        k = self.in_shape[0]
        by_copy = scratch.array((k, self.units)).reshape(*scratch.lead, k, scratch.batch_size, self.units)
        return {
            "E": by_copy,
            "Y": scratch.array(self.out_shape),
            "dX": scratch.array(self.in_shape) if scratch.keeps and need_dX else None,
            "X": None,
        }

    def _by_copy(self, array: np.ndarray) -> np.ndarray:
        """Return (K?, n, k * d_out) as (K?, k, n, d_out), a view."""
        return array.reshape(*array.shape[:-1], self.in_shape[0], self.units).swapaxes(-2, -3)

    def forward(self, X: np.ndarray, cache: Cache, step: Step) -> np.ndarray:
        E, Y = cache["E"], cache["Y"]
        if step.keeps:
            cache["X"] = X
        np.matmul(X.swapaxes(-2, -3), self.W, out=E)
        np.add(E, self.b, E)
        np.copyto(self._by_copy(Y), E)
        found: np.ndarray = Y
        return found

    def backward(self, dY: np.ndarray, cache: Cache) -> np.ndarray | None:
        G, X = cache["E"], cache["X"]
        np.copyto(G, self._by_copy(dY))
        np.matmul(X.swapaxes(-2, -3).mT, G, out=self.dW)
        np.add.reduce(G, axis=-2, out=self.db, keepdims=True)
        dX: np.ndarray | None = cache["dX"]
        if dX is not None:
            np.matmul(G, self.W.mT, out=dX.swapaxes(-2, -3))
        return dX

    def config(self) -> dict[str, Any]:
        return {"units": self.units}
