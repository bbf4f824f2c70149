"""One message of the page and its answer: finds the command, and turns a refusal into its sentence."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from typing import Any

from glassnet.errors import GlassnetError
from glassnet.playground import commands
from glassnet.playground.experiment import Experiment
from glassnet.playground.protocol import COMMANDS, Arguments
from glassnet.utils.suggestions import suggestion

__all__ = ["answer", "load_commands"]


@cache
def load_commands() -> None:
    """Import the modules of all commands, which register themselves."""
    for module in pkgutil.iter_modules(commands.__path__):
        importlib.import_module(f"{commands.__name__}.{module.name}")


def answer(experiment: Experiment, message: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer to a message: its result, or one sentence on why there is none.

    Parameters
    ----------
    experiment : Experiment
        At the boundary of a step.
    message : mapping
        ``{"id": 7, "do": "step", ...}``.
    """
    load_commands()
    number, name = message.get("id"), message.get("do")
    if not isinstance(name, str) or name not in COMMANDS:
        advice = suggestion(name, COMMANDS, str) if isinstance(name, str) else ""
        return {"id": number, "error": f"playground: there is no command {str(name)[:40]!r}. {advice}".rstrip()}
    given = {key: value for key, value in message.items() if key not in ("id", "do")}
    try:
        result = COMMANDS[name](experiment, Arguments(name, given))
    except GlassnetError as error:
        return {"id": number, "error": str(error)}
    return {"id": number, "ok": True, "step": experiment.step, "result": result}
