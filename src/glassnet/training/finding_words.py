"""The words of one door for findings: advice and sentences in the parameters or options that its users have."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.training.findings import Diagnosis, Finding
from glassnet.utils.wording import shortened

__all__ = ["Phrase", "Words", "phrases"]

Phrase = tuple[re.Pattern[str], str]
"""What is replaced in every sentence, and by what."""

_CLASSES = re.compile(r"(?<=\bclass )\d+(?: \(\d+ rows\))?(?:, \d+(?: \(\d+ rows\))?)*(?! of\b)")
_CLASS = re.compile(r"(?:^|(?<=, ))\d+")
_ROWS = re.compile(r"(?<=\brow )\d+|(?<=\brows )\d+(?:, \d+)*(?= (?:and|\(counted))")


def phrases(table: Mapping[str, str]) -> tuple[Phrase, ...]:
    """Return phrases from regular expressions and their replacements, in order."""
    return tuple((re.compile(pattern), words) for pattern, words in table.items())


@dataclasses.dataclass(frozen=True)
class Words:
    """How findings are worded for the users of one door.

    Attributes
    ----------
    advice : dict of str to str
        What to do, by code; kinds that are not in it keep the words of `KINDS`.
    phrases : sequence of Phrase
        Replaced in every sentence.
    labels : sequence
        What the classes 0, 1, 2, ... are called; empty if their numbers are their names.
    rows : ndarray, optional
        The numbers that the caller's rows have, if only some of them are trained on, or in another order.
    silence : str
        What leaves a kind out, with ``{code}``.
    """

    advice: Mapping[str, str] = dataclasses.field(default_factory=dict)
    phrases: Sequence[Phrase] = ()
    labels: Sequence[Any] = ()
    rows: np.ndarray | None = None
    silence: str = ""

    def of(self, finding: Finding) -> Finding:
        """Return a finding in these words."""
        return dataclasses.replace(
            finding,
            measured=self.sentence(finding.measured),
            why=self.sentence(finding.why),
            advice=self.sentence(self.advice.get(finding.code, finding.advice)),
            tried=self.sentence(finding.tried),
            silence=self.silence.format(code=finding.code) if self.silence else finding.silence,
        )

    def all_of(self, findings: Sequence[Finding]) -> Diagnosis:
        """Return all findings in these words."""
        return Diagnosis(map(self.of, findings))

    def sentence(self, text: str) -> str:
        """Return a sentence in these words.

        Examples
        --------
        >>> words = Words(phrases=phrases({r"learning_rate (?=[0-9])": "--rate "}), labels=["a", "b", "c"])
        >>> words.sentence("with learning_rate 0.1, none is answered with class 1 (11 rows), 2 (9 rows).")
        "with --rate 0.1, none is answered with class 'b' (11 rows), 'c' (9 rows)."
        """
        for pattern, words in self.phrases:
            text = pattern.sub(words, text)
        if len(self.labels):
            names = {str(number): shortened(repr(label), 30) for number, label in enumerate(self.labels)}
            text = _CLASSES.sub(lambda found: _CLASS.sub(lambda one: names.get(one[0], one[0]), found[0]), text)
        if self.rows is not None:
            text = _ROWS.sub(lambda found: re.sub(r"\d+", self._row, found[0]), text)
        return text

    def _row(self, found: re.Match[str]) -> str:
        assert self.rows is not None
        number = int(found[0])
        return str(self.rows[number]) if number < len(self.rows) else found[0]
