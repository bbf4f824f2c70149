"""``glassnet tune``: trials, what the best of them is worth on the test rows, and what people get wrong."""

from __future__ import annotations

import json
import re
import shlex
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glassnet.cli.interrupts import CtrlC
from glassnet.cli.training.observers import Watcher
from glassnet.cli.training.recipe_network import find_recipe, fit_recipe, goal_of
from glassnet.cli.training.train_job import read_and_divide
from glassnet.cli.training.train_options import TrainOptions, with_choices
from glassnet.cli.tuning.joint_trials import train_together
from glassnet.cli.tuning.search import Trial
from glassnet.cli.tuning.space import defaults_of, drawn, with_trial
from glassnet.cli.tuning.trials_text import print_trials
from glassnet.cli.tuning.tune_job import tune_model
from glassnet.cli.tuning.tune_options import TuneOptions
from glassnet.errors import ConfigError
from glassnet.layers import Dropout, NTKDense, PeriodicEmbedding
from glassnet.layers.tree import every_layer
from glassnet.tabular import TableEncoder, TableModel, TargetEncoder
from glassnet.tabular.fitting.deadline import Deadline
from glassnet.tabular.fitting.objective import find_goal
from glassnet.tabular.fitting.options import FitOptions
from glassnet.tabular.fitting.recipes import RECIPES, Design
from glassnet.tabular.fitting.settings import SETTINGS, has_settings, with_settings
from glassnet.training import Callback, Run

pytest.importorskip("typer")

Call = Callable[..., tuple[int, str, str]]
MODEL = "model.safetensors"


def tuned(run: Call, *words: str) -> dict[str, Any]:
    """Return the result of a search as JSON."""
    code, out, err = run("tune", *words, "--json", "--quiet")
    assert (code, err) == (0, "")
    result: dict[str, Any] = json.loads(out)
    return result


def write_numbers(path: str, n: int = 150) -> str:
    """Write a table whose target is a number."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(n, 2))
    y = X[:, 0] * 2 + np.sin(3 * X[:, 1]) + 0.1 * rng.normal(size=n)
    Path(path).write_text("a,b,y\n" + "".join(f"{p:.4f},{q:.4f},{t:.4f}\n" for (p, q), t in zip(X, y, strict=True)))
    return path


# ---- the search -----------------------------------------------------------------------------------------------------


def test_the_defaults_are_the_first_trial_and_the_result_is_never_worse(run: Call) -> None:
    """By the validation score the best trial is at least as good as the defaults; it is saved with its notes."""
    result = tuned(run, write_numbers("rows.csv"), "y", "--recipe", "small", "--trials", "3", "--epochs", "3")
    values = [trial["validation"] for trial in result["trials"]]
    default = next(trial for trial in result["trials"] if trial["default"])
    assert result["n_trials"] == 3
    assert values == sorted(values)
    assert values[0] <= default["validation"]
    assert result["best"] == result["trials"][0]["settings"]
    assert set(result["test"]) - {"tuned"} == {"defaults", "linear", "baseline"}
    notes = TableModel.load(MODEL).network.metadata["training"]
    assert notes["tuning"]["best"] == result["best"]
    assert notes["tuning"]["repeat"] == result["repeat"]
    assert run("show", MODEL)[0] == 0


@pytest.mark.parametrize(("recipe", "trials"), [("small", "3"), ("plain", "9")])
def test_the_printed_command_trains_the_same_network(run: Call, recipe: str, trials: str) -> None:
    """What the result gives as the command to repeat leads to the same scores."""
    rows = write_numbers("rows.csv")
    words = ("--recipe", recipe, "--trials", trials, "--epochs", "3", "--seed", "1", "--test", "0.3")
    result = tuned(run, rows, "y", *words)
    assert not result["kept_defaults"]
    typed = shlex.split(result["repeat"])
    assert typed[0] == "glassnet"
    code, out, _ = run(*typed[1:], "--json", "--out", "again.safetensors")
    again = json.loads(out)
    assert code == 0
    assert again["scores"]["network"] == result["test"]["tuned"]["scores"]


def test_trials_of_the_plain_network_are_those_of_networks_trained_alone(run: Call) -> None:
    """Trials that are trained at once answer as each does that is trained alone."""
    base = TuneOptions(write_numbers("rows.csv"), "y", recipe="plain", epochs=3).as_train()
    data, _, _ = read_and_divide(base, Watcher())
    options = with_choices(base.settled(), data.count("training"))
    trials = [replace(options, rate=rate, dropout=dropout) for rate, dropout in ((0.01, 0.1), (0.002, 0.4))]
    goal, ctrl_c = goal_of(options, data), CtrlC()
    alone = [fit_recipe(each, goal, data, Watcher(), ctrl_c, Deadline(None), times={})[0].model for each in trials]
    together = train_together(trials, goal, alone[0], data, ctrl_c, 100.0)
    for model, answers in zip(alone, together, strict=True):
        assert answers is not None
        assert np.array_equal(answers.given, model.predict(data.sample("validation").inputs))


def test_the_report_fits_the_terminal_and_says_what_it_was_worth(
    run: Call, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Trials, scores beside the defaults with their range of chance, and the command to repeat, at every width."""
    monkeypatch.setenv("COLUMNS", "80")
    code, out, err = run("tune", "penguins", "species", "--recipe", "plain", "--trials", "4", "--epochs", "2")
    assert code == 0
    lines = [line for line in err.splitlines() if re.match(r"trial \d+: validation", line)]
    assert lines[0].startswith("trial 1: validation accuracy ")
    assert lines[0].endswith("; the defaults")
    assert len(lines) == 4
    assert "To train it again: glassnet train penguins --target species" in " ".join(out.split())
    _, result = tune_model(TuneOptions("penguins", "species", recipe="small", trials=2, epochs=1))
    for width in (60, 80, 120):
        monkeypatch.setenv("COLUMNS", str(width))
        print_trials(result)
        text = capsys.readouterr().out
        head = text[: text.index("To train it again")]
        assert max(map(len, head.splitlines())) <= width
        assert "Range of chance (95 %): " in text
        assert "defaults" in text


