"""The reasons of one prediction as HTML, for the pages that ``glassnet train`` and ``glassnet explain`` write."""

from __future__ import annotations

from glassnet.tabular.attribution.reasons import Why
from glassnet.utils.html import Markup, element, table

__all__ = ["REASONS_STYLE", "why_html"]

REASONS_STYLE = """
.why { width: 100%; max-width: 44rem; border-collapse: collapse; }
.why td { padding: 0.1rem 0.6rem 0.1rem 0; }
.why .number { text-align: right; }
.why td:last-child { width: 45%; }
.why .bar { height: 0.8rem; border-radius: 2px; }
"""
_FOR, _AGAINST = "#1f77b4", "#ff7f0e"


def why_html(why: Why, most: int = 12) -> Markup:
    """Return a table of the largest contributions with bars: blue for the prediction, orange against it."""
    largest = max((abs(reason.contribution) for reason in why.reasons), default=0.0) or 1.0
    rows = []
    for reason in why.reasons[:most]:
        color = _FOR if reason.contribution >= 0 else _AGAINST
        width = 100.0 * abs(reason.contribution) / largest
        bar = element("div", class_="bar", style=f"width:{width:.1f}%;background:{color}")
        number = element("div", f"{reason.contribution:+.4g}", class_="number")
        rows.append([f"{reason.column} = {reason.value}", number, bar])
    head = element("p", why.text(0).splitlines()[0])
    return Markup(head + table(rows, class_="why"))
