"""The JavaScript target: prints a plan as a script, and runs it in node."""

from __future__ import annotations

from collections.abc import Mapping

from glassnet.exports.plan import Plan
from glassnet.exports.proof import Proof
from glassnet.exports.targets.js_target.running import run_file
from glassnet.exports.targets.js_target.script import classic_script, module_script, script_body
from glassnet.exports.targets.target import Options

__all__ = ["print_plan", "refusal", "run_file"]


def refusal(plan: Plan, options: Options) -> str:
    """Return why a script cannot hold a plan, or "" if it can."""
    if options.dtype != "float32":
        return f"dtype={options.dtype!r} is for C; JavaScript computes in double precision."
    if options.inputs != "columns" and plan.is_table:
        return f"inputs={options.inputs!r} is for ONNX and C; JavaScript reads columns."
    return ""


def print_plan(plan: Plan, proof: Proof, options: Options) -> Mapping[str, bytes]:
    """Return a classic script and the same as an ES module."""
    body = script_body(plan, proof)
    return {".js": classic_script(plan, proof, body).encode(), ".mjs": module_script(plan, proof, body).encode()}
