"""Rows handed over one by one or as a list: dicts, JSON records, Series, rows of structured arrays."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import pickle
import re
import warnings
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import pytest

pytest.importorskip("sklearn", minversion="1.7")

from glassnet.errors import DataError, TableWarning
from glassnet.tabular import TableEncoder, TableModel, TabularClassifier, TabularRegressor, read_table, to_table
from glassnet.tabular.reading.row_names import RowNames
from glassnet.tabular.reading.rows import columns_of
from tabular_cases import KINDS, SHORT, answers, columns, labels, numbers

# Tables of these tests have faults, on purpose or for short.
pytestmark = pytest.mark.filterwarnings("ignore::glassnet.sklearn.PoorFitWarning")

ROW = {"size": 0.5, "colour": "c1", "town": "t03", "old": True, "seen": dt.datetime(2024, 5, 31, 18, 30)}


def records() -> list[dict[str, Any]]:
    """Return the columns of the cases as rows."""
    found = columns()
    return [dict(zip(found, cells, strict=True)) for cells in zip(*found.values(), strict=True)]


def same(left: Any, right: Any) -> None:
    """Check that two tables have the same columns, kinds and values."""
    assert left.names == right.names
    for one, other in zip(left.columns, right.columns, strict=True):
        assert one.kind == other.kind
        np.testing.assert_array_equal(one.missing, other.missing)
        np.testing.assert_array_equal(one.values, other.values)


@pytest.fixture(scope="module")
def model() -> TableModel:
    """Return a quick model of the cases."""
    return TabularClassifier(**SHORT).fit(columns(), labels()).model_


# ---- what a row may be -------------------------------------------------------------------------------------------


ONE: dict[str, Callable[[dict[str, Any]], Any]] = {
    "dict": dict,
    "OrderedDict": OrderedDict,
    "read-only mapping": MappingProxyType,
    "list of one": lambda row: [row],
    "tuple of one": lambda row: (row,),
    "array of objects": lambda row: np.array([row], dtype=object),
    "Series": pd.Series,
    "Series from a frame": lambda row: pd.DataFrame([row, row]).iloc[1],
    "list of Series": lambda row: [pd.Series(row)],
    "named row of polars": lambda row: pl.DataFrame([row]).row(0, named=True),
    "scalars of NumPy": lambda row: {**row, "size": np.float32(0.5), "old": np.bool_(True)},
    "arrays without dimensions": lambda row: {**row, "size": np.array(0.5)},
    "decimals": lambda row: {**row, "size": Decimal("0.5")},
    "frame of one row": lambda row: pd.DataFrame([row]),
}


@pytest.mark.parametrize("make", ONE)
def test_one_row_in_any_form(make: str, model: TableModel) -> None:
    """One row is read alike and predicted alike, whatever holds it."""
    row = ONE[make](ROW)
    same(to_table(row), to_table({name: [value] for name, value in ROW.items()}))
    expected = model.predict_proba({name: [value] for name, value in ROW.items()})
    np.testing.assert_array_equal(model.predict_proba(row), expected)


def test_rows_of_structured_arrays() -> None:
    """A row of a structured array, or a list of them, is read as the array is: bytes as text, masked cells as missing."""
    dtype = [("size", "f4"), ("colour", "S3"), ("seen", "M8[D]")]
    array = np.array([(0.5, b"c1", "2024-05-31"), (1.5, b"c2", "2024-06-01")], dtype=dtype)
    for whole, one in ((array, array[1]), (array, array[1:].reshape(())), (array.view(np.recarray), array[1])):
        same(to_table(one), to_table(whole[1:]))
    same(to_table([*array]), to_table(array))
    masked = np.ma.array(array, mask=[(True, False, False), (False, True, False)])
    same(to_table(masked[1]), to_table(masked[1:]))
    assert to_table(masked[1])["colour"].missing.tolist() == [True]


def test_records_are_a_table() -> None:
    """A list of dicts is the same as a dict of lists, to learn from and to predict, also after a way through JSON."""
    found = columns()
    for name, (cls, target) in KINDS.items():
        by_columns, by_rows = cls(**SHORT).fit(found, target()), cls(**SHORT).fit(records(), target())
        assert by_rows.feature_names_in_.tolist() == list(found), name
        np.testing.assert_array_equal(answers(by_rows, records()), answers(by_columns, found))
    plain = [{k: v for k, v in row.items() if k != "seen"} for row in records()]
    same(to_table(json.loads(json.dumps(plain))), to_table({k: v for k, v in found.items() if k != "seen"}))


def test_what_a_row_lacks_is_missing(model: TableModel) -> None:
    """A name that a row lacks is a missing value, whether other rows have it or not."""
    full, bare = dict(ROW), {name: value for name, value in ROW.items() if name != "town"}
    alone, spelled = model.predict_proba(bare), model.predict_proba({**bare, "town": None})
    np.testing.assert_array_equal(alone, spelled)
    np.testing.assert_array_equal(model.predict_proba([full, bare])[1:], alone)
    np.testing.assert_array_equal(model.predict_proba([bare, bare])[:1], alone)
    same(to_table([{"a": 1}, {"b": "x"}]), to_table({"a": [1, None], "b": [None, "x"]}))


def test_unknown_names_are_told(model: TableModel) -> None:
    """A name that training did not have changes nothing, and a warning says so."""
    row = {**ROW, "weather": "fine"}
    np.testing.assert_array_equal(model.predict_proba(row), model.predict_proba(ROW))
    assert model.warnings(row) == ["Not in the training data and passed over: 'weather'."]


def test_the_target_may_be_in_the_row(model: TableModel) -> None:
    """A row that has the target, too, is no row with an unknown name, and can be scored."""
    rows = [{**row, "target": label} for row, label in zip(records(), labels().tolist(), strict=True)]
    assert model.warnings(rows[0]) == model.warnings(records()[0])
    with pytest.warns(TableWarning, match=r"80 % of these rows were trained on"):
        assert model.evaluate(rows) == model.evaluate({**columns(), "target": labels()})
    assert [why.answer for why in model.why(rows[:2])] == [why.answer for why in model.why(to_table(rows[:2]))]


def test_rows_in_the_estimators() -> None:
    """The estimators predict for one row and for lists of them; with columns by position a row must have all of them."""
    model = TabularRegressor(**SHORT).fit(pd.DataFrame(columns()), numbers())
    expected = model.predict(columns())
    np.testing.assert_array_equal(model.predict(records()), expected)
    np.testing.assert_array_equal(model.predict(records()[7]), expected[7:8])
    np.testing.assert_array_equal(model.predict(pd.DataFrame(columns()).iloc[7]), expected[7:8])
    bare = {name: value for name, value in records()[7].items() if name != "town"}
    np.testing.assert_array_equal(model.predict(bare), model.predict({**bare, "town": None}))
    by_place = TabularRegressor(**SHORT).fit(np.ones((20, 2)) * np.arange(20)[:, None], np.arange(20.0))
    with pytest.raises(DataError, match="1 features, but TabularRegressor is expecting 2"):
        by_place.predict({"a": 1.0})


# ---- what is refused ---------------------------------------------------------------------------------------------


REFUSED = {
    "values beside lists": (
        {"a": [1], "b": "x"},
        "to_table: the dict has lists for 'a' and single values for 'b'; each column must have one value, which makes a "
        "row, or each a list, which makes a table.",
    ),
    "None beside lists": (
        {"a": [1], "b": np.ones(1), "c": None},
        "to_table: the dict has lists for 'a', 'b' and single values for 'c'; each column must have one value, which "
        "makes a row, or each a list, which makes a table.",
    ),
    "a number among rows": (
        [{"a": 1}, 3],
        "to_table: row 1 (counted from 0) is of type int; every row must be a dict, as others are.",
    ),
    "None among rows": (
        [{"a": 1}, None],
        "to_table: row 1 (counted from 0) is of type NoneType; every row must be a dict, as others are.",
    ),
    "lists in cells": (
        [{"a": [1, 2]}],
        "to_table: column 'a' holds [1, 2] of type list; it must have one value per cell. Flatten it, for example with pandas.json_normalize.",
    ),
    "dicts in cells": (
        {"a": {"b": 1}},
        "to_table: column 'a' holds {'b': 1} of type dict; it must have one value per cell. Flatten it, for example with pandas.json_normalize.",
    ),
    "rows without names": (
        [{}, {}],
        "to_table: rows are empty dicts; they must name their cells, such as {'size': 1}.",
    ),
    "two spellings": (
        [{"size": 1}, {"Size": 2}],
        "to_table: the same column is 'size' in row 0 (counted from 0) and 'Size' in row 1 (counted from 0); rows must name a column in one way.",
    ),
    "a column": (
        pd.Series([1, 2], name="a"),
        "to_table: frame is of type Series; it must be a DataFrame of pandas, polars or pyarrow, a dict of arrays, or "
        "rows as dicts. One row has the names of the columns as its index; of one column, pass to_frame().",
    ),
    "an empty list": (
        [],
        "to_table: frame is of type list; it must be a DataFrame of pandas, polars or pyarrow, a dict of arrays, or rows as dicts.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_row(case: str) -> None:
    """What could be a row or a table, or is neither, is refused in one sentence with what was there."""
    given, sentence = REFUSED[case]
    with pytest.raises(DataError, match=re.escape(sentence)):
        to_table(given)


def test_two_columns_of_similar_names_are_two_columns() -> None:
    """Names that differ in case only are two columns where a row has both, or where each row has one of its own."""
    assert to_table([{"a": 1, "A": 2}, {"a": 3}]).names == ["a", "A"]
    assert to_table([{"a": 1, "A": 2}]).names == ["a", "A"]


def test_generators_and_views_are_columns() -> None:
    """A dict may hold anything that can be gone through."""
    table = to_table({"a": (i for i in range(3)), "b": {1: "x", 2: "y", 3: "z"}.values(), "c": range(3)})
    assert [column.values.tolist() for column in table.columns] == [[0.0, 1.0, 2.0], ["x", "y", "z"], [0.0, 1.0, 2.0]]


def test_dicts_of_row_numbers_are_columns() -> None:
    """What `DataFrame.to_dict` returns is the frame again; dicts with other keys in cells are no values."""
    frame = pd.DataFrame({"a": [1.5, None, 2.0], "b": ["x", "y", None]}, index=[7, 3, 5])
    same(to_table(frame.to_dict()), to_table(frame))
    same(to_table(frame.to_dict("index")), to_table(frame))
    same(to_table(frame.to_dict("series")), to_table(frame))
    for given in ({"a": {0: 1}, "b": {1: 2}}, {"a": {"x": 1}}, {"a": {0: 1}, "b": 2}):
        with pytest.raises(DataError, match=r"column 'a' holds .* of type dict; it must have one value per cell"):
            to_table(given)


class _Row(NamedTuple):
    a: float


@dataclass
class _Item:
    a: float


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        (_Row(1.0), r"is of type _Row; .*\. Pass its _asdict\(\)\.$"),
        (_Item(1.0), r"is of type _Item; .*\. Pass dataclasses\.asdict of it\.$"),
        (iter([{"a": 1}]), r"is of type list_iterator; .*\. Pass a list of them\.$"),
    ],
)
def test_other_objects_of_one_row(given: Any, advice: str) -> None:
    """An object that can give its row as a dict is refused with how."""
    with pytest.raises(DataError, match=advice):
        to_table(given)


def test_lists_of_lists_are_no_rows() -> None:
    """A matrix as lists stays a matrix, whose columns have no names."""
    assert columns_of([[1, 2], [3, 4]]) is None


# ---- renamed columns ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ({"town": "Town "}, "the column 'town' that the encoder needs. Did you mean 'Town '?"),
        ({"size": "SIZE", "town": "town_"}, "2 columns that the encoder needs: 'size', 'town'. Did you mean 'SIZE' for 'size', 'town_' for 'town'?"),
        ({"colour": "color"}, "the column 'colour' that the encoder needs. Did you mean 'color'?"),
        ({"colour": "weight"}, "the column 'colour' that the encoder needs."),
    ],
)  # fmt: skip
def test_renamed_columns(names: dict[str, str], sentence: str, model: TableModel) -> None:
    """A column under another name is asked for, all of them at once, in case, blanks or a letter; others are named."""
    renamed = {names.get(name, name): values for name, values in columns().items()}
    estimator = TabularClassifier(**SHORT).fit(columns(), labels())
    of_model = sentence.replace("the encoder needs", "the model needs")
    for predict, said in (
        (model.predict, f"TableModel: the frame lacks {of_model}"),
        (model.encoder.transform, f"TableEncoder.transform: the frame lacks {sentence}"),
        (estimator.predict, f"TabularClassifier: the frame lacks {of_model}"),
    ):
        with pytest.raises(DataError) as caught:
            predict(renamed)
        assert str(caught.value) == said


def test_renamed_columns_are_warned_of(model: TableModel) -> None:
    """The warnings about a table have the question, too."""
    renamed = {"Town " if name == "town" else name: values for name, values in columns().items()}
    assert model.warnings(renamed)[0] == "Column 'town' is needed and not there. Did you mean 'Town '?"


def test_renamed_cells_of_a_row(model: TableModel) -> None:
    """A row that names a cell otherwise is refused, instead of taken as one without it; so is one with other names only."""
    row = {"Town": ROW["town"], **{name: value for name, value in ROW.items() if name != "town"}}
    sentence = "TableModel: a row lacks 'town'; it must have the columns of training. Did you mean 'Town'?"
    for given in (row, [row, row], pd.Series(row)):
        with pytest.raises(DataError, match=re.escape(sentence)):
            model.predict(given)
    with pytest.raises(
        DataError, match=r"lacks 'size', 'colour', 'town', 'old', 'seen'; it must have the columns of training\.$"
    ):
        model.predict({"weather": "fine"})


# ---- the answer for one row --------------------------------------------------------------------------------------


def test_one_answer_of_a_classification(model: TableModel) -> None:
    """`predict_one` has the label and the probabilities of `predict`, by label, and the warnings about the row."""
    for row in records()[:20]:
        answer = model.predict_one(row)
        assert [*answer] == ["label", "probabilities", "warnings"]
        assert answer["label"] == model.predict(row)[0]
        assert answer["label"] == max(answer["probabilities"], key=lambda label: answer["probabilities"][label])
        assert np.float32([*answer["probabilities"].values()]).tolist() == model.predict_proba(row)[0].tolist()
        assert [*answer["probabilities"]] == model.target.labels
        assert answer["warnings"] == model.warnings(row) == []
        assert json.loads(json.dumps(answer)) == answer
    odd = model.predict_one({**ROW, "size": 1e4, "weather": "fine"})
    assert len(odd["warnings"]) == 2
    assert "'weather'" in odd["warnings"][0]
    assert "outside the range" in odd["warnings"][1]


def test_one_answer_of_a_regression() -> None:
    """`predict_one` has the number of `predict`, and the quantiles by level if the model has them."""
    plain = TabularRegressor(**SHORT).fit(columns(), numbers())
    for estimator in (plain, plain.model_):
        answer = estimator.predict_one(ROW)
        assert [*answer] == ["number", "warnings"]
        assert answer["number"] == estimator.predict(ROW)[0]
    levels = (0.1, 0.5, 0.9)
    model = TabularRegressor(quantiles=levels, **SHORT).fit(columns(), numbers())
    answer = model.predict_one(ROW)
    assert [*answer] == ["number", "quantiles", "warnings"]
    assert answer["quantiles"] == dict(zip(levels, model.predict_quantiles(ROW)[0].tolist(), strict=True))
    assert answer["number"] == answer["quantiles"][0.5]
    assert json.loads(json.dumps(answer))["quantiles"]["0.9"] == answer["quantiles"][0.9]


LABELS: dict[str, tuple[Any, Any]] = {
    "text": (["a", "b"], ["a", "b"]),
    "whole numbers": (np.array([3, 10], dtype=np.int16), [3, 10]),
    "booleans": (np.array([False, True]), [False, True]),
    "whole floats": ([1.0, 2.0], [1.0, 2.0]),
    "large whole numbers": ([9, 10_000_000_000_000_000_001, 10_000_000_000_000_000_002], None),
}


@pytest.mark.parametrize("kind", LABELS)
def test_labels_of_the_estimators(kind: str) -> None:
    """Labels are those of ``classes_`` as Python's objects, each with its own probability, whatever their type."""
    labels, plain = LABELS[kind]
    y = np.array(labels)[np.arange(30) % len(labels)]
    X = {"x": [float(np.searchsorted(np.unique(y), label)) for label in y], "z": np.arange(30.0)}
    model = TabularClassifier(epochs=40, random_state=0, threads=1).fit(X, y)
    for i in range(3):
        row = {"x": X["x"][i], "z": float(i)}
        answer = model.predict_one(row)
        assert answer["label"] == model.predict(row)[0]
        assert dict(zip(model.classes_.tolist(), model.predict_proba(row)[0], strict=True)) == {
            label: np.float32(p) for label, p in answer["probabilities"].items()
        }
        json.dumps(answer)
        assert plain is None or (answer["label"] in plain and type(answer["label"]) is type(plain[0]))


