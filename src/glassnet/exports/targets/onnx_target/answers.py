"""The outputs of a graph: what the plan computes, and the answer that follows from it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from glassnet.exports.plan import Answer, Plan, Value
from glassnet.exports.targets.onnx_target import wire
from glassnet.exports.targets.onnx_target.graph import Graph

__all__ = ["OUTPUTS", "Output", "add_answer"]

OUTPUTS = ("label", "labels", "prediction", "probabilities", "quantiles")
"""The names of outputs."""


class Output(NamedTuple):
    """An output of the graph; ``shape`` is without the axis of rows."""

    name: str
    dtype: str
    shape: tuple[int, ...]


def add_answer(graph: Graph, plan: Plan) -> list[Output]:
    """Append the nodes of the answer and return the outputs, first that of the plan itself."""
    answer, width = plan.answer, plan.y.size
    y = graph.read(Value(plan.y.name, (width,)), members_first=False).name
    title = {"numbers": "prediction", "quantiles": "quantiles"}.get(answer.kind, "probabilities")
    first = _named(graph, y, Output(title, "float32", (width,)))
    graph.prefix = "answer"
    if answer.kind == "classes":
        return [first, _label(graph, first.name, answer)]
    if answer.kind == "labels":
        above = graph.add("Greater", first.name, graph.array(0.5))
        number = graph.add("Cast", above, to=wire.TYPES["int64"])
        return [first, _named(graph, number, Output("labels", "int64", (width,)))]
    if answer.kind == "quantiles":
        middle = graph.add("Gather", first.name, graph.array(answer.middle, "int64", "middle"), axis=1)
        if len(answer.middle) > 1:
            middle = graph.reduce("ReduceMean", middle, 1, keepdims=True)
        return [first, _named(graph, middle, Output("prediction", "float32", (1,)))]
    return [first]


def _label(graph: Graph, probabilities: str, answer: Answer) -> Output:
    """Append the label of the largest probability, in the type that all labels have."""
    place = graph.add("ArgMax", probabilities, axis=1, keepdims=0)
    labels = [one.item() if isinstance(one, np.generic) else one for one in answer.labels or answer.names]
    if labels == list(range(len(labels))) and _all(labels, int):
        return _named(graph, place, Output("label", "int64", ()))
    kinds = (("bool", bool), ("int64", int), ("float64", (int, float)))
    dtype = next((dtype for dtype, kind in kinds if _all(labels, kind)), "str")
    values = [str(label) for label in labels] if dtype == "str" else labels
    found = graph.add("Gather", graph.array(np.array(values, object if dtype == "str" else dtype), dtype, "of"), place)
    return _named(graph, found, Output("label", dtype, ()))


def _all(labels: list[Any], kind: Any) -> bool:
    """Return whether all labels are of a kind that a tensor holds; true and false are no numbers here."""
    right = all(isinstance(one, kind) and (kind is bool or not isinstance(one, bool)) for one in labels)
    return right and (kind is bool or all(abs(one) < 2**63 for one in labels))


def _named(graph: Graph, tensor: str, output: Output) -> Output:
    """Give a tensor the name of an output, or a copy of it if it is an input."""
    if not any(tensor in node.outputs for node in graph.nodes):
        tensor = graph.add("Identity", tensor)
    return output._replace(name=graph.rename(tensor, output.name, is_output=True))
