"""Data of arrays: divided into rows to train on and rows held out."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from glassnet.playground.data.dividing import divide, division_code
from glassnet.playground.data.previews import array_preview, picture_preview
from glassnet.playground.plane_axes import Axis
from glassnet.playground.play_data import PlayData

__all__ = ["ArrayMaterial"]

_PICTURES = 10
_FEWEST = 20  # rows that distinguish indicators from measurements


@dataclasses.dataclass(frozen=True, eq=False)
class ArrayMaterial:
    """Arrays before they are divided.

    Attributes
    ----------
    X, y : ndarray
        All rows; ``y`` class codes or numbers.
    inputs, classes : tuple of str
        Names.
    title, target : str
    source : dict
        What the command ``data`` takes.
    code : tuple of str
        Lines of Python that make ``X`` and ``y``.
    valid : (ndarray, ndarray), optional
        Rows held out, where they were given; nothing is divided then.
    least_sides : ((float, float), (float, float)), optional
        What the plane shows at least.
    side : int
        Pixels along a side, where each row is a picture from 0 to 1.
    """

    X: np.ndarray
    y: np.ndarray
    inputs: tuple[str, ...]
    classes: tuple[str, ...]
    title: str
    source: dict[str, Any]
    code: tuple[str, ...]
    target: str = "y"
    valid: tuple[np.ndarray, np.ndarray] | None = None
    least_sides: tuple[tuple[float, float], tuple[float, float]] | None = None
    side: int = 0

    def play(self, split: float, axes: tuple[Axis, Axis] | None = None) -> PlayData:
        """Return the data with this share of the rows held out, shown on these axes."""
        lines: tuple[str, ...] = ()
        if self.valid is None:
            train, valid = divide(len(self.X), split, self.y if self.classes else None)
            parts = self.X[train], self.y[train], self.X[valid], self.y[valid]
            lines = (
                division_code("len(X)", split, "y" if self.classes else ""),
                "X, y, X_valid, y_valid = X[train], y[train], X[valid], y[valid]",
            )
        else:
            parts = self.X, self.y, *self.valid
            split = round(len(self.valid[0]) / (len(self.X) + len(self.valid[0])), 4)
        flat = self.X.reshape(len(self.X), -1)
        return PlayData(
            *parts,
            inputs=self.inputs,
            classes=self.classes,
            target=self.target,
            title=self.title,
            source=self.source,
            code=(*self.code, *lines),
            split=split,
            axes=axes,
            columns=tuple(
                {"name": name, "kind": "number", "missing": 0.0, "skipped": None, "used": True} for name in self.inputs
            ),
            targets=(self.target,),
            preview=self._preview(),
            indicators=tuple(np.flatnonzero(_are_indicators(flat)).tolist()) if len(flat) >= _FEWEST else (),
            least_sides=self.least_sides,
            origin=self,
        )

    def _preview(self) -> dict[str, Any]:
        first = array_preview(self.X, self.y, self.inputs, self.classes, self.target)
        if not self.side:
            return first
        shown = [self.classes[int(code)] for code in self.y[:_PICTURES]]
        return {**first, "pictures": picture_preview(self.X[:_PICTURES], shown, self.side)}


def _are_indicators(flat: np.ndarray) -> np.ndarray:
    """Return for each column whether it holds nothing but 0 and 1, or -1 and 1."""
    return np.asarray(((flat == flat.min(axis=0)) | (flat == 1)).all(axis=0) & np.isin(flat.min(axis=0), (-1, 0)))