def test_one_row_by_place() -> None:
    """An estimator that was trained on an array takes one row of it as well as a table of one row."""
    X, y = np.random.default_rng(0).standard_normal((40, 2)), np.arange(40.0)
    model = TabularRegressor(**SHORT).fit(X, y)
    for row in (X[3], X[3].tolist(), X[3:4]):
        assert model.predict_one(row)["number"] == model.predict(X[3:4])[0]


@pytest.mark.parametrize("n", [0, 2])
def test_predict_one_takes_one_row(n: int, model: TableModel) -> None:
    """A table of more rows or none is refused, with what to use."""
    rows = to_table(columns()).take(slice(0, n))
    with pytest.raises(
        DataError, match=rf"^TableModel.predict_one: row has {n} rows; it must be one row\. Use predict for"
    ):
        model.predict_one(rows)


def test_a_renamed_target(model: TableModel) -> None:
    """Where the target is needed, a column that is it under another name is asked for."""
    frame = {**columns(), "Target": labels()}
    with pytest.raises(
        DataError, match=r"the target 'target' is not among the columns .*; it must be\. Did you mean 'Target'\?$"
    ):
        model.evaluate(frame)
    with pytest.raises(
        DataError, match=r"the target 'target' is not in the frame; it must be\. Did you mean 'Target'\?$"
    ):
        model.importance(frame)
    with pytest.raises(DataError, match=r"Use predict where it is not known\.$"):
        model.evaluate(columns())


