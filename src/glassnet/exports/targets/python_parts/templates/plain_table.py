"""From the columns of a table to features, in plain Python."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from statistics import NormalDist
from typing import Any

from glassnet.exports.targets.python_parts.templates.cells import read_cells
from glassnet.exports.targets.python_parts.templates.file_names import FARTHEST, FEATURES, network


def read(rows: Any) -> dict[str, list[Any]]:
    """Return the columns of rows as numbers, NaN for missing ones, or as texts, "" for missing ones."""
    return read_cells(rows)


def compute(columns: dict[str, list[Any]]) -> list[list[float]]:
    """Return the outputs for each row of columns whose cells have been read."""
    rows = [dict(zip(columns, cells)) for cells in zip(*columns.values())]
    return [network(encode(row)) for row in rows]


def encode(row: dict[str, Any]) -> list[float]:
    """Return the features of a row, rounded to single precision as in training."""
    found: list[float] = []
    for feature, name, numbers in FEATURES:
        found += feature(row[name], **numbers)
    return array("f", found).tolist()


def scaled(x: float, fill: float, center: float, unit: float, bound: float = 0.0) -> list[float]:
    """Return (x - center) / unit, softly cut at the bound if there is one; a missing cell is filled."""
    z = ((fill if math.isnan(x) else x) - center) / unit
    return [bounded(min(max(z, -FARTHEST), FARTHEST), bound)]


def bounded(z: float, bound: float) -> float:
    """Return z, or if there is a bound a smooth function of it that stays inside."""
    return z / math.hypot(1.0, z / bound) if bound else z


def ranked(x: float, fill: float, quantiles: list[float]) -> list[float]:
    """Return the normal quantile of the rank of x among the quantiles of training; a missing cell is filled."""
    x = fill if math.isnan(x) else x
    below, above = (share_below(x, place(quantiles, x), quantiles) for place in (bisect_left, bisect_right))
    share = (below + above) / 2.0
    return [NormalDist().inv_cdf(min(max(share, 1e-7), 1.0 - 1e-7))]


def share_below(x: float, place: int, quantiles: list[float]) -> float:
    """Return the share of training below x, which stands before this place among the quantiles."""
    if place == 0 or place == len(quantiles):
        return 0.0 if place == 0 else 1.0
    low, high = quantiles[place - 1], quantiles[place]
    # Halves, since the difference of large numbers overflows.
    part = (x / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0) if high > low else 0.0
    return (place - 1 + part) / (len(quantiles) - 1)


def wave(x: float, period: float, center: list[float], unit: list[float], bound: float = 0.0) -> list[float]:
    """Return sine and cosine of the phase in a period, 0 for a missing cell, then scaled."""
    phase = 2.0 * math.pi * (x % period) / period
    waves = [0.0, 0.0] if math.isnan(x) else [math.sin(phase), math.cos(phase)]
    return [bounded((one - middle) / width, bound) for one, middle, width in zip(waves, center, unit)]


def flag(cell: Any, present: float, missing: float) -> list[float]:
    """Return one number for a cell that is present and another for a missing one."""
    gone = cell == "" if isinstance(cell, str) else math.isnan(cell)
    return [missing if gone else present]


def lookup(cell: str, places: dict[str, int], table: list[list[float]]) -> list[float]:
    """Return a row of a table: the first for a missing cell, the second for a text that was not in training."""
    return table[places.get(cell, 1)]


def constant(cell: Any, values: list[float]) -> list[float]:
    """Return the same numbers for every row."""
    return values
