"""What is selected on the page, explained: a neuron of the row that is shown, an edge of the next step, a layer."""

from __future__ import annotations

import inspect
import math
import re
from typing import Any

import numpy as np

from glassnet.engine.parameters import Slot
from glassnet.errors import ConfigError
from glassnet.explanation import Explanation
from glassnet.explanation.document import Equation, Section
from glassnet.explanation.symbols import names_in
from glassnet.layers import Layer
from glassnet.layers.tree import walk
from glassnet.playground.columns import Drawing, drawing_of
from glassnet.playground.experiment import Experiment
from glassnet.playground.ground import row_of
from glassnet.playground.microscope.lines import Line, line_of, place_in, shape_text
from glassnet.playground.microscope.looks import Look, look_at
from glassnet.utils.checks import check_choice, check_integer

__all__ = ["edge_explained", "layer_explained", "neuron_explained", "unit_names"]


def unit_names(experiment: Experiment, drawing: Drawing, column: int) -> list[str]:
    """Return a name for each unit of a column: of an input its own, of a neuron its layer and number."""
    found, inputs = drawing.columns[column], experiment.data.inputs
    if column == 0 and len(inputs) == found.units:
        return list(inputs)
    return [f"{found.name}[{unit}]" for unit in range(found.units)]


# ---- neurons -------------------------------------------------------------------------------------------------------


def neuron_explained(experiment: Experiment, layer: str | None, unit: int, digits: int) -> dict[str, Any]:
    """Return the sum behind the value of a neuron, for the row that is shown, and what makes its value of it.

    Parameters
    ----------
    experiment : Experiment
    layer : str or None
        Name of the layer that makes it; None for an input.
    unit : int
    digits : int
        Significant digits.
    """
    look, drawing = look_at(experiment), drawing_of(experiment.network)
    names = [column.name for column in drawing.columns]
    number = 0 if layer is None else names.index(check_choice("explain_neuron", "layer", layer, names))
    column = drawing.columns[number]
    check_integer("explain_neuron", "unit", unit, 0, maximum=column.units - 1)
    known: dict[str, Any] = {
        "kind": "neuron", "layer": layer, "unit": unit, "name": unit_names(experiment, drawing, number)[unit],
        "row": look.row, "mode": "predict",
    }  # fmt: skip
    if number == 0:
        value = float(row_of(experiment.data, look.row).reshape(-1)[unit])
        return {**known, "value": value, "lines": [], "shapes": [], "edges": [], "bias": None}
    blocks = [block for block in drawing.blocks if block.end == number]
    sources = unit_names(experiment, drawing, blocks[0].start) if blocks else []
    lines, shapes = _neuron_lines(look.prediction, column.name, column.tapped or column.name, unit, sources, digits)
    if number == len(names) - 1:
        lines += _answer_lines(look.prediction, unit, digits)
    return {
        **known, "value": lines[-1]["value"] if lines else None, "lines": lines, "shapes": shapes,
        "edges": [{"parameter": block.parameter, "from": None, "to": unit} for block in blocks], "bias": column.bias,
    }  # fmt: skip


def _neuron_lines(
    prediction: Explanation, first: str, last: str, unit: int, sources: list[str], digits: int
) -> tuple[list[Line], list[dict[str, str]]]:
    """Return the lines of a neuron from one layer to another, and the shapes of the arrays on the way."""
    lines: list[Line] = []
    shapes: list[dict[str, str]] = []
    for section in _between(prediction.sections, first, last):
        for equation in section.equations:
            shapes.append({"symbol": equation.symbol, "shape": shape_text(equation.value)})
            place = place_in(equation.value, _index_in_row(equation.value, unit))
            if equation.formula and place is not None:
                entry = prediction.entry(equation.symbol, place)
                is_sum = len(entry.terms) in (len(sources), len(sources) + 1) and len(entry.terms) > 1
                names = sources if is_sum else []
                lines.append(line_of(entry, digits, names=names, keep_last=len(entry.terms) > len(names) > 0))
    return lines, shapes


def _index_in_row(value: np.ndarray, unit: int) -> tuple[int, ...]:
    """Return the index of a unit of the first row of an array, whose rows may have several axes."""
    if value.ndim < 3 or unit >= math.prod(value.shape[1:]):
        return (0, unit)
    return (0, *(int(i) for i in np.unravel_index(unit, value.shape[1:])))


def _between(sections: list[Section], first: str, last: str) -> list[Section]:
    """Return the sections of the layers from one to another, in the order of computation."""
    places = [i for i, section in enumerate(sections) if section.layer in (first, last)]
    return sections[places[0] : places[-1] + 1] if places else []


def _answer_lines(prediction: Explanation, unit: int, digits: int) -> list[Line]:
    """Return the line of what the network answers, where that is not the value of the neuron itself."""
    return [line_of(prediction.entry("P", (0, unit)), digits)] if "P" in prediction.symbols else []


# ---- edges ---------------------------------------------------------------------------------------------------------


def edge_explained(experiment: Experiment, parameter: str, start: int | None, end: int, digits: int) -> dict[str, Any]:
    """Return the slope of one weight in the next step, and its update by the optimizer of the run.

    Parameters
    ----------
    experiment : Experiment
    parameter : str
        Name of the parameter.
    start, end : int
        The units that it connects; ``start`` is None for a bias.
    digits : int
        Significant digits.
    """
    look = look_at(experiment)
    slots = {slot.name: slot for slot in experiment.network._slots}
    slot = slots[check_choice("explain_edge", "parameter", parameter, slots)]
    symbol = look.step.parameters.get(parameter)
    if symbol is None:
        fact = f"parameter is {parameter!r}, which is not worked in the step"
        message = f"explain_edge: {fact}; it must be. Choose another."
        raise ConfigError(message, got=parameter)
    index = _index_of(slot, start, end)
    lines = {
        "delta": _delta_lines(look, symbol, index, digits),
        "slope": _slope_lines(look, symbol, index, digits),
        "update": _update_lines(look, parameter, index, digits),
    }
    before = float(slot.view(experiment.network.params)[index])
    return {
        "kind": "edge", "parameter": parameter, "from": start, "to": end, "symbol": symbol, "value": before,
        "mode": "train", "lines": lines, **batch_data(look), "names": _ends(experiment, parameter, start, end),
    }  # fmt: skip


