"""Embeddings of numbers: each column of a table becomes several features of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from glassnet.errors import ConfigError, ShapeError
from glassnet.layers.base import Cache, Layer, ParamSpec, Step, Views
from glassnet.layers.shapes import check_row
from glassnet.utils.arrays import Buffers
from glassnet.utils.checks import check_integer, check_number

__all__ = ["PeriodicEmbedding", "PiecewiseLinearEmbedding"]


_BLOCK = 40_960  # numbers: columns whose waves fit the cache together


class _ColumnEmbedding(Layer):
    """Base: F numbers become F groups of ``dim`` features, each from its own parameters."""

    dim: int

    def build(self, in_shape: tuple[int, ...]) -> tuple[int, ...]:
        check_row(type(self).__name__, in_shape, of="numbers")
        self.in_shape, self.out_shape = tuple(in_shape), (in_shape[0] * self.dim,)
        return self.out_shape

    def _by_column(self, array: np.ndarray) -> np.ndarray:
        """Return (K?, n, F * dim) as (K?, F, n, dim), a view."""
        return array.reshape(*array.shape[:-1], self.in_shape[0], self.dim).swapaxes(-2, -3)


def _rows_last(scratch: Buffers, columns: int, width: int, dtype: Any = None) -> np.ndarray:
    """Return scratch of shape (K?, columns, width, n)."""
    return scratch.array((columns, width), dtype).reshape(*scratch.lead, columns, width, scratch.batch_size)


class PeriodicEmbedding(_ColumnEmbedding):
    """Each number becomes itself and a linear map of waves: ``Y_j = [V_j.mT @ cos(2 pi c_j x_j + a_j) + e_j, x_j]``.

    With ``A_j = 2 pi c_j x_j + a_j``, ``U_j = cos(A_j)`` and ``G_j`` the gradient of the first ``dim - 1`` features,
    rows along the last axis: ``dV_j = U_j @ G_j.mT``, ``de_j = sum_n G_j``, ``dA_j = -sin(A_j) * (V_j @ G_j)``,
    ``da_j = sum_n dA_j``, ``dc_j = 2 pi sum_n x_j dA_j``, ``dx_j = 2 pi c_j.mT @ dA_j`` and what reaches x itself.

    A wave lets the first layer see steps and bumps in a column; a small ``sigma`` keeps the waves long. Frequencies c
    start from N(0, sigma²), phases a from U(-pi, pi), V and e from U(-s, s) with ``s = 1 / sqrt(n_frequencies)``.

    Shapes
    ------
    X : (n, F)      c, a : (F, m, 1)      V : (F, m, dim - 1)      e : (F, dim - 1, 1)      Y : (n, F * dim)

    Parameters
    ----------
    n_frequencies : int, default=16
        Waves per column, m.
    dim : int, default=4
        Features that a column becomes, itself among them; at least 2.
    sigma : float, default=0.1
        Standard deviation of the frequencies at the start, above 0.

    References
    ----------
    Gorishniy, Rubachev & Babenko (2022), arXiv:2203.05556, section 3.3: periodic embeddings; Holzmüller, Grinsztajn &
    Steinwart (2024), arXiv:2407.04491, section 3: PBLD (periodic, bias, linear, with the number itself).

    Examples
    --------
    >>> PeriodicEmbedding().build((3,))
    (12,)
    """

    def __init__(self, n_frequencies: int = 16, dim: int = 4, sigma: float = 0.1) -> None:
        self.n_frequencies = check_integer("PeriodicEmbedding", "n_frequencies", n_frequencies, 1)
        self.dim = check_integer("PeriodicEmbedding", "dim", dim, 2)
        self.sigma = check_number("PeriodicEmbedding", "sigma", sigma, 0.0, open_minimum=True)

    def param_specs(self) -> tuple[ParamSpec, ...]:
        columns, m, d = self.in_shape[0], self.n_frequencies, self.dim - 1
        return (
            ParamSpec("frequency", (columns, m, 1), "normal", decays=True),
            ParamSpec("phase", (columns, m, 1), "uniform", decays=True),
            ParamSpec("weight", (columns, m, d), "uniform", fan_in=m, fan_out=d, decays=True),
            ParamSpec("bias", (columns, d, 1), "uniform", fan_in=m, fan_out=d, decays=True),
        )

    def initial_values(self, spec: ParamSpec, rng: np.random.Generator) -> np.ndarray:
        sizes = {"frequency": self.sigma, "phase": math.pi}
        return super().initial_values(spec, rng) * sizes.get(spec.name, 1.0 / math.sqrt(self.n_frequencies))

    def bind(self, params: Views, grads: Views, stats: Views, members: int | None) -> None:
        self.c, self.dc = params["frequency"], grads["frequency"]
        self.a, self.da = params["phase"], grads["phase"]
        self.V, self.dV = params["weight"], grads["weight"]
        self.e, self.de = params["bias"], grads["bias"]

    def make_cache(self, scratch: Buffers, need_dX: bool) -> Cache:
        columns, m, keeps = self.in_shape[0], self.n_frequencies, scratch.keeps
        n, members = scratch.batch_size, scratch.members or 1
        together = min(max(1, _BLOCK // (m * n * members)), columns)
        # Rows last: broadcasting over them then reads one number per contiguous run (3 times faster than rows first).
        return {
            "blocks": [slice(start, min(start + together, columns)) for start in range(0, columns, together)],
            "A": scratch.passing(0, (together, m)).reshape(*scratch.lead, together, m, n),
            "U": _rows_last(scratch, columns, m) if keeps else None,
            "S": _rows_last(scratch, columns, m) if keeps else None,
            "E": scratch.rows_last(columns, self.dim),
            "Y": scratch.array(self.out_shape),
            "x": scratch.rows_last(columns, 2),
            "w": np.empty((*scratch.lead, columns, m, 2), dtype=scratch.dtype),
            "e": np.zeros((*scratch.lead, 1, *self.out_shape), dtype=scratch.dtype),
            "minus_V": np.empty((*scratch.lead, columns, m, self.dim - 1), dtype=scratch.dtype),
            "VG": np.empty((*scratch.lead, columns, self.dim, m), dtype=scratch.dtype),
            "two_pi": scratch.constant(2.0 * math.pi),
            "ones": scratch.ones()[:, None],
            "dX": scratch.array(self.in_shape) if keeps and need_dX else None,
        }

    def forward(self, X: np.ndarray, cache: Cache, step: Step) -> np.ndarray:
        E, x, w, d = cache["E"], cache["x"], cache["w"], self.dim - 1
        # Frequency and phase in one product: [2 pi c, a] @ [x, 1].
        np.copyto(x[..., 0, :], X.mT)
        x[..., 1, :] = 1.0
        np.multiply(self.c[..., 0], cache["two_pi"], w[..., 0])
        np.copyto(w[..., 1], self.a[..., 0])
        for block in cache["blocks"]:
            k = (..., block, slice(None), slice(None))
            A = cache["A"][..., : block.stop - block.start, :, :]
            np.matmul(w[k], x[k], out=A)
            U = cache["U"][k] if step.keeps else A
            if step.keeps:
                np.sin(A, cache["S"][k])
            np.cos(A, U)
            np.matmul(self.V[k].mT, U, out=E[k][..., :d, :])
        np.copyto(E[..., d, :], X.mT)
        Y: np.ndarray = cache["Y"]
        np.copyto(self._by_column(Y).mT, E)
        # In rows e is added without the buffers that NumPy takes for arrays with gaps.
        np.copyto(self._by_column(cache["e"])[..., 0, :d], self.e[..., 0])
        np.add(Y, cache["e"], Y)
        return Y

    def backward(self, dY: np.ndarray, cache: Cache) -> np.ndarray | None:
        G, x, VG, minus_V, d = cache["E"], cache["x"], cache["VG"], cache["minus_V"], self.dim - 1
        dX: np.ndarray | None = cache["dX"]
        np.copyto(G, self._by_column(dY).mT)
        np.negative(self.V, minus_V)
        for block in cache["blocks"]:
            k = (..., block, slice(None), slice(None))
            # With the gradient of x itself, which is not needed: 4 rows take less time than 3.
            np.matmul(G[k], cache["U"][k].mT, out=VG[k])
            D = cache["A"][..., : block.stop - block.start, :, :]
            np.matmul(minus_V[k], G[k][..., :d, :], out=D)
            np.multiply(D, cache["S"][k], D)
            np.matmul(D, cache["ones"], out=self.da[k])
            np.matmul(D, x[k][..., :1, :].mT, out=self.dc[k])
            if dX is not None:
                np.matmul(cache["w"][k][..., :1].mT, D, out=x[k][..., :1, :])
        np.multiply(self.dc, cache["two_pi"], self.dc)
        np.copyto(self.dV, VG[..., :d, :].mT)
        np.add.reduce(G[..., :d, :], axis=-1, out=self.de, keepdims=True)
        if dX is not None:
            np.copyto(dX, x[..., 0, :].mT)
            np.add(dX, dY[..., d :: self.dim], dX)
        return dX

    def config(self) -> dict[str, Any]:
        return {"n_frequencies": self.n_frequencies, "dim": self.dim, "sigma": self.sigma}


class PiecewiseLinearEmbedding(_ColumnEmbedding):
    """Each number becomes a piecewise linear function of itself: ``Y_j = x_j w_j + b_j + P_j(x_j) @ V_j``.

    ``P_jt = (x - edge_t) / (edge_(t+1) - edge_t)``, clipped to [0, 1], except below in the first piece and
    above in the last: the position of x within each piece.

    ``dw_j = sum_n x_j dY_j``, ``db_j = sum_n dY_j``, ``dV_j = P_j.mT @ dY_j``,
    ``dx_j = sum(w_j dY_j) + sum_t P_jt'(x_j) (dY_j @ V_j.mT)_t``

    It starts as the linear map: V at 0, w and b from U(-s, s) with ``s = 1 / sqrt(dim)``.

    Shapes
    ------
    X : (n, F)      w, b : (F, dim, 1)      V : (F, T, dim), T the most pieces of a column      Y : (n, F * dim)

    Parameters
    ----------
    edges : sequence of sequence of float
        For each column the ends of its pieces, rising, at least two; for example quantiles of the training rows.
    dim : int, default=16
        Features that a column becomes.

    References
    ----------
    Gorishniy, Rubachev & Babenko (2022), arXiv:2203.05556, section 3.2, eq. 1-2: piecewise linear encoding; in the form
    that Gorishniy, Kotelnikov & Babenko (2024), arXiv:2410.24210, use with TabM.

    Examples
    --------
    >>> PiecewiseLinearEmbedding([[0.0, 1.0, 2.0], [-1.0, 1.0]], dim=4).build((2,))
    (8,)
    """

    def __init__(self, edges: Sequence[Sequence[float]], dim: int = 16) -> None:
        where = "PiecewiseLinearEmbedding"
        self.dim = check_integer(where, "dim", dim, 1)
        self.edges = [[check_number(where, "edges", edge) for edge in column] for column in edges]
        for column in self.edges:
            if len(column) < 2 or any(b <= a for a, b in pairwise(column)):
                message = f"{where}: the edges of a column are {column[:5]}; they must rise and be at least two."
                raise ConfigError(message, got=column)

    def build(self, in_shape: tuple[int, ...]) -> tuple[int, ...]:
        super().build(in_shape)
        if in_shape[0] != len(self.edges):
            must = f"it must have {len(self.edges)}, one for each list of edges"
            message = f"PiecewiseLinearEmbedding: each sample has {in_shape[0]} numbers; {must}."
            raise ShapeError(message, expected=len(self.edges), got=in_shape[0])
        return self.out_shape

    @property
    def _most_pieces(self) -> int:
        return max(map(len, self.edges)) - 1

    def param_specs(self) -> tuple[ParamSpec, ...]:
        columns, d, T = self.in_shape[0], self.dim, self._most_pieces
        return (
            ParamSpec("linear", (columns, d, 1), "uniform"),
            ParamSpec("bias", (columns, d, 1), "uniform"),
            ParamSpec("weight", (columns, T, d), "zeros", fan_in=T, fan_out=d, decays=True),
        )

    def initial_values(self, spec: ParamSpec, rng: np.random.Generator) -> np.ndarray:
        return super().initial_values(spec, rng) / math.sqrt(self.dim)

    def bind(self, params: Views, grads: Views, stats: Views, members: int | None) -> None:
        self.w, self.dw = params["linear"], grads["linear"]
        self.b, self.db = params["bias"], grads["bias"]
        self.V, self.dV = params["weight"], grads["weight"]

    def _pieces(self, dtype: Any) -> tuple[np.ndarray, ...]:
        """Return for each piece its start, 1 / length, and its lowest and highest value, (F, T, 1) each.

        Pieces that a column does not have are 0 everywhere.
        """
        start, slope, low, high = (np.zeros((len(self.edges), self._most_pieces, 1)) for _ in range(4))
        for j, column in enumerate(self.edges):
            T = len(column) - 1
            start[j, :T, 0] = column[:-1]
            slope[j, :T, 0] = 1.0 / np.diff(column)
            high[j, :T] = 1.0
            low[j, 0], high[j, T - 1] = -np.inf, np.inf
        return tuple(part.astype(dtype) for part in (start, slope, low, high))

    def make_cache(self, scratch: Buffers, need_dX: bool) -> Cache:
        columns, T = self.in_shape[0], self._most_pieces
        goes_back = scratch.keeps and need_dX
        return {
            "pieces": self._pieces(scratch.dtype),
            "P": _rows_last(scratch, columns, T),
            "E": _rows_last(scratch, columns, self.dim),
            "L": _rows_last(scratch, columns, self.dim),
            "x": _rows_last(scratch, columns, 1),
            "Y": scratch.array(self.out_shape),
            "raw": _rows_last(scratch, columns, T) if goes_back else None,
            "inside": _rows_last(scratch, columns, T, bool) if goes_back else None,
            "D": _rows_last(scratch, columns, T) if goes_back else None,
            "dX": scratch.array(self.in_shape) if goes_back else None,
        }

    def forward(self, X: np.ndarray, cache: Cache, step: Step) -> np.ndarray:
        P, E, L, x, Y = cache["P"], cache["E"], cache["L"], cache["x"], cache["Y"]
        start, slope, low, high = cache["pieces"]
        np.copyto(x, X.mT[..., None, :])
        np.subtract(x, start, P)
        np.multiply(P, slope, P)
        if cache["raw"] is not None:
            np.copyto(cache["raw"], P)
        np.clip(P, low, high, out=P)
        np.matmul(self.V.mT, P, out=E)
        np.multiply(x, self.w, L)
        np.add(E, L, E)
        np.add(E, self.b, E)
        np.copyto(self._by_column(Y).mT, E)
        found: np.ndarray = Y
        return found

    def backward(self, dY: np.ndarray, cache: Cache) -> np.ndarray | None:
        P, G, x = cache["P"], cache["E"], cache["x"]
        np.copyto(G, self._by_column(dY).mT)
        np.matmul(P, G.mT, out=self.dV)
        np.matmul(G, x.mT, out=self.dw)
        np.add.reduce(G, axis=-1, out=self.db, keepdims=True)
        dX: np.ndarray | None = cache["dX"]
        if dX is not None:
            np.equal(cache["raw"], P, out=cache["inside"])
            D = np.matmul(self.V, G, out=cache["D"])
            np.multiply(D, cache["pieces"][1], D)
            np.multiply(D, cache["inside"], D)
            np.add.reduce(D, axis=-2, out=dX.mT)
            np.matmul(self.w.mT, G, out=x)
            np.add(dX.mT, x[..., 0, :], dX.mT)
        return dX

    def config(self) -> dict[str, Any]:
        return {"edges": self.edges, "dim": self.dim}
