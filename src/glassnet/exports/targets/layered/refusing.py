"""Why a target that keeps a network's layers cannot have a model."""

from __future__ import annotations

from collections.abc import Callable

from glassnet.errors import ConfigError
from glassnet.exports.plan import Plan
from glassnet.exports.targets.target import Options
from glassnet.network import Network

__all__ = ["why_not"]


def why_not(plan: Plan, options: Options, framework: str, build: Callable[[Network], object]) -> str:
    """Return why a framework cannot have a plan, or ""; ``build`` makes its model and refuses layers by an error."""
    if plan.core is None:
        return f"{framework} gets the layers of one network, and this model has several that differ."
    if options.dtype != "float32":
        return f"{framework} gets the weights as they were trained, and has no {options.dtype} form; C has one."
    if options.inputs != "columns":
        return "its file has a function for the encoded features, features(rows), and needs no other inputs."
    try:
        build(plan.core.network)
    except ConfigError as error:
        return str(error).removeprefix("export: ")
    return ""
