"""What the tests of ONNX files share: a plan of every kind of column, and running the bytes of a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from glassnet.exports.lowering.lowering import predictions
from glassnet.exports.plan import (
    Add,
    Affine,
    Answer,
    Constant,
    Embed,
    Field,
    Flag,
    Join,
    Lookup,
    Map,
    Mean,
    Normalise,
    Plan,
    Rank,
    Scaled,
    Select,
    Softmax,
    Sort,
    Step,
    Value,
    Wave,
)
from glassnet.exports.proof import Proof, prove, take_rows
from glassnet.exports.referee import Rows, encode, interpret
from glassnet.exports.targets.onnx_target import onnx_file
from glassnet.exports.targets.target import Options
from glassnet.tabular.reading.form import Form

__all__ = [
    "check_model",
    "close",
    "file_of",
    "outputs_of",
    "proof_of",
    "rounded",
    "session_of",
    "small_plan",
    "table_plan",
]


def proof_of(plan: Plan, rows: Rows) -> Proof:
    """Return the proof of a plan that is taken to be right."""
    n = len(next(iter(rows.values()))) if isinstance(rows, Mapping) else len(rows)
    rows = take_rows(rows, np.arange(max(n, 8)) % n)
    return prove(plan, interpret(plan, rows), rows, np.float32)


def file_of(plan: Plan, rows: Rows, **options: Any) -> bytes:
    """Return the bytes of the file of a plan."""
    chosen = Options(**options)
    assert onnx_file.refusal(plan, chosen) == ""
    return onnx_file.print_plan(plan, proof_of(plan, rows), chosen)[".onnx"]


def session_of(content: bytes) -> Any:
    """Return a session of one thread, after the checks of onnx itself."""
    import onnx
    import onnxruntime

    model = onnx.load_from_string(content)
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def rounded(plan: Plan, rows: Rows) -> Rows:
    """Return rows as inputs of single precision hold them."""
    if not isinstance(rows, Mapping):
        return rows if plan.double_inputs else rows.astype(np.float32).astype(np.float64)
    exact = {field.name for field in plan.fields if field.is_text or field.needs_double}
    return {name: cells if name in exact else cells.astype(np.float32).astype(float) for name, cells in rows.items()}


def outputs_of(session: Any, plan: Plan, rows: Rows) -> list[np.ndarray]:
    """Return all outputs of a session for rows of the plan."""
    types = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(string)": object}
    inputs = session.get_inputs()
    if isinstance(rows, Mapping) and [one.name for one in inputs] != ["features"]:
        cells = [rows[field.name][:, None] for field in plan.fields]
    else:
        cells = [encode(plan, rows)]
    feed = {one.name: values.astype(types[one.type]) for one, values in zip(inputs, cells, strict=True)}
    found: list[np.ndarray] = session.run(None, feed)
    return found


def close(plan: Plan, found: np.ndarray, wanted: np.ndarray, slack: float = 1.0) -> None:
    """Check outputs within the bounds of ONNX files, and labels away from ties."""
    bound = 1e-6 if plan.answer.kind in ("classes", "labels") else 4e-6
    np.testing.assert_array_less(np.abs(found - wanted), slack * bound * np.maximum(1.0, np.abs(wanted)) + 1e-30)
    if plan.answer.kind == "classes":
        top = np.sort(wanted, axis=1)
        sure = top[:, -1] - top[:, -2] >= 1e-5
        np.testing.assert_array_equal(found.argmax(axis=1)[sure], wanted.argmax(axis=1)[sure])


def check_model(model: Any, plan: Plan, rows: Any, slack: float = 1.0) -> None:
    """Check the file of a model against the model itself."""
    own = rounded(plan, rows)
    outputs = outputs_of(session_of(file_of(plan, rows)), plan, own)
    with np.errstate(under="ignore"):
        wanted = predictions(model, plan, own)
    if plan.answer.kind in ("classes", "labels"):
        close(plan, outputs[0], wanted, slack)
    else:
        size = np.maximum(
            1.0, np.abs(wanted).max(axis=0)
        )  # float32 has no more digits of a number around 0 than of others
        np.testing.assert_array_less(np.abs(outputs[0] - wanted) / size, 4e-6)
    if plan.answer.kind == "classes":
        top = np.sort(wanted, axis=1)
        sure = top[:, -1] - top[:, -2] >= 1e-5
        labels = np.array([plan.answer.labels[i] for i in wanted.argmax(axis=1)], dtype=outputs[1].dtype)
        np.testing.assert_array_equal(outputs[1][sure], labels[sure])


def small_plan(*steps: Step, d: int, **changes: Any) -> Plan:
    """Return a plan of plain numbers, whose row is the value x and whose output the last step's."""
    y = steps[-1].out
    answer = changes.pop("answer", Answer("numbers", tuple(f"y{i}" for i in range(y.size))))
    return Plan("small", (), (), steps, Value("x", (d,)), Value(y.name, (y.size,)), answer, **changes)


