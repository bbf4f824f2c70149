"""How long the networks of recipes are trained, by the number of training rows."""

from __future__ import annotations

import math
from typing import NamedTuple

__all__ = ["Length", "short_length", "usual_length"]

# Rows from which on there are fewer epochs. What numbers depend on is still learned in the last epochs of large tables.
_MANY, _MANY_OF_NUMBERS = 1536, 12_288
_SHORT_STEPS, _FEWEST_EPOCHS = 768, 16


class Length(NamedTuple):
    """How long a network is trained: the largest number of epochs, and the rows of a step."""

    epochs: int
    batch_size: int


def usual_length(n: int, classifies: bool) -> Length:
    """Return the published 256 epochs; from 1,536 rows on, for numbers from 12,288, fewer with the root of the rows."""
    share = math.sqrt((_MANY if classifies else _MANY_OF_NUMBERS) / n)
    return Length(max(round(256 * min(1.0, share)), _FEWEST_EPOCHS), _rows_per_step(n))


def short_length(n: int, classifies: bool) -> Length:
    """Return fewer epochs where they have many steps: tables of a few hundred rows need all of their few steps."""
    epochs = round(_SHORT_STEPS / max(n // 256, 1))
    return Length(min(max(epochs, _FEWEST_EPOCHS), 256), _rows_per_step(n))


def _rows_per_step(n: int) -> int:
    """Return 256 rows, and for large tables more: a row then takes less time."""
    return 256 if n <= 30_000 else 512 if n <= 100_000 else 1024
