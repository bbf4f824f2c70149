"""The processes that train one network together, as the training sees them: one alone here, several in MPI."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.training.sharding.tree_sums import TreeSums

__all__ = ["Ranks"]

R = TypeVar("R")


class Ranks:
    """The processes of one training, numbered from 0 on; this base class is a single one.

    Every method is called by all of them, in the same order.

    Attributes
    ----------
    rank, size : int
        The number of this process, and how many there are.
    divides_optimizer : bool
        Whether each keeps a part of the optimizer's arrays only.
    checks : bool
        Whether what they hold is compared after each epoch.
    checkpoint : str or Path, optional
        The file of the run, for what is said if a process is lost.
    reason : str
        Why this process asks for the end of the run, if it was asked for beside the training.
    notes : tuple of str
        For the history.
    """

    rank = 0
    size = 1
    divides_optimizer = False
    checks = False
    checkpoint: str | os.PathLike[str] | None = None
    reason = ""
    notes: tuple[str, ...] = ()

    @property
    def is_first(self) -> bool:
        """Whether this one writes files, shows progress and warns."""
        return self.rank == 0

    @contextmanager
    def training(self, where: str) -> Iterator[None]:
        """Train while inside, with what all processes must have in common; ``where`` is the call, such as "fit"."""
        yield

    def reduce(self, sums: TreeSums, divided: int = 0) -> None:
        """Add up the nodes of all processes, as `tree_sums.merge` does; the total is left in ``sums.current``.

        Of the first ``divided`` numbers each process needs its `part` only; what is left of the others is undefined.
        """

    def part(self, n: int) -> tuple[int, int]:
        """Return the first and the end of this process' part of ``n`` numbers."""
        return 0, n

    def put_together(self, array: np.ndarray) -> None:
        """Fill ``array`` (..., n) on all processes, each of which has its `part` of the last axis."""

    def join(self, part: np.ndarray, n: int, *, everywhere: bool) -> np.ndarray | None:
        """Return the array (..., n) whose parts along the last axis the processes have.

        None is returned on the others than the first, unless ``everywhere``.
        """
        return part

    def agreed(self, value: R) -> R:
        """Return what the first process has for ``value``."""
        return value

    def everywhere(self, value: R) -> list[R]:
        """Return what each process has for ``value``, in the order of the ranks."""
        return [value]

    def reason_to_stop(self, reason: str) -> str:
        """Return the first reason, in the order of the ranks, that is not empty; empty if none is."""
        return reason

    def together(self, what: Callable[[], R]) -> R:
        """Call ``what`` and return its result; if it fails on one process, it fails on all of them."""
        return what()

    def on_first(self, what: Callable[[], R]) -> R | None:
        """Call ``what`` on the first process only, and return its result there; its error is raised on all."""
        return what()

    def share(self, network: BaseNetwork) -> None:
        """Give all the parameters, statistics, seeds and state of training that the first one's network has."""

    def check_alike(self, facts: Mapping[str, Any]) -> None:
        """Refuse to go on with ``facts`` that differ from those of the first process."""

    def check_network(self, network: BaseNetwork) -> None:
        """Refuse to go on with a network that has other options than that of the first process."""

    def note_step(self, epoch: int, step: int) -> None:
        """Note how far the training is, for what is said if a process is lost."""
