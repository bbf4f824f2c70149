"""What may be handed to TabularClassifier and TabularRegressor as X and y: right answers, or one clear sentence."""

from __future__ import annotations

import datetime as dt
import decimal
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

pytest.importorskip("sklearn", minversion="1.7")

from sklearn.exceptions import DataConversionWarning

from glassnet.errors import DataError, TableWarning
from glassnet.tabular import TableModel, TabularClassifier, TabularRegressor, to_table
from tabular_cases import KINDS, SHORT, N, answers, columns, labels, numbers

# Tables of these tests have faults, on purpose or for short.
pytestmark = pytest.mark.filterwarnings("ignore::glassnet.sklearn.PoorFitWarning")


@pytest.fixture(scope="module")
def fitted() -> dict[str, Any]:
    """Return both estimators, trained for long enough to have learned."""
    return {
        kind: cls(epochs=60, threads=1, random_state=0).fit(columns(), target())
        for kind, (cls, target) in KINDS.items()
    }


# ---- what may be handed over as X --------------------------------------------------------------------------------


def _pandas(**dtypes: Any) -> Callable[[dict[str, list[Any]]], Any]:
    def make(found: dict[str, list[Any]]) -> Any:
        return pd.DataFrame({name: pd.array(values, dtype=dtypes[name]) for name, values in found.items()})

    return make


def _arrow(types: dict[str, pa.DataType]) -> Callable[[dict[str, list[Any]]], Any]:
    return lambda found: pa.table({name: pa.array(values, types[name]) for name, values in found.items()})


_ARROW = {
    "size": pa.float64(),
    "colour": pa.string(),
    "town": pa.string(),
    "old": pa.bool_(),
    "seen": pa.timestamp("us"),
}
_CODED = {
    **_ARROW,
    "colour": pa.dictionary(pa.int8(), pa.string()),
    "town": pa.large_string(),
    "seen": pa.timestamp("ms"),
}

FRAMES: dict[str, Callable[[dict[str, list[Any]]], Any]] = {
    "pandas": pd.DataFrame,
    "pandas objects": lambda found: pd.DataFrame({name: pd.Series(v, dtype=object) for name, v in found.items()}),
    "pandas nullable": _pandas(size="Float64", colour="string", town="category", old="boolean", seen="M8[ns]"),
    "pandas arrow": _pandas(**{name: pd.ArrowDtype(kind) for name, kind in _ARROW.items()}),
    "pandas string[pyarrow]": _pandas(size="f8", colour="string[pyarrow]", town="string", old="boolean", seen="M8[s]"),
    "pandas zones": lambda found: pd.DataFrame(found).assign(
        seen=lambda frame: frame["seen"].dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo")
    ),
    "pandas odd index": lambda found: pd.DataFrame(found, index=[f"r{i % 7}" for i in range(N)]),
    "polars": pl.DataFrame,
    "polars categories": lambda found: pl.DataFrame(found).with_columns(
        pl.col("colour").cast(pl.Categorical),
        pl.col("town").cast(pl.Enum([f"t{i:02d}" for i in range(20)])),
        pl.col("seen").cast(pl.Datetime("ms")).dt.replace_time_zone("UTC"),
    ),
    "pyarrow": _arrow(_ARROW),
    "pyarrow dictionary": _arrow(_CODED),
    "dict of Series": lambda found: {name: pd.Series(v, dtype=object, index=range(5, N + 5)) for name, v in found.items()},
    "Table": to_table,
}  # fmt: skip


@pytest.mark.parametrize("make", FRAMES)
def test_frames_of_any_make(make: str, fitted: dict[str, Any]) -> None:
    """The same values give the same bits, whichever library's frame they are in, to predict from and to learn from."""
    found = columns()
    X = FRAMES[make](found)
    np.testing.assert_array_equal(answers(fitted["classifier"], X), answers(fitted["classifier"], found))
    expected = TabularClassifier(**SHORT).fit(found, labels())
    model = TabularClassifier(**SHORT).fit(X, labels())
    np.testing.assert_array_equal(answers(model, X), answers(expected, found))
    assert model.feature_names_in_.tolist() == list(found)
    assert model.n_features_in_ == 5


