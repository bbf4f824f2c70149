"""What a network shows of itself: its history, and pictures drawn with matplotlib, as methods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from glassnet.engine.base_network import BaseNetwork

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from glassnet.training import History

__all__ = ["NetworkPlots"]


class NetworkPlots(BaseNetwork):
    """A network with its history and its ``plot_*`` methods; `glassnet.Network` is what users call."""

    @property
    def history(self) -> History:
        """What training recorded so far, over all calls of `fit`; empty before the first."""
        from glassnet.training import History

        return History() if self._run is None else self._run.history

    def plot_history(self, column: str = "loss", *, ax: Axes | None = None) -> Axes:
        """Draw a ``column`` of the history, findings marked, into ``ax``; see `glassnet.plots.plot_history`."""
        from glassnet.plots import plot_history

        return plot_history(self.history, column, ax=ax)

    def plot_network(self, X: Any = None, *, most_units: int = 12, ax: Axes | None = None) -> Axes:
        """Draw units and weights, with the answers to one row ``X``; see `glassnet.plots.plot_network`.

        ``most_units`` of a layer are drawn, into ``ax``.
        """
        from glassnet.plots import plot_network

        return plot_network(self, X, most_units=most_units, ax=ax)

    def plot_weights(self, *, ax: Axes | None = None) -> Axes:
        """Draw how the weights of every layer are spread, into ``ax``; see `glassnet.plots.plot_weights`."""
        from glassnet.plots import plot_weights

        return plot_weights(self, ax=ax)

    def plot_gradient_flow(self, X: Any, y: Any, sample_weight: Any = None, *, ax: Axes | None = None) -> Axes:
        """Draw how large the gradient on ``X``, ``y`` is in each layer; see `glassnet.plots.plot_gradient_flow`.

        ``sample_weight`` weighs the rows; ``ax`` is where to draw.
        """
        from glassnet.plots import plot_gradient_flow

        return plot_gradient_flow(self, X, y, sample_weight, ax=ax)

    def plot_decision_regions(
        self, X: Any, y: Any = None, *, features: Sequence[int] = (0, 1), resolution: int = 200, ax: Axes | None = None
    ) -> Axes:
        """Draw where in the plane of two ``features`` of ``X`` which class is predicted, and the rows by their ``y``.

        ``resolution`` points along each axis, into ``ax``; see `glassnet.plots.plot_decision_regions`.
        """
        from glassnet.plots import plot_decision_regions

        return plot_decision_regions(self, X, y, features=features, resolution=resolution, ax=ax)

    def plot_confusion(self, X: Any, y: Any, *, labels: Sequence[str] | None = None, ax: Axes | None = None) -> Axes:
        """Draw how often each class of ``y`` was predicted as which, for ``X``; see `glassnet.plots.plot_confusion`.

        ``labels`` are the names of the classes, in the order of their codes; ``ax`` is where to draw.
        """
        from glassnet.plots import plot_confusion

        return plot_confusion(self, X, y, labels=labels, ax=ax)

    def plot_calibration(self, X: Any, y: Any, *, bins: int = 10, ax: Axes | None = None) -> Axes:
        """Draw how often the class predicted for ``X`` was that in ``y``, against its probability, in ``bins`` groups.

        Into ``ax``; see `glassnet.plots.plot_calibration`.
        """
        from glassnet.plots import plot_calibration

        return plot_calibration(self, X, y, bins=bins, ax=ax)

    def plot_predicted(self, X: Any, y: Any, *, output: int = 0, ax: Axes | None = None) -> Axes:
        """Draw the predictions for ``X`` against the true numbers ``y``; see `glassnet.plots.plot_predicted`.

        ``output`` is the column of ``y``; ``ax`` is where to draw.
        """
        from glassnet.plots import plot_predicted

        return plot_predicted(self, X, y, output=output, ax=ax)
