"""`diagnose`: run all checks of a network and its data, and try what might help."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Any

import numpy as np

from glassnet.diagnosis.case import SAMPLE_ROWS, Case, column_names, names_of_frame, sampled
from glassnet.diagnosis.checks.calibration_checks import check_calibration
from glassnet.diagnosis.checks.class_checks import check_classes
from glassnet.diagnosis.checks.column_checks import check_columns
from glassnet.diagnosis.checks.design_checks import (
    check_hidden_activations,
    check_linear_layers,
    check_noise,
    check_small_batches,
)
from glassnet.diagnosis.checks.extreme_checks import check_extremes
from glassnet.diagnosis.checks.leak_checks import check_leaks
from glassnet.diagnosis.checks.linear_checks import check_against_linear
from glassnet.diagnosis.checks.loss_checks import check_loss
from glassnet.diagnosis.checks.order_checks import check_order
from glassnet.diagnosis.checks.output_checks import check_output, check_softmax_units
from glassnet.diagnosis.checks.pace_checks import check_schedule, check_trainable, check_updates
from glassnet.diagnosis.checks.prediction_checks import check_new_rows
from glassnet.diagnosis.checks.result_checks import (
    check_against_constant,
    check_best_epoch,
    check_chance,
    check_constant,
)
from glassnet.diagnosis.checks.run_checks import check_clipping, check_overfit, check_units, check_zigzag
from glassnet.diagnosis.checks.shared_row_checks import check_rows
from glassnet.diagnosis.checks.start_checks import check_signal, check_weights
from glassnet.diagnosis.checks.target_checks import check_targets
from glassnet.diagnosis.checks.validation_checks import check_validation
from glassnet.diagnosis.remedies.divergence import Breakdown, explain_divergence
from glassnet.diagnosis.remedies.experiments import check_ten_rows, check_width, explain_failure, is_stuck
from glassnet.diagnosis.remedies.short_training import trained_briefly
from glassnet.diagnosis.remedies.suspects import is_narrow
from glassnet.diagnosis.remedies.suspicions import Suspicion, resolved
from glassnet.diagnosis.remedies.trials import Trials
from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import ConfigError, ShapeError
from glassnet.training.finding_kinds import KINDS
from glassnet.training.findings import Diagnosis, Finding
from glassnet.utils.checks import check_choice, check_integer

__all__ = ["check_ignored", "diagnose", "examine", "examine_diverged", "examine_untraced"]

# What may be wrong although a network learned well, before training and after it.
_DATA = (check_columns, check_extremes, check_targets, check_leaks, check_order, check_rows, check_validation)
_DESIGN = (
    check_softmax_units,
    check_output,
    check_loss,
    check_hidden_activations,
    check_small_batches,
    check_linear_layers,
    check_noise,
)
_PACE = (check_trainable, check_schedule, check_updates)
_RESULT = (
    check_chance,
    check_overfit,
    check_against_constant,
    check_classes,
    check_calibration,
    check_against_linear,
    check_best_epoch,
)
_FEWEST_UPDATES, _FEW_UPDATES = 4, 200
_KEPT = 0.4  # share of the steps for finding out what no check suspects
# What keeps a network from learning.
_START = (check_weights, check_signal)
_TRAINING = (check_clipping, check_zigzag, check_units, check_constant)

# What follows from a cause, and is not reported beside it.
_RESULTS = {
    "few-updates",
    "plateau-at-prior",
    "dead-units",
    "constant-output",
    "no-better-than-baseline",
    "some-classes-only",
    "worse-than-linear",
}
_SYMPTOMS = {"start-too-large", "dead-signal", "vanishing-gradient", "exploding-gradient", "saturated-units"}
# Scores on rows of another kind, and what is read from them.
_SCORES = {
    "badly-calibrated",
    "class-too-rare",
    "no-better-than-baseline",
    "overfit",
    "past-best-epoch",
    "some-classes-only",
    "validation-at-chance",
    "worse-than-linear",
}
_FOLLOWS = {
    "validation-differs": _SCORES,
    "unscaled-prediction": _SCORES,
    "outside-training-range": _SCORES,
    "column-order": _SCORES,
    "outlier-in-target": {"unscaled-target", "skewed-target", *_SCORES, "start-too-large", "plateau-at-prior"},
    "code-for-missing": {"unscaled-inputs", "outlier-in-inputs"},
    "outlier-in-inputs": {"unscaled-inputs"},
    "skewed-target": {"unscaled-target", "start-too-large"},
    "weights-on-one-class": {"single-class", "imbalance", "missing-classes"},
    "unscaled-inputs": _SYMPTOMS,
    "unscaled-target": {"start-too-large"},
    "symmetric-weights": _SYMPTOMS,
    "weights-all-positive": _SYMPTOMS,
    "start-too-large": {"saturated-units", "exploding-gradient", "vanishing-gradient"},
    "dead-signal": {"vanishing-gradient", "saturated-units"},
    "one-softmax-unit": {*_SYMPTOMS, *_RESULTS, "loss-does-not-fit", "output-cannot-reach"},
    "output-cannot-reach": _RESULTS,
    "hidden-activation": {*_SYMPTOMS, *_RESULTS},
    "validation-at-chance": {"no-better-than-baseline", "overfit", "badly-calibrated", "past-best-epoch"},
    "overfit": {"past-best-epoch"},
    "plateau-at-prior": {"no-better-than-baseline"},
    "single-class": {"imbalance", "missing-classes"},
    "all-columns-constant": {"constant-columns", *_SYMPTOMS},
}


def diagnose(
    network: BaseNetwork,
    X: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    validation_data: Sequence[Any] | None = None,
    training_data: Any = None,
    feature_names: Sequence[str] | None = None,
    batch_size: int = 32,
    ignore: Iterable[str] = (),
    try_remedies: bool = True,
) -> Diagnosis:
    """Return what is wrong with a network and its data, why it matters, and what helped when it was tried.

    A network that was not trained yet is trained for up to 300 steps, as a copy. Nothing of the network is changed:
    parameters, statistics and training state keep their bits.

    Parameters
    ----------
    network : BaseNetwork
        Trained or not; without members.
    X : array of shape (n, ...)
        The rows that it is trained on; without ``y`` new rows that it is to predict.
    y : array of shape (n,) or (n, k), optional
        Their targets.
    sample_weight : array of shape (n,), optional
        As in `Network.fit`.
    validation_data : (X, y) or (X, y, sample_weight), optional
        Rows that it is not trained on: without them overfitting and calibration are not checked.
    training_data : array of shape (n, ...), or (X, y), optional
        For new rows without ``y``: what they are compared with.
    feature_names : sequence of str, optional
        Names of the columns, for the messages; by default those of a frame.
    batch_size : int, default=32
        As in `Network.fit`, for what is tried.
    ignore : iterable of str
        Codes of findings to leave out.
    try_remedies : bool, default=True
        Whether to try on copies what might help: a second or two for a small network.

    Returns
    -------
    Diagnosis
        A sequence of findings, printed as text; ``ok`` if none is worse than a note.

    Raises
    ------
    ConfigError
        The network has members, or there is nothing to compare new rows with.

    References
    ----------
    Schoop, Huang & Hartmann (2021), "UMLAUT: debugging deep learning programs using program structure and model
    behavior", CHI: learners find more mistakes when they are reported with numbers and a remedy.

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> X = np.random.default_rng(0).standard_normal((200, 3))
    >>> y = (X[:, 0] + X[:, 1] > 0).astype(int)
    >>> net = gn.Network([gn.Dense(8, "relu"), gn.Dense(2)], loss="cross_entropy", optimizer=gn.SGD(1e-5), seed=0)
    >>> history = net.fit(X, y, epochs=20, diagnose=False)
    >>> found = gn.diagnose(net, X, y)
    >>> found[0].code, found[0].helped
    ('rate-too-low', True)
    """
    if network.members is not None:
        message = f"diagnose: network must have no members, got members={network.members}. Diagnose one of its kind."
        raise ConfigError(message, got=network.members)
    ignored = check_ignored("diagnose", ignore)
    feature_names = names_of_frame(X) if feature_names is None else feature_names
    if network.store is None:
        network = network.untrained()
    if y is None:
        return _of_new_rows(network, X, training_data, feature_names, ignored)
    data = network.check_data("diagnose", X, y, sample_weight)
    valid = None
    if validation_data is not None:
        valid = network.check_data("diagnose: validation_data", *validation_data)
    _check_names(feature_names, data[0].shape[1:])
    batch_size = check_integer("diagnose", "batch_size", batch_size, 1)
    history = network.run.history if network.run is not None and network.run.epoch else None
    start, broken = None, None
    if history is None:
        start = network.params.copy(), network.stats.copy()
        network, history, broken = trained_briefly(network, data, valid, batch_size)
    elif network.run is not None:
        start = network.run.started
    case = Case(
        network,
        data,
        valid,
        start=start,
        history=history,
        batch_size=min(batch_size, len(data[0])),
        names=feature_names,
    )
    trials = Trials(case) if try_remedies else None
    if broken is not None:
        return examine_diverged(case, trials, ignored, broken)
    return examine(case, trials, ignored, thorough=True)


def _of_new_rows(
    network: BaseNetwork, X: Any, training_data: Any, names: Sequence[str] | None, ignored: set[str]
) -> Diagnosis:
    if training_data is None:
        message = "diagnose: without y there must be training_data to compare X with, got none. Pass y, or both."
        raise ConfigError(message)
    old = training_data[0] if isinstance(training_data, (tuple, list)) else training_data
    pair = [network.check_inputs("diagnose", rows) for rows in (X, old)]
    new, known = (sampled((rows, rows, None), SAMPLE_ROWS * 10)[0] for rows in pair)
    _check_names(names, new.shape[1:])
    columns = column_names(new.shape[1:], names)
    found = check_new_rows(new.reshape(len(new), -1), known.reshape(len(known), -1), columns)
    return Diagnosis(finding for finding in found if finding.code not in ignored)


def check_ignored(where: str, ignore: Iterable[str]) -> set[str]:
    """Return the codes to leave out as a set; refuse unknown ones."""
    codes = [ignore] if isinstance(ignore, str) else ignore
    return {check_choice(where, "ignore", code, KINDS) for code in codes}


def _check_names(names: Sequence[str] | None, shape: tuple[int, ...]) -> None:
    size = int(np.prod(shape))
    if names is not None and len(names) != size:
        message = f"diagnose: feature_names must have one name per column, got {len(names)} for {size} columns."
        raise ShapeError(message, expected=size, got=len(names))


def examine(
    case: Case, trials: Trials | None, ignored: set[str], *, thorough: bool = False, has_ended: bool = True
) -> Diagnosis:
    """Return all findings about a case.

    Parameters
    ----------
    case : Case
    trials : Trials or None
        None if nothing may be tried.
    ignored : set of str
        Codes to leave out. They are checked all the same: what follows from them is left out, too.
    thorough : bool
        Whether to check what keeps a network from learning although it learned well.
    has_ended : bool
        Whether to check the result.
    """
    with np.errstate(all="ignore"):  # a network that fails may well overflow in the checks
        found = _findings(case, trials, thorough=thorough, has_ended=has_ended)
        kept = _without_symptoms(found, fails=case.fails)
    return Diagnosis(finding for finding in kept if finding.code not in ignored)


def _findings(case: Case, trials: Trials | None, *, thorough: bool, has_ended: bool) -> list[Finding]:
    """Return all findings, symptoms and those in ``ignore`` included: what the trials find of causes comes first."""
    begins = _begins(case)
    suspicions = [*_suspicions(case, trials, thorough=thorough, has_ended=has_ended, begins=begins)]
    symptoms = [each for each in suspicions if KINDS[each.finding.code].stage in ("result", "prediction")]
    causes = [each for each in suspicions if each not in symptoms]
    unexplained = trials is not None and not (begins or case.learned)
    keeps = _KEPT if unexplained and (case.fails or is_stuck(case) or is_narrow(case.original)) else 0.0
    found = resolved(causes, trials, learned=case.learned, keeps=keeps)
    if trials is not None and unexplained and not any(map(_is_cause, found)):
        found = [*_explained(case, trials, causes, found), *found]
    known = any(map(_is_cause, found))
    return [*found, *resolved(symptoms, None if known else trials, learned=case.learned)]


def _explained(case: Case, trials: Trials, causes: list[Suspicion], found: list[Finding]) -> list[Finding]:
    """Return what trials find of a network that did not learn well, and of which no cause is known."""
    if not (case.fails or is_stuck(case)):
        # Of one that is on its way it shows later.
        return [] if _goes_on(found) else [*check_width(case, trials)]
    refuted = {finding.code for finding in found if finding.helped is False and finding.stage != "training"}
    doubtful = [each for each in causes if each.finding.code in refuted and each.if_helped]
    more = [*explain_failure(case, trials, doubtful)]
    return more if any(map(_is_cause, more)) else [*more, *check_ten_rows(case, trials)]


def examine_diverged(case: Case, trials: Trials | None, ignored: set[str], broken: Breakdown | None) -> Diagnosis:
    """Return all findings about a training that diverged: about its data, its design and its start."""
    case.history = None
    ahead = [dataclasses.replace(f, severity="error") if f.helped else f for f in examine(case, trials, ignored)]
    finding = explain_divergence(case, trials, broken, ahead)
    return Diagnosis(found for found in (finding, *ahead) if found.code not in ignored)


def examine_untraced(case: Case, ignored: Set[str] = frozenset(), *, is_fitted: bool, learned: bool) -> Diagnosis:
    """Return what data, and the answers if the network ``is_fitted``, show without a history; nothing is tried.

    Parameters
    ----------
    case : Case
    ignored : set of str
        Codes to leave out.
    is_fitted : bool
        Whether to look at the answers too.
    learned : bool
        Whether the network learned something: then what might have been harmful was not, and is a note.
    """
    checks = [*_DATA, *((check_constant, check_against_constant, check_classes) if is_fitted else ())]
    with np.errstate(all="ignore"):
        suspicions = [suspicion for check in checks for suspicion in check(case)]
    found = [*resolved(suspicions, None, learned=learned)]
    return Diagnosis(finding for finding in _without_symptoms(found, fails=False) if finding.code not in ignored)


def _begins(case: Case) -> bool:
    """Return whether what training led to says nothing yet: after a few updates, or in a loop of single epochs."""
    return case.is_trained and case.updates < (_FEW_UPDATES if case.epochs_asked == 1 else _FEWEST_UPDATES)


def _suspicions(
    case: Case, trials: Trials | None, *, thorough: bool, has_ended: bool, begins: bool
) -> Iterator[Suspicion]:
    """Yield the suspicions of all checks that apply."""
    hindered = thorough or not case.learned
    checks = [*_DATA, *_DESIGN, *(_START if hindered else ())]
    if case.is_trained:
        checks += [*(_PACE if has_ended else ()), *(_TRAINING if hindered and not begins else ())]
        checks += _RESULT if has_ended and not begins else ()
    goes_on = False
    for check in checks:
        if check is check_against_linear and goes_on and not thorough:
            continue  # what is on its way will be compared later
        for suspicion in check(case):
            goes_on = goes_on or _goes_on([suspicion.finding])
            yield suspicion


def _goes_on(found: list[Finding]) -> bool:
    """Return whether something only says that training should go on."""
    return any(finding.code in ("few-updates", "still-falling") for finding in found)


def _is_cause(finding: Finding) -> bool:
    """Return whether a finding explains why a network does not learn."""
    if finding.severity == "note" or KINDS[finding.code].stage in ("result", "prediction"):
        return False
    return finding.helped is True or finding.severity == "error" or finding.code == "few-updates"


def _without_symptoms(found: list[Finding], *, fails: bool) -> list[Finding]:
    """Leave out what follows from something else that was found."""
    hidden: set[str] = set()
    suffers = fails and any(finding.code in _SYMPTOMS for finding in found)
    for place, finding in enumerate(found):
        # The signal suffers, so the columns matter even where scaling them is not enough within a few steps.
        if suffers and finding.code == "unscaled-inputs" and finding.severity == "note":
            found[place] = dataclasses.replace(finding, severity="warning")
    for finding in found:
        if finding.severity != "note":
            hidden |= _FOLLOWS.get(finding.code, set())
        if _is_cause(finding):
            hidden |= _RESULTS - {finding.code}
    return [finding for finding in found if finding.code not in hidden]
