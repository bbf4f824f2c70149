"""Plots: each draws what it says into the axes it is given, and returns them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

import glassnet as gn
from glassnet import plots

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
    with pytest.raises(gn.ConfigError, match="unknown column 'accuracy'"):
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
    with pytest.raises(
        gn.ConfigError, match=r"unknown setting 'rat'\. Did you mean 'rate'[?] The choices are 'kind', 'rate'\."
    ):
        found.plot("rat")


def spiral() -> tuple[np.ndarray, np.ndarray]:
    """Return three classes in the plane."""
    rng = np.random.default_rng(3)
    t, codes = rng.uniform(0, 4, 90), rng.integers(0, 3, 90)
    return np.c_[t * np.cos(t + codes * 2.1), t * np.sin(t + codes * 2.1)], codes


def classifier(X: np.ndarray, y: np.ndarray, outputs: int = 3) -> gn.Network:
    """Return a fitted classifier."""
    loss = "cross_entropy" if outputs > 1 else "binary_cross_entropy"
    net = gn.Network([gn.Dense(16, "tanh"), gn.Dense(outputs)], loss=loss, optimizer=gn.Adam(0.03), seed=0)
    net.fit(X, y, epochs=30, validation_split=0.2, early_stopping=gn.EarlyStopping(patience=30))
    return net


def test_history_with_a_peak() -> None:
    """A few values that tower above all others make the scale logarithmic; values at or below 0 never do."""
    history = gn.History()
    for loss in (600.0, 90.0, *np.linspace(2.0, 1.0, 20)):
        history._record({"loss": loss, "score": loss - 1.0})
    assert plots.plot_history(history).get_yscale() == "log"
    assert plots.plot_history(history, "score").get_yscale() == "linear"
    assert plots.plot_history(classifier(*spiral()).history).get_yscale() == "linear"


def test_history() -> None:
    """Training and validation as they were recorded, the best epoch marked; a line for each member."""
    X, y = spiral()
    history = classifier(X, y).history
    assert history is not None
    ax = plots.plot_history(history)
    np.testing.assert_allclose(curves(ax)[0], history["loss"])
    np.testing.assert_allclose(curves(ax)[1], history["valid_loss"])
    assert f"best epoch: {history.best_epoch}" in [text.get_text() for text in ax.get_legend().get_texts()]
    assert len(curves(plots.plot_history(history, "accuracy"))) == 2
    several = gn.Network([gn.Dense(3)], loss="cross_entropy", seed=0, members=4).fit(X, y, epochs=3)
    assert [len(curve) for curve in curves(plots.plot_history(several))] == [3] * 4
    with pytest.raises(
        gn.ConfigError,
        match=r"unknown column 'los'\. Did you mean 'loss'[?] The choices are 'accuracy', 'learning_rate', 'loss'\.",
    ):
        plots.plot_history(history, "los")
    with pytest.raises(
        gn.NotFittedError, match=r"plot_history: the history has no epoch; it must have at least one\. Call fit first\."
    ):
        plots.plot_history(gn.History())


@pytest.mark.parametrize("outputs", [3, 1])
def test_decision_regions(outputs: int) -> None:
    """The picture has the colour of the class that the network predicts there, and all rows as points."""
    X, codes = spiral()
    y = codes if outputs == 3 else (codes == 1).astype(int)
    net = classifier(X, y, outputs)
    ax = plots.plot_decision_regions(net, X, y, resolution=50)
    (image,) = ax.images
    colors = np.asarray(image.get_array())
    left, right, bottom, top = image.get_extent()
    for row in (5, 25, 44):
        for column in (3, 20, 47):
            here = [left + column / 49 * (right - left), bottom + row / 49 * (top - bottom)]
            p = net.predict([here])[0]
            winner = int(p.argmax()) if outputs == 3 else int(p[0] > 0.5)
            own = np.argmin(mpl.colormaps["tab10"](winner)[:3])  # the channel that its colour has least of
            assert np.argmin(colors[row, column]) == own
    points = [found.get_offsets() for found in ax.collections if type(found).__name__ == "PathCollection"]
    assert sum(map(len, points)) == len(X)
    assert plots.plot_decision_regions(net, X, ax=ax) is ax


def test_four_rows_are_seen() -> None:
    """Few rows are drawn larger than many, in the legend all alike."""
    X, codes = spiral()
    net = classifier(X, codes, 3)
    sizes, legends = [], []
    for rows in (4, len(X)):
        ax = plots.plot_decision_regions(net, X[:rows], codes[:rows], resolution=20)
        points = [found for found in ax.collections if type(found).__name__ == "PathCollection"]
        sizes.append(points[0].get_sizes()[0])
        legends.append(ax.get_legend().legend_handles[0].get_sizes()[0])
    assert sizes[0] >= 3 * sizes[1]
    assert legends[0] == pytest.approx(legends[1])


def test_regions_of_numbers() -> None:
    """A regressor's picture holds its means; two of several features are chosen, the others at their medians."""
    net = network()
    net.fit(X, Y, epochs=5)
    ax = plots.plot_decision_regions(net, X, Y, features=(2, 0), resolution=20)
    low, corner = X.min(axis=0) - 0.08 * np.ptp(X, axis=0), np.median(X, axis=0)
    corner[2], corner[0] = low[2], low[0]
    assert np.asarray(ax.images[0].get_array())[0, 0] == pytest.approx(net.predict([corner]).item(), rel=1e-4)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("feature 2", "feature 0")
    with pytest.raises(gn.ConfigError, match=r"features is 3; it must be a whole number of at most 2\."):
        plots.plot_decision_regions(net, X, features=(0, 3))