def test_one_second_trains_the_defaults_only(run: Call) -> None:
    """Where there is no time for a second trial, that is said and the defaults are kept."""
    result = tuned(run, "penguins", "species", "--max-seconds", "1")
    assert result["n_trials"] >= 1
    if result["n_trials"] == 1:
        assert result["verdict"].startswith("There was no time for a second trial: the defaults were kept.")
    assert Path(MODEL).exists()


def test_a_single_trial_is_the_defaults(run: Call) -> None:
    """With --trials 1 nothing is searched, and the result says so."""
    result = tuned(run, "penguins", "species", "--recipe", "plain", "--trials", "1", "--epochs", "2")
    assert result["verdict"] == "Only the defaults were trained (--trials 1)."
    assert result["kept_defaults"]


def test_an_equal_score_does_not_replace_the_defaults(run: Call) -> None:
    """On rows that every setting answers rightly the defaults are kept: luck in the log loss is no gain."""
    Path("easy.csv").write_text("x,y\n" + "".join(f"{i + 100 * (i % 2)},{'ab'[i % 2]}\n" for i in range(100)))
    result = tuned(run, "easy.csv", "y", "--recipe", "plain", "--trials", "6", "--epochs", "30")
    assert result["trials"][0]["validation"] == 1.0
    if next(trial for trial in result["trials"] if trial["default"])["validation"] == 1.0:
        assert result["kept_defaults"]
        assert result["repeat"] == "glassnet train easy.csv --target y --recipe plain --epochs 30"
        assert (
            result["verdict"] == "None of the other 5 trials was better on the validation rows: the defaults were kept."
        )


class _Presses(Watcher):
    """Presses Ctrl-C in a step of the second trial."""

    begun = 0

    def callbacks(self, model: str) -> list[Callback]:
        self.begun += model == "network"
        second = self.begun > 1

        class Press(Callback):
            is_done = False

            def on_step_end(self, run: Run[Any]) -> None:
                if second and not self.is_done:
                    self.is_done = True
                    signal.raise_signal(signal.SIGINT)

        return [Press()]


