"""What a network and its training are made of, as plain data: one form behind the page, the code and the network."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from glassnet.errors import ConfigError, GlassnetError
from glassnet.network import Network
from glassnet.playground.setting_paths import Config, changed
from glassnet.saving.configuration import network_config, network_from_config
from glassnet.utils.checks import check_integer

__all__ = ["Settings"]

_OF_NETWORK = ("loss", "optimizer", "l1", "l2", "max_norm", "dtype")


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
        kept = {name: config[name] for name in _OF_NETWORK}
        return cls(layers=tuple(config["layers"]), seed=config["seeds"][0], batch_size=batch_size, **kept)

    def network(self) -> Network:
        """Return a new network of these settings that does not know its input yet."""
        config = {name: getattr(self, name) for name in _OF_NETWORK}
        config |= {"layers": list(self.layers), "seeds": [self.seed], "members": None, "input_shape": None}
        return network_from_config(Network, config)

    def build(self, input_shape: tuple[int, ...]) -> Network:
        """Return a new network of these settings for samples of this shape."""
        return self.network().build(input_shape)

    def config(self) -> Config:
        """Return the fields as plain data, JSON-able; parts are shared with the settings, not to be written."""
        return {**vars(self), "layers": list(self.layers)}

    # ---- changes ------------------------------------------------------------------------------------------------

    def with_path(self, path: str, value: Any) -> Settings:
        """Return the settings with one of them changed, checked by making a network of them.

        Parameters
        ----------
        path : str
            As in ``"optimizer.learning_rate"``, ``"layers.2.units"``, ``"layers.0.trainable"``, ``"loss"``.
        value
            A number, text, flag, or None; a list of numbers where an argument takes one.

        Raises
        ------
        ConfigError
            There is no such setting, or the library refuses the value: its own sentence.
        """
        return Settings.from_config(changed(self.config(), path, value))

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Settings:
        """Return settings from their fields, with every argument that was left out, or the library's refusal."""
        batch_size = check_integer("fit", "batch_size", config["batch_size"], 1)
        given = cls(**{**config, "layers": tuple(config["layers"])})
        try:
            return cls.of(given.network(), batch_size)
        except GlassnetError as error:
            # What the layer itself said is the sentence to read; that a network was described is our own business.
            if isinstance(error.__cause__, GlassnetError):
                raise error.__cause__ from None
            raise

    def with_layer(self, at: int, entry: Config) -> Settings:
        """Return the settings with one more layer in front of the one at this position; at the end, behind the last."""
        at = check_integer("add_layer", "at", at, 0, maximum=len(self.layers))
        return self._of_layers([*self.layers[:at], entry, *self.layers[at:]])

    def without_layer(self, at: int) -> Settings:
        """Return the settings without the layer at this position; the last one left cannot go."""
        at = check_integer("remove_layer", "at", at, 0, maximum=len(self.layers) - 1)
        if len(self.layers) == 1:
            message = "remove_layer: the layer is the last one; a network must have one. Add another one first."
            raise ConfigError(message)
        return self._of_layers([*self.layers[:at], *self.layers[at + 1 :]])

    def moved_layer(self, start: int, end: int) -> Settings:
        """Return the settings with a layer moved to another position."""
        last = len(self.layers) - 1
        start = check_integer("move_layer", "from", start, 0, maximum=last)
        end = check_integer("move_layer", "to", end, 0, maximum=last)
        layers = list(self.layers)
        layers.insert(end, layers.pop(start))
        return self._of_layers(layers)

    def _of_layers(self, layers: list[Config]) -> Settings:
        return Settings.from_config({**self.config(), "layers": layers})
