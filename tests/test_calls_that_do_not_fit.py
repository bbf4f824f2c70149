"""Calls whose arguments do not fit together are refused in one sentence of fact, rule and fix."""

from __future__ import annotations

import copy
import itertools
import pickle
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest

import glassnet as gn
from glassnet import plots, scratch
from glassnet.sklearn import MLPClassifier, MLPRegressor
from glassnet.tabular.reading.table import Column, Table

pytestmark = [pytest.mark.filterwarnings("ignore:Stochastic Optimizer"), pytest.mark.filterwarnings("ignore:MLP.*fit:")]
X, Y = gn.datasets.moons(60, seed=0)


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def small() -> gn.Network:
    """Return a trained classifier with two columns in its history beside the rate."""
    net = gn.Network([gn.Dense(4, "tanh"), gn.Dense(2)], loss="cross_entropy", seed=0)
    net.fit(X, Y, epochs=2, metrics=["accuracy"], diagnose=False)
    return net


# ---- pictures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("picture", ["plot_confusion", "plot_calibration", "plot_decision_regions", "plot_importance"])
@pytest.mark.parametrize("short", ["X", "y"])
def test_pictures_of_a_perceptron_refuse_other_numbers_of_targets_than_rows(picture: str, short: str) -> None:
    """Every picture of rows and labels counts both before it draws."""
    model = MLPClassifier(max_iter=3).fit(X, Y)
    rows, labels = (X[:5], Y) if short == "X" else (X, Y[:5])
    said = f"MLPClassifier.{picture}: X has {len(rows)} rows, y {len(labels)}; they must have the same number."
    with pytest.raises(gn.ShapeError, match=f"^{re.escape(said)}$"):
        getattr(model, picture)(rows, labels)


@pytest.mark.parametrize("picture", ["plot_predicted", "plot_decision_regions", "plot_importance"])
def test_pictures_of_numbers_refuse_other_numbers_of_targets_than_rows(picture: str) -> None:
    """A regressor's pictures do too: one of them drew five columns of a dozen rows each."""
    model = MLPRegressor(max_iter=3).fit(X, Y.astype(float))
    said = f"MLPRegressor.{picture}: X has 60 rows, y 5; they must have the same number."
    with pytest.raises(gn.ShapeError, match=f"^{re.escape(said)}$"):
        getattr(model, picture)(X, Y[:5])
    if picture != "plot_importance":
        said = f"MLPRegressor.{picture}: y holds text; it must be numeric. Code text and categories as numbers first."
        with pytest.raises(gn.DataError, match=f"^{re.escape(said)}$"):
            getattr(model, picture)(X, ["a"] * 60)


def test_pictures_of_rows_with_and_without_labels_are_drawn() -> None:
    """What fits is drawn, also regions without labels, and rows in a list."""
    model = MLPClassifier(max_iter=3).fit(X, Y)
    for given in (Y, Y.tolist(), None):
        model.plot_decision_regions(X, given, resolution=20)
    model.plot_confusion(X.tolist(), Y.tolist())


def test_a_table_names_one_column_of_each_length() -> None:
    """Among many columns of one length the one that differs is named too."""
    no = np.zeros(3, dtype=bool)
    columns = [Column(f"c{i}", "number", np.zeros(3), no) for i in range(8)]
    columns.append(Column("y", "number", np.zeros(2), no[:2]))
    said = "Table: columns differ in length ('c0' has 3, 'y' has 2); all must have the same number of rows."
    with pytest.raises(gn.ShapeError, match=f"^{re.escape(said)}$"):
        Table(columns)


def test_pictures_of_a_history_take_what_has_one() -> None:
    """A network or a fitted perceptron stands for its history; anything else is refused."""
    net, model = small(), MLPClassifier(max_iter=3).fit(X, Y)
    assert len(plots.plot_history(net).lines[0].get_xdata()) == 2
    assert len(plots.plot_history(model).lines[0].get_xdata()) == 3
    said = "plot_history: history is a dict; it must be a History, which net.history is. Pass net.history."
    with pytest.raises(gn.ConfigError, match=f"^{re.escape(said)}$"):
        plots.plot_history({"loss": [1.0]})


