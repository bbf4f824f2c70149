"""What processes must have in common, and what only their bits depend on."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import GlassnetError
from glassnet.saving.configuration import network_config
from glassnet.utils.version import VERSION

__all__ = ["Machine", "difference", "flat", "kernel_note", "network_facts", "this_machine"]


class Machine(NamedTuple):
    """Where a process runs.

    Parameters
    ----------
    host : str
        The name of the machine.
    versions : dict
        Of the packages.
    blas : str
        The library of matrix products, and the processor that its code is for.
    instructions : tuple of str
        The vector instructions that NumPy uses.
    """

    host: str
    versions: dict[str, str]
    blas: str
    instructions: tuple[str, ...]


def this_machine() -> Machine:
    """Return where this process runs."""
    from threadpoolctl import threadpool_info

    found = [info for info in threadpool_info() if info.get("user_api") == "blas"]
    names = [f"{info['internal_api']} {info.get('version')} for {info.get('architecture')}" for info in found]
    simd = np.show_config(mode="dicts").get("SIMD Extensions", {})
    instructions = (*simd.get("baseline", []), *simd.get("found", []))
    versions = {"glassnet": VERSION, "NumPy": np.__version__}
    return Machine(platform.node(), versions, ", ".join(sorted(set(names))) or "not known", instructions)


def kernel_note(machines: Sequence[Machine]) -> str:
    """Return that results are not reproducible bit by bit on unlike machines; empty if all are alike.

    Parameters
    ----------
    machines : sequence of Machine
        That of each process.

    Examples
    --------
    >>> one, other = Machine("a", {}, "openblas 0.3 for Haswell", ()), Machine("b", {}, "openblas 0.3 for Zen", ())
    >>> kernel_note([one, one])
    ''
    >>> print(kernel_note([one, other]))
    fit: matrix products are by openblas 0.3 for Haswell on rank 0 and by openblas 0.3 for Zen on rank 1; their last \
bits differ, so those of the result depend on which machine has which shards. Train on machines of one kind to have \
the same bits again.
    """
    first = machines[0]
    for rank, other in enumerate(machines):
        if other.blas != first.blas:
            fact = f"matrix products are by {first.blas} on rank 0 and by {other.blas} on rank {rank}"
        elif other.instructions != first.instructions:
            more = sorted(set(first.instructions) ^ set(other.instructions))
            fact = f"NumPy uses {', '.join(more[:3])} on one of rank 0 and rank {rank} only"
        else:
            continue
        follows = "their last bits differ, so those of the result depend on which machine has which shards"
        return f"fit: {fact}; {follows}. Train on machines of one kind to have the same bits again."
    return ""


def network_facts(network: BaseNetwork) -> dict[str, Any]:
    """Return the options of a network that is built, by name.

    Parameters
    ----------
    network : BaseNetwork
        The network.
    """
    try:
        return flat("network", json.loads(json.dumps(network_config(network), default=repr)))
    except (GlassnetError, TypeError, ValueError):  # one that no file can hold
        return {"network": repr(network)}


def flat(name: str, value: Any) -> dict[str, Any]:
    """Return nested data as a dict without nesting.

    Parameters
    ----------
    name : str
        Of the whole.
    value : object
        Dicts, lists and what is in them.

    Examples
    --------
    >>> flat("network", {"loss": "mse", "layers": [{"units": 3}]})
    {'network.loss': 'mse', 'network.layers[0].units': 3}
    """
    if isinstance(value, dict):
        parts = [flat(f"{name}.{key}", part) for key, part in value.items()]
    elif isinstance(value, list):
        parts = [flat(f"{name}[{i}]", part) for i, part in enumerate(value)]
    else:
        return {name: value}
    return {key: part for each in parts for key, part in each.items()}


def difference(everywhere: Sequence[Mapping[str, Any]]) -> tuple[str, int] | None:
    """Return the first name whose value is not that of the first process, and on which it is not; None if all agree.

    Parameters
    ----------
    everywhere : sequence of dict
        What each process has.
    """
    first = everywhere[0]
    for rank, found in enumerate(everywhere):
        for name in [*first, *found]:
            if (name in first, first.get(name)) != (name in found, found.get(name)):
                return name, rank
    return None
