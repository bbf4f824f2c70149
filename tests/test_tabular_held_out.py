"""The rows that choose the epoch in the estimators for tables: groups, splitters of scikit-learn's, equal rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet.tabular.fitting.fit as fitting
from glassnet.errors import ConfigError, DataError
from glassnet.tabular import TabularClassifier, TabularRegressor

sklearn = pytest.importorskip("sklearn")
pd = pytest.importorskip("pandas")

from sklearn.model_selection import (  # noqa: E402 - after the check that it is there
    GridSearchCV,
    GroupKFold,
    GroupShuffleSplit,
    PredefinedSplit,
    ShuffleSplit,
    cross_val_score,
)

# Tables of these tests have faults, on purpose or for short.
pytestmark = pytest.mark.filterwarnings("ignore::glassnet.sklearn.PoorFitWarning")

N = 300
RNG = np.random.default_rng(0)
X = pd.DataFrame({"row": np.arange(N, dtype=float), "x": RNG.normal(size=N)})
Y = (X["x"] > 0).astype(int).to_numpy()
GROUPS = RNG.integers(0, 60, N)


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return what a fit divides, once it has: the row numbers of training and of the rows held out, and the folds."""
    seen: dict[str, Any] = {"parts": []}
    arrays, jobs = fitting.encoded, fitting.Jobs

    def record(encoder: Any, target: Any, rows: Any, *others: Any) -> Any:
        seen["parts"].append(rows.inputs["row"].values.astype(int))
        return arrays(encoder, target, rows, *others)

    class Recorded(jobs):  # type: ignore[misc, valid-type]
        def __init__(self, *given: Any) -> None:
            seen["folds"] = given[5]
            super().__init__(*given)

    monkeypatch.setattr(fitting, "encoded", record)
    monkeypatch.setattr(fitting, "Jobs", Recorded)
    return seen


def model(**options: Any) -> TabularClassifier:
    """Return a classifier that trains in a moment."""
    return TabularClassifier("small", epochs=1, random_state=0, **options)


def test_groups_are_held_out_whole(used: dict[str, Any]) -> None:
    """A group is trained on or held out, whether groups are numbers, text or a Series."""
    for groups in (GROUPS, [f"P{group}" for group in GROUPS], pd.Series(GROUPS + 2**60)):
        used["parts"].clear()
        model().fit(X, Y, groups=groups)
        held_out, train = used["parts"]
        assert len(held_out) == pytest.approx(N / 5, abs=5)
        assert not np.intersect1d(GROUPS[held_out], GROUPS[train]).size


def test_folds_keep_groups_whole(used: dict[str, Any]) -> None:
    """With n_folds a group is held out by one network, and trained on by the others."""
    fitted = model(n_folds=3).fit(X, Y, groups=GROUPS)
    assert len(fitted.histories_) == len(used["folds"]) == 3
    assert all(not np.intersect1d(GROUPS[a], GROUPS[b]).size for a, b in used["folds"])


def test_a_splitter_holds_rows_out(used: dict[str, Any]) -> None:
    """One split of a splitter, or of a list, is the division into training and held-out rows."""
    splitter = GroupShuffleSplit(n_splits=1, test_size=0.3, random_state=3)
    (train, valid) = next(splitter.split(X, Y, GROUPS))
    for cv in (splitter, [(train, valid)], PredefinedSplit(np.where(np.isin(np.arange(N), valid), 0, -1))):
        used["parts"].clear()
        model(cv=cv).fit(X, Y, groups=GROUPS if cv is splitter else None)
        np.testing.assert_array_equal(used["parts"][0], valid)
        np.testing.assert_array_equal(used["parts"][1], train)


def test_several_splits_are_folds(used: dict[str, Any]) -> None:
    """A splitter with several splits, or a number, trains a network on each."""
    fitted = model(cv=GroupKFold(3)).fit(X, Y, groups=GROUPS)
    assert len(fitted.histories_) == 3
    for (train, valid), (a, b) in zip(used["folds"], GroupKFold(3).split(X, Y, GROUPS), strict=True):
        np.testing.assert_array_equal(train, a)
        np.testing.assert_array_equal(valid, b)
    by_number = model(cv=3).fit(X, Y).predict_proba(X)
    np.testing.assert_array_equal(by_number, model(n_folds=3).fit(X, Y).predict_proba(X))


def test_rows_without_weight_are_in_no_part(used: dict[str, Any]) -> None:
    """Row numbers of a splitter are those of X, and rows of weight 0 are left out of them."""
    weight = (np.arange(N) % 3 > 0).astype(float)
    model(cv=[(np.arange(200), np.arange(200, 300))]).fit(X, Y, sample_weight=weight, groups=GROUPS)
    valid, train = used["parts"]
    np.testing.assert_array_equal(train, np.flatnonzero(weight[:200]))
    np.testing.assert_array_equal(valid, 200 + np.flatnonzero(weight[200:]))


