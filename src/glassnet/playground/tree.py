"""The runs of an experiment: which there are, which is selected, and how much they may remember together."""

from __future__ import annotations

import unicodedata
from typing import Any, NamedTuple

from glassnet.errors import ConfigError
from glassnet.playground.branch import Branch, Event
from glassnet.utils.suggestions import suggestion

__all__ = ["MOST_RUNS", "RunTree", "Scene"]

MOST_RUNS = 12
_BYTES = 64_000_000  # of all checkpoints; half of them of the run that is selected
_BYTES_OUTSIDE = 4_000_000  # of the checkpoints of a run that only undo can bring back
_MOST_LETTERS = 60


class Entry(NamedTuple):
    """A run as it stands in the tree."""

    branch: Branch
    name: str
    has_own_name: bool
    parent: str


class Scene(NamedTuple):
    """All that a change may change: which runs there are, and where the one that is selected is in its past."""

    runs: tuple[Entry, ...]
    made: int
    selected: Branch
    step: int
    steps: int
    events: tuple[Event, ...]


class RunTree:
    """At most twelve runs with names of their own, in the order in which they came.

    One more takes the place of the oldest that is not selected and that nobody gave a name.

    Parameters
    ----------
    first : Branch
        It is selected.
    """

    def __init__(self, first: Branch) -> None:
        self.branches, self.selected = [first], first
        self._made = 1

    def new_name(self) -> str:
        """Return the name of the next run; counted on also where runs were removed."""
        self._made += 1
        while any(branch.name == f"run {self._made}" for branch in self.branches):
            self._made += 1
        return f"run {self._made}"

    def find(self, where: str, name: str) -> Branch:
        """Return the run of this name."""
        for branch in self.branches:
            if branch.name == name:
                return branch
        names = [branch.name for branch in self.branches]
        message = f"{where}: there is no run {name[:_MOST_LETTERS]!r}; run must be one of {', '.join(names)}."
        raise ConfigError(f"{message} {suggestion(name, names, str)}".rstrip(), expected=names, got=name)

    def scene(self) -> Scene:
        """Return what `restore` makes the tree again."""
        runs = tuple(Entry(each, each.name, each.has_own_name, each.parent) for each in self.branches)
        now = self.selected
        return Scene(runs, self._made, now, now.step, now.steps, tuple(now.events))

    def restore(self, scene: Scene) -> None:
        """Be as at a scene: the same runs under the same names, the same one selected, at its step of then."""
        for branch, name, has_own_name, parent in scene.runs:
            branch.name, branch.has_own_name, branch.parent = name, has_own_name, parent
        kept = [entry.branch for entry in scene.runs]
        for branch in self.branches:
            if branch not in kept:
                self._thin_outside(branch)
        self.branches, self._made, self.selected = kept, scene.made, scene.selected
        self._share_memory()
        scene.selected.rewrite(scene.events, scene.steps, scene.step)

    def select(self, branch: Branch) -> None:
        """Go on with a run; one that is not in the tree gets in."""
        if branch not in self.branches:
            self._make_room()
            self.branches.append(branch)
        self.selected = branch
        self._share_memory()

    def take_place(self, old: Branch, new: Branch) -> None:
        """Put a run where another was, under its name, and select it."""
        new.name, new.has_own_name = old.name, old.has_own_name
        self.branches[self.branches.index(old)] = new
        self._thin_outside(old)
        self.select(new)

    def remove(self, branch: Branch) -> None:
        """Remove a run; what was copied from it hangs on what it was copied from, and another is selected."""
        if len(self.branches) == 1:
            message = "remove: the run is the last one; there must be one. Begin another one first."
            raise ConfigError(message)
        place = self.branches.index(branch)
        self._take_out(branch)
        if branch is self.selected:
            parents = [other for other in self.branches if other.name == branch.parent]
            self.selected = parents[0] if parents else self.branches[max(place - 1, 0)]
        self._share_memory()

    def _make_room(self) -> None:
        """Let the oldest run go that nobody would miss, if there are as many as there may be."""
        if len(self.branches) < MOST_RUNS:
            return
        oldest = next((run for run in self.branches if run is not self.selected and not run.has_own_name), None)
        if oldest is None:
            message = f"playground: there are {MOST_RUNS} runs with names of their own; there may be no more. "
            message += "Remove one first."
            raise ConfigError(message, expected=MOST_RUNS)
        self._take_out(oldest)

    def _take_out(self, branch: Branch) -> None:
        self.branches.remove(branch)
        self._thin_outside(branch)
        for other in self.branches:
            if other.parent == branch.name:
                other.parent = branch.parent

    def rename(self, branch: Branch, name: str) -> None:
        """Give a run another name, which no other has."""
        name = self.checked_name("rename", name, branch)
        for other in self.branches:
            if other.parent == branch.name:
                other.parent = name
        branch.name, branch.has_own_name = name, True

    def checked_name(self, where: str, name: str, branch: Branch | None = None) -> str:
        """Return a name with single spaces, if it is one that can be shown, and that of no run but of ``branch``."""
        name = " ".join(name.split())
        if not 0 < len(name) <= _MOST_LETTERS:
            message = f"{where}: name has {len(name)} letters; it must have from 1 to {_MOST_LETTERS}."
            raise ConfigError(message, got=name)
        if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name):
            must = "it must have no control characters and no halves of characters"
            message = f"{where}: name is {name!r}; {must}."
            raise ConfigError(message, got=name)
        if any(other.name == name for other in self.branches if other is not branch):
            message = f"{where}: name is {name!r}, that of another run; it must be another."
            raise ConfigError(message, got=name)
        return name

    @staticmethod
    def _thin_outside(branch: Branch) -> None:
        branch.timeline.allowed = _BYTES_OUTSIDE
        branch.timeline.thin()

    def _share_memory(self) -> None:
        others = len(self.branches) - 1
        for branch in self.branches:
            half = _BYTES // 2 if others else _BYTES
            branch.timeline.allowed = half if branch is self.selected else half // others
            branch.timeline.thin()

    def entries(self) -> list[dict[str, Any]]:
        """Return the runs as the state shows them."""
        return [
            {
                "name": branch.name,
                "parent": branch.parent or None,
                "from_step": branch.from_step,
                "steps": branch.steps,
                "step": branch.step,
                "difference": branch.difference,
                **({"given": True} if branch.start is not None else {}),
            }
            for branch in self.branches
        ]
