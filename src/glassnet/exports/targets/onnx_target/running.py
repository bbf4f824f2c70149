"""Running ONNX files in onnxruntime, in a process of its own, and checking what they say of themselves."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from glassnet.exports.plan import Plan
from glassnet.exports.referee import Rows, encode, interpret
from glassnet.exports.targets.onnx_target import wire
from glassnet.exports.targets.onnx_target.columns import input_type
from glassnet.exports.targets.onnx_target.facts import attribute_bytes, digest_of_file
from glassnet.exports.targets.target import CannotRun

__all__ = ["Ran", "SelfTest", "feed_of", "rounded_error", "run_feeds", "self_test_feed"]

Feed = dict[str, np.ndarray]

_SECONDS = 600
_CHILD = """
import json, sys, time
sys.modules["glassnet"] = None  # so that nothing of it can be imported
import numpy as np, onnxruntime
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.log_severity_level = 3
session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
types = {"tensor(float)": "f4", "tensor(double)": "f8", "tensor(string)": object}
given = np.load(sys.argv[2])
inputs, found, seconds = session.get_inputs(), {}, []
for place in range(int(given["number"])):
    feed = {}
    for i, one in enumerate(inputs):
        cells = given[f"{place} {i}"]
        cells = json.loads(cells.tobytes()) if cells.dtype == np.uint8 else cells
        feed[one.name] = np.array(cells, types[one.type])
    found[str(place)] = session.run(None, feed)[0]
row = {name: cells[:1] for name, cells in feed.items()}
for _ in range(200):
    start = time.perf_counter()
    session.run(None, row)
    seconds.append(time.perf_counter() - start)
np.savez(sys.argv[3], seconds=np.median(seconds), version=onnxruntime.__version__, **found)
"""


class Ran(NamedTuple):
    """The first output for each feed, the time of one row, and what computed them."""

    outputs: list[np.ndarray]
    seconds: float
    ran_in: str


class SelfTest(NamedTuple):
    """The test rows inside a file."""

    feed: Feed
    expected: np.ndarray
    tolerance: float
    is_whole: bool  # whether the arrays are those that were written

    def failures(self, found: np.ndarray) -> int:
        """Return how many rows are off, and one more if the arrays are not those that were written."""
        near = np.abs(found - self.expected) <= self.tolerance * np.maximum(1.0, np.abs(self.expected))
        return int((~near).any(axis=1).sum()) + (not self.is_whole)


class _File(NamedTuple):
    """What is read of a file."""

    facts: dict[str, str]
    inputs: list[str]
    digest: str


def _read(path: Path) -> _File:
    model = list(wire.fields(path.read_bytes()))
    graph = list(wire.fields(next(value for place, value in model if place == 7)))
    pairs = [dict(wire.fields(value)) for place, value in model if place == 14]
    arrays = [value for place, one in graph if place == 5 for key, value in wire.fields(one) if key in (6, 9)]
    attributes = [value for place, one in graph if place == 1 for key, value in wire.fields(one) if key == 5]
    return _File(
        facts={pair[1].decode(): pair[2].decode() for pair in pairs},
        inputs=[dict(wire.fields(one))[1].decode() for place, one in graph if place == 11],
        digest=digest_of_file(arrays, map(_attribute, attributes)),
    )


def _attribute(content: bytes) -> bytes:
    found = list(wire.fields(content))
    single = next((value for place, value in found if place == 3), 0)
    number = next((value for place, value in found if place == 2), bytes(4))
    whole = [value for place, value in found if place == 8]
    return attribute_bytes([value for place, value in found if place == 9], [single, *whole], number)


def self_test_feed(path: Path) -> SelfTest:
    """Return the test rows of a file."""
    file = _read(path)
    vectors = json.loads(file.facts["glassnet.vectors"])
    feed = {name: _array(vectors["inputs"][name]) for name in file.inputs}
    whole = file.digest == file.facts["glassnet.sha256"]
    return SelfTest(feed, np.array(vectors["expected"], np.float64), vectors["tolerance"], whole)


def _array(cells: list[list[Any]]) -> np.ndarray:
    return np.array(cells, dtype=object if isinstance(cells[0][0], str) else np.float64)


def feed_of(path: Path, plan: Plan, rows: Rows) -> Feed:
    """Return the inputs of a file for rows of the plan."""
    names = _read(path).inputs
    if isinstance(rows, Mapping) and len(names) == len(plan.fields) and names != ["features"]:
        return {name: rows[field.name][:, None] for name, field in zip(names, plan.fields, strict=True)}
    return {names[0]: encode(plan, rows)}


def rounded_error(plan: Plan, rows: Rows, outputs: np.ndarray) -> float:
    """Return the largest error of outputs beside those of the plan for the rows as the inputs hold them."""
    seen: Rows
    if isinstance(rows, Mapping):
        types = {field.name: input_type(field) for field in plan.fields}
        seen = {name: cells if types[name] == "str" else _as(types[name], cells) for name, cells in rows.items()}
    else:
        seen = _as("float64" if plan.double_inputs else "float32", rows)
    wanted = interpret(plan, seen)
    return float(np.max(np.abs(outputs - wanted) / np.maximum(1.0, np.abs(wanted)), initial=0.0))


def _as(dtype: str, cells: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        return cells.astype(dtype).astype(np.float64)


def run_feeds(path: Path, feeds: Sequence[Feed], python: str = sys.executable) -> Ran:
    """Return the outputs of a file for each feed, computed in a process that cannot import this package."""
    if python == sys.executable and importlib.util.find_spec("onnxruntime") is None:
        reason = "onnxruntime is not installed"
        raise CannotRun(reason)
    arrays = {f"{i} {j}": _storable(cells) for i, feed in enumerate(feeds) for j, cells in enumerate(feed.values())}
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder) / "given.npz", Path(folder) / "found.npz"
        np.savez(given, number=np.array(len(feeds)), **arrays)  # type: ignore[arg-type]  # NumPy types these as allow_pickle
        command = [python, "-I", "-c", _CHILD, str(path), str(given), str(found)]
        child = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
        if child.returncode:
            message = f"onnxruntime: {child.stderr.strip()[-2000:]}"
            raise RuntimeError(message)
        with np.load(found) as results:
            outputs = [results[str(i)].astype(np.float64) for i in range(len(feeds))]
            return Ran(outputs, float(results["seconds"]), f"onnxruntime {results['version']}")


def _storable(cells: np.ndarray) -> np.ndarray:
    """Return an array that a file of NumPy holds without pickling, and without losing zeros at the end of a text."""
    if cells.dtype != object:
        return cells
    return np.frombuffer(json.dumps(cells.tolist()).encode(), dtype=np.uint8)
