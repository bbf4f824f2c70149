"""Typical rows of a table, from the encoded ones that a model keeps."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import numpy as np

from glassnet.tabular.encoding.category_coder import CategoryCoder, CodeCoder
from glassnet.tabular.encoding.coders import BooleanCoder, Coder, NumberCoder
from glassnet.tabular.encoding.date_coder import DateCoder
from glassnet.tabular.encoding.encoder import placed_coders
from glassnet.tabular.encoding.robust_scaling import BOUND, NormalScale, RobustScale
from glassnet.tabular.encoding.scaling import Scale
from glassnet.tabular.predictor import Predictor

__all__ = ["background_rows"]

Bounds = list[RobustScale | None]

_STEPS = 100.0  # of a unit, to which numbers are rounded, so that they look like some


def background_rows(model: Predictor) -> dict[str, np.ndarray]:
    """Return the typical rows of a model that keeps some, as a plan takes them.

    Files of earlier versions hold averages of training rows: of categories the most frequent one is taken.
    """
    X, encoder = model.background, model.encoder
    assert X is not None
    bounds = encoder.bounds or [None] * len(encoder.feature_names)
    return {coder.name: _cells(coder, X[:, at].astype(np.float64), bounds[at]) for coder, at in placed_coders(encoder)}


def _cells(coder: Coder, X: np.ndarray, bounds: Bounds) -> np.ndarray:
    """Return the cells of one column for its features."""
    decode = next((_DECODERS[kind] for kind in type(coder).__mro__ if kind in _DECODERS), _unknown)
    cells: np.ndarray = decode(coder, X, bounds)
    if coder.flagged:
        cells[_share(X[:, -1], bounds[-1], 0.0) > 0.5] = "" if cells.dtype == object else np.nan
    return cells


def _share(x: np.ndarray, bound: RobustScale | None, low: float) -> np.ndarray:
    """Return in which share of rows a feature was 1, and not ``low``."""
    ends = np.array([low, 1.0]) if bound is None else bound.forward(np.array([low, 1.0]))
    return np.asarray((x - ends[0]) / (ends[1] - ends[0] or 1.0))


def _number(coder: NumberCoder | DateCoder, X: np.ndarray, bounds: Bounds) -> np.ndarray:
    z, scale = X[:, 0], coder.scale
    if bounds[0] is not None:
        z = _unbounded(bounds[0], z)
    x: np.ndarray
    if isinstance(scale, NormalScale):
        shares = np.array([NormalDist().cdf(value) for value in z.tolist()])
        x = np.interp(shares, np.linspace(0.0, 1.0, len(scale.quantiles)), np.array(scale.quantiles))
    else:
        x = _unbounded(scale, z) if isinstance(scale, RobustScale) else scale.backward(z)
    return np.asarray(np.clip(_rounded(x, scale), scale.low, scale.high))


def _unbounded(scale: RobustScale, z: np.ndarray) -> np.ndarray:
    """Return the numbers that a robust scale makes z of."""
    inside = np.clip(z / BOUND, -0.999, 0.999)
    return np.asarray(scale.median + scale.q * BOUND * inside / np.sqrt(1.0 - inside**2))


def _rounded(x: np.ndarray, scale: Scale) -> np.ndarray:
    unit = scale.std
    if not 1e-300 < unit < 1e300:
        return x
    step = 10.0 ** math.floor(math.log10(unit)) / _STEPS
    return np.asarray([float(f"{round(value / step) * step:.15g}") for value in x.tolist()])


def _boolean(coder: BooleanCoder, X: np.ndarray, bounds: Bounds) -> np.ndarray:
    return (_share(X[:, 0], bounds[0], -1.0) > 0.5).astype(np.float64)


def _category(coder: CategoryCoder, X: np.ndarray, bounds: Bounds) -> np.ndarray:
    width = len(coder.value_features())
    if width == 1 and len(coder.categories) == 2:
        places = (_share(X[:, 0], bounds[0], -1.0) > 0.5).astype(np.int64)
    else:
        places = np.argmax([_share(X[:, j], bounds[j], 0.0) for j in range(width)], axis=0)
    names = np.array([*coder.categories, *coder.rare[:1], "?"], dtype=object)
    return np.asarray(names[places])


def _code(coder: CodeCoder, X: np.ndarray, bounds: Bounds) -> np.ndarray:
    names = np.array(["", *coder.categories], dtype=object)
    return np.asarray(names[X[:, 0].astype(np.int64) - coder.first])


def _unknown(coder: Coder, X: np.ndarray, bounds: Bounds) -> np.ndarray:
    """Return any cells, of a column that is left out but for its flag."""
    if coder.training_kind == "category":
        return np.array(["text"] * len(X), dtype=object)
    return np.zeros(len(X))


_DECODERS: dict[type[Any], Callable[[Any, np.ndarray, Bounds], np.ndarray]] = {
    NumberCoder: _number,
    DateCoder: _number,
    BooleanCoder: _boolean,
    CategoryCoder: _category,
    CodeCoder: _code,
}
