"""The six stops inside one step: rows in, forward, loss, slopes back, gradients, update."""

from __future__ import annotations

from typing import Any

from glassnet.explanation.document import Equation, Section
from glassnet.playground.columns import Drawing, drawing_of
from glassnet.playground.experiment import Experiment
from glassnet.playground.microscope.lines import equation_data
from glassnet.playground.microscope.looks import look_at
from glassnet.playground.microscope.questions import questions_of
from glassnet.playground.microscope.selected import batch_data

__all__ = ["STOPS", "stop_explained"]

STOPS = ("rows", "forward", "loss", "slopes", "gradients", "update")
"""The stops by name, in order."""


def stop_explained(experiment: Experiment, stop: int, digits: int) -> dict[str, Any]:
    """Return one stop of the next step: its sections with their numbers, what lights up, and questions.

    Parameters
    ----------
    experiment : Experiment
    stop : int
        Place in `STOPS`.
    digits : int
        Significant digits.
    """
    look, name = look_at(experiment), STOPS[stop]
    parameters, sections = set(look.step.parameters.values()), []
    for section in look.step.sections:
        kept = [equation for equation in section.equations if _stop_of(section, equation, parameters) == name]
        if kept:
            equations = [equation_data(look.step, equation, digits) for equation in kept]
            layer = section.layer or None
            sections.append({"title": section.title, "layer": layer, "remark": section.remark, "equations": equations})
    return {
        "stop": stop, "name": name, "stops": len(STOPS), "mode": "train", **batch_data(look), "sections": sections,
        "highlight": _lit(name, drawing_of(experiment.network)),
        "questions": questions_of(experiment, sections),
    }  # fmt: skip


def _stop_of(section: Section, equation: Equation, parameters: set[str]) -> str:
    """Return the name of the stop that an equation of the step belongs to."""
    kind, symbol = section.title.partition(":")[0], equation.symbol
    if kind == "Backward":
        of = symbol.removesuffix("_data").removeprefix("d")
        return "gradients" if of in parameters else "slopes"
    return {"Given": "rows", "Forward": "forward", "Loss": "loss", "Update": "update"}[kind]


def _lit(name: str, drawing: Drawing) -> dict[str, list[dict[str, Any]]]:
    """Return which edges and neurons a stop is about; None stands for all there are."""
    last = len(drawing.columns) - 1
    units: dict[str, list[int]] = {"rows": [0], "loss": [last], "update": []}
    columns = units.get(name, list(range(1, last + 1)))
    blocks = drawing.blocks if name in ("forward", "gradients", "update") else []
    if name == "slopes":  # what comes back through the weights behind the first layer
        blocks = [block for block in drawing.blocks if block.start]
    return {
        "edges": [{"parameter": block.parameter, "from": None, "to": None} for block in blocks],
        "units": [{"layer": drawing.columns[k].name if k else None, "unit": None} for k in columns],
    }
