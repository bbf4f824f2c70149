"""What an estimator for tables offers once it is fitted, beside predictions: reasons, importances, its file."""

from __future__ import annotations

from os import PathLike
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from glassnet.attribution import Importance
from glassnet.errors import DataError
from glassnet.network import Network
from glassnet.tabular.attribution.reasons import Whys
from glassnet.tabular.calibration.result import Calibrated
from glassnet.tabular.estimators.importances import shares_of_columns
from glassnet.tabular.estimators.inputs import as_array, as_table
from glassnet.tabular.estimators.notices import issue
from glassnet.tabular.estimators.own_name import speaks_in_own_name
from glassnet.tabular.estimators.pictures import EstimatorPlots
from glassnet.tabular.estimators.targets import one_per_row
from glassnet.tabular.fitting.options import Rows
from glassnet.tabular.model import TableModel
from glassnet.tabular.one_row import Answer, answer_of
from glassnet.tabular.reading.form import Form
from glassnet.tabular.reading.frames import is_frame
from glassnet.tabular.reading.rows import complete_rows
from glassnet.tabular.reading.table import Column, Table
from glassnet.training import History
from glassnet.utils.estimator_types import GUIDE_PAGE, BaseEstimator
from glassnet.utils.report_type import ReportLike
from glassnet.utils.upper_floor import from_above

__all__ = ["FittedEstimator"]


