"""Numbers, names and durations as short text for a terminal."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from glassnet.training.progress import seconds_text
from glassnet.utils.short_text import about_seconds, count

__all__ = ["abridged", "as_ascii", "recipes_lines", "resample", "sparkline"]

_BLOCKS = "▁▂▃▄▅▆▇█"
_ASCII_BLOCKS = "_.-=+*#@"


def abridged(warnings: Sequence[str], most: int = 8) -> list[str]:
    """Return at most ``most`` warnings and how many more there are; mild ones, about ranges, come last.

    Examples
    --------
    >>> abridged(["a: outside the range of training", "b: new category", "c: new category"], most=2)
    ['b: new category', 'c: new category', '1 more warning: see --json.']
    """
    ordered = sorted(warnings, key=lambda warning: "outside the range of training" in warning)
    rest = len(ordered) - most
    return ordered[:most] + ([f"{count(rest, 'more warning')}: see --json."] if rest > 0 else [])


def recipes_lines(recipes: Sequence[Mapping[str, Any]], width: int) -> list[str]:
    """Return how long each recipe takes, in lines of at most ``width`` characters where possible.

    Examples
    --------
    >>> fixed = {"recipe": "realmlp", "chosen": True, "cut": False, "seconds": 8.2, "at_most": 8.2}
    >>> open_ended = {"recipe": "tabm", "chosen": False, "cut": False, "seconds": 41.0, "at_most": 820.0}
    >>> recipes_lines([fixed, open_ended], 40)
    ['realmlp about 8 s (this one),', 'tabm usually 40 s (at most 14 min)']
    >>> recipes_lines([fixed | {"took": 3.82}, open_ended], 40)[0]
    'realmlp 3.8 s (this one),'
    """
    # Beside what was measured an estimate of 0.4 s is not 1 s.
    text = _short_seconds if any("took" in found for found in recipes) else about_seconds
    parts = [_recipe_text(found, "about " if i == 0 else "", text) for i, found in enumerate(recipes)]
    parts = [f"{part}," for part in parts[:-1]] + parts[-1:]
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + 1 + len(part) <= width:
            lines[-1] += f" {part}"
        else:
            lines.append(part)
    return lines


def _short_seconds(seconds: float) -> str:
    return seconds_text(seconds) if seconds < 10.0 else about_seconds(seconds)


def _recipe_text(found: Mapping[str, Any], about: str, text: Callable[[float], str]) -> str:
    """Return the estimated time of one recipe, with notes in parentheses."""
    ends_by_itself = found["at_most"] > found["seconds"]
    here = "this one, cut by --max-seconds" if found["cut"] else "this one"
    notes = [here] * found["chosen"] + [f"at most {text(found['at_most'])}"] * ends_by_itself
    words = f"{found['recipe']} {'usually ' if ends_by_itself else about}{text(found['seconds'])}"
    words = f"{found['recipe']} {seconds_text(found['took'])}" if "took" in found else words
    return f"{words} ({'; '.join(notes)})" if notes else words


def resample(values: Sequence[float], width: int) -> list[float]:
    """Return at most ``width`` values, each the mean of an equal part.

    Examples
    --------
    >>> resample([1, 3, 5, 7], 2)
    [2.0, 6.0]
    """
    n = len(values)
    if n <= width:
        return [float(v) for v in values]
    borders = [i * n // width for i in range(width + 1)]
    parts = [values[a:b] for a, b in pairwise(borders)]
    return [sum(part) / len(part) for part in parts]


def sparkline(values: Sequence[float], width: int, low: float | None = None, high: float | None = None) -> str:
    """Return positive values as a line of blocks on a logarithmic scale, from ``low`` to ``high``.

    Examples
    --------
    >>> sparkline([1.0, 0.1, 0.01], 10)
    '█▅▁'
    """
    logs = [math.log(max(v, 1e-12)) for v in resample(values, width)]
    if not logs:
        return ""
    bottom = min(logs) if low is None else math.log(max(low, 1e-12))
    top = max(logs) if high is None else math.log(max(high, 1e-12))
    span = top - bottom
    places = [0 if span <= 0 else min(7, max(0, int((v - bottom) / span * 8))) for v in logs]
    return "".join(_BLOCKS[i] for i in places)


def as_ascii(line: str) -> str:
    """Return a sparkline in ASCII, for terminals without block characters.

    Examples
    --------
    >>> as_ascii("█▅▁")
    '@+_'
    """
    return line.translate(str.maketrans(_BLOCKS, _ASCII_BLOCKS))
