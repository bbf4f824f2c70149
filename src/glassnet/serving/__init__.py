"""A service that answers for a model over HTTP."""

from __future__ import annotations

from glassnet.serving.app import make_app
from glassnet.serving.limits import Limits

__all__ = ["Limits", "make_app"]
