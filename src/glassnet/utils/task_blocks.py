"""Pieces of work put together to tasks that are long enough to be worth sending, and many enough for all workers."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["blocks_of"]

_TASK_SECONDS = 1.0  # a task costs milliseconds beside its work
_WORTH_SENDING = 0.05  # seconds of work for each worker, below which fewer are used
_BLOCKS_PER_WORKER = 4  # that workers of unlike speed end together


def blocks_of(seconds: Sequence[float], workers: int) -> list[list[int]]:
    """Return pieces of work, by number, in blocks to be done as one task each, the longest block first.

    A block takes a second or more, so that what a task costs beside its work does not count; but there are as many
    blocks as workers wherever that is worth sending, and no more than a few for each of them.

    Parameters
    ----------
    seconds : sequence of float
        How long each piece takes, as far as is known. Neighbours stay together.
    workers : int
        How many blocks are done at once.

    Examples
    --------
    >>> blocks_of([0.5] * 8, workers=2)
    [[0, 1], [2, 3], [4, 5], [6, 7]]
    >>> blocks_of([0.001] * 4, workers=2)
    [[0, 1, 2, 3]]
    """
    total = sum(seconds)
    most = min(int(total / _TASK_SECONDS), _BLOCKS_PER_WORKER * workers)
    whole_rounds = most // workers * workers  # one block more than that is waited for by all other workers
    count = max(whole_rounds, min(workers, int(total / _WORTH_SENDING)), 1)
    blocks: dict[int, list[int]] = {}
    passed = 0.0
    for number, each in enumerate(seconds):
        place = (passed + each / 2) / total if total > 0 else 0.0
        blocks.setdefault(min(int(place * count), count - 1), []).append(number)
        passed += each
    return sorted(blocks.values(), key=lambda block: -sum(seconds[number] for number in block))
