"""Options of a command, each declared once: its help, how its text becomes a value, and which values it may have.

Numbers are parsed here and not by Typer, so that the error message for a wrong one is ours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any

__all__ = ["FIRST", "Option", "as_number", "as_numbers", "as_share", "as_widths", "declared", "flag_of", "option"]


FIRST = "Options"
"""The group of options that --help lists first: those that most people need."""
_EXACT = 2**53  # up to here every whole number is a double


@dataclass(frozen=True)
class Option:
    """The declaration of one option.

    ``parse`` returns the value for the text that was typed, or for None. ``check`` is called with the command, the
    option and its value, and raises an error if the value is not allowed.
    """

    help: str
    panel: str  # heading of --help under which it stands
    metavar: str = "N"  # stands for the value in --help
    short: str = ""  # a one-letter form such as "-t"
    parse: Callable[[Any], Any] = lambda text: text
    check: Callable[[str, str, Any], object] | None = None
    usual: str = ""  # what --help gives as the default where the field has none
    complete: Callable[..., list[str]] | None = None  # what the shell completes


def option(help: str, panel: str, metavar: str = "N", *, default: Any = None, **declaration: Any) -> Any:  # noqa: A002 - its name in Typer
    """Return a dataclass field that declares an option; without a value it is ``default``.

    ``declaration`` holds the other parameters of `Option`. ``MISSING`` as the default makes the field required.
    """
    return field(default=default, metadata={"option": Option(help, panel, metavar, **declaration)})


def declared(options: type) -> dict[str, tuple[Option, Any]]:
    """Return the declaration and the default of each option of a dataclass, by field name."""
    found: dict[str, tuple[Option, Any]] = {}
    each: Field[Any]
    for each in fields(options):
        if "option" in each.metadata:
            found[each.name] = each.metadata["option"], None if each.default is MISSING else each.default
    return found


def flag_of(name: str) -> str:
    """Return how the option of a field is typed.

    Examples
    --------
    >>> flag_of("weight_decay")
    '--weight-decay'
    """
    return f"--{name.replace('_', '-')}"


def as_number(text: Any) -> Any:
    """Return the number that a text spells, an int if possible; anything else unchanged, for a check to refuse.

    Examples
    --------
    >>> [as_number(text) for text in ("300", "0.5", "1e-3", "1e3", "many", None)]
    [300, 0.5, 0.001, 1000, 'many', None]
    """
    for kind in (int, float):
        try:
            number = kind(text)
        except (TypeError, ValueError):
            continue
        is_whole = isinstance(number, float) and "e" in text.lower() and number.is_integer() and abs(number) < _EXACT
        return int(number) if is_whole else number
    return text


def as_share(text: Any) -> Any:
    """Return the number that a text spells, also in percent; anything else unchanged.

    Examples
    --------
    >>> as_share("0.2"), as_share("20%"), as_share("a fifth")
    (0.2, 0.2, 'a fifth')
    """
    if not isinstance(text, str) or not text.strip().endswith("%"):
        return as_number(text)
    number = as_number(text.strip()[:-1])
    return text if isinstance(number, str) else number / 100


def as_numbers(text: str | None) -> tuple[Any, ...] | None:
    """Return the numbers between commas, with or without brackets around them; None for no text.

    Examples
    --------
    >>> as_numbers("0.1,0.9"), as_numbers("[64, 32]"), as_numbers("64,x"), as_numbers(None)
    ((0.1, 0.9), (64, 32), (64, 'x'), None)
    """
    return None if text is None else tuple(as_number(part.strip()) for part in text.strip(" ()[]").split(","))


def as_widths(text: str | None) -> tuple[Any, ...] | None:
    """Return the widths of hidden layers: numbers between commas, or () for ``"none"``.

    Examples
    --------
    >>> as_widths("64,32"), as_widths("none"), as_widths(None)
    ((64, 32), (), None)
    """
    return () if text is not None and text.strip().lower() == "none" else as_numbers(text)