@pytest.mark.filterwarnings("ignore::glassnet.TableWarning")
def test_columns_are_found_by_name(fitted: dict[str, Any]) -> None:
    """Columns in another order and beside others change nothing; one that is needed and not there is named."""
    model, frame = fitted["classifier"], pd.DataFrame(columns())
    expected = answers(model, frame)
    np.testing.assert_array_equal(answers(model, frame[frame.columns[::-1]]), expected)
    np.testing.assert_array_equal(answers(model, frame.assign(id=range(N), note="x")), expected)
    with pytest.raises(DataError) as caught:
        model.predict(frame.drop(columns=["old", "size"]))
    assert str(caught.value) == ("TabularClassifier: the frame lacks 2 columns that the model needs: 'size', 'old'.")


@pytest.mark.filterwarnings("ignore::glassnet.TableWarning")
def test_columns_that_were_left_out_are_not_needed() -> None:
    """A column of one value, and one without any, say nothing, and need not be there later."""
    frame = pd.DataFrame(columns()).assign(same=1, empty=None, infinite=np.inf)
    model = TabularClassifier(**SHORT).fit(frame, labels())
    done = {entry["name"]: entry["done"] for entry in model.model_.encoder.describe()}
    assert done["same"] == "left out: all its values are 1"
    assert done["empty"] == done["infinite"] == "left out: all its values are missing"
    np.testing.assert_array_equal(answers(model, pd.DataFrame(columns())), answers(model, frame))


def test_places_instead_of_names() -> None:
    """Between a frame and an array columns are matched by their places, with scikit-learn's warning; so are unnamed ones."""
    X = np.random.default_rng(0).standard_normal((N, 3))
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    by_place, by_name = (TabularClassifier(**SHORT).fit(table, labels()) for table in (X, frame))
    expected = answers(by_place, X)
    assert not hasattr(by_place, "feature_names_in_")
    for numbered in (pd.DataFrame(X), pd.DataFrame(X, columns=[7, 8, 9])):
        np.testing.assert_array_equal(answers(by_place, numbered), expected)
        np.testing.assert_array_equal(answers(TabularClassifier(**SHORT).fit(numbered, labels()), X), expected)
    with pytest.warns(
        UserWarning, match="^X has feature names, but TabularClassifier was fitted without feature names$"
    ):
        np.testing.assert_array_equal(answers(by_place, frame), expected)
    with pytest.warns(UserWarning, match="^X does not have valid feature names, but TabularClassifier was fitted with"):
        np.testing.assert_array_equal(answers(by_name, X), expected)
    assert by_name.fit(X, labels()) is by_name
    assert not hasattr(by_name, "feature_names_in_")
    for wrong in (X[:, :2], pd.DataFrame(X[:, :2])):
        with pytest.raises(DataError) as caught:
            by_place.predict(wrong)
        assert str(caught.value) == (
            "TabularClassifier: X has 2 features, but "
            "TabularClassifier is expecting 3 features as input; it must have the columns of training."
        )


def _as_rows(found: dict[str, list[Any]]) -> list[list[Any]]:
    return [list(row) for row in zip(*found.values(), strict=True)]


def _structured(found: dict[str, list[Any]]) -> np.ndarray:
    kinds = [(name, object if name != "old" else "?") for name in found]
    return np.array([tuple(row) for row in _as_rows(found)], dtype=kinds)


MATRICES: dict[str, Callable[[dict[str, list[Any]]], Any]] = {
    "rows": _as_rows,
    "tuples": lambda found: tuple(map(tuple, _as_rows(found))),
    "objects": lambda found: np.array(_as_rows(found), dtype=object),
    "columns of Fortran": lambda found: np.asfortranarray(np.array(_as_rows(found), dtype=object)),
}


