"""`diagnose` beside a training: on copies, in a thread of its own, when a run has something to show or ends badly."""

from __future__ import annotations

import copy
import dataclasses
import logging
import threading
import weakref
from typing import Any

from glassnet.diagnosis import Finding, diagnose
from glassnet.errors import ConfigError
from glassnet.network import Network
from glassnet.playground.experiment import Experiment
from glassnet.playground.findings.cards import card_of
from glassnet.playground.play_data import PlayData
from glassnet.playground.settings import Settings
from glassnet.training.findings import make_finding

__all__ = ["finding_of", "findings_state", "look_now", "look_out", "wait_for_look"]

_FIRST, _PAUSED = 200, 50  # steps before a first look, and before one at a pause
_AGAIN = 4  # times as many before the next one of a run that goes on
_CHEAP = 5_000_000  # rows times parameters of a step up to which remedies are tried without being asked
# What the next steps make untrue.
_GO_ON = {"few-updates", "past-best-epoch", "schedule-not-begun", "still-falling"}
_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class _Subject:
    """What is looked at: a copy of the network, and what else nobody writes to."""

    network: Network
    data: PlayData
    settings: Settings
    step: int
    diverged: str | None
    asked: bool
    tries: bool


@dataclasses.dataclass
class _Found:
    """What was found about a subject."""

    subject: _Subject
    findings: list[Finding]
    problem: str = ""  # why there are none, if the look itself failed


class _Lookout:
    """What was found about the networks of one experiment, and the look that is under way."""

    def __init__(self) -> None:
        self.known: weakref.WeakKeyDictionary[Network, _Found] = weakref.WeakKeyDictionary()
        self.thread: threading.Thread | None = None
        self.done: tuple[weakref.ref[Network], _Found] | None = None
        self.is_asked = self.was_running = False


_LOOKOUTS: weakref.WeakKeyDictionary[Experiment, _Lookout] = weakref.WeakKeyDictionary()


def look_out(experiment: Experiment) -> None:
    """Take what a look has found, and begin another where it is due; between two steps, as often as there is time."""
    lookout = _LOOKOUTS.setdefault(experiment, _Lookout())
    _collect(experiment, lookout)
    is_due = _is_due(experiment, lookout)
    lookout.was_running = experiment.running
    if lookout.thread is None and (lookout.is_asked or is_due):
        _begin(experiment, lookout, asked=lookout.is_asked)


def look_now(experiment: Experiment) -> None:
    """Look at the run as it is now; one that is under way is followed by another."""
    lookout = _LOOKOUTS.setdefault(experiment, _Lookout())
    lookout.is_asked = True
    look_out(experiment)


def wait_for_look(experiment: Experiment) -> None:
    """Return when nothing is being looked at any more, and what was found is known."""
    lookout = _LOOKOUTS.setdefault(experiment, _Lookout())
    while (thread := lookout.thread) is not None:
        thread.join()
        look_out(experiment)


def findings_state(experiment: Experiment) -> dict[str, Any]:
    """Return the findings about the run as it is, and after which step it was looked at; None if it was not."""
    found = _current(experiment, _LOOKOUTS.setdefault(experiment, _Lookout()))
    if found is None or found.problem:
        return {"findings": [], "looked_at": None}
    length = experiment.run.steps_per_epoch
    return {"findings": [card_of(finding, length) for finding in found.findings], "looked_at": found.subject.step}


def finding_of(experiment: Experiment, code: str) -> Finding:
    """Return the finding of this code about the run as it is."""
    found = _current(experiment, _LOOKOUTS.setdefault(experiment, _Lookout()))
    known = {finding.code: finding for finding in found.findings} if found else {}
    if code not in known:
        message = f"branch_with: code is {code[:60]!r}; it must be that of a finding that is shown."
        raise ConfigError(message, expected=list(known), got=code)
    return known[code]


def _current(experiment: Experiment, lookout: _Lookout) -> _Found | None:
    """Return what was found, if it is about the data and the settings that there are now."""
    found = lookout.known.get(experiment.network)
    if found is None or found.subject.data.X is not experiment.data.X or found.subject.settings != experiment.settings:
        return None
    # A run that was started again where it had diverged has not diverged yet.
    is_over = found.subject.diverged and found.subject.step == experiment.step and not experiment.diverged
    return None if is_over else found


def _is_due(experiment: Experiment, lookout: _Lookout) -> bool:
    """Return whether a run has gone far enough, has just paused, or has just diverged."""
    found, step = _current(experiment, lookout), experiment.step
    if experiment.diverged:
        return found is None or not found.subject.diverged
    if found is None:
        has_paused = lookout.was_running and not experiment.running
        return step >= (_PAUSED if has_paused else _FIRST)
    if lookout.was_running and not experiment.running:
        return step > found.subject.step
    return experiment.running and step >= _AGAIN * max(found.subject.step, _FIRST)


def _begin(experiment: Experiment, lookout: _Lookout, *, asked: bool) -> None:
    """Look at copies, in another thread."""
    lookout.is_asked = False
    network, settings = experiment.network, experiment.settings
    work = settings.batch_size * network.n_parameters
    subject = _Subject(
        copy.deepcopy(network),
        experiment.data,
        settings,
        experiment.step,
        experiment.diverged,
        asked,
        tries=asked or work <= _CHEAP,
    )
    original, wake = weakref.ref(network), experiment.wake

    def look() -> None:
        try:
            found = _Found(subject, _examined(subject))
        except Exception as error:
            _log.exception("playground: the diagnosis failed")
            found = _Found(subject, [], f"{type(error).__name__}: {error}"[:200])
        lookout.done = original, found
        wake()

    lookout.thread = threading.Thread(target=look, name="glassnet-findings", daemon=True)
    lookout.thread.start()


def _collect(experiment: Experiment, lookout: _Lookout) -> None:
    """Take over what a look has found, and notify the pages if it is about what they show."""
    if lookout.done is None:
        return
    (original, found), lookout.done, lookout.thread = lookout.done, None, None
    network = original()
    if network is not None:
        lookout.known[network] = found
    if found.problem:
        text = f"playground: its diagnosis failed ({found.problem}); the training is not affected. Please report it."
        experiment.outbox.append({"event": "notice", "text": text})
        experiment.changed()
    elif _current(experiment, lookout) is found:
        experiment.outbox.append({"event": "findings", **findings_state(experiment)})
    elif found.subject.asked:  # what is there now was not looked at yet
        lookout.is_asked = True


def _examined(subject: _Subject) -> list[Finding]:
    """Return what there is to say about a subject; of what was not tried only what is certain."""
    network, data = subject.network, subject.data
    if subject.diverged:  # its weights are spoilt: a new start shows why
        network = network._renewed(network.seeds[0])
    names = data.inputs if len(data.inputs) == data.X[0].size else None
    found = diagnose(
        network,
        data.X,
        data.y,
        validation_data=(data.X_valid, data.y_valid) if len(data.X_valid) else None,
        feature_names=names,
        batch_size=subject.settings.batch_size,
        ignore=_GO_ON,
        try_remedies=subject.tries,
    )
    kept = [finding for finding in found if subject.tries or finding.severity != "warning"]
    if subject.diverged and not any(finding.code == "diverged" for finding in kept):
        kept.append(make_finding("diverged", subject.diverged))
    return kept
