"""``glassnet compare``: the leaderboard, its ranges of chance, the trees of other libraries, and what people get wrong."""

from __future__ import annotations

import json
import math
import re
import signal
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from glassnet.cli.comparing import boosting
from glassnet.cli.comparing.boosting import BOOSTING, Boosting, Fitted, TreeInputs, fit_boosting
from glassnet.cli.comparing.chance import BEST, EVEN, WORSE, Answers, ranges_of_chance
from glassnet.cli.comparing.compare_job import compare_models
from glassnet.cli.comparing.compare_options import CompareOptions
from glassnet.cli.comparing.leaderboard_text import print_leaderboard
from glassnet.cli.comparing.race import Entry, Skipped
from glassnet.cli.training.observers import Watcher
from glassnet.cli.training.progress_lines import ProgressLines
from glassnet.tabular import TableEncoder, TableModel, read_table, to_table
from glassnet.tabular.fitting.options import Rows
from glassnet.tabular.reading.frames import column_from_values
from glassnet.training import Callback, Run

pytest.importorskip("typer")
pytest.importorskip("sklearn")

Call = Callable[..., tuple[int, str, str]]
MODEL = "model.safetensors"
FAST = ("--epochs", "2", "--max-seconds", "100")


def write_rows(path: str, n: int = 120, classes: int = 2) -> str:
    """Write a table with numbers, categories, dates, text, missing values, and names that LightGBM does not take."""
    rng = np.random.default_rng(5)
    lines = ['"size [cm], {x}:",town,when,note,member,y,kind']
    for i in range(n):
        size, town = rng.normal(), int(rng.integers(5))
        shown = "" if i % 9 == 4 else f"{size:.3f}"
        kind = int(2 * size + town + rng.normal(0, 0.3)) % classes
        where = "" if i % 11 == 3 else f"town {town}"
        lines.append(
            f"{shown},{where},202{i % 4}-0{1 + i % 9}-11,a note number {i},{i % 2 == 0},{size + town:.3f},k{kind}"
        )
    Path(path).write_text("\n".join(lines) + "\n")
    return path


def compared(run: Call, *words: str) -> dict[str, Any]:
    """Return the result of a comparison as JSON."""
    code, out, err = run("compare", *words, "--json", "--quiet")
    assert (code, err) == (0, "")
    result: dict[str, Any] = json.loads(out)
    return result


# ---- the leaderboard ------------------------------------------------------------------------------------------------


def test_a_leaderboard_has_all_models_and_keeps_the_best_of_ours(run: Call) -> None:
    """Sorted by the test score, the constant last; the model of the best validation score is saved as train saves it."""
    result = compared(run, "penguins", "species", "--recipes", "plain,small,histgb", *FAST)
    rows = {row["name"]: row for row in result["models"]}
    assert list(rows)[-1] == "constant"
    assert set(rows) == {"plain", "small", "histgb", "linear", "constant"}
    scores = [row["score"] for row in result["models"]]
    assert scores == sorted(scores, reverse=True)
    assert result["models"][0]["to_best"] == BEST
    assert rows["constant"]["to_best"] == WORSE
    ours = [row for row in result["models"] if row["validation"] is not None]
    assert {row["name"] for row in ours} == {"plain", "small", "linear"}
    assert rows[result["chosen"]]["validation"] == max(row["validation"] for row in ours)
    assert [row["name"] for row in ours if row["chosen"]] == [result["chosen"]]
    assert all(row["seconds"] > 0 and row["bytes"] > 1000 for name, row in rows.items() if name != "constant")
    assert rows["histgb"]["trained_on"] == "training and validation rows"
    table = read_table_of("penguins")
    model = TableModel.load(MODEL)
    assert len(model.predict(table)) == len(table)
    notes = model.network.metadata["training"]
    assert notes["scores"]["network"]["accuracy"] == pytest.approx(rows[result["chosen"]]["scores"]["accuracy"])
    code, out, _ = run("show", MODEL)
    assert code == 0
    assert "Scores at training" in out


def read_table_of(name: str) -> Any:
    """Return a bundled table."""
    from glassnet.datasets import dataset_path

    return read_table(dataset_path(name))


