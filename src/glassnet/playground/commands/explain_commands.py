"""Commands that explain: a neuron, an edge, a layer, the six stops of a step, and numbers that are typed."""

from __future__ import annotations

from typing import Any

from glassnet.playground.experiment import Experiment
from glassnet.playground.microscope.lines import digits_of
from glassnet.playground.microscope.questions import answer_to
from glassnet.playground.microscope.selected import edge_explained, layer_explained, neuron_explained
from glassnet.playground.microscope.stops import STOPS, stop_explained
from glassnet.playground.protocol import Arguments, command

__all__: list[str] = []


@command("explain_neuron")
def _explain_neuron(experiment: Experiment, arguments: Arguments) -> dict[str, Any]:
    layer = arguments.text("layer", most=1000) if arguments.has("layer") else None
    return neuron_explained(experiment, layer, arguments.integer("unit"), digits_of(arguments))


@command("explain_edge")
def _explain_edge(experiment: Experiment, arguments: Arguments) -> dict[str, Any]:
    start = arguments.integer("from") if arguments.has("from") else None
    parameter = arguments.text("parameter", most=1000)
    return edge_explained(experiment, parameter, start, arguments.integer("to"), digits_of(arguments))


@command("explain_layer")
def _explain_layer(experiment: Experiment, arguments: Arguments) -> dict[str, Any]:
    return layer_explained(experiment, arguments.text("layer", most=1000))


@command("microscope")
def _microscope(experiment: Experiment, arguments: Arguments) -> dict[str, Any]:
    stop = arguments.integer("stop", 0, maximum=len(STOPS) - 1)
    return stop_explained(experiment, stop, digits_of(arguments))


@command("check_number")
def _check_number(experiment: Experiment, arguments: Arguments) -> dict[str, Any]:
    return answer_to(experiment, arguments.text("question", most=1000), arguments.text("text", most=100))
