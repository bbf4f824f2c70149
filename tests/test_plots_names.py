"""Pictures take names and frames: they are drawn in full where they fit, and stay different where they do not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import polars as pl
import pytest

import glassnet as gn
from glassnet import plots
from glassnet.plots.calibration import wilson_interval
from glassnet.plots.labels import fitted_names, text_width, wrapped
from plot_checks import cut_texts, legend_of, share_of_axes, texts_of

YEARS = [f"household_income_before_tax_{year}" for year in (2019, 2020, 2021, 2022)]
DOLLARS = ["over $5 or $6", "über \N{GRINNING FACE} $", "a\nb\tc", "x" * 60]


@pytest.fixture(autouse=True)
def _no_windows() -> Iterator[None]:
    """Draw into memory, and close everything."""
    mpl.use("Agg")
    yield
    from matplotlib import pyplot as plt

    plt.close("all")


def rows_of_classes(k: int, n: int = 240) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of 4 features around k centres."""
    rng = np.random.default_rng(0)
    angle, y = np.arange(k) * 2.399963, np.arange(n) % k
    centres = np.sqrt(np.arange(k) + 0.5)[:, None] * np.c_[np.cos(angle), np.sin(angle)]
    X = 0.3 * rng.standard_normal((n, 4))
    X[:, :2] += centres[y]
    return X, y


def nearest_centre(k: int) -> gn.Network:
    """Return a network of a hidden layer that knows the centres of `rows_of_classes` without any training."""
    angle = np.arange(k) * 2.399963
    centres = np.sqrt(np.arange(k) + 0.5)[:, None] * np.c_[np.cos(angle), np.sin(angle)]
    net = gn.Network([gn.Dense(4), gn.Dense(k)], loss="cross_entropy", seed=0, input_shape=4)
    state = net.state_dict()
    state["dense_1.weight"][...] = np.eye(4)
    state["dense_1.bias"][...] = 0.0
    state["dense_2.weight"][...] = 0.0
    state["dense_2.weight"][:2] = 8.0 * centres.T
    state["dense_2.bias"][...] = -4.0 * (centres**2).sum(axis=1)
    net.load_state_dict(state)
    return net


def regressor() -> gn.Network:
    """Return a network for one number that has not been trained."""
    return gn.Network([gn.Dense(3, "tanh"), gn.Dense(1)], loss="squared_error", seed=0, input_shape=4)


def pictures(k: int, names: list[str], features: list[str]) -> dict[str, Callable[..., Any]]:
    """Return what draws each picture that has names, into axes or a new figure."""
    X, y = rows_of_classes(k)
    net, numbers, frame = nearest_centre(k), regressor(), pd.DataFrame(X, columns=features)
    target = pd.Series(y, name=features[0])
    importance = gn.permutation_importance(net, X, y, feature_names=features, metric="balanced_accuracy", repeats=2)
    found = gn.integrated_gradients(net, X[:1], tolerance=1e-2)
    return {
        "regions": lambda ax: net.plot_decision_regions(frame, target, class_names=names, resolution=20, ax=ax),
        "confusion": lambda ax: net.plot_confusion(frame, target, class_names=names, ax=ax),
        "calibration": lambda ax: net.plot_calibration(frame, target, output=1, class_names=names, ax=ax),
        "network": lambda ax: net.plot_network(frame[:1], class_names=names, ax=ax),
        "weights": lambda ax: net.plot_weights(ax=ax),
        "flow": lambda ax: net.plot_gradient_flow(X, y, ax=ax),
        "importance": lambda ax: plots.plot_importance(importance, ax=ax),
        "attribution": lambda ax: plots.plot_attribution(found, feature_names=features, class_names=names, ax=ax),
        "predicted": lambda ax: numbers.plot_predicted(frame, pd.Series(X[:, 0], name=features[1]), ax=ax),
        "numbers": lambda ax: numbers.plot_decision_regions(
            frame, pd.Series(X[:, 0], name=features[1]), resolution=20, ax=ax
        ),
    }


