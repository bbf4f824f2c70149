"""What the report says about which rows were for training, validation and test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glassnet.utils.short_text import plain

__all__ = ["advice_on_test", "how_divided", "kind_of_rows", "used_for"]


def used_for(part: str, split: Mapping[str, Any]) -> str:
    """Return what rows that scores are reported on were used for.

    Examples
    --------
    >>> used_for("test", {"shared": {}}), used_for("test", {"shared": {"test": {"training": 3}}})
    ('held out, never used in training', 'held out')
    """
    if part != "test":
        return "they also chose the best epoch"
    return "held out" if split["shared"].get("test") else "held out, never used in training"


def kind_of_rows(part: str, split: Mapping[str, Any]) -> str:
    """Return the rows that scores are reported on, as one word for sentences with their number.

    Examples
    --------
    >>> kind_of_rows("test", {"shared": {}}), kind_of_rows("validation", {"shared": {}})
    ('held-out row', 'validation row')
    """
    return "held-out row" if part == "test" and not split["shared"].get("test") else f"{part} row"


def how_divided(split: Mapping[str, Any]) -> str:
    """Return by which column the rows were divided, or "" if they were divided at random.

    Examples
    --------
    >>> how_divided({"by": "group", "column": "patient", "groups": {"training": 51, "test": 16}})
    "by the values of 'patient': 51 in training, 16 in test, none in two of them"
    >>> how_divided({"by": "time", "column": "date", "until": {"training": "2021-05-31", "test": "2022-12-31"}})
    "by 'date': training until 2021-05-31, test until 2022-12-31"
    """
    name = plain(repr(split["column"]), 40)
    if split["by"] == "group":
        counts = ", ".join(f"{count:,} in {part}" for part, count in split["groups"].items())
        return f"by the values of {name}: {counts}, none in two of them"
    if split["by"] == "time":
        return f"by {name}: " + ", ".join(f"{part} until {plain(last)}" for part, last in split["until"].items())
    return f"as the column {name} says" if split["by"] == "words" else ""


def advice_on_test(split: Mapping[str, Any]) -> str:
    """Return what to do for rows that neither trained the network nor chose its epoch.

    Examples
    --------
    >>> advice_on_test({"by": "rows"}), advice_on_test({"by": "words", "column": "set"})
    ('use --test 0.2', "name test rows in the column 'set'")
    """
    if split["by"] == "words":
        return f"name test rows in the column {plain(repr(split['column']), 40)}"
    return "use --test 0.2"
