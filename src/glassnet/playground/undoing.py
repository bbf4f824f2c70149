"""What can be undone: scenes of the tree of runs, before and after each change."""

from __future__ import annotations

from glassnet.playground.branch import Branch
from glassnet.playground.tree import Scene

__all__ = ["UndoStack"]

_MOST = 50
_MOST_BYTES = 100_000_000  # of runs that are kept only to be gone back to
_COPIES = 6  # of the parameters that a run has: parameters, gradients, moments, the last good ones


class UndoStack:
    """Pairs of scenes, of which the last ones can be gone back and forth between."""

    def __init__(self) -> None:
        self._done: list[tuple[Scene, Scene]] = []
        self._undone: list[tuple[Scene, Scene]] = []

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether something was undone, and nothing changed since."""
        return bool(self._undone)

    def note(self, before: Scene, after: Scene) -> None:
        """Note a change; several at one step of a run, such as those of a slider, are one to undo.

        Parameters
        ----------
        before, after : Scene
            Where nothing differs there is nothing to undo.
        """
        if before == after:
            return
        self._undone.clear()
        last = self._done[-1] if self._done else None
        if last is not None and last[1] == before and _is_event(*last) and _same_but_last(before, after):
            before = self._done.pop()[0]
        if before != after:
            self._done.append((before, after))
        del self._done[:-_MOST]
        while len(self._done) > 1 and self._bytes(after) > _MOST_BYTES:
            del self._done[0]

    def undo(self) -> Scene | None:
        """Return where the last change began."""
        if not self._done:
            return None
        before, after = self._done.pop()
        if after.events == tuple(after.selected.events):  # for redo to know how far the run went with them
            after = after._replace(steps=after.selected.steps)
        self._undone.append((before, after))
        return before

    def redo(self) -> Scene | None:
        """Return where the change led that was undone last."""
        if not self._undone:
            return None
        self._done.append(self._undone.pop())
        return self._done[-1][1]

    def _bytes(self, now: Scene) -> int:
        """Return how much is kept of runs that are not shown, and of data that no run which is shown has."""
        shown = [entry.branch for entry in now.runs]
        arrays = {id(branch.data.X) for branch in shown}
        total = 0
        for branch in self._kept():
            if branch not in shown:
                total += _COPIES * branch.network.params.nbytes + branch.timeline.bytes
                if id(branch.data.X) not in arrays:
                    arrays.add(id(branch.data.X))
                    total += branch.data.X.nbytes + branch.data.X_valid.nbytes
        return total

    def _kept(self) -> list[Branch]:
        runs = [entry.branch for pair in self._done for scene in pair for entry in scene.runs]
        return list({id(branch): branch for branch in runs}.values())


def _is_event(before: Scene, after: Scene) -> bool:
    """Return whether settings or a weight were changed, in the run or in a new one that was begun for it."""
    known = [entry.branch for entry in before.runs if entry.branch is not before.selected]
    return before.events != after.events and after.selected not in known


def _same_but_last(before: Scene, after: Scene) -> bool:
    """Return whether only the last event is another one, and of the same step."""
    events, others = before.events, after.events
    is_one_run = before.runs == after.runs and before.selected is after.selected and before.step == after.step
    if not (events and is_one_run and events[:-1] == others[: len(events) - 1]):
        return False
    return len(others) in (len(events), len(events) - 1) and events[-1].step == before.step
