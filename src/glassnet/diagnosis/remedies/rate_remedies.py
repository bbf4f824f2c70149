"""Other learning rates, as attempts."""

from __future__ import annotations

from collections.abc import Sequence

from glassnet.diagnosis.case import Case
from glassnet.diagnosis.remedies.trials import STEPS, Attempt, scale_rate

__all__ = ["lower_rates", "other_rates"]


def other_rates(case: Case, factors: Sequence[float], *, steps: int = STEPS, from_now: bool = False) -> list[Attempt]:
    """Return one attempt for each multiple of the learning rate."""
    rate = case.rate
    changes = [f"learning_rate {rate * factor:.3g} instead of {rate:.3g}" for factor in factors]
    pairs = zip(changes, factors, strict=True)
    return [Attempt(change, scale_rate(factor), steps=steps, from_now=from_now) for change, factor in pairs]


def lower_rates(case: Case, *, steps: int = STEPS, from_now: bool = False) -> list[Attempt]:
    """Return attempts with a quarter of the learning rate and less."""
    return other_rates(case, (1 / 4, 1 / 20, 1 / 100), steps=steps, from_now=from_now)
