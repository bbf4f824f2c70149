"""What an estimator for tables finds wrong with a fit, in its own words, and the one warning about it."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Sequence
from typing import Any

from glassnet.diagnosis import Watch
from glassnet.errors import ConfigError
from glassnet.sklearn.solvers.poor_fit import PoorFitWarning
from glassnet.tabular.encoding.target import TargetEncoder
from glassnet.tabular.estimators.finding_words import words_of_tables
from glassnet.tabular.fitting.options import Rows
from glassnet.tabular.fitting.table_findings import FEW_UPDATES, RecipeWatch, find_in_table, with_table
from glassnet.training import History
from glassnet.training.findings import Diagnosis
from glassnet.utils.callers import called_from, place_in_search, stacklevel_outside
from glassnet.utils.telling_once import said_first

__all__ = ["check_diagnose", "findings_of_fit", "issue_findings"]

_NOTHING_LEARNED = ("constant-output", "no-better-than-baseline", "plateau-at-prior")

_ASKED_FOR = ("few-updates",)  # by who gives ``epochs`` or ``max_seconds``; the recipes take enough


def check_diagnose(where: str, value: Any) -> RecipeWatch | None:
    """Return what looks at a fit with ``diagnose=value``; None if nothing does, as where a search fits many."""
    if not isinstance(value, (bool, Watch)):
        message = f"{where}: diagnose is {value!r}; it must be True, False or a Watch."
        raise ConfigError(message, got=value)
    if not value or place_in_search() == "one of many":
        return None
    return RecipeWatch(ignore=value.ignore if isinstance(value, Watch) else ())


def findings_of_fit(
    watch: RecipeWatch | None, rows: Rows, target: TargetEncoder, histories: Sequence[History], labels: Sequence[Any],
    *, updates: int, given: Collection[str],
) -> Diagnosis:  # fmt: skip
    """Return what is wrong with a table and the first network's training, in the estimators' words.

    Parameters
    ----------
    watch : RecipeWatch or None
        None for nothing.
    rows : Rows
        All rows of the fit.
    target : TargetEncoder
        As the model has it.
    histories : sequence of History
        Histories of the networks.
    labels : sequence
        Labels of the classes, by their codes.
    updates : int
        Steps that the first network was trained for.
    given : collection of {"balanced", "fair"}
        Whether classes have weights, and whether the balanced accuracy chooses the epoch.
    """
    if watch is None:
        return Diagnosis(unexamined="diagnose=False, or one of the fits of a search")
    trained = histories[0].findings if histories else Diagnosis()
    learned = updates >= FEW_UPDATES and not any(code in _NOTHING_LEARNED for code in trained.codes)
    of_table = find_in_table(rows, target, learned=learned, ignored=watch.of_table)
    found = with_table(trained, of_table, updates=updates)
    return words_of_tables(labels, rows.target.rows, given).all_of(found)


def issue_findings(name: str, findings: Diagnosis) -> None:
    """Issue one warning of the problems that were not reported before; of a search or an ensemble only the first."""
    told = {finding.code: str(finding) for finding in findings.problems if finding.code not in _ASKED_FOR}
    level = stacklevel_outside("sklearn", "joblib")
    place = called_from(level)
    if place_in_search() != "alone":
        new = list(told)[:1] if told and said_first(["one of many"], anywhere=True) else []
    else:
        new = [code for code in told if said_first([(name, code, place)])]
    if new:
        texts = "\n".join(told[code] for code in new)
        warnings.warn(f"{name}.fit: {texts}", PoorFitWarning, stacklevel=level)
