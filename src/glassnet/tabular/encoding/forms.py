"""Read the forms of columns, how their text was read in training, from a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glassnet.errors import FormatError
from glassnet.tabular.encoding.config_reader import Entries
from glassnet.tabular.reading.form import Form
from glassnet.tabular.reading.table import KINDS

__all__ = ["read_form", "read_forms"]

_STYLES = {"number": ("", "duration", "time"), "category": ("", "text"), "boolean": ("",), "date": ("",)}
_MARKS = {"decimal": (".", ","), "thousands": ("", ",", ".", " ", "'", "_"), "order": ("", "dmy", "mdy")}
_TEXTS = ("unit", "example")


def read_form(where: str, config: object) -> Form:
    """Return the form that `Form.config` described.

    Raises
    ------
    FormatError
        Entries are invalid.

    Examples
    --------
    >>> read_form("here", {"kind": "number", "decimal": ","}).decimal
    ','
    """
    entries = Entries(where, config)
    kind = entries.choice("kind", KINDS)
    found: dict[str, Any] = {}
    if "style" in entries.config:
        found["style"] = entries.choice("style", _STYLES[kind])
    for name, choices in _MARKS.items():
        if name in entries.config:
            found[name] = entries.choice(name, choices)
    for name in _TEXTS:
        if name in entries.config:
            found[name] = entries.text(name)
    if "loose" in entries.config:
        found["loose"] = entries.flag("loose")
    if "missing" in entries.config:
        found["missing"] = tuple(entries.several("missing", str))
    if "words" in entries.config:
        found["words"] = tuple(entries.several("words", str, least=2)[:2])
    return Form(kind, **found)


def read_forms(entries: Entries, kinds: Mapping[str, str]) -> dict[str, Form]:
    """Return the forms in a configuration; ``kinds`` has the kind of each column."""
    key = "forms"
    given = entries.config.get(key, {})
    if not isinstance(given, dict):
        raise entries.refuse(key, "a dict of forms by column")
    forms = {name: read_form(entries.where, one) for name, one in given.items()}
    for name, form in forms.items():
        if kinds.get(name) != form.kind:
            must = f"it must be {kinds.get(name)!r}"
            message = f"{entries.where}: the form of {name!r} is {form.kind!r}; {must}."
            raise FormatError(message, expected=kinds.get(name), got=form.kind)
    return forms
