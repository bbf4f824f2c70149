"""``glassnet train`` with the published recipes: each from its training to every use of its file."""

from __future__ import annotations

import csv
import io
import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.cli.app import main
from glassnet.cli.training.observers import Watcher
from glassnet.cli.training.train_job import train
from glassnet.cli.training.train_options import TrainOptions
from glassnet.errors import TableWarning
from glassnet.tabular import TableModel, read_table
from glassnet.tabular.averaged import log_probabilities
from glassnet.tabular.fitting.fit import FitOptions, Trained, fit_table
from glassnet.tabular.fitting.recipes import RECIPES
from glassnet.training import Callback, Run

pytest.importorskip("typer")

Call = Callable[..., tuple[int, str, str]]
CLASSES, NUMBERS = ("rows.csv", "-t", "kind"), ("rows.csv", "-t", "size")
MODEL = "model.safetensors"


@pytest.fixture
def run(run: Call, tmp_path: Path) -> Call:
    """Return a function that runs a command in this process, in a folder with a table: exit code, stdout, stderr."""
    write_rows(tmp_path / "rows.csv")
    return run


def write_rows(path: Path) -> None:
    """Write a table with numbers, dates, true and false, few and many categories, and missing values."""
    rng = np.random.default_rng(11)
    lines = ["size,width,when,town,shape,new,kind"]
    for i in range(90):
        width, town = rng.normal(), int(rng.integers(12))
        size = 3 * width + town + 0.1 * rng.normal()
        shown = "" if i % 9 == 4 else f"{width:.3f}"
        shape, new = "abc"[int(rng.integers(3))], str(bool(rng.integers(2))).lower()
        when = f"202{i % 4}-0{1 + i % 9}-11"
        lines.append(f"{size:.3f},{shown},{when},town {town},{shape},{new},{'small' if size < 5 else 'large'}")
    path.write_text("\n".join(lines))


def trained(run: Call, *words: str) -> dict[str, Any]:
    """Return the result of a training as JSON."""
    code, out, err = run("train", *words, "--json")
    assert (code, err) == (0, "")
    result: dict[str, Any] = json.loads(out)
    return result


# ---- each recipe ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("recipe", "data"),
    [("realmlp", CLASSES), ("realmlp", NUMBERS), ("small", NUMBERS), ("tabm", CLASSES), ("tabm-mini", NUMBERS)],
)
def test_a_recipe_is_trained_reported_saved_and_used(run: Call, recipe: str, data: tuple[str, ...]) -> None:
    """The report names the recipe and its coding; its file goes through predict, evaluate, show and explain."""
    code, out, err = run("train", *data, "--recipe", recipe, "--epochs", "2")
    assert (code, err) == (0, "")
    coding = "robust scale: median" if recipe in ("realmlp", "small") else "ranks as normal quantiles: median"
    towns = "learned vectors: 12 categories" if recipe == "realmlp" else "one-hot, 12 categories"
    by = "accuracy" if data == CLASSES else "RMSE"
    for piece in (RECIPES[recipe].title, coding, towns, "linear model", f" by {by}\n"):
        assert piece in out
    assert re.search(rf"\b{recipe} (about )?[\d.]+ \w+ \(this one(; at most [^)]+)?\)", out)
    assert max(map(len, out.splitlines())) <= 80
    model, table = TableModel.load(MODEL), read_table("rows.csv")
    code, out, _ = run("predict", MODEL, "rows.csv")
    answers, expected = out.splitlines()[1:], model.predict(table).tolist()
    assert code == 0
    assert (answers if data == CLASSES else [*map(float, answers)]) == (
        expected if data == CLASSES else pytest.approx(expected, abs=1e-5)
    )
    scores = json.loads(run("evaluate", MODEL, "rows.csv", "--json")[1])["scores"]["network"]
    with pytest.warns(TableWarning, match=r"64 % of these rows were trained on"):
        ours = model.evaluate(table)
    assert {name: scores["log_loss" if name == "loss" else name] for name in ours} == pytest.approx(ours, rel=1e-4)
    code, out, _ = run("show", MODEL)
    assert code == 0
    assert f"recipe {recipe}, batch " in out
    assert RECIPES[recipe].title in out
    code, out, _ = run("explain", MODEL, "rows.csv", "--row", "2", "--step")
    assert code == 0
    assert "(all columns) = " in out
    assert "One training step:" in out


