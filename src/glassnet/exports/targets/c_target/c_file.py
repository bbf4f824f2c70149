"""The target C99: what it can hold, its text, and its run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from glassnet.exports.naming import identifier
from glassnet.exports.plan import Plan, Rank, Step
from glassnet.exports.proof import Proof
from glassnet.exports.referee import Rows
from glassnet.exports.targets.c_target.changes import reason_against
from glassnet.exports.targets.c_target.fields import whole_rows
from glassnet.exports.targets.c_target.page import print_page
from glassnet.exports.targets.c_target.running import run_program
from glassnet.exports.targets.target import Options, Run

__all__ = ["print_plan", "refusal", "run_file", "whole_rows"]


_PROGRAM_USE = [
    "With UPPER_MAIN defined it is a program that reads a CSV with titles from standard input and prints predictions,",
    "with --probabilities those too, or with --selftest tests itself.",
]
_SOURCE_USE = [
    "Compile this file as it is, once in a program; others that call it must not include it, since they would define",
    "the functions again. The same model exported as .h is for that: it declares them wherever it is included.",
    *_PROGRAM_USE,
]
_HEADER_USE = [
    "Include this file wherever the functions are called, and define UPPER_IMPLEMENTATION before it in one file only.",
    *_PROGRAM_USE,
]


def refusal(plan: Plan, options: Options) -> str:
    """Return why C cannot hold a plan, or ""."""
    if options.inputs != "columns":
        return "C takes a row column by column; NAME_forward in it takes encoded features. Leave out inputs."
    for step in plan.steps:
        for name, array in step.arrays():
            if not _is_finite(step, array):
                return f"C has no numbers for inf and NaN, which {step.out.name}.{name} holds; no target does better."
    if options.dtype != "int8":
        return ""
    with np.errstate(under="ignore"):
        return reason_against(plan, options)


def print_plan(plan: Plan, proof: Proof, options: Options) -> Mapping[str, bytes]:
    """Return the file as a source to compile, and as a header that is a source where it is asked to be one."""
    with np.errstate(under="ignore"):
        head, text = print_page(plan, proof, options)
    upper = identifier(plan.name, fallback="model").upper()
    define = f"#ifndef {upper}_IMPLEMENTATION\n#define {upper}_IMPLEMENTATION\n#endif\n"
    source = _commented([*head, "", *(line.replace("UPPER", upper) for line in _SOURCE_USE)]) + define + text
    header = _commented([*head, "", *(line.replace("UPPER", upper) for line in _HEADER_USE)]) + text
    return {".c": source.encode("ascii"), ".h": header.encode("ascii")}


def run_file(path: Path, plan: Plan, rows: Rows) -> Run:
    """Compile the file with the compiler that is there and run it for rows; of int8 note what it changed."""
    found = run_program(path, plan, rows)
    int8 = re.search(r"^ \* int8: (.*)$", path.read_text("ascii"), re.MULTILINE)
    return replace(found, notes={**found.notes, "int8": int8[1]}) if int8 else found


def _commented(lines: list[str]) -> str:
    return "/*\n" + "".join(f" * {line}".rstrip() + "\n" for line in lines) + " */\n"


def _is_finite(step: Step, array: np.ndarray) -> bool:
    is_double = getattr(step, "double", False) or isinstance(step, Rank)
    with np.errstate(under="ignore", over="ignore"):
        return bool(np.isfinite(array if is_double else array.astype(np.float32)).all())
