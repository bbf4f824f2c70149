"""A run as Python code, and Python code as a run."""

from __future__ import annotations

__all__: list[str] = []
