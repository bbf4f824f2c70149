"""Warnings and errors about fits that failed; scikit-learn returns a useless network without one."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from glassnet.engine.evaluation import mean_loss
from glassnet.errors import DivergenceError
from glassnet.losses import SquaredError
from glassnet.losses.classification import BinaryCrossEntropy, SoftmaxCrossEntropy
from glassnet.optimizers import Optimizer
from glassnet.schedules import Schedule
from glassnet.sklearn.solvers.losses import BinaryLogLoss, HalfPoissonDeviance
from glassnet.sklearn.solvers.rows import Rows
from glassnet.sklearn.solvers.shared_parameters import SharedParameters
from glassnet.sklearn.solvers.sparse import CompressedRows
from glassnet.sklearn.solvers.state import FitState

__all__ = ["PoorFitWarning", "SolverError", "check_fit"]

_ROWS = 5_000  # enough to estimate a loss
_WORSE = 1.001
_WIDE = 30.0  # standard scores hardly ever reach this


class PoorFitWarning(ConvergenceWarning):  # type: ignore[misc]  # scikit-learn ships no types
    """A fit ended no better than a guess that looks at no feature, or diverged."""


class SolverError(DivergenceError, ValueError):
    """Weights became NaN or infinite; the message begins with scikit-learn's words.

    Parameters
    ----------
    where : str
        Class of the estimator.
    what : str
        What was not finite.
    """

    def __init__(self, where: str, what: str) -> None:
        super().__init__(
            "Solver produced non-finite parameter weights. The input data may contain large values and need to be "
            f"preprocessed. {where}.fit: weights must stay finite, got {what}. Pass scale_inputs=True, or lower "
            "learning_rate_init.",
            got=what,
        )


def check_fit(state: FitState, parameters: SharedParameters, rows: Rows) -> None:
    """Warn if the training loss is no better than that of the best constant prediction."""
    guess = _loss_of_guess(state.network.loss, rows, state.network.n_outputs)
    if not guess or state.loss < 0.98 * guess:
        return
    part = rows.take(np.arange(min(_ROWS, len(rows.y))))
    with np.errstate(all="ignore"):  # the loss of the network as it is now, without penalties
        loss = float(mean_loss(state.network, state.network.logits(part.X), part.y, part.weight))
    if loss <= guess * _WORSE:
        return
    name, why = type(parameters).__name__, _advice(state, parameters, rows)
    message = (
        f"{name}.fit: the network must do better than a guess that looks at no feature, got a training loss of "
        f"{loss:.4g} against {guess:.4g}. {why}"
    )
    warnings.warn(message, PoorFitWarning, stacklevel=4)


def _advice(state: FitState, parameters: SharedParameters, rows: Rows) -> str:
    """Return what probably helps."""
    inputs = rows.X.matrix if isinstance(rows.X, CompressedRows) else rows.X[:_ROWS]
    largest, curve = float(max(inputs.max(), -inputs.min())), getattr(state, "loss_curve", [])
    if largest > _WIDE:
        return f"Values of X reach {largest:.3g}: pass scale_inputs=True."
    if state.n_iter == parameters.max_iter and (len(curve) < 2 or curve[-1] < curve[0]):
        return "The loss was still falling: raise max_iter."
    if 1 < len(curve) < parameters.max_iter and curve[-1] <= min(curve):
        fact = f"The loss was still falling when training stopped after {state.n_iter} epochs"
        return f"{fact}: raise learning_rate_init (now {parameters.learning_rate_init:g}), or n_iter_no_change."
    if isinstance(parameters.solver, Optimizer) or isinstance(parameters.learning_rate, Schedule):
        return f"Lower the learning rate (now {max(state.network.history['learning_rate']):g})."
    return f"Lower learning_rate_init (now {parameters.learning_rate_init:g})."


def _loss_of_guess(loss: Any, rows: Rows, k: int) -> float | None:
    """Return the loss of the best constant prediction of k outputs on the first rows; None if there is no formula."""
    y, weight = rows.y[:_ROWS], None if rows.weight is None else rows.weight[:_ROWS]
    if weight is not None:
        y, weight = y[weight > 0.0], weight[weight > 0.0]
        if not len(y):
            return None
    if isinstance(loss, SoftmaxCrossEntropy):
        shares = np.bincount(y, weight, k) if y.ndim == 1 else np.average(y, axis=0, weights=weight)
        return _entropy(shares / shares.sum() * (1.0 - loss.label_smoothing) + loss.label_smoothing / k)
    mean = np.average(y, axis=0, weights=weight).astype(np.float64)
    factor = loss.guess_factor if hasattr(loss, "guess_factor") else 1.0
    if isinstance(loss, BinaryCrossEntropy):
        mean = mean * (1.0 - loss.label_smoothing) + loss.label_smoothing / 2
        each = [_entropy(np.array([p, 1.0 - p])) for p in mean]
        return sum(each) if isinstance(loss, BinaryLogLoss) else sum(each) / len(each)
    if isinstance(loss, SquaredError):
        return factor * float(np.average((y - mean) ** 2, axis=0, weights=weight).mean())
    if isinstance(loss, HalfPoissonDeviance):
        logs = np.log(np.where(y > 0, y, 1.0) / np.where(mean > 0, mean, 1.0))
        return float(np.average(y * logs, axis=0, weights=weight).sum())
    return None


def _entropy(shares: np.ndarray) -> float:
    return -sum(float(p) * math.log(p) for p in shares if p > 0)
