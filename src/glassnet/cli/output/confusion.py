"""The confusion matrix of a report."""

from __future__ import annotations

from typing import Any

from rich.cells import cell_len
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from glassnet.cli.output.report_parts import cut, plain_table
from glassnet.reports.classes import class_facts, times, which_classes, worst_classes
from glassnet.utils.short_text import count, plain
from glassnet.utils.wording import distinct_cuts

__all__ = ["confusion_parts"]

_CORNER = "true \\ predicted"
_CLASSES = 20  # most classes that the matrix shows
_WORST = 6


def confusion_parts(confusion: dict[str, Any], width: int) -> list[RenderableType]:
    """Return the confusion matrix and the most frequent confusions, or if it does not fit the worst classes."""
    labels = [plain(label) for label in confusion["labels"]]
    counts: list[list[int]] = confusion["counts"]
    k = len(labels)
    for most in (12, 8):
        cell = _cell_width(labels, counts, most)
        head = min(max([len(_CORNER), *map(cell_len, labels)]), 20 if k * (cell + 2) + 31 <= width else len(_CORNER))
        room = width - 2 - (head + 2) - (len("recall") + 2)
        if k <= min(_CLASSES, room // (cell + 2)):
            pairs = [(counts[i][j], -i, -j) for i in range(k) for j in range(k) if i != j and counts[i][j]]
            parts: list[RenderableType] = [_matrix(labels, counts, head, cell)]
            if pairs and k > 3:
                names = _names(labels, width)
                found = [f"{names[-i]} taken for {names[-j]} ({times(n)})" for n, i, j in sorted(pairs)[:-4:-1]]
                parts.append(Text(f"Most often: {', '.join(found)}", style="dim"))
            return parts
    return _worst(labels, counts, width)


def _worst(labels: list[str], counts: list[list[int]], width: int) -> list[RenderableType]:
    """Return the classes of lowest recall, and what they are most often taken for."""
    worst = worst_classes(counts, _WORST)
    found, names = class_facts(counts), _names(labels, width)
    right = sum(1 for each in found if each.recall == 1.0)
    table = plain_table()
    for name in ("class", "rows", "recall", "precision", "most often taken for"):
        table.add_column(name, justify="left" if name[0] in "cm" else "right", no_wrap=True)
    for each in worst:
        taken = "-" if each.taken_for is None else f"{names[each.taken_for]} ({times(each.often)})"
        precision = "-" if each.precision is None else f"{100 * each.precision:.0f} %"
        recall = f"{100 * (each.recall or 0.0):.0f} %"
        table.add_row(names[each.place], f"{each.rows:,}", recall, precision, taken)
    n = count(len(labels), "class", "classes")
    words = f"The {len(worst)} of {n} with the lowest recall"
    if len(worst) == sum(map(any, counts)):
        words = f"Of {n} {which_classes(len(worst), counts)}"
    return [table, Text(f"{words}; {right} {'has' if right == 1 else 'have'} 100 %.", style="dim")]


def _names(labels: list[str], width: int) -> list[str]:
    """Return the names of classes, of which two fit into a line beside numbers."""
    return distinct_cuts(labels, max(10, min(36, (width - 2 - 8 - 8 - 11 - len(" (99 times)")) // 2)))


def _cell_width(labels: list[str], counts: list[list[int]], most: int) -> int:
    """Return the cells that a column needs for its counts, and for its label up to ``most``."""
    longest = max(len(f"{n:,}") for row in counts for n in row)
    return max(longest, min(most, max(map(cell_len, labels))))


def _matrix(labels: list[str], counts: list[list[int]], head: int, cell: int) -> Table:
    """Return the matrix of all classes; names are cut in their middle, and stay different."""
    table = plain_table()
    table.add_column(_CORNER, no_wrap=True)
    for name in distinct_cuts(labels, cell):
        table.add_column(cut(name, cell), justify="right", no_wrap=True)
    table.add_column("recall", justify="right", no_wrap=True)
    for i, name in enumerate(distinct_cuts(labels, head)):
        total = sum(counts[i])
        styled = [_cell(n, i == j) for j, n in enumerate(counts[i])]
        table.add_row(cut(name, head), *styled, Text(f"{100 * counts[i][i] / total:.0f} %" if total else "-"))
    return table


def _cell(n: int, diagonal: bool) -> Text:
    """Return one count: bold on the diagonal, faint if 0."""
    return Text(f"{n:,}", style="bold" if diagonal else "dim" if n == 0 else "")
