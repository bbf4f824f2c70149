"""The epochs of scikit-learn's stochastic solvers: its order of rows, its learning rates, its rules for stopping."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.engine.parameters import Store
from glassnet.engine.penalties import Penalties
from glassnet.optimizers import Optimizer
from glassnet.schedules import Schedule
from glassnet.training.batches import ArrayBatches, Batch
from glassnet.training.loop import Run

if TYPE_CHECKING:
    from glassnet.sklearn.estimators.base import BaseMLP

__all__ = ["CoupledL2", "LearningRate", "MLPBatches", "MLPRun", "WeightedMLPRun"]


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


class MLPRun(Run):
    """A fit of an estimator: the epochs of `Run`, with scikit-learn's bookkeeping between them."""

    def __init__(self, estimator: BaseMLP, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._estimator = estimator
        self._has_own_rate = isinstance(estimator.solver, Optimizer) or isinstance(estimator.learning_rate, Schedule)

    def rate(self, position: float) -> float:
        """Return the learning rate: of the optimizer or schedule that was given, otherwise of the estimator's rule."""
        return super().rate(position) if self._has_own_rate else self._estimator._optimizer.learning_rate

    def evaluate(self) -> None:
        """Add the validation data's scores, and count what scikit-learn counts."""
        super().evaluate()
        columns = self.history.columns
        score = columns["valid_score"][-1] if self.validation is not None else None
        self._count_epoch(columns["loss"][-1], score)

    def _count_epoch(self, loss: float, score: float | None) -> None:
        """Note an epoch in the estimator, and whether it was better than those before by more than ``tol``."""
        estimator = self._estimator
        estimator.n_iter_ += 1
        estimator.t_ += len(self.batches.arrays[1])
        estimator.loss_ = loss
        estimator.loss_curve_.append(loss)
        if estimator.verbose:
            print(f"Iteration {estimator.n_iter_}, loss = {loss:.8f}")
        if estimator.early_stopping:
            assert score is not None
            stands_still = self._note_score(score)
        else:
            best = math.inf if estimator.best_loss_ is None else estimator.best_loss_
            stands_still = loss > best - estimator.tol
            estimator.best_loss_ = min(best, loss)
        estimator._no_improvement_count = estimator._no_improvement_count + 1 if stands_still else 0
        estimator._optimizer.iteration_ends(estimator.t_)

    def _note_score(self, score: float) -> bool:
        """Keep the weights if they are the best so far; return whether the score is no better than before."""
        estimator = self._estimator
        assert estimator.validation_scores_ is not None
        estimator.validation_scores_.append(score)
        if estimator.verbose:
            print(f"Validation score: {score:f}")
        best = -math.inf if estimator.best_validation_score_ is None else estimator.best_validation_score_
        if score > best:
            estimator.best_validation_score_ = score
            estimator._session.best = (self.network.params.copy(), self.network.stats.copy())
        return bool(score < best + estimator.tol)

    def decide(self) -> None:
        """Stop as scikit-learn does: no improvement by ``tol`` for more than ``n_iter_no_change`` epochs."""
        super().decide()
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
            self.stop("no improvement")
        else:
            estimator._no_improvement_count = 0


class WeightedMLPRun(MLPRun):
    """With sample weights: scikit-learn averages the losses of batches over their rows, not over weights."""

    def train_step(self, batch: Batch) -> tuple[Any, Any]:
        """Update the network; return the batch's mean loss as often as it has rows, and their number."""
        loss, total = super().train_step(batch)
        n = len(batch[1])
        return (loss / total * n, n) if total else (loss, total)
