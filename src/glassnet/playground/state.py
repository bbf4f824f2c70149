"""The state of an experiment as the page gets it: plain data from each theme, put together."""

from __future__ import annotations

from typing import Any

from glassnet.playground.data.showing import data_state
from glassnet.playground.experiment import Experiment
from glassnet.playground.findings.lookout import findings_state
from glassnet.playground.moment import time_state
from glassnet.playground.network_part import network_state
from glassnet.playground.protocol import COMMANDS, VERSION
from glassnet.playground.viewing import drawn_network, view_state

__all__ = ["state_of"]


def state_of(experiment: Experiment) -> dict[str, Any]:
    """Return everything that the page shows, but the numbers that change with each step."""
    return {
        "version": VERSION,
        "revision": experiment.revision,
        **time_state(experiment),
        "capabilities": sorted(COMMANDS),
        "network": {**network_state(experiment), **drawn_network(experiment)},
        **data_state(experiment),
        **view_state(experiment),
        **findings_state(experiment),
    }
