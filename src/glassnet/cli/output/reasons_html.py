"""The reasons of one prediction as HTML, for the pages that ``glassnet train`` and ``glassnet explain`` write."""

from __future__ import annotations

from glassnet.charts.bars import Bar, bar_table
from glassnet.charts.style import CHART_STYLE
from glassnet.tabular.attribution.reasons import Why
from glassnet.utils.html import Markup, element

__all__ = ["REASONS_STYLE", "reasons_table", "why_html"]

REASONS_STYLE = CHART_STYLE


def why_html(why: Why, most: int = 12) -> Markup:
    """Return the answer, and the table of the reasons for it."""
    return Markup(element("p", why.text(0).splitlines()[0]) + reasons_table(why, most))


def reasons_table(why: Why, most: int = 12) -> Markup:
    """Return a table of the largest contributions with bars: to the right for the answer, to the left against it."""
    rows = [
        Bar(f"{reason.column} = {reason.value}", amount := reason.contribution, why.number_text(amount, signed=True))
        for reason in why.reasons[:most]
    ]
    rest = [reason.contribution for reason in why.reasons[most:]]
    rows += [Bar(f"{len(rest)} more columns", sum(rest), why.number_text(sum(rest), signed=True))] if rest else []
    head = ("column", "against | for", "effect")
    label = f"Effect of each column on {why.target} = {why.prediction}"
    return bar_table(rows, head=head, label=label)
