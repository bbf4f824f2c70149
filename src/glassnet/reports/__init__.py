"""Reports: what a model is worth on some rows, as one object for Python, notebooks and the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glassnet.reports.report import Report
from glassnet.utils.keywords import unknown_name

__all__ = ["Report"]


if not TYPE_CHECKING:  # a checker would take every name for one that exists

    def __getattr__(name: str) -> Any:
        raise unknown_name(__name__, name, __all__)
