"""Data with a flaw, for the gallery: columns on other scales, one that leaks, shuffled labels, a rare class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet import datasets
from glassnet.playground.data.array_data import ArrayMaterial
from glassnet.utils.checks import check_choice

__all__ = ["FLAWS", "flawed_material"]

_Made = tuple[np.ndarray, np.ndarray, tuple[str, ...], tuple[str, ...]]


def _unscaled() -> _Made:
    X, y = datasets.gaussians(500, noise=1.2, seed=0)
    X = X * [200.0, 0.01] + [700.0, 0.1]
    lines = ("X, y = gn.datasets.gaussians(500, noise=1.2, seed=0)", "X = X * [200.0, 0.01] + [700.0, 0.1]")
    return X, y, ("area", "smoothness"), lines


def _leak() -> _Made:
    X, y = datasets.gaussians(500, noise=2.0, seed=0)
    X = np.column_stack([X, 2.0 * y - 1.0])
    lines = (
        "import numpy as np",
        "X, y = gn.datasets.gaussians(500, noise=2.0, seed=0)",
        "X = np.column_stack([X, 2.0 * y - 1.0])",
    )
    return X, y, ("x1", "x2", "result"), lines


def _shuffled() -> _Made:
    X, y = datasets.moons(2000, noise=0.1, seed=0)
    y = np.random.default_rng(0).permutation(y)
    lines = (
        "import numpy as np",
        "X, y = gn.datasets.moons(2000, noise=0.1, seed=0)",
        "y = np.random.default_rng(0).permutation(y)",
    )
    return X, y, ("x1", "x2"), lines


def _rare() -> _Made:
    X, y = datasets.gaussians(1000, noise=1.5, seed=0)
    kept = np.flatnonzero((y == 0) | (np.arange(1000) < 10))
    X, y = X[kept], y[kept]
    lines = (
        "import numpy as np",
        "X, y = gn.datasets.gaussians(1000, noise=1.5, seed=0)",
        "kept = np.flatnonzero((y == 0) | (np.arange(1000) < 10))",
        "X, y = X[kept], y[kept]",
    )
    return X, y, ("x1", "x2"), lines


FLAWS: dict[str, tuple[str, Callable[[], _Made]]] = {
    "unscaled": ("Columns on other scales", _unscaled),
    "leak": ("A column that leaks", _leak),
    "shuffled": ("Shuffled labels", _shuffled),
    "rare": ("A rare class", _rare),
}


def flawed_material(name: object) -> ArrayMaterial:
    """Return data with one of the `FLAWS`."""
    title, make = FLAWS[check_choice("data", "name", name, FLAWS)]
    X, y, inputs, lines = make()
    source: dict[str, Any] = {"kind": "flawed", "name": name}
    return ArrayMaterial(X, y, inputs=inputs, classes=("0", "1"), title=title, source=source, code=lines)
