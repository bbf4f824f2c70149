"""Times of all peers on one case, in turns: every peer once, then again, so that a busy moment falls on all."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.cases import Case

__all__ = ["LIMIT", "Process", "compare", "median_ratio"]

LIMIT = "products"
_ROOT = Path(__file__).parents[1]
_PAUSE = 0.1  # seconds for the threads of the one before to fall asleep: some spin for a while


class Process:
    """A worker, from outside.

    Parameters
    ----------
    peer : str
        Which library it runs.

    Raises
    ------
    ImportError
        It is not installed, or does not start.
    """

    def __init__(self, peer: str) -> None:
        self.peer = peer
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker"], cwd=_ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        answer = self._ask(peer=peer)
        if answer is not True:
            self.close()
            raise ImportError(answer["error"] if isinstance(answer, dict) else f"{peer} does not start")

    def load(self, case: Case) -> bool:
        """Make the network of a case; return whether the library can do it."""
        return self._ask(case=case.config()) is True

    def seconds(self, what: str, count: int) -> float | None:
        """Return the mean seconds of ``count`` steps, fits or predictions; None if there is no such thing."""
        answer = self._ask(what=what, count=count)
        return answer / count if isinstance(answer, float) else None

    def _ask(self, **command: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(command) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        return json.loads(line) if line else {"error": "the process died"}

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)


def compare(processes: Iterable[Process], case: Case, what: str, count: int, rounds: int) -> dict[str, list[float]]:
    """Return the seconds of every peer in every round, after one round that does not count.

    Parameters
    ----------
    processes : iterable of Process
        With the case loaded.
    case : Case
    what : str
        As of `worker.Worker.time`.
    count : int
        How often a round does it.
    rounds : int
    """
    found: dict[str, list[float]] = {}
    able = []
    for process in processes:
        if process.seconds(what, count) is not None:
            able.append(process)
            found[process.peer] = []
    for _ in range(rounds):
        for process in able:
            time.sleep(_PAUSE)
            seconds = process.seconds(what, count)
            if seconds is not None:
                found[process.peer].append(seconds)
    return found


def median_ratio(times: Mapping[str, list[float]], peer: str, base: str) -> tuple[float, float, float]:
    """Return the median, smallest and largest of a peer's time over that of another in the same round."""
    ratios = sorted(a / b for a, b in zip(times[peer], times[base], strict=True))
    return statistics.median(ratios), ratios[0], ratios[-1]
