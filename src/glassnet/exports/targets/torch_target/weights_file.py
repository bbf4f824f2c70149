"""The bytes of a safetensors file, the same for equal arrays: the package writes metadata in an order of chance."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

__all__ = ["safetensors_bytes"]

_NAMES = {"float32": "F32", "float64": "F64", "int64": "I64"}


def safetensors_bytes(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> bytes:
    """Return a file with these arrays, wider numbers first so that none lies at an odd place, and these texts.

    Examples
    --------
    >>> from safetensors.numpy import load
    >>> load(safetensors_bytes({"a": np.ones(2, np.float32)}, {"format": "pt"}))["a"].tolist()
    [1.0, 1.0]
    """
    order = sorted(arrays, key=lambda name: -arrays[name].dtype.itemsize)
    header: dict[str, object] = {"__metadata__": dict(metadata)}
    parts: list[bytes] = []
    start = 0
    for name in order:
        array = arrays[name]
        parts.append(np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes())
        end = start + len(parts[-1])
        header[name] = {"dtype": _NAMES[array.dtype.name], "shape": list(array.shape), "data_offsets": [start, end]}
        start = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([len(text).to_bytes(8, "little"), text, *parts])
