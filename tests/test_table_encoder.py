"""The encoder: what each kind of column becomes, what is said about it, and that it survives a file bit for bit."""

from __future__ import annotations

import contextlib
import copy
import datetime as dt
import json
import math
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.errors import ConfigError, DataError, FormatError, NotFittedError
from glassnet.tabular import TableEncoder, read_table, to_table
from glassnet.tabular.encoding.coders import SCALINGS, Scaling
from glassnet.tabular.encoding.scaling import Scale


def encode(values: list[Any], **options: Any) -> tuple[list[str], list[list[float]], str]:
    """Return feature names, features and words for one column called x, beside one that is always fine."""
    table = to_table({"x": values, "fine": [float(i % 2) for i in range(len(values))]})
    encoder = TableEncoder(**options).fit(table)
    X = encoder.transform(table)
    assert X.dtype == np.float32
    assert encoder.feature_names[-1] == "fine"
    return encoder.feature_names[:-1], X[:, :-1].tolist(), encoder.describe()[0]["done"]


# ---- what becomes of a column ------------------------------------------------------------------------------------

COLUMNS: dict[str, tuple[list[Any], list[str], list[list[float]], str]] = {
    "numbers": ([1, 3, 1, 3], ["x"], [[-1], [1], [-1], [1]], "standardised: mean 2, standard deviation 1"),
    "missing numbers": (
        [1, None, 3, math.inf], ["x", "x (missing)"], [[-1, 0], [0, 1], [1, 0], [0, 1]],
        "standardised: mean 2, standard deviation 1; missing values become the mean and are flagged",
    ),
    "booleans": ([True, False], ["x"], [[1], [-1]], "true = 1, false = -1"),
    "missing booleans": (
        [True, None, False], ["x", "x (missing)"], [[1, 0], [0, 1], [-1, 0]],
        "true = 1, false = -1; missing values become 0 and are flagged",
    ),
    "two categories": (["b", "a"], ["x=b"], [[1], [-1]], "b = 1, a = -1"),
    "two categories, missing": (
        ["b", None, "a"], ["x=b", "x (missing)"], [[1, 0], [0, 1], [-1, 0]],
        "b = 1, a = -1; missing values become 0 and are flagged",
    ),
    "categories": (["c", "a", "b"], ["x=a", "x=b", "x=c"], [[0, 0, 1], [1, 0, 0], [0, 1, 0]], "one-hot, 3 categories"),
    "categories, missing": (
        ["c", "a", None, "b"], ["x=a", "x=b", "x=c", "x (missing)"],
        [[0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 1, 0, 0]], "one-hot, 3 categories; missing values are flagged",
    ),
    "constant": ([5, 5, 5], [], [[], [], []], "left out: all its values are 5"),
    "constant text": (["u", "u"], [], [[], []], "left out: all its values are u"),
    "constant but missing": (
        [True, None, True], ["x (missing)"], [[0], [1], [0]],
        "left out: all its values are True; but missing values are flagged",
    ),
    "names": ([f"n{i}" for i in range(21)], [], [[]] * 21, "left out: 21 of 21 values differ, like an identifier"),
    "few names": (["n1", "n0"] + [None] * 20, ["x=n1", "x (missing)"], [[1, 0], [-1, 0]] + [[0, 1]] * 20, "n1 = 1, n0 = -1; missing values become 0 and are flagged"),
    "dates": (
        [dt.date(2024, 1, 1), dt.date(2024, 1, 3)], ["x"], [[-1], [1]], "days since 1970-01-01, standardised",
    ),
    "one date": ([dt.date(2024, 1, 1)] * 2, [], [[], []], "left out: all its values are 2024-01-01 00:00:00"),
}  # fmt: skip


@pytest.mark.parametrize("case", COLUMNS)
def test_columns(case: str) -> None:
    """Every kind of column becomes the features that the documentation says, and says so."""
    values, names, features, done = COLUMNS[case]
    assert encode(values) == (names, features, done)


