"""The graph that is being built: its nodes, its arrays, and which tensor holds which value of the plan.

A value of shape (a, b) is a tensor (n, a, b); axes of length 1 are left out but for the last. What comes out of the
product of members lies as (members, n, ...), for that is how the next product wants it, and is turned round only for
steps that read across members.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from glassnet.exports.plan import Value
from glassnet.exports.targets.onnx_target import wire

__all__ = ["Graph", "Node", "Tensor", "kept_axes"]


class Tensor(NamedTuple):
    """A tensor with rows as its first axis, or its second where ``members_first``; ``shape`` is without that axis."""

    name: str
    shape: tuple[int, ...]
    dtype: str = "float32"
    members_first: bool = False


class Node(NamedTuple):
    """An operation on tensors, by their names."""

    op: str
    inputs: list[str]
    outputs: list[str]
    domain: str
    attributes: dict[str, Any]


def kept_axes(shape: Sequence[int]) -> list[int]:
    """Return the axes of a value that its tensor has: those longer than 1, and the last."""
    return [axis for axis, size in enumerate(shape) if size != 1 or axis == len(shape) - 1]


class Graph:
    """Nodes and arrays in order of use.

    Parameters
    ----------
    opset : int
        Version of the operator set.
    taken, outputs : iterable of str
        Names that no tensor inside may have: those of columns, and those that outputs get where no column has them.

    Attributes
    ----------
    prefix : str
        Prefix of the names of weights: the name of the value that is being made.
    values : dict of str to Tensor
        Values of the plan, by name.
    pieces : dict of str to (Tensor, int)
        Values that are some of the columns of a tensor, from that place on.
    """

    def __init__(self, opset: int, taken: Iterable[str] = (), outputs: Iterable[str] = ()) -> None:
        self.opset, self.prefix = opset, "x"
        self.nodes: list[Node] = []
        self.arrays: dict[str, np.ndarray] = {}
        self.values: dict[str, Tensor] = {}
        self.pieces: dict[str, tuple[Tensor, int]] = {}
        columns = set(taken)
        self._for_outputs = set(outputs) - columns
        self._names = dict.fromkeys(columns | self._for_outputs, 1)
        self._known: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self._seen: dict[tuple[Any, ...], Tensor] = {}

    def fresh(self, name: str) -> str:
        """Return a name that no other tensor has, if possible this one."""
        found = name
        while found in self._names:
            self._names[name] += 1
            found = f"{name}_{self._names[name]}"
        self._names[found] = 1
        return found

    def add(self, op: str, *inputs: str, **attributes: Any) -> str:
        """Append a node and return the name of its output."""
        return self.add_many(1, op, *inputs, **attributes)[0]

    def add_many(self, n_outputs: int, op: str, *inputs: str, domain: str = "", **attributes: Any) -> list[str]:
        """Append a node and return the names of its outputs."""
        outputs = [self.fresh(f"t{len(self.nodes) + 1}") for _ in range(n_outputs)]
        self.nodes.append(Node(op, list(inputs), outputs, domain, attributes))
        return outputs

    def array(self, values: Any, dtype: str = "float32", name: str = "c", *, weight: bool = False) -> str:
        """Return the name of an array of the file; equal arrays are one. That of a weight starts with `prefix`."""
        found = np.asarray(values, dtype=object if dtype == "str" else dtype)
        content = "\0".join(found.ravel()).encode(errors="replace") if dtype == "str" else found.tobytes()
        key = (dtype, found.shape, content)
        if key not in self._known:
            self._known[key] = self.fresh(f"{self.prefix}.{name}" if weight else name)
            self.arrays[self._known[key]] = found
        return self._known[key]

    def read(self, value: Value, *, dtype: str = "float32", members_first: bool | None = None) -> Tensor:
        """Return the tensor of a value in the shape in which a step reads it, all axes of which are kept.

        ``members_first`` is None where either order will do.
        """
        found = self.values.get(value.name) or self._piece(value)
        if found.dtype != dtype:
            found = self._once("Cast", found, found._replace(dtype=dtype), to=wire.TYPES[dtype])
        if members_first is None:
            members_first = found.members_first and value.shape[0] == found.shape[0]
        if found.members_first and not (members_first and value.shape[0] == found.shape[0]):
            found = self._turned(found, members_first=False)
        if found.shape != value.shape:
            lead = [0, 0, *value.shape[1:]] if found.members_first else [0, *value.shape]  # 0 keeps the length
            shape = self.array(lead, "int64", "shape")
            found = self._once("Reshape", found, found._replace(shape=value.shape), shape)
        return found if found.members_first == members_first else self._turned(found, members_first=members_first)

    def reduce(self, op: str, x: str, axis: int, *, keepdims: bool) -> str:
        """Append a reduction along an axis, which was an attribute once and is an input from opset 18 on."""
        if self.opset < 18 and op != "ReduceSum":
            return self.add(op, x, axes=[axis], keepdims=int(keepdims))
        return self.add(op, x, self.array([axis], "int64", "axis"), keepdims=int(keepdims))

    def rename(self, old: str, new: str, first: int = 0, *, is_output: bool = False) -> str:
        """Give a tensor another name, if possible this one, in all nodes from the first on; return the name.

        Names of outputs are kept for these, each for one.
        """
        new = new if is_output and new in self._for_outputs else self.fresh(new)
        for node in self.nodes[first:]:
            for names in (node.inputs, node.outputs):
                names[:] = [new if name == old else name for name in names]
        return new

    def _piece(self, value: Value) -> Tensor:
        """Return the columns of a tensor that are a value."""
        whole, first = self.pieces[value.name]
        if whole.shape == (value.size,):
            return whole
        places = self.array(np.arange(first, first + value.size), "int32", "places")
        return self._once("Gather", whole, whole._replace(shape=(value.size,)), places, axis=1)

    def _turned(self, tensor: Tensor, *, members_first: bool) -> Tensor:
        """Return a tensor with the axes of members and rows exchanged."""
        perm = [1, 0, *range(2, len(tensor.shape) + 1)]
        return self._once("Transpose", tensor, tensor._replace(members_first=members_first), perm=perm)

    def _once(self, op: str, source: Tensor, out: Tensor, *inputs: str, **attributes: Any) -> Tensor:
        """Append a node that only reads a tensor in another way, unless it is there already."""
        key = (op, source.name, *inputs, str(attributes))
        if key not in self._seen:
            self._seen[key] = out._replace(name=self.add(op, source.name, *inputs, **attributes))
        return self._seen[key]
