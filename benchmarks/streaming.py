"""Tables in Parquet files, trained on without being in memory: time, peak memory and accuracy.

::

    python -m benchmarks.streaming make rows.parquet --rows 3000000
    python -m benchmarks.streaming network rows.parquet
    python -m benchmarks.streaming estimator rows.parquet --seconds 60
"""

from __future__ import annotations

import argparse
import resource
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

NUMBERS, TEXTS, KINDS = 16, 4, 50
_TOGETHER = 100_000


def part(seed: int, n: int) -> dict[str, Any]:
    """Return some rows: 16 float64 numbers, 4 of them with gaps, 4 texts of 50 kinds, and a label of two classes."""
    generator = np.random.default_rng([2026, seed])
    X = generator.standard_normal((n, NUMBERS))
    kinds = generator.integers(0, KINDS, (n, TEXTS))
    score = np.sin(2.0 * X[:, 0]) + X[:, 1] * X[:, 2] + 0.5 * X[:, 3] + (kinds[:, 0] % 3 - 1) + 0.3 * (kinds[:, 1] % 2)
    y = (score + 0.5 * generator.standard_normal(n) > 0.0).astype(np.int64)
    for j in range(4):
        X[generator.random(n) < 0.05, 4 + j] = np.nan
    names = np.array([f"kind {k}" for k in range(KINDS)], dtype=object)
    return {f"x{j}": X[:, j] for j in range(NUMBERS)} | {f"c{j}": names[kinds[:, j]] for j in range(TEXTS)} | {"y": y}


def make(path: Path, rows: int, group: int) -> None:
    """Write a table of so many rows, with row groups of ``group`` rows."""
    import pyarrow
    import pyarrow.parquet

    writer = None
    held: list[Any] = []
    for i, start in enumerate(range(0, rows, _TOGETHER)):
        held.append(pyarrow.table(part(i, min(_TOGETHER, rows - start))))
        writer = writer or pyarrow.parquet.ParquetWriter(path, held[0].schema)
        if sum(table.num_rows for table in held) >= group or start + _TOGETHER >= rows:
            writer.write_table(pyarrow.concat_tables(held), row_group_size=group)
            held = []
    assert writer is not None
    writer.close()


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Make a table, or train on one and print what it took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("make", "network", "estimator"))
    parser.add_argument("path", type=Path)
    parser.add_argument("--rows", type=int, default=3_000_000)
    parser.add_argument("--group", type=int, default=2**20)
    parser.add_argument("--seconds", type=float, default=60.0)
    given = parser.parse_args()
    if given.what == "make":
        make(given.path, given.rows, given.group)
        return
    import pandas  # noqa: F401  # what a user of tables has loaded
    import pyarrow.parquet  # noqa: F401

    import glassnet as gn
    from glassnet.tabular import TabularClassifier

    test = part(10**6, 20_000)
    y, few = test.pop("y"), part(10**6 + 1, 300)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        TabularClassifier(epochs=2).fit(few, few.pop("y"))  # so that everything is imported
    before, began = _megabytes(), time.perf_counter()
    numbers = [f"x{j}" for j in range(4)]
    if given.what == "network":
        rows = gn.ParquetRows(given.path, target="y", columns=[*numbers, *(f"x{j}" for j in range(8, NUMBERS))])
        X = np.stack([test[name] for name in rows.columns], axis=1)
        net = gn.Network([gn.Dense(64, "relu"), gn.Dense(2)], loss="cross_entropy", seed=0)
        history = net.fit(rows, epochs=100, batch_size=256, max_seconds=given.seconds, diagnose=False)
        accuracy = net.evaluate(X, y)["accuracy"]
    else:
        rows = gn.ParquetRows(given.path, target="y")
        model = TabularClassifier(random_state=0, max_seconds=given.seconds).fit(rows)
        history, accuracy = model.history_, None
    seconds, peak = time.perf_counter() - began, _megabytes()
    if accuracy is None:
        accuracy = float((model.predict(test) == y).mean())
    decoded = sum(table.nbytes for _, table in rows.read_tables(range(rows.n_blocks))) / 2**20
    print(f"{rows!r}, decoded {decoded:.0f} MB; {before:.0f} MB before, peak {peak - before:.0f} MB more")
    print(f"{seconds:.1f} s, {history.epochs} epochs, {history.stop_reason}, accuracy {accuracy:.4f}")


if __name__ == "__main__":
    main()