def test_confusion() -> None:
    """The numbers in the squares are the counts."""
    X, y = spiral()
    net = classifier(X, y)
    ax = plots.plot_confusion(net, X, y, labels=["a", "b", "c"])
    found, wanted = np.zeros((3, 3), dtype=int), np.zeros((3, 3), dtype=int)
    for text in ax.texts:
        column, row = (round(place) for place in text.get_position())
        found[row, column] = int(text.get_text())
    np.add.at(wanted, (y, net.predict(X).argmax(axis=1)), 1)
    np.testing.assert_array_equal(found, wanted)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b", "c"]
    with pytest.raises(
        gn.ConfigError,
        match=r"plot_confusion: class_names has 2 names for 3 classes; there must be one for each\. Pass 3 names",
    ):
        plots.plot_confusion(net, X, y, labels=["a", "b"])
    regressor = gn.Network([gn.Dense(1)], loss="squared_error", seed=0, input_shape=(2,))
    with pytest.raises(gn.ConfigError, match="Use plot_predicted for numbers"):
        plots.plot_confusion(regressor, X, y)


def test_calibration() -> None:
    """A network that says 0.9 and is right in 9 of 10 rows lies on the diagonal; one that says 0.99 lies below."""
    X, y = np.zeros((100, 1)), np.r_[np.zeros(90), np.ones(10)].astype(int)
    for said, gap in ((0.9, 0.0), (0.99, 0.09)):
        net = gn.Network([gn.Dense(2)], loss="cross_entropy", seed=0, input_shape=(1,))
        net.params[:] = 0.0
        net._slots[1].view(net.params)[...] = [[np.log(said), np.log(1 - said)]]
        ax = plots.plot_calibration(net, X, y, bins=1)
        (point, *_) = ax.containers[0]
        assert (point.get_xdata()[0], point.get_ydata()[0]) == (pytest.approx(said, abs=1e-6), pytest.approx(0.9))
        assert f"mean gap {gap:.3f}" in [text.get_text() for text in ax.get_legend().get_texts()]


def test_predicted() -> None:
    """Every row is a point at its true and its predicted number."""
    net = network()
    net.fit(X, Y, epochs=5)
    ax = plots.plot_predicted(net, X, Y)
    np.testing.assert_allclose(ax.lines[1].get_xdata(), Y, rtol=1e-6)
    np.testing.assert_allclose(ax.lines[1].get_ydata(), net.predict(X)[:, 0], rtol=1e-5)
    data, codes = spiral()
    with pytest.raises(gn.ConfigError, match="Use plot_confusion for classes"):
        plots.plot_predicted(classifier(data, codes), data, codes)


def test_members_are_averaged() -> None:
    """Confusion and predicted numbers of members are those of their mean prediction."""
    several = gn.Network([gn.Dense(3)], loss="cross_entropy", seed=0, members=4, input_shape=3)
    codes = np.arange(len(X)) % 3
    taken = several.predict(X).mean(axis=0).argmax(axis=1)
    shares = np.array([[(taken[codes == row] == column).mean() for column in range(3)] for row in range(3)])
    drawn = several.plot_confusion(X, codes).images[0].get_array()
    np.testing.assert_allclose(drawn, shares)
    assert several.plot_calibration(X, codes).get_legend() is not None
    numbers = gn.Network([gn.Dense(1)], loss="squared_error", seed=0, members=4, input_shape=3)
    dots = numbers.plot_predicted(X, Y).lines[1].get_ydata()
    np.testing.assert_allclose(dots, numbers.predict(X).mean(axis=0)[:, 0])


