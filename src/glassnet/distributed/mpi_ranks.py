"""The processes of MPI as the training sees them."""

from __future__ import annotations

import os
import platform
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

import numpy as np

from glassnet.distributed.exchange import Exchange
from glassnet.distributed.options import MPI
from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import ConfigError
from glassnet.training.sharding.ranks import Ranks
from glassnet.training.sharding.tree_sums import TreeSums
from glassnet.utils.version import VERSION

__all__ = ["MPIRanks"]

R = TypeVar("R")
_EXIT_CODE = 75  # of sysexits.h: a temporary failure, to be tried again
_ABORT_SECONDS = 3  # after which a process that MPI cannot end is ended by the operating system


class MPIRanks(Ranks):
    """All processes of ``MPI.COMM_WORLD``.

    Parameters
    ----------
    runtime : module
        ``mpi4py.MPI``.
    options : MPI
        As of ``fit(..., distributed=)``.
    """

    def __init__(self, runtime: Any, options: MPI) -> None:
        self._runtime, self.options = runtime, options
        self._world = runtime.COMM_WORLD
        self.rank, self.size = self._world.Get_rank(), self._world.Get_size()
        self.divides_optimizer, self.checks = options.sharded_optimizer, options.checks
        self._exchange = Exchange(runtime, self._world, options.deadline, self._give_up)
        self._at = "before the first step"

    @contextmanager
    def training(self) -> Iterator[None]:
        self.check_alike({"glassnet": VERSION, "NumPy": np.__version__})
        with warnings.catch_warnings():
            if not self.is_first:  # the first one says the same
                warnings.simplefilter("ignore")
            yield

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
        return next(filter(None, self._exchange.gather(reason)), "")

    def together(self, what: Callable[[], R]) -> R:
        try:
            found = what()
        except Exception as error:
            self._exchange.gather(f"{type(error).__name__}: {error}")
            raise
        self._raise_failure(self._exchange.gather(None))
        return found

    def on_first(self, what: Callable[[], R]) -> R | None:
        return self.together(what if self.is_first else lambda: None)

    def _raise_failure(self, failures: list[str | None]) -> None:
        for rank, failure in enumerate(failures):
            if failure is not None:
                message = f"fit: rank {rank} cannot train; all must. There it says: {failure}"
                raise ConfigError(message, got=failure)

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

    def check_alike(self, facts: Mapping[str, Any]) -> None:
        everywhere = self._exchange.gather(dict(facts))
        for rank, found in enumerate(everywhere):
            for name, value in found.items():
                if value != everywhere[0].get(name):
                    fact = f"{name} is {everywhere[0].get(name)!r} on rank 0 and {value!r} on rank {rank}"
                    message = f"fit: {fact}; it must be the same on all. Give each the same program, data and packages."
                    raise ConfigError(message, expected=everywhere[0].get(name), got=value)

    def note_step(self, epoch: int, step: int) -> None:
        self._at = f"epoch {epoch + 1}, step {step}"

    def _give_up(self, whom: str) -> NoReturn:
        """End all processes: one of them does not answer."""
        fact = f"rank {self.rank} on {platform.node()} waited {self.options.deadline:g} s for {whom} at {self._at}"
        print(f"fit: {fact}; all are ended. Start again with resume=True.", file=sys.stderr, flush=True)
        if hasattr(signal, "alarm"):  # where the network is gone, Abort itself may wait for ever
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(_ABORT_SECONDS)
        self._world.Abort(_EXIT_CODE)
        os._exit(_EXIT_CODE)
