"""The history is drawn after any sequence of fits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

import glassnet as gn
from glassnet import plots
from plot_checks import legend_of, texts_of

X = np.random.default_rng(0).standard_normal((40, 3))
Y = (X[:, 0] > 0).astype(int)


@pytest.fixture(autouse=True)
def _no_windows() -> Iterator[None]:
    """Draw into memory, and close everything."""
    mpl.use("Agg")
    yield
    from matplotlib import pyplot as plt

    plt.close("all")


def classifier(**options: Any) -> gn.Network:
    """Return a network that has not been trained."""
    return gn.Network([gn.Dense(2)], loss="cross_entropy", seed=0, **options)


def curve(ax: Any, place: int) -> list[float | None]:
    """Return the heights of a line, with None for gaps."""
    heights = np.asarray(ax.lines[place].get_ydata(), dtype=float)
    return [None if np.isnan(height) else round(float(height), 6) for height in heights]


@pytest.mark.parametrize("members", [None, 3])
@pytest.mark.parametrize("first", [True, False])
def test_fits_with_and_without_validation(first: bool, members: int | None) -> None:
    """Epochs without validation data are gaps in that line, whichever fit had them; each network has its line."""
    net = classifier(members=members)
    for has_validation in (first, not first, first):
        net.fit(X, Y, epochs=2, diagnose=False, **({"validation_data": (X, Y)} if has_validation else {}))
    ax = net.plot_history()
    lines = members or 1
    assert all(len(curve(ax, place)) == 6 for place in range(2 * lines))
    gaps = [value is None for value in curve(ax, lines)]
    assert gaps == [not has for has in (first, not first, first) for _ in range(2)]
    assert None not in curve(ax, 0)
    assert legend_of(ax) == ["training", "validation"]


def test_metrics_that_change_between_fits() -> None:
    """Every metric that any fit recorded can be drawn, also by the name of its validation column."""
    net = classifier()
    for metric in ("accuracy", "f1", "accuracy"):
        net.fit(X, Y, epochs=1, validation_split=0.25, metrics=[metric], diagnose=False)
    for column, there in (("accuracy", [True, False, True]), ("valid_f1", [False, True, False])):
        ax = net.plot_history(column)
        line = next(line for line in ax.lines if line.get_label() == "validation")
        assert np.isfinite(np.asarray(line.get_ydata(), dtype=float)).tolist() == there
        assert line.get_marker() == "o"  # without neighbours a value is a point
    assert net.plot_history("learning_rate").get_legend() is None
    assert net.plot_history("f1").get_ylabel() == "F1"


@pytest.mark.parametrize("gap", [None, float("nan"), float("inf")])
@pytest.mark.parametrize("several", [False, True])
def test_columns_with_gaps_of_any_kind(gap: Any, several: bool) -> None:
    """A gap may be None or NaN, of one network of several too; what is infinite is none of the curve's points."""
    history = gn.History()
    history.columns = {"loss": [gap, [0.5, gap], [0.25, 2.0]] if several else [gap, 0.5, 0.25], "valid_loss": [gap] * 3}
    ax = plots.plot_history(history)
    assert curve(ax, 0) == [None, 0.5, 0.25]
    if several:
        assert curve(ax, 1) == [None, None, 2.0]
    ax.figure.canvas.draw()


@pytest.mark.parametrize("column", [[float("nan")], [None, None], [float("inf")] * 3, [[float("nan")] * 2]])
def test_nothing_finite(column: list[Any]) -> None:
    """A column without any finite number is empty axes that say so."""
    history = gn.History()
    history.columns = {"loss": column}
    ax = plots.plot_history(history)
    ax.figure.canvas.draw()
    assert texts_of(ax) == ["no finite value"]


def test_one_epoch_is_a_point() -> None:
    """A single value is drawn as a point at epoch 1, of one network and of several histories."""
    net = classifier()
    history = net.fit(X, Y, epochs=1, diagnose=False)
    ax = plots.plot_history(history)
    assert ax.lines[0].get_marker() == "o"
    assert ax.get_xticks().tolist() == [1]
    assert plots.plot_histories([history] * 2).lines[0].get_marker() == "o"


def test_histories_with_gaps_and_members() -> None:
    """Several histories may have gaps, members and different lengths: each network has a line."""
    one, two, three = gn.History(), gn.History(), gn.History()
    one.columns, two.columns = {"loss": [1.0, None, 3.0]}, {"loss": [[1.0, 2.0], [3.0, float("nan")]]}
    three.columns = {"valid_loss": [1.0]}
    ax = plots.plot_histories([one, two, three])
    assert [curve(ax, place) for place in range(3)] == [[1.0, None, 3.0], [1.0, 3.0], [2.0, None]]
    assert legend_of(ax) == ["median"]


def test_a_run_that_diverged(tmp_path: Any) -> None:
    """What was recorded up to a divergence is drawn, and the same after a file was read."""
    net = gn.Network([gn.Dense(1)], loss="squared_error", optimizer=gn.SGD(1e-3), seed=0)
    net.fit(X, 1.0 * Y, epochs=3, diagnose=False, validation_split=0.25)
    net.fit(X, 1.0 * Y, epochs=2, diagnose=False)
    net.save(tmp_path / "net.safetensors", training_state=True)
    before = net.plot_history()
    after = gn.load(tmp_path / "net.safetensors").plot_history()
    assert [curve(before, place) for place in range(2)] == [curve(after, place) for place in range(2)]
    net.optimizer.learning_rate = 1e30
    with pytest.raises(gn.DivergenceError):
        net.fit(1e3 * X, 1.0 * Y, epochs=30, diagnose=False)
    net.plot_history().figure.canvas.draw()
