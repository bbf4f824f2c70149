"""Plots: each draws what it says into the axes it is given, and returns them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

import glassnet as gn

X = np.random.default_rng(0).standard_normal((60, 3))
Y = X[:, 0] - X[:, 1]


def network(rate: float = 0.05) -> gn.Network:
    """Return a small regressor."""
    return gn.Network([gn.Dense(4, "tanh"), gn.Dense(1)], loss="squared_error", optimizer=gn.SGD(rate), seed=0)


@pytest.fixture(autouse=True)
def _no_windows() -> Iterator[None]:
    """Draw into memory, and close everything."""
    mpl.use("Agg")
    yield
    from matplotlib import pyplot as plt

    plt.close("all")


def curves(ax: Any) -> list[np.ndarray]:
    """Return the heights of all lines that have points."""
    return [np.asarray(line.get_ydata(), dtype=float) for line in ax.lines if len(line.get_ydata())]


def test_histories() -> None:
    """A line for each member, of its own length, and their median."""
    population = gn.Population(network(), 4)
    population.fit(X, Y, epochs=5, validation_data=(X, Y))
    ax = population.plot()
    found = curves(ax)
    assert [len(curve) for curve in found] == [5] * 5
    np.testing.assert_allclose(found[1], population.histories[1]["valid_loss"])
    np.testing.assert_allclose(found[4], np.median([h["valid_loss"] for h in population.histories], axis=0))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "valid loss")
    assert population.plot("loss", ax=ax) is ax
    with pytest.raises(gn.ConfigError, match="column must be one of"):
        population.plot("accuracy")


def test_folds() -> None:
    """A point for each fold, and the mean in the legend."""
    result = gn.cross_validate(network(), X, Y, folds=4, epochs=2)
    ax = result.plot("rmse")
    np.testing.assert_allclose(curves(ax)[-1], result.scores["rmse"])
    assert f"mean {result.mean['rmse']:.4g}" in [text.get_text() for text in ax.get_legend().get_texts()]


def test_rates() -> None:
    """Loss over rate on a logarithmic axis; what diverged is marked as such."""
    search = gn.find_learning_rate(network(), X, Y, lowest=1e-3, highest=1e6, n_rates=8, steps=20)
    ax = search.plot()
    assert ax.get_xscale() == "log"
    np.testing.assert_allclose(curves(ax)[0], search.losses[np.isfinite(search.losses)])
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert f"best: {search.best:.2g}" in labels
    assert "diverged" in labels


def test_sweeps() -> None:
    """A point for each network over a number or a word, the best trial in the other colour."""

    def build(rate: float, kind: str) -> gn.Network:
        return gn.Network([gn.Dense(3, kind), gn.Dense(1)], loss="squared_error", optimizer=gn.Adam(rate), seed=0)

    found = gn.sweep(build, {"rate": [0.001, 0.1], "kind": ["relu", "tanh"]}, X, Y, epochs=3, n_seeds=2)
    ax = found.plot()
    assert ax.get_xscale() == "log"
    assert sum(len(curve) for curve in curves(ax)) == 8
    np.testing.assert_allclose(curves(ax)[0], found.trials[0].values)
    words = [label.get_text() for label in found.plot("kind").get_xticklabels()]
    assert sorted(words) == ["relu", "tanh"]
    with pytest.raises(gn.ConfigError, match="setting must be one of 'kind', 'rate', got 'rat'"):
        found.plot("rat")


def test_a_missing_matplotlib_is_one_sentence() -> None:
    """Without matplotlib a plot says what to install."""
    program = (
        "import sys; sys.modules['matplotlib'] = None; import glassnet as gn\n"
        "from glassnet.plots import plot_histories\n"
        "history = gn.Network([gn.Dense(1)], loss='squared_error', seed=0).fit([[1.0], [2.0]], [1.0, 2.0], epochs=1)\n"
        "try:\n    plot_histories([history])\nexcept gn.MissingExtraError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    wanted = "plot_histories: needs matplotlib, which is not installed. Run: pip install 'glassnet[plot]'\n"
    assert done.stdout == wanted
