"""Pictures, drawn with matplotlib; every function takes and returns an ``Axes``."""

from __future__ import annotations

from glassnet.plots.history import plot_history
from glassnet.plots.predictions import plot_calibration, plot_confusion, plot_predicted
from glassnet.plots.regions import plot_decision_regions
from glassnet.plots.searches import plot_folds, plot_histories, plot_rates, plot_sweep
from glassnet.plots.weights import plot_weights

__all__ = [
    "plot_calibration",
    "plot_confusion",
    "plot_decision_regions",
    "plot_folds",
    "plot_histories",
    "plot_history",
    "plot_predicted",
    "plot_rates",
    "plot_sweep",
    "plot_weights",
]
