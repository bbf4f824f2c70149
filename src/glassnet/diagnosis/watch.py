"""Run the checks of `diagnose` during ``fit``; warn once per finding."""

from __future__ import annotations

import math
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from glassnet.diagnosis.case import Case
from glassnet.diagnosis.diagnosing import check_ignored
from glassnet.diagnosis.examining import examine, examine_diverged
from glassnet.diagnosis.remedies.divergence import Observer, located
from glassnet.diagnosis.remedies.trials import Trials, steps_allowed
from glassnet.diagnosis.short_calls import has_gone_wrong, is_one_of_many_calls, is_short_call, of_short_call
from glassnet.errors import ConfigError, DivergenceError
from glassnet.layers.tree import every_layer
from glassnet.training import Run
from glassnet.training.batches import ArrayBatches
from glassnet.training.block_batches import BlockBatches
from glassnet.training.findings import NO_MEMBERS, Diagnosis, DiagnosisWarning, Finding
from glassnet.utils.callers import is_one_of_many, stacklevel_outside
from glassnet.utils.checks import check_flag

__all__ = ["Watch"]

_SHARE = 0.012  # of the passes of a training that may be made again to look at it
_CHEAP = 10_000_000  # multiplications that are made in any case: less than half a millisecond
_WORSE = 0.1  # than the best constant prediction, as a share of what there is to gain
_FIRST_CHECK = 2  # epochs; each further check comes after twice as many
_FEWEST_STEPS = 50
_SOON_SECONDS = 10.0  # a longer training is not waited for


