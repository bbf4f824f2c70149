"""The numbers behind each drawing as a table, for readers who cannot see it."""

from __future__ import annotations

from typing import Any

from glassnet.playground.experiment import Experiment
from glassnet.playground.frames import edges_now, layout_of, values_now
from glassnet.playground.viewing import unit_names
from glassnet.utils.checks import check_choice
from glassnet.utils.wording import plain_data

__all__ = ["table_of"]

_MOST_ROWS = 2000


def table_of(experiment: Experiment, what: str) -> dict[str, Any]:
    """Return a table as names of columns and rows of cells.

    Parameters
    ----------
    experiment : Experiment
    what : str
        ``"history"``, ``"activations"``, or ``"edges:"`` and the name of a parameter.
    """
    blocks = [block.parameter for block in layout_of(experiment, experiment.view).drawing.blocks]
    check_choice("numbers", "what", what, ("history", "activations", *(f"edges:{name}" for name in blocks)))
    if what == "history":
        names = ["step", "loss", "valid_loss", "valid_score"]
        rows = [[int(row[0]), *plain_data(row[1:])] for row in experiment.epoch_rows.tolist()]
    elif what == "activations":
        names, rows = ["layer", "unit", "value"], _activations(experiment)
    else:
        names, rows = ["from", "to", experiment.view.edges], _edges(experiment, blocks.index(what[6:]))
    return {"what": what, "columns": names, "rows": rows[-_MOST_ROWS:]}


def _activations(experiment: Experiment) -> list[list[Any]]:
    layout = layout_of(experiment, experiment.view)
    columns, values = layout.drawing.columns, values_now(experiment, experiment.view)
    return [
        [column.name, _unit(experiment, k, int(unit)), plain_data(float(values[k][unit]))]
        for k, column in enumerate(columns)
        for unit in layout.shown[k]
    ]


def _edges(experiment: Experiment, place: int) -> list[list[Any]]:
    layout, found = layout_of(experiment, experiment.view), edges_now(experiment, experiment.view)
    block = layout.drawing.blocks[place]
    if found is None:
        return []
    return [
        [
            _unit(experiment, block.start, int(i)),
            _unit(experiment, block.end, int(j)),
            plain_data(float(found[place][a, b])),
        ]
        for a, i in enumerate(layout.shown[block.start])
        for b, j in enumerate(layout.shown[block.end])
    ]


def _unit(experiment: Experiment, k: int, unit: int) -> str | int:
    """Return what a unit is called: its name, or its number from 1."""
    columns = layout_of(experiment, experiment.view).drawing.columns
    names = unit_names(experiment, k, columns[k], len(columns))
    return unit + 1 if names is None else names[unit]
