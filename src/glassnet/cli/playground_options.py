"""The options of ``glassnet playground``, beside those of all commands that read a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from glassnet.cli.arguments import FIRST, as_number, declared, option
from glassnet.cli.completion import complete_columns, complete_tables
from glassnet.utils.checks import check_integer

__all__ = ["PlaygroundOptions"]


@dataclass(frozen=True)
class PlaygroundOptions:
    """The options of ``glassnet playground``."""

    target: str | None = option(
        "The column to predict.", FIRST, "COLUMN", short="-t", usual="the likeliest", complete=complete_columns
    )
    data: str | None = option("The rows for a MODEL: a table with its target.", FIRST, "DATA", complete=complete_tables)
    port: int = option(
        "Port to listen on; 0 for a free one.", FIRST, default=0, parse=as_number,
        check=partial(check_integer, minimum=0, maximum=65_535),
    )  # fmt: skip
    no_browser: bool = option("Print the address and open no browser.", FIRST, default=False)
    host: str = option("Address to listen on.", FIRST, "ADDRESS", default="127.0.0.1")
    allow_remote: bool = option(
        "Accept connections from other computers: whoever has the address can read the data, unencrypted.",
        FIRST,
        default=False,
    )

    @classmethod
    def from_texts(cls, texts: Mapping[str, Any]) -> PlaygroundOptions:
        """Return the options for what was typed, by field name."""
        return cls(**{name: each.parse(texts[name]) for name, (each, _) in declared(cls).items()})

    def check(self, where: str) -> None:
        """Raise an error for an option with a value that is not allowed."""
        check_integer(where, "--port", self.port, 0, maximum=65_535)
