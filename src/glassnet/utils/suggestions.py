"""What to suggest for a word that is not one of the choices: ours for another library's, or the one spelled alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from functools import cache
from itertools import islice

from glassnet.utils.absences import ABSENT
from glassnet.utils.synonyms import SAME

__all__ = ["did_you_mean", "nearest", "nearest_file", "suggestion"]

_LONGEST = 100  # characters: a longer text is no misspelt name, and comparing all of it would be slow
_LONG = 5  # letters of a word that is long enough to be recognised with a slip
_MOST = 20_000  # choices that are compared
_VALIDATION = re.compile(r"(val|valid|validation|eval|dev)[_ -]")


def suggestion(word: object, choices: Iterable[str], show: Callable[[str], str] = repr) -> str:
    """Return the sentence that helps someone who wrote ``word`` in place of one of our ``choices``, or "".

    A word that other libraries use is answered with ours for the same thing, or with a sentence on what is not here;
    it is never taken for a misspelling of something else. ``show`` writes the choice in the sentence.

    Examples
    --------
    >>> suggestion("swish", ["mish", "relu", "silu"]), suggestion("--lr", ["rate", "layers"], "--{}".format)
    ("Did you mean 'silu'?", 'Did you mean --rate?')
    >>> suggestion("recipe", ["recipes"]), suggestion("okk", ["ok", "a"])
    ("Did you mean 'recipes'?", "Did you mean 'ok'?")
    >>> suggestion("pr_auc", ["accuracy", "auc"])
    "Average precision is not here; 'auc' is the area under the ROC curve."
    """
    names = list(choices)
    text = str(word)[:_LONGEST]
    near = _equal(text, names) or _synonym(text, names) or _of_validation(text, names)
    if near is not None:
        return did_you_mean(near, show)
    sentence = _absent(text, names)
    if sentence is not None:
        return sentence
    if _plain(text) in _words():
        return did_you_mean(_in_other_number(text, names), show)
    return did_you_mean(nearest(text, names) or _misspelt_synonym(text, names), show)


def did_you_mean(near: str | None, show: Callable[[str], str] = repr) -> str:
    """Return the question with a suggestion, "" without one.

    Examples
    --------
    >>> did_you_mean("relu"), did_you_mean(None)
    ("Did you mean 'relu'?", '')
    """
    return f"Did you mean {show(near)}?" if near else ""


def nearest(value: object, choices: Iterable[str]) -> str | None:
    """Return the choice that is spelled alike, ignoring case, blanks and punctuation; None if none is near.

    Near is one that differs by a slip or two, the more the longer it is, or the only one that begins with the word or
    contains it.

    Examples
    --------
    >>> nearest("Relu", ["elu", "relu"]), nearest("bill length", ["bill_length_mm", "year"])
    ('relu', 'bill_length_mm')
    >>> nearest("titanic", ["income"]) is nearest("model", ["help"]) is None
    True
    """
    word = _plain(str(value)[:_LONGEST])
    names = [(_plain(choice[:_LONGEST]), choice) for choice in islice(choices, _MOST)]
    if not word:
        return None
    near = min(filter(None, (_slips(word, name, i) for i, (name, _) in enumerate(names))), default=None)
    if near is not None:
        return names[near[1]][1]
    for found in (
        [choice for name, choice in names if name.startswith(word) and (len(word) > 2 or len(name) - len(word) < 2)],
        [choice for name, choice in names if len(word) > 3 and word in name],
        [choice for name, choice in names if len(name) == 2 and len(word) == 3 and word.startswith(name)],
    ):
        if len(found) == 1:
            return found[0]
    return None


def nearest_file(name: str, names: Iterable[str]) -> str | None:
    """Return the file that is most likely meant: its name is spelled alike, or has another ending.

    Examples
    --------
    >>> nearest_file("godo.csv", ["good.csv"]), nearest_file("good.tsv", ["good.csv"])
    ('good.csv', 'good.csv')
    >>> nearest_file("a.csv", ["b.csv"]) is nearest_file("titanic.csv", ["income.csv"]) is None
    True
    """
    there = list(names)
    stem, _, ending = name.partition(".")
    alike = {other.partition(".")[0]: other for other in there if other.partition(".")[2].lower() == ending.lower()}
    near = nearest(stem, alike)
    if near is not None:
        return alike[near]
    return next((other for other in there if _plain(other.partition(".")[0]) == _plain(stem) != ""), None)


def _equal(word: str, choices: Collection[str]) -> str | None:
    """Return the choice that is the word but for case and punctuation."""
    return next((choice for choice in choices if _plain(choice) == _plain(word) != ""), None)


def _in_other_number(word: str, choices: Collection[str]) -> str | None:
    """Return the choice that is the plural of the word, or its singular."""
    return next((choice for choice in choices if _plain(choice).rstrip("s") == _plain(word).rstrip("s")), None)


def _synonym(word: str, choices: Collection[str]) -> str | None:
    """Return the choice that means the same."""
    by_form = {_plain(choice): choice for choice in choices}
    for group in _words().get(_plain(word), ()):
        for other in group:
            if other in by_form:
                return by_form[other]
    return None


def _misspelt_synonym(word: str, choices: Collection[str]) -> str | None:
    """Return the choice that means the same as a long word that is spelled alike."""
    form = _plain(word)
    if len(form) < _LONG:
        return None
    by_form = {_plain(choice) for choice in choices}
    known = (one for one, groups in _words().items() if any(not by_form.isdisjoint(group) for group in groups))
    words = [one for one in known if len(one) >= _LONG]
    slips, place = min(filter(None, (_slips(form, one, i) for i, one in enumerate(words))), default=(_LONG, 0))
    return _synonym(words[place], choices) if slips <= 2 else None


def _of_validation(word: str, choices: Collection[str]) -> str | None:
    """Return the column of the history for the word, with ``val_`` or nothing in place of ``valid_``."""
    columns = {choice.removeprefix("valid_"): choice for choice in choices if choice.startswith("valid_")}
    rest = _VALIDATION.sub("", word.lower(), count=1)
    near = _equal(rest, columns) or _synonym(rest, columns) if columns else None
    return None if near is None else columns[near]


def _absent(word: str, choices: Collection[str]) -> str | None:
    """Return the sentence on what is not here under any name; None if the word is not known to be such."""
    for place, words, sentence in ABSENT:
        if place in choices and _plain(word) in map(_plain, words.split()):
            return sentence
    is_of_validation = bool(_VALIDATION.match(word.lower()))
    if is_of_validation and "loss" in choices and not any(map(_VALIDATION.match, choices)):
        return "Pass validation_data or validation_split."
    return None


@cache
def _words() -> dict[str, list[tuple[str, ...]]]:
    """Return the groups of each word of the table, all in their plain form."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for group in SAME:
        forms = tuple(map(_plain, group))
        for form in dict.fromkeys(forms):
            found.setdefault(form, []).append(forms)
    return found


