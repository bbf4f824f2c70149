"""What `check_my_backprop` found, as text and as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from glassnet.diagnosis.backprop.messages import WORDS
from glassnet.diagnosis.gradient_check import ParameterCheck
from glassnet.utils.text_table import table_lines
from glassnet.utils.wording import plain_data

__all__ = ["BackpropMistake", "BackpropReport"]


class BackpropMistake(NamedTuple):
    """One mistake, by name.

    Attributes
    ----------
    kind : str
        Its name for programs, as in ``"summed_not_averaged"``.
    parameters : tuple of str
        Where it is; empty if it is not about single parameters.
    measured : str
        What was measured.
    why : str
        Why that is a mistake.
    remedy : str
        How to correct it.
    """

    kind: str
    parameters: tuple[str, ...]
    measured: str
    why: str
    remedy: str

    @property
    def name(self) -> str:
        """Its name for people, as in ``"summed instead of averaged"``."""
        return WORDS[self.kind].name

    def __str__(self) -> str:
        where = f" in {', '.join(self.parameters)}" if self.parameters else ""
        return f"{self.name}{where}\n  measured: {self.measured}.\n  why: {self.why}.\n  remedy: {self.remedy}"


class BackpropReport:
    """What `check_my_backprop` found: true if all is well, and printed as a table with the mistakes below it.

    Attributes
    ----------
    checks : list of ParameterCheck
        One for each parameter: how far the learner's gradient is from finite differences of the loss.
    mistakes : list of BackpropMistake
        What is wrong, by name; empty if nothing is.
    network : str
        What the network was recognised as; "" if it is no plain chain of layers.
    loss : str
        What the loss was recognised as, such as ``"mean cross-entropy"``.
    notes : list of str
        What is worth knowing and no mistake.
    predictions : str
        What was taken for the predictions, as in ``"2nd array that forward returns"``; "" where it is the only array.
    """

    def __init__(
        self,
        checks: Sequence[ParameterCheck],
        mistakes: Sequence[BackpropMistake],
        network: str,
        loss: str,
        notes: Sequence[str] = (),
        predictions: str = "",
    ) -> None:
        self.checks, self.mistakes = list(checks), list(mistakes)
        self.network, self.loss, self.notes = network, loss, list(notes)
        self.predictions = predictions

    @property
    def ok(self) -> bool:
        """Whether every gradient is that of the loss, and no mistake was found."""
        return not self.mistakes and all(check.passed for check in self.checks)

    @property
    def kinds(self) -> list[str]:
        """The names of the mistakes, for programs."""
        return [mistake.kind for mistake in self.mistakes]

    def __bool__(self) -> bool:
        return self.ok

    def _repr_html_(self) -> str:
        from glassnet.diagnosis.gradients_html import backprop_html

        return backprop_html(self)

    def __repr__(self) -> str:
        taken = f"predictions = {self.predictions}" if self.predictions else ""
        seen = ", ".join(part for part in (self.network, self.loss, taken) if part)
        rows = [["parameter", "error", "cosine", "ratio", "verdict"]]
        for c in self.checks:
            rows.append([c.name, f"{c.error:.1e}", f"{c.cosine:6.3f}", f"{c.ratio:.4g}", self._verdict(c)])
        lines = [f"seen: {seen}", "", *table_lines(rows, at_least=(0, 0, 0, 8, 0)), ""]
        lines += [f"{i}. {mistake}" for i, mistake in enumerate(self.mistakes, 1)]
        lines += [f"note: {note}" for note in self.notes]
        if self.ok:
            lines.append("all gradients are those of the loss (float64, central differences)")
        return "\n".join(lines)

    def _verdict(self, check: ParameterCheck) -> str:
        named = [mistake.name for mistake in self.mistakes if check.name in mistake.parameters]
        return ", ".join(named) or ("right" if check.passed else "wrong")

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain dicts, lists, texts and numbers for JSON; None stands for NaN."""
        checks = []
        for check in self.checks:
            plain = {name: plain_data(value) for name, value in check._asdict().items() if name != "n_kinks"}
            checks.append({**plain, "passed": check.passed, "verdict": self._verdict(check)})
        mistakes = [{**m._asdict(), "parameters": list(m.parameters), "name": m.name} for m in self.mistakes]
        about = {"ok": self.ok, "network": self.network, "loss": self.loss, "predictions": self.predictions}
        return {**about, "checks": checks, "mistakes": mistakes, "notes": list(self.notes)}