def test_realmlp_is_the_default(run: Call) -> None:
    """Without options it is RealMLP; an option of the plain network implies that one, and the report says so."""
    assert trained(run, *CLASSES, "--epochs", "1")["network"] == {
        "recipe": "realmlp",
        "networks": 1,
        "parameters": TableModel.load(MODEL).network.n_parameters,
        "title": "RealMLP with its tuned defaults",
        "ensemble": 1,
        "folds": None,
        "quantiles": None,
    }
    for words in (["--layers", "8"], ["--rate", "0.01"], ["--dropout", "0.1"], ["--patience", "3"]):
        _, out, _ = run("train", *CLASSES, *words, "--epochs", "1")
        assert re.search(
            rf"^Recipe           plain \(because of {words[0]}; the default is realmlp\)$", out, re.MULTILINE
        )
        assert re.search(r"^  network \S+ silu ", out, re.MULTILINE)
        assert "Recipes here" not in out
    _, out, _ = run("train", *CLASSES, "--recipe", "plain", "--epochs", "1")
    assert "  network 64-64 silu " in out
    assert "which" not in out.partition("Rows")[2]


def test_the_recipe_that_trained_took_what_it_took(run: Call) -> None:
    """The report has one time for the training, and the others corrected by how far the estimate was off."""
    _, out, _ = run("train", *CLASSES, "--recipe", "fast", "--epochs", "3")
    took = re.search(r"^Training +3 epochs in ([\d.]+ s)", out, re.MULTILINE)
    assert took is not None
    line = re.search(r"^Recipes here +realmlp about ([\d.]+ s), fast ([\d.]+ s) \(this one\), small", out, re.MULTILINE)
    assert line is not None, out
    assert line[1] == line[2] == took[1]
    result = trained(run, *CLASSES, "--recipe", "fast", "--epochs", "3")
    assert result["recipes"][0]["seconds"] == pytest.approx(result["recipes"][1]["took"], rel=0.02)
    _, out, _ = run("train", *CLASSES, "--recipe", "fast", "--max-seconds", "0.2")
    assert "s (this one" in out


def test_an_old_file_is_named_where_it_was(run: Call) -> None:
    """What was overwritten is said of the model's file."""
    for end in ("", ", overwrote the old file"):
        _, out, _ = run("train", *CLASSES, "--epochs", "1")
        assert re.search(rf"^Model +{MODEL}{end}$", out, re.MULTILINE)
        assert re.search(r"^Size .* kB$", out, re.MULTILINE)


def test_json_says_how_long_each_recipe_takes(run: Call) -> None:
    """For each recipe the seconds, with all epochs too, and which was chosen; --quiet times nothing."""
    result = trained(run, *CLASSES, "--recipe", "small", "--epochs", "3")
    assert [found["recipe"] for found in result["recipes"]] == [*RECIPES]
    assert [found["recipe"] for found in result["recipes"] if found["chosen"]] == ["small"]
    assert all(0.0 < found["seconds"] <= found["at_most"] for found in result["recipes"])
    assert (result["training"]["epochs"], result["training"]["most_epochs"]) == (3, 3)
    assert TableModel.load(MODEL).network.metadata["training"].keys().isdisjoint(["recipes"])
    options = TrainOptions("rows.csv", "kind", out=None, epochs=1, estimates=False)
    assert train(options)[1]["recipes"] == []


