"""How well tables are learned without tuning: on a folder of tables, against what else people take.

The folder holds Parquet files with a column ``target``, and an ``index.json``: a list of objects with ``name``,
``file``, ``task`` (``binary``, ``multiclass`` or ``regression``) and ``n``, the number of rows. Run::

    python -m benchmarks.tabular FOLDER --quick

``benchmarks/README.md`` says what to install, how is measured, and what the tables mean.

What was measured is kept in a file, one line for each (table, seed, method, version, rows, tag), and is not measured
again.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.tabular_methods import (  # fmt: skip
    BY_NAME_ONLY,
    METHODS,
    SLOW,
    content_tag,
    import_packages,
    lacking,
    quietly,
    version_of,
)
from benchmarks.tabular_others import THREADS
from benchmarks.tabular_report import report
from benchmarks.tabular_results import read_results, select
from benchmarks.tabular_scores import scores
from benchmarks.tabular_split import read_split

__all__ = ["Job", "main", "measure"]

_QUICK_ROWS, _QUICK_SETS = 3000, 8
_LARGEST = 6500


class Job(NamedTuple):
    """One cell of the table."""

    folder: str
    file: str
    name: str
    task: str
    seed: int
    method: str
    most_rows: int | None
    tag: str = ""  # of glassnet's code; other methods have a version alone

    @property
    def key(self) -> tuple[Any, ...]:
        """What a result is kept under."""
        return (self.name, self.seed, self.method, version_of(self.method), self.most_rows, self.tag)

    @property
    def cell(self) -> dict[str, Any]:
        """The key and the task, by name."""
        names = ("set", "seed", "method", "version", "most_rows", "tag")
        return {**dict(zip(names, self.key, strict=True)), "task": self.task}


def measure(job: Job) -> dict[str, Any]:
    """Return one result, JSON-able: what the method is worth, and how long it took to fit and to predict."""
    split = read_split(Path(job.folder) / job.file, job.task, job.seed, job.most_rows)
    rows = {"rows": len(split.y["train"]), "test_rows": len(split.y["test"])}
    try:
        import_packages(job.method)
        began, spent = time.perf_counter(), _processor_time()
        predicted = quietly(job.method, split)
        times = {"seconds": time.perf_counter() - began, "cpu_seconds": _processor_time() - spent}
        return {**job.cell, **rows, **times, **scores(split, predicted)}
    except Exception as error:  # a method that fails on a table is a result
        return {**job.cell, **rows, "failed": f"{type(error).__name__}: {error}"[:300]}


def _processor_time() -> float:
    """Return seconds of this process with all its threads, and of its children that have ended."""
    found = os.times()
    return found.user + found.system + found.children_user + found.children_system


def _jobs(options: argparse.Namespace) -> Iterator[Job]:
    """Yield all cells: set after set, and within that one method after the other, so that a busy hour falls on all."""
    for entry in _entries(options):
        for seed in range(options.seeds):
            for method in options.methods:
                file = Path(entry.get("file", f"{entry['name']}.parquet")).name
                most_rows = _QUICK_ROWS if options.quick else options.rows
                tag = options.tag if METHODS[method].package == "glassnet" else ""
                yield Job(options.folder, file, entry["name"], entry["task"], seed, method, most_rows, tag)


def _entries(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the tables that take part, small ones first."""
    index = json.loads((Path(options.folder) / "index.json").read_text())
    names = [entry["name"] for entry in index]
    wanted = [name.strip() for name in options.sets.split(",")] if options.sets else names
    unknown = [name for name in wanted if name not in names]
    if unknown:
        message = f"--sets must be among {', '.join(names)}; got {unknown[0]}"
        raise SystemExit(message)
    entries = [entry for entry in sorted(index, key=lambda entry: entry["n"]) if entry["name"] in wanted]
    if options.largest is not None and not options.sets:
        entries = [entry for entry in entries if entry["n"] <= options.largest]
    return entries[:: max(1, len(entries) // _QUICK_SETS)][:_QUICK_SETS] if options.quick else entries


def _measure_all(jobs: list[Job], path: Path) -> Iterator[dict[str, Any]]:
    """Measure one cell after the other, keep and yield each; a process that dies is a failure of its method."""
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    if THREADS in os.environ:
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ.setdefault(name, os.environ[THREADS])
    # A process for each method: the thread pools of several libraries in one disturb each other.
    context = multiprocessing.get_context("spawn")
    pools: dict[str, ProcessPoolExecutor] = {}
    path.parent.mkdir(parents=True, exist_ok=True)
    for number, job in enumerate(jobs):
        if job.method not in pools:
            pools[job.method] = ProcessPoolExecutor(1, mp_context=context)
        try:
            found = pools[job.method].submit(measure, job).result()
        except BrokenProcessPool:
            pools.pop(job.method).shutdown()
            found = {**job.cell, "failed": "its process died, perhaps for want of memory"}
        with path.open("a") as stream:
            stream.write(json.dumps(found) + "\n")
        said = found.get("failed") or f"error {found['error']:.4f} in {found['seconds']:.1f} s"
        print(f"{number + 1}/{len(jobs)} {job.name} seed {job.seed} {job.method}: {said}", flush=True)
        yield found
    for pool in pools.values():
        pool.shutdown()


def _size(word: str) -> int | None:
    return None if word == "all" else int(word)


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tabular", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("folder", nargs="?", help="Parquet files with a column 'target', and an index.json")
    add("--quick", action="store_true", help="8 tables of at most 3,000 rows, without TabM")
    add("--seeds", type=int, default=1, help="divisions of each table (default 1)")
    add("--largest", type=_size, default=_LARGEST, help=f"tables of at most so many rows, or 'all' ({_LARGEST})")
    add("--rows", type=int, help="at most so many rows of each table")
    add("--sets", help="only these tables, with commas, of any size")
    add("--methods", help=f"only these, with semicolons: {'; '.join(METHODS)}")
    add("--tag", default="", help="a word for this state of glassnet's code; 'content': made from its files")
    add("--results", nargs="+", default=["tabular-results.jsonl"], help="written to the first file, all are read")
    add("--plot", help="where to draw time against error, a PNG")
    add("--cpu", action="store_true", help="report processor time, where the machine does other things too")
    add("--only-report", action="store_true", help="measure nothing; without FOLDER: all that the files hold")
    options = parser.parse_args(words)
    if options.folder is None and not options.only_report:
        parser.error("FOLDER must be given, unless there is --only-report")
    default = [name for name in METHODS if name not in (*BY_NAME_ONLY, *(SLOW if options.quick else ()))]
    options.chosen = [name.strip() for name in options.methods.split(";")] if options.methods else None
    options.methods = options.chosen or default
    unknown = [name for name in options.methods if name not in METHODS]
    if unknown:
        parser.error(f"--methods must be some of {'; '.join(METHODS)}, got {unknown[0]}")
    options.tag = content_tag() if options.tag == "content" else options.tag
    return options


def _measure_missing(options: argparse.Namespace) -> None:
    """Measure what the files do not hold, or hold as a failure."""
    reasons = {name: lacking(name) for name in options.methods}
    for name, reason in reasons.items():
        if reason is not None:
            print(f"left out: {name}, since {reason}")
    options.methods = [name for name, reason in reasons.items() if reason is None]
    done = read_results(options.results)
    waiting = [job for job in _jobs(options) if job.key not in done or "failed" in done[job.key]]
    for _ in _measure_all(waiting, Path(options.results[0])):
        pass


def main(words: Sequence[str] | None = None) -> None:
    """Measure what is missing, and print the tables."""
    options = _options(words)
    if not options.only_report:
        _measure_missing(options)
    names = None if options.folder is None else [entry["name"] for entry in _entries(options)]
    most_rows = _QUICK_ROWS if options.quick else options.rows
    rows = select(list(read_results(options.results).values()), names, options.chosen, options.seeds if names else None)
    if names is not None:
        rows = [row for row in rows if row["most_rows"] == most_rows]
    report(rows, options.plot, "cpu_seconds" if options.cpu else "seconds")


if __name__ == "__main__":
    main()
