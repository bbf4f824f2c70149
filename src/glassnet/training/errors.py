"""The errors of a training that cannot go on."""

from __future__ import annotations

import math
from typing import Any

from glassnet.errors import DataError, DivergenceError

__all__ = ["divergence", "zero_weight_error"]


def divergence(what: str, epoch: int, step: int, rate: Any, last_finite: float) -> DivergenceError:
    """Return the error for a loss or weights that are not finite: ``what`` came, at a position counted from 1."""
    last = f" (last finite loss {last_finite:.3g})" if math.isfinite(last_finite) else ""
    message = (
        f"fit: loss and weights must stay finite, got {what} at epoch {epoch}, step {step}{last}. "
        f"Lower learning_rate (now {rate:g}) or scale X and y. "
        "The network holds the last weights whose loss was finite."
    )
    return DivergenceError(message, got=what)


def zero_weight_error(epoch: int, step: int) -> DataError:
    """Return the error for a batch that weighs nothing for some members, which step together with the others."""
    where = f"epoch {epoch}, step {step}. Drop rows of weight 0, or take a larger batch_size."
    return DataError(
        f"fit: with members every batch must weigh something for each of them, got none for one at {where}"
    )
