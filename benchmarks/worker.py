"""One library in a process of its own: reads one command a line, answers with one line of JSON.

Libraries bring pools of threads that disturb each other in one process; here those of the ones that wait sleep.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from typing import Any

import numpy as np

from benchmarks.cases import Case
from benchmarks.peers import PEERS, UnsupportedError

__all__ = ["Worker", "main"]


class Worker:
    """Does what a command says.

    Parameters
    ----------
    peer : str
        A name in `peers.PEERS`, or ``"products"``.
    """

    def __init__(self, peer: str) -> None:
        module = "products" if peer == "products" else f"peers.{PEERS[peer][0]}"
        self._make = importlib.import_module(f"benchmarks.{module}").make
        self._peer: Any = None
        self._inputs: dict[int, np.ndarray] = {}
        self._d = 0

    def load(self, case: dict[str, Any]) -> None:
        """Make the network of a case."""
        hidden = tuple(case.pop("hidden"))
        made = Case(hidden=hidden, **case)
        self._peer, self._d = self._make(made), made.d
        self._inputs.clear()

    def time(self, what: str, count: int) -> float:
        """Return the seconds that ``count`` steps, fits, or predictions of as many rows take.

        Parameters
        ----------
        what : {"step", "fit", "predict 1", "predict 10000"}
        count : int
        """
        verb, _, rows = what.partition(" ")
        if verb == "predict":
            X = self._inputs.setdefault(
                int(rows), np.random.default_rng(1).standard_normal((int(rows), self._d), dtype=np.float32)
            )
        if verb == "step" and hasattr(self._peer, "settle"):
            self._peer.settle()
        start = time.perf_counter()
        if verb == "step":
            self._peer.step(count)
        else:
            for _ in range(count):
                self._peer.fit() if verb == "fit" else self._peer.predict(X)
        return time.perf_counter() - start


def main() -> None:
    """Serve until the input ends."""
    # Libraries print; the answers go where nothing else does.
    answers, sys.stdout = sys.stdout, sys.stderr
    worker: Worker | None = None
    for line in sys.stdin:
        command = json.loads(line)
        try:
            if "peer" in command:
                worker = Worker(command["peer"])
                answer: Any = True
            elif "case" in command:
                assert worker is not None
                answer = worker.load(command["case"]) or True
            else:
                assert worker is not None
                answer = worker.time(command["what"], command["count"])
        except UnsupportedError:
            answer = None
        except Exception as error:  # whatever a library raises is a gap in the table, not the end of the run
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
