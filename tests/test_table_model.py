"""The target, and the model of network, encoder and target: labels and units in and out, files, metrics."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glassnet as gn
from glassnet.errors import ConfigError, DataError, FormatError, NotFittedError, ShapeError
from glassnet.network import read_network
from glassnet.tabular import TableEncoder, TableModel, TargetEncoder, read_table, split_rows, to_table
from tabular_cases import columns

# ---- which task --------------------------------------------------------------------------------------------------

TASKS: dict[str, tuple[list[Any], str, list[Any], str]] = {
    "text": (["b", "a", "b"], "classification", ["a", "b"], "it holds text"),
    "booleans": ([True, False], "classification", [False, True], "it holds true and false"),
    "two numbers": ([1, 0, 1], "classification", [0, 1], "it holds whole numbers, 2 different ones in 3 rows"),
    "whole floats": ([2.0, 1.0], "classification", [1, 2], "it holds whole numbers, 2 different ones in 2 rows"),
    "grades": ([1, 2, 3, 2, 1] * 3, "classification", [1, 2, 3], "it holds whole numbers, 3 different ones in 15 rows"),
    "few rows": ([1, 2, 3] * 4, "regression", [], "it holds whole numbers, 3 different ones in 12 rows"),
    "ten classes": (list(range(10)) * 5, "classification", list(range(10)), "it holds whole numbers, 10 different ones in 50 rows"),
    "counts": (list(range(11)) * 50, "regression", [], "it holds whole numbers, 11 different ones in 550 rows"),
    "fractions": ([0.5, 1.0] * 50, "regression", [], "it holds numbers with fractions"),
}  # fmt: skip


@pytest.mark.parametrize("case", TASKS)
def test_the_task_is_inferred(case: str) -> None:
    """Text, booleans and few whole numbers are classes, other numbers are not; the reason is given."""
    values, task, labels, reason = TASKS[case]
    target = TargetEncoder().fit(values)
    assert (target.task, target.labels, target.reason) == (task, labels, reason)
    assert [type(label) for label in target.labels] == [type(label) for label in labels]
    assert (target.n_outputs, target.loss) == ((len(labels), "cross_entropy") if labels else (1, "squared_error"))


def test_the_caller_can_say_the_task() -> None:
    """``task=`` overrules the guess, both ways."""
    assert TargetEncoder().fit([0, 1, 1, 0], task="regression").scale.mean == 0.5
    assert TargetEncoder().fit([True, False, False, False], task="regression").scale.mean == 0.25
    assert TargetEncoder().fit([0.5, 1, 0.5], task="classification").labels == [0.5, 1.0]
    with pytest.raises(ConfigError, match=r"unknown task 'classify'\. Did you mean 'classification'\? The choices are"):
        TargetEncoder().fit([0, 1], task="classify")


BAD_TARGETS: dict[str, tuple[Any, str | None, str]] = {
    "missing": ([1.5, None, 2.0, math.nan], None, "the target 'target' has 2 missing values, the first in row 1 (counted from 0); it must have a value in every row. Remove such rows."),
    "one missing": (["a", None], None, "the target 'target' has 1 missing value, the first in row 1 (counted from 0); it must have a value in every row. Remove such rows."),
    "infinite": ([1.5, math.inf], None, "the target 'target' has 1 infinite value, the first in row 1 (counted from 0); it must have a value in every row. Remove such rows."),
    "no rows": ([], None, "the target 'target' has no rows; it must have at least one."),
    "one class": (["a", "a"], None, "the target 'target' is 'a' in every row; it must have at least two classes."),
    "one number": ([3, 3], "classification", "the target 'target' is 3 in every row; it must have at least two classes."),
    "constant": ([3.5, 3.5], None, "the target 'target' is 3.5 in all 2 rows; it must have different values. There is nothing to learn."),
    "text": (["a", "b"], "regression", "the target 'target' holds text such as 'a'; that of a regression must hold numbers. Use task='classification' for labels."),
    "dates": (np.array(["2024-01-02"], dtype="M8[D]"), None, "the target 'target' holds dates; it must hold labels or numbers."),
    "identifiers": ([f"n{i}" for i in range(30)], None, "the target 'target' has 30 different labels in 30 rows; classes must have more than one row. Choose another column."),
    "many numbers": (np.arange(30) / 7, "classification", "the target 'target' has 30 different labels in 30 rows; classes must have more than one row. Choose another column, or task='regression' for numbers."),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_TARGETS)
def test_bad_targets(case: str) -> None:
    """A target that nothing can be learned from is named in one sentence."""
    values, task, message = BAD_TARGETS[case]
    with pytest.raises(DataError) as caught:
        TargetEncoder().fit(values, task)
    assert str(caught.value) == f"TargetEncoder.fit: {message}"


def test_the_name_comes_from_the_column() -> None:
    """Messages name the column of the table or Series."""
    for column in (
        to_table({"kind": ["a", "a"]})["kind"],
        pd.Series(["a", "a"], name="kind"),
        pl.Series("kind", ["a", "a"]),
    ):
        with pytest.raises(DataError, match=r"the target 'kind' is .* in every row; it must have at least two classes"):
            TargetEncoder().fit(column)


# ---- codes and back ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("labels", [["a", "b", "ä"], [False, True], [-1, 0, 7], [0.5, 1.0, 2.0]], ids=str)
def test_labels_keep_their_type(labels: list[Any]) -> None:
    """Codes follow the order of the labels, and decoding gives back labels of the type that came."""
    target = TargetEncoder().fit(labels * 2, task="classification")
    codes = target.transform(labels[::-1])
    assert (codes.dtype, codes.tolist()) == (np.int64, list(range(len(labels)))[::-1])
    decoded = target.decode(np.eye(len(labels), dtype=np.float32)[codes])
    assert decoded.tolist() == labels[::-1]
    assert {type(value) for value in decoded.tolist()} == {type(labels[0])}


def test_new_values_are_read_as_those_of_training() -> None:
    """Numbers that come as text are numbers, and text that comes as numbers is text."""
    assert TargetEncoder().fit([1, 2, 1, 2]).transform(["2", "1"]).tolist() == [1, 0]
    assert TargetEncoder().fit(["1", "2", "x"]).transform([2, 1]).tolist() == [1, 0]
    assert TargetEncoder().fit(["1", "2", "x"]).transform([2.0, 1.0]).tolist() == [1, 0]
    assert TargetEncoder().fit([0.5, 1.5]).transform(["0.5"]).tolist() == [[-1.0]]


def test_labels_that_training_did_not_have() -> None:
    """An unknown label is refused with its row and with what was known."""
    target = TargetEncoder().fit(["a", "b"])
    with pytest.raises(DataError) as caught:
        target.transform(["b", "c", "d"])
    must = "it must be one of 'a', 'b' as in training"
    advice = "Leave such rows out, or train with them."
    assert (
        str(caught.value)
        == f"TargetEncoder.transform: the target 'target' is 'c' in row 1 (counted from 0), and in 1 more; {must}. {advice}"
    )
    with pytest.raises(DataError, match=r"is 3 in row 0 \(counted from 0\); .*\. Leave such rows out"):
        TargetEncoder().fit([1, 2, 1]).transform([3])
    with pytest.raises(DataError, match=r"^TargetEncoder\.transform: the target 'target' has 1 missing"):
        target.transform(["a", None])
    with pytest.raises(
        DataError,
        match=r"^TargetEncoder\.transform: column 'target' holds 'x' in row 0",
    ):
        TargetEncoder().fit([0.5, 1.5]).transform(["x"])


@given(values=st.lists(st.floats(-1e30, 1e30), min_size=2, max_size=20))
def test_regression_round_trip(values: list[float]) -> None:
    """Standardised numbers are float32 of shape (n, 1) and come back in their units, up to float32's precision."""
    array = np.array(values)
    if np.ptp(array) < 1e-6 * np.abs(array).max() or np.ptp(array) < 1e-300:
        return
    target = TargetEncoder().fit(array, task="regression")
    z = target.transform(array)
    assert (z.dtype, z.shape) == (np.float32, (len(values), 1))
    np.testing.assert_allclose(
        target.decode(z), array, rtol=0, atol=1e-6 * max(np.abs(array - array.mean()).max(), target.scale.std)
    )