def test_rare_categories_share_a_feature() -> None:
    """Beyond ``max_categories`` the most frequent keep a feature of their own, ties in alphabetical order."""
    values = ["c", "b", "a", "d", "d", "c", None]
    names, features, done = encode(values, max_categories=2)
    assert names == ["x=c", "x=d", "x (other)", "x (missing)"]
    assert np.argmax(features, axis=1).tolist() == [0, 2, 2, 1, 1, 0, 3]
    assert np.sum(features, axis=1).tolist() == [1] * 7
    assert done == "one-hot, the 2 most frequent of 4 categories, the rest as 'other'; missing values are flagged"
    assert encode(["b", "a", "c"], max_categories=2)[0] == ["x=a", "x=b", "x (other)"]


def test_cycles_of_dates() -> None:
    """A date has the phase of year and week where training covers them, and of the day where it has times."""
    start = np.datetime64("2024-01-01T00:00")
    encoder = TableEncoder().fit({"x": start + np.arange(0, 400 * 24, 5) * np.timedelta64(1, "h")})
    waves = [f"x ({wave} of {cycle})" for cycle in ("year", "week", "day") for wave in ("sine", "cosine")]
    assert encoder.feature_names == ["x", *waves]
    assert encoder.describe()[0]["done"].endswith("; place in the year and week and day as sine and cosine")
    # 1970-01-01 was a Thursday at midnight and the start of a year: all phases are 0; six hours later it is a quarter day.
    row = encoder.transform({"x": np.array(["1970-01-01T00:00", "1970-01-01T06:00"], dtype="M8[m]")})
    np.testing.assert_allclose(row[0, 1:], [0, 1, 0, 1, 0, 1], atol=1e-6)
    np.testing.assert_allclose(row[1, 5:], [1, 0], atol=1e-6)
    assert TableEncoder().fit({"x": start + np.arange(30) * np.timedelta64(7, "D")}).feature_names == ["x"]
    assert len(TableEncoder().fit({"x": start + np.arange(30) * np.timedelta64(1, "D")}).feature_names) == 3


def test_missing_values_where_training_had_none() -> None:
    """They are coded as the mean, as neither of two, as none of many; nothing is flagged, and `check` says so."""
    encoder = TableEncoder().fit({"n": [1, 3], "b": [True, False], "t": ["u", "v"], "d": np.array([0, 9], "M8[D]")})
    nothing = {"n": [None], "b": [None], "t": [None], "d": [None]}
    assert encoder.transform(nothing).tolist() == [[0, 0, 0, 0, 0, 0]]
    assert encoder.check(nothing) == [
        f"Column {name!r}: 1 of 1 values is missing, where training had none." for name in "nbtd"
    ]


def test_new_categories() -> None:
    """They go to "other" where there is one, and are zero in all features where there is none."""
    encoder = TableEncoder(max_categories=2).fit({"many": list("aabbcd"), "two": list("uvuvuv")})
    assert encoder.transform({"many": ["a", "d", "new"], "two": ["u", "v", "new"]}).tolist() == [
        [1, 0, 0, -1],
        [0, 0, 1, 1],
        [0, 0, 1, 0],
    ]


# ---- numbers at the limits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [[1e30, 1e-30], [1e300, -1e300], [1e-300, 3e-300], [7.0, 7.0 + 2**-48]], ids=str)
def test_extreme_numbers(values: list[float]) -> None:
    """Two different numbers become -1 and 1, however large, small or close they are."""
    assert sorted(np.ravel(encode(values)[1])) == pytest.approx([-1.0, 1.0], rel=1e-5)


def test_neighbours_among_floats() -> None:
    """Numbers with no float between them, where the mean could stand, still become different ones of size 1."""
    low, high = sorted(np.ravel(encode([1e16, 1e16 + 2])[1]))
    assert high - low == pytest.approx(2.0, rel=0.5)
    assert max(abs(low), abs(high)) < 1.5


def test_numbers_that_float32_cannot_hold() -> None:
    """A value too far from training is refused with column and row; nothing is clipped in silence."""
    encoder = TableEncoder().fit({"x": [1e-30, 3e-30]})
    with pytest.raises(DataError) as caught:
        encoder.transform({"x": [2e-30, 1e30]})
    assert (
        str(caught.value)
        == "TableEncoder.transform: column 'x' has 1e+30 in row 1 (counted from 0), which float32 cannot hold scaled; "
        "it must hold numbers near those of training."
    )
    assert encoder.transform({"x": [2e-28]})[0, 0] == pytest.approx(198.0)


FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(values=st.lists(st.floats(-1e300, 1e300), min_size=2, max_size=30))
def test_scale_has_the_moments_it_says(values: list[float]) -> None:
    """Scaled values have mean 0 and standard deviation 1, and come back."""
    array = np.array(values)
    scale = Scale.fit(array)
    assert (scale.low, scale.high) == (array.min(), array.max())
    assert Scale(**json.loads(json.dumps(scale.config()))) == scale
    if scale.std > 1e-290:
        z = scale.forward(array)
        if np.isfinite(z).all():
            assert abs(z.mean()) < 1e-6 * max(1.0, abs(scale.mean) / scale.std)
            largest = np.abs(array).max()
            np.testing.assert_allclose(scale.backward(z), array, rtol=1e-9, atol=1e-12 * largest)


# ---- round trips -------------------------------------------------------------------------------------------------

VALUES = st.one_of(
    st.lists(st.one_of(st.none(), FINITE, st.just(math.inf)), min_size=6, max_size=6),
    st.lists(st.one_of(st.none(), st.booleans()), min_size=6, max_size=6),
    st.lists(st.one_of(st.none(), st.sampled_from(["a", "b", "ä\n", "c,", '"'])), min_size=6, max_size=6),
    st.lists(
        st.one_of(st.none(), st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1))), min_size=6, max_size=6
    ),
)


@settings(deadline=None)
@given(columns=st.lists(VALUES, min_size=1, max_size=4), limit=st.integers(2, 4))
def test_configuration_round_trip_is_exact(columns: list[list[Any]], limit: int) -> None:
    """Through JSON an encoder keeps every bit: features, names, words, warnings, and its configuration itself."""
    table = to_table({"fine": [0, 1, 2, 3, 4, 5], **{f"c{i}": values for i, values in enumerate(columns)}})
    usable = [c.name for c in table.columns if not c.missing.all() and not np.isinf(_floats(c)).all()]
    table = table.drop([name for name in table.names if name not in usable])
    encoder = TableEncoder(limit).fit(table)
    twin = TableEncoder.from_config(json.loads(json.dumps(encoder.config(), allow_nan=False)))
    assert twin.config() == encoder.config()
    assert twin.feature_names == encoder.feature_names
    assert twin.describe() == encoder.describe()
    new = table.take(np.array([5, 0, 0, 3]))
    assert twin.check(new) == encoder.check(new)
    try:
        X = encoder.transform(table)
    except DataError:  # values at both ends of float64
        return
    assert np.isfinite(X).all()
    np.testing.assert_array_equal(twin.transform(table), X)
    np.testing.assert_array_equal(encoder.transform(new), X[[5, 0, 0, 3]])


def _floats(column: Any) -> np.ndarray:
    """Return the values without missing ones as floats, zeros for other kinds."""
    present = column.present()
    return present if column.kind == "number" else np.zeros(len(present))


def test_input_is_unchanged() -> None:
    """Neither fitting nor transforming writes to the caller's arrays."""
    arrays = {"x": np.array([1.0, np.inf, np.nan]), "t": np.array(["a", "b", None], dtype=object)}
    before = copy.deepcopy(arrays)
    TableEncoder().fit_transform(arrays)
    for name, array in before.items():
        np.testing.assert_array_equal(arrays[name], array)


# ---- warnings ----------------------------------------------------------------------------------------------------

