"""What a prediction is compared with: typical training rows, which a model keeps; made of the cells of many, never single ones."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.7")

import glassnet as gn
from glassnet.cli.app import main
from glassnet.errors import FormatError
from glassnet.network import read_network
from glassnet.reports.evaluation import judged_rows
from glassnet.reports.single_rows import chosen_rows
from glassnet.tabular import TableEncoder, TableModel, TabularClassifier, TabularRegressor, TargetEncoder, read_table
from glassnet.tabular.attribution.background import typical_rows
from hostile import DATA
from tabular_cases import KINDS, SHORT, columns

# Tables of these tests have faults, on purpose or for short.
pytestmark = pytest.mark.filterwarnings("ignore::glassnet.sklearn.PoorFitWarning")

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a table, its first row by itself, and a model trained on it."""
    found = tmp_path_factory.mktemp("background")
    rng = np.random.default_rng(11)
    lines = [f"{a:.2f},{'pq'[i % 2]},{2 * a + i % 2:.3f}" for i, a in enumerate(rng.normal(size=200))]
    (found / "t.csv").write_text("\n".join(["a,b,y", *lines, ""]))
    (found / "one.csv").write_text("\n".join(["a,b,y", lines[0], ""]))
    (found / "few.csv").write_text("\n".join(["a,b", *(line.rsplit(",", 1)[0] for line in lines[:3]), ""]))
    words = ["train", str(found / "t.csv"), "-t", "y", "--recipe", "plain", "--epochs", "20", "-q"]
    assert main([*words, "-o", str(found / "m.safetensors")]) == 0
    return found


def reasons(run: Run, *words: str) -> dict[str, Any]:
    """Return the reasons that `explain` gives."""
    code, out, err = run("explain", *words, "--json")
    assert (code, err) == (0, "")
    found: dict[str, Any] = json.loads(out)
    return found


def test_a_row_is_not_compared_with_itself(run: Run, folder: Path) -> None:
    """A row has the same reasons, alone in its file, among few and among all, and they are not 0."""
    model = str(folder / "m.safetensors")
    found = [reasons(run, model, str(folder / name)) for name in ("t.csv", "one.csv", "few.csv")]
    assert found[0]["why"] == found[1]["why"] == found[2]["why"]
    assert found[0]["compared"] == ""
    contributions = [reason["contribution"] for reason in found[0]["why"]["reasons"]]
    assert max(map(abs, contributions)) > 0.1
    out = run("explain", model, str(folder / "one.csv"))[1]
    assert " (typical training rows) " in out


def test_python_and_the_command_line_agree(run: Run, folder: Path) -> None:
    """`why` of a row in Python has the reasons that `explain` prints, also when the row is a dict."""
    table = read_table(folder / "one.csv")
    model = TableModel.load(folder / "m.safetensors")
    row = {"a": table["a"].values[0], "b": table["b"].values[0]}
    expected = reasons(run, str(folder / "m.safetensors"), str(folder / "one.csv"))["why"]
    assert model.why(table)[0].to_dict() == model.why(row)[0].to_dict() == expected


@pytest.mark.parametrize("name", ["realmlp", "tabm-mini"])
def test_files_without_typical_rows(name: str, run: Run, tmp_path: Path) -> None:
    """A file of an earlier version is read; its rows are compared with those of the file, or of one row with averages."""
    model = TableModel.load(DATA / f"table_{name}_2.safetensors")
    assert model.background is None
    frame = {column: values[:12] for column, values in columns().items()}
    assert model.why(frame)[0].beside == "a row of average numbers has"
    rows = [dict(zip(frame, cells, strict=True)) for cells in zip(*frame.values(), strict=True)]
    said = {}
    for n in (12, 1):
        (tmp_path / f"{n}.jsonl").write_text("".join(json.dumps(row, default=str) + "\n" for row in rows[:n]))
        said[n] = reasons(run, str(DATA / f"table_{name}_2.safetensors"), f"{n}.jsonl")
    assert said[12]["why"]["beside"] == "the average over 12 rows is"
    head = "The model file has no typical training rows"
    assert said[12]["compared"] == f"{head}: the row is compared with those of 12.jsonl."
    assert said[1]["why"]["beside"] == "a row of average numbers has"
    assert said[1]["compared"] == f"{head} to compare with."
    out = run("explain", str(DATA / f"table_{name}_2.safetensors"), "1.jsonl")[1]
    assert f"{head} to compare with.\n" in out


