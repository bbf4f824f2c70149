"""Attribution of predictions: contributions of single inputs, importance of columns."""

from __future__ import annotations

from glassnet.attribution.integrated import Attribution, integrated_gradients
from glassnet.attribution.permutation import Importance, permutation_importance

__all__ = ["Attribution", "Importance", "integrated_gradients", "permutation_importance"]
