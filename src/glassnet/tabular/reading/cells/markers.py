"""Cells that mean "no value", and words that mean true and false."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import islice

__all__ = [
    "INFINITE", "MARKERS_IN_NUMBERS", "MISSING_IN_NUMBERS", "MISSING_MARKERS", "is_missing_in_numbers",
    "truth_of", "truth_words", "truths",
]  # fmt: skip

MISSING_MARKERS = frozenset({
    "", "?", "#N/A", "#N/A N/A", "#NA", "<NA>", "N/A", "NA", "NULL", "NaN", "NaT", "n/a", "nan", "null", "Null",
    "-nan", "-NaN", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN", "\\N", "(null)", "<null>", "[null]", "(NULL)",
    "<NULL>", "[NULL]", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!", "#NAME?", "#NULL!", "#SPILL!", "#CALC!",
    "#GETTING_DATA", "#ERROR!",
})  # fmt: skip
"""Cells that mean "no value", in any column."""

MISSING_IN_NUMBERS = frozenset({
    "-", "--", "---", ".", "..", "...", "\u2026", "\u2013", "\u2014", "_", "*", "**", "/", "none", "na", "nil", "n.a.",
    "n. a.", "n.a", "n.d.", "n.d", "nd", "k.a.", "k. a.", "k.a", "s/o", "s.o.", "s/d", "missing", "(missing)",
    "unknown", "unk", "undefined", "unavailable", "not available", "not applicable", "not measured", "not reported",
    "not specified", "no data", "nodata", "no value", "no answer", "n/k", "n/r", "empty", "blank", "(blank)",
    "(empty)", "void", "tbd", "tba", "err", "error", "invalid", "#missing", "<missing>", "unbekannt", "keine angabe",
    "fehlt", "inconnu", "non disponible", "desconocido", "sin datos",
})  # fmt: skip
"""Cells that mean "no value", in lower case, if every other cell of the column is a number, a date or a time.

In a column of words they are words: "None" may be a category.
"""

_PAIRS = (
    ("false", "true"), ("no", "yes"), ("f", "t"), ("n", "y"), ("off", "on"), ("nein", "ja"), ("non", "oui"),
    ("no", "s\u00ed"), ("no", "si"), ("falso", "verdadero"), ("falso", "vero"), ("faux", "vrai"), ("falsch", "wahr"),
    ("n\u00e3o", "sim"),
    ("nao", "sim"), ("nee", "ja"), ("nej", "ja"), ("nie", "tak"), ("absent", "present"), ("\u5426", "\u662f"),
    ("\u043d\u0435\u0442", "\u0434\u0430"),
)  # fmt: skip
_MOST_SPELLINGS = 24  # of the words of one pair

_INFINITE = ("inf", "+inf", "infinity", "+infinity", "\u221e", "-inf", "-infinity", "-\u221e")
INFINITE = {
    spelling: -math.inf if word.startswith("-") else math.inf
    for word in _INFINITE
    for spelling in (word, word.upper(), word.title(), word.capitalize())
}
"""Words for infinite numbers, in the usual spellings."""


_WEAK = frozenset(
    spelling for word in MISSING_IN_NUMBERS for spelling in (word, word.upper(), word.title(), word.capitalize())
)
MARKERS_IN_NUMBERS = MISSING_MARKERS | _WEAK
"""All cells that mean "no value" among numbers, dates and times, in the usual spellings."""


def is_missing_in_numbers(text: str, own: Iterable[str] = ()) -> bool:
    """Return whether a cell means "no value" among numbers, dates or times.

    Examples
    --------
    >>> is_missing_in_numbers("n.a."), is_missing_in_numbers("Missing"), is_missing_in_numbers("oops")
    (True, True, False)
    """
    return text in MARKERS_IN_NUMBERS or text in own


def truth_words(texts: Iterable[str]) -> dict[str, bool] | None:
    """Return the truth of each text, in any case, if all are words of one pair; None otherwise.

    The words true and false may stand alone; of the others both must occur, so that "no" may be a category.

    Examples
    --------
    >>> truth_words(["Yes", "no", "Y"])
    {'Yes': True, 'no': False, 'Y': True}
    >>> truth_words(["yes"]), truth_words(["yes", "no", "maybe"]), truth_words(["TRUE"])
    (None, None, {'TRUE': True})
    """
    few = list(islice(texts, _MOST_SPELLINGS + 1))
    if not few or len(few) > _MOST_SPELLINGS:
        return None
    found = {text: text.lower() for text in few}
    for meaning in _meanings():
        if not all(word in meaning for word in found.values()):
            continue
        values = {text: meaning[word] for text, word in found.items()}
        if len(set(values.values())) == 2 or set(found.values()) <= {"true", "false"}:
            return values
    return None


def truth_of(text: str, words: tuple[str, ...]) -> bool | None:
    """Return the truth of a text in a column whose words for false and true were ``words``; None if it has none.

    Examples
    --------
    >>> truth_of("Y", ("no", "yes")), truth_of("true", ()), truth_of("yes", ("false", "true"))
    (True, True, None)
    """
    return truths(words or ("false", "true")).get(text.lower())


def truths(words: tuple[str, ...]) -> dict[str, bool]:
    """Return the truth of all words that a column may hold if its words for false and true were ``words``.

    Without these it is that of each word alone.

    Examples
    --------
    >>> truths(("no", "yes"))
    {'n': False, 'y': True, 'no': False, 'yes': True}
    """
    wanted = {word.lower() for word in words}
    found: dict[str, bool] = {}
    for meaning in _meanings():
        if wanted <= meaning.keys():
            found = {**meaning, **found}
    return found


def _meanings() -> Iterator[dict[str, bool]]:
    """Yield the truth of the words of each pair, and of their first letters where these differ."""
    for false, true in _PAIRS:
        letters = {} if false[0] == true[0] else {false[0]: False, true[0]: True}
        yield {**letters, false: False, true: True}
