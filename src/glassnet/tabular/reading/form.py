"""How the text of a column is read: decided in training, and kept in the model file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Form"]


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
    order : {"", "ymd", "dmy", "mdy"}, default=""
        Order of year, month and day where the cells leave it open.
    words : tuple of str
        The words for false and true, as they are written most often.
    missing : tuple of str
        Cells that count as missing, besides the usual ones.
    example : str
        A cell.
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

    def config(self) -> dict[str, Any]:
        """Return the fields that differ from their defaults, JSON-able."""
        plain = Form(self.kind)
        fields = {name: value for name, value in vars(self).items() if value != getattr(plain, name)}
        return {"kind": self.kind, **{k: list(v) if isinstance(v, tuple) else v for k, v in fields.items()}}
