"""Findings: one with its evidence, and all of them, as text, as HTML and as plain data."""

from __future__ import annotations

import dataclasses
import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any, overload

from glassnet.training.finding_kinds import KINDS, SEVERITIES
from glassnet.utils.wording import plain_data

__all__ = ["NO_MEMBERS", "Diagnosis", "DiagnosisWarning", "Finding", "make_finding"]

NO_MEMBERS = "networks with members are not examined"
"""Why nothing was looked at where there are several networks in one."""


_LINES = textwrap.TextWrapper(100, "  ", "    ", break_long_words=False, break_on_hyphens=False)


class DiagnosisWarning(UserWarning):
    """Issued by `Network.fit` for its findings; filter it like any warning of Python."""


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or worth knowing.

    Attributes
    ----------
    code : str
        Its name for programs, as in ``"rate-too-high"``.
    severity : str
        ``"error"``: the network cannot learn like this; ``"warning"``: it costs something; ``"note"``: good to know.
    measured : str
        What was measured.
    why : str
        Why it matters.
    advice : str
        What to do.
    tried : str
        What was tried on the spot, and its result; empty if there was nothing to try.
    helped : bool or None
        Whether it did; None if nothing was tried.
    epoch : int or None
        After which epoch it was seen, counted from 1; 0 is before training.
    step : int or None
        In which step of that epoch, if that is known.
    layer : str or None
        Where, by the name that `Network.summary` shows.
    evidence : dict
        The numbers behind the words, JSON-able.
    silence : str
        What leaves this kind out, if that is not ``ignore=[code]``.
    """

    code: str
    severity: str
    measured: str
    why: str
    advice: str
    tried: str = ""
    helped: bool | None = None
    epoch: int | None = None
    step: int | None = None
    layer: str | None = None
    evidence: dict[str, Any] = dataclasses.field(default_factory=dict)
    silence: str = dataclasses.field(default="", repr=False, compare=False)

    @property
    def stage(self) -> str:
        """When such a thing shows: "data", "design", "start", "training", "result" or "prediction"."""
        return KINDS[self.code].stage

    @property
    def place(self) -> str:
        """Epoch, step and layer in words; empty if none of them is known."""
        epoch = "before training" if self.epoch == 0 else None if self.epoch is None else f"epoch {self.epoch}"
        step = None if self.step is None else f"step {self.step}"
        return ", ".join(part for part in (epoch, step, self.layer) if part)

    @property
    def lines(self) -> list[tuple[str, str]]:
        """All sentences with their headings."""
        found = [("measured", self.measured), ("why", self.why), ("do", self.advice), ("tried", self.tried)]
        found.append(("silence", self.silence or f'ignore=["{self.code}"]'))
        return [(heading, text) for heading, text in found if text]

    def __str__(self) -> str:
        place = f" ({self.place})" if self.place else ""
        body = [_LINES.fill(f"{heading}: {text}") for heading, text in self.lines]
        return "\n".join([f"{self.severity}: {self.code}{place}", *body])

    def _repr_html_(self) -> str:
        from glassnet.training.history_html import finding_html

        return finding_html(self)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data for JSON."""
        found: dict[str, Any] = plain_data({"stage": self.stage, **dataclasses.asdict(self)})
        del found["silence"]
        return found


def make_finding(code: str, measured: str, **details: Any) -> Finding:
    """Return a finding of a known kind; what was tried and did not help makes it a note.

    ``details`` are other fields of `Finding`, instead of those of the kind.
    """
    kind = KINDS[code]
    given: dict[str, Any] = {"severity": kind.severity, "why": kind.why, "advice": kind.advice, **details}
    if given.get("helped") is False:
        given["severity"] = "note"
    return Finding(code=code, measured=_counted_once(measured), **given)


_OF_COLUMNS = re.compile(r"(\b(?:[Cc]olumns?|[Oo]utput) \d+(?:, \d+)*(?: and \d+ more)?) \(counted from 0\)")


def _counted_once(text: str) -> str:
    """Return a text in which only the first of several columns says from what they are counted.

    Examples
    --------
    >>> _counted_once("Column 3 (counted from 0) has mean 5; column 4 (counted from 0) is 0 in row 7 (counted from 0).")
    'Column 3 (counted from 0) has mean 5; column 4 is 0 in row 7 (counted from 0).'
    """
    first = _OF_COLUMNS.search(text)
    return text if first is None else text[: first.end()] + _OF_COLUMNS.sub(r"\1", text[first.end() :])


# What follows from something else: it stands behind every cause, however serious it is.
_SYMPTOMS = {
    "badly-calibrated",
    "cannot-overfit",
    "constant-output",
    "dead-units",
    "diverged",
    "few-updates",
    "no-better-than-baseline",
    "overfit",
    "plateau-at-prior",
    "saturated-units",
    "some-classes-only",
    "still-falling",
    "validation-at-chance",
    "worse-than-linear",
}
_ORDER = {code: place for place, code in enumerate(KINDS)}


def _place(finding: Finding) -> tuple[bool, bool, int, bool, int]:
    """Return where a finding stands among others."""
    severity, follows = SEVERITIES.index(finding.severity), finding.code in _SYMPTOMS
    unproven = finding.stage in ("start", "training") and finding.helped is not True and not follows
    return finding.severity == "note", follows, severity, unproven, _ORDER[finding.code]


class Diagnosis(Sequence[Finding]):
    """All findings: problems before notes, causes before their symptoms, and of those the most serious first.

    A sequence of `Finding`, printed as text.

    Parameters
    ----------
    findings : iterable of Finding
        In any order; of several of the same kind the first is kept.
    unexamined : str
        Why nothing was looked at, if that is so.
    """

    def __init__(self, findings: Iterable[Finding] = (), *, unexamined: str = "") -> None:
        self.unexamined = unexamined
        first = {finding.code: finding for finding in reversed([*findings])}
        self._findings = sorted(first.values(), key=_place)

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Finding]: ...
    def __getitem__(self, index: int | slice) -> Finding | Sequence[Finding]:
        return self._findings[index]

    def __len__(self) -> int:
        return len(self._findings)

    @property
    def ok(self) -> bool:
        """Whether there is nothing worse than a note."""
        return all(finding.severity == "note" for finding in self)

    @property
    def codes(self) -> list[str]:
        """The names of what was found."""
        return [finding.code for finding in self]

    @property
    def notes(self) -> list[Finding]:
        """Findings of severity "note": good to know, and no reason to worry."""
        return [finding for finding in self if finding.severity == "note"]

    @property
    def problems(self) -> list[Finding]:
        """Errors and warnings."""
        return [finding for finding in self if finding.severity != "note"]

    def __repr__(self) -> str:
        return "\n\n".join([self._head, *map(str, self)])

    @property
    def _head(self) -> str:
        """How many problems and notes there are, in words."""
        n, notes = len(self.problems), len(self.notes)
        if not n and not notes:
            return f"nothing was looked at: {self.unexamined}" if self.unexamined else "nothing wrong was found"
        problems = f"{n} problem{'s' * (n != 1)} found" if n else "no warnings"
        return f"{problems}, {notes} note{'s' * (notes != 1)}" if notes else problems

    def _repr_html_(self) -> str:
        from glassnet.training.history_html import diagnosis_html

        return diagnosis_html(self)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data for JSON."""
        return {"ok": self.ok, "findings": [finding.to_dict() for finding in self]}
