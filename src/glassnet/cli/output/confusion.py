"""The confusion matrix of a report."""

from __future__ import annotations

from typing import Any

from rich.cells import cell_len
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from glassnet.cli.output.report_parts import cut, plain_table
from glassnet.utils.short_text import plain

__all__ = ["confusion_parts"]

_CORNER = "true \\ predicted"
_CLASSES = 20  # most classes that the matrix shows


def confusion_parts(confusion: dict[str, Any], width: int) -> list[RenderableType]:
    """Return the confusion matrix, of the largest classes if not all fit, and the most frequent confusions."""
    labels = [plain(label) for label in confusion["labels"]]
    counts: list[list[int]] = confusion["counts"]
    k = len(labels)
    shown, cell = list(range(k)), _cell_width(labels, counts, 12)
    head = min(max([len(_CORNER), *map(cell_len, labels)]), 20 if k * (cell + 2) + 31 <= width else len(_CORNER))
    room = width - 2 - (head + 2) - (len("recall") + 2)
    if k > min(_CLASSES, room // (cell + 2)):
        cell = _cell_width(labels, counts, 8)
        fitting = max(2, min(_CLASSES, room // (cell + 2)))
        if k > fitting:
            largest = sorted(shown, key=lambda i: (-sum(counts[i]), i))[: fitting - 1]
            shown = sorted(largest)
    parts: list[RenderableType] = [_matrix(labels, counts, shown, head, cell)]
    pairs = [(counts[i][j], -i, -j) for i in range(k) for j in range(k) if i != j and counts[i][j]]
    if pairs and k > 3:
        words = [f"{labels[-i]} taken for {labels[-j]} ({_times(n)})" for n, i, j in sorted(pairs, reverse=True)[:3]]
        parts.append(Text(f"Most often: {', '.join(words)}", style="dim"))
    return parts


def _times(n: int) -> str:
    """Return how often, in words."""
    return "once" if n == 1 else "twice" if n == 2 else f"{n} times"


def _cell_width(labels: list[str], counts: list[list[int]], most: int) -> int:
    """Return the cells that a column needs for its counts, and for its label up to ``most``."""
    longest = max(len(f"{n:,}") for row in counts for n in row)
    return max(longest, min(most, max(map(cell_len, labels))))


def _matrix(labels: list[str], counts: list[list[int]], shown: list[int], head: int, cell: int) -> Table:
    """Return the matrix of the classes ``shown``; all others share one row and one column."""
    rest = [i for i in range(len(labels)) if i not in shown]
    groups = [[i] for i in shown] + ([rest] if rest else [])
    names = [labels[i] for i in shown] + (["(others)"] if rest else [])
    table = plain_table()
    table.add_column(_CORNER, no_wrap=True)
    for name in names:
        table.add_column(cut(name, cell), justify="right", no_wrap=True)
    table.add_column("recall", justify="right", no_wrap=True)
    for name, rows in zip(names, groups, strict=True):
        cells = [sum(counts[i][j] for i in rows for j in columns) for columns in groups]
        total = sum(sum(counts[i]) for i in rows)
        right = sum(counts[i][i] for i in rows)
        styled = [_cell(n, columns == rows) for n, columns in zip(cells, groups, strict=True)]
        table.add_row(cut(name, head), *styled, Text(f"{100 * right / total:.0f} %" if total else "-"))
    return table


def _cell(n: int, diagonal: bool) -> Text:
    """Return one count: bold on the diagonal, faint if 0."""
    return Text(f"{n:,}", style="bold" if diagonal else "dim" if n == 0 else "")
