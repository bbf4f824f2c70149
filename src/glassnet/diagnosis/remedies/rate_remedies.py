"""Other learning rates, as attempts."""

from __future__ import annotations

from collections.abc import Iterable

from glassnet.diagnosis.case import Case
from glassnet.diagnosis.remedies.attempts import STEPS, Attempt, scale_rate
from glassnet.engine.base_network import BaseNetwork

__all__ = ["higher_rates", "lower_rates", "usual_rates", "with_rate"]

# What usually works on numbers of unit size; for SGD without momentum.
_USUAL = {
    "Adagrad": (0.01, 0.1),
    "Adam": (0.001, 0.01),
    "AdamW": (0.001, 0.01),
    "Lion": (0.0001, 0.001),
    "RMSprop": (0.001, 0.01),
    "SGD": (0.01, 0.1, 0.5),
}
_OTHER = 3.0  # times higher or lower is another rate
_MOST = 4


def usual_rates(case: Case) -> list[float]:
    """Return learning rates at which networks like this one usually learn, the lowest first; empty if not known."""
    optimizer = case.original.optimizer
    momentum = float(getattr(optimizer, "momentum", 0.0) or 0.0)
    return [rate * (1.0 - momentum) for rate in _USUAL.get(type(optimizer).__name__, ())]


def lower_rates(case: Case, *, steps: int = STEPS, from_now: bool = False) -> list[Attempt]:
    """Return attempts with lower learning rates, the lowest first: among equals it is the one with most margin."""
    rate = case.rate
    wanted = [*usual_rates(case), rate / 10, rate / 100]
    rates = _apart(sorted(value for value in wanted if 0.0 < value <= rate / _OTHER))
    return [with_rate(case, value, steps=steps, from_now=from_now) for value in rates[-_MOST:]]


def higher_rates(case: Case, *, steps: int = STEPS) -> list[Attempt]:
    """Return attempts with higher learning rates, the lowest first."""
    rate = case.rate
    wanted = [*usual_rates(case), rate * 10, rate * 100]
    rates = _apart(sorted(value for value in wanted if value >= _OTHER * rate))
    return [with_rate(case, value, steps=steps) for value in rates[:_MOST]]


def _apart(rates: Iterable[float]) -> list[float]:
    """Return rising rates without those that are near the one before."""
    found: list[float] = []
    for rate in rates:
        if not found or rate > 2.0 * found[-1]:
            found.append(rate)
    return found


def with_rate(case: Case, value: float, *, steps: int = STEPS, from_now: bool = False) -> Attempt:
    """Return the attempt with another learning rate, the highest one of a schedule."""
    rate = case.rate
    peak = " at its highest" if len(set(_rates(case))) > 1 else ""
    change = f"learning_rate {value:.3g} instead of {rate:.3g}{peak}"
    if rate > 0.0:
        return Attempt(change, scale_rate(value / rate), steps=steps, from_now=from_now)

    def act(network: BaseNetwork) -> None:
        network.optimizer.learning_rate = value

    return Attempt(change, act, steps=steps, from_now=from_now)


def _rates(case: Case) -> list[float]:
    return [] if case.history is None else case.history.columns.get("learning_rate", [])
