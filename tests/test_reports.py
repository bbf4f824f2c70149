"""Reports: one object for Python, notebooks and the command line, whose page is a function of plain facts."""

from __future__ import annotations

import html
import json
import math
import re
import shlex
import sys
import warnings
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.cli.app import main
from glassnet.reports import Report
from glassnet.reports.card import date_now
from glassnet.reports.classes import class_facts, worst_classes
from glassnet.reports.comparison import Scores, beside_findings, verdict
from glassnet.reports.intervals import intervals_of, intervals_words
from glassnet.reports.scoring import score_classes, score_numbers
from glassnet.reports.single_rows import row_sentence
from glassnet.reports.then_and_now import no_better_here
from glassnet.sklearn import MLPClassifier, MLPRegressor
from glassnet.tabular import TableModel, TabularClassifier, TabularRegressor
from glassnet.utils.shares import wilson

VOID = {"meta", "wbr", "br", "img", "line", "path", "circle", "rect", "polyline", "polygon", "use", "link"}
MODEL = "model.safetensors"


class Balanced(HTMLParser):
    """Notices tags that are not closed, and everything that a page would load or run."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        names = dict(attrs)
        self.loaded += [str(names[name]) for name in ("src", "srcset", "action", "onload", "onclick") if name in names]
        self.loaded += [tag] if tag in ("script", "link", "iframe", "object", "embed", "img") else []
        self.loaded += [str(names["href"])] if not (names.get("href") or "#").startswith("#") else []

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def checked(report: Report) -> str:
    """Return the page of a report whose facts are JSON, and which loads nothing, is well formed and needs only facts."""
    facts = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    page = Report(facts).to_html()
    assert page == report.to_html()
    parser = Balanced()
    parser.feed(page)
    assert (parser.open, parser.loaded) == ([], [])
    assert not re.search(r"url\(|@import|https?://", page)
    assert "nan" not in re.sub(r"<style>.*?</style>", "", page, flags=re.S).lower().split()
    text = str(report)
    assert 8 <= text.count("\n") + 1 <= 48
    assert all(line == line.rstrip() for line in text.splitlines())
    return page


def frame(n: int, k: int = 3, seed: int = 0) -> dict[str, Any]:
    """Return columns of a small table with classes ``label`` and numbers ``price``."""
    rng = np.random.default_rng(seed)
    code, size = rng.integers(k, size=n), rng.standard_normal(n)
    found: dict[str, Any] = {"size": (size + 2.0 * code).round(4), "noise": rng.standard_normal(n).round(4)}
    found["kind"] = [f"kind {c}" if u < 0.7 else "other" for c, u in zip(code, rng.random(n), strict=True)]
    found["label"] = [f"class {c}" for c in code]
    found["price"] = (1000.0 + 300.0 * size + 50.0 * code).round(2)
    return found


def part(table: dict[str, Any], rows: slice, *names: str) -> dict[str, Any]:
    """Return some rows and columns."""
    return {name: table[name][rows] for name in names}


INPUTS = ("size", "noise", "kind")


@pytest.fixture(scope="module")
def classifier() -> TabularClassifier:
    """A classifier of three classes."""
    table = frame(300)
    model = TabularClassifier(recipe="small", epochs=8, random_state=0)
    return model.fit(part(table, slice(200), *INPUTS), table["label"][:200])


@pytest.fixture(scope="module")
def regressor() -> TabularRegressor:
    """A regressor of prices."""
    table = frame(300)
    model = TabularRegressor(recipe="small", epochs=30, random_state=0)
    return model.fit(part(table, slice(200), *INPUTS), table["price"][:200])


# ---- parts ----------------------------------------------------------------------------------------------------------


def test_wilsons_interval_is_that_of_the_books() -> None:
    """It is the pair of shares from which the measured one lies 1.96 standard errors away, and within 0 and 1."""
    for right, n in ((0, 5), (3, 7), (50, 100), (9, 10), (40, 40)):
        low, high = wilson(right, n)
        assert 0.0 <= low <= right / n <= high <= 1.0
        for edge in (low, high):
            if 0.0 < edge < 1.0:
                assert abs(right / n - edge) == pytest.approx(1.959964 * math.sqrt(edge * (1 - edge) / n))


def test_bootstrap_intervals_cover_and_shrink() -> None:
    """Intervals hold the score, are about 1.96 standard errors to each side, and are half as wide for four times the rows."""
    rng = np.random.default_rng(1)
    widths = []
    for n in (400, 1600):
        y = rng.standard_normal(n)
        off = rng.standard_normal(n)
        scores = score_numbers(y, y + off, 1.0)
        found = intervals_of(scores, y)
        for name, value in scores.values.items():
            low, high = found[name] or (0.0, 0.0)
            assert value is not None
            assert low < value < high
        low, high = found["mae"] or (0.0, 0.0)
        assert (high - low) / 2 == pytest.approx(1.96 * np.abs(off).std() / math.sqrt(n), rel=0.15)
        widths.append(high - low)
    assert widths[0] / widths[1] == pytest.approx(2.0, rel=0.15)


def test_intervals_are_in_the_units_of_the_scores() -> None:
    """A target in thousands has errors and intervals a thousand times as large, and the same R²."""
    rng = np.random.default_rng(2)
    y, off = rng.standard_normal(60), 0.3 * rng.standard_normal(60)
    one = intervals_of(score_numbers(y, y + off, 1.0), y, 1.0)
    other = intervals_of(score_numbers(1000 * y, 1000 * (y + off), 250.0), 1000 * y, 250.0)
    for name, times in (("rmse", 1000.0), ("mae", 1000.0), ("r2", 1.0)):
        assert other[name] == pytest.approx([times * edge for edge in one[name] or ()])


def test_few_rows_have_no_interval() -> None:
    """Of four rows, or where a score is not defined, there is none; a class without rows does no harm."""
    scores = score_classes(np.array([0, 2]), np.log(np.full((2, 3), 1 / 3)))
    assert intervals_of(scores, np.array([0, 2])) == {}
    codes = np.array([0, 0, 2, 2, 2, 0])
    found = intervals_of(score_classes(codes, np.log(np.eye(3)[codes] * 0.4 + 0.2)), codes)
    assert found["balanced_accuracy"] == [1.0, 1.0]
    nothing = Scores({"rmse": 1.0, "mae": 1.0, "r2": None}, None, np.ones(6))
    assert intervals_of(nothing, np.ones(6))["r2"] is None


def test_how_intervals_were_computed_is_said() -> None:
    """The sentence names the rows, the method for each score, and what is not in the interval."""
    said = intervals_words(69, ["accuracy", "log_loss"], "test row")
    assert said == (
        "95 % intervals over the choice of 69 test rows: Wilson for the accuracy, 1,000 bootstrap samples for the "
        "others. Another seed of the training is not in them."
    )
    assert "1 row: 1,000 bootstrap samples." in intervals_words(1, ["rmse"])


def test_classes_are_counted_from_the_matrix() -> None:
    """Recall and precision are those of the definition, and the worst class comes first; one without rows is left out."""
    counts = [[5, 5, 0, 0], [0, 9, 1, 0], [0, 0, 4, 0], [0, 0, 0, 0]]
    found = class_facts(counts)
    assert [each.recall for each in found] == [0.5, 0.9, 1.0, None]
    assert [each.precision for each in found] == [1.0, 9 / 14, 0.8, None]
    assert [each.place for each in worst_classes(counts, 2)] == [0, 1]
    assert (found[0].taken_for, found[0].often, found[2].taken_for) == (1, 5, None)


def test_rows_are_named_with_truth_and_answer() -> None:
    """Long labels that differ at their ends stay different."""
    facts = {"name": "row 5 (line 6)", "right": False, "probability": 0.9, "probability_of_truth": 0.05}
    said = row_sentence(facts | {"true": f"{'a' * 60} of 2019", "answer": f"{'a' * 60} of 2020"})
    assert "of 2019'" in said
    assert "of 2020' with probability 0.900" in said


def test_the_date_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """SOURCE_DATE_EPOCH sets it, so that equal runs leave equal pages; anything else there is ignored."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert date_now() == "2023-11-14 22:13 UTC"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "tomorrow")
    assert re.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d UTC", date_now())


