"""The report as one page of HTML that loads no other files: a function of its facts alone."""

from __future__ import annotations

from typing import Any

from glassnet.reports.page_rows import importance_part, rows_part
from glassnet.reports.page_scores import calibration_part, results_part, scores_part
from glassnet.reports.page_training import card_part, columns_part, findings_part, network_part, training_part
from glassnet.reports.style import REPORT_STYLE
from glassnet.utils.html import Markup, element, fragment, page
from glassnet.utils.short_text import plain

__all__ = ["report_fragment", "report_page", "title_of"]

# What a reader asks first comes first.
_PARTS = (
    results_part, rows_part, importance_part, calibration_part, findings_part, training_part, network_part,
    columns_part, card_part,
)  # fmt: skip


def title_of(facts: dict[str, Any]) -> str:
    """Return the table and the target."""
    if facts.get("title"):
        return plain(facts["title"], 200)
    return f"{plain(facts['data'], 120)} \u2192 {plain(facts['target'], 120)}"


def report_fragment(facts: dict[str, Any]) -> Markup:
    """Return the report as a part of a page, for notebooks."""
    parts = [element("h1", title_of(facts)), *scores_part(facts)]
    for make in _PARTS:
        parts += make(facts)
    return fragment("report", REPORT_STYLE, *parts)


def report_page(facts: dict[str, Any]) -> str:
    """Return the page for the facts of a `Report`."""
    return page(title_of(facts), report_fragment(facts))