@speaks_in_own_name
class FittedEstimator(EstimatorPlots, BaseEstimator):
    """Part of `TabularEstimator`: everything that needs a fit, but predictions."""

    model_: TableModel
    histories_: list[History]
    _columns: tuple[bool, list[str]]
    _names: list[str]
    _target_forms: dict[str, Form]
    _sample: Rows
    _importances: np.ndarray | None

    # Names of scikit-learn, whose boxes in notebooks would link to its own documentation.
    _doc_link_module = "glassnet"
    _doc_link_template = GUIDE_PAGE

    def _doc_link_url_param_generator(self) -> dict[str, str]:
        return {"page": "tables-without-tuning"}

    def _as_column(self, name: str, values: np.ndarray) -> Column:
        """Return targets as a column."""
        raise NotImplementedError

    def _table(self, X: Any) -> Table:
        check_is_fitted(self, "model_")
        if self._columns[0]:
            encoder = self.model_.encoder
            X = complete_rows(X, encoder.column_names, self._columns[1], type(self).__name__)
        table = as_table(self, X, reset=False)
        self.model_.require(table, type(self).__name__)
        return table

    def _warn_of(self, table: Table) -> None:
        """Issue one warning if rows that were predicted differ from those of training."""
        issue(f"{type(self).__name__}.predict", self.model_.warnings(table), "model_.warnings(X)")

    @property
    def network_(self) -> Network:
        """The trained network; several are its members."""
        check_is_fitted(self, "model_")
        return self.model_.network

    @property
    def history_(self) -> History:
        """Training history of the first network."""
        check_is_fitted(self, "model_")
        return self.histories_[0]

    @property
    def calibration_(self) -> Calibrated | None:
        """What calibrated the probabilities or quantiles, and what it changed; None if nothing did."""
        check_is_fitted(self, "model_")
        return self.model_.calibration

    def predict_one(self, row: Any) -> Answer:
        """Return the answer for one row as plain data that JSON can hold; see `TableModel.predict_one`.

        Parameters
        ----------
        row : dict, Series, row of a structured array, or table of one row
            As in ``X`` of `fit`, or a list of values if that was an array.
        """
        cells = None if is_frame(row) else as_array(row)
        table = self._table(row if cells is None or cells.ndim != 1 else [row])
        return answer_of(self.model_, table, self._labels(), f"{type(self).__name__}.predict_one")

    def _labels(self) -> list[Any]:
        """Return the labels in the order of the model's codes; none for a regression."""
        return []

    @property
    def feature_importances_(self) -> np.ndarray:
        """Share of each column in what the columns together are worth, float64 (n_features_in_,), for `RFE` and others.

        ``max(0, L_j - L)``, divided by its sum: L is the log loss, RMSE or pinball loss on up to 512 rows of the fit,
        held-out ones if there were some, and L_j the same with column j shuffled among them, as a mean of three times.
        It is computed when it is first asked for; these rows are kept in the estimator and its pickles, but not in the
        files of `save`. See `importance` for rows of your own.
        """
        check_is_fitted(self, "model_")
        if self._importances is None:
            self._importances = shares_of_columns(self.model_, self._sample, self._names)
        return self._importances

    def why(self, X: Any, background: Any = None) -> Whys:
        """Return for each row of X what its columns contribute to the prediction; see `TableModel.why`.

        Parameters
        ----------
        X : as of `fit`
            Rows to explain.
        background : as of `fit`, optional
            Rows to compare with.
        """
        table = self._table(X)
        return self.model_.why(table, None if background is None else self._table(background))

    def importance(self, X: Any, y: Any, *, metric: str | None = None, repeats: int = 5) -> Importance:
        """Return how much worse the predictions for X get when a column is shuffled.

        Parameters
        ----------
        X, y : as of `fit`
            Rows with known targets, preferably ones that `fit` did not see.
        metric : str, optional
            As of `glassnet.attribution.permutation_importance`. By default that of `report`: log loss for labels, RMSE
            for numbers and pinball loss for quantiles, in the units of the target.
        repeats : int, default=5
            How often each column is shuffled.
        """
        table = self._with_target("importance", X, y)
        return self.model_.importance(table, metric=metric, repeats=repeats)

    def report(self, X: Any, y: Any, *, name: str = "") -> ReportLike:
        """Return a report on rows with known targets: scores beside baselines, worst rows and why, findings, a card.

        A notebook shows it as a page, ``print`` as text, and ``report.save("report.html")`` writes one file that loads
        nothing; see `glassnet.reports.Report`.

        Parameters
        ----------
        X, y : as of `fit`
            Rows with known targets, best ones that `fit` did not see.
        name : str, optional
            What the rows are called in the report.
        """
        report_model = from_above("reports.model_report", "report_model")
        table = self._with_target("report", X, y)
        options: dict[str, Any] = {"name": name, "histories": self.histories_, "code": "model.report(X, y)"}
        options["goal"] = getattr(self, "metric", None) or "", getattr(self, "class_weight", None) is not None
        report: ReportLike = report_model(self.model_, table, **options)
        return report

    def playground(self, X: Any, y: Any, *, port: int = 0, open_browser: bool = True, block: bool | None = None) -> Any:
        """Open a page in the browser where a copy of the network is trained, changed and looked into.

        Parameters
        ----------
        X, y : as of `fit`
            Rows to train on, of which a fifth is held out.
        port, open_browser, block
            As of `glassnet.Network.playground`.
        """
        table = self._with_target("playground", X, y)
        return self.model_.playground(table, port=port, open_browser=open_browser, block=block)

    def _with_target(self, method: str, X: Any, y: Any) -> Table:
        table = self._table(X)
        name = self.model_.target.name
        where = f"{type(self).__name__}.{method}"
        column = self._as_column(name, one_per_row(where, y))
        if len(column) != table.n_rows:
            message = f"{where}: X has {table.n_rows} rows and y {len(column)}; they must have the same number."
            raise DataError(message, expected=table.n_rows, got=len(column))
        return Table([*(other for other in table.columns if other.name != name), column])

    def _as_numbers(self, method: str, y: Any) -> Any:
        """Return targets that are text, such as ``"1.586,15 €"``, as numbers, read as in `fit`; others as they are."""
        check_is_fitted(self, "model_")
        values = as_array(y)
        if values is None or values.dtype.kind not in "OU" or not any(isinstance(cell, str) for cell in values.flat):
            return y
        where = f"{type(self).__name__}.{method}"
        return self._as_column(self.model_.target.name, one_per_row(where, y)).values

    def save(self, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write network, encoder and labels to one file, for `TableModel.load` and the command line.

        Parameters
        ----------
        path : str or path-like
            File to write; its name ends in ``.safetensors``.
        overwrite : bool, default=False
            Whether to write over a file that is no model of glassnet too, and under any name.
        """
        check_is_fitted(self, "model_")
        self.model_.save(path, overwrite=overwrite)
