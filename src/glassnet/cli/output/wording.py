"""Numbers, names and durations as short text for a terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from glassnet.utils.wording import shortened

__all__ = [
    "about_seconds", "abridged", "as_ascii", "bytes_text", "count", "metric_text", "number_text", "plain",
    "recipes_lines", "resample", "sparkline",
]  # fmt: skip

_BLOCKS = "▁▂▃▄▅▆▇█"
_ASCII_BLOCKS = "_.-=+*#@"


def plain(value: object, limit: int = 0) -> str:
    r"""Return printable text on one line, safe for a terminal, cut at ``limit`` characters.

    Examples
    --------
    >>> plain("a\tb\x1b[31m"), plain("a long name", limit=6)
    ('a b�[31m', 'a lon…')
    """
    text = "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in str(value))
    return shortened(text, limit, "…") if limit else text


def count(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun, singular or plural.

    Examples
    --------
    >>> count(1, "row"), count(1234, "row"), count(2, "class", "classes")
    ('1 row', '1,234 rows', '2 classes')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


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


def number_text(value: float, digits: int = 4) -> str:
    """Return a number with about ``digits`` significant digits, without an exponent where possible.

    Examples
    --------
    >>> [number_text(v) for v in (0.0, 0.12345678, 123456.78, 1.5e-7, 3.0e12)]
    ['0', '0.1235', '123,457', '1.5e-07', '3e+12']
    """
    if value == 0.0:
        return "0"
    if not math.isfinite(value):
        return str(value)
    size = abs(value)
    if size < 1e-4 or size >= 1e9:
        return f"{value:.{digits}g}"
    decimals = max(0, digits - 1 - math.floor(math.log10(size)))
    return f"{value:,.{min(decimals, 8)}f}"


def metric_text(value: float | None) -> str:
    """Return a score with three decimals, or with significant digits where these would be lost.

    Examples
    --------
    >>> [metric_text(v) for v in (0.98651, 1.0, 0.00042, 4021.7, None)]
    ['0.987', '1.000', '0.00042', '4,022', '-']
    """
    if value is None:
        return "-"
    size = abs(value)
    if size != 0.0 and (size < 0.01 or size >= 100.0):
        return number_text(value, 2 if size < 0.01 else 4)
    return f"{value:.3f}"


def bytes_text(n: int) -> str:
    """Return a file size.

    Examples
    --------
    >>> bytes_text(300), bytes_text(28_400), bytes_text(5_200_000)
    ('300 bytes', '28 kB', '5.2 MB')
    """
    if n < 1000:
        return f"{n} bytes"
    if n < 1e6:
        return f"{n / 1e3:.0f} kB"
    return f"{n / 1e6:.1f} MB"


def about_seconds(seconds: float) -> str:
    """Return an estimated duration, rounded.

    Examples
    --------
    >>> [about_seconds(s) for s in (0.3, 7.6, 43, 81, 400, 9000)]
    ['1 s', '8 s', '45 s', '80 s', '7 min', '2.5 h']
    """
    if seconds < 10:
        return f"{max(1, round(seconds))} s"
    if seconds < 60:
        return f"{5 * round(seconds / 5)} s"
    if seconds < 90:
        return f"{10 * round(seconds / 10)} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def recipes_lines(recipes: Sequence[Mapping[str, Any]], width: int) -> list[str]:
    """Return how long each recipe takes, in lines of at most ``width`` characters where possible.

    Examples
    --------
    >>> fixed = {"recipe": "realmlp", "chosen": True, "cut": False, "seconds": 8.2, "at_most": 8.2}
    >>> open_ended = {"recipe": "tabm", "chosen": False, "cut": False, "seconds": 41.0, "at_most": 820.0}
    >>> recipes_lines([fixed, open_ended], 40)
    ['realmlp about 8 s (this one),', 'tabm usually 40 s (at most 14 min)']
    """
    parts = [_recipe_text(found, "about " if i == 0 else "") for i, found in enumerate(recipes)]
    parts = [f"{part}," for part in parts[:-1]] + parts[-1:]
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + 1 + len(part) <= width:
            lines[-1] += f" {part}"
        else:
            lines.append(part)
    return lines


def _recipe_text(found: Mapping[str, Any], about: str) -> str:
    """Return the estimated time of one recipe, with notes in parentheses."""
    ends_by_itself = found["at_most"] > found["seconds"]
    here = "this one, cut by --max-seconds" if found["cut"] else "this one"
    notes = [here] * found["chosen"] + [f"at most {about_seconds(found['at_most'])}"] * ends_by_itself
    words = f"{found['recipe']} {'usually ' if ends_by_itself else about}{about_seconds(found['seconds'])}"
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
