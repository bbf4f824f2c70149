"""Which part of many numbers each of several processes has."""

from __future__ import annotations

__all__ = ["part_of"]


def part_of(n: int, rank: int, size: int) -> tuple[int, int]:
    """Return the first and the end of the part of ``n`` numbers that a process has.

    Of 2, 4, 8, ... processes it is a half of a half, chosen by the bits of the rank, the last one first: what is left
    where neighbours exchange halves, then pairs of neighbours halves of these.

    Parameters
    ----------
    n : int
        How many there are.
    rank, size : int
        Which process, from 0 on, of how many.

    Examples
    --------
    >>> [part_of(10, rank, 4) for rank in range(4)], [part_of(10, rank, 3) for rank in range(3)]
    ([(0, 2), (5, 7), (2, 5), (7, 10)], [(0, 3), (3, 6), (6, 10)])
    """
    if size & (size - 1):
        return n * rank // size, n * (rank + 1) // size
    first, end, distance = 0, n, 1
    while distance < size:
        middle = (first + end) // 2
        first, end = (middle, end) if rank & distance else (first, middle)
        distance *= 2
    return first, end