# ---- from Python ----------------------------------------------------------------------------------------------------


def test_an_estimator_reports(classifier: TabularClassifier, regressor: TabularRegressor) -> None:
    """Scores are those of `evaluate`, single rows have truth and number, and the text has all that a reader asks first."""
    table = frame(300)
    rows = part(table, slice(200, 300), *INPUTS)
    report = classifier.report(rows, table["label"][200:], name="held-out rows")
    page, text = checked(report), str(report)
    accuracy = report.facts["scores"]["network"]["accuracy"]
    assert accuracy == pytest.approx(classifier.score(rows, table["label"][200:]))
    for words in ("held-out rows → ", "always answering 'class ", "Wilson", "glassnet ", "UTC"):
        assert words in text
    for words in ("Classes", "Worst rows", "Feature importance", "Calibration", "Training", "The network", "Card"):
        assert f"<h2>{words}</h2>" in page
    report = regressor.report(rows, table["price"][200:])
    page = checked(report)
    assert "Absolute errors, in units of " in page
    assert report.facts["scores"]["network"]["r2"] == pytest.approx(regressor.score(rows, table["price"][200:]))
    for row in report.facts["single_rows"]:
        assert row["true"] == pytest.approx(table["price"][200:][row["index"]])
        assert row["answer"] == pytest.approx(regressor.predict(part(table, slice(200, 300), *INPUTS))[row["index"]])
        assert sum(amount for *_, amount in row["why"]["reasons"]) == pytest.approx(
            row["why"]["answer"] - row["why"]["base"], abs=1e-2 * abs(row["why"]["answer"])
        )


