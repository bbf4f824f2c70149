"""Run an exported Python file in a process of its own, in which this library cannot be imported."""

from __future__ import annotations

import importlib.util
import json
import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from glassnet.exports.plan import Plan
from glassnet.exports.referee import Rows
from glassnet.exports.targets.registry import TARGETS
from glassnet.exports.targets.target import CannotRun, Run

__all__ = ["run_python"]

_FRAMEWORKS = {"_keras": ("keras", "Keras"), "_torch": ("torch", "PyTorch")}
_DRIVER = """
import importlib.util, json, pickle, sys, time
sys.modules["glassnet"] = None  # an import of it fails
path, rows_path, out_path = sys.argv[1:]
spec = importlib.util.spec_from_file_location("exported", path)
exported = importlib.util.module_from_spec(spec)
sys.modules["exported"] = exported
spec.loader.exec_module(exported)
import numpy as np
rows = pickle.load(open(rows_path, "rb"))
outputs = np.asarray(exported.compute(rows), dtype=np.float64)
one = {k: v[:1] for k, v in rows.items()} if isinstance(rows, dict) else rows[:1]
times = []
for _ in range(30):
    start = time.perf_counter()
    exported.compute(one)
    times.append(time.perf_counter() - start)
np.save(out_path, outputs)
print(json.dumps({"failures": exported.selftest(), "seconds": sorted(times)[15], "versions": exported.versions()}))
"""


def run_python(path: Path, mark: str, plan: Plan, rows: Rows) -> Run:
    """Return what the file beside the weights at ``path`` computes; ``mark`` is how its name ends.

    Raises
    ------
    CannotRun
        The framework is not installed, or the file failed.
    """
    module, words = _FRAMEWORKS[mark]
    if importlib.util.find_spec(module) is None:
        message = f"{words} is not installed"
        raise CannotRun(message)
    file = path.with_name(TARGETS[module].stem(path) + f"{mark}.py")
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder, "rows.pickle"), Path(folder, "outputs.npy")
        given.write_bytes(pickle.dumps(rows))
        command = [sys.executable, "-c", _DRIVER, str(file.resolve()), str(given), str(made)]
        environment = {"KERAS_BACKEND": "torch", **os.environ, "PYTHONPATH": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        if done.returncode != 0:
            last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
            message = f"the file failed: {last[0]}"
            raise CannotRun(message)
        found = json.loads(done.stdout.splitlines()[-1])
        outputs = np.load(made).reshape(-1, plan.y.size)
    return Run(outputs, found["failures"], found["seconds"], found["versions"])