def test_recipes_with_patience_end_by_themselves(run: Call) -> None:
    """TabM says what it usually takes and what it takes at most, and why it ended."""
    _, out, _ = run("train", *CLASSES, "--recipe", "tabm-mini", "--drop", "town", "--drop", "when")
    assert re.search(r"tabm-mini [\d.:]+( s)? \(this one; at most \S+ (s|min|h)\)", out)
    assert "stopped after 17 epochs without improvement" in " ".join(out.split())


@pytest.mark.parametrize("metric", ["accuracy", "log_loss"])
def test_the_metric_chooses_the_epoch(run: Call, metric: str) -> None:
    """The best epoch is that of the metric; labels are smoothed all the same."""
    result = trained(run, *CLASSES, "--metric", metric, "--epochs", "6")
    values = result["history"][f"valid_{metric}"]
    best = max(values) if metric == "accuracy" else min(values)
    assert values[result["training"]["best_epoch"] - 1] == best
    assert result["training"]["metric"] == metric
    assert TableModel.load(MODEL).network.loss.label_smoothing == 0.1


def test_label_smoothing(run: Call) -> None:
    """--label-smoothing 0 switches it off; numbers have none."""
    trained(run, *CLASSES, "--label-smoothing", "0", "--epochs", "1")
    assert TableModel.load(MODEL).network.loss.label_smoothing == 0.0
    code, _, err = run("train", *NUMBERS, "--label-smoothing", "0.1")
    assert (code, "'size' has numbers; --label-smoothing needs classes" in err) == (2, True)


def test_calibration_is_reported(run: Call) -> None:
    """JSON has the temperature, the errors before and after, and those of the test rows; evaluate and the page say them."""
    result = trained(run, "penguins", "-t", "species", "--epochs", "8", "--report", "report.html")
    found = result["calibration"]
    assert found["sentence"] == str(TableModel.load(MODEL).calibration)
    assert found["n_rows"] == result["rows"]["validation"]
    assert found["temperature"] != 1.0
    error = sum(share * abs(sure - right) for sure, right, share in result["reliability"]["bins"])
    assert result["reliability"]["error"] == pytest.approx(error)
    _, out, _ = run("evaluate", MODEL, "penguins")
    words = " ".join(out.split())
    assert (
        f"Probabilities temperature {found['temperature']:.2f} fitted on 55 held-out rows; calibration error" in words
    )
    assert "on the scored rows 0." in words
    page = Path("report.html").read_text()
    assert f"Probabilities: temperature {found['temperature']:.2f} fitted on 55 held-out rows" in page
    assert "confidence after" in page


def test_mae_learns_medians(run: Call) -> None:
    """--metric mae trains with the absolute error."""
    assert trained(run, *NUMBERS, "--metric", "mae", "--epochs", "2")["training"]["metric"] == "mae"
    assert TableModel.load(MODEL).network.loss.name == "absolute_error"