def test_a_dict_can_be_split(used: dict[str, Any]) -> None:
    """A dict of columns has no length in rows; the splitter is told how many there are."""
    model(cv=ShuffleSplit(1, test_size=50, random_state=0)).fit({name: X[name].to_numpy() for name in X}, Y)
    assert len(used["parts"][0]) == 50


def test_equal_rows_are_held_out_together(used: dict[str, Any]) -> None:
    """A table in which every row stands twice, by copying or by mistake, has both on one side."""
    frame = {"x": np.r_[X["x"], X["x"]], "row": np.r_[X["row"], X["row"]]}
    for options in ({}, {"n_folds": 3}):
        used["parts"].clear()
        model(**options).fit(frame, np.r_[Y, Y])
        if options:
            assert all(not np.intersect1d(a % N, b % N).size for a, b in used["folds"])
        else:
            assert not np.intersect1d(*used["parts"]).size
            assert len(used["parts"][0]) == pytest.approx(2 * N / 5, abs=3)


def test_shared_rows_are_counted() -> None:
    """A fit says how many held-out rows it was trained on: none where equal rows stay together, else how many."""
    few = {"a": [i % 3 for i in range(60)], "b": [i % 2 for i in range(60)]}
    labels = [i % 2 for i in range(60)]
    assert model().fit(few, labels).n_shared_rows_ == 12
    assert model(n_folds=3).fit(few, labels).n_shared_rows_ == 60
    twice = {"x": np.r_[X["x"], X["x"]]}
    assert model().fit(twice, np.r_[Y, Y]).n_shared_rows_ == 0
    assert model().fit(twice, np.r_[Y, Y], groups=np.repeat([0, 1, 2, 3, 4], 120)).n_shared_rows_ > 0


def test_groups_are_routed() -> None:
    """scikit-learn's searches pass groups to the splitter and to the fit, sliced as the rows are."""
    with sklearn.config_context(enable_metadata_routing=True):
        routed = model().set_fit_request(groups=True)
        scores = cross_val_score(routed, X, Y, cv=GroupKFold(2), params={"groups": GROUPS})
        search = GridSearchCV(routed, {"n_folds": [None, 2]}, cv=GroupKFold(2)).fit(X, Y, groups=GROUPS)
    assert len(scores) == 2
    assert search.best_estimator_.model_ is not None


REFUSED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"n_folds": 2}, {"validation_data": (X, Y)}, "validation_data and n_folds are both given; only one of them may be. Pass one."),
    ({"cv": 2}, {"validation_data": (X, Y)}, "validation_data and cv are both given; only one of them may be. Pass one."),
    ({"cv": GroupKFold(2), "n_folds": 2}, {}, "n_folds and cv are both given; only one of them may be. Pass one."),
    ({}, {"validation_data": (X, Y), "groups": GROUPS}, "validation_data and groups are both given; only one of them may be. Pass one."),
    ({}, {"groups": GROUPS[:9]}, "groups has shape (9,); it must have one entry for each of 300 rows."),
    ({}, {"groups": [None, *GROUPS[1:]]}, "column 'groups' has no value in 1 of 300 rows, "
     "the first of them row 0 (counted from 0); it must have one in every row. Fill them first."),
    ({"cv": 0.2}, {}, "cv is 0.2; it must be a splitter such as GroupShuffleSplit(n_splits=1), or pairs of row numbers."),
    ({"cv": []}, {}, "cv has no splits; it must have at least one."),
    ({"cv": [([0, 1], [1, 2])]}, {}, "row 1 is in both parts of a fold; training and test rows must differ."),
    ({"cv": [([0, 1], [900])]}, {}, "row 900 does not exist; row numbers must lie between 0 and 299."),
    ({"cv": [5]}, {}, "each split of cv is 5; it must be a pair of row numbers (train, test)."),
]  # fmt: skip


@pytest.mark.parametrize(("options", "given", "sentence"), REFUSED)
def test_two_divisions_are_refused(options: dict[str, Any], given: dict[str, Any], sentence: str) -> None:
    """Parameters that contradict each other, and splits that are none, get one sentence."""
    with pytest.raises((ConfigError, DataError)) as refusal:
        model(**options).fit(X, Y, **given)
    assert str(refusal.value) == f"TabularClassifier.fit: {sentence}"


@pytest.mark.parametrize("cv", [1, True, 1000])
def test_numbers_of_folds_that_cannot_be(cv: Any) -> None:
    """A number in cv is checked as one of folds."""
    with pytest.raises(ConfigError, match=r"cv is (1|True|1000); it must be"):
        model(cv=cv).fit(X, Y)


def test_one_group_cannot_be_divided() -> None:
    """If all rows are of one group, there is nothing to hold out, and the fit says so."""
    with pytest.raises(
        DataError, match=r"the rows are of 1 group; each of 2 parts must have at least one\. Leave groups out"
    ):
        TabularRegressor("small", epochs=1).fit(X, X["x"], groups=np.zeros(N))
