"""A playground that runs, and its page in Chromium."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import glassnet
from chromium import Page

__all__ = ["Served", "is_installed", "open_playground", "served", "troubles"]

_ADDRESS = re.compile(r"http://[^\s]+\?token=[\w-]+")
_SECONDS = 60.0


def is_installed() -> bool:
    """Return whether the extra of the playground is installed."""
    try:
        import starlette  # noqa: F401, PLC0415
        import uvicorn  # noqa: F401, PLC0415
        import websockets  # noqa: F401, PLC0415
    except ImportError:
        return False
    return True


class Served:
    """A playground in a process of its own.

    Attributes
    ----------
    address : str
        With its token.
    """

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self.process, self.address = process, address

    @property
    def port(self) -> int:
        """The port it listens on."""
        found = re.search(r":(\d+)/", self.address)
        assert found is not None
        return int(found[1])

    def stop(self) -> None:
        """End the process, as a computer does that is switched off."""
        self.process.kill()
        self.process.wait(_SECONDS)


@contextmanager
def served(*words: str | Path, port: int = 0) -> Iterator[Served]:
    """Start ``glassnet playground`` with these words, on a free port, and end it at the end."""
    command = [sys.executable, "-m", "glassnet", "playground", *map(str, words), "--no-browser", "--port", str(port)]
    folder = Path(glassnet.__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONUNBUFFERED": "1", "OPENBLAS_NUM_THREADS": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    timer = threading.Timer(_SECONDS, process.kill)
    timer.start()
    try:
        yield Served(process, _address(process))
    finally:
        timer.cancel()
        with suppress(ProcessLookupError):
            process.kill()
        process.wait(_SECONDS)


def _address(process: subprocess.Popen[str]) -> str:
    """Return the address that a playground prints; what it prints later is read too, so that it never waits for us."""
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if found := _ADDRESS.search(line):
            threading.Thread(target=process.stdout.read, daemon=True).start()
            return found[0]
    raise AssertionError("".join(said))


def open_playground(page: Page, address: str) -> None:
    """Load the page of a playground, until its panels are there."""
    page.go(address)
    page.wait("['paused', 'running'].includes(document.body.dataset.state)")


def troubles(page: Page, address: str) -> list[str]:
    """Return what a page wrote to the console, and requests that left it, since the last call."""
    own = tuple(address.split("/?")[0].replace("http", scheme, 1) + "/" for scheme in ("http", "ws"))
    found = page.console + [url for url in page.requests if not url.startswith((*own, "data:", "blob:", "about:"))]
    page.console.clear()
    page.requests.clear()
    return found