TRAINING = {
    "age": [20.0, 90.0, 50.0, 30.0],
    "town": ["Rome", "Oslo", "Bern", "Rome"],
    "smokes": [True, False, True, False],
    "since": np.array(["2020-01-01", "2021-06-01", "2020-03-01", "2020-02-01"], dtype="M8[D]"),
    "same": [1, 1, 1, 1],
}
NEW = {name: values[:2] for name, values in TRAINING.items()}
WARNINGS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing": ({}, []),
    "range": ({"age": [-5, 50]}, ["Column 'age': 1 of 2 rows has a value outside the range of training, 20 to 90: -5."]),
    "ranges": ({"age": [-5, 200.5]}, ["Column 'age': 2 of 2 rows have a value outside the range of training, 20 to 90: -5 to 200.5."]),
    "category": ({"town": ["Bonn", "Rome"]}, ["Column 'town': 1 of 2 rows has a category that training did not have, coded as zero: 'Bonn'."]),
    "categories": ({n: v * 5 for n, v in {**NEW, "town": list("ab"), "since": [None] * 2}.items()} | {"town": list("abcdeabcda")},
                   ["Column 'town': 10 of 10 rows have a category that training did not have, coded as zero: 'a', 'b', 'c' and 2 more.",
                    "Column 'since': 10 of 10 values are missing, where training had none."]),
    "date": ({"since": np.array(["2019-12-31T12:00", "2020-01-02"], dtype="M8[m]")},
             ["Column 'since': 1 of 2 rows has a value outside the range of training, 2020-01-01 to 2021-06-01: 2019-12-31 12:00."]),
    "infinite": ({"age": [math.inf, 30]}, ["Column 'age': 1 of 2 values is infinite and counts as missing.",
                                          "Column 'age': 1 of 2 values is missing, where training had none."]),
    "extra": ({"id": [1, 2], "note": ["x", "y"]}, ["Not in the training data and passed over: 'id', 'note'."]),
    "unreadable": ({"age": ["old", "30"]}, ["Not readable: column 'age' holds 'old' in row 0 (counted from 0); it must hold numbers as in training. If that means no value, pass to_table(rows, missing=['old'], like=model)."]),
    "readable": ({"age": ["60", "30"], "smokes": [1, 0]}, []),
    "left out": ({"same": ["anything", None]}, []),
}  # fmt: skip


@pytest.mark.parametrize("case", WARNINGS)
def test_warnings(case: str) -> None:
    """`check` names what is unlike training, each in one sentence, and keeps quiet otherwise."""
    changes, expected = WARNINGS[case]
    assert TableEncoder().fit(TRAINING).check({**NEW, **changes}) == expected


def test_scalings_for_type_checkers() -> None:
    """The names of scalings that type checkers allow are those that there are."""
    assert set(get_args(Scaling)) == set(SCALINGS)


def test_missing_columns() -> None:
    """Columns that are needed are named, by `check` as a warning, by `transform` as an error; left out ones are not needed."""
    encoder = TableEncoder().fit(TRAINING)
    new = {name: NEW[name] for name in ("since", "smokes")}
    assert encoder.column_names == ["age", "town", "smokes", "since"]
    assert encoder.check(new) == ["Column 'age' is needed and not there.", "Column 'town' is needed and not there."]
    with pytest.raises(DataError) as caught:
        encoder.transform(new)
    assert str(caught.value) == (
        "TableEncoder.transform: the frame lacks 2 columns that the encoder needs: 'age', 'town'."
    )
    turned = {name: NEW[name] for name in reversed(encoder.column_names)}
    np.testing.assert_array_equal(encoder.transform(turned), encoder.transform(NEW))


def test_rare_categories_are_not_new() -> None:
    """A category that shares "other" in training is no reason for a warning; beyond a thousand of them none is known."""
    encoder = TableEncoder(max_categories=2).fit({"x": list("aabbcdef")})
    known = encoder.check({"x": ["c", "zz"]})
    assert known == ["Column 'x': 1 of 2 rows has a category that training did not have, coded as 'other': 'zz'."]
    many = [f"c{i}" for i in range(1100)] * 2
    encoder = TableEncoder(max_categories=2).fit({"x": many})
    assert encoder.check({"x": ["zz"]}) == []
    assert len(json.dumps(encoder.config())) < 12_000


def test_row_numbers_are_noted() -> None:
    """Whole numbers that rise with every row are kept, with a hint."""
    hint = "rises with every row, like a row number: consider leaving it out"
    rows = np.flatnonzero(np.arange(100) % 3 > 0)
    for values, note in ((rows, hint), (rows[::-1], ""), (rows + 0.5, ""), (rows**2, ""), (rows[:20], "")):
        record = TableEncoder().fit({"x": values}).describe()[0]
        assert (record["note"], record["features"]) == (note, 1)


def test_description() -> None:
    """Every column has one record, in order, that JSON can hold."""
    table = read_table("penguins")
    records = TableEncoder().fit(table.drop(["species"])).describe()
    assert json.loads(json.dumps(records)) == records
    assert [record["name"] for record in records] == table.names[1:]
    assert records[0] == {
        "name": "island", "kind": "category", "done": "one-hot, 3 categories", "missing": 0, "features": 3, "note": "",
    }  # fmt: skip
    assert records[5] == {
        "name": "sex", "kind": "category", "done": "male = 1, female = -1; missing values become 0 and are flagged",
        "missing": 11, "features": 2, "note": "",
    }  # fmt: skip


