"""Frames: the numbers of one moment as bytes, what the page draws until the next."""

from __future__ import annotations

import math
import struct
import time
import weakref
from typing import Any

import numpy as np

from glassnet.playground.experiment import Experiment
from glassnet.playground.ground import row_of
from glassnet.playground.noted_step import NotedStep
from glassnet.playground.plane import PICTURE_SIDE, grid_of, pictures_of, plane_of
from glassnet.playground.play_data import PlayData
from glassnet.playground.view import Layout, View
from glassnet.playground.watcher import Watcher

__all__ = ["KINDS", "edges_now", "epoch_rows", "frame_of", "layout_of", "values_now"]

KINDS = {
    "edges": 1, "biases": 2, "activations": 3, "plane": 4, "pictures": 5, "losses": 6, "epochs": 7, "strips": 8,
    "predictions": 9,
}  # fmt: skip
_DTYPES = {kind: ("<f4", 1) for kind in KINDS.values()}
_DTYPES |= {4: ("u1", 2), 5: ("u1", 2), 6: ("<f8", 3), 7: ("<f8", 3)}
_HEADER = struct.Struct("<BBBBIII")
_PLANES_APART = 0.1  # seconds, while running
_MOST_EPOCHS, _MOST_LOSSES = 1000, 4096
_UNSEEN = -1


class _Kept:
    """What frames of one network have in common."""

    def __init__(self, experiment: Experiment, most_units: int) -> None:
        self.most_units = most_units
        self.layout = Layout(experiment.network, most_units)
        self.watcher = Watcher(experiment.network, self.layout.drawing.columns)
        self.plane = b""
        self.plane_at = (_UNSEEN, _UNSEEN, View())  # step, revision and view of the plane
        self.plane_time = -math.inf
        self.grids: tuple[PlayData | None, int, list[np.ndarray]] = (None, 0, [])


_KEPT: weakref.WeakKeyDictionary[Any, _Kept] = weakref.WeakKeyDictionary()


def frame_of(experiment: Experiment, view: View, since: int = _UNSEEN) -> bytes:
    """Return a frame of an experiment at the boundary of a step.

    Parameters
    ----------
    experiment : Experiment
    view : View
        What is to be seen.
    since : int
        Step of the frame before, whose losses need not be sent again; -1 if there was none.
    """
    kept = _kept(experiment, view)
    now = experiment.step, experiment.revision
    found = _numbers(experiment, view, kept) + _curves(experiment, since if since <= experiment.step else _UNSEEN)
    frame = [section(KINDS[name], arrays, *now) for name, arrays in found]
    if view.plane:
        frame.append(_plane(experiment, view, kept, since))
    if not experiment.data.is_classes:
        predicted = experiment.network.predict(experiment.data.take_shown()[0])
        frame.append(section(KINDS["predictions"], [predicted.reshape(len(predicted), -1)[:, 0]], *now))
    return b"".join(frame)


def edges_now(experiment: Experiment, view: View) -> list[np.ndarray] | None:
    """Return what the edges show, block by block; None if it is not known, for want of a step that led here."""
    layout, step = layout_of(experiment, view), experiment.run.take_step
    if view.edges == "weight":
        return layout.edges(experiment.network.params)
    if not isinstance(step, NotedStep):
        return None
    step.keeps = True
    if view.edges == "update":
        change = step.change()
        return None if change is None else layout.edges(change)
    return layout.edges(experiment.network.grads) if step.is_last else None


def values_now(experiment: Experiment, view: View) -> list[np.ndarray]:
    """Return the values of all units of each column for the row that is looked at."""
    return [of[0] for of in _kept(experiment, view).watcher.values(row_of(experiment.data, view.row))]


def layout_of(experiment: Experiment, view: View) -> Layout:
    """Return the drawing of the network, with the units that are shown."""
    return _kept(experiment, view).layout


def _kept(experiment: Experiment, view: View) -> _Kept:
    kept = _KEPT.get(experiment.network)
    if kept is None or kept.most_units != view.most_units:
        kept = _KEPT[experiment.network] = _Kept(experiment, view.most_units)
    return kept


