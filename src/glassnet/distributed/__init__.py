"""Training on several processors and machines: what MPI carries from rank to rank, and what it will take.

`MPI` has the options of ``Network.fit(..., shards=, distributed=)``; `scaling_forecast` says what more ranks bring.
"""

from __future__ import annotations

from glassnet.distributed.cost_model import Costs, StepTime
from glassnet.distributed.forecast import ScalingForecast, scaling_forecast
from glassnet.distributed.forecast_rows import ForecastRow
from glassnet.distributed.networks import NETWORKS, Link
from glassnet.distributed.options import MPI

__all__ = ["MPI", "NETWORKS", "Costs", "ForecastRow", "Link", "ScalingForecast", "StepTime", "scaling_forecast"]
