"""What a training says that cannot go on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from glassnet.errors import DataError, DivergenceError

if TYPE_CHECKING:
    from glassnet.training.loop import Run

__all__ = ["divergence", "weightless"]


def divergence(what: str, run: Run, last_finite: float) -> DivergenceError:
    """Return the error for a loss or weights that are not finite.

    Parameters
    ----------
    what : str
        What came, in words.
    run : Run
        At the step that failed.
    last_finite : float
        The last loss that was finite, or NaN.
    """
    rate = run.rate(run.position_after(max(run.step - 1, 0)))
    last = f" (last finite loss {last_finite:.3g})" if math.isfinite(last_finite) else ""
    message = (
        f"fit: loss and weights must stay finite, got {what} at epoch {run.epoch + 1}, step {run.step}{last}. "
        f"Lower learning_rate (now {rate:g}) or scale X and y. "
        "The network holds the last weights whose loss was finite."
    )
    return DivergenceError(message, got=what)


def weightless(run: Run) -> DataError:
    """Return the error for a batch that weighs nothing for some members, which step together with the others."""
    where = f"epoch {run.epoch + 1}, step {run.step}. Drop rows of weight 0, or take a larger batch_size."
    return DataError(
        f"fit: with members every batch must weigh something for each of them, got none for one at {where}"
    )
