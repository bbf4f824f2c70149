"""What `benchmarks.tabular` measured, as tables of Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.tabular_results import Row
from benchmarks.tabular_statistics import (
    by_set,
    compare,
    floors,
    interval_of_means,
    mean_of_each,
    medians,
    normalised,
    ranks,
    ratios,
    relative,
)

__all__ = ["REFERENCE", "Quantity", "measured_by_all", "quantities", "report"]

REFERENCE = "LightGBM"
"""The method to which ratios are told, with its defaults."""

_COLUMNS = (("error", "error", True), ("log_loss", "log loss", True), ("rmse", "RMSE", False))


@dataclass(frozen=True)
class Quantity:
    """One column of results over the tables that have it."""

    label: str
    values: np.ndarray  # (tables, methods)
    least: np.ndarray  # (tables, 1)
    times: np.ndarray  # (tables, methods), seconds

    @property
    def title(self) -> str:
        """The label with the number of tables."""
        return f"{self.label}, {len(self.values)} table{'s' if len(self.values) != 1 else ''}"

    def against(self, reference: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the geometric means of the ratios to a method, (methods,), and their intervals, (methods, 2)."""
        return relative(ratios(self.values, reference, self.least))


def report(rows: list[Row], plot: str | None = None, time: str = "seconds") -> None:
    """Print how good, how right about probabilities and how fast methods are, and draw time against error.

    ``time`` is the column of times: ``seconds``, or ``cpu_seconds``.
    """
    if not rows:
        print("Nothing was measured.")
        return
    methods = list(dict.fromkeys(row["method"] for row in rows))
    _print_left_out(rows, methods)
    common = measured_by_all(rows)
    if not common:
        print("\nNo table was measured by every method: choose them with --methods.")
        return
    order = _order(common, methods)
    _print_overall(common, order, time)
    found = quantities(common, order, time)
    reference = order.index(REFERENCE) if REFERENCE in order else 0
    _print_ratios(common, order, found, reference)
    if reference != 0:
        _print_ratios(common, order, found, 0)
    for column, title, classes in _COLUMNS[:2]:
        of_kind = [row for row in common if not classes or column == "error" or _classifies(row)]
        _print_each_table(of_kind, order, column, title)
    if plot is not None and found:
        from benchmarks.tabular_plot import draw

        draw(order, found, order[reference], "processor time" if time == "cpu_seconds" else "time", plot)


def measured_by_all(rows: list[Row]) -> list[Row]:
    """Return the rows of the tables that every method was tried on; a failure is a try."""
    methods = {row["method"] for row in rows}
    tried: dict[str, set[str]] = {}
    for row in rows:
        tried.setdefault(row["set"], set()).add(row["method"])
    return [row for row in rows if tried[row["set"]] == methods]


def quantities(rows: list[Row], order: list[str], time: str) -> list[Quantity]:
    """Return error and log loss of classes and RMSE of numbers, with methods in this order, where there are such."""
    found = []
    for column, label, classes in _COLUMNS:
        part = [row for row in rows if _classifies(row) == classes]
        if part:
            values, times = (_ordered(part, order, name) for name in (column, time))
            found.append(Quantity(label, values, floors(part, column), times))
    return found


def _classifies(row: Row) -> bool:
    return bool(row["task"] != "regression")


def _ordered(rows: list[Row], order: list[str], column: str = "error") -> np.ndarray:
    _, methods, values = by_set(rows, column)
    return values[:, [methods.index(name) for name in order]]


def _order(rows: list[Row], methods: list[str]) -> list[str]:
    rank = ranks(_ordered(rows, methods)).mean(axis=0)
    return [methods[m] for m in np.argsort(rank, kind="stable")]


def _print_left_out(rows: list[Row], methods: list[str]) -> None:
    """Say what failed, and which tables not every method was tried on."""
    failures = [f"{row['method']} on {row['set']}: {row['failed']}" for row in rows if "failed" in row]
    if failures:
        print("\nFailed (the last rank, normalised error 1, left out of ratios):\n")
        print("\n".join(f"* {text}" for text in failures))
    tried = {(row["set"], row["method"]) for row in rows}
    lacking = {
        name: [m for m in methods if (name, m) not in tried] for name in dict.fromkeys(row["set"] for row in rows)
    }
    partly = [f"{name} (without {', '.join(missing)})" for name, missing in lacking.items() if missing]
    if partly:
        print(f"\nLeft out, since not every method was measured there: {'; '.join(partly)}.")


