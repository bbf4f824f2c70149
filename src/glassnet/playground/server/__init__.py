"""The playground over HTTP, for the browsers of this computer."""

from __future__ import annotations

__all__: list[str] = []
