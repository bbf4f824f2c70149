"""Run an exported file, and compare what it computes with what the model predicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from glassnet.errors import DataError
from glassnet.exports.plan import Plan
from glassnet.exports.proof import Proof, take_rows
from glassnet.exports.referee import Rows
from glassnet.exports.report import ExportReport
from glassnet.exports.targets.registry import Target
from glassnet.exports.targets.target import CannotRun

__all__ = ["largest_error", "measure", "report_on"]

_FEWEST_ROWS = 16
_DOUBLE, _SINGLE = 1e-6, 4.0  # errors by rounding: of double precision, and as a multiple of what was measured


def largest_error(found: np.ndarray, wanted: np.ndarray) -> float:
    """Return the largest error, relative to numbers above 1; infinite where one of both is no number.

    Examples
    --------
    >>> largest_error(np.array([0.5, 202.0]), np.array([0.5, 200.0]))
    0.01
    """
    far = np.abs(found - wanted) / np.maximum(1.0, np.abs(wanted))
    return float(np.nan_to_num(far, nan=np.inf).max(initial=0.0))


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
    must = ""
    if found.failures:
        must, got = f"the self-test of {str(paths[0])!r} must pass", f"{found.failures} failures in {found.ran_in}"
    elif exact and error > allowed:
        must, got = f"{str(paths[0])!r} must compute what the model predicts", f"an error of {error:.1e}"
    if must:
        message = f"export: {must}, got {got}. Please report it with the model."
        raise DataError(message, got=error)
    return replace(
        report_on(target, proof, paths),
        error=error,
        n_run=n,
        failures=found.failures,
        seconds=found.seconds,
        ran_in=found.ran_in,
        notes=dict(found.notes),
    )


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
