"""What one door says of a table the others say too: empty columns, infinite values, and advice that can be followed."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.cli.app import main
from glassnet.cli.output.finding_advice import worded_for_train
from glassnet.tabular import TableModel, to_table

pytest.importorskip("sklearn", minversion="1.7")
pytest.importorskip("typer")

from glassnet.tabular import TabularClassifier, TabularRegressor

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return the function of that name for a terminal of 100 columns, with what is printed in one line."""
    monkeypatch.setenv("COLUMNS", "100")

    def call(*words: str) -> tuple[int, str, str]:
        code, out, err = run(*words)
        return code, " ".join(out.split()), " ".join(err.split())

    return call


SHORT = ("--recipe", "plain", "--epochs", "2")
RNG = np.random.default_rng(5)
NUMBERS = RNG.normal(size=60).round(4).tolist()


def write(name: str, columns: dict[str, list[Any]]) -> str:
    """Write a table as CSV and return its name."""
    rows = zip(*columns.values(), strict=True)
    lines = [",".join(columns), *(",".join(map(str, row)) for row in rows)]
    Path(name).write_text("\n".join([*lines, ""]), encoding="utf-8")
    return name


def messages(act: Callable[[], Any]) -> str:
    """Return the one warning about a table."""
    with pytest.warns(gn.TableWarning) as caught:
        act()
    assert len(caught) == 1
    return str(caught[0].message)


# ---- empty columns and infinite values ------------------------------------------------------------------------------


def test_an_empty_column_is_left_out_everywhere(run: Run) -> None:
    """check, train and an estimator leave a column without values out, and say so."""
    data = {"a": NUMBERS, "gone": [""] * 60, "y": ["u", "v"] * 30}
    words = "Column 'gone' is left out: all its values are missing."
    path = write("t.csv", data)
    checked, trained = run("check", path, "-t", "y"), run("train", path, "-t", "y", *SHORT)
    assert (checked[0], trained[0]) == (0, 0)
    assert words in checked[1]
    assert "note Column 'gone' has no value in any row. It is left out." in checked[1]
    assert words in trained[1]
    assert "gone" not in TableModel.load("model.safetensors").encoder.feature_names
    estimator = TabularClassifier("small", epochs=1, random_state=0)
    assert words in messages(lambda: estimator.fit({"a": NUMBERS, "gone": [None] * 60}, data["y"]))


def test_a_table_of_empty_columns_is_refused(run: Run) -> None:
    """The command does not train on a table of which no column tells rows apart."""
    path = write("t.csv", {"a": [""] * 60, "b": [3] * 60, "y": ["u", "v"] * 30})
    code, _, err = run("train", path, "-t", "y", *SHORT)
    assert (code, "every column is left out: 'a' (all its values are missing" in err) == (
        2,
        True,
    )


@pytest.mark.parametrize(("n", "are"), [(1, "is infinite and counts"), (7, "are infinite and count")])
def test_infinite_values_are_said_everywhere(run: Run, n: int, are: str) -> None:
    """check, train and an estimator count the infinite values of a column that they take for missing."""
    cells = [*["inf"] * n, *NUMBERS[n:]]
    words = f"Column 'a': {n} of 60 values {are} as missing."
    path = write("t.csv", {"a": cells, "b": NUMBERS[::-1], "y": ["u", "v"] * 30})
    assert words in run("check", path, "-t", "y")[1]
    assert words in run("train", path, "-t", "y", *SHORT)[1]
    estimator = TabularRegressor("small", epochs=1, random_state=0)
    X = {"a": np.array(cells, dtype=float), "b": NUMBERS[::-1]}
    assert words in messages(lambda: estimator.fit(X, NUMBERS))


# ---- advice that can be followed ------------------------------------------------------------------------------------

CODES = [f"{i:05d}" for i in range(60)]
NAMES = [f"n{i}x" for i in range(60)]