@pytest.mark.parametrize("make", MATRICES)
def test_rows_of_mixed_cells(make: str) -> None:
    """Rows of numbers, text, booleans and dates keep their kinds: the same bits as from a frame."""
    found = columns()
    model = TabularClassifier(**SHORT).fit(MATRICES[make](found), labels())
    expected = TabularClassifier(**SHORT).fit(found, labels())
    np.testing.assert_array_equal(answers(model, MATRICES[make](found)), answers(expected, found))
    assert [entry["kind"] for entry in model.model_.encoder.describe()] == [
        "number",
        "category",
        "category",
        "boolean",
        "date",
    ]


@pytest.mark.parametrize(
    "dtype", ["float64", "float32", "float16", "int64", "int8", "uint64", "longdouble", "bool", ">f8"]
)
def test_arrays_of_numbers(dtype: str) -> None:
    """Arrays of any dtype of numbers are what their values are."""
    X = np.random.default_rng(0).integers(0, 2 if dtype == "bool" else 9, (N, 3))
    expected = TabularClassifier(**SHORT).fit(X.astype(bool) if dtype == "bool" else X.astype(float), labels())
    model = TabularClassifier(**SHORT).fit(X.astype(dtype), labels())
    np.testing.assert_array_equal(model.predict_proba(X.astype(dtype)), expected.predict_proba(X.astype(float)))


def test_structured_and_masked_arrays() -> None:
    """A structured array is a table with names; masked cells are missing values."""
    found = {"size": columns()["size"], "colour": columns()["colour"]}
    expected = TabularClassifier(**SHORT).fit(found, labels())
    structured = _structured(found)
    model = TabularClassifier(**SHORT).fit(structured, labels())
    np.testing.assert_array_equal(answers(model, structured), answers(expected, found))
    assert model.feature_names_in_.tolist() == ["size", "colour"]
    X = np.random.default_rng(0).standard_normal((N, 2))
    mask = np.random.default_rng(1).random((N, 2)) < 0.2
    masked = TabularClassifier(**SHORT).fit(np.ma.array(X, mask=mask), labels())
    missing = TabularClassifier(**SHORT).fit(np.where(mask, np.nan, X), labels())
    np.testing.assert_array_equal(
        answers(masked, np.ma.array(X, mask=mask)), answers(missing, np.where(mask, np.nan, X))
    )
    masked_y = np.ma.array(labels(), mask=np.arange(N) == 4)
    with pytest.raises(DataError, match="'target' has 1 missing value, the first in row 4"):
        TabularClassifier(**SHORT).fit(X, masked_y)


ODD_COLUMNS: dict[str, tuple[Callable[[], Any], str]] = {
    "polars Date": (lambda: pl.Series([dt.date(2020, 1, 1), None, dt.date(2021, 5, 5)] * 30), "date"),
    "polars Decimal": (lambda: pl.Series([decimal.Decimal("1.5"), None, decimal.Decimal("2.25")] * 30), "number"),
    "polars Duration": (lambda: pl.Series([dt.timedelta(1), None, dt.timedelta(3)] * 30), "number"),
    "polars Time": (lambda: pl.Series([dt.time(1), None, dt.time(2)] * 30), "number"),
    "polars Int128": (lambda: pl.Series([2**100, None, 1] * 30, dtype=pl.Int128), "number"),
    "polars Null": (lambda: pl.Series([None] * 90), "category"),
    "pandas timedelta": (lambda: pd.Series(pd.to_timedelta(["1s", None, "2h"] * 30)), "number"),
    "pandas period": (lambda: pd.Series(pd.period_range("2020-01", periods=3, freq="M")).repeat(30), "date"),
    "pandas interval": (lambda: pd.Series(pd.interval_range(0, 3)).repeat(30), "category"),
    "pandas sparse": (lambda: pd.Series(pd.arrays.SparseArray([0.0, 0.0, 1.5] * 30)), "number"),
    "pandas categories of numbers": (lambda: pd.Series(pd.Categorical([3, None, 7] * 30)), "category"),
    "pyarrow decimal": (lambda: pa.array([decimal.Decimal("1.5"), None, decimal.Decimal("2")] * 30), "number"),
    "pyarrow date64": (lambda: pa.array([0, None, 86_400_000] * 30, pa.date64()), "date"),
    "pyarrow dictionary of numbers": (lambda: pa.array([3, None, 7] * 30).dictionary_encode(), "category"),
    "pyarrow null": (lambda: pa.nulls(90), "category"),
}


