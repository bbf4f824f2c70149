"""One row in exported Python files beside the same network by hand: ``python -m benchmarks.exports.python_files``.

The times of a file and of what it is compared with are taken by turns, in processor time; the least of each
is shown.
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import glassnet as gn

__all__ = ["main"]

NETS = {
    "4-8-3 relu": ((4, 8, 3), "relu"),
    "10-16-1 tanh": ((10, 16, 1), "tanh"),
    "30-16-1 sigmoid": ((30, 16, 1), "sigmoid"),
    "64-64-32-10 relu": ((64, 64, 32, 10), "relu"),
    "10-64-64-1 relu": ((10, 64, 64, 1), "relu"),
    "784-128-10 relu": ((784, 128, 10), "relu"),
}
_TURNS, _SECONDS = 40, 0.02

Arrays = list[tuple[np.ndarray, np.ndarray]]


def main() -> None:
    """Print the times of one row, and of 1,000 rows with NumPy, beside those of code written by hand."""
    print(f"{'network':18} {'':8} {'file':>9} {'by hand':>9} {'ratio':>6}   (µs a call)")
    with tempfile.TemporaryDirectory() as folder:
        for name, (sizes, activation) in NETS.items():
            layers = [gn.Dense(size, activation) for size in sizes[1:-1]]
            net = gn.Network([*layers, gn.Dense(sizes[-1])], loss="squared_error", seed=0, input_shape=sizes[:1])
            weights = [(layer.W.astype(np.float64), layer.b[0].astype(np.float64)) for layer in net.layers]
            X = np.random.default_rng(0).standard_normal((1000, sizes[0]))
            for to, hand in (("numpy", _numpy_by_hand), ("python", _python_by_hand)):
                file = Path(folder) / f"net_{to}.py"
                gn.export(net, file, to=to, check=False)
                own, other = _imported(file).compute, hand(weights, activation)
                for rows in (X[:1], X) if to == "numpy" else (X[:1].tolist(),):
                    assert np.allclose(own(rows), other(rows))
                    a, b = _times(own, other, rows)
                    print(f"{name:18} {to:6}{len(rows):5} {1e6 * a:8.1f} {1e6 * b:9.1f} {a / b:6.2f}", flush=True)


def _numpy_by_hand(weights: Arrays, activation: str) -> Callable[[np.ndarray], np.ndarray]:
    functions: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "relu": lambda z: np.maximum(z, 0.0),
        "tanh": np.tanh,
        "sigmoid": lambda z: 1.0 / (1.0 + np.exp(-z)),
    }
    f, (*hidden, (W_last, b_last)) = functions[activation], weights

    def predict(h: np.ndarray) -> np.ndarray:
        for W, b in hidden:
            h = f(h @ W + b)
        return np.asarray(h @ W_last + b_last)

    return predict


def _python_by_hand(weights: Arrays, activation: str) -> Callable[[Any], Any]:
    import math

    functions: dict[str, Callable[[float], float]] = {
        "relu": lambda z: max(z, 0.0),
        "tanh": math.tanh,
        "sigmoid": lambda z: 1.0 / (1.0 + math.exp(-z)),
    }
    f = functions[activation]
    layers = [(W.T.tolist(), b.tolist()) for W, b in weights]

    def predict(rows: list[list[float]]) -> list[list[float]]:
        found = []
        for h in rows:
            for i, (W, b) in enumerate(layers):
                z = []
                for row, shift in zip(W, b, strict=True):
                    total = shift
                    for weight, x in zip(row, h, strict=True):
                        total += weight * x
                    z.append(total)
                h = z if i == len(layers) - 1 else [f(one) for one in z]
            found.append(h)
        return found

    return predict


def _times(one: Callable[[Any], Any], other: Callable[[Any], Any], rows: Any) -> tuple[float, float]:
    """Return the least time of a call of each, in seconds."""
    least = [float("inf"), float("inf")]
    for _ in range(_TURNS):
        for i, function in enumerate((one, other)):
            calls, start = 0, time.process_time()
            while time.process_time() - start < _SECONDS / 4 or calls < 3:
                function(rows)
                calls += 1
            least[i] = min(least[i], (time.process_time() - start) / calls)
    return least[0], least[1]


def _imported(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("exported", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["exported"] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