def test_a_history_is_drawn_a_column_at_a_time() -> None:
    """A list of columns is refused with the choices, and with what to do."""
    said = (
        "plot_history: column is ['loss', 'accuracy']; it must be one of 'accuracy', 'learning_rate', 'loss'. "
        "Draw one at a time; its validation column is drawn with it."
    )
    with pytest.raises(gn.ConfigError, match=f"^{re.escape(said)}$"):
        small().plot_history(["loss", "accuracy"])
    with pytest.raises(gn.ConfigError, match=r"^plot_history: column is None; it must be one of 'accuracy', "):
        small().plot_history(None)


# ---- metrics ---------------------------------------------------------------------------------------------------------


def test_an_unknown_metric_is_called_one() -> None:
    """The word comes first, what is meant next, and whose metrics the choices are last."""
    said = (
        "unknown metric 'acc'. Did you mean 'accuracy'? The choices are 'accuracy', 'auc', 'balanced_accuracy', "
        "'brier', 'f1', 'log_loss'. These are the metrics of loss='cross_entropy'."
    )
    net = small()
    for where, call in {
        "fit": lambda: net.fit(X, Y, epochs=1, metrics=["acc"]),
        "Network.evaluate": lambda: net.evaluate(X, Y, metrics="acc"),
    }.items():
        with pytest.raises(gn.ConfigError, match=f"^{re.escape(f'{where}: {said}')}$"):
            call()


# ---- a learner's own functions ---------------------------------------------------------------------------------------


def _forward(X, W, b):
    return 1.0 / (1.0 + np.exp(-(X @ W + b)))


def _cost(p, y):
    return float(np.mean((p - y) ** 2))


def _slopes(X, y, W, b):
    P = _forward(X, W, b)
    D = 2.0 * (P - y) * P * (1.0 - P) / len(X)
    return {"W": X.T @ D, "b": D.sum(0)}


PROGRAMS = {
    "the tutorial's": (
        (scratch.forward_propagation, scratch.compute_loss, scratch.backpropagation),
        lambda: scratch.initialize_parameters(2, 4, 1),
        "forward_propagation, compute_loss, backpropagation",
    ),
    "one layer": (
        (_forward, _cost, _slopes),
        lambda: {"W": np.full((2, 1), 0.3), "b": np.zeros(1)},
        "_forward, _cost, _slopes",
    ),
}


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))][1:])
@pytest.mark.parametrize("program", PROGRAMS)
def test_functions_in_another_order_are_put_in_order(program: str, order: tuple[int, ...]) -> None:
    """Of five wrong orders of three functions each is answered with the right call, and nothing is changed."""
    functions, start, called = PROGRAMS[program]
    parameters, before = start(), start()
    corners, answers = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0.0], [1], [1], [0]])
    said = (
        "check_my_backprop: the functions are in another order; it must be forward, loss, gradients. "
        f"Write check_my_backprop({called}, ...)."
    )
    with pytest.raises(gn.ConfigError, match=f"^{re.escape(said)}$"):
        gn.check_my_backprop(*(functions[i] for i in order), parameters, corners, answers)
    if isinstance(before, dict):
        assert all(np.array_equal(parameters[name], before[name]) for name in before)


def test_a_loss_that_returns_arrays_of_different_shapes_is_refused() -> None:
    """NumPy's own words about arrays that it cannot make are not passed on."""
    said = "check_my_backprop: loss returned list; it must return one number. Take the mean over the samples."
    with pytest.raises(gn.ShapeError, match=f"^{re.escape(said)}$"):
        gn.check_my_backprop(
            _forward, lambda p, y: [np.ones(2), np.ones(3)], _slopes, PROGRAMS["one layer"][1](), X, Y[:, None]
        )


# ---- names that are somewhere else -----------------------------------------------------------------------------------

