"""Prints a plan as a Python file, in the flavour with NumPy or without."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.exports.plan import Plan
from glassnet.exports.proof import Proof
from glassnet.exports.targets.python_parts.columns import (
    columns_text,
    features_of,
    features_text,
    reading_parts,
    settings_of,
    unreadable_column,
)
from glassnet.exports.targets.python_parts.formulas import Functions
from glassnet.exports.targets.python_parts.frame import answer_lines, docstring, file_text
from glassnet.exports.targets.python_parts.literals import listed, literal
from glassnet.exports.targets.python_parts.running import cells_as_read
from glassnet.exports.targets.python_parts.statements import Writer, body_lines
from glassnet.exports.targets.target import Options

__all__ = ["Flavour", "print_file", "refusal_of"]

_PREDICTS = {"classes": ["predict_proba"], "labels": ["predict_proba"], "quantiles": ["predict_quantiles"]}
_STANDARD = ("base64", "csv", "datetime", "hashlib", "io", "itertools", "math", "os", "re", "sys")
_IMPORTS = {
    **{name: f"import {name}" for name in _STANDARD},
    "Iterator": "from collections.abc import Iterator",
    "array": "from array import array",
    "bisect_left": "from bisect import bisect_left, bisect_right",
    "mul": "from operator import mul",
    "NormalDist": "from statistics import NormalDist",
    "Any": "from typing import Any",
    "Callable": "from typing import Any, Callable",
    "np": "import numpy as np",
}


@dataclass(frozen=True)
class Flavour:
    """What differs between files with NumPy and without.

    Parameters
    ----------
    writer : callable
        Returns what says the steps, given the functions of the file and names that its arrays must not have.
    functions : callable
        Returns the functions of formulas of a new file.
    network : str
        The first lines of the function that computes the outputs from the features.
    templates : tuple of str
        Where functions are taken from; those of tables or of plain numbers are added.
    table, matrix : str
        The templates for tables and for plain numbers.
    assignment : callable
        Returns the assignment of an array, given its name.
    digest : callable
        Returns the digest of arrays and other values, as the file does.
    numbers : str
        The type of the list of all arrays.
    head : str
        What stands before all else.
    """

    writer: Callable[[Functions, set[str]], Writer]
    functions: Callable[[], Functions]
    network: str
    templates: tuple[str, ...]
    table: str
    matrix: str
    assignment: Callable[[str, np.ndarray], str]
    digest: Callable[[list[np.ndarray], list[Any]], str]
    numbers: str
    head: str = ""


def refusal_of(plan: Plan, options: Options) -> str:
    """Return why no Python file can be written, or ""."""
    if options.dtype != "float32":
        return f"a Python file computes in double precision and has no {options.dtype} form; C has one."
    if options.inputs != "columns":
        return "a Python file reads the columns of a table, and not its encoded features; ONNX can."
    return unreadable_column(plan)


def print_file(plan: Plan, proof: Proof, flavour: Flavour) -> bytes:
    """Return the file, in ASCII."""
    functions = flavour.functions()
    writer = flavour.writer(functions, {step.out.name for step in plan.steps})
    body = body_lines(plan, writer)
    features = features_of(plan, writer.arrays) if plan.is_table else []
    arrays = writer.arrays.found
    settings = [columns_text(plan), *([] if plan.is_table else [f"INPUTS = {plan.x.size}"]), *answer_lines(plan.answer)]
    parts = [
        *([flavour.head] if flavour.head else []),
        "\n".join(settings),
        flavour.network + "\n" + "\n".join(f"    {line}" for line in body),
        *functions.texts.values(),
    ]
    settings_by_name = {**settings_of(plan, features, arrays), "TOLERANCE": 1e-9}
    digest = flavour.digest(list(arrays.values()), list(settings_by_name.values()))
    tail = [
        *reading_parts(plan),
        "\n".join(["# The weights.", *(flavour.assignment(name, array) for name, array in arrays.items())]),
        *([features_text(features)] if plan.is_table else []),
        listed("NUMBERS", flavour.numbers, arrays),
        "\n".join([*_test_rows(proof, plan, flavour), "TOLERANCE = 1e-9"]),
        "# What the digest is of, beside the weights.\n"
        + listed("SETTINGS", "list[Any]", settings_by_name)
        + f'\nDIGEST = "{digest}"',
    ]
    wanted = [
        "predict",
        "compute",
        "read",
        "selftest",
        "main",
        "predictions",
        "read_csv",
        *_PREDICTS.get(plan.answer.kind, []),
    ]
    templates = (*flavour.templates, flavour.table if plan.is_table else flavour.matrix)
    templates += ("cells", "moments", "csv_table") if plan.is_table else ("csv_matrix",)
    text = file_text(
        docstring(plan, proof, "float64"), _IMPORTS, parts, (*templates, "rows", "features", "program"), wanted,
        plan.answer, tail,
    )  # fmt: skip
    return text.encode("ascii")


def _test_rows(proof: Proof, plan: Plan, flavour: Flavour) -> list[str]:
    """Return the assignments of the test rows and of what must be computed for them."""
    lines = textwrap.wrap(f"Test rows: {', '.join(proof.titles)}.", 100, initial_indent="# ", subsequent_indent="# ")
    if isinstance(proof.rows, np.ndarray):
        lines.append(flavour.assignment("ROWS", proof.rows))
    else:
        columns = [f"{literal(name)}: {literal(cells)}" for name, cells in cells_as_read(plan, proof.rows).items()]
        lines.append(listed("ROWS", "dict[str, list[Any]]", columns, "{}", broken=True))
    return [*lines, flavour.assignment("EXPECTED", proof.outputs)]