def test_numbers_too_far_from_training() -> None:
    """A number that float32 cannot hold once scaled is refused, not clipped."""
    with pytest.raises(DataError) as caught:
        TargetEncoder().fit([1e-30, 2.5e-30]).transform([2e-30, 1e30])
    must = "it must hold numbers near those of training"
    assert (
        str(caught.value)
        == "TargetEncoder.transform: the target 'target' has 1e+30 in row 1 (counted from 0), which float32 cannot hold "
        f"scaled; {must}."
    )


def test_outputs_of_another_shape() -> None:
    """Outputs must be one row per sample and one column per output."""
    target = TargetEncoder().fit(["a", "b"])
    for outputs in (np.zeros(2), np.zeros((2, 3)), np.zeros((2, 1))):
        with pytest.raises(
            ShapeError, match=r"^TargetEncoder\.decode: outputs have shape \(.*\); they must have shape \(n, 2\)\.$"
        ):
            target.decode(outputs)


def test_before_fitting() -> None:
    """A target that has seen no data says so; a classification has no scale."""
    for use in (
        lambda t: t.task,
        lambda t: t.labels,
        lambda t: t.transform(["a"]),
        lambda t: t.config(),
        lambda t: t.n_outputs,
    ):
        with pytest.raises(NotFittedError, match=r"^TargetEncoder: the encoder is not fitted\. Call fit first\.$"):
            use(TargetEncoder())
    with pytest.raises(
        NotFittedError, match="'target' is the target of a classification; only a regression has a scale"
    ):
        _ = TargetEncoder().fit(["a", "b"]).scale
    assert [repr(TargetEncoder()), repr(TargetEncoder().fit(["a", "b"]))] == [
        "TargetEncoder()",
        "TargetEncoder(): classification of 'target'",
    ]


