"""Where the data of an experiment come from: toys, drawn points, tables, arrays and models."""

from __future__ import annotations

__all__: list[str] = []
