"""How long the networks of recipes are trained, by the number of training rows."""

from __future__ import annotations

import math
from typing import NamedTuple

__all__ = ["Length", "short_length", "usual_length"]

_MANY = 1536  # rows, from which on there are fewer epochs
_SHORT_STEPS, _FEWEST_EPOCHS = 768, 16


class Length(NamedTuple):
    """How long a network is trained: the largest number of epochs, and the rows of a step."""

    epochs: int
    batch_size: int


def usual_length(n: int) -> Length:
    """Return the published 256 epochs; from 1,536 rows on the steps grow with the root of the rows only."""
    return Length(max(round(256 * min(1.0, math.sqrt(_MANY / n))), _FEWEST_EPOCHS), _rows_per_step(n))


def short_length(n: int) -> Length:
    """Return fewer epochs where they have many steps: tables of a few hundred rows need all of their few steps."""
    epochs = round(_SHORT_STEPS / max(n // 256, 1))
    return Length(min(max(epochs, _FEWEST_EPOCHS), 256), _rows_per_step(n))


def _rows_per_step(n: int) -> int:
    """Return 256 rows, and for large tables more: a row then takes less time."""
    return 256 if n <= 30_000 else 512 if n <= 100_000 else 1024