@pytest.mark.parametrize("kind", KINDS)
def test_typical_rows_stay_in_the_file(kind: str, tmp_path: Path) -> None:
    """Saved and read, the model gives the same reasons to the bit."""
    cls, target = KINDS[kind]
    model = cls(**SHORT).fit(columns(), target()).model_
    model.save(tmp_path / "m.safetensors")
    again = TableModel.load(tmp_path / "m.safetensors")
    assert model.background is not None
    np.testing.assert_array_equal(again.background, model.background)
    one = {name: values[5:6] for name, values in columns().items()}
    assert again.why(one)[0].to_dict() == model.why(one)[0].to_dict()


def test_the_base_is_about_the_average_prediction() -> None:
    """Groups are predicted alike, so the predictions for typical rows are on average about those for all rows."""
    rng = np.random.default_rng(2)
    X = {"a": rng.normal(size=400), "b": rng.choice(["p", "q", "r"], 400)}
    y = np.where(X["a"] > 0.5, "high", np.where(X["b"] == "p", "p", "low"))
    model = TabularClassifier(epochs=30, threads=1, random_state=0).fit(X, y).model_
    P = model.predict_proba(X)
    assert model.background is not None
    means = model.answers(model.background).mean(axis=0)
    np.testing.assert_allclose(means, P.mean(axis=0), atol=0.05)
    single = model.answers(model.background.mean(axis=0, keepdims=True))[0]
    assert np.abs(single - P.mean(axis=0)).max() > 0.1  # which one average row of all would not give
    why = model.why({name: values[:1] for name, values in X.items()})[0]
    assert why.base == pytest.approx(P[:, P[0].argmax()].mean(), abs=0.05)


def test_typical_rows_are_no_training_rows() -> None:
    """Each typical row has the cells of ten training rows or more, and is none of them, whole groups of rows apart."""
    rng = np.random.default_rng(4)
    X = {"a": rng.normal(size=90), "b": rng.normal(size=90)}
    model = TabularRegressor(recipe="small", **SHORT).fit(X, X["a"]).model_
    coded = model.encoder.transform(X)
    assert model.background is not None
    assert model.background.shape == (7, coded.shape[1])  # of the 72 rows that were trained on
    gaps = np.abs(coded[:, None] - model.background).max(axis=2)
    assert gaps.min() > 1e-3
    few = typical_rows(model, coded[:9])
    assert few.shape == (1, coded.shape[1])
    assert (few >= coded[:9].min(axis=0)).all()
    assert (few <= coded[:9].max(axis=0)).all()


def test_typical_rows_are_predicted_as_the_rows_are() -> None:
    """The base is the mean prediction also where averages of rows are predicted otherwise, as of a bowl."""
    rng = np.random.default_rng(5)
    X = {"a": rng.normal(size=400), "b": rng.choice(["p", "q", "r"], 400), "c": rng.random(400) < 0.3}
    encoder, target = TableEncoder().fit(X), TargetEncoder().fit(X["a"])
    net = gn.Network([gn.Dense(2, "relu"), gn.Dense(1)], loss="squared_error", seed=0).build(len(encoder.feature_names))
    net.params[:] = 0.0
    net.layers[0].W[0], net.layers[1].W[:, 0] = [1.0, -1.0], [3.0, 3.0]  # |a|, by whose values rows are alike
    model = TableModel(net, encoder, target)
    coded = encoder.transform(X)
    typical = typical_rows(model, coded)
    assert len(typical) == 20
    assert model.answers(typical).mean() == pytest.approx(model.answers(coded).mean(), rel=0.02)
    averages = np.stack([coded[i::20].mean(axis=0) for i in range(20)])
    assert model.answers(averages).mean() < 0.5 * model.answers(coded).mean()