# ---- as plain data -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [["ä", "b"], [True, False], [1, 2], [0.1, 0.7, 3.3]], ids=str)
def test_configuration_round_trip_is_exact(values: list[Any]) -> None:
    """Through JSON a target keeps every bit, and the types of its labels."""
    target = TargetEncoder().fit(pd.Series(values, name="what"))
    twin = TargetEncoder.from_config(json.loads(json.dumps(target.config(), allow_nan=False)))
    assert twin.config() == target.config()
    assert (twin.name, twin.task, twin.n_outputs) == ("what", target.task, target.n_outputs)
    assert [type(label) for label in twin.labels] == [type(label) for label in target.labels]
    np.testing.assert_array_equal(twin.transform(values), target.transform(values))
    outputs = np.random.default_rng(0).random((5, target.n_outputs), dtype=np.float32)
    np.testing.assert_array_equal(twin.decode(outputs), target.decode(outputs))


CLASSES = TargetEncoder().fit(["a", "b"]).config()
NUMBERS = TargetEncoder().fit([0.5, 1.5]).config()
ATTACKS: dict[str, tuple[Any, str]] = {
    "no dict": ("text", "the configuration is of type str; it must be a dict."),
    "version": ({**CLASSES, "format": "1"}, "'format' is '1'; it must be one of 1."),
    "task": ({**CLASSES, "task": "ranking"}, "'task' is 'ranking'; it must be one of 'classification', 'regression'."),
    "name": ({**CLASSES, "name": None}, "'name' is None; it must be text."),
    "kind": ({**CLASSES, "kind": "date"}, "'kind' is 'date'; it must be one of 'category', 'boolean', 'number'."),
    "no labels": ({**CLASSES, "labels": []}, "'labels' is []; it must be a list of at least 2 different values of one type."),
    "one label": ({**CLASSES, "labels": ["a", "a"]}, "'labels' is ['a', 'a']; it must be a list of at least 2 different values of one type."),
    "two types": ({**CLASSES, "labels": ["a", 1]}, "'labels' is ['a', 1]; it must be a list of at least 2 different values of one type."),
    "true numbers": ({**CLASSES, "kind": "number", "labels": [False, True]}, "'labels' are False, True; they must be of kind 'number'."),
    "NaN": ({**CLASSES, "kind": "number", "labels": [math.nan, 1.0]}, "'labels' are nan, 1.0; they must be of kind 'number'."),
    "text for numbers": ({**CLASSES, "kind": "number"}, "'labels' is ['a', 'b']; it must be a list of at least 2 different values of one type."),
    "scale": ({**NUMBERS, "std": -1.0}, "'std' is -1.0; it must be a finite number above 0."),
    "no scale": ({key: value for key, value in NUMBERS.items() if key != "mean"}, "'mean' is missing; it must be a finite number."),
    "regression of text": ({**NUMBERS, "kind": "category"}, "the 'kind' of a regression is 'category'; it must be 'number'."),
}  # fmt: skip


