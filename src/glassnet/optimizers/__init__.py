"""Optimizers over flat arrays: parameters, gradients and state are vectors of the same length.

In their formulas ``g`` is the gradient, ``p`` the parameters, ``lr`` the learning rate times a group's rate factor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glassnet.optimizers.adaptive import Adagrad, Adam, AdamW, RMSprop
from glassnet.optimizers.base import Group, Optimizer, OptimizerState
from glassnet.optimizers.clipping import clip_gradients
from glassnet.optimizers.descent import SGD, Lion
from glassnet.optimizers.registry import OPTIMIZERS, as_optimizer
from glassnet.utils.keywords import unknown_name

__all__ = [
    "OPTIMIZERS", "SGD", "Adagrad", "Adam", "AdamW", "Group", "Lion", "Optimizer", "OptimizerState", "RMSprop",
    "as_optimizer", "clip_gradients",
]  # fmt: skip


if not TYPE_CHECKING:  # a checker would take every name for one that exists

    def __getattr__(name: str) -> Any:
        raise unknown_name(__name__, name, __all__)
