"""A service that answers for a model over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glassnet.serving.app import make_app
from glassnet.serving.limits import Limits
from glassnet.utils.keywords import unknown_name

__all__ = ["Limits", "make_app"]


if not TYPE_CHECKING:  # a checker would take every name for one that exists

    def __getattr__(name: str) -> Any:
        raise unknown_name(__name__, name, __all__)
