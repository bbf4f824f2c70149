"""One row in ONNX Runtime: files of glassnet against those of skl2onnx for the same pipelines of scikit-learn.

Run it where both are installed, on an idle machine: ``python -m benchmarks.exports.onnx_speed``. The sessions take
turns, and what counts is the ratio of the two.
"""

from __future__ import annotations

import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["compare", "main"]

ROUNDS, CALLS = 41, 300
NETS: list[tuple[str, int, tuple[int, ...], int, str]] = [  # name, columns, hidden, classes, activation
    ("iris 4-8-3 relu", 4, (8,), 3, "relu"),
    ("cancer 10-16-1 tanh", 10, (16,), 2, "tanh"),
    ("cancer 30-16-1 sigmoid", 30, (16,), 2, "logistic"),
    ("digits 64-64-32-10", 64, (64, 32), 10, "relu"),
    ("diabetes 10-64-64-1", 10, (64, 64), 0, "relu"),
    ("784-128-10", 784, (128,), 10, "relu"),
]


def _pipeline(d: int, hidden: tuple[int, ...], k: int, activation: str) -> tuple[Any, np.ndarray]:
    """Return a fitted pipeline of scikit-learn, and its rows."""
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rng = np.random.default_rng(0)
    X = 5.0 + 2.0 * rng.standard_normal((300, d))
    y = 150.0 + 50.0 * X[:, 0] if k == 0 else np.arange(300) % k
    kind = MLPRegressor if k == 0 else MLPClassifier
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = make_pipeline(
            StandardScaler(), kind(hidden_layer_sizes=hidden, activation=activation, max_iter=20, random_state=0)
        )
        return model.fit(X, y), X.astype(np.float32)


def _session(content: bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def _calls(session: Any, row: np.ndarray) -> Callable[[], float]:
    """Return a function that predicts a row many times and returns the seconds of one."""
    feed = {session.get_inputs()[0].name: row}

    def timed() -> float:
        start = time.perf_counter()
        for _ in range(CALLS):
            session.run(None, feed)
        return (time.perf_counter() - start) / CALLS

    return timed


def compare(d: int, hidden: tuple[int, ...], k: int, activation: str) -> dict[str, Any]:
    """Return median times of both files, the median ratio of a round, bytes, and the largest difference."""
    import skl2onnx

    import glassnet as gn

    model, X = _pipeline(d, hidden, k, activation)
    options = {} if k == 0 else {id(model): {"zipmap": False}}
    kind = skl2onnx.common.data_types.FloatTensorType([None, d])
    theirs = skl2onnx.convert_sklearn(model, initial_types=[("X", kind)], options=options).SerializeToString()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        gn.export(model, path, data=X, check=False)
        ours = path.read_bytes()
    sessions = [_session(ours), _session(theirs)]
    outputs = [session.run(None, {session.get_inputs()[0].name: X.astype(_type(session))}) for session in sessions]
    timed = [_calls(session, X[:1].astype(_type(session))) for session in sessions]
    rounds = [[one() for one in timed] for _ in range(ROUNDS)]
    return {
        "ours": statistics.median(own for own, _ in rounds) * 1e6,
        "theirs": statistics.median(other for _, other in rounds) * 1e6,
        "ratio": statistics.median(own / other for own, other in rounds),
        "bytes": (len(ours), len(theirs)),
        "difference": float(np.abs(outputs[0][0] - outputs[1][0 if k == 0 else 1]).max()),
    }


def _type(session: Any) -> Any:
    return np.float64 if session.get_inputs()[0].type == "tensor(double)" else np.float32


def main() -> None:
    """Print the table."""
    print(f"{'net':24s} {'glassnet':>9s} {'skl2onnx':>9s} {'ratio':>6s} {'bytes':>8s} {'bytes':>8s}  difference")
    for name, *net in NETS:
        found = compare(*net)
        own, other = found["bytes"]
        times = f"{found['ours']:6.1f} us {found['theirs']:6.1f} us {found['ratio']:6.2f}"
        print(f"{name:24s} {times} {own:8,} {other:8,}  {found['difference']:.1e}")


if __name__ == "__main__":
    main()
