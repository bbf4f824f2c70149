"""Running a solver: held-out rows, batches, the run, and the warnings at its end."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.utils.optimize import _check_optimize_result

from glassnet.engine.one_fit import running
from glassnet.errors import DataError, DivergenceError
from glassnet.optimizers import Optimizer
from glassnet.schedules import Schedule
from glassnet.sklearn.solvers.finding_words import rate_name
from glassnet.sklearn.solvers.lbfgs import minimize_lbfgs, total_loss
from glassnet.sklearn.solvers.poor_fit import PoorFitWarning, SolverError
from glassnet.sklearn.solvers.rows import Rows
from glassnet.sklearn.solvers.shared_parameters import SharedParameters
from glassnet.sklearn.solvers.state import FitState
from glassnet.sklearn.solvers.stochastic import Bookkeeping, CoupledL2, MLPBatches, NoImprovement, WeightedStep
from glassnet.training.callbacks import as_callbacks
from glassnet.training.hooks import Hooks
from glassnet.training.limits import Limits, defer_interrupts
from glassnet.training.loop import Run
from glassnet.training.progress import make_progress
from glassnet.training.step import TrainingStep
from glassnet.training.threads.pace import paced, pacing
from glassnet.training.training_scores import TrainingScores, check_names

__all__ = ["hold_out", "solve_lbfgs", "solve_stochastic"]

# Score of predictions for targets, with the rows' weights or None.
Score = Callable[[np.ndarray, np.ndarray, np.ndarray | None], float]


def solve_stochastic(
    state: FitState, parameters: SharedParameters, rows: Rows, validation: Rows | None, epochs: int, score: Score, *,
    continues: bool, watch: Hooks | None = None,
) -> str:  # fmt: skip
    """Train for some epochs, and return why that ended; ``continues`` goes on where the last fit ended.

    ``watch`` is called at each event of the run, too.
    """
    network = state.network
    if continues and state.last is not None:
        network.params[...], network.stats[...] = state.last
    if not continues:
        state.order = None
    size, random = _batch_size(parameters, len(rows.y)), state.random if parameters.shuffle else None
    batches = MLPBatches((rows.X, rows.y, rows.weight), size, random, state.order)
    state.n_iter = 0
    watches = [] if watch is None else [watch]
    reason = _run(state, parameters, batches, validation, epochs, score, watches)
    state.order = batches.rows
    if parameters.early_stopping and state.best is not None:
        state.last = (network.params.copy(), network.stats.copy())
        network.params[...], network.stats[...] = state.best
    if reason == "interrupted":
        warnings.warn("Training interrupted by user.", stacklevel=4)
    return reason


def _run(
    state: FitState, parameters: SharedParameters, batches: MLPBatches, validation: Rows | None, epochs: int,
    score: Score, watches: list[Hooks],
) -> str:  # fmt: skip
    """Train, and return why it ended."""
    network = state.network
    own: dict[str, Any] = {}
    if parameters.metrics is not None:
        own = dict(network.loss.choose_metrics(type(parameters).__name__, parameters.metrics))
        check_names(own)
    metrics = {"score": score} | own
    line = make_progress(parameters.progress)
    with paced(network, parameters.threads, batches.batch_size) as pace, defer_interrupts() as interruption:
        seconds = float("inf") if parameters.max_seconds is None else parameters.max_seconds
        users = as_callbacks(parameters.callbacks) + ([line] if line else [])
        bookkeeping, rule = Bookkeeping(state, parameters), NoImprovement(state, parameters)
        has_own_rate = isinstance(parameters.solver, Optimizer) or isinstance(parameters.learning_rate, Schedule)
        make_step = functools.partial(
            TrainingStep if batches.arrays[2] is None else WeightedStep,
            penalties=CoupledL2(network._built("fit"), parameters.alpha),
            rate=None if has_own_rate else lambda position: state.learning_rate.learning_rate,
        )
        data = None if validation is None else (validation.X, validation.y, validation.weight)
        hooks: list[Hooks] = [pacing(pace), bookkeeping, *users, *watches, rule, Limits(seconds, interruption)]
        run = Run(network, batches, epochs, validation=data, metrics=metrics, callbacks=hooks, make_step=make_step)
        run.training_scores = TrainingScores(own) if own else None
        try:
            return run.loop().stop_reason
        except KeyboardInterrupt:
            if interruption.leaves:
                raise
            return "interrupted"
        except DivergenceError as error:
            _diverged(state, parameters, error)
            return "diverged"


def _diverged(state: FitState, parameters: SharedParameters, error: DivergenceError) -> None:
    """Restore the best weights if there are any, as scikit-learn does, and warn."""
    name = type(parameters).__name__
    if not parameters.early_stopping or state.best is None:
        raise SolverError(name, str(error.got), rate_name(parameters)) from error
    assert state.validation_scores is not None
    state.validation_scores.append(float("nan"))
    message = (
        f"{name}.fit: training diverged with {error.got} in epoch {state.n_iter + 1}. "
        f"The best weights before are kept. Lower {rate_name(parameters)}, or pass scale_inputs=True."
    )
    warnings.warn(message, PoorFitWarning, stacklevel=6)


def _batch_size(parameters: SharedParameters, n_rows: int) -> int:
    if parameters.batch_size == "auto":
        return min(200, n_rows)
    if parameters.batch_size > n_rows:
        # scikit-learn's words
        message = "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped"
        warnings.warn(message, stacklevel=4)
    return int(min(parameters.batch_size, n_rows))


def hold_out(state: FitState, fraction: float, rows: Rows, *, continues: bool) -> tuple[Rows, Rows]:
    """Divide the rows into training and validation rows, with scikit-learn's random numbers.

    ``continues`` takes the division of the last fit if it had as many rows.
    """
    from sklearn.model_selection import train_test_split

    n = len(rows.Y)
    if not continues or state.split is None or sum(map(len, state.split)) != n:
        stratify = rows.Y if state.labels is not None and rows.Y.shape[1] == 1 else None
        options: dict[str, Any] = {"test_size": fraction, "stratify": stratify}
        train, valid = train_test_split(np.arange(n), random_state=state.random, **options)
        if len(valid) < 2:
            message = "The validation set is too small. Increase 'validation_fraction' or the size of your dataset."
            raise DataError(message, got=len(valid))
        state.split = (train, valid)
    parts = rows.take(state.split[0]), rows.take(state.split[1])
    if not all(part.weight is None or part.weight.any() for part in parts):
        fact = "all rows to train on, or all rows held out, have weight 0"
        message = f"fit: {fact}; some of both must weigh more. Drop the rows of weight 0."
        raise DataError(message)
    return parts


def solve_lbfgs(state: FitState, parameters: SharedParameters, rows: Rows) -> None:
    """Minimize the loss over all rows with SciPy's L-BFGS."""
    network = state.network
    penalties = CoupledL2(network._built("fit"), parameters.alpha)
    with (
        running([network]),
        paced(network, parameters.threads, len(rows.y), fixed=True),
        np.errstate(all="ignore"),
    ):
        report = minimize_lbfgs(
            network,
            lambda: total_loss(network, rows.X, rows.y, rows.weight, penalties),
            max_iter=parameters.max_iter,
            max_fun=parameters.max_fun,
            tol=parameters.tol,
            verbose=bool(parameters.verbose),
        )
    state.loss = float(report.fun)
    # scikit-learn's words if it did not converge.
    state.n_iter = _check_optimize_result("lbfgs", report, parameters.max_iter)
