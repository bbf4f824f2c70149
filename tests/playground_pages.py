"""A playground that runs, and its page in Chromium."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from chromium import CHROMIUM, Page, open_page
from glassnet.playground.experiment import Experiment
from glassnet.playground.play_data import PlayData
from glassnet.playground.server.running import Playground
from glassnet.playground.settings import Settings

__all__ = ["first_experiment", "in_page", "open_playground", "playground", "troubles", "watched_page"]

_MISSING = [name for name in ("starlette", "uvicorn", "websockets") if importlib.util.find_spec(name) is None]


def in_page(test: Any) -> Any:
    """Mark a test that needs a browser and a server."""
    reason = "Chromium is not installed" if CHROMIUM is None else f"{', '.join(_MISSING)} not installed"
    return pytest.mark.skipif(CHROMIUM is None or bool(_MISSING), reason=reason)(test)


def first_experiment() -> Experiment:
    """Return an experiment on few points, with hidden layers of 4 and 3 units."""
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (120, 2)).astype(np.float32)
    y = (X[:, 0] * X[:, 1] > 0).astype(np.int64)
    data = PlayData(X[:90], y[:90], X[90:], y[90:], ("x1", "x2"), ("0", "1"), title="Xor")
    layers = [gn.Dense(4, "tanh"), gn.Dense(3, "tanh"), gn.Dense(1)]
    network = gn.Network(layers, loss="binary_cross_entropy", optimizer=gn.SGD(0.3), seed=0).build((2,))
    return Experiment(data, Settings.of(network, 10))


@contextmanager
def playground(experiment: Experiment | None = None, **options: Any) -> Iterator[Playground]:
    """Serve an experiment in a thread of this process; `call` of what is yielded reads it between two steps."""
    with Playground(experiment or first_experiment(), **options).start() as served:
        yield served


def open_playground(page: Page, served: Playground) -> None:
    """Load the page of a playground, until it has painted its first state."""
    page.go(served.url)
    page.wait("['paused', 'running'].includes(document.body.dataset.state)")


@contextmanager
def watched_page(folder: Path, served: Playground, width: int = 1280, height: int = 800) -> Iterator[Page]:
    """Open the page of a playground in a Chromium of its own; what it complains of in the end is a failure."""
    with open_page(folder, width, height) as page:
        open_playground(page, served)
        yield page
        assert troubles(page, served) == []


def troubles(page: Page, served: Playground) -> list[str]:
    """Return what a page wrote to the console, and requests that left it, since the last call."""
    page.run("0")  # what has happened is heard with the next answer
    own = (served.address, served.address.replace("http", "ws", 1), "data:", "blob:", "about:")
    found = [*page.console, *(url for url in page.requests if not url.startswith(own))]
    page.console.clear()
    page.requests.clear()
    return found