def test_no_rows_have_no_answers(model: TableModel) -> None:
    """An empty list of rows, as a request may hold, has an empty list of answers."""
    estimator = TabularRegressor(**SHORT).fit(columns(), numbers())
    assert model.predict([]).shape == estimator.predict([]).shape == (0,)
    assert model.predict_proba([]).shape == (0, 2)
    assert model.warnings([]) == []


# ---- how messages name rows --------------------------------------------------------------------------------------


def test_rows_are_named_where_they_stood(tmp_path: Path) -> None:
    """A part of a table names its rows as the whole does, by masks, numbers and slices, one after the other."""
    table = to_table({"a": np.arange(20.0), "b": list("abcdefghijklmnopqrst")})
    part = table.take(np.arange(20) % 2 == 1).take(slice(2, None)).take(np.array([4, 0]))
    assert part["a"].values.tolist() == [13.0, 5.0]
    assert [part["b"].rows(i) for i in range(2)] == ["row 13 (counted from 0)", "row 5 (counted from 0)"]
    assert pickle.loads(pickle.dumps(part))["b"].rows(0) == "row 13 (counted from 0)"
    named = table.named_by(RowNames(lambda row: 10 * row)).take(slice(3, 5))
    assert named["a"].rows(1) == "line 40"
    assert pickle.loads(pickle.dumps(named))["a"].rows(1) == "row 5 (counted from 1)"


