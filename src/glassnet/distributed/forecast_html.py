"""What a forecast shows in a notebook: speed-up by number of ranks, the rows, and the advice."""

from __future__ import annotations

from typing import Any

from glassnet.charts.lines import Line, Mark, line_chart
from glassnet.charts.notebook import for_notebooks, grid, paragraph, shown
from glassnet.distributed.forecast_rows import ROW_HEAD, row_texts

__all__ = ["scaling_html"]


@for_notebooks
def scaling_html(forecast: Any) -> str:
    """Return a forecast as a fragment of a page."""
    rows, best = forecast.rows(), forecast.best
    title = f"Forecast for {forecast.batch_size:,} rows a step, {forecast.network}"
    ranks = [row.ranks for row in rows]
    lines = [Line("forecast", [row.speedup for row in rows], ranks), Line("number of ranks", ranks, ranks, "second")]
    marks = [Mark(best, f"best: {best:,} ranks, {forecast.speedup(best):.2f} times as fast")]
    labels = {"x_label": "ranks", "y_label": "speed-up", "label": f"{title}: speed-up by number of ranks"}
    chart = line_chart(lines, marks=marks, log_x=True, log_y=True, **labels) if len(rows) > 1 else ""
    marked = [i for i, row in enumerate(rows) if row.ranks == best]
    table = grid([row_texts(row) for row in rows], ROW_HEAD, numbers_from=0, marked=marked)
    return shown(title, chart, table, *map(paragraph, forecast.advice))
