"""Converters by which skl2onnx takes the perceptrons of `glassnet.sklearn`, inside pipelines too."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.exports.frameworks.assembling import framework, refuse
from glassnet.exports.lowering.lowering import lower, predictions
from glassnet.exports.made_up import made_up_rows
from glassnet.exports.proof import prove
from glassnet.exports.targets.registry import TARGETS
from glassnet.exports.targets.target import Options

__all__ = ["register_skl2onnx"]

_WHERE = "register_skl2onnx"
_OPSET = 18
_KINDS = ("classifier", "regressor")


def register_skl2onnx() -> None:
    """Let ``skl2onnx`` convert `MLPClassifier` and `MLPRegressor` of `glassnet.sklearn`, on their own and in pipelines.

    Whatever `export` can write as ONNX is converted: every activation, norm and scaling, and losses that scikit-learn
    does not have. Without it, ``skl2onnx.to_onnx(model.to_sklearn(), X)`` converts what scikit-learn's own classes can
    express. To be called once, before ``to_onnx``; ``target_opset`` must be 18 or higher.

    Raises
    ------
    MissingExtraError
        skl2onnx is not installed.
    """
    skl2onnx = framework(_WHERE, "skl2onnx")
    shapes = framework(_WHERE, "skl2onnx.common.shape_calculator")
    from glassnet.sklearn import MLPClassifier, MLPRegressor

    options = {"zipmap": [True, False, "columns"], "nocl": [True, False], "output_class_labels": [False, True]}
    skl2onnx.update_registered_converter(
        MLPClassifier,
        "GlassnetMLPClassifier",
        shapes.calculate_linear_classifier_output_shapes,
        _convert,
        options=options,
    )
    skl2onnx.update_registered_converter(
        MLPRegressor, "GlassnetMLPRegressor", shapes.calculate_linear_regressor_output_shapes, _convert
    )


def _convert(scope: Any, operator: Any, container: Any) -> None:
    """Put the nodes of a model's own graph into the container, under names that are free there."""
    onnx = framework(_WHERE, "onnx")
    if container.target_opset < _OPSET:
        fact, must = f"target_opset is {container.target_opset}", f"it must be {_OPSET} or higher"
        raise refuse(_WHERE, fact, must, "Leave it out, or use model.to_sklearn().")
    graph = onnx.load_from_string(_graph_bytes(operator.raw_operator)).graph
    (rows,) = graph.input
    (given,) = operator.inputs
    names = {rows.name: scope.get_unique_variable_name(rows.name)}
    _cast(scope, container, given.full_name, names[rows.name], rows.type.tensor_type.elem_type)
    outputs = sorted(graph.output, key=lambda value: value.name != "label")  # the label comes first there
    for ours, theirs in zip(outputs, operator.outputs, strict=True):
        kind = theirs.type.to_onnx_type().tensor_type.elem_type
        names[ours.name] = theirs.full_name
        if kind != ours.type.tensor_type.elem_type:
            names[ours.name] = scope.get_unique_variable_name(ours.name)
            _cast(scope, container, names[ours.name], theirs.full_name, kind)
    every = [*(tensor.name for tensor in graph.initializer), *(name for node in graph.node for name in node.output)]
    for name in every:
        names.setdefault(name, scope.get_unique_variable_name(name))
    for tensor in graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        content = [str(one).encode() for one in values.ravel()] if values.dtype == object else values.ravel().tolist()
        container.add_initializer(names[tensor.name], tensor.data_type, list(tensor.dims), content)
    for node in graph.node:
        container.add_node(
            node.op_type,
            [names.get(name, "") for name in node.input],
            [names[name] for name in node.output],
            op_domain=node.domain,
            op_version=3 if node.domain == "ai.onnx.ml" else _OPSET,
            name=scope.get_unique_operator_name(node.op_type),
            **{one.name: onnx.helper.get_attribute_value(one) for one in node.attribute},
        )


def _cast(scope: Any, container: Any, given: str, made: str, kind: int) -> None:
    """Add a node that makes a value of another type."""
    label = scope.get_unique_operator_name("Cast")
    container.add_node("Cast", [given], [made], op_version=_OPSET, name=label, to=kind)


def _graph_bytes(model: Any) -> bytes:
    """Return the ONNX file of an estimator that reads a matrix."""
    plan, onnx_target = lower(model), TARGETS["onnx"].load()
    options = Options(inputs="matrix")
    reason = onnx_target.refusal(plan, options)
    if reason or plan.answer.kind == "labels":
        raise refuse(_WHERE, "the model must have an ONNX form", reason or "one of several labels", "Use gn.export.")
    rows = made_up_rows(plan, 16)
    proof = prove(plan, predictions(model, plan, rows), rows, np.float32)
    return onnx_target.print_plan(plan, proof, options)[".onnx"]
