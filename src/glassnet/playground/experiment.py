"""One experiment: data, settings and the run under way; everything that the commands of the page act on."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from glassnet.network import Network
from glassnet.playground.play_data import PlayData
from glassnet.playground.settings import Settings
from glassnet.training.data import prepare_data
from glassnet.training.loop import Run
from glassnet.training.options import FIT_DEFAULTS

__all__ = ["Experiment"]

_FOREVER = 10**6


class Experiment:
    """Data, settings and runs; used by one thread at a time, between two steps.

    Parameters
    ----------
    data : PlayData
    settings : Settings

    Attributes
    ----------
    network : Network
        What is trained now.
    run : Run
    revision : int
        Grows with every change but that of the weights; frames carry it.
    running : bool
        Whether the training thread takes steps by itself.
    """

    def __init__(self, data: PlayData, settings: Settings) -> None:
        self.revision = 0
        self.running = False
        self.per_second: float | None = None
        self.ended = False  # what shows the experiment closes when it sees this
        self.outbox: deque[dict[str, Any]] = deque(maxlen=100)  # events for all pages, beside those of each command
        self.uploads: Mapping[str, Path] = {}  # files of the page, by the names it was given for them
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
        self.run: Run[Network] = Run(self.network, batches, _FOREVER, validation=validation, metrics=metrics)
        self._steps: Iterator[Run[Network]] = self.run.steps()
        self.step = 0
        self.changed()

    def changed(self) -> None:
        """Count a change of more than the weights."""
        self.revision += 1

    def advance(self, steps: int = 1) -> None:
        """Take so many steps."""
        for _ in range(steps):
            next(self._steps)
            self.step += 1
