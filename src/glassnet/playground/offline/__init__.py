"""The engine of a page without a server, in JavaScript, and what Python puts into such a page."""

from __future__ import annotations

__all__: list[str] = []
