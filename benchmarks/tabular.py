"""How well tables are learned without tuning: on a folder of tables, against what else people take.

The folder holds Parquet files with a column ``target``, and an ``index.json``: a list of objects with ``name``,
``file`` and ``task`` (``binary``, ``multiclass`` or ``regression``). Run::

    pip install -r benchmarks/requirements.txt
    python -m benchmarks.tabular FOLDER --quick

What was measured is kept in a file, one line for each (table, seed, method, version), and is not measured again.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.tabular_methods import METHODS, SLOW, Split, available, quietly, version_of
from benchmarks.tabular_report import report

__all__ = ["Job", "main", "measure", "read_split", "scores"]

_QUICK_ROWS, _QUICK_SETS = 3000, 8
_SEEDS = ((1000, 5), (6000, 2), (float("inf"), 1))  # for tables of fewer rows
_FEWEST = 5  # rows of a class that is kept, so that each part can have some
_PARTS = (0.64, 0.16, 0.2)  # training, validation, test


class Job(NamedTuple):
    """One cell of the table."""

    folder: str
    file: str
    name: str
    task: str
    seed: int
    method: str
    most_rows: int | None

    @property
    def key(self) -> tuple[Any, ...]:
        """What a result is kept under."""
        return (self.name, self.seed, self.method, version_of(self.method), self.most_rows)


def read_split(job: Job) -> Split:
    """Return the table, divided by the seed; stratified where the target is classes, without rare ones."""
    import pandas as pd
    from sklearn.model_selection import train_test_split

    frame = pd.read_parquet(Path(job.folder) / job.file)
    if job.most_rows is not None and len(frame) > job.most_rows:
        frame = frame.sample(job.most_rows, random_state=job.seed)
    if job.task != "regression":
        labels_of_rows = frame["target"].astype(str)
        frame = frame[labels_of_rows.groupby(labels_of_rows).transform("size") >= _FEWEST]
    frame = frame.reset_index(drop=True)
    target = frame.pop("target")
    labels: list[Any] = []
    if job.task == "regression":
        y = target.to_numpy(dtype=np.float64)
    else:
        texts = target.astype(str)
        labels = sorted(texts.unique())
        y = texts.map({label: code for code, label in enumerate(labels)}).to_numpy(dtype=np.int64)
    rest, test = train_test_split(
        np.arange(len(y)), test_size=_PARTS[2], random_state=job.seed, stratify=y if labels else None
    )
    share = _PARTS[1] / (_PARTS[0] + _PARTS[1])
    train, valid = train_test_split(rest, test_size=share, random_state=job.seed, stratify=y[rest] if labels else None)
    rows = {"train": np.sort(train), "valid": np.sort(valid), "test": np.sort(test)}
    X = {part: frame.iloc[r].reset_index(drop=True) for part, r in rows.items()}
    return Split(job.task, job.seed, labels, X, {part: y[r] for part, r in rows.items()})


def scores(split: Split, predicted: np.ndarray) -> dict[str, float]:
    """Return what predictions for the test rows are worth; ``error`` is what methods are ranked by."""
    y = split.y["test"]
    if not split.classifies:
        deviation = float(np.std(y))
        rmse, mae = float(np.sqrt(np.mean((predicted - y) ** 2))), float(np.mean(np.abs(predicted - y)))
        return {"error": rmse / deviation, "rmse": rmse, "mae": mae}
    from sklearn.metrics import roc_auc_score

    P = np.clip(predicted, 1e-7, None)
    P = P / P.sum(axis=1, keepdims=True)
    found = {"error": float(np.mean(P.argmax(axis=1) != y)), "log_loss": float(-np.log(P[np.arange(len(y)), y]).mean())}
    if len(np.unique(y)) == P.shape[1]:
        found["auc"] = float(roc_auc_score(y, P[:, 1] if P.shape[1] == 2 else P, multi_class="ovr"))
    return found


def measure(job: Job) -> dict[str, Any]:
    """Return one result, JSON-able: what the method is worth, and how long it took to fit and to predict."""
    split = read_split(job)
    began = time.perf_counter()
    try:
        predicted = quietly(job.method, split)
        found: dict[str, Any] = {"seconds": time.perf_counter() - began, **scores(split, predicted)}
    except Exception as error:  # a method that fails on a table is a result
        found = {"failed": f"{type(error).__name__}: {error}"[:300]}
    name, seed, method, version, most_rows = job.key
    cell = {"set": name, "task": job.task, "seed": seed, "method": method, "version": version, "most_rows": most_rows}
    return {**cell, "rows": len(split.y["train"]), **found}


def _jobs(options: argparse.Namespace) -> Iterator[Job]:
    """Yield all cells: set after set, and within that one method after the other, so that a busy hour falls on all."""
    index = json.loads((Path(options.folder) / "index.json").read_text())
    wanted = options.sets.split(",") if options.sets else [entry["name"] for entry in index]
    entries = [entry for entry in sorted(index, key=lambda entry: entry["n"]) if entry["name"] in wanted]
    if options.largest:
        entries = [entry for entry in entries if entry["n"] <= options.largest]
    if options.quick:
        entries = entries[:: max(1, len(entries) // _QUICK_SETS)][:_QUICK_SETS]
    most_rows = _QUICK_ROWS if options.quick else options.rows
    for entry in entries:
        for seed in range(_seeds(options, entry["n"])):
            for method in options.methods:
                file = Path(entry.get("file", f"{entry['name']}.parquet")).name
                yield Job(options.folder, file, entry["name"], entry["task"], seed, method, most_rows)


def _seeds(options: argparse.Namespace, n: int) -> int:
    """Return how many divisions of a table of ``n`` rows are measured: more of small ones, whose scores vary more."""
    if options.quick:
        return 1
    return int(options.seeds or next(seeds for most, seeds in _SEEDS if n < most))


def _done(path: Path) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Return what was measured before."""
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return {(row["set"], row["seed"], row["method"], row["version"], row["most_rows"]): row for row in rows}


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tabular", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", help="Parquet files with a column 'target', and an index.json")
    parser.add_argument("--quick", action="store_true", help="8 tables of at most 3,000 rows, one seed, without TabM")
    parser.add_argument("--seeds", type=int, help="divisions of each table; by default 5, 2 or 1, by its rows")
    parser.add_argument("--largest", type=int, help="only tables of at most so many rows")
    parser.add_argument("--rows", type=int, help="at most so many rows of each table")
    parser.add_argument("--sets", help="only these tables, with commas")
    parser.add_argument("--methods", help=f"only these, with semicolons: {'; '.join(METHODS)}")
    parser.add_argument("--results", default="tabular-results.jsonl", help="where what was measured is kept")
    parser.add_argument("--plot", help="where to draw it, a PNG")
    parser.add_argument("--only-report", action="store_true", help="measure nothing")
    options = parser.parse_args(words)
    default = [name for name in METHODS if not (options.quick and name in SLOW)]
    chosen = options.methods.split(";") if options.methods else default
    options.methods = [name.strip() for name in chosen]
    unknown = [name for name in options.methods if name not in METHODS]
    if unknown:
        parser.error(f"--methods must be some of {'; '.join(METHODS)}, got {unknown[0]}")
    options.methods = [name for name in options.methods if available(name)]
    return options


def main(words: Sequence[str] | None = None) -> None:
    """Measure what is missing, and print the tables."""
    options = _options(words)
    path = Path(options.results)
    done = _done(path)
    jobs = list(_jobs(options))
    if not options.only_report:
        waiting = [job for job in jobs if job.key not in done or "failed" in done[job.key]]
        os.environ.setdefault("PYTHONWARNINGS", "ignore")
        # A process for each method: the thread pools of several libraries in one disturb each other.
        context = multiprocessing.get_context("spawn")
        pools = {name: ProcessPoolExecutor(1, mp_context=context) for name in {job.method for job in waiting}}
        for number, job in enumerate(waiting):
            found = pools[job.method].submit(measure, job).result()
            done[job.key] = found
            with path.open("a") as stream:
                stream.write(json.dumps(found) + "\n")
            said = found.get("failed") or f"error {found['error']:.4f} in {found['seconds']:.1f} s"
            print(f"{number + 1}/{len(waiting)} {job.name} seed {job.seed} {job.method}: {said}", flush=True)
        for pool in pools.values():
            pool.shutdown()
    report([done[job.key] for job in jobs if job.key in done], options.plot)


if __name__ == "__main__":
    main()
