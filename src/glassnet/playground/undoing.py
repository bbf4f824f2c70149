"""What can be undone: places in the tree of runs, before and after each change."""

from __future__ import annotations

from typing import NamedTuple

from glassnet.playground.branch import Branch, Event

__all__ = ["Place", "UndoStack"]

_MOST = 50
_MOST_BYTES = 100_000_000  # of runs that are kept only to be gone back to
_COPIES = 6  # of the parameters that a run has: parameters, gradients, moments, the last good ones


class Place(NamedTuple):
    """A run at a step, with what had been changed in it."""

    branch: Branch
    step: int
    steps: int
    events: tuple[Event, ...]

    @classmethod
    def of(cls, branch: Branch) -> Place:
        """Return where a run is."""
        return cls(branch, branch.step, branch.steps, tuple(branch.events))

    def go_to(self) -> None:
        """Make the run what it was; it may be in no tree."""
        self.branch.rewrite(self.events, self.steps, self.step)


class UndoStack:
    """Pairs of places, of which the last ones can be gone back and forth between."""

    def __init__(self) -> None:
        self._done: list[tuple[Place, Place]] = []
        self._undone: list[tuple[Place, Place]] = []

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether something was undone, and nothing changed since."""
        return bool(self._undone)

    def note(self, before: Place, after: Place, runs: list[Branch]) -> None:
        """Note a change; several at one step of a run, such as those of a slider, are one to undo.

        Parameters
        ----------
        before, after : Place
        runs : list of Branch
            Those of the tree, which are kept in any case.
        """
        self._undone.clear()
        last = self._done[-1] if self._done else None
        if last is not None and last[1] == before and before.events and _same_but_last(before, after):
            before = self._done.pop()[0]
        self._done.append((before, after))
        del self._done[:-_MOST]
        while len(self._done) > 1 and self._bytes(runs) > _MOST_BYTES:
            del self._done[0]

    def undo(self) -> Place | None:
        """Return where the last change began."""
        if not self._done:
            return None
        before, after = self._done.pop()
        if after.events == tuple(after.branch.events):  # for redo to know how far the run went with them
            after = after._replace(steps=after.branch.steps)
        self._undone.append((before, after))
        return before

    def redo(self) -> Place | None:
        """Return where the change led that was undone last."""
        if not self._undone:
            return None
        self._done.append(self._undone.pop())
        return self._done[-1][1]

    def forget(self, branch: Branch) -> None:
        """Forget all that began or ended in a run."""
        for pairs in (self._done, self._undone):
            pairs[:] = [pair for pair in pairs if branch not in (pair[0].branch, pair[1].branch)]

    def _bytes(self, runs: list[Branch]) -> int:
        kept = {id(place.branch): place.branch for pair in self._done for place in pair}
        return sum(_COPIES * branch.network.params.nbytes for branch in kept.values() if branch not in runs)


def _same_but_last(before: Place, after: Place) -> bool:
    """Return whether only the last event is another one, and of the same step."""
    return (before.branch, before.step, before.events[:-1]) == (after.branch, after.step, after.events[:-1]) and len(
        before.events
    ) == len(after.events)
