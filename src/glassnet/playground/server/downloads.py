"""What can be taken home from an experiment: the page in one file, the model, the code, a notebook, the history."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from glassnet.playground.code.files import history_table, notebook
from glassnet.playground.code.shown_run import experiment_code
from glassnet.playground.experiment import Experiment
from glassnet.playground.single_file import page_text

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


def _code(experiment: Experiment) -> bytes:
    return experiment_code(experiment).encode()


def _notebook(experiment: Experiment) -> bytes:
    return notebook(experiment_code(experiment), experiment.data.title or "glassnet").encode()


def _history(experiment: Experiment) -> bytes:
    run = experiment.run
    return history_table(run.history.columns, run.epoch - run.history.epochs).encode()


def _page(experiment: Experiment) -> bytes:
    return page_text(experiment, title=experiment.data.title).encode()


DOWNLOADS = {
    "page": Download("glassnet_page.html", "text/html; charset=utf-8", _page),
    "code": Download("glassnet_run.py", "text/x-python; charset=utf-8", _code),
    "notebook": Download("glassnet_run.ipynb", "application/x-ipynb+json", _notebook),
    "model": Download("model.safetensors", "application/octet-stream", _model),
    "history": Download("history.csv", "text/csv; charset=utf-8", _history),
}
