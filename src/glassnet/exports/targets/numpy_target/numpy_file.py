"""Prints a plan as one readable Python file that needs NumPy only."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from glassnet.exports.plan import Plan
from glassnet.exports.proof import Proof
from glassnet.exports.referee import Rows
from glassnet.exports.targets.numpy_target.steps import NumPyPrinter, NumPyWriter
from glassnet.exports.targets.python_parts.arrays import packed
from glassnet.exports.targets.python_parts.formulas import Functions
from glassnet.exports.targets.python_parts.frame import answer_lines, docstring, file_text, listed, literal
from glassnet.exports.targets.python_parts.running import run_python
from glassnet.exports.targets.python_parts.statements import statements
from glassnet.exports.targets.target import Options, Run

__all__ = ["print_plan", "refusal", "run_file"]

_TEMPLATES = ("numpy_model", "numpy_matrix", "rows", "numpy_numbers", "program")
_IMPORTS = {
    "base64": "import base64",
    "csv": "import csv",
    "hashlib": "import hashlib",
    "io": "import io",
    "sys": "import sys",
    "Any": "from typing import Any",
    "np": "import numpy as np",
}


def refusal(plan: Plan, options: Options) -> str:
    """Return why the target cannot hold a plan, or ""."""
    if options.dtype != "float32":
        return f"a Python file computes in double precision and has no {options.dtype} form; C has."
    if options.inputs != "columns":
        return "a Python file reads the columns of a row, and no encoded features; ONNX does."
    return ""


def print_plan(plan: Plan, proof: Proof, options: Options) -> Mapping[str, bytes]:
    """Return the file by its suffix."""
    functions = Functions(NumPyPrinter, _function, _taken())
    writer = NumPyWriter(functions)
    body = statements(plan, writer)
    columns = [f"{literal(name)}: {{}}" for name in plan.inputs]
    parts = [
        "Array = Any  # of NumPy, whose own types know too little about operators",
        "\n".join([listed("COLUMNS", "dict[str, dict[str, Any]]", columns, "{}"), f"INPUTS = {plan.x.size}",
        *answer_lines(plan.answer)]),
        'def network(x: Array) -> Array:\n    """Return the outputs for rows of features."""\n'
        + "".join(f"    {line}\n" for line in body).rstrip(),
        *functions.texts.values(),
    ]  # fmt: skip
    found = hashlib.sha256()
    for array in writer.arrays.found.values():
        found.update(array.astype("<f8").tobytes())
    tail = [
        "\n".join(_unpacked(name, array) for name, array in writer.arrays.found.items()),
        listed("NUMBERS", "list[Array]", writer.arrays.found),
        "\n".join([
            f'# Test rows: {", ".join(proof.titles)}.',
            _unpacked("ROWS", np.asarray(proof.rows)),
            _unpacked("EXPECTED", proof.outputs),
            "TOLERANCE = 1e-9",
            f'DIGEST = "{found.hexdigest()}"',
        ]),
    ]  # fmt: skip
    wanted = ["predict", "compute", "read", "selftest", "main", "predictions", *writer.needs]
    wanted += {"classes": ["predict_proba"], "labels": ["predict_proba"], "quantiles": ["predict_quantiles"]}.get(
        plan.answer.kind, []
    )
    top = docstring(plan, proof, "float64")
    return {".py": file_text(top, _IMPORTS, parts, _TEMPLATES, wanted, plan.answer, tail).encode("ascii")}


def _function(name: str, arguments: list[str], text: str) -> str:
    shown = ", ".join(f"{argument}: Array" for argument in arguments)
    return f"def {name}({shown}) -> Array:\n    return {text}"


def _unpacked(name: str, array: np.ndarray) -> str:
    kind, text = packed(array)
    own = "" if kind == "<f4" else f', "{kind}"'
    return f'{name} = unpacked({array.shape!r}, """\n{text}\n"""{own})'


def _taken() -> set[str]:
    return {"x", "z", "h", "sigmoid_", "network", "predict", "main", "read", "compute", "decide", "digest", "selftest"}


def run_file(path: Path, plan: Plan, rows: Rows) -> Run:
    """Run a file for rows, and its self-test, in a process in which NumPy is all that can be imported."""
    return run_python(path, plan, rows, needs_numpy=True)
