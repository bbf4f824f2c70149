"""What objects show in a notebook: one fragment each, with what a reader looks for, whatever the object is."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from cases import LAYERS
from glassnet.engine.drawing import layer_words, network_columns
from glassnet.exports.report import ExportReport
from glassnet.sklearn import MLPClassifier, MLPRegressor
from glassnet.tabular import TableEncoder, TabularClassifier, TabularRegressor, TargetEncoder
from glassnet.tabular.attribution.reasons import Reason, Why, Whys
from glassnet.tabular.calibration.reliability import Bin
from glassnet.tabular.calibration.result import CalibratedProbabilities, CalibratedQuantiles
from glassnet.tabular.model import TableModel
from glassnet.tabular.reading.frames import to_table
from glassnet.training import History
from glassnet.training.findings import Diagnosis, make_finding
from glassnet.utils.html import Markup, page
from test_charts import parsed

ROOT = Path(__file__).parents[1]


def rows(n: int = 60, d: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of two classes."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, d))
    return X, (X[:, 0] > 0).astype(int)


def classifier(**options: Any) -> gn.Network:
    """Return a new network for `rows`."""
    return gn.Network([gn.Dense(8, "relu"), gn.Dense(2)], loss="cross_entropy", seed=0, **options)


def text(it: Any) -> str:
    """Return the text of what a notebook shows of an object, after a look at its markup."""
    return checked(it._repr_html_())


def checked(markup: str) -> str:
    """Return the text of markup that is well-formed, was drawn, and has no names, scripts or addresses."""
    assert not markup.startswith("<pre>"), "it could not be drawn"
    body = re.sub(r"<style>.*?</style>", "", markup, flags=re.DOTALL)
    for word in ("<script", " id=", "http", "src=", "url("):
        assert word not in body
    assert len(markup) < 60_000
    return re.sub(r"\s+", " ", " ".join(parsed(body).itertext()))


def fitted() -> tuple[gn.Network, History]:
    """Return a network and its history: 6 epochs, of which early stopping kept one."""
    X, y = rows()
    network = classifier()
    stopping = gn.EarlyStopping("valid_loss", patience=50)
    return network, network.fit(X, y, epochs=6, validation_split=0.3, early_stopping=stopping)


# ---- networks ------------------------------------------------------------------------------------------------------


def test_networks_of_any_state() -> None:
    """A network is drawn new, built, trained and with members; its line, layers and number of epochs are said."""
    assert "not built" in text(classifier())
    built = text(classifier(input_shape=(4,)))
    assert "Network(4 → Dense(8, relu) → Dense(2), cross_entropy, 58 parameters)" in built
    assert "40 parameters" in built
    assert "Not trained." in built
    network, history = fitted()
    assert f"Trained for 6 epochs; in the last one loss {history['loss'][-1]:.4f}" in text(network)
    X, y = rows()
    several = classifier(members=3)
    several.fit(X, y, epochs=2)
    assert "3 members" in text(several)
    assert "dense_1" in text(several.summary())


def test_layers_in_words() -> None:
    """Nested layers are described by words; what belongs to a layer has no box of its own."""
    front = gn.Concatenate([[gn.Select([0, 1]), gn.PeriodicEmbedding(8, 4)], gn.Select([2, 3])])
    layers = [
        front,
        gn.Scale(),
        gn.NTKDense(16),
        gn.Parametric("selu"),
        gn.Dropout(0.15),
        gn.Residual([gn.Dense(16, "tanh")]),
        gn.Dense(3),
    ]
    network = gn.Network(layers, loss="cross_entropy", input_shape=(4,))
    columns = network_columns(network, ["a", "b", "c", "d"], ["x", "y", "z"])
    assert [column.title for column in columns] == [
        "inputs", "2 branches side by side", "scale of each column", "NTKDense 16, selu (learned), dropout 0.15",
        "shortcut around Dense 16, tanh", "Dense 3", "outputs",
    ]  # fmt: skip
    assert columns[1].names == ("2 columns → periodic embedding in 4 numbers", "2 columns as in the table")
    assert columns[-1].names == ("x", "y", "z")
    assert columns[-1].subtitle == "softmax"
    said = text(network)
    assert "scale of each column" in said
    assert "2 columns → periodic embedding in 4 numbers" in said
    parameters = [
        int(column.subtitle.split()[0].replace(",", "")) for column in columns if "parameter" in column.subtitle
    ]
    assert sum(parameters) == network.n_parameters
    flat = gn.Network([gn.Flatten(), gn.Dense(1)], loss="binary_cross_entropy", input_shape=(2, 3))
    shown = network_columns(flat, None, ["no", "yes"])
    assert [(column.title, column.count) for column in shown] == [
        ("inputs", 6),
        ("flatten", 6),
        ("Dense 1", 1),
        ("outputs", 1),
    ]
    assert shown[0].subtitle == "2 x 3"
    assert shown[-1].names == ("yes",)


def test_every_built_in_layer_has_words() -> None:
    """Each layer that comes with the package is described in words."""
    assert all(layer_words(case.layer) for case in LAYERS)


def test_own_classes_never_raise() -> None:
    """Layers, losses and networks of the user's own are drawn, whatever their attributes do."""

    class Odd(gn.Layer):
        units = property(lambda self: 1 / 0)

        def forward(self, X: Any, cache: Any, step: Any) -> Any:
            return X

        def backward(self, dY: Any, cache: Any) -> Any:
            return dY

    class Halfway(gn.Network):
        def __init__(self) -> None:
            pass

    class Sub(gn.Dense):
        def config(self) -> dict[str, Any]:
            raise RuntimeError

    assert layer_words(Odd()) == "Odd"
    assert "Odd" in text(gn.Network([Odd(), Sub(3, "relu"), gn.Dense(2)], loss="cross_entropy"))
    assert Halfway()._repr_html_().startswith("<pre>")
    assert not repr(History()).startswith("<")


