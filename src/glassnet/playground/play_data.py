"""The data of an experiment: arrays for the network, and what the page shows of them."""

from __future__ import annotations

import dataclasses
import math
from functools import cached_property
from typing import Any

import numpy as np

from glassnet.diagnosis.sampling import spread
from glassnet.playground.plane_axes import Axis, PlaneAxes, first_axes

__all__ = ["MOST_POINTS", "PlayData"]

MOST_POINTS = 1000
"""Rows that are shown on the plane at most."""

_ROOM = 0.1  # around the points, as a share of their range
_LEAST_ROOM = 1e-3


@dataclasses.dataclass(frozen=True, eq=False)
class PlayData:
    """Rows to train on and to validate with, and where they came from; never changed, only replaced.

    Rows are numbered with those to train on first, then those held out.

    Attributes
    ----------
    X, y : ndarray
        Rows to train on (n, ...) and their targets, class codes or numbers.
    X_valid, y_valid : ndarray
        Rows held out.
    inputs : tuple of str
        Names of the inputs of the network.
    classes : tuple of str
        Names of the classes; empty for numbers.
    target : str
    title : str
    source : dict
        What the command ``data`` takes to make the same again.
    code : tuple of str
        Lines of Python that make ``X``, ``y``, ``X_valid`` and ``y_valid`` with the same bits.
    split : float
        Share of the rows that are held out.
    axes : (axis, axis), optional
        What the plane shows: numbers of inputs, ``"pca1"`` and ``"pca2"``.
    columns : tuple of dict
        What became of each column: name, kind, missing (a share), skipped (why, or None) and used.
    targets : tuple of str
        Columns that could be predicted.
    questions : tuple of dict
        What only a person can decide: text, column and choices, each with the options that decide.
    notes : tuple of str
        What was found that one might not expect.
    preview : dict
        The first rows as texts: names, rows, and more, the number of columns that are left out.
    unit : (float, float), optional
        Mean and standard deviation of the target; ``y`` is in these units.
    indicators, codes : tuple of int
        Inputs that are no measurements but 0 or 1, or -1 or 1; and those that are whole numbers for an embedding.
    least_sides : ((float, float), (float, float)), optional
        What the plane shows at least.
    origin : object
        What the rows were made of, to make them again with another split or target.
    """

    X: np.ndarray
    y: np.ndarray
    X_valid: np.ndarray
    y_valid: np.ndarray
    inputs: tuple[str, ...]
    classes: tuple[str, ...]
    target: str = "y"
    title: str = ""
    source: dict[str, Any] = dataclasses.field(default_factory=dict)
    code: tuple[str, ...] = ()
    split: float = 0.2
    axes: tuple[Axis, Axis] | None = None
    columns: tuple[dict[str, Any], ...] = ()
    targets: tuple[str, ...] = ()
    questions: tuple[dict[str, Any], ...] = ()
    notes: tuple[str, ...] = ()
    preview: dict[str, Any] = dataclasses.field(default_factory=dict)
    unit: tuple[float, float] | None = None
    indicators: tuple[int, ...] = ()
    codes: tuple[int, ...] = ()
    least_sides: tuple[tuple[float, float], tuple[float, float]] | None = None
    origin: Any = None

    @property
    def is_classes(self) -> bool:
        """Whether the target is a class."""
        return bool(self.classes)

    @property
    def n_outputs(self) -> int:
        """Number of outputs that a network for these data has."""
        if self.classes:
            return len(self.classes) if len(self.classes) != 2 else 1
        return int(np.prod(self.y.shape[1:])) if self.y.ndim > 1 else 1

    @property
    def n_rows(self) -> int:
        """Number of rows, held out or not."""
        return len(self.X) + len(self.X_valid)

    def has_rows_of(self, other: PlayData) -> bool:
        """Whether the rows to train on and those held out are the same, so that losses can be compared."""
        if self is other:
            return True
        names = ("X", "y", "X_valid", "y_valid")
        pairs = [(getattr(self, name), getattr(other, name)) for name in names]
        return self.classes == other.classes and all(a is b or np.array_equal(a, b) for a, b in pairs)

    # ---- the plane ------------------------------------------------------------------------------------------------

    @property
    def is_curve(self) -> bool:
        """Whether there is one input and one number to predict, so that y on the plane is the target."""
        return len(self.inputs) == 1 and not self.classes

    @cached_property
    def plane_axes(self) -> PlaneAxes:
        """The two axes of the plane, through the mean of the rows to train on; of indicators through the median."""
        flat = self.X.reshape(len(self.X), -1)
        centre = flat.mean(axis=0, dtype=np.float64)
        for places in (self.indicators, self.codes):
            centre[list(places)] = np.median(flat[:, list(places)], axis=0)
        return PlaneAxes.of(*(self.axes or first_axes(len(self.inputs), self.indicators)), flat, centre)

    def to_plane(self, X: np.ndarray) -> np.ndarray:
        """Return where rows lie on the plane, float64 (n, 2)."""
        return self.plane_axes.to_plane(X.reshape(len(X), math.prod(self.X.shape[1:])))

    def from_plane(self, points: np.ndarray) -> np.ndarray:
        """Return the inputs that points of the plane (m, 2) stand for, of the shape and type of ``X``."""
        flat = self.plane_axes.from_plane(points)
        if self.codes:
            places = list(self.codes)
            known = self.X.reshape(len(self.X), -1)[:, places]
            flat[:, places] = np.clip(np.rint(flat[:, places]), known.min(axis=0), known.max(axis=0))
        return flat.reshape(-1, *self.X.shape[1:]).astype(self.X.dtype)

    @cached_property
    def plane_sides(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """The range of x on the plane and that of y, with room around all rows."""
        points = np.concatenate([self._placed(self.X, self.y), self._placed(self.X_valid, self.y_valid)])
        low, high = points.min(axis=0), points.max(axis=0)
        if self.least_sides is not None:
            least = np.array(self.least_sides)
            low, high = np.minimum(low, least[:, 0]), np.maximum(high, least[:, 1])
        else:
            room = np.maximum((high - low) * _ROOM, _LEAST_ROOM * np.maximum(np.abs(high), 1.0))
            low, high = low - room, high + room
        return (float(low[0]), float(high[0])), (float(low[1]), float(high[1]))

    @cached_property
    def plane_range(self) -> tuple[float, float]:
        """The range of the values over the plane: that of the targets, or of a probability."""
        return (0.0, 1.0) if self.is_classes else (float(np.min(self.y)), float(np.max(self.y)))

    @cached_property
    def shown_rows(self) -> np.ndarray:
        """The numbers of the rows that are shown on the plane: all, or 1,000 evenly spread."""
        return spread(self.n_rows, MOST_POINTS)

    def take_shown(self) -> tuple[np.ndarray, np.ndarray]:
        """Return inputs and targets of the rows that are shown."""
        n, rows = len(self.X), self.shown_rows
        cut = int(np.searchsorted(rows, n))
        parts = (self.X[rows[:cut]], self.X_valid[rows[cut:] - n]), (self.y[rows[:cut]], self.y_valid[rows[cut:] - n])
        return np.concatenate(parts[0]), np.concatenate(parts[1])

    @cached_property
    def points(self) -> dict[str, list[Any]]:
        """The rows that are shown as plain data: x, y, label, valid and row."""
        X, y = self.take_shown()
        placed = self._placed(X, y)
        labels = y.reshape(len(y), math.prod(y.shape[1:]))[:, 0]
        return {
            "x": [float(f"{value:.6g}") for value in placed[:, 0]],
            "y": [float(f"{value:.6g}") for value in placed[:, 1]],
            "label": labels.tolist(),
            "valid": (self.shown_rows >= len(self.X)).tolist(),
            "row": self.shown_rows.tolist(),
        }

    def _placed(self, X: np.ndarray, y: np.ndarray) -> np.ndarray:
        placed = self.to_plane(X)
        if self.is_curve:
            placed[:, 1] = y.reshape(len(y), math.prod(y.shape[1:]))[:, 0]
        return placed
