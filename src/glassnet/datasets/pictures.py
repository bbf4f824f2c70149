"""Pictures of handwritten digits."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

from glassnet.utils.checks import check_flag
from glassnet.utils.keywords import advises_on_names

__all__ = ["digits"]

_FILE = Path(__file__).resolve().parent / "digits.csv.gz"
_SIDE = 8
_DARKEST = 16.0


@advises_on_names
def digits(*, flat: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Return 1,797 pictures of handwritten digits of 8 x 8 pixels, and the digit of each.

    Alpaydin & Kaynak (1998), "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, CC BY 4.0;
    ``SOURCES.md`` has the whole reference.

    Parameters
    ----------
    flat : bool, default=True
        Whether the pixels of a picture are 64 numbers in a row; otherwise its shape is (8, 8).

    Returns
    -------
    X : ndarray of shape (1797, 64) or (1797, 8, 8)
        float64 from 0, white, to 1, in steps of 1/16.
    y : ndarray of shape (1797,)
        The digits, int64.

    Examples
    --------
    >>> X, y = digits()
    >>> X.shape, X.max().item(), y[:4].tolist()
    ((1797, 64), 1.0, [0, 1, 2, 3])
    """
    shape = (-1, _SIDE * _SIDE) if check_flag("digits", "flat", flat) else (-1, _SIDE, _SIDE)
    with gzip.open(_FILE, "rt", encoding="ascii") as lines:
        rows = np.loadtxt(lines, delimiter=",", skiprows=1, dtype=np.int64)
    return (rows[:, :-1] / _DARKEST).reshape(shape), rows[:, -1].copy()