def batch_data(look: Look) -> dict[str, Any]:
    """Return which rows a step is worked on, of how many that it takes, and sentences about it."""
    return {"rows": look.rows.tolist(), "of": len(look.batch), "notes": look.notes}


def _index_of(slot: Slot, start: int | None, end: int) -> tuple[int, int]:
    if len(slot.spec.shape) != 2:
        must = "it must have one row for each unit before and one column for each after"
        message = f"explain_edge: {slot.name!r} has shape {slot.spec.shape}; {must}. Choose another."
        raise ConfigError(message, got=slot.name)
    rows, columns = slot.spec.shape
    first = 0 if start is None else check_integer("explain_edge", "from", start, 0, maximum=rows - 1)
    return first, check_integer("explain_edge", "to", end, 0, maximum=columns - 1)


def _delta_lines(look: Look, symbol: str, index: tuple[int, int], digits: int) -> list[Line]:
    """Return the lines of the slope in the sum of the neuron behind a weight, for the first row of the batch."""
    step, found = look.step, []
    weight = next((name for name in (f"d{symbol}_data", f"d{symbol}") if name in step.symbols), None)
    named = [] if weight is None else names_in(step.entry(weight, index).formula)
    of = [name for name in named if name in step.symbols][-1:]
    for name in (*(f"dA{each[2:]}" for each in of if each.startswith("dZ")), *of):
        if name in step.symbols and step[name].ndim == 2:
            line = line_of(step.entry(name, (0, index[1])), digits)
            found += [line] if line["terms"] else []
    return found


def _slope_lines(look: Look, symbol: str, index: tuple[int, int], digits: int) -> list[Line]:
    """Return the lines of the slope: that of the data, and where there are penalties that with them."""
    step = look.step
    found = []
    for name in (f"d{symbol}_data", f"d{symbol}"):
        if name in step.symbols:
            entry = step.entry(name, index)
            rows = [f"row {row}" for row in look.rows] if len(entry.terms) == len(look.rows) else []
            found.append(line_of(entry, digits, names=rows))
    return found


def _update_lines(look: Look, parameter: str, index: tuple[int, int], digits: int) -> list[Line]:
    """Return the lines of the optimizer: what is the same for all weights, and what is this weight's own."""
    step = look.step
    shared = [section for section in step.sections if section.title.startswith("Update: ") and not section.layer]
    own = [section for section in step.sections if section.parameter == parameter]
    found = []
    for section in (*shared, *own):
        for equation in section.equations:
            place: tuple[int, ...] | None = () if equation.value.ndim == 0 else place_in(equation.value, index)
            if place is not None:
                found.append(line_of(step.entry(equation.symbol, place), digits))
    return found


def _ends(experiment: Experiment, parameter: str, start: int | None, end: int) -> list[str]:
    """Return the names of the two units that a weight connects, as far as they are drawn."""
    drawing = drawing_of(experiment.network)
    for block in drawing.blocks:
        if block.parameter == parameter and start is not None:
            return [
                unit_names(experiment, drawing, block.start)[start],
                unit_names(experiment, drawing, block.end)[end],
            ]
    return ["", f"{parameter.rpartition('.')[0]}[{end}]"]


# ---- layers --------------------------------------------------------------------------------------------------------

_CODE = re.compile(r"``(.+?)``", re.DOTALL)


def layer_explained(experiment: Experiment, name: str) -> dict[str, Any]:
    """Return what a layer computes: the sentence and formulas of its documentation, its shapes, its equations."""
    network = experiment.network
    layers = dict(walk(network.names, network.layers))
    layer = layers[check_choice("explain_layer", "layer", name, layers)]
    look = look_at(experiment)
    sections = [section for section in look.step.sections if section.layer == name]
    equations = [equation for section in sections for equation in section.equations]
    inside = [slot for slot in network._slots if slot.name.startswith(f"{name}.")]
    return {
        "kind": "layer", "layer": name, "class": type(layer).__name__, **_documentation(layer),
        "shapes": {"in": list(layer.in_shape), "out": list(layer.out_shape)},
        "parameters": [{"name": slot.name, "shape": list(slot.spec.shape)} for slot in inside],
        "n_parameters": sum(math.prod(slot.spec.shape) for slot in inside),
        "equations": [_formula_data(equation) for equation in equations if equation.formula],
        **batch_data(look),
    }  # fmt: skip


def _formula_data(equation: Equation) -> dict[str, str]:
    known = {"symbol": equation.symbol, "formula": equation.formula, "remark": equation.remark}
    return {**known, "shape": shape_text(equation.value)}


def _documentation(layer: Layer) -> dict[str, Any]:
    """Return the first sentence of a layer's documentation and the formulas in front of its first section."""
    text = inspect.getdoc(type(layer)) or ""
    head = re.split(r"^\w[\w ]*\n-{3,}$", text, maxsplit=1, flags=re.MULTILINE)[0]
    first, _, rest = head.strip().partition("\n\n")
    formulas = [" ".join(found.split()) for found in _CODE.findall(rest)]
    return {"sentence": " ".join(first.split()), "formulas": [formula for formula in formulas if "=" in formula]}