def test_weights() -> None:
    """A histogram for each layer's weights, with their number and spread."""
    net = network()
    net.build((3,))
    ax = plots.plot_weights(net)
    words = [label.get_text() for label in ax.get_yticklabels()]
    spread = net.state_dict()["dense_1.weight"].std()
    assert words[0] == f"dense_1.weight\n12 numbers\nstd {spread:.2g}"
    assert len(words) == len(ax.collections) == 2
    with pytest.raises(gn.ConfigError, match="plot_weights: the network has no weights; it must have some"):
        plots.plot_weights(gn.Network([gn.Tanh()], loss="squared_error", input_shape=(2,)))


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


def mixed() -> tuple[gn.Network, np.ndarray, np.ndarray]:
    """Return a trained classifier with other layers between, and its data."""
    layers = [gn.Dense(20, "relu"), gn.Dropout(0.2), gn.BatchNorm(), gn.Dense(5, "tanh"), gn.Dense(3)]
    net = gn.Network(layers, loss="cross_entropy", seed=0)
    y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0.5)
    net.fit(X, y, epochs=4)
    return net, X, y


def test_findings_stand_in_the_history() -> None:
    """Each finding that is no note is written at its epoch."""
    net = network(1e-7)
    net.fit(X, 100 + 50 * Y, epochs=20)
    assert net.history.findings.problems
    texts = [text.get_text() for text in net.plot_history().texts]
    assert texts == [finding.code for finding in net.history.findings.problems]


def test_a_network_is_drawn_with_its_units_weights_and_words() -> None:
    """A circle for each unit that is shown, lines for the weights, a word for other layers, numbers for a row."""
    net, _, _ = mixed()
    ax = net.plot_network(most_units=8)
    assert [len(dots.get_offsets()) for dots in ax.collections if hasattr(dots, "get_sizes")] == [3, 8, 5, 3]
    lines = [group for group in ax.collections if not hasattr(group, "get_sizes")]
    assert [len(group.get_segments()) for group in lines] == [3 * 8, 8 * 5, 5 * 3]
    words = [text.get_text() for text in ax.texts]
    assert "Dropout 0.2\nBatchNorm" in words
    assert "dense_1\n20, relu" in words
    ax = net.plot_network(X[0])
    assert f"{X[0, 0]:.2g}" in [text.get_text() for text in ax.texts]
    deep = gn.Network([gn.Dense(300), gn.Dense(300), gn.Dense(1)], loss="squared_error", input_shape=700, seed=0)
    assert len(deep.plot_network().collections[1].get_segments()) <= 400
    scaled = gn.Network([gn.Scale(), gn.NTKDense(4), gn.NTKDense(2)], loss="squared_error", input_shape=3, seed=0)
    ax = scaled.plot_network()
    lines = [group for group in ax.collections if not hasattr(group, "get_sizes")]
    assert [len(group.get_segments()) for group in lines] == [3 * 4, 4 * 2]
    assert "ntkdense_1\n4" in [text.get_text() for text in ax.texts]
    with pytest.raises(
        gn.ConfigError,
        match=r"has members=2 and input_shape=[(]3,[)]; it must have no members and take rows of numbers",
    ):
        gn.Network([gn.Dense(1)], loss="squared_error", members=2, input_shape=3).plot_network()


def test_weights_have_the_colours_of_the_playground() -> None:
    """Both are seen beside each other: positive ones orange, negative ones purple, in the drawing and in its legend."""
    style = (Path(gn.__file__).parent / "playground" / "page" / "style.css").read_text(encoding="utf-8")
    positive, negative = (
        mpl.colors.to_rgb(re.findall(rf"--{sign}: (#[0-9a-f]{{6}})", style)[0]) for sign in ("positive", "negative")
    )
    net = network().build((3,))
    ax = net.plot_network()
    drawn = [color[:3] for group in ax.collections if hasattr(group, "get_segments") for color in group.get_colors()]
    weights = np.concatenate([layer.W.ravel() for layer in net.layers])
    for color, count in ((positive, (weights > 0).sum()), (negative, (weights < 0).sum())):
        assert sum(np.allclose(other, color, atol=2e-3) for other in drawn) == count > 0
    legend = [mpl.colors.to_rgb(line.get_color()) for line in ax.get_legend().get_lines()]
    np.testing.assert_allclose(legend, [positive, negative], atol=2e-3)


