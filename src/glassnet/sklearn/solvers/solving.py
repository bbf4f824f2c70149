"""Running a solver for an estimator: held-out rows, batches, the run, and what is said at its end."""

from __future__ import annotations

import functools
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.optimize import _check_optimize_result

from glassnet.errors import DataError, DivergenceError
from glassnet.optimizers import Optimizer
from glassnet.schedules import Schedule
from glassnet.sklearn.solvers.lbfgs import minimize_lbfgs, total_loss
from glassnet.sklearn.solvers.poor_fit import PoorFitWarning, SolverError
from glassnet.sklearn.solvers.rows import Rows
from glassnet.sklearn.solvers.stochastic import Bookkeeping, CoupledL2, MLPBatches, NoImprovement, WeightedStep
from glassnet.training.callbacks import as_callbacks
from glassnet.training.interrupts import listening
from glassnet.training.limits import Limits
from glassnet.training.loop import Run
from glassnet.training.progress import make_progress
from glassnet.training.step import TrainingStep
from glassnet.training.threads.pace import paced, pacing

if TYPE_CHECKING:
    from glassnet.sklearn.estimators.base import BaseMLP

__all__ = ["Session", "solve_lbfgs", "solve_stochastic"]


class Session:
    """What `continue_fit` needs beside the network and its run.

    Attributes
    ----------
    order : ndarray or None
        Of the rows in the last epoch.
    split : tuple of ndarray or None
        Which rows train and which are held out.
    best, last : tuple of ndarray or None
        Parameters and statistics of the best epoch and of the last.
    """

    def __init__(self) -> None:
        self.order: np.ndarray | None = None
        self.split: tuple[np.ndarray, np.ndarray] | None = None
        self.best: tuple[np.ndarray, np.ndarray] | None = None
        self.last: tuple[np.ndarray, np.ndarray] | None = None


def solve_stochastic(estimator: BaseMLP, rows: Rows, validation: Rows | None, epochs: int, *, continues: bool) -> str:
    """Train for some epochs, and return why that ended; ``continues`` goes on where the last fit ended."""
    session, network = estimator._session, estimator._network
    if continues and session.last is not None:
        network.params[...], network.stats[...] = session.last
    if not continues:
        session.order = None
    if estimator.early_stopping and validation is None:
        rows, validation = _hold_out(estimator, rows, keeps=continues)
    batches = MLPBatches(
        (rows.X, rows.y, rows.weight),
        _batch_size(estimator, len(rows.y)),
        estimator._random_state if estimator.shuffle else None,
        session.order,
    )
    estimator.n_iter_ = 0
    reason = _run(estimator, batches, validation, epochs)
    session.order = batches.rows
    if estimator.early_stopping and session.best is not None:
        session.last = (network.params.copy(), network.stats.copy())
        network.params[...], network.stats[...] = session.best
    if reason == "interrupted":
        warnings.warn("Training interrupted by user.", stacklevel=4)
    return reason


def _run(estimator: BaseMLP, batches: MLPBatches, validation: Rows | None, epochs: int) -> str:
    """Train, and return why it ended."""
    network = estimator._network
    metrics = {"score": estimator._score_of}
    if estimator.metrics is not None:
        metrics |= network.loss.choose_metrics(type(estimator).__name__, estimator.metrics)
    line = make_progress(estimator.progress)
    with paced(network, estimator.threads, batches.batch_size) as pace, listening() as interruption:
        seconds = float("inf") if estimator.max_seconds is None else estimator.max_seconds
        users = as_callbacks(estimator.callbacks) + ([line] if line else [])
        hooks = [pacing(pace), Bookkeeping(estimator), *users, NoImprovement(estimator), Limits(seconds, interruption)]
        has_own_rate = isinstance(estimator.solver, Optimizer) or isinstance(estimator.learning_rate, Schedule)
        make_step = functools.partial(
            TrainingStep if batches.arrays[2] is None else WeightedStep,
            penalties=CoupledL2(network.built("fit"), estimator.alpha),
            rate=None if has_own_rate else lambda position: estimator._optimizer.learning_rate,
        )
        data = None if validation is None else (validation.X, validation.y, validation.weight)
        run = Run(network, batches, epochs, validation=data, metrics=metrics, callbacks=hooks, make_step=make_step)
        try:
            return run.loop().stop_reason
        except KeyboardInterrupt:
            return "interrupted"
        except DivergenceError as error:
            _diverged(estimator, error)
            return "diverged"


def _diverged(estimator: BaseMLP, error: DivergenceError) -> None:
    """Go on with the best weights if there are any, as scikit-learn does, but say so."""
    name = type(estimator).__name__
    if not estimator.early_stopping or estimator._session.best is None:
        raise SolverError(name, str(error.got)) from error
    assert estimator.validation_scores_ is not None
    estimator.validation_scores_.append(float("nan"))
    message = (
        f"{name}.fit: weights must stay finite, got {error.got} in epoch {estimator.n_iter_ + 1}. "
        "The best weights before are kept. Lower learning_rate_init, or pass scale_inputs=True."
    )
    warnings.warn(message, PoorFitWarning, stacklevel=6)


def _batch_size(estimator: BaseMLP, n_rows: int) -> int:
    if estimator.batch_size == "auto":
        return min(200, n_rows)
    if estimator.batch_size > n_rows:
        # scikit-learn's words
        message = "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped"
        warnings.warn(message, stacklevel=4)
    return int(min(estimator.batch_size, n_rows))


def _hold_out(estimator: BaseMLP, rows: Rows, *, keeps: bool) -> tuple[Rows, Rows]:
    """Divide the rows into training and validation rows, with scikit-learn's random numbers."""
    from sklearn.model_selection import train_test_split

    session, n = estimator._session, len(rows.Y)
    if not keeps or session.split is None or sum(map(len, session.split)) != n:
        stratify = rows.Y if estimator._is_classifier and rows.Y.shape[1] == 1 else None
        options: dict[str, Any] = {"test_size": estimator.validation_fraction, "stratify": stratify}
        train, valid = train_test_split(np.arange(n), random_state=estimator._random_state, **options)
        if len(valid) < 2:
            message = "The validation set is too small. Increase 'validation_fraction' or the size of your dataset."
            raise DataError(message, got=len(valid))
        session.split = (train, valid)
    parts = rows.take(session.split[0]), rows.take(session.split[1])
    if not all(part.weight is None or part.weight.any() for part in parts):
        must = "rows to train on and rows held out must weigh something"
        message = f"fit: {must}, got weights of 0 for all of one part. Drop the rows of weight 0."
        raise DataError(message)
    return parts


def solve_lbfgs(estimator: BaseMLP, rows: Rows) -> None:
    """Minimize the loss over all rows with SciPy's L-BFGS."""
    network = estimator._network
    penalties = CoupledL2(network.built("fit"), estimator.alpha)
    with (
        paced(network, estimator.threads, len(rows.y), fixed=True),
        np.errstate(over="ignore", invalid="ignore", divide="ignore"),
    ):
        report = minimize_lbfgs(
            network,
            lambda: total_loss(network, rows.X, rows.y, rows.weight, penalties),
            max_iter=estimator.max_iter,
            max_fun=estimator.max_fun,
            tol=estimator.tol,
            verbose=bool(estimator.verbose),
        )
    estimator.loss_ = float(report.fun)
    # scikit-learn's words if it did not converge.
    estimator.n_iter_ = _check_optimize_result("lbfgs", report, estimator.max_iter)
