"""The epoch loop: a few named methods; everything beside training and evaluation is a hook (see `hooks`)."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, nullcontext
from typing import Any, Generic, TypeVar

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.engine.evaluation import scores
from glassnet.engine.one_fit import Fit, running
from glassnet.errors import DivergenceError
from glassnet.metrics import Metric
from glassnet.training.batches import Batch, Batches
from glassnet.training.history import History, listed
from glassnet.training.hooks import HookCalls, Hooks
from glassnet.training.run_snapshot import RunSnapshot
from glassnet.training.run_state import RunState, print_of_start
from glassnet.training.step import TrainingStep, end_steps

__all__ = ["Run", "Validation"]

Validation = tuple[Any, Any, np.ndarray | None]
N = TypeVar("N", bound=BaseNetwork)


class Run(Generic[N]):
    """One call of ``fit`` in progress.

    `loop` trains to the end; `steps` hands control back after each step, at whose boundary `snapshot` and `restore`,
    and whatever `at_next_step` was given from other threads, have their place.

    Attributes
    ----------
    network : Network
        What is trained.
    target_epochs : int
        How many epochs there will be when this call ends.
    steps_per_epoch : int or None
        How many steps an epoch has; None if that is known only at its end.
    rows_seen : int
        Rows trained on in this call.
    batch : tuple or None
        X, y and weights of the last step.
    training_scores : callable or None
        Returns metrics of the training rows, given the run, after each epoch.
    """

    training_scores: Callable[[Run[N]], Mapping[str, Any]] | None

    def __init__(
        self,
        network: N,
        batches: Batches,
        epochs: int,
        *,
        validation: Validation | None = None,
        metrics: Mapping[str, Metric] | None = None,
        callbacks: Sequence[Hooks] = (),
        resumes: bool = False,
        make_step: Callable[..., TrainingStep] = TrainingStep,
    ) -> None:
        self.network, self.batches, self.validation = network, batches, validation
        self.metrics, self.training_scores = metrics or {}, None
        self.resumes = resumes
        self.restores_best, self.max_seconds = False, math.inf
        if network._run is None:
            network._run = RunState(network)
        self.state: RunState = network._run
        self.steps_per_epoch = batches.n_batches
        self.batch: Batch | None = None
        self.rows_seen = 0
        self.take_step = make_step(network, self.state, batches.n_batches)
        self._call = HookCalls(callbacks)
        self._commands: deque[Callable[[Run[N]], object]] = deque()
        self._epochs, self._stop_reason = epochs, ""
        self._fits: list[Fit] = []
        self._sums_before: tuple[int, Any, Any, Any] = (0, 0.0, 0.0, 0)  # of the epoch recorded last
        self._was_restored = False
        self._started = time.perf_counter()
        self._seconds_before = self.state.history.seconds
        self._set_target()

    def _set_target(self) -> None:
        """Set ``first_epoch`` and ``target_epochs``."""
        self.first_epoch = self.state.epoch
        self.target_epochs = self._epochs if self.resumes else self.state.epoch + self._epochs

    # ---- what callbacks read ----------------------------------------------------------------------------------------

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
        """What was recorded, over all calls of ``fit``."""
        return self.state.history

    @property
    def total_steps(self) -> int:
        """Steps done, over all calls of ``fit``; after `restore` up to where the run was put back."""
        return self.state.steps_before + self.state.step

    @property
    def seconds(self) -> float:
        """Seconds since this call began."""
        return time.perf_counter() - self._started

    @property
    def fraction(self) -> float:
        """Share of this call's steps that are done."""
        return float((self.position - self.first_epoch) / max(self.target_epochs - self.first_epoch, 1))

    @property
    def position(self) -> float:
        """Epochs done, as a fraction; whole ones only where it is not known how many steps an epoch has."""
        return self.take_step.position_after(self.step)

    def rate(self, position: float) -> Any:
        """Return the learning rate at a ``position`` in epochs; an array (K, 1) if members differ in it."""
        return self.take_step.rate(position)

    def stop(self, reason: str) -> None:
        """End the run after this step; ``history.stop_reason`` will be the ``reason``."""
        self._stop_reason = self._stop_reason or reason or "stopped"
        self.take_step.stop_asked = True

    # ---- the loop ---------------------------------------------------------------------------------------------------

    def loop(self) -> History:
        """Train until the target, or until a hook stops the run.

        Whatever a callback or a second Ctrl-C raises passes through, with the network in a state to go on from.
        """
        # What overflows ends in a loss that is not finite, which a sentence of its own reports; what underflows is 0.
        with np.errstate(all="ignore"):
            for _ in self._train():
                pass
        return self.history

    def steps(self) -> Iterator[Run[N]]:
        """Train step by step: yield after each, when hooks were called and commands taken.

        After the last step of an epoch that epoch has been recorded and evaluated, if its length is known. Between two
        steps everything may be read and changed, and the run stopped, or put back by `restore`. Closing the iterator
        ends the run as ``run.stop("stopped")`` does.
        """
        training = self._train()
        try:
            while True:
                with np.errstate(all="ignore"):
                    if next(training, self) is self:
                        return
                for fit in self._fits:
                    fit.pause()
                yield self
                for fit in self._fits:
                    fit.go_on()
        finally:
            end_steps(training)

    def at_next_step(self, command: Callable[[Run[N]], object]) -> None:
        """Call ``command`` with the run after the step under way; from any thread. What it raises ends the run."""
        self._commands.append(command)

    def _train(self) -> Generator[None, None, None]:
        """Train to the end, yielding after each step; refuse to where the network is being fitted already."""
        with closing(self.batches), running([self.network]) as self._fits:
            yield from self._train_alone()

    def _train_alone(self) -> Generator[None, None, None]:
        try:
            self._begin()
            while self._goes_on():
                yield from self._run_epoch()
        except GeneratorExit:
            self.stop("stopped")
            self._leave()
            raise
        except BaseException as error:
            if error is self.take_step.error:
                self._call("on_divergence", self)
                self.take_step.put_back()
            if isinstance(error, KeyboardInterrupt):
                self._close_interrupted(error)
            self._stop_reason = "diverged" if isinstance(error, DivergenceError) else type(error).__name__
            self._leave()
            raise
        self._leave()
        self._call("on_fit_done", self)
        self._call("on_fit_end", self)

    def _goes_on(self) -> bool:
        """Return whether another epoch follows."""
        return self.epoch < self.target_epochs and not self._stop_reason

    def _begin(self) -> None:
        state = self.state
        if state.step and not self.resumes:
            # The rest of an epoch that a checkpoint was taken in: only a resumed run knows that the data are the same.
            self._record_epoch()
        self._set_target()
        state.return_to_last(self.network)
        state.follow_optimizer(self.network)
        self._call("on_fit_begin", self)
        if not state.epoch and not state.step:
            state.start_print = print_of_start(self.network.params, self.network.stats)

    def _run_epoch(self) -> Generator[None, None, None]:
        """Train one epoch, or the rest of one, record it, evaluate, and call the hooks.

        An epoch that is cut short, by time, Ctrl-C or an exception, counts as far as it went: its remaining batches
        are left out, and the next one has the next number. Only a checkpoint, taken at the cut, knows the rest.
        """
        self.take_step.begin_epoch()
        for call in self._call["on_epoch_begin"]:
            call(self)
        try:
            is_owed = yield from self._run_batches()
        except (DivergenceError, KeyboardInterrupt):
            raise
        except BaseException:
            self._record_epoch()
            raise
        if self._stop_reason and self.step != self.steps_per_epoch:
            self._call("on_epoch_cut", self)
        self._close_epoch()
        if is_owed:
            yield

    def _close_epoch(self) -> None:
        """Record the epoch under way as far as it went, evaluate, and call the hooks."""
        self._record_epoch()
        with nullcontext() if self.state.average is None else self.state.averaged_weights(self.network):
            self._end_epoch()
        self._call("on_epoch_done", self)

    def _run_batches(self) -> Generator[None, None, bool]:
        """Take the steps left of this epoch, or from where the run was put back; return whether to yield the last."""
        state, take_step, members = self.state, self.take_step, self.network.members
        after_step, commands, self._was_restored = self._call["on_step_end"], self._commands, False
        sharding = self.batches.sharding
        batches, last = self.batches.epoch(state.epoch, state.step), self.batches.n_steps
        while (batch := next(batches, None)) is not None:
            self.batch = batch
            loss, weight = take_step(batch)
            self.rows_seen += batch[0].shape[0 if members is None else 1] if sharding is None else sharding.n_rows
            state.loss_sum, state.weight_sum = state.loss_sum + loss, state.weight_sum + weight
            for call in after_step:
                call(self)
            while commands:
                commands.popleft()(self)
            if state.step == last and not take_step.stop_asked:
                return True
            yield
            if self._was_restored:
                self._was_restored = False
                take_step.begin_epoch()
                batches, last = self.batches.epoch(state.epoch, state.step), self.batches.n_steps
            if take_step.stop_asked:
                self._heed_stop()
                break
        return False

    def _heed_stop(self) -> None:
        self.stop("stopped")

    def _record_epoch(self) -> None:
        """Count the epoch and record its loss, if its weights are finite."""
        state = self.state
        try:
            self.take_step.end_epoch()
        except DivergenceError:
            self.batch = None
            raise
        rate = self.rate(self.take_step.position_after(max(self.step - 1, 0)))
        weighs = state.weight_sum if self.network.members is None else state.weight_sum.min() > 0.0
        row = {"loss": listed(state.loss_sum / state.weight_sum if weighs else math.nan), "learning_rate": listed(rate)}
        if self.network.optimizer.clip_norm is not None:
            row["clipped"] = listed(state.clipped / max(state.step, 1))
        self._sums_before = (state.step, state.loss_sum, state.weight_sum, state.clipped)
        state.count_epoch()
        state.history._record(row)

    def _close_interrupted(self, error: KeyboardInterrupt) -> None:
        """Call the hooks while the epoch under way is still open, unless a step is half done; then record it."""
        at: Any = error.__traceback__
        while at is not None and at.tb_frame.f_locals.get("self") is not self.take_step:
            at = at.tb_next
        if at is None:
            self._call("on_interrupt", self)
        if self.state.step:
            self._record_epoch()

    def _end_epoch(self) -> None:
        """Add the scores to the epoch's row, those of training rows first, and show it to schedule and callbacks."""
        try:
            found = self._scores()
        except KeyboardInterrupt:
            # A checkpoint that is written now holds an epoch whose evaluation is still to come.
            self.state.forget_last_epoch(self._sums_before[0])
            self.state.step, self.state.loss_sum, self.state.weight_sum, self.state.clipped = self._sums_before
            raise
        self.history._complete({name: listed(value) for name, value in found.items()})
        if self.take_step.schedule_observes:
            self.take_step.schedule.observe(self.state.schedule_memory, self.epoch - 1, self.history.last)
        self._call("on_epoch_end", self)

    def _scores(self) -> Mapping[str, Any]:
        """Return the metrics of the training rows, and those of the validation data."""
        found = dict(self.training_scores(self)) if self.training_scores is not None else {}
        valid = {} if self.validation is None else scores(self.network, *self.validation, self.metrics)
        return found | {f"valid_{name}": value for name, value in valid.items()}

    def _leave(self) -> None:
        """Restore the best weights if that was asked for, and record why the run ended."""
        self.state.leave(self.network, best=self.restores_best)
        self.history.stop_reason = self._stop_reason or "finished"
        self.note_seconds()

    def note_seconds(self) -> None:
        """Bring the history's seconds up to date."""
        self.history.seconds = self._seconds_before + self.seconds

    # ---- back in time -----------------------------------------------------------------------------------------------

    def snapshot(self, *, history: bool = True) -> RunSnapshot:
        """Return a copy of all that the rest of the run depends on; at the boundary of a step, by `steps` or a hook.

        Without a copy of the ``history``, which grows, `restore` cuts it to what it was then.
        """
        return RunSnapshot.of(self.network, self.state, history=history)

    def restore(self, snapshot: RunSnapshot) -> None:
        """Go back to a ``snapshot`` of this run: what is trained from there on has the bits that it had before."""
        snapshot.put_back(self.network, self.state)
        self._was_restored = True