def test_importance_is_in_the_units_of_the_target(regressor: TabularRegressor) -> None:
    """The RMSE beside the importance is the one of the scores, and so is the curve that chose the epoch."""
    table = frame(300)
    facts = regressor.report(part(table, slice(200, 300), *INPUTS), table["price"][200:]).facts
    assert facts["importance"]["score"] == pytest.approx(facts["scores"]["network"]["rmse"], rel=1e-4)
    assert facts["importance"]["importance"][0]["mean"] > 50.0
    assert facts["curve"]["columns"]["valid_rmse"][0] > 50.0


def test_a_table_model_reports(classifier: TabularClassifier) -> None:
    """The target is a column of the frame, or given beside it; another number of targets is refused."""
    table, model = frame(300), classifier.model_
    rows = part(table, slice(200, 300), *INPUTS)
    name = model.target.name
    inside = model.report({**rows, name: table["label"][200:]})
    beside = model.report(rows, table["label"][200:])
    for key in ("scores", "single_rows", "confusion", "importance"):
        assert inside.facts[key] == beside.facts[key]
    assert inside.facts["card"]["repeat"] == "model.report(frame)"
    with pytest.raises(
        gn.ShapeError,
        match=re.escape("TableModel.report: y has 3 targets for 100 rows; there must be one target for each row."),
    ):
        model.report(rows, table["label"][:3])
    with pytest.raises(gn.DataError, match="is not among the columns 'size', 'noise', 'kind'; it must be"):
        model.report(rows)


def test_a_report_of_one_row(classifier: TabularClassifier, regressor: TabularRegressor) -> None:
    """One row has a report too, without intervals."""
    table = frame(300)
    for model, target in ((classifier, "label"), (regressor, "price")):
        report = model.report(part(table, slice(200, 201), *INPUTS), table[target][200:201])
        checked(report)
        assert report.facts["intervals"]["network"] == {}
        assert len(report.facts["single_rows"]) == 1


