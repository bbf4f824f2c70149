"""What a report offers, for the annotations of floors below the one that makes it."""

from __future__ import annotations

import os
from typing import Any, Protocol

__all__ = ["ReportLike"]


class ReportLike(Protocol):
    """A `glassnet.reports.Report`: ``print`` shows it as text, a notebook as a page."""

    facts: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return a copy of the facts, JSON-able."""

    def to_html(self) -> str:
        """Return one page of HTML that loads no other files."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page to ``path``, a name that ends in ``.html``."""

    def _repr_html_(self) -> str: ...
