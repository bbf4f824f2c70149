"""What a calibration shows in a notebook: how often answers of a confidence are right, before and after."""

from __future__ import annotations

import math
from typing import Any

from glassnet.charts.notebook import for_notebooks, grid, paragraph, shown
from glassnet.charts.points import Group, reliability_chart
from glassnet.utils.html import Markup, element
from glassnet.utils.shares import wilson
from glassnet.utils.short_text import count, number_text

__all__ = ["probabilities_html", "quantiles_html"]


@for_notebooks
def probabilities_html(found: Any) -> str:
    """Return what calibrated probabilities as a fragment of a page."""
    if not found.n_rows:
        return shown("Calibration of probabilities", paragraph("No rows were held out, so nothing was calibrated."))
    title = f"Calibration of probabilities: temperature {found.temperature:.3g}, {count(found.n_rows, 'held-out row')}"
    rows = [["calibration error", *(f"{value:.3f}" for value in found.error)]]
    if all(math.isfinite(value) for value in found.log_loss):
        rows.append(["log loss", *(number_text(value) for value in found.log_loss)])
    charts = [
        element("div", paragraph(words), _chart(bins, found.n_rows, words))
        for words, bins in (("Before", found.bins_before), ("After", found.bins))
    ]
    weighed = paragraph("Rows count by the weights of their classes.", quiet=True) if found.weighs_classes else ""
    return shown(title, grid(rows, ["", "before", "after"]), weighed, element("div", *charts, class_="beside"))


def _chart(bins: Any, n_rows: int, words: str) -> Markup:
    """Return groups of rows by confidence, with the range of chance of each."""
    groups = []
    for each in bins:
        rows = max(1, round(each.share * n_rows))
        groups.append(Group(each.confidence, each.accuracy, *wilson(each.accuracy * rows, rows), rows))
    return reliability_chart(groups, label=f"Share of right answers by probability, {words.lower()} calibration")


@for_notebooks
def quantiles_html(found: Any) -> str:
    """Return what calibrated quantiles as a fragment of a page."""
    title = f"Calibration of quantiles: {count(found.n_rows, 'held-out row')}"
    if not found.below:
        return shown(title, paragraph("Too few rows were held out, so nothing was moved."))
    rows = [
        [f"{level:g}", f"{shift:+.3g}", f"{before:.3f}", f"{after:.3f}"]
        for level, shift, before, after in zip(found.levels, found.shifts, found.below_before, found.below, strict=True)
    ]
    note = "The share of rows below a quantile should be its level."
    head = ["level", "moved by", "below it before", "below it after"]
    return shown(title, grid(rows, head, numbers_from=0), paragraph(note, quiet=True))
