"""Toys, drawn points and pictures of digits."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from glassnet import datasets
from glassnet.errors import ConfigError, DataError
from glassnet.playground.data.array_data import ArrayMaterial
from glassnet.utils.checks import check_choice

__all__ = ["FIRST_POINTS", "TOYS", "Toy", "digits_material", "points_material", "toy_material", "toy_options"]

_MOST_ROWS = 20_000
_MOST_POINTS = 2_000
_SIDE = 2.5
_WIDEST = 1e6
_MOST_LABELS = 8

FIRST_POINTS = ((-1.0, -0.5, 0), (-1.0, 0.5, 0), (1.0, -0.5, 1), (1.0, 0.5, 1))
"""What a drawing begins with: a network needs rows of two classes."""

# Label, and bounds and a step for the page.
_OPTIONS: dict[str, tuple[str, float, float, float]] = {
    "n": ("Rows", 20, _MOST_ROWS, 10),
    "noise": ("Noise", 0.0, 2.0, 0.01),
    "seed": ("Seed", 0, 2**31 - 1, 1),
    "turns": ("Turns", 0.0, 5.0, 0.1),
    "periods": ("Waves", 0.0, 10.0, 0.5),
    "classes": ("Classes", 2, 8, 1),
}


class Toy(NamedTuple):
    """One of the toys of `glassnet.datasets`."""

    title: str
    make: Callable[..., tuple[np.ndarray, np.ndarray]]
    is_classes: bool


TOYS = {
    "spirals": Toy("Spirals", datasets.spirals, True),
    "moons": Toy("Moons", datasets.moons, True),
    "circles": Toy("Circles", datasets.circles, True),
    "xor": Toy("XOR", datasets.xor, True),
    "gaussians": Toy("Gaussians", datasets.gaussians, True),
    "sine": Toy("Sine", datasets.sine, False),
    "plane": Toy("Plane", datasets.plane, False),
}


def toy_options(name: str) -> list[dict[str, Any]]:
    """Return what the page may set of a toy, with defaults and bounds."""
    found = []
    for option, parameter in inspect.signature(TOYS[name].make).parameters.items():
        label, minimum, maximum, step = _OPTIONS[option]
        kind = "integer" if isinstance(parameter.default, int) else "number"
        bounds = {"minimum": minimum, "maximum": maximum, "step": step}
        found.append({"path": option, "label": label, "type": kind, "value": parameter.default, **bounds})
    return found


def toy_material(name: object, options: Mapping[str, Any] | None = None) -> ArrayMaterial:
    """Return a toy.

    Parameters
    ----------
    name : str
        A key of `TOYS`.
    options : mapping, optional
        Arguments of its function; the others are its defaults.
    """
    toy = TOYS[check_choice("data", "name", name, TOYS)]
    name = str(name)
    defaults = {option["path"]: option["value"] for option in toy_options(name)}
    for option in options or {}:
        check_choice("data", "options", option, defaults)
    given = {**defaults, **(options or {})}
    if isinstance(given["n"], int) and given["n"] > _MOST_ROWS:
        message = f"data: n is {given['n']:,}; it must be at most {_MOST_ROWS:,} on the page."
        raise ConfigError(message, expected=_MOST_ROWS, got=given["n"])
    X, y = toy.make(**given)
    n_classes = int(y.max()) + 1 if toy.is_classes else 0
    words = ", ".join(f"{option}={value!r}" for option, value in given.items() if option != "n")
    return ArrayMaterial(
        X,
        y,
        inputs=("x",) if X.shape[1] == 1 else ("x1", "x2"),
        classes=tuple(str(code) for code in range(n_classes)),
        title=toy.title,
        source={"kind": "toy", "name": name, "options": given},
        code=(f"X, y = gn.datasets.{name}({given['n']!r}, {words})",),
    )


def digits_material() -> ArrayMaterial:
    """Return the pictures of digits."""
    X, y = datasets.digits()
    return ArrayMaterial(
        X,
        y,
        inputs=tuple(f"r{row}c{column}" for row in range(8) for column in range(8)),
        classes=tuple(map(str, range(10))),
        title="Digits",
        target="digit",
        source={"kind": "bundled", "name": "digits"},
        code=("X, y = gn.datasets.digits()",),
        side=8,
    )


def points_material(points: Sequence[Any]) -> ArrayMaterial:
    """Return points that somebody drew.

    Parameters
    ----------
    points : sequence of (x, y, label)
        Labels from 0; what is drawn stands in a square from -2.5 to 2.5.
    """
    if not 1 < len(points) <= _MOST_POINTS:
        fact = "there is 1 point" if len(points) == 1 else f"there are {len(points):,} points"
        message = f"data: {fact}; there must be 2 to {_MOST_POINTS:,}."
        raise DataError(message, got=len(points))
    rows = [_checked_point(point) for point in points]
    found = np.array(rows, dtype=np.float64)
    n_classes = max(int(found[:, 2].max()) + 1, 2)
    literal = ", ".join(f"[{x!r}, {y!r}, {label}]" for x, y, label in rows)
    return ArrayMaterial(
        found[:, :2].copy(),
        found[:, 2].astype(np.int64),
        inputs=("x1", "x2"),
        classes=tuple(map(str, range(n_classes))),
        title="Drawn points",
        source={"kind": "points", "points": [list(row) for row in rows]},
        code=(
            "import numpy as np",
            f"points = np.array([{literal}])",
            "X, y = points[:, :2].copy(), points[:, 2].astype(np.int64)",
        ),
        least_sides=((-_SIDE, _SIDE), (-_SIDE, _SIDE)),
    )


def _checked_point(point: Any) -> tuple[float, float, int]:
    numbers = isinstance(point, (list, tuple)) and len(point) == 3 and all(type(each) in (int, float) for each in point)
    if numbers and all(math.isfinite(each) and abs(each) <= _WIDEST for each in point[:2]):
        x, y, label = point
        if type(label) is int and 0 <= label < _MOST_LABELS:
            return round(float(x), 4), round(float(y), 4), label
    must = f"it must be two numbers and a label from 0 to {_MOST_LABELS - 1}"
    message = f"data: a point is {str(point)[:60]}; {must}."
    raise DataError(message, expected=must, got=point)
