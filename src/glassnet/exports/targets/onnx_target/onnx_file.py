"""ONNX files of plans: core operators in single precision, columns in double, text by LabelEncoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from glassnet.exports.header import header_lines
from glassnet.exports.plan import ColumnStep, Map, Plan
from glassnet.exports.proof import Proof
from glassnet.exports.referee import Rows
from glassnet.exports.targets.onnx_target import wire
from glassnet.exports.targets.onnx_target.answers import OUTPUTS, Output, add_answer
from glassnet.exports.targets.onnx_target.columns import add_columns, input_type
from glassnet.exports.targets.onnx_target.facts import facts_of
from glassnet.exports.targets.onnx_target.formulas import unknown_function
from glassnet.exports.targets.onnx_target.graph import Graph, Tensor
from glassnet.exports.targets.onnx_target.running import feed_of, rounded_error, run_feeds, self_test_feed
from glassnet.exports.targets.onnx_target.vectors import VECTOR_STEPS, add_vector_step
from glassnet.exports.targets.target import Options, Run
from glassnet.utils.version import VERSION

__all__ = ["print_plan", "refusal", "run_file", "self_test"]

_IR = {17: 8, 18: 8, 19: 9, 20: 9, 21: 10, 22: 10, 23: 11, 24: 12}  # of the release of onnx that brought each opset
_ML = 3  # version of ai.onnx.ml, which has LabelEncoder
_ROWS = "n"  # name of the axis of rows


def refusal(plan: Plan, options: Options) -> str:
    """Return why the target cannot hold a plan, naming the step or option, or "" if it can."""
    if options.dtype != "float32":
        return f"dtype is {options.dtype!r}; ONNX files are written in float32."
    if options.opset not in _IR:
        return f"opset is {options.opset}; that of an ONNX file must be one of {min(_IR)} to {max(_IR)}."
    for step in plan.steps:
        if not isinstance(step, ColumnStep) and type(step) not in VECTOR_STEPS:
            return f"{type(step).__name__} has no ONNX form yet."
        if isinstance(step, Map) and unknown_function(step.formula):
            return f"the function {unknown_function(step.formula)} in {step.formula!r} has no ONNX form yet."
    return ""


def print_plan(plan: Plan, proof: Proof, options: Options) -> Mapping[str, bytes]:
    """Return the files by their suffix: one; equal plans give equal bytes."""
    is_matrix = not plan.is_table or options.inputs == "matrix"
    inputs = _inputs(plan, is_matrix=is_matrix)
    graph = Graph(options.opset, inputs, OUTPUTS)
    if is_matrix:
        [(name, dtype)] = inputs.items()
        graph.values[plan.x.name] = Tensor(name, (plan.x.size,), dtype)
    else:
        add_columns(graph, plan, list(inputs))
    for step in plan.vector_steps:
        add_vector_step(graph, step)
    outputs = add_answer(graph, plan)
    facts = facts_of(graph, plan, proof, inputs, outputs, is_matrix=is_matrix)
    width = plan.x.size if is_matrix else 1
    notes = "\n".join(header_lines(plan, proof, "float32"))
    return {".onnx": _file(plan.name, graph, (inputs, width), outputs, notes, facts)}


def _inputs(plan: Plan, *, is_matrix: bool) -> dict[str, str]:
    """Return the types of the inputs by their names, which are those of the columns as far as ONNX has such names."""
    if not plan.is_table:
        return {"X": "float64" if plan.double_inputs else "float32"}
    if is_matrix:
        return {"features": "float32"}
    found: dict[str, str] = {}
    own = {field.name for field in plan.fields}
    for field in plan.fields:
        # A name without a letter means no input at all, zeros end it in C, and lone surrogates have no UTF-8.
        plain = field.name.encode(errors="replace").decode().replace("\0", "?") or "column"
        name, number = plain, 1
        while name in found or (name != field.name and name in own):
            number += 1
            name = f"{plain}_{number}"
        found[name] = input_type(field)
    return found


def _file(
    name: str,
    graph: Graph,
    inputs: tuple[Mapping[str, str], int],
    outputs: Sequence[Output],
    notes: str,
    facts: Mapping[str, str],
) -> bytes:
    """Return the file; ``inputs`` are the types of the inputs by their names, and how wide each is."""
    versions = {"": graph.opset}
    if any(node.domain for node in graph.nodes):
        versions["ai.onnx.ml"] = _ML
    content = wire.graph(
        name or "model",
        [wire.node(node.op, node.inputs, node.outputs, node.domain, **node.attributes) for node in graph.nodes],
        [wire.tensor(title, array) for title, array in graph.arrays.items()],
        [wire.input_or_output(title, dtype, (_ROWS, inputs[1])) for title, dtype in inputs[0].items()],
        [wire.input_or_output(one.name, one.dtype, (_ROWS, *one.shape)) for one in outputs],
    )
    return wire.model(
        content,
        ir_version=_IR[graph.opset],
        versions=versions,
        producer=("glassnet", VERSION),
        notes=notes,
        facts=facts,
    )


def run_file(path: Path, plan: Plan, rows: Rows) -> Run:
    """Run a file in onnxruntime for rows, its self-test too; raise `CannotRun` where that is not installed."""
    feed, tests = feed_of(path, plan, rows), self_test_feed(path)
    ran = run_feeds(path, [feed, tests.feed])
    notes = {"rounded rows": f"worst error {rounded_error(plan, rows, ran.outputs[0]):.1e} for rows rounded to float32"}
    return Run(ran.outputs[0], tests.failures(ran.outputs[1]), ran.seconds, ran.ran_in, notes)


def self_test(path: Path) -> int:
    """Return how many of the test rows in a file fail, and one more if its weights are not those that were written."""
    tests = self_test_feed(path)
    return tests.failures(run_feeds(path, [tests.feed]).outputs[0])
