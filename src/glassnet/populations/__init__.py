"""Many networks at once: populations, cross-validation, searches for settings."""

from __future__ import annotations

from glassnet.populations.cross_validation import CrossValidation, cross_validate
from glassnet.populations.ensemble import Ensemble
from glassnet.populations.population import Population
from glassnet.populations.rates import RateSearch, find_learning_rate
from glassnet.populations.search import Sweep, Trial, sweep

__all__ = [
    "CrossValidation", "Ensemble", "Population", "RateSearch", "Sweep", "Trial", "cross_validate",
    "find_learning_rate", "sweep",
]  # fmt: skip
