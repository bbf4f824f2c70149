"""The report as one page of HTML that loads no other files."""

from __future__ import annotations

from typing import Any

from glassnet.utils.html import element, fragment, page

__all__ = ["report_page"]


def report_page(facts: dict[str, Any]) -> str:
    """Return the page for the facts of a `Report`."""
    title = f"{facts['data']} \u2192 {facts['target']}"
    return page(title, fragment("report", "", element("h1", title)))
