"""What is wrong with a run is found beside the training, and a remedy that helped can be branched with."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.playground.data.fitting_settings import suggested_settings
from glassnet.playground.data.gallery import GALLERY, exhibit
from glassnet.playground.data.sources import BUNDLED, data_from_source
from glassnet.playground.data.toy_data import TOYS
from glassnet.playground.dispatch import answer
from glassnet.playground.experiment import Experiment
from glassnet.playground.findings import lookout
from glassnet.playground.findings.cards import card_of
from glassnet.playground.findings.lookout import findings_state, look_now, look_out, wait_for_look
from glassnet.playground.play_data import PlayData
from glassnet.playground.settings import Settings
from glassnet.playground.state import state_of
from glassnet.training.findings import make_finding


def an_experiment(
    layers: list[Any] | None = None, *, scale: float = 1.0, optimizer: Any = None, batch_size: int = 10
) -> Experiment:
    """Return an experiment on three hundred points of two classes that a small network can tell apart."""
    rng = np.random.default_rng(0)
    X = (rng.standard_normal((300, 2)) * scale).astype(np.float32)
    y = (X[:, 0] * X[:, 1] > 0).astype(np.int64)
    data = PlayData(X[:240], y[:240], X[240:], y[240:], ("width", "height"), ("no", "yes"))
    layers = [gn.Dense(8, "tanh"), gn.Dense(1)] if layers is None else layers
    network = gn.Network(layers, loss="binary_cross_entropy", optimizer=optimizer or gn.Adam(0.03), seed=0)
    return Experiment(data, Settings.of(network, batch_size))


def do(experiment: Experiment, name: str, **arguments: Any) -> Any:
    """Run a command as the page does, and return its result."""
    found = answer(experiment, {"id": 1, "do": name, **arguments})
    assert "error" not in found, found
    return found["result"]


def looked_at(experiment: Experiment, steps: int = 200) -> dict[str, dict[str, Any]]:
    """Take steps as the training thread does, wait for the look that follows, and return the cards by code."""
    while experiment.step < steps and not experiment.diverged:
        experiment.advance(20)
        look_out(experiment)
    look_out(experiment)
    wait_for_look(experiment)
    return {card["code"]: card for card in findings_state(experiment)["findings"] if card["severity"] != "note"}


def test_a_healthy_run_has_no_card() -> None:
    """After two hundred steps it was looked at, and nothing but notes was found; the pages are told."""
    experiment = an_experiment()
    assert findings_state(experiment) == {"findings": [], "looked_at": None}
    assert looked_at(experiment) == {}
    assert findings_state(experiment)["looked_at"] == 200
    event = experiment.outbox.pop()
    assert event["event"] == "findings"
    assert event["findings"] == state_of(experiment)["findings"]


HEALTHY: list[dict[str, Any]] = [
    *({"kind": "toy", "name": name} for name in TOYS),
    *({"kind": "bundled", "name": name} for name in BUNDLED),
    {"kind": "toy", "name": "moons", "options": {"noise": 0.3, "seed": 1}},
]


@pytest.mark.parametrize("source", HEALTHY, ids=lambda source: f"{source['name']}{'' if len(source) < 3 else ' noisy'}")
def test_what_the_page_begins_with_is_healthy(source: dict[str, Any]) -> None:
    """The network that is suggested for each data set has no card but notes, after two hundred steps and a thousand."""
    data = data_from_source(source)
    experiment = Experiment(data, suggested_settings(data))
    assert looked_at(experiment, 200) == {}
    experiment.running = True
    assert looked_at(experiment, 1000) == {}
    assert findings_state(experiment)["looked_at"] >= 800


@pytest.mark.parametrize("name", GALLERY)
def test_each_broken_network_has_its_card(name: str) -> None:
    """After two hundred steps the card is there that names the failure, and its remedy can be branched with."""
    experiment = Experiment(*exhibit(name))
    looked_at(experiment, 200)
    cards = {card["code"]: card for card in findings_state(experiment)["findings"]}
    assert GALLERY[name].finding in cards
    card = cards[GALLERY[name].finding]
    if card["can_branch"]:
        do(experiment, "branch_with", code=card["code"])
        assert GALLERY[name].finding not in looked_at(experiment, 200)
    elif card["severity"] != "note":
        assert name in ("unscaled", "overfit", "leak", "shuffled")  # data, and what takes more rows


@pytest.mark.slow
@pytest.mark.parametrize("name", GALLERY)
def test_each_broken_network_keeps_its_card(name: str) -> None:
    """Whenever a reader looks: a training that goes on for long does not hide what is wrong."""
    experiment = Experiment(*exhibit(name))
    for steps in (500, 1000, 2000, 5000, 10_000, *([20_000] if name in ("squares", "shuffled") else [])):
        experiment.advance(steps - experiment.step)
        look_now(experiment)
        wait_for_look(experiment)
        codes = [card["code"] for card in findings_state(experiment)["findings"]]
        assert GALLERY[name].finding in codes, steps


def test_a_card_says_what_was_measured_and_what_helped() -> None:
    """The rate that helped is that of the trial; the numbers are those of `diagnose`; a branch is made with it."""
    experiment = an_experiment(optimizer=gn.SGD(1e-5))
    card = looked_at(experiment)["rate-too-low"]
    assert card["can_branch"]
    assert card["title"] == "Rate too low"
    assert card["change"] == "learning_rate 0.5 instead of 1e-05"
    assert card["change"] in card["tried"]
    assert card["where"] == "epoch 8"
    before = experiment.network
    found = gn.diagnose(
        before, experiment.data.X, experiment.data.y, batch_size=10, feature_names=["width", "height"],
        validation_data=(experiment.data.X_valid, experiment.data.y_valid),
    )  # fmt: skip
    theirs = next(finding for finding in found if finding.code == "rate-too-low")
    assert (card["measured"], card["why"], card["tried"]) == (theirs.measured, theirs.why, theirs.tried)
    assert do(experiment, "branch_with", code="rate-too-low")["text"] == card["change"]
    assert experiment.settings.optimizer["learning_rate"] == 0.5
    assert experiment.network.optimizer.learning_rate == 0.5
    assert findings_state(experiment)["looked_at"] is None  # what was found is not about the branch
    assert "rate-too-low" not in looked_at(experiment, experiment.step + 200)


def test_a_remedy_that_changes_layers_becomes_settings_of_layers() -> None:
    """Weights of 0 let no signal through; what helped is another activation, and the branch with it learns."""
    experiment = an_experiment([gn.Dense(8, "tanh", initializer="zeros"), gn.Dense(1)])
    card = looked_at(experiment)["dead-signal"]
    assert (card["severity"], card["can_branch"], card["step"]) == ("error", True, 0)
    assert card["change"] == "'relu' instead of sigmoid and tanh"
    do(experiment, "branch_with", code="dead-signal")
    assert experiment.settings.layers[0]["activation"] == "relu"
    assert looked_at(experiment, experiment.step + 200) == {}


def test_a_run_that_diverged_is_looked_at_at_once() -> None:
    """The card says where the numbers overflowed; a branch with the rate that helped begins at the start and learns."""
    layers = [gn.Dense(8, "relu"), gn.Dense(8, "relu"), gn.Dense(1)]
    experiment = an_experiment(layers, optimizer=gn.SGD(1000.0))
    experiment.advance(200)
    assert experiment.diverged
    before = experiment.name, experiment.step
    card = looked_at(experiment, 0)["diverged"]
    assert card["measured"].startswith("In step 24 of epoch 1 ")
    assert (card["step"], card["severity"]) == (24, "error")
    assert card["change"] == "learning_rate 0.5 instead of 1e+03"
    do(experiment, "branch_with", code="diverged")
    assert experiment.step == 0
    experiment.advance(200)
    assert not experiment.diverged
    assert experiment.run.history.columns["valid_loss"][-1] < 0.3
    experiment.select(before[0])
    assert experiment.step == before[1]  # the run that failed is as it was
    assert looked_at(experiment, 0)["diverged"] == card


def test_what_is_no_setting_cannot_be_branched_with() -> None:
    """Columns that want scaling have a card with what was tried, and no button."""
    experiment = an_experiment(scale=3000.0)
    cards = looked_at(experiment)
    assert not cards["unscaled-inputs"]["can_branch"]
    assert "scaled" in cards["unscaled-inputs"]["tried"]
    said = answer(experiment, {"id": 1, "do": "branch_with", "code": "unscaled-inputs"})["error"]
    assert "for which a change of settings helped" in said
    assert "that is shown" in answer(experiment, {"id": 1, "do": "branch_with", "code": "overfit"})["error"]


def test_the_training_goes_on_during_a_look_and_has_the_same_bits() -> None:
    """Steps are taken while it is looked at; the weights are those of a run that nobody looked at."""
    experiment, alone = an_experiment(optimizer=gn.SGD(1e-5)), an_experiment(optimizer=gn.SGD(1e-5))
    experiment.advance(60)
    do(experiment, "diagnose")
    do(experiment, "diagnose")  # asked for again: one after the other, not two at once
    experiment.advance(100)
    wait_for_look(experiment)
    alone.advance(160)
    np.testing.assert_array_equal(experiment.network.params, alone.network.params)
    events = [event for event in experiment.outbox if event["event"] == "findings"]
    assert len(events) == 2
    assert findings_state(experiment)["looked_at"] == 160


def test_a_pause_is_looked_at_and_settings_that_change_clear_the_cards() -> None:
    """A pause after fifty steps is worth a look; what was found with other settings is shown no more."""
    experiment = an_experiment(optimizer=gn.SGD(1e-5))
    experiment.running = True
    experiment.advance(60)
    look_out(experiment)
    experiment.running = False
    look_out(experiment)
    wait_for_look(experiment)
    assert findings_state(experiment)["looked_at"] == 60
    experiment.replace(settings=experiment.settings.with_path("batch_size", 20))
    assert findings_state(experiment) == {"findings": [], "looked_at": None}


def test_a_look_that_was_asked_for_is_about_what_there_is_in_the_end() -> None:
    """Where the settings change during a look, it is followed by another, whose findings the pages get."""
    experiment = an_experiment(optimizer=gn.SGD(1e-5))
    experiment.advance(100)
    do(experiment, "diagnose")
    experiment.replace(settings=experiment.settings.with_path("optimizer.learning_rate", 1e-6))
    experiment.advance(100)
    wait_for_look(experiment)
    events = [event for event in experiment.outbox if event["event"] == "findings"]
    assert [event["looked_at"] for event in events] == [200]
    assert "instead of 1e-06" in events[0]["findings"][0]["change"]


def test_a_look_that_fails_is_no_clean_bill(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages get a sentence, and not that nothing wrong was found; it is not tried again at once."""
    experiment = an_experiment()
    calls = []

    def fails(*given: Any, **options: Any) -> None:
        calls.append(given)
        raise ZeroDivisionError

    monkeypatch.setattr(lookout, "diagnose", fails)
    assert looked_at(experiment, 260) == {}
    assert findings_state(experiment)["looked_at"] is None
    notices = [event["text"] for event in experiment.outbox if event["event"] == "notice"]
    assert len(calls) == len(notices) == 1
    assert "(ZeroDivisionError: )" in notices[0]
    assert not any(event["event"] == "findings" for event in experiment.outbox)


@pytest.mark.parametrize(("epoch", "step", "at"), [(None, None, None), (0, None, 0), (3, None, 75), (3, 4, 54)])
def test_a_card_knows_its_step(epoch: int | None, step: int | None, at: int | None) -> None:
    """Where a finding was seen is counted in steps from the start, for the pin on the timeline."""
    card = card_of(make_finding("overfit", "It grew.", epoch=epoch, step=step), 25)
    assert card["step"] == at
    assert not card["can_branch"]
