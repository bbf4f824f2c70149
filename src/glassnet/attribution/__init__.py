"""Attribution of predictions: contributions of single inputs, importance of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glassnet.attribution.integrated import Attribution, integrated_gradients
from glassnet.attribution.permutation import Importance, permutation_importance
from glassnet.utils.keywords import unknown_name

__all__ = ["Attribution", "Importance", "integrated_gradients", "permutation_importance"]


if not TYPE_CHECKING:  # a checker would take every name for one that exists

    def __getattr__(name: str) -> Any:
        raise unknown_name(__name__, name, __all__)
