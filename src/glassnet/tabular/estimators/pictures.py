"""The pictures of an estimator for tables, with the names of its columns and labels, in the units of its target."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from glassnet.tabular.estimators.own_name import speaks_in_own_name
from glassnet.tabular.model import TableModel
from glassnet.tabular.reading.table import Table
from glassnet.training import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["EstimatorPlots"]


@speaks_in_own_name
class EstimatorPlots:
    """The ``plot_*`` methods of an estimator; each draws into ``ax``, or into a new figure, and returns the axes."""

    model_: TableModel
    histories_: list[History]

    def _table(self, X: Any) -> Table:
        """Return X as a table with the columns of training."""
        raise NotImplementedError

    def _with_target(self, method: str, X: Any, y: Any) -> Table:
        """Return X and y as one table."""
        raise NotImplementedError

    def plot_history(self, column: str = "loss", *, ax: Axes | None = None) -> Axes:
        """Draw a column of the history of training, with a line for each network if there are several.

        Parameters
        ----------
        column : str, default="loss"
            ``"loss"``, or a metric such as ``"accuracy"``.
        ax : Axes, optional
            Where to draw; by default in a new figure.
        """
        from glassnet.plots import plot_history

        self._table_model()
        return plot_history(_together(self.histories_), column, ax=ax)

    def plot_network(self, row: Any = None, *, most_units: int | None = None, ax: Axes | None = None) -> Axes:
        """Draw the network, of several the first, with the names of its inputs and outputs.

        Parameters
        ----------
        row : as one row of ``X`` in `fit`, optional
            A row whose outputs are shown, in the units of the network.
        most_units : int, optional
            Largest number of units per layer, as in `glassnet.plots.plot_network`.
        ax : Axes, optional
            Where to draw; by default in a new figure.
        """
        model = self._table_model()
        return model.plot_network(None if row is None else self._table(row), most_units=most_units, ax=ax)

    def plot_weights(self, *, ax: Axes | None = None) -> Axes:
        """Draw how the weights of every layer are spread, into ``ax``; see `glassnet.plots.plot_weights`."""
        return self._table_model().plot_weights(ax=ax)

    def plot_confusion(self, X: Any, y: Any, *, ax: Axes | None = None) -> Axes:
        """Draw how many rows of each label were predicted as which; see `glassnet.plots.plot_confusion`.

        Parameters
        ----------
        X, y : as of `fit`
            Rows with known labels.
        ax : Axes, optional
            Where to draw; by default in a new figure.
        """
        return self._table_model().plot_confusion(self._with_target("plot_confusion", X, y), ax=ax)

    def plot_calibration(self, X: Any, y: Any, *, bins: int = 10, output: Any = None, ax: Axes | None = None) -> Axes:
        """Draw how often the predicted label was right against its probability; see `glassnet.plots.plot_calibration`.

        Parameters
        ----------
        X, y : as of `fit`
            Rows with known labels, which `fit` did not see.
        bins : int, default=10
            How many groups of rows.
        output : label, optional
            A label: its probability is compared with how often it is the true one.
        ax : Axes, optional
            Where to draw; by default in a new figure.
        """
        table = self._with_target("plot_calibration", X, y)
        return self._table_model().plot_calibration(table, bins=bins, output=output, ax=ax)

    def plot_predicted(self, X: Any, y: Any, *, ax: Axes | None = None) -> Axes:
        """Draw predicted against true numbers, in the units of the target.

        Parameters
        ----------
        X, y : as of `fit`
            Rows with known numbers.
        ax : Axes, optional
            Where to draw; by default in a new figure.
        """
        return self._table_model().plot_predicted(self._with_target("plot_predicted", X, y), ax=ax)

    def plot_importance(
        self, X: Any, y: Any, *, metric: str | None = None, repeats: int = 5, most: int = 15, ax: Axes | None = None
    ) -> Axes:
        """Draw how much worse the predictions get when a column is shuffled, the most important column on top.

        Parameters
        ----------
        X, y : as of `fit`
            Rows with known targets, preferably ones that `fit` did not see.
        metric : str, optional
            By default log loss for labels, and RMSE or pinball loss for numbers, in the units of the target.
        repeats : int, default=5
            How often each column is shuffled.
        most : int, default=15
            How many columns to draw.
        ax : Axes, optional
            Where to draw; by default in a new figure.
        """
        table = self._with_target("plot_importance", X, y)
        return self._table_model().plot_importance(table, metric=metric, repeats=repeats, most=most, ax=ax)

    def plot_why(self, X: Any, row: int = 0, *, background: Any = None, most: int = 10, ax: Axes | None = None) -> Axes:
        """Draw what each column contributes to the prediction for one row: blue for it, orange against.

        Parameters
        ----------
        X : as of `fit`
            Rows.
        row : int, default=0
            Which of them.
        background : as of `fit`, optional
            Rows to compare with.
        most : int, default=10
            How many columns to draw.
        ax : Axes, optional
            Where to draw; by default in a new figure.
        """
        beside = None if background is None else self._table(background)
        return self._table_model().plot_why(self._table(X), row, background=beside, most=most, ax=ax)

    def plot_decision_regions(
        self,
        X: Any,
        y: Any = None,
        *,
        features: Sequence[str] | None = None,
        resolution: int = 100,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw what is predicted over the plane of two columns of numbers, in their units, and the rows as points.

        Parameters
        ----------
        X : as of `fit`
            Rows.
        y : as of `fit`, optional
            Their labels or numbers, for the colours.
        features : (str, str), optional
            Names of the two columns, by default the first two of numbers; all others have a typical value.
        resolution : int, default=100
            Points along each axis.
        ax : Axes, optional
            Where to draw; by default in a new figure.
        """
        table = self._table(X) if y is None else self._with_target("plot_decision_regions", X, y)
        return self._table_model().plot_decision_regions(table, features=features, resolution=resolution, ax=ax)

    def _table_model(self) -> TableModel:
        """Return the fitted model; raise scikit-learn's error if there is none."""
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(self, "model_")
        return self.model_


def _together(histories: list[History]) -> History:
    """Return one history, or several as one with a value for each network in every epoch."""
    if len(histories) == 1:
        return histories[0]
    found = History()
    for name in dict.fromkeys(name for history in histories for name in history.columns):
        columns = [history.columns.get(name, []) for history in histories]
        epochs = itertools.zip_longest(*columns, fillvalue=None)
        found.columns[name] = [[float("nan") if value is None else value for value in epoch] for epoch in epochs]
    return found
