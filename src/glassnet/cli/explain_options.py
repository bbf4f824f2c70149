"""The options of ``glassnet explain``, beside those of all commands that read a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from glassnet.cli.arguments import FIRST, as_number, declared, flag_of, option
from glassnet.cli.completion import complete_layers
from glassnet.errors import ConfigError
from glassnet.utils.checks import check_integer

__all__ = ["ExplainOptions"]

_STEP = "The training step"
_count = partial(check_integer, minimum=1)


@dataclass(frozen=True)
class ExplainOptions:
    """The options of ``glassnet explain``."""

    row: int = option("The row to explain, counted from 1.", FIRST, short="-r", default=1, parse=as_number)
    html: str | None = option("Write a page with a drawing of the network instead of text.", FIRST, "FILE")
    step: bool = option("Show a training step on this row, worked by hand.", _STEP, default=False)
    layer: str | None = option("Show only the part of this layer in the step.", _STEP, "NAME", complete=complete_layers)
    full: bool = option("Show large arrays whole, and work every entry.", _STEP, default=False)
    digits: int = option("Significant digits; 17 are exact.", _STEP, default=4, parse=as_number, check=_count)

    @classmethod
    def from_texts(cls, texts: Mapping[str, Any]) -> ExplainOptions:
        """Return the options for what was typed, by field name."""
        return cls(**{name: each.parse(texts[name]) for name, (each, _) in declared(cls).items()})

    def check(self, where: str) -> None:
        """Raise an error for an option with a value that is not allowed."""
        for name, (each, _) in declared(type(self)).items():
            if each.check is not None:
                each.check(where, flag_of(name), getattr(self, name))
        if self.full and not self.shows_step and self.html is None:
            message = (
                f"{where}: --full is given without --step; it is for the training step. Add --step, or --layer NAME."
            )
            raise ConfigError(message, expected="--step", got="--full")

    @property
    def shows_step(self) -> bool:
        """Whether the training step is asked for."""
        return self.step or self.layer is not None
