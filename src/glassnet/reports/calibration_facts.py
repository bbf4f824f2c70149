"""What is reported about calibration: how it was fitted, and how right probabilities are on the rows of the scores."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.tabular import TableModel
from glassnet.tabular.calibration.reliability import calibration_error, reliability_bins
from glassnet.tabular.calibration.result import CalibratedProbabilities, read_calibration

__all__ = ["fitted_calibration", "reliability_of"]


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