def test_rows_of_files_and_of_frames(model: TableModel, tmp_path: Path) -> None:
    """A message says from where it counts: frames and arrays from 0, files without lines from 1."""
    rows = {name: [str(value) if name == "size" else value for value in values] for name, values in columns().items()}
    rows["size"][17] = "much"
    with pytest.raises(
        DataError,
        match=r"holds 'much' in row 17 \(counted from 0\); it must hold numbers as in training\. If that means",
    ):
        model.predict({**rows, "size": ["much" if size == "much" else "1" for size in rows["size"]]})
    pl.DataFrame({"size": ["1"] * 17 + ["much"]}).write_parquet(tmp_path / "rows.parquet")
    table = read_table(tmp_path / "rows.parquet", read={"size": "text"})
    encoder = TableEncoder().fit({"size": [1.0, 2.0]})
    with pytest.raises(DataError, match=r"holds 'much' in row 18 \(counted from 1\); .*\. If that means"):
        encoder.transform(table)
    with pytest.raises(DataError, match=r"holds 'much' in row 18 \(counted from 1\); .*\. If that means"):
        encoder.transform(table.take(np.array([3, 17])))


def test_rows_of_the_target() -> None:
    """Rows of weight 0 and held-out rows do not shift the number of a row."""
    y = [1.5, *np.arange(1.0, 19.0).tolist(), float("nan")]
    weight = np.array([0.0, 0.0, *[1.0] * 18])
    with pytest.raises(DataError, match=r"the first in row 19 \(counted from 0\)"):
        TabularRegressor(**SHORT).fit({"a": np.arange(20.0)}, y, sample_weight=weight)


