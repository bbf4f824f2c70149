"""What can be taken home from an experiment: the page in one file, the model, the code, a notebook, the history."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from glassnet.playground.experiment import Experiment
from glassnet.playground.plain_json import as_plain_json

__all__ = ["DOWNLOADS", "Download"]


class Download(NamedTuple):
    """A file that is made when it is asked for, between two steps."""

    name: str
    kind: str
    make: Callable[[Experiment], bytes]


def _model(experiment: Experiment) -> bytes:
    with tempfile.TemporaryDirectory(prefix="glassnet-") as folder:
        path = Path(folder) / "model.safetensors"
        experiment.network.save(path)
        return path.read_bytes()


def _history(experiment: Experiment) -> bytes:
    return json.dumps(json.loads(as_plain_json(experiment.run.history.columns)), indent=1).encode()


DOWNLOADS = {
    "model": Download("model.safetensors", "application/octet-stream", _model),
    "history": Download("history.json", "application/json", _history),
}
