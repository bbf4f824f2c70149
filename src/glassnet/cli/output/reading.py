"""What a report says about how a table was read: what was left out and why, forms of cells, missing values, notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import RenderableType
from rich.text import Text

from glassnet.cli.output.report_parts import cut, plain_table
from glassnet.cli.output.wording import abridged
from glassnet.reports.reading_text import left_out_sentence, marker_words, reading_lines, with_target
from glassnet.utils.short_text import count, plain

__all__ = ["left_out_sentence", "marker_words", "reading_lines", "reading_parts", "with_target"]

_MOST = 8  # rows, and notes


def reading_parts(
    columns: Sequence[Mapping[str, Any]], notes: Sequence[str], dropped: Sequence[str], width: int
) -> list[RenderableType]:
    """Return what is to be said about the reading of a table; nothing if it was read as any program reads it.

    ``columns`` are those of `described_columns`, the target's among them.
    """
    left_out = left_out_sentence(columns, dropped)
    parts: list[RenderableType] = [Text(left_out, style="yellow")] if left_out else []
    lines = reading_lines(columns)
    if lines:
        table = plain_table(header=False)
        names = [plain(", ".join(group)) for group, _ in lines[:_MOST]]
        longest = min(max(map(cell_len, names)), max(12, width // 4))
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for name, (_, words) in zip(names, lines, strict=False):
            table.add_row(cut(name, longest), Text(plain(words)))
        parts.append(table)
        more = sum(len(group) for group, _ in lines[_MOST:])
        parts += [Text(f"and {count(more, 'more column')}: see --json", style="dim")] if more else []
    parts += [Text(plain(note), style="yellow") for note in abridged(notes, _MOST)]
    return parts
