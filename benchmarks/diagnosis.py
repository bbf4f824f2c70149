"""How often a healthy training raises an alarm, and what looking costs: on a folder of tables of your own.

Run ``python -m benchmarks.diagnosis FOLDER``; each Parquet or CSV file is a table whose column ``--target``, or else
its last one, is predicted.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import glassnet as gn
from glassnet.tabular import TableEncoder, TargetEncoder, read_table
from glassnet.utils.random_streams import Streams

__all__ = ["main", "measure"]

_MOST_ROWS = 20_000


def measure(path: Path, target: str | None, rounds: int, seed: int = 0) -> dict[str, Any]:
    """Return what is found in the training on one table, and the ratio of times with open and with closed eyes."""
    table = read_table(path)
    name = target if target in table else table.names[-1]
    known = ~table[name].missing
    table = table.take(known.nonzero()[0][:_MOST_ROWS])
    order = Streams(seed).order(0, table.n_rows)
    parts = {"training": table.take(order[table.n_rows // 4 :]), "validation": table.take(order[: table.n_rows // 4])}
    encoder = TableEncoder().fit(parts["training"].drop([name]))
    coder = TargetEncoder().fit(table[name])
    X = {part: encoder.transform(rows) for part, rows in parts.items()}
    y = {part: coder.transform(rows[name]) for part, rows in parts.items()}
    watch = gn.Watch(feature_names=encoder.feature_names)
    seconds: dict[bool, list[float]] = {False: [], True: []}
    history = None
    for _ in range(rounds):
        for looks in (False, True):
            layers = [gn.Dense(64, "silu"), gn.Dropout(0.1), gn.Dense(64, "silu"), gn.Dense(coder.n_outputs)]
            network = gn.Network(layers, loss=coder.loss, optimizer=gn.AdamW(1e-3), seed=seed)
            began = time.perf_counter()
            history = network.fit(
                X["training"],
                y["training"],
                epochs=20,
                batch_size=64,
                validation_data=(X["validation"], y["validation"]),
                early_stopping=gn.EarlyStopping("valid_loss", patience=5),
                diagnose=watch if looks else False,
                threads=1,
                progress=False,
            )
            seconds[looks].append(time.perf_counter() - began)
    assert history is not None
    ratio = statistics.median(w / o for w, o in zip(seconds[True], seconds[False], strict=True))
    return {
        "table": path.name,
        "rows": table.n_rows,
        "findings": history.findings,
        "seconds": min(seconds[False]),
        "ratio": ratio,
    }


def _tables(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.rglob("*") if path.suffix in (".parquet", ".csv"))


def main() -> None:
    """Measure every table of a folder, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--target", help="name of the target; by default the last column")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    found = []
    for path in _tables(options.folder):
        try:
            result = measure(path, options.target, options.rounds)
        except gn.GlassnetError as error:
            print(f"{path.name}: left out, {error}")
            continue
        found.append(result)
        codes = ", ".join(f"{f.code} ({f.severity})" for f in result["findings"]) or "nothing"
        print(
            f"{path.name}: {result['rows']} rows, {result['seconds']:.2f} s, x {result['ratio']:.3f}: {codes}",
            flush=True,
        )
    alarms = sum(not result["findings"].ok for result in found)
    total = sum(result["seconds"] for result in found)
    extra = sum(result["seconds"] * (result["ratio"] - 1.0) for result in found)
    print(
        f"{alarms} of {len(found)} trainings raised an alarm; looking cost {extra / total:.1%} of {total:.1f} s in all"
    )


if __name__ == "__main__":
    main()
