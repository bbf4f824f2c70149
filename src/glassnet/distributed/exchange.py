"""Exchanges between the processes of MPI, none of which waits longer than a deadline."""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from glassnet.training.sharding.tree_sums import Node, TreeSums, merge

__all__ = ["SMALL", "Exchange"]

SMALL = 2**15
"""Bytes of a message that is exchanged whole: fewer exchanges for more bytes."""

_SPINS = 200  # looks before others are let onto the core
_PATIENCE = 0.05  # seconds before waiting costs no processor time any more
_NAP = 0.0005


class Exchange:
    """Sums and objects exchanged over a communicator.

    Parameters
    ----------
    runtime : module
        ``mpi4py.MPI``.
    communicator : mpi4py.MPI.Comm
        Of all processes.
    deadline : float
        Seconds that one exchange may take.
    give_up : callable
        Called with what is waited for when the deadline has passed; it does not return.
    """

    def __init__(self, runtime: Any, communicator: Any, deadline: float, give_up: Callable[[str], Any]) -> None:
        self._runtime, self._comm = runtime, communicator
        self._deadline, self._give_up = deadline, give_up
        self.rank, self.size = communicator.Get_rank(), communicator.Get_size()
        self._other = np.empty(0, np.float32)

    # ---- waiting ----------------------------------------------------------------------------------------------------

    def wait(self, requests: Sequence[Any], whom: str) -> None:
        """Return when all requests are done.

        Parameters
        ----------
        requests : sequence of mpi4py.MPI.Request
            What is waited for.
        whom : str
            From whom, for the message.
        """
        test = self._runtime.Request.Testall
        for _ in range(_SPINS):
            if test(requests):
                return
        began = time.monotonic()
        while not test(requests):
            waited = time.monotonic() - began
            if waited > self._deadline:
                self._give_up(whom)
            if waited > _PATIENCE:
                time.sleep(_NAP)
            else:
                os.sched_yield()

    # ---- objects ----------------------------------------------------------------------------------------------------

    def broadcast(self, value: Any) -> Any:
        """Return what the first process has for ``value``."""
        if self.size == 1:
            return value
        packed = pickle.dumps(value) if self.rank == 0 else b""
        length = np.array([len(packed)], np.int64)
        self.wait([self._comm.Ibcast(length, 0)], "rank 0")
        room = np.frombuffer(packed, np.uint8).copy() if self.rank == 0 else np.empty(length[0], np.uint8)
        self.wait([self._comm.Ibcast(room, 0)], "rank 0")
        return value if self.rank == 0 else pickle.loads(room.tobytes())

    def gather(self, value: Any) -> list[Any]:
        """Return what each process has for ``value``, on all of them."""
        if self.size == 1:
            return [value]
        own = np.frombuffer(pickle.dumps(value), np.uint8)
        lengths = np.empty(self.size, np.int64)
        self.wait([self._comm.Iallgather(np.array([len(own)], np.int64), lengths)], "another rank")
        room = np.empty(lengths.sum(), np.uint8)
        ends = np.cumsum(lengths)
        where = [room, lengths.tolist(), (ends - lengths).tolist(), self._runtime.BYTE]
        self.wait([self._comm.Iallgatherv([own, self._runtime.BYTE], where)], "another rank")
        return [pickle.loads(room[end - n : end].tobytes()) for end, n in zip(ends, lengths, strict=True)]

    # ---- sums -------------------------------------------------------------------------------------------------------

    def add_up(self, sums: TreeSums) -> None:
        """Leave the sum of the nodes of all processes in ``sums.current``, with the same bits on each."""
        if self.size == 1:
            return
        message = sums.current
        if self._other.size != message.size or self._other.dtype != message.dtype:
            self._other = np.empty_like(message)
        if self.size & (self.size - 1):
            self._add_slices(sums)
        elif message.nbytes <= SMALL:
            self._add_whole(message)
        else:
            self._add_halves(message)

    def _swap(self, partner: int, sent: np.ndarray, received: np.ndarray) -> None:
        requests = [self._comm.Irecv(received, partner), self._comm.Isend(sent, partner)]
        self.wait(requests, f"rank {partner}")

    def _add_whole(self, message: np.ndarray) -> None:
        """Add the whole message of one partner after the other: log2(R) exchanges."""
        distance = 1
        while distance < self.size:
            self._swap(self.rank ^ distance, message, self._other)
            np.add(message, self._other, message)
            distance *= 2

    def _add_halves(self, message: np.ndarray) -> None:
        """Add halves of halves, neighbours first as the tree has it, then put them together: 2 log2(R) exchanges.

        Thakur, Rabenseifner & Gropp (2005), "Optimization of collective communication operations in MPICH", 2.3.
        """
        first, end, spans = 0, message.size, []
        distance = 1
        while distance < self.size:
            middle = (first + end) // 2
            lower, upper = (first, middle), (middle, end)
            kept, given = (upper, lower) if self.rank & distance else (lower, upper)
            own = slice(*kept)
            self._swap(self.rank ^ distance, message[slice(*given)], self._other[own])
            np.add(message[own], self._other[own], message[own])
            spans.append((kept, given))
            (first, end), distance = kept, distance * 2
        for kept, given in reversed(spans):
            distance //= 2
            self._swap(self.rank ^ distance, message[slice(*kept)], message[slice(*given)])

    def _add_slices(self, sums: TreeSums) -> None:
        """Add one slice of the message on each process, and put them together: for any number of processes."""
        message, size = sums.current, self.size
        counts = self.gather([node[:2] for node in sums.nodes])  # nodes of each process
        edges = [message.size * i // size for i in range(size + 1)]
        slices = [slice(*edges[i : i + 2]) for i in range(size)]
        sent = [np.concatenate([node.array[own] for node in sums.nodes]) for own in slices]
        width = edges[self.rank + 1] - edges[self.rank]
        received = [np.empty((len(nodes), width), message.dtype) for nodes in counts]
        requests = [self._comm.Irecv(room, rank) for rank, room in enumerate(received)]
        requests += [self._comm.Isend(part, rank) for rank, part in enumerate(sent)]
        self.wait(requests, "another rank")
        nodes = [
            Node(level, place, received[rank][i])
            for rank, found in enumerate(counts)
            for i, (level, place) in enumerate(found)
        ]
        own = merge(nodes)
        lengths = [edges[i + 1] - edges[i] for i in range(size)]
        kind = self._runtime._typedict[message.dtype.char]
        self.wait([self._comm.Iallgatherv([own, kind], [message, lengths, edges[:-1], kind])], "another rank")
