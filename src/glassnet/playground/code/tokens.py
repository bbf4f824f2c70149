"""A look at pasted code before it is parsed: no text may make the parser, or what walks its tree, go deep or long."""

from __future__ import annotations

import io
import keyword
import tokenize
import unicodedata
from collections.abc import Iterator
from contextlib import suppress

from glassnet.errors import FormatError

__all__ = ["ALLOWED", "MOST_CHARACTERS", "check_tokens", "refusal"]

MOST_CHARACTERS = 200_000
_MOST_LINES = 3_000
_MOST_TOKENS = 40_000
_DEEPEST = 30  # brackets in brackets
_LONGEST = 200  # tokens from the outside to any place without a comma between: what makes a tree deep
_LONGEST_NUMBER = 40

ALLOWED = (
    "The page reads imports of glassnet, names given to numbers, texts, lists and what glassnet's constructors make, "
    "gn.datasets, net.fit, net.stepwise, run.advance and run.change, with plain values."
)
"""What may stand in code that is pasted."""

_KEYWORDS = frozenset({"import", "from", "as", "None", "True", "False"})


def refusal(line: int, what: str, advice: str = ALLOWED) -> FormatError:
    """Return the error for something that is not read: the line, what is there, and what may be there."""
    end = "" if what.endswith("?") else "."
    return FormatError(f"line {line}: {what}{end} {advice}".rstrip(), expected=advice, got=what)


def check_tokens(text: str) -> None:
    """Refuse code that is too long or too deep, has words that are never read, or letters that look like others.

    Raises
    ------
    FormatError
        One sentence with the line.
    """
    if len(text) > MOST_CHARACTERS or text.count("\n") > _MOST_LINES:
        got = f"{len(text):,} characters on {text.count(chr(10)) + 1:,} lines"
        message = f"code: it has {got}; it must have at most {MOST_CHARACTERS:,} on {_MOST_LINES:,}."
        raise FormatError(message, got=got)
    for number, row in enumerate(text.split("\n"), 1):
        hidden = next((c for c in row if c not in "\t\r" and unicodedata.category(c) in ("Cc", "Cf", "Cs")), None)
        if hidden is not None:
            what = f"the invisible character U+{ord(hidden):04X} is there; there must be none"
            raise refusal(number, what, "Delete it.")
    open_levels = [0]
    for count, token in enumerate(_tokens(text)):
        line = token.start[0]
        if count > _MOST_TOKENS:
            raise refusal(
                line, f"there are too many words and signs; there must be at most {_MOST_TOKENS:,}", "Shorten it."
            )
        _check_token(token, line)
        _count(token, open_levels)
        if len(open_levels) > _DEEPEST or sum(open_levels) > _LONGEST:
            raise refusal(line, "the expression is too deep or too long", "Give its parts names of their own.")


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    """Yield the tokens of a text up to its end, or to where it is no Python, which the parser then says best."""
    with suppress(tokenize.TokenError, SyntaxError):
        yield from tokenize.generate_tokens(io.StringIO(text).readline)


def _check_token(token: tokenize.TokenInfo, line: int) -> None:
    """Refuse words and signs that are never read."""
    if token.type == tokenize.NAME:
        if not token.string.isascii():
            raise refusal(line, f"the name {token.string[:40]!r} has other letters than plain ones; it must have none")
        if keyword.iskeyword(token.string) and token.string not in _KEYWORDS:
            raise refusal(line, f"{token.string!r} is not read")
    elif token.type == tokenize.NUMBER and len(token.string) > _LONGEST_NUMBER:
        raise refusal(line, f"a number has {len(token.string)} digits; it must have at most {_LONGEST_NUMBER}")
    elif token.type == tokenize.INDENT:
        raise refusal(line, "indented blocks are not read")
    elif _is_formatted(token):
        raise refusal(line, "texts with values in them (f-strings) are not read")


def _is_formatted(token: tokenize.TokenInfo) -> bool:
    """Return whether a token is an f-string, or from Python 3.12 on begins one."""
    is_text = token.type == tokenize.STRING
    prefix = token.string.partition(token.string[-1])[0] if is_text else ""
    return "f" in prefix.lower() or tokenize.tok_name[token.type].endswith("STRING_START")


def _count(token: tokenize.TokenInfo, open_levels: list[int]) -> None:
    """Count the tokens since the last comma at each level of brackets."""
    if token.string in ("(", "[", "{"):
        open_levels[-1] += 1
        open_levels.append(0)
    elif token.string in (")", "]", "}"):
        if len(open_levels) > 1:
            open_levels.pop()
    elif token.string == "," or token.type == tokenize.NEWLINE:
        open_levels[-1] = 0
    elif token.type not in (tokenize.NL, tokenize.COMMENT):
        open_levels[-1] += 1
