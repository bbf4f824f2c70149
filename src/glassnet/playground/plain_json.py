"""Answers and events as JSON: what it has no word for becomes null, arrays become lists."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from glassnet.utils.wording import plain_data

__all__ = ["as_plain_json"]


def as_plain_json(value: Any) -> str:
    """Return plain data as JSON; numbers that are not finite are null.

    Examples
    --------
    >>> as_plain_json({"loss": float("nan"), "shape": (2, np.int64(3))})
    '{"loss":null,"shape":[2,3]}'
    """
    try:
        return _dumped(value)
    except ValueError:
        return _dumped(plain_data(value))


def _dumped(value: Any) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> Any:
    """Return what NumPy made as Python has it."""
    if isinstance(value, (np.generic, np.ndarray)):
        return plain_data(value.tolist())
    raise TypeError(type(value).__name__)
