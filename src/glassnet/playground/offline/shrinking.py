"""A page of one file without what it never uses: blanks and comments of its script, rules and texts of other pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

__all__ = ["tightened", "used_rules", "used_texts"]

_PART = re.compile(
    r"(?P<blank>[ \t]+)|(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<text>\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')"
    r"|(?P<word>[\w$#\u0080-\uffff]+)|(?P<sign>.|\n)",
    re.DOTALL,
)
_PATTERN = re.compile(r"/(?![*/])(?:[^\\/\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_CHARACTERS = re.compile(r"(?:[^\\`$]|\\.|\$(?!\{))*", re.DOTALL)
_OPERATORS = frozenset("+-*/%<>=!&|^?:.~")
_BEFORE_PATTERN = frozenset(("return", "typeof", "case", "in", "of", "void", "yield", "await", "=>"))
_STYLE_BLANK = re.compile(r"(\"[^\"]*\"|'[^']*')|/\*.*?\*/|(?<=[{};:,])[ \t]+|[ \t]+(?=[{}])", re.DOTALL)
_RULE = re.compile(r"^([^{}@]+)\{[^{}]*\}$")


@lru_cache(maxsize=4)
def tightened(script: str) -> str:
    r"""Return a script without comments and without the blanks that nothing needs; texts and lines stay as they are.

    Examples
    --------
    >>> tightened('const a = { b: "c  //  d" }; // why\nreturn a + +b / 2;')
    'const a={b:"c  //  d"};\nreturn a+ +b/2;'
    """
    made: list[str] = []
    waits = False  # a blank, until it is known whether it is needed
    for kind, part in _parts(script):
        if kind in ("blank", "comment"):
            waits = True
            continue
        last = made[-1][-1:] if made else "\n"
        if waits and _keeps_apart(last, part[0]):
            made.append(" ")
        made.append(part)
        waits = False
    return "".join(made)


def _keeps_apart(left: str, right: str) -> bool:
    """Return whether two characters without a blank between them might be read as something else."""
    return all(_is_of_word(each) or each in "\"'`" for each in (left, right)) or (
        (left in _OPERATORS and right in _OPERATORS) or (left.isdigit() and right == ".")
    )


def _is_of_word(character: str) -> bool:
    return character.isalnum() or character in "_$#"


def _parts(script: str) -> Iterator[tuple[str, str]]:
    """Yield the parts of a script in order, each with its kind; together they are the script."""
    place, before, braces = 0, "", list[int]()  # the braces that are open within each template
    while place < len(script):
        pattern = _PATTERN.match(script, place) if _may_be_pattern(before) else None
        found = pattern or _PART.match(script, place)
        assert found is not None
        kind, part = "text" if pattern else str(found.lastgroup), found[0]
        if part == "`" or (part == "}" and braces and braces[-1] == 0):
            part, is_open = _template(script, place)
            if script[place] == "}":
                braces.pop()
            if is_open:
                braces.append(0)
            kind = "text"
        elif braces and part in ("{", "}"):
            braces[-1] += 1 if part == "{" else -1
        yield kind, part
        place += len(part)
        if kind not in ("blank", "comment") and part != "\n":
            before = part


def _template(script: str, start: int) -> tuple[str, bool]:
    """Return the characters of a template up to its end or to the next value in it, and whether there is one."""
    found = _CHARACTERS.match(script, start + 1)
    assert found is not None
    is_open = script.startswith("${", found.end())
    return script[start : found.end() + (2 if is_open else 1)], is_open


def _may_be_pattern(before: str) -> bool:
    """Return whether a slash after this part begins a regular expression, not a division."""
    return not before or before in _BEFORE_PATTERN or not (_is_of_word(before[-1]) or before[-1] in ")]}\"'`")


def used_rules(style: str, page: str) -> str:
    """Return a style sheet without the rules, each on a line, for classes that the page nowhere names, and blanks."""
    kept = []
    for line in style.split("\n"):
        rule = _RULE.match(line)
        if rule is None or any(_is_named(selector, page) for selector in rule[1].split(",")):
            kept.append(line)
    return _STYLE_BLANK.sub(lambda found: found[1] or "", "\n".join(kept))


def _is_named(selector: str, page: str) -> bool:
    parts = [part for name in re.findall(r"\.([A-Za-z][\w-]*)", selector) for part in name.split("-")]
    return all(part in page for part in parts)


def used_texts(texts: Mapping[str, str], page: str) -> dict[str, str]:
    """Return the texts whose keys a page names, whole or up to a value that is put in."""
    beginnings = tuple(set(re.findall(r"[`\"]([a-z]+\.(?:\w+\.)*\w*)(?:\$\{|\" \+)", page)))
    return {key: words for key, words in texts.items() if f'"{key}"' in page or key.startswith(beginnings)}
