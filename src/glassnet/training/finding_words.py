"""Findings in the parameters or options of one interface: Python, estimators, tables or the command line."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from glassnet.training.finding_kinds import KINDS
from glassnet.training.findings import Diagnosis, Finding
from glassnet.utils.wording import shortened

__all__ = ["NOT_TRIED", "Phrase", "Words", "class_names", "phrases"]

Phrase = tuple[re.Pattern[str], str]
"""What is replaced in every sentence, and by what."""

NOT_TRIED = (
    r"^(?:nothing yet|not in short calls of fit); glassnet\.diagnose\([^)]*\) (?:does|tries what may help)\."
    r"|; glassnet\.diagnose\([^)]*\) tries \w+(?=\.)"
)
"""The part of a sentence that names a call of Python for what was not tried."""

_CLASSES = re.compile(r"(?<=\bclass )\d+(?: \(\d+ rows\))?(?:, \d+(?: \(\d+ rows\))?)*")
_CLASS = re.compile(r"(?:^|(?<=, ))\d+")
_ROWS = re.compile(r"\brows? (\d+(?:, \d+)*)(?P<more> and \d+ more)? \(counted from 0\)")
# What `Network.fit` and its layers have, and other interfaces may lack.
_OF_INTERFACE = re.compile(
    r"\b\w+=|\b(?:EarlyStopping|Dropout|BatchNorm|Residual|clip_norm|initializer|learning_rate|max_norm|trainable"
    r"|weight_decay)\b|\bglassnet\.|what sets others|set or load no others|Scale the columns of X|last layer"
)
_CODES = {kind.advice: code for code, kind in KINDS.items()}
_COUNTED = re.compile(r"( \(counted from [01]\))$")


def phrases(table: Mapping[str, str]) -> tuple[Phrase, ...]:
    """Return phrases from regular expressions and their replacements, in order."""
    return tuple((re.compile(pattern), words) for pattern, words in table.items())


def class_names(labels: Iterable[object]) -> list[str]:
    """Return labels as they stand in a sentence."""
    return [shortened(repr(label.item() if isinstance(label, np.generic) else label), 30) for label in labels]


@dataclasses.dataclass(frozen=True)
class Words:
    """How findings are worded for the users of one interface.

    Attributes
    ----------
    advice : dict of str to str
        What to do, by code; kinds that are not in it keep the words of `KINDS`.
    phrases : sequence of Phrase
        Replaced in every sentence.
    classes : sequence of str
        What the classes 0, 1, 2, ... are called; empty if their numbers are their names.
    row_name : callable, optional
        What a row is called, by its number among those that were looked at, if that is not its number.
    silence : str
        What leaves a kind out, with ``{code}``.
    fill : callable
        Completes the advice with what a finding's evidence names.
    """

    advice: Mapping[str, str] = dataclasses.field(default_factory=dict)
    phrases: Sequence[Phrase] = ()
    classes: Sequence[str] = ()
    row_name: Callable[[int], str] | None = None
    silence: str = ""
    fill: Callable[[Finding, str], str] = lambda finding, advice: advice

    def of(self, finding: Finding) -> Finding:
        """Return a finding in these words."""
        return dataclasses.replace(
            finding,
            measured=self.sentence(finding.measured),
            why=self.sentence(finding.why),
            advice=self.sentence(self.fill(finding, self._advise(finding))),
            tried=self.sentence(finding.tried),
            silence=self.silence.format(code=finding.code) if self.silence else finding.silence,
        )

    def _advise(self, finding: Finding) -> str:
        """Return the advice of this interface, or that of the check if it names nothing that interfaces lack."""
        if finding.advice in _CODES or finding.code not in KINDS:
            return self.advice.get(_CODES.get(finding.advice, finding.code), finding.advice)
        return self.advice.get(finding.code, finding.advice) if _OF_INTERFACE.search(finding.advice) else finding.advice

    def all_of(self, findings: Sequence[Finding]) -> Diagnosis:
        """Return all findings in these words."""
        return Diagnosis(map(self.of, findings))

    def sentence(self, text: str) -> str:
        """Return a sentence in these words.

        Examples
        --------
        >>> words = Words(phrases=phrases({r"learning_rate (?=[0-9])": "--rate "}), classes=["'a'", "'b'", "'c'"])
        >>> words.sentence("with learning_rate 0.1, none is predicted as class 1 (11 rows), 2 (9 rows).")
        "with --rate 0.1, none is predicted as class 'b' (11 rows), 'c' (9 rows)."
        >>> Words(row_name=lambda row: f"line {row + 2}").sentence("y is 7 in rows 3, 5 and 2 more (counted from 0).")
        'y is 7 in line 5, line 7 and 2 more.'
        """
        for pattern, words in self.phrases:
            text = pattern.sub(words, text)
        if self.classes:
            names = {str(number): name for number, name in enumerate(self.classes)}
            text = _CLASSES.sub(lambda found: _CLASS.sub(lambda one: names.get(one[0], one[0]), found[0]), text)
        return text if self.row_name is None else _ROWS.sub(self._rows, text)

    def _rows(self, found: re.Match[str]) -> str:
        """Return the names of one or several rows."""
        assert self.row_name is not None
        names = [self.row_name(int(number)) for number in found[1].split(", ")]
        more, counted = found["more"] or "", _COUNTED.search(names[0])
        if counted is None:
            return ", ".join(names) + more
        bare = [_COUNTED.sub("", name) for name in names]
        several = f"rows {', '.join(name.removeprefix('row ') for name in bare)}" if len(bare) > 1 else bare[0]
        return f"{several}{more}{counted[1]}"
