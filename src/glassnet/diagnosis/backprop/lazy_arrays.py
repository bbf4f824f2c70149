"""Arrays, one for each point, that are computed when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

__all__ = ["Arrays", "Lazy"]

Arrays = Sequence[np.ndarray]


class Lazy(Sequence[np.ndarray]):
    """Arrays of a function of their place; most candidates are refused at the first point.

    Examples
    --------
    >>> Lazy(lambda t: np.full(2, t), 3)[1].tolist()
    [1, 1]
    """

    def __init__(self, function: Callable[[int], np.ndarray], count: int) -> None:
        self._function, self._count = function, count
        self._kept: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, t: Any) -> Any:
        if not 0 <= t < self._count:
            raise IndexError
        if t not in self._kept:
            self._kept[t] = self._function(t)
        return self._kept[t]