@pytest.mark.parametrize("case", ODD_COLUMNS)
@pytest.mark.filterwarnings("ignore::glassnet.TableWarning")
def test_columns_of_rarer_types(case: str) -> None:
    """Each type of column of each library becomes the kind it is, and can be learned from."""
    make, kind = ODD_COLUMNS[case]
    values = make()
    wrap = {"po": pl.DataFrame, "pa": pd.DataFrame, "py": pa.table}[case[:2]]
    other = np.arange(90.0) % 7
    frame = wrap({"odd": values.to_numpy() if case == "never" else values, "other": other})
    model = TabularClassifier(**SHORT).fit(frame, ["a", "b", "b"] * 30)
    assert model.model_.encoder.describe()[0]["kind"] == kind
    assert np.isfinite(model.predict_proba(frame)).all()


def test_categories_that_are_numbers_are_the_same_with_and_without_missing_ones() -> None:
    """pandas writes a category 3 as 3.0 where values are missing; here both are 3."""
    train = pd.DataFrame({"c": pd.Categorical([3, None, 7] * 30), "x": np.arange(90.0) % 7})
    model = TabularClassifier(**SHORT).fit(train, ["a", "b", "b"] * 30)
    assert model.model_.warnings(pd.DataFrame({"c": pd.Categorical([7, 3]), "x": [1.0, 2.0]})) == []


BAD_X: dict[str, tuple[Callable[[], Any], str]] = {
    "one dimension": (lambda: np.ones(90), "TabularClassifier: X has shape (90,); it must be a table, with shape (n, d). Reshape your data."),
    "three dimensions": (lambda: np.ones((90, 2, 2)), "TabularClassifier: X has shape (90, 2, 2); it must be a table, with shape (n, d). Reshape your data."),
    "None": (lambda: None, "TabularClassifier: X has shape (); it must be a table, with shape (n, d). Reshape your data."),
    "text": (lambda: "table.csv", "TabularClassifier: X is the text 'table.csv'; it must be a table. Read the file first: read_table('table.csv')"),
    "rows of different lengths": (lambda: [[1, 2], [3]] * 45, "TabularClassifier: X has rows of different lengths; it must be a table, with shape (n, d). Reshape your data."),
    "Series": (lambda: pd.Series(range(90)), "TabularClassifier: X has shape (90,); it must be a table, with shape (n, d). Reshape your data."),
    "complex": (lambda: np.ones((90, 2)) * 1j, "TabularClassifier: X holds complex numbers; it must hold real ones. Complex data not supported."),
    "LazyFrame": (lambda: pl.LazyFrame({"a": range(90)}), "TabularClassifier: frame is of type LazyFrame; it must be a DataFrame of pandas, polars or pyarrow, a dict of arrays, or rows as dicts. Call its collect() first."),
    "lists in cells": (lambda: {"a": [[1], [2]] * 45}, "TabularClassifier: column 'a' holds [1] of type list; it must have one value per cell. Flatten it, for example with pandas.json_normalize."),
    "lists in polars": (lambda: pl.DataFrame({"a": [[1], [2]] * 45}), "TabularClassifier: column 'a' holds [1] of type list; it must have one value per cell. Flatten it, for example with pandas.json_normalize."),
    "bytes": (lambda: pd.DataFrame({"a": [b"x", b"y"] * 45}), "TabularClassifier: column 'a' holds b'x' of type bytes; it must have one value per cell."),
    "bytes that are no text": (lambda: {"a": np.array([b"x", b"\xff"] * 45)}, "TabularClassifier: column 'a' holds b'\\xff'; it must hold text, or bytes of UTF-8. Decode it first."),
    "columns of different lengths": (lambda: {"a": [1, 2], "b": [1]}, "TabularClassifier: columns differ in length ('a' has 2, 'b' has 1); all must have the same number of rows."),
    "two columns of one name": (lambda: pd.DataFrame(np.ones((90, 2)), columns=["a", "a"]), "TabularClassifier: 2 columns have the name 'a'; column names must differ. Rename one of them."),
    "1 and '1'": (lambda: pd.DataFrame(np.ones((90, 2)), columns=[1, "1"]), "TabularClassifier: 2 columns have the name '1'; column names must differ. Rename one of them."),
    "no rows": (lambda: pd.DataFrame({"a": []}), "TabularClassifier.fit: X has 0 sample(s) and 1 feature(s) (shape=(0, 1)) while a minimum of 1 is required; it must have at least one row and one column."),
    "no columns": (lambda: np.ones((90, 0)), "TabularClassifier.fit: X has 0 sample(s) and 0 feature(s) (shape=(0, 0)) while a minimum of 1 is required; it must have at least one row and one column."),
    "nearly numbers": (lambda: {"a": [*map(str, range(89)), "oops"]}, "TabularClassifier: column 'a' is ambiguous: it holds 89 numbers and 1 other, 'oops' in row 89 (counted from 0). Pass missing=['oops'], or read={'a': 'category'} to keep all as text."),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_X)
