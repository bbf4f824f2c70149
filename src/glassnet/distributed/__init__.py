"""Training on several processors and machines: what MPI carries from rank to rank, and what it will take.

`MPI` has the options of ``Network.fit(..., shards=, distributed=)``; `scaling_forecast` says what more ranks bring;
`rank` and `size` are for scripts that print and save once.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from glassnet.utils.keywords import unknown_name

if TYPE_CHECKING:
    from glassnet.distributed.cost_model import Costs, StepTime
    from glassnet.distributed.forecast import ScalingForecast, scaling_forecast
    from glassnet.distributed.forecast_rows import ForecastRow
    from glassnet.distributed.networks import NETWORKS, Link
    from glassnet.distributed.options import MPI
    from glassnet.distributed.own_place import rank, size

__all__ = [
    "MPI",
    "NETWORKS",
    "Costs",
    "ForecastRow",
    "Link",
    "ScalingForecast",
    "StepTime",
    "rank",
    "scaling_forecast",
    "size",
]

# Loaded when first used: every fit opens this room, and few need what is in it.
_ON_USE = {
    "glassnet.distributed.cost_model": ("Costs", "StepTime"),
    "glassnet.distributed.forecast": ("ScalingForecast", "scaling_forecast"),
    "glassnet.distributed.forecast_rows": ("ForecastRow",),
    "glassnet.distributed.networks": ("NETWORKS", "Link"),
    "glassnet.distributed.options": ("MPI",),
    "glassnet.distributed.own_place": ("rank", "size"),
}
_HOME_OF = {name: home for home, names in _ON_USE.items() for name in names}


if not TYPE_CHECKING:  # a checker would take every name for one that exists

    def __getattr__(name: str) -> Any:
        if name not in _HOME_OF:
            raise unknown_name(__name__, name, __all__)
        value = globals()[name] = getattr(importlib.import_module(_HOME_OF[name]), name)
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