def test_recipes_need_no_scikit_learn(tmp_path: Path) -> None:
    """The extras of the command line are enough to train a recipe."""
    script = "import sys; sys.modules['sklearn'] = None; from glassnet.cli.app import main; "
    script += "sys.exit(main(['train', 'penguins', '-t', 'species', '-q', '--epochs', '1']))"
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# ---- several networks -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "networks"),
    [
        (["--ensemble", "3"], 3),
        (["--folds", "2"], 2),
        (["--folds", "2", "--ensemble", "2"], 4),
    ],
)
def test_several_networks_answer_together(run: Call, words: list[str], networks: int) -> None:
    """Scores, importance and predictions are those of the average; the file goes through every command."""
    code, out, err = run("train", *CLASSES, *words, "--epochs", "2")
    assert (code, err) == (0, "")
    assert f"  {networks} x " in out
    assert f"Training         {networks} networks, 2 epochs in " in out
    assert re.search(rf"^Size             {networks} x ", out, re.MULTILINE)
    model, table = TableModel.load(MODEL), read_table("rows.csv")
    assert model.network.members == networks
    X = model.encoder.transform(table)
    mean = model.network.predict(X).mean(axis=0)
    code, out, _ = run("predict", MODEL, "rows.csv", "--probabilities")
    rows = [[*map(float, row[1:])] for row in [*csv.reader(io.StringIO(out))][1:]]
    np.testing.assert_allclose(rows, mean, atol=2e-6)
    scores = json.loads(run("evaluate", MODEL, "rows.csv", "--json")[1])["scores"]["network"]
    y = model.target.transform(table["kind"])
    assert scores["log_loss"] == pytest.approx(-np.log(mean[np.arange(len(y)), y]).mean(), rel=1e-4)
    assert scores["accuracy"] == pytest.approx((mean.argmax(axis=1) == y).mean())
    code, out, _ = run("show", MODEL)
    assert code == 0
    assert f"Layers  of each of the networks, {networks} x " in out
    code, out, _ = run("explain", MODEL, "rows.csv", "--row", "2", "--step")
    assert code == 0
    assert out.endswith(f"\nThe model averages {networks} networks, each with its own steps: there is none to show.\n")
    assert run("explain", MODEL, "rows.csv", "--html", "row.html")[0] == 0
    assert "each with its own steps" in Path("row.html").read_text()


def test_probabilities_are_averaged_over_members_and_copies() -> None:
    """The logarithms that scores are computed from are those of the mean over members, and over copies in each."""
    layers = [gn.Copies(3), gn.EnsembleDense(4, "tanh"), gn.EnsembleHead(2)]
    loss = gn.EnsembleLoss("cross_entropy", copies=3)
    network = gn.Network(layers, loss=loss, members=5, input_shape=2, seed=0)
    X = np.linspace(-2.0, 2.0, 12).reshape(6, 2)
    np.testing.assert_allclose(np.exp(log_probabilities(network, X)), network.predict(X).mean(axis=0), rtol=1e-5)


def test_importance_of_several_networks_is_that_of_their_average(run: Call) -> None:
    """The score that importance starts from is the log loss of the averaged probabilities."""
    result = trained(run, *CLASSES, "--ensemble", "2", "--epochs", "2")
    assert result["importance"]["metric"] == "log_loss"
    assert result["importance"]["score"] == pytest.approx(result["scores"]["network"]["log_loss"], rel=1e-4)


def test_folds_leave_no_row_to_validation(run: Call) -> None:
    """With folds all rows but the test rows are trained on, and the linear model still has rows to stop by."""
    result = trained(run, *CLASSES, "--folds", "3", "--epochs", "2")
    assert result["rows"] == {"read": 90, "training": 72, "test": 18}
    assert result["scores"]["linear"]["accuracy"] > 0.6
    assert len(result["training"]["best_epoch"]) == 3
    assert "shared-rows" not in {finding["code"] for finding in result["findings"]}


def test_quantiles_give_intervals(run: Call) -> None:
    """The report gives the share of rows between the quantiles; predict writes a column for each, rising."""
    words = (*NUMBERS, "--quantiles", "0.1,0.5,0.9", "--epochs", "32")
    _, out, _ = run("train", *words)
    assert re.search(r"  \d+ % of the rows lie between the quantiles 0.1 and 0.9 \(80 % should\)", out)
    interval = trained(run, *words)["interval"]
    assert (interval["levels"], interval["expected"]) == ([0.1, 0.5, 0.9], 0.8)
    out = run("predict", MODEL, "rows.csv")[1]
    header, *rows = csv.reader(io.StringIO(out))
    assert header == ["prediction", "quantile_0.1", "quantile_0.5", "quantile_0.9"]
    values = np.array(rows, dtype=np.float64)
    assert (np.diff(values[:, 1:]) >= 0.0).all()
    np.testing.assert_array_equal(values[:, 0], values[:, 2])
    np.testing.assert_allclose(
        values[:, 1:], TableModel.load(MODEL).predict_quantiles(read_table("rows.csv")), atol=1e-5
    )
    result = json.loads(run("predict", MODEL, "rows.csv", "--json")[1])
    assert [*result["quantiles"]] == ["0.1", "0.5", "0.9"]
    assert run("predict", MODEL, "rows.csv", "-o", "p.jsonl")[0] == 0
    assert json.loads(Path("p.jsonl").read_text().splitlines()[0])["quantiles"].keys() == result["quantiles"].keys()
    inside = json.loads(run("evaluate", MODEL, "rows.csv", "--json")[1])["interval"]["inside"]
    truth = read_table("rows.csv")["size"].values
    assert inside == pytest.approx(((values[:, 1] <= truth) & (truth <= values[:, 3])).mean(), abs=0.02)
    assert "quantiles 0.1,0.5,0.9" in run("show", MODEL)[1]
    assert run("explain", MODEL, "rows.csv")[0] == 0


