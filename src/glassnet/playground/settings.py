"""What a network and its training are made of, as plain data: one form behind the page, the code and the network."""

from __future__ import annotations

import dataclasses
from typing import Any

from glassnet.network import Network
from glassnet.playground.size_limits import check_size
from glassnet.saving.configuration import network_config, network_from_config

__all__ = ["Settings"]

Config = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Settings:
    """Everything about a run but its data; never changed, only replaced.

    Attributes
    ----------
    layers : tuple of dict
        As in model files: ``{"class": "Dense", "units": 8, "activation": "tanh", ...}``.
    loss, optimizer : dict
        Class and arguments, in the same form.
    batch_size, seed : int
    l1, l2 : float
    max_norm : float or None
    dtype : str
    """

    layers: tuple[Config, ...]
    loss: Config
    optimizer: Config
    batch_size: int = 10
    seed: int = 0
    l1: float = 0.0
    l2: float = 0.0
    max_norm: float | None = None
    dtype: str = "float32"

    @classmethod
    def of(cls, network: Network, batch_size: int = 32) -> Settings:
        """Return the settings of a network."""
        config = network_config(network)
        kept = {name: config[name] for name in ("loss", "optimizer", "l1", "l2", "max_norm", "dtype")}
        return cls(layers=tuple(config["layers"]), seed=config["seeds"][0], batch_size=batch_size, **kept)

    def build(self, input_shape: tuple[int, ...]) -> Network:
        """Return a new network of these settings for samples of this shape."""
        config = {name: getattr(self, name) for name in ("loss", "optimizer", "l1", "l2", "max_norm", "dtype")}
        config |= {"layers": list(self.layers), "seeds": [self.seed], "members": None, "input_shape": None}
        network = network_from_config(Network, config)
        check_size(network, input_shape, self.batch_size)
        return network.build(input_shape)