ROOMS = [
    "attribution", "datasets", "diagnosis", "explanation", "exports", "layers", "losses", "metrics", "optimizers",
    "playground", "plots", "populations", "reports", "schedules", "serving", "sklearn", "tabular", "training",
]  # fmt: skip


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_answers_a_name_that_is_in_another_one(room: str) -> None:
    """A public name is found from every room, and a slip from its own."""
    module = getattr(gn, room)
    other, name = ("plots", "plot_calibration") if room != "plots" else ("tabular", "read_table")
    said = f"glassnet.{room} has no {name}. It is in glassnet.{other}: from glassnet.{other} import {name}"
    with pytest.raises(AttributeError, match=f"^{re.escape(said)}$"):
        getattr(module, name)
    own = max(module.__all__, key=len)
    with pytest.raises(AttributeError, match=rf"^glassnet\.{room} has no {own[:-1]}\. Did you mean {own}\?$"):
        getattr(module, own[:-1])
    assert not hasattr(module, "__wrapped__")


@pytest.mark.parametrize("room", ROOMS)
def test_what_rooms_offer_is_found_from_the_package(room: str) -> None:
    """Names that `gn.` does not have itself are answered with their room, or with what to take instead."""
    for name in getattr(gn, room).__all__:
        if not hasattr(gn, name):
            with pytest.raises(AttributeError, match=rf"^glassnet has no {name}\. \w"):
                getattr(gn, name)


ELSEWHERE = {
    "moon": (lambda: gn.datasets.moon(), "glassnet.datasets has no moon. Did you mean moons?"),
    "make_blobs": (lambda: gn.datasets.make_blobs(), "glassnet.datasets has no make_blobs. Did you mean gaussians?"),
    "load_digits": (lambda: gn.datasets.load_digits(), "glassnet.datasets has no load_digits. Did you mean digits?"),
    "iris": (lambda: gn.datasets.iris(), "glassnet.datasets has no iris. This data set is not here; scikit-learn's go in as they are."),
    "mnist": (lambda: gn.datasets.mnist(), "glassnet.datasets has no mnist. This data set is not here: digits() has 1,797 pictures of 8 x 8 pixels."),
    "penguins": (lambda: gn.datasets.penguins(), "glassnet.datasets has no penguins. Tables are read by name: gn.tabular.read_table('penguins'), 'mpg', 'thyroid' or 'weather'."),
    "n_samples": (lambda: gn.datasets.moons(n_samples=20), "moons: there is no argument n_samples. Did you mean n?"),
    "random_state": (lambda: gn.datasets.spirals(9, random_state=1), "spirals: there is no argument random_state. Did you mean seed?"),
    "noise": (lambda: gn.datasets.circles(9, 0.1), "circles: arguments after n need their names. Did you mean noise=0.1?"),
    "digits": (lambda: gn.datasets.digits(10), "digits: arguments need their names: flat=."),
    "return_X_y": (lambda: gn.datasets.digits(return_X_y=True), "digits: there is no argument return_X_y. All pictures are returned, as X and y: take X[:100]."),
    "to_categorical": (lambda: gn.to_categorical, "glassnet has no to_categorical. Class codes go in as they are: fit takes y = 0, 1, 2, ... with loss='cross_entropy'."),
    "StandardScaler": (lambda: gn.StandardScaler, "glassnet has no StandardScaler. It is in scikit-learn; or write (X - X.mean(axis=0)) / X.std(axis=0). glassnet.tabular scales columns by itself."),
    "TabularClassifier": (lambda: gn.sklearn.TabularClassifier, "glassnet.sklearn has no TabularClassifier. It is in glassnet.tabular: from glassnet.tabular import TabularClassifier"),
}  # fmt: skip


@pytest.mark.parametrize("case", ELSEWHERE)
def test_names_and_arguments_of_other_libraries(case: str) -> None:
    """What people bring from other libraries, or misspell, is answered with what to write."""
    call, said = ELSEWHERE[case]
    with pytest.raises((AttributeError, TypeError), match=f"^{re.escape(said)}$"):
        call()


