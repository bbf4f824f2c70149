"""The option ``--class-weight``: from the text that was typed to a weight for each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from glassnet.cli.arguments import as_number
from glassnet.errors import ConfigError
from glassnet.tabular import TargetEncoder
from glassnet.utils.checks import check_number
from glassnet.utils.suggestions import nearest
from glassnet.utils.wording import few

__all__ = ["codes_of_classes"]

_BALANCED: Literal["balanced"] = "balanced"
_OPTION = "--class-weight"
_ADVICE = f"Write {_OPTION} balanced, or {_OPTION} LABEL=3,OTHER=1"


def _pairs(text: str, names: Sequence[str]) -> list[tuple[str, str]] | None:
    """Return labels and weights in a text such as ``"yes=3,no=1"``, if all labels are ``names``, commas included."""
    for end in [i for i, mark in enumerate(text) if mark == ","] + [len(text)]:
        label, _, weight = text[:end].rpartition("=")
        if label.strip() in names:
            rest = [] if end == len(text) else _pairs(text[end + 1 :], names)
            if rest is not None:
                return [(label.strip(), weight.strip()), *rest]
    return None


def codes_of_classes(
    where: str, given: Sequence[str], target: TargetEncoder
) -> Literal["balanced"] | Mapping[int, float] | None:
    """Return the weights that were typed by the codes of their classes; None if there are none."""
    if not given:
        return None
    if not target.labels:
        must = f"{_OPTION} needs classes"
        message = f"{where}: {target.name!r} has numbers; {must}. Leave it out."
        raise ConfigError(message, expected=must, got="regression")
    if tuple(given) == (_BALANCED,):
        return _BALANCED
    # Numbers as in the table, 1 and not 1.0; true and false in small letters.
    names = [str(label).lower() if isinstance(label, bool) else str(label) for label in target.labels]
    found: dict[int, float] = {}
    for text in given:
        pairs = _pairs(text, names)
        if pairs is None and "=" not in text:
            message = f"{where}: {_OPTION} is {text!r}; it must be 'balanced', or labels with their weights. {_ADVICE}"
            raise ConfigError(message, got=text)
        for label, weight in pairs or [part.rpartition("=")[::2] for part in text.split(",")]:
            if label not in names:
                near = nearest(label, names)
                advice = f"Did you mean {near!r}?" if near else _ADVICE
                message = f"{where}: {_OPTION} names {label!r}; the classes are {few(map(repr, names))}. {advice}"
                raise ConfigError(message, expected=names, got=label)
            checked = check_number(where, f"the weight of {label!r} in {_OPTION}", as_number(weight), 0.0)
            found[names.index(label)] = checked
    if not any(found.get(code, 1.0) for code in range(len(names))):
        message = f"{where}: {_OPTION} gives all classes the weight 0; one must have a weight above 0. {_ADVICE}"
        raise ConfigError(message, got=found)
    return found