@pytest.mark.parametrize("case", ATTACKS)
def test_damaged_configurations(case: str) -> None:
    """A configuration that is not what `config` wrote is refused with the entry that is wrong."""
    config, message = ATTACKS[case]
    with pytest.raises(FormatError) as caught:
        TargetEncoder.from_config(config)
    assert str(caught.value) == f"TargetEncoder.from_config: {message}"


# ---- the model ---------------------------------------------------------------------------------------------------


def train(table: Any, name: str, task: str | None = None, epochs: int = 30) -> tuple[TableModel, Any]:
    """Return a model trained on 80 % of a table and the other rows."""
    target = TargetEncoder().fit(table[name], task)
    codes = target.transform(table[name]) if target.labels else None
    rows, held_out = split_rows(table.n_rows, [0.8, 0.2], seed=0, stratify=codes)
    training = table.take(rows)
    if not target.labels:
        target = TargetEncoder().fit(training[name], task)
    encoder = TableEncoder().fit(training.drop([name]))
    net = gn.Network(
        [gn.Dense(16, "relu"), gn.Dense(target.n_outputs)], loss=target.loss, optimizer=gn.Adam(0.01), seed=0
    )
    net.fit(encoder.transform(training), target.transform(training[name]), epochs=epochs, batch_size=32)
    return TableModel(net, encoder, target), table.take(held_out)


@pytest.fixture(scope="module")
def penguins() -> tuple[TableModel, Any]:
    """Return a model of the species of penguins and the rows it did not see."""
    return train(read_table("penguins"), "species")


@pytest.fixture(scope="module")
def masses() -> tuple[TableModel, Any]:
    """Return a model of the mass of penguins and the rows it did not see."""
    table = read_table("penguins")
    return train(table.take(~table["body_mass_g"].missing), "body_mass_g")


def test_classification(penguins: tuple[TableModel, Any]) -> None:
    """Penguins are told apart: labels are the most probable ones, probabilities sum to 1, metrics agree with both."""
    model, rows = penguins
    P = model.predict_proba(rows)
    assert (P.shape, P.dtype) == ((len(rows), 3), np.float32)
    np.testing.assert_allclose(P.sum(axis=1), 1.0, rtol=1e-5)
    labels = model.predict(rows)
    assert labels.tolist() == [model.target.labels[code] for code in P.argmax(axis=1)]
    metrics = model.evaluate(rows)
    assert metrics["accuracy"] == np.mean(labels == rows["species"].values) > 0.95
    truth = P[np.arange(len(rows)), model.target.transform(rows["species"])]
    assert metrics["loss"] == pytest.approx(-np.log(truth).mean(), rel=1e-4)
    assert set(map(type, metrics.values())) == {float}


def test_regression(masses: tuple[TableModel, Any]) -> None:
    """The mass of penguins comes in grams, and so do the errors."""
    model, rows = masses
    predicted = model.predict(rows)
    assert (predicted.shape, predicted.dtype) == ((len(rows),), np.float64)
    error = predicted - rows["body_mass_g"].values
    metrics = model.evaluate(rows)
    assert metrics["mae"] == pytest.approx(np.abs(error).mean())
    assert metrics["rmse"] == pytest.approx(np.sqrt((error**2).mean()))
    assert metrics["r2"] == pytest.approx(1 - (error**2).mean() / rows["body_mass_g"].values.var())
    assert metrics["r2"] > 0.7
    with pytest.raises(
        ConfigError,
        match=r"^TableModel\.predict_proba: the model is a regression; it must be a classification\. Use predict\.$",
    ):
        model.predict_proba(rows)


