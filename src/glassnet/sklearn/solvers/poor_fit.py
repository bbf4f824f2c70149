"""Warnings and errors about fits that failed; scikit-learn returns a useless network without one."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from glassnet.engine.evaluation import mean_loss
from glassnet.errors import DivergenceError
from glassnet.losses import SquaredError
from glassnet.losses.classification import BinaryCrossEntropy, SoftmaxCrossEntropy
from glassnet.sklearn.solvers.losses import BinaryLogLoss, HalfPoissonDeviance
from glassnet.sklearn.solvers.rows import Rows
from glassnet.sklearn.solvers.state import FitState
from glassnet.training.findings import DiagnosisWarning

__all__ = ["PoorFit", "PoorFitWarning", "SolverError", "find_poor_fit"]

_ROWS = 5_000  # enough to estimate a loss
_WORSE = 1.001


class PoorFitWarning(ConvergenceWarning, DiagnosisWarning):  # type: ignore[misc]  # scikit-learn ships no types
    """Something is wrong with a fit or its data; it ended no better than a guess, for example, or diverged."""


class SolverError(DivergenceError, ValueError):
    """Weights became NaN or infinite; the message begins with scikit-learn's words.

    Parameters
    ----------
    where : str
        Class of the estimator.
    what : str
        What was not finite.
    rate : str
        What the learning rate is called; empty with a solver that has none.
    """

    def __init__(self, where: str, what: str, rate: str) -> None:
        lower = f", or lower {rate}" if rate else ""
        super().__init__(
            "Solver produced non-finite parameter weights. The input data may contain large values and need to be "
            f"preprocessed. {where}.fit: training diverged with {what}. Pass scale_inputs=True{lower}.",
            got=what,
        )


class PoorFit(NamedTuple):
    """A training loss, and that of the best constant prediction, which is no worse."""

    loss: float
    guess: float

    def __str__(self) -> str:
        fact = f"the training loss is {self.loss:.4g}, and {self.guess:.4g} for a guess that looks at no feature"
        return f"{fact}; the network must do better."


def find_poor_fit(state: FitState, rows: Rows) -> PoorFit | None:
    """Return the loss if it is no better than that of the best constant prediction."""
    guess = _loss_of_guess(state.network.loss, rows, state.network.n_outputs)
    if not guess or state.loss < 0.98 * guess:
        return None
    part = rows.take(np.arange(min(_ROWS, len(rows.y))))
    with np.errstate(all="ignore"):  # the loss of the network as it is now, without penalties
        loss = float(mean_loss(state.network, state.network._logits(part.X), part.y, part.weight))
    return None if loss <= guess * _WORSE else PoorFit(loss, guess)


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
