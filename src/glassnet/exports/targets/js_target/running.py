"""Runs the script of a model in node."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from glassnet.exports.plan import Plan
from glassnet.exports.referee import Rows
from glassnet.exports.targets.target import CannotRun, Run

__all__ = ["rows_as_lists", "run_file"]

_LONGEST = 600.0
_OLD = 3  # status of a node without what the script needs
_PROGRAM = """
if (typeof atob === "undefined") process.exit(3);
const fs = require("fs");
const path = require("path");
const [file, numbers, texts, found] = process.argv.slice(2);
const name = path.resolve(file);
const loading = name.endsWith(".mjs") ? import(require("url").pathToFileURL(name)) : Promise.resolve(require(name));
loading.then((model) => {
  const bytes = fs.readFileSync(numbers);
  const columns = JSON.parse(fs.readFileSync(texts, "utf8"));
  const width = columns.length;
  const n = bytes.length / 8 / width;
  const outputs = [];
  let started = 0n;
  for (let row = 0; row < n; row++) {
    const cells = columns.map((texts, i) => (texts ? texts[row] : bytes.readDoubleLE(8 * (row * width + i))));
    if (row === n >> 1) started = process.hrtime.bigint();
    outputs.push(model.outputs(cells));
  }
  const seconds = Number(process.hrtime.bigint() - started) / 1e9 / (n - (n >> 1));
  fs.writeFileSync(found, Buffer.from(Float64Array.from(outputs.flat()).buffer));
  console.log(JSON.stringify({failures: model.selftest(), seconds, node: process.versions.node}));
});
"""


def run_file(path: Path, plan: Plan, rows: Rows) -> Run:
    """Run a script in node for rows, and its self-test.

    Raises
    ------
    CannotRun
        Node is not installed, or older than 16.
    """
    node = shutil.which("node")
    if node is None:
        reason = "node is not installed"
        raise CannotRun(reason)
    numbers, texts = rows_as_lists(plan, rows)
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        (room / "run.cjs").write_text(_PROGRAM, encoding="utf-8")
        (room / "numbers").write_bytes(numbers.astype("<f8").tobytes())
        (room / "texts").write_text(json.dumps(texts), encoding="utf-8")
        names = [str(room / name) for name in ("numbers", "texts", "found")]
        command = [node, str(room / "run.cjs"), str(Path(path).resolve()), *names]
        done = subprocess.run(command, cwd=room, capture_output=True, timeout=_LONGEST, check=False)
        if done.returncode == _OLD:
            reason = "node is older than version 16"
            raise CannotRun(reason)
        if done.returncode:
            lost = np.full((len(numbers), plan.y.size), np.nan)
            return Run(lost, 1, None, "node", {"error": done.stderr.decode("utf-8", "replace").strip()[:500]})
        said = json.loads(done.stdout)
        outputs = np.frombuffer((room / "found").read_bytes(), "<f8").reshape(len(numbers), -1)
    return Run(outputs, said["failures"], said["seconds"], f"node {said['node']}")


def rows_as_lists(plan: Plan, rows: Rows) -> tuple[np.ndarray, list[list[str] | None]]:
    """Return rows as a matrix of numbers, and for each column its texts, or None if it has numbers."""
    if isinstance(rows, np.ndarray):
        return np.asarray(rows, dtype=np.float64), [None] * rows.shape[1]
    columns = [rows[field.name] for field in plan.fields]
    texts = [list(cells) if field.is_text else None for field, cells in zip(plan.fields, columns, strict=True)]
    numbers = [np.zeros(len(cells)) if text else cells for text, cells in zip(texts, columns, strict=True)]
    return np.stack(numbers, axis=1).astype(np.float64), texts