class Watch(Observer):
    """Runs the checks of `diagnose` while a network trains; ``fit(diagnose=Watch(...))`` sets its options.

    It checks the data and the start once, the loss after 2, 4, 8, ... epochs, and the result. What it finds is in
    ``history.findings``; errors and warnings are issued as `DiagnosisWarning`, each kind once for a network. It reads
    and never writes: the training has the same bits with and without it. Nothing is tried with layers, losses and
    optimizers of your own, which may do more than compute: call `diagnose` for that. Networks with members, and batches
    from an iterable, whose rows are not at hand, are not checked.

    Many short calls of ``fit``, of one epoch or so, are checked after 1, 2, 4, 8, ... epochs. Nothing is tried in them,
    nor is it said that training should go on: the next call does.

    Parameters
    ----------
    ignore : iterable of str
        Codes of findings to leave out.
    try_remedies : bool, default=True
        Whether to try on copies what might help, once something seems wrong.
    feature_names : sequence of str, optional
        Names of the columns, for the messages; ``fit`` takes those of a frame by itself.

    Examples
    --------
    >>> Watch(ignore=["imbalance"])
    Watch(ignore=['imbalance'], try_remedies=True)
    """

    measures_columns = True

    def __init__(
        self, *, ignore: Iterable[str] = (), try_remedies: bool = True, feature_names: Sequence[str] | None = None
    ) -> None:
        self.ignore = check_ignored("Watch", ignore)
        self.try_remedies = check_flag("Watch", "try_remedies", try_remedies)
        self.feature_names = feature_names
        self._findings: list[Finding] = []
        self._run: Run[Any] | None = None
        self._earlier: Case | None = None

    def on_fit_begin(self, run: Run[Any]) -> None:
        self._findings, self.broken, self._run, self._earlier = [], None, run, None
        self._before, run.history.findings = run.history.findings, Diagnosis()
        if run.epoch == 0:
            run.state.started = run.network.params.copy(), run.network.stats.copy()
        self._next_check = max(run.epoch, 1) * _FIRST_CHECK
        self._limit: float | None = None
        self._begun = time.perf_counter()

    def on_epoch_end(self, run: Run[Any]) -> None:
        if self._next_check <= run.epoch < run.target_epochs:
            self._safely(self._check_early, run)

    def on_fit_end(self, run: Run[Any]) -> None:
        self._safely(self._check_result, run)

    def _safely(self, check: Callable[[Run[Any]], None], run: Run[Any]) -> None:
        """Run a check; if it fails, warn and let the training go on without further ones."""
        try:
            check(run)
        except ConfigError:
            raise
        except Exception as error:
            self._next_check = run.target_epochs
            message = f"fit: its diagnosis failed ({type(error).__name__}: {error}); the training is not affected."
            warnings.warn(f"{message} Please report it.", DiagnosisWarning, stacklevel=stacklevel_outside())

    def _check_early(self, run: Run[Any]) -> None:
        self._next_check = 2 * run.epoch
        loss, steps = run.history.columns["loss"][-1], run.epoch * (run.steps_per_epoch or 0)
        if loss is None or steps < _FEWEST_STEPS or self._findings:
            return
        if self._limit is None:
            self._limit = self._worst_to_expect(run)
        if self._limit == math.inf or loss <= self._limit:  # of members there are several losses, and no limit
            return
        case = self._case(run)
        if case is not None and case.now.loss > max(self._limit, case.at_start.loss):
            case.has_ended = False
            most = 0 if is_one_of_many_calls(run) else None
            self._add(examine(case, self._trials(case, most=most), self.ignore, has_ended=False).problems)
            if time.perf_counter() - self._begun > _SOON_SECONDS:
                if sys.stderr is not None and sys.stderr.isatty():
                    sys.stderr.write("\n")  # below the line that shows the progress
                self._issue_warnings()

    def _worst_to_expect(self, run: Run[Any]) -> float:
        """Return a loss that is clearly worse than that of the best constant prediction; infinity if it is unknown."""
        case = self._case(run)
        return math.inf if case is None or case.baseline is None else case.baseline + _WORSE * case.scale

    def _check_result(self, run: Run[Any]) -> None:
        history, steps = run.history, run.epoch * (run.steps_per_epoch or 1)
        # After Ctrl-C nobody should have to wait, and of many short calls only some are checked.
        if history.stop_reason == "interrupted":
            return
        if steps < 2 * run.state.examined_at:
            history.findings = self._before
            return
        run.state.examined_at = steps
        case = self._case(run)
        if case is not None and not self._findings:
            if is_short_call(run):
                most = None if not is_one_of_many_calls(run) and has_gone_wrong(case) else 0
                self._add(of_short_call(run, case, self._trials(case, most=most), self.ignore))
            else:
                most = 0 if history.stop_reason == "time" else None
                self._add(examine(case, self._trials(case, most=most), self.ignore))
        history.findings = Diagnosis(self._findings, unexamined=_why_unseen(run) if case is None else "")

    def _add_to_error(self, error: DivergenceError) -> None:
        """Add what was found about a divergence to its exception, as notes."""
        if self._run is None:
            return
        case = self._case(self._run)
        if case is None:
            self._add([located(self.broken)])
        else:
            self._add(examine_diverged(case, self._trials(case), self.ignore, self.broken))
        self._run.history.findings = Diagnosis(self._findings)
        for found in self._run.history.findings.problems:
            error.add_note(str(found))

    def _trials(self, case: Case, *, most: int | None = None) -> Trials | None:
        """Return what tries remedies, in so many steps at most; None with parts of the user's own.

        These may do more than compute.
        """
        network = case.original
        parts = [network.loss, network.optimizer, network.optimizer.schedule, *every_layer(network.layers)]
        all_ours = all(type(part).__module__.startswith("glassnet.") for part in parts)
        if not self.try_remedies or not all_ours:
            return None
        if most is None:
            most = 0 if is_one_of_many() else steps_allowed(case)
        return Trials(case, most)

    def _add(self, findings: Iterable[Finding]) -> None:
        """Add the findings that are new and not in ``ignore``."""
        known = {finding.code for finding in self._findings}
        self._findings += [f for f in findings if f.code not in known and f.code not in self.ignore]

    def _issue_warnings(self) -> None:
        """Issue a `DiagnosisWarning` for each finding that is no note and was not warned of yet, for this network."""
        if self._run is None:
            return
        state = self._run.state
        for finding in Diagnosis(self._findings).problems:
            if finding.code not in state.warned:
                state.warned = (*state.warned, finding.code)
                warnings.warn(f"fit: {finding}", DiagnosisWarning, stacklevel=stacklevel_outside())

    def _let_go(self) -> None:
        """Drop the run and its data: in reference cycles they would stay until the garbage collector runs."""
        if self._earlier is not None:
            self._earlier.untap()
        self._run = self._earlier = None

    def _case(self, run: Run[Any]) -> Case | None:
        """Return the network and its data for the checks; None for batches whose rows are not at hand."""
        batches = run.batches
        if not isinstance(batches, ArrayBatches) or run.network.members is not None:
            return None
        names = self.feature_names
        if names is not None and len(names) != int(np.prod(batches.arrays[0].shape[1:])):
            columns = int(np.prod(batches.arrays[0].shape[1:]))
            message = f"Watch: {len(names)} feature_names for {columns} columns; there must be one per column."
            raise ConfigError(message, got=len(names))
        case = Case(
            run.network,
            batches.trained_on(),
            run.validation,
            start=run.state.started,
            history=run.history,
            batch_size=batches.batch_size,
            shuffles=batches.shuffles,
            names=names,
        )
        case.split = batches.split
        case.epochs_asked = run.target_epochs - run.first_epoch
        if batches.extremes is not None and case.counted is None:
            case.extremes = batches.extremes
        work = run.network.params.size * math.prod((run.network.input_shape or (1,))[:-1])
        case.limit_passes(max(_SHARE * 3 * case.n_rows * run.target_epochs, _CHEAP / max(work, 1)))
        if self._earlier is not None:
            case.share(self._earlier)
        self._earlier = case
        return case

    def __repr__(self) -> str:
        return f"Watch(ignore={sorted(self.ignore)}, try_remedies={self.try_remedies})"


def _why_unseen(run: Run[Any]) -> str:
    """Return why the rows of a run cannot be looked at."""
    if isinstance(run.batches, BlockBatches):
        return "the rows stay in their files"
    return NO_MEMBERS if run.network.members is not None else "the rows of batches of your own are not at hand"
