"""Charts for pages of HTML, drawn from plain numbers and names without matplotlib.

A function takes numbers and names, and returns markup: SVG for curves, points and networks, tables for bars and
matrices, which fit a narrow screen. Colours follow a light or a dark page and print; no chart loads anything.
"""

from __future__ import annotations

from glassnet.charts.bars import Bar, bar_table
from glassnet.charts.boxes import Column, network_chart
from glassnet.charts.lines import Line, Mark, line_chart
from glassnet.charts.matrix import matrix_table
from glassnet.charts.points import Group, reliability_chart, scatter_chart
from glassnet.charts.style import CHART_STYLE

__all__ = [
    "CHART_STYLE", "Bar", "Column", "Group", "Line", "Mark", "bar_table", "line_chart", "matrix_table", "network_chart",
    "reliability_chart", "scatter_chart",
]  # fmt: skip