def test_what_is_no_table(case: str) -> None:
    """Each is refused with one sentence."""
    make, message = BAD_X[case]
    with pytest.raises(ValueError, match="^" + re.escape(message) + "$"):
        TabularClassifier(**SHORT).fit(make(), labels())


def test_sparse_matrices_are_refused() -> None:
    """A sparse matrix is refused with the way out."""
    scipy_sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(
        TypeError, match=r"^TabularClassifier: X is a sparse matrix; it must be a table or a dense array\."
    ):
        TabularClassifier(**SHORT).fit(scipy_sparse.csr_matrix(np.eye(90)), labels())


# ---- what may be handed over as y --------------------------------------------------------------------------------

Y = ["no", "yes", "maybe"] * 30
LABELS: dict[str, tuple[Callable[[], Any], list[Any], str]] = {
    "list of text": (lambda: Y, ["maybe", "no", "yes"], "U"),
    "array of text": (lambda: np.array(Y), ["maybe", "no", "yes"], "U"),
    "array of objects": (lambda: np.array(Y, dtype=object), ["maybe", "no", "yes"], "O"),
    "array of bytes": (lambda: np.array(Y, dtype="S"), [b"maybe", b"no", b"yes"], "S"),
    "booleans": (lambda: [label == "yes" for label in Y], [False, True], "b"),
    "booleans as objects": (lambda: np.array([label == "yes" for label in Y], dtype=object), [False, True], "O"),
    "whole numbers": (lambda: [len(label) - 2 for label in Y], [0, 1, 3], "i"),
    "negative numbers": (lambda: np.array([-len(label) for label in Y], dtype=np.int8), [-5, -3, -2], "i"),
    "whole floats": (lambda: [float(len(label)) for label in Y], [2.0, 3.0, 5.0], "f"),
    "uint64": (lambda: np.array([2**64 - len(label) for label in Y], dtype=np.uint64), [2**64 - 5, 2**64 - 3, 2**64 - 2], "u"),
    "beyond 2**53": (lambda: np.array([2**53 + (label == "yes") for label in Y]), [2**53, 2**53 + 1], "i"),
    "beyond int64": (lambda: [2**70 + (label == "yes") for label in Y], [2**70, 2**70 + 1], "O"),
    "text in another order than its blanks": (lambda: [" yes", "no"] * 45, [" yes", "no"], "U"),
    "emoji": (lambda: ["🐧", "🦆\n"] * 45, ["🐧", "🦆\n"], "U"),
    "None as text": (lambda: ["None", "nan"] * 45, ["None", "nan"], "U"),
    "decimals": (lambda: [decimal.Decimal(len(label)) for label in Y], [2, 3, 5], "O"),
    "pandas Series": (lambda: pd.Series(Y, index=range(9, 99)), ["maybe", "no", "yes"], "O"),
    "pandas categories": (lambda: pd.Series(pd.Categorical(Y, categories=["yes", "no", "maybe", "never"])), ["maybe", "no", "yes"], "O"),
    "pandas Categorical": (lambda: pd.Categorical(Y), ["maybe", "no", "yes"], "O"),
    "pandas categories of numbers": (lambda: pd.Series(pd.Categorical([len(label) for label in Y])), [2, 3, 5], "i"),
    "pandas Int64": (lambda: pd.Series([len(label) for label in Y], dtype="Int64"), [2, 3, 5], "iO"),
    "pandas boolean": (lambda: pd.Series([label == "yes" for label in Y], dtype="boolean"), [False, True], "bO"),
    "pandas string[pyarrow]": (lambda: pd.Series(Y, dtype="string[pyarrow]"), ["maybe", "no", "yes"], "O"),
    "polars Series": (lambda: pl.Series(Y), ["maybe", "no", "yes"], "UO"),
    "polars Categorical": (lambda: pl.Series(Y, dtype=pl.Categorical), ["maybe", "no", "yes"], "O"),
    "polars Enum": (lambda: pl.Series(Y, dtype=pl.Enum(["yes", "no", "maybe"])), ["maybe", "no", "yes"], "O"),
    "polars Boolean": (lambda: pl.Series([label == "yes" for label in Y]), [False, True], "b"),
    "pyarrow Array": (lambda: pa.array(Y), ["maybe", "no", "yes"], "O"),
    "pyarrow ChunkedArray": (lambda: pa.chunked_array([Y[:40], Y[40:]]), ["maybe", "no", "yes"], "O"),
    "pyarrow dictionary": (lambda: pa.array(Y).dictionary_encode(), ["maybe", "no", "yes"], "O"),
    "strings of NumPy 2": (lambda: np.array(Y, dtype=np.dtypes.StringDType()), ["maybe", "no", "yes"], "T"),
}  # fmt: skip