def _print_overall(rows: list[Row], order: list[str], time: str) -> None:
    """Print ranks, normalised errors and times."""
    errors, times = _ordered(rows, order), _ordered(rows, order, time)
    of_classes = np.array([_classifies(row) for row in _firsts(rows)])
    seeds = len({row["seed"] for row in rows})
    print(
        f"\n{len(errors)} tables ({of_classes.sum()} of classes, by error rate; {(~of_classes).sum()} of numbers,"
        f" by RMSE / standard deviation), {f'up to {seeds} divisions' if seeds > 1 else 'one division'} of each; median"
        f" {'processor ' if time == 'cpu_seconds' else ''}seconds to fit and predict\n"
    )
    references = dict.fromkeys([0, order.index(REFERENCE) if REFERENCE in order else 0])
    intervals = [compare(errors, m) for m in references]
    heads = [f"against {order[m]}, 95 %" for m in references]
    middle, speed = _times(times, time)
    best = np.where(np.isnan(errors), np.inf, errors).min(axis=1, keepdims=True)
    rank, error = ranks(errors).mean(axis=0), normalised(errors)
    means = [mean_of_each(part) for part in (error, error[of_classes], error[~of_classes])]
    names = ["method", "mean rank", "mean normalised error", "classes", "numbers"]
    _print_head([*names, *heads, "best on", "seconds", "times the fastest", "failed"])
    for m, name in enumerate(order):
        versus = ["" if m == r else _span(bounds[m], "+.3f") for r, bounds in zip(references, intervals, strict=True)]
        wins, failed = int((errors[:, m] == best[:, 0]).sum()), int(np.isnan(errors[:, m]).sum())
        numbers = [f"{rank[m]:.2f}", *(_number(value[m], ".3f") for value in means)]
        timed = _number(middle[m], ".2f") + _of_fewer(times[:, m])
        _print_line([name, *numbers, *versus, wins, timed, _number(speed[m], ".3g"), failed])


def _firsts(rows: list[Row]) -> list[Row]:
    """Return one row for each table, in order."""
    return list({row["set"]: row for row in reversed(rows)}[name] for name in dict.fromkeys(row["set"] for row in rows))


def _times(times: np.ndarray, column: str) -> tuple[np.ndarray, np.ndarray]:
    """Return median times, and the geometric means of the ratios to the method that is the fastest by its median."""
    middle = medians(times)
    if np.isnan(middle).all():
        return middle, middle
    least = 1e-2 if column == "cpu_seconds" else 1e-3
    return middle, relative(ratios(times, int(np.nanargmin(middle)), np.full((len(times), 1), least)))[0]


def _print_ratios(rows: list[Row], order: list[str], found: list[Quantity], reference: int) -> None:
    """Print geometric means of ratios to a method with their intervals, and the calibration error."""
    print(
        f"\nRatios to {order[reference]}: geometric means over tables, in brackets 95 % (paired bootstrap over tables)."
        " An error below half a test row counts as half a row, a log loss below 0.001 as 0.001. Calibration error:"
        " means, in brackets 95 % of the difference\n"
    )
    columns = [one.against(reference) for one in found]
    heads = [one.title for one in found]
    classes = [row for row in rows if "calibration_error" in row]
    calibration = _ordered_over(classes, order)
    mean, bounds = mean_of_each(calibration), interval_of_means(calibration - calibration[:, [reference]])
    _print_head(["method", *heads, *(["calibration error"] if classes else [])])
    for m, name in enumerate(order):
        cells = [
            _with_span(means[m], spans[m], m == reference, ".2f") + _of_fewer(one.values[:, m])
            for one, (means, spans) in zip(found, columns, strict=True)
        ]
        if classes:
            cells.append(_with_span(mean[m], bounds[m], m == reference, "+.3f") + _of_fewer(calibration[:, m]))
        _print_line([name, *cells])


def _ordered_over(rows: list[Row], order: list[str]) -> np.ndarray:
    """Return calibration errors, (tables, methods), NaN for methods that have none."""
    if not rows:
        return np.full((0, len(order)), np.nan)
    _, methods, values = by_set(rows, "calibration_error")
    lacking = np.full((len(values), 1), np.nan)
    return np.hstack([values[:, [methods.index(name)]] if name in methods else lacking for name in order])


def _of_fewer(values: np.ndarray) -> str:
    """Return how many tables a figure is of, where that is not all."""
    there = int((~np.isnan(values)).sum())
    return f" [{there} only]" if 0 < there < len(values) else ""


def _with_span(mean: float, bounds: np.ndarray, itself: bool, form: str) -> str:
    text = _number(mean, ".3f")
    return text if itself or text == "" else f"{text} ({_span(bounds, form)})"


def _print_each_table(rows: list[Row], order: list[str], column: str, title: str) -> None:
    if not rows or all(column not in row for row in rows):
        return
    _print_head([f"{title} of each table", *order], before="\n")
    values = _ordered(rows, order, column)
    for name, line in zip(dict.fromkeys(row["set"] for row in rows), values, strict=True):
        _print_line([name, *(_number(value, ".4f") for value in line)])


def _number(value: float, form: str) -> str:
    return "" if np.isnan(value) else format(float(value), form)


def _span(bounds: np.ndarray, form: str) -> str:
    return "" if np.isnan(bounds).any() else f"{bounds[0]:{form}} to {bounds[1]:{form}}"


def _print_head(heads: list[str], before: str = "") -> None:
    print(before, end="")
    _print_line(heads)
    print("|---" * len(heads) + "|")


def _print_line(cells: Sequence[object]) -> None:
    print("| " + " | ".join(map(str, cells)) + " |")
