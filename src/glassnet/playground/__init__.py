"""The playground: a page over the real engine, to experiment with architectures, data and hyper-parameters."""

from __future__ import annotations

from glassnet.playground.doors import play_table
from glassnet.playground.lessons import Lesson
from glassnet.playground.single_file import save_page
from glassnet.playground.widget import playground_widget

__all__ = ["Lesson", "play_table", "playground_widget", "save_page"]
