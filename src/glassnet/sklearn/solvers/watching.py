"""Findings about the fit of a perceptron: the checks of `glassnet.diagnose` on what its solver trained."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.diagnosis import Watch
from glassnet.diagnosis.case import Case
from glassnet.diagnosis.examining import examine_untraced
from glassnet.errors import DivergenceError
from glassnet.schedules import Schedule
from glassnet.sklearn.solvers.rows import Rows
from glassnet.sklearn.solvers.shared_parameters import SharedParameters
from glassnet.sklearn.solvers.sparse import DenseRows
from glassnet.sklearn.solvers.state import FitState
from glassnet.training.findings import Diagnosis
from glassnet.training.loop import Run
from glassnet.utils.row_sources import RowSource

__all__ = ["FitWatch", "examine_lbfgs"]

_MOST_COLUMNS = 2000  # of a sparse matrix that is looked at as a dense one
# Findings in the units of the columns, which differ from those of a network with scaled inputs.
_IN_UNITS = ("code-for-missing", "outlier-in-inputs", "outlier-in-target", "skewed-inputs", "skewed-target")


class _InverseScaling(Schedule):
    """The learning rate of ``learning_rate="invscaling"`` over the epochs of a fit that begins anew.

    Parameters
    ----------
    start : float
        In the first epoch.
    power : float
        Of the rows seen before an epoch, by which it is divided.
    n_rows : int
        Rows of an epoch.
    """

    def __init__(self, start: float, power: float, n_rows: int) -> None:
        self.start, self.power, self.n_rows = start, power, n_rows

    def __call__(self, epoch: float) -> float:
        done = math.floor(epoch)
        return self.start / (done * self.n_rows + 1) ** self.power if done else self.start


class FitWatch(Watch):
    """Runs the checks of `Watch` during the fit of a perceptron; the estimator reports what they find.

    Parameters
    ----------
    chosen : Watch
        Whose options it takes.
    state : FitState
        Of the estimator.
    parameters : SharedParameters
        The estimator.
    """

    def __init__(self, chosen: Watch, state: FitState, parameters: SharedParameters) -> None:
        super().__init__()
        vars(self).update(vars(chosen))
        self.state, self._parameters = state, parameters
        self._ended: Run[Any] | None = None
        if self.feature_names is None:
            names = getattr(parameters, "feature_names_in_", None)
            self.feature_names = None if names is None else names.tolist()

    def on_fit_end(self, run: Run[Any]) -> None:
        self._ended = run  # the weights of the best epoch are not in place yet

    def _issue_warnings(self) -> None:
        """Leave it to the estimator, which has words of its own."""

    def conclude(self, best_epoch: int | None) -> Diagnosis:
        """Return what was found, the result included.

        Parameters
        ----------
        best_epoch : int or None
            The epoch whose weights are in the network now, if it is not the last one.
        """
        run = self._ended or self._run
        if run is None:
            return Diagnosis()
        history, kept = run.history, run.history.best_epoch
        history.best_epoch = best_epoch
        try:
            if self._ended is not None:
                super().on_fit_end(run)
        finally:
            history.best_epoch = kept
        return _in_units(Diagnosis(self._findings), run.batches.arrays, self.state, self.feature_names)

    def explain(self, error: DivergenceError) -> Diagnosis:
        """Return what was found about a divergence."""
        if self._run is not None:
            self._safely(lambda run: self._add_to_error(error), self._run)
        return Diagnosis(self._findings)

    def _safely(self, check: Callable[[Run[Any]], None], run: Run[Any]) -> None:
        # Penalty and learning rate are the solver's; what is tried on a copy has those of its network.
        network, batches, parameters = run.network, run.batches, self._parameters
        optimizer = network.optimizer
        before, rate = network.l2, optimizer.learning_rate
        network.l2 = parameters.alpha / 2 / batches.batch_size
        if parameters.solver == "sgd" and parameters.learning_rate == "invscaling":
            n_rows = len(batches.arrays[1])
            optimizer.learning_rate = _InverseScaling(parameters.learning_rate_init, parameters.power_t, n_rows)
        try:
            super()._safely(check, run)
        finally:
            network.l2, optimizer.learning_rate = before, rate

    def _case(self, run: Run[Any]) -> Case | None:
        arrays = run.batches.arrays
        if _is_too_wide(arrays[0]):
            return None
        case = super()._case(run)
        if case is not None:
            case.is_drawn = not self._parameters.warm_start
            case.data = _dense(case.data)
            case.validation = None if case.validation is None else _dense(case.validation)
        return case


def _dense(data: Any) -> tuple[Any, Any, Any]:
    X, y, weight = data
    return DenseRows(X) if isinstance(X, RowSource) else X, y, weight


def examine_lbfgs(watch: FitWatch, rows: Rows, *, is_poor: bool) -> Diagnosis:
    """Return what data and result of a fit by L-BFGS show, which has no steps to watch and none to try.

    Parameters
    ----------
    watch : FitWatch
        With the options.
    rows : Rows
        The rows that were trained on.
    is_poor : bool
        Whether the fit is no better than a guess.
    """
    if _is_too_wide(rows.X):
        return Diagnosis(unexamined="a sparse matrix of so many columns is not made dense")
    network, data = watch.state.network, _dense((rows.X, rows.y, rows.weight))
    case = Case(network, data, names=watch.feature_names)
    found = examine_untraced(case, watch.ignore, is_fitted=True, learned=not is_poor)
    return _in_units(found, data, watch.state, watch.feature_names)


def _is_too_wide(X: Any) -> bool:
    return isinstance(X, RowSource) and X.shape[1] > _MOST_COLUMNS


def _in_units(findings: Diagnosis, data: Any, state: FitState, names: Any) -> Diagnosis:
    """Return findings with values as the caller's columns have them, where the network is given scaled ones."""
    scaling, (X, y, weight) = state.scaling, data
    is_scaled = scaling.scale is not None or scaling.target_scale is not None
    if not is_scaled or not any(finding.code in _IN_UNITS for finding in findings) or not isinstance(X, np.ndarray):
        return findings
    X = X if scaling.scale is None else X * scaling.scale + scaling.center
    raw = Case(state.network, (X, scaling.unscaled(y), weight), names=names)
    measured = {each.code: each.measured for each in examine_untraced(raw, is_fitted=False, learned=True)}
    return Diagnosis(
        dataclasses.replace(finding, measured=measured.get(finding.code, finding.measured))
        for finding in findings
        if finding.code not in _IN_UNITS or finding.code in measured
    )
