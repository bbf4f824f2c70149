"""``glassnet tune``: a search over a few settings of a recipe."""

from __future__ import annotations

__all__: list[str] = []
