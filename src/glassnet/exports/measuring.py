"""Run an exported file, and compare what it computes with what the model predicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from glassnet.errors import ConfigError, DataError
from glassnet.exports.plan import Plan
from glassnet.exports.proof import Proof, largest_error, take_rows
from glassnet.exports.referee import Rows, interpret
from glassnet.exports.report import ExportReport
from glassnet.exports.targets.registry import Target
from glassnet.exports.targets.target import CannotRun
from glassnet.utils.short_text import count

__all__ = ["check_plan", "check_rounding", "largest_error", "measure", "report_on"]

_FEWEST_ROWS = 16
_PLAN = 1e-6  # error of steps in double precision: the model's features are of single precision
_ROUNDING = 1e-3  # of the spread of an output, which weights may lose by rounding
_LAST_DIGIT = 2.4e-7  # that of float32, and as much again
_DOUBLE, _SINGLE = 1e-6, 4.0  # errors by rounding: of double precision, and as a multiple of what was measured


def check_plan(plan: Plan, rows: Rows, wanted: np.ndarray, where: str = "export") -> float:
    """Return the error of a plan in double precision, where ``wanted`` is what the model predicts for rows.

    Raises
    ------
    DataError
        The plan does not compute what the model predicts.
    """
    error = largest_error(interpret(plan, rows), wanted)
    if error > _PLAN:
        fact = f"the steps have an error of {error:.1e}"
        message = f"{where}: {fact}; they must compute what the model predicts. "
        raise DataError(message + "Please report it with the model.", got=error)
    return error


def check_rounding(plan: Plan, rows: Rows, wanted: np.ndarray, target: Target) -> dict[str, str]:
    """Return a note if weights lose digits in float32, as those of float64 may.

    Raises
    ------
    ConfigError
        What they lose can be seen in the outputs.
    """
    is_double = plan.core is not None and plan.core.network.dtype == np.float64
    arithmetic = target.arithmetic if is_double else np.float64
    last = _LAST_DIGIT if target.dtype == "float32" else 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        far = np.abs(interpret(plan, rows, arithmetic) - wanted)
    allowed = _ROUNDING * np.maximum(1.0, wanted.std(axis=0)) + last * np.abs(wanted).max(axis=0, initial=0.0)
    if not (far <= allowed).all():
        error = float(np.nan_to_num(far, nan=np.inf).max())
        must = "the weights of the model must be about what float32 can hold, as files have them"
        fact = f"the outputs of the file would be off by {error:.2g}"
        message = f"export: {fact}; {must}. Standardise its inputs and train again."
        raise ConfigError(message, expected=must, got=error)
    if not is_double:
        return {}
    return {"weights": "those of float64, rounded to float32"}


def measure(
    target: Target, plan: Plan, proof: Proof, paths: Sequence[Path], rows: Rows, wanted: np.ndarray, *, exact: bool
) -> ExportReport:
    """Return the report on files that are run for rows; ``wanted`` is what the model predicts for these.

    Raises
    ------
    DataError
        The file's self-test failed, or with ``exact`` its outputs are farther off than its arithmetic explains.
    """
    n = min(len(wanted), max(_FEWEST_ROWS, target.products // max(plan.n_weights, 1)))
    module = target.load()
    places = module.whole_rows(plan, rows)[:n] if hasattr(module, "whole_rows") else np.arange(n)
    rows, wanted, n = take_rows(rows, places), wanted[places], len(places)
    try:
        found = module.run_file(paths[0], plan, rows)
    except CannotRun as reason:
        return report_on(target, proof, paths, f"the file was not run: {reason}")
    error = largest_error(found.outputs, wanted)
    allowed = _SINGLE * proof.tolerance if target.dtype == "float32" else _DOUBLE + _SINGLE * proof.worst
    fact = must = ""
    if found.failures:
        fact = f"the self-test of {paths[0].name!r} has {count(found.failures, 'failure')} in {found.ran_in}"
        must = "it must pass"
    elif exact and error > allowed:
        fact, must = f"{paths[0].name!r} has an error of {error:.1e}", "it must compute what the model predicts"
    if must:
        message = f"export: {fact}; {must}. Please report it with the model."
        raise DataError(message, got=error)
    return replace(
        report_on(target, proof, paths),
        error=error,
        n_run=n,
        failures=found.failures,
        seconds=found.seconds,
        ran_in=found.ran_in,
        notes={**found.notes, **({} if exact else _agreement(plan, found.outputs, wanted))},
    )


def _agreement(plan: Plan, found: np.ndarray, wanted: np.ndarray) -> dict[str, str]:
    """Return a note on how many rows are decided as the model decides."""
    if plan.answer.kind == "classes":
        same = found.argmax(axis=1) == wanted.argmax(axis=1)
    elif plan.answer.kind == "labels":
        same = ((found > 0.5) == (wanted > 0.5)).all(axis=1)
    else:
        return {}
    return {"decisions": f"as the model's in {100.0 * float(same.mean()):.1f} % of {len(same):,} rows"}


def report_on(target: Target, proof: Proof, paths: Sequence[Path], *unchecked: str) -> ExportReport:
    """Return the report on files that were not run; ``unchecked`` says why."""
    return ExportReport(
        target=target.title,
        paths=tuple(paths),
        n_bytes=sum(path.stat().st_size for path in paths),
        digest=proof.digest,
        n_rows=proof.n_rows,
        plan_error=proof.worst,
        error=None,
        n_run=0,
        failures=None,
        seconds=None,
        ran_in="",
        notes={},
        unchecked=unchecked,
    )
