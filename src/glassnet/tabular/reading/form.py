"""How the text of a column is read: decided in training, and kept in the model file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from glassnet.utils.wording import shortened

__all__ = ["Form"]

_MARKS = {",": "commas", ".": "dots", " ": "blanks", "'": "apostrophes", "_": "underscores"}
_ORDERS = {"dmy": "day first", "mdy": "month first"}


@dataclass(frozen=True)
class Form:
    """How the cells of one column are read.

    Parameters
    ----------
    kind : {"number", "category", "boolean", "date"}
        Kind of the column.
    style : str, default=""
        Variant of the kind: of numbers ``"duration"`` and ``"time"`` (of the day), both in seconds; of categories
        ``"text"``, where no cell but an empty one is missing.
    decimal, thousands : str
        Marks inside of numbers.
    unit : str, default=""
        Text before or after each number, such as ``"$"``, ``"%"`` or ``"kg"``.
    order : {"", "dmy", "mdy"}, default=""
        Order of day and month where the cells do not show it one by one.
    words : tuple of str
        The words for false and true, as they are written most often.
    missing : tuple of str
        Cells that count as missing, besides the usual ones.
    example : str
        A cell.
    loose : bool
        Whether cells of another kind are missing, as the user wanted with ``read``.

    Examples
    --------
    >>> form = Form("number", thousands=",", unit="$", example="$1,250.00")
    >>> form.describe()
    "numbers such as '$1,250.00', with thousands commas and the unit '$'"
    """

    kind: str
    style: str = ""
    decimal: str = "."
    thousands: str = ""
    unit: str = ""
    order: str = ""
    words: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    example: str = ""
    loose: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether the cells were read as any program reads them, so that nothing need be said."""
        special = (self.style, self.thousands, self.unit, self.order, self.words, self.loose)
        plain = not any(special) and self.decimal == "."
        return plain and (self.kind != "date" or self.example[:4].isdigit())

    def describe(self) -> str:
        """Return how the cells were read, in words.

        Examples
        --------
        >>> Form("date", order="dmy", example="31.12.2024").describe()
        "dates such as '31.12.2024', day first"
        >>> Form("number", style="time", example="08:30").describe()
        "times of day such as '08:30', in seconds"
        """
        shown = shortened(" ".join(self.example.split()), 40, "...")  # with plain blanks, whatever the file has
        such = f" such as {shown!r}" if shown else ""
        if self.kind == "date":
            return f"dates{such}{f', {_ORDERS[self.order]}' if self.order else ''}"
        if self.kind == "boolean":
            return f"{self.words[1]} and {self.words[0]}" if self.words else "true and false"
        if self.kind == "category":
            return "text, where no cell but an empty one is missing" if self.style else "categories"
        if self.style:
            # 64:43 may also be minutes and seconds.
            parts = " (hours:minutes)" if self.style == "duration" and self.example.count(":") == 1 else ""
            return f"{'times of day' if self.style == 'time' else 'durations'}{such}{parts}, in seconds"
        marks = ["decimal commas"] if self.decimal == "," else []
        marks += [f"thousands {_MARKS.get(self.thousands, self.thousands)}"] if self.thousands else []
        marks += [f"the unit {self.unit!r}"] if self.unit else []
        together = ", ".join(marks[:-1]) + (" and " if len(marks) > 1 else "") + marks[-1] if marks else ""
        return f"numbers{such}{f', with {together}' if marks else ''}"

    def must(self) -> str:
        """Return what cells of this form must be, for the message about one that is not."""
        if self.kind == "number" and not (self.style or self.thousands or self.unit or self.decimal == ","):
            return "numbers"
        if self.kind == "boolean" and not self.words:
            return "true or false"
        if self.kind == "boolean":
            return f"{self.words[1]} or {self.words[0]}"
        if self.kind == "date" and not self.example:
            return "dates such as 2024-05-31"
        return self.describe()

    def config(self) -> dict[str, Any]:
        """Return the fields that differ from their defaults, JSON-able."""
        plain = Form(self.kind)
        fields = {name: value for name, value in vars(self).items() if value != getattr(plain, name)}
        return {"kind": self.kind, **{k: list(v) if isinstance(v, tuple) else v for k, v in fields.items()}}
