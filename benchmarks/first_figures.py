"""The four figures of the README's "How fast" section, each pair interleaved in one run; needs scikit-learn.

Run: python benchmarks/first_figures.py [--repeats 7]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import statistics
import subprocess
import sys
import warnings
from collections.abc import Callable

import numpy as np

import glassnet as gn
from glassnet import scratch
from glassnet.layers import Step
from pairs import compare, seconds

XOR_X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR_Y = np.array([[0.0], [1.0], [1.0], [0.0]])


def xor_step(repeats: int) -> None:
    """Time 2,000 epochs of the tutorial's functions against 2,000 steps of a Network, loss included."""
    steps = 2000

    def tutorial() -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            scratch.train(XOR_X, XOR_Y, 2, 4, 1, 1.0, steps)

    layers = [gn.Dense(4, "sigmoid", initializer="tutorial"), gn.Dense(1, initializer="tutorial")]
    net = gn.Network(layers, loss="binary_cross_entropy", optimizer=gn.SGD(1.0), seed=2, input_shape=(2,))
    X, y, _ = net.check_data("benchmark", XOR_X, XOR_Y)
    store = net.built("benchmark")
    state, step = net.optimizer.new_state(store.params, store.groups), Step("train", net.noise())

    def network() -> None:
        for _ in range(steps):
            net.accumulate(X, y, None, step)
            store.average_gradients()
            net.optimizer.step(store.params, store.grads, state, 1.0)

    compare(f"XOR, {steps} steps: glassnet.scratch / Network steps", tutorial, network, repeats)

    def fit() -> None:
        net.fit(XOR_X, XOR_Y, epochs=steps, batch_size=4, progress=False)

    compare(f"XOR, {steps} epochs: glassnet.scratch / Network.fit", tutorial, fit, repeats)


def classifier(
    name: str, X: np.ndarray, y: np.ndarray, hidden: tuple[int, ...], batch: int, epochs: int, repeats: int
) -> None:
    """Time scikit-learn's whole ``fit`` against ours: same data, layers, batch, Adam, epochs, float32."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore", ConvergenceWarning)

    def theirs() -> None:
        model = MLPClassifier(hidden, batch_size=batch, max_iter=epochs, tol=0, n_iter_no_change=epochs, random_state=0)
        model.fit(X, y)

    def ours() -> None:
        layers = [gn.Dense(units, "relu") for units in hidden]
        net = gn.Network([*layers, gn.Dense(int(y.max()) + 1)], loss="cross_entropy", optimizer=gn.Adam(1e-3), seed=0)
        net.fit(X, y, epochs=epochs, batch_size=batch, progress=False)

    compare(name, theirs, ours, repeats)


def import_time(repeats: int) -> None:
    """Time a new interpreter that imports glassnet against one that imports NumPy."""

    def run(module: str) -> Callable[[], object]:
        return lambda: subprocess.run([sys.executable, "-c", f"import {module}"], check=True)

    bare = statistics.median(seconds(run("sys")) for _ in range(repeats))
    pairs = [(seconds(run("glassnet")) - bare, seconds(run("numpy")) - bare) for _ in range(3 * repeats)]
    ratios = sorted(a / b for a, b in pairs)
    print(f"import glassnet / import numpy, interpreter's start taken off: {statistics.median(ratios):.2f}x")


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    print(f"{'pair':<52} {'first':>12} {'second':>12}   ratio (range)")
    xor_step(repeats)
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype("f4")
    classifier("digits 64-100-10, batch 200, 20 epochs: sklearn / us", X, y, (100,), 200, 20, repeats)
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((20_000, 784), dtype="f4"), rng.integers(0, 10, 20_000)
    classifier("784-256-128-10, batch 128, 1 epoch: sklearn / us", X, y, (256, 128), 128, 1, repeats)
    import_time(repeats)


if __name__ == "__main__":
    main()