def test_categories_of_typical_rows_are_whole() -> None:
    """Categories, booleans and flags of typical rows are those of training rows, never parts of several."""
    rng = np.random.default_rng(6)
    X = {"a": rng.normal(size=300), "b": rng.choice(["p", "q", "r"], 300), "c": rng.random(300) < 0.3}
    X["a"][rng.random(300) < 0.3] = np.nan
    encoder, target = TableEncoder().fit(X), TargetEncoder().fit(rng.normal(size=300))
    net = gn.Network([gn.Dense(1)], loss="squared_error", seed=0).build(len(encoder.feature_names))
    coded = encoder.transform(X)
    typical = typical_rows(TableModel(net, encoder, target), coded)
    for j, role in enumerate(encoder.roles):
        if role != "number":
            gaps = np.abs(typical[:, None, j] - coded[:, j]).min(axis=1)
            np.testing.assert_allclose(gaps, 0.0, atol=1e-5)
    flag = encoder.feature_names.index("a (missing)")
    is_missing = np.isclose(typical[:, flag], coded[:, flag].max(), atol=1e-5)
    assert 0 < is_missing.sum() < len(typical)
    value = encoder.feature_names.index("a")
    empty = coded[np.isnan(X["a"]), value][0]
    np.testing.assert_allclose(typical[is_missing, value], empty, atol=1e-5)


def test_codes_are_codes() -> None:
    """A typical row has a code that training rows have, which has a vector, and frequent ones more often."""
    rng = np.random.default_rng(4)
    X = {"town": rng.choice([f"t{i}" for i in range(40)] + ["home"] * 60, 300), "a": rng.normal(size=300)}
    model = TabularRegressor(**SHORT).fit(X, X["a"]).model_
    place = model.encoder.roles.index("code")
    coder = model.encoder.coders[0]
    assert model.background is not None
    assert set(model.background[:, place].tolist()) <= set(range(1, coder.n_codes))
    home = model.encoder.transform({"town": ["home"], "a": [0.0]})[0, place]
    assert 0.4 <= (model.background[:, place] == home).mean() <= 0.8  # 0.6 of the rows


def test_weights_count() -> None:
    """Rows of more weight are taken more often, and a row that outweighs all others leaves one group only."""
    encoder, target = TableEncoder().fit({"a": np.arange(40.0)}), TargetEncoder().fit(np.arange(40.0) / 3)
    net = gn.Network([gn.Dense(1)], loss="squared_error", seed=0).build(1)
    model = TableModel(net, encoder, target)
    X = encoder.transform({"a": np.arange(40.0)})
    assert len(typical_rows(model, X)) == 4
    twice = typical_rows(model, np.repeat(X, 2, axis=0))[::2]
    np.testing.assert_allclose(typical_rows(model, X, np.full(40, 2.0, np.float32)), typical_rows(model, X))
    np.testing.assert_allclose((twice.mean(), twice.std()), (X.mean(), X.std()), atol=0.25)
    heavy = np.where(np.arange(40) == 7, 1e6, 1.0)
    found = typical_rows(model, X, heavy)
    np.testing.assert_allclose(found, X[7:8], atol=1e-3)


def test_wide_tables_keep_few() -> None:
    """What a file keeps is bounded: at most 20,000 numbers."""
    rng = np.random.default_rng(4)
    X = {f"x{i}": rng.normal(size=300) for i in range(3000)}
    encoder, target = TableEncoder().fit(X), TargetEncoder().fit(X["x0"])
    net = gn.Network([gn.Dense(1)], loss="squared_error", seed=0).build(3000)
    assert typical_rows(TableModel(net, encoder, target), encoder.transform(X)).shape == (6, 3000)


