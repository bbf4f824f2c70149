"""The plane of two axes, inputs or principal components, that rows are shown on."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

__all__ = ["Axis", "PlaneAxes", "axis_choices", "first_axes", "principal_components"]

Axis = int | str
"""The number of an input, or ``"pca1"`` or ``"pca2"``."""

_COMPONENTS = ("pca1", "pca2")
_MOST_ROWS = 2000  # that components are computed from
_WIDE = 500  # inputs from which it takes fewer rows, too
_TINY = 1e-300
_FEW = 2  # inputs are their own plane
_MANY = 20  # inputs show little one by one
_MOST_CHOICES = 300


@dataclasses.dataclass(frozen=True, eq=False)
class PlaneAxes:
    """Two axes: ``p = (x - centre) A + offset`` for the rows x of flat inputs, and the way back.

    Attributes
    ----------
    x, y : int or str
        What the axes show.
    A : ndarray of shape (d, 2)
    offset : ndarray of shape (2,)
        Where the centre lies: its own values for inputs, 0 for components.
    centre : ndarray of shape (d,)
        What the inputs are that the plane leaves open.
    """

    x: Axis
    y: Axis
    A: np.ndarray
    offset: np.ndarray
    centre: np.ndarray

    @classmethod
    def of(cls, x: Axis, y: Axis, flat: np.ndarray, centre: np.ndarray) -> PlaneAxes:
        """Return two axes through rows of flat inputs; of one input the second axis leads nowhere.

        Parameters
        ----------
        x, y : int or str
        flat : ndarray of shape (n, d)
            Rows to train on.
        centre : ndarray of shape (d,)
        """
        d = flat.shape[1]
        A, offset = np.zeros((d, 2)), np.zeros(2)
        components = principal_components(flat) if {x, y} & {*_COMPONENTS} else None
        if components is not None:
            centre = flat.mean(axis=0, dtype=np.float64)
        for place, axis in enumerate((x, y)):
            if isinstance(axis, str):
                assert components is not None
                A[:, place] = components[_COMPONENTS.index(axis)]
            elif axis < d and (place == 0 or axis != x):
                A[axis, place], offset[place] = 1.0, centre[axis]
        return cls(x, y, A, offset, centre)

    def to_plane(self, flat: np.ndarray) -> np.ndarray:
        """Return where rows of flat inputs lie, float64 (n, 2)."""
        return np.asarray((flat.astype(np.float64) - self.centre) @ self.A + self.offset)

    def from_plane(self, points: np.ndarray) -> np.ndarray:
        """Return the rows nearest to the centre that lie at these points, float64 (m, d)."""
        return np.asarray(self.centre + (np.asarray(points, dtype=np.float64) - self.offset) @ np.linalg.pinv(self.A))


def principal_components(flat: np.ndarray) -> np.ndarray:
    """Return the two directions in which rows differ most, (2, d), of unit length; each with its largest entry above 0.

    Parameters
    ----------
    flat : ndarray of shape (n, d)
        Of more than 2,000 rows, or 500 of more than 500 inputs, every so many are taken.
    """
    most = _MOST_ROWS if flat.shape[1] <= _WIDE else _WIDE
    rows = flat[:: -(-len(flat) // most)].astype(np.float64)
    rows = rows - rows.mean(axis=0)
    if rows.shape[1] <= len(rows):
        found = np.linalg.eigh(rows.T @ rows)[1][:, ::-1].T[:2]
    else:  # by way of the products of the rows, which are fewer
        sizes, parts = np.linalg.eigh(rows @ rows.T)
        found = (parts[:, ::-1].T[:2] @ rows) / np.sqrt(np.maximum(sizes[::-1][:2], _TINY))[:, None]
    directions = np.zeros((2, rows.shape[1]))
    directions[: len(found)] = found
    signs = np.sign(directions[np.arange(2), np.abs(directions).argmax(axis=1)])
    return np.asarray(directions * np.where(signs == 0.0, 1.0, signs)[:, None])


def first_axes(n_inputs: int, indicators: tuple[int, ...]) -> tuple[Axis, Axis]:
    """Return the axes to begin with: the first two inputs that measure something, or components of very many.

    Examples
    --------
    >>> first_axes(2, ()), first_axes(5, (0, 2)), first_axes(64, ())
    ((0, 1), (1, 3), ('pca1', 'pca2'))
    """
    if n_inputs > _MANY:
        return "pca1", "pca2"
    first = sorted(range(n_inputs), key=lambda place: place in indicators)[:2]
    return first[0], first[-1]


def axis_choices(names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return what an axis may show, for the page: the first 300 inputs, and components."""
    inputs: list[dict[str, Any]] = [{"value": place, "label": name} for place, name in enumerate(names[:_MOST_CHOICES])]
    components = [{"value": value, "label": f"PCA {value[-1]}"} for value in _COMPONENTS]
    return inputs + (components if len(names) > _FEW else [])
