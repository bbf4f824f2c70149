"""What is reported about calibration: how it was fitted, and how right probabilities are on the rows of the scores."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.tabular import TableModel
from glassnet.tabular.calibration.reliability import calibration_error, reliability_bins
from glassnet.tabular.calibration.result import CalibratedProbabilities, read_calibration
from glassnet.utils.short_text import metric_text, number_text

__all__ = ["calibration_lines", "fitted_calibration", "interval_text", "reliability_of"]


def fitted_calibration(model: TableModel) -> dict[str, Any] | None:
    """Return what calibrated a model, JSON-able; None if nothing did.

    It is what the model's file keeps, with the calibration error before and after, and all of it in one ``sentence``.
    """
    found = model.calibration
    if found is None:
        return None
    kept = read_calibration("calibration", found.config())  # the numbers of the file, for equal ones before and after
    errors = (
        {"error": [round(each, 6) for each in kept.error]}
        if isinstance(kept, CalibratedProbabilities) and kept.n_rows
        else {}
    )
    return {**found.config(), **errors, "sentence": str(found)}


def reliability_of(logs: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
    """Return ``error`` and ``bins`` (confidence, accuracy, share) of log-probabilities (n, k) for true codes (n,)."""
    with np.errstate(under="ignore"):
        bins = reliability_bins(np.exp(logs), truth)
    return {"error": calibration_error(bins), "bins": [list(each) for each in bins]}


def calibration_lines(
    fitted: dict[str, Any] | None, reliability: dict[str, Any] | None, part: str
) -> list[tuple[str, str]]:
    """Return how probabilities or quantiles were calibrated, and how right probabilities are on the rows of the scores.

    Examples
    --------
    >>> calibration_lines({"sentence": "probabilities: temperature 1.20"}, {"error": 0.0212, "bins": []}, "test")
    [('Probabilities', 'temperature 1.20; on the test rows 0.021')]
    >>> calibration_lines(None, {"error": 0.0212, "bins": []}, "test")
    [('Probabilities', 'calibration error 0.021 on the test rows')]
    """
    if fitted is None:
        error = "" if reliability is None else f"calibration error {reliability['error']:.3f} on the {part} rows"
        return [("Probabilities", error)] if error else []
    name, _, words = fitted["sentence"].partition(": ")
    rows = f"{part} rows as they are" if fitted.get("weighs_classes") else f"{part} rows"
    words += "" if reliability is None else f"; on the {rows} {reliability['error']:.3f}"
    return [(name.capitalize(), words)]


def interval_text(interval: dict[str, Any]) -> str:
    """Return a sentence on how many rows lie between the outer quantiles.

    Examples
    --------
    >>> interval_text({"levels": [0.05, 0.5, 0.95], "expected": 0.9, "inside": 0.871, "width": 12.5, "pinball": 1.3})
    '87 % of the rows lie between the quantiles 0.05 and 0.95 (90 % should), on average 12.50 apart; pinball loss 1.300'
    """
    low, high = interval["levels"][0], interval["levels"][-1]
    inside, expected = (f"{100 * interval[name]:.0f} %" for name in ("inside", "expected"))
    words = f"{inside} of the rows lie between the quantiles {low:g} and {high:g} ({expected} should)"
    loss = f"; pinball loss {metric_text(interval['pinball'])}" if "pinball" in interval else ""
    return f"{words}, on average {number_text(interval['width'])} apart{loss}"