def _numbers(experiment: Experiment, view: View, kept: _Kept) -> list[tuple[str, list[np.ndarray]]]:
    """Return a section for each block of edges, one for each column of values, one for all biases."""
    layout, values = kept.layout, values_now(experiment, view)
    edges = edges_now(experiment, view)
    if edges is None:
        edges = [np.full((1, size), math.nan) for size in layout.block_sizes]
    found = [("edges", [block]) for block in edges]
    found += [("activations", [of[units]]) for of, units in zip(values, layout.shown, strict=True)]
    found.append(("biases", layout.biases(experiment.network.params)))
    if layout.abridged:
        found.append(("strips", [values[k] for k in layout.abridged]))
    return found


def _curves(experiment: Experiment, since: int) -> list[tuple[str, list[np.ndarray]]]:
    """Return the losses of the steps since a frame, and the rows of all epochs."""
    losses = experiment.batch_losses
    new = losses[np.searchsorted(losses[:, 0], since, side="right") :]
    if len(new) > _MOST_LOSSES:
        new = new[:: (1 - len(new)) // _MOST_LOSSES][::-1]  # from the end, so that the last is among them
    return [("losses", [new]), ("epochs", [epoch_rows(experiment)])]


def epoch_rows(experiment: Experiment) -> np.ndarray:
    """Return step, loss, loss and score of the rows held out for each epoch, (n, 4); of very many, some."""
    history, per_epoch = experiment.run.history, experiment.run.steps_per_epoch or 1
    n = history.epochs
    places = range(n - 1, -1, -max(-(-n // _MOST_EPOCHS), 1))  # from the end, so that the last is among them
    score = next((name for name in history.columns if name.startswith("valid_") and name != "valid_loss"), "")
    rows = np.full((len(places), 4), math.nan)
    rows[:, 0] = [(k + 1) * per_epoch for k in places]
    for column, name in enumerate(("loss", "valid_loss", score), start=1):
        values = history.columns.get(name)
        if values is not None:
            rows[:, column] = [math.nan if values[k] is None else values[k] for k in places]
    return rows[::-1]


def _plane(experiment: Experiment, view: View, kept: _Kept, since: int) -> bytes:
    """Return plane and pictures, computed at most ten times a second while running; nothing if they were sent."""
    step, revision, clock = experiment.step, experiment.revision, time.monotonic()
    wanted = step, revision, view
    if kept.plane_at != wanted and not (
        experiment.running and kept.plane_at[1:] == wanted[1:] and clock < kept.plane_time + _PLANES_APART
    ):
        kept.plane, kept.plane_at, kept.plane_time = _new_plane(experiment, view, kept), wanted, clock
    return kept.plane if kept.plane_at[0] > since or not experiment.running else b""


def _new_plane(experiment: Experiment, view: View, kept: _Kept) -> bytes:
    data, now = experiment.data, (experiment.step, experiment.revision)
    if kept.grids[0] is not data or kept.grids[1] != view.resolution:
        kept.grids = data, view.resolution, [grid_of(data, view.resolution), grid_of(data, PICTURE_SIDE)]
    points, small = kept.grids[2]
    values = kept.watcher.values(small)[1:]
    pictures = pictures_of(values, kept.layout.shown[1:])
    side = struct.pack("<I", PICTURE_SIDE)
    found = section(KINDS["pictures"], [np.frombuffer(side, dtype=np.uint8), pictures], *now)
    plane = plane_of(experiment.network, data, points)
    if plane is not None:
        low, high, levels = plane
        head = struct.pack("<ffII", low, high, view.resolution, levels.shape[1])
        found += section(KINDS["plane"], [np.frombuffer(head, dtype=np.uint8), levels], *now)
    return found


def section(kind: int, arrays: list[np.ndarray], step: int, revision: int) -> bytes:
    """Return one section of a frame: a header of 16 bytes, the numbers one after the other, zeros up to 8 bytes."""
    dtype, code = _DTYPES[kind]
    body = b"".join([np.ascontiguousarray(array, dtype=dtype).tobytes() for array in arrays])
    return _HEADER.pack(kind, 1, code, 0, step, revision, len(body)) + body + bytes(-len(body) % 8)
