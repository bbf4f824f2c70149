"""Processes that train together, as threads of one: a test sees all of them, and none needs MPI."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.training.sharding.parts import part_of
from glassnet.training.sharding.ranks import Ranks
from glassnet.training.sharding.tree_sums import TreeSums, merge


class ThreadRanks(Ranks):
    """A process that is a thread of this one; ``options`` are other attributes of `Ranks`."""

    def __init__(self, rank: int, size: int, board: list[Any], barrier: threading.Barrier, **options: Any) -> None:
        self.rank, self.size, self._board, self._barrier = rank, size, board, barrier
        vars(self).update(options)

    def everywhere(self, value: Any) -> list[Any]:
        self._barrier.wait(30)
        self._board[self.rank] = value
        self._barrier.wait(30)
        return list(self._board)

    def reduce(self, sums: TreeSums, divided: int = 0) -> None:
        everywhere = self.everywhere([node._replace(array=node.array.copy()) for node in sums.nodes])
        nodes = [node._replace(array=node.array.copy()) for nodes in everywhere for node in nodes]
        total = merge(nodes)
        own = slice(*self.part(divided))
        sums.current[:divided] = np.nan  # what is not said to be there must not be used
        sums.current[own], sums.current[divided:] = total[own], total[divided:]

    def part(self, n: int) -> tuple[int, int]:
        return part_of(n, self.rank, self.size)

    def put_together(self, array: np.ndarray) -> None:
        own = slice(*self.part(array.shape[-1]))
        for rank, part in enumerate(self.everywhere(array[..., own].copy())):
            array[..., slice(*part_of(array.shape[-1], rank, self.size))] = part

    def join(self, part: np.ndarray, n: int, *, everywhere: bool) -> np.ndarray | None:
        whole = np.full((*part.shape[:-1], n), np.nan, part.dtype)
        whole[..., slice(*self.part(n))] = part
        self.put_together(whole)
        return whole if everywhere or self.is_first else None

    def agreed(self, value: Any) -> Any:
        return self.everywhere(value)[0]

    def reason_to_stop(self, reason: str) -> str:
        return next(filter(None, self.everywhere(reason or self.reason)), "")

    def together(self, what: Callable[[], Any]) -> Any:
        try:
            found = what()
        except Exception as error:
            self.everywhere(str(error))
            raise
        for rank, failure in enumerate(self.everywhere(None)):
            assert failure is None, f"rank {rank}: {failure}"
        return found

    def on_first(self, what: Callable[[], Any]) -> Any:
        return self.together(what if self.is_first else lambda: None)

    def share(self, network: Any) -> None:
        parts = ("seeds", "metadata", "attachments")
        first = self.agreed(network)
        vars(network).update({name: getattr(first, name) for name in parts})
        if network is not first and network._store is not None:
            network.params[...], network.stats[...] = first.params, first.stats
            network._run = copy.deepcopy(first._run)
        self._barrier.wait(30)


def together(size: int, train: Callable[[Ranks], Any], **options: Any) -> list[Any]:
    """Return what ``train`` returned in each of several threads; an error of one is raised."""
    board, barrier = [None] * size, threading.Barrier(size)
    found: list[Any] = [None] * size

    def work(rank: int) -> None:
        try:
            found[rank] = train(ThreadRanks(rank, size, board, barrier, **options))
        except BaseException as error:
            found[rank] = error
            barrier.abort()

    threads = [threading.Thread(target=work, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    errors = [each for each in found if isinstance(each, BaseException)]
    for error in sorted(errors, key=lambda error: isinstance(error, threading.BrokenBarrierError)):
        raise error
    return found