# ---- columns that a model does not use ---------------------------------------------------------------------------


def test_what_a_model_does_not_use_is_not_decided_about(model: TableModel, tmp_path: Path) -> None:
    """Cells that could be read in two ways, in a column that training did not have, do not keep a model from its answer."""
    odd = {"price": ["$5.00", "12%", "1.250,00", "1,250.00"], "when": ["01/02/2024", "03/04/2024", "x", ""]}
    frame = {**{name: values[:4] for name, values in columns().items()}, **odd}
    estimator = TabularClassifier(**SHORT).fit(columns(), labels())
    expected = model.predict_proba({name: values[:4] for name, values in columns().items()})
    for given in (
        frame,
        pd.DataFrame(frame),
        [dict(zip(frame, row, strict=True)) for row in zip(*frame.values(), strict=True)],
    ):
        np.testing.assert_array_equal(model.predict_proba(given), expected)
        with pytest.warns(TableWarning, match="passed over: 'price', 'when'"):
            np.testing.assert_array_equal(estimator.predict_proba(given), expected)
        assert model.warnings(given)[0] == "Not in the training data and passed over: 'price', 'when'."


def test_rows_of_a_file_that_is_gone() -> None:
    """If the file with the lines is gone, as a copy of standard input, the row is named by its position."""

    def gone(row: int) -> int:
        raise FileNotFoundError(row)

    assert RowNames(gone)(4) == "row 5 (counted from 1)"
    assert RowNames(lambda row: None)(4) == "row 5 (counted from 1)"