HOSTILE: dict[str, Callable[[int], Any]] = {
    "a number": lambda d: 5,
    "text": lambda d: "rows",
    "no rows": lambda d: [],
    "another width": lambda d: [[1.0] * (d - 1)],
    "rows of several widths": lambda d: [[1.0] * d, [1.0]],
    "text among numbers": lambda d: [["x"] * d],
    "too large": lambda d: [[1e39] * d],
    "too many": lambda d: [[0.0] * d] * 21,
    "deep": lambda d: [[[0.0]] * d],
    "codes that are none": lambda d: [[0.5] * d],
    "codes beyond the last": lambda d: [[41.0] * d],
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_a_file_may_not_hold(case: str, tmp_path: Path) -> None:
    """Typical rows in a file that are none are refused in one sentence."""
    X = {"town": [f"t{i % 40}" for i in range(200)], "a": np.arange(200.0)}
    model = TabularRegressor(**SHORT).fit(X, X["a"]).model_
    model.save(tmp_path / "m.safetensors")
    net = read_network(tmp_path / "m.safetensors")
    net.metadata["table"]["background"] = HOSTILE[case](len(model.encoder.feature_names))
    net.save(tmp_path / "m.safetensors")
    with pytest.raises(FormatError, match=r"'background' (must hold|holds unknown codes)"):
        TableModel.load(tmp_path / "m.safetensors")


def test_features_have_their_own_digits(run: Run, folder: Path) -> None:
    """The features of a row are float32, printed with the digits of one, in JSON and with as many digits as one likes."""
    found = reasons(run, str(folder / "m.safetensors"), str(folder / "one.csv"))
    values = [value for part in found["encoding"] for value in part["features"].values()]
    assert all(str(np.float32(value)) == str(value) for value in values)
    assert max(len(str(value)) for value in values) < 14
    out = run("explain", str(folder / "m.safetensors"), str(folder / "one.csv"), "--step", "--digits", "17")[1]
    assert f"  ->  {values[0]:.9g}\n" in out


def test_pages_give_the_reasons_that_explain_gives(run: Run, folder: Path, tmp_path: Path) -> None:
    """The reports of a training and of an evaluation compare a row with the same typical rows as `explain`."""
    model, table, pages = str(tmp_path / "m.safetensors"), str(folder / "t.csv"), []
    words = [table, "-t", "y", "--recipe", "plain", "--epochs", "5", "-q", "-o", model]
    for place, command in enumerate((["train", *words], ["evaluate", model, table])):
        path = tmp_path / f"{place}.html"
        assert run(*command, "--report", str(path))[0] == 0
        pages.append(path.read_text())
    base = reasons(run, model, table)["why"]["base"]
    for page in pages:
        assert "the average over" not in page
        assert set(re.findall(r"typical training rows have (-?[\d.]+\d)", page)) == {f"{base:.4g}"}


def test_rows_of_a_report_have_the_reasons_of_explain(run: Run, folder: Path, tmp_path: Path) -> None:
    """A model of an earlier version, without typical rows, is explained by the rows of the table everywhere."""
    table = read_table(folder / "t.csv")
    model = TableModel.load(folder / "m.safetensors")
    model.background = None
    row = chosen_rows(model, judged_rows(model, table), explained=True)[0]
    net = read_network(folder / "m.safetensors")
    del net.metadata["table"]["background"]
    net.save(tmp_path / "m.safetensors")
    found = reasons(run, str(tmp_path / "m.safetensors"), str(folder / "t.csv"), "--row", str(row["row"]))["why"]
    assert row["why"]["base"] == pytest.approx(found["base"], rel=1e-9)
    assert [name for name, _, _ in row["why"]["reasons"]] == [each["column"] for each in found["reasons"]]
    assert row["why"]["beside"] == "the average over 50 rows is"


def test_errors_of_rows_are_differences(run: Run, tmp_path: Path) -> None:
    """The error of a row is its answer less its true number to the bit, also of large numbers."""
    rng = np.random.default_rng(3)
    lines = [f"{a:.3f},{1e6 * a + 2e6:.2f}" for a in rng.normal(size=60)]
    (tmp_path / "t.csv").write_text("\n".join(["a,y", *lines, ""]))
    words = ("t.csv", "-t", "y", "--recipe", "plain", "--epochs", "3", "-q", "-o", "m.safetensors")
    assert run("train", *words)[0] == 0
    rows = json.loads(run("evaluate", "m.safetensors", "t.csv", "--json")[1])["single_rows"]
    assert len(rows) == 7
    assert all(row["error"] == row["answer"] - row["true"] for row in rows)
