"""The messages of the page: commands by name, with arguments that are checked when they are taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from glassnet.errors import ConfigError
from glassnet.utils.checks import check_choice, check_integer, check_number

if TYPE_CHECKING:
    from glassnet.playground.experiment import Experiment

__all__ = ["COMMANDS", "VERSION", "Arguments", "Command", "command"]

VERSION = 1

Command = Callable[["Experiment", "Arguments"], Any]
COMMANDS: dict[str, Command] = {}
"""The commands that there are, by name; `glassnet.playground.dispatch` loads them all."""


def command(name: str) -> Callable[[Command], Command]:
    """Return a decorator that makes a function the one that answers a command."""

    def register(function: Command) -> Command:
        COMMANDS[name] = function
        return function

    return register


class Arguments:
    """The arguments of one command, as they came: nothing about them is known before it is asked for.

    Parameters
    ----------
    where : str
        Name of the command, for messages.
    given : mapping
        The message, without ``id`` and ``do``.
    """

    def __init__(self, where: str, given: Mapping[str, Any]) -> None:
        self.where, self._given = where, given

    def has(self, name: str) -> bool:
        """Return whether an argument was given, and is not null."""
        return self._given.get(name) is not None

    def value(self, name: str) -> Any:
        """Return an argument of any kind; refuse its absence."""
        if name not in self._given:
            message = f"{self.where}: {name} is missing; it must be given."
            raise ConfigError(message, expected=name)
        return self._given[name]

    def _or(self, name: str, default: Any) -> Any:
        """Return an argument, or its default if there is one and nothing was given."""
        return default if default is not None and not self.has(name) else self.value(name)

    def text(self, name: str, default: str | None = None, *, most: int = 200_000) -> str:
        """Return a text of at most so many characters."""
        found = self._or(name, default)
        if not isinstance(found, str) or len(found) > most:
            fact = f"has {len(found):,} characters" if isinstance(found, str) else f"is of type {type(found).__name__}"
            message = f"{self.where}: {name} {fact}; it must be a text of at most {most:,} characters."
            raise ConfigError(message, got=fact)
        if any("\ud800" <= letter <= "\udfff" for letter in found):  # such as JSON may name, and no file can hold
            fact = "holds half a pair of UTF-16"
            message = f"{self.where}: {name} {fact}; it must hold whole characters. Type it again."
            raise ConfigError(message, got=found)
        return found

    def integer(self, name: str, default: int | None = None, *, minimum: int = 0, maximum: int | None = None) -> int:
        """Return a whole number within bounds."""
        found = self._or(name, default)
        return check_integer(self.where, name, found, minimum, maximum=maximum)

    def number(self, name: str, default: float | None = None) -> float:
        """Return a finite number."""
        found = self._or(name, default)
        return check_number(self.where, name, found)

    def choice(self, name: str, choices: Any, default: str | None = None) -> Any:
        """Return one of the choices."""
        found = self._or(name, default)
        return check_choice(self.where, name, found, choices)

    def flag(self, name: str, default: bool | None = None) -> bool:
        """Return true or false."""
        found = self._or(name, default)
        if not isinstance(found, bool):
            message = f"{self.where}: {name} is {found!r}; it must be true or false."
            raise ConfigError(message, got=found)
        return found

    def record(self, name: str) -> Mapping[str, Any]:
        """Return an object of JSON."""
        found = self.value(name)
        if not isinstance(found, dict):
            message = f"{self.where}: {name} is of type {type(found).__name__}; it must be an object."
            raise ConfigError(message, got=found)
        return found
