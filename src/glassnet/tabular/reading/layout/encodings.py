"""Find the encoding of a text file from its bytes."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence

from glassnet.errors import ConfigError, DataError

__all__ = [
    "LEGACY_NAMES",
    "checked_encoding",
    "encoding_of_beginning",
    "first_foreign_word",
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
_OTHERS = ("cp1250", "cp1251", "mac_roman", "cp850", "cp932", "gb18030", "cp949")
_CONTROLS = re.compile("[\x80-\x9f]")
_MOST = 0.1  # share of the characters beyond ASCII that may be unusual


def checked_encoding(where: str, encoding: str) -> str:
    """Return the name of an encoding; raise an error if Python knows none of that name."""
    try:
        "a".encode(codecs.lookup(encoding).name)
        return codecs.lookup(encoding).name
    except (LookupError, ValueError, TypeError) as error:
        message = f"{where}: encoding must be one that Python knows, such as 'utf-8' or 'cp1252', got {encoding!r}."
        raise ConfigError(message, expected="an encoding", got=encoding) from error


def encoding_of_beginning(first: bytes) -> str:
    r"""Return the encoding that a mark or the places of zero bytes tell, otherwise "utf-8".

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


def legacy_encoding(where: str, lines: Sequence[tuple[int, bytes]], spelled: str) -> str:
    r"""Return "cp1252" for lines that are not UTF-8 if their characters are those of Western European text.

    Parameters
    ----------
    where : str
        Start of error messages.
    lines : sequence of (int, bytes)
        Lines with characters beyond ASCII, and their numbers.
    spelled : str
        The option for the encoding with a value to fill in, for the message.

    Raises
    ------
    DataError
        It may as well be another encoding; the message shows a word as several would read it.

    Examples
    --------
    >>> legacy_encoding("read_table", [(2, "Genève".encode("latin-1"))], "encoding='cp1250'")
    'cp1252'
    """
    text = b"\n".join(line for _, line in lines)
    high = _HIGH.findall(text)
    n_high = sum(map(len, high))
    long = sum(len(run) for run in high if len(run) > 2)
    odd = len(_UNUSUAL.findall(text)) + len(_UNDEFINED.findall(text))
    if odd <= _MOST * n_high and long <= 0.3 * n_high and not _UNDEFINED.search(text):
        return "cp1252"
    number, word = next(
        ((number, word) for number, line in lines for word in _WORD.findall(line) if _UNUSUAL.search(word)),
        next((number, word) for number, line in lines for word in _WORD.findall(line) if _HIGH.search(word)),
    )
    shown: list[tuple[str, str]] = []
    for encoding in ("cp1252", *_OTHERS):
        try:
            read = word[:20].decode(encoding)
        except UnicodeDecodeError:
            continue
        if read.isprintable() and all(read != other for _, other in shown):
            shown.append((encoding, read))
    said = ", ".join(f"{read!r} in {encoding}" for encoding, read in shown[:5])
    advice = f"Pass the right one, such as {spelled}."
    message = f"{where}: the encoding must be plain, but line {number} is not UTF-8 and may be {said}. {advice}"
    raise DataError(message, expected="UTF-8", got=word)


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
