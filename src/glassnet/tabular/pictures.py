"""The pictures of a table model, with the names of its columns and labels, in the units of its target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.errors import ConfigError, NotFittedError
from glassnet.tabular.attribution.reasons import IN_UNITS, column_importance, reasons_of
from glassnet.tabular.plane import plane_columns, plane_table
from glassnet.tabular.predictor import Predictor
from glassnet.tabular.reading.table import Table
from glassnet.tabular.reading.text import as_form
from glassnet.utils.checks import check_integer
from glassnet.utils.keywords import advises_in_methods

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ModelPlots"]


@advises_in_methods
class ModelPlots(Predictor):
    """A table model with its ``plot_*`` methods; each draws into ``ax``, or into a new figure, and returns the axes."""

    def _with_target(self, method: str, frame: Any) -> Table:
        """Return a frame as a table; raise an error if it lacks the target."""
        raise NotImplementedError

    def plot_history(self, column: str = "loss", *, ax: Axes | None = None) -> Axes:
        """Draw a column of the history of training; see `glassnet.plots.plot_history`.

        Parameters
        ----------
        column : str, default="loss"
            ``"loss"``, or a metric.
        ax : Axes, optional
            Where to draw; by default in a new figure.

        Raises
        ------
        NotFittedError
            The model has no history: it is from a file, or averages several networks, whose histories the estimator
            keeps.
        """
        from glassnet.plots import plot_history

        if not self.network.history.epochs:
            fact = "the model has no history; a file of a model holds none"
            if self.network.members is not None:
                fact = "the model averages several networks and has no history of its own; neither does a file of it"
            message = f"TableModel.plot_history: {fact}. Call plot_history of the estimator where it was fitted."
            raise NotFittedError(message)
        return plot_history(self.network.history, column, ax=ax)

    def plot_network(self, row: Any = None, *, most_units: int | None = None, ax: Axes | None = None) -> Axes:
        """Draw the network, of several the first, with the names of its inputs and outputs.

        Parameters
        ----------
        row : dict, Series or frame, optional
            A row whose outputs are shown, in the units of the network.
        most_units : int, optional
            Largest number of units per layer, as in `glassnet.plots.plot_network`.
        ax : Axes, optional
            Where to draw; by default in a new figure.
        """
        from glassnet.plots import plot_network

        X = None if row is None else self.encoded(self.table(row))[:1]
        names: dict[str, Any] = {"feature_names": self.encoder.feature_names, "class_names": self._output_names()}
        member = None if self.network.members is None else 0
        return plot_network(self.network, X, **names, most_units=most_units, member=member, ax=ax)

    def _output_names(self) -> list[str] | None:
        """Return the names of the network's outputs; None where it has others than labels, a number or quantiles."""
        labels, n = self.target.labels, self.network.n_outputs
        if labels:
            return list(map(str, labels)) if n == len(labels) or (n == 1 and len(labels) == 2) else None
        names = [self.target.name] if self.levels is None else [f"{level:g} quantile" for level in self.levels]
        return names if n == len(names) else None

    def plot_weights(self, *, ax: Axes | None = None) -> Axes:
        """Draw how the weights of every layer are spread, into ``ax``; see `glassnet.plots.plot_weights`."""
        from glassnet.plots import plot_weights

        return plot_weights(self.network, ax=ax)

    def plot_confusion(self, frame: Any, *, ax: Axes | None = None) -> Axes:
        """Draw how many rows of each label were predicted as which; see `glassnet.plots.plot_confusion`.

        Parameters
        ----------
        frame : Table, DataFrame, mapping or rows
            Rows with the target.
        ax : Axes, optional
            Where to draw; by default in a new figure.
        """
        from glassnet.plots.confusion import draw_confusion
        from glassnet.plots.predictions import confusion_counts

        P, codes = self._probabilities("plot_confusion", frame)
        names = list(map(str, self.target.labels))
        return draw_confusion(confusion_counts(codes, P), names, target=self.target.name, ax=ax)

    def plot_calibration(
        self, frame: Any, *, bins: int = 10, output: str | None = None, ax: Axes | None = None
    ) -> Axes:
        """Draw how often the predicted label was right against its probability.

        Parameters
        ----------
        frame : Table, DataFrame, mapping or rows
            Rows with the target that the model was not trained on.
        bins : int, default=10
            How many groups of rows.
        output : str, optional
            A label: its probability is compared with how often it is the true one.
        ax : Axes, optional
            Where to draw; by default in a new figure.
        """
        from glassnet.plots.predictions import calibration_of

        P, codes = self._probabilities("plot_calibration", frame)
        names = list(map(str, self.target.labels))
        return calibration_of(P, codes, names, bins=bins, output=None if output is None else str(output), ax=ax)

    def _probabilities(self, method: str, frame: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return the probabilities of labels for rows, and their true codes."""
        if self.target.task != "classification":
            fact = "the model is a regression; it must be a classification"
            message = f"TableModel.{method}: {fact}. Use plot_predicted for numbers."
            raise ConfigError(message, expected="classification", got="regression")
        table = self._with_target(method, frame)
        return self.answers(self.encoded(table)), self.target.transform(table[self.target.name])

    def plot_predicted(self, frame: Any, *, ax: Axes | None = None) -> Axes:
        """Draw predicted against true numbers, in the units of the target.

        Parameters
        ----------
        frame : Table, DataFrame, mapping or rows
            Rows with the target.
        ax : Axes, optional
            Where to draw; by default in a new figure.
        """
        from glassnet.plots.axes import axes_for
        from glassnet.plots.predictions import draw_predicted

        where = "TableModel.plot_predicted"
        if self.target.task != "regression":
            message = f"{where}: the model is a classification; it must be a regression. Use plot_confusion for labels."
            raise ConfigError(message, expected="regression", got="classification")
        table = self._with_target("plot_predicted", frame)
        truth = as_form(table[self.target.name], self.target.form, where).values
        found = self.numbers(self.answers(self.encoded(table)))
        return draw_predicted(truth, found, target=self.target.name, ax=axes_for(where, ax))

    def plot_importance(
        self, frame: Any, *, metric: str | None = None, repeats: int = 5, seed: int = 0, most: int = 15,
        ax: Axes | None = None,
    ) -> Axes:  # fmt: skip
        """Draw how much worse the predictions get when a column is shuffled, the most important column on top.

        Parameters
        ----------
        frame : Table, DataFrame, mapping or rows
            Rows with the target, preferably ones that the model was not trained on.
        metric : str, optional
            By default log loss for labels, and RMSE or pinball loss for numbers, in the units of the target.
        repeats : int, default=5
            How often each column is shuffled.
        seed : int, default=0
            Random seed.
        most : int, default=15
            How many columns to draw.
        ax : Axes, optional
            Where to draw; by default in a new figure.
        """
        from glassnet.plots import plot_importance

        table = self._with_target("plot_importance", frame)
        found = column_importance(self, table, metric=metric, repeats=repeats, seed=seed)
        unit = self.target.name if found.metric in IN_UNITS and not self.target.labels else ""
        return plot_importance(found, most=most, target_name=unit, ax=ax)

    def plot_why(
        self, frame: Any, row: int = 0, *, background: Any = None, most: int = 10, ax: Axes | None = None
    ) -> Axes:
        """Draw what each column contributes to the prediction for one row: blue for it, orange against.

        Parameters
        ----------
        frame : Table, DataFrame, mapping or rows
            Rows, the target among the columns or not; or one row as a dict.
        row : int, default=0
            Which of them.
        background : as ``frame``, optional
            Rows to compare with, as in `why`.
        most : int, default=10
            How many columns to draw.
        ax : Axes, optional
            Where to draw; by default in a new figure.
        """
        from glassnet.plots import plot_why

        table = self.table(frame)
        place = check_integer("TableModel.plot_why", "row", row, 0, maximum=max(table.n_rows - 1, 0))
        return plot_why(reasons_of(self, table.take(np.array([place])), background)[0], most=most, ax=ax)

    def plot_decision_regions(
        self, frame: Any, *, features: Sequence[str] | None = None, resolution: int = 100, ax: Axes | None = None
    ) -> Axes:
        """Draw what is predicted over the plane of two columns of numbers, in their units, and the rows as points.

        Parameters
        ----------
        frame : Table, DataFrame, mapping or rows
            Rows; their colours are the labels or numbers of the target, if it is among the columns.
        features : (str, str), optional
            Names of the two columns; by default the first two of numbers. In all others the rows of the plane have the
            median, or the most frequent category.
        resolution : int, default=100
            Points along each axis.
        ax : Axes, optional
            Where to draw; by default in a new figure.
        """
        from glassnet.plots.axes import axes_for
        from glassnet.plots.region_drawing import draw_class_map, draw_number_map, span_of

        where = "TableModel.plot_decision_regions"
        table = self.table(frame)
        names = plane_columns(where, self.encoder, table, features)
        resolution = check_integer(where, "resolution", resolution, 2)
        there = ~(table[names[0]].missing | table[names[1]].missing)
        places = table[names[0]].values[there], table[names[1]].values[there]
        spans = span_of(places[0], resolution), span_of(places[1], resolution)
        outputs = self.answers(self.encoded(plane_table(self.encoder, table, names, spans)))
        target = table[self.target.name].take(there) if self.target.name in table else None
        ax = axes_for(where, ax)
        if self.target.labels:
            codes = None if target is None else self.target.transform(target)
            P = outputs.reshape(resolution, resolution, -1)
            draw_class_map(ax, P, spans, list(map(str, self.target.labels)), places, codes, names)
        else:
            numbers = None if target is None else as_form(target, self.target.form, where).values
            shown = self.numbers(outputs).reshape(resolution, resolution)
            draw_number_map(ax, shown, spans, self.target.name, places, numbers, names)
        return ax
