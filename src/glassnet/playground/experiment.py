"""One experiment: data, settings and the runs made of them; everything that the commands of the page act on."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.errors import ConfigError
from glassnet.network import Network
from glassnet.playground.branch import Branch, Event
from glassnet.playground.differences import difference, live_changes
from glassnet.playground.play_data import PlayData
from glassnet.playground.settings import Settings
from glassnet.playground.tree import RunTree, Scene
from glassnet.playground.undoing import UndoStack
from glassnet.playground.view import View
from glassnet.training import SteppedRun
from glassnet.utils.checks import check_integer, check_number

__all__ = ["Experiment"]


class Experiment:
    """Data, settings and a tree of runs; used by one thread at a time, between two steps.

    Parameters
    ----------
    data : PlayData
    settings : Settings
    start : mapping of str to ndarray, optional
        Parameters and statistics to begin with, as `glassnet.Network.state_dict` returns them.

    Attributes
    ----------
    revision : int
        Grows with every change but that of the weights; frames carry it.
    running : bool
        Whether the training thread takes steps by itself.
    per_second : float or None
        At most so many; None for as many as there can be.
    """

    def __init__(self, data: PlayData, settings: Settings, start: Mapping[str, np.ndarray] | None = None) -> None:
        self.revision, self.running = 0, False
        self.per_second: float | None = None
        self.ended = False  # what shows the experiment closes when it sees this
        self.wake: Callable[[], object] = lambda: None  # from any thread: there is something to be taken from it
        self.outbox: deque[dict[str, Any]] = deque(maxlen=100)  # events for all pages, beside those of each command
        self.uploads: Mapping[str, Path] = {}  # files of the page, by the names it was given for them
        self.view = View()
        self.given = data  # what the page can go back to
        self._tree = RunTree(Branch("run 1", data, settings, start))
        self._undo = UndoStack()
        self.changed()

    def changed(self) -> None:
        """Count a change of more than the weights."""
        self.revision += 1

    # ---- the run that is selected, at its step ------------------------------------------------------------------

    @property
    def data(self) -> PlayData:
        """The data of the run; set to the same rows with other axes, it is only shown otherwise."""
        return self._tree.selected.data

    @data.setter
    def data(self, data: PlayData) -> None:
        self._tree.selected.data = data

    @property
    def settings(self) -> Settings:
        """The settings in force at this step."""
        return self._tree.selected.settings

    @property
    def first_settings(self) -> Settings:
        """The settings at step 0, before `changes`."""
        return self._tree.selected.first

    @property
    def changes(self) -> list[Event]:
        """What was changed in the run, in order, also at later steps than this one."""
        return self._tree.selected.events

    @property
    def network(self) -> Network:
        """What is trained; another object in each run."""
        return self._tree.selected.network

    @property
    def run(self) -> SteppedRun[Network]:
        """What trains it. Steps are taken by `advance` only."""
        return self._tree.selected.run

    @property
    def name(self) -> str:
        """Name of the run."""
        return self._tree.selected.name

    @property
    def step(self) -> int:
        """How many steps lie behind the weights as they are, from the start of the run."""
        return self._tree.selected.step

    @property
    def steps(self) -> int:
        """How many steps of the run are known; each can be gone to."""
        return self._tree.selected.steps

    @property
    def diverged(self) -> str | None:
        """Why the run cannot go on from here, if its loss was no longer finite."""
        branch = self._tree.selected
        return branch.diverged if branch.diverged and branch.step >= branch.steps - 1 else None

    @property
    def batch_losses(self) -> np.ndarray:
        """Step and loss of its batch (n, 2), of all steps that are known, thinned where there are many."""
        return self._tree.selected.losses.rows()

    @property
    def epoch_rows(self) -> np.ndarray:
        """Step, loss, and loss and score of the rows held out, or NaN, (n, 4), at the ends of all known epochs."""
        return self._tree.selected.epochs.rows()

    @property
    def events(self) -> list[dict[str, Any]]:
        """What was changed in the run, ``{"step": 120, "text": "learning_rate 0.1 → 0.03"}``."""
        return [{"step": event.step, "text": event.text} for event in self.changes]

    @property
    def runs(self) -> list[dict[str, Any]]:
        """The tree of runs as the state shows it."""
        return self._tree.entries()

    # ---- time ---------------------------------------------------------------------------------------------------

    def advance(self, steps: int = 1) -> None:
        """Take so many steps; where the loss is no longer finite, pause and say so in `diverged`."""
        branch = self._tree.selected
        settings, broke = branch.settings, branch.diverged
        branch.diverged = ""
        branch.advance(steps)
        if branch.diverged:
            self.running = False
        if branch.settings is not settings or branch.diverged != broke:
            self.changed()

    def go_to(self, step: int, *, anew: bool = False) -> None:
        """Be at a step of the run that is known; ``anew`` to take it again in any case, which leaves its gradients."""
        branch = self._tree.selected
        settings, told = branch.settings, self.diverged
        branch.go_to(check_integer("go_to", "step", step, 0, maximum=branch.steps), anew=anew)
        if branch.settings is not settings or self.diverged != told:
            self.changed()

    def restart(self) -> None:
        """Be at step 0 with the settings of now: of this run if nothing was changed in it, else of a new one."""
        branch = self._tree.selected
        if not branch.events:
            self.go_to(0)
            if self.diverged:  # at its first steps: nothing else would show that it was started again
                branch.diverged = ""
                self.changed()
            return
        self.begin(branch.data, branch.settings, "from the start")

    def curves(self) -> list[dict[str, Any]]:
        """Return the curves of all runs on the same rows, for one picture: steps and losses, and their epochs."""
        return [
            {"name": branch.name, "losses": branch.losses.rows(), "epochs": branch.epochs.rows()}
            for branch in self._tree.branches
            if branch.data.has_rows_of(self.data)
        ]

    # ---- changes ------------------------------------------------------------------------------------------------

    def replace(
        self, *, settings: Settings | None = None, data: PlayData | None = None, text: str = "", in_place: bool = False
    ) -> None:
        """Go on with other settings or data: in the run under way if its weights keep their meaning, else in a new one.

        Rates, optimizer, loss, penalties, dropout, batch size and what is frozen change in the run from the next step
        on, as an event of it; where one had gone back, in a new branch of it. All else starts a new run at step 0.
        Either can be undone. A run on other data takes the place of this one if ``in_place``.

        Parameters
        ----------
        settings : Settings, optional
            The new ones, all of them; as `Settings.with_path` returns them.
        data : PlayData, optional
            The new ones.
        text : str
            What was changed, such as ``"learning_rate 0.1 → 0.03"``; by default it is made from the difference.

        Raises
        ------
        GlassnetError
            No network can be made of these; nothing was changed.
        """
        branch = self._tree.selected
        settings = branch.settings if settings is None else settings
        text = text or difference(branch.settings, settings)
        if data is not None and data is not branch.data:
            self.begin(data, settings, text, in_place=in_place)
        elif settings != branch.settings:
            is_live = branch.step > 0 and live_changes(branch.settings, settings) is not None
            if is_live:
                self._change(Event(branch.step, text, settings=settings))
            else:
                self.begin(branch.data, settings, text)

    def branch(
        self, name: str | None = None, *, settings: Settings | None = None, text: str = "", at: int | None = None
    ) -> str:
        """Select a copy of this run at this step, or ``at`` another, with ``settings`` if given; return its name."""
        branch, before = self._tree.selected, self._tree.scene()
        name = None if name is None else self._tree.checked_name("branch", name)
        if settings is not None and live_changes(branch.settings, settings) is None:
            other = Branch(self._tree.new_name(), branch.data, settings)
            other.difference = text or difference(branch.settings, settings)
        else:
            other = branch.copy(self._tree.new_name(), at)
            if settings is not None and settings != other.settings:
                other.change(Event(other.step, text or difference(branch.settings, settings), settings=settings))
                other.difference = other.events[-1].text
        if name is not None:
            other.name, other.has_own_name = name, True
        self._go_on(before, other)
        return other.name

    def set_weight(self, parameter: str, index: list[int], value: float) -> None:
        """Set one number of a parameter from this step on.

        Parameters
        ----------
        parameter : str
            As in ``"dense_1.weight"``.
        index : list of int
            Its place there.
        value : float
        """
        shapes = {slot.name: slot.spec.shape for slot in self.network._slots}
        if parameter not in shapes:
            message = f"set_weight: parameter is {parameter[:60]!r}; it must be one of {', '.join(sorted(shapes))}."
            raise ConfigError(message, expected=sorted(shapes), got=parameter)
        shape, where = shapes[parameter], "set_weight"
        if len(index) != len(shape):
            message = f"{where}: index has {len(index)} numbers; it must have {len(shape)}."
            raise ConfigError(message, expected=len(shape), got=index)
        place = tuple(check_integer(where, "index", i, 0, maximum=n - 1) for i, n in zip(index, shape, strict=True))
        most = float(np.finfo(self.network.dtype).max)
        value = check_number(where, "value", value, -most, most)
        text = f"{parameter}[{', '.join(map(str, place))}] = {value:g}"
        self._change(Event(self.step, text, weight=(parameter, place, value)))

    def reseed(self, seed: int | None = None) -> None:
        """Begin a new run from another seed, by default the next one."""
        settings = self.settings
        seed = settings.seed + 1 if seed is None else check_integer("reseed", "seed", seed, 0)
        self.begin(self.data, dataclasses.replace(settings, seed=seed), f"seed {settings.seed} → {seed}")

    def _change(self, event: Event) -> None:
        """Make an event at this step: of this run at its end, else of a copy, so that what came later stays known."""
        branch, before = self._tree.selected, self._tree.scene()
        if branch.is_at_end:
            branch.change(event)
        else:
            branch = branch.copy(self._tree.new_name())
            branch.change(event)
            branch.difference = event.text
        self._go_on(before, branch)

    def begin(self, data: PlayData, settings: Settings, text: str, *, in_place: bool = False) -> None:
        """Begin a new run at step 0, in the place of this one if that took no step, or if ``in_place``.

        Parameters
        ----------
        data : PlayData
        settings : Settings
        text : str
            What is new in it.
        """
        old, before = self._tree.selected, self._tree.scene()
        replaces = in_place or old.steps == 0
        keeps = data is old.data and live_changes(old.settings, settings) is not None
        new = Branch(old.name if replaces else self._tree.new_name(), data, settings, old.start if keeps else None)
        new.difference = text
        if replaces:
            self._tree.take_place(old, new)
        self._go_on(before, new)

    def _go_on(self, before: Scene, branch: Branch) -> None:
        """Select a run after a change in it, or to it."""
        self._tree.select(branch)
        self._note(before)

    def _note(self, before: Scene) -> None:
        """Note a change that can be undone."""
        self._undo.note(before, self._tree.scene())
        self.changed()

    # ---- the tree -----------------------------------------------------------------------------------------------

    def select(self, name: str) -> None:
        """Go on with another run, where it was left."""
        self._go_on(self._tree.scene(), self._tree.find("select", name))

    def remove(self, name: str) -> None:
        """Remove a run."""
        before = self._tree.scene()
        self._tree.remove(self._tree.find("remove", name))
        self._note(before)

    def rename(self, name: str, other: str) -> None:
        """Give a run another name."""
        before = self._tree.scene()
        self._tree.rename(self._tree.find("rename", name), other)
        self._note(before)

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to undo."""
        return self._undo.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether a change was undone, and nothing was changed since."""
        return self._undo.can_redo

    def undo(self) -> None:
        """Take the last change back: the runs of before under their names, and the one selected, at its step."""
        self._return_to(self._undo.undo(), "undo")

    def redo(self) -> None:
        """Make the change again that was undone last."""
        self._return_to(self._undo.redo(), "redo")

    def _return_to(self, scene: Scene | None, where: str) -> None:
        if scene is None:
            message = f"{where}: there is nothing to {where}; there must be a change before."
            raise ConfigError(message)
        self._tree.restore(scene)
        self.changed()