# ---- refusals ----------------------------------------------------------------------------------------------------

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no columns": ({}, "the frame has 0 rows and 0 columns; it must have at least one row and one column beside the target."),
    "no rows": ({"a": []}, "the frame has 0 rows and 1 columns; it must have at least one row and one column beside the target."),
    "nothing but missing": ({"a": [1, 2], "b c": [None, None]}, "column 'b c' has no value; a column must have at least one. Leave out 'b c'."),
    "two without a value": ({"a": [1, 2], "b": [None, None], "c": [None, None]}, "columns 'b', 'c' have no value; a column must have at least one. Leave out 'b', 'c'."),
    "one bad cell": ({"a": [*map(str, range(40)), "oops"]}, "column 'a' is ambiguous: it holds 40 numbers and 1 other, 'oops' in row 40 (counted from 0). Pass to_table(frame, missing=['oops']), or to_table(frame, read={'a': 'category'}) to keep all as text."),
    "nothing but infinity": ({"a": [math.inf, -math.inf]}, "column 'a' has no value; a column must have at least one. Leave out 'a'."),
    "nothing to tell": ({"a": [1, 1], "b": ["x", "x"]}, "every column is left out: 'a' (all its values are 1), 'b' (all its values are x); at least one must differ between rows."),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused_training_data(case: str) -> None:
    """Data that nothing can be learned from is named in one sentence."""
    frame, message = REFUSED[case]
    with pytest.raises(DataError) as caught:
        TableEncoder().fit(frame)
    assert str(caught.value) == f"TableEncoder.fit: {message}"


def test_before_fitting() -> None:
    """An encoder that has seen no data says so, whatever it is asked."""
    for use in (lambda e: e.transform({}), lambda e: e.feature_names, lambda e: e.config(), lambda e: e.check({})):
        with pytest.raises(NotFittedError, match=r"^TableEncoder: the encoder is not fitted\. Call fit first\.$"):
            use(TableEncoder())
    with pytest.raises(ConfigError, match="max_categories is 1; it must be a whole number of at least 2"):
        TableEncoder(max_categories=1)
    assert repr(TableEncoder()) == "TableEncoder(max_categories=30): not fitted"
    assert repr(TableEncoder().fit(TRAINING)) == "TableEncoder(max_categories=30): 5 columns, 10 features"


CONFIG = TableEncoder().fit({**TRAINING, "rare": [1.0, None, 2.0, 3.0]}).config()
ATTACKS: dict[str, tuple[Any, str]] = {
    "no dict": ([1], "the configuration is of type list; it must be a dict."),
    "version": ({**CONFIG, "format": 3}, "'format' is 3; it must be one of 1, 2."),
    "no version": ({}, "'format' is missing; it must be one of 1, 2."),
    "true version": ({**CONFIG, "format": True}, "'format' is True; it must be one of 1, 2."),
    "limit": ({**CONFIG, "max_categories": 1}, "'max_categories' is 1; it must be a whole number of at least 2."),
    "columns": ({**CONFIG, "columns": {}}, "'columns' is {}; it must be a list of dicts."),
    "no columns": ({**CONFIG, "columns": []}, "'columns' has the names []; they must differ, and some must give features."),
    "twice": ({**CONFIG, "columns": CONFIG["columns"][:1] * 2}, "'columns' has the names ['age', 'age']; they must differ, and some must give features."),
}  # fmt: skip
CHANGES: dict[str, tuple[int, str, Any, str]] = {
    "coder": (0, "coder", "os.system", "'coder' is 'os.system'; it must be one of 'number', 'time', 'boolean', 'category', 'code', 'date', 'left out', 'constant'."),
    "list coder": (0, "coder", ["number"], "'coder' is ['number']; it must be one of 'number', 'time', 'boolean', 'category', 'code', 'date', 'left out', 'constant'."),
    "name": (0, "name", 3, "'name' is 3; it must be text."),
    "count": (0, "n_missing", -1, "'n_missing' is -1; it must be a whole number of at least 0."),
    "NaN": (0, "mean", math.nan, "'mean' is nan; it must be a finite number."),
    "huge": (0, "mean", 10**400, f"'mean' is {'1' + '0' * 56}...; it must be a finite number."),
    "zero": (0, "std", 0, "'std' is 0; it must be a finite number above 0."),
    "true": (0, "low", True, "'low' is True; it must be a finite number."),
    "repeated": (1, "categories", ["a", "a"], "'categories' is ['a', 'a']; it must be a list of at least 1 different values of one type."),
    "numbers": (1, "categories", [1, 2], "'categories' is [1, 2]; it must be a list of at least 1 different values of one type."),
    "nested": (1, "categories", [["a"]], "'categories' is [['a']]; it must be a list of at least 1 different values of one type."),
    "rare": (1, "n_rare", 0.5, "'n_rare' is 0.5; it must be a whole number of at least 0."),
    "cycles": (3, "cycles", ["moon"], "'cycles' is 'moon'; it must be one of 'year', 'week', 'day'."),
    "far": (3, "high", 1e300, "dates are from 18262 to 1e+300; they must be days since 1970."),
    "kind": (4, "column_kind", "picture", "'column_kind' is 'picture'; it must be one of 'boolean', 'category', 'date', 'number'."),
    "flags": (4, "flags", 1, "'flags' is 1; it must be true or false."),
}  # fmt: skip


