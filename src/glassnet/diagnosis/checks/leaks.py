"""What a search for leaking columns found."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Leak"]


class Leak(NamedTuple):
    """Columns that give the target away.

    Attributes
    ----------
    columns : list of int
        Their numbers, the clearest first.
    each : bool
        Whether each of them does so alone.
    how : str
        How nearly, as part of a sentence.
    score : float
        The same as a number up to 1.
    others : float
        Share of the variance of the answer that all other columns explain on held-out rows.
    others_in_words : str
        What the other columns bring, as part of a sentence.
    is_doubtful : bool
        Whether there may be another reason than a leak.
    """

    columns: list[int]
    each: bool
    how: str
    score: float
    others: float
    others_in_words: str
    is_doubtful: bool = False
