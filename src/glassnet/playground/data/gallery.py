"""Named networks that fail, each with what `diagnose` finds about it, and networks that are healthy."""

from __future__ import annotations

__all__: list[str] = []
