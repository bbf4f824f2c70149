"""What the report of an export shows in a notebook."""

from __future__ import annotations

from typing import Any

from glassnet.charts.notebook import for_notebooks, grid, shown

__all__ = ["export_html"]


@for_notebooks
def export_html(report: Any) -> str:
    """Return the report of an export as a fragment of a page."""
    checked = "passed its self-test" if report.failures == 0 else "written"
    if report.failures:
        checked = f"{report.failures} failures in its self-test"
    return shown(f"Export to {report.target}: {checked}", grid(report._rows(), numbers_from=9))
