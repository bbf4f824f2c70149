"""One experiment: data, settings and the run under way; everything that the commands of the page act on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.network import Network
from glassnet.playground.noted_step import NotedStep
from glassnet.playground.play_data import PlayData
from glassnet.playground.settings import Settings
from glassnet.playground.view import View
from glassnet.training.data import prepare_data
from glassnet.training.loop import Run
from glassnet.training.options import FIT_DEFAULTS

__all__ = ["Experiment"]

_FOREVER = 10**6


class Experiment:
    """Data, settings and a tree of runs; used by one thread at a time, between two steps.

    Parameters
    ----------
    data : PlayData
    settings : Settings

    Attributes
    ----------
    data : PlayData
        Of the run that is selected.
    settings : Settings
        Those in force at this step.
    network : Network
        What is trained now; replaced by another object when another run is selected or a change asks for it.
    run : Run
    step : int
        How many steps lie behind the weights as they are, counted from the start of the run.
    diverged : str or None
        Why the run stopped, if its loss was no longer finite.
    batch_losses : ndarray of shape (n, 2)
        Step and loss of its batch, for the steps of this run so far, thinned where there are many.
    revision : int
        Grows with every change but that of the weights; frames carry it.
    running : bool
        Whether the training thread takes steps by itself.
    per_second : float or None
        At most so many; None for as many as there can be.
    runs : list of dict
        The tree of runs as the state shows it.
    events : list of dict
        What was changed in this run, ``{"step": 120, "text": "learning_rate 0.1 -> 0.03"}``.
    """

    def __init__(self, data: PlayData, settings: Settings) -> None:
        self.revision = 0
        self.running = False
        self.per_second: float | None = None
        self.ended = False  # what shows the experiment closes when it sees this
        self.outbox: deque[dict[str, Any]] = deque(maxlen=100)  # events for all pages, beside those of each command
        self.wake: Callable[[], object] = lambda: None  # from any thread: there is something to be taken from it
        self.uploads: Mapping[str, Path] = {}  # files of the page, by the names it was given for them
        self.view = View()
        self.given = data  # what the page can go back to
        self.start(data, settings)

    def start(self, data: PlayData, settings: Settings) -> None:
        """Start anew at step 0."""
        self.data, self.settings = data, settings
        self.network: Network = settings.build(data.X.shape[1:])
        options: Any = {
            **FIT_DEFAULTS,
            "batch_size": settings.batch_size,
            "validation_data": (data.X_valid, data.y_valid),
        }
        batches, validation = prepare_data(self.network, data.X, data.y, options)
        metrics = self.network.loss.choose_metrics("playground", None)
        marks: Any = {"metrics": metrics, "make_step": NotedStep}
        self.run: Run[Network] = Run(self.network, batches, _FOREVER, validation=validation, **marks)
        self._steps: Iterator[Run[Network]] = self.run.steps()
        self.step = 0
        self.diverged: str | None = None
        self.events: list[dict[str, Any]] = []
        self._losses: list[tuple[int, float]] = []
        self.changed()

    def changed(self) -> None:
        """Count a change of more than the weights."""
        self.revision += 1

    @property
    def runs(self) -> list[dict[str, Any]]:
        at = {"steps": self.step, "step": self.step}
        return [{"name": "run 1", "parent": None, "from_step": 0, **at, "difference": ""}]

    @property
    def batch_losses(self) -> np.ndarray:
        return np.array(self._losses, dtype=np.float64).reshape(-1, 2)

    def advance(self, steps: int = 1) -> None:
        """Take so many steps."""
        for _ in range(steps):
            before, weight = self.run.state.loss_sum, self.run.state.weight_sum
            next(self._steps)
            self.step += 1
            done = self.run.step == 1
            loss = self.run.state.loss_sum - (0.0 if done else before)
            self._losses.append((self.step, loss / (self.run.state.weight_sum - (0.0 if done else weight))))

    def replace(self, *, settings: Settings | None = None, data: PlayData | None = None, text: str = "") -> None:
        """Go on with other settings or data: in the run under way if its weights keep their meaning, else in a new one.

        Rates, optimizer, loss, penalties, dropout, batch size and what is frozen change in the run from the next step
        on, as an event of it; where one had gone back, in a new branch of it. All else starts a new run at step 0.
        Either can be undone.

        Parameters
        ----------
        settings : Settings, optional
            The new ones, all of them; as `Settings.with_path` returns them.
        data : PlayData, optional
            The new ones.
        text : str
            What was changed, such as ``"learning_rate 0.1 -> 0.03"``; by default it is made from the difference.

        Raises
        ------
        GlassnetError
            No network can be made of these; nothing was changed.
        """
        self.start(data or self.data, settings or self.settings)

    def branch(self, name: str | None = None, *, settings: Settings | None = None, text: str = "") -> str:
        """Copy this run at this step, select the copy, and return its name; ``settings`` are then changed in it."""
        self.replace(settings=settings, text=text)
        return name or "run 1"
