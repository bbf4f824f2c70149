"""Fixtures that tests share."""

from __future__ import annotations

import os

# One BLAS thread, here and in what tests start: two processes with two spinning threads each take turns on two cores.
# It counts where NumPy is loaded later; tests of threads ask for several.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

# Images of containers often ask Python to keep no bytecode. Hundreds of tests start programs, each of which would then compile the
# package again, for half of its time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return two processes for the suite, none beside this one where a file is named; ``-n 4`` asks for another number."""
    return 0 if any(".py" in word for word in config.args) else 2


def pytest_configure() -> None:
    """Allow Ctrl-C: a shell that starts the tests in the background has it ignored, here and in what tests start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def rng() -> np.random.Generator:
    """Return a generator with a fixed seed."""
    return np.random.default_rng(20261123)


@pytest.fixture(autouse=True)
def _loud_arithmetic() -> Iterator[None]:
    """Overflow, division by zero and NaN are errors; only underflow is the way of floating point."""
    with np.errstate(all="raise", under="ignore"):
        yield


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str, str]]:
    """Return a function that runs a command in this process, in an empty folder: exit code, stdout, stderr."""
    from glassnet.cli.app import main

    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(words)
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture(scope="module")
def served() -> Iterator[Any]:
    """Return a playground that all tests of a module use."""
    from playground_pages import playground

    with playground() as found:
        yield found


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Return an empty page in Chromium, for all tests of a module."""
    from chromium import open_page

    with open_page(tmp_path_factory.mktemp("profile"), 1280, 800) as page:
        yield page


@pytest.fixture(scope="module")
def the_page(served: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Return its page in Chromium, for all tests of a module."""
    from playground_pages import watched_page

    with watched_page(tmp_path_factory.mktemp("profile"), served) as page:
        yield page


@pytest.fixture
def page(the_page: Any, served: Any) -> Any:
    """Return the page of the playground as it is after loading, at 1280 x 800."""
    from playground_pages import open_playground

    the_page.prefer()
    the_page.resize(1280, 800)
    open_playground(the_page, served)
    return the_page