@pytest.mark.parametrize("case", LABELS)
@pytest.mark.filterwarnings("ignore::glassnet.TableWarning")
def test_labels_of_any_kind(case: str, tmp_path: Path) -> None:
    """Labels come back as they went in, sorted in `classes_`, whose order probabilities have; and none is taken for another."""
    make, classes, kinds = LABELS[case]
    y = make()
    expected = [
        bool(v) if isinstance(v, np.bool_) else v for v in (y.to_pylist() if hasattr(y, "to_pylist") else list(y))
    ]
    X = {"which": [str(label) for label in expected], "x": np.arange(90.0) % 7}
    model = TabularClassifier(epochs=40, threads=1, random_state=0).fit(X, y)
    assert model.classes_.tolist() == classes
    assert model.classes_.dtype.kind in kinds
    predicted = model.predict(X)
    assert predicted.dtype == model.classes_.dtype
    assert predicted.tolist() == expected
    P = model.predict_proba(X)
    assert (P.dtype, P.shape) == (np.float32, (90, len(classes)))
    assert [classes[place] for place in P.argmax(axis=1)] == expected
    model.save(tmp_path / "model.safetensors")
    codes = [classes.index(label) for label in expected]
    loaded = TableModel.load(tmp_path / "model.safetensors").predict(X)
    # In a file labels are text, numbers or booleans: of each label there is one.
    assert len(set(zip(codes, loaded.tolist(), strict=True))) == len(classes)


