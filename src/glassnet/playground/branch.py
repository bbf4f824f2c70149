"""One run of an experiment and all that is known of it: every step can be gone back to, and comes again bit for bit."""

from __future__ import annotations

import bisect
import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from glassnet.errors import DivergenceError
from glassnet.network import Network
from glassnet.playground.curves import Curve
from glassnet.playground.differences import difference, live_changes
from glassnet.playground.noted_step import NotedStep
from glassnet.playground.play_data import PlayData
from glassnet.playground.settings import Settings
from glassnet.playground.timeline import Timeline
from glassnet.training import History, SteppedRun, step_network
from glassnet.training.changes import RunSettings
from glassnet.training.run_snapshot import RunSnapshot

__all__ = ["Branch", "Event"]

_BYTES = 64_000_000  # of checkpoints
_MOST_LOSSES, _MOST_EPOCHS = 4096, 2048  # points of the curves
_MOST_ROWS = 4000  # of the history that the run itself keeps, at least


class Event(NamedTuple):
    """What was changed before the step that follows ``step``: to these settings, or one weight to a value."""

    step: int
    text: str
    settings: Settings | None = None
    weight: tuple[str, tuple[int, ...], float] | None = None


class Branch:
    """A run, its network, and its past.

    Parameters
    ----------
    name : str
    data : PlayData
    settings : Settings
        Those at step 0.
    start : mapping of str to ndarray, optional
        Parameters and statistics at step 0, instead of those that follow from the seed.

    Attributes
    ----------
    has_own_name : bool
        Whether somebody gave it its name.
    parent, from_step : str or None, int
        Name of the run of which this is a copy, and the step up to which it is.
    difference : str
        What was changed in it, in words.
    settings : Settings
        Those in force at this step.
    step, steps : int
        Where the network is, and how many steps of the run are known.
    events : list of Event
        In order; all with a step up to ``step`` have happened to the network.
    losses, epochs : Curve
        Step and loss of batches; step, loss, and loss and score of the rows held out, at the ends of epochs.
    diverged : str or None
        Why the next step but one cannot be taken.
    """

    def __init__(
        self, name: str, data: PlayData, settings: Settings, start: Mapping[str, np.ndarray] | None = None
    ) -> None:
        self.name, self.parent, self.from_step, self.difference = name, "", 0, ""
        self.has_own_name = False
        self.data, self.first, self.start = data, settings, start
        self.settings, self.diverged = settings, ""
        self.step = self.steps = 0
        self.events: list[Event] = []
        self.network: Network = settings.build(data.X.shape[1:])
        if start is not None:
            self.network.load_state_dict(start)
        held_out: Any = (data.X_valid, data.y_valid) if len(data.X_valid) else None
        self.run: SteppedRun[Network] = step_network(
            self.network, data.X, data.y, batch_size=settings.batch_size, validation_data=held_out, make_step=NotedStep
        )
        self.losses, self.epochs = Curve(2, _MOST_LOSSES), Curve(4, _MOST_EPOCHS)
        self.timeline = Timeline(_BYTES)
        self._applied = 0  # how many events have happened to the network
        self._forms = [RunSettings.of(self.run)]  # the run's settings after each
        self._known = History()  # of all epochs that are known, with their steps; the run's ends at this step
        self._forgotten = self._dropped = 0  # rows of either that are no longer kept
        self._keep()

    @property
    def is_at_end(self) -> bool:
        """Whether the next step is a new one."""
        return self.step == self.steps

    # ---- forward ------------------------------------------------------------------------------------------------

    def advance(self, n: int) -> None:
        """Take ``n`` steps. Where the loss becomes NaN or infinite, stop at the last weights whose loss was finite."""
        try:
            self._walk(self.step + n)
        except DivergenceError as error:
            self.diverged = str(error)
            last = max(self.step - 1, 0)
            self._restore(last)
            self._walk(last)

    def _walk(self, until: int) -> None:
        """Take steps up to one, with the events on the way."""
        self._arrive()
        while self.step < until:
            stop = until if self._applied == len(self.events) else min(until, self.events[self._applied].step)
            self.run.advance(stop - self.step, self._note)
            self._arrive()

    def _note(self, run: SteppedRun[Network]) -> None:
        """Take down the step that was just taken."""
        self.step = step = self.step + 1
        if step > self.losses.last_step:
            self.losses.add(step, run.take_step.batch_loss)
            self.steps = max(step, self.steps)
        if run.step == 0:
            self._note_epoch()
        if self.timeline.wants(step):
            self._keep()

    def _note_epoch(self) -> None:
        """Take down the epoch that was just recorded, and let go of the oldest ones if there are very many."""
        history, known = self.run.history, self._known
        if not known.epochs or self.step > known.columns["step"][-1]:
            row = history.last
            known._record({"step": self.step, **row})
            score = next((row[name] for name in row if name.startswith("valid_") and name != "valid_loss"), None)
            numbers = (row["loss"], row.get("valid_loss"), score)
            self.epochs.add(self.step, *(math.nan if number is None else number for number in numbers))
        self._forgotten += _shorten(known)
        self._dropped += _shorten(history)

    def _keep(self) -> None:
        snapshot = RunSnapshot.of(self.network, self.run.state, history=False)
        self.timeline.keep(self.step, snapshot, self._dropped)

    # ---- events -------------------------------------------------------------------------------------------------

    def _arrive(self) -> None:
        """Let the events of this step happen, and those before it."""
        while self._applied < len(self.events) and self.events[self._applied].step <= self.step:
            self._apply(self.events[self._applied])
            self._applied += 1
            self._forms[self._applied : self._applied + 1] = [RunSettings.of(self.run)]

    def _apply(self, event: Event) -> None:
        if event.weight is not None:
            name, index, value = event.weight
            slot = next(slot for slot in self.network._slots if slot.name == name)
            slot.view(self.network.params)[index] = value
        if event.settings is not None:
            epochs = self.run.epoch
            self.run.change(**(live_changes(self.settings, event.settings) or {}))
            self.settings = event.settings
            if self.run.epoch > epochs:  # another batch size ends the epoch
                self._note_epoch()

    def change(self, event: Event) -> None:
        """Add an event at the end of the run; a second one of settings at the same step becomes one with the first.

        Raises
        ------
        GlassnetError
            The library refuses the change; nothing happened.
        """
        former = list(self.events)
        last = former[-1] if former else None
        if event.settings is not None and last is not None and last.settings is not None and last.step == self.step:
            # Not one after the other: the moments of an optimizer would begin anew twice.
            self._rewind(len(former) - 1, self.step)
            event = event._replace(text=difference(self.settings, event.settings))
            if event.settings == self.settings:
                return
        self.events.append(event)
        try:
            self._arrive()
        except Exception:
            self.rewrite(former, self.steps, self.step)
            raise
        self.diverged = ""

    def rewrite(self, events: Sequence[Event], steps: int, at: int) -> None:
        """Have other events instead, and as many steps, which are computed when they are gone to; be at a step."""
        pairs = zip(self.events, events, strict=False)
        same = next((k for k, (one, other) in enumerate(pairs) if one != other), min(len(self.events), len(events)))
        others = [event.step for event in (*self.events[same:], *events[same:])]
        if others:
            self._rewind(same, min(others))
            self.events.extend(events[same:])
            self._arrive()
            self.steps = max(steps, self.step)
        self.go_to(min(at, self.steps))

    def _rewind(self, same: int, step: int) -> None:
        """Be at a step with only so many events, the first ones, and know nothing of what came later."""
        self.timeline.cut(step)
        self._restore(step)
        del self.events[same:], self._forms[same + 1 :]
        self._walk(step)
        self.steps, self.diverged = step, ""
        self.losses.cut(step)
        rows = max(self._dropped + self.run.history.epochs - self._forgotten, 0)
        self._known.columns = {name: values[:rows] for name, values in self._known.columns.items()}
        # An epoch that ended here by an event did not end.
        self.epochs.cut(step if rows and self._known.columns["step"][-1] == step else step - 1)

    # ---- back and forth -----------------------------------------------------------------------------------------

    def go_to(self, step: int, *, anew: bool = False) -> None:
        """Be at a known step: from the last checkpoint before it, the same steps again; ``anew`` for at least one."""
        if anew and step > 0:
            self._restore(step - 1)
        elif step < self.step or self.timeline.before(step)[0] > self.step:
            self._restore(step)
        self._walk(step)

    def _restore(self, step: int) -> None:
        """Be at the last checkpoint that is not after a step, before the events there."""
        self.step, (snapshot, dropped, _) = self.timeline.before(step)
        self._applied = bisect.bisect_left(self.events, self.step, key=lambda event: event.step)
        self._put_back(snapshot, dropped)
        before = [event.settings for event in self.events[: self._applied] if event.settings is not None]
        self.settings = before[-1] if before else self.first

    def _put_back(self, snapshot: RunSnapshot, dropped: int) -> None:
        """Restore a snapshot with the settings after the events that have happened, and the history as far as kept."""
        rows, names = snapshot.shape
        kept = max(dropped + rows - self._forgotten, 0)
        columns = {name: (self._known.columns.get(name) or [])[:kept] for name in names}
        form = self._forms[self._applied]
        self.run.restore(dataclasses.replace(snapshot, columns=columns, shape=(kept, names), settings=form))
        self._dropped = dropped + rows - kept

    def copy(self, name: str, at: int | None = None) -> Branch:
        """Return a run of its own that is the same up to this step, or ``at`` another one that is known."""
        if at is not None and at != self.step:
            here = self.step
            self.go_to(at)
            other = self.copy(name)
            self.go_to(here)
            return other
        other = Branch(name, self.data, self.first, self.start)
        other.parent, other.from_step = self.name, self.step
        for event in self.events[: self._applied]:
            if event.settings is not None:
                other.run.change(**(live_changes(other.settings, event.settings) or {}))
                other.settings = event.settings
            other.events.append(event)
            other._forms.append(RunSettings.of(other.run))
        other._applied, other.step, other.steps = self._applied, self.step, self.step
        other.timeline = self.timeline.copy(self.step)
        other.losses, other.epochs = self.losses.copy(), self.epochs.copy()
        other.losses.cut(self.step)
        other.epochs.cut(self.step)
        other._forgotten = self._forgotten
        rows = max(self._dropped + self.run.history.epochs - self._forgotten, 0)
        other._known.columns = {name: values[:rows] for name, values in self._known.columns.items()}
        other._put_back(self.run.snapshot(), self._dropped)
        return other


def _shorten(history: History) -> int:
    """Drop the oldest rows of a history that has twice as many as are kept; return how many."""
    if history.epochs < 2 * _MOST_ROWS:
        return 0
    for values in history.columns.values():
        del values[:_MOST_ROWS]
    return _MOST_ROWS
