"""What is wrong with the run that is looked at, found beside the training, and the remedies that helped when tried."""

from __future__ import annotations

__all__: list[str] = []
