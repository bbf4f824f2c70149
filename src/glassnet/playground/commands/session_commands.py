"""Commands that begin and end a page's session with an experiment."""

from __future__ import annotations

from typing import Any

from glassnet.errors import ConfigError
from glassnet.playground.experiment import Experiment
from glassnet.playground.protocol import VERSION, Arguments, command
from glassnet.playground.state import state_of

__all__: list[str] = []


@command("hello")
def _hello(experiment: Experiment, arguments: Arguments) -> dict[str, Any]:
    """Return the state; a page that comes back also gets to know whether its run is still there."""
    version = arguments.integer("version", VERSION)
    if version != VERSION:
        message = f"hello: version is {version}; it must be {VERSION}. Reload the page."
        raise ConfigError(message, expected=VERSION, got=version)
    runs = {run["name"]: run["steps"] for run in experiment.runs}
    resumed = arguments.has("run") and runs.get(arguments.text("run"), -1) >= arguments.integer("step", 0)
    return {"version": VERSION, "state": state_of(experiment), "resumed": resumed}


@command("quit")
def _quit(experiment: Experiment, arguments: Arguments) -> None:
    """End the experiment for all pages."""
    experiment.running, experiment.ended = False, True
