"""Commands that move the run: a step, an epoch, on and on, a stop."""

from __future__ import annotations

from glassnet.playground.experiment import Experiment
from glassnet.playground.protocol import Arguments, command

__all__: list[str] = []


@command("step")
def _step(experiment: Experiment, arguments: Arguments) -> None:
    experiment.advance(arguments.integer("batches", 1, minimum=1, maximum=10_000))


@command("run")
def _run(experiment: Experiment, arguments: Arguments) -> None:
    experiment.per_second = arguments.number("per_second") if arguments.has("per_second") else None
    experiment.running = True
    experiment.changed()


@command("pause")
def _pause(experiment: Experiment, arguments: Arguments) -> None:
    experiment.running = False
    experiment.changed()
