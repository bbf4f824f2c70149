"""What may look on while a command works."""

from __future__ import annotations

from typing import Any

from glassnet.training import Callback

__all__ = ["Watcher"]


class Watcher:
    """Is told what a command is doing; this one does nothing about it."""

    def phase(self, doing: str) -> None:
        """Take note of what begins now, such as ``"reading data.csv"``."""

    def facts(self, facts: dict[str, Any]) -> None:
        """Take note of what became known, such as ``{"task": "regression"}``."""

    def callbacks(self, model: str) -> list[Callback]:
        """Return the callbacks for the training of ``model``, ``"linear"`` or ``"network"``."""
        return []