def test_a_regression_is_ranked_in_the_units_of_its_target(run: Call) -> None:
    """The smallest RMSE first, with MAE beside it; trees predict numbers in the same units."""
    result = compared(run, write_rows("rows.csv"), "y", "--recipes", "plain,histgb", "--drop", "kind", *FAST)
    scores = [row["score"] for row in result["models"]]
    assert result["metric"] == "rmse"
    assert scores == sorted(scores[:-1]) + scores[-1:]
    trees = next(row for row in result["models"] if row["name"] == "histgb")
    assert trees["score"] < result["models"][-1]["score"]
    assert all(low <= row["score"] <= high for row in result["models"] for low, high in [row["range"]])


def test_the_leaderboard_fits_the_terminal(run: Call, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """At any width it has name, score, range of chance and distance to the best; lines of progress go to stderr."""
    monkeypatch.setenv("COLUMNS", "80")
    code, out, err = run("compare", "penguins", "species", "--recipes", "histgb", *FAST)
    assert code == 0
    assert re.fullmatch(
        r"linear model: accuracy 0\.\d+ on the test rows, \d+(\.\d)? s\n"
        r"HistGradientBoosting: accuracy 0\.\d+ on the test rows, \d+(\.\d)? s\n", err
    )  # fmt: skip
    _, result = compare_models(CompareOptions("penguins", "species", recipes=("histgb",), epochs=2))
    shown = {"80": out}
    for width in ("60", "120"):
        monkeypatch.setenv("COLUMNS", width)
        print_leaderboard(result)
        shown[width] = capsys.readouterr().out
    for width, text in shown.items():
        assert max(map(len, text.splitlines())) <= int(width)
        assert "within chance" in text
        assert re.search(r"linear model \*? +0\.\d{3}  0\.\d{3} to \d\.\d{3}", text)
        assert "always answering" in text
        assert "the best of our models by its validation accuracy" in " ".join(text.split())


def test_what_there_is_no_time_for_is_listed(run: Call) -> None:
    """Within a second the linear model is trained; every recipe that does not fit is named with its estimate."""
    code, out, _ = run("compare", "penguins", "species", "--max-seconds", "1")
    text = " ".join(out.split())
    assert code == 0
    assert "linear model" in text
    for name in ("realmlp", "small", "tabm", "tabm-mini"):
        assert re.search(rf"Not trained: {name}, it takes about \d+(\.\d)? (s|min|h) \(--max-seconds\)\.", text)
    assert "Not trained: fast, the same as realmlp for so few rows." in text


def test_the_leaderboard_is_one_page(run: Call) -> None:
    """--report writes a page that loads nothing: models, ranges, what was kept and why, and the command to repeat."""
    Path("p <b>.csv").write_text(
        "x,y\n" + "".join(f"{i * 7 % 11},{'<i>' if i % 11 > 3 else 'b'}\n" for i in range(110))
    )
    code, out, _ = run("compare", "p <b>.csv", "y", "--recipes", "histgb,plain", "--report", "page.html", *FAST)
    page = Path("page.html").read_text()
    assert code == 0
    assert "Page: page.html." in " ".join(out.split())
    assert not re.search(r"<script|<link|src=|https?:", page)
    assert "<b>.csv" not in page
    assert "&lt;i&gt;" in page
    assert page.count('class="range"') == 4
    for words in ("HistGradientBoosting", "linear model", "To train the kept model again", "glassnet train"):
        assert words in page
    code, _, err = run("compare", "penguins", "species", "--report", "page.txt")
    assert code == 2
    assert err.startswith("glassnet compare: --report")


def test_train_points_to_compare(run: Call) -> None:
    """``train --recipe all`` says which command trains all."""
    code, out, err = run("train", "penguins", "species", "--recipe", "all")
    advice = "To train all recipes and rank them: glassnet compare DATA TARGET"
    assert (code, out) == (2, "")
    assert err == f"glassnet train: --recipe is 'all'; it must name one recipe. {advice}\n"


# ---- chance ---------------------------------------------------------------------------------------------------------


def logs(right: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the logarithms of probabilities of 0.9 for the true class where an answer is right, else for the other."""
    said = np.where(right, truth, 1 - truth)
    return np.log(np.where(np.arange(2) == said[:, None], 0.9, 0.1))


def test_a_perfect_score_on_few_rows_is_not_certain() -> None:
    """All of 20 rows right is a range from 0.84, although every resample is all right too."""
    truth = np.arange(20) % 2
    found = ranges_of_chance({"a": Answers(truth, logs(np.ones(20, bool), truth))}, "accuracy", "a")["a"]
    assert (round(found.low, 3), found.high) == (0.839, 1.0)
    assert found.against_best == BEST


def test_clear_differences_are_told_from_chance(rng: np.random.Generator) -> None:
    """90 % against 60 % of 300 rows is worse; 90 % against 88 % is within chance, by every metric."""
    truth = rng.integers(2, size=300)
    share = rng.random(300)
    answers = {name: Answers(truth, logs(share < part, truth)) for name, part in (("a", 0.9), ("b", 0.88), ("c", 0.6))}
    answers["b"] = Answers(truth, logs(rng.random(300) < 0.89, truth))
    for metric in ("accuracy", "log_loss", "balanced_accuracy", "f1", "brier", "auc"):
        found = ranges_of_chance(answers, metric, "a")
        assert (found["b"].against_best, found["c"].against_best) == (EVEN, WORSE), metric
        value = answers["a"].value(metric)
        assert found["a"].low < value < found["a"].high
        difference = found["c"].difference
        assert difference is not None
        assert difference[0] > 0


def test_rows_of_one_group_count_as_one(rng: np.random.Generator) -> None:
    """With 10 groups of 30 equal rows the range is as wide as for 10 rows, not for 300."""
    groups = np.repeat(np.arange(10), 30)
    truth = np.repeat(np.arange(10) % 2, 30)
    right = np.repeat(np.arange(10) < 7, 30)
    answers = {"a": Answers(truth, logs(right, truth))}
    alone = ranges_of_chance(answers, "accuracy", "a")["a"]
    grouped = ranges_of_chance(answers, "accuracy", "a", groups)["a"]
    assert grouped.high - grouped.low > 3 * (alone.high - alone.low)


def test_ranges_of_a_regression_are_in_units_and_repeat(rng: np.random.Generator) -> None:
    """The range of an RMSE holds its value, is in the target's units, and is the same for the same seed."""
    truth = 1000 * rng.normal(size=200)
    answers = {"a": Answers(truth, truth + 100 * rng.normal(size=200), 1000.0)}
    found, again = (ranges_of_chance(answers, "rmse", "a", seed=3)["a"] for _ in range(2))
    assert found == again
    assert 80 < found.low < answers["a"].value("rmse") < found.high < 120
    assert ranges_of_chance(answers, "r2", "a")["a"].high <= 1.0


def test_a_score_that_is_not_defined_has_no_range() -> None:
    """The AUC of rows of one class is not defined, and JSON says null."""
    truth = np.zeros(5, dtype=int)
    found = ranges_of_chance({"a": Answers(truth, logs(truth == 0, truth))}, "auc", "a")["a"]
    assert math.isnan(found.low)
    assert found.to_dict()["range"] == [None, None]


# ---- trees ----------------------------------------------------------------------------------------------------------


def test_trees_get_categories_missing_values_and_dates() -> None:
    """Categories are numbered by frequency, unknown and missing ones NaN; numbers are as they are, dates as features."""
    frame = {
        "size": [1.0, None, 3.0, 4.0], "town": ["b", "a", "b", None],
        "when": ["2020-01-01", "2021-05-03", "2022-09-09", "2020-02-02"], "yes": [True, False, True, False],
    }  # fmt: skip
    table = to_table(frame)
    encoder = TableEncoder().fit(table)
    inputs = TreeInputs(encoder, table)
    X = inputs.transform(table)
    place = inputs.categories[0]
    assert np.isnan(X[:, 0]).tolist() == [False, True, False, False]
    assert X[0, 0] == 1.0
    assert X[:3, place].tolist() == [0.0, 1.0, 0.0]
    assert np.isnan(X[3, place])
    other = inputs.transform(to_table({**frame, "town": ["new", "a", "b", "b"]}))
    assert np.isnan(other[0, place])


def test_more_categories_than_trees_take_share_a_number() -> None:
    """Of 400 categories the rarest share the last of 255 numbers."""
    names = [f"c{i:03d}" for i in range(400) for _ in range(2 if i < 200 else 1)]
    table = to_table({"name": names, "x": np.arange(600.0) % 7})
    inputs = TreeInputs(TableEncoder().fit(table), table)
    X = inputs.transform(table)
    assert inputs.categories
    codes = X[:, inputs.categories[0]]
    assert codes.max() == 254
    assert np.count_nonzero(codes == 254) == 400 - 254


@pytest.mark.parametrize("name", ["histgb", "lightgbm"])
def test_trees_answer_for_classes_without_training_rows(name: str) -> None:
    """A class that no training row has gets a small probability and not 0, so that the log loss is finite."""
    pytest.importorskip(BOOSTING[name].package)
    rng = np.random.default_rng(0)
    x = rng.normal(size=100)
    table = to_table({"x": x})
    codes = np.where(x > 0, 2, 0)
    inputs = TreeInputs(TableEncoder().fit(table), table)
    train = Rows(table, column_from_values("y", codes.tolist()))
    found = fit_boosting(BOOSTING[name], inputs, train, codes, table, 3, 0, 100.0)
    assert isinstance(found, Fitted)
    assert found.given.shape == (100, 3)
    assert np.isfinite(found.given).all()
    assert (found.given[:, 1] < -10).all()
    assert (found.given.argmax(axis=1) == codes).mean() > 0.9
    assert found.size > 1000


def test_large_trees_are_timed_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a table is large, a few rounds tell how long all take; there is no training if that is too long."""
    monkeypatch.setattr(boosting, "_LARGE", 10)
    table = to_table({"x": np.arange(50.0)})
    train = Rows(table, column_from_values("y", np.arange(50.0).tolist()))
    inputs = TreeInputs(TableEncoder().fit(table), table)
    needed = fit_boosting(BOOSTING["histgb"], inputs, train, np.arange(50.0), table, 0, 0, 0.0)
    assert isinstance(needed, float)
    assert needed > 0


def test_lightgbm_takes_odd_names_and_every_kind_of_column(run: Call) -> None:
    """Names with brackets and braces, missing values, dates, truths and text: both libraries are compared."""
    pytest.importorskip("lightgbm")
    words = ("--recipes", "histgb,lightgbm", "--drop", "y", *FAST)
    result = compared(run, write_rows("rows.csv"), "kind", *words)
    assert result["not_trained"] == []
    assert {row["name"] for row in result["models"]} == {"linear", "histgb", "lightgbm", "constant"}


def test_a_library_that_is_not_installed_is_named(run: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is listed with the line that installs it."""
    gone = Boosting("LightGBM", "no_such_package", "lightgbm", BOOSTING["lightgbm"].make)
    monkeypatch.setitem(BOOSTING, "lightgbm", gone)
    code, out, err = run("compare", write_rows("rows.csv", 60), "kind", "--recipes", "lightgbm", *FAST)
    line = "Not trained: LightGBM, not installed: pip install lightgbm."
    assert code == 0
    assert line in out
    assert line in err


def test_trees_that_fail_do_not_cost_the_comparison(run: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever another library raises, the other models are compared, and its first line is shown."""

    def fails(*given: Any) -> Any:
        message = "no luck\nsecond line"
        raise RuntimeError(message)

    monkeypatch.setitem(BOOSTING, "histgb", BOOSTING["histgb"]._replace(make=fails))
    result = compared(run, write_rows("rows.csv", 60), "kind", "--recipes", "histgb", *FAST)
    assert result["not_trained"][0]["why"] == "failed: RuntimeError: no luck"
    assert result["models"][0]["name"] == "linear"


def test_if_trees_win_it_is_said_and_ours_is_kept(run: Call) -> None:
    """A step function that trees learn at once: the verdict names them, and the file holds our best model."""
    rng = np.random.default_rng(1)
    x = rng.uniform(0, 40, 400)
    Path("steps.csv").write_text("x,y\n" + "".join(f"{v},{int(v) * 37 % 11}.5\n" for v in x))
    result = compared(run, "steps.csv", "y", "--task", "regression", "--recipes", "histgb,plain", "--epochs", "2")
    assert result["best"] == "histgb"
    assert result["chosen"] in ("linear", "plain")
    kept = "the linear model" if result["chosen"] == "linear" else "plain"
    sentence = f"HistGradientBoosting has the best test score; {kept}, the best of our models by its validation score, is worse beyond chance."
    assert result["verdict"] == sentence
    assert TableModel.load(MODEL).target.name == "y"


# ---- hostile tables -------------------------------------------------------------------------------------------------


def test_a_class_only_in_the_test_rows(run: Call) -> None:
    """The scores are finite, and the split says that the class had no training row."""
    rows = [
        f"{i},{'abc'[2 if i >= 95 else i % 2]},{'test' if i >= 80 else 'valid' if i >= 60 else 'train'}"
        for i in range(100)
    ]
    Path("split.csv").write_text("x,y,part\n" + "\n".join(rows) + "\n")
    result = compared(run, "split.csv", "y", "--split", "part", "--recipes", "histgb,plain", *FAST)
    assert result["rows"] == {"read": 100, "training": 60, "validation": 20, "test": 20}
    assert all(math.isfinite(row["scores"]["log_loss"]) for row in result["models"])


def test_thirty_classes(run: Call) -> None:
    """Thirty classes, some with a handful of rows, are compared."""
    result = compared(run, write_rows("many.csv", 200, 30), "kind", "--drop", "y", "--recipes", "histgb", *FAST)
    assert len(result["labels"]) > 6
    assert result["not_trained"] == []


def test_groups_are_kept_together_and_resampled(run: Call) -> None:
    """With --group the test rows are whole groups, and so are the resamples."""
    Path("people.csv").write_text(
        "x,who,y\n" + "".join(f"{i * 7 % 13},p{i // 6},{'ab'[i // 6 % 2]}\n" for i in range(180))
    )
    result = compared(run, "people.csv", "y", "--group", "who", "--recipes", "histgb", *FAST)
    assert result["split"]["by"] == "group"
    low, high = result["models"][0]["range"]
    n, groups = result["judged_rows"], result["split"]["groups"]["test"]
    assert groups < n / 5
    assert high - low > 0


def test_options_of_train_are_taken(run: Call) -> None:
    """A share in percent, a metric and a seed; lines of progress have the metric that models are ranked by."""
    words = ("--test", "30%", "--validation", "0.2", "--recipes", "histgb", "--metric", "log_loss", "--seed", "3")
    code, out, err = run("compare", "penguins", "--target", "species", *words, "--json", *FAST)
    result = json.loads(out)
    assert code == 0
    assert result["rows"]["test"] == 103
    assert result["metric"] == "log_loss"
    scores = [row["score"] for row in result["models"][:-1]]
    assert scores == sorted(scores)
    assert re.search(r"^linear model: log loss 0\.\d+ on the test rows", err)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--recipes", "realmpl"), "--recipes names 'realmpl', which is none of the models. Did you mean 'realmlp'?"),
        (("--recipes", ","), "--recipes names no model; it must name one at least. The models are realmlp, fast, small, "
         "tabm, tabm-mini, plain, histgb, lightgbm."),
        (("--test", "0"), "--test is 0; models are compared on rows that none was trained on. Leave it out, or pass a "
         "share such as 0.2."),
        (("--quantiles", "0.1,0.9"), "unknown option --quantiles. See: glassnet compare --help"),
        (("--max-seconds", "0"), "--max-seconds is 0; it must be a finite number above 0."),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_refused(run: Call, words: tuple[str, ...], sentence: str) -> None:
    """The fact, then the rule, then what to do; nothing is read or written."""
    code, out, err = run("compare", "penguins", "species", *words)
    assert (code, out) == (2, "")
    assert err == f"glassnet compare: {sentence}\n"
    assert not Path(MODEL).exists()


def test_a_column_of_parts_must_name_test_rows(run: Call) -> None:
    """With --split there must be rows to compare on."""
    rows = [f"{i},{'ab'[i % 2]},{'valid' if i >= 60 else 'train'}" for i in range(100)]
    Path("split.csv").write_text("x,y,part\n" + "\n".join(rows) + "\n")
    code, out, err = run("compare", "split.csv", "y", "--split", "part")
    assert (code, out) == (2, "")
    fact = "there are no test rows; models are compared on rows that none was trained on"
    assert err == f"glassnet compare: {fact}. Name some in the column of --split, or leave it out.\n"


@pytest.mark.parametrize("command", ["compare", "tune"])
def test_several_files_are_refused(run: Call, command: str) -> None:
    """A folder of Parquet files is read in parts by ``train`` only, and the sentence says so."""
    Path("parts").mkdir()
    Path("parts/a.parquet").write_bytes(b"PAR1")
    code, out, err = run(command, "parts", "y")
    assert (code, out) == (2, "")
    advice = "Name one of them, or train a model on all: glassnet train"
    assert err == f"glassnet {command}: 'parts' has several files; {command} reads one, as a whole. {advice}\n"


# ---- progress -------------------------------------------------------------------------------------------------------


def test_lines_of_progress_name_each_model_and_count_it_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    """The second of two trainings begins at its own 0 %, under its own name."""
    clock = iter(range(0, 1000, 5))
    lines = ProgressLines(now=lambda: float(next(clock)))
    for name in ("fast", "realmlp"):
        lines.model(name)
        lines.facts({"networks": 1})
        network, history = SimpleNamespace(members=None), SimpleNamespace(columns={"loss": [1.0]})
        run: Any = SimpleNamespace(network=network, history=history, fraction=0.0, epoch=0, target_epochs=10)
        lines.begin(run)
        run.fraction, run.epoch = 0.5, 5
        lines.watch(run)
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(" of 10")[0] for line in said] == ["fast:  50%  epoch 5", "realmlp:  50%  epoch 5"]


# ---- Ctrl-C ---------------------------------------------------------------------------------------------------------


class _Presses(Watcher):
    """Presses Ctrl-C in a step of the training of a network."""

    def callbacks(self, model: str) -> list[Callback]:
        class Press(Callback):
            is_done = False

            def on_step_end(self, run: Run[Any]) -> None:
                if model == "network" and run.epoch >= 1 and not self.is_done:
                    self.is_done = True
                    signal.raise_signal(signal.SIGINT)

        return [Press()]


def test_ctrl_c_keeps_what_was_done(run: Call, capsys: pytest.CaptureFixture[str]) -> None:
    """The models until then are compared, that which was interrupted too, and the best is saved."""
    said: list[Entry | Skipped] = []
    options = CompareOptions("penguins", "species", recipes=("plain", "small"), max_seconds=100.0)
    model, result = compare_models(options, _Presses(), said.append)
    assert result["interrupted_by"] == "Ctrl-C"
    assert [entry.name for entry in said] == ["linear", "plain"]
    assert {row["name"] for row in result["models"]} == {"constant", "linear", "plain"}
    note = next(row["note"] for row in result["models"] if row["name"] == "plain")
    assert re.fullmatch(r"interrupted after epoch \d+ of \d+", note)
    assert Path(MODEL).exists()
    assert model.target.name == "species"
    print_leaderboard(result)
    assert "plain: interrupted after epoch" in capsys.readouterr().out


def test_ctrl_c_in_another_library_ends_the_comparison(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Trees cannot be asked to stop: the signal raises there, and what was trained before is kept."""

    def pressed(*given: Any) -> Any:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(BOOSTING, "histgb", BOOSTING["histgb"]._replace(make=pressed))
    options = CompareOptions(write_rows("rows.csv", 60), "kind", recipes=("histgb", "small"), max_seconds=100.0)
    _, result = compare_models(options)
    assert result["interrupted_by"] == "Ctrl-C"
    assert [row["name"] for row in result["models"]] == ["linear", "constant"]
    assert Path(MODEL).exists()