def test_snapshots_and_their_histograms() -> None:
    """Snapshots are taken before training and every so many epochs, count every number, and change no bit."""
    ends, snapshots = [], gn.Snapshots(every=2, rows=32)
    for callbacks in ((), snapshots):
        net = gn.Network([gn.Dense(6, "relu"), gn.BatchNorm(), gn.Dense(1)], loss="squared_error", seed=0)
        net.fit(X, Y, epochs=5, callbacks=callbacks)
        ends.append(net.params.tobytes() + net.stats.tobytes())
    assert ends[0] == ends[1]
    assert [shot.epoch for shot in snapshots.weights["dense_1"]] == [0, 2, 4]
    assert {name: shots[-1].counts.sum() for name, shots in snapshots.activations.items()} == {
        "dense_1": 32 * 6,
        "batch_norm_1": 32 * 6,
        "dense_2": 32,
    }
    assert snapshots.gradients["dense_2"][0].mean_size > 0
    panels = plots.plot_histograms(snapshots, "activations")
    assert [panel.get_title() for panel in panels] == ["dense_1", "batch_norm_1", "dense_2"]
    ax = plots.plot_histograms(snapshots, "gradients", "dense_2")
    assert ax.get_ylabel() == "gradients"
    assert ax.collections[0].get_array().size == 80 * 3
    with pytest.raises(
        gn.ConfigError, match="what is 'losses'; it must be one of 'activations', 'gradients', 'weights'"
    ):
        plots.plot_histograms(snapshots, "losses")
    with pytest.raises(
        gn.NotFittedError, match=r"there is no snapshot; there must be at least one\. Pass callbacks=snapshots to fit\."
    ):
        plots.plot_histograms(gn.Snapshots())
    with pytest.raises(
        gn.ConfigError,
        match=r"Snapshots: the network has members, or its rows come in batches; it must have none and train on arrays\. Leave Snapshots out\.",
    ):
        network().fit([(X, Y)], epochs=1, callbacks=gn.Snapshots())


def test_gradient_flow() -> None:
    """A bar for each layer with weights, of the mean size of its gradient; the network keeps its gradients."""
    net, rows, y = mixed()
    before = net.grads.copy()
    ax = net.plot_gradient_flow(rows, y)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["dense_1", "dense_2", "dense_3"]
    assert np.array_equal(net.grads, before)
    net.loss_and_gradients(rows, y)
    wanted = [np.abs(layer.dW).mean() for layer in net.layers if isinstance(layer, gn.Dense)]
    np.testing.assert_allclose([bar.get_height() for bar in ax.patches], wanted, rtol=1e-4)
    assert ax.get_yscale() == "log"


def test_importance_and_attribution() -> None:
    """Bars by importance, the most important on top; contributions of one row, blue for and orange against."""
    net, rows, y = mixed()
    importance = gn.permutation_importance(
        net, rows, y, feature_names=["a", "b", "a very long name of a column, too long"]
    )
    ax = plots.plot_importance(importance, most=2)
    np.testing.assert_allclose([bar.get_width() for bar in ax.patches], importance.mean[importance.ranking[:2]][::-1])
    found = gn.integrated_gradients(net, rows[:2])
    ax = plots.plot_attribution(found, 1, feature_names=["a", "b", "c"])
    widths = [bar.get_width() for bar in ax.patches]
    assert np.abs(widths).tolist() == sorted(np.abs(widths))
    assert sum(widths) == pytest.approx(found.values[1].sum())
    with pytest.raises(
        gn.ShapeError,
        match=r"plot_attribution: feature_names has 1 name for 3 inputs; there must be one for each\. Pass 3 names\.",
    ):
        plots.plot_attribution(found, feature_names=["a"])


def test_networks_draw_themselves() -> None:
    """Every picture of one network is a method of it, and returns axes."""
    net, rows, y = mixed()
    for ax in (
        net.plot_history("loss"),
        net.plot_weights(),
        net.plot_confusion(rows, y),
        net.plot_calibration(rows, y),
    ):
        assert hasattr(ax, "plot")
    flat = gn.Network([gn.Dense(2)], loss="cross_entropy", seed=0)
    flat.fit(rows[:, :2], y > 0, epochs=1)
    assert hasattr(flat.plot_decision_regions(rows[:, :2], y > 0), "plot")
    numbers = network()
    numbers.fit(rows, Y, epochs=1)
    assert hasattr(numbers.plot_predicted(rows, Y), "plot")
    with pytest.raises(
        gn.NotFittedError, match=r"plot_history: the history has no epoch; it must have at least one\. Call fit first\."
    ):
        network().plot_history()


def test_names_of_layers_in_containers_are_short() -> None:
    """Gradient flow names a layer without its containers, and its parameter if it has several that decay."""
    layers = [gn.Concatenate([[gn.Identity(), gn.PeriodicEmbedding()], [gn.Identity(), gn.Dense(3)]]), gn.Dense(1)]
    net = gn.Network(layers, loss="squared_error", seed=0, input_shape=(2,))
    ax = plots.plot_gradient_flow(net, np.ones((4, 2)), np.ones(4))
    words = ["periodic_embedding_1 " + part for part in ("frequency", "phase", "weight", "bias")]
    assert [text.get_text() for text in ax.get_xticklabels()] == [*words, "concatenate_1.branch_2.dense_1", "dense_1"]
