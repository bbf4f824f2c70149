"""Run an exported Python file in a process of its own, in which glassnet cannot be imported."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.exports.plan import Plan
from glassnet.exports.referee import Rows
from glassnet.exports.targets.target import CannotRun, Run

__all__ = ["cells_as_read", "run_python"]

_SECONDS = 600
_PROGRAM = """
import importlib.util, json, sys, time
path, numpy_folder = sys.argv[1:]
if numpy_folder:
    class OnlyNumPy:
        def find_spec(self, name, path=None, target=None):
            if name.split(".")[0] == "glassnet":
                raise ImportError("glassnet is not to be imported")
    sys.meta_path.insert(0, OnlyNumPy())
    sys.path.append(numpy_folder)
spec = importlib.util.spec_from_file_location("exported", path)
module = importlib.util.module_from_spec(spec)
sys.modules["exported"] = module
spec.loader.exec_module(module)
rows = json.load(sys.stdin)
if numpy_folder:
    import numpy as np
    as_array = lambda cells: np.array(cells, dtype=object if cells and isinstance(cells[0], str) else float)
    rows = {k: as_array(v) for k, v in rows.items()} if isinstance(rows, dict) else np.array(rows, dtype=float)
outputs = module.compute(rows)
failures = module.selftest()
one = {k: v[:1] for k, v in rows.items()} if isinstance(rows, dict) else rows[:1]
times = []
for _ in range(30):
    start = time.perf_counter()
    module.compute(one)
    times.append(time.perf_counter() - start)
    if sum(times) > 1.0:
        break
assert "glassnet" not in sys.modules
json.dump({
    "outputs": [list(map(float, row)) for row in outputs], "failures": int(failures), "seconds": min(times),
    "python": sys.version.split()[0], "numpy": np.__version__ if numpy_folder else "",
}, sys.stdout)
"""


def run_python(path: Path, plan: Plan, rows: Rows, *, needs_numpy: bool) -> Run:
    """Return what the file computes for rows, and the failures of its self-test."""
    folder = str(Path(np.__file__).parents[1]) if needs_numpy else ""
    command = [sys.executable, "-I", "-S", "-W", "error", "-c", _PROGRAM, str(path), folder]
    try:
        done = subprocess.run(
            command, input=json.dumps(_plain(plan, rows)), capture_output=True, text=True, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"Python did not run: {error}"
        raise CannotRun(message) from None
    if done.returncode:
        message = f"the file failed: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else done.returncode}"
        raise CannotRun(message)
    found: dict[str, Any] = json.loads(done.stdout)
    outputs = np.array(found["outputs"], dtype=np.float64).reshape(-1, plan.y.size)
    ran_in = f"Python {found['python']}" + (f", NumPy {found['numpy']}" if needs_numpy else "")
    return Run(outputs, found["failures"], found["seconds"], ran_in)


def _plain(plan: Plan, rows: Rows) -> Any:
    """Return rows as JSON: lists by name, or a list of lists."""
    return cells_as_read(plan, rows) if isinstance(rows, Mapping) else np.asarray(rows, dtype=np.float64).tolist()


def cells_as_read(plan: Plan, rows: Mapping[str, np.ndarray]) -> dict[str, list[Any]]:
    """Return columns as a file has them once they are read: infinite numbers and codes of no value are missing."""
    codes = {field.name: field.codes for field in plan.fields}
    found: dict[str, list[Any]] = {}
    for name, cells in rows.items():
        if cells.dtype != object:
            cells = np.where(np.isfinite(cells) & ~np.isin(cells, codes[name]), cells, np.nan)
        found[name] = cells.tolist()
    return found