def test_frames_of_any_make(penguins: tuple[TableModel, Any]) -> None:
    """A model trained from a file predicts the same from pandas and polars, with and without the target, in any order."""
    model, _ = penguins
    table = read_table("penguins")
    expected = model.predict_proba(table)
    frame = pd.DataFrame({c.name: np.where(c.missing, None, c.values) for c in reversed(table.columns)})
    for rows in (frame, frame.drop(columns="species"), pl.DataFrame(frame), table.drop(["species"])):
        np.testing.assert_array_equal(model.predict_proba(rows), expected)


@pytest.mark.parametrize("which", ["penguins", "masses"])
def test_files_keep_every_bit(which: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """A loaded model predicts the same bits, and `glassnet.load` reads its network alone."""
    model, rows = request.getfixturevalue(which)
    model.network.metadata["note"] = "kept"
    model.network.metadata["table"] = {"report": {"accuracy": 1.0}}
    model.save(tmp_path / "model.safetensors")
    twin = TableModel.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(twin.predict(rows), model.predict(rows))
    assert twin.evaluate(rows) == model.evaluate(rows)
    assert twin.encoder.describe() == model.encoder.describe()
    assert repr(twin) == repr(model)
    assert twin.network.metadata["note"] == "kept"
    assert twin.network.metadata["table"]["report"] == {"accuracy": 1.0}
    X = model.encoder.transform(rows)
    path = tmp_path / "model.safetensors"
    np.testing.assert_array_equal(read_network(path).predict(X), model.network.predict(X))
    with pytest.warns(gn.errors.TableWarning) as caught:
        np.testing.assert_array_equal(gn.load(path).predict(X), model.network.predict(X))
    assert [str(each.message) for each in caught] == [
        f"load({str(path)!r}): the file holds a table model; load returns its network alone, which takes encoded numbers "
        f"in place of the table's columns. Use glassnet.tabular.TableModel.load({str(path)!r})."
    ]


def test_warnings_do_not_mention_the_target(penguins: tuple[TableModel, Any]) -> None:
    """What is unlike training is named, but not that the target is or is not there."""
    model, rows = penguins
    assert model.warnings(rows) == model.warnings(rows.drop(["species"]))
    new = {column.name: column.values[:1] for column in rows.columns} | {"island": ["Elba"], "id": [7]}
    assert model.warnings(new) == [
        "Not in the training data and passed over: 'id'.",
        "Column 'island': 1 of 1 rows has a category that training did not have, coded as zero: 'Elba'.",
    ]


def test_no_rows(penguins: tuple[TableModel, Any]) -> None:
    """No rows give no predictions; there is nothing to evaluate."""
    model, rows = penguins
    none = rows.take(slice(0))
    assert (model.predict(none).shape, model.predict_proba(none).shape) == ((0,), (0, 3))
    with pytest.raises(
        DataError, match=r"^TargetEncoder\.transform: the target 'species' has no rows; it must have at least one\.$"
    ):
        model.evaluate(none)


def test_evaluation_needs_the_target(penguins: tuple[TableModel, Any]) -> None:
    """Rows without the target cannot be judged."""
    model, rows = penguins
    with pytest.raises(DataError) as caught:
        model.evaluate(rows.drop(["species", "year", "sex", "bill_length_mm", "bill_depth_mm"]))
    assert str(caught.value) == (
        "TableModel.evaluate: the target 'species' is not among the columns 'island', 'flipper_length_mm', "
        "'body_mass_g'; it must be. Use predict where it is not known."
    )


def test_parts_that_do_not_fit() -> None:
    """Network, encoder and target must have the same width, outputs and loss."""
    encoder = TableEncoder().fit({"a": [1, 2], "b": [3, 5]})
    target = TargetEncoder().fit(["x", "y"])

    def network(outputs: int = 2, width: int = 2, loss: str = "cross_entropy", **options: Any) -> gn.Network:
        return gn.Network([gn.Dense(outputs)], loss=loss, seed=0, input_shape=(width,), **options)

    cases = {
        "the network is not built": gn.Network([gn.Dense(2)], loss="cross_entropy"),
        "the network is for samples of shape (3,) and the encoder gives (2,)": network(width=3),
        "the network has 3 outputs and the target needs 2": network(outputs=3),
        "the network has loss 'squared_error' and the target needs 'cross_entropy'": network(loss="squared_error"),
    }
    for problem, net in cases.items():
        with pytest.raises(ConfigError) as caught:
            TableModel(net, encoder, target)
        assert str(caught.value) == f"TableModel: {problem}; network, encoder and target must fit each other."
    assert repr(TableModel(network(), encoder, target)) == "TableModel(classification of 'target' from 2 columns)"


def test_files_that_are_no_table_models(penguins: tuple[TableModel, Any], tmp_path: Path) -> None:
    """A network without an encoder, and encoders that are damaged or of another network, are refused by name."""
    model, _ = penguins
    path = tmp_path / "model.safetensors"
    where = f"TableModel.load({str(path)!r})"
    good = {"encoder": model.encoder.config(), "target": model.target.config()}
    other = TableEncoder().fit({"a": [1, 2]}).config()
    cases: dict[str, Any] = {
        f"{where}: the file holds a network alone; it must hold a network with its table encoder. Read it with glassnet.load.": None,
        f"{where}: TableEncoder.from_config: the configuration is of type NoneType; it must be a dict.": {
            "target": good["target"]
        },
        f"{where}: TargetEncoder.from_config: the configuration is of type int; it must be a dict.": {
            **good,
            "target": 3,
        },
        f"{where}: TableModel: the network is for samples of shape (14,) and the encoder gives (1,); network, encoder and "
        "target must fit each other.": {**good, "encoder": other},
    }
    for message, entry in cases.items():
        model.save(path)
        net = read_network(path)
        net.metadata["table"] = entry
        net.save(path)
        with pytest.raises(FormatError) as caught:
            TableModel.load(path)
        assert str(caught.value) == message
    with pytest.raises(FileNotFoundError):
        TableModel.load(tmp_path / "none.safetensors")


# ---- splitting ---------------------------------------------------------------------------------------------------


@given(codes=st.lists(st.integers(0, 4), min_size=20, max_size=80), seed=st.integers(0, 9))
def test_splits(codes: list[int], seed: int) -> None:
    """Parts are sorted, disjoint, complete and repeatable; every class of two rows or more is in the training part."""
    n = len(codes)
    parts = split_rows(n, [0.6, 0.2, 0.2], seed, stratify=np.array(codes))
    assert sorted(np.concatenate(parts).tolist()) == list(range(n))
    assert all((np.diff(part) > 0).all() and len(part) for part in parts)
    for again, part in zip(split_rows(n, [0.6, 0.2, 0.2], seed, stratify=np.array(codes)), parts, strict=True):
        np.testing.assert_array_equal(again, part)
    trained = {codes[row] for row in parts[0]}
    assert {code for code in codes if codes.count(code) >= 2} <= trained


FIXTURES = sorted((Path(__file__).parent / "data").glob("table_*.safetensors"))


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_models_of_earlier_versions(path: Path) -> None:
    """A model of a recipe that an earlier version wrote, codes, bounds and ranks included, answers as it did then."""
    expected = json.loads(path.with_suffix(".json").read_text())
    model = TableModel.load(path)
    answers = model.answers(model.encoder.transform(columns()))[:12]
    np.testing.assert_allclose(answers, expected["answers"], rtol=1e-5, atol=1e-6)
    found = model.predict(columns())[:12]
    if model.target.labels:
        assert found.tolist() == expected["predictions"]
    else:
        np.testing.assert_allclose(found, expected["predictions"], rtol=1e-5)


def test_there_are_models_of_earlier_versions() -> None:
    """Both ways of coding have a file: robust scales with codes, and ranks; so have both ways of calibration."""
    coded = {f"table_{name}_{version}" for name in ("realmlp", "tabm-mini") for version in (2, 3)}
    assert {path.stem for path in FIXTURES} >= coded | {"table_calibrated_3", "table_intervals_3"}
