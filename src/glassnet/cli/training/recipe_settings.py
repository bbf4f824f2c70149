"""``--setting``: settings of a published recipe as they are typed, such as ``dropout=0.3``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from glassnet.cli.arguments import as_number
from glassnet.errors import ConfigError

__all__ = ["check_settings", "parsed_settings", "setting_texts"]

_TRUTHS = {"yes": True, "no": False, "true": True, "false": False}


def parsed_settings(texts: Sequence[str]) -> dict[str, Any]:
    """Return settings by name from what was typed.

    Examples
    --------
    >>> parsed_settings(["dropout=0.3", "width=512", "embeds=no"])
    {'dropout': 0.3, 'width': 512, 'embeds': False}
    """
    pairs = (text.partition("=") for text in texts)
    return {name.strip(): _TRUTHS.get(value.strip().lower(), as_number(value.strip())) for name, _, value in pairs}


def setting_texts(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Return settings as they are typed.

    Examples
    --------
    >>> setting_texts({"dropout": 0.3, "embeds": False})
    ('dropout=0.3', 'embeds=no')
    """
    words = {True: "yes", False: "no"}
    return tuple(f"{name}={words[value] if isinstance(value, bool) else value}" for name, value in settings.items())


def check_settings(where: str, flag: str, texts: Sequence[str]) -> None:
    """Raise an error for a text that is not ``NAME=VALUE``, and for a name that stands twice."""
    names = [text.partition("=")[0].strip() for text in texts]
    for text, name in zip(texts, names, strict=True):
        if "=" not in text or not name:
            message = f"{where}: {flag} is {text!r}; it must be NAME=VALUE, such as {flag} dropout=0.3."
            raise ConfigError(message, expected="NAME=VALUE", got=text)
        if names.count(name) > 1:
            message = f"{where}: {flag} names {name!r} {names.count(name)} times; it must name each setting once."
            raise ConfigError(message, got=name)
