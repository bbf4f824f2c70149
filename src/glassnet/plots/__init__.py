"""Pictures, drawn with matplotlib; every function takes and returns an ``Axes``."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from glassnet.utils.keywords import unknown_name

if TYPE_CHECKING:
    from glassnet.plots.history import plot_history
    from glassnet.plots.importances import plot_attribution, plot_importance, plot_why
    from glassnet.plots.layers import plot_gradient_flow, plot_histograms
    from glassnet.plots.network import plot_network
    from glassnet.plots.predictions import plot_calibration, plot_confusion, plot_predicted
    from glassnet.plots.regions import plot_decision_regions
    from glassnet.plots.searches import plot_folds, plot_histories, plot_rates, plot_sweep
    from glassnet.plots.weights import plot_weights

__all__ = [
    "plot_attribution", "plot_calibration", "plot_confusion", "plot_decision_regions", "plot_folds",
    "plot_gradient_flow", "plot_histograms", "plot_histories", "plot_history", "plot_importance", "plot_network",
    "plot_predicted", "plot_rates", "plot_sweep", "plot_weights", "plot_why",
]  # fmt: skip

# Loaded when first used: every network has the methods of this room, and few draw.
_ON_USE = {
    "glassnet.plots.history": ("plot_history",),
    "glassnet.plots.importances": ("plot_attribution", "plot_importance", "plot_why"),
    "glassnet.plots.layers": ("plot_gradient_flow", "plot_histograms"),
    "glassnet.plots.network": ("plot_network",),
    "glassnet.plots.predictions": ("plot_calibration", "plot_confusion", "plot_predicted"),
    "glassnet.plots.regions": ("plot_decision_regions",),
    "glassnet.plots.searches": ("plot_folds", "plot_histories", "plot_rates", "plot_sweep"),
    "glassnet.plots.weights": ("plot_weights",),
}  # fmt: skip
_HOME_OF = {name: home for home, names in _ON_USE.items() for name in names}


if not TYPE_CHECKING:  # a checker would take every name for one that exists

    def __getattr__(name: str) -> Any:
        if name not in _HOME_OF:
            raise unknown_name(__name__, name, __all__)
        value = globals()[name] = getattr(importlib.import_module(_HOME_OF[name]), name)
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