def test_advice_of_commands_is_not_circular(run: Run) -> None:
    """Text that could be numbers is to be read as such; other text of which each differs is no target at all."""
    path = write("t.csv", {"code": CODES, "name": NAMES, "n": [1000 + 3 * i for i in range(60)], "b": NUMBERS})
    for task in ("classification", "regression"):
        assert "--read code=number for numbers." in run("train", path, "-t", "code", "--task", task)[2]
        assert run("train", path, "-t", "name", "--task", task)[2].endswith("Choose another column.")
    assert run("train", path, "-t", "n", "--task", "classification")[2].endswith("or --task regression for numbers.")
    code, out, _ = run("check", path, "-t", "code")
    assert code == 2
    assert "--read code=number for numbers" in out
    assert "task='" not in out
    assert run("check", path, "-t", "code", "--read", "code=number")[0] == 0


def test_advice_of_estimators_names_estimators() -> None:
    """The method that was called and the other estimator are named, and what is advised works."""
    X = {"b": NUMBERS}
    cases = [
        (TabularClassifier, CODES, "or TabularRegressor(read={'target': 'number'}) for numbers."),
        (TabularClassifier, list(range(60)), "or TabularRegressor for numbers."),
        (TabularClassifier, NAMES, "Choose another column."),
        (TabularRegressor, CODES, "Pass read={'target': 'number'} for numbers."),
        (TabularRegressor, NAMES, "Choose another column."),
        (TabularRegressor, ["a", "b"] * 30, "Use TabularClassifier for labels."),
    ]
    for kind, y, advice in cases:
        with pytest.raises(gn.DataError) as caught:
            kind().fit(X, y)
        assert str(caught.value).startswith(kind.__name__)
        assert str(caught.value).endswith(advice)
    fitted = TabularRegressor("small", epochs=1, random_state=0, read={"target": "number"}).fit(X, CODES)
    assert fitted.predict(X).shape == (60,)


def test_one_group_cannot_be_divided() -> None:
    """The message names the estimator and says what to do."""
    with pytest.raises(gn.DataError) as caught:
        TabularClassifier(epochs=1).fit({"b": NUMBERS}, ["u", "v"] * 30, groups=np.zeros(60))
    assert str(caught.value) == (
        "TabularClassifier.fit: the rows are of 1 group; each of 2 parts must have at least one. "
        "Leave groups out, or pass validation_data=(X, y) in their place."
    )


# ---- arguments that are elsewhere -----------------------------------------------------------------------------------

X_OF = {"b": NUMBERS}
Y_OF = ["u", "v"] * 30
ARGUMENTS: dict[str, tuple[Callable[[], Any], str]] = {
    "epochs": (lambda: TabularClassifier().fit(X_OF, Y_OF, epochs=3), "TabularClassifier.fit: epochs belongs to the constructor: TabularClassifier(epochs=3)."),
    "n_ensemble": (lambda: TabularRegressor().fit(X_OF, NUMBERS, n_ensemble=2), "TabularRegressor.fit: n_ensemble belongs to the constructor: TabularRegressor(n_ensemble=2)."),
    "max_iter": (lambda: TabularClassifier().fit(X_OF, Y_OF, max_iter=3), "TabularClassifier.fit: there is no argument max_iter, nor in the constructor, TabularClassifier(). Did you mean epochs?"),
    "eval_set": (lambda: TabularClassifier().fit(X_OF, Y_OF, eval_set=[]), "TabularClassifier.fit: there is no argument eval_set. Did you mean validation_data?"),
    "weights": (lambda: TabularClassifier().fit(X_OF, Y_OF, weights=[]), "TabularClassifier.fit: there is no argument weights. Did you mean sample_weight?"),
    "callbacks": (lambda: TabularClassifier().fit(X_OF, Y_OF, callbacks=[]), "TabularClassifier.fit: there is no argument callbacks, nor in the constructor, TabularClassifier(). Callbacks are not here, gn.Network.fit has them; max_seconds= limits the time."),
    "nothing like it": (lambda: TabularClassifier().fit(X_OF, Y_OF, qwx=1), "TabularClassifier.fit: there is no argument qwx. The arguments are X, y, validation_data, sample_weight, groups, executor, shards, distributed."),
    "too many": (lambda: TabularClassifier().fit(X_OF, Y_OF, None, None, None, 7), "TabularClassifier.fit: arguments after groups need their names. Did you mean executor=7?"),  # type: ignore[call-arg]
    "weights of classes": (lambda: TabularRegressor(class_weight="balanced"), "TabularRegressor: there is no argument class_weight. A regression has no classes; fit(X, y, sample_weight=...) weighs rows."),  # type: ignore[call-arg]
}  # fmt: skip


