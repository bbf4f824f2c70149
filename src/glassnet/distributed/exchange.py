"""Exchanges between the processes of MPI, none of which waits longer than a deadline."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from glassnet.distributed.waiting import EXCHANGES, Verdict, Waiting
from glassnet.training.sharding.parts import part_of
from glassnet.training.sharding.tree_sums import Node, TreeSums, merge

__all__ = ["SMALL", "Exchange"]

SMALL = 2**15
"""Bytes of a message that is exchanged whole: fewer exchanges for more bytes."""

_FOR_MPI = 2**16  # bytes that two processes leave to MPI; of more, to add halves is faster


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
        Called with a `Verdict` when the deadline has passed; it does not return.
    """

    def __init__(
        self, runtime: Any, communicator: Any, deadline: float, give_up: Callable[[Verdict], NoReturn]
    ) -> None:
        self._runtime, self.communicator = runtime, communicator
        self.waiting = Waiting(runtime, communicator, deadline, give_up)
        self.wait = self.waiting.wait
        self.rank, self.size = communicator.Get_rank(), communicator.Get_size()
        self._other = np.empty(0, np.float32)
        self._places: list[list[tuple[int, int]]] = [[]] * self.size  # of the nodes of each process

    # ---- objects ----------------------------------------------------------------------------------------------------

    def broadcast(self, value: Any) -> Any:
        """Return what the first process has for ``value``."""
        if self.size == 1:
            return value
        packed = pickle.dumps(value) if self.rank == 0 else b""
        length = np.array([len(packed)], np.int64)
        self.wait([self.communicator.Ibcast(length, 0)])
        room = np.frombuffer(packed, np.uint8).copy() if self.rank == 0 else np.empty(length[0], np.uint8)
        self.wait([self.communicator.Ibcast(room, 0)])
        return value if self.rank == 0 else pickle.loads(room.tobytes())

    def gather(self, value: Any) -> list[Any]:
        """Return what each process has for ``value``, on all of them."""
        if self.size == 1:
            return [value]
        own = np.frombuffer(pickle.dumps(value), np.uint8)
        lengths = np.empty(self.size, np.int64)
        self.wait([self.communicator.Iallgather(np.array([len(own)], np.int64), lengths)])
        room = np.empty(lengths.sum(), np.uint8)
        ends = np.cumsum(lengths)
        where = [room, lengths.tolist(), (ends - lengths).tolist(), self._runtime.BYTE]
        self.wait([self.communicator.Iallgatherv([own, self._runtime.BYTE], where)])
        return [pickle.loads(room[end - n : end].tobytes()) for end, n in zip(ends, lengths, strict=True)]

    # ---- sums -------------------------------------------------------------------------------------------------------

    def add_up(self, sums: TreeSums, divided: int = 0) -> None:
        """Leave the sum of the nodes of all processes in ``sums.current``, with the same bits on each.

        Parameters
        ----------
        sums : TreeSums
            Of this process.
        divided : int
            Of so many numbers at the start each process gets its `part` only.
        """
        if self.size == 1:
            return
        message = sums.current
        if self._other.size != message.size or self._other.dtype != message.dtype:
            self._other = np.empty_like(message)
        if self.size & (self.size - 1):
            self._add_slices(sums, divided)
        elif divided:
            self._scatter_halves(message, divided)
        elif self.size == 2 and message.nbytes <= _FOR_MPI:
            # Of two there is one order of the sum, so that MPI's own has its bits, in fewer calls.
            self.wait([self.communicator.Iallreduce(self._runtime.IN_PLACE, message)])
        elif message.nbytes <= SMALL:
            self._add_whole(message)
        else:
            self._scatter_halves(message, message.size)
            self._gather_halves(message)

    def part(self, n: int) -> tuple[int, int]:
        """Return the first and the end of the part of ``n`` numbers that this process has."""
        return part_of(n, self.rank, self.size)

    def _swap(self, partner: int, *pairs: tuple[np.ndarray, np.ndarray]) -> None:
        """Send the first and receive the second array of each pair."""
        requests = [self.communicator.Irecv(received, partner, EXCHANGES) for _, received in pairs]
        requests += [self.communicator.Isend(sent, partner, EXCHANGES) for sent, _ in pairs]
        self.wait(requests)

    def _add_whole(self, message: np.ndarray) -> None:
        """Add the whole message of one partner after the other: log2(R) exchanges."""
        distance = 1
        while distance < self.size:
            self._swap(self.rank ^ distance, (message, self._other))
            np.add(message, self._other, message)
            distance *= 2

    def _halves(self, n: int) -> list[tuple[int, slice, slice]]:
        """Return partners, and which part of ``n`` numbers is kept and which given to each, neighbours first."""
        first, end, distance, found = 0, n, 1, []
        while distance < self.size:
            middle = (first + end) // 2
            lower, upper = slice(first, middle), slice(middle, end)
            kept, given = (upper, lower) if self.rank & distance else (lower, upper)
            found.append((self.rank ^ distance, kept, given))
            first, end, distance = kept.start, kept.stop, distance * 2
        return found

    def _scatter_halves(self, message: np.ndarray, n: int) -> None:
        """Add halves of halves of the first ``n`` numbers, neighbours first as the tree has it, and the rest whole.

        Thakur, Rabenseifner & Gropp (2005), "Optimization of collective communication operations in MPICH", 2.3.
        """
        other, rest = self._other, slice(n, None)
        for partner, kept, given in self._halves(n):
            pairs = [(message[given], other[kept]), (message[rest], other[rest])]
            self._swap(partner, *pairs[: 1 + (n < message.size)])
            np.add(message[kept], other[kept], message[kept])
            np.add(message[rest], other[rest], message[rest])

    def _gather_halves(self, array: np.ndarray) -> None:
        """Put together what `_scatter_halves` left."""
        for partner, kept, given in reversed(self._halves(array.size)):
            self._swap(partner, (array[kept], array[given]))

    def _add_slices(self, sums: TreeSums, divided: int) -> None:
        """Add one slice of the message on each process, and put them together: for any number of processes."""
        message, n = sums.current, divided or sums.current.size
        places = [node[:2] for node in sums.nodes]
        if self._places[self.rank] != places:  # other shards, of which there are others on all processes then
            self._places = self.gather(places)
        counts = self._places
        parts = [slice(*part_of(n, rank, self.size)) for rank in range(self.size)]
        sent = [
            np.concatenate([a for node in sums.nodes for a in (node.array[part], node.array[n:])]) for part in parts
        ]
        width = parts[self.rank].stop - parts[self.rank].start
        received = [np.empty((len(nodes), width + message.size - n), message.dtype) for nodes in counts]
        requests = [self.communicator.Irecv(room, rank, EXCHANGES) for rank, room in enumerate(received)]
        requests += [self.communicator.Isend(array, rank, EXCHANGES) for rank, array in enumerate(sent)]
        self.wait(requests)
        nodes = [
            Node(level, place, received[rank][i])
            for rank, found in enumerate(counts)
            for i, (level, place) in enumerate(found)
        ]
        total = merge(nodes)
        message[parts[self.rank]], message[n:] = total[:width], total[width:]
        if not divided:
            self.put_together(message)

    # ---- parts ------------------------------------------------------------------------------------------------------

    def put_together(self, array: np.ndarray) -> None:
        """Fill ``array`` (n,) or (K, n), whose part along the last axis each process has, on all of them."""
        if self.size == 1:
            return
        if array.ndim == 1 and not self.size & (self.size - 1):
            self._gather_halves(array)
            return
        members, n = array.size // array.shape[-1], array.shape[-1]
        parts = [slice(*part_of(n, rank, self.size)) for rank in range(self.size)]
        lengths = [members * (part.stop - part.start) for part in parts]
        starts = [members * part.start for part in parts]
        room = array if array.ndim == 1 else np.empty(array.size, array.dtype)
        if array.ndim > 1:
            own = parts[self.rank]
            room[members * own.start : members * own.stop] = array[:, own].reshape(-1)
        kind = self._runtime._typedict[array.dtype.char]
        self.wait([self.communicator.Iallgatherv(self._runtime.IN_PLACE, [room, lengths, starts, kind])])
        for part in parts if array.ndim > 1 else ():
            array[:, part] = room[members * part.start : members * part.stop].reshape(members, -1)

    def join(self, part: np.ndarray, n: int, *, everywhere: bool) -> np.ndarray | None:
        """Return the array (..., n) whose parts the processes have; None on the others unless ``everywhere``.

        Parameters
        ----------
        part : ndarray
            The part of this process along the last axis.
        n : int
            Length of the whole.
        everywhere : bool
            Whether it is wanted on all processes, not on the first only.
        """
        if self.rank and not everywhere:
            self.wait([self.communicator.Isend(np.ascontiguousarray(part), 0, EXCHANGES)])
            return None
        whole = np.empty((*part.shape[:-1], n), part.dtype)
        whole[..., slice(*self.part(n))] = part
        if everywhere:
            self.put_together(whole)
            return whole
        parts = [slice(*part_of(n, rank, self.size)) for rank in range(1, self.size)]
        rooms = [np.empty((*part.shape[:-1], each.stop - each.start), part.dtype) for each in parts]
        self.wait([self.communicator.Irecv(room, rank, EXCHANGES) for rank, room in enumerate(rooms, 1)])
        for each, room in zip(parts, rooms, strict=True):
            whole[..., each] = room
        return whole
