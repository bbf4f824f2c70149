"""The target C99: what it can hold, its text, and its run."""

from __future__ import annotations

from collections.abc import Mapping
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
        text = print_page(plan, proof, options)
    upper = identifier(plan.name, fallback="model").upper()
    start = f"#ifndef {upper}_IMPLEMENTATION\n#define {upper}_IMPLEMENTATION\n#endif\n"
    return {".c": (start + text).encode("ascii"), ".h": text.encode("ascii")}


def run_file(path: Path, plan: Plan, rows: Rows) -> Run:
    """Compile the file with the compiler that is there and run it for rows."""
    return run_program(path, plan, rows)


def _is_finite(step: Step, array: np.ndarray) -> bool:
    is_double = getattr(step, "double", False) or isinstance(step, Rank)
    with np.errstate(under="ignore", over="ignore"):
        return bool(np.isfinite(array if is_double else array.astype(np.float32)).all())