BAD_Y: dict[str, tuple[Callable[[], Any], str]] = {
    "None": (lambda: None, "TabularClassifier.fit requires y to be passed, but the target y is None."),
    "a missing label": (lambda: [*Y[:-1], None], "TabularClassifier.fit: the target 'target' has 1 missing value, the first in row 89 (counted from 0); it must have a value in every row. Remove such rows."),
    "NaN": (lambda: [1.0, np.nan, 2.0] * 30, "TabularClassifier.fit: the target 'target' has 30 missing values, the first in row 1 (counted from 0); it must have a value in every row. Remove such rows."),
    "NA of pandas": (lambda: pd.Series([1, None, 2] * 30, dtype="Int64", name="grade"), "TabularClassifier.fit: the target 'grade' has 30 missing values, the first in row 1 (counted from 0); it must have a value in every row. Remove such rows."),
    "blank text": (lambda: ["a", "b", " "] * 30, "TabularClassifier.fit: the target 'target' has 30 missing values, the first in row 2 (counted from 0); it must have a value in every row. Remove such rows."),
    "infinity": (lambda: [1.0, np.inf, 2.0] * 30, "TabularClassifier.fit: the target 'target' has 30 infinite values, the first in row 1 (counted from 0); it must have a value in every row. Remove such rows."),
    "one class": (lambda: ["a"] * 90, "TabularClassifier.fit: the target 'target' is 'a' in every row; it must have at least two classes."),
    "a class for each row": (lambda: [f"r{i}" for i in range(90)], "TabularClassifier.fit: the target 'target' has 90 different labels in 90 rows; classes must have more than one row. Choose another column."),
    "fractions": (lambda: [0.5, 1.5, 2.0] * 30, "TabularClassifier: y holds numbers with fractions such as 0.5; it must hold labels. Unknown label type: continuous."),
    "dates": (lambda: np.array(["2020-01-01", "2020-01-02"] * 45, dtype="M8[D]"), "TabularClassifier.fit: the target 'target' holds dates; it must hold labels or numbers."),
    "two kinds": (lambda: np.array([1, "a"] * 45, dtype=object), "TabularClassifier.fit: labels are of the kinds int and str; they must be of one kind. Write all as text, say."),
    "two kinds in a list": (lambda: [1, "a"] * 45, "TabularClassifier.fit: labels are of the kinds int and str; they must be of one kind. Write all as text, say."),
    "labels that differ in blanks": (lambda: ["a", "a ", "b"] * 30, "TabularClassifier.fit: labels are ['a', 'a ', 'b']; they must differ in more than blanks and types. Write each in one way."),
    "two columns": (lambda: np.ones((90, 2)), "TabularClassifier.fit: y is of shape (90, 2); y should be a 1d array, with one target for each row. Wrap the estimator: MultiOutputClassifier(TabularClassifier())."),
    "a frame": (lambda: pd.DataFrame({"a": Y, "b": Y}), "TabularClassifier.fit: y is of shape (90, 2); y should be a 1d array, with one target for each row. Wrap the estimator: MultiOutputClassifier(TabularClassifier())."),
    "a dict": (lambda: {"a": Y}, "TabularClassifier.fit: y is of type dict; y should be a 1d array, with one target for each row."),
    "a number": (lambda: 5, "TabularClassifier.fit: y is of type int; y should be a 1d array, with one target for each row."),
    "too few": (lambda: Y[:-1], "TabularClassifier.fit: X has 90 rows and y 89; they must have the same number."),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_Y)
def test_labels_that_cannot_be_learned(case: str) -> None:
    """Each is refused with one sentence."""
    make, message = BAD_Y[case]
    with pytest.raises(ValueError, match="^" + re.escape(message) + "$"):
        TabularClassifier(**SHORT).fit(columns(), make())


