"""What the page can ask for, by theme: each function answers one command of the protocol."""

from __future__ import annotations

__all__: list[str] = []
