"""`glassnet.sklearn` against scikit-learn's own perceptrons, the same settings, interleaved in one run.

Run: python -m benchmarks.perceptrons [--repeats 7]
"""

from __future__ import annotations

import argparse
import warnings
from typing import Any

import numpy as np
from sklearn import neural_network
from sklearn.datasets import load_digits

from benchmarks.pairs import compare
from glassnet.sklearn import MLPClassifier

# No early end: every fit trains the same number of epochs.
ENDLESS: dict[str, Any] = {"tol": 0.0, "n_iter_no_change": 10**6, "random_state": 0}


def fits(name: str, X: np.ndarray, y: np.ndarray, repeats: int, times: int = 1, **options: Any) -> None:
    """Time whole fits of both."""

    def fit(cls: type[Any]) -> None:
        for _ in range(times):
            cls(**options).fit(X, y)

    compare(name, lambda: fit(neural_network.MLPClassifier), lambda: fit(MLPClassifier), repeats)


def one_row(repeats: int) -> None:
    """Time 2,000 predictions of one row by a 10-16-1 network."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((200, 10)), rng.integers(0, 2, 200)
    models = [cls((16,), max_iter=5).fit(X, y) for cls in (neural_network.MLPClassifier, MLPClassifier)]

    def predict(model: Any) -> None:
        for _ in range(2000):
            model.predict_proba(X[:1])

    compare("predict_proba of one row, 2,000 times", lambda: predict(models[0]), lambda: predict(models[1]), repeats)


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    warnings.simplefilter("ignore")
    print(f"{'scikit-learn / glassnet.sklearn':<52} {'theirs':>12} {'ours':>12}   ratio (range)")
    rng = np.random.default_rng(0)
    xor, labels = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 1, 1, 0])
    digits, numbers = load_digits(return_X_y=True)
    wide, long = (rng.standard_normal((20_000, d), dtype="f4") for d in (784, 50))
    for solver, rate in (("sgd", 0.01), ("adam", 0.001)):
        options = {"solver": solver, "learning_rate_init": rate, **ENDLESS}
        fits(f"XOR, 500 epochs, {solver}", xor, labels, repeats, hidden_layer_sizes=(4,), max_iter=500, **options)
        for dtype in ("float64", "float32"):
            X = (digits / 16).astype(dtype)
            fits(f"digits, 20 epochs, {solver}, {dtype}", X, numbers, repeats, max_iter=20, **options)
        y = (wide[:, :20] @ rng.standard_normal((20, 10))).argmax(axis=1)
        shape = {"hidden_layer_sizes": (256, 128), "batch_size": 128, "max_iter": 3}
        fits(f"20,000 x 784, (256, 128), 3 epochs, {solver}", wide, y, repeats, **shape, **options)
        y = (long[:, :20].sum(axis=1) > 0).astype(int)
        shape = {"hidden_layer_sizes": (512, 512), "batch_size": 1024, "max_iter": 3}
        fits(f"20,000 x 50, (512, 512), 3 epochs, {solver}", long, y, repeats, **shape, **options)
    lbfgs = {"hidden_layer_sizes": (4,), "solver": "lbfgs", "random_state": 1}
    fits("XOR, lbfgs, 5 times", xor, labels, repeats, times=5, **lbfgs)
    one_row(repeats)


if __name__ == "__main__":
    main()