def test_ctrl_c_keeps_the_best_so_far(run: Call) -> None:
    """The trials until then are reported and the best is saved."""
    said: list[Trial] = []
    options = TuneOptions("penguins", "species", recipe="small", epochs=2)
    _, result = tune_model(options, _Presses(), lambda trial, number, metric: said.append(trial))
    assert result["interrupted_by"] == "Ctrl-C"
    assert 1 <= result["n_trials"] <= 2
    assert said[0].is_default
    assert Path(MODEL).exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--recipe", "tabm"), "--recipe is 'tabm', which has no settings to search over. Choose realmlp, fast, small, plain."),
        (("--trials", "0"), "--trials is 0; it must be a whole number of at least 1."),
        (("--test", "0"), "--test is 0; models are compared on rows that none was trained on. Leave it out, or pass a "
         "share such as 0.2."),
        (("--quantiles", "0.1,0.9"), "unknown option --quantiles. See: glassnet tune --help"),
    ],
)  # fmt: skip
def test_what_cannot_be_tuned_is_refused(run: Call, words: tuple[str, ...], sentence: str) -> None:
    """The fact, then the rule, then what to do; nothing is read or written."""
    code, out, err = run("tune", "penguins", "species", *words)
    assert (code, out, err) == (2, "", f"glassnet tune: {sentence}\n")
    assert not Path(MODEL).exists()


def test_missing_values_text_and_groups(run: Call) -> None:
    """A table with missing values, text and groups is searched as it is trained on."""
    rows = [f"{'' if i % 7 == 0 else i % 10},town {i % 4},g{i // 5},{'xyz'[i % 3]}" for i in range(120)]
    Path("rows.csv").write_text("n,town,who,y\n" + "\n".join(rows) + "\n")
    result = tuned(run, "rows.csv", "y", "--group", "who", "--recipe", "plain", "--trials", "3", "--epochs", "2")
    assert result["split"]["by"] == "group"
    assert "--group who" in result["repeat"]


# ---- settings -------------------------------------------------------------------------------------------------------


def design(target: str) -> tuple[Design, FitOptions]:
    """Return what a recipe is made for: a table of two numbers, with labels or numbers to predict."""
    rng = np.random.default_rng(0)
    frame = {"a": rng.normal(size=40), "b": rng.normal(size=40)}
    labels = np.array(["x", "y"] * 20) if target == "classes" else rng.normal(size=40)
    encoder = TableEncoder(**RECIPES["realmlp"].coding)
    X, y = encoder.fit_transform(frame), TargetEncoder().fit(labels)
    goal = find_goal("test", y.task, None, None)
    return Design(encoder, X, goal.loss, y.n_outputs, 8, 2), FitOptions(RECIPES["realmlp"], goal)


@pytest.mark.parametrize("recipe", ["realmlp", "fast", "small"])
@pytest.mark.parametrize("target", ["classes", "numbers"])
def test_the_settings_of_the_defaults_are_those_of_the_recipe(recipe: str, target: str) -> None:
    """A recipe with its own settings spelled out is the same network; the space's defaults are true."""
    found, _ = design(target)
    options = TrainOptions("d.csv", "y", recipe=recipe)
    own = defaults_of(options, classifies=target == "classes")
    own.pop("label_smoothing", None)
    spelled = with_settings("test", RECIPES[recipe], own)
    one, other = RECIPES[recipe].network(found, 0), spelled.network(found, 0)
    assert repr([*every_layer(one.layers)]) == repr([*every_layer(other.layers)])
    assert repr(one.optimizer) == repr(other.optimizer)
    assert np.array_equal(one.params, other.params)


def test_settings_change_what_they_say() -> None:
    """Width, depth, dropout, embedding, learning rate and decay are those that were set."""
    found, _ = design("numbers")
    settings = {"rate_factor": 0.5, "weight_decay": 0.3, "dropout": 0.4, "width": 24, "depth": 2, "embeds": False}
    network = with_settings("test", RECIPES["realmlp"], settings).network(found, 0)
    layers = [*every_layer(network.layers)]
    assert [layer.units for layer in layers if isinstance(layer, NTKDense)] == [24, 24, 1]
    assert [layer.rate for layer in layers if isinstance(layer, Dropout)] == [0.4, 0.4]
    assert not any(isinstance(layer, PeriodicEmbedding) for layer in layers)
    assert "0.1" in repr(network.optimizer)
    assert "weight_decay=0.3" in repr(network.optimizer)