def test_names_of_a_table_are_known(tmp_path: Path) -> None:
    """A network that was saved with a table's encoders is drawn with the names of its columns and labels."""
    frame = {"size <b>": [1.0, 2.0, 8.0, 9.0], "colour": ["red", "blue", "red", "blue"]}
    encoder, target = TableEncoder().fit(frame), TargetEncoder().fit(["cat", "cat", "dog", "dog"], "classification")
    network = gn.Network([gn.Dense(target.n_outputs)], loss=target.loss, input_shape=(len(encoder.feature_names),))
    model = TableModel(network, encoder, target)
    shown = text(model)
    for word in ("from 2 columns", "cat", "dog", "size <b>", "colour"):
        assert word in shown
    model.save(tmp_path / "model.safetensors")
    with pytest.warns(gn.TableWarning, match="the file holds a table model"):
        alone = gn.load(tmp_path / "model.safetensors")
    assert "colour" in text(alone)
    network.metadata["table"] = {"encoder": 3}
    assert "colour" not in text(network)


# ---- training ------------------------------------------------------------------------------------------------------


def test_histories_have_curves_and_the_kept_epoch() -> None:
    """A history shows its curves, the kept epoch, its last values, and how it ended; an empty one says so."""
    _, history = fitted()
    shown = text(history)
    for word in ("History: 6 epochs", "valid_loss", f"epoch {history.best_epoch}: these weights were kept", "finished"):
        assert word in shown
    assert f"{history['loss'][-1]:.4f}" in shown
    assert "no epochs yet" in text(History())
    assert history._repr_html_().count('role="img"') >= 2


@pytest.mark.parametrize("value", [None, math.nan, math.inf, 0.0, -1e300, [1.0, math.nan], [math.nan, math.nan]])
def test_histories_with_gaps(value: Any) -> None:
    """A column may have any cell: missing, not finite, or one number per member."""
    history = History()
    for loss in (0.5, value, 0.4) if not isinstance(value, list) else ([0.5, 0.6], value, [0.4, 0.3]):
        history._record({"loss": loss, "learning_rate": 0.1, "valid_<b>": value})
    history.findings = Diagnosis([make_finding("overfit", "It was.", epoch=2), make_finding("few-updates", "It was.")])
    shown = text(history)
    assert "1 problem found" in shown or "2 problems found" in shown or "note" in shown
    assert "epoch 2: overfit" in shown


def test_history_after_several_fits() -> None:
    """Columns that exist for some epochs only are drawn with gaps."""
    X, y = rows()
    network = classifier()
    network.fit(X, y, epochs=2, validation_split=0.3)
    network.fit(X, y, epochs=3)
    shown = text(network.history)
    assert "5 epochs" in shown
    assert "valid_accuracy" in shown


def test_findings_are_framed() -> None:
    """Findings show what was measured and what to do, escaped; none say so."""
    found = Diagnosis([make_finding("overfit", "The <b> loss rose.", epoch=3)])
    shown = text(found)
    for word in ("overfit", "epoch 3", "The <b> loss rose.", "silence"):
        assert word in shown
    assert "nothing wrong was found" in text(Diagnosis())
    assert "The <b> loss rose." in text(found[0])


# ---- reasons -------------------------------------------------------------------------------------------------------


