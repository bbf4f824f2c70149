"""Lines of progress on stderr where there is no terminal."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from glassnet.cli.training.progress_lines import ProgressLines
from glassnet.training import History


class Clock:
    """A clock that is set by hand."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def a_run(epochs: int, members: int | None = None) -> Any:
    """Return what the lines look at in a run."""
    network = SimpleNamespace(members=members)
    return SimpleNamespace(network=network, history=History(), epoch=0, target_epochs=epochs, fraction=0.0)


def train(lines: ProgressLines, clock: Clock, run: Any, seconds: float, **columns: list[float]) -> None:
    """Let a run take its epochs at an even pace, with these columns of its history."""
    (callback,) = lines.callbacks("network")
    callback.on_fit_begin(run)
    for epoch in range(1, run.target_epochs + 1):
        clock.seconds += seconds / run.target_epochs
        run.epoch, run.fraction = epoch, epoch / run.target_epochs
        run.history.columns.update({name: values[:epoch] for name, values in columns.items()})
        callback.on_step_end(run)
    callback.on_fit_end(run)


@pytest.fixture
def clock() -> Clock:
    """Return a clock at 0."""
    return Clock()


def test_a_line_for_each_tenth(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    """It has the epoch, the seconds, the metric that chooses the epoch, and the best so far; none is in colour."""
    lines = ProgressLines(now=clock)
    lines.facts({"networks": 1, "metric": "accuracy"})
    accuracy = [0.5 + (0.004 * i if i < 60 else 0.1) for i in range(100)]
    train(lines, clock, a_run(100), 50.0, loss=[1.0] * 100, valid_loss=[1.0] * 100, valid_accuracy=accuracy)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[0] == " 10%  epoch 10 of 100, 5.0 s, validation accuracy 0.536, best 0.536 in epoch 10"
    assert err.splitlines()[-2] == " 90%  epoch 90 of 100, 45 s, validation accuracy 0.600, best 0.736 in epoch 60"
    assert err.splitlines()[-1] == "100%  epoch 100 of 100, 50 s, validation accuracy 0.600, best 0.736 in epoch 60"
    assert len(err.splitlines()) == 10
    assert "\x1b" not in err


@pytest.mark.parametrize(("seconds", "most"), [(0.5, 0), (1.9, 0), (3.0, 2), (6.0, 3)])
def test_a_short_training_has_few(seconds: float, most: int, clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    """No line comes within two seconds of the start or of the one before, but the last."""
    lines = ProgressLines(now=clock)
    train(lines, clock, a_run(200), seconds, loss=[1.0] * 200)
    assert len(capsys.readouterr().err.splitlines()) == most


def test_errors_are_in_the_units_of_the_target(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    """The RMSE is multiplied by the spread; without held-out rows the training loss is shown."""
    lines = ProgressLines(now=clock)
    lines.facts({"unit": 1000.0, "networks": 1, "metric": "rmse"})
    train(lines, clock, a_run(2), 10.0, loss=[1.0, 0.5], valid_rmse=[0.4, 0.3])
    assert ", validation RMSE 300.0, best 300.0 in epoch 2" in capsys.readouterr().err.splitlines()[-1]
    lines.facts({"networks": 1})
    train(lines, clock, a_run(2), 10.0, loss=[1.0, 0.5])
    assert capsys.readouterr().err.splitlines()[-1] == "100%  epoch 2 of 2, 10 s, training loss 0.500"


def test_several_networks_share_the_lines(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    """Tenths are those of all networks, one after the other or at once, and each line says which network it is."""
    lines = ProgressLines(now=clock)
    lines.facts({"networks": 5, "metric": "loss"})
    for _ in range(5):
        train(lines, clock, a_run(10), 20.0, valid_loss=[1.0] * 10)
    printed = capsys.readouterr().err.splitlines()
    assert len(printed) == 10
    assert printed[2].startswith(" 30%  network 2 of 5, epoch 5 of 10, 30 s, validation loss 1.000, best 1.000")
    lines.facts({"networks": 4})
    train(lines, clock, a_run(10, members=4), 20.0, valid_loss=[1.0] * 10)
    assert len(capsys.readouterr().err.splitlines()) == 10


def test_other_processes_are_heard_of_when_they_end(capsys: pytest.CaptureFixture[str]) -> None:
    """Networks that are trained at once in processes are counted as they are done; other phases are no lines."""
    lines = ProgressLines()
    for phase in ("reading data.csv", "training: 2 of 5 networks done"):
        lines.phase(phase)
    assert capsys.readouterr().err == "training: 2 of 5 networks done\n"


def test_a_long_training_says_beforehand_how_long(capsys: pytest.CaptureFixture[str]) -> None:
    """Estimates are printed for ten seconds and more, and on a terminal that cannot redraw lines always."""
    found = {"recipe": "realmlp", "chosen": True, "cut": False, "measured": True}
    short, long = ({**found, "seconds": s, "at_most": s} for s in (5.0, 50.0))
    ProgressLines().facts({"recipes": [short]})
    assert capsys.readouterr().err == ""
    ProgressLines().facts({"recipes": [long]})
    assert capsys.readouterr().err == "Recipes here: realmlp about 50 s (this one)\n"
    ProgressLines(is_dumb=True).facts({"recipes": [short]})
    assert capsys.readouterr().err == "Recipes here: realmlp about 5 s (this one)\n"


def test_a_reader_that_is_gone_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in printing does not end the training."""

    def fail(*_: Any, **__: Any) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("builtins.print", fail)
    ProgressLines().phase("training: 1 of 2 networks done")
