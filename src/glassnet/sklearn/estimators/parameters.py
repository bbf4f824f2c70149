"""Checks of an estimator's parameters; names of layers and losses are checked where these are made."""

from __future__ import annotations

import math
import numbers
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from glassnet.diagnosis import Watch
from glassnet.errors import ConfigError
from glassnet.schedules import Schedule
from glassnet.utils.checks import check_choice, check_flag, check_integer, check_number

__all__ = ["check_parameters"]

_RATES = ("adaptive", "constant", "invscaling")
_FLAGS = ("early_stopping", "nesterovs_momentum", "shuffle", "warm_start")


def check_parameters(where: str, given: dict[str, Any]) -> None:
    """Raise an error for the first parameter out of its range."""
    for name in _FLAGS:
        check_flag(where, name, given[name])
    for name in ("alpha", "tol"):
        check_number(where, name, given[name], 0.0)
    for name in ("epsilon", "learning_rate_init"):
        check_number(where, name, given[name], 0.0, open_minimum=True)
    check_number(where, "power_t", given["power_t"], 0.0)
    check_number(where, "momentum", given["momentum"], 0.0, 1.0)
    for name in ("beta_1", "beta_2", "validation_fraction"):
        check_number(where, name, given[name], 0.0, 1.0, open_maximum=True)
    for name in ("max_fun", "max_iter"):
        check_integer(where, name, given[name], 1)
    if given["n_iter_no_change"] != math.inf:
        check_integer(where, "n_iter_no_change", given["n_iter_no_change"], 1, "Or pass infinity.")
    if not (isinstance(given["batch_size"], str) and given["batch_size"] == "auto"):
        check_integer(where, "batch_size", given["batch_size"], 1, "Or pass 'auto'.")
    if not isinstance(given["learning_rate"], Schedule):
        rate = given["learning_rate"]
        is_number = isinstance(rate, numbers.Real) and not isinstance(rate, bool)
        advice = f"Pass learning_rate_init={rate}." if is_number else "Or pass a schedule."
        check_choice(where, "learning_rate", rate, _RATES, advice=advice)
    if not isinstance(given["verbose"], (bool, np.bool_)):
        check_integer(where, "verbose", given["verbose"], 0, "Or pass True or False.")
    if given["max_seconds"] is not None:
        check_number(where, "max_seconds", given["max_seconds"], 0.0)
    if given["progress"] is not None:
        check_flag(where, "progress", given["progress"])
    if not isinstance(given["diagnose"], (bool, np.bool_, Watch)):
        message = f"{where}: diagnose is {given['diagnose']!r}; it must be True, False or a Watch."
        raise ConfigError(message, got=given["diagnose"])
    _check_class_weight(where, given.get("class_weight"))
    _check_random_state(where, given["random_state"])
    _check_lbfgs(where, given)


def _check_class_weight(where: str, value: Any) -> None:
    if value is None or isinstance(value, (dict, list)) or (isinstance(value, str) and value == "balanced"):
        return
    message = f"{where}: class_weight is {value!r}; it must be a dict of weights by label or 'balanced'."
    raise ConfigError(message, got=value)


def _check_random_state(where: str, value: Any) -> None:
    if value is None or (type(value) is int and 0 <= value < 2**32):
        return
    try:
        check_random_state(value)
    except ValueError as error:
        must = "it must be None, a whole number from 0 to 2**32 - 1, or a RandomState"
        message = f"{where}: random_state is {value!r}; {must}."
        raise ConfigError(message, got=value) from error


def _check_lbfgs(where: str, given: dict[str, Any]) -> None:
    """Raise an error for options that L-BFGS does not support: it needs the same function at every call."""
    if not isinstance(given["solver"], str) or given["solver"] != "lbfgs":
        return
    refused = {
        "dropout": given["dropout"] is not None and bool(np.any(given["dropout"])),
        "normalization": given["normalization"] == "batch",
        "metrics": given["metrics"] is not None,
        "callbacks": bool(given["callbacks"]),
        "clip_norm": given["clip_norm"] is not None,
        "learning_rate": isinstance(given["learning_rate"], Schedule),
        "max_seconds": given["max_seconds"] is not None,
    }
    for name, is_given in refused.items():
        if is_given:
            must = "with solver='lbfgs' it must be left out"
            message = f"{where}: {name} is {given[name]!r}; {must}. Use solver='adam'."
            raise ConfigError(message, got=given[name])
