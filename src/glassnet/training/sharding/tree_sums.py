"""Sums of many arrays in the order of one binary tree, whichever process has which of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["Node", "TreeSums", "merge"]


class Node(NamedTuple):
    """The sum of the leaves ``[place << level, (place + 1) << level)``.

    Parameters
    ----------
    level : int
        0 for a leaf.
    place : int
        Its number among the nodes of that level, from 0 on.
    array : ndarray
        The sum.
    """

    level: int
    place: int
    array: np.ndarray


class TreeSums:
    """Adds arrays that come one after the other: ``((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7))``.

    Floating-point sums depend on their order. In that of a tree over the numbers of the leaves, neighbours can be added
    where they are computed, and the bits of the total do not depend on where that is. The leaves of one process are
    neighbours; those that are a whole subtree leave one node.

    Parameters
    ----------
    current : ndarray
        Where each array is written before `add`; it holds the last node in the end.

    Examples
    --------
    >>> current = np.zeros(1)
    >>> sums = TreeSums(current)
    >>> for leaf in range(4):
    ...     current[:] = 10.0**leaf
    ...     sums.add(leaf, is_last=leaf == 3)
    >>> [(node.level, node.place, node.array.tolist()) for node in sums.nodes]
    [(2, 0, [1111.0])]
    """

    def __init__(self, current: np.ndarray) -> None:
        self.current = current
        self.nodes: list[Node] = []
        self._spare: list[np.ndarray] = []

    def clear(self) -> None:
        """Forget all nodes; their memory is used again."""
        self._spare += [node.array for node in self.nodes if node.array is not self.current]
        self.nodes.clear()

    def add(self, leaf: int, *, is_last: bool) -> None:
        """Add what stands in ``current`` as a leaf, the next one or the first.

        Parameters
        ----------
        leaf : int
            Its number.
        is_last : bool
            Whether no other will follow: ``current`` is not copied then.
        """
        level, place = 0, leaf
        while place & 1 and self.nodes and self.nodes[-1][:2] == (level, place - 1):
            left = self.nodes.pop().array
            np.add(left, self.current, self.current)
            self._spare.append(left)
            level, place = level + 1, place >> 1
        array = self.current
        if not is_last:
            array = self._spare.pop() if self._spare else np.empty_like(self.current)
            np.copyto(array, self.current)
        self.nodes.append(Node(level, place, array))


def merge(nodes: list[Node]) -> np.ndarray:
    """Return the sum of nodes that cover all leaves, in their order, added as the tree has it.

    Parameters
    ----------
    nodes : list of Node
        Sorted by the leaves that they have; their arrays are used as memory.
    """
    found: list[Node] = []
    for node in nodes:
        level, place, array = node
        while place & 1 and found and found[-1][:2] == (level, place - 1):
            np.add(found.pop().array, array, array)
            level, place = level + 1, place >> 1
        found.append(Node(level, place, array))
    assert len(found) == 1
    return found[0].array
