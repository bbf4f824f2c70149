"""Commands that change what is seen, and tables of the numbers that are drawn."""

from __future__ import annotations

import dataclasses
from typing import Any

from glassnet.playground.experiment import Experiment
from glassnet.playground.protocol import Arguments, command
from glassnet.playground.tables import table_of
from glassnet.playground.view import QUANTITIES

__all__: list[str] = []

_MOST_UNITS, _MOST_RESOLUTION = 100_000, 256


@command("view")
def _view(experiment: Experiment, arguments: Arguments) -> None:
    view = experiment.view
    experiment.view = dataclasses.replace(
        view,
        edges=arguments.choice("edges", QUANTITIES, view.edges),
        most_units=arguments.integer("most_units", view.most_units, minimum=2, maximum=_MOST_UNITS),
        plane=arguments.flag("plane", view.plane),
        resolution=arguments.integer("resolution", view.resolution, minimum=8, maximum=_MOST_RESOLUTION),
    )
    experiment.changed()


@command("probe")
def _probe(experiment: Experiment, arguments: Arguments) -> None:
    row = arguments.integer("row", maximum=experiment.data.n_rows - 1)
    experiment.view = dataclasses.replace(experiment.view, row=row)
    experiment.changed()


@command("numbers")
def _numbers(experiment: Experiment, arguments: Arguments) -> dict[str, Any]:
    return table_of(experiment, arguments.text("what", most=200))
