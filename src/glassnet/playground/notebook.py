"""The playground in a notebook: a frame with the page of one file, which every front end shows."""

from __future__ import annotations

from glassnet.errors import ConfigError
from glassnet.playground.experiment import Experiment
from glassnet.playground.single_file import page_text
from glassnet.utils.html import element

__all__ = ["experiment_frame", "framed"]

_HEIGHT = 860


def experiment_frame(experiment: Experiment) -> str:
    """Return a frame with the page of an experiment as it is now, or why there can be none, as HTML."""
    try:
        return framed(page_text(experiment, title=experiment.data.title))
    except ConfigError as error:
        return element("p", str(error))


def framed(page: str, height: int = _HEIGHT) -> str:
    """Return a page within a frame that may run its script and nothing else: no forms, no pop-ups, no way out."""
    style = f"width: 100%; height: {height}px; border: 0"
    return element("iframe", srcdoc=page, sandbox="allow-scripts", title="glassnet playground", style=style)