def table_plan(
    names: tuple[str, ...] = ("age", "city", "when", "member", "h1", "blood"),
    words: tuple[str, ...] = ("a", "b", "c"),
    labels: tuple[Any, ...] = ("low", "", "high"),
) -> Plan:
    """Return a plan with every kind of column and step; ``words`` are three categories."""
    rng = np.random.default_rng(3)
    V = Value
    forms = [Form(kind) for kind in ("number", "category", "date", "boolean", "number", "category")]
    ranges: list[dict[str, Any]] = [
        {"low": 0.0, "high": 90.0, "center": 40.0, "unit": 10.0}, {"categories": words},
        {"low": 19000.0, "high": 20000.0, "center": 19500.0, "unit": 200.0}, {"low": 0.0, "high": 1.0},
        {"low": -1.0, "high": 1.0}, {"categories": ("x", "y")},
    ]  # fmt: skip
    fields = tuple(
        Field(name, form.kind, form, **known)  # type: ignore[arg-type]  # one of the four kinds
        for name, form, known in zip(names, forms, ranges, strict=True)
    )
    edges = np.sort(rng.normal(40.0, 10.0, 50))
    edges[10:14], edges[:3], edges[-2:] = edges[10], edges[0], edges[-1]
    columns: list[Step] = [
        Scaled(V("c1", (1,)), 0, 40.0, 40.0, 10.0, 3.0),
        Rank(V("c2", (1,)), 0, 40.0, edges),
        Wave(V("c3", (2,)), 2, 365.25, np.array([0.1, 0.2]), np.array([0.7, 0.8]), 3.0),
        Wave(V("c4", (2,)), 0, 7.0, np.zeros(2), np.ones(2)),
        Flag(V("c5", (1,)), 0, 0.0, 1.0),
        Flag(V("c6", (1,)), 1, -1.0, 1.0),
        Lookup(V("c7", (3,)), 1, words, rng.normal(size=(5, 3))),
        Lookup(V("c8", (1,)), 5, ("x", "y"), np.arange(4.0)[:, None]),
        Scaled(V("c9", (1,)), 3, 0.0, 0.5, 0.5),
        Scaled(V("c10", (1,)), 4, 0.0, 0.0, 1.0),
        Constant(V("c11", (2,)), np.array([1.0, 2.0])),
        Scaled(V("c12", (1,)), 2, 19500.0, 19500.0, 200.0),
        Scaled(V("c13", (1,)), 4, 0.5, 0.25, 1.0),
    ]
    parts = tuple(step.out for step in columns)[::-1]
    d, G = sum(part.size for part in parts), 4
    code = parts.index(V("c8", (1,)))
    at = sum(part.size for part in parts[:code])
    steps: list[Step] = [
        *columns,
        Join(V("x", (d,)), parts),
        Map(V("h1", (1, d)), V("x", (1, d)), "Z * a", {}, {"a": rng.normal(size=(1, d)) / 4.0}),
        Select(V("h2", (1, 1)), V("x", (1, d)), np.array([at])),
        Embed(V("h3", (1, 1, 2)), V("h2", (1, 1)), rng.normal(size=(1, 4, 2))),
        Join(V("h4", (1, d + 2)), (V("h1", (1, d)), V("h3", (1, 2)))),
        Affine(V("h5", (G, 1, 6)), V("h4", (1, 1, d + 2)), rng.normal(size=(G, d + 2, 6)) / 4.0, rng.normal(size=(G, 6))),
        Map(V("h6", (G, 6)), V("h5", (G, 6)), "Z + share * (sigmoid(Z) * Z - Z)", {}, {"share": rng.normal(size=(1, 6))}),
        Normalise(V("h7", (G, 6)), V("h6", (G, 6)), 1e-5),
        Add(V("h8", (G, 6)), V("h7", (G, 6)), V("h6", (G, 6))),
        Sort(V("h9", (G, 2, 3)), V("h8", (G, 2, 3))),
        Affine(V("h10", (G, 1, 3)), V("h9", (G, 1, 6)), rng.normal(size=(G, 6, 3)), None),
        Softmax(V("h11", (G, 3)), V("h10", (G, 3))),
        Mean(V("y", (3,)), V("h11", (G, 3))),
    ]  # fmt: skip
    answer = Answer("classes", ("low", "", "high"), labels, target="risk")
    return Plan("table", fields, (), tuple(steps), V("x", (d,)), V("y", (3,)), answer, {"model": "made by hand"})
