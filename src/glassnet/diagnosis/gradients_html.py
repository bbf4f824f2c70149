"""What gradient checks show in a notebook: a table with a verdict for each parameter, which a narrow page shows too."""

from __future__ import annotations

import math
from typing import Any

from glassnet.charts.notebook import for_notebooks, grid, paragraph, shown
from glassnet.utils.html import Markup, element
from glassnet.utils.short_text import count, plain

__all__ = ["backprop_html", "html_of_gradients"]


@for_notebooks
def html_of_gradients(report: Any) -> str:
    """Return a gradient check as a fragment of a page."""
    wrong = [i for i, check in enumerate(report.checks) if not check.passed]
    verdict = "✓ all gradients are those of the loss"
    if wrong:
        verdict = f"✗ {len(wrong)} of {count(len(report.checks), 'gradient')} not that of the loss"
    rows = []
    for check in report.checks:
        kinks = f", {check.n_kinks} on a kink" if check.n_kinks else ""
        verdict_on_it = "✓" if check.passed else "✗ wrong"
        rows.append([check.name, verdict_on_it, *_cells(check), f"{check.n_checked:,}{kinks}"])
    head = ["parameter", "right", "error", "cosine", "ratio", "compared"]
    note = "Relative error to finite differences of the loss (central, float64)."
    table = grid(rows, head, numbers_from=2, marked=wrong)
    return shown(f"Gradient check: {verdict}", table, paragraph(note, quiet=True))


def _cells(check: Any) -> list[str]:
    """Return what was measured of one parameter."""
    ratios = ["-" if math.isnan(value) else f"{value:.4g}" for value in (check.cosine, check.ratio)]
    return [f"{check.error:.1e}", *ratios]


@for_notebooks
def backprop_html(report: Any) -> str:
    """Return a check of someone's own back-propagation as a fragment of a page."""
    n = len(report.mistakes)
    verdict = "✓ all gradients are those of the loss" if report.ok else f"✗ {count(n, 'mistake')} found"
    taken = f"predictions = {report.predictions}" if report.predictions else ""
    seen = ", ".join(part for part in (report.network, report.loss, taken) if part)
    wrong = [i for i, check in enumerate(report.checks) if report._verdict(check) != "right"]
    rows = [[check.name, report._verdict(check), *_cells(check)] for check in report.checks]
    table = grid(rows, ["parameter", "verdict", "error", "cosine", "ratio"], numbers_from=2, marked=wrong)
    notes = [paragraph(f"Note: {note}", quiet=True) for note in report.notes]
    return shown(
        f"Your back-propagation: {verdict}",
        paragraph(f"Seen: {seen}", quiet=True) if seen else "",
        table,
        *map(_mistake, report.mistakes),
        *notes,
    )


def _mistake(mistake: Any) -> Markup:
    """Return one mistake with what was measured, why it is one, and how to correct it."""
    where = f" in {', '.join(mistake.parameters)}" if mistake.parameters else ""
    head = element("p", element("b", plain(mistake.name, 200)), plain(where, 200))
    lines = [
        part
        for heading in ("measured", "why", "remedy")
        for part in (element("dt", heading), element("dd", plain(getattr(mistake, heading), 2000)))
    ]
    return element("div", head, element("dl", *lines), class_="finding error")
