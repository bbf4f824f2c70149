"""Many networks at once: populations, cross-validation, searches for settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glassnet.populations.cross_validation import CrossValidation, cross_validate
from glassnet.populations.ensemble import Ensemble
from glassnet.populations.population import Population
from glassnet.populations.rates import RateSearch, find_learning_rate
from glassnet.populations.search import Sweep, Trial, sweep
from glassnet.utils.keywords import unknown_name

__all__ = [
    "CrossValidation", "Ensemble", "Population", "RateSearch", "Sweep", "Trial", "cross_validate",
    "find_learning_rate", "sweep",
]  # fmt: skip


if not TYPE_CHECKING:  # a checker would take every name for one that exists

    def __getattr__(name: str) -> Any:
        raise unknown_name(__name__, name, __all__)
