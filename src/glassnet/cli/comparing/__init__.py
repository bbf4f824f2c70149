"""``glassnet compare``: several models trained on the same rows of a table, and ranked on the same test rows."""

from __future__ import annotations

__all__: list[str] = []