@pytest.mark.parametrize("name", ARGUMENTS)
def test_arguments_that_are_elsewhere(name: str) -> None:
    """An argument that a method does not take is answered with the place that takes it."""
    act, message = ARGUMENTS[name]
    with pytest.raises(TypeError) as caught:
        act()
    assert str(caught.value) == message


def test_targets_that_are_left_out() -> None:
    """Only rows in files bring their targets along; otherwise the words are those that scikit-learn has for it."""
    with pytest.raises(
        gn.DataError, match=r"^TabularClassifier.fit requires y to be passed, but the target y is None.$"
    ):
        TabularClassifier().fit(X_OF)


@pytest.mark.parametrize(
    "name",
    ["early_stopping", "patience", "validation_split", "validation_fraction", "callbacks", "device", "warm_start", "tol",
     "validation_data", "groups", "eval_set", "sample_weight"],
)  # fmt: skip
@pytest.mark.parametrize("kind", [TabularClassifier, TabularRegressor])
def test_usual_arguments_get_a_sentence(kind: Any, name: str) -> None:
    """What constructors of other libraries take is answered with what is here in its place, not with a list."""
    with pytest.raises(TypeError, match=rf"^{kind.__name__}: there is no argument {name}\. [A-Z].*\.$") as caught:
        kind(**{name: 1})
    assert "The arguments are" not in str(caught.value)


# ---- files that are there already -----------------------------------------------------------------------------------


@pytest.fixture
def model(run: Run) -> str:
    """Return the file of a model of y by a, beside the table t.csv."""
    path = write("t.csv", {"a": NUMBERS, "y": ["u", "v"] * 30})
    assert run("train", path, "-t", "y", *SHORT, "-q")[0] == 0
    return "model.safetensors"


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".json", ".jsonl", ".parquet"])
def test_predictions_replace_only_predictions(run: Run, model: str, ending: str) -> None:
    """A table of others is refused as it is, old predictions are replaced, and that is said."""
    pytest.importorskip("pyarrow")
    frame = pytest.importorskip("pandas").DataFrame({"a": [1.5, 2.5], "my prediction": ["x", "prediction"]})
    writers = {
        ".csv": frame.to_csv,
        ".tsv": lambda path: frame.to_csv(path, sep="\t"),
        ".json": lambda path: frame.to_json(path, orient="records"),
        ".jsonl": lambda path: frame.to_json(path, orient="records", lines=True),
        ".parquet": lambda path: frame[["a"]].to_parquet(path),
    }
    victim = Path(f"victim{ending}")
    writers[ending](victim)
    before = victim.read_bytes()
    code, _, err = run("predict", model, "t.csv", "--out", str(victim))
    assert (code, victim.read_bytes()) == (2, before)
    assert f"'{victim}' has no column 'prediction'; --out must not replace such a table. Choose another name" in err
    new = f"new{ending}"
    for keep in ([], ["--keep", "y"]):
        said = [run("predict", model, "t.csv", "--out", new, *keep) for _ in range(2)]
        assert [one[0] for one in said] == [0, 0]
        assert said[1][1] == f"60 predictions of y in {new}, overwrote the old file"
    Path(f"empty{ending}").touch()
    assert run("predict", model, "t.csv", "--out", f"empty{ending}") == (
        0,
        f"60 predictions of y in empty{ending}",
        "",
    )


def test_pages_replace_only_pages_of_glassnet(run: Run, model: str) -> None:
    """A page of others is refused before any work, our own is replaced, and that is said."""
    train = ["train", "t.csv", "-t", "y", *SHORT, "--report"]
    for command in (["explain", model, "t.csv", "--html"], train):
        Path("victim.html").write_text("<p>glassnet is mentioned here</p>")
        code, _, err = run(*command, "victim.html")
        assert code == 2
        said = f"glassnet did not write the page 'victim.html'; {command[-1]} must not replace it. Choose another name."
        assert said in err
        first, second = run(*command, "ours.html"), run(*command, "ours.html")
        assert (first[0], second[0]) == (0, 0)
        assert "ours.html, overwrote the old file" in second[1]
    assert "ours.html, overwrote the old file" not in run(*train, "other.html")[1]


