"""Prints a plan as one readable Python file that needs NumPy only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from glassnet.exports.plan import Plan
from glassnet.exports.proof import Proof
from glassnet.exports.referee import Rows
from glassnet.exports.targets.numpy_target.steps import NumPyWriter
from glassnet.exports.targets.python_parts.arrays import packed
from glassnet.exports.targets.python_parts.formulas import Functions
from glassnet.exports.targets.python_parts.printing import Flavour, print_file, refusal_of
from glassnet.exports.targets.python_parts.running import run_python
from glassnet.exports.targets.python_parts.sources import names_of
from glassnet.exports.targets.python_parts.templates.numpy_model import digest
from glassnet.exports.targets.target import Options, Run
from glassnet.utils.formula_code import NumPyCode

__all__ = ["print_plan", "refusal", "run_file"]

_TEMPLATES = ("numpy_model", "numpy_numbers")


def refusal(plan: Plan, options: Options) -> str:
    """Return why the target cannot hold a plan, or ""."""
    return refusal_of(plan, options)


def print_plan(plan: Plan, proof: Proof, options: Options) -> Mapping[str, bytes]:
    """Return the file by its suffix."""
    return {".py": print_file(plan, proof, _FLAVOUR)}


def run_file(path: Path, plan: Plan, rows: Rows) -> Run:
    """Run a file for rows, and its self-test, in a process in which NumPy is all that can be imported."""
    return run_python(path, plan, rows, needs_numpy=True)


def _function(name: str, arguments: list[str], text: str) -> str:
    shown = ", ".join(f"{argument}: Array" for argument in arguments)
    return f"def {name}({shown}) -> Array:\n    return {text}"


def _assignment(name: str, array: np.ndarray) -> str:
    kind, text = packed(array)
    own = "" if kind == "<f4" else f', "{kind}"'
    return f'{name} = unpacked({array.shape!r}, """\n{text}\n"""{own})'


_FLAVOUR = Flavour(
    writer=NumPyWriter,
    functions=lambda: Functions(NumPyCode, _function, names_of(_TEMPLATES)),
    network='def network(x: Array) -> Array:\n    """Return the outputs for rows of features."""',
    templates=_TEMPLATES,
    table="numpy_table",
    matrix="numpy_matrix",
    assignment=_assignment,
    digest=digest,
    numbers="list[Array]",
    head="Array = Any  # of NumPy, whose own types know too little about operators",
)
