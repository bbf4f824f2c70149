"""What a page that looks on costs the training, and how soon it is answered: ``python -m benchmarks.playground.live``.

The server is a process of its own, as it is for a browser; with and without a page have their turns one after the
other. Run it on a quiet machine with at least two cores; ``--quick`` only shows that it works. First paint is measured
where Chromium is installed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

import glassnet as gn

__all__ = ["CASES", "WIDE", "Page", "Server", "answers", "first_paints", "measure"]

CASES: dict[str, tuple[tuple[int, ...], str, int, float]] = {  # units, loss, batch size, goal
    "2-4-1, batch 10": ((4, 1), "binary_cross_entropy", 10, 0.90),
    "64-64-32-10, batch 32": ((64, 32, 10), "cross_entropy", 32, 0.85),
}
WIDE = "64-1000-40-10, batch 32"  # 104,400 weights, for questions about neurons
_CASES = {**CASES, WIDE: ((1000, 40, 10), "cross_entropy", 32, 0.0)}
_MOST_GOALS = {"click": 100.0, "scrub": 50.0, "slider": 100.0, "served": 500.0, "file": 300.0}  # milliseconds
_PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
_FRAME = struct.Struct("<BBBBIII")


def network_of(case: str) -> tuple[gn.Network, Any, Any]:
    """Return network and rows of a case."""
    units, loss, _, _ = _CASES[case]
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
    experiment = Experiment(data, Settings.of(net.build(X.shape[1:]), _CASES[case][2]))
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
        self.frames, self.bytes, self.step, self.revision = 0, 0, -1, -1
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

    def clicks(self, n: int) -> list[float]:
        """Return how many seconds the numbers of a neuron took."""
        columns = self.ask("hello")["result"]["state"]["network"]["columns"]
        asked = [(column["layer"], unit) for column in columns if column["layer"] for unit in range(column["units"])]
        picks = [asked[k * 7919 % len(asked)] for k in range(n)]

        def click(layer: str, unit: int) -> None:
            answer = self.ask("explain_neuron", layer=layer, unit=unit)
            if "error" in answer:
                raise RuntimeError(answer["error"])

        return [self._timed(lambda pick=pick: click(*pick)) for pick in picks]

    def scrubs(self, n: int, last: int) -> list[float]:
        """Return how many seconds after a way back or forth the frame of that step was there."""

        def go(step: int) -> None:
            answer = self.ask("go_to", step=step)
            if "error" in answer:
                raise RuntimeError(answer["error"])
            while self.step != step:
                self._next()

        return [self._timed(lambda k=k: go(1 + k * 7919 % last)) for k in range(n)]

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
        self.step, self.revision = _FRAME.unpack_from(message)[4:6]
        self.frames, self.bytes = self.frames + 1, self.bytes + len(message)
        self._socket.send('{"do": "ack", "frame": 1}')
        return None


def alone(case: str, seconds: float) -> float:
    """Return the steps a second of the same run in a program, without a playground."""
    net, X, y = network_of(case)
    n = len(X) * 4 // 5
    run = net.stepwise(X[:n], y[:n], batch_size=_CASES[case][2], validation_data=(X[n:], y[n:]))
    run.advance(200)
    start, steps = time.perf_counter(), 0
    while time.perf_counter() < start + seconds:
        steps += run.advance(100) and 100
    return steps / (time.perf_counter() - start)


def measure(case: str, seconds: float, rounds: int, minute: float, n: int) -> dict[str, Any]:
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
    n : int
        How many answers to wait for.
    """
    server = Server(case)
    page = Page(server.url)
    page.ask("run")
    page.look(1.0)
    rates: dict[str, list[tuple[float, float]]] = {"no page": [], "page": []}
    frames = n_bytes = 0
    for _ in range(rounds):
        page.close()
        time.sleep(0.2)
        rates["no page"].append(server.rates(seconds))
        page = Page(server.url)
        page.look(0.3)
        before, bytes_before = page.frames, page.bytes
        rates["page"].append(server.rates(seconds, page.look))
        frames += page.frames - before
        n_bytes += page.bytes - bytes_before
    pings, slides = page.pings(n), page.slides(n)
    page.look(min(5.0, minute))
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
        "kB a second": round(n_bytes / (rounds * seconds) / 1000, 1),
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


