"""Columns that a person must decide about, in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from glassnet.errors import DataError

__all__ = ["Doubt", "doubt_error"]

_SHOWN = 8


@dataclass(frozen=True)
class Doubt:
    """A column that can be read in more than one way, or not wholly in any.

    ``fact`` shows the cells, and ``choices`` are the options that decide, in the words of the caller.
    """

    name: str
    fact: str
    choices: str


def doubt_error(where: str, doubts: Sequence[Doubt]) -> DataError:
    """Return one error for all columns that must be decided; it has choices and facts of each by name.

    Examples
    --------
    >>> doubt = Doubt("v", "'1,250' may be 1250 or 1.25", "thousands=',' or decimal=','")
    >>> str(doubt_error("to_table", [doubt]))
    "to_table: column 'v' is ambiguous: '1,250' may be 1250 or 1.25. Pass thousands=',' or decimal=','."
    """
    if len(doubts) == 1:
        only = doubts[0]
        message = f"{where}: column {only.name!r} is ambiguous: {only.fact}. Pass {only.choices}."
    else:
        each = "; ".join(f"{one.name!r}: {one.fact} ({one.choices})" for one in doubts[:_SHOWN])
        more = f"; and {len(doubts) - _SHOWN} more" if len(doubts) > _SHOWN else ""
        message = f"{where}: {len(doubts)} columns are ambiguous: {each}{more}."
    choices, facts = ({one.name: getattr(one, part) for one in doubts} for part in ("choices", "fact"))
    return DataError(message, expected=choices, got=facts)
