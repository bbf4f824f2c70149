"""Commands that change the data: another source, split, target, kind of a column, axes, drawn points."""

from __future__ import annotations

import dataclasses
from typing import Any

from glassnet.errors import ConfigError
from glassnet.playground.data.dividing import checked_split
from glassnet.playground.data.fitting_settings import fit_settings, suggested_settings
from glassnet.playground.data.gallery import GALLERY, exhibit, is_exhibit
from glassnet.playground.data.sources import SPLIT, data_from_source, with_reading, with_target
from glassnet.playground.data.table_reading import UndecidedError
from glassnet.playground.data.toy_data import FIRST_POINTS
from glassnet.playground.experiment import Experiment
from glassnet.playground.limits import check_size
from glassnet.playground.plane_axes import Axis, axis_choices
from glassnet.playground.play_data import PlayData
from glassnet.playground.protocol import Arguments, command

__all__: list[str] = []

_KINDS = ("number", "category", "text", "date", "drop")


@command("data")
def _data(experiment: Experiment, arguments: Arguments) -> dict[str, Any]:
    """Take other data; return questions instead if a file can be read in several ways."""
    source = arguments.record("source")
    if source.get("kind") == "given":
        _start(experiment, experiment.given)
        return {"questions": []}
    try:
        found = data_from_source(source, experiment.uploads, _split(experiment))
    except UndecidedError as error:
        return {"questions": error.questions}
    _start(experiment, found)
    return {"questions": list(found.questions)}


@command("gallery")
def _gallery(experiment: Experiment, arguments: Arguments) -> None:
    """Show one of the networks that fail."""
    name = arguments.text("name")
    data, settings = exhibit(name)
    experiment.replace(data=data, settings=settings, text=f"gallery: {GALLERY[name].title}")


@command("split")
def _share(experiment: Experiment, arguments: Arguments) -> None:
    data = experiment.data
    _start(experiment, _made_again(data).play(checked_split(arguments.value("share")), data.axes))


@command("target")
def _target(experiment: Experiment, arguments: Arguments) -> None:
    _start(experiment, with_target(experiment.data, arguments.text("name")))


@command("read")
def _read(experiment: Experiment, arguments: Arguments) -> None:
    column, kind = arguments.text("column"), arguments.choice("kind", _KINDS)
    _start(experiment, with_reading(experiment.data, column, kind, experiment.uploads))


@command("axes")
def _axes(experiment: Experiment, arguments: Arguments) -> None:
    """Show other axes; where both would be the same, the other one takes what this one showed."""
    data = experiment.data
    x, y = (_axis(data, arguments, name) for name in ("x", "y"))
    now = data.plane_axes
    if x == y and len(data.inputs) > 1:
        x, y = (now.y, y) if x == now.x else (x, now.x)
    experiment.data = dataclasses.replace(data, axes=(x, y))
    experiment.changed()


@command("add_point")
def _add_point(experiment: Experiment, arguments: Arguments) -> None:
    """Add a point of a class that there is, by its name or number, or of the next one."""
    source, classes = experiment.data.source, experiment.data.classes
    label = arguments.value("label")
    label = classes.index(label) if isinstance(label, str) and label in classes else arguments.integer("label", 0)
    points = source["points"] if source.get("kind") == "points" else [list(point) for point in FIRST_POINTS]
    point = [arguments.number("x"), arguments.number("y"), label]
    _draw(experiment, [*points, point])


@command("clear_points")
def _clear_points(experiment: Experiment, arguments: Arguments) -> None:
    """Return to the points that a drawing begins with."""
    _draw(experiment, [list(point) for point in FIRST_POINTS])


def _draw(experiment: Experiment, points: list[list[Any]]) -> None:
    _start(experiment, data_from_source({"kind": "points", "points": points}, split=_split(experiment)))


def _split(experiment: Experiment) -> float:
    """Return the share of rows that somebody chose, for other data; arrays may have come with another."""
    return experiment.data.split if experiment.data.source.get("kind") != "given" else SPLIT


def _axis(data: PlayData, arguments: Arguments, name: str) -> Axis:
    if not arguments.has(name):
        now = data.plane_axes
        return now.x if name == "x" else now.y
    axis = arguments.value(name)
    known = [choice["value"] for choice in axis_choices(data.inputs)]
    if type(axis) in (int, str) and axis in known:
        found: Axis = axis
        return found
    must = f"it must be the number of an input below {len(data.inputs)}, or 'pca1' or 'pca2'"
    message = f"axes: {name} is {axis!r}; {must}."
    raise ConfigError(message, expected=known, got=axis)


def _made_again(data: PlayData) -> Any:
    if data.origin is None or getattr(data.origin, "valid", None) is not None:
        message = "split: the held out rows were given; to be divided again, rows must be divided by the page."
        raise ConfigError(message, got=data.title)
    return data.origin


def _start(experiment: Experiment, data: PlayData) -> None:
    """Begin anew with other data, and with the last layer and the loss that they need.

    A network that nobody has touched, or one of the gallery, gives way to the one that is suggested. A point more in
    a drawing needs no run of its own.
    """
    draws = data.source.get("kind") == experiment.data.source.get("kind") == "points"
    now = experiment.settings
    untouched = now == suggested_settings(experiment.data) or is_exhibit(now)
    if not untouched:
        check_size(now, data.X.shape[1:], min(now.batch_size, len(data.X)))
    settings = suggested_settings(data) if untouched else fit_settings(now, data)
    experiment.replace(data=data, settings=settings, text=f"data: {data.title}", in_place=draws)
