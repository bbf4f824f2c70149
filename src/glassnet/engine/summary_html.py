"""What the summary of a network shows in a notebook: a table of its layers."""

from __future__ import annotations

from typing import Any

from glassnet.charts.notebook import for_notebooks, grid, paragraph, shown
from glassnet.utils.html import Markup, element
from glassnet.utils.short_text import plain

__all__ = ["html_of_summary", "summary_table"]


@for_notebooks
def html_of_summary(summary: Any) -> str:
    """Return a summary as a fragment of a page."""
    return shown("Layers", summary_table(summary))


def summary_table(summary: Any) -> Markup:
    """Return the layers of a summary with their outputs and numbers of parameters, and what they add up to."""
    rows = [
        [row.layer, element("code", plain(row.text, 200)), " x ".join(map(str, row.output)), f"{row.parameters:,}"]
        for row in summary.rows
    ]
    table = grid(rows, ["layer", "as written", "output", "parameters"], numbers_from=2)
    return Markup(table + paragraph(summary.total, quiet=True))
