"""Reports: what a model is worth on some rows, as one object for Python, notebooks and the command line."""

from __future__ import annotations

from glassnet.reports.report import Report

__all__ = ["Report"]
