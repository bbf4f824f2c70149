"""Pictures of the benchmarks, from the results that are kept."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tempfile
from pathlib import Path

from paper import palette_png

__all__ = ["PICTURES"]

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"


def steps() -> bytes:
    """Draw the training steps of all libraries."""
    sys.path.insert(0, str(ROOT))
    from benchmarks.report import picture

    times = json.loads((RESULTS / "0.1.0.json").read_text(encoding="utf-8"))["seconds"]["step"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "steps.png")
        picture(times, str(path))
        return palette_png(path.read_bytes(), 128)


def tables() -> bytes:
    """Draw time against error of the methods for tables."""
    sys.path.insert(0, str(ROOT))
    from benchmarks.tabular_report import report

    lines = (RESULTS / "tables-calibrated-0.1.0.jsonl").read_text(encoding="utf-8").splitlines()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        path = Path(folder, "tables.png")
        report([json.loads(line) for line in lines], str(path), "cpu_seconds")
        return palette_png(path.read_bytes(), 64)


PICTURES = {"steps.png": steps, "tables.png": tables}
