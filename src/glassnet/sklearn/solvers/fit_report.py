"""The findings of an estimator's fit in its own words, and a warning for each kind."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np

from glassnet.diagnosis import Watch
from glassnet.errors import DivergenceError
from glassnet.sklearn.solvers.finding_words import rate_in_words, words_of
from glassnet.sklearn.solvers.poor_fit import PoorFitWarning, SolverError, find_poor_fit
from glassnet.sklearn.solvers.rows import Rows
from glassnet.sklearn.solvers.shared_parameters import SharedParameters
from glassnet.sklearn.solvers.state import FitState
from glassnet.sklearn.solvers.watching import FitWatch, examine_lbfgs
from glassnet.training.findings import Diagnosis, Finding
from glassnet.utils.callers import called_from, stacklevel_outside
from glassnet.utils.telling_once import said_first

__all__ = ["FitReport"]

# Whether anything was tried or not; where nothing was, other findings are warned of only if the fit is poor.
_CERTAIN = ("all-columns-constant", "leaking-column", "outlier-in-target")
# scikit-learn fits one class or one number without a word, and meta-estimators count on it.
_LEFT_TO_FINDINGS = ("constant-target", "single-class")
_AFTER_THE_BEST = ("overfit", "past-best-epoch")
_FEW_UPDATES = 50
_ENDED_EARLY = ("few-updates", "still-falling")  # which scikit-learn's own warning says too


class FitReport:
    """The findings of one fit, and their warnings.

    Parameters
    ----------
    state : FitState
        Of the estimator.
    parameters : SharedParameters
        The estimator.
    watch : FitWatch or None
        Runs the checks; None if only a poor result is reported.
    is_searched : bool
        Whether a search or an ensemble fits many: then only the first is warned of.
    """

    def __init__(
        self, state: FitState, parameters: SharedParameters, watch: FitWatch | None, *, is_searched: bool
    ) -> None:
        self._state, self._parameters, self.watch = state, parameters, watch
        self._is_searched = is_searched

    @classmethod
    def of(cls, state: FitState, parameters: SharedParameters, place: str) -> FitReport | None:
        """Return the report of a fit that begins, at this `place_in_search`; None if it is not to be looked at.

        Nothing is reported for many fits, and no remedies are tried where fits are compared.
        """
        state.findings = Diagnosis(unexamined="diagnose=False")
        if not parameters.diagnose:
            return None
        if place == "one of many":
            return cls(state, parameters, None, is_searched=True)
        chosen = parameters.diagnose if isinstance(parameters.diagnose, Watch) else Watch()
        return cls(state, parameters, FitWatch(chosen, state, parameters), is_searched=place != "alone")

    def add_to_error(self, error: SolverError) -> None:
        """Add what was found about a divergence to its exception, as notes."""
        if self.watch is None:
            return
        found = self.watch.explain(DivergenceError(str(error)))
        for each in self._told(found, "diverged").problems:
            error.add_note(str(each))

    def issue(self, rows: Rows, reason: str) -> None:
        """Keep all findings, and warn of those that are new.

        Parameters
        ----------
        rows : Rows
            The rows of the fit, those held out included.
        reason : str
            Why it ended.
        """
        state = self._state
        n_updates = self._n_updates(rows)
        goes_on = self._goes_on(reason, n_updates)
        poor = None if goes_on else find_poor_fit(state, rows)
        if self.watch is None:
            found = Diagnosis(unexamined="of the fits of a search only the last is examined")
        elif self._parameters.solver == "lbfgs":
            found = examine_lbfgs(self.watch, rows, is_poor=poor is not None)
        else:
            best = _best_epoch(state, self._parameters)
            found = self.watch.conclude(best)
            if best is not None:
                found = Diagnosis(_kept(finding, best) for finding in found)
        if reason == "finished" and n_updates < _FEW_UPDATES:  # what helped in more steps than these may be the steps
            found = Diagnosis(each for each in found if each.code != "rate-too-low")
        # Nothing can be better than always predicting the same, or it is not known yet.
        if goes_on or not np.ptp(rows.y, axis=0).any():
            found = Diagnosis(each for each in found if each.stage == "data")
        findings = self._told(found, reason)
        problems = [
            each
            for each in findings.problems
            if not (each.code in _ENDED_EARLY and reason == "finished")
            and each.code not in _LEFT_TO_FINDINGS
            and (each.stage != "result" or n_updates >= _FEW_UPDATES)  # so few show nothing yet
            and (poor is not None or not self._is_searched or each.code in _CERTAIN)
        ]
        messages = {each.code: str(each) for each in problems}
        if poor is not None and not messages:
            messages = {"poor": f"{poor} {self._ways_out(findings, reason)}"}
        self._warn(messages)

    def _n_updates(self, rows: Rows) -> float:
        """Return the updates of this fit; L-BFGS that converged has as many as it needs."""
        state, parameters, n = self._state, self._parameters, len(rows.y)
        if parameters.solver == "lbfgs":
            return state.n_iter if state.n_iter >= parameters.max_iter else float("inf")
        size = min(200 if parameters.batch_size == "auto" else int(parameters.batch_size), n)
        return state.n_iter * -(-n // size)

    def _goes_on(self, reason: str, n_updates: float) -> bool:
        """Return whether this is the first of many short fits, as far as its parameters show."""
        parameters = self._parameters
        if not parameters.warm_start or reason not in ("finished", ""):
            return False
        return parameters.max_iter == 1 or n_updates < _FEW_UPDATES

    def _told(self, found: Diagnosis, reason: str) -> Diagnosis:
        """Keep findings in the words of the estimator, and return them."""
        state = self._state
        state.findings = words_of(self._parameters, state, reason).all_of(found)
        if state.network._run is not None:
            state.network._run.history.findings = state.findings
        return state.findings

    def _warn(self, messages: dict[str, str]) -> None:
        """Issue one warning of what was not said before; of many fits the first thing only."""
        name, level = type(self._parameters).__name__, stacklevel_outside("sklearn", "joblib")
        place = called_from(level)
        if self._is_searched:
            new = list(messages)[:1] if messages and said_first(["one of many"], anywhere=True) else []
            more = " Other fits of searches and ensembles are not warned of."
        else:
            new, more = [code for code in messages if said_first([(name, code, place)])], ""
        if new:
            texts = "\n".join(messages[code] for code in new)
            warnings.warn(f"{name}.fit: {texts}{more}", PoorFitWarning, stacklevel=level)

    def _ways_out(self, findings: Diagnosis, reason: str) -> str:
        """Return what to do about a poor fit of which nothing is known for sure."""
        likely = next((each for each in findings if each.stage in ("design", "start", "training")), None)
        if likely is not None and likely.code not in _ENDED_EARLY:
            return f"Perhaps {likely.code}: {likely.measured} {likely.advice}"
        parameters, state = self._parameters, self._state
        curve = getattr(state, "loss_curve", [])
        falls = len(curve) < 2 or curve[-1] <= min(curve)
        if reason == "finished" and falls:
            return f"The loss was still falling: raise max_iter (now {parameters.max_iter})."
        if reason == "no improvement" and falls:
            fact = f"The loss was still falling when training ended after {state.n_iter} epochs"
            return f"{fact}: raise {rate_in_words(parameters)}, or n_iter_no_change."
        place = " of a single fit (best_estimator_.findings_ after a search)" if self._is_searched else ""
        return f"Look at findings_{place}, and whether the columns are related to y."


def _kept(finding: Finding, best: int) -> Finding:
    """Return a finding about the last epochs as a note, since the weights of the best are in the network."""
    if finding.code not in _AFTER_THE_BEST:
        return finding
    tried = f"early_stopping=True kept the weights of epoch {best}, which had the best score."
    return dataclasses.replace(finding, severity="note", tried=tried, helped=None)


def _best_epoch(state: FitState, parameters: SharedParameters) -> int | None:
    """Return the epoch of this fit whose weights are in the network, if it is not the last."""
    scores = state.validation_scores if parameters.early_stopping else None
    if not scores or state.best is None:
        return None
    scores = scores[-state.n_iter :]
    return max(range(len(scores)), key=lambda epoch: (scores[epoch] == scores[epoch], scores[epoch], -epoch)) + 1
