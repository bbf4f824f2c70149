"""What a report says about how a table was read, in words: what was left out and why, forms of cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from glassnet.tabular.encoding.told import left_out_words
from glassnet.utils.short_text import count, plain
from glassnet.utils.wording import few

__all__ = ["left_out_sentence", "marker_words", "reading_lines", "with_target"]

_LEFT_OUT = 5
_LONGEST = 40  # characters of a cell or a name


def left_out_sentence(columns: Sequence[Mapping[str, Any]], dropped: Sequence[str] = ()) -> str:
    """Return which columns were left out and why; "" if none was.

    Examples
    --------
    >>> left_out_sentence([{"name": "id", "done": "left out: all its values are 5"}], ["no"])
    "Column 'id' is left out: all its values are 5. Dropped: 'no'."
    """
    found = plain(left_out_words([dict(column) for column in columns], _LEFT_OUT))
    names = few([plain(repr(name), _LONGEST) for name in dropped])
    return f"{found} {f'Dropped: {names}.' if dropped else ''}".strip()


def with_target(result: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the columns of a result and the target; of classes without a form, since the report lists them anyway."""
    target = {"name": result["target"], "features": 1, "done": "", **result["target_read"]}
    return [*result["columns"], target | ({"form": ""} if result["labels"] else {})]


def marker_words(markers: Mapping[str, int | None]) -> str:
    """Return which unusual cells count as missing values.

    Examples
    --------
    >>> marker_words({"n.a.": 30, "-": 1}), marker_words({"-999": None})
    ("'n.a.' (30 rows) and '-' (1 row) are missing values", "'-999' is a missing value")
    """
    cells = [
        plain(repr(cell), _LONGEST) + (f" ({count(rows, 'row')})" if rows else "") for cell, rows in markers.items()
    ]
    if not cells:
        return ""
    if len(cells) > _LEFT_OUT:
        cells = [*cells[: _LEFT_OUT - 1], f"{len(cells) - _LEFT_OUT + 1} other cells"]
    together = ", ".join(cells[:-1]) + (" and " if len(cells) > 1 else "") + cells[-1]
    return f"{together} are missing values" if len(cells) > 1 else f"{together} is a missing value"


def reading_lines(columns: Sequence[Mapping[str, Any]]) -> list[tuple[list[str], str]]:
    """Return names of columns with what is to be said about their cells; those that were read alike are together."""
    groups: dict[str, tuple[list[str], str]] = {}
    for column in columns:
        words = [part for part in (column["form"], marker_words(column["markers"])) if part]
        if words:
            alike = plain(column["form"]).split(" such as ")
            key = repr((alike[0], alike[-1].rpartition("', ")[2], list(column["markers"])))
            groups.setdefault(key, ([], "; ".join(words)))[0].append(column["name"])
    return list(groups.values())
