"""The epochs of scikit-learn's stochastic solvers: its order of rows, its L2 term, its rules for stopping."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet.engine.parameters import Store
from glassnet.engine.penalties import Penalties
from glassnet.optimizers import Optimizer
from glassnet.schedules import Schedule
from glassnet.sklearn.solvers.shared_parameters import SharedParameters
from glassnet.sklearn.solvers.state import FitState
from glassnet.training.batches import ArrayBatches, Batch
from glassnet.training.loop import Run

__all__ = ["CoupledL2", "MLPBatches", "MLPRun", "WeightedMLPRun"]


class CoupledL2(Penalties):
    """scikit-learn's L2 term, which is weaker in a larger batch.

    ``value = alpha / 2 * sum |w|**2 / weight_sum``, ``dw += alpha / weight_sum * w``, over weights, not biases, where
    ``weight_sum`` is the sum of the batch's sample weights: the number of its rows without them.
    """

    def __init__(self, store: Store, alpha: float) -> None:
        super().__init__(store, 0.0, alpha / 2)
        self._alpha = alpha
        self._strength = np.zeros((), dtype=store.params.dtype)

    def value(self) -> Any:
        total = 0.0
        for _, params, _, _ in self._parts:
            total += params.dot(params).item()
        return self._alpha / 2 * total / self._total()

    def add_gradients(self) -> None:
        self._strength[...] = self._alpha / self._total()
        for _, params, grads, work in self._parts:
            np.multiply(params, self._strength, out=work)
            np.add(grads, work, out=grads)

    def _total(self) -> float:
        total: float = self._store.weight_sum.item()
        return total


class MLPBatches(ArrayBatches):
    """Batches in the order in which scikit-learn visits the rows.

    Each epoch shuffles the order of the one before it, with a generator that may be used elsewhere in between. So an
    epoch cannot be repeated.
    """

    replayable = False

    def __init__(
        self,
        arrays: tuple[Any, Any, np.ndarray | None],
        batch_size: int,
        random: np.random.RandomState | None,
        rows: np.ndarray | None = None,
    ) -> None:
        super().__init__(*arrays, batch_size=batch_size, shuffle=False, streams=[], members=None)
        self.shuffles = random is not None
        self._random = random
        self.rows = np.arange(self.n_rows) if rows is None or len(rows) != self.n_rows else rows

    def _order(self, epoch: int) -> np.ndarray:
        assert self._random is not None
        order = np.arange(self.n_rows)
        self._random.shuffle(order)
        self.rows = self.rows[order]
        return self.rows


class MLPRun(Run):
    """A fit of an estimator: the epochs of `Run`, with scikit-learn's counters and rules between them."""

    def __init__(self, state: FitState, parameters: SharedParameters, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._state, self._parameters = state, parameters
        self._has_own_rate = isinstance(parameters.solver, Optimizer) or isinstance(parameters.learning_rate, Schedule)

    def rate(self, position: float) -> float:
        """Return the learning rate: of the optimizer or schedule that was given, otherwise of scikit-learn's rule."""
        return super().rate(position) if self._has_own_rate else self._state.learning_rate.learning_rate

    def evaluate(self) -> None:
        """Add the validation data's scores, and update scikit-learn's counters."""
        super().evaluate()
        columns = self.history.columns
        score = columns["valid_score"][-1] if self.validation is not None else None
        self._count_epoch(columns["loss"][-1], score)

    def _count_epoch(self, loss: float, score: float | None) -> None:
        """Record an epoch, and whether it was better than those before by more than ``tol``."""
        state, parameters = self._state, self._parameters
        state.n_iter += 1
        state.t += len(self.batches.arrays[1])
        state.loss = loss
        state.loss_curve.append(loss)
        if parameters.verbose:
            print(f"Iteration {state.n_iter}, loss = {loss:.8f}")
        if parameters.early_stopping:
            assert score is not None
            is_plateau = self._record_score(score)
        else:
            best = math.inf if state.best_loss is None else state.best_loss
            is_plateau = loss > best - parameters.tol
            state.best_loss = min(best, loss)
        state.no_improvement = state.no_improvement + 1 if is_plateau else 0
        state.learning_rate.iteration_ends(state.t)

    def _record_score(self, score: float) -> bool:
        """Keep the weights if they are the best so far; return whether the score is no better than before."""
        state = self._state
        assert state.validation_scores is not None
        state.validation_scores.append(score)
        if self._parameters.verbose:
            print(f"Validation score: {score:f}")
        best = -math.inf if state.best_validation_score is None else state.best_validation_score
        if score > best:
            state.best_validation_score = score
            state.keep_best()
        return bool(score < best + self._parameters.tol)

    def decide(self) -> None:
        """Stop as scikit-learn does: no improvement by ``tol`` for more than ``n_iter_no_change`` epochs."""
        super().decide()
        state, parameters = self._state, self._parameters
        if state.no_improvement <= parameters.n_iter_no_change:
            return
        what = "Validation score" if parameters.early_stopping else "Training loss"
        patience = f"for {parameters.n_iter_no_change} consecutive epochs."
        message = f"{what} did not improve more than tol={parameters.tol:f} {patience}"
        reason = state.learning_rate.on_plateau()
        if parameters.verbose:
            rate = state.learning_rate.learning_rate
            print(f"{message} {reason or f'Setting learning rate to {rate:f}'}")
        if reason:
            self.stop("no improvement")
        else:
            state.no_improvement = 0


class WeightedMLPRun(MLPRun):
    """A fit with sample weights: scikit-learn averages the losses of batches over their rows, not over the weights."""

    def train_step(self, batch: Batch) -> tuple[Any, Any]:
        """Update the network; return the batch's mean loss as often as it has rows, and their number."""
        loss, total = super().train_step(batch)
        n = len(batch[1])
        return (loss / total * n, n) if total else (loss, total)