def reasons(n: int, *, label: bool = True) -> Why:
    """Return the explanation of a row with n columns."""
    values = [0.2 * (-0.5) ** i for i in range(n)]
    found = [Reason(f"column <{i}>", "x" * 50, value) for i, value in enumerate(values)]
    scale = 1.0 if label else 1e4
    base = 0.5 * scale
    found = [each._replace(contribution=each.contribution * scale) for each in found]
    answer = base + sum(each.contribution for each in found)
    return Why("species", "Adelie", answer, base, found, "typical training rows have", label=label)


def test_reasons_add_up() -> None:
    """The explanation of a row says the average, the largest contributions and the answer as a sum."""
    shown = text(reasons(2))
    assert "species = Adelie with probability 0.600" in shown
    assert "Typical training rows have 0.500. 0.500 + 0.200 - 0.100 = 0.600" in shown
    assert "0.500 + 0.200 - 0.100 + 0.050 + … = " in text(reasons(30))
    assert "18 more columns" in text(reasons(30))
    assert "5,000 + 2,000 - 1,000 = 6,000" in text(reasons(2, label=False))
    several = Whys([reasons(2)] * 12)
    assert "Explanations of 12 rows, counted from 0" in text(several)
    assert "Row 0: species" in text(several)
    assert "2 more rows" in text(several)
    assert text(Whys([reasons(2)])) == shown
    assert isinstance(several, list)


def test_importance_and_attribution() -> None:
    """Importances have a bar for each name with its deviation; attributions one for the largest inputs of a row."""
    names = [f"household_income_before_tax_{2000 + i}_of_everyone" for i in range(30)]
    drops = np.linspace(1.0, -0.1, 30)[:, None] + np.zeros((30, 3))
    shown = text(gn.Importance(names, drops, "loss", 0.5))
    assert "+1 ± 0" in shown
    assert "10 columns of less importance left out" in shown
    assert all(f"{i:03d}_ of_ everyone" in shown for i in range(20))
    X, y = rows(d=12)
    network = classifier()
    network.fit(X, y, epochs=1)
    found = gn.integrated_gradients(network, X[:7])
    shown = text(found)
    assert "2 more rows" in shown
    assert "4 other inputs" in shown
    assert "feature 0" in shown


# ---- several networks, checks --------------------------------------------------------------------------------------


def test_searches_and_folds() -> None:
    """Sweeps, folds, rates, populations and ensembles are drawn, before and after training."""
    X, y = rows()

    def build(units: int, rate: float) -> gn.Network:
        return gn.Network([gn.Dense(units, "relu"), gn.Dense(2)], loss="cross_entropy", optimizer=gn.Adam(rate), seed=0)

    found = gn.sweep(build, {"units": [2, 4], "rate": [0.1, 0.001]}, X, y, epochs=2, n_seeds=2, validation_split=0.3)
    shown = text(found)
    assert "Sweep: 4 trials" in shown
    assert "lower is better" in shown
    assert f"units = {found.best_settings['units']}" in shown
    folds = gn.cross_validate(classifier(), X, y, epochs=2, folds=3)
    shown = text(folds)
    for word in ("3 folds", "fold 3", "mean", "standard deviation", "accuracy"):
        assert word in shown
    rates = gn.find_learning_rate(classifier(), X, y)
    assert f"learning rate {rates.best:.3g}: lowest loss" in text(rates)
    assert "learning rate (log scale)" in text(rates)
    population = gn.Population(classifier(), 4)
    assert "4 networks, 0 epochs" in text(population)
    population.fit(X, y, epochs=2)
    assert "4 networks, 2 epochs" in text(population)
    assert "average of 4 networks" in text(population.ensemble())


def test_gradient_checks_say_which_is_wrong() -> None:
    """A gradient check shows a sign of its verdict for each parameter."""
    X, y = rows(5)
    report = gn.check_gradients(classifier(), X, y)
    assert "✓ all gradients" in text(report)
    report.checks[1] = report.checks[1]._replace(error=0.5, ratio=math.nan)
    assert "✗ 1 of 4 gradients not that of the loss" in text(report)
    assert "✗ wrong" in text(report)
    assert "parameter right error cosine" in text(report)  # the verdict is seen where the page is narrow
    mine = gn.BackpropReport(report.checks, [], "2 <layers>", "mean cross-entropy", ["a note"])
    shown = text(mine)
    for word in ("2 <layers>", "wrong", "right", "a note", "parameter verdict error"):
        assert word in shown


def test_quiet_text_is_as_dark_in_a_drawing() -> None:
    """The rule for quiet text leaves drawings alone, whose own one would take its share of the paler colour again."""
    style = re.search(r"<style>(.*?)</style>", classifier().build((4,))._repr_html_(), flags=re.DOTALL)
    assert style is not None
    rules = [line for line in style[1].splitlines() if re.search(r"quiet[^{]*\{ color", line)]
    assert rules
    assert not any(re.search(r"(^|[\s,]) *(\.glassnet-shown )?\.quiet", line.split("{")[0]) for line in rules)