def test_a_network_reports() -> None:
    """Classes by softmax or sigmoid and numbers have scores, baselines, worst rows and reasons in the given names."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((120, 3))
    codes, y = (X[:, 0] > 0).astype(int), 3.0 * X[:, 0] - X[:, 1]
    names = {"feature_names": ["width", "height", "<age>"]}
    for units, loss, target, more in (
        (2, "cross_entropy", codes, {"class_names": ["no", "yes"]}),
        (1, "binary_cross_entropy", codes, {"class_names": ["no", "yes"]}),
        (1, "squared_error", y, {}),
    ):
        net = gn.Network([gn.Dense(8, "tanh"), gn.Dense(units)], loss=loss, optimizer=gn.Adam(0.02), seed=0)
        net.fit(X[:80], target[:80], epochs=15, diagnose=False)
        report = net.report(X[80:], target[80:], **names, **more)
        page = checked(report)
        assert "&lt;age&gt;" in page
        found = report.facts["scores"]["network"]
        told = net.evaluate(X[80:], target[80:], metrics=["accuracy" if more else "r2"])
        key = "accuracy" if more else "r2"
        assert found[key] == pytest.approx(told[key], rel=1e-4)
        assert report.facts["single_rows"][0]["why"]["reasons"][0][0] in names["feature_names"]
        assert report.facts["confusion"]["labels"] == ["no", "yes"] if more else "confusion" not in report.facts


def test_networks_of_every_kind_report() -> None:
    """Members, several outputs, many labels, pictures, quantiles, own losses and untrained networks have a report."""
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((30, 4)), rng.standard_normal((30, 2))
    bits, codes = (Y > 0).astype(float), rng.integers(3, size=30)
    images = rng.standard_normal((30, 4, 4))
    cases: list[tuple[list[gn.Layer], Any, Any, Any, dict[str, Any]]] = [
        ([gn.Dense(3)], "cross_entropy", X, codes, {"members": 3}),
        ([gn.Dense(2)], "squared_error", X, Y, {}),
        ([gn.Dense(2)], "binary_cross_entropy", X, bits, {}),
        ([gn.Flatten(), gn.Dense(3)], "cross_entropy", images, codes, {}),
        ([gn.Dense(3)], gn.Quantile([0.1, 0.5, 0.9]), X, Y[:, 0], {}),
        ([gn.Dense(1)], "huber", X, np.zeros(30), {}),
        ([gn.Dense(3)], "cross_entropy", X, np.zeros(30, dtype=int), {}),
    ]
    for layers, loss, inputs, target, more in cases:
        net = gn.Network(layers, loss=loss, seed=0, **more).build(inputs.shape[1:])
        report = net.report(inputs, target)
        checked(report)
        assert math.isfinite(next(iter(report.facts["scores"]["network"].values())))


def test_names_of_another_number_are_refused() -> None:
    """As many names as inputs, and as many as classes."""
    net = gn.Network([gn.Dense(2)], loss="cross_entropy", seed=0).build(3)
    X, y = np.zeros((4, 3)), [0, 1, 0, 1]
    said = "Network.report: feature_names has 2 names; it must have 3, one for each in order."
    with pytest.raises(gn.ConfigError, match=re.escape(said)):
        net.report(X, y, feature_names=["a", "b"])
    said = "Network.report: class_names has 3 names; it must have 2, one for each in order."
    with pytest.raises(gn.ConfigError, match=re.escape(said)):
        net.report(X, y, class_names=["a", "b", "c"])


def test_a_report_is_shown_and_saved(classifier: TabularClassifier, tmp_path: Path) -> None:
    """A notebook gets a part of a page; `save` writes a page, replaces its own, and loses nothing of others."""
    table = frame(300)
    report = classifier.report(part(table, slice(200, 300), *INPUTS), table["label"][200:])
    shown = report._repr_html_()
    assert shown.startswith("<style>")
    assert shown in report.to_html()
    assert repr(report).startswith(str(report))
    path = tmp_path / "page.html"
    report.save(path)
    report.save(str(path))
    assert path.read_text() == report.to_html()
    said = "is no name of a page; it must end in .html or .htm."
    with pytest.raises(gn.ConfigError, match=re.escape(said)):
        report.save(tmp_path / "page.pdf")
    other = tmp_path / "mine.html"
    other.write_text("<p>mine</p>")
    with pytest.raises(gn.DataError, match="a file that glassnet did not write; it must not be lost"):
        report.save(other)
    assert other.read_text() == "<p>mine</p>"
    kept = report.to_dict()
    kept["scores"].clear()
    assert report.facts["scores"]


def test_what_a_table_holds_cannot_change_the_page() -> None:
    """Names of columns and labels that look like HTML are text."""
    rng = np.random.default_rng(0)
    evil = "</style><script>alert(1)</script>"
    X = {evil: rng.standard_normal(60), "b": ["<b>", "&amp;"] * 30}
    y = [f"{evil}{i % 2}" for i in range(60)]
    model = TabularClassifier(recipe="small", epochs=1, random_state=0).fit(X, y)
    page = checked(model.report(X, y, name=evil))
    assert "<script" not in page


# ---- on the command line --------------------------------------------------------------------------------------------


def write(path: str, table: dict[str, Any], target: str) -> None:
    """Write a table with one target as CSV."""
    names = [*INPUTS, target]
    rows = zip(*(table[name] for name in names), strict=True)
    Path(path).write_text("\n".join([",".join(names), *(",".join(map(str, row)) for row in rows)]) + "\n")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An own folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Run ``glassnet`` and return exit code, stdout and stderr."""
    capsys.readouterr()
    code = main(words)
    out, err = capsys.readouterr()
    return code, out, err


