"""The report of ``glassnet check``."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from glassnet.cli.output.columns import columns_table
from glassnet.cli.output.reading import reading_parts
from glassnet.cli.output.report_parts import facts_table, heading, indented, plain_table, report_console
from glassnet.cli.output.wording import recipes_lines
from glassnet.utils.short_text import count, plain

__all__ = ["print_check"]

_LISTED = 15  # columns with their values; more are grouped
_FINDINGS = 12
_NAMES = 17  # cells for the name of a fact
_COLORS = {"error": "red", "warning": "yellow", "note": ""}


def print_check(result: dict[str, Any]) -> None:
    """Print what was read of a table and what was found in it."""
    with report_console() as console:
        n_columns = len(result["columns"]) + len(result["undecided"])
        size = f"{count(result['rows'], 'row')}, {count(n_columns, 'column')}" if result["rows"] else ""
        console.print(heading(plain(result["data"]), size))
        _print_undecided(console, result)
        parts = reading_parts(result["columns"], result["notes"], result["dropped"], console.width)
        if parts:
            _print_heading(console, "Read", "what cells were taken for, and what will be left out")
            for part in parts:
                console.print(indented(part))
        _print_columns(console, result)
        _print_findings(console, result)
        _print_end(console, result)


def _print_heading(console: Console, name: str, aside: str = "") -> None:
    console.print()
    console.print(heading(name, aside))


def _print_undecided(console: Console, result: dict[str, Any]) -> None:
    """Print all columns that a person must decide about, each with the options that decide."""
    undecided = result["undecided"]
    if not undecided:
        return
    them = "this column" if len(undecided) == 1 else "these columns"
    _print_heading(console, "To be decided", f"{them} can be read in more than one way, or not wholly in any")
    for one in undecided:
        console.print(indented(Text(plain(one["column"]), style="bold")))
        console.print(indented(indented(Text(plain(f"{one['fact'][:1].upper()}{one['fact'][1:]}.")))))
        console.print(indented(indented(Text(plain(f"Pass {one['options']}"), style="yellow"))))


def _print_columns(console: Console, result: dict[str, Any]) -> None:
    """Print kind, missing values and values of each column, or how many there are of each kind."""
    columns = result["columns"]
    if not columns:
        return
    are_few = len(columns) <= _LISTED
    target = result["target"]
    shown = []
    for column in columns:
        values = column["values"] if are_few else ""
        values = f"target: {column['values']}" if column["name"] == target else values
        shown.append({**column, "features": 1, "note": "", "done": values})
    _print_heading(console, "Columns", "kind and values")
    for part in columns_table(shown, console.width, wraps=True):
        console.print(indented(part))


def _print_findings(console: Console, result: dict[str, Any]) -> None:
    """Print what was found, the worst first."""
    if not result["columns"]:
        return
    order = list(_COLORS)
    found = sorted(result["findings"], key=lambda finding: order.index(finding["severity"]))
    if not found and result["undecided"]:
        return
    _print_heading(console, "Findings", "" if found else "none")
    table = plain_table(header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in found[:_FINDINGS]:
        words = plain(f"{finding['measured']} {finding['advice']}".strip())
        table.add_row(Text(finding["severity"], style=_COLORS[finding["severity"]]), Text(words))
    if found:
        console.print(indented(table))
    if len(found) > _FINDINGS:
        more = count(len(found) - _FINDINGS, "more finding")
        console.print(indented(Text(f"and {more}: see --json", style="dim")))


def _print_end(console: Console, result: dict[str, Any]) -> None:
    """Print the likely task, the time of each recipe and the next command."""
    console.print()
    if result["task"]:
        task = result["task"]
        task += f", {count(len(result['labels']), 'class', 'classes')}" if result["labels"] else ""
        facts: list[tuple[str, str | Text]] = [("Likely task    ", f"{task} ({result['task_reason']})")]
        if result["recipes"]:
            lines = recipes_lines(result["recipes"], console.width - _NAMES)
            facts.append(("Recipes here", Text("\n".join(lines))))
        console.print(facts_table(facts))
    elif result["target"] is None and not result["undecided"]:
        words = "With --target COLUMN this also says the likely task and how long each recipe takes."
        console.print(Text(words, style="dim"))
    if result["next"]:
        line = Text(f"{'Next':<{_NAMES}}", style="bold").append(plain(result["next"]), style="not bold")
        console.print(line, soft_wrap=True)
