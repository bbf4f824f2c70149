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
from glassnet.playground.plane import (
    MOST_CHANNELS,
    PICTURE_SIDE,
    grid_of,
    pictures_of,
    plane_of,
    predicted_of,
    side_for,
)
from glassnet.playground.play_data import PlayData
from glassnet.playground.view import Layout, View
from glassnet.playground.watcher import Watcher
from glassnet.training.threads.blas import blas_threads

__all__ = ["KINDS", "edges_now", "frame_of", "layout_of", "values_now"]

KINDS = {
    "edges": 1, "biases": 2, "activations": 3, "plane": 4, "pictures": 5, "losses": 6, "epochs": 7, "strips": 8,
    "predictions": 9,
}  # fmt: skip
_DTYPES = {kind: ("<f4", 1) for kind in KINDS.values()}
_DTYPES |= {4: ("u1", 2), 5: ("u1", 2), 6: ("<f8", 3), 7: ("<f8", 3)}
_HEADER = struct.Struct("<BBBBIII")
_PLANES_APART, _PLANE_SHARE = 0.1, 10  # seconds while running; of which planes take one part in so many
_MOST_EPOCHS, _MOST_LOSSES = 1000, 4096
_UNSEEN = -1
_BEST_ONLY = 1  # flag of a plane with the likeliest class and its probability only


class _Kept:
    """What frames of one network have in common."""

    def __init__(self, experiment: Experiment, most_units: int) -> None:
        self.most_units = most_units
        self.layout = Layout(experiment.network, most_units)
        self.watcher = Watcher(experiment.network, self.layout.drawing.columns)
        self.plane = b""
        self.plane_at = (_UNSEEN, _UNSEEN, View())  # step, revision and view of the plane
        self.next_plane = -math.inf
        self.retaken = (_UNSEEN, _UNSEEN)  # revision and step at which the last step was taken again
        self.grids: tuple[tuple[int, int], PlayData | None, list[np.ndarray]] = ((0, 0), None, [])


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
    # Weights may have grown out of bounds, and are to be seen. One thread is enough for products as small as these.
    with np.errstate(over="ignore", invalid="ignore"), blas_threads(1):
        found = _numbers(experiment, view, kept) + _curves(experiment, since if since <= experiment.step else _UNSEEN)
        frame = [section(KINDS[name], arrays, *now) for name, arrays in found]
        if view.plane:
            frame.append(_plane(experiment, view, kept, since))
    return b"".join(frame)


def edges_now(experiment: Experiment, view: View) -> list[np.ndarray] | None:
    """Return what the edges show, block by block; None if no step led to the weights as they are."""
    kept = _kept(experiment, view)
    step, moment = experiment.run.take_step, (experiment.revision, experiment.step)
    if isinstance(step, NotedStep):
        step.keeps = view.edges != "weight"
    if view.edges == "weight":
        return kept.layout.edges(experiment.network.params)
    if not isinstance(step, NotedStep):
        return None
    if not step.is_last and not experiment.running and kept.retaken != moment:
        kept.retaken = moment
        experiment.go_to(experiment.step, anew=True)  # a way through time may have ended at a checkpoint
    if view.edges == "update":
        change = step.change()
        return None if change is None else kept.layout.edges(change)
    return kept.layout.edges(experiment.network.grads) if step.is_last else None


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
    """Return the losses of the steps since a frame, and the rows of all epochs if one has ended since."""
    losses = experiment.batch_losses
    first, last = np.searchsorted(losses[:, 0], (since, experiment.step), side="right")
    found = [("losses", [_thinned(losses[first:last], _MOST_LOSSES)])]
    epochs = experiment.epoch_rows
    if since < 0 or not experiment.running or (len(epochs) and epochs[-1, 0] > since):
        found.append(("epochs", [_thinned(epochs, _MOST_EPOCHS)]))
    return found


def _thinned(rows: np.ndarray, most: int) -> np.ndarray:
    """Return at most so many rows, the last one among them."""
    return rows if len(rows) <= most else rows[:: (1 - len(rows)) // most][::-1]


def _plane(experiment: Experiment, view: View, kept: _Kept, since: int) -> bytes:
    """Return plane, pictures and predictions, made now and then while running; nothing if they were sent."""
    step, revision, now = experiment.step, experiment.revision, time.monotonic()
    wanted = step, revision, view
    is_early = experiment.running and kept.plane_at[1:] == wanted[1:] and now < kept.next_plane
    if kept.plane_at != wanted and not is_early:
        kept.plane, kept.plane_at = _new_plane(experiment, view, kept), wanted
        kept.next_plane = now + max(_PLANES_APART, _PLANE_SHARE * (time.monotonic() - now))
    return kept.plane if kept.plane_at[0] > since or not experiment.running else b""


def _new_plane(experiment: Experiment, view: View, kept: _Kept) -> bytes:
    data, now, network = experiment.data, (experiment.step, experiment.revision), experiment.network
    side, small = (
        side_for(most, network.n_parameters * factor, running=experiment.running)
        for most, factor in ((view.resolution, 1), (PICTURE_SIDE, 2))
    )
    small = min(small, PICTURE_SIDE)
    if kept.grids[:2] != ((side, small), data):
        kept.grids = (side, small), data, [grid_of(data, side), grid_of(data, small)]
    points, few = kept.grids[2]
    predicted = predicted_of(network, data)
    pictures = pictures_of(kept.watcher.values(few)[1:], kept.layout.shown[1:])
    head = np.frombuffer(struct.pack("<I", small), dtype=np.uint8)
    found = section(KINDS["predictions"], [predicted], *now) + section(KINDS["pictures"], [head, pictures], *now)
    plane = plane_of(network, data, points)
    if plane is not None:
        low, high, levels = plane
        head = np.frombuffer(struct.pack("<ffII", low, high, side, levels.shape[1]), dtype=np.uint8)
        flags = _BEST_ONLY if len(data.classes) > MOST_CHANNELS else 0
        found += section(KINDS["plane"], [head, levels], *now, flags=flags)
    return found


def section(kind: int, arrays: list[np.ndarray], step: int, revision: int, *, flags: int = 0) -> bytes:
    """Return one section of a frame: a header of 16 bytes, the numbers one after the other, zeros up to 8 bytes."""
    dtype, code = _DTYPES[kind]
    body = b"".join([np.ascontiguousarray(array, dtype=dtype).tobytes() for array in arrays])
    return _HEADER.pack(kind, 1, code, flags, step, revision, len(body)) + body + bytes(-len(body) % 8)