@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.parametrize(("k", "size"), [(2, (4.0, 3.0)), (10, None), (32, (4.0, 3.0)), (100, None)])
def test_nothing_is_cut_off(k: int, size: tuple[float, float] | None) -> None:
    """Whatever the names and however many classes, all texts are inside the figure, and the data have room."""
    from matplotlib import pyplot as plt

    names = [f"the class of all the things which are called number {i:03d}" for i in range(k)]
    names[0] = "$ \N{GRINNING FACE} 漢字漢字漢字漢字漢字漢字"
    drawn = pictures(k, names, YEARS)
    if k > 10:
        drawn = {what: drawn[what] for what in ("regions", "confusion", "network")}
    for what, draw in drawn.items():
        ax = draw(None) if size is None else draw(plt.subplots(figsize=size, dpi=72, layout="constrained")[1])
        assert cut_texts(ax.figure) == [], what
        least = 0.1 if what == "confusion" else 0.25
        assert share_of_axes(ax) > least, what
        plt.close(ax.figure)


def test_names_come_from_frames() -> None:
    """Columns name the axes, a Series the target; names that pandas made up are left out."""
    X, y = rows_of_classes(3)
    net = nearest_centre(3)
    for frame in (pd.DataFrame(X, columns=YEARS), pl.DataFrame(X, schema=YEARS)):
        ax = net.plot_decision_regions(frame, y, features=(YEARS[1], 0), resolution=10)
        assert (ax.get_xlabel(), ax.get_ylabel()) == (YEARS[1], YEARS[0])
        assert [text for text in texts_of(net.plot_network(frame[:1])) if text.startswith("house")]
    ax = net.plot_decision_regions(pd.DataFrame(X), resolution=10)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("feature 0", "feature 1")
    ax = net.plot_confusion(pd.DataFrame(X, columns=YEARS), pd.Series(y, name="species"))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted species", "true species")
    numbers = regressor()
    assert numbers.plot_predicted(X, pd.Series(X[:, 0], name="price")).get_xlabel() == "true price"
    assert numbers.plot_predicted(X, X[:, 0], target_name="price (EUR)").get_ylabel() == "predicted price (EUR)"
    assert numbers.plot_predicted(X, X[:, 0]).get_ylabel() == "predicted"


def test_labels_may_be_text() -> None:
    """Labels that are all among the names of the classes are their codes; ``labels`` means ``class_names``."""
    X, y = rows_of_classes(3)
    net, names = nearest_centre(3), ["Adelie", "Chinstrap", "Gentoo"]
    text = pd.Series([names[code] for code in y])
    wanted = np.asarray(net.plot_confusion(X, y).images[0].get_array())
    for options in ({"class_names": names}, {"labels": names}):
        ax = net.plot_confusion(X, text, **options)
        np.testing.assert_array_equal(ax.images[0].get_array(), wanted)
        assert [label.get_text() for label in ax.get_yticklabels()] == names
    assert legend_of(net.plot_decision_regions(X, text, class_names=names, resolution=10)) == names
    assert net.plot_calibration(X, text, class_names=names, output="Gentoo").get_xlabel() == "probability of Gentoo"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda net, X, y: net.plot_confusion(X, y, class_names=["a"]), "plot_confusion: class_names has 1 name for 3 classes; there must be one for each. Pass 3 names in the order of the classes."),
        (lambda net, X, y: net.plot_network(feature_names=["a"]), "plot_network: feature_names has 1 name for 4 features; there must be one for each. Pass 4 names in the order of the features."),
        (lambda net, X, y: net.plot_decision_regions(X, y[:-1]), "plot_decision_regions: y has 239 values and X 240 rows; there must be one for each row."),
        (lambda net, X, y: net.plot_decision_regions(X, ["a"] * 240), "plot_decision_regions: y holds 'a'; it must hold class codes from 0 to 2, or names that are all among class_names. Code labels: labels, y = np.unique(y, return_inverse=True)."),
        (lambda net, X, y: net.plot_decision_regions(X, y + 1), "plot_decision_regions: y holds other numbers; it must hold class codes from 0 to 2, or names that are all among class_names."),
        (lambda net, X, y: net.plot_decision_regions(X, features=(1,)), "plot_decision_regions: features is (1,); it must be two features, by position or name, such as (0, 1)."),
        (lambda net, X, y: net.plot_predicted(X, y), "plot_predicted: the network predicts classes (loss='cross_entropy'); it must predict numbers. Use plot_confusion for classes."),
        (lambda net, X, y: regressor().plot_confusion(X, y), "plot_confusion: the network predicts numbers (loss='squared_error'); it must predict one class per row. Use plot_predicted for numbers."),
    ],
)  # fmt: skip
def test_what_is_refused(call: Callable[..., Any], message: str) -> None:
    """A name too few, or what is no name, is said first, then the rule and what to do."""
    X, y = rows_of_classes(3)
    with pytest.raises(gn.GlassnetError, match=re.escape(message)):
        call(nearest_centre(3), X, y)


