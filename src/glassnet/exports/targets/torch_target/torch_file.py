"""The functions of the PyTorch target."""

from pathlib import Path

from glassnet.exports.plan import Plan
from glassnet.exports.referee import Rows
from glassnet.exports.targets.layered.running import run_python
from glassnet.exports.targets.target import Run
from glassnet.exports.targets.torch_target.printing import print_plan, refusal

__all__ = ["print_plan", "refusal", "run_file"]


def run_file(path: Path, plan: Plan, rows: Rows) -> Run:
    """Run the exported module for rows, its self-test too."""
    return run_python(path, "_torch", plan, rows)
