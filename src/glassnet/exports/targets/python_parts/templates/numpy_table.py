"""From the columns of a table to features, in NumPy."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np

from glassnet.exports.targets.python_parts.templates.cells import read_cells
from glassnet.exports.targets.python_parts.templates.file_names import FARTHEST, FEATURES, Array, network


def read(rows: Any) -> dict[str, list[Any]]:
    """Return the columns of rows as numbers, NaN for missing ones, or as texts, "" for missing ones."""
    return read_cells(rows)


def compute(columns: dict[str, list[Any]]) -> Array:
    """Return the outputs for columns whose cells have been read."""
    return network(encode(columns))


def encode(columns: dict[str, list[Any]]) -> Array:
    """Return the features (n, d), rounded to single precision as in training."""
    with np.errstate(over="ignore", under="ignore"):
        found = [feature(columns[name], **numbers) for feature, name, numbers in FEATURES]
        return np.concatenate(found, axis=1).astype(np.float32).astype(float)


def scaled(cells: Any, fill: float, center: float, unit: float, bound: float = 0.0) -> Array:
    """Return (x - center) / unit, softly cut at the bound if there is one; missing cells are filled."""
    x = np.asarray(cells, dtype=float)[:, None]
    z = (np.where(np.isnan(x), fill, x) - center) / unit
    return bounded(np.clip(z, -FARTHEST, FARTHEST), bound)


def bounded(z: Array, bound: float) -> Array:
    """Return z, or if there is a bound a smooth function of it that stays inside."""
    return z / np.hypot(1.0, z / bound) if bound else z


def ranked(cells: Any, fill: float, quantiles: list[float]) -> Array:
    """Return the normal quantile of the rank of x among the quantiles of training; missing cells are filled."""
    x = np.asarray(cells, dtype=float)
    x = np.where(np.isnan(x), fill, x)
    edges, shares = np.array(quantiles), np.linspace(0.0, 1.0, len(quantiles))
    exponent = int(np.frexp(np.abs(edges).max())[1])  # differences must neither overflow nor vanish
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        edges, x = np.ldexp(edges, -exponent), np.ldexp(x, -exponent)
        below = np.clip(np.nan_to_num(np.interp(x, edges, shares), nan=0.5), 0.0, 1.0)
        above = np.clip(np.nan_to_num(np.interp(-x, -edges[::-1], -shares[::-1]), nan=-0.5), -1.0, 0.0)
    share = np.clip((below - above) / 2.0, 1e-7, 1.0 - 1e-7)
    return np.array([NormalDist().inv_cdf(one) for one in share.tolist()], dtype=float).reshape(-1, 1)


def wave(cells: Any, period: float, center: list[float], unit: list[float], bound: float = 0.0) -> Array:
    """Return sine and cosine of the phase in a period, 0 for missing cells, then scaled."""
    x = np.asarray(cells, dtype=float)[:, None]
    phase = 2.0 * np.pi * np.mod(x, period) / period
    waves = np.where(np.isnan(x), 0.0, np.concatenate([np.sin(phase), np.cos(phase)], axis=1))
    return bounded((waves - np.array(center)) / np.array(unit), bound)


def flag(cells: Any, present: float, missing: float) -> Array:
    """Return one number for cells that are present and another for missing ones."""
    gone = [cell == "" if isinstance(cell, str) else math.isnan(cell) for cell in cells]
    return np.where(gone, missing, present).reshape(-1, 1)


def lookup(cells: Any, places: dict[str, int], table: Array) -> Array:
    """Return rows of a table: the first for missing cells, the second for texts that were not in training."""
    return table[[places.get(text, 1) for text in cells]]


def constant(cells: Any, values: list[float]) -> Array:
    """Return the same numbers for every row."""
    return np.tile(np.array(values), (len(cells), 1))
