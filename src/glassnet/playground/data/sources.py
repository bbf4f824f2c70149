"""Data from all that they can come from: a source as the page describes it, a file, a frame, arrays, a model."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.errors import ConfigError, DataError, GlassnetError
from glassnet.playground.data.array_checks import checked_arrays
from glassnet.playground.data.array_data import ArrayMaterial
from glassnet.playground.data.flawed_data import flawed_material
from glassnet.playground.data.table_data import TableMaterial
from glassnet.playground.data.table_reading import YOUR_FILE, Reading, display_name, read_checked, undecided
from glassnet.playground.data.target_choice import choose_target
from glassnet.playground.data.toy_data import FIRST_POINTS, digits_material, points_material, toy_material
from glassnet.playground.play_data import PlayData
from glassnet.tabular.model import TableModel
from glassnet.tabular.reading.frames import to_table
from glassnet.tabular.reading.table import Table
from glassnet.utils.checks import check_choice

__all__ = [
    "BUNDLED", "FIRST_SOURCE", "SPLIT", "data_from_arrays", "data_from_file", "data_from_frame", "data_from_model",
    "data_from_source", "with_reading", "with_target",
]  # fmt: skip

SPLIT = 0.2
"""Share of the rows that are held out at first."""

BUNDLED = {
    "penguins": "Penguins", "mpg": "Cars", "thyroid": "Thyroid", "weather": "Weather", "digits": "Digits",
}  # fmt: skip
"""Data sets of the package, with their titles."""

_USUAL_TARGETS = {"mpg": "mpg", "thyroid": "sick"}  # where it is not the one that `choose_target` would take

FIRST_SOURCE = {"kind": "toy", "name": "spirals"}
"""What the playground starts with when it is given nothing."""

_KINDS = ("toy", "points", "bundled", "upload", "flawed")


def data_from_source(
    source: Mapping[str, Any], uploads: Mapping[str, Path] | None = None, split: float = SPLIT
) -> PlayData:
    """Return the data that a source of the page describes.

    Parameters
    ----------
    source : mapping
        ``{"kind": "toy", "name": "spirals", "options": {"n": 500}}``,
        ``{"kind": "points", "points": [[x, y, label]]}``, ``{"kind": "bundled", "name": "penguins"}``,
        ``{"kind": "upload", "upload": id, "name": "weather.csv"}`` with a name for people only, or of the gallery
        ``{"kind": "flawed", "name": "leak"}``. Tables may have a ``target`` and ``options`` of `read_table`.
    uploads : mapping, optional
        Files by their ids.
    split : float
        Share of the rows to hold out.

    Raises
    ------
    DataError, ConfigError
        There are no such data, or nothing can be learned from them.
    """
    kind = check_choice("data", "kind", source.get("kind"), _KINDS)
    name, options, target = source.get("name"), source.get("options"), source.get("target")
    for what, value, wanted in (("options", options, Mapping), ("target", target, str)):
        if value is not None and not isinstance(value, wanted):
            must = "a text" if wanted is str else "an object"
            message = f"data: {what} is of type {type(value).__name__}; it must be {must}."
            raise ConfigError(message, got=value)
    if kind == "toy":
        return toy_material(name, options).play(split)
    if kind == "points":
        points = source.get("points")
        return points_material(FIRST_POINTS if points is None else _as_list(points)).play(split)
    if kind == "flawed":
        return flawed_material(name).play(split)
    if kind == "upload":
        upload = source.get("upload")
        if not isinstance(upload, str) or upload not in (uploads or {}):
            message = "data: upload is no file that was uploaded; it must be the id of one. Upload the file again."
            raise DataError(message, got=upload)
        called = display_name(name) if isinstance(name, str) else YOUR_FILE
        kept = {"kind": "upload", "upload": upload, **({} if called == YOUR_FILE else {"name": called})}
        title = "Your file" if called == YOUR_FILE else called
        return _played((uploads or {})[upload], called, title, kept, options or {}, target, split)
    if check_choice("data", "name", name, BUNDLED) == "digits":
        return digits_material().play(split)
    kept = {"kind": "bundled", "name": str(name)}
    usual = target or _USUAL_TARGETS.get(str(name))
    return _played(str(name), str(name), BUNDLED[str(name)], kept, options or {}, usual, split)


def data_from_file(
    path: str | Path, target: str | None = None, *, options: Mapping[str, Any] | None = None, split: float = SPLIT
) -> PlayData:
    """Return the data in a file on this machine, or of the package, for the command line and for Python.

    Parameters
    ----------
    path : str or Path
        What `read_table` takes.
    target : str, optional
        The column to predict; by default the likeliest.
    options : mapping, optional
        Options of `read_table`.
    split : float
        Share of the rows to hold out.
    """
    name = str(path)
    if name in BUNDLED:
        return data_from_source({"kind": "bundled", "name": name, "target": target, "options": options}, split=split)
    source = {"kind": "given"}
    return _played(name, name, Path(name).name, source, options or {}, target, split)


def _played(
    path: str | Path,
    called: str,
    title: str,
    source: dict[str, Any],
    options: Mapping[str, Any],
    target: str | None,
    split: float,
) -> PlayData:
    """Return a file as data; what is left open about it are questions, at first or instead."""
    reading = read_checked(path, options, called)
    try:
        return _table_material(reading, called, title, source, target).play(split)
    except GlassnetError as error:
        if reading.questions:
            raise undecided(called, reading.questions) from error
        raise


def _table_material(
    reading: Reading, called: str, title: str, source: dict[str, Any], target: str | None
) -> TableMaterial:
    """Return a table that was read, with a target."""
    chosen = choose_target(reading.table, target, called)
    # The code drops what was left open, too.
    undecided = {question["column"]: "drop" for question in reading.questions}
    used = {**reading.options, **({"read": read} if (read := {**reading.options.get("read", {}), **undecided}) else {})}
    words = "".join(f", {option}={value!r}" for option, value in used.items())
    return TableMaterial(
        reading.table,
        chosen,
        title=title,
        source={**source, "target": chosen, "options": reading.options},
        code=(f"table = gn.tabular.read_table({called!r}{words})",),
        read=dict(reading.options.get("read", {})),
        questions=reading.questions,
        path=called if source["kind"] == "given" else "",
    )


def data_from_frame(frame: Any, target: str | None = None, *, split: float = SPLIT) -> PlayData:
    """Return the data in a frame: a `Table`, a DataFrame, a dict of arrays or rows as dicts.

    Parameters
    ----------
    frame : Table, DataFrame, mapping or rows
        As for `to_table`.
    target : str, optional
        The column to predict; by default the likeliest.
    split : float
        Share of the rows to hold out.
    """
    return _framed(frame, target, {}, split)


def _framed(frame: Any, target: str | None, read: dict[str, Any], split: float) -> PlayData:
    table = to_table(frame, read=read or None)
    chosen = choose_target(table, target, "playground")
    words = f", read={read!r}" if read else ""
    return TableMaterial(
        table,
        chosen,
        title="Your table",
        source={"kind": "given", "target": chosen, "options": {"read": read} if read else {}},
        code=("# frame: what was passed to the playground", f"table = gn.tabular.to_table(frame{words})"),
        read=read,
        frame=None if isinstance(frame, Table) else frame,
    ).play(split)


def data_from_model(model: TableModel, frame: Any, *, split: float = SPLIT) -> PlayData:
    """Return the rows of a frame encoded as a table model encodes them.

    Parameters
    ----------
    model : TableModel
    frame : Table, DataFrame, mapping, rows, or the path of a file
        Rows with the target.
    split : float
        Share of the rows to hold out.
    """
    if isinstance(frame, (str, Path)):
        from glassnet.tabular.reading.files import read_table

        table = read_table(frame, like=model)
        lines: tuple[str, ...] = (f"table = gn.tabular.read_table({str(frame)!r}, like=model)",)
    else:
        table = model.table(frame)
        lines = ("# frame: what was passed to the playground", "table = model.table(frame)")
    if model.target.name not in table:
        fact = f"the target {model.target.name!r} is not in the frame"
        message = f"playground: {fact}; it must be. Add its column."
        raise DataError(message, expected=model.target.name, got=table.names)
    return TableMaterial(
        model.with_target_read(table, "playground"),
        model.target.name,
        title="Your table",
        source={"kind": "given", "target": model.target.name},
        code=('model = gn.tabular.TableModel.load("your_model.safetensors")', *lines),
        encoder=model.encoder,
        target_encoder=model.target,
    ).play(split)


def data_from_arrays(
    X: Any,
    y: Any,
    *,
    validation_data: Sequence[Any] | None = None,
    inputs: Sequence[str] | None = None,
    classes: Sequence[str] | bool | None = None,
    split: float = SPLIT,
) -> PlayData:
    """Return arrays as data.

    Parameters
    ----------
    X : array of shape (n, ...)
    y : array of shape (n,) or (n, k)
        Class codes, labels or numbers.
    validation_data : (X, y), optional
        Rows to hold out; otherwise a share of the rows is.
    inputs : sequence of str, optional
        Names of the inputs.
    classes : sequence of str or bool, optional
        Names of the classes, or whether ``y`` has classes; by default texts, booleans and whole numbers are classes.
    split : float
        Share of the rows to hold out.
    """
    X, y = checked_arrays("playground", X, y)
    held_out = None if validation_data is None else tuple(map(np.asarray, validation_data[:2]))
    names, coded, valid_codes = _coded(y, None if held_out is None else held_out[1], classes)
    width = int(np.prod(X.shape[1:]))
    columns = tuple(inputs) if inputs is not None else tuple(f"x{place + 1}" for place in range(width))
    if len(columns) != width:
        fact = f"inputs has {len(columns)} names for {width} inputs"
        message = f"playground: {fact}; it must have one for each."
        raise DataError(message, expected=width, got=len(columns))
    given = "X, y" if held_out is None else "X, y, X_valid, y_valid"
    return ArrayMaterial(
        X,
        coded,
        inputs=columns,
        classes=names,
        title="Your arrays",
        source={"kind": "given"},
        code=(f"# {given}: the arrays that were passed to the playground", *_coding(y, coded, held_out is not None)),
        valid=None if held_out is None else (held_out[0], valid_codes),
    ).play(split)


def _coded(y: np.ndarray, held_out: np.ndarray | None, classes: Sequence[str] | bool | None) -> Any:
    """Return names of classes, codes, and the codes of the rows held out; numbers as they are."""
    is_classes = y.ndim == 1 and (
        classes if isinstance(classes, bool) else classes is not None or y.dtype.kind in "biuUSO"
    )
    if not is_classes:
        return (), y, held_out
    if y.dtype.kind in "biuf" and (y >= 0).all() and (y == np.floor(y)).all() and y.max() < 1000:
        k = max(int(y.max()) + 1, 2)
        names = tuple(map(str, classes)) if isinstance(classes, Sequence) and len(classes) >= k else None
        codes = None if held_out is None else held_out.astype(np.int64)
        return names or tuple(map(str, range(k))), y.astype(np.int64), codes
    labels = np.unique(y if held_out is None else np.concatenate([y, held_out]))
    places = [None if part is None else np.searchsorted(labels, part).astype(np.int64) for part in (y, held_out)]
    return tuple(map(str, labels)), *places


def _coding(y: np.ndarray, coded: np.ndarray, is_divided: bool) -> tuple[str, ...]:
    """Return the lines that make codes of labels, where they are no codes already."""
    if np.array_equal(y, coded):
        return ()
    whole, parts = ("np.concatenate([y, y_valid])", ("y", "y_valid")) if is_divided else ("y", ("y",))
    codes = ", ".join(f"np.searchsorted(labels, {part})" for part in parts)
    return "import numpy as np", f"labels = np.unique({whole})", f"{', '.join(parts)} = {codes}"


def with_reading(data: PlayData, column: str, kind: str, uploads: Mapping[str, Path] | None = None) -> PlayData:
    """Return the data with one column read as another kind; the target and the split are kept.

    Raises
    ------
    ConfigError
        The data are no table that can be read again, or have no such column.
    """
    material = data.origin
    known = [each["name"] for each in data.columns] + [data.target]
    if not isinstance(material, TableMaterial) or material.encoder is not None:
        message = f"read: the data are {data.title!r}; they must be a table."
        raise ConfigError(message, got=data.title)
    check_choice("read", "column", column, known)
    options = dict(data.source.get("options") or {})
    options["read"] = {**options.get("read", {}), column: kind}
    source = {**data.source, "options": options}
    target = None if column == data.target and kind == "drop" else data.target
    if data.source["kind"] != "given":
        return data_from_source({**source, "target": target}, uploads, data.split)
    if material.frame is not None:
        return _framed(material.frame, target, options["read"], data.split)
    if not material.path:
        must = "it must be a file or a frame"
        message = f"read: {data.title!r} is a table that was read; {must}. Read it with read={ {column: kind}!r}."
        raise ConfigError(message, got=data.title)
    return _played(material.path, material.path, data.title, {"kind": "given"}, options, target, data.split)


def with_target(data: PlayData, name: str) -> PlayData:
    """Return the data with another column to predict.

    Raises
    ------
    ConfigError
        There is no such column, or the data are no table of which a column could be chosen.
    """
    material = data.origin
    if not isinstance(material, TableMaterial) or material.encoder is not None:
        check_choice("target", "name", name, (data.target,))
        return data
    target = choose_target(material.table, name, "target")
    source = {**data.source, "target": target}
    return dataclasses.replace(material, target=target, source=source).play(data.split)


def _as_list(points: Any) -> list[Any]:
    if not isinstance(points, list):
        message = f"data: points is of type {type(points).__name__}; it must be a list."
        raise ConfigError(message, got=points)
    return points
