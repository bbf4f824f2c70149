"""Networks between machines by name: how long a message takes to arrive, and how many bytes a second follow."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from glassnet.errors import ConfigError
from glassnet.utils.checks import check_choice, check_number

__all__ = ["NETWORKS", "SHARED_MEMORY", "Link", "as_link"]

SHARED_MEMORY = "shared memory"
"""The name of what connects ranks on one machine."""


@dataclasses.dataclass(frozen=True)
class Link:
    """What connects two ranks: a message of n bytes takes ``latency + n / bandwidth`` seconds.

    Parameters
    ----------
    latency : float
        Seconds until an empty message has arrived, from program to program; above 0.
    bandwidth : float
        Bytes a second, each way; above 0.

    Examples
    --------
    >>> round(Link(latency=60e-6, bandwidth=117.6e6).seconds(814_120), 5)
    0.00698
    """

    latency: float
    bandwidth: float

    def __post_init__(self) -> None:
        for name, unit in (("latency", "seconds"), ("bandwidth", "bytes a second")):
            advice = f"It is in {unit}."
            check_number("Link", name, getattr(self, name), 0.0, open_minimum=True, advice=advice)

    def seconds(self, n_bytes: float) -> float:
        """Return how long a message of ``n_bytes`` takes."""
        return self.latency + n_bytes / self.bandwidth


NETWORKS: Mapping[str, Link] = {
    "1GbE": Link(60e-6, 1e9 / 8.5),
    "10GbE": Link(35e-6, 1e9 / 0.9),
    "25GbE": Link(30e-6, 1e9 / 0.36),
    "HDR100": Link(2.5e-6, 1e9 / 0.09),
    SHARED_MEMORY: Link(2e-6, 1e9 / 0.2),
}
"""Typical figures of MPI over each network: Ethernet through TCP, 25GbE as clouds have it, HDR100 InfiniBand.

Those of ``"shared memory"``, two ranks on one machine, were measured with Open MPI 5.
"""


def as_link(where: str, network: object) -> tuple[str, Link]:
    """Return the name of a network and its figures.

    Parameters
    ----------
    where : str
        Name of the caller, for the message.
    network : str or Link
        A name among `NETWORKS`, or figures of one's own.

    Raises
    ------
    ConfigError
        It is neither.
    """
    if isinstance(network, Link):
        return f"{network.latency * 1e6:.3g} us and {network.bandwidth / 1e6:,.4g} MB/s", network
    if isinstance(network, str):
        name = check_choice(where, "network", network, NETWORKS, "Or pass Link(latency, bandwidth), in s and bytes/s.")
        return name, NETWORKS[name]
    must = "it must be the name of a network or a Link"
    message = (
        f"{where}: network is {network!r}; {must}. Write network='10GbE', or Link(latency=35e-6, bandwidth=1.1e9)."
    )
    raise ConfigError(message, expected=must, got=network)
