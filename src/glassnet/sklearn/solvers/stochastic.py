"""The epochs of scikit-learn's stochastic solvers: its order of rows, its learning rates, its rules for stopping."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.engine.parameters import Store
from glassnet.engine.penalties import Penalties
from glassnet.network import Network
from glassnet.training.batches import ArrayBatches, Batch
from glassnet.training.callbacks import Callback
from glassnet.training.loop import Run
from glassnet.training.step import TrainingStep

if TYPE_CHECKING:
    from glassnet.sklearn.estimators.base import BaseMLP

__all__ = ["Bookkeeping", "CoupledL2", "LearningRate", "MLPBatches", "NoImprovement", "WeightedStep"]


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

    Each epoch shuffles the order of the one before it, with a generator that others may draw from in between. So an
    epoch cannot be begun again.
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


class LearningRate:
    """The learning rate of scikit-learn's solvers, which changes between epochs.

    Constant; or with "invscaling" ``learning_rate_init / (t + 1)**power_t`` after t samples; or with "adaptive" divided
    by 5 whenever training no longer improves, until it is 1e-6 or less.

    Attributes
    ----------
    learning_rate : float
        Of the next epoch.
    """

    def __init__(self, rule: str, learning_rate_init: float, power_t: float) -> None:
        self.learning_rate = self._start = float(learning_rate_init)
        self._rule, self._power_t = rule, power_t

    @classmethod
    def of(cls, estimator: BaseMLP) -> LearningRate:
        """Return the rule that an estimator's parameters describe."""
        rule = estimator.learning_rate if estimator.solver == "sgd" else "constant"
        return cls(rule, estimator.learning_rate_init, estimator.power_t)

    def iteration_ends(self, t: int) -> None:
        """Follow the number of samples seen so far."""
        if self._rule == "invscaling":
            self.learning_rate = self._start / (t + 1) ** self._power_t

    def on_plateau(self) -> str:
        """Return why training should stop now, or nothing if it goes on with a smaller rate."""
        if self._rule != "adaptive":
            return "Stopping."
        if self.learning_rate <= 1e-6:
            return "Learning rate too small. Stopping."
        self.learning_rate /= 5.0
        return ""


class Bookkeeping(Callback):
    """Counts, after each epoch, what scikit-learn counts; called before the user's callbacks."""

    def __init__(self, estimator: BaseMLP) -> None:
        self._estimator = estimator

    def on_epoch_end(self, run: Run[Any]) -> None:
        """Note an epoch in the estimator, and whether it was better than those before by more than ``tol``."""
        columns, estimator = run.history.columns, self._estimator
        loss = columns["loss"][-1]
        score = columns["valid_score"][-1] if run.validation is not None else None
        estimator.n_iter_ += 1
        estimator.t_ += len(run.batches.arrays[1])
        estimator.loss_ = loss
        estimator.loss_curve_.append(loss)
        if estimator.verbose:
            print(f"Iteration {estimator.n_iter_}, loss = {loss:.8f}")
        if estimator.early_stopping:
            assert score is not None
            stands_still = self._note_score(score, run.network)
        else:
            best = math.inf if estimator.best_loss_ is None else estimator.best_loss_
            stands_still = loss > best - estimator.tol
            estimator.best_loss_ = min(best, loss)
        estimator._no_improvement_count = estimator._no_improvement_count + 1 if stands_still else 0
        estimator._optimizer.iteration_ends(estimator.t_)

    def _note_score(self, score: float, network: Network) -> bool:
        """Keep the weights if they are the best so far; return whether the score is no better than before."""
        estimator = self._estimator
        assert estimator.validation_scores_ is not None
        estimator.validation_scores_.append(score)
        if estimator.verbose:
            print(f"Validation score: {score:f}")
        best = -math.inf if estimator.best_validation_score_ is None else estimator.best_validation_score_
        if score > best:
            estimator.best_validation_score_ = score
            estimator._session.best = (network.params.copy(), network.stats.copy())
        return bool(score < best + estimator.tol)


class NoImprovement(Callback):
    """Stops as scikit-learn does: no improvement by ``tol`` for more than ``n_iter_no_change`` epochs.

    Called after the user's callbacks.
    """

    def __init__(self, estimator: BaseMLP) -> None:
        self._estimator = estimator

    def on_epoch_end(self, run: Run[Any]) -> None:
        estimator = self._estimator
        if estimator._no_improvement_count <= estimator.n_iter_no_change:
            return
        what = "Validation score" if estimator.early_stopping else "Training loss"
        patience = f"for {estimator.n_iter_no_change} consecutive epochs."
        message = f"{what} did not improve more than tol={estimator.tol:f} {patience}"
        reason = estimator._optimizer.on_plateau()
        if estimator.verbose:
            rate = estimator._optimizer.learning_rate
            print(f"{message} {reason or f'Setting learning rate to {rate:f}'}")
        if reason:
            run.stop("no improvement")
        else:
            estimator._no_improvement_count = 0


class WeightedStep(TrainingStep):
    """With sample weights: scikit-learn averages the losses of batches over their rows, not over weights."""

    def __call__(self, batch: Batch) -> tuple[Any, Any]:
        """Update the network; return the batch's mean loss as often as it has rows, and their number."""
        loss, total = super().__call__(batch)
        n = len(batch[1])
        return (loss / total * n, n) if total else (loss, total)
