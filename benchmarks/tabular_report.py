"""Tables and a picture of what `benchmarks.tabular` measured."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

__all__ = ["by_set", "compare", "normalised", "ranks", "report", "spread_of_means"]

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
    return _bootstrap(normalised(errors) - normalised(errors)[:, [first]], seed)


def spread_of_means(errors: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return for each method a 95 % interval of its mean normalised error over drawn tables, (methods, 2)."""
    return _bootstrap(normalised(errors), seed)


def _bootstrap(values: np.ndarray, seed: int) -> np.ndarray:
    draws = np.random.default_rng(seed).integers(0, len(values), (_DRAWS, len(values)))
    return np.quantile(values[draws].mean(axis=1), [0.025, 0.975], axis=0).T


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
        drawn = [methods[m] for m in order]
        _draw(drawn, error[order], spread_of_means(errors)[order], np.nanmedian(seconds, axis=0)[order], plot)


def _draw(methods: list[str], error: np.ndarray, bounds: np.ndarray, seconds: np.ndarray, path: str) -> None:
    """Draw mean normalised error with its interval, and beside it the time, a row for each method."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 0.42 * len(methods) + 1.4), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    places = np.arange(len(methods))
    colors = ["C0" if name.startswith("glassnet") else "0.55" for name in methods]
    left.hlines(places, bounds[:, 0], bounds[:, 1], color=colors, lw=2, alpha=0.5)
    left.scatter(error, places, c=colors, s=60, zorder=3)
    left.set_yticks(places, methods)
    left.invert_yaxis()
    left.set(xlabel="mean normalised error (0: best of each table), 95 %", xlim=(0.0, None))
    left.grid(axis="x", color="0.9")
    right.barh(places, seconds, color=colors, height=0.5)
    right.set(xscale="log", xlabel="median seconds to fit and predict")
    right.grid(axis="x", color="0.9")
    for axes in (left, right):
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
    figure.savefig(path, dpi=150)