def test_a_column_of_text_is_named() -> None:
    """A frame with text says which column, and what takes such frames."""
    frame = pd.DataFrame(rows_of_classes(3)[0], columns=YEARS).assign(**{YEARS[2]: "owner"})
    with pytest.raises(gn.DataError, match=rf"'owner' in column '{YEARS[2]}'.*TabularClassifier"):
        nearest_centre(3).plot_decision_regions(frame)


def test_names_that_do_not_fit_stay_different() -> None:
    """Names are cut in the middle to the points that there are, so that equal heads keep their ends."""
    importance = gn.attribution.Importance(YEARS, np.ones((4, 2)), "loss", 0.0)
    from matplotlib import pyplot as plt

    small = plots.plot_importance(importance, ax=plt.subplots(figsize=(3, 2))[1])
    shown = [label.get_text() for label in small.get_yticklabels()]
    assert len({*shown}) == 4
    assert all("\N{HORIZONTAL ELLIPSIS}" in name for name in shown)
    for room in (30.0, 60.0, 120.0):
        cut = fitted_names([*YEARS, "age"], room, 10.0)
        assert len({*cut}) == 5
        assert max(text_width(name, 10.0) for name in cut) <= max(room, 45.0)
    assert fitted_names(YEARS, 1000.0, 10.0) == YEARS
    assert wrapped("one two three", text_width("one two", 10.0), 10.0) == "one two\nthree"


def test_dollars_are_dollars() -> None:
    """No name is typeset as a formula, and one on several lines is on one."""
    X, y = rows_of_classes(4)
    ax = nearest_centre(4).plot_confusion(X, y, class_names=DOLLARS)
    labels = ax.get_yticklabels()
    assert not any(label.get_parse_math() for label in labels)
    assert [label.get_text() for label in labels][:3] == ["over $5 or $6", "über \N{GRINNING FACE} $", "a b c"]


def test_many_classes_have_no_legend() -> None:
    """More than ten classes are named where they are, the axes keep their size, and no two names overlap."""
    X, y = rows_of_classes(32)
    names = [f"c{i}" for i in range(32)]
    ax = nearest_centre(32).plot_decision_regions(X, y, class_names=names, resolution=60)
    assert ax.get_legend() is None
    assert cut_texts(ax.figure) == []
    assert share_of_axes(ax) > 0.6
    assert len(texts_of(ax)) > 15
    boxes = [text.get_window_extent() for text in ax.texts]
    assert not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[:i])
    few = nearest_centre(3).plot_decision_regions(*rows_of_classes(3), resolution=10)
    assert legend_of(few) == ["class 0", "class 1", "class 2"]