@pytest.mark.parametrize(
    ("recipe", "settings", "message"),
    [
        ("realmlp", {"dropuot": 0.1}, "test: the recipe 'realmlp' has no setting 'dropuot'. Did you mean 'dropout'?"),
        ("small", {"embeds": True}, "test: the recipe 'small' has no setting 'embeds'. It has rate_factor, "
         "weight_decay, dropout, width, depth."),
        ("tabm", {"dropout": 0.1}, "test: the recipe 'tabm' has no setting 'dropout'. It has none."),
        ("fast", {"embeds": 2}, "test: embeds is 2; it must be True or False."),
        ("fast", {"width": 0}, "test: width is 0; it must be a whole number of at least 1."),
    ],
)  # fmt: skip
def test_settings_that_a_recipe_does_not_have_are_refused(recipe: str, settings: dict[str, Any], message: str) -> None:
    """The message names the recipe, the setting and what there is."""
    with pytest.raises(ConfigError) as caught:
        with_settings("test", RECIPES[recipe], settings)
    assert str(caught.value) == message
    assert has_settings(recipe) == any(recipe in each.recipes for each in SETTINGS.values())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--setting", "dropout"), "--setting is 'dropout'; it must be NAME=VALUE, such as --setting dropout=0.3."),
        (("--setting", "width=8", "--setting", "width=9"), "--setting names 'width' 2 times; it must name each setting once."),
        (("--setting", "widht=8"), "--setting: the recipe 'realmlp' has no setting 'widht'. Did you mean 'width'?"),
        (("--setting", "width=8", "--recipe", "tabm"), "--setting: the recipe 'tabm' has no setting 'width'. It has none."),
    ],
)  # fmt: skip
def test_settings_that_were_mistyped_are_refused(run: Call, words: tuple[str, ...], sentence: str) -> None:
    """``train --setting`` refuses what it cannot use before anything is trained."""
    code, out, err = run("train", "penguins", "species", *words)
    assert (code, out, err) == (2, "", f"glassnet train: {sentence}\n")


def test_the_file_of_a_model_keeps_its_settings(run: Call) -> None:
    """``train --setting`` trains such a network, and ``show`` says what was set."""
    words = ("--setting", "width=32", "--setting", "embeds=no", "--epochs", "2", "--quiet")
    assert run("train", "penguins", "species", *words) == (0, "", "")
    model = TableModel.load(MODEL)
    assert {layer.units for layer in every_layer(model.network.layers) if isinstance(layer, NTKDense)} == {32, 3}
    assert model.network.metadata["training"]["network"]["settings"] == ["width=32", "embeds=no"]
    code, out, _ = run("show", MODEL)
    assert code == 0
    assert "recipe realmlp, width=32, embeds=no, batch" in " ".join(out.split())


def test_settings_are_those_of_recipes_and_not_of_the_plain_network(run: Call) -> None:
    """The plain network has options of its own."""
    code, out, err = run("train", "penguins", "species", "--setting", "width=8", "--recipe", "plain")
    assert (code, out) == (2, "")
    assert "Its settings are --rate, --dropout and others." in err


@pytest.mark.parametrize("recipe", ["realmlp", "small"])
@pytest.mark.parametrize("classifies", [True, False])
def test_what_is_drawn_is_allowed_and_repeats(recipe: str, classifies: bool) -> None:
    """Every trial that is drawn makes a recipe, and the same seed draws the same trials."""
    options = TrainOptions("d.csv", "y", recipe=recipe)
    one, other = (np.random.default_rng(4) for _ in range(2))
    for _ in range(50):
        settings = drawn(one, options, classifies=classifies)
        assert settings == drawn(other, options, classifies=classifies)
        typed = with_trial(options, settings, classifies=classifies)
        typed.check()
        find_recipe(typed)
