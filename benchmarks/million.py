"""A million rows: time, memory and accuracy of an estimator for tables, and of LightGBM's defaults on the same rows.

Run::

    python -m benchmarks.million --rows 1000000 --seconds 60

The table has 24 columns of numbers, 8 of them with gaps, and 6 of text, two of these with hundreds and thousands of
different values; see `make_table`. Each method has a process of its own, so that what one needs in memory is its own.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["compare", "main", "make_table", "measure"]

METHODS = ("glassnet", "lightgbm")
_NUMBERS, _WITH_GAPS = 24, 8
_CATEGORIES = (3, 8, 20, 60, 300, 3000)
_TEST = 0.1  # of the rows, beside those of the fit
_MEGABYTE = 1e6


def make_table(n: int, seed: int = 0, *, task: str = "classification") -> tuple[Any, np.ndarray]:
    """Return a pandas DataFrame of ``n`` rows and the target of each: two classes, or numbers.

    The target is a sum of smooth functions and products of numbers, of steps, alone and in pairs, and of an effect for
    each text, with noise of a quarter of its spread. The eight columns with gaps miss 5 % of their values, and 15 %
    where the target is high.

    Parameters
    ----------
    n : int
        Rows.
    seed : int, default=0
        The same for equal tables.
    task : {"classification", "regression"}
        Of the target.
    """
    import pandas as pd

    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, _NUMBERS))
    X[:, 8:16] = np.exp(X[:, 8:16])  # skewed
    X[:, 16:20] = np.round(3.0 * X[:, 16:20])
    signal = 0.6 * (np.sin(2.0 * X[:, 0]) + X[:, 1] * X[:, 2] + np.abs(X[:, 3]) + 0.3 * X[:, 16])
    signal += 0.6 * np.maximum(X[:, 4], X[:, 5]) * np.tanh(X[:, 6]) + 0.5 * np.log(X[:, 8] + 0.1)
    signal += 1.2 * ((X[:, 0] > 0.5) & (X[:, 7] < 0.0)) + 0.9 * (X[:, 9] > 1.0) - 1.2 * (X[:, 10] > 2.0) * X[:, 17]
    signal += 0.8 * ((X[:, 20] > 0.0) & (X[:, 21] > 0.0)) - 0.8 * (X[:, 22] > 1.0) + 0.6 * X[:, 23]
    columns: dict[str, Any] = {}
    for j in range(_NUMBERS):
        if _NUMBERS - j <= _WITH_GAPS:
            X[rng.random(n) < 0.05 + 0.1 * (signal > np.mean(signal)), j] = np.nan
        columns[f"number_{j}"] = X[:, j]
    for j, k in enumerate(_CATEGORIES):
        share = rng.dirichlet(np.full(k, 0.5)) if k < 1000 else np.full(k, 1.0 / k)
        codes = rng.choice(k, n, p=share)
        signal += ((0.6 if k < 100 else 0.3) * rng.standard_normal(k))[codes]
        columns[f"text_{j}"] = np.array([f"{'abcdef'[j]}{i}" for i in range(k)], dtype=object)[codes]
    noisy = signal + 0.25 * signal.std() * rng.standard_normal(n)
    y = noisy if task == "regression" else (noisy > np.median(noisy)).astype(np.int64)
    return pd.DataFrame(columns), y


def _peak() -> float:
    """Return the most memory that this process has had since the last `_forget_peak`, in bytes."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return 1024.0 * float(found[1]) if found else 0.0


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _glassnet(args: argparse.Namespace) -> Any:
    from glassnet.tabular import TabularClassifier, TabularRegressor

    kind = TabularRegressor if args.task == "regression" else TabularClassifier
    options = {"batch_size": args.batch_size, "epochs": args.epochs, "threads": 1}
    return kind(max_seconds=args.seconds, random_state=0, **options)


def _lightgbm(args: argparse.Namespace) -> Any:
    import lightgbm

    kind = lightgbm.LGBMRegressor if args.task == "regression" else lightgbm.LGBMClassifier
    return kind(verbose=-1, random_state=0, n_jobs=args.threads)


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Fit one method in this process, and return seconds, memory in MB and the score on rows kept aside."""
    method = args.child
    if args.cpu:
        time.perf_counter = time.process_time  # before glassnet is imported
    frame, y = make_table(args.rows + int(args.rows * _TEST), task=args.task)
    if method == "lightgbm":
        frame = frame.astype({name: "category" for name in frame.columns if name.startswith("text")})
    X, test = frame.iloc[: args.rows], frame.iloc[args.rows :].copy()
    X = X.copy()
    del frame
    model = _lightgbm(args) if method == "lightgbm" else _glassnet(args)
    _forget_peak()
    before = _peak()
    began, cpu = time.perf_counter(), time.process_time()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        model.fit(X, y[: args.rows])
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    found = {"method": method, "rows": args.rows, "seconds": round(seconds, 2), "cpu": round(cpu, 2)}
    found |= {"peak_mb": round((_peak() - before) / _MEGABYTE), "frame_mb": round(_bytes_of(X) / _MEGABYTE)}
    began = time.perf_counter()
    found["score"] = round(float(model.score(test, y[args.rows :])), 4)
    found["predict_seconds"] = round(time.perf_counter() - began, 2)
    if method == "glassnet":
        history = model.histories_[0]
        encoded = 4 * args.rows * len(model.model_.encoder.feature_names)
        found |= {"encoded_mb": round(encoded / _MEGABYTE), "epochs": history.epochs, "best": history.best_epoch}
        found |= {"training_seconds": round(history.seconds, 2), "said": [str(each.message) for each in told]}
    return found


def _bytes_of(frame: Any) -> float:
    """Return what the cells of a frame take, text as references to shared objects."""
    return float(frame.memory_usage(index=False, deep=False).sum())


def compare(args: argparse.Namespace, given: list[str]) -> list[dict[str, Any]]:
    """Measure each method in a process of its own, one after the other, and return what was found."""
    found = []
    for method in args.methods.split(","):
        command = [sys.executable, "-m", "benchmarks.million", *given, "--child", method]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr)
        found.append(json.loads(done.stdout.splitlines()[-1]))
        print(json.dumps(found[-1]), flush=True)
    return found


def main(given: list[str] | None = None) -> None:
    """Run the command line."""
    given = sys.argv[1:] if given is None else given
    parser = argparse.ArgumentParser(prog="python -m benchmarks.million", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the fit")
    parser.add_argument("--seconds", type=float, default=60.0, help="time limit of glassnet's fit")
    parser.add_argument("--task", choices=("classification", "regression"), default="classification")
    parser.add_argument("--methods", default=",".join(METHODS), help=f"of {', '.join(METHODS)}")
    parser.add_argument("--threads", type=int, default=2, help="of LightGBM; glassnet has one, its default")
    parser.add_argument("--epochs", type=int, help="of glassnet; by default the recipe's")
    parser.add_argument("--batch-size", type=int, help="of glassnet; by default the recipe's")
    parser.add_argument("--json", metavar="FILE", help="append what was found, one line for each method")
    parser.add_argument("--cpu", action="store_true", help="count processor time, on a busy machine; use --threads 1")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    args = parser.parse_args(given)
    if args.child:
        print(json.dumps(measure(args)))
        return
    found = compare(args, given)
    if args.json:
        with Path(args.json).open("a") as file:
            file.writelines(json.dumps(each) + "\n" for each in found)


if __name__ == "__main__":
    main()
