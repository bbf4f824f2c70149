"""Rows to train on and rows held out, the same in the page and in its code."""

from __future__ import annotations

import numpy as np

from glassnet.errors import DataError
from glassnet.utils.checks import check_number
from glassnet.utils.splitting import split_rows

__all__ = ["LARGEST_SPLIT", "SMALLEST_SPLIT", "checked_split", "divide", "division_code"]

SMALLEST_SPLIT, LARGEST_SPLIT = 0.05, 0.9
_SEED = 0
_FEWEST = 2


def checked_split(share: object) -> float:
    """Return the share of the rows to hold out; refuse one that leaves too few on either side."""
    return round(check_number("split", "share", share, SMALLEST_SPLIT, LARGEST_SPLIT), 4)


def divide(n: int, share: float, classes: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of the rows to train on, and of those held out; by classes if there are some."""
    if n < _FEWEST:
        must = f"there must be at least {_FEWEST}, one to train on and one to hold out"
        message = f"data: there {'is 1 row' if n == 1 else f'are {n} rows'}; {must}."
        raise DataError(message, expected=_FEWEST, got=n)
    train, valid = split_rows(n, _shares(share), _SEED, classes)
    return train, valid


def division_code(n: str, share: float, classes: str) -> str:
    """Return the line that divides rows in the same way.

    Examples
    --------
    >>> division_code("len(X)", 0.2, "y")
    'train, valid = gn.tabular.split_rows(len(X), [0.8, 0.2], seed=0, stratify=y)'
    """
    stratify = f", stratify={classes}" if classes else ""
    return f"train, valid = gn.tabular.split_rows({n}, {_shares(share)}, seed={_SEED}{stratify})"


def _shares(share: float) -> list[float]:
    return [round(1.0 - share, 4), share]