def test_a_refused_cell_names_the_option_that_reads_it(run: Run, model: str) -> None:
    """Text among numbers is refused with what takes it for a missing value, on the command line and in Python."""
    Path("new.csv").write_text("a\n1.5\nno idea\n")
    code, _, err = run("predict", model, "new.csv")
    assert code == 2
    assert err.endswith(
        "holds 'no idea' in line 3; it must hold numbers as in training. If that means no value, pass --missing 'no idea'."
    )
    assert run("predict", model, "new.csv", "--missing", "no idea")[0] == 0
    loaded, rows = TableModel.load(model), {"a": ["1.5", "no idea"]}
    with pytest.raises(gn.DataError, match=r"pass to_table\(rows, missing=\['no idea'\], like=model\)\.$"):
        loaded.predict(rows)
    assert len(loaded.predict(to_table(rows, missing=["no idea"], like=loaded))) == 2


# ---- others ---------------------------------------------------------------------------------------------------------


def test_findings_name_labels() -> None:
    """What is said of classes by number is said by label, and other numbers stay."""
    found = {"code": "imbalance", "measured": "82.8% of 1 rows are of class 1.", "advice": "", "tried": ""}
    assert worded_for_train(found, is_plain=True, labels=["no", "yes"])["measured"] == (
        "82.8% of 1 rows are of class 'yes'."
    )
    words = "No row is of class 0, 2, of 3 that the network can predict."
    found |= {"code": "missing-classes", "measured": words}
    assert worded_for_train(found, is_plain=False, labels=["a", "b", "c"])["measured"] == (
        "No row is of class 'a', 'c', of 3 that the network can predict."
    )
    assert worded_for_train(found, is_plain=False)["measured"] == words


def test_words_of_truth_for_booleans() -> None:
    """What was true or false without words in training may be any word of truth in text; other text is refused."""
    X = {"flag": [True, False, True, True] * 15, "b": NUMBERS}
    fitted = TabularClassifier("small", epochs=1, random_state=0).fit(X, Y_OF)
    plainly = fitted.predict_proba({"flag": [True, False, True], "b": NUMBERS[:3]})
    for cells in (["yes", "no", "yes"], ["true", "False", "TRUE"], ["ja", "nein", "yes"]):
        np.testing.assert_array_equal(fitted.predict_proba({"flag": cells, "b": NUMBERS[:3]}), plainly)
    with pytest.raises(
        gn.DataError, match=r"column 'flag' holds 'maybe' in .*; it must hold true or false as in training"
    ):
        fitted.predict({"flag": ["yes", "maybe", "no"], "b": NUMBERS[:3]})


def test_explain_says_row_and_line(run: Run, model: str) -> None:
    """Rows of the table are counted, and the line of the file stands beside, blank lines and all."""
    Path("rows.csv").write_text("a\n1.5\n\n2.5\n")
    assert run("explain", model, "rows.csv", "--row", "1")[1].startswith("Row 1, line 2 of rows.csv")
    assert run("explain", model, "rows.csv", "--row", "2")[1].startswith("Row 2, line 4 of rows.csv")
    Path("rows.json").write_text('[{"a": 1.5}]')
    assert run("explain", model, "rows.json")[1].startswith("Row 1 of rows.json")


def test_check_of_standard_input_names_no_next_command(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came through a pipe cannot be read again by a command that is copied."""
    path = write("t.csv", {"a": NUMBERS, "y": ["u", "v"] * 30})
    assert "Next glassnet train t.csv --target y" in run("check", path, "-t", "y")[1]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(Path(path).read_bytes())))
    code, out, _ = run("check", "-", "-t", "y")
    assert (code, "Likely task" in out, "Next" in out) == (0, True, False)


@pytest.mark.parametrize("width", [40, 60])
def test_check_wraps_what_is_long(run: Run, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    """In a narrow terminal the values of a column go on in the next line; no line is too long and nothing is cut."""
    path = write("t.csv", {"size_of_it": NUMBERS, "y": ["fairly long one", "another long one"] * 30})
    monkeypatch.setenv("COLUMNS", str(width))
    assert main(["check", path]) == 0
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    assert main(["check", path]) == 0
    assert "…" not in out.getvalue()
    assert max(map(len, out.getvalue().splitlines())) <= width
    assert "'another long one'" in " ".join(out.getvalue().split()) or width == 40
