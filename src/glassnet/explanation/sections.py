"""The sections of a recorded step: layers forward, loss, layers backward, update."""

from __future__ import annotations

import dataclasses

import numpy as np

from glassnet.explanation.document import Equation, Section
from glassnet.explanation.loss_formulas import loss_backward, loss_forward, prediction_of
from glassnet.explanation.norm_formulas import running_updates
from glassnet.explanation.penalty_formulas import penalty_of_loss
from glassnet.explanation.recording import Pass, Recording
from glassnet.explanation.update_formulas import clip_equation, update_equations
from glassnet.explanation.walk import Walk
from glassnet.layers import BatchNorm

__all__ = ["sections_forward", "sections_of"]


def sections_of(record: Recording) -> list[Section]:
    """Return the whole step as sections, numbered."""
    walk, network = Walk(record), record.network
    given = [Equation("A0", record.X, remark="the input X"), Equation("y", record.y)]
    given.append(Equation("n", np.array(float(len(record.X))), remark="the number of rows"))
    if record.weight is not None:
        given.append(Equation("w", record.weight, remark="the weights of the rows"))
    loss = [*loss_forward(record, walk.logits), *penalty_of_loss(record, walk.symbols)]
    found = [Section("Given", tuple(given)), *walk.forward, Section(f"Loss: {network.loss.name}", tuple(loss))]
    found.append(Section("Backward: loss", (loss_backward(record, walk.logits),), "dX stands for the slope of L in X."))
    found += [*walk.backward(), *_updates(record, walk), *_statistics(record, walk)]
    return [dataclasses.replace(section, number=number) for number, section in enumerate(found, 1)]


def sections_forward(record: Pass) -> list[Section]:
    """Return a pass forward as sections, numbered."""
    given = Section("Given", (Equation("A0", record.X, remark="the input X"),))
    walk = Walk(record)
    found, answer = [given, *walk.forward], prediction_of(record, walk.logits)
    found += [Section("Prediction", (answer,))] if answer is not None else []
    return [dataclasses.replace(section, number=number) for number, section in enumerate(found, 1)]


def _updates(record: Recording, walk: Walk) -> list[Section]:
    name, found = type(record.network.optimizer).__name__, []
    shared = [Equation("lr", np.array(record.rate), remark="the learning rate")]
    clipped = clip_equation(record)
    if clipped is not None:
        shared += clipped
    remark = f"Step {record.t} of the optimizer; a prime marks the new value."
    found.append(Section(f"Update: {name}", tuple(shared), remark))
    slots = {slot.name: slot for slot in record.network._slots}
    for parameter, symbol in walk.symbols.items():
        equations = update_equations(record, slots[parameter], symbol, clipped)
        layer = parameter.rpartition(".")[0]
        found.append(Section(f"Update: {parameter}, {name}", tuple(equations), layer=layer, parameter=parameter))
    return found


def _statistics(record: Recording, walk: Walk) -> list[Section]:
    """Return what the step does to the running statistics."""
    found = []
    for place in walk.places:
        if type(place.layer) is not BatchNorm:
            continue
        passage, before = record.passage(place.layer), record.running[id(place.layer)]
        equations = running_updates(place.layer, passage, before, place.number)
        if equations:
            title = f"Update: {place.name}, running statistics"
            found.append(Section(title, tuple(equations), layer=place.name))
    return found
