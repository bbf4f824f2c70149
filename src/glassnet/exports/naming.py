"""Names in exported files: identifiers from any text, and any text inside comments."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable

from glassnet.utils.wording import shortened

__all__ = ["comment_text", "identifier", "identifiers"]

_LONGEST = 60  # characters of an identifier; C99 promises 31 significant ones, all compilers in use have more
_LONGEST_TEXT = 200
_ENDS_COMMENT = {"*/": "* /", "/*": "/ *", "-->": "-- >", "</": "< /", "??": "? ?", "\\": "/"}


def identifier(text: str, taken: Collection[str] = (), *, fallback: str = "value") -> str:
    """Return an identifier of C, Python and JavaScript that resembles a text and is not ``taken``.

    It has small letters, digits and underscores, starts with a letter, and has none twice in a row, since C++ keeps
    names with two underscores to itself.

    Examples
    --------
    >>> identifier("Größe (cm)"), identifier("9 lives"), identifier("class", {"class"}), identifier("速度")
    ('grosse_cm', 'v9_lives', 'class_2', 'value')
    """
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    plain = plain.encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:_LONGEST].strip("_")
    plain = plain or fallback
    plain = f"v{plain}" if plain[0].isdigit() else plain
    found, number = plain, 1
    while found in taken:
        number += 1
        found = f"{plain}_{number}"
    return found


def identifiers(texts: Iterable[str], reserved: Collection[str] = (), *, fallback: str = "value") -> list[str]:
    """Return a different identifier for each text, none of them ``reserved``."""
    taken = set(reserved)
    found = []
    for text in texts:
        found.append(identifier(text, taken, fallback=fallback))
        taken.add(found[-1])
    return found


def comment_text(text: str) -> str:
    r"""Return a text that ends no comment of C, JavaScript, HTML or Python, in one line of printable ASCII.

    Examples
    --------
    >>> comment_text("a*/b\nc</script>é")
    'a* /b c< /script>?'
    """
    plain = " ".join(text.split())
    plain = "".join(c if " " <= c <= "~" else "?" for c in plain)
    for end, harmless in _ENDS_COMMENT.items():
        while end in plain:
            plain = plain.replace(end, harmless)
    return shortened(plain, _LONGEST_TEXT, "...")