# ---- tables, exports -----------------------------------------------------------------------------------------------


def test_tables_show_first_rows_with_kinds() -> None:
    """A table shows a few rows with the kind of each column, missing values by a word, and what is left out."""
    frame = {
        "n": [1.0, None, 2.5, *map(float, range(97))], "<i>": ["a\x00", None, "c" * 99, *["d"] * 97],
        "flag": [True, False] * 50, "day": np.array(["2020-01-01"] * 100, "M8[us]"),
    }  # fmt: skip
    table = to_table({**frame, **{f"more {i}": np.zeros(100) for i in range(20)}})
    shown = text(table)
    for word in (
        "100 rows, 24 columns",
        "number",
        "category",
        "boolean",
        "date",
        "missing",
        "2020-01-01",
        "2.5",
        "<i>",
    ):
        assert word in shown
    assert "92 more rows and 8 more columns" in shown
    assert "Table: 0 rows" in text(table.take(np.array([], int)))
    assert "Table: 2 rows" in text(table.take(np.array([1, 2])))


def test_calibrations() -> None:
    """Calibrations show before and after; those of no rows say that nothing was calibrated."""
    bins = (Bin(0.6, 0.5, 0.4), Bin(0.9, 0.95, 0.6))
    shown = text(CalibratedProbabilities(100, 1.5, (0.5, 0.4), bins, bins[::-1], weighs_classes=True))
    for word in ("temperature 1.5", "log loss", "Before", "After", "weights of their classes"):
        assert word in shown
    assert "No rows were held out" in text(CalibratedProbabilities(0))
    shown = text(CalibratedQuantiles(100, (0.1, 0.9), (-0.5, 0.2), (0.2, 0.8), (0.1, 0.9)))
    assert "+0.2" in shown
    assert "nothing was moved" in text(CalibratedQuantiles(3, (0.5,), (0.0,)))


def test_exports() -> None:
    """The report of an export shows its files, errors, and what was not checked."""
    report = ExportReport(
        "c", (Path("<a>.c"),), 1234, "ab", 10, 1e-7, 2e-7, 10, 0, 1e-6, "gcc", {"size": "small"}, ("x86",)
    )
    shown = text(report)
    for word in ("<a>.c", "1,234", "passed", "1 µs", "not checked"):
        assert word in shown


# ---- together ------------------------------------------------------------------------------------------------------


def objects() -> Iterator[Any]:
    """Return one object of many kinds."""
    network, history = fitted()
    yield from (network, history, history.findings, network.summary(), reasons(3), to_table({"a": [1.0]}))
    yield gn.Importance(["a"], np.zeros((1, 2)), "accuracy", 0.5)


def test_many_on_one_page() -> None:
    """What a notebook shows stands by itself: ten objects on a page share no names, and what is shown is a fragment."""
    parts = [it._repr_html_() for it in objects()]
    assert all(part.startswith("<style>") and part.endswith("</div>") for part in parts)
    whole = page("notebook", Markup("".join(parts)))
    assert " id=" not in whole
    assert whole.count("</style>") == len(parts) + 1


def test_showing_computes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a notebook shows takes no pass through a network."""
    found = [*objects()]

    def refuse(*args: Any, **options: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(gn.Network, "_logits", refuse)
    monkeypatch.setattr(gn.Network, "_accumulate", refuse)
    for it in found:
        text(it)


# ---- estimators ----------------------------------------------------------------------------------------------------

ESTIMATORS = [TabularClassifier, TabularRegressor, MLPClassifier, MLPRegressor]


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_boxes_of_estimators_link_to_our_guide(kind: Any) -> None:
    """The box of an estimator links to a page of our guide that is there, at the address of the project."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    repository = project["urls"]["Documentation"].partition("#")[0]
    link = kind()._get_doc_link()
    assert link.startswith(f"{repository}/blob/main/docs/guide/")
    assert (ROOT / link.removeprefix(f"{repository}/blob/main/")).is_file()
    assert link in kind()._repr_html_()


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_boxes_of_estimators_describe_parameters(kind: Any) -> None:
    """Every parameter has its own entry of numpydoc, from which newer releases of scikit-learn make its description."""
    documented = re.findall(
        r"^(\w+) : ", kind.__doc__.replace("\n    ", "\n") if "\n    Parameters" in kind.__doc__ else kind.__doc__, re.M
    )
    assert set(kind().get_params(deep=False)) <= set(documented)
    shown = kind()._repr_html_()
    if "param-doc-description" in shown:  # older releases have none
        assert shown.count('class="param-doc-description"') == len(kind().get_params(deep=False))