OF_HISTORY = {
    "loss": "Did you mean history['loss']?",
    "acc": "Did you mean history['accuracy']?",
    "lr": "Did you mean history['learning_rate']?",
    "epoch": "Did you mean epochs?",
    "plot": "Write net.plot_history(), or glassnet.plots.plot_history(history).",
    "best": "history.best_epoch is the epoch that early stopping kept; min(history['loss']) the smallest value of a column.",
    "to_frame": "Write pandas.DataFrame(history.rows()).",
    "last_epoch": "history.last has the values of the newest epoch.",
}  # fmt: skip


@pytest.mark.parametrize("name", OF_HISTORY)
def test_a_history_says_where_its_columns_are(name: str) -> None:
    """A column asked for as an attribute, and what other libraries' histories have."""
    with pytest.raises(AttributeError, match=f"^{re.escape(f'History has no {name}. {OF_HISTORY[name]}')}$"):
        getattr(small().history, name)


def test_a_history_is_copied_and_asked_whether_it_has_something() -> None:
    """Names that Python asks for are answered plainly, also before there are columns."""
    history = pickle.loads(pickle.dumps(copy.deepcopy(small().history)))
    assert len(history) == 2
    assert not hasattr(gn.History.__new__(gn.History), "anything")
    with pytest.raises(AttributeError, match=r"^History has no _repr_png_\.$"):
        getattr(history, "_repr_png_")  # noqa: B009  # as a notebook asks


MISSING = {
    "explain": (lambda net: net.explain(X), "explain: y is missing."),
    "hidden": (lambda net: net.hidden(X), "hidden: layer is missing."),
    "loss_and_gradients": (lambda net: net.loss_and_gradients(X), "loss_and_gradients: y is missing."),
    "check_gradients": (lambda net: gn.check_gradients(net), "check_gradients: X and y are missing."),
    "check_my_backprop": (lambda net: gn.check_my_backprop(_forward, _cost), "check_my_backprop: gradients and parameters and X and y are missing."),
    "diagnose": (lambda net: gn.diagnose(net), "diagnose: X is missing."),
    "export": (lambda net: gn.export(net), "export: path is missing."),
    "plot_confusion": (lambda net: plots.plot_confusion(net, X), "plot_confusion: y is missing."),
    "plot_history": (lambda net: plots.plot_history(net.history, metric="loss"), "plot_history: there is no argument metric. "),
}  # fmt: skip


@pytest.mark.parametrize("case", MISSING)
def test_what_is_missing_is_named_as_fit_names_it(case: str) -> None:
    """Every function that users call says which argument it lacks, or does not have, in its own words."""
    call, said = MISSING[case]
    with pytest.raises(TypeError, match=f"^{re.escape(said)}"):
        call(small())


# ---- one word for one thing ------------------------------------------------------------------------------------------


def test_inputs_without_names_have_one_name() -> None:
    """Importance and attribution count features from 0, as pictures and reports do."""
    net = small()
    found = gn.integrated_gradients(net, X[:2])
    assert found.names == gn.permutation_importance(net, X, Y).names == ["feature 0", "feature 1"]
    assert "feature 0 " in repr(found)
    assert "feature 0" in found._repr_html_()
    assert [label.get_text() for label in plots.plot_attribution(found).get_yticklabels()][-1].startswith("feature ")


