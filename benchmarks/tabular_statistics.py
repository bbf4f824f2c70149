"""The arithmetic of the benchmark of tables: ranks, normalised errors, ratios, and a paired bootstrap over tables."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from benchmarks.tabular_results import Row

__all__ = [
    "by_set",
    "compare",
    "floors",
    "interval_of_means",
    "mean_of_each",
    "medians",
    "normalised",
    "pareto_front",
    "ranks",
    "ratios",
    "relative",
]

_DRAWS = 2000
_LEAST = {"log_loss": 1e-3, "rmse": 1e-12, "seconds": 1e-3, "cpu_seconds": 1e-2}


def by_set(rows: list[Row], column: str = "error") -> tuple[list[str], list[str], np.ndarray]:
    """Return tables, methods, and the mean of a column over the seeds, (tables, methods); NaN where a method failed."""
    sets = list(dict.fromkeys(row["set"] for row in rows))
    methods = list(dict.fromkeys(row["method"] for row in rows))
    values = defaultdict(list)
    for row in rows:
        values[row["set"], row["method"]].append(row.get(column, np.nan))
    table = [[float(np.mean(values[s, m])) if values[s, m] else np.nan for m in methods] for s in sets]
    return sets, methods, np.array(table, dtype=np.float64).reshape(len(sets), len(methods))


def ranks(errors: np.ndarray) -> np.ndarray:
    """Return the rank of each method on each table, 1 the best; equal ones share theirs, failures come last."""
    filled = np.where(np.isnan(errors), np.inf, errors)
    below = (filled[:, None, :] < filled[:, :, None]).sum(axis=2)
    same = (filled[:, None, :] == filled[:, :, None]).sum(axis=2)
    found: np.ndarray = below + (same + 1) / 2.0
    return found


def normalised(errors: np.ndarray) -> np.ndarray:
    """Return errors from 0, the best of a table, to 1, the worst of it; failures are 1."""
    low = np.where(np.isnan(errors), np.inf, errors).min(axis=1, keepdims=True)
    high = np.where(np.isnan(errors), -np.inf, errors).max(axis=1, keepdims=True)
    spread = np.where(high > low, high - low, 1.0)
    return np.where(np.isnan(errors), 1.0, (errors - low) / spread)


def floors(rows: list[Row], column: str) -> np.ndarray:
    """Return below what a value counts as this in ratios, (tables, 1): without it, an error of 0 would have none.

    Half a test row for error rates, 0.001 for log loss; of RMSE, practically nothing.
    """
    sizes: dict[str, float] = {}
    for row in rows:
        # Results of version 0.1.0 tell the rows of training alone, 64 % where a fifth is for the test.
        sizes.setdefault(row["set"], float(row.get("test_rows") or max(1, round(row.get("rows", 1) * 0.2 / 0.64))))
    if column == "error":
        return np.array([[0.5 / n] for n in sizes.values()])
    return np.full((len(sizes), 1), _LEAST.get(column, 0.0))


def ratios(values: np.ndarray, reference: int, least: np.ndarray) -> np.ndarray:
    """Return each method's value over that of ``reference``, both at least ``least``; NaN where one failed."""
    floored = np.maximum(values, least)
    found: np.ndarray = floored / floored[:, [reference]]
    return found


def relative(quotients: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return geometric means over the tables, (methods,), and their 95 % intervals, (methods, 2).

    A table where a method has no value is left out for that method.
    """
    logs = np.log(quotients)
    return np.exp(mean_of_each(logs)), np.exp(interval_of_means(logs, seed))


def compare(errors: np.ndarray, reference: int, seed: int = 0) -> np.ndarray:
    """Return for each method a 95 % interval of its mean normalised error minus that of ``reference``, (methods, 2).

    A paired bootstrap over tables: in each of 2,000 draws all methods are compared on the same tables.
    """
    return interval_of_means(normalised(errors) - normalised(errors)[:, [reference]], seed)


def interval_of_means(values: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return a 95 % interval of each column's mean over drawn tables, (methods, 2), by bootstrap; NaN are left out."""
    if not len(values):
        return np.full((values.shape[1], 2), np.nan)
    draws = np.random.default_rng(seed).integers(0, len(values), (_DRAWS, len(values)))
    there = ~np.isnan(values)
    counts = there[draws].sum(axis=1)
    sums = np.where(there, values, 0.0)[draws].sum(axis=1)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    found = np.full((values.shape[1], 2), np.nan)
    for m, column in enumerate(means.T):
        drawn = column[~np.isnan(column)]
        if len(drawn):
            found[m] = np.quantile(drawn, [0.025, 0.975])
    return found


def mean_of_each(values: np.ndarray) -> np.ndarray:
    """Return each column's mean over the tables that have a value, (methods,)."""
    there = ~np.isnan(values)
    counts = there.sum(axis=0)
    return np.where(counts > 0, np.where(there, values, 0.0).sum(axis=0) / np.maximum(counts, 1), np.nan)


def medians(values: np.ndarray) -> np.ndarray:
    """Return each column's median over the tables that have a value, (methods,)."""
    columns = (column[~np.isnan(column)] for column in values.T)
    return np.array([np.median(column) if len(column) else np.nan for column in columns])


def pareto_front(times: np.ndarray, errors: np.ndarray) -> list[int]:
    """Return the methods of which none is at once as fast and as good as them, and better in one; fastest first."""
    order = sorted(np.flatnonzero(~np.isnan(times) & ~np.isnan(errors)), key=lambda m: (times[m], errors[m]))
    front: list[int] = []
    for m in order:
        if not front or errors[m] < errors[front[-1]]:
            front.append(int(m))
    return front
