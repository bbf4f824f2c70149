"""What the numbers were measured on: processor, cores, libraries. No names, no paths."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.peers import PEERS

__all__ = ["describe", "import_seconds", "installed_bytes", "peak_bytes"]

_PACKAGES = {"glassnet": "glassnet", "numpy": "numpy", "sklearn": "scikit-learn", "torch": "torch", "jax": "jax",
             "keras": "keras", "skorch": "skorch"}  # fmt: skip


def describe() -> dict[str, Any]:
    """Return the machine and the versions, JSON-able."""
    import numpy as np

    config = np.show_config(mode="dicts")
    blas = config["Build Dependencies"]["blas"] if isinstance(config, dict) else {}
    return {
        "date": datetime.date.today().isoformat(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "blas": f"{blas.get('name')} {blas.get('version')}",
        "versions": {package: version for package in _PACKAGES.values() if (version := _version(package))},
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _modules() -> dict[str, str]:
    """Return module and package of everything that can be imported here, each once."""
    modules = dict.fromkeys(module for _, module in PEERS.values())
    return {module: _PACKAGES[module] for module in modules if _version(_PACKAGES[module])}


def import_seconds(repeats: int) -> dict[str, float]:
    """Return how long a new interpreter takes to import each library, its own start taken off; medians, in turns."""
    programs = {"": "pass", **{package: f"import {module}" for module, package in _modules().items()}}
    times: dict[str, list[float]] = {package: [] for package in programs}
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    for _ in range(repeats + 1):
        for package, program in programs.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", program], check=True, stderr=subprocess.DEVNULL, env=environment)
            times[package].append(time.perf_counter() - start)
    medians = {package: statistics.median(values[1:]) for package, values in times.items()}
    bare = medians.pop("")
    return {package: seconds - bare for package, seconds in medians.items()}


def installed_bytes() -> dict[str, int]:
    """Return the size of each library with everything that it requires."""
    return {package: sum(map(_own_bytes, _closure(package))) for package in _modules().values()}


def _closure(package: str) -> set[str]:
    """Return a package and all that it needs, of what is installed."""
    waiting, found = [package], set()
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name in found or _version(name) is None:
            continue
        found.add(name)
        for line in importlib.metadata.requires(name) or []:
            if "extra ==" not in line:
                waiting.append("".join(c if c.isalnum() or c in "-_." else " " for c in line).split()[0])
    return found


def _own_bytes(package: str) -> int:
    files = importlib.metadata.files(package) or []
    total = 0
    for file in files:
        path = Path(str(file.locate()))
        if path.suffix != ".pyc" and path.is_file():
            total += path.stat().st_size
    return total


_FIT = """
import json, resource, sys
sys.path.insert(0, {folder!r})
from benchmarks import cases, worker
one = worker.Worker({peer!r})
one.load(cases.find("digits").config())
one.time("fit", 1)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


def peak_bytes() -> dict[str, int]:
    """Return the most memory that a process had which trained the case "digits" with each library."""
    assert resource.RUSAGE_SELF == 0
    found = {}
    for peer, (_, module) in PEERS.items():
        if module not in _modules():
            continue
        program = _FIT.format(folder=str(Path(__file__).parents[1]), peer=peer)
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        last = done.stderr.strip().splitlines()[-1:]
        if done.returncode == 0 and last and last[0].isdigit():
            found[peer] = int(last[0]) * (1 if sys.platform == "darwin" else 1024)
    return found
