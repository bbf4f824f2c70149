"""Pictures, drawn with matplotlib; every function takes and returns an ``Axes``."""

from glassnet.plots.history import plot_history
from glassnet.plots.importances import plot_attribution, plot_importance
from glassnet.plots.layers import plot_gradient_flow, plot_histograms
from glassnet.plots.network import plot_network
from glassnet.plots.predictions import plot_calibration, plot_confusion, plot_predicted
from glassnet.plots.regions import plot_decision_regions
from glassnet.plots.searches import plot_folds, plot_histories, plot_rates, plot_sweep
from glassnet.plots.weights import plot_weights

__all__ = [
    "plot_attribution", "plot_calibration", "plot_confusion", "plot_decision_regions", "plot_folds",
    "plot_gradient_flow", "plot_histograms", "plot_histories", "plot_history", "plot_importance", "plot_network",
    "plot_predicted", "plot_rates", "plot_sweep", "plot_weights",
]  # fmt: skip
