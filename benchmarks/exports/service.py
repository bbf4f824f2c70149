"""Requests a second and latency of ``glassnet serve``, beside FastAPI with the same network in scikit-learn.

Run: python -m benchmarks.exports.service [--peer PYTHON] [--seconds 5] [--rounds 3] [--json FILE]

``--peer`` is a Python that has fastapi, uvicorn and scikit-learn of the version here; without it only our service is
timed. Both run one process, and get the same rows in turns, from a client in this process over kept connections.
"""

from __future__ import annotations

import argparse
import http.client
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["main"]

HERE = Path(__file__).parent
OURS, THEIRS = "glassnet serve", "FastAPI + scikit-learn"
CLIENTS = {"1 client": 1, "8 clients": 8}
ROWS = {"1 row": 1, "100 rows": 100}
_SERVE = (
    "import sys, joblib; from glassnet.serving.running import serve;"
    "serve(joblib.load(sys.argv[1]), 'bench', port=int(sys.argv[2]))"
)
_FIRST_PORT = 18_100


def main() -> None:
    """Time both services on two networks, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", help="a Python with fastapi, uvicorn and scikit-learn")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="how often both have their turn; the best counts")
    parser.add_argument("--json", help="write the numbers to this file")
    given = parser.parse_args()
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for case in ("cancer 30-16-1", "digits 64-64-32-10"):
            found += _compare(case, Path(folder), given.peer, given.seconds, given.rounds)
    print(f"{'network':20} {'request':9} {'clients':10} {'service':23} {'requests/s':>10} {'p50 ms':>8} {'p95 ms':>8}")
    for one in found:
        print(
            f"{one['case']:20} {one['rows']:9} {one['clients']:10} {one['service']:23} "
            f"{one['per_second']:10.0f} {one['p50']:8.2f} {one['p95']:8.2f}"
        )
    if given.json:
        Path(given.json).write_text(json.dumps(found, indent=1) + "\n")


def _compare(case: str, folder: Path, peer: str | None, seconds: float, rounds: int) -> list[dict[str, Any]]:
    """Return the measurements of one network."""
    theirs, ours, X = _models(case, folder)
    commands = {OURS: ([sys.executable, "-c", _SERVE, str(ours)], _FIRST_PORT)}
    if peer:
        commands[THEIRS] = ([peer, str(HERE / "fastapi_peer.py"), str(theirs)], _FIRST_PORT + 1)
    processes = {name: subprocess.Popen([*command, str(port)]) for name, (command, port) in commands.items()}
    try:
        for name, (_, port) in commands.items():
            _wait(port, _body(X, 1), processes[name])
        return _turns(case, {name: port for name, (_, port) in commands.items()}, X, seconds, rounds)
    finally:
        for process in processes.values():
            process.terminate()
            process.wait()


def _turns(case: str, ports: dict[str, int], X: np.ndarray, seconds: float, rounds: int) -> list[dict[str, Any]]:
    """Return the best of several rounds, in which each service has its turn."""
    found = []
    for rows, n in ROWS.items():
        for clients, k in CLIENTS.items():
            best: dict[str, dict[str, float]] = {}
            for _ in range(rounds):
                for service, port in ports.items():
                    numbers = _measure(port, _body(X, n), k, seconds)
                    if service not in best or numbers["per_second"] > best[service]["per_second"]:
                        best[service] = numbers
            about = {"case": case, "rows": rows, "clients": clients}
            found += [{**about, "service": service, **numbers} for service, numbers in best.items()]
    return found


def _models(case: str, folder: Path) -> tuple[Path, Path, np.ndarray]:
    """Return a fitted pipeline of scikit-learn and ours with the same weights, each in a file, and the rows."""
    import joblib
    from sklearn.datasets import load_breast_cancer, load_digits
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    import glassnet as gn

    load, widths = (load_breast_cancer, (16,)) if case.startswith("cancer") else (load_digits, (64, 32))
    X, y = load(return_X_y=True)
    theirs = make_pipeline(StandardScaler(), MLPClassifier(widths, max_iter=1000, random_state=0)).fit(X, y)
    ours = make_pipeline(theirs[0], gn.from_sklearn(theirs[1]))
    paths = folder / f"theirs {case}.joblib", folder / f"ours {case}.joblib"
    for path, model in zip(paths, (theirs, ours), strict=True):
        joblib.dump(model, path)
    return *paths, X


def _body(X: np.ndarray, n: int) -> bytes:
    return json.dumps(X[:n].tolist()).encode()


def _wait(port: int, body: bytes, process: subprocess.Popen[bytes]) -> None:
    """Wait until a service answers."""
    for _ in range(600):
        try:
            _ask(http.client.HTTPConnection("127.0.0.1", port, timeout=10), body)
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.1)
        else:
            return
    message = f"the service on port {port} does not answer"
    raise SystemExit(message)


def _ask(connection: http.client.HTTPConnection, body: bytes) -> bytes:
    connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
    reply = connection.getresponse()
    text = reply.read()
    if reply.status != 200:
        message = f"{reply.status}: {text[:200]!r}"
        raise SystemExit(message)
    return text


def _measure(port: int, body: bytes, clients: int, seconds: float) -> dict[str, float]:
    """Return requests a second, and the median and the 95th percentile of their times in milliseconds."""
    times: list[list[float]] = [[] for _ in range(clients)]
    end = time.perf_counter() + seconds

    def client(own: list[float]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while (start := time.perf_counter()) < end:
            _ask(connection, body)
            own.append(time.perf_counter() - start)

    threads = [threading.Thread(target=client, args=(own,)) for own in times]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent, all_times = time.perf_counter() - start, np.concatenate(times) * 1e3
    p50, p95 = np.percentile(all_times, [50, 95])
    return {"per_second": len(all_times) / spent, "p50": float(p50), "p95": float(p95)}


if __name__ == "__main__":
    main()