# ---- time and Ctrl-C ------------------------------------------------------------------------------------------------


class Presser(Watcher):
    """Presses Ctrl-C in one epoch of one network, or when a phase begins."""

    def __init__(self, network: int = 0, epoch: int = 0, phase: str = "") -> None:
        self.network, self.epoch, self.when = network, epoch, phase
        self.begun = 0

    def phase(self, doing: str) -> None:
        if doing == self.when:
            signal.raise_signal(signal.SIGINT)

    def callbacks(self, model: str) -> list[Callback]:
        return [_Press(self)] if model == "network" else []


class _Press(Callback):
    def __init__(self, presser: Presser) -> None:
        self.presser = presser

    def on_fit_begin(self, run: Run) -> None:
        self.presser.begun += 1

    def on_epoch_begin(self, run: Run) -> None:
        if (self.presser.begun, run.epoch) == (self.presser.network, self.presser.epoch):
            signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize(("pressed_in", "kept", "epochs"), [(1, 1, 4), (2, 1, 6), (3, 2, 6)])
def test_ctrl_c_keeps_the_networks_that_were_done(run: Call, pressed_in: int, kept: int, epochs: int) -> None:
    """Pressed in a network, Ctrl-C ends it and those after it: those before are kept, or else its own best weights."""
    options = TrainOptions("rows.csv", "kind", ensemble=3, epochs=6, estimates=False)
    model, result = train(options, Presser(pressed_in, 3))
    assert (model.network.members or 1, result["network"]["networks"]) == (kept, kept)
    assert result["training"]["epochs"] == epochs
    assert result["training"]["stop_reason"] == "interrupted"
    assert TableModel.load(MODEL).predict(read_table("rows.csv")).shape == (90,)
    out = run("show", MODEL)[1]
    assert f"Training         {kept} of 3 networks, {epochs} epochs, best " in out
    assert "stopped by Ctrl-C" in " ".join(out.split())


def test_ctrl_c_before_the_first_step_leaves_nothing(run: Call) -> None:
    """While the recipes are timed there is nothing to keep: it is an interruption, and no file is written."""
    for phase in ("timing the recipes", "training"):
        with pytest.raises(KeyboardInterrupt):
            train(TrainOptions("rows.csv", "kind", epochs=6), Presser(phase=phase))
        assert not Path(MODEL).exists()


def test_max_seconds_is_said(run: Call) -> None:
    """A limit gives as many epochs as fit, of one network and of several, and the report says so."""
    for words in ([], ["--ensemble", "2"]):
        _, out, _ = run("train", *CLASSES, "--max-seconds", "0.1", *words)
        assert re.search(r"\d+ epochs? in .*(as many as fit into|stopped by) --max-seconds", " ".join(out.split()))
        assert re.search(r"realmlp (about )?[\d.]+ m?s \(this one, cut by --max-seconds\)", out)


# ---- what is seen while it trains -----------------------------------------------------------------------------------


