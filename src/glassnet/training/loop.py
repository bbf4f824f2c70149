"""The epoch loop: a few named methods, each of which can be called from outside."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.engine.evaluation import scores
from glassnet.engine.penalties import Penalties, limit_norms
from glassnet.errors import DivergenceError
from glassnet.layers import Step
from glassnet.layers.tree import every_layer
from glassnet.metrics import Metric
from glassnet.optimizers import clip_gradients
from glassnet.schedules import Constant, Schedule
from glassnet.training.batches import Batch, Batches
from glassnet.training.callbacks import Callback
from glassnet.training.early_stopping import EarlyStopping, StoppingState, fingerprint
from glassnet.training.errors import divergence, weightless
from glassnet.training.history import History, listed
from glassnet.training.interrupts import Interruption
from glassnet.training.run_state import RunState
from glassnet.utils.random_streams import Noise

if TYPE_CHECKING:
    from glassnet.training.checkpoints import Checkpoints
    from glassnet.training.threads.pace import Pace

__all__ = ["Run"]

Validation = tuple[Any, Any, np.ndarray | None]


class Run:
    """One call of ``fit`` in progress.

    Attributes
    ----------
    network : BaseNetwork
        What is trained.
    epoch : int
        Epochs done, over all calls of ``fit``.
    target_epochs : int
        How many epochs there will be when this call ends.
    step : int
        Steps done in this epoch.
    steps_per_epoch : int or None
        How many steps an epoch has; None if that is known only at its end.
    seconds : float
        Time spent in this call.
    rows_seen : int
        Rows trained on in this call.
    batch : tuple or None
        X, y and weights of the last step.
    history : History
        What was recorded, over all calls of ``fit``.
    """

    def __init__(
        self,
        network: BaseNetwork,
        batches: Batches,
        epochs: int,
        *,
        validation: Validation | None = None,
        metrics: Mapping[str, Metric] | None = None,
        early_stopping: EarlyStopping | None = None,
        callbacks: list[Callback] | None = None,
        max_seconds: float = math.inf,
        interruption: Interruption | None = None,
        checkpoints: Checkpoints | None = None,
        resumes: bool = False,
        penalties: Penalties | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.network = network
        self.batches = batches
        self.validation = validation
        self.metrics = metrics or {}
        self.early_stopping = early_stopping
        self.callbacks = callbacks or []
        self.max_seconds = max_seconds
        self._is_timed = max_seconds < math.inf
        self._interruption = interruption or Interruption()
        if network.run is None:
            network.run = RunState(network)
        self.state: RunState = network.run
        self._checkpoints = checkpoints
        self._resumes = resumes
        self._pace = pace
        self._watched_pace = pace if pace is not None and pace.watches else None
        self._epochs = epochs
        self.steps_per_epoch = batches.n_batches
        self.rows_seen = 0
        self._store = network.built("fit")
        self._penalties = network.penalties() if penalties is None else penalties
        self._is_penalised = bool(self._penalties)
        self._schedule = network.optimizer.schedule
        is_fixed = type(self._schedule) is Constant and type(self).rate is Run.rate
        self._fixed_rate = self._schedule.value if is_fixed else None  # type: ignore[attr-defined]
        parts: list[Any] = [network.optimizer, *every_layer(network.layers)]
        self._needs_position = not is_fixed or any(part.is_scheduled for part in parts)
        self._schedule_observes = type(self._schedule).observe is not Schedule.observe
        self._step = Step("train", Noise(network.streams, network.members))
        self._stop_reason = ""
        self.batch: Batch | None = None
        self._started = time.perf_counter()
        self._seconds_before = self.state.history.seconds
        # The last weights whose loss was finite, and those of this epoch's start, which may prove to be so.
        self._safe = (network.params.copy(), network.stats.copy())
        self._candidate = (network.params.copy(), network.stats.copy())
        self._aside = network.params.copy() if network.optimizer.ema is not None else network.params
        self._last_finite = math.nan
        self._opened_at = 0
        self._aim()

    @property
    def epoch(self) -> int:
        """Epochs done, over all calls of ``fit``."""
        return self.state.epoch

    @property
    def step(self) -> int:
        """Steps done in this epoch."""
        return self.state.step

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
        done = self.position - self.first_epoch
        return float(done / max(self.target_epochs - self.first_epoch, 1))

    @property
    def position(self) -> float:
        """Epochs done, as a fraction; whole ones only where it is not known how many steps an epoch has."""
        return self.position_after(self.step)

    def position_after(self, step: int) -> float:
        """Return `position` after so many steps of this epoch."""
        return self.state.epoch + (step / self.steps_per_epoch if self.steps_per_epoch else 0.0)

    def stop(self, reason: str) -> None:
        """End the run after this step.

        Parameters
        ----------
        reason : str
            What ``history.stop_reason`` will say.
        """
        self._stop_reason = self._stop_reason or reason or "stopped"

    def loop(self) -> History:
        """Train until the target, or until something says stop.

        Whatever a callback or a second Ctrl-C raises passes through, with the network in a state to go on from.
        """
        # What overflows ends in a loss that is not finite, and that is reported in a sentence of its own.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            try:
                self._begin()
                while self.epoch < self.target_epochs and not self._stop_reason:
                    self.run_epoch()
            except BaseException as error:
                self._stop_reason = "diverged" if isinstance(error, DivergenceError) else type(error).__name__
                self._leave()
                raise
            self._leave()
            if self._checkpoints is not None:
                self._checkpoints.end(self)
            for callback in self.callbacks:
                callback.on_fit_end(self)
        return self.history

    def _begin(self) -> None:
        state = self.state
        if state.step and not self._resumes:
            # The rest of an epoch that a checkpoint was taken in: only a resumed run knows that the data are the same.
            self._finish_epoch()
        self._aim()
        if self._pace is not None:
            self._pace.write_to(self.history)
        state.return_to_last(self.network)
        state.follow_optimizer(self.network)
        if self.early_stopping is not None:
            self._begin_stopping(self.early_stopping)
        if self._resumes:
            self._read_clock()
        if self._checkpoints is not None:
            self._checkpoints.begin(self)
        for callback in self.callbacks:
            callback.on_fit_begin(self)

    def _aim(self) -> None:
        """Say where this call begins and ends."""
        self.first_epoch = self.state.epoch
        self.target_epochs = self._epochs if self._resumes else self.state.epoch + self._epochs

    def _begin_stopping(self, rule: EarlyStopping) -> None:
        """Go on with what early stopping remembers, if it was about the same values."""
        data = self.watched_data(rule)
        old = self.state.stopping
        if old is None or (old.monitor, old.data, old.sign) != (rule.monitor, data, rule.sign):
            self.state.stopping = StoppingState(rule.monitor, self.network.members, data, rule.sign)
        elif old.settled.all():
            if self._resumes:
                self.stop("early stopping")
            else:
                old.start_anew()

    def watched_data(self, rule: EarlyStopping) -> str:
        """Return a short text that differs for other rows than those that the monitored values are measured on."""
        watched = self.validation if rule.monitor.startswith("valid_") else self.batches.arrays
        return fingerprint(watched or ())

    def run_epoch(self) -> None:
        """Train one epoch, or the rest of one, record it, and decide whether to stop.

        An epoch that is cut short, by time, Ctrl-C or an exception, counts as far as it went: its remaining batches
        are left out, and the next one has the next number. Only a checkpoint, taken at the cut, knows the rest.
        """
        self._opened_at = self.step
        np.copyto(self._candidate[0], self._store.params)
        np.copyto(self._candidate[1], self._store.stats)
        for callback in self.callbacks:
            callback.on_epoch_begin(self)
        if self._watched_pace is not None:
            self._watched_pace.begin_epoch()
        state = self.state
        try:
            for batch in self.batches.epoch(self.epoch, state.step):
                loss, weight = self.train_step(batch)
                state.loss_sum, state.weight_sum = state.loss_sum + loss, state.weight_sum + weight
                self._between_steps()
                if self._stop_reason:
                    break
        except DivergenceError:
            raise
        except BaseException:
            self._finish_epoch()
            raise
        if self._checkpoints is not None and self._stop_reason and self.step != self.steps_per_epoch:
            self._checkpoints.write_cut(self)
        self._finish_epoch()
        if state.average is None:
            self.evaluate()
            self.decide()
        else:
            with self._averaged_weights(state.average):
                self.evaluate()
                self.decide()
        self._read_clock()
        if self._checkpoints is not None:
            self._checkpoints.after_epoch(self)

    def train_step(self, batch: Batch) -> tuple[Any, Any]:
        """Update the network on one batch; return its loss sum and weight sum, in double precision."""
        network, store, info, state = self.network, self._store, self._step, self.state
        X, y, weight = self.batch = batch
        position = self.position_after(state.step) if self._needs_position else 0.0
        state.step += 1
        self.rows_seen += X.shape[0 if network.members is None else 1]
        if weight is not None and not weight.any(axis=-1).all():
            return self._skip(weight)
        assert info.rng is not None
        info.rng.epoch, info.rng.batch = state.epoch, state.step - 1
        info.position = position
        if self._schedule.horizon:
            info.progress = min(position / self._schedule.horizon, math.nextafter(1.0, 0.0))
        network.accumulate(X, y, weight, info)
        store.average_gradients(alike=weight is None)
        penalty: Any = 0.0
        if self._is_penalised:
            penalty = self._penalties.value()
            self._penalties.add_gradients()
        if network.members is None:
            total = store.weight_sum.item()
            loss = store.loss_sum.item() + penalty * total
            if not math.isfinite(loss):  # before the update, so that the weights still are those that gave it
                self._diverged(f"a loss of {loss}", proven=self.step > self._opened_at + 1)
            self._last_finite = loss / total
            self._update(position)
            return loss, total
        self._update(position)
        totals = store.weight_sum.astype(np.float64)
        losses = store.loss_sum.astype(np.float64)
        if self._is_penalised:
            losses += penalty * totals
        # A product finds out in 0.3 us what isfinite and all need 2 for; where it overflows they are asked.
        if not math.isfinite(losses.dot(losses)):
            finite = np.isfinite(losses)
            if not finite.all():
                self.members_diverged(~finite, losses, proven=self.step > self._opened_at + 1)
        return losses, totals

    def members_diverged(self, which: np.ndarray, losses: np.ndarray, *, proven: bool) -> None:
        """Act on members whose loss is no longer finite: the run ends.

        Parameters
        ----------
        which : ndarray of bool, shape (K,)
        losses : ndarray of shape (K,)
            Of the step that was just made.
        proven : bool
            Whether the loss of the weights at this epoch's start was finite.
        """
        member = int(np.flatnonzero(which)[0])
        self._diverged(f"a loss of {losses[member]} for member {member}", proven=proven)

    def _update(self, position: float) -> None:
        """Move the parameters, with all that comes before and after the optimizer's own step."""
        network, store, state = self.network, self._store, self.state
        optimizer, memory = network.optimizer, state.optimizer_state
        if optimizer.clip_norm is not None:
            state.clipped = state.clipped + clip_gradients(store.grads, optimizer.clip_norm, memory.groups)
        memory.position = position
        optimizer.step(store.params, store.grads, memory, self._fixed_rate or self.rate(position))
        if network.max_norm is not None:
            limit_norms(store, network.max_norm)
        if optimizer.ema is not None:
            optimizer.average(store.params, memory)

    def rate(self, position: float) -> Any:
        """Return the learning rate at a position in epochs; an array (K, 1) if members differ in it."""
        return self._schedule.rate(position, self.state.schedule_memory)

    def _skip(self, weight: np.ndarray) -> tuple[Any, Any]:
        """Pass over a batch that weighs nothing; with members it must be so for all, since they step together."""
        if weight.any():
            raise weightless(self)
        zero: Any = 0.0 if self.network.members is None else np.zeros(self.network.members)
        return zero, zero

    def _between_steps(self) -> None:
        """Let others look, and read the clock and Ctrl-C."""
        if self._watched_pace is not None:
            self._watched_pace.after_step()
        for callback in self.callbacks:
            callback.on_step_end(self)
        if self._checkpoints is not None:
            self._checkpoints.after_step(self)
        if self._interruption.asked or self._is_timed:
            self._read_clock()

    def _read_clock(self) -> None:
        if self._interruption.asked:
            self.stop("interrupted")
        if self._is_timed:
            before = self._seconds_before if self._resumes else 0.0
            if before + self.seconds >= self.max_seconds:
                self.stop("time")

    def _finish_epoch(self) -> None:
        """Count the epoch and record its loss, if its weights are finite."""
        self.check_weights(self._store.params)
        self._safe, self._candidate = self._candidate, self._safe
        rate = self.rate(self.position_after(max(self.step - 1, 0)))
        state = self.state
        weighs = state.weight_sum if self.network.members is None else state.weight_sum.min() > 0.0
        loss = state.loss_sum / state.weight_sum if weighs else math.nan
        row = {"loss": listed(loss), "learning_rate": listed(rate)}
        if self.network.optimizer.clip_norm is not None:
            row["clipped"] = listed(state.clipped / max(state.step, 1))
        state.epoch += 1
        state.reset_epoch()
        state.history.record(row)

    def check_weights(self, params: np.ndarray) -> None:
        """Refuse ``params`` after an epoch if they grew out of bounds after the last loss was computed."""
        flat = params.reshape(-1)
        if not math.isfinite(flat.dot(flat)):
            self.batch = None
            self._diverged(f"weights whose squares exceed {params.dtype}", proven=True)

    @contextmanager
    def _averaged_weights(self, average: np.ndarray) -> Iterator[None]:
        """Have the averaged parameters in the network while inside: they are what will be used."""
        np.copyto(self._aside, self._store.params)
        np.copyto(self._store.params, average)
        try:
            yield
        finally:
            np.copyto(self._store.params, self._aside)

    def evaluate(self) -> None:
        """Add the validation data's scores to the epoch's row."""
        if self.validation is not None:
            found = scores(self.network, *self.validation, self.metrics)
            self.history.complete({f"valid_{name}": listed(value) for name, value in found.items()})

    def decide(self) -> None:
        """Learning rate, early stopping, then callbacks."""
        if self._schedule_observes:
            self._schedule.observe(self.state.schedule_memory, self.epoch - 1, self.history.last)
        rule, stopping = self.early_stopping, self.state.stopping
        if rule is not None and stopping is not None:
            value = self.history.columns[rule.monitor][-1]
            if stopping.update(rule, value, self.epoch, self.network.params, self.network.stats):
                self.stop("early stopping")
            epochs = stopping.best_epoch.tolist()
            self.history.best_epoch = epochs[0] if self.network.members is None else epochs
        for callback in self.callbacks:
            callback.on_epoch_end(self)

    def _leave(self) -> None:
        """Leave the best weights in the network if that was asked for, and say how the run ended."""
        self.state.leave(self.network, best=self.early_stopping is not None and self.early_stopping.restore_best)
        self.history.stop_reason = self._stop_reason or "finished"
        if self._pace is not None:
            self._pace.write_to(self.history)
        self.note_seconds()

    def note_seconds(self) -> None:
        """Bring the history's seconds up to date."""
        self.history.seconds = self._seconds_before + self.seconds

    def last_finite(self, *, proven: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return the last parameters and statistics whose loss was finite: this epoch's first ones if it is proven."""
        return self._candidate if proven else self._safe

    def _diverged(self, what: str, *, proven: bool) -> None:
        """Put the last weights back whose loss was finite, and say what happened.

        ``proven`` says whether the loss of this epoch's first weights was.
        """
        params, stats = self.last_finite(proven=proven)
        error = divergence(what, self, self._last_finite)
        for callback in self.callbacks:
            callback.on_divergence(self)
        np.copyto(self._store.params, params)
        np.copyto(self._store.stats, stats)
        self.state.reset_epoch()
        # Its moments are spoilt: a next fit starts from these weights with a fresh optimizer.
        self.state.renew_optimizer(self.network)
        raise error
