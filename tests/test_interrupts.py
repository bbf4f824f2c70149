"""Ctrl-C in Python: the first ends a fit, the second reaches the caller, and neither costs what was trained."""

from __future__ import annotations

import copy
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, cross_val_score

import glassnet as gn
from glassnet.sklearn import MLPClassifier, MLPRegressor
from glassnet.tabular import TabularClassifier, TabularRegressor
from glassnet.training import Run, loop

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
X = np.random.default_rng(0).standard_normal((60, 3))
Y = X[:, 0] - X[:, 1] * X[:, 2]


@pytest.fixture(autouse=True)
def _usual_handler() -> Iterator[None]:
    """Leave Ctrl-C as Python has it."""
    yield
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


class Press:
    """Presses Ctrl-C ``times`` times in a row when it is called for the n-th time."""

    def __init__(self, at: int, times: int) -> None:
        self.left, self.times = at, times

    def __call__(self, *_: object) -> None:
        self.left -= 1
        if self.left == 0:
            for _ in range(self.times):
                signal.raise_signal(signal.SIGINT)


class At(gn.Callback):
    """Calls a function in one hook."""

    def __init__(self, hook: str, function: Any) -> None:
        setattr(self, hook, function)


# ---- a second one keeps the checkpoint -------------------------------------------------------------------------------

PLACES = [
    "on_step_end",
    "on_epoch_begin",
    "on_epoch_end",
    "on_epoch_done",
    "in a step",
    "evaluating",
    "between batches",
]


def fit(place: str, press: Any, path: Path, **options: Any) -> gn.Network:
    """Train a network with dropout and averaged weights, pressing somewhere; return it."""

    def value(Z: np.ndarray, y: np.ndarray) -> np.ndarray:
        if place == "in a step":
            press()
        return ((Z - y) ** 2).sum(axis=1)

    def metric(y: np.ndarray, prediction: np.ndarray) -> float:
        if place == "evaluating":
            press()
        return float(np.abs(y - prediction).mean())

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for start in range(0, 48, 8):
            if place == "between batches":
                press()
            yield X[start : start + 8], Y[start : start + 8, None]

    loss = gn.CustomLoss(value, lambda Z, y: 2.0 * (Z - y), name="mine")
    layers = [gn.Dense(6, "tanh"), gn.Dropout(0.2), gn.Dense(1)]
    net = gn.Network(layers, loss=loss, optimizer=gn.Adam(0.01, ema=0.9), seed=0, input_shape=(3,))
    net.fit(
        lambda epoch: batches(), epochs=6, steps_per_epoch=6, validation_data=(X[48:], Y[48:, None]),
        metrics=[metric], early_stopping=gn.EarlyStopping("valid_loss", patience=3), diagnose=False,
        callbacks=[At(place, press)] if place.startswith("on") else [],
        checkpoint=gn.Checkpoint(path, every_seconds=1e6), resume=True, **options,
    )  # fmt: skip
    return net


def counted(place: str, path: Path) -> tuple[gn.Network, int]:
    """Return the undisturbed network, and how often the place was passed."""
    calls: list[int] = []
    net = fit(place, lambda *_: calls.append(1), path)
    return net, len(calls)


