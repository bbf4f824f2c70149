"""Run all checks of a network and its data, and try remedies for what they find."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Set

import numpy as np

from glassnet.diagnosis.autoencoders import restores_inputs
from glassnet.diagnosis.case import Case
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
from glassnet.diagnosis.consequences import FOLLOWS, is_cause, without_symptoms
from glassnet.diagnosis.remedies.divergence import Breakdown, explain_divergence
from glassnet.diagnosis.remedies.experiments import check_ten_rows, check_width, explain_failure, is_stuck
from glassnet.diagnosis.remedies.suspects import is_narrow
from glassnet.diagnosis.remedies.suspicions import OTHER_ROWS, Suspicion, resolved
from glassnet.diagnosis.remedies.trials import Trials
from glassnet.schedules import Constant
from glassnet.training.finding_kinds import KINDS
from glassnet.training.findings import Diagnosis, Finding

__all__ = ["examine", "examine_diverged", "examine_untraced"]

# What may be wrong although a network learned well, before training and after it.
_DATA = (check_columns, check_extremes, check_targets, check_leaks, check_order, check_rows, check_validation)
_DESIGN = (
    check_trainable,
    check_softmax_units,
    check_output,
    check_loss,
    check_hidden_activations,
    check_small_batches,
    check_linear_layers,
    check_noise,
)
_PACE = (check_schedule, check_updates)
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
# Their columns hold the answer, and a few linear units between others do not do what one layer can.
_NOT_OF_AUTOENCODERS = (check_leaks, check_linear_layers)
# What keeps a network from learning.
_START = (check_weights, check_signal)
_TRAINING = (check_clipping, check_zigzag, check_units, check_constant)


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
        fails = case.fails and (trials is None or not trials.is_early)
        kept = without_symptoms(found, fails=fails, learned=case.learned)
    if case.is_trained and not has_ended:  # what is only a result may change until the end
        kept = [each for each in kept if is_cause(each) or each.stage not in ("training", "result")]
        if not isinstance(case.original.optimizer.schedule, Constant):  # the rate that comes need not be as low
            kept = [each for each in kept if each.code != "rate-too-low"]
    return Diagnosis(finding for finding in kept if finding.code not in ignored)


def _findings(case: Case, trials: Trials | None, *, thorough: bool, has_ended: bool) -> list[Finding]:
    """Return all findings, symptoms and those in ``ignore`` included: what the trials find of causes comes first."""
    begins = _begins(case)
    suspicions = [*_suspicions(case, trials, thorough=thorough, has_ended=has_ended, begins=begins)]
    if trials is not None and any(each.finding.code in OTHER_ROWS for each in suspicions):
        trials.distrust_validation()
    symptoms = [each for each in suspicions if KINDS[each.finding.code].stage in ("result", "prediction")]
    causes = [each for each in suspicions if each not in symptoms]
    unexplained = trials is not None and not (begins or case.learned)
    keeps = _KEPT if unexplained and (case.fails or is_stuck(case) or is_narrow(case.original)) else 0.0
    found = resolved(causes, trials, learned=case.learned, keeps=keeps)
    # What learns more of the training rows than holds for others is not kept from learning.
    overfits = any(each.finding.code == "overfit" for each in symptoms)
    if trials is not None and unexplained and not overfits and not any(map(is_cause, found)):
        found = [*_explained(case, trials, causes, found), *found]
    known = any(map(is_cause, found))
    return [*found, *resolved(symptoms, None if known else trials, learned=case.learned)]


def _explained(case: Case, trials: Trials, causes: list[Suspicion], found: list[Finding]) -> list[Finding]:
    """Return what trials find of a network that did not learn well, and of which no cause is known."""
    if not (case.fails or is_stuck(case)):
        # Of one that is on its way it shows later.
        return [] if _goes_on(found) else [*check_width(case, trials)]
    more = [*explain_failure(case, trials, _doubtful(causes, found))]
    if _goes_on(found):  # a loss that is still falling is no plateau
        more = [each for each in more if each.code != "plateau-at-prior"]
    return more if any(map(is_cause, more)) else [*more, *check_ten_rows(case, trials)]


def _doubtful(causes: list[Suspicion], found: list[Finding]) -> list[Suspicion]:
    """Return suspicions whose remedies did not help alone, without what follows from another of them."""
    refuted = {finding.code for finding in found if finding.helped is False and finding.stage != "training"}
    follows = {code for cause in refuted for code in FOLLOWS.get(cause, ())}
    return [each for each in causes if each.finding.code in refuted - follows and each.if_helped]


def examine_diverged(case: Case, trials: Trials | None, ignored: set[str], broken: Breakdown | None) -> Diagnosis:
    """Return all findings about a training that diverged: about its data, its design and its start."""
    case.history = None
    with np.errstate(all="ignore"):
        causes = [*_suspicions(case, trials, thorough=False, has_ended=False, begins=False)]
        found = resolved(causes, trials, learned=False, keeps=_KEPT)
        explained = explain_divergence(case, trials, broken, found, _doubtful(causes, found))
    named = {finding.code for finding in explained}
    found = [*explained, *(each for each in found if each.code not in named)]
    found = [dataclasses.replace(f, severity="error") if f.helped else f for f in found]
    kept = without_symptoms(found, fails=False)
    return Diagnosis(finding for finding in kept if finding.code not in ignored)


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
    data = [check for check in _DATA if check not in _NOT_OF_AUTOENCODERS or not restores_inputs(case)]
    checks = [*data, *((check_constant, check_against_constant, check_classes) if is_fitted else ())]
    with np.errstate(all="ignore"):
        suspicions = [suspicion for check in checks for suspicion in check(case)]
    found = [*resolved(suspicions, None, learned=learned)]
    return Diagnosis(finding for finding in without_symptoms(found, fails=False) if finding.code not in ignored)


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
        checks += [*(_PACE if has_ended else (check_schedule,)), *(_TRAINING if hindered and not begins else ())]
        checks += _RESULT if has_ended and not begins else ()
    for check in checks:
        if check not in _NOT_OF_AUTOENCODERS or not restores_inputs(case):
            yield from check(case)


def _goes_on(found: list[Finding]) -> bool:
    """Return whether something only says that training should go on."""
    return any(finding.code in ("few-updates", "still-falling") for finding in found)
