"""A run whose batches are divided into shards, on one process or on several that decide everything alike."""

from __future__ import annotations

import functools
import hashlib
import warnings
from collections.abc import Mapping
from typing import Any, TypeVar

from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import GlassnetError
from glassnet.training.batches import Batches, IterableBatches
from glassnet.training.division import Sharding
from glassnet.training.loop import Run
from glassnet.training.sharding.ranks import Ranks
from glassnet.training.sharding.sharded_step import ShardedStep

__all__ = ["ShardedRun"]

N = TypeVar("N", bound=BaseNetwork)
_FORGOTTEN = (
    "fit: the optimizer's state was divided among processes when an error ended the run; the next fit starts with a "
    "new one. To go on with it, pass checkpoint= and resume=True."
)


class ShardedRun(Run[N]):
    """A run over shards. What one process decides by its own clock or keyboard ends the runs of all at the same step.

    Whatever asks for the end within an epoch ends it after the next step, at which the processes hear of it; at the end
    of an epoch it is the end. Scores are those of the first process.

    Parameters
    ----------
    network, batches, epochs, **options
        As of `Run`.
    sharding : Sharding
        The shards of this process, which ``batches`` keep up to date.
    ranks : Ranks
        The processes.
    """

    take_step: ShardedStep

    def __init__(
        self, network: N, batches: Batches, epochs: int, *, sharding: Sharding, ranks: Ranks, **options: Any
    ) -> None:
        self._ranks, self._reason = ranks, ""
        self._watched = batches if ranks.checks and isinstance(batches, IterableBatches) else None
        if self._watched is not None:
            self._watched.digest = hashlib.sha256()
        make_step = functools.partial(ShardedStep, sharding=sharding, ranks=ranks)
        super().__init__(network, batches, epochs, make_step=make_step, **options)

    def stop(self, reason: str) -> None:
        self._reason = self._reason or reason or "stopped"
        self.take_step.wants_stop = True

    def _heed_stop(self) -> None:
        self._agree()
        self._stop_reason = self._stop_reason or "stopped"

    def _agree(self) -> None:
        """Take the reason to stop from the first process that has one."""
        self._stop_reason = self._stop_reason or self._ranks.reason_to_stop(self._reason)

    def _begin(self) -> None:
        super()._begin()
        self.take_step.divide()

    def _goes_on(self) -> bool:
        self._agree()
        if self._ranks.checks and (error := self._difference()) is not None:
            raise error
        if super()._goes_on():
            return True
        if not self._ranks.checks:
            self._say_difference()
        self.take_step.join()
        return False

    def _say_difference(self) -> None:
        """Warn if what the processes end with is not the same: it is no network that one of them alone would have."""
        error = self._difference()
        if error is not None:
            self.history.notes.append(str(error))
            if self._ranks.is_first:
                warnings.warn(f"{error} MPI(checks=True) finds the epoch.", RuntimeWarning, stacklevel=2)

    def _difference(self) -> GlassnetError | None:
        """Return an error if a process holds other numbers than the first one, or was given other batches."""
        error = None
        if self._watched is not None:
            advice = "Each divides the same batches, and takes its own shards of them itself."
            error = self._compared("the batches of rank {rank} were not those of rank 0", self._watched.digest, advice)
        own = hashlib.sha256(self.network.params.tobytes())
        own.update(self.network.stats.tobytes())
        advice = "Give each the same packages and kind of processor; a callback must change the same on all."
        return error or self._compared("the weights or statistics of rank {rank} are not those of rank 0", own, advice)

    def _compared(self, fact: str, own: Any, advice: str) -> GlassnetError | None:
        found = self._ranks.everywhere(own.hexdigest())
        for rank, digest in enumerate(found):
            if digest != found[0]:
                words = f"after epoch {self.epoch} {fact.format(rank=rank)}"
                message = f"fit: {words}; all must have the same bits. {advice}"
                return GlassnetError(message, expected=found[0], got=digest)
        return None

    def _close_epoch(self) -> None:
        self._record_epoch()
        with self.take_step.averaged_weights():
            self._end_epoch()
        self._call("on_epoch_done", self)

    def _leave(self) -> None:
        if self.state.optimizer_state.is_part:  # the others may be elsewhere, and this one cannot wait for their parts
            self.state.renew_optimizer(self.network)
            self.history.notes.append(_FORGOTTEN)
        super()._leave()

    def _scores(self) -> Mapping[str, Any]:
        return self._ranks.agreed(super()._scores())
