"""The options of ``glassnet check``, beside those of all commands that read a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glassnet.cli.arguments import FIRST, declared, option
from glassnet.cli.completion import complete_columns

__all__ = ["CheckOptions"]


@dataclass(frozen=True)
class CheckOptions:
    """The options of ``glassnet check``."""

    target: str | None = option(
        "The column to predict; adds the likely task and the time of each recipe.", FIRST, "COLUMN",
        short="-t", complete=complete_columns,
    )  # fmt: skip
    drop: tuple[str, ...] = option(
        "Leave this column out; may be repeated.", FIRST, "COLUMN", default=(), parse=lambda names: tuple(names or ()),
        complete=complete_columns,
    )  # fmt: skip

    @classmethod
    def from_texts(cls, texts: Mapping[str, Any]) -> CheckOptions:
        """Return the options for what was typed, by field name."""
        return cls(**{name: each.parse(texts[name]) for name, (each, _) in declared(cls).items()})
