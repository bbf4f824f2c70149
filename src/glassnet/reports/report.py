"""A report: plain data about a model on some rows, shown as text or as one page of HTML."""

from __future__ import annotations

import copy
from os import PathLike
from typing import Any

from glassnet.reports.page import report_page
from glassnet.saving.writing import check_target, write_atomically

__all__ = ["Report"]


class Report:
    """What a model is worth on some rows: ``report.facts`` is all of it as plain data, which JSON can hold.

    Made by ``model.report``, ``net.report`` and the command line; a notebook shows it as a page.

    Parameters
    ----------
    facts : dict
        What there is to say; the page leaves out the sections whose facts are not there.
    """

    def __init__(self, facts: dict[str, Any]) -> None:
        self.facts = facts

    def to_dict(self) -> dict[str, Any]:
        """Return a copy of the facts, JSON-able."""
        return copy.deepcopy(self.facts)

    def to_html(self) -> str:
        """Return one page of HTML that loads no other files."""
        return report_page(self.facts)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the page to ``path``."""
        write_atomically(check_target(path), self.to_html().encode())