def test_inputs_have_the_names_of_a_frame() -> None:
    """The columns of a frame stand in importance, attribution, and the drawing of a network trained on it."""
    pd = pytest.importorskip("pandas")
    frame, net = pd.DataFrame(X, columns=["wide", "tall"]), small()
    assert gn.permutation_importance(net, frame, Y).names == ["wide", "tall"]
    assert gn.integrated_gradients(net, frame[:2]).names == ["wide", "tall"]
    assert gn.integrated_gradients(net, X[:2], feature_names=["a", "b"]).names == ["a", "b"]
    said = "integrated_gradients: feature_names has 1 name for 2 inputs; there must be one for each. Pass 2 names."
    with pytest.raises(gn.ShapeError, match=f"^{re.escape(said)}$"):
        gn.integrated_gradients(net, X[:2], feature_names=["a"])
    assert "wide" not in net._repr_html_()
    net.fit(frame, Y, epochs=1, diagnose=False)
    assert "wide" in net._repr_html_()
    assert "tall" in copy.deepcopy(net)._repr_html_()
    assert gn.integrated_gradients(net, pd.DataFrame(X[:2])).names == ["feature 0", "feature 1"]


def test_one_is_singular() -> None:
    """One epoch is no epochs, and one dimension no dimensions."""
    net = gn.Network([gn.Dense(2)], loss="cross_entropy", seed=0)
    assert repr(net.fit(X, Y, epochs=1, diagnose=False)).startswith("History(1 epoch, ")
    said = "check_my_backprop: X has shape (); it must have at least 1 dimension, one sample per row."
    with pytest.raises(gn.ShapeError, match=f"^{re.escape(said)}$"):
        gn.check_my_backprop(_forward, _cost, _slopes, PROGRAMS["one layer"][1](), 3.0, 1.0)


def test_what_is_worse_than_a_line_gets_the_advice_of_the_cause() -> None:
    """Degrees of one scale from those of another: longer training is no advice where the target is not scaled."""
    rows = np.random.default_rng(0).uniform(-20.0, 40.0, (200, 1))
    net = gn.Network([gn.Dense(8, "relu"), gn.Dense(1)], loss="squared_error", optimizer=gn.Adam(0.01), seed=0)
    found = {each.code: each for each in net.fit(rows, 1.8 * rows + 32.0, epochs=20, validation_split=0.3).findings}
    assert found["worse-than-linear"].advice == "Use the linear model, or first do what unscaled-target says."
    assert "unscaled-target" in found


# ---- what is seen ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("with_rows", [True, False])
def test_every_class_of_a_map_is_named_inside_or_in_a_legend(with_rows: bool) -> None:
    """Names that find no place in their areas stand in a legend, each in the colour of its class."""
    rows, codes = gn.datasets.gaussians(300, classes=12, noise=0.25)
    net = gn.Network([gn.Dense(16, "tanh"), gn.Dense(12)], loss="cross_entropy", optimizer=gn.Adam(0.05), seed=0)
    net.fit(rows, codes, epochs=20, diagnose=False)
    names = [f"a class called {i}" for i in range(12)]
    ax = net.plot_decision_regions(rows, codes if with_rows else None, class_names=names, resolution=40)
    inside, legend = [text.get_text() for text in ax.texts], ax.get_legend()
    assert legend is not None
    beside = [text.get_text() for text in legend.get_texts()]
    assert set(beside).isdisjoint(inside)
    assert len(inside) + len(beside) == 12


def test_quiet_text_of_drawings_is_a_share_of_the_colour_once() -> None:
    """No rule colours the texts of drawings by their class, whose fill is a share of that colour already."""
    shown = small().history._repr_html_()
    assert "svg .quiet { fill: var(--quiet); }" in shown
    assert not re.search(r"(?<!svg )(?<![\w.])\.quiet \{ color", shown)


def test_verdicts_stand_beside_the_names() -> None:
    """A narrow page shows the first columns of a table: the name, and whether it is right."""
    checked = gn.check_gradients(small(), X[:5], Y[:5])._repr_html_()
    mine = gn.check_my_backprop(_forward, _cost, _slopes, PROGRAMS["one layer"][1](), X, Y[:, None])._repr_html_()
    for shown, head in ((checked, "right"), (mine, "verdict")):
        assert f"<tr><th>parameter</th><th>{head}</th>" in shown
    assert re.search(r"<tr><td>[^<]+</td><td>✓</td>", checked)
    assert "<tr><td>W</td><td>right</td>" in mine
