"""The epoch loop: a few named methods, each of which can be called from outside."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np

from glassnet.errors import DivergenceError
from glassnet.layers import Step
from glassnet.network import Network
from glassnet.randomness import Noise
from glassnet.training.batches import ArrayBatches, Batch
from glassnet.training.callbacks import Callback
from glassnet.training.history import History
from glassnet.training.interrupts import Interruption
from glassnet.training.state import RunState
from glassnet.training.stopping import EarlyStopping, StoppingState

__all__ = ["Run"]

Validation = tuple[np.ndarray, np.ndarray, np.ndarray | None]


class Run:
    """One call of ``fit`` in progress.

    Attributes
    ----------
    network : Network
    epoch : int
        Epochs done, over all calls of ``fit``.
    target_epochs : int
        Where this call ends.
    step, steps_per_epoch : int
        Steps done in this epoch, and how many it has.
    seconds : float
        In this call.
    rows_seen : int
        In this call.
    history : History
    """

    def __init__(
        self,
        network: Network,
        batches: ArrayBatches,
        epochs: int,
        *,
        validation: Validation | None = None,
        metrics: tuple[str, ...] = (),
        early_stopping: EarlyStopping | None = None,
        callbacks: list[Callback] | None = None,
        max_seconds: float = math.inf,
        interruption: Interruption | None = None,
    ) -> None:
        self.network = network
        self.batches = batches
        self.validation = validation
        self.metrics = metrics
        self.early_stopping = early_stopping
        self.callbacks = callbacks or []
        self.max_seconds = max_seconds
        self._interruption = interruption or Interruption()
        if network.run is None:
            network.run = RunState(network)
        self.state: RunState = network.run
        self.first_epoch = self.state.epoch
        self.target_epochs = self.state.epoch + epochs
        self.step = 0
        self.steps_per_epoch = batches.n_batches
        self.rows_seen = 0
        self._schedule = network.optimizer.schedule
        self._horizon = self._schedule.horizon or self.target_epochs
        self._step = Step("train", Noise(network.streams, network.members))
        self._stop_reason = ""
        self._started = time.perf_counter()
        self._safe = (network.params.copy(), network.stats.copy())
        self._last_finite: Any = math.nan

    # ---- what callbacks read ------------------------------------------------------------------------------------

    @property
    def epoch(self) -> int:
        """Epochs done, over all calls of ``fit``."""
        return self.state.epoch

    @property
    def history(self) -> History:
        """What was recorded so far."""
        return self.state.history

    @property
    def seconds(self) -> float:
        """Seconds since this call began."""
        return time.perf_counter() - self._started

    @property
    def fraction(self) -> float:
        """Share of this call's steps that are done."""
        done = self.epoch - self.first_epoch + self.step / self.steps_per_epoch
        return float(done / (self.target_epochs - self.first_epoch))

    def stop(self, reason: str) -> None:
        """End the run after this step."""
        self._stop_reason = self._stop_reason or reason

    # ---- the loop -----------------------------------------------------------------------------------------------

    def loop(self) -> History:
        """Train until the target, or until something says stop."""
        # What overflows ends in a loss that is not finite, and that is reported in a sentence of its own.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            self._begin()
            while self.epoch < self.target_epochs and not self._stop_reason:
                self.run_epoch()
            self._end()
        return self.history

    def _begin(self) -> None:
        state, rule = self.state, self.early_stopping
        state.return_to_last(self.network)
        state.follow_optimizer(self.network)
        if rule is not None:
            if state.stopping is None or state.stopping.monitor != rule.monitor:
                state.stopping = StoppingState(rule.monitor, self.network.members)
            elif state.stopping.settled.all():
                state.stopping.start_anew()
        for callback in self.callbacks:
            callback.on_fit_begin(self)

    def run_epoch(self) -> None:
        """Train one epoch, record it, and decide whether to stop.

        An epoch that is cut short by time or Ctrl-C counts as far as it went.
        """
        np.copyto(self._safe[0], self.network.params)
        np.copyto(self._safe[1], self.network.stats)
        for callback in self.callbacks:
            callback.on_epoch_begin(self)
        self.step = 0
        loss_sum: Any = 0.0
        weight_sum: Any = 0.0
        for batch in self.batches.epoch(self.epoch):
            loss, weight = self.train_step(batch)
            loss_sum, weight_sum = loss_sum + loss, weight_sum + weight
            if self._stop_reason:
                break
        self.step = 0
        self.state.epoch += 1
        self._record(loss_sum / weight_sum)
        self._decide()

    def train_step(self, batch: Batch) -> tuple[Any, Any]:
        """Update the network on one batch; return its loss sum and weight sum, in double precision."""
        network, info = self.network, self._step
        X, y, weight = batch
        position = self.epoch + self.step / self.steps_per_epoch
        if weight is None or weight.any():
            assert info.rng is not None
            info.rng.epoch, info.rng.batch = self.epoch, self.step
            info.progress = min(position / self._horizon, 1.0)
            network.accumulate(X, y, weight, info)
            network.average_gradients()
            network.optimizer.step(network.params, network.grads, self.state.optimizer_state, self._schedule(position))
        else:
            network.sums[...] = 0.0
        self.step += 1
        self.rows_seen += y.shape[0 if network.members is None else 1]
        sums = network.sums
        if network.members is None:
            loss, total = float(sums[-2]), float(sums[-1])
            if not math.isfinite(loss):
                self._diverged(loss)
            self._last_finite = loss / total if total else self._last_finite
        else:
            loss, total = sums[:, -2].astype(np.float64), sums[:, -1].astype(np.float64)  # type: ignore[assignment]
            if not np.isfinite(loss).all():
                self._diverged(loss)
        self._between_steps()
        return loss, total

    def _between_steps(self) -> None:
        """Let others look, and read the clock and Ctrl-C."""
        for callback in self.callbacks:
            callback.on_step_end(self)
        if self._interruption.asked:
            self.stop("interrupted")
        if self.max_seconds < math.inf and self.seconds >= self.max_seconds:
            self.stop("time")

    def _record(self, loss: Any) -> None:
        row = {"loss": _plain(loss), "learning_rate": self._schedule(self.epoch - 1 / self.steps_per_epoch)}
        if self.validation is not None:
            scores = self.network.scores(*self.validation, self.metrics)
            row |= {f"valid_{name}": _plain(value) for name, value in scores.items()}
        self.history.record(row)

    def _decide(self) -> None:
        """Early stopping, then callbacks."""
        rule, stopping = self.early_stopping, self.state.stopping
        if rule is not None and stopping is not None:
            value = self.history.columns[rule.monitor][-1]
            if stopping.update(rule, value, self.epoch, self.network.params, self.network.stats):
                self.stop("early stopping")
            epochs = stopping.best_epoch.tolist()
            self.history.best_epoch = epochs[0] if self.network.members is None else epochs
        for callback in self.callbacks:
            callback.on_epoch_end(self)

    def _end(self) -> None:
        if self.early_stopping is not None and self.early_stopping.restore_best:
            self.state.leave_best(self.network)
        self.history.stop_reason = self._stop_reason or "finished"
        self.history.seconds += self.seconds
        for callback in self.callbacks:
            callback.on_fit_end(self)

    def _diverged(self, loss: Any) -> None:
        """Put the weights of the last whole epoch back, and say what happened."""
        np.copyto(self.network.params, self._safe[0])
        np.copyto(self.network.stats, self._safe[1])
        # Its moments are spoilt: a next fit starts from these weights with a fresh optimizer.
        self.state.optimizer_state = self.network.optimizer.new_state(self.network.params, self.network.param_groups)
        self.history.stop_reason = "diverged"
        who = ""
        if self.network.members is not None:
            bad = np.flatnonzero(~np.isfinite(loss))
            who, loss = f" for member {bad[0]}", loss[bad[0]]
        elif self.network.members is None and math.isfinite(self._last_finite):
            who = f" (last finite loss {self._last_finite:.3g})"
        rate = self._schedule(self.epoch + self.step / self.steps_per_epoch)
        message = (
            f"fit: the loss must stay finite, got {loss} at epoch {self.epoch + 1}, step {self.step}{who}. "
            f"Lower learning_rate (now {rate:g}) or scale X and y. "
            f"The network holds its weights from before that epoch."
        )
        raise DivergenceError(message, got=loss)


def _plain(value: Any) -> Any:
    """Return a float, or a list of floats with members: what JSON can hold."""
    return [float(v) for v in value] if isinstance(value, np.ndarray) and value.ndim else float(value)
