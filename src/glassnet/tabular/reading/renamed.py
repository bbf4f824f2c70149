"""Find columns that a table has under another name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from glassnet.utils.suggestions import nearest
from glassnet.utils.wording import few

__all__ = ["ask_for_renamed", "find_equal", "find_renamed"]


def find_renamed(absent: Sequence[str], others: Iterable[str]) -> dict[str, str]:
    """Return for each absent name the one of ``others`` that is probably meant, if there is one.

    Names that differ in case, blanks and punctuation only come first; no name is meant twice.

    Examples
    --------
    >>> find_renamed(["body_mass", "year"], ["Body mass", "yaer", "sex"])
    {'body_mass': 'Body mass', 'year': 'yaer'}
    """
    left = [other for other in dict.fromkeys(others) if other not in absent]
    found: dict[str, str] = {}
    for choose in (_equal, nearest):
        for name in absent:
            near = None if name in found else choose(name, left)
            if near is not None:
                found[name] = near
                left.remove(near)
    return {name: found[name] for name in absent if name in found}


def _equal(name: str, others: Iterable[str]) -> str | None:
    return next(iter(find_equal(name, others)), None)


def find_equal(name: str, others: Iterable[str]) -> list[str]:
    """Return the names that differ in case, blanks and punctuation only.

    Examples
    --------
    >>> find_equal("body_mass", ["Body mass ", "body"])
    ['Body mass ']
    """
    return [other for other in others if _plain(other) == _plain(name) != ""]


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name)).casefold()


def ask_for_renamed(absent: Sequence[str], others: Iterable[str]) -> str:
    """Return the question after the columns that are probably meant by those that are absent; "" if there are none.

    Examples
    --------
    >>> ask_for_renamed(["b"], ["a", "B "]), ask_for_renamed(["b", "year"], ["B ", "Year"]), ask_for_renamed(["b"], [])
    ("Did you mean 'B '?", "Did you mean 'B ' for 'b', 'Year' for 'year'?", '')
    """
    found = find_renamed(absent, others)
    pairs = [f"{near!r}" if len(absent) == 1 else f"{near!r} for {name!r}" for name, near in found.items()]
    return f"Did you mean {few(pairs)}?" if pairs else ""
