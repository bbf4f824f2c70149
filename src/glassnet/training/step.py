"""One training step: forward, backward, the update; and the last weights known to be good."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.engine.penalties import Penalties, limit_norms
from glassnet.errors import DataError, DivergenceError
from glassnet.layers import Step
from glassnet.layers.tree import every_layer
from glassnet.optimizers import clip_gradients
from glassnet.schedules import Constant, Schedule
from glassnet.training.batches import Batch
from glassnet.training.run_state import RunState
from glassnet.utils.random_streams import Noise

__all__ = ["TrainingStep", "end_steps"]


class TrainingStep:
    """Updates a network on one batch at a time; calling it returns the batch's loss sum and weight sum.

    The sums of gradients, losses and weights come first; the one division by the sum of the weights, penalties,
    clipping and the update after them. `glassnet.training.sharding.ShardedStep` adds the sums of several shards up.

    ``penalties`` replace the network's, and ``rate``, a function of the position in epochs, the schedule. ``error`` is
    what the step raised when loss or weights were no longer finite. ``stop_asked`` ends the run. ``sums_parts`` says
    whether `_sum_up` is to be called, instead of one pass over the whole batch.
    """

    sums_parts = False
    needed_gradients: np.ndarray | None = None  # those that the update depends on, a view; None for all

    def __init__(
        self,
        network: BaseNetwork,
        state: RunState,
        steps_per_epoch: int | None,
        *,
        penalties: Penalties | None = None,
        rate: Callable[[float], Any] | None = None,
    ) -> None:
        self.network, self.state = network, state
        self.error: DivergenceError | None = None
        self.stop_asked = False
        self._own_penalties, self._own_rate = penalties, rate
        self._info = Step("train", Noise(network._streams, network.members))
        self.follow(steps_per_epoch)
        # The last weights whose loss was finite, and those of this epoch's start, which may prove to be so.
        self._safe = (network.params.copy(), network.stats.copy())
        self._candidate = (network.params.copy(), network.stats.copy())
        self._put_back = self._safe
        self.batch_loss = math.nan  # of the last step, the mean over the rows; the last finite one
        self._opened_at = 0

    def follow(self, steps_per_epoch: int | None) -> None:
        """Go by the network's settings as they are now, of which much is looked up once instead of at each step.

        Parameters
        ----------
        steps_per_epoch : int or None
            None if it is known only at the end of each.
        """
        network, own = self.network, self._own_penalties
        self.store = network._built("fit")
        self._steps_per_epoch = self.state.steps_per_epoch = steps_per_epoch
        self._penalties = network._penalties() if own is None else own
        self._is_penalised = bool(self._penalties)
        self.schedule = network.optimizer.schedule
        self.schedule_observes = type(self.schedule).observe is not Schedule.observe
        is_fixed = type(self.schedule) is Constant and self._own_rate is None
        self._fixed_rate = self.schedule.value if is_fixed else None  # type: ignore[attr-defined]
        parts: list[Any] = [network.optimizer, *every_layer(network.layers)]
        self._needs_position = not is_fixed or any(part.is_scheduled for part in parts)

    def position_after(self, step: int) -> float:
        """Return the position after so many steps of this epoch, in epochs; whole if an epoch's length is unknown."""
        return self.state.epoch + (step / self._steps_per_epoch if self._steps_per_epoch else 0.0)

    def rate(self, position: float) -> Any:
        """Return the learning rate at a position in epochs; an array (K, 1) if members differ in it."""
        if self._own_rate is not None:
            return self._own_rate(position)
        return self.schedule.rate(position, self.state.schedule_memory)

    def begin_epoch(self) -> None:
        """Note the weights that the first step's loss will be of."""
        self._opened_at = self.state.step
        np.copyto(self._candidate[0], self.store.params)
        np.copyto(self._candidate[1], self.store.stats)

    def end_epoch(self) -> None:
        """Count the weights of the epoch's start as good: all its losses were finite."""
        self.check_weights(self.store.params)
        self._safe, self._candidate = self._candidate, self._safe

    def __call__(self, batch: Batch) -> tuple[Any, Any]:
        """Update the network on one batch; return its loss sum and weight sum, in double precision."""
        network, store, info, state = self.network, self.store, self._info, self.state
        X, y, weight = batch
        position = self.position_after(state.step) if self._needs_position else 0.0
        assert info.rng is not None
        info.rng.epoch, info.rng.batch = state.epoch, state.step
        info.position = position
        if self.schedule.horizon:
            info.progress = min(position / self.schedule.horizon, math.nextafter(1.0, 0.0))
        state.step += 1
        if self.sums_parts:
            if not self._sum_up(batch):
                return self._skip(weight)
        elif weight is not None and not weight.any(axis=-1).all():
            return self._skip(weight)
        else:  # here, since a call is a hundredth of a small network's step
            network._accumulate(X, y, weight, info)
        store.average_gradients(alike=weight is None, part=self.needed_gradients)
        penalty: Any = 0.0
        if self._is_penalised:
            penalty = self._penalties.value()
            self._penalties.add_gradients()
        if network.members is None:
            total = store.weight_sum.item()
            loss = store.loss_sum.item() + penalty * total
            if not math.isfinite(loss):  # before the update, so that the weights still are those that gave it
                self._diverge(f"a loss of {loss}", proven=state.step > self._opened_at + 1)
            self.batch_loss = loss / total
            self._update(position)
            return loss, total
        self._update(position)
        return self._members_losses(penalty)

    def _sum_up(self, batch: Batch) -> bool:
        """Fill the sums of gradients, losses and weights; return False if the batch weighs nothing for some member."""
        raise NotImplementedError

    def _members_losses(self, penalty: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return loss sums and weight sums of all members."""
        totals = self.store.weight_sum.astype(np.float64)
        losses = self.store.loss_sum.astype(np.float64)
        if self._is_penalised:
            losses += penalty * totals
        # A product finds out in 0.3 us what isfinite and all need 2 for; where it overflows they are asked.
        if not math.isfinite(losses.dot(losses)):
            finite = np.isfinite(losses)
            if not finite.all():
                self.members_diverged(~finite, losses, proven=self.state.step > self._opened_at + 1)
        return losses, totals

    def _update(self, position: float) -> None:
        """Move the parameters, with all that comes before and after the optimizer's own step."""
        network, store, state = self.network, self.store, self.state
        optimizer, memory = network.optimizer, state.optimizer_state
        if optimizer.clip_norm is not None:
            state.clipped = state.clipped + clip_gradients(store.grads, optimizer.clip_norm, memory.groups)
        memory.position = position
        optimizer.step(store.params, store.grads, memory, self._fixed_rate or self.rate(position))
        if network.max_norm is not None:
            limit_norms(store, network.max_norm)
        if optimizer.ema is not None:
            optimizer.average(store.params, memory)

    def _skip(self, weight: np.ndarray | None) -> tuple[Any, Any]:
        """Pass over a batch that weighs nothing; with members it must be so for all, since they step together."""
        if weight is not None and weight.any():
            raise self._zero_weight()
        zero: Any = 0.0 if self.network.members is None else np.zeros(self.network.members)
        return zero, zero

    def _zero_weight(self) -> DataError:
        """Return the error for a batch that weighs nothing for some members, which step together with the others."""
        fact = f"the batch at epoch {self.state.epoch + 1}, step {self.state.step} has weight 0 for a member"
        must = "with members every batch must weigh something for each of them"
        return DataError(f"fit: {fact}; {must}. Drop rows of weight 0, or take a larger batch_size.")

    # ---- divergence -------------------------------------------------------------------------------------------------

    def members_diverged(self, which: np.ndarray, losses: np.ndarray, *, proven: bool) -> None:
        """End the run for members whose loss is no longer finite, those in ``which`` (K,).

        ``proven`` says that the loss of the weights at this epoch's start was finite.
        """
        member = int(np.flatnonzero(which)[0])
        self._diverge(f"a loss of {losses[member]} for member {member}", proven=proven)

    def check_weights(self, params: np.ndarray) -> None:
        """Refuse ``params`` after an epoch if they grew out of bounds after the last loss was computed."""
        flat = params.reshape(-1)
        largest = float(np.finfo(params.dtype).max)
        bound = math.sqrt(largest / max(flat.size, 1))
        if -bound <= flat.min(initial=0.0) and flat.max(initial=0.0) <= bound:
            return
        squares = np.einsum("i,i->", flat, flat, dtype=np.float64)  # without a warning of what exceeds float32
        if not squares <= largest:
            self._diverge(f"weights whose squares exceed {params.dtype}", proven=True)

    def last_finite(self, *, proven: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return the last parameters and statistics whose loss was finite: this epoch's first ones if it is proven."""
        return self._candidate if proven else self._safe

    def _diverge(self, what: str, *, proven: bool) -> None:
        """Raise the error that says what happened; `put_back` mends the network."""
        state = self.state
        self._put_back = self.last_finite(proven=proven)
        rate = self.rate(self.position_after(max(state.step - 1, 0)))
        self.error = _divergence(what, state.epoch + 1, state.step, rate, self.batch_loss)
        raise self.error

    def put_back(self) -> None:
        """Put the last weights back whose loss was finite, with an optimizer that remembers nothing."""
        params, stats = self._put_back
        np.copyto(self.store.params, params)
        np.copyto(self.store.stats, stats)
        self.state.reset_epoch()
        # Its moments are spoilt: a next fit starts from these weights with a fresh optimizer.
        self.state.renew_optimizer(self.network)


def end_steps(training: Generator[Any, None, None]) -> None:
    """End a training between two steps; that its weights are out of bounds by then is no news to who leaves it."""
    with suppress(DivergenceError):  # no errstate: it crashes where the garbage collector ends a training
        training.close()


def _divergence(what: str, epoch: int, step: int, rate: Any, last_finite: float) -> DivergenceError:
    """Return the error for a loss or weights that are not finite: ``what`` came, at a position counted from 1."""
    last = f" (last finite loss {last_finite:.3g})" if math.isfinite(last_finite) else ""
    message = (
        f"fit: training diverged with {what} at epoch {epoch}, step {step}{last}; loss and weights must stay finite. "
        f"Lower learning_rate (now {rate:g}) or scale X and y. "
        "The network holds the last weights whose loss was finite."
    )
    return DivergenceError(message, got=what)
