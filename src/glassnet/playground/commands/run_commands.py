"""Commands that move the run: a step, an epoch, on and on, a stop, back to any step."""

from __future__ import annotations

from glassnet.playground.experiment import Experiment
from glassnet.playground.protocol import Arguments, command
from glassnet.utils.checks import check_number

__all__: list[str] = []

_RATES = 0.01, 1_000.0  # steps a second
_MOST_STEPS = 10_000  # at once: nobody is answered meanwhile


@command("step")
def _step(experiment: Experiment, arguments: Arguments) -> None:
    experiment.advance(arguments.integer("batches", 1, minimum=1, maximum=_MOST_STEPS))


@command("epoch")
def _epoch(experiment: Experiment, arguments: Arguments) -> None:
    """Take the steps that are left of this epoch."""
    run = experiment.run
    experiment.advance(min((run.steps_per_epoch or 1) - run.step, _MOST_STEPS))


@command("run")
def _run(experiment: Experiment, arguments: Arguments) -> None:
    rate = (
        check_number("run", "per_second", arguments.value("per_second"), *_RATES)
        if arguments.has("per_second")
        else None
    )
    experiment.per_second = rate
    experiment.running = True
    experiment.changed()


@command("pause")
def _pause(experiment: Experiment, arguments: Arguments) -> None:
    experiment.running = False
    experiment.changed()


@command("go_to")
def _go_to(experiment: Experiment, arguments: Arguments) -> None:
    experiment.go_to(arguments.integer("step"))


@command("restart")
def _restart(experiment: Experiment, arguments: Arguments) -> None:
    experiment.restart()


@command("reseed")
def _reseed(experiment: Experiment, arguments: Arguments) -> None:
    experiment.reseed(arguments.integer("seed") if arguments.has("seed") else None)