LINED: dict[str, tuple[str, str]] = {
    "quoted line breaks": ('a,b\n1,"x\ny"\n2,z\n\nmuch,z\n', "line 6"),
    "Windows lines and a title": ("Report of May\r\n\r\na,b\r\n1,x\r\nmuch,y\r\n2,z\r\n", "line 5"),
    "JSON lines": ('{"a": 1, "b": "x"}\n\n{"a": "much", "b": "y"}\n', "line 3"),
    "an array of JSON": ('[{"a": "1", "b": "x"},\n{"a": "much", "b": "y"}]\n', "row 2 (counted from 1)"),
    "an object over several lines": ('{"a": "1",\n "b": "x"}\n{"a": "much", "b": "y"}\n', "row 2 (counted from 1)"),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("form", LINED)
def test_rows_of_text_files_are_lines(form: str, packed: bool, tmp_path: Path) -> None:
    """A message about a row of a text file names its line, whatever stands above and between; also of a part of it."""
    text, place = LINED[form]
    file = tmp_path / f"rows.{'json' if 'JSON' in form or 'object' in form else 'csv'}{'.gz' * packed}"
    file.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    encoder = TableEncoder().fit({"a": [1.0, 2.0, 3.0], "b": ["x", "y", "z"]})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TableWarning)  # of the title
        table = read_table(file, like=encoder)
    for rows in (table, table.take(table["b"].values != "x")):
        with pytest.raises(DataError) as caught:
            encoder.transform(rows)
        assert f"holds 'much' in {place}; it must hold numbers as in training. If that means no value, " in str(
            caught.value
        )
