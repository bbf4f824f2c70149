"""One examined training: what is found, whether a remedy that is said to help holds, and what the looking costs."""

from __future__ import annotations

import dataclasses
import math
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

import glassnet as gn
from benchmarks.diagnosis_tables import Training
from glassnet.diagnosis.remedies.attempts import Attempt
from glassnet.diagnosis.remedies.trials import Trials

__all__ = ["Result", "cost_of", "examine"]

_WORST = -1.0  # the lowest score that counts: below it all is lost


@dataclasses.dataclass
class Result:
    """What came out of one training.

    Attributes
    ----------
    table, fault : str
        The fault is "" for a healthy training.
    first : str
        The first finding that is not the table's own, or "nothing".
    alarms, told : list of str
        Findings that are no notes, and all.
    score : float
        Accuracy, or R² at least -1, on clean rows that were held out.
    true : bool or None
        Whether the first finding names the fault; None for a healthy training.
    remedies : list of tuple
        For each finding whose remedy is said to help: its code, what was changed, and the scores without and with it.
    not_judged : list of str
        Findings whose remedy is said to help and is no change that a training can be made with, such as an earlier end.
    """

    table: str
    fault: str
    first: str
    alarms: list[str]
    told: list[str]
    score: float
    true: bool | None = None
    remedies: list[tuple[str, str, float, float]] = dataclasses.field(default_factory=list)
    not_judged: list[str] = dataclasses.field(default_factory=list)


@contextmanager
def _attempts() -> Iterator[dict[str, Attempt]]:
    """Keep what is tried while inside, by the words for it."""
    race, found = Trials.race, dict[str, Attempt]()

    def keeping(self: Trials, attempts: Any, **options: Any) -> Any:
        found.update({attempt.change: attempt for attempt in attempts})
        return race(self, attempts, **options)

    Trials.race = keeping  # type: ignore[method-assign]
    try:
        yield found
    finally:
        Trials.race = race  # type: ignore[method-assign]


def examine(
    training: Training, table: str, fault: str = "", codes: tuple[str, ...] = (), own: Sequence[str] = ()
) -> Result:
    """Return what is found in a training, and what the remedies are worth when it is made with them.

    Parameters
    ----------
    training : Training
    table, fault : str
        Names.
    codes : tuple of str
        Findings that name the fault.
    own : sequence of str
        Findings that the healthy training on the table has too: they are of the table, and do not stand in the way.
    """
    network = training.new_network()
    with _attempts() as attempts:
        _fit(network, training)
    findings = network.history.findings
    first = next((code for code in findings.codes if code in codes or code not in own), "nothing")
    alarms = [finding.code for finding in findings.problems]
    found = Result(table, fault, first, alarms, findings.codes, _score(network, training))
    if fault:
        found.true = first in codes
    for finding in findings:
        if not finding.helped:
            continue
        trials = finding.evidence.get("trials", [])
        attempt = attempts.get(trials[0]["change"]) if trials else None
        pair = None if attempt is None else _with_remedy(network, training, attempt)
        if attempt is None or pair is None:
            found.not_judged.append(finding.code)
        else:
            found.remedies.append((finding.code, attempt.change, *pair))
    return found


def _fit(network: gn.Network, training: Training, **options: Any) -> None:
    with suppress(gn.DivergenceError):  # what was found is in the history
        network.fit(*training.train, **{**training.options(), **options})


def _with_remedy(trained: gn.Network, training: Training, attempt: Attempt) -> tuple[float, float] | None:
    """Return the scores of a network without and with a remedy, taken for the whole training."""
    base = trained._untrained() if attempt.from_now else training.new_network()
    try:
        changed: Any = (attempt.act(base) or base) if attempt.act is not None else base
    except gn.GlassnetError:
        return None
    X, y = training.train
    options: dict[str, Any] = {"diagnose": False}
    if attempt.weights is not None:
        options["sample_weight"] = attempt.weights(changed.check_data("benchmark", X, y)[1][:])
    if attempt.batch_size is not None:
        options["batch_size"] = attempt.batch_size
    train, valid, test = (_edited(part, attempt) for part in (training.train, training.valid, training.test))
    edited = dataclasses.replace(training, train=train, valid=valid, test=test)
    _fit(changed, edited, **options)
    return _score(trained, training, attempt), _score(changed, edited)


def _edited(part: tuple[np.ndarray, np.ndarray], attempt: Attempt) -> tuple[np.ndarray, np.ndarray]:
    X, y = part
    X = X if attempt.inputs is None else attempt.inputs(X)
    return X, y if attempt.targets is None else attempt.targets(y)


def _score(network: gn.Network, training: Training, scale: Attempt | None = None) -> float:
    """Return the accuracy, or R², on the rows to judge by; R² in the scale of a remedy that changes the targets."""
    X, y = training.test
    with np.errstate(all="ignore"):
        prediction = network.predict(X)
        if not np.isfinite(prediction).all():
            return _WORST if network.loss.name == "squared_error" else 0.0
        if network.loss.name != "squared_error":
            return float((prediction.argmax(axis=1) == y).mean())
        if scale is not None and scale.targets is not None:
            known = training.train[1]
            prediction, y = (scale.targets(np.clip(each, known.min(), known.max())) for each in (prediction, y))
        left = float(np.mean((prediction.astype(float) - y) ** 2)) / max(float(np.var(y)), 1e-30)
    return max(_WORST, 1.0 - left) if math.isfinite(left) else _WORST


def cost_of(training: Training, rounds: int) -> tuple[float, float]:
    """Return the seconds of a training without looking, and the median ratio with it, in turns."""
    seconds: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(rounds):
        for looks in (False, True):
            network = training.new_network()
            began = time.perf_counter()
            _fit(network, training, diagnose=looks)
            seconds[looks].append(time.perf_counter() - began)
    ratios = [with_it / without for with_it, without in zip(seconds[True], seconds[False], strict=True)]
    return min(seconds[False]), statistics.median(ratios)
