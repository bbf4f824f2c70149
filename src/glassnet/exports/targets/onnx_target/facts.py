"""What an ONNX file says of itself: its metadata, the test rows and the script that runs them among it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.exports.plan import Field, Plan
from glassnet.exports.proof import Proof
from glassnet.exports.targets.onnx_target.answers import Output
from glassnet.exports.targets.onnx_target.columns import input_type
from glassnet.exports.targets.onnx_target.graph import Graph
from glassnet.exports.targets.onnx_target.sample_rows import written_rows
from glassnet.utils.version import VERSION

__all__ = ["SELF_TEST", "attribute_bytes", "digest_of_file", "facts_of"]

SELF_TEST = '''\
"""Print and return how many test rows inside an ONNX file of glassnet fail, and one more for wrong weights."""
import hashlib, json, sys
import numpy as np, onnx, onnxruntime
model = onnx.load(sys.argv[1])
facts = {one.key: one.value for one in model.metadata_props}
parts = [t.raw_data + b"".join(t.string_data) for t in model.graph.initializer]
for a in (a for node in model.graph.node for a in node.attribute):
    parts += [*a.strings, np.array([a.i, *a.ints], "<i8").tobytes(), np.float32(a.f).tobytes()]
failures = int(hashlib.sha256(b"".join(parts)).hexdigest() != facts["glassnet.sha256"])
rows = json.loads(facts["glassnet.vectors"])
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
types = {"tensor(float)": "f4", "tensor(double)": "f8", "tensor(string)": object}
feed = {i.name: np.array(rows["inputs"][i.name], types[i.type]) for i in session.get_inputs()}
found, expected = session.run([rows["output"]], feed)[0], np.array(rows["expected"])
near = abs(found - expected) <= rows["tolerance"] * np.maximum(1, abs(expected))
failures += int((~near).any(axis=1).sum())
print(failures, "failures")
sys.exit(failures)
'''

_USAGE = """\
import json, numpy as np, onnxruntime
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1  # further threads only wait, at full load, for a network of this size
session = onnxruntime.InferenceSession({path}, options, providers=["CPUExecutionProvider"])
tests = json.loads(session.get_modelmeta().custom_metadata_map["glassnet.vectors"])
types = {{"tensor(float)": "f4", "tensor(double)": "f8", "tensor(string)": object}}
row = {{i.name: np.array(tests["inputs"][i.name][:1], types[i.type]) for i in session.get_inputs()}}
{outputs} = session.run(None, row)  # for each input an array of one row or more
"""


_CELLS = (
    "Numbers: NaN is missing; true is 1, false 0; a date is a number of days since 1970-01-01. Text: an empty one is "
    "missing; without blanks at either end, and whole numbers without a point, as 1 for 1.0."
)


def digest_of_file(arrays: Iterable[bytes], attributes: Iterable[bytes]) -> str:
    """Return the SHA-256 of all arrays of a file, as they stand there, and of the attributes of its nodes."""
    return hashlib.sha256(b"".join([*arrays, *attributes])).hexdigest()


def attribute_bytes(texts: Iterable[bytes], whole: Iterable[int], number: bytes) -> bytes:
    """Return what is hashed of an attribute: texts, whole numbers after a single one or 0, and a float32 or 0."""
    return b"".join(texts) + np.array([n % 2**64 for n in whole], dtype="<u8").tobytes() + number


def facts_of(
    graph: Graph, plan: Plan, proof: Proof, inputs: Mapping[str, str], outputs: Sequence[Output], *, is_matrix: bool
) -> dict[str, str]:
    """Return the metadata; ``inputs`` has the type of each input by its name."""
    names_of_columns = [field.name for field in plan.fields] if is_matrix else inputs
    columns = [_column(field, name) for field, name in zip(plan.fields, names_of_columns, strict=False)]
    answer = plan.answer
    told: dict[str, Any] = {
        "kind": answer.kind,
        "target": answer.target,
        "outputs": [output.name for output in outputs],
        "names": answer.names,
        "labels": [one.item() if isinstance(one, np.generic) else one for one in answer.labels],
        "levels": answer.levels,
    }
    names = ", ".join(_variable(output.name) for output in outputs) + ("," if len(outputs) == 1 else "")
    arrays = (_content(array) for array in graph.arrays.values())
    attributes = (_attribute(value) for node in graph.nodes for _, value in sorted(node.attributes.items()))
    return {
        "glassnet.version": VERSION,
        "glassnet.made_from": json.dumps(dict(plan.made_from)),
        "glassnet.columns": json.dumps(columns or plan.inputs),
        **({"glassnet.cells": _CELLS} if columns and not is_matrix else {}),
        "glassnet.answer": json.dumps({key: value for key, value in told.items() if value not in ((), [])}),
        "glassnet.numbers_sha256": proof.digest,
        "glassnet.sha256": digest_of_file(arrays, attributes),
        "glassnet.worst_error": f"{proof.worst:.1e} on {proof.n_rows} rows, relative to max(1, largest |y|)",
        "glassnet.vectors": json.dumps(written_rows(plan, proof, inputs, outputs[0].name, is_matrix=is_matrix)),
        "glassnet.usage": _USAGE.format(path=ascii(f"{plan.name}.onnx"), outputs=names),
        "glassnet.selftest": SELF_TEST,
    }


def _content(array: np.ndarray) -> bytes:
    if array.dtype == object:
        return b"".join(text.encode(errors="replace") for text in array.ravel())
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes()


def _attribute(value: Any) -> bytes:
    several = value if isinstance(value, list) else []
    single = value if isinstance(value, int) else 0
    number = np.array(value if isinstance(value, float) else 0.0, dtype="<f4").tobytes()
    texts = [one.encode(errors="replace") for one in several if isinstance(one, str)]
    return attribute_bytes(texts, [single, *(one for one in several if isinstance(one, int))], number)


def _variable(name: str) -> str:
    return name if name.isidentifier() else "first"


def _column(field: Field, name: str) -> dict[str, Any]:
    found: dict[str, Any] = {"name": field.name, "kind": field.kind, "type": input_type(field)}
    if name != field.name:
        found["input"] = name
    if field.is_text:
        return found | {"missing": ""}
    if np.isfinite(field.low):
        found |= {"low": float(f"{field.low:.6g}"), "high": float(f"{field.high:.6g}")}
    if field.kind == "date":
        found["unit"] = "days since 1970-01-01"
    elif field.form.unit or field.form.style:
        found["unit"] = field.form.unit or "seconds"
    return found
