"""What a page that looks on costs the training, and how soon it is answered: ``python -m benchmarks.playground.live``.

The server is a process of its own, as it is for a browser; with and without a page have their turns one after the
other. Run it on a quiet machine with at least two cores.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

import glassnet as gn

__all__ = ["CASES", "Page", "Server", "measure"]

CASES: dict[str, tuple[tuple[int, ...], str, int, float]] = {  # units, loss, batch size, goal
    "2-4-1, batch 10": ((4, 1), "binary_cross_entropy", 10, 0.90),
    "64-64-32-10, batch 32": ((64, 32, 10), "cross_entropy", 32, 0.85),
}
_FRAME = struct.Struct("<BBBBIII")


def network_of(case: str) -> tuple[gn.Network, Any, Any]:
    """Return network and rows of a case."""
    units, loss, _, _ = CASES[case]
    X, y = gn.datasets.digits() if units[-1] == 10 else gn.datasets.spirals(500, noise=0.1, seed=0)
    X = np.asarray(X, dtype=np.float32).reshape(len(X), -1)
    layers = [*(gn.Dense(n, "tanh" if len(units) == 2 else "relu") for n in units[:-1]), gn.Dense(units[-1])]
    return gn.Network(layers, loss=loss, optimizer=gn.Adam(0.003), seed=0), X, y


class Server:
    """A playground in a process of its own, which says on request how far it is."""

    def __init__(self, case: str) -> None:
        command = [sys.executable, "-m", "benchmarks.playground.live", "--serve", case]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = self._line()

    def step(self) -> tuple[float, float, int]:
        """Return the time, that of the processor, and the step of the run."""
        found = json.loads(self._said("step"))
        return found[0], found[1], found[2]

    def rss(self) -> float:
        """Return the memory of the process in MB."""
        text = Path(f"/proc/{self._process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS")) / 1024

    def close(self) -> None:
        """End it."""
        self._said("end")
        self._process.wait(20)

    def rates(self, seconds: float, meanwhile: Callable[[float], object] = time.sleep) -> tuple[float, float]:
        """Return the steps a second, and a second of the processor, while something is done for so long."""
        start, used, before = self.step()
        meanwhile(seconds)
        end, used_then, after = self.step()
        return (after - before) / (end - start), (after - before) / (used_then - used)

    def _said(self, word: str) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        return self._line()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def serve(case: str) -> None:
    """Be the process of a `Server`."""
    from glassnet.playground.data.sources import data_from_arrays
    from glassnet.playground.experiment import Experiment
    from glassnet.playground.server.running import Playground
    from glassnet.playground.settings import Settings

    net, X, y = network_of(case)
    data = data_from_arrays(X, y)
    experiment = Experiment(data, Settings.of(net.build(X.shape[1:]), CASES[case][2]))
    with Playground(experiment).start() as served:
        print(served.url, flush=True)
        for word in sys.stdin:
            if word.strip() == "end":
                break
            times = time.perf_counter(), time.process_time()
            print(json.dumps([*times, served.call(lambda experiment: experiment.step)]), flush=True)
    print("", flush=True)


class Page:
    """What a page does with its socket: paints each frame at once."""

    def __init__(self, url: str) -> None:
        from websockets.sync.client import connect

        address, _, token = url.partition("?token=")
        port = address.rstrip("/").rpartition(":")[2]
        headers = {"Cookie": f"glassnet-{port}={token}"}
        self._stack = ExitStack()
        opened = connect(f"{address.replace('http', 'ws', 1)}socket", additional_headers=headers, compression=None)
        self._socket = self._stack.enter_context(opened)
        self._numbers = itertools.count(1)
        self.frames, self.revision = 0, -1
        self.ask("hello")

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Return the answer to a command."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "do": do, **arguments}))
        while True:
            message = self._next()
            if message is not None and message.get("id") == number:
                return message

    def look(self, seconds: float) -> None:
        """Paint what comes."""
        until = time.perf_counter() + seconds
        while (rest := until - time.perf_counter()) > 0.0:
            try:
                self._next(rest)
            except TimeoutError:
                return

    def pings(self, n: int) -> list[float]:
        """Return how many seconds answers took that need no work."""
        return [self._timed(lambda: self.ask("ping")) for _ in range(n)]

    def slides(self, n: int) -> list[float]:
        """Return how many seconds after a change of the rate the first frame with it was there."""

        def slide(rate: float) -> None:
            before = self.revision
            self.ask("set", path="optimizer.learning_rate", value=rate)
            while self.revision == before:
                self._next()

        return [self._timed(lambda k=k: slide(0.0005 * (1 + k % 5))) for k in range(n)]

    def close(self) -> None:
        """Close the page."""
        self._stack.close()

    def _timed(self, call: Callable[[], object]) -> float:
        start = time.perf_counter()
        call()
        found = time.perf_counter() - start
        self.look(0.03)
        return found

    def _next(self, seconds: float | None = None) -> dict[str, Any] | None:
        message = self._socket.recv(timeout=seconds)
        if isinstance(message, str):
            found: dict[str, Any] = json.loads(message)
            return found
        self.frames, self.revision = self.frames + 1, _FRAME.unpack_from(message)[5]
        self._socket.send('{"do": "ack", "frame": 1}')
        return None


def alone(case: str, seconds: float) -> float:
    """Return the steps a second of the same run in a program, without a playground."""
    net, X, y = network_of(case)
    n = len(X) * 4 // 5
    run = net.stepwise(X[:n], y[:n], batch_size=CASES[case][2], validation_data=(X[n:], y[n:]))
    run.advance(200)
    start, steps = time.perf_counter(), 0
    while time.perf_counter() < start + seconds:
        steps += run.advance(100) and 100
    return steps / (time.perf_counter() - start)


def measure(case: str, seconds: float, rounds: int, minute: float) -> dict[str, Any]:
    """Return the figures of one case.

    Parameters
    ----------
    case : str
        One of `CASES`.
    seconds : float
        How long each turn is.
    rounds : int
        How many turns with and without a page.
    minute : float
        How many seconds to watch the memory for.
    """
    server = Server(case)
    page = Page(server.url)
    page.ask("run")
    page.look(1.0)
    rates: dict[str, list[tuple[float, float]]] = {"no page": [], "page": []}
    frames = 0
    for _ in range(rounds):
        page.close()
        time.sleep(0.2)
        rates["no page"].append(server.rates(seconds))
        page = Page(server.url)
        page.look(0.3)
        before = page.frames
        rates["page"].append(server.rates(seconds, page.look))
        frames += page.frames - before
    pings, slides = page.pings(200), page.slides(100)
    page.look(5.0)
    first, before = server.rss(), server.step()[2]
    page.look(minute)
    found = {
        "case": case,
        "alone": alone(case, seconds),
        **{name: statistics.median(wall for wall, _ in values) for name, values in rates.items()},
        "ratio": _ratio(rates, 0),
        "ratio by processor": _ratio(rates, 1),  # where others compute on the machine
        "goal": CASES[case][3],
        "frames a second": frames / (rounds * seconds),
        "ping ms": _ms(pings),
        "slider to frame ms": _ms(slides),
        "rss MB": [round(first, 1), round(server.rss(), 1)],
        "steps in that time": server.step()[2] - before,
    }
    page.close()
    server.close()
    return found


def _ratio(rates: dict[str, list[tuple[float, float]]], which: int) -> float:
    pairs = zip(rates["page"], rates["no page"], strict=True)
    return round(statistics.median(page[which] / none[which] for page, none in pairs), 3)


def _ms(seconds: list[float]) -> dict[str, float]:
    return {
        "median": round(1e3 * statistics.median(seconds), 1),
        "p95": round(1e3 * float(np.quantile(seconds, 0.95)), 1),
    }


def main() -> None:
    """Print the figures of all cases, one line of JSON each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", metavar="CASE", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a turn")
    parser.add_argument("--rounds", type=int, default=5, help="turns with and without a page")
    parser.add_argument("--minute", type=float, default=60.0, help="seconds to watch the memory for")
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
        return
    for case in CASES:
        print(json.dumps(measure(case, options.seconds, options.rounds, options.minute)), flush=True)


if __name__ == "__main__":
    main()
