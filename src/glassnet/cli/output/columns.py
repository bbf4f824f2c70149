"""What a report says about the columns of a table: what is done to each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import RenderableType
from rich.text import Text

from glassnet.cli.output.report_parts import cut, plain_table
from glassnet.utils.short_text import count, plain

__all__ = ["columns_table"]

_LISTED = 15  # most rows of the table
_REMARKS = 5  # most columns that get a remark below the table
_SHORTER = {
    "standard deviation": "std",
    "scaled to its quartiles": "robust scale",
    "ranked, as quantiles of the normal distribution": "ranks as normal quantiles",
    "median about": "median",
    "a learned vector for each of": "learned vectors:",
    " categories, and one for missing and new ones": " categories",
}
_PLURALS = {"number": "numbers", "category": "categories", "boolean": "booleans", "date": "dates"}


def columns_table(columns: Sequence[dict[str, Any]], width: int, *, wraps: bool = False) -> list[RenderableType]:
    """Return a table of how each column is coded, or each group of columns if there are many, and remarks.

    What is too long is cut, or the last words go on over several lines if ``wraps``.
    """
    used = [column for column in columns if column["features"]]
    groups = [[column] for column in used] if len(used) <= _LISTED else _groups(used)
    rows = [_column_row(group) for group in groups[:_LISTED]]
    lost = any(missing for _, _, missing, _ in rows)
    names = min(max(cell_len(row[0]) for row in rows), max(14, min(width // 3, 40)))
    kinds = max(len(row[1]) for row in rows)
    room = width - 2 - (names + 2) - (kinds + 2) - (len("missing") + 2 if lost else 0) - 1
    table = plain_table(header=lost)
    for head in ("", "", *(["missing"] if lost else []), ""):
        table.add_column(head, no_wrap=True, justify="right" if head else "left")
    table.columns[-1].no_wrap, table.columns[-1].overflow = not wraps, "fold"
    for name, kind, missing, done in rows:
        table.add_row(
            cut(name, names),
            Text(kind, style="dim"),
            *([missing] if lost else []),
            Text(done) if wraps else cut(done, room),
        )
    parts: list[RenderableType] = [table]
    hidden = sum(map(len, groups[_LISTED:]))
    if hidden:
        parts.append(Text(f"and {count(hidden, 'more column')}: see --json", style="dim"))
    return parts + _remarks(columns)


def _remarks(columns: Sequence[dict[str, Any]]) -> list[RenderableType]:
    """Return the notes on the coding of columns."""
    notes = [column for column in columns if column["note"]]
    return [Text(f"{plain(c['name'], 40)} {plain(c['note'])}.", style="yellow") for c in notes[:_REMARKS]]


def _column_row(group: Sequence[dict[str, Any]]) -> tuple[str, str, str, str]:
    """Return names, kind, number of missing values and coding of columns that are coded alike."""
    first = group[0]
    alone = len(group) == 1
    name = ", ".join(plain(column["name"]) for column in group)
    plural = _PLURALS.get(first["kind"], first["kind"])
    kind = first["kind"] if alone else f"{len(group)} {plural}"
    n_missing = sum(column["missing"] for column in group)
    done = _done(first) if alone else _kind_of_done(first)
    return name, kind, f"{n_missing:,}" if n_missing else "", plain(done)


def _groups(columns: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Return the columns grouped by kind, coding and whether values are missing."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for column in columns:
        key = (column["kind"], _kind_of_done(column), column["missing"] > 0)
        groups.setdefault(key, []).append(column)
    return list(groups.values())


def _done(column: dict[str, Any]) -> str:
    """Return how a column is coded, shortened and without what holds for every column."""
    done = str(column["done"]).partition(";")[0].removesuffix(", softly cut at 3")
    for long, short in _SHORTER.items():
        done = done.replace(long, short)
    return done


def _kind_of_done(column: dict[str, Any]) -> str:
    """Return how a column is coded, without numbers that belong to this column alone."""
    done = _done(column)
    return "two categories: 1 and -1" if " = 1, " in done else done.partition(":")[0].partition(",")[0]
