"""The leaderboard of ``glassnet compare``, printed on a terminal or into a pipe."""

from __future__ import annotations

from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from glassnet.cli.comparing.compare_job import name_of
from glassnet.cli.comparing.race import Entry, Skipped
from glassnet.cli.output.report_parts import cut, heading, indented, plain_table, report_console
from glassnet.reports.split_text import how_divided
from glassnet.utils.short_text import about_seconds, bytes_text, count, metric_name, metric_text, plain

__all__ = ["LOSSES", "print_leaderboard", "progress_line", "remarks", "rows_words", "seconds_cell", "title_of"]

LOSSES = {"classification": "log_loss", "regression": "mae"}
"""The second score that is shown, by task."""

_ALWAYS, _FEWEST_NAMED = 3, 18  # columns that are never left out; cells for the names


def seconds_cell(seconds: float) -> str:
    """Return a duration that was measured.

    Examples
    --------
    >>> seconds_cell(0.04), seconds_cell(6.21), seconds_cell(83.0), seconds_cell(700.0)
    ('0.0 s', '6.2 s', '83 s', '12 min')
    """
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def progress_line(found: Entry | Skipped) -> str:
    """Return a line on a model that is done, or was not trained."""
    if isinstance(found, Skipped):
        return _not_trained(found.to_dict())
    name, value = found.metric, found.answers.value(found.metric)
    note = f", {found.note}" if found.note else ""
    title = found.title if found.kind in ("boosting", "linear") else found.name
    return f"{title}: {metric_name(name)} {metric_text(value)} on the test rows, {seconds_cell(found.seconds)}{note}"


def print_leaderboard(result: dict[str, Any]) -> None:
    """Print the models, the best first, and what was not trained; then which one was kept."""
    with report_console() as console:
        console.print(title_of(result))
        console.print(Text(rows_words(result), style="dim"))
        for warning in [*result["split"]["warnings"], *result["split"]["notes"]]:
            console.print(Text(f"  {plain(warning)}", style="yellow"))
        console.print()
        console.print(indented(_table(console, result)))
        console.print()
        console.print(Text(result["verdict"], style="bold"))
        for line in remarks(result):
            console.print(Text(line, style="dim"))
        console.print()
        console.print(Text(_kept(result)))


def title_of(result: dict[str, Any]) -> Text:
    """Return table, target and task."""
    task = result["task"]
    if result["labels"]:
        task += f", {count(len(result['labels']), 'class', 'classes')}"
    return heading(f"{plain(result['data'])} → {plain(result['target'])}", task)


def rows_words(result: dict[str, Any]) -> str:
    """Return how many rows each part has, and how they were divided."""
    rows = result["rows"]
    parts = [f"{rows['training']:,} training", f"{rows['validation']:,} validation", f"{rows['test']:,} test rows"]
    divided = how_divided(result["split"])
    return ", ".join(parts) + (f"; {divided}" if divided else "")


def _table(console: Console, result: dict[str, Any]) -> Table:
    """Return the leaderboard with as many columns as fit beside the names."""
    metric, second = result["metric"], LOSSES[result["task"]]
    rows = result["models"]
    columns: dict[str, list[str]] = {
        metric_name(metric): [metric_text(row["score"]) for row in rows],
        "range of chance": [_range_text(row["range"]) for row in rows],
        "to the best": [row["to_best"] for row in rows],
        "time": ["" if row["kind"] == "constant" else seconds_cell(row["seconds"]) for row in rows],
    }
    if metric != second:
        columns[metric_name(second)] = [metric_text(row["scores"].get(second)) for row in rows]
    columns["file"] = ["" if row["bytes"] is None else bytes_text(row["bytes"]) for row in rows]
    known = [row["validation"] for row in rows]
    columns["validation"] = ["" if value is None else metric_text(value) for value in known]
    while (room := console.width - 2 - _width(columns)) < _FEWEST_NAMED and len(columns) > _ALWAYS:
        columns.popitem()
    table = plain_table()
    table.add_column("", no_wrap=True)
    for head in columns:
        right = head not in ("range of chance", "to the best")
        table.add_column(_head(head), justify="right" if right else "left", no_wrap=True)
    for i, row in enumerate(rows):
        style = "bold" if row["chosen"] else ""
        cells = [Text(each[i], style="bold" if j == 0 and i == 0 else "") for j, each in enumerate(columns.values())]
        table.add_row(cut(plain(_label(row)), room, style), *cells)
    return table


def _head(name: str) -> str:
    """Return the head of a column, its last word on a line of its own."""
    return "\n".join(name.rsplit(" ", 1))


def _width(columns: dict[str, list[str]]) -> int:
    """Return the cells of these columns, with the gaps before and between them."""
    heads = [max(map(cell_len, _head(head).split("\n"))) for head in columns]
    widths = [max(head, *map(cell_len, cells)) for head, cells in zip(heads, columns.values(), strict=True)]
    return sum(width + 2 for width in widths)


def _range_text(ends: list[float | None]) -> str:
    low, high = ends
    return "-" if low is None else f"{metric_text(low)} to {metric_text(high)}"


def _label(row: dict[str, Any]) -> str:
    """Return the name of a model, with a star at the one that is kept."""
    return f"{name_of(row)} *" if row["chosen"] else name_of(row)


def remarks(result: dict[str, Any]) -> list[str]:
    """Return how the table is to be read, and what was not trained."""
    groups = "groups" if result["split"]["by"] == "group" else "rows"
    n = result["judged_rows"]
    lines = [
        f"Range of chance: 95 % of what other {groups} like the {count(n, 'test row')} would give; another seed "
        "of the training is not in it."
    ]
    trees = [name_of(row) for row in result["models"] if row["kind"] == "boosting"]
    if trees:
        lines.append(
            f"{' and '.join(trees)}: defaults, trained on the training and the validation rows; "
            "our networks choose their epoch on the validation rows."
        )
    lines += [f"{name_of(row)}: {row['note']}." for row in result["models"] if row["note"]]
    lines += [_not_trained(each) for each in result["not_trained"]]
    return lines


def _not_trained(each: dict[str, Any]) -> str:
    """Return a sentence on a model that was not trained."""
    name = each["title"] if each["name"] in ("histgb", "lightgbm") else each["name"]
    if each["why"] == "not enough time":
        takes = f", it takes about {about_seconds(each['seconds'])}" if each["seconds"] else ""
        return f"Not trained: {name}{takes} (--max-seconds)."
    return f"Not trained: {name}, {plain(each['why'], 160).rstrip('.')}."


def _kept(result: dict[str, Any]) -> str:
    """Return which model was kept, where, and why that one."""
    model = result["model"]
    chosen = next(row for row in result["models"] if row["chosen"])
    head = f"* {name_of(chosen)}: the best of our models by its validation {metric_name(result['metric'])}"
    if model is None:
        return f"{head}; not saved."
    replaced = ", overwrote the old file" if model["replaced"] else ""
    page = f" Page: {plain(result['report'])}." if result.get("report") else ""
    return f"{head}, saved in {plain(model['path'])} ({bytes_text(model['bytes'])}{replaced}).{page}"