def test_a_hundred_classes_can_be_read() -> None:
    """The figure stays small, only some names stand at the axes, and those least often right are named."""
    X, y = rows_of_classes(100, 400)
    names = [f"c{i}" for i in range(100)]
    ax = nearest_centre(100).plot_confusion(X, np.where(y == 8, 7, y), class_names=names)
    assert max(ax.figure.get_size_inches()) < 11
    assert 20 < len(ax.get_yticks()) <= 50
    assert "Least often right:" in ax.get_title("left")
    assert "c7 4 of 8, 4 as c8" in ax.get_title("left").replace("\n", " ")


def test_calibration_stays_between_0_and_1() -> None:
    """Bars are Wilson's intervals: those of SciPy, never outside of 0 to 1, for shares of 0 and 1 too."""
    from scipy.stats import binomtest

    hits, counts = np.array([0, 1, 7, 10]), np.array([10, 3, 20, 10])
    low, high = wilson_interval(hits, counts)
    wanted = [binomtest(int(h), int(n)).proportion_ci(method="wilson") for h, n in zip(hits, counts, strict=True)]
    np.testing.assert_allclose(np.c_[low, high], [(w.low, w.high) for w in wanted], atol=1e-6)
    X, y = rows_of_classes(3)
    ax = nearest_centre(3).plot_calibration(X, y)
    (bars,) = ax.containers[0][2]
    ends = np.concatenate([segment[:, 1] for segment in bars.get_segments()])
    assert ends.min() >= 0.0
    assert ends.max() <= 1.0
    assert "95 percent" in (plots.plot_calibration.__doc__ or "")


def test_networks_have_names_and_a_legend() -> None:
    """Inputs and classes are written beside their units, and both colours are explained."""
    net = nearest_centre(3)
    ax = net.plot_network(feature_names=["a", "b", "c", "d"], class_names=["x", "y", "z"])
    assert [text for text in texts_of(ax) if len(text) == 1] == ["a", "b", "c", "d", "x", "y", "z"]
    assert legend_of(ax) == ["positive weight", "negative weight"]
    assert legend_of(net.plot_network([0.0, 1.0, 2.0, 3.0])) == [
        "positive weight or output",
        "negative weight or output",
    ]
    binary = gn.Network([gn.Dense(1)], loss="binary_cross_entropy", seed=0, input_shape=2)
    assert texts_of(binary.plot_network(class_names=["no", "yes"]))[-1] == "yes"


def test_large_networks_can_be_read() -> None:
    """Wide layers are drawn by a few units, and deep networks from top to bottom, in a narrow figure."""
    layers = [gn.Dense(256, "relu") for _ in range(9)]
    net = gn.Network([*layers, gn.Dense(3)], loss="cross_entropy", seed=0, input_shape=31)
    ax = net.plot_network()
    units = [dots.get_offsets() for dots in ax.collections if hasattr(dots, "get_sizes")]
    assert [len(places) for places in units] == [7] * 10 + [3]
    heights = [float(np.asarray(places)[0, 1]) for places in units]
    assert heights == sorted(heights, reverse=True)
    assert ax.figure.get_figwidth() < 5
    assert min(text.get_fontsize() for text in ax.texts) * 360 / (72 * ax.figure.get_figwidth()) >= 7  # pixels


def test_one_of_several_networks_is_drawn() -> None:
    """With ``member`` it is the weights and outputs of that one."""
    several = gn.Network([gn.Dense(2)], loss="squared_error", seed=0, members=3, input_shape=2)
    row = np.array([[0.5, -1.5]])
    ax = several.plot_network(row, member=2)
    wanted = [f"{value:.2g}" for value in several.predict(row)[2, 0]]
    assert [text for text in texts_of(ax) if text in wanted] == wanted
    with pytest.raises(gn.ConfigError, match=r"member is 3; it must be a whole number of at most 2"):
        several.plot_network(member=3)
