"""Messages have the fact first, then the rule, then what to do: nowhere ``must ..., got ...``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import house

# Sentences of scikit-learn, which its own checks of estimators and people's searches know.
THEIRS = {"hidden_layer_sizes must be > 0, got {}."}

RULE_FIRST = re.compile(r"(\bmust\b[^.]*|^|, )\bgot (?!into\b|:)")


def texts(tree: ast.AST) -> Iterator[str]:
    """Yield every text of a file, its values as {}; docstrings too, whose examples show messages."""
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)} - {
        id(node) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.value


def test_no_message_has_the_rule_before_the_fact() -> None:
    """What came is said first, then what must hold; no text says ``must ..., got ...``."""
    found = [
        f"{name}: {text[:200]}"
        for name, path in house.FILES.items()
        if "got" in (code := path.read_text())  # to parse the other files would be most of the time
        for text in texts(ast.parse(code))
        if RULE_FIRST.search(text) and text not in THEIRS
    ]
    assert found == []


def test_the_pattern_finds_the_old_form() -> None:
    """The law finds a message in the old order, also one that is put together from parts, and no other."""
    old = [
        'f"Dense: units must be at least 1, got {units}."', 'f"{where}: {must}, got none."', 'f"got {count} of them"',
    ]  # fmt: skip
    new = ['f"Dense: units is {units}; it must be at least 1."', '"Previously got {classes}"', '"forgot"']
    assert [bool(RULE_FIRST.search(next(texts(ast.parse(text))))) for text in old + new] == [True] * 3 + [False] * 3
