"""What the page gets about the drawing: columns, edges and the row that is looked at."""

from __future__ import annotations

import dataclasses
from typing import Any

from glassnet.metrics.registry import GREATER_IS_BETTER
from glassnet.playground.columns import Column
from glassnet.playground.experiment import Experiment
from glassnet.playground.frames import layout_of
from glassnet.playground.ground import row_number, row_of, row_target

__all__ = ["drawn_network", "unit_names", "view_state"]

_MOST_VALUES = 64
_OF_COLUMNS = ("name", "label", "units", "at", "formula", "chips", "added", "value")


def drawn_network(experiment: Experiment) -> dict[str, Any]:
    """Return the part of the state's ``network`` that frames are read by."""
    layout = layout_of(experiment, experiment.view)
    drawing = layout.drawing
    columns = [
        {
            **{name: getattr(column, name) for name in _OF_COLUMNS},
            "layer": column.name if k else None,
            "shown": layout.shown[k].tolist(),
            "names": unit_names(experiment, k, column, len(drawing.columns)),
            "link": experiment.network.loss.includes if k == len(drawing.columns) - 1 else "",
        }
        for k, column in enumerate(drawing.columns)
    ]
    edges = [
        {
            "from": block.start,
            "to": block.end,
            "parameter": block.parameter,
            "rows": len(layout.shown[block.start]),
            "columns": len(layout.shown[block.end]),
        }
        for block in drawing.blocks
    ]
    return {"columns": columns, "edges": edges, "note": " ".join(drawing.notes) or None}


def unit_names(experiment: Experiment, k: int, column: Column, n_columns: int) -> list[str] | None:
    """Return the names of the units of a column, where they have some: inputs, and classes."""
    data = experiment.data
    if k == 0:
        return list(data.inputs) if len(data.inputs) == column.units else None
    if k == n_columns - 1 and len(data.classes) == column.units:
        return list(data.classes)
    return None


def view_state(experiment: Experiment) -> dict[str, Any]:
    """Return what is looked at: the view, the row whose activations are shown, and the score of the history."""
    data = experiment.data
    row = row_number(data, experiment.view.row)
    target = row_target(data, row)
    mean, deviation = data.unit or (0.0, 1.0)
    word = data.classes[int(target)] if data.is_classes else f"{mean + deviation * target:.6g}"
    values = row_of(data, row).reshape(-1)[:_MOST_VALUES].tolist()
    part = "training" if row < len(data.X) else "validation"
    probe = {"row": row, "values": values, "target": target, "text": f"row {row} ({part}), {data.target} = {word}"}
    name = next(iter(experiment.network.loss.choose_metrics("playground", None)), "")
    score = {"name": name, "higher_is_better": name in GREATER_IS_BETTER}
    return {"view": dataclasses.asdict(experiment.view), "probe": probe, "score": score}
