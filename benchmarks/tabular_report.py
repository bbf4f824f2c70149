"""Tables and a picture of what `benchmarks.tabular` measured."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

__all__ = ["by_set", "compare", "normalised", "ranks", "report"]

_DRAWS = 2000
Row = dict[str, Any]


def by_set(rows: list[Row], column: str = "error") -> tuple[list[str], list[str], np.ndarray]:
    """Return tables, methods, and the mean of a column over the seeds, (tables, methods); NaN where a method failed."""
    sets = list(dict.fromkeys(row["set"] for row in rows))
    methods = list(dict.fromkeys(row["method"] for row in rows))
    values = defaultdict(list)
    for row in rows:
        values[row["set"], row["method"]].append(row.get(column, np.nan))
    table = np.array([[np.mean(values[s, m]) if values[s, m] else np.nan for m in methods] for s in sets])
    return sets, methods, table


def ranks(errors: np.ndarray) -> np.ndarray:
    """Return the rank of each method on each table, 1 the best; equal ones share theirs, failures come last."""
    filled = np.where(np.isnan(errors), np.inf, errors)
    below = (filled[:, None, :] < filled[:, :, None]).sum(axis=2)
    same = (filled[:, None, :] == filled[:, :, None]).sum(axis=2)
    return below + (same + 1) / 2.0


def normalised(errors: np.ndarray) -> np.ndarray:
    """Return errors from 0, the best of a table, to 1, the worst of it; failures are 1."""
    low, high = np.nanmin(errors, axis=1, keepdims=True), np.nanmax(errors, axis=1, keepdims=True)
    spread = np.where(high > low, high - low, 1.0)
    return np.where(np.isnan(errors), 1.0, (errors - low) / spread)


def compare(errors: np.ndarray, first: int, seed: int = 0) -> np.ndarray:
    """Return for each method a 95 % interval of its mean normalised error minus that of ``first``, (methods, 2).

    A paired bootstrap over tables: in each of 2,000 draws all methods are compared on the same tables.
    """
    difference = normalised(errors) - normalised(errors)[:, [first]]
    draws = np.random.default_rng(seed).integers(0, len(errors), (_DRAWS, len(errors)))
    return np.quantile(difference[draws].mean(axis=1), [0.025, 0.975], axis=0).T


def report(rows: list[Row], plot: str | None = None) -> None:
    """Print one table over all sets and one of the errors, and draw the first."""
    if not rows:
        print("Nothing was measured.")
        return
    sets, methods, errors = by_set(rows)
    seconds = by_set(rows, "seconds")[2]
    rank, error = ranks(errors).mean(axis=0), normalised(errors).mean(axis=0)
    order = np.argsort(rank)
    first = order[0]
    interval = compare(errors, first)
    print(
        f"\n{len(sets)} tables, {len({row['seed'] for row in rows})} seeds; classes: error rate, numbers: RMSE / std\n"
    )
    print("| method | mean rank | mean normalised error | against the first, 95 % | median seconds | best on | fails |")
    print("|---|---|---|---|---|---|---|")
    best = np.nanmin(errors, axis=1, keepdims=True)
    for m in order:
        low, high = interval[m]
        versus = "" if m == first else f"{low:+.3f} to {high:+.3f}"
        wins = int((errors[:, m] == best[:, 0]).sum())
        failed = int(np.isnan(errors[:, m]).sum())
        print(f"| {methods[m]} | {rank[m]:.2f} | {error[m]:.3f} | {versus} | {np.nanmedian(seconds[:, m]):.1f} | {wins} | {failed} |")  # fmt: skip  # noqa: E501
    print("\n| table | " + " | ".join(methods[m] for m in order) + " |")
    print("|---" * (len(order) + 1) + "|")
    for name, row in zip(sets, errors, strict=True):
        print(f"| {name} | " + " | ".join(f"{row[m]:.4f}" for m in order) + " |")
    if plot is not None:
        _draw([methods[m] for m in order], rank[order], error[order], np.nanmedian(seconds, axis=0)[order], plot)


def _draw(methods: list[str], rank: np.ndarray, error: np.ndarray, seconds: np.ndarray, path: str) -> None:
    """Draw mean normalised error over time, a point for each method."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for name, x, y, place in zip(methods, seconds, error, rank, strict=True):
        ours = name.startswith("glassnet")
        axes.plot(x, y, "o", color="C0" if ours else "0.5", markersize=8)
        axes.annotate(f"{name} ({place:.1f})", (x, y), xytext=(7, 4), textcoords="offset points", fontsize=9)
    axes.set(xscale="log", xlabel="median seconds to fit", ylabel="mean normalised error, 0 the best of each table")
    axes.margins(x=0.25, y=0.1)
    axes.set_title("Tables without tuning (mean rank in brackets)")
    figure.savefig(path, dpi=150)
