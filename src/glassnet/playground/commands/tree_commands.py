"""Commands on the tree of runs: branches, what is undone, curves of all of them, one weight by hand."""

from __future__ import annotations

from typing import Any

from glassnet.errors import ConfigError
from glassnet.playground.experiment import Experiment
from glassnet.playground.limits import check_size
from glassnet.playground.protocol import Arguments, command

__all__: list[str] = []

_LETTERS = 200


@command("branch")
def _branch(experiment: Experiment, arguments: Arguments) -> dict[str, Any]:
    """Copy the run at this step, with one change if a path is given."""
    name = arguments.text("name", most=_LETTERS) if arguments.has("name") else None
    settings = None
    if arguments.has("path"):
        settings = experiment.settings.with_path(arguments.text("path", most=_LETTERS), arguments.value("value"))
        data = experiment.data
        check_size(settings, data.X.shape[1:], min(settings.batch_size, len(data.X)))
    return {"run": experiment.branch(name, settings=settings)}


@command("select")
def _select(experiment: Experiment, arguments: Arguments) -> None:
    experiment.select(arguments.text("run", most=_LETTERS))


@command("remove")
def _remove(experiment: Experiment, arguments: Arguments) -> None:
    experiment.remove(arguments.text("run", most=_LETTERS))


@command("rename")
def _rename(experiment: Experiment, arguments: Arguments) -> None:
    experiment.rename(arguments.text("run", most=_LETTERS), arguments.text("name", most=_LETTERS))


@command("undo")
def _undo(experiment: Experiment, arguments: Arguments) -> None:
    experiment.undo()


@command("redo")
def _redo(experiment: Experiment, arguments: Arguments) -> None:
    experiment.redo()


@command("curves")
def _curves(experiment: Experiment, arguments: Arguments) -> dict[str, Any]:
    return {"runs": experiment.curves()}


@command("set_weight")
def _set_weight(experiment: Experiment, arguments: Arguments) -> None:
    index = arguments.value("index")
    if not isinstance(index, list):
        message = f"set_weight: index is {index!r}; it must be a list of whole numbers."
        raise ConfigError(message, got=index)
    experiment.set_weight(arguments.text("parameter", most=_LETTERS), index, arguments.number("value"))