@pytest.mark.parametrize("place", PLACES)
def test_a_second_ctrl_c_writes_the_checkpoint(place: str, tmp_path: Path) -> None:
    """Pressed twice anywhere, KeyboardInterrupt reaches the caller, and the run goes on from there to the same bits."""
    straight, n = counted(place, tmp_path / "straight.safetensors")
    instants = (n // 3, n // 2, n - 1)
    for i in instants:
        path = tmp_path / f"{i}.safetensors"
        with pytest.raises(KeyboardInterrupt):
            fit(place, Press(i, 2), path)
        done = gn.load(path, custom=[straight.loss])._run
        assert done.optimizer_state.t > 0
        net = fit(place, Press(0, 2), path)
        np.testing.assert_array_equal(net.params, straight.params)
        assert net.history.to_dict()["columns"] == straight.history.to_dict()["columns"]
        assert net.history.best_epoch == straight.history.best_epoch


def test_no_step_is_lost(tmp_path: Path) -> None:
    """The checkpoint that a second Ctrl-C leaves holds every step that was done, and the network is usable."""
    path, nets = tmp_path / "run.safetensors", []

    def press(run: Run[Any]) -> None:
        nets.append(run.network)
        if len(nets) == 27:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        fit("on_step_end", press, path)
    saved = gn.load(path, custom=[nets[0].loss])
    assert (saved._run.epoch, saved._run.step, saved._run.optimizer_state.t) == (4, 3, 27)
    assert nets[0].history.stop_reason == "KeyboardInterrupt"
    assert nets[0].history.epochs == 5
    assert np.isfinite(nets[0].predict(X)).all()


def test_a_third_ctrl_c_waits_for_no_step(tmp_path: Path) -> None:
    """In a step that hangs a third one leaves at once; the file holds the checkpoint before, never half a step."""
    path = tmp_path / "run.safetensors"
    with pytest.raises(KeyboardInterrupt):
        fit("in a step", Press(20, 3), path)
    layers = [gn.Dense(1)]
    loss = gn.CustomLoss(lambda Z, y: ((Z - y) ** 2).sum(axis=1), lambda Z, y: 2.0 * (Z - y), name="mine")
    assert gn.load(path, custom=[loss, *map(type, layers)])._run.optimizer_state.t == 0


@pytest.mark.parametrize("epochs", [2, 99])
def test_a_second_ctrl_c_while_a_checkpoint_is_written(
    epochs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pressed twice while the last one is written, the file holds the last step, no part is left, and the run goes on."""
    from glassnet.saving import writing

    straight, path = counted("on_step_end", tmp_path / "straight.safetensors")[0], tmp_path / "run.safetensors"
    press, chmod = Press(2, 2), writing.os.chmod

    def pressed(*words: Any) -> None:
        press()
        chmod(*words)

    monkeypatch.setattr(writing.os, "chmod", pressed)
    with pytest.raises(KeyboardInterrupt):
        fit("on_step_end", lambda run: run.stop("enough") if run.epoch == epochs else None, path)
    assert gn.load(path, custom=[straight.loss])._run.optimizer_state.t == min(
        6 * epochs + 1, straight._run.optimizer_state.t
    )
    assert sorted(each.name for each in tmp_path.iterdir()) == ["run.safetensors", "straight.safetensors"]
    np.testing.assert_array_equal(fit("on_step_end", lambda run: None, path).params, straight.params)


def test_a_handler_of_the_programs_own_is_left_alone() -> None:
    """Where the program handles Ctrl-C itself, fit does not, and what that raises in a step passes through."""

    def refuse(*_: object) -> None:
        raise ZeroDivisionError

    net = gn.Network([gn.Dense(1)], loss="squared_error", seed=0)
    before = signal.signal(signal.SIGINT, refuse)
    try:
        with pytest.raises(ZeroDivisionError):
            net.fit(X, Y, epochs=3, callbacks=At("on_step_end", Press(3, 1)))
    finally:
        signal.signal(signal.SIGINT, before)


# ---- estimators ------------------------------------------------------------------------------------------------------


@pytest.fixture
def pressing(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that has Ctrl-C pressed in the runs of these numbers from now on, so many times each."""
    original = loop.Run._record_epoch

    def press_in(*numbers: int, times: int = 1) -> list[int]:
        begun: list[int] = []

        def record(run: Run[Any]) -> None:
            original(run)
            if run.epoch == 2:
                begun.append(run.epoch)
                if len(begun) in numbers:
                    for _ in range(times):
                        signal.raise_signal(signal.SIGINT)

        monkeypatch.setattr(loop.Run, "_record_epoch", record)
        return begun

    return press_in


LABELS = (Y > 0).astype(int)
ESTIMATORS: list[tuple[Any, Any]] = [
    (TabularClassifier("small", epochs=12, random_state=0), LABELS),
    (TabularRegressor("small", epochs=12, random_state=0), Y),
    (TabularClassifier("small", epochs=12, n_ensemble=3, random_state=0), LABELS),
    (MLPClassifier((4,), max_iter=12, random_state=0), LABELS),
    (MLPRegressor(hidden_layer_sizes=(4,), max_iter=12, random_state=0), Y),
]
NAMES = ["classifier", "regressor", "ensemble", "perceptron", "perceptron of numbers"]


@pytest.mark.parametrize(("model", "y"), ESTIMATORS, ids=NAMES)
def test_ctrl_c_in_an_estimator_warns(model: Any, y: np.ndarray, pressing: Any) -> None:
    """An estimator that was interrupted is fitted, and a warning says that it is not what was asked for."""
    model, counts = copy.deepcopy(model), pressing(1)
    with pytest.warns(UserWarning, match="Training interrupted by user") as caught:
        model.fit(X, y)
    assert len([each for each in caught if "interrupted" in str(each.message)]) == 1
    assert caught[0].filename == __file__ or isinstance(model, (MLPClassifier, MLPRegressor))
    assert model.predict(X).shape == (60,)
    assert counts == [2]


def test_the_warning_says_how_far_it_got(pressing: Any) -> None:
    """It counts the epochs, or the networks of an ensemble."""
    pressing(1)
    with pytest.warns(UserWarning, match="interrupted") as caught:
        copy.deepcopy(ESTIMATORS[0][0]).fit(X, LABELS)
    message = "Training interrupted by user after 2 of 12 epochs. The best weights so far are kept."
    assert str(caught[0].message) == f"TabularClassifier.fit: {message}"


@pytest.mark.parametrize(("model", "y"), ESTIMATORS, ids=NAMES)
def test_a_second_ctrl_c_in_a_fit_reaches_the_caller(model: Any, y: np.ndarray, pressing: Any) -> None:
    """Pressed twice in one fit, KeyboardInterrupt passes through the estimator."""
    pressing(1, times=2)
    with pytest.raises(KeyboardInterrupt):
        copy.deepcopy(model).fit(X, y)


LOOPS = {
    "cross_val_score": lambda model, y: cross_val_score(model, X, y, cv=4),
    "grid search": lambda model, y: GridSearchCV(model, {"batch_size": [16, 32]}, cv=2, refit=False).fit(X, y),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("model", "y"), ESTIMATORS, ids=NAMES)
@pytest.mark.parametrize("loop_", LOOPS.values(), ids=LOOPS)
def test_a_second_ctrl_c_ends_a_cross_validation(loop_: Any, model: Any, y: np.ndarray, pressing: Any) -> None:
    """The first ends the fit of a fold and the others go on; the second, in whichever fold it comes, ends them all."""
    begun = pressing(1, 3)
    with pytest.raises(KeyboardInterrupt):
        loop_(copy.deepcopy(model), y)
    assert len(begun) == 3
    begun = pressing(1)  # the next call of it begins anew
    loop_(copy.deepcopy(model), y)
    assert len(begun) >= 4
    begun = pressing(2)
    loop_(copy.deepcopy(model), y)
    assert len(begun) >= 4


@pytest.mark.filterwarnings("ignore")
def test_a_second_ctrl_c_in_a_step_of_a_later_fold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the second comes in the middle of a step, it waits for that step only, not for the end of the fit."""
    from glassnet.training.step import TrainingStep

    original, presses, steps = TrainingStep._update, [30, 60], []

    def update(self: TrainingStep, position: float) -> None:
        steps.append(position)
        if len(steps) in presses:
            signal.raise_signal(signal.SIGINT)
        original(self, position)

    monkeypatch.setattr(TrainingStep, "_update", update)
    with pytest.raises(KeyboardInterrupt):
        cross_val_score(TabularClassifier("small", epochs=40, batch_size=8, random_state=0), X, LABELS, cv=3)
    assert len(steps) == 60


@pytest.mark.filterwarnings("ignore")
def test_fits_one_after_the_other_are_interrupted_one_by_one(pressing: Any) -> None:
    """Outside a loop of scikit-learn each fit takes the first Ctrl-C of its own as a wish to end that fit."""
    begun = pressing(1, 2, 3)
    for model, y in ESTIMATORS[:3]:
        copy.deepcopy(model).fit(X, y)
    assert len(begun) == 3


def test_ctrl_c_while_the_pace_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no network has begun to train there is nothing to keep, and KeyboardInterrupt reaches the caller."""
    from glassnet.tabular.fitting import timing

    begin = timing._StepTimer.on_epoch_begin
    press = Press(1, 1)
    monkeypatch.setattr(timing._StepTimer, "on_epoch_begin", lambda self, run: (press(), begin(self, run)))
    with pytest.raises(KeyboardInterrupt):
        TabularClassifier("realmlp", max_seconds=60, random_state=0).fit(X, LABELS)


# ---- one fit at a time -----------------------------------------------------------------------------------------------


def test_two_fits_of_one_network_at_the_same_time_are_refused() -> None:
    """A second thread, and a callback, get a sentence, and the fit that is going on keeps its bits."""
    nets = [gn.Network([gn.Dense(3, "tanh"), gn.Dense(1)], loss="squared_error", seed=0) for _ in range(2)]
    refused: list[str] = []

    def fit_again(run: Run[Any]) -> None:
        def again() -> None:
            try:
                run.network.fit(X, Y, epochs=1)
            except gn.ConfigError as error:
                refused.append(str(error))

        again()
        thread = threading.Thread(target=again)
        thread.start()
        thread.join()

    nets[0].fit(X, Y, epochs=3, callbacks=fit_again)
    nets[1].fit(X, Y, epochs=3)
    message = "fit: this network is being fitted already. Wait for that fit to end, or fit a copy.deepcopy of it."
    assert refused == [message] * 6
    np.testing.assert_array_equal(nets[0].params, nets[1].params)
    assert nets[0].history["loss"] == nets[1].history["loss"]


def test_after_a_fit_that_failed_the_next_one_may_begin() -> None:
    """Neither an exception in a callback nor refused data leaves the network as one that is being fitted."""
    net = gn.Network([gn.Dense(1)], loss="squared_error", seed=0)

    def fail(run: Run[Any]) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        net.fit(X, Y, epochs=1, callbacks=fail)
    with pytest.raises(gn.DataError):
        net.fit(X * np.nan, Y, epochs=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert net.fit(X, Y, epochs=1).epochs == 2