def test_pages_need_no_matplotlib(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`train` and `evaluate` write their pages where matplotlib is not installed."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    write("a.csv", frame(120), "label")
    train = ["train", "a.csv", "-t", "label", "--recipe", "small", "--epochs", "2"]
    assert run(capsys, *train, "--report", "a.html")[0] == 0
    code, out, err = run(capsys, "evaluate", MODEL, "a.csv", "--report", "e.html")
    assert (code, err) == (0, "")
    assert "Report           e.html" in out
    for name in ("a.html", "e.html"):
        page = Path(name).read_text()
        assert "<svg" in page
        parser = Balanced()
        parser.feed(page)
        assert (parser.open, parser.loaded) == ([], [])
    assert "rows were trained on" in page


def test_evaluate_writes_only_its_own_pages(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another ending and a page of others are refused before any work; --json names the page."""
    write("a.csv", frame(60), "price")
    assert run(capsys, "train", "a.csv", "-t", "price", "--recipe", "small", "--epochs", "1", "-q")[0] == 0
    code, _, err = run(capsys, "evaluate", MODEL, "a.csv", "--report", "e.pdf")
    assert (code, err) == (2, "glassnet evaluate: --report is 'e.pdf'; it must end in .html or .htm.\n")
    Path("mine.html").write_text("<p>mine</p>")
    code, _, err = run(capsys, "evaluate", MODEL, "a.csv", "--report", "mine.html")
    assert code == 2
    assert "glassnet did not write the page 'mine.html'; --report must not replace it." in err
    code, out, _ = run(capsys, "evaluate", MODEL, "a.csv", "--report", "e.html", "--json")
    assert (code, json.loads(out)["report"]) == (0, "e.html")


def test_rows_have_their_number_and_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A row of the report is the one that its number names in the file, and `explain --row` answers alike."""
    table = frame(150)
    write("a.csv", table, "label")
    code, out, _ = run(capsys, "train", "a.csv", "-t", "label", "--recipe", "small", "--epochs", "2", "--json")
    result = json.loads(out)
    assert code == 0
    lines = Path("a.csv").read_text().splitlines()
    for row in result["single_rows"]:
        number, line = map(int, re.fullmatch(r"row (\d+) \(line (\d+)\)", row["name"]).groups())  # type: ignore[union-attr]  # fails without a match
        assert lines[line - 1].split(",")[-1] == row["true"] == table["label"][number - 1]
        assert (row["row"], row["part"]) == (number, "test")
    _, out, _ = run(capsys, "explain", MODEL, "a.csv", "--row", str(result["single_rows"][0]["row"]))
    assert str(result["single_rows"][0]["answer"]) in out


def test_the_terminal_names_the_worst_rows(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Three rows with truth and number, the interval of each score, and the commands that come next."""
    write("my data.csv", frame(150), "price")
    code, out, _ = run(capsys, "train", "my data.csv", "-t", "price", "--recipe", "small", "--epochs", "2")
    assert code == 0
    assert len(re.findall(r"^  row \d+ \(line \d+\) +[\d,.]+ +[\d,.]+ +[-+][\d,.]+$", out, flags=re.M)) == 3
    assert "95 % intervals of the network: RMSE " in out
    assert re.search(rf"^Why +glassnet explain {MODEL} 'my data.csv' --row \d+$", out, flags=re.M)
    assert "std" not in out.partition("Feature importance")[2].splitlines()[0]


def test_many_classes_are_listed_by_recall(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of 20 classes with equal beginnings the terminal lists the worst, each by a name that tells it apart."""
    rng = np.random.default_rng(3)
    labels = [f"alternarialeaf-spot-{i:02d}" for i in range(24)]
    rows = [f"{rng.standard_normal():.3f},{labels[i % 24]}" for i in range(480)]
    Path("m.csv").write_text("\n".join(["x,y", *rows]) + "\n")
    words = ["train", "m.csv", "-t", "y", "--recipe", "small", "--epochs", "1", "--report", "m.html"]
    code, out, _ = run(capsys, *words)
    assert code == 0
    assert "The 6 of 24 classes with the lowest recall" in out
    names = re.findall(r"^  (alte\S+) +\d+ +\d+ %", out, flags=re.M)
    assert len(set(names)) == 6
    assert "The 12 worst of 24 classes, by recall" in Path("m.html").read_text()


def command_of(page: str) -> str:
    """Return the command that a page says its training is repeated with."""
    found = re.findall(r"<code>(glassnet train .*?)</code>", page, re.DOTALL)[0]
    return html.unescape(re.sub("<[^>]*>", "", found))


@pytest.mark.parametrize(
    ("options", "piece"),
    [
        (["--test", "0"], "they flatter the network"),
        (["--folds", "2"], "of the first of 2 networks"),
        (["--ensemble", "2"], "of the first of 2 networks"),
        (["--layers", "4"], "network 4 silu"),
        (["--drop", "noise"], "Dropped: &#x27;noise&#x27;"),
    ],
    ids=str,
)
def test_pages_of_every_training(
    options: list[str], piece: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Validation rows in place of test rows, folds, ensembles, plain networks and dropped columns are all reported."""
    write("a.csv", frame(90), "label")
    recipe = [] if "--layers" in options else ["--recipe", "small"]
    words = ["train", "a.csv", "-t", "label", "--epochs", "2", *recipe, *options]
    code, _, err = run(capsys, *words, "--report", "a.html", "-q")
    assert (code, err) == (0, "")
    page = Path("a.html").read_text()
    assert piece in page
    command = command_of(page)
    assert command.startswith("glassnet train a.csv --target label ")
    assert all(f" {' '.join(each)}" in command for each in (recipe, options, ["--epochs", "2"]))


def test_the_command_of_the_card_leaves_the_same_model(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the card says repeats the training, quotes included."""
    write("my data.csv", frame(90), "label")
    words = ["train", "my data.csv", "-t", "label", "--epochs", "2", "--ensemble", "2", "--recipe", "small"]
    assert run(capsys, *words, "--drop", "noise", "--seed", "3", "--report", "a.html", "-q")[0] == 0
    first = Path(MODEL).read_bytes()
    command = command_of(Path("a.html").read_text())
    assert run(capsys, *shlex.split(command)[1:], "-q")[0] == 0
    assert Path(MODEL).read_bytes() == first


def test_quantiles_are_reported_with_their_coverage(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The page says how many rows lie between the outer quantiles, and how many should."""
    write("a.csv", frame(120), "price")
    words = ["train", "a.csv", "-t", "price", "--recipe", "small", "--epochs", "3", "--quantiles", "0.1,0.5,0.9"]
    assert run(capsys, *words, "--report", "a.html", "-q")[0] == 0
    assert "of the rows lie between the quantiles 0.1 and 0.9 (80 % should)" in Path("a.html").read_text()
    report = TableModel.load(MODEL).report(part(frame(120), slice(None), *INPUTS, "price"))
    assert "pinball loss" in checked(report)


# ---- what is said of bad, new and unusual networks -------------------------------------------------------------------


def test_worse_than_the_constant_is_called_so() -> None:
    """A network that is surely worse than a constant has not "learned nothing beyond" it; nor is it praised for its classes alone."""
    rng = np.random.default_rng(0)
    y = rng.standard_normal(80)
    bad, good, same = (score_numbers(y, values, 1.0) for values in (y + 5.0, y + 0.01, np.full(80, y.mean())))
    assert verdict("the mean", bad, same)["sentence"] == "The network is worse than the mean, on 80 rows."
    assert verdict("the mean", bad, same, good)["sentence"].endswith("on 80 rows; the linear model is better.")
    assert verdict("the mean", bad, same, bad)["sentence"].endswith(
        "nor has the linear model; on 80 rows the network is worse."
    )
    assert verdict("the mean", same, same)["sentence"].startswith("The network has learned nothing beyond the mean")
    said = no_better_here("the mean", bad, {}, is_worse=True)
    assert said == "Here the network is worse than the mean, on 80 rows."
    codes = rng.integers(2, size=80)
    simple = score_classes(codes, np.zeros((80, 2)))
    sure = np.where(np.arange(80)[:, None] % 5 == 0, 50.0, -50.0) * (
        1 - 2 * np.eye(2)[codes]
    )  # 80 % right, far too sure
    assert verdict("no", score_classes(codes, sure), simple)["sentence"] == (
        "The network beats no. But its probabilities are worse than the frequencies of the classes (see the log loss)."
    )
    wrong = np.where(np.arange(80)[:, None] % 2 == 0, 50.0, -50.0) * (1 - 2 * np.eye(2)[codes])
    said = verdict("no", score_classes(codes, wrong), score_classes(codes, np.tile([0.1, 0.0], (80, 1))))["sentence"]
    assert said.startswith(
        "The network is right no more often than no, on 80 rows; and its probabilities are worse than"
    )


def test_a_better_linear_model_is_in_the_headline() -> None:
    """What the findings say of a linear model stands beside the praise, in reports that have no scores of one."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((200, 3))
    y = 5.0 + X[:, 0] + 0.1 * rng.standard_normal(200)
    model = MLPRegressor(scale_target=True, random_state=0, max_iter=60)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, y)
    assert "worse-than-linear" in [each["code"] for each in model.findings_.to_dict()["findings"]]
    said = model.report(X, y).facts["verdict"]["sentence"]
    assert said.endswith(" A linear model did better in training: see the finding worse-than-linear.")


def test_an_untrained_network_is_called_so() -> None:
    """Above the scores and among the limits; one that was trained, here or elsewhere, is not called untrained."""
    X, y = gn.datasets.moons(60, seed=0)
    net = gn.Network([gn.Dense(4), gn.Dense(2)], loss="cross_entropy", seed=0, input_shape=(2,))
    report = net.report(X, y)
    assert report.facts["limits"][0].startswith("Not trained: the network has the weights that it was built with.")
    assert "! Not trained" in str(report)
    assert "the network: not trained." in str(report)
    assert "Not trained" in checked(report)
    net.params[:] += 0.1
    assert "trained on these rows is not known here" in net.report(X, y).facts["limits"][0]
    net.fit(X, y, epochs=1)
    assert "ot trained" not in str(net.report(X, y))


def test_reports_of_few_rows_promise_no_intervals() -> None:
    """Under five rows there are none, and a class list of one is in the singular."""
    X, y = gn.datasets.moons(60, seed=0)
    net = gn.Network([gn.Dense(2)], loss="cross_entropy", seed=0)
    net.fit(X, y, epochs=1)
    text = str(net.report(X[:1], y[:1]))
    assert "- The scores are of 1 row: too few to say anything of other rows." in text
    assert "2 classes, the only one that occurs" in text
    assert "intervals" not in text


def test_the_text_says_why() -> None:
    """Beside each worst row stand its two largest reasons, and counting is said once, with values of four digits."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 3))
    net = gn.Network([gn.Dense(1)], loss="squared_error", seed=0)
    net.fit(X, X[:, 0], epochs=5, diagnose=False)
    report = net.report(X, 3 * X[:, 0], feature_names=["a", "b", "c"])
    text = str(report)
    assert "\nWorst rows, counted from 0\n" in text
    assert text.count("counted from 0") == 1
    assert (
        len(re.findall(r"^    mostly [abc] = -?\d\.\d{3,4} \([-+][\d.]+\), [abc] = \S+ \(\S+\)$", text, flags=re.M))
        == 3
    )
    page = checked(report)
    assert page.count("counted from 0") == 1
    for row in report.facts["single_rows"]:
        assert all(len(value.lstrip("-")) <= 7 for _, value, _ in row["why"]["reasons"])


def test_the_reason_is_for_the_class_that_is_named() -> None:
    """With one sigmoid output, too, the probability beside the reasons is that of the predicted class."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 2))
    net = gn.Network([gn.Dense(1)], loss="binary_cross_entropy", optimizer=gn.Adam(0.1), seed=0)
    net.fit(X, X[:, 0] > 0, epochs=5, diagnose=False)
    found = net.report(X, X[:, 0] > 0, class_names=["no", "yes"]).facts["single_rows"]
    assert {row["answer"] for row in found} == {"no", "yes"}
    for row in found:
        assert row["why"]["answer"] == pytest.approx(row["probability"], abs=1e-4)


def test_several_answers_for_a_row_are_reported() -> None:
    """Several numbers, several labels, quantiles and a spread have a constant beside them, intervals and worst rows."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((80, 3))
    Y = X[:, :2] * [1.0, 1000.0]
    cases: list[tuple[int, Any, Any, str, str]] = [
        (2, "squared_error", Y, "r2", "spread of the truth"),
        (2, "binary_cross_entropy", Y > 0, "accuracy", "rows that have it"),
        (3, gn.Quantile([0.1, 0.5, 0.9]), Y[:, 0], "pinball", "there should be"),
        (1, gn.Quantile([0.9]), Y[:, 0], "pinball", "there should be"),
        (6, gn.Quantile([0.1, 0.5, 0.9]), Y, "pinball", "there should be"),
        (2, "gaussian_nll", Y[:, 0], "rmse", "(90 % should)"),
    ]
    for units, loss, target, metric, words in cases:
        net = gn.Network([gn.Dense(units)], loss=loss, optimizer=gn.Adam(0.05), seed=0)
        net.fit(X, target, epochs=20, diagnose=False)
        report = net.report(X, target)
        page, text = checked(report), str(report)
        assert words in page
        assert words in text
        facts = report.facts
        low, high = facts["intervals"]["network"][metric]
        assert low <= facts["scores"]["network"][metric] <= high
        assert "always answering" in text
        assert facts["verdict"]["sentence"].startswith("The network ")
        assert len(facts["single_rows"]) == 7
    net = gn.Network([gn.Dense(2)], loss="squared_error", seed=0).build(3)
    net.params[:] = [1, 0, 0, 1000, 0, 0, 0, 0]
    facts = net.report(X, Y).facts
    assert facts["scores"]["network"] == {"r2": pytest.approx(1.0), "rmse_in_spreads": pytest.approx(0.0, abs=1e-6)}
    assert facts["outputs"]["rows"][1][3] == "1.000"


def test_perceptrons_report_in_their_labels_and_units() -> None:
    """Scores are those of `score`, reasons add up to the prediction in the target's units, and names are the frame's."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.standard_normal((90, 2)) * [1, 50] + [0, 2000], columns=["size", "year"])
    price = pd.Series(5000 + 1000 * X["size"], name="price")
    options: dict[str, Any] = {"scale_inputs": True, "random_state": 0, "max_iter": 5, "diagnose": False}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for labels in (np.where(X["size"] > 0, "Adelie", "Gentoo"), np.array(list("abc"))[rng.integers(3, size=90)]):
            for loss in ("log_loss", "binary_cross_entropy"):
                model: Any = MLPClassifier(loss=loss, **options).fit(X, labels)
                report = model.report(X, labels, name="held-out rows")
                assert "MLPClassifier on held-out rows" in checked(report)
                assert report.facts["scores"]["network"]["accuracy"] == pytest.approx(model.score(X, labels))
                assert report.facts["labels"] == sorted(set(labels.tolist()))
        model = MLPRegressor(scale_target=True, **options).fit(X, price)
        lbfgs = MLPRegressor(solver="lbfgs", **options | {"scale_target": True}).fit(X, price)
    report = model.report(X, price)
    checked(report)
    assert report.facts["scores"]["network"]["r2"] == pytest.approx(model.score(X, price))
    predicted = model.predict(X)
    for row in report.facts["single_rows"]:
        assert row["true"] == pytest.approx(price[row["index"]])
        assert row["answer"] == pytest.approx(predicted[row["index"]])
        assert row["why"]["answer"] == pytest.approx(row["answer"], rel=1e-4)
        total = sum(amount for *_, amount in row["why"]["reasons"])
        assert total == pytest.approx(row["why"]["answer"] - row["why"]["base"], abs=1.0)
        assert {name for name, *_ in row["why"]["reasons"]} == {"size", "year"}
    assert report.facts["importance"]["importance"][0]["mean"] > 20.0
    assert report.facts["target"] == "price"
    checked(lbfgs.report(X, price))
    bits = np.asarray(X.to_numpy() > [0.0, 2000.0], dtype=int)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = MLPClassifier(**options).fit(X, bits).report(X, bits)
    assert re.search("missed|wrongly", checked(found).lower())


# ---- verdicts ----------------------------------------------------------------------------------------------------


def _numbers(size: float, n: int = 40) -> Scores:
    """Return the scores of a model whose errors are of a size."""
    return Scores({"rmse": size}, None, size**2 * (1.0 + 0.01 * np.arange(n)))


def _classes(right: float, loss: float, n: int = 40) -> Scores:
    """Return the scores of a model that has a share of its rows right."""
    return Scores({"accuracy": right}, np.arange(n) < right * n, loss + 0.01 * np.arange(n))


@pytest.mark.parametrize(
    ("ours", "simple", "linear", "sentence"),
    [
        (_numbers(9.0), _numbers(1.0), None, "The network is worse than always answering 1, on 40 rows."),
        (_numbers(9.0), _numbers(1.0), _numbers(0.5), "The network is worse than always answering 1, on 40 rows; the linear model is better."),
        (_numbers(9.0), _numbers(1.0), _numbers(1.0), "The network has learned nothing beyond always answering 1, nor has the linear model; on 40 rows the network is worse."),
        (_numbers(1.0), _numbers(1.0), None, "The network has learned nothing beyond always answering 1, as far as 40 rows can tell."),
        (_classes(0.2, 2.0), _classes(0.5, 1.0), None, "The network is worse than always answering 1, on 40 rows."),
        (_classes(0.5, 2.0), _classes(0.5, 1.0), None, "The network is right no more often than always answering 1, on 40 rows; and its probabilities are worse than the frequencies of the classes (see the log loss)."),
        (_classes(0.5, 0.9), _classes(0.5, 1.0), None, "The network is right no more often than always answering 1, on 40 rows; but its probabilities say more (see the log loss)."),
        (_classes(0.9, 2.0), _classes(0.5, 1.0), None, "The network beats always answering 1. But its probabilities are worse than the frequencies of the classes (see the log loss)."),
        (_classes(0.9, 0.5), _classes(0.5, 1.0), None, "The network beats always answering 1."),
    ],
)  # fmt: skip
def test_a_verdict_says_what_is_worse(ours: Scores, simple: Scores, linear: Scores | None, sentence: str) -> None:
    """Worse than the constant is no "nothing learned", and praise of the accuracy does not hide a worse log loss."""
    ours = Scores(
        ours.values, ours.right, ours.loss + 1e-3 * (-1.0) ** np.arange(40)
    )  # the gains differ from row to row
    assert verdict("always answering 1", ours, simple, linear)["sentence"] == sentence


def test_a_verdict_names_the_linear_model_of_the_findings() -> None:
    """Where the scores have no linear model, praise says that training found one to be better; a note is not enough."""
    found = verdict("always answering 1", _numbers(0.5), _numbers(1.0))
    warned = [{"code": "worse-than-linear", "severity": "warning"}]
    said = "The network beats always answering 1. A linear model did better in training: see the finding worse-than-linear."
    assert beside_findings(found, warned)["sentence"] == said
    assert beside_findings(found, [{"code": "worse-than-linear", "severity": "note"}]) == found
    beside = verdict("always answering 1", _numbers(0.5), _numbers(1.0), _numbers(0.4))
    assert beside_findings(beside, warned) == beside


@pytest.mark.filterwarnings("ignore")
def test_the_report_of_a_network_names_the_linear_model() -> None:
    """Celsius to Fahrenheit, unscaled: the verdict does not praise what the finding below blames; importance is an RMSE."""
    celsius = np.random.default_rng(0).uniform(-20.0, 40.0, (300, 1))
    net = gn.Network([gn.Dense(8, "relu"), gn.Dense(1)], loss="squared_error", optimizer=gn.Adam(0.01), seed=0)
    net.fit(celsius, celsius[:, 0] * 1.8 + 32.0, epochs=30, validation_split=0.2)
    facts = net.report(celsius, celsius[:, 0] * 1.8 + 32.0).facts
    assert "worse-than-linear" in [each["code"] for each in facts["findings"]]
    assert "A linear model did better in training" in facts["verdict"]["sentence"]
    assert facts["importance"]["metric"] == "rmse"
    assert facts["importance"]["score"] == pytest.approx(facts["scores"]["network"]["rmse"], rel=1e-4)


def test_importance_in_the_report_of_a_network_is_of_its_scores() -> None:
    """With smoothed labels it starts from the log loss of the report, not from the loss of the training."""
    X, y = gn.datasets.moons(120)
    net = gn.Network([gn.Dense(8, "relu"), gn.Dense(2)], loss=gn.SoftmaxCrossEntropy(label_smoothing=0.3), seed=0)
    net.fit(X, y, epochs=5, diagnose=False)
    facts = net.report(X, y).facts
    assert facts["importance"]["metric"] == "log_loss"
    assert facts["importance"]["score"] == pytest.approx(facts["scores"]["network"]["log_loss"], rel=1e-4)
