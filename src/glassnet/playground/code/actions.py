"""What a program does with its network, one thing after the other, as plain data."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

__all__ = ["Action", "Advance", "Change", "Fit", "SetWeight"]


@dataclasses.dataclass(frozen=True)
class Fit:
    """So many epochs with this batch size, after which settings stay."""

    epochs: int
    batch_size: int


@dataclasses.dataclass(frozen=True)
class Advance:
    """So many steps."""

    steps: int


@dataclasses.dataclass(frozen=True)
class Change:
    """Settings that change between two steps, as `glassnet.training.SteppedRun.change` takes them."""

    changes: Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class SetWeight:
    """One parameter, by its place among all of them, that is set by hand."""

    place: int
    value: float
    name: str = dataclasses.field(default="", compare=False)  # for people


Action = Fit | Advance | Change | SetWeight
