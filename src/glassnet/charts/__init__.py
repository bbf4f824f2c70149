"""Charts for pages of HTML, drawn from plain numbers and names without matplotlib.

A function takes numbers and names, and returns markup: SVG for curves, points and networks, tables for bars and
matrices, which fit a narrow screen. Colours follow a light or a dark page and print; no chart loads anything.
"""

from __future__ import annotations

__all__: list[str] = []
