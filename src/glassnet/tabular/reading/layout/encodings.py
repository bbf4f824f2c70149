"""Find the encoding of a text file from its bytes."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Sequence

from glassnet.errors import ConfigError, DataError

__all__ = [
    "LEGACY_NAMES",
    "checked_encoding",
    "encoding_of_beginning",
    "first_foreign_word",
    "given_encoding",
    "legacy_encoding",
    "without_controls",
]

LEGACY_NAMES = {
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32": "UTF-32",
    "cp1252": "Windows-1252",
}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_WORD = re.compile(rb"[^\s,;|\"]+")
_HIGH = re.compile(rb"[\x80-\xff]+")
# Letters that Western text hardly has, and signs between letters: in another encoding they are letters.
_UNUSUAL = re.compile(
    rb"[\x83\x88\x8a\x8e\x98\x9a\x9e\x9f\xd0\xd7\xde\xf0\xf7\xfe]|(?<=[A-Za-z])[\xa1-\xbf](?=[A-Za-z])"
)
_OTHERS = ("cp1250", "cp1251", "mac_roman", "cp850")
# The frequent characters of each; of encodings that fit equally well the first is advised.
_EAST_ASIAN = {
    "cp949": re.compile(rb"[\xb0-\xc8][\xa1-\xfe]"),
    "gb18030": re.compile(rb"[\xb0-\xd7][\xa1-\xfe]"),
    "cp932": re.compile(rb"[\x82\x83\x88-\x98][\x40-\xfc]"),
    "big5": re.compile(rb"[\xa4-\xc6][\x40-\xfe]"),
    "euc_jp": re.compile(rb"[\xa4\xa5\xb0-\xcf][\xa1-\xfe]"),
}
_EAST_ASIAN_TEXT = re.compile("[\u2010-\u2027\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60]+")
_BESIDE_LETTERS = re.compile("[A-Za-z][\u3040-\ud7a3]|[\u3040-\ud7a3][A-Za-z]")
_CYRILLIC = re.compile("[\u0400-\u045f][\u0430-\u045f]+|[\u0400-\u042f]{1,3}|[A-Za-z0-9_]+")
_NO_TEXT = frozenset({"punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined"})
_CONTROLS = re.compile("[\x80-\x9f]")
_FREQUENT = 0.4  # share of frequent characters that a text has at least
_PAIRS = 0.25  # share of characters that are two bytes beyond ASCII, not one and a letter such as in "°C"
_MOST = 0.1  # share of the characters beyond ASCII that may be unusual


def checked_encoding(where: str, encoding: str) -> str:
    """Return the name of an encoding; raise an error if Python knows none of that name, or it is none of files."""
    try:
        name = codecs.lookup(encoding).name
        "a".encode(name)
    except (LookupError, ValueError, TypeError) as error:
        must = "it must be one that Python knows, such as 'utf-8' or 'cp1252'"
        message = f"{where}: encoding is {encoding!r}; {must}."
        raise ConfigError(message, expected="an encoding", got=encoding) from error
    if name.replace("_", "-") in _NO_TEXT:
        message = f"{where}: encoding is {encoding!r}; it must be one of text files, such as 'utf-8' or 'cp1252'."
        raise ConfigError(message, expected="an encoding", got=encoding)
    return name


def given_encoding(where: str, encoding: str, first: bytes) -> str:
    r"""Return the name of an encoding that was asked for, with or without a mark as the file begins.

    Raises
    ------
    DataError
        It has zero bytes in every table, and the file has none.

    Examples
    --------
    >>> given_encoding("read_table", "utf-8", "\ufeffa,b".encode()), given_encoding("read_table", "utf_16", b"a\0,\0")
    ('utf-8-sig', 'utf-16-le')
    """
    name = checked_encoding(where, encoding)
    found = encoding_of_beginning(first)
    if found.startswith(name) or (found.startswith("utf-16") and name.startswith(found)):
        return found
    if name.startswith(("utf-16", "utf-32")) and b"\x00" not in first:
        shown = LEGACY_NAMES.get(name, name)
        advice = "Leave the option out, or pass the right one."
        message = f"{where}: no byte of the file is zero; {shown} text must have some. {advice}"
        raise DataError(message, expected=shown, got=first[:10])
    return name


def encoding_of_beginning(first: bytes) -> str:
    r"""Return the encoding that a mark or the places of zero bytes show, otherwise "utf-8".

    Examples
    --------
    >>> [encoding_of_beginning("a;ö\n1;2\n".encode(name)) for name in ("utf-16", "utf-16-le", "utf-8", "utf-8-sig")]
    ['utf-16', 'utf-16-le', 'utf-8', 'utf-8-sig']
    """
    for mark, encoding in _MARKS:
        if first.startswith(mark):
            return encoding
    head = first[:4000]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) > 0.3 * len(head) / 2 and min(even, odd) < 0.05 * len(head) / 2:
        return "utf-16-le" if odd > even else "utf-16-be"
    return "utf-8"


def legacy_encoding(where: str, lines: Sequence[tuple[int, bytes]], spelled: Callable[[str], str]) -> str:
    r"""Return "cp1252" for lines that are not UTF-8 if their characters are those of Western European text.

    Parameters
    ----------
    where : str
        Start of error messages.
    lines : sequence of (int, bytes)
        Lines with characters beyond ASCII, and their numbers.
    spelled : callable
        Returns the option for an encoding as a user writes it, for the message.

    Raises
    ------
    DataError
        It may as well be another encoding; the message shows a word as several would read it.

    Examples
    --------
    >>> legacy_encoding("read_table", [(2, "Genève".encode("latin-1"))], repr)
    'cp1252'
    """
    text = b"\n".join(line for _, line in lines)
    high = _HIGH.findall(text)
    n_high = sum(map(len, high))
    long = sum(len(run) for run in high if len(run) > 2)
    odd = len(_UNUSUAL.findall(text)) + len(_UNDEFINED.findall(text))
    is_cyrillic = all(map(_CYRILLIC.fullmatch, re.findall(r"\w+", text.decode("cp1251", "replace"))))
    east_asian = [] if is_cyrillic and long else _east_asian(text)
    if odd <= _MOST * n_high and long <= 0.3 * n_high and not _UNDEFINED.search(text) and not east_asian:
        return "cp1252"
    number, line, word = next(
        ((number, line, word) for number, line in lines for word in _WORD.findall(line) if _UNUSUAL.search(word)),
        next((number, line, word) for number, line in lines for word in _WORD.findall(line) if _HIGH.search(word)),
    )
    shown = [(encoding, first_foreign_word(line, encoding)[:20]) for encoding in east_asian[:3]]
    for encoding in ("cp1252", *_OTHERS):
        try:
            read = word[:20].decode(encoding)
        except UnicodeDecodeError:
            continue
        if read.isprintable() and all(read != other for _, other in shown):
            shown.append((encoding, read))
    said = ", ".join(f"{read!r} in {encoding}" for encoding, read in shown[:5])
    best = east_asian[0] if east_asian else "cp1251" if is_cyrillic else "cp1250"
    advice = f"Pass the one that reads right, such as {spelled(best)}."
    fact = f"line {number} is not UTF-8 and may be {said}"
    message = f"{where}: {fact}; the encoding must be plain. {advice}"
    raise DataError(message, expected="UTF-8", got=word)


def _east_asian(text: bytes) -> list[str]:
    """Return the East Asian encodings that all of a text may have, the likeliest first.

    An accent in a Western word makes a character of two bytes with the next letter, beside other letters.
    """
    shares: dict[str, float] = {}
    for encoding, frequent in _EAST_ASIAN.items():
        try:
            read = text.decode(encoding)
        except UnicodeDecodeError:
            continue
        runs = _EAST_ASIAN_TEXT.findall(read)
        foreign = [character.encode(encoding) for character in read if not character.isascii()]
        pairs = sum(character[-1] > 127 for character in foreign)
        of_letters = 2 * len(_BESIDE_LETTERS.findall(read)) >= len(runs)
        if of_letters or sum(map(len, runs)) < len(foreign) or pairs < _PAIRS * len(foreign):
            continue
        share = sum(map(bool, map(frequent.fullmatch, foreign))) / len(foreign)
        if share >= _FREQUENT:
            shares[encoding] = share
    return sorted(shares, key=lambda encoding: -shares[encoding])


def first_foreign_word(line: bytes, encoding: str) -> str:
    """Return the first word of a line with characters beyond ASCII.

    Examples
    --------
    >>> first_foreign_word("1;Genève;5".encode("cp1252"), "cp1252")
    'Genève'
    """
    words = (word.decode(encoding, "replace") for word in _WORD.findall(line))
    return next((word for word in words if not word.isascii()), "")


def without_controls(text: str) -> str:
    r"""Return a text in which control characters are the characters that Windows has in their places.

    They come from files that were read as Latin-1 and written as UTF-8; no text has them on purpose.

    Examples
    --------
    >>> without_controls("it\x92s \x80 5")
    'it’s € 5'
    """
    if text.isascii():
        return text
    return _CONTROLS.sub(lambda found: found[0].encode("latin-1").decode("cp1252", "replace"), text)
