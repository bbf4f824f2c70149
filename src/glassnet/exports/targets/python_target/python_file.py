"""Prints a plan as one readable Python file that needs nothing but Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.exports.plan import Plan
from glassnet.exports.proof import Proof
from glassnet.exports.referee import Rows
from glassnet.exports.targets.python_parts.arrays import is_single
from glassnet.exports.targets.python_parts.formulas import Functions
from glassnet.exports.targets.python_parts.printing import Flavour, print_file, refusal_of
from glassnet.exports.targets.python_parts.running import run_python
from glassnet.exports.targets.python_parts.sources import names_of
from glassnet.exports.targets.python_parts.templates import plain_model
from glassnet.exports.targets.python_target.steps import PlainPrinter, PlainWriter
from glassnet.exports.targets.target import Options, Run

__all__ = ["print_plan", "refusal", "run_file"]

_TEMPLATES = ("plain_model", "plain_numbers")
_WIDTH = 112
_MANY = 50_000  # numbers of a file that takes long to import


def refusal(plan: Plan, options: Options) -> str:
    """Return why the target cannot hold a plan, or ""."""
    return refusal_of(plan, options)


def print_plan(plan: Plan, proof: Proof, options: Options) -> Mapping[str, bytes]:
    """Return the file by its suffix."""
    return {".py": print_file(plan, proof, _FLAVOUR)}


def run_file(path: Path, plan: Plan, rows: Rows) -> Run:
    """Run a file for rows, and its self-test, in a process without any package."""
    run = run_python(path, plan, rows, needs_numpy=False)
    if plan.n_weights <= _MANY:
        return run
    slow = f"{plan.n_weights:,} numbers as text are slow to load and to multiply; to='numpy' is faster"
    return replace(run, notes={**run.notes, "size": slow})


def _function(name: str, arguments: list[str], text: str) -> str:
    """Return a function of lists whose value is this expression of each of their numbers."""
    if len(arguments) == 1:
        return f"def {name}(x: list[float]) -> list[float]:\n    return [{text} for z in x]"
    shown = ", ".join(f"{argument}s: list[float]" for argument in arguments)
    zipped = ", ".join(f"{argument}s" for argument in arguments)
    return f"def {name}({shown}) -> list[float]:\n    return [{text} for {', '.join(arguments)} in zip({zipped})]"


def _assignment(name: str, array: np.ndarray) -> str:
    """Return the assignment of nested lists, of numbers in as few digits as say them exactly."""
    kind = "int" if array.dtype.kind in "iu" else "float"
    annotation = "list[" * array.ndim + kind + "]" * array.ndim
    nine = kind == "float" and array.size and is_single(array)
    head, tail = (f"{name}: {annotation} = single(", ")") if nine else (f"{name}: {annotation} = ", "")
    words = _written(array.tolist(), _nine if nine else repr)
    text = head + _nested(words) + tail
    return text if len(text) <= _WIDTH else head + _broken(words, "") + tail


def _nine(number: float) -> str:
    """Return a number of single precision in nine digits, which say it."""
    return repr(float(f"{number:.9g}"))


def _written(values: Any, digits: Callable[[float], str]) -> Any:
    """Return nested lists with a text in the place of each number."""
    return [_written(one, digits) for one in values] if isinstance(values, list) else digits(values)


def _nested(words: Any) -> str:
    return f"[{', '.join(map(_nested, words))}]" if isinstance(words, list) else words


def _broken(words: list[Any], indent: str) -> str:
    """Return nested lists, each innermost one in full lines."""
    inner = indent + "    "
    if words and isinstance(words[0], list):
        rows = map(_nested, words)
        texts = [
            row if len(row) + len(inner) < _WIDTH else _broken(one, inner) for row, one in zip(rows, words, strict=True)
        ]
        return "[\n" + "".join(f"{inner}{text},\n" for text in texts) + f"{indent}]"
    lines = [""]
    for text in words:
        if len(lines[-1]) + len(text) > _WIDTH - len(inner) - 2:
            lines.append("")
        lines[-1] += f"{' ' if lines[-1] else ''}{text},"
    return "[\n" + "".join(f"{inner}{line}\n" for line in lines) + f"{indent}]"


def _digest(arrays: list[np.ndarray], rest: list[Any]) -> str:
    return plain_model.digest([array.tolist() for array in arrays], rest)


_FLAVOUR = Flavour(
    writer=PlainWriter,
    functions=lambda: Functions(PlainPrinter, _function, names_of(_TEMPLATES)),
    network='def network(x: list[float]) -> list[float]:\n    """Return the outputs for a row of features."""',
    templates=_TEMPLATES,
    table="plain_table",
    matrix="plain_matrix",
    assignment=_assignment,
    digest=_digest,
    numbers="list[Any]",
)
