"""Remedies for many kinds of findings: other learning rates, and scaled inputs and targets."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from glassnet.diagnosis.case import Case
from glassnet.diagnosis.remedies.attempts import (
    ON_NUMBERS,
    SHARE_OF_CONSTANT,
    STEPS,
    Attempt,
    scale_rate,
    standardised,
)
from glassnet.engine.base_network import BaseNetwork

__all__ = ["constant_rate", "higher_rates", "lower_rates", "scaled", "usual_rates", "with_rate"]

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
_NEAR = 10.0  # times beyond the usual rates others may work, too
_MOST = 4


def usual_rates(case: Case) -> list[float]:
    """Return learning rates at which networks like this one usually learn, the lowest first; empty if not known."""
    optimizer = case.original.optimizer
    momentum = float(getattr(optimizer, "momentum", 0.0) or 0.0)
    return [rate * (1.0 - momentum) for rate in _USUAL.get(type(optimizer).__name__, ())]


def lower_rates(case: Case, *, steps: int = STEPS, from_now: bool = False) -> list[Attempt]:
    """Return attempts with lower learning rates, the lowest first: among equals it is the one with most margin."""
    rate, usual = case.rate, usual_rates(case)
    wanted = [*usual, *(value for value in (rate / 10, rate / 100) if not usual or value < _NEAR * usual[-1])]
    rates = _apart(sorted(value for value in wanted if 0.0 < value <= rate / _OTHER))
    return [with_rate(case, value, steps=steps, from_now=from_now) for value in rates[-_MOST:]]


def higher_rates(case: Case, *, steps: int = STEPS) -> list[Attempt]:
    """Return attempts with higher learning rates, the lowest first."""
    rate, usual = case.rate, usual_rates(case)
    wanted = [*usual, *(value for value in (rate * 10, rate * 100) if not usual or value > usual[0] / _NEAR)]
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
    at = " at its highest" if float(np.ptp(case.rates)) > 0.0 else ""
    change = f"learning_rate {value:.3g}"
    change += f" instead of {rate:.3g}{at}" if f"{value:.3g}" != f"{rate:.3g}" else at
    if rate > 0.0:
        return Attempt(change, scale_rate(value / rate), steps=steps, from_now=from_now)
    return Attempt(change, constant_rate(value).act, steps=steps, from_now=from_now)


def constant_rate(value: float, *, steps: int = STEPS) -> Attempt:
    """Return the attempt with a learning rate that stays the same."""

    def act(network: BaseNetwork) -> None:
        network.optimizer.learning_rate = value

    return Attempt(f"learning_rate={value:.3g} all the time", act, steps=steps)


def scaled(case: Case) -> list[Attempt]:
    """Return the attempts that scale everything: of two mistakes, neither remedy helps alone."""
    X, y, _ = case.sample
    flat = X.reshape(len(X), -1).astype(np.float64)
    inputs = standardised(flat.mean(axis=0), flat.std(axis=0))
    found = [Attempt("every column scaled to mean 0, spread 1", inputs=inputs)]
    if isinstance(case.loss, ON_NUMBERS):
        targets = standardised(y.mean(axis=0), y.std(axis=0))
        found.append(Attempt("y scaled likewise", targets=targets, measure=SHARE_OF_CONSTANT))
    return found
