"""The notes on a training in a model file: anybody can write such a file, so they are checked before they are shown."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from glassnet.network import Network
from glassnet.reports.scoring import SCORES
from glassnet.utils.wording import few, shortened

__all__ = ["checked_notes", "notes_of_training", "notes_problem"]

_KEY = "training"  # in network.metadata
_OURS = ("glassnet", "scores", "judged_on")  # who has none of these is a note of the user's own
_MOST = 2**53


class _Kind(NamedTuple):
    """What an entry may be, in words, and how that is found."""

    words: str
    holds: Callable[[Any], bool]


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _MOST


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < 1e300 and math.isfinite(value)


def _optional(kind: _Kind) -> _Kind:
    return _Kind(f"{kind.words} or null", lambda value: value is None or kind.holds(value))


def _several(kind: _Kind, words: str, least: int = 0) -> _Kind:
    return _Kind(words, lambda value: isinstance(value, list) and len(value) >= least and all(map(kind.holds, value)))


_TEXT = _Kind("a text", lambda value: isinstance(value, str))
_COUNT = _Kind("a whole number of at least 0", _is_count)
_NUMBER = _Kind("a finite number", _is_number)
_NUMBERS = _several(_NUMBER, "a list of finite numbers")
_COUNTS = _several(_COUNT, "a list of whole numbers")
_SCORE = _optional(_NUMBER)
_EPOCHS = _several(_COUNT, "", least=1)
_BEST = _Kind("one or several whole numbers, or null", lambda v: v is None or _is_count(v) or _EPOCHS.holds(v))
_PART = _Kind("'test' or 'validation'", lambda value: value in ("test", "validation"))
_SCORES = _Kind("an object of scores", lambda v: isinstance(v, dict) and bool(v) and all(map(_SCORE.holds, v.values())))

# Entries that reports show. A name with a question mark may be missing: files of version 0.1 have no recipes.
_FORM: dict[str, Any] = {
    "data": _TEXT,
    "glassnet": _TEXT,
    "judged_on": _PART,
    "judged_rows?": _COUNT,
    "rows": {"read": _COUNT, "training": _COUNT, "validation?": _COUNT, "test?": _COUNT},
    "network": {
        "title?": _TEXT, "recipe?": _TEXT, "networks?": _COUNT, "ensemble?": _COUNT, "folds?": _optional(_COUNT),
        "quantiles?": _optional(_NUMBERS), "implied_by?": _optional(_TEXT), "layers?": _COUNTS, "activation?": _TEXT,
        "dropout?": _NUMBER, "settings?": _several(_TEXT, "a list of texts"),
    },
    "training": {
        "epochs": _COUNT, "fewest_epochs?": _COUNT, "most_epochs": _COUNT, "best_epoch": _BEST, "stop_reason": _TEXT,
        "patience": _optional(_COUNT), "batch": _COUNT, "seed": _COUNT, "metric?": _TEXT,
        "rate?": _NUMBER, "weight_decay?": _NUMBER, "interrupted_by?": _TEXT, "seconds?": _NUMBER,
        "passes?": _NUMBER,
    },
    "history": {"loss?": _NUMBERS, "valid_loss?": _NUMBERS},
    "scores": {"network": _SCORES, "linear": _SCORES, "baseline": _SCORES},
    "baseline": {"does": _TEXT, "counts": _optional(_COUNTS)},
}  # fmt: skip


def checked_notes(network: Network) -> dict[str, Any] | None:
    """Return the notes that `glassnet train` wrote into a file if they are as it writes them; None otherwise."""
    notes = network.metadata.get(_KEY)
    return notes if isinstance(notes, dict) and _is_ours(notes) and not notes_problem(network) else None


def notes_of_training(network: Network) -> dict[str, Any] | None:
    """Return the notes on the training that `glassnet train` wrote into a file; None if there are no such notes."""
    notes = checked_notes(network)
    if notes is None:
        return None
    known = {who: notes["scores"][who] for who in ("network", "linear", "baseline")}
    return notes | {"scores": {who: _in_order(scores) for who, scores in known.items()}}


def notes_problem(network: Network) -> str:
    """Return a sentence on what is wrong with the notes, "" if nothing is or there are none."""
    notes = network.metadata.get(_KEY)
    if not isinstance(notes, dict) or not _is_ours(notes):
        return ""
    problems = [*_problems(notes, _FORM, "")]
    problems = problems or [*_contradictions(notes)]
    if not problems:
        return ""
    return f"The notes on the training in this file are not as glassnet writes them: {few(problems, 3, between='; ')}."


def _is_ours(notes: dict[str, Any]) -> bool:
    return any(name in notes for name in _OURS)


def _problems(found: Any, form: dict[str, Any], at: str) -> Iterator[str]:
    """Yield what is missing or of another kind, each with its name."""
    if not isinstance(found, dict):
        yield f"{at.rstrip('.') or 'the whole'} is {_shown(found)}; it must be an object"
        return
    for key, kind in form.items():
        name = key.rstrip("?")
        if name not in found:
            if not key.endswith("?"):
                yield f"{at}{name} is missing"
        elif isinstance(kind, dict):
            yield from _problems(found[name], kind, f"{at}{name}.")
        elif not kind.holds(found[name]):
            yield f"{at}{name} is {_shown(found[name])}; it must be {kind.words}"


def _contradictions(notes: dict[str, Any]) -> Iterator[str]:
    """Yield entries that do not fit each other, each of the right kind."""
    network, training, scores = notes["network"], notes["training"], notes["scores"]
    names = [key.rstrip("?") for key in _FORM["network"]]
    needed = (
        ["networks", "ensemble", "folds", "quantiles"] if "title" in network else ["layers", "activation", "dropout"]
    )
    missing = [f"network.{name}" for name in names if name in needed and name not in network]
    if "title" not in network:
        missing += [f"training.{name}" for name in ("rate", "weight_decay") if name not in training]
    if notes["judged_on"] not in notes["rows"]:
        missing.append(f"rows.{notes['judged_on']}")
    yield from (f"{name} is missing" for name in missing)
    if any(scores[who].keys() != scores["network"].keys() for who in ("linear", "baseline")):
        yield "scores must have the same names for all models"


def _shown(value: Any) -> str:
    return shortened(repr(value), 40, "...")


def _in_order(scores: dict[str, Any]) -> dict[str, Any]:
    """Return scores in the order of all reports: in a file the keys are sorted."""
    return {name: scores[name] for name in sorted(scores, key=lambda s: SCORES.index(s) if s in SCORES else 99)}
