"""The epochs of scikit-learn's stochastic solvers: its order of rows, its L2 term, its rules for stopping."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet.engine.parameters import Store
from glassnet.engine.penalties import Penalties
from glassnet.sklearn.solvers.shared_parameters import SharedParameters
from glassnet.sklearn.solvers.state import FitState
from glassnet.training.batches import ArrayBatches, Batch
from glassnet.training.callbacks import Callback
from glassnet.training.loop import Run
from glassnet.training.step import TrainingStep

__all__ = ["Bookkeeping", "CoupledL2", "MLPBatches", "NoImprovement", "WeightedStep"]


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
        return self._alpha / 2 * total / self._store.weight_sum.item()

    def add_gradients(self) -> None:
        self._strength[...] = self._alpha / self._store.weight_sum.item()
        for _, params, grads, work in self._parts:
            np.multiply(params, self._strength, out=work)
            np.add(grads, work, out=grads)


class MLPBatches(ArrayBatches):
    """Batches in the order in which scikit-learn visits the rows.

    Each epoch shuffles the order of the one before it, with a generator that may be used elsewhere in between. So an
    epoch cannot be repeated.
    """

    replayable = False

    def __init__(
        self, arrays: tuple[Any, Any, np.ndarray | None], batch_size: int, random: np.random.RandomState | None,
        rows: np.ndarray | None = None,
    ) -> None:  # fmt: skip
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


class Bookkeeping(Callback):
    """Updates scikit-learn's counters after each epoch; called before the user's callbacks."""

    def __init__(self, state: FitState, parameters: SharedParameters) -> None:
        self._state, self._parameters = state, parameters

    def on_epoch_end(self, run: Run[Any]) -> None:
        """Record an epoch, and whether it was better than those before by more than ``tol``."""
        state, parameters, columns = self._state, self._parameters, run.history.columns
        loss = columns["loss"][-1]
        score = columns["valid_score"][-1] if run.validation is not None else None
        state.n_iter += 1
        state.t += len(run.batches.arrays[1])
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


class NoImprovement(Callback):
    """Stops as scikit-learn does: no improvement by ``tol`` for more than ``n_iter_no_change`` epochs.

    Called after the user's callbacks.
    """

    def __init__(self, state: FitState, parameters: SharedParameters) -> None:
        self._state, self._parameters = state, parameters

    def on_epoch_end(self, run: Run[Any]) -> None:
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
            run.stop("no improvement")
        else:
            state.no_improvement = 0


class WeightedStep(TrainingStep):
    """A step with sample weights: scikit-learn averages the losses of batches over their rows, not over the weights."""

    def __call__(self, batch: Batch) -> tuple[Any, Any]:
        """Update the network; return the batch's mean loss as often as it has rows, and their number."""
        loss, total = super().__call__(batch)
        n = len(batch[1])
        return (loss / total * n, n) if total else (loss, total)