BAD_NUMBERS: dict[str, tuple[Callable[[], Any], str]] = {
    "None": (lambda: None, "TabularRegressor.fit requires y to be passed, but the target y is None."),
    "text": (lambda: Y, "TabularRegressor: y holds text such as 'no'; it must hold numbers. Use TabularClassifier for labels."),
    "dates": (lambda: [dt.date(2024, 5, 31), dt.date(2024, 6, 1)] * 45, "TabularRegressor: y holds dates such as '2024-05-31'; it must hold numbers. Use TabularClassifier for labels."),
    "missing": (lambda: [1.0, None, 2.0] * 30, "TabularRegressor.fit: the target 'target' has 30 missing values, the first in row 1 (counted from 0); it must have a value in every row. Remove such rows."),
    "all missing": (lambda: [None] * 90, "TabularRegressor.fit: the target 'target' has 90 missing values, the first in row 0 (counted from 0); it must have a value in every row. Remove such rows."),
    "infinite": (lambda: [1.0, -np.inf, 2.0] * 30, "TabularRegressor.fit: the target 'target' has 30 infinite values, the first in row 1 (counted from 0); it must have a value in every row. Remove such rows."),
    "all the same": (lambda: [5] * 90, "TabularRegressor.fit: the target 'target' is 5 in all 90 rows; it must have different values. There is nothing to learn."),
    "two columns": (lambda: np.ones((90, 2)), "TabularRegressor.fit: y is of shape (90, 2); y should be a 1d array, with one target for each row. Wrap the estimator: MultiOutputRegressor(TabularRegressor())."),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_NUMBERS)
def test_numbers_that_cannot_be_learned(case: str) -> None:
    """Each is refused with one sentence."""
    make, message = BAD_NUMBERS[case]
    with pytest.raises(ValueError, match="^" + re.escape(message) + "$"):
        TabularRegressor(**SHORT).fit(columns(), make())


NUMBERS: dict[str, Callable[[], Any]] = {
    "text": lambda: [f"{number!r}" for number in numbers().tolist()],
    "list": lambda: numbers().tolist(),
    "float32": lambda: numbers().astype(np.float32),
    "objects": lambda: numbers().astype(object),
    "fractions": lambda: [decimal.Decimal(str(value)) for value in numbers().tolist()],
    "whole": lambda: numbers().astype(int),
    "booleans": lambda: labels() == "big",
    "pandas": lambda: pd.Series(numbers(), dtype="Float64"),
    "polars": lambda: pl.Series(numbers()),
    "pyarrow": lambda: pa.chunked_array([numbers()]),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_numbers_of_any_kind(case: str) -> None:
    """Numbers to predict may come in any dtype; predictions are float64."""
    y = NUMBERS[case]()
    model = TabularRegressor(**SHORT).fit(columns(), y)
    values = np.array(y.to_pylist() if hasattr(y, "to_pylist") else list(y), dtype=np.float64)
    expected = TabularRegressor(**SHORT).fit(columns(), values)
    predicted = model.predict(columns())
    assert (predicted.dtype, predicted.shape) == (np.float64, (N,))
    np.testing.assert_array_equal(predicted, expected.predict(columns()))


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_as_target(kind: str) -> None:
    """A target of shape (n, 1) is taken with scikit-learn's warning; a frame of one column too."""
    cls, target = KINDS[kind]
    expected = cls(**SHORT).fit(columns(), target())
    for y in (target()[:, None], pd.DataFrame({"grade": target()}), pl.DataFrame({"grade": target()})):
        with pytest.warns(DataConversionWarning, match="column-vector"):
            model = cls(**SHORT).fit(columns(), y)
        np.testing.assert_array_equal(answers(model, columns()), answers(expected, columns()))


@pytest.mark.filterwarnings("ignore::glassnet.TableWarning")
def test_the_target_has_its_own_name(tmp_path: Path) -> None:
    """A Series' name is the target's, so that a file is of use for a table with that column; unless X has it already."""
    frame = pd.DataFrame(columns()).assign(grade=labels(), target=1.5 * np.arange(N))
    model = TabularClassifier(**SHORT).fit(frame[["size", "colour", "target"]], frame["grade"])
    model.save(tmp_path / "model.safetensors")
    loaded = TableModel.load(tmp_path / "model.safetensors")
    assert loaded.target.name == "grade"
    with pytest.warns(TableWarning, match=r"80 % of these rows were trained on and 20 % chose the best epoch"):
        assert loaded.evaluate(frame)["accuracy"] == model.score(frame, frame["grade"])
    unnamed = TabularClassifier(**SHORT).fit(frame[["size", "target"]], labels())
    assert unnamed.model_.target.name == "target_"
    assert unnamed.importance(frame[["size", "target"]], labels(), repeats=1).names == ["size", "target"]
