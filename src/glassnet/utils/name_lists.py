"""Names that users give to inputs or classes, as a list in their order."""

from __future__ import annotations

import math
from collections.abc import Mapping, Set
from typing import Any

import numpy as np

from glassnet.errors import ConfigError
from glassnet.utils.wording import few, shortened

__all__ = ["name_list", "plain_label"]


def name_list(where: str, option: str, given: Any) -> list[Any]:
    """Return names in their order, of a dict its values in the order of its keys 0, 1, 2, ...; refuse anything else.

    Parameters
    ----------
    where, option : str
        Function and parameter, for the message.
    given : sequence or dict of int to name
        Names of any type; a text is one name.

    Examples
    --------
    >>> name_list("Network.report", "class_names", {1: "yes", 0: "no"})
    ['no', 'yes']
    """
    if isinstance(given, str):
        return [given]
    if isinstance(given, Mapping):
        codes = range(len(given))
        if set(given) != set(codes):
            fact = f"{option} is a dict with the keys {few(map(repr, given))}"
            must = f"they must be the whole numbers from 0 to {len(given) - 1}"
            message = f"{where}: {fact}; {must}. Pass a list of names in order."
            raise ConfigError(message, expected=list(codes), got=list(given))
        return [given[code] for code in codes]
    try:
        names = None if isinstance(given, Set) else [*given]
    except TypeError:
        names = None
    if names is None:
        message = f"{where}: {option} is {shortened(repr(given), 100)}; it must be a list of names in order."
        raise ConfigError(message, expected="a list of names", got=given)
    return names


def plain_label(label: Any) -> Any:
    """Return a label that JSON can hold: text, a finite number, or anything else as text.

    Examples
    --------
    >>> plain_label(np.int64(3)), plain_label(np.datetime64("2024-05-01")), plain_label(float("nan"))
    (3, '2024-05-01', 'nan')
    """
    value = label.item() if isinstance(label, np.generic) and label.dtype.kind in "biufU" else label
    is_plain = isinstance(value, (int, str)) or (isinstance(value, float) and math.isfinite(value))
    return value if is_plain else str(label)
