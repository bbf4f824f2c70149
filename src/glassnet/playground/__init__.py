"""The playground: a page over the real engine, to experiment with architectures, data and hyper-parameters."""

from __future__ import annotations

from glassnet.playground.lessons import Lesson

__all__ = ["Lesson"]
