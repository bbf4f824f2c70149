"""How fast the engine in a page without a server is, and how large the page: ``-m benchmarks.playground.offline``.

The engine runs in node, without the page. Steps are counted per second of the processor, so that others who use it
disturb less; on a quiet machine that is a second.
"""

from __future__ import annotations

import gzip
import json
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import glassnet as gn
from glassnet.playground.data.sources import data_from_arrays
from glassnet.playground.experiment import Experiment
from glassnet.playground.offline.formulas import formulas_module
from glassnet.playground.settings import Settings
from glassnet.playground.single_file import page_content, page_text

__all__ = ["CASES", "measure"]

CASES: dict[str, tuple[tuple[int, ...], str, int, int]] = {  # units, activation, batch size, steps a second to reach
    "2-8-1, batch 4": ((8, 1), "tanh", 4, 50_000),
    "64-64-32-10, batch 32": ((64, 32, 10), "relu", 32, 900),
}
_SCRIPT = """
import { readFileSync } from "node:fs";
import { LocalEngine } from "./offline/local_engine.js";
const { run } = new LocalEngine(JSON.parse(readFileSync(0, "utf8"))).branch, rates = [];
for (let i = 0; i < 500; i++) run.advance();
for (let turn = 0; turn < 5; turn++) {
  const begun = process.cpuUsage(), seconds = () => {
    const { user, system } = process.cpuUsage(begun);
    return (user + system) / 1e6;
  };
  let steps = 0;
  for (; seconds() < 1; steps += 100) for (let i = 0; i < 100; i++) run.advance();
  rates.push(steps / seconds());
}
console.log(JSON.stringify(rates));
"""


def experiment_of(case: str) -> Experiment:
    """Return the experiment of a case."""
    units, activation, batch_size, _ = CASES[case]
    X, y = gn.datasets.digits() if units[-1] == 10 else gn.datasets.spirals(500, noise=0.1, seed=0)
    layers = [*(gn.Dense(n, activation) for n in units[:-1]), gn.Dense(units[-1])]
    loss = "cross_entropy" if units[-1] > 1 else "binary_cross_entropy"
    net = gn.Network(layers, loss=loss, optimizer=gn.Adam(0.003), seed=0)
    return Experiment(data_from_arrays(np.asarray(X).reshape(len(X), -1), y), Settings.of(net, batch_size))


def rates_in_node(content: Any) -> list[float]:
    """Return steps a second of the engine, five times."""
    source = Path(gn.__file__).parent / "playground"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("offline", "page"):
            shutil.copytree(source / part, folder / part)
        (folder / "package.json").write_text('{"type": "module"}')
        (folder / "offline" / "formulas.js").write_text(formulas_module(), encoding="utf-8")
        (folder / "script.js").write_text(_SCRIPT)
        command = ["node", str(folder / "script.js")]
        done = subprocess.run(command, input=json.dumps(content), capture_output=True, text=True, check=True)
    rates: list[float] = json.loads(done.stdout)
    return rates


def measure() -> None:
    """Print what was measured."""
    for case, (*_, goal) in CASES.items():
        experiment = experiment_of(case)
        content = page_content(experiment)
        text = page_text(experiment)
        data = len(json.dumps({part: content[part] for part in ("rows", "state", "weights", "history")}))
        print(f"{case}: {statistics.median(rates_in_node(content)):,.0f} steps/s (goal {goal:,})")
        sizes = [size / 1000 for size in (len(text), data, len(gzip.compress(text.encode())))]
        print("  {:.0f} kB, of which {:.0f} kB data and state; {:.0f} kB compressed".format(*sizes))


if __name__ == "__main__":
    measure()
