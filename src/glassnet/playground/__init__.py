"""The playground: a page over the real engine, to experiment with architectures, data and hyper-parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glassnet.playground.doors import play_table
from glassnet.playground.lessons import Lesson
from glassnet.playground.single_file import save_page
from glassnet.playground.widget import playground_widget
from glassnet.utils.keywords import unknown_name

__all__ = ["Lesson", "play_table", "playground_widget", "save_page"]


if not TYPE_CHECKING:  # a checker would take every name for one that exists

    def __getattr__(name: str) -> Any:
        raise unknown_name(__name__, name, __all__)