def answers(n: int) -> dict[str, dict[str, float]]:
    """Return how many milliseconds the numbers of a neuron of `WIDE` took, and a way back on each of `CASES`."""
    server = Server(WIDE)
    page = Page(server.url)
    page.ask("step", batches=20)
    found = {f"click a neuron, {WIDE}": _ms(page.clicks(n))}
    page.close()
    server.close()
    for case in CASES:
        server = Server(case)
        page = Page(server.url)
        page.ask("run")
        while server.step()[2] < 3000:
            page.look(0.1)
        page.ask("pause")
        found[f"scrub over {server.step()[2]:,} steps, {case}"] = _ms(page.scrubs(n, server.step()[2]))
        page.close()
        server.close()
    return found


def first_paints(n: int) -> dict[str, float]:
    """Return after how many milliseconds Chromium has painted the page, served and as a file; {} without Chromium."""
    sys.path.append(str(Path(__file__).parents[2] / "tests"))
    import chromium

    if chromium.CHROMIUM is None:
        return {}
    found: dict[str, list[float]] = {"served": [], "file": []}
    server = Server(next(iter(CASES)))
    with tempfile.TemporaryDirectory() as name:
        net, X, y = network_of(next(iter(CASES)))
        lesson = Path(name) / "lesson.html"
        net.to_page(lesson, X, y)
        for _ in range(n):
            for kind, address in (("served", server.url), ("file", lesson.as_uri())):
                with chromium.open_page(Path(name)) as page:
                    page.go(address)
                    page.wait("['paused', 'running'].includes(document.body.dataset.state)")
                    page.wait(f"{_PAINTED} > 0")
                    found[kind].append(page.run(_PAINTED))
    server.close()
    return {kind: round(statistics.median(values), 1) for kind, values in found.items()}


def as_lines(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return what was measured, the figure and the goal, of the figures of a case."""
    rates = " ".join(f"{found[key]:,.0f}" for key in ("alone", "no page", "page"))
    memory = "{:.1f} -> {:.1f}".format(*found["rss MB"])
    lines = [
        ("steps/s alone, without a page, with one", rates, ""),
        ("with a page over without", f"{found['ratio']:.3f}", f">= {found['goal']}"),
        ("the same by processor", f"{found['ratio by processor']:.3f}", f">= {found['goal']}"),
        ("frames a second", f"{found['frames a second']:.1f}", ""),
        ("kB a second", f"{found['kB a second']:,.1f}", ""),
        ("ping, ms, median and p95", "{median} {p95}".format(**found["ping ms"]), ""),
        ("slider to frame, ms, median and p95", "{median} {p95}".format(**found["slider to frame ms"]), "<= 100"),
        ("memory of the server, MB", memory, "+- 20"),
        ("steps meanwhile", f"{found['steps in that time']:,}", ""),
    ]  # fmt: skip
    return [(f"{found['case']}: {what}", figure, goal) for what, figure, goal in lines]


def main() -> None:
    """Print the figures of all cases as a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", metavar="CASE", help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="too short for figures: see that it works")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a turn")
    parser.add_argument("--rounds", type=int, default=5, help="turns with and without a page")
    parser.add_argument("--minute", type=float, default=60.0, help="seconds to watch the memory for")
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
        return
    turns = (0.5, 1, 1.0) if options.quick else (options.seconds, options.rounds, options.minute)
    n = 10 if options.quick else 100
    lines = [line for case in CASES for line in as_lines(measure(case, *turns, n))]
    for what, times in answers(n).items():
        goal = _MOST_GOALS[what.partition(" ")[0]]
        lines.append((f"{what}, ms, median and p95", "{median} {p95}".format(**times), f"<= {goal:g}"))
    for kind, value in first_paints(2 if options.quick else 5).items():
        lines.append((f"first paint, {kind}, ms", f"{value:g}", f"<= {_MOST_GOALS[kind]:g}"))
    width = max(len(what) for what, *_ in lines)
    for what, figure, goal in lines:
        print(f"{what:<{width}}  {figure:>24}  {goal}")


if __name__ == "__main__":
    main()
