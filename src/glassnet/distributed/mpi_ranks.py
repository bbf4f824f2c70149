"""The processes of MPI as the training sees them."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

import numpy as np

from glassnet.distributed.endings import LOST, end_all, on_termination, said_by
from glassnet.distributed.exchange import Exchange
from glassnet.distributed.lost_ranks import failure_sentence, lost_sentence, resume_advice
from glassnet.distributed.machines import Machine, difference, kernel_note, network_facts, this_machine
from glassnet.distributed.options import MPI
from glassnet.distributed.waiting import Verdict
from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import ConfigError, DivergenceError, RankError
from glassnet.training.sharding.ranks import Ranks
from glassnet.training.sharding.tree_sums import TreeSums

__all__ = ["MPIRanks"]

R = TypeVar("R")
_warned: set[str] = set()
_ALONE = (
    "fit: MPI has this process only. To train with four, start the program with `mpiexec -n 4 python -m mpi4py`, say."
)


class MPIRanks(Ranks):
    """All processes of ``MPI.COMM_WORLD``.

    Each training has a communicator of its own, so that no message of the program, or of an earlier training that an
    error ended, is taken for one of this.

    Parameters
    ----------
    runtime : module
        ``mpi4py.MPI``.
    options : MPI
        As of ``fit(..., distributed=)``.
    """

    def __init__(self, runtime: Any, options: MPI) -> None:
        self._runtime, self.options = runtime, options
        world = runtime.COMM_WORLD
        self.rank, self.size = world.Get_rank(), world.Get_size()
        self.divides_optimizer, self.checks = options.sharded_optimizer, options.checks
        self._exchange = Exchange(runtime, world, options.deadline, self._give_up)
        self._where = "fit"  # the outermost call that trains
        self._depth = 0  # trainings inside which this process is: that of an estimator has those of its networks
        self._hosts: list[str] = []
        self._known: BaseException | None = None  # an error that all processes know of

    @contextmanager
    def training(self, where: str) -> Iterator[None]:
        outer = self._exchange
        communicator, request = outer.communicator.Idup()
        outer.wait([request])
        self._exchange = Exchange(self._runtime, communicator, self.options.deadline, self._give_up)
        self._depth += 1
        try:
            if self._depth == 1:
                self._where = where
                self._meet()
            with warnings.catch_warnings(), on_termination(self._terminate):
                if not self.is_first:  # the first one says the same
                    warnings.simplefilter("ignore")
                yield
        except BaseException as error:
            self._tell(error)
            raise
        finally:
            self._exchange = outer
            self._depth -= 1
        communicator.Free()

    def _meet(self) -> None:
        """Refuse other versions, and warn of other processors."""
        found: list[tuple[str, Machine]] = self._exchange.gather((self._where, this_machine()))
        machines = [machine for _, machine in found]
        self._hosts = [machine.host for machine in machines]
        self._refuse_unlike([{"the call": call, **machine.versions} for call, machine in found])
        note = _ALONE if self.size == 1 else kernel_note(machines)
        self.notes = (note,) if note else ()
        if note and self.size > 1 and self.is_first and note not in _warned:
            _warned.add(note)
            warnings.warn(note, RuntimeWarning, stacklevel=2)

    def _terminate(self) -> None:
        self.reason = "terminated"

    def reduce(self, sums: TreeSums, divided: int = 0) -> None:
        self._exchange.add_up(sums, divided)

    def part(self, n: int) -> tuple[int, int]:
        return self._exchange.part(n)

    def put_together(self, array: np.ndarray) -> None:
        self._exchange.put_together(array)

    def join(self, part: np.ndarray, n: int, *, everywhere: bool) -> np.ndarray | None:
        return self._exchange.join(part, n, everywhere=everywhere)

    def agreed(self, value: R) -> R:
        found: R = self._exchange.broadcast(value)
        return found

    def everywhere(self, value: R) -> list[R]:
        return self._exchange.gather(value)

    def reason_to_stop(self, reason: str) -> str:
        return next(filter(None, self._exchange.gather(reason or self.reason)), "")

    def together(self, what: Callable[[], R]) -> R:
        try:
            found = what()
        except Exception as error:
            failures = self._exchange.gather(f"{type(error).__name__}: {error}")
            self._note_known(error, next(rank for rank, failure in enumerate(failures) if failure is not None))
            raise
        self._raise_failure(self._exchange.gather(None))
        return found

    def on_first(self, what: Callable[[], R]) -> R | None:
        return self.together(what if self.is_first else lambda: None)

    def _raise_failure(self, failures: list[str | None]) -> None:
        for rank, failure in enumerate(failures):
            if failure is not None:
                message = f"fit: rank {rank} cannot train; all must. There it says: {failure}"
                error = ConfigError(message, got=failure)
                self._note_known(error, rank)
                raise error

    def _note_known(self, error: BaseException, rank: int) -> None:
        """Note that all processes raise an error, which one of them prints."""
        self._known = error
        said_by(error, rank)

    def share(self, network: BaseNetwork) -> None:
        parts = ("seeds", "metadata", "attachments", "_run")
        found = self._exchange.broadcast(
            ({name: getattr(network, name) for name in parts}, network.params, network.stats)
            if network._store is not None
            else ({"seeds": network.seeds}, None, None)
        )
        if self.is_first:
            return
        vars(network).update(found[0])
        if found[1] is not None:
            network.params[...], network.stats[...] = found[1:]

    def check_network(self, network: BaseNetwork) -> None:
        self.check_alike(network_facts(network))

    def check_alike(self, facts: Mapping[str, Any]) -> None:
        self._refuse_unlike(self._exchange.gather(dict(facts)))

    def _refuse_unlike(self, everywhere: list[Mapping[str, Any]]) -> None:
        found = difference(everywhere)
        if found is None:
            return
        name, rank = found
        expected, got = (repr(everywhere[i][name]) if name in everywhere[i] else "not there" for i in (0, rank))
        fact = f"{name} is {expected} on rank 0 and {got} on rank {rank}"
        message = f"fit: {fact}; it must be the same on all. Give each the same program, data and packages."
        error = ConfigError(message, expected=expected, got=got)
        self._note_known(error, 0)
        raise error

    def note_step(self, epoch: int, step: int) -> None:
        self._exchange.waiting.words = f"epoch {epoch + 1}, step {step + 1}"

    # ---- failure ----------------------------------------------------------------------------------------------------

    def _advice(self) -> str:
        if self._where != "fit":
            return "Start it again."  # an estimator has no checkpoint
        checkpoint = None if self.checkpoint is None else str(self.checkpoint)
        return resume_advice(checkpoint, self._hosts[0] if self._hosts else "")

    def _tell(self, error: BaseException) -> None:
        """Tell the others that this process failed, unless they know."""
        if isinstance(error, DivergenceError):
            said_by(error, 0)  # it is found in the sums, by all
        elif error is not self._known and not isinstance(error, RankError):
            waiting, host = self._exchange.waiting, self._hosts[self.rank] if self._hosts else "its machine"
            waiting.tell_failure(failure_sentence(self.rank, host, waiting.words, error, self._advice()))

    def _give_up(self, verdict: Verdict) -> NoReturn:
        """End all processes: one of them does not answer."""
        words = lost_sentence(verdict, self.options.deadline, self._hosts, self.rank, self._advice())
        sys.stderr.write(f"{words}\n")  # in one piece: others write at the same time
        end_all(self._runtime, LOST)
