"""What the page shows of the data of an experiment."""

from __future__ import annotations

from typing import Any

from glassnet.playground.data.baselines import baseline_lines
from glassnet.playground.data.gallery import GALLERY
from glassnet.playground.data.sources import BUNDLED
from glassnet.playground.data.toy_data import TOYS, toy_options
from glassnet.playground.experiment import Experiment
from glassnet.playground.plane_axes import axis_choices
from glassnet.playground.play_data import PlayData

__all__ = ["data_state"]


def data_state(experiment: Experiment) -> dict[str, Any]:
    """Return the entries of the state that are about data: ``data`` and ``baselines``."""
    return {
        "data": {**_described(experiment.data), **_on_offer(), "given": _is_given(experiment.given)},
        "baselines": baseline_lines(experiment.data, experiment.settings),
    }


def _described(data: PlayData) -> dict[str, Any]:
    axes = data.plane_axes
    return {
        "source": data.source if data.source else {"kind": "given"},
        "title": data.title,
        "task": "classes" if data.is_classes else "number",
        "classes": list(data.classes),
        "target": data.target,
        "inputs": list(data.inputs),
        "columns": list(data.columns),
        "targets": list(data.targets),
        "rows": {"train": len(data.X), "valid": len(data.X_valid)},
        "split": data.split,
        "preview": data.preview,
        "points": data.points,
        "axes": {"x": axes.x, "y": axes.y, "choices": axis_choices(data.inputs)},
        "plane": {"x": data.plane_sides[0], "y": data.plane_sides[1], "range": data.plane_range},
        "unit": data.unit,
        "questions": list(data.questions),
        "notes": list(data.notes),
    }


def _on_offer() -> dict[str, Any]:
    """Return what data there are to choose from."""
    return {
        "toys": [{"name": name, "title": toy.title, "options": toy_options(name)} for name, toy in TOYS.items()],
        "bundled": [{"name": name, "title": title} for name, title in BUNDLED.items()],
        "gallery": [{"name": name, "title": each.title, "text": each.text} for name, each in GALLERY.items()],
    }


def _is_given(data: PlayData) -> bool:
    """Return whether data came from Python, so that the page can go back to them but not make them."""
    return bool(data.source.get("kind", "given") == "given")
