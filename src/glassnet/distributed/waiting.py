"""Waiting for other processes: no longer than a deadline, at whose end all that live say so."""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, NoReturn

from glassnet.errors import RankError

__all__ = ["EXCHANGES", "Place", "Verdict", "Waiting"]

EXCHANGES = 0
"""The tag of messages that are part of an exchange."""

_NOTICES = 32177  # the tag of the others; below the 32767 that every MPI has
_SPINS = 200  # looks before others are let onto the core
_PATIENCE = 0.05  # seconds before waiting costs no processor time any more
_NAP = 0.0005
_LONGEST_NAP = 1.0  # what takes longer is a process, or a machine, that was stopped and goes on
_ROLL_CALL = 1.0  # seconds in which a process that lives answers
_PRECEDENCE = 1.0  # seconds that the first of those that live has for ending all, before another does
_unfinished: list[Any] = []  # exchanges that were left: MPI may write to their memory still


class Place(NamedTuple):
    """How far a process is.

    Parameters
    ----------
    exchanges : int
        How many it has had.
    words : str
        The same for people.
    """

    exchanges: int
    words: str


class Verdict(NamedTuple):
    """What is known when an exchange was not done before the deadline.

    Parameters
    ----------
    silent : list of int
        Processes that did not answer the roll call.
    living : dict
        The others, and where they are.
    error : str
        What MPI said, if it failed.
    """

    silent: list[int]
    living: dict[int, Place]
    error: str = ""


class Waiting:
    """Waits for exchanges over a communicator.

    While it waits for longer than an instant, a process reads what others tell beside the exchanges: that they call the
    roll, which it answers, or that they have failed, whereupon it fails too.

    Parameters
    ----------
    runtime : module
        ``mpi4py.MPI``.
    communicator : mpi4py.MPI.Comm
        Of all processes.
    deadline : float
        Seconds that one exchange may take; those in which this process was stopped do not count.
    give_up : callable
        Called with a `Verdict` when they have passed; it does not return.

    Attributes
    ----------
    words : str
        Where this process is, for people.
    """

    def __init__(
        self, runtime: Any, communicator: Any, deadline: float, give_up: Callable[[Verdict], NoReturn]
    ) -> None:
        self._runtime, self._comm, self._deadline, self._give_up = runtime, communicator, deadline, give_up
        self._sent: list[tuple[Any, bytes]] = []
        self._roll_calls = 0
        self._count, self.words = 0, "before the first step"

    @property
    def place(self) -> Place:
        """Where this process is."""
        return Place(self._count, self.words)

    def wait(self, requests: Sequence[Any]) -> None:
        """Return when all requests are done.

        Parameters
        ----------
        requests : sequence of mpi4py.MPI.Request
            What is waited for.

        Raises
        ------
        RankError
            Another process said that it has failed.
        """
        try:
            self._wait(requests)
        except self._runtime.Exception as error:
            self._give_up(Verdict([], {}, str(error)))
        except BaseException:
            _unfinished.append(requests)
            raise
        self._count += 1

    def _wait(self, requests: Sequence[Any]) -> None:
        test = self._runtime.Request.Testall
        for _ in range(_SPINS):
            if test(requests):
                return
        last, waited = time.monotonic(), 0.0
        while not test(requests):
            now = time.monotonic()
            waited, last = waited + min(now - last, _LONGEST_NAP), now
            if waited < _PATIENCE:
                _let_others()
                continue
            for _ in self._notices():
                pass
            if waited > self._deadline:
                self._call_roll(requests)
                return
            time.sleep(_NAP)

    # ---- beside the exchanges ---------------------------------------------------------------------------------------

    def tell_failure(self, words: str) -> None:
        """Tell all others that this process cannot go on.

        Parameters
        ----------
        words : str
            Why, and where it is.
        """
        with suppress(self._runtime.Exception):
            self._tell("failed", 0, words)
            until = time.monotonic() + 100 * _NAP
            while time.monotonic() < until and not all([request.Test() for request, _ in self._sent]):
                time.sleep(_NAP)

    def _tell(self, kind: str, number: int, words: str = "", to: int | None = None) -> None:
        packed = pickle.dumps((kind, number, self._count, words or self.words))
        own, size = self._comm.Get_rank(), self._comm.Get_size()
        for rank in [other for other in range(size) if other != own] if to is None else [to]:
            request = self._comm.Isend([packed, self._runtime.BYTE], rank, _NOTICES)
            self._sent.append((request, packed))

    def _notices(self) -> Iterator[tuple[int, int, Place]]:
        """Heed what others tell; yield the answers to roll calls: from whom, to which call, and where it is."""
        status = self._runtime.Status()
        while self._comm.Iprobe(self._runtime.ANY_SOURCE, _NOTICES, status):
            room, rank = bytearray(status.Get_count(self._runtime.BYTE)), status.Get_source()
            self._comm.Recv([room, self._runtime.BYTE], rank, _NOTICES)
            kind, number, count, words = pickle.loads(room)
            if kind == "failed":
                raise RankError(words, rank=rank)
            if kind == "call":
                self._tell("answer", number, to=rank)
            else:
                yield rank, number, Place(count, words)

    def _call_roll(self, requests: Sequence[Any]) -> None:
        """Give up on those that do not answer; return if the requests are done meanwhile."""
        self._roll_calls += 1
        own, size = self._comm.Get_rank(), self._comm.Get_size()
        living = {own: self.place}
        self._tell("call", self._roll_calls)
        if self._hear(requests, living, _ROLL_CALL):
            return
        # The first one ends all; it may have begun to wait later than this one.
        if own != min(living) and self._hear(requests, living, _PRECEDENCE + 0.02 * min(own, 25)):
            return
        self._give_up(Verdict([rank for rank in range(size) if rank not in living], dict(sorted(living.items()))))

    def _hear(self, requests: Sequence[Any], living: dict[int, Place], seconds: float) -> bool:
        """Add to ``living`` who answers; return whether the requests were done within the time."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self._runtime.Request.Testall(requests):
                return True
            for rank, number, place in self._notices():
                if number == self._roll_calls:
                    living[rank] = place
            time.sleep(_NAP)
        return False


def _let_others() -> None:
    """Let another process onto the core."""
    if hasattr(os, "sched_yield"):
        os.sched_yield()
    else:
        time.sleep(0)
