"""Findings at every door: perceptrons, estimators for tables, the command line; each speaks of what its users have."""

from __future__ import annotations

import ast
import inspect
import json
import pickle
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.7")
pytest.importorskip("typer")

from sklearn.base import clone
from sklearn.ensemble import BaggingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score

import glassnet as gn
from glassnet.cli.arguments import declared, flag_of
from glassnet.cli.output.finding_advice import words_of_options
from glassnet.cli.reading_options import ReadingOptions
from glassnet.cli.training.train_options import TrainOptions
from glassnet.reports.comparison import Scores
from glassnet.reports.then_and_now import no_better_here
from glassnet.sklearn import MLPClassifier, MLPRegressor, PoorFitWarning, load
from glassnet.sklearn.solvers.finding_words import rate_name, words_of
from glassnet.sklearn.solvers.poor_fit import SolverError
from glassnet.sklearn.solvers.state import FitState, known_labels
from glassnet.tabular import TabularClassifier, TabularRegressor
from glassnet.tabular.estimators.finding_words import words_of_tables
from glassnet.training.finding_kinds import KINDS
from glassnet.training.finding_words import Words
from glassnet.training.findings import make_finding
from glassnet.utils import telling_once

Run = Callable[..., tuple[int, str, str]]


def numbers(n: int = 400, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return six columns of noise, and a target that follows from three of them."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, 6))
    return X, np.sin(X[:, 0]) + X[:, 1] * X[:, 2] + 0.1 * rng.standard_normal(n)


def classes(n: int = 400, k: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return six columns of noise, and the label of what is largest among functions of them."""
    X, _ = numbers(n, seed)
    z = np.c_[X[:, 0] * X[:, 1], X[:, 2], X[:, 3] ** 2 - 1][:, :k]
    return X, np.array(["ant", "bee", "cat"])[z.argmax(axis=1)]


def said(estimator: Any, *data: Any) -> list[str]:
    """Return the texts of the warnings about a fit, each on one line, but for scikit-learn's own."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator.fit(*data)
    found = [each for each in caught if issubclass(each.category, PoorFitWarning)]
    assert not [each for each in caught if type(each.message) is gn.DiagnosisWarning], "said in words of another door"
    return [" ".join(str(each.message).split()) for each in found]


Case = tuple[Any, Any, str, str]  # estimator, data, what must be said first, and in the advice
SMALL: dict[str, Any] = {"hidden_layer_sizes": (16,), "max_iter": 40, "random_state": 0}


def with_outlier() -> tuple[np.ndarray, np.ndarray]:
    """Return numbers with one target of 1e9."""
    X, y = numbers()
    y[17] = 1e9
    return X, y


def with_leak() -> tuple[np.ndarray, np.ndarray]:
    """Return numbers with a column that holds the answer."""
    X, y = numbers()
    return np.c_[X, 3 * y + 1], y


BAD: dict[str, Callable[[], Case]] = {
    "rate too low": lambda: (
        MLPClassifier(**SMALL, learning_rate_init=1e-7), classes(),
        "rate-too-low", "Raise learning_rate_init (now 1e-07)",
    ),
    "rate too low, of numbers": lambda: (
        MLPRegressor(**SMALL, learning_rate_init=1e-8), numbers(),
        "rate-too-low", "Raise learning_rate_init (now 1e-08)",
    ),
    "rate too high": lambda: (
        MLPClassifier(**SMALL, solver="sgd", learning_rate_init=100.0), classes(),
        "rate-too-high", "Lower learning_rate_init (now 100)",
    ),
    "rate of an optimizer": lambda: (
        MLPClassifier(**SMALL, solver=gn.SGD(1e-7)), classes(), "rate-too-low", "Raise the learning rate of the solver",
    ),
    "rate of a schedule": lambda: (
        MLPClassifier(**SMALL, learning_rate=gn.CosineDecay(1e-8, epochs=40)), classes(),
        "rate-too-low", "Raise the learning rate of the schedule",
    ),
    "a target of a million": lambda: (
        MLPRegressor(**SMALL), (numbers()[0], numbers()[1] * 5e5 + 2e6), "unscaled-target", "scale_target=True",
    ),
    "a target of a thousand": lambda: (
        MLPRegressor(**SMALL), (numbers()[0], numbers()[1] * 1e3 + 5e3), "unscaled-target", "scale_target=True",
    ),
    "columns of thousands": lambda: (
        MLPClassifier(**SMALL), (classes()[0] * 3000 + 20000, classes()[1]), "unscaled-inputs", "scale_inputs=True",
    ),
    "one target of 1e9": lambda: (MLPRegressor(**SMALL), with_outlier(), "outlier-in-target", "Check the row"),
    "one target of 1e9, scaled": lambda: (
        MLPRegressor(**SMALL, scale_target=True), with_outlier(), "outlier-in-target", "y is 1e+09 in row 17",
    ),
    "one target of 1e9, rows held out": lambda: (
        MLPRegressor(**SMALL, early_stopping=True, scale_target=True, scale_inputs=True), with_outlier(),
        "outlier-in-target", "y is 1e+09 in row 17 (counted from 0)",
    ),
    "penalty": lambda: (
        MLPClassifier(**SMALL | {"max_iter": 120}, alpha=1e5, learning_rate_init=0.01), classes(), "penalty-dominates", "Lower alpha (now 100000)",
    ),
    "dropout": lambda: (
        MLPClassifier(**SMALL, dropout=0.97, learning_rate_init=0.01), classes(),
        "dropout-too-strong", "Lower dropout (now 0.97)",
    ),
    "one column holds the answer": lambda: (MLPRegressor(**SMALL), with_leak(), "leaking-column", "column 6 (counted from 0)"),
    "lbfgs, one column holds the answer": lambda: (
        MLPRegressor(**SMALL, solver="lbfgs"), with_leak(), "leaking-column", "column 6",
    ),
    "lbfgs, one target of 1e9": lambda: (
        MLPRegressor(**SMALL, solver="lbfgs"), with_outlier(), "outlier-in-target", "in row 17",
    ),
    "table, one target of 1e9": lambda: (
        TabularRegressor("small", epochs=4, random_state=0), with_outlier(), "outlier-in-target", "metric='mae'",
    ),
    "table, a column holds the answer": lambda: (
        TabularRegressor("small", epochs=4, random_state=0), with_leak(), "leaking-column", "Leave the column out",
    ),
    "table, codes": lambda: (
        TabularRegressor("small", epochs=4, random_state=0), coded(), "code-for-missing", "missing=[-999]",
    ),
    "table, a skewed target": lambda: (
        TabularRegressor("small", epochs=4, random_state=0), (numbers()[0], np.exp(4 * numbers()[1])),
        "skewed-target", "logarithm",
    ),
    "table, noise": lambda: (
        TabularRegressor("small", epochs=60, batch_size=32, random_state=0), (numbers()[0], np.random.default_rng(5).standard_normal(400)),
        "no-better-than-baseline", "try another recipe",
    ),
}  # fmt: skip


def coded() -> tuple[np.ndarray, np.ndarray]:
    """Return numbers with a tenth of the values coded as -999."""
    X, y = numbers()
    X[np.random.default_rng(1).random(X.shape) < 0.1] = -999.0
    return X, y


@pytest.mark.filterwarnings("ignore::glassnet.TableWarning")
@pytest.mark.parametrize("name", BAD)
def test_bad_fits_are_said(name: str) -> None:
    """The first finding names the cause, and what is said names parameters that the estimator has."""
    estimator, data, code, words = BAD[name]()
    texts = said(estimator, *data)
    assert len(texts) == 1, "one warning for one fit"
    start = f"{type(estimator).__name__}.fit: "
    assert texts[0].startswith((f"{start}warning: {code}", f"{start}error: {code}")), texts[0]
    assert estimator.findings_[0].code == code
    assert words.lower() in " ".join(str(estimator.findings_[0]).split()).lower()
    assert not foreign(texts[0], type(estimator)), texts[0]


def classifier(solver: str, seed: int) -> tuple[Any, Any]:
    """Return a sound fit of classes."""
    model = MLPClassifier((32,), solver=solver, learning_rate_init=0.01, max_iter=150, random_state=seed)
    return model, classes(seed=seed)


def regressor(options: dict[str, Any], seed: int) -> tuple[Any, Any]:
    """Return a sound fit of numbers."""
    model = MLPRegressor(hidden_layer_sizes=(32,), learning_rate_init=0.01, max_iter=150, random_state=seed, **options)
    return model, numbers(seed=seed)


_SCALED = {"scale_inputs": True, "scale_target": True}
HEALTHY: dict[str, Callable[[], tuple[Any, Any]]] = {
    **{f"classifier, {solver} {seed}": partial(classifier, solver, seed) for solver in ("adam", "lbfgs") for seed in range(4)},
    **{
        f"regressor, {[*options]} {seed}": partial(regressor, options, seed)
        for options in ({}, _SCALED, {"early_stopping": True}) for seed in range(3)
    },
    "two classes": lambda: (MLPClassifier((16,), learning_rate_init=0.01, random_state=0), classes(k=2)),
    "weights of classes": lambda: (MLPClassifier((32,), learning_rate_init=0.01, class_weight="balanced", random_state=0), classes()),
    "a large target, scaled": lambda: (
        MLPRegressor(hidden_layer_sizes=(32,), learning_rate_init=0.01, scale_target=True, random_state=0), (numbers()[0], numbers()[1] * 1e6),
    ),
    "large columns, scaled": lambda: (
        MLPClassifier((32,), learning_rate_init=0.01, scale_inputs=True, random_state=0), (classes()[0] * 1e4 + 5e4, classes()[1]),
    ),
    "a linear model": lambda: (MLPRegressor(hidden_layer_sizes=(), learning_rate_init=0.05, random_state=0), (numbers()[0], numbers()[0] @ [1, 2, 0, 0, 1, 1])),
    "table of classes": lambda: (TabularClassifier("small", epochs=60, batch_size=32, random_state=0), classes()),
    "table of numbers": lambda: (TabularRegressor("small", epochs=60, batch_size=32, random_state=0), numbers()),
    "table, few epochs": lambda: (TabularRegressor("small", epochs=2, random_state=0), numbers()),
    "table, large numbers": lambda: (TabularRegressor("small", epochs=40, batch_size=32, random_state=0), (numbers()[0] * 1e5, numbers()[1] * 1e7)),
    "table, a counter among the columns": lambda: (
        TabularRegressor("small", epochs=4, random_state=0), (np.c_[numbers()[0], np.arange(400)], numbers()[1]),
    ),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::glassnet.TableWarning", "ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_fits_are_silent(name: str) -> None:
    """Nobody whose fit is sound is warned."""
    estimator, data = HEALTHY[name]()
    assert said(estimator, *data) == []
    assert estimator.findings_.ok


# ---- once ------------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _anew() -> None:
    """Let each test begin as a process does."""
    telling_once._said_anywhere.clear()


def told(run: Callable[[], object]) -> int:
    """Return the number of warnings about fits."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run()
    return sum(issubclass(each.category, gn.DiagnosisWarning) for each in caught)


def test_a_loop_of_small_fits_says_each_kind_once() -> None:
    """A hundred fits with one fault give one warning, whatever its numbers."""
    X, y = classes(60)
    assert (
        told(
            lambda: [
                MLPClassifier((4,), learning_rate_init=1e-7, max_iter=20, random_state=i).fit(X, y) for i in range(12)
            ]
        )
        <= 1
    )
    program = (
        "import numpy as np; from glassnet.sklearn import MLPClassifier; r = np.random.default_rng(0)\n"
        "for i in range(30): MLPClassifier((4,), max_iter=3, random_state=i).fit(r.normal(size=(60, 2)), np.arange(60) % 2)"
    )
    errors = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stderr
    assert errors.count("PoorFitWarning:") <= 2


SEARCHES: dict[str, Callable[[Any, Any, Any], object]] = {
    "grid": lambda model, X, y: GridSearchCV(model, {"learning_rate_init": [1e-8, 1e-7, 1e-6]}, cv=3).fit(X, y),
    "scores": lambda model, X, y: cross_val_score(model, X, y, cv=4),
    "bagging": lambda model, X, y: BaggingClassifier(model, 4, random_state=0).fit(X, y),
}


@pytest.mark.parametrize("name", SEARCHES)
def test_searches_say_one_thing_at_most(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Searches and ensembles give one warning, and nothing is tried in them."""
    from glassnet.diagnosis.remedies import trials

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(trials, "Run", refuse)
    X, y = classes(90)
    model = MLPClassifier((4,), learning_rate_init=1e-7, max_iter=20, random_state=0)
    assert told(lambda: SEARCHES[name](model, X, y)) <= 1
    assert told(lambda: SEARCHES[name](model, X, y)) == 0, "once in a process"


def test_after_a_search_the_place_of_the_findings_is_named() -> None:
    """What was found is at the best estimator, not at the search."""
    X, y = classes(120)
    model = MLPClassifier((4,), solver="lbfgs", max_iter=1, random_state=0)
    search = GridSearchCV(model, {"alpha": [1e-7]}, cv=2)
    [text] = [each for each in said(search, 1e3 * X, y) if "findings_" in each]
    assert "best_estimator_.findings_ after a search" in text
    assert search.best_estimator_.findings_ is not None


def test_loops_over_one_estimator_are_not_looked_at() -> None:
    """Neither `partial_fit` nor a warm start of single epochs is judged: the loop goes on."""
    X, y = classes(60)
    model = MLPClassifier((4,), learning_rate_init=1e-7, random_state=0)
    assert told(lambda: [model.partial_fit(X, y, classes=["ant", "bee", "cat"]) for _ in range(20)]) == 0
    warm = MLPClassifier((16,), learning_rate_init=0.01, max_iter=1, warm_start=True, random_state=0)
    assert told(lambda: [warm.fit(X, y) for _ in range(20)]) == 0
    assert told(lambda: MLPClassifier((4,), learning_rate_init=1e-7, max_iter=5, warm_start=True).fit(X, y)) == 0
    X, y = with_leak()
    [text] = said(MLPRegressor(hidden_layer_sizes=(4,), max_iter=1, warm_start=True, random_state=0), X, y)
    assert "leaking-column" in text, "what is so of the data is so at once"


@pytest.mark.parametrize("options", [{"alpha": 1e4}, {"hidden_layer_sizes": ()}])
def test_l_bfgs_that_converged_is_judged_after_any_number_of_iterations(options: dict[str, Any]) -> None:
    """It needs few, and what it ends at after them is its result."""
    X, _ = numbers(1500, seed=1)
    model = MLPClassifier(**{"solver": "lbfgs", "max_iter": 400, "random_state": 0} | options)
    texts = said(model, X, X[:, 0] * X[:, 1] > 0)
    assert [each.code for each in model.findings_.problems if each.code not in texts[0]] == []
    assert ("Lower alpha (now 10000)" if "alpha" in options else "Pass hidden_layer_sizes=(16,)") in texts[0]


def test_l_bfgs_is_advised_nothing_that_it_lacks() -> None:
    """It has no learning rate: neither findings nor its error speak of one."""
    X, y = numbers()
    model = MLPRegressor(hidden_layer_sizes=(8,), solver="lbfgs", alpha=1e5, max_iter=60, random_state=0)
    said(model, X * [1, 1e4, 1, 1, 1e-3, 1], y)
    assert "unscaled-inputs" in model.findings_.codes
    assert not re.search("learning.rate", str(model.findings_))
    for options, words in (("lbfgs", "scale_inputs=True."), ("sgd", "scale_inputs=True, or lower learning_rate_init.")):
        assert str(SolverError("fit", "NaN", rate_name(MLPRegressor(solver=options)))).endswith(words)


def test_without_a_hidden_layer_one_is_advised() -> None:
    """What columns tell only together is not called nothing."""
    X, _ = numbers(600)
    model = MLPClassifier(hidden_layer_sizes=(), learning_rate_init=0.01, random_state=0)
    [text] = said(model, X, X[:, 0] * X[:, 1] > 0)
    assert "too-few-units" in text
    assert "Pass hidden_layer_sizes=(16,)." in text
    assert "Pass hidden_layer_sizes=(16,)" in words_of(model, FitState(), "finished").advice["plateau-at-prior"]


def test_a_learning_rate_that_falls_too_fast_is_named() -> None:
    """With "invscaling" it is `power_t` that takes the learning rate away, and trials follow it too."""
    X, y = classes(600, k=2)
    options: dict[str, Any] = {"solver": "sgd", "learning_rate": "invscaling", "random_state": 0}
    model = MLPClassifier(**options, learning_rate_init=0.05, power_t=3.0)
    [text] = said(model, X, y)
    assert "schedule-ended" in text
    assert "Lower power_t (now 3)" in text
    assert model.network_.optimizer.learning_rate == 0.05
    slow = MLPClassifier(**options, learning_rate_init=1e-3)
    assert "power_t (now 0.5)" in " ".join(said(slow, X, y))


# ---- the parameter ---------------------------------------------------------------------------------------------------


def test_the_parameter_is_one_like_others(tmp_path: Path) -> None:
    """It is cloned, set, pickled and refused as others are; `findings_` goes with the estimator, and no number changes."""
    X, y = classes()
    watch = gn.Watch(ignore=["leaking-column"])
    model = clone(MLPClassifier(**SMALL, diagnose=watch))
    assert model.get_params()["diagnose"].ignore == {"leaking-column"}
    with pytest.raises(gn.ConfigError, match=r"diagnose is 'yes'; it must be True, False or a Watch\."):
        model.set_params(diagnose="yes").fit(X, y)
    looked, blind = (MLPClassifier(**SMALL, learning_rate_init=1e-7, diagnose=each) for each in (True, False))
    assert len(said(looked, X, y)) == 1
    assert said(blind, X, y) == []
    np.testing.assert_array_equal(looked.coefs_[0], blind.coefs_[0])
    assert not blind.findings_
    assert pickle.loads(pickle.dumps(looked)).findings_.codes == looked.findings_.codes
    assert not hasattr(MLPClassifier(), "findings_")
    said(model.set_params(diagnose=watch, max_iter=3), X, y)
    model.save(tmp_path / "model.safetensors")
    assert load(tmp_path / "model.safetensors").diagnose is True
    table = TabularRegressor("small", epochs=2, random_state=0, diagnose=gn.Watch(ignore=["leaking-column"]))
    assert said(clone(table), *with_leak()) == []
    assert table.set_params(diagnose=False).fit(*with_leak()).findings_.codes == []


def test_the_options_of_a_watch_hold() -> None:
    """Kinds that a `Watch` leaves out are not said, and its names stand for columns."""
    X, y = with_leak()
    assert "leaking-column" not in " ".join(
        said(MLPRegressor(**SMALL, diagnose=gn.Watch(ignore=["leaking-column"])), X, y)
    )
    names = ["a", "b", "c", "d", "e", "f", "answer"]
    [text] = said(MLPRegressor(**SMALL, diagnose=gn.Watch(feature_names=names)), X, y)
    assert "'answer' alone gives the target" in text


def test_a_divergence_is_explained() -> None:
    """The exception of a solver carries what was found, in the parameters of the estimator."""
    X, y = numbers()
    with pytest.raises(gn.DivergenceError) as caught:
        MLPRegressor(**SMALL, solver="sgd", learning_rate_init=0.1, nesterovs_momentum=False).fit(X * 1e3, y * 1e6)
    notes = " ".join(" ".join(caught.value.__notes__).split())
    assert "scale_inputs=True" in notes or "scale_target=True" in notes
    assert not foreign(notes, MLPRegressor)


def test_scikit_learns_own_warning_stays() -> None:
    """Where training ends at `max_iter` it is scikit-learn's sentence that says so, and it is not said twice."""
    X, y = classes()
    with pytest.warns(ConvergenceWarning) as caught:
        MLPClassifier((16,), max_iter=20, learning_rate_init=0.003, random_state=0).fit(X, y)
    texts = [str(each.message) for each in caught]
    assert (
        texts[0] == "Stochastic Optimizer: Maximum iterations (20) reached and the optimization hasn't converged yet."
    )
    assert len(texts) == 1


# ---- words -----------------------------------------------------------------------------------------------------------

_NAMED = re.compile(r"(?<![\w.'])([a-z_]+)=(?!=)")
_CALLS = {"axis", "ignore"}  # of NumPy's functions, and of Watch
_OF_NETWORKS = r"EarlyStopping\(|\binitializer\b|\btrainable\b|\bDropout\b|\bseed=|\bepochs=\d|--\w"


def foreign(text: str, door: type[Any]) -> list[str]:
    """Return words that are no parameters of an estimator."""
    known = {*inspect.signature(door.__init__).parameters, *_CALLS}
    found = [name for name in _NAMED.findall(text) if name not in known]
    words = _OF_NETWORKS if "epochs" not in known else _OF_NETWORKS.replace(r"|\bepochs=\d", "")
    lacks = [] if "learning_rate" in known else re.findall(r"\blearning_rate\b", text)
    return found + re.findall(words, text) + lacks + re.findall(r"\blearning_rate [\d.]", text)


def foreign_to_commands(text: str) -> list[str]:
    """Return words of Python, and options that there are none of."""
    options = {flag_of(name) for name in (*declared(TrainOptions), *declared(ReadingOptions))}
    named = re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)
    python = re.findall(
        r"\b\w+=|\bgn\.|\bglassnet\.|EarlyStopping|\blearning_rate\b|initializer|batch_size|class_weight", text
    )
    return [each for each in named if each not in options] + python


def doors() -> Iterator[tuple[str, Words, Callable[[str], list[str]]]]:
    """Yield each door with its words, and what finds words that are not its own."""
    state = FitState(labels=known_labels("multiclass", np.array(["ant", "bee", "cat"])))
    for reason in ("finished", "no improvement", "diverged"):
        for options in (
            {},
            {"early_stopping": True},
            {"solver": gn.AdamW(0.1)},
            {"learning_rate": gn.CosineDecay(0.1, epochs=9)},
        ):
            yield (
                "classifier",
                words_of(MLPClassifier(**options), state, reason),
                lambda text: foreign(text, MLPClassifier),
            )
            words = words_of(MLPRegressor(**options), FitState(), reason)
            yield "regressor", words, lambda text: foreign(text, MLPRegressor)
    for given in ((), ("balanced",), ("fair",), ("balanced", "fair")):
        words = words_of_tables(["ant", "bee", "cat"], lambda row: f"row {row}", given)
        yield "table of classes", words, lambda text: foreign(text, TabularClassifier)
        words = words_of_tables([], lambda row: f"row {row}", given)
        yield "table of numbers", words, lambda text: foreign(text, TabularRegressor)
    for is_plain in (True, False):
        yield f"command line, {is_plain}", words_of_options(is_plain=is_plain, target="price"), foreign_to_commands


# Kinds that a door cannot meet: those of a loss, a target or new rows that it does not have.
NUMBERS_ONLY = {"constant-target", "outlier-in-target", "skewed-target", "unscaled-target", "loss-does-not-fit"}
CLASSES_ONLY = {"single-class", "weights-on-one-class", "some-classes-only", "class-too-rare", "imbalance", "missing-classes", "badly-calibrated"}  # fmt: skip


@pytest.mark.parametrize("code", [code for code, kind in KINDS.items() if kind.stage != "prediction"])
def test_no_door_prints_a_word_of_another(code: str) -> None:
    """For every kind each door has advice that its users can follow."""
    for name, words, find in doors():
        if code in (
            CLASSES_ONLY if name in ("regressor", "table of numbers") else NUMBERS_ONLY if "class" in name else ()
        ):
            continue
        found = words.of(make_finding(code, "Something was measured."))
        assert find(f"{found.why} {found.advice}") == [], (name, found.advice)
        assert found.advice.endswith("."), (name, found.advice)
        assert "{" not in found.advice
        if name.startswith("command"):
            assert not re.search(r"\b[Xy]\b", found.advice), found.advice
    python = KINDS[code].advice
    assert not re.search(
        r"--\w|learning_rate_init|max_iter|hidden_layer_sizes|random_state|scale_inputs|n_ensemble", python
    )


def _sentences() -> Iterator[str]:
    """Yield what checks and remedies say of what was tried, with numbers for what is only known there."""
    root = Path(gn.__file__).parent / "diagnosis"
    for path in sorted([*(root / "checks").glob("*.py"), *(root / "remedies").glob("*.py")]):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Attempt" and node.args:
                yield _text(node.args[0])


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values)
    return str(node.value) if isinstance(node, ast.Constant) else ""


def test_what_was_tried_is_told_in_the_words_of_the_door() -> None:
    """What checks try on copies is named by parameters and options that exist where it is read."""
    changes = {*_sentences(), "learning_rate 0.3 instead of 0.03", "learning_rate=0.3 all the time"} - {""}
    assert len(changes) > 10
    for change in sorted(changes):
        for name, words, find in doors():
            tried = f"with {change}, 50 steps bring the loss from 2 to 1; as it is they bring it to 2."
            if name.startswith("table") or name == "command line, False":
                continue  # nothing is tried of a recipe
            if (name == "regressor" and "class" in change) or (name == "classifier" and "y scaled" in change):
                continue
            shown = words.sentence(tried)
            assert find(shown) == [], (name, shown)


def test_calls_of_python_for_what_was_not_tried_are_left_out() -> None:
    """Where there is nothing like `diagnose` its call is not named."""
    for name, words, _ in doors():
        assert "diagnose" not in words.sentence("Not tried: no dropout; glassnet.diagnose(network, X, y) tries it."), (
            name
        )
        for nothing in ("nothing yet; {} tries what may help.", "not in short calls of fit; {} does."):
            assert words.sentence(nothing.format("glassnet.diagnose(network, X, y)")) == "", name


def test_advice_of_a_check_for_one_case_is_told_in_the_words_of_the_door() -> None:
    """What a check advises in place of its kind's words is kept where any door can follow it, and else replaced."""
    kept = make_finding("code-for-missing", "m.", advice="Leave out the rows whose target is not known.")
    special = {
        "overfit": "Use EarlyStopping('valid_loss') if the probabilities matter; the accuracy does not look at them.",
        "saturated-units": "Start from the weights that the network draws by itself: set or load no others.",
        "dead-signal": "Use 'relu' instead of sigmoid or tanh, take fewer layers, or put BatchNorm between them.",
        "unlucky-start": "Train again from newly drawn weights: leave out what sets others.",
        "diverged": KINDS["unscaled-inputs"].advice,
    }
    for name, words, find in doors():
        assert words.of(kept).advice == kept.advice
        for code, advice in special.items():
            found = words.of(make_finding(code, "Something was measured.", advice=advice)).advice
            assert find(found) == [], (name, found)
            assert "set or load" not in found
            assert "X.mean" not in found


def test_what_was_measured_names_no_argument() -> None:
    """What checks measure names no argument that is not there."""
    frozen = "All 323 parameters are frozen: trainable=False or rate_factor=0."
    clipped = "The gradient was cut to clip_norm=1 in 97% of all steps."
    for name, words, find in doors():
        if name in ("classifier", "regressor"):
            assert words.sentence(frozen) == "All 323 parameters are frozen."
        else:
            assert find(words.sentence(clipped)) == []


def test_rows_and_classes_have_the_names_that_the_caller_gave_them() -> None:
    """Row numbers are those of the caller's table, and classes have their labels."""
    words = Words(classes=["'ant'", "'bee'"], row_name=lambda row: f"row {10 * row} (counted from 0)")
    assert words.sentence("y is 7 in row 3 (counted from 0).") == "y is 7 in row 30 (counted from 0)."
    assert words.sentence("in rows 3, 4 and 2 more (counted from 0)") == "in rows 30, 40 and 2 more (counted from 0)"
    assert words.sentence("accuracy 0.500, always class 1 0.500.") == "accuracy 0.500, always class 'bee' 0.500."


# ---- the command line ------------------------------------------------------------------------------------------------


def write(columns: dict[str, Any]) -> str:
    """Write a table to a file, and return its name."""
    rows = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    Path("rows.csv").write_text("\n".join(rows) + "\n")
    return "rows.csv"


def columns_of(X: np.ndarray) -> dict[str, Any]:
    """Return columns by name."""
    return {name: X[:, i].round(4) for i, name in enumerate("abcdef")}


@pytest.fixture
def trained(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Train on columns and return the result; the report is checked for words of Python."""
    monkeypatch.chdir(tmp_path)

    def call(columns: dict[str, Any], *words: str) -> dict[str, Any]:
        path = write(columns)
        options = ("--recipe", "small", "--epochs", "4") if "--layers" not in words else ("--epochs", "4")
        code, out, err = run("train", path, "-t", [*columns][-1], *options, *words, "--json")
        assert code == 0, err
        found: dict[str, Any] = json.loads(out)
        for finding in found["findings"]:
            text = " ".join([finding["measured"], finding["why"], finding["advice"], finding["tried"]])
            assert foreign_to_commands(text) == [], text
        return found

    return call


@pytest.mark.parametrize("words", [(), ("--layers", "8")], ids=str)
def test_the_command_line_names_faults_of_the_table(
    trained: Callable[..., dict[str, Any]], words: tuple[str, ...]
) -> None:
    """Leaks, outliers, codes and skewed targets are found before a recipe clips them, by column, line and value."""
    X, y = numbers()
    base = columns_of(X)
    found = trained({**base, "fee": (3 * y + 1).round(6), "price": y.round(6)}, *words)["findings"][0]
    assert (found["code"], found["severity"]) == ("leaking-column", "warning")
    assert found["measured"].startswith("'fee' alone gives the target")
    assert found["advice"] == "Leave the column out with --drop fee, unless it will be known for new rows."
    huge = y.round(4)
    huge[17] = 1e9
    found = trained({**base, "price": huge}, *words)["findings"][0]
    assert found["code"] == "outlier-in-target"
    assert found["measured"].startswith("'price' is 1e+09 in line 19;")
    coded = {
        name: np.where(np.random.default_rng(i).random(400) < 0.1, -999, values)
        for i, (name, values) in enumerate(base.items())
    }
    found = trained({**coded, "price": y.round(4)}, *words)["findings"][0]
    assert found["code"] == "code-for-missing"
    assert "--missing -999" in found["advice"]
    found = trained({**base, "price": np.exp(4 * y).round(6)}, *words)["findings"][0]
    assert found["code"] == "skewed-target"
    assert found["advice"].startswith("Train on the logarithm of the target")


def test_beside_a_leak_no_model_is_advised(trained: Callable[..., dict[str, Any]]) -> None:
    """A linear model that reads the answer off a column is no model to prefer."""
    X, y = numbers()
    verdict = trained({**columns_of(X), "fee": (3 * y + 1).round(6), "price": y.round(6)}, "--epochs", "40")["verdict"]
    assert "prefer" not in verdict["sentence"]


@pytest.mark.parametrize("numbered", [False, True])
def test_copies_are_on_one_side_of_the_split(trained: Callable[..., dict[str, Any]], numbered: bool) -> None:
    """Rows that stand twice in a table are held out together, a row number beside them or not, and it is said."""
    X, y = numbers(200)
    rows = np.random.default_rng(0).permutation(np.r_[:200, :200])
    number = {"no": np.arange(1, 401)} if numbered else {}
    split = trained({**number, **columns_of(X[rows]), "price": y[rows].round(4)})["split"]
    assert split["shared"] == {}
    assert (
        split["notes"][-1] == "200 of 400 rows equal an earlier one, target included; equal rows are all in one part."
    )


def test_a_rare_class_has_its_options(trained: Callable[..., dict[str, Any]]) -> None:
    """Where a rare class is not answered, the report points to weights of classes and to the balanced accuracy."""
    X, y = numbers(600)
    labels = np.where(y > np.quantile(y, 0.97), "rare", "usual")
    hint = trained({**columns_of(X), "kind": labels}, "--epochs", "20")["verdict"]["hint"]
    assert "--class-weight balanced" in hint
    assert "--metric balanced_accuracy" in hint


@pytest.mark.parametrize("seed", range(2))
def test_sound_tables_are_silent(trained: Callable[..., dict[str, Any]], seed: int) -> None:
    """Nothing is warned of on a sound table."""
    X, y = numbers(seed=seed)
    assert [
        each
        for each in trained({**columns_of(X), "price": y.round(4)}, "--epochs", "60", "--batch", "32")["findings"]
        if each["severity"] != "note"
    ] == []
    X, labels = classes(seed=seed)
    assert [
        each
        for each in trained({**columns_of(X), "kind": labels}, "--epochs", "60", "--batch", "32")["findings"]
        if each["severity"] != "note"
    ] == []


@pytest.mark.parametrize("kind", ["classes", "numbers"])
def test_rows_unlike_those_of_training_are_not_blamed_on_the_network(
    run: Run, kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Columns that changed places, few rows, and a file without notes: none of it says what was learned."""
    X, _ = numbers(600)
    z = 2 * X[:, 0] - X[:, 1]
    y = np.where(z > 0, "yes", "no") if kind == "classes" else z
    monkeypatch.chdir(tmp_path)
    kept, swapped = [0, 1, 2, 3, 4, 5], [2, 5, 0, 3, 4, 1]
    for name, columns, n in (("good", kept, 600), ("swapped", swapped, 600), ("few", swapped, 8)):
        Path(write(columns_of(X[:n, columns]) | {"y": y[:n]})).rename(f"{name}.csv")
    assert run("train", "good.csv", "-t", "y", "-o", "m.safetensors", "--recipe", "plain", "-q")[0] == 0
    for name, words in (
        ("swapped", "they are unlike the rows that it was trained on."),
        ("few", "Here the network is"),
    ):
        verdict = json.loads(run("evaluate", "m.safetensors", f"{name}.csv", "--json")[1])["verdict"]
        assert verdict["against_baseline"] != "better"
        assert words in verdict["sentence"]
        assert "learned" not in verdict["sentence"]
    ours = Scores({"accuracy": 0.5}, np.arange(20) % 2 == 0, np.ones(20))
    assert no_better_here("'no'", ours, {}) == "Here the network is no better than 'no', as far as 20 rows can tell."
    assert no_better_here("'no'", ours, {"verdict": {"against_baseline": "equal"}}) == ""