def test_the_live_view_shows_recipes_networks_and_units(run: Call) -> None:
    """Before the first epoch it says how long each recipe takes; then which network it is, and errors in units."""
    pytest.importorskip("rich")
    from rich.console import Console

    from glassnet.cli.training.live_view import LiveView

    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=100, height=30, legacy_windows=False)
    with LiveView(console, "rows.csv → size") as view:
        _, result = train(TrainOptions("rows.csv", "size", ensemble=2, epochs=3, out=None), view)
    drawn = stream.getvalue()
    for piece in (
        "timing the recipes",
        "Recipes here: ",
        "realmlp about ",
        "(this one)",
        "validation RMSE",
        "linear model",
    ):
        assert piece in drawn
    assert re.search(r"network +2/2", drawn)
    # In the target's units: the last epoch of the first network.
    last = result["history"]["valid_rmse"][-1] * read_table("rows.csv")["size"].values.std()
    assert any(abs(float(found) / last - 1) < 0.2 for found in re.findall(r"validation RMSE +([\d.]+)", drawn))


def test_a_dumb_terminal_gets_the_recipes_in_a_line(run: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be drawn anew, one line on stderr says beforehand how long each recipe takes."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(sys, "stderr", terminal)
    assert main(["train", *CLASSES, "--epochs", "1"]) == 0
    assert re.fullmatch(r"Recipes here: realmlp about \d+ \w+ \(this one\), fast .*\n", terminal.getvalue())


@pytest.mark.slow
def test_the_page_of_tabm(run: Call) -> None:
    """All pictures can be drawn of a network that is an ensemble by itself."""
    for data in (CLASSES, NUMBERS):
        assert run("train", *data, "--recipe", "tabm", "--epochs", "2", "--report", "report.html")[0] == 0
        assert Path("report.html").read_text().count('<figure class="chart"') >= 3


def test_the_page_of_recipes(run: Call) -> None:
    """``--report`` shows scores of the average, and the first network where only one can be drawn."""
    for words in ([*CLASSES, "--ensemble", "2"], [*NUMBERS, "--recipe", "small", "--quantiles", "0.1,0.9"]):
        code, _, err = run("train", *words, "--epochs", "2", "--report", "report.html")
        assert (code, err) == (0, "")
        page = Path("report.html").read_text()
        assert page.count('<figure class="chart"') >= 3
        assert "Recipes on this machine: realmlp " in page
        assert "Typical: test row " in page
        assert ("first of 2 networks" in page) == ("--ensemble" in words)
        assert ("of the rows lie between" in page) == ("--quantiles" in words)


# ---- what is around it ----------------------------------------------------------------------------------------------


def test_a_recipe_that_diverges_is_reported(run: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one network or of all, it is one sentence with what to try; no file is written."""

    def rates(design: Any) -> gn.AdamW:
        return gn.AdamW(1e30)

    diverging = RECIPES["realmlp"].__class__(**{**vars(RECIPES["realmlp"]), "optimizer": rates})
    monkeypatch.setitem(RECIPES, "realmlp", diverging)
    for words in ([], ["--ensemble", "2"]):
        code, out, err = run("train", *CLASSES, "--epochs", "20", *words, "--seed", "1")
        assert (code, out) == (2, "")
        assert err.startswith("glassnet train: training diverged with ")
        assert err.endswith(". Try another --recipe, or another --seed.\n")
        assert not Path(MODEL).exists()


def test_a_step_larger_than_memory_is_reported(run: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit into memory is named by the rows of a step."""

    def fit_linear_only(train: Any, valid: Any, target: Any, options: FitOptions) -> Trained:
        if options.recipe.name != "plain":
            raise MemoryError
        return fit_table(train, valid, target, options)

    monkeypatch.setattr("glassnet.cli.training.recipe_network.fit_table", fit_linear_only)
    code, out, err = run("train", *CLASSES)
    assert (code, out) == (2, "")
    must = "a step on 58 rows does not fit into memory. Lower --batch, or try --recipe small."
    assert err == f"glassnet train: {must}\n"