@pytest.mark.parametrize("case", [*ATTACKS, *CHANGES])
def test_damaged_configurations(case: str) -> None:
    """A configuration that is not what `config` wrote is refused with the entry that is wrong."""
    if case in ATTACKS:
        config, message = ATTACKS[case]
    else:
        place, key, value, message = CHANGES[case]
        config = copy.deepcopy(CONFIG)
        config["columns"][place][key] = value
    with pytest.raises(FormatError) as caught:
        TableEncoder.from_config(config)
    assert str(caught.value) == f"TableEncoder.from_config: {message}"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None)
@given(data=st.data())
def test_any_damage_is_a_format_error(data: st.DataObject) -> None:
    """Whatever one entry is replaced by, the encoder works or a FormatError is raised, never anything else."""
    config = copy.deepcopy(CONFIG)
    place = data.draw(st.integers(0, len(config["columns"]) - 1))
    column = config["columns"][place]
    key = data.draw(st.sampled_from(sorted(column)))
    column[key] = data.draw(JSON)
    try:
        encoder = TableEncoder.from_config(config)
    except FormatError:
        return
    with contextlib.suppress(DataError):
        encoder.transform({**NEW, "rare": [1.0, None]})
    encoder.check({**NEW, "rare": [1.0, None]})
    encoder.describe()


def test_times_of_the_day() -> None:
    """A time of the day is seconds and its place in the day, so that midnight is near both ends; files keep the form."""
    frame = {"at": ["23:59", "00:01", "12:00", "", "06:00"]}
    encoder = TableEncoder().fit(frame)
    assert encoder.feature_names == ["at", "at (sine of day)", "at (cosine of day)", "at (missing)"]
    assert encoder.roles == ["number", "number", "number", "indicator"]
    X = encoder.transform(frame)
    waves = X[:, 1:3]
    assert np.linalg.norm(waves[0] - waves[1]) < 0.01
    assert np.linalg.norm(waves[0] - waves[2]) > 1.99
    assert waves[3].tolist() == [0.0, 0.0]
    again = TableEncoder.from_config(json.loads(json.dumps(encoder.config())))
    np.testing.assert_array_equal(again.transform({"at": ["6:00 AM", None]})[0], X[4])
    assert encoder.describe()[0]["done"].startswith("seconds of the day, standardised")


def test_a_phase_that_differs_by_rounding_is_constant() -> None:
    """Times at 3:00 and 9:00 have the same sine but for the last bit: scaled robustly it is 0, and not noise up to 3."""
    rows = [dt.datetime(2020, 1, 1, hour) + dt.timedelta(days=day) for day in range(30) for hour in (3, 9)]
    encoder = TableEncoder(scaling="robust").fit({"seen": rows})
    place = encoder.feature_names.index("seen (sine of day)")
    later = {"seen": [*rows, dt.datetime(2020, 1, 9, 17), None]}
    assert encoder.transform(later)[:, place].tolist() == [0.0] * (len(rows) + 2)
