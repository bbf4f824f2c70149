"""The bytes of ONNX files: the messages of its protobuf schema, written field by field in rising order.

A file of protobuf is a list of fields, each a key (number and wire type) and a value: a varint, four bytes, or a length
and that many bytes. The numbers are those of ``onnx.proto3``. Equal arguments give equal bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["TYPES", "fields", "graph", "input_or_output", "model", "node", "tensor"]

TYPES = {"float32": 1, "int32": 6, "int64": 7, "str": 8, "bool": 9, "float64": 11}  # TensorProto.DataType
_VARINT, _BYTES, _FOUR_BYTES = 0, 2, 5  # wire types
_FLOAT, _INT, _INTS, _STRINGS = 1, 2, 7, 8  # AttributeProto.AttributeType


def _varint(number: int) -> bytes:
    number &= (1 << 64) - 1  # negative numbers are written in two's complement
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def _int(place: int, number: int) -> bytes:
    return _varint(place << 3 | _VARINT) + _varint(number)


def _bytes(place: int, content: bytes | str) -> bytes:
    # A lone surrogate has no UTF-8, which readers of ONNX insist on.
    content = content.encode(errors="replace") if isinstance(content, str) else content
    return _varint(place << 3 | _BYTES) + _varint(len(content)) + content


def tensor(name: str, values: np.ndarray) -> bytes:
    """Return an initializer: a named array of float32, float64, int32, int64, bool or text."""
    dims = b"".join(_int(1, size) for size in values.shape)
    if values.dtype == object:
        texts = b"".join(_bytes(6, text) for text in values.ravel())
        return dims + _int(2, TYPES["str"]) + texts + _bytes(8, name)
    raw = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<")).tobytes()
    return dims + _int(2, TYPES[values.dtype.name]) + _bytes(8, name) + _bytes(9, raw)


def _attribute(name: str, value: int | float | Sequence[int] | Sequence[str]) -> bytes:
    if isinstance(value, int):
        return _bytes(1, name) + _int(3, value) + _int(20, _INT)
    if isinstance(value, float):
        return _bytes(1, name) + _varint(2 << 3 | _FOUR_BYTES) + struct.pack("<f", value) + _int(20, _FLOAT)
    if all(isinstance(one, int) for one in value):
        return _bytes(1, name) + b"".join(_int(8, int(one)) for one in value) + _int(20, _INTS)
    return _bytes(1, name) + b"".join(_bytes(9, str(one)) for one in value) + _int(20, _STRINGS)


def node(op: str, inputs: Sequence[str], outputs: Sequence[str], domain: str = "", **attributes: Any) -> bytes:
    """Return an operation on named values."""
    content = b"".join(_bytes(1, name) for name in inputs) + b"".join(_bytes(2, name) for name in outputs)
    content += _bytes(4, op) + b"".join(_bytes(5, _attribute(*item)) for item in sorted(attributes.items()))
    return content + (_bytes(7, domain) if domain else b"")


def input_or_output(name: str, dtype: str, shape: Sequence[int | str]) -> bytes:
    """Return an input or output of the graph; an axis of any length has a name for its length."""
    axes = b"".join(_bytes(1, _int(1, axis) if isinstance(axis, int) else _bytes(2, axis)) for axis in shape)
    return _bytes(1, name) + _bytes(2, _bytes(1, _int(1, TYPES[dtype]) + _bytes(2, axes)))


def graph(
    name: str, nodes: Sequence[bytes], tensors: Sequence[bytes], inputs: Sequence[bytes], outputs: Sequence[bytes]
) -> bytes:
    """Return a graph of nodes, in an order in which they can be computed."""
    found = b"".join(_bytes(1, one) for one in nodes) + _bytes(2, name) + b"".join(_bytes(5, one) for one in tensors)
    return found + b"".join(_bytes(11, one) for one in inputs) + b"".join(_bytes(12, one) for one in outputs)


def model(
    graph: bytes,
    *,
    ir_version: int,
    versions: Mapping[str, int],
    producer: tuple[str, str],
    notes: str,
    facts: Mapping[str, str],
) -> bytes:
    """Return a file; ``versions`` has the operator set of each domain, ``facts`` are its metadata.

    ``notes`` is what a viewer shows of it.
    """
    found = _int(1, ir_version) + _bytes(2, producer[0]) + _bytes(3, producer[1]) + _bytes(6, notes) + _bytes(7, graph)
    found += b"".join(_bytes(8, _bytes(1, domain) + _int(2, version)) for domain, version in versions.items())
    return found + b"".join(_bytes(14, _bytes(1, key) + _bytes(2, value)) for key, value in facts.items())


def fields(content: bytes) -> Iterator[tuple[int, Any]]:
    """Yield the number and value of each field of a message: an int, or bytes."""
    place = 0
    while place < len(content):
        key, place = _read_varint(content, place)
        size = 4 if key & 7 == _FOUR_BYTES else 0
        if key & 7 != _FOUR_BYTES:
            size, place = _read_varint(content, place)
        if key & 7 == _VARINT:
            yield key >> 3, size
        else:
            yield key >> 3, content[place : place + size]
            place += size


def _read_varint(content: bytes, place: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        number |= (content[place] & 127) << shift
        shift, place = shift + 7, place + 1
        if content[place - 1] < 128:
            return number, place
