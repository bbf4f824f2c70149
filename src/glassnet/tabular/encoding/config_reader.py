"""Read a configuration from a file that may be damaged or malicious."""

from __future__ import annotations

import contextlib
import math
from typing import Any

from glassnet.errors import FormatError
from glassnet.utils.checks import MOST_STEPS
from glassnet.utils.wording import shortened

__all__ = ["Entries"]


class Entries:
    """A dict from a file whose entries are checked when they are read.

    Parameters
    ----------
    where : str
        Start of error messages.
    config : object
        The content of the file; it must be a dict.

    Examples
    --------
    >>> Entries("TableEncoder.from_config", {"mean": "0"}).number("mean")
    Traceback (most recent call last):
    ...
    glassnet.errors.FormatError: TableEncoder.from_config: 'mean' is '0'; it must be a finite number.
    """

    def __init__(self, where: str, config: object) -> None:
        self.where = where
        if not isinstance(config, dict):
            message = f"{where}: the configuration is of type {type(config).__name__}; it must be a dict."
            raise FormatError(message, expected="dict", got=config)
        self.config: dict[Any, Any] = config

    def refuse(self, key: str, must: str) -> FormatError:
        """Return the error for an invalid entry; ``must`` describes a valid one."""
        fact = f"is {shortened(repr(self.config[key]), 60, '...')}" if key in self.config else "is missing"
        message = f"{self.where}: {key!r} {fact}; it must be {must}."
        return FormatError(message, expected=must, got=self.config.get(key))

    def number(self, key: str, *, positive: bool = False) -> float:
        """Return a finite float, with ``positive`` above 0."""
        value = self.config.get(key)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < math.inf:
            try:
                number = float(value)
            except OverflowError:
                number = math.nan
            if number > 0.0 or (not positive and number == number):
                return number
        raise self.refuse(key, "a finite number above 0" if positive else "a finite number")

    def count(self, key: str, minimum: int = 0) -> int:
        """Return a whole number of at least ``minimum``."""
        value = self.config.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and minimum <= value <= MOST_STEPS:
            return value
        raise self.refuse(key, f"a whole number of at least {minimum}")

    def flag(self, key: str) -> bool:
        """Return True or False."""
        value = self.config.get(key)
        if isinstance(value, bool):
            return value
        raise self.refuse(key, "true or false")

    def text(self, key: str) -> str:
        """Return a str."""
        value = self.config.get(key)
        if isinstance(value, str):
            return value
        raise self.refuse(key, "text")

    def choice(self, key: str, choices: tuple[Any, ...]) -> Any:
        """Return one of ``choices``, all of which are of one type."""
        value = self.config.get(key)
        if type(value) is type(choices[0]) and value in choices:
            return value
        raise self.refuse(key, f"one of {', '.join(map(repr, choices))}")

    def several(self, key: str, types: type | tuple[type, ...], *, least: int = 0) -> list[Any]:
        """Return a list of different values of one of ``types``, at least ``least`` of them."""
        value = self.config.get(key)
        if isinstance(value, list) and len(value) >= least and all(isinstance(v, types) for v in value):
            one_type = len({type(v) for v in value}) <= 1
            if one_type and len(set(value)) == len(value):
                return list(value)
        raise self.refuse(key, f"a list of at least {least} different values of one type")

    def numbers(self, key: str, *, least: int = 0) -> list[float]:
        """Return a list of finite floats, at least ``least`` of them."""
        value = self.config.get(key)
        if isinstance(value, list) and len(value) >= least:
            with contextlib.suppress(FormatError):
                return [Entries(self.where, {key: number}).number(key) for number in value]
        raise self.refuse(key, f"a list of at least {least} finite numbers")

    def entries(self, key: str) -> list[Entries]:
        """Return a list of dicts."""
        value = self.config.get(key)
        if isinstance(value, list) and all(isinstance(v, dict) for v in value):
            return [Entries(self.where, v) for v in value]
        raise self.refuse(key, "a list of dicts")
