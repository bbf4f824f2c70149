"""Run an exported file, and compare what it computes with what the model predicts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from glassnet.errors import DataError
from glassnet.exports.plan import Plan
from glassnet.exports.proof import Proof
from glassnet.exports.referee import Rows
from glassnet.exports.report import ExportReport
from glassnet.exports.targets.registry import Target
from glassnet.exports.targets.target import CannotRun, Run

__all__ = ["largest_error", "measure"]


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
    target: Target, plan: Plan, proof: Proof, paths: Sequence[Path], rows: Rows, wanted: np.ndarray, *, runs: bool
) -> ExportReport:
    """Return the report on the files of an export; ``wanted`` is what the model predicts for the rows.

    Raises
    ------
    DataError
        The file's self-test failed.
    """
    found: Run | None = None
    unchecked = () if runs else ("the file was not run: check=False",)
    if runs:
        try:
            found = target.load().run_file(paths[0], plan, rows)
        except CannotRun as reason:
            unchecked = (f"the file was not run: {reason}",)
    if found is not None and found.failures:
        must = f"the self-test of {str(paths[0])!r} must pass"
        message = f"export: {must}, got {found.failures} failures in {found.ran_in}. Please report it with the model."
        raise DataError(message, expected=0, got=found.failures)
    return ExportReport(
        target=target.title,
        paths=tuple(paths),
        n_bytes=sum(path.stat().st_size for path in paths),
        digest=proof.digest,
        n_rows=proof.n_rows,
        plan_error=proof.worst,
        error=None if found is None else largest_error(found.outputs, wanted),
        failures=None if found is None else found.failures,
        seconds=None if found is None else found.seconds,
        ran_in="" if found is None else found.ran_in,
        notes={} if found is None else dict(found.notes),
        unchecked=unchecked,
    )
