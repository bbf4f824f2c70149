"""What a network shows of itself: its history, and pictures drawn with matplotlib, as methods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from glassnet.engine.base_network import BaseNetwork
from glassnet.utils.keywords import advises_in_methods
from glassnet.utils.upper_floor import from_above

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from glassnet.training import History
    from glassnet.utils.report_type import ReportLike

__all__ = ["NetworkPlots"]


@advises_in_methods
class NetworkPlots(BaseNetwork):
    """A network with its history and its ``plot_*`` methods; `glassnet.Network` is what users call."""

    @property
    def history(self) -> History:
        """The history of training over all calls of `fit`; empty before the first."""
        from glassnet.training import History

        return History() if self._run is None else self._run.history

    def report(
        self,
        X: Any,
        y: Any,
        *,
        feature_names: Sequence[str] | None = None,
        class_names: Sequence[Any] | None = None,
    ) -> ReportLike:
        """Return a report on rows with known targets: scores beside a constant, worst rows and why, findings, a card.

        A notebook shows it as a page, ``print`` as text; ``report.save("report.html")`` writes one file that loads
        nothing.

        Parameters
        ----------
        X, y : array
            Rows and targets, as of `evaluate`, best ones that the network was not trained on.
        feature_names : sequence of str, optional
            What the inputs are called; by default the names of the columns of X, if it has some.
        class_names : sequence, optional
            What the classes are called, in the order of their codes.

        Returns
        -------
        Report
            See `glassnet.reports.Report`.
        """
        report_network = from_above("reports.network_report", "report_network")
        report: ReportLike = report_network(self, X, y, feature_names=feature_names, class_names=class_names)
        return report

    def plot_history(self, column: str = "loss", *, ax: Axes | None = None) -> Axes:
        """Draw a ``column`` of the history, findings marked, into ``ax``; see `glassnet.plots.plot_history`."""
        from glassnet.plots import plot_history

        return plot_history(self.history, column, ax=ax)

    def plot_network(
        self,
        X: Any = None,
        *,
        feature_names: Sequence[str] | None = None,
        class_names: Sequence[str] | None = None,
        most_units: int | None = None,
        member: int | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw units and weights, with the outputs for one row ``X``; see `glassnet.plots.plot_network`.

        ``feature_names`` and ``class_names`` stand at inputs and outputs; ``most_units`` of a layer are drawn, of one
        ``member`` if there are several, into ``ax``.
        """
        from glassnet.plots import plot_network

        names: dict[str, Any] = {"feature_names": feature_names, "class_names": class_names}
        return plot_network(self, X, **names, most_units=most_units, member=member, ax=ax)

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
        self,
        X: Any,
        y: Any = None,
        *,
        features: Sequence[int | str] = (0, 1),
        feature_names: Sequence[str] | None = None,
        class_names: Sequence[str] | None = None,
        resolution: int = 200,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw which class is predicted where in the plane of two ``features`` of ``X``, and the rows by their ``y``.

        ``features`` are positions or names; ``feature_names`` and ``class_names`` stand at the axes and in the legend;
        ``resolution`` points along each axis, into ``ax``; see `glassnet.plots.plot_decision_regions`.
        """
        from glassnet.plots import plot_decision_regions

        names: dict[str, Any] = {"feature_names": feature_names, "class_names": class_names}
        return plot_decision_regions(self, X, y, features=features, **names, resolution=resolution, ax=ax)

    def plot_confusion(
        self,
        X: Any,
        y: Any,
        *,
        class_names: Sequence[str] | None = None,
        labels: Sequence[str] | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw how often each class of ``y`` was predicted as which, for ``X``; see `glassnet.plots.plot_confusion`.

        ``class_names``, or ``labels``, are the names of the classes, in the order of their codes; ``ax`` is where to
        draw.
        """
        from glassnet.plots import plot_confusion

        return plot_confusion(self, X, y, class_names=class_names, labels=labels, ax=ax)

    def plot_calibration(
        self,
        X: Any,
        y: Any,
        *,
        bins: int = 10,
        output: int | str | None = None,
        class_names: Sequence[str] | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw how often the class predicted for ``X`` was that in ``y``, against its probability, in ``bins`` groups.

        With ``output``, a code or one of ``class_names``, it is the probability of that class; into ``ax``. See
        `glassnet.plots.plot_calibration`.
        """
        from glassnet.plots import plot_calibration

        return plot_calibration(self, X, y, bins=bins, output=output, class_names=class_names, ax=ax)

    def plot_predicted(
        self, X: Any, y: Any, *, output: int = 0, target_name: str | None = None, ax: Axes | None = None
    ) -> Axes:
        """Draw the predictions for ``X`` against the true numbers ``y``; see `glassnet.plots.plot_predicted`.

        ``output`` is the column of ``y``, ``target_name`` its name; ``ax`` is where to draw.
        """
        from glassnet.plots import plot_predicted

        return plot_predicted(self, X, y, output=output, target_name=target_name, ax=ax)
