"""The reasons of one prediction as HTML, for the pages that ``glassnet train`` and ``glassnet explain`` write."""

from __future__ import annotations

import html

from glassnet.tabular.attribution.reasons import Why

__all__ = ["REASONS_STYLE", "reasons_html"]

REASONS_STYLE = """
.glassnet-why { width: 100%; max-width: 44rem; border-collapse: collapse; }
.glassnet-why td { padding: 0.1rem 0.6rem 0.1rem 0; }
.glassnet-why .bar { height: 0.8rem; border-radius: 2px; }
"""
_FOR, _AGAINST = "#1f77b4", "#ff7f0e"


def reasons_html(why: Why, most: int = 12) -> str:
    """Return a table of the largest contributions with bars: blue for the prediction, orange against it."""
    largest = max((abs(reason.contribution) for reason in why.reasons), default=0.0) or 1.0
    rows = []
    for reason in why.reasons[:most]:
        color = _FOR if reason.contribution >= 0 else _AGAINST
        width = 100.0 * abs(reason.contribution) / largest
        rows.append(
            f"<tr><td>{html.escape(reason.column)} = {html.escape(reason.value)}</td>"
            f'<td style="text-align:right">{reason.contribution:+.4g}</td>'
            f'<td style="width:45%"><div class="bar" style="width:{width:.1f}%;background:{color}"></div></td></tr>'
        )
    head = html.escape(why.text(0).splitlines()[0])
    return f'<p>{head}</p><table class="glassnet-why">{"".join(rows)}</table>'
