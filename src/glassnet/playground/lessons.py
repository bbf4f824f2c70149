"""A lesson: a text beside the page, controls that are hidden, and a task that the page checks."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from glassnet.errors import ConfigError
from glassnet.utils.checks import check_choice, check_number

__all__ = ["Lesson", "refuse_unsolvable"]

_PARTS = ("code", "data", "drawer", "findings", "network", "optimizer", "result", "timeline")
_GOALS = ("loss", "score", "steps", "valid_loss")


@dataclasses.dataclass(frozen=True)
class Lesson:
    """What a page of one file says and asks, see `glassnet.Network.to_page`.

    Parameters
    ----------
    text : str, default=""
        Shown above the page; an empty line begins a new paragraph. It is text, not HTML.
    task : str, default=""
        What the reader is asked to do.
    hide : sequence of str, default=()
        Parts of the page that are not shown: ``"code"``, ``"data"``, ``"drawer"``, ``"findings"``, ``"network"``,
        ``"optimizer"``, ``"result"``, ``"timeline"``.
    goal : mapping of str to float, default={}
        When the task is done: ``{"valid_loss": 0.2}`` or less, ``{"score": 0.95}`` or more where more is better,
        ``{"steps": 200}`` or more, ``{"loss": 0.1}``; all of them together. Where a running training first reaches it,
        it pauses and the page says so; *Run* goes on from there. Each run has the task anew.
    title : str, default=""
        A heading above the text.

    Raises
    ------
    ConfigError
        A text, a part or a goal is none.

    Examples
    --------
    >>> lesson = Lesson("The rate is far too high.", "Make the loss fall.", hide=["data"], goal={"valid_loss": 0.2})
    >>> lesson.hide
    ('data',)
    """

    text: str = ""
    task: str = ""
    hide: tuple[str, ...] = ()
    goal: Mapping[str, float] = dataclasses.field(default_factory=dict)
    title: str = ""

    def __post_init__(self) -> None:
        for name in ("text", "task", "title"):
            if not isinstance(getattr(self, name), str):
                message = f"Lesson: {name} is {getattr(self, name)!r}; it must be a text."
                raise ConfigError(message, got=getattr(self, name))
        if not isinstance(self.hide, (str, Iterable)):
            message = f"Lesson: hide is {self.hide!r}; it must be a list of parts of the page. Write hide=['data']."
            raise ConfigError(message, expected=list(_PARTS), got=self.hide)
        hidden = (self.hide,) if isinstance(self.hide, str) else tuple(self.hide)
        for part in hidden:
            check_choice("Lesson", "hide", part, _PARTS)
        if not isinstance(self.goal, Mapping):
            message = f"Lesson: goal is {self.goal!r}; it must be a dict. Write goal={{'valid_loss': 0.2}}."
            raise ConfigError(message, got=self.goal)
        for name, limit in self.goal.items():
            check_choice("Lesson", "goal", name, _GOALS)
            check_number("Lesson", f"goal[{name!r}]", limit)
        object.__setattr__(self, "hide", hidden)

    def config(self) -> dict[str, Any]:
        """Return the lesson as the page takes it: the text in paragraphs."""
        paragraphs = [" ".join(part.split()) for part in self.text.split("\n\n")]
        return {
            "title": self.title,
            "text": [part for part in paragraphs if part],
            "task": " ".join(self.task.split()),
            "hide": list(self.hide),
            "goal": {name: float(limit) for name, limit in self.goal.items()},
        }


def refuse_unsolvable(where: str, lesson: Lesson, *, holds_out: bool, score: str, is_share: bool) -> None:
    """Refuse a goal that no training can reach.

    Parameters
    ----------
    where : str
        The function that was called.
    lesson : Lesson
    holds_out : bool
        Whether there are rows to evaluate after each epoch.
    score : str
        Name of the score.
    is_share : bool
        Whether 1 is the best that the score can be.

    Raises
    ------
    ConfigError
        One sentence with the goal.
    """
    for name, limit in lesson.goal.items():
        if name in ("score", "valid_loss") and not holds_out:
            must = "it needs rows that are held out"
            fact = f"the lesson has a goal of {name!r} and no validation_data"
            message = f"{where}: {fact}; {must}. Pass validation_data=(X_valid, y_valid)."
            raise ConfigError(message, expected=must, got=lesson.goal)
        if name == "score" and is_share and limit > 1.0:
            message = f"{where}: the goal of 'score' is {limit!r}; it must be at most 1, the best {score}."
            raise ConfigError(message, got=limit)
        if name in ("loss", "valid_loss") and limit < 0.0:
            message = f"{where}: the goal of {name!r} is {limit!r}; it must be at least 0, as all losses of a page are."
            raise ConfigError(message, got=limit)