def _plain(word: str) -> str:
    """Return letters and digits alone, in small letters."""
    return "".join(filter(str.isalnum, word)).lower()


def _limit(word: str, name: str) -> int:
    """Return how many slips make one word of another: none in two letters, three in nine or more."""
    return min(3, min(len(word), len(name)) // 3)


def _slips(word: str, name: str, place: int) -> tuple[int, int] | None:
    """Return how many slips lie between near words, with the place of the second; None if they are not near."""
    limit = _limit(word, name)
    if abs(len(word) - len(name)) > limit or len(set(word) ^ set(name)) > 2 * limit:
        return None  # found out more quickly than the distance
    slips = _distance(word, name, limit)
    return (slips, place) if slips <= limit else None


def _distance(a: str, b: str, limit: int) -> int:
    """Return how many letters to add, drop, replace or swap with the next one; any more than ``limit`` if they are."""
    while a and b and a[0] == b[0]:
        a, b = a[1:], b[1:]
    while a and b and a[-1] == b[-1]:
        a, b = a[:-1], b[:-1]
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        row = [i]
        for j, other in enumerate(b, 1):
            best = min(last[j] + 1, row[-1] + 1, last[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                best = min(best, before[j - 2] + 1)
            row.append(best)
        if min(row) > limit and min(last) > limit:
            return limit + 1
        before, last = last, row
    return last[-1]
